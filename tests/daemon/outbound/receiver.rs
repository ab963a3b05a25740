//! A receiver of web hooks, which answers as a test wants and keeps what it got.

use crate::link::peer::within;
use hotlined::hooks::event_body::EventBody;
use hotlined_notify::webhook::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, WebhookSecret, verify};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Secrets of hooks.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const OLD_SECRET: &str = "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZA==";

/// How a request is answered.
#[derive(Clone, Copy)]
pub enum Answer {
    /// With this status, and these header lines.
    Status(u16, &'static str),
    /// Never.
    Hangs,
}

pub const OK: Answer = Answer::Status(200, "");

/// A request that came.
#[derive(Debug)]
pub struct Received {
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub at: Instant,
}

impl Received {
    pub fn id(&self) -> &str {
        &self.headers[HEADER_ID]
    }

    /// The event, if the request is signed with this secret, now.
    pub fn event(&self, secret: &str) -> EventBody {
        self.check(secret);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn check(&self, secret: &str) {
        let header = |name: &str| self.headers.get(name).map_or("", String::as_str);
        let secrets: [WebhookSecret; 1] = [secret.parse().unwrap()];
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (id, at, signatures) = (header(HEADER_ID), header(HEADER_TIMESTAMP), header(HEADER_SIGNATURE));
        verify(&secrets, id, at, signatures, self.body.as_bytes(), now).unwrap();
    }
}

pub struct Receiver {
    pub port: u16,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Receiver {
    /// Answers the first request with `answer(0)`, and so on.
    pub async fn start(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (report, received) = mpsc::unbounded_channel();
        let (answer, count) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, count, report) = (answer.clone(), count.clone(), report.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read(&mut stream).await {
                        let answer = answer(count.fetch_add(1, Ordering::Relaxed));
                        let _ = report.send(request);
                        let Answer::Status(status, headers) = answer else {
                            return std::future::pending().await;
                        };
                        let text = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: 2\r\n\r\nok");
                        if stream.write_all(text.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { port, received }
    }

    /// The settings of a hook with this name that comes here; `more` are further lines of it.
    pub fn hook(&self, name: &str, more: &str) -> String {
        let port = self.port;
        format!(
            "[hooks.{name}]\nurl = \"http://127.0.0.1:{port}/in\"\nsecret = \"{SECRET}\"\n\
             allow = [\"127.0.0.0/8\"]\n{more}\n"
        )
    }

    /// The next request.
    pub async fn next(&mut self) -> Received {
        within("a request of a web hook", self.received.recv()).await.unwrap()
    }

    /// The next event of this type, and its request. Others before it are passed over.
    pub async fn event(&mut self, kind: &str) -> (EventBody, Received) {
        loop {
            let request = self.next().await;
            let event = request.event(SECRET);
            if event.kind.name() == kind {
                return (event, request);
            }
        }
    }

    /// The first line of the next request of a browser, without its search for an icon.
    pub async fn next_visit(&mut self) -> String {
        loop {
            let line = self.next().await.line;
            if !line.contains("favicon") {
                return line;
            }
        }
    }

    /// Whether nothing has come that was not looked at.
    pub fn is_idle(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|count| *count > 0)?;
    let at = Instant::now();
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok().filter(|count| *count > 0)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { line: line.trim_end().to_owned(), headers, body: String::from_utf8(body).unwrap(), at })
}
