//! A simulated Redis that daemons share: does what the daemon's scripts do in a real Redis, as a state machine.
//!
//! ```text
//!   daemons ──[FencedOp]──▶ ┌ server: ACD, saved calls ┐ ──[OpReply]──▶ daemons
//!                           └ inboxes, leases          ┘
//! ```
//!
//! [`SimulatedRedis`] is the server. It takes the requests of a `RedisClient` and has a clock of its own, by which
//! leases run out. It can go down and come back with all its data, without the most recent data, or empty. It can also
//! hang: then it answers nothing, and executes the requests of that time when it resumes.
//! `tests/daemon/redis/simulated.rs` compares it with a real Redis.
//!
//! Pure: no socket, no clock, no randomness.
//!
//! Absent: scripts and keys as such, Sentinel and Cluster, a full memory, expiry after days. A request with an earlier
//! time than the one before counts as made at the later time.

mod delayed;
mod leases;
mod ops;
mod saved_calls;
mod server;
mod state;

pub use server::{DataLoss, SimulatedRedis};
