//! The real binary over TCP, the link by itself, what daemons share in a real Redis, and what other systems are told.
//! Each test starts the servers it needs, at ports and in folders of its own.

#![allow(clippy::unwrap_used)] // What is missing fails the test.

mod link;
mod messages;
mod outbound;
mod redis;
#[path = "../support/mod.rs"]
mod support;
