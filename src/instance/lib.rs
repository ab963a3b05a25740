//! A whole `hotlined` daemon without IO: an [`Input`] in, an [`Output`] out, and the time of the next deadline.
//!
//! ```text
//! bytes, answers, configuration ──▶ Instance::handle(now, Input) ──▶ next_output(), deadline()
//! ```
//!
//! The instance holds the calls, the links to the switches, the leases, what each turn keeps, and the outbox. A driver
//! owns the sockets, the files and the clock: the daemon's event loop is one, the simulator is the other one. Whatever
//! can go wrong between daemons, switches, stores and disks happens to this type, live and in the simulator alike.
//!
//! A driver tells what happened by [`Instance::handle`], then does what [`Instance::next_output`] says until there is
//! nothing more, and calls again at the latest at [`Instance::deadline`].
//!
//! Save, then act: nothing is written to a switch, and nothing is delivered, before the calls it is about are kept for
//! the next daemon, or before it is known that this takes too long.
//!
//! Absent, and to stay so: sockets, files, clocks, threads, a runtime, randomness of its own. Logs and metrics are
//! written and never read.

mod call_log;
pub mod cluster;
mod daemon_id;
mod ending;
pub mod health;
mod instance;
mod link_outage;
mod links;
pub mod metrics;
pub mod persist;
mod stall_guard;
mod start;
pub mod switch;
mod turn;

pub use cluster::acd_client::AcdClient;
pub use cluster::inbox_client::InboxClient;
pub use cluster::redis_channel::{RedisChannel, RedisChannelQuery, RedisChannelReply, RedisChannelRequest};
pub use daemon_id::{BadDaemonId, DAEMON_BYTES_MAX, DaemonId};
pub use ending::Ended;
pub use instance::{Input, Instance, Output};
pub use links::LinkInput;
pub use start::{KeepingStart, NoProbe, Probe, RedisStart, Start};
pub use switch::lease_token::{Claim, Claiming};
