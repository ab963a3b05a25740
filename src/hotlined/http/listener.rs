//! A port that answers a request a connection, and takes little of anybody's time or memory.
//!
//! Whoever asks has so long for the head of the request and so long for everything; so many may ask at a time, and
//! those beyond wait with the system. Answers share their threads with the loop, and none takes one for longer than it
//! takes to write a page.

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
/// How long a connection may last, until the last byte of the answer is taken.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);
/// The most connections at a time.
const CONNECTIONS_MAX: usize = 32;
/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// The most header fields.
const HEADERS_MAX: usize = 64;
/// How long to wait when the system has no room for one more connection.
const ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(200);

/// Why a port cannot be listened at.
#[derive(Debug, thiserror::Error)]
#[error("[admin] address: {address} cannot be listened at: {error}")]
pub struct ListenError {
    address: SocketAddr,
    error: io::Error,
}

/// A port that is ours. What comes before [`Listener::serve`] waits with the system.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes the port; where it is 0 the system chooses one.
    pub async fn open(address: SocketAddr) -> Result<Self, ListenError> {
        let cannot = |error| ListenError { address, error };
        let socket = TcpListener::bind(address).await.map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is dropped.
    pub async fn serve(self, pages: Router) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        // Nobody closes the semaphore.
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

/// Whatever goes wrong here is the other side's affair.
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
