//! `hotlined` decides what happens to the calls of Chinese 400 hotlines, beside a running FreeSWITCH.
//!
//! ```text
//! bytes ─▶ link ─▶ Event ─▶ Switchboard::handle(now, event) ─▶ [Command] ─▶ link ─▶ bytes
//!          └────────── Instance: handle(now, Input) ─▶ next_output(), deadline() ─────────┘
//!               driven by this crate with sockets and files, and by the simulator
//! ```
//!
//! This crate is the daemon and its command line. Four doors lead to the rest, for tests and tools of your own:
//!
//! - [`esl`]: the event socket of FreeSWITCH, bytes to messages and back.
//! - [`replay`]: recorded events go through the core again.
//! - [`engine`]: the decisions: events in, commands out.
//! - [`sim`]: a simulated FreeSWITCH to test against.

pub mod capture;
pub mod cli;
pub mod daemon;
pub mod http;
pub mod journal;
pub mod jsonl_writer;
pub mod metrics_registry;
pub mod redis;
pub mod replay;
pub mod snapshot_file;

pub use hotlined_core::engine;
pub use hotlined_esl as esl;
pub use hotlined_sim as sim;
