//! What several daemons share: who acts for which switch, the calls that are kept in Redis, and the ACD there.
//!
//! Here are the values that go to Redis and come back, and what a daemon decides about them. The connection to Redis is
//! the driver's. Where Redis is away, [`acd_failover`] answers from a store of the daemon's own.
//!
//! - A request goes out and its answer comes back later, or not at all: then the request itself comes back with the
//!   [reason](failure::Failure). To repeat a request is always safe: under its name it is done once.
//! - An answer that comes later, unasked, goes to the daemon that asked last.
//! - A daemon that acts for a switch shows a fencing token with each request; a daemon that acted too long is refused.

pub mod acd_client;
pub mod acd_failover;
pub mod call_entry;
pub mod call_replication;
pub mod clock_offset;
pub(crate) mod cluster_client;
pub mod failure;
pub mod inbox_client;
pub mod inbox_position;
pub(crate) mod lease_client;
pub mod lease_policy;
pub mod lease_reply;
pub mod limits;
pub mod loaded_calls;
pub mod redis_channel;
pub mod redis_event;
pub mod redis_op;
pub mod redis_reply;
pub(crate) mod refusal_log;
pub mod shared_state;
