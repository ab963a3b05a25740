//! The daemon: its settings, and what changes while it runs.
//!
//! - [`settings`]: the one file and the environment variables, checked before anything is opened.
//! - [`holidays`]: the calendar, with the operator's own years.
//! - [`reload`]: hotlines loaded again when their files change.

pub mod clock;
pub mod desk;
pub mod holidays;
mod keeper;
pub mod reload;
pub mod serve;
pub mod settings;
