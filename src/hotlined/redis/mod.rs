//! The live state in Redis: a single one, one behind sentinels, a Cluster.
//!
//! Every request is one script, so it is done whole or not at all, whoever else asks at the same time; the scripts
//! are beside these files, their keys on the page of [`keys`]. A script takes the time from whoever asks, and whose
//! clock is behind adds what it lacks: see `timeline.rs`.
//!
//! ```text
//! requests ──pipeline of scripts──▶ Redis ──answers──▶ heard
//!                                   │
//!   inbox ◀──a stream each daemon───┘ what comes later: a line for a claim that waited
//! ```
//!
//! # What happens when
//!
//! | Redis | What the request gets | What happens |
//! |---|---|---|
//! | is away, hangs, was restarted | `Lost`, `TimedOut`: whether it was done is unknown | connected anew, with a growing wait; what is asked meanwhile comes back at once |
//! | changed its master | `ReadOnly`, or as before | as before: sentinels and Cluster nodes are asked anew who is the master |
//! | refuses user or password, shows or wants a certificate that is not there | `Password`, `Certificate` | as before, and an operator is needed |
//! | refuses a command or a key | `Forbidden` | the others go on; an operator is needed |
//! | has something else at a key | `WrongType` | that request is not done or half done; an operator must delete the key |
//! | has no memory left | `Full`, nothing of it done | what gives back goes on, what takes is refused |
//! | starts, fails over | `NotReady` | asked again later |
//! | gave the switch to another | `Fenced`, nothing of it done | whoever asked stands by |
//!
//! A fail-over may lose what was written last, since replicas follow behind. So once the connection is
//! [back](Heard::Back), whoever asks repeats what it relies on, claim after claim of a call in the order of their
//! numbers: [`Ask::Hold`] for each line that a call has, the `Claim` itself for each that waits, `Admit` for each
//! live call; and all calls are kept anew. All of that changes nothing where nothing was lost.
//!
//! # Save, then act
//!
//! What a turn of the loop changed goes out with what it asks, in one pipeline: first the calls as they are now, then
//! their requests, then the calls that are over, since these take with them what they did not give back. At its end
//! stands a [barrier](Ask::Barrier), and nothing is done outside before that is [reached](Heard::Reached). A daemon
//! may die within the pipeline: the calls then ask for something that Redis was never asked. So with a call stand the
//! claims that wait, to be asked again by whoever takes it up; any other question the call asks again by itself, or
//! does without.
//!
//! # What it needs
//!
//! Redis 6.2 or later, `maxmemory-policy noeviction`, and a user who may do this to keys of the prefix:
//! `+@read +@write +@scripting +@connection +info +time -@dangerous`. Tried with 7.0.
//!
//! On a Cluster, the slot of the tag `calls` must stay where it is while daemons work: a script names the first of
//! its keys and finds the others by itself, and cannot see that some are on another node already. A fail-over
//! moves nothing, and any other slot may be moved at any time.
//!
//! Whoever shows no [`Fence`] is not asked for one. A question for a code never is: its count lives on another
//! node, and asked by two daemons it is still one question.
//!
//! Absent: what to do without an answer.

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
