//! The switches a daemon is linked to, without their sockets.

pub mod freeswitch;
pub mod lease_token;
