//! Reports the state of the daemon to systemd, a datagram for each change (sd_notify(3)).
//!
//! If the process was not started by systemd, nothing is sent.

use hotlined_core::time::Millis;
use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;

/// The variable with the address of the service manager's socket.
const ADDRESS_VARIABLE: &str = "NOTIFY_SOCKET";
/// The variable with the watchdog interval, in microseconds.
const WATCHDOG_VARIABLE: &str = "WATCHDOG_USEC";
/// The variable with the process that the watchdog watches.
const WATCHDOG_PID_VARIABLE: &str = "WATCHDOG_PID";

/// A state that is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceStatus {
    /// The configuration is valid and the daemon serves calls.
    Ready,
    /// The daemon reloads its files; [`Ready`](Self::Ready) ends the reload.
    Reloading,
    /// The daemon stops and takes no new calls.
    Stopping,
    /// The event loop runs.
    Alive {
        /// The number of live calls.
        calls: usize,
    },
}

/// The service manager of the process, if there is one.
#[derive(Clone, Debug, Default)]
pub struct ServiceManager {
    socket: Option<Arc<UnixDatagram>>,
    watchdog_interval: Option<Millis>,
}

impl ServiceManager {
    /// The service manager that the environment variables name.
    pub fn from_env() -> Self {
        let text = |name| env::var(name).ok();
        let watched = text(WATCHDOG_PID_VARIABLE).is_none_or(|pid| pid == std::process::id().to_string());
        let watchdog = text(WATCHDOG_VARIABLE).filter(|_| watched).and_then(|span| span.parse::<u64>().ok());
        let Some(address) = text(ADDRESS_VARIABLE) else { return Self::default() };
        match connect(&address) {
            Ok(socket) => Self {
                socket: Some(Arc::new(socket)),
                watchdog_interval: watchdog.map(|us| Millis(us / 1_000)),
            },
            Err(error) => {
                tracing::warn!(address, %error, "the supervisor of this process cannot be told how it is");
                Self::default()
            }
        }
    }

    /// The longest time between two [`Alive`](ServiceStatus::Alive) reports, if the service manager requires them.
    pub fn watchdog_interval(&self) -> Option<Millis> {
        self.watchdog_interval
    }

    /// Sends a state; never waits. A report that the socket has no room for is lost: it comes again or does not matter.
    pub fn notify(&self, status: &ServiceStatus) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(status_text(status).as_bytes())
        {
            tracing::debug!(?status, %error, "the supervisor did not take the news");
        }
    }
}

fn status_text(status: &ServiceStatus) -> String {
    match status {
        ServiceStatus::Ready => "READY=1".to_owned(),
        ServiceStatus::Reloading => "RELOADING=1".to_owned(),
        ServiceStatus::Stopping => {
            "STOPPING=1\nSTATUS=stopping: calls in progress go on, new ones are left to the fallback"
                .to_owned()
        }
        ServiceStatus::Alive { calls } => format!("WATCHDOG=1\nSTATUS=calls live: {calls}"),
    }
}

/// Connects to the socket. A name that begins with `@` is in Linux's abstract namespace.
fn connect(address: &str) -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    let address = match address.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(address)?,
    };
    socket.connect_addr(&address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_arrive_at_a_path_and_at_a_name_that_no_file_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("hotlined-test-{}", std::process::id());
        let sockets = [
            (path.to_str().unwrap().to_owned(), UnixDatagram::bind(&path).unwrap()),
            (
                format!("@{name}"),
                UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap(),
            ),
        ];
        for (address, receiver) in sockets {
            let manager = ServiceManager {
                socket: Some(Arc::new(connect(&address).unwrap())),
                watchdog_interval: None,
            };
            manager.notify(&ServiceStatus::Alive { calls: 7 });
            let mut received = [0; 100];
            let length = receiver.recv(&mut received).unwrap();
            assert_eq!(&received[..length], b"WATCHDOG=1\nSTATUS=calls live: 7");
        }
    }

    #[test]
    fn a_supervisor_that_does_not_read_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let _deaf = UnixDatagram::bind(&path).unwrap();
        let socket = Some(Arc::new(connect(path.to_str().unwrap()).unwrap()));
        let manager = ServiceManager { socket, watchdog_interval: None };
        (0..100_000).for_each(|calls| manager.notify(&ServiceStatus::Alive { calls }));
        ServiceManager::default().notify(&ServiceStatus::Ready);
    }
}
