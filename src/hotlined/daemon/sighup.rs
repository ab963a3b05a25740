//! SIGHUP: opens the log-rotated files again, sends events again to hooks that wanted no more, and reports to the service manager when the reload is complete.

use super::systemd::{ServiceManager, ServiceStatus};
use crate::hooks::hook_request::HookClient;
use crate::jsonl_writer::JsonlWriter;
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::sync::watch;

/// After how long a reload is reported as complete even if a source is still loading. The daemon uses that source
/// nevertheless when it is loaded.
const RELOAD_TIME_MAX: Duration = Duration::from_secs(30);

/// Runs until the last source is gone. `loads` counts the loads of all sources, good or bad; each SIGHUP causes one
/// load of each of the `sources`.
pub(super) async fn serve_sighup(
    service_manager: ServiceManager,
    mut hangups: Signal,
    files: Vec<JsonlWriter>,
    hooks: Vec<HookClient>,
    (mut loads, sources): (watch::Receiver<u64>, u64),
) {
    while hangups.recv().await.is_some() {
        files.iter().for_each(JsonlWriter::reopen);
        hooks.iter().for_each(HookClient::enable);
        let before = *loads.borrow_and_update();
        service_manager.notify(&ServiceStatus::Reloading);
        let all = loads.wait_for(|loads| *loads >= before + sources);
        let followed = tokio::time::timeout(RELOAD_TIME_MAX, all).await;
        service_manager.notify(&ServiceStatus::Ready);
        if matches!(followed, Ok(Err(_))) {
            return;
        }
    }
}
