//! A simulated telephone exchange with its people, for tests, load and the demonstration.
//!
//! ```text
//!            people (data) ──▶ ┌ model ┐ ◀── orders ── exchange ◀── event socket ◀── the daemon
//!   timeline, statistics ◀──── └───────┘ ─── events ─▶ exchange ──▶ event socket ──▶ the daemon
//! ```
//!
//! It speaks FreeSWITCH's event socket over real TCP and behaves as FreeSWITCH 1.10.12 was seen to behave;
//! `tests/product/exchange_truth.rs` holds it against recordings of a real one. The [`model`] is pure; only
//! [`exchange`] knows sockets and clocks.
//!
//! Absent: sound, SIP, XML events, outbound sockets, the `bridge` application and dial strings of more than one
//! number, `${...}` in arguments, permissions of users.

pub mod actors;
mod api;
mod app_run;
mod apps;
mod bridge;
mod channel;
mod channel_headers;
mod channel_list;
pub mod dialplan;
mod digits;
pub mod dry_run;
mod ending;
mod events;
mod inbound;
pub mod invariants;
mod keys;
pub mod model;
mod originate;
pub mod requests;
pub mod rng;
pub mod stats;
pub mod switch;
pub mod switch_event;
mod unwind;

pub use channel::Uuid;
