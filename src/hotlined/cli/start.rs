//! Starts the log and the runtime for a subcommand.

use crate::daemon::settings::{LogFormat, LogSettings};
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// Starts the log, which goes to the standard error.
pub(super) fn start_log(log: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let colours = io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(colours).with_env_filter(filter);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// The runtime for slow work beside the event loop, which has its own thread. Two threads are enough: more would
/// compete with the event loop for caches.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
