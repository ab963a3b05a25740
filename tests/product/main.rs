//! The product within one process, and its short commands: hotline files, hours, numbers, sounds, examples, calls told
//! as text, the wire, the store, the simulated exchange. Nothing here needs a server or a real peer.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests, which clippy does not see.

mod any_events;
mod call_events;
mod check;
mod day;
mod deploy;
mod documents;
mod examples;
mod exchange;
mod exchange_truth;
mod hours;
mod numbers;
mod rehearsal;
mod reload;
mod replay;
mod schema;
mod simulate;
mod sounds;
mod store;
mod stories;
#[path = "../support/mod.rs"]
mod support;
mod wire;
