//! The real binary over TCP, the link by itself, and what daemons share in a real Redis. Each test starts the servers
//! it needs, at ports and in folders of its own.

#![allow(clippy::unwrap_used)] // What is missing fails the test.

mod link;
mod messages;
mod redis;
#[path = "../support/mod.rs"]
mod support;
