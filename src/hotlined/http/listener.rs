//! A TCP port that answers one HTTP request per connection, with limits on time and memory.
//!
//! The head of a request and the whole connection each have a maximum time. The number of connections is limited;
//! further connections wait in the backlog of the operating system. The responses run on the threads of the runtime,
//! and a response holds a thread only for the time it takes to render a page. A response that lasts, such as a stream of
//! events, says so through its [`Connection`].

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long the head of a request may take.
const HEAD_TIME_MAX: Duration = Duration::from_secs(3);
/// How long a connection may last, until the client has taken the last byte of the response.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);
/// The most connections at a time with requests that are answered at once.
pub const CONNECTIONS_MAX: usize = 32;
/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// The most header fields.
const HEADERS_MAX: usize = 64;
/// How long to wait after the operating system failed to accept a connection.
const ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(200);

/// How often is looked whether a connection has had its time.
const END_CHECK_WAIT: Duration = Duration::from_millis(500);

/// Why the port cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("[{section}] address: {address} cannot be listened at: {error}")]
pub struct ListenError {
    section: &'static str,
    address: SocketAddr,
    error: io::Error,
}

/// An open port. Connections wait in the backlog of the operating system until [`Listener::serve`] runs.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// Whether a response that lasts shall end.
type ShallEnd = Box<dyn Fn() -> bool + Send + Sync>;

/// The connection of a request; an extension of each request.
#[derive(Default)]
pub struct Connection {
    shall_end: OnceLock<ShallEnd>,
}

impl Connection {
    /// The response may last as long as the client takes it, and until this is true.
    pub fn lasts_until(&self, shall_end: impl Fn() -> bool + Send + Sync + 'static) {
        // A connection has one request, so this is set once.
        let _ = self.shall_end.set(Box::new(shall_end));
    }

    /// Returns when the connection has had its time.
    async fn over(&self) {
        let end = Instant::now() + CONNECTION_TIME_MAX;
        loop {
            tokio::time::sleep(END_CHECK_WAIT).await;
            if self.shall_end.get().map_or_else(|| Instant::now() >= end, |shall_end| shall_end()) {
                return;
            }
        }
    }
}

impl Listener {
    /// Opens the port that this section of the settings names. The operating system chooses the port if it is 0.
    ///
    /// # Errors
    /// If the operating system refuses the address.
    pub async fn open(section: &'static str, address: SocketAddr) -> Result<Self, ListenError> {
        let cannot = |error| ListenError { section, address, error };
        let socket = TcpListener::bind(address).await.map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        Ok(Self { socket, address })
    }

    /// The address with the port that was opened.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until the future is dropped, on at most so many connections at a time.
    pub async fn serve(self, pages: Router, connections_max: usize) {
        let room = Arc::new(Semaphore::new(connections_max));
        // The semaphore is never closed.
        while let Ok(place) = room.clone().acquire_owned().await {
            match self.socket.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve_connection(stream, pages.clone(), place))),
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY_WAIT).await;
                }
            }
        }
    }
}

/// Answers the request of one connection. Errors are only logged: they concern the client.
async fn serve_connection(stream: TcpStream, pages: Router, place: OwnedSemaphorePermit) {
    let handle = Arc::new(Connection::default());
    // Events are small and shall not wait for more.
    let _ = stream.set_nodelay(true);
    let pages = pages.layer(Extension(handle.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages));
    tokio::select! {
        served = connection => if let Err(error) = served {
            tracing::debug!(%error, "a request was not answered");
        },
        () = handle.over() => tracing::debug!("a request took too long"),
    }
    drop(place);
}
