//! A TCP port that answers one HTTP request per connection, with limits on time and memory.
//!
//! The head of a request and the whole connection each have a maximum time. The number of connections is limited;
//! further connections wait in the backlog of the operating system. The responses run on the threads of the runtime,
//! and a response holds a thread only for the time it takes to render a page.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long the head of a request may take.
const HEAD_TIME_MAX: Duration = Duration::from_secs(3);
/// How long a connection may last, until the client has taken the last byte of the response.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);
/// The most connections at a time.
const CONNECTIONS_MAX: usize = 32;
/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// The most header fields.
const HEADERS_MAX: usize = 64;
/// How long to wait after the operating system failed to accept a connection.
const ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(200);

/// Why the port cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("[admin] address: {address} cannot be listened at: {error}")]
pub struct ListenError {
    address: SocketAddr,
    error: io::Error,
}

/// An open port. Connections wait in the backlog of the operating system until [`Listener::serve`] runs.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Opens the port. The operating system chooses the port if it is 0.
    ///
    /// # Errors
    /// If the operating system refuses the address.
    pub async fn open(address: SocketAddr) -> Result<Self, ListenError> {
        let cannot = |error| ListenError { address, error };
        let socket = TcpListener::bind(address).await.map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        Ok(Self { socket, address })
    }

    /// The address with the port that was opened.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until the future is dropped.
    pub async fn serve(self, pages: Router) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
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
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages));
    match tokio::time::timeout(CONNECTION_TIME_MAX, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a request was not answered"),
        Err(_) => tracing::debug!("a request took too long"),
    }
    drop(place);
}
