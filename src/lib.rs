//! `hotlined` decides what happens to the calls of Chinese 400 hotlines, beside a running telephone exchange.
//!
//! ```text
//! wire ──decode──▶ Event ──▶ Switchboard::handle(now, event) ──▶ [Command] ──encode──▶ wire
//! ```
//!
//! Rooms, from the top of the house down; a room imports only from below itself, and `tests/house.rs` keeps
//! it that way.
pub mod call;
pub mod capture;
pub mod cli;
pub mod command;
pub mod daemon;
pub mod engine;
pub mod event;
pub mod hotline;
pub mod id;
pub mod journal;
pub mod linefile;
pub mod number;
pub mod place;
pub mod prompt;
pub mod record;
pub mod replay;
pub mod sim;
pub mod store;
pub mod switch;
pub mod time;
