//! Opens files anew at an operator's SIGHUP, and tells the supervisor when all of it has been followed: its own reload
//! ends no sooner.

use super::systemd::{ServiceManager, ServiceStatus};
use crate::jsonl_writer::JsonlWriter;
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::sync::watch;

/// How long a reload may take before it is called done all the same; what was read later is taken all the same, too.
const RELOAD_TIME_MAX: Duration = Duration::from_secs(30);

/// Does so until the last source is gone. `loads` is how often anything was read again, well or not, of which each
/// SIGHUP brings one for each of so many `sources`.
pub(super) async fn serve_sighup(
    supervisor: ServiceManager,
    mut hangups: Signal,
    files: Vec<JsonlWriter>,
    (mut loads, sources): (watch::Receiver<u64>, u64),
) {
    while hangups.recv().await.is_some() {
        files.iter().for_each(JsonlWriter::reopen);
        let before = *loads.borrow_and_update();
        supervisor.notify(&ServiceStatus::Reloading);
        let all = loads.wait_for(|loads| *loads >= before + sources);
        let followed = tokio::time::timeout(RELOAD_TIME_MAX, all).await;
        supervisor.notify(&ServiceStatus::Ready);
        if matches!(followed, Ok(Err(_))) {
            return;
        }
    }
}
