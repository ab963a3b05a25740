//! FreeSWITCH by its event socket: its events as [`Event`](hotlined_core::event::Event)s, the core's
//! [`Command`](hotlined_core::command::Command)s as its requests, and a link that is kept up.
//!
//! - [`decode_event`], [`channel_list`], [`hangup_causes`]: what the switch says, in the core's words.
//! - [`encode_command`]: the core's orders, in the switch's words.
//! - [`lease_beacon`]: which daemon acts for the switch, as daemons tell each other through the switch.
//! - [`conversation`]: one connection; [`link`]: a connection that is made again when it is lost.
//! - [`liveness`], [`event_lag`]: whether the switch is still there, and whether its events are recent.

pub mod channel_list;
pub mod conversation;
pub mod decode_event;
pub mod encode_command;
mod encode_playback;
pub mod event_lag;
pub mod hangup_causes;
pub mod lease_beacon;
pub mod link;
mod link_metrics;
pub mod liveness;
mod names;
