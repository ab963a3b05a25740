//! What is served over HTTP: today the figures and the health of the daemon, to whoever watches it.
//!
//! - [`listener`]: the port, and how much anybody may ask of it.
//! - [`admin`]: `/metrics`, `/healthz`, `/readyz`.
//!
//! Absent: whoever may ask. The address is one that only the machine itself, or those who watch it, can reach; that
//! is why no address is listened at unless the settings name one.

pub mod admin;
pub mod listener;
