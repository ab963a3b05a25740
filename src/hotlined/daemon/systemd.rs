//! Whoever started us and wants to know how we are: systemd, by a datagram for each piece of news (sd_notify(3)).
//!
//! Started by anybody else there is nobody to tell, and nothing here does anything.

use hotlined_core::time::Millis;
use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;

/// Where the supervisor listens.
const ADDRESS_VARIABLE: &str = "NOTIFY_SOCKET";
/// How often it wants a sign of life, in microseconds.
const WATCHDOG_VARIABLE: &str = "WATCHDOG_USEC";
/// From which process.
const WATCHED_VARIABLE: &str = "WATCHDOG_PID";

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Everything is valid and we are at work.
    Ready,
    /// What an operator changed is being read again; [`Ready`](Self::Ready) ends it.
    Reloading,
    /// No new calls are taken.
    Stopping,
    /// The loop turns, and has so many calls.
    Turning {
        /// How many.
        calls: usize,
    },
}

/// The supervisor of the process, if it has one.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    socket: Option<Arc<UnixDatagram>>,
    watchdog: Option<Millis>,
}

impl Supervisor {
    /// The one that the environment names.
    pub fn of_the_process() -> Self {
        let text = |name| env::var(name).ok();
        let watched = text(WATCHED_VARIABLE).is_none_or(|pid| pid == std::process::id().to_string());
        let watchdog = text(WATCHDOG_VARIABLE).filter(|_| watched).and_then(|span| span.parse::<u64>().ok());
        let Some(address) = text(ADDRESS_VARIABLE) else { return Self::default() };
        match connected(&address) {
            Ok(socket) => {
                Self { socket: Some(Arc::new(socket)), watchdog: watchdog.map(|us| Millis(us / 1_000)) }
            }
            Err(error) => {
                tracing::warn!(address, %error, "the supervisor of this process cannot be told how it is");
                Self::default()
            }
        }
    }

    /// How often it must hear that the loop turns, if it wants to.
    pub fn watchdog(&self) -> Option<Millis> {
        self.watchdog
    }

    /// Tells it; never waits. News that it has no room for is lost, and comes again or does not matter.
    pub fn tell(&self, news: &News) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(line_of(news).as_bytes())
        {
            tracing::debug!(?news, %error, "the supervisor did not take the news");
        }
    }
}

fn line_of(news: &News) -> String {
    match news {
        News::Ready => "READY=1".to_owned(),
        News::Reloading => "RELOADING=1".to_owned(),
        News::Stopping => {
            "STOPPING=1\nSTATUS=stopping: calls in progress go on, new ones are left to the fallback"
                .to_owned()
        }
        News::Turning { calls } => format!("WATCHDOG=1\nSTATUS=calls live: {calls}"),
    }
}

/// A name that begins with `@` is one of Linux's own that no file has.
fn connected(address: &str) -> std::io::Result<UnixDatagram> {
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
        for (address, listening) in sockets {
            let supervisor =
                Supervisor { socket: Some(Arc::new(connected(&address).unwrap())), watchdog: None };
            supervisor.tell(&News::Turning { calls: 7 });
            let mut heard = [0; 100];
            let length = listening.recv(&mut heard).unwrap();
            assert_eq!(&heard[..length], b"WATCHDOG=1\nSTATUS=calls live: 7");
        }
    }

    #[test]
    fn a_supervisor_that_does_not_read_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let _deaf = UnixDatagram::bind(&path).unwrap();
        let socket = Some(Arc::new(connected(path.to_str().unwrap()).unwrap()));
        let supervisor = Supervisor { socket, watchdog: None };
        (0..100_000).for_each(|calls| supervisor.tell(&News::Turning { calls }));
        Supervisor::default().tell(&News::Ready);
    }
}
