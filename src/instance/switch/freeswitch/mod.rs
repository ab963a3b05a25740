//! FreeSWITCH over its event socket: FreeSWITCH's events become [`Event`](hotlined_core::event::Event)s of the core,
//! the core's [`Command`](hotlined_core::command::Command)s become requests, and a lost connection is re-established.
//!
//! - [`decode_event`], [`channel_list`], [`hangup_causes`]: from FreeSWITCH to the core.
//! - [`encode_command`]: from the core to FreeSWITCH.
//! - [`lease_beacon`]: daemons announce to each other, through the switch, which of them is active.
//! - [`session`]: the protocol on one connection, from the login to the exit. [`link`]: a connection that is
//!   re-established when it is lost.
//! - [`liveness`], [`event_lag`]: whether the switch still answers, and whether its events are recent.

pub mod channel_list;
pub mod decode_event;
pub mod encode_command;
mod encode_playback;
mod esl_types;
pub mod event_lag;
pub mod hangup_causes;
pub mod lease_beacon;
pub mod link;
mod link_metrics;
pub mod liveness;
pub mod session;
