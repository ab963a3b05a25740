//! The decision core: all calls, each in one of its stages.
//!
//! Pure: no clock, no socket, no file, no chance but the seed a call arrives with. It learns by
//! [`Event`](crate::event::Event) and acts by [`Command`](crate::command::Command); the same events give the
//! same commands, byte for byte.
//!
//! ```text
//! admission ──▶ hunt ◀──▶ connect ──▶ talk
//!                 │                     │
//!                 ▼                     ▼
//!               closing ───────────▶ ending ──▶ record
//! ```
//!
//! A stage is a file and knows no other stage: it names a `door`, and `call` opens it. Whatever must hold
//! in every stage (the caller left, a leg must not outlive its call) is kept by the `books`.

mod admission;
mod attempt;
mod books;
#[allow(clippy::module_inception)]
mod call;
mod chance;
mod closing;
mod connect;
mod context;
mod door;
mod ending;
mod hunt;
mod switchboard;
mod table;
mod talk;
mod timer;

pub use switchboard::{Limits, LoadError, SAVED_FORMAT, SavedCall, Switchboard};
