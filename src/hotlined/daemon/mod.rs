//! The daemon's input and output: sockets, files, signals, settings and reload. The
//! [`Instance`](hotlined_instance::Instance) makes all decisions.
//!
//! - [`serve`]: starts the daemon of `hotlined serve`, with [`link_settings`], `watched_config`, `output_files`,
//!   `signals` and `serve_error`.
//! - `running_daemon`: builds the instance and starts the event loop on its own thread.
//! - `event_loop`: the one loop that drives the instance, with [`sockets`], [`redis_connections`] and `deliverer`.
//! - [`link_task`]: one link without an instance, for `hotlined capture` and tests.
//! - [`settings`]: the settings file and the environment variables, checked before anything is opened.
//! - [`holiday_folder`], [`numbers_file`]: the operator's own holidays and table of number regions.
//! - [`config_source`], [`source_watch`]: hotlines, holidays and numbers, loaded again when their files change.
//! - `sighup`: what happens at SIGHUP beside that.
//! - [`holiday_reminder`]: the log reminds of a year without holidays.
//! - `record_deliverer`: the file of call records.
//! - `outbound_events`: the events of calls go to web hooks (`hook_deliverer`) and to the API address (`api_server`).
//! - [`call_metrics`], [`heartbeat`], `admin_server`: metrics and health; [`systemd`] gets the state of the service.

mod admin_server;
mod api_server;
pub mod call_metrics;
pub mod clock;
pub mod config_source;
mod deliverer;
mod event_loop;
pub mod heartbeat;
pub mod holiday_folder;
pub mod holiday_reminder;
mod hook_deliverer;
pub mod link_settings;
pub mod link_task;
pub(crate) mod message_gateways;
pub mod numbers_file;
mod outbound_events;
mod output_files;
mod record_deliverer;
pub mod redis_connections;
mod running_daemon;
pub mod serve;
mod serve_error;
pub mod settings;
mod sighup;
mod signals;
pub mod sockets;
pub mod source_watch;
pub mod systemd;
mod watched_config;
pub mod whole_file;

pub use event_loop::ControlRequest;
pub use outbound_events::HookParts;
pub use output_files::journal_observer;
pub use running_daemon::{DaemonParts, RedisParts, RunningDaemon};
pub use serve_error::ServeError;
