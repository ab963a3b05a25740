//! A whole `hotlined` daemon without IO: [`Input`] in, [`Output`] out, and the time of the next deadline.
//!
//! ```text
//! bytes, replies, configuration ──▶ Instance::handle(now, Input) ──▶ next_output(), deadline()
//! ```
//!
//! The instance contains the calls, the links to the switches, the leases, the persistence of calls and the outbox. A
//! *driver* owns the sockets, the files and the clock. There are two drivers: the event loop of the daemon
//! (`hotlined::daemon`) and the simulator (`hotlined-simulator`). So every failure between daemons, switches, Redis and
//! disks happens to this type, in production and in the simulator.
//!
//! # How to write a driver
//!
//! 1. Create the instance: [`Instance::new`] with [`InstanceOptions`].
//! 2. Carry out every [`Output`] that [`Instance::next_output`] returns, until it returns none.
//! 3. Wait until something happens, at the latest until [`Instance::deadline`].
//! 4. Tell the instance what happened with [`Instance::handle`], then go on with step 2. If only time has passed, the
//!    input is [`Input::Tick`].
//!
//! `now` is an argument of every call: UTC in milliseconds. It never decreases. Most outputs have an answer:
//!
//! | Output | The driver | Answer |
//! |---|---|---|
//! | [`Output::Link`] with `Connect` | connects to the switch | [`LinkInput::Connected`] with a number that no other connection has, or [`LinkInput::ConnectFailed`]; then [`LinkInput::Received`] for all bytes, and [`LinkInput::Closed`] if the switch closes |
//! | [`Output::Link`] with `Write` | writes bytes, as long as the [`WritePermit`](switch::freeswitch::link::WritePermit) allows: it checks the clock before each write | none |
//! | [`Output::Link`] with `Close` | closes the connection, or stops connecting | none |
//! | [`Output::Redis`] | sends the request within its time | [`Input::Redis`], always: the reply or the failure |
//! | [`Output::WriteFrames`] | appends the frames to the snapshot file, all or none | [`Input::FramesWritten`] |
//! | [`Output::Deliver`] | gives the delivery to the deliverer of its kind | [`Input::Delivered`] once it is done |
//! | [`Output::Ended`] | stops | none |
//!
//! Without being asked, a driver reports changed configuration ([`Input::ConfigChanged`]) and the operator's request to
//! stop ([`Input::Stop`]).
//!
//! A driver without switches and files:
//!
//! ```
//! use hotlined_core::time::{Instant, Millis};
//! use hotlined_instance::health::Health;
//! use hotlined_instance::{Input, Instance, InstanceOptions, Output, PersistenceOptions};
//! use std::sync::Arc;
//!
//! let health = Arc::new(Health::new(std::time::Instant::now(), []));
//! let mut now = Instant(1_800_000_000_000);
//! let mut instance = Instance::new(now, InstanceOptions::minimal(health, PersistenceOptions::None));
//! instance.handle(now, Input::Stop);
//! 'driver: loop {
//!     while let Some(output) = instance.next_output() {
//!         match output {
//!             Output::Ended(result) => break 'driver result.unwrap(),
//!             other => unreachable!("{other:?}: there is no switch and no file"),
//!         }
//!     }
//!     // A real driver waits here for sockets, Redis and the clock.
//!     now = instance.deadline().unwrap_or(now + Millis(1_000));
//!     instance.handle(now, Input::Tick);
//! }
//! ```
//!
//! # Save, then act
//!
//! One turn decides about the events that have arrived, persists the calls that changed, and then executes the
//! commands. The instance writes nothing to a switch and delivers nothing before the changed calls are persisted for
//! the next daemon, or before it is known that persisting takes too long.
//!
//! # Modules
//!
//! - `instance`: [`Instance`], [`Input`], [`Output`]. `options`: what an instance is created from; `start` creates it.
//! - `turn`: one turn. `shutdown` and `stopping`: how an instance ends.
//! - `links`, `link_outage`, [`switch`]: the links to the switches.
//! - [`cluster`]: leases, replication of calls and the ACD in Redis. [`persist`]: snapshots, frames and the outbox.
//! - [`health`], [`metrics`]: what the daemon reports of itself.
//!
//! Not here, on purpose: sockets, files, clocks, threads, a runtime, randomness. Logs and metrics are written and never
//! read.

mod call_log;
pub mod cluster;
mod daemon_id;
pub mod health;
mod instance;
mod link_outage;
mod links;
pub mod messages;
pub mod metrics;
mod options;
pub mod persist;
mod shutdown;
mod stall_guard;
mod start;
mod stopping;
pub mod switch;
mod turn;

pub use cluster::acd_client::AcdClient;
pub use cluster::inbox_client::InboxClient;
pub use cluster::redis_channel::{RedisChannel, RedisChannelQuery, RedisChannelReply, RedisChannelRequest};
pub use daemon_id::{DAEMON_ID_BYTES_MAX, DaemonId, InvalidDaemonId};
pub use instance::{Input, Instance, Output};
pub use links::LinkInput;
pub use options::{InstanceOptions, NoProbe, PersistenceOptions, Probe, RedisOptions};
pub use shutdown::InstanceError;
pub use switch::lease_token::{Activation, LeaseToken};
