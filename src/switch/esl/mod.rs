//! FreeSWITCH, by its event socket.
//!
//! ```text
//! bytes ──frame──▶ Frame ──message──▶ Message (its events: event)      request ──▶ bytes
//! bytes ◀─ event_writer, server ◀── a simulated exchange ◀── server ◀── bytes
//! ```
//!
//! - [`frame`]: where a message starts and ends; every limit of the wire.
//! - [`event`]: one event in one buffer; `plain` and `json` find its headers, `index` remembers where, `escape`
//!   undoes their coding.
//! - [`message`]: what the switch says, and the [`Decoder`](message::Decoder) most users want.
//! - [`argument`], [`request`]: what we say, safe by construction.
//! - [`speak`], [`hear`], [`causes`], [`listing`]: our orders in its words, its events in ours.
//! - [`conversation`]: one connection without a socket; [`link`]: the socket, kept up.
//! - [`server`], [`event_writer`]: the same wire from the switch's end, for simulated exchanges and tests.
//!
//! Everything but [`link`] is bytes in, values out. Absent on purpose: what to do about an event. XML events
//! are never asked for and are refused.

pub mod argument;
pub mod causes;
pub mod conversation;
mod escape;
pub mod event;
pub mod event_writer;
pub mod frame;
pub mod hear;
mod index;
mod json;
pub mod link;
pub mod listing;
pub mod message;
mod plain;
pub mod request;
pub mod server;
pub mod speak;
pub mod vocabulary;
