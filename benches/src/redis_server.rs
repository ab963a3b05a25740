//! A Redis of a bench, at a port of this machine, ended with it.

#![allow(dead_code)] // Not every bench asks everything of it.

use hotlined::redis::RedisClient;
use hotlined::redis::RedisConnector;
use hotlined::redis::{LEASE, RedisAccount, RedisAddress, RedisServers, RedisSettings};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

/// A Redis of the bench.
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = std::process::Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is not installed");
        let begun = std::time::Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "Redis does not start");
            std::thread::yield_now();
        }
        Self { child, port }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn settings(&self) -> RedisSettings {
        RedisSettings {
            servers: RedisServers::Single(RedisAddress::Tcp { host: "127.0.0.1".into(), port: self.port }),
            account: RedisAccount::default(),
            tls: None,
            database: 0,
            prefix: "bench".into(),
            daemon: "bench".parse().unwrap(),
            lease: LEASE,
        }
    }

    pub async fn store(&self) -> RedisClient {
        let settings = self.settings();
        let link = RedisConnector::new(&settings).unwrap().connect(Duration::from_secs(10)).await.unwrap();
        RedisClient::new(link, &settings)
    }

    /// What the server counts, by name.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for section in ["commandstats", "stats"] {
            let mut wire = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
            wire.write_all(format!("INFO {section}\r\n").as_bytes()).unwrap();
            let mut wire = BufReader::new(wire);
            let mut length = String::new();
            wire.read_line(&mut length).unwrap();
            let mut text = vec![0; length.trim()[1..].parse().unwrap()];
            wire.read_exact(&mut text).unwrap();
            for line in String::from_utf8(text).unwrap().lines() {
                let Some((name, rest)) = line.split_once(':') else { continue };
                let count = rest.trim_start_matches("calls=");
                let end = count.find(|c: char| !c.is_ascii_digit()).unwrap_or(count.len());
                if let Ok(count) = count[..end].parse() {
                    counts.insert(name.to_owned(), count);
                }
            }
        }
        counts
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
