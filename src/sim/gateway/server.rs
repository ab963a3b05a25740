//! A fake gateway on the network: serves a [`FakeGateway`] over HTTP on this machine, and posts its receipts.
//!
//! Each connection carries one request. The request goes to the fake as it arrived; what the fake says is done on the
//! socket: an answer after a time, a reset, nothing, or a byte a second.
//!
//! Absent: TLS, chunked bodies of requests, connections that are kept.

use super::fake::{FakeAnswer, FakeGateway, FakeReply};
use super::receipt_plan::ReceiptPost;
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::{HttpAnswer, HttpRequest};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The largest head of a request, and the largest body, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The time between two bytes of an answer that drips.
const DRIP_EVERY: Duration = Duration::from_secs(1);
/// How often the server looks whether a receipt is due.
const RECEIPTS_LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a receipt may take to be posted.
const POST_TIME_MAX: Duration = Duration::from_secs(10);
/// How long to wait after the operating system failed to accept a connection.
const ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(100);

/// How a fake gateway is served.
#[derive(Clone, Debug, Default)]
pub struct FakeServerOptions {
    /// How far its clock is ahead of this machine's.
    pub clock_ahead: Millis,
}

/// A fake gateway on the network. Dropping it ends the server and every connection.
#[derive(Debug)]
pub struct FakeGatewayServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    options: FakeServerOptions,
}

#[derive(Debug)]
struct State {
    fake: FakeGateway,
    requests: usize,
    /// Where receipts are posted, if the message did not say it.
    receipts_url: Option<String>,
    receipt_statuses: Vec<u16>,
    connections: Vec<JoinHandle<()>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::default() + since_1970.into() + self.options.clock_ahead
    }
}

impl FakeGatewayServer {
    /// Serves this fake at a free port of this machine.
    ///
    /// # Errors
    /// No port can be opened.
    pub async fn start(fake: FakeGateway, options: FakeServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = State {
            fake,
            requests: 0,
            receipts_url: None,
            receipt_statuses: Vec::new(),
            connections: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), options });
        let tasks = vec![
            tokio::spawn(accept_connections(listener, shared.clone())),
            tokio::spawn(post_receipts(shared.clone())),
        ];
        Ok(Self { address, shared, tasks })
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for messages. The fake looks at no path, so this is one of many.
    pub fn url(&self) -> String {
        format!("http://{}/sms/send", self.address)
    }

    /// Looks at the fake, or changes it.
    pub fn with_fake<T>(&self, look: impl FnOnce(&mut FakeGateway) -> T) -> T {
        look(&mut self.shared.state().fake)
    }

    /// From now on receipts are posted to this `http` address, if the message did not say another one.
    pub fn set_receipts_url(&self, url: String) {
        self.shared.state().receipts_url = Some(url);
    }

    /// How many requests arrived whole.
    pub fn request_count(&self) -> usize {
        self.shared.state().requests
    }

    /// The statuses with which receipts were answered, in order; 0 where no answer came.
    pub fn receipt_statuses(&self) -> Vec<u16> {
        self.shared.state().receipt_statuses.clone()
    }
}

impl Drop for FakeGatewayServer {
    fn drop(&mut self) {
        let connections = std::mem::take(&mut self.shared.state().connections);
        self.tasks.iter().chain(&connections).for_each(JoinHandle::abort);
    }
}

async fn accept_connections(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY_WAIT).await;
            continue;
        };
        let of_connection = shared.clone();
        let connection = tokio::spawn(async move {
            // An error means that the sender has gone.
            let _ = serve(stream, &of_connection).await;
        });
        let connections = &mut shared.state().connections;
        connections.retain(|connection| !connection.is_finished());
        connections.push(connection);
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    let FakeAnswer { after, what } = {
        let now = shared.now();
        let mut state = shared.state();
        state.requests += 1;
        state.fake.handle(now, &request)
    };
    match what {
        FakeReply::Answer(answer) => {
            tokio::time::sleep(after.into()).await;
            stream.write_all(&on_the_wire(&answer)).await?;
            stream.shutdown().await
        }
        // Without lingering, closing sends a reset.
        FakeReply::Reset => stream.set_zero_linger(),
        FakeReply::Hang => hold(&mut stream).await,
        FakeReply::Drip(answer) => {
            for byte in on_the_wire(&answer) {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(DRIP_EVERY).await;
            }
            Ok(())
        }
    }
}

/// Says nothing until the other side has gone.
async fn hold(stream: &mut TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads one request: method, target, headers as they are written, and a body of the length that they say.
async fn read_request(stream: &mut TcpStream) -> io::Result<HttpRequest> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break at;
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(broken("the head is too long"));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = str::from_utf8(&bytes[..head_end]).map_err(|_| broken("the head is no UTF-8"))?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (Some(method), Some(url)) = (words.next(), words.next()) else {
        return Err(broken("the first line is no request"));
    };
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(Ok(0), |(_, length)| length.parse::<usize>());
    let length = length.ok().filter(|length| *length <= BODY_BYTES_MAX);
    let length = length.ok_or_else(|| broken("the body is too long"))?;
    let mut body = bytes.split_off(head_end + 4);
    let missing = length.saturating_sub(body.len());
    let begin = body.len();
    body.resize(begin + missing, 0);
    stream.read_exact(&mut body[begin..]).await?;
    Ok(HttpRequest { method, url, headers, body })
}

fn on_the_wire(answer: &HttpAnswer) -> Vec<u8> {
    let retry_after = answer.retry_after.map(|wait| format!("Retry-After: {}\r\n", wait.0 / 1_000));
    let head = format!(
        "HTTP/1.1 {} Fake\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n{}\
         Connection: close\r\n\r\n",
        answer.status,
        answer.body.len(),
        retry_after.unwrap_or_default()
    );
    [head.as_bytes(), &answer.body].concat()
}

/// Posts each receipt when its time comes. A receipt without an address is left out.
async fn post_receipts(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(RECEIPTS_LOOK_EVERY).await;
        let (due, receipts_url) = {
            let now = shared.now();
            let mut state = shared.state();
            (state.fake.receipts_due(now), state.receipts_url.clone())
        };
        for receipt in due {
            let Some(url) = receipt.url.clone().or_else(|| receipts_url.clone()) else {
                continue;
            };
            let posted = tokio::time::timeout(POST_TIME_MAX, post(&url, &receipt)).await;
            let status = posted.ok().and_then(Result::ok).unwrap_or(0);
            shared.state().receipt_statuses.push(status);
        }
    }
}

/// Posts a receipt. Returns the status of the answer.
async fn post(url: &str, receipt: &ReceiptPost) -> io::Result<u16> {
    let rest = url.strip_prefix("http://").ok_or_else(|| broken("the address is not http"))?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        receipt.content_type,
        receipt.body.len()
    );
    stream.write_all(&[head.as_bytes(), &receipt.body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let status = answer.get(9..12).and_then(|status| str::from_utf8(status).ok());
    status.and_then(|status| status.parse().ok()).ok_or_else(|| broken("the answer has no status"))
}

#[cfg(test)]
mod tests {
    use super::super::account::FakeAccount;
    use super::super::fake::FakeBehaviour;
    use super::super::fault::{Fault, FaultRates};
    use super::*;

    async fn server(fault: Option<Fault>) -> FakeGatewayServer {
        let faults = fault.map(|fault| FaultRates::default().with(fault, 1_000)).unwrap_or_default();
        let behaviour =
            FakeBehaviour { faults, answer_after: (Millis(0), Millis(0)), ..FakeBehaviour::default() };
        let fake = FakeGateway::new(FakeAccount::Generic, behaviour, 1);
        FakeGatewayServer::start(fake, FakeServerOptions::default()).await.unwrap()
    }

    /// What comes back for a request in two pieces, until the end of the connection.
    async fn ask(server: &FakeGatewayServer) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(server.address()).await?;
        stream.write_all(b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Le").await?;
        tokio::task::yield_now().await;
        stream.write_all(b"ngth: 3\r\n\r\nabc").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn what_the_fake_says_is_done_on_the_socket() {
        let plain = server(None).await;
        let answer = String::from_utf8(ask(&plain).await.unwrap()).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 Fake\r\n") && answer.ends_with("}"), "{answer}");
        assert_eq!((plain.request_count(), plain.with_fake(|fake| fake.wrong().len())), (1, 1));

        let resets = server(Some(Fault::ResetBeforeReading)).await;
        let error = ask(&resets).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
