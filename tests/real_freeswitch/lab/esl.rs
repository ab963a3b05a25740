//! A second look at the switch: an event socket client of the tests' own, so that what the daemon says is not
//! proved by the daemon's own code.

use super::wait::until;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A connection that asks.
pub struct EventSocket {
    stream: BufReader<TcpStream>,
}

/// What an event said, and when we read it.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Instant,
    pub headers: BTreeMap<String, String>,
}

impl Heard {
    pub fn get(&self, header: &str) -> &str {
        self.headers.get(header).map_or("", String::as_str)
    }
}

/// A channel as `show channels` lists it.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Channel {
    pub direction: String,
    pub dest: String,
}

#[derive(serde::Deserialize)]
struct Listing {
    #[serde(default)]
    rows: Vec<Channel>,
}

impl EventSocket {
    /// Connects and logs in; an error while the switch is not ready for that.
    pub fn connect(port: u16, password: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut socket = Self { stream: BufReader::new(stream) };
        socket.message()?;
        socket.say(&format!("auth {password}"))?;
        let (headers, _) = socket.message()?;
        assert_eq!(headers.get("Reply-Text").map(String::as_str), Some("+OK accepted"));
        Ok(socket)
    }

    fn say(&mut self, request: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(format!("{request}\n\n").as_bytes())
    }

    fn message(&mut self) -> std::io::Result<(BTreeMap<String, String>, String)> {
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.insert(name.to_owned(), value.to_owned()),
                None if headers.is_empty() => continue,
                None => break,
            };
        }
        let length = headers.get("Content-Length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((headers, String::from_utf8_lossy(&body).into_owned()))
    }

    /// What an API command printed.
    pub fn api(&mut self, command: &str) -> String {
        self.say(&format!("api {command}")).unwrap();
        self.message().unwrap().1
    }

    /// All channels the switch has now.
    pub fn channels(&mut self) -> Vec<Channel> {
        serde_json::from_str::<Listing>(&self.api("show channels as json")).unwrap().rows
    }

    /// From now on only listens.
    pub fn watch(mut self, events: &str) -> Watcher {
        self.say(&format!("event plain {events}")).unwrap();
        self.message().unwrap();
        self.stream.get_ref().set_read_timeout(None).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (stream, list) = (self.stream.get_ref().try_clone().unwrap(), heard.clone());
        std::thread::spawn(move || {
            while let Ok((_, body)) = self.message() {
                let lines = body.lines().filter_map(|line| line.split_once(": "));
                let headers = lines.map(|(name, value)| (name.to_owned(), plain(value))).collect();
                list.lock().unwrap().push(Heard { at: Instant::now(), headers });
            }
        });
        Watcher { heard, stream }
    }
}

/// A connection that listens.
pub struct Watcher {
    heard: Arc<Mutex<Vec<Heard>>>,
    stream: TcpStream,
}

impl Watcher {
    /// The first event that fits, whether it came already or not.
    pub fn wait(&self, what: &str, limit: Duration, fits: impl Fn(&Heard) -> bool) -> Heard {
        until(what, limit, || self.heard.lock().unwrap().iter().find(|heard| fits(heard)).cloned())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

fn plain(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
