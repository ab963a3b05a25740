//! The daemon: its settings, and what changes while it runs.
//!
//! - [`settings`]: the one file and the environment variables, checked before anything is opened.
//! - [`reload`]: hotlines loaded again when their files change.

pub mod clock;
pub mod desk;
pub mod reload;
pub mod serve;
pub mod settings;
