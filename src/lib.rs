//! `hotlined` decides what happens to the calls of Chinese 400 hotlines, beside a running telephone exchange.
//!
//! ```text
//! wire ──decode──▶ Event ──▶ Switchboard::handle(now, event) ──▶ [Command] ──encode──▶ wire
//! ```
//!
//! The rooms stand here from the top of the house down. A room imports only from below itself, and
//! `tests/house.rs` keeps it that way.
//!
//! To take events of a FreeSWITCH apart, begin at [`switch::esl`]; to replay a record in a test, at [`replay`];
//! to drive the decisions yourself, at [`engine::Engine`]; for an exchange to test against, at [`sim`].

// The edges: they know the runtime, the clock and the machine.
pub mod cli;
pub mod daemon;
pub mod http;

// What drives the core: what was recorded, who is simulated, a switch; and what daemons share.
pub mod instance;
pub mod live;
pub mod replay;
pub mod sim;
pub mod switch;

// Files of what passed: over the wire, through the engine.
pub mod capture;
pub mod journal;
pub mod linefile;

// What the daemon tells of itself.
pub mod meters;

// The core: pure, deterministic, deaf and blind.
pub mod call;
pub mod engine;
pub mod store;

// Plain data in which everybody speaks.
pub mod cause;
pub mod command;
pub mod event;
pub mod hotline;
pub mod hours;
pub mod id;
pub mod number;
pub mod place;
pub mod prompt;
pub mod record;
pub mod speech;
pub mod time;
