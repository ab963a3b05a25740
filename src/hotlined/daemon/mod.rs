//! The shell of the daemon: sockets, files, signals, settings, and what changes while it runs. What is to be done is
//! decided in the [`instance`](hotlined_instance::instance).
//!
//! - `event_loop`: the one loop that drives it, with [`sockets`], `redis_connections` and `deliverer`s.
//! - [`link_task`]: one link without a daemon, for a listener.
//! - [`settings`]: the one file and the environment variables, checked before anything is opened.
//! - [`holidays`]: the calendar, with the operator's own years.
//! - [`numbers`]: the operator's own table of where numbers are from.
//! - [`call_metrics`], [`heartbeat`]: what is counted, and the signs of life of the loop; [`systemd`] is told of them.
//! - [`reload`]: hotlines, holidays and numbers loaded again when their files change.
//! - [`holiday_reminder`]: the reminder of a year whose holidays nobody has told us.

mod admin_server;
pub mod call_metrics;
pub mod clock;
pub mod config_source;
mod deliverer;
mod event_loop;
pub mod heartbeat;
pub mod holiday_folder;
pub mod holiday_reminder;
pub mod link_task;
pub mod numbers_file;
mod record_deliverer;
pub mod redis_connections;
mod running_daemon;
pub mod serve;
pub mod settings;
mod sighup;
pub mod sockets;
pub mod source_watch;
pub mod systemd;
pub mod whole_file;

pub use event_loop::ControlRequest;
