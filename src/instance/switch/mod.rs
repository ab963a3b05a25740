//! The links to the switches, without sockets, and the token by which a daemon is active at a switch.

pub mod freeswitch;
pub mod lease_token;
