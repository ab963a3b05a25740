//! What several daemons share through Redis: the lease of each switch, the saved calls, and the ACD.
//!
//! This folder holds the operations that go to Redis, their replies, and what a daemon decides about them. The driver
//! owns the connections. While Redis is unavailable, [`acd_failover`] answers from an ACD of the daemon's own.
//!
//! - An operation goes out, and its reply comes back later. If there is no reply, the operation itself comes back with
//!   the [reason](failure::RedisFailure). Repeating an operation is always safe: Redis does an operation with the same
//!   name once.
//! - A claim that waited gets its line later. That reply goes to the daemon that asked last.
//! - The daemon that holds the lease of a switch sends a fencing token with each operation. Redis refuses a daemon
//!   whose token is too old.

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
