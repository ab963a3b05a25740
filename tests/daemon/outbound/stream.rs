//! A client of `/events`.

use crate::link::peer::within;
use hotlined::hooks::event_body::EventBody;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub const TOKEN: &str = "front-desk-0123456789abcdef0123456789";

pub struct Stream {
    lines: BufReader<TcpStream>,
}

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub id: String,
    pub name: String,
    pub data: String,
}

impl Sent {
    pub fn event(&self) -> EventBody {
        let event: EventBody = serde_json::from_str(&self.data).unwrap();
        assert_eq!(event.kind.name(), self.name);
        event
    }
}

impl Stream {
    /// Begins a stream. In HTTP/1.0 its body is sent as it is, without chunks.
    pub async fn open(address: &str, query: &str, token: &str, last_id: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let last_id = last_id.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let request =
            format!("GET /events{query} HTTP/1.0\r\nAuthorization: Bearer {token}\r\n{last_id}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Self { lines: BufReader::new(stream) };
        assert!(stream.line().await.contains(" 200 "));
        let mut head = String::new();
        loop {
            let line = stream.line().await;
            if line.is_empty() {
                break;
            }
            head += &line.to_lowercase();
        }
        assert!(head.contains("text/event-stream") && head.contains("no-store"), "{head}");
        stream
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        within("a line of the stream", self.lines.read_line(&mut line)).await.unwrap();
        assert!(line.ends_with('\n'), "the stream ended");
        line.trim_end().to_owned()
    }

    /// The next event, also one that has only an id. Comments are passed over.
    pub async fn next(&mut self) -> Sent {
        let mut sent = Sent::default();
        loop {
            let line = self.line().await;
            match line.split_once(": ") {
                None if sent == Sent::default() => {}
                None => return sent,
                Some(("id", id)) => sent.id = id.to_owned(),
                Some(("event", name)) => sent.name = name.to_owned(),
                Some(("data", data)) => sent.data = data.to_owned(),
                Some(("" | "retry", _)) => {}
                Some(other) => panic!("{other:?}"),
            }
        }
    }
}
