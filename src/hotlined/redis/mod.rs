//! The live state in Redis: a single server, a server behind sentinels, or a Redis Cluster.
//!
//! Every operation is one script. So Redis does it whole or not at all, whatever other daemons ask at the same time.
//! The scripts are beside these files, and the page of [`keys`] lists their keys. A script takes the time from the
//! daemon that asks, and a daemon whose clock is behind adds what its clock lacks: see `clock_offset.rs` of the
//! instance.
//!
//! ```text
//! operations ──pipeline of scripts──▶ Redis ──replies──▶ events
//!                                     │
//!   inbox ◀──one stream per daemon────┘ later replies: a line for a claim that waited
//! ```
//!
//! # What happens when Redis fails
//!
//! | Redis | The failure of the operation | What happens |
//! |---|---|---|
//! | is unavailable, hangs, was restarted | `Lost`, `TimedOut`: it is unknown whether Redis did it | the daemon connects anew, with a growing wait; operations meanwhile fail at once |
//! | changed its master | `ReadOnly`, or as above | as above: the daemon asks sentinels and Cluster nodes anew for the master |
//! | refuses user or password, shows a certificate that is not trusted, or wants one that is not configured | `Password`, `Certificate` | as above, and an operator is needed |
//! | refuses a command or a key | `Forbidden` | other operations go on; an operator is needed |
//! | holds a value of another type at a key | `WrongType` | that operation is not done, or half done; an operator must delete the key |
//! | has no memory left | `Full`, nothing of it is done | operations that give back go on, operations that take are refused |
//! | starts, fails over | `NotReady` | the daemon asks again later |
//! | gave the lease of the switch to another daemon | `Fenced`, nothing of it is done | the daemon stops acting for the switch |
//!
//! A fail-over may lose the last writes, since replicas are behind the master. So once Redis is [available][up]
//! again, the daemon repeats what it relies on, the claims of a call in the order of their numbers: [`RedisOp::Hold`]
//! for each line that a call has, the `Claim` itself for each claim that waits, `Admit` for each live call; and it
//! saves all calls anew. None of that changes anything if nothing was lost.
//!
//! # Save, then act
//!
//! What a turn of the event loop changed goes out with the turn's requests, in one pipeline: first the calls as they
//! are now, then their requests, then the calls that ended, since the end of a call takes back what the call did not
//! give back. At the end of the pipeline stands a [barrier]. The daemon carries out nothing before the barrier is
//! [reached]. A daemon may die within the pipeline: then the saved calls ask for something that never reached Redis.
//! So Redis keeps with each call the claims that wait, and the daemon that takes the call over sends them again. Any
//! other request the call repeats by itself, or does without.
//!
//! # What it needs
//!
//! Redis 6.2 or later, `maxmemory-policy noeviction`, and a user with these rights on the keys of the prefix:
//! `+@read +@write +@scripting +@connection +info +time -@dangerous`. Tested with 7.0.
//!
//! On a Redis Cluster, the slot of the hash tag `calls` must stay on its node while daemons run: a script names only
//! the first of its keys and computes the others, and cannot see that some are already on another node. A fail-over
//! moves no slot, and every other slot may be moved at any time.
//!
//! An operation without a [`Fence`] is not checked. A query for a verification code never has one: its count is on
//! another node, and a query that two daemons send is still one query.
//!
//! Absent: what the daemon does without a reply; that is `acd_failover.rs` of the instance.
//!
//! [up]: hotlined_instance::cluster::redis_event::RedisEvent::Available
//! [barrier]: hotlined_instance::cluster::redis_op::RedisOp::Barrier
//! [reached]: hotlined_instance::cluster::redis_event::RedisEvent::BarrierReached
//! [`Fence`]: hotlined_instance::cluster::redis_op::Fence
//! [`RedisOp::Hold`]: hotlined_instance::cluster::redis_op::RedisOp::Hold

mod classify_error;
mod client;
mod connection;
mod deadline;
mod encode_request;
mod inbox;
pub mod keys;
mod lease;
mod load_calls;
mod reply;
mod script;
mod settings;

pub use client::RedisClient;
pub use connection::{ConnectorError, RedisConnection, RedisConnector};
pub(crate) use deadline::within;
pub use inbox::Inbox;
pub use settings::{
    ClientCertificate, LEASE, PREFIX, Password, RedisAccount, RedisAddress, RedisServers, RedisSettings,
    RedisSettingsError, Tls,
};
