//! The signals of the operator or the service manager.

use super::event_loop::ControlRequest;
use super::serve_error::ServeError;
use super::systemd::{ServiceManager, ServiceStatus};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// The signals of the operator or the service manager.
pub(super) struct Signals {
    pub(super) stop: StopSignals,
    pub(super) hangup: Signal,
}

/// The signals that stop the daemon: SIGTERM and SIGINT.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the signal handlers.
    pub(super) fn listen() -> Result<Self, ServeError> {
        let listen = |kind| signal(kind).map_err(ServeError::Signals);
        let (terminate, interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        Ok(Self { stop: StopSignals { terminate, interrupt }, hangup: listen(SignalKind::hangup())? })
    }
}

/// Sends a request to stop at each SIGTERM or SIGINT.
pub(super) async fn stop_on_signals(
    mut signals: StopSignals,
    control: mpsc::Sender<ControlRequest>,
    service_manager: ServiceManager,
) {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => {}
            _ = signals.interrupt.recv() => {}
        }
        service_manager.notify(&ServiceStatus::Stopping);
        if control.send(ControlRequest::Stop).await.is_err() {
            return;
        }
    }
}
