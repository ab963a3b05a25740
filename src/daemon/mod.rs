//! The daemon: its settings, and what changes while it runs.
//!
//! - [`settings`]: the one file and the environment variables, checked before anything is opened.
//! - [`holidays`]: the calendar, with the operator's own years.
//! - [`numbers`]: the operator's own table of where numbers are from.
//! - [`tally`], [`pulse`]: what is counted, and the signs of life of the loop; [`supervisor`] is told of them.
//! - [`reload`]: hotlines, holidays and numbers loaded again when their files change.
//! - [`years`]: the reminder of a year whose holidays nobody has told us.

mod admin;
pub mod clock;
pub mod desk;
mod duties;
pub mod file;
pub mod holidays;
mod keeper;
mod links;
pub mod numbers;
mod outbox;
pub mod pulse;
pub mod reload;
mod reloading;
mod saying;
pub mod serve;
pub mod settings;
pub mod shared;
pub mod source;
pub mod supervisor;
pub mod tally;
pub mod years;
