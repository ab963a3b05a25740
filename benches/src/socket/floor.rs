//! The floor: the bytes of an arrival one way and those of its answer the other, with nothing between them.

use super::template::{Names, Score};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// About what the daemon answers to an arrival.
const ANSWER_BYTES: usize = 1_000;

/// A floor being measured.
pub struct Floor {
    state: Arc<AtomicU8>,
    thread: JoinHandle<Vec<u64>>,
}

const WARMING: u8 = 0;
const MEASURING: u8 = 1;
const ENDING: u8 = 2;

/// Begins to exchange so many a second.
pub fn begin(rate: u64) -> Floor {
    let names = Names { caller: "c0000000-0000-4000-8000-000000000000", agent: "", command: "" };
    let event = Score::read().arrived.event(names);
    let port = echo(event.len());
    let state = Arc::new(AtomicU8::new(WARMING));
    let shared = state.clone();
    let thread = std::thread::Builder::new().name("floor".into());
    let thread = thread.spawn(move || exchange(port, &event, rate, &shared)).expect("a thread");
    Floor { state, thread }
}

impl Floor {
    pub fn measure(&self) {
        self.state.store(MEASURING, Ordering::Relaxed);
    }

    /// The times, in nanoseconds.
    pub fn end(self) -> Vec<u64> {
        self.state.store(ENDING, Ordering::Relaxed);
        self.thread.join().expect("no panic")
    }
}

/// Says events whether or not earlier ones were answered, as the switch does: a pause of the machine must count
/// for every event that it meets.
fn exchange(port: u16, event: &[u8], rate: u64, state: &AtomicU8) -> Vec<u64> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the echo listens");
    stream.set_nodelay(true).expect("no delay");
    let reading = stream.try_clone().expect("a second handle");
    let (tell, told) = mpsc::channel();
    let thread = std::thread::Builder::new().name("floor-reads".into());
    let reader = thread.spawn(move || read_answers(reading, &told)).expect("a thread");
    let mut next = Instant::now();
    while state.load(Ordering::Relaxed) != ENDING {
        next += Duration::from_nanos(1_000_000_000 / rate.max(1));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let is_measured = state.load(Ordering::Relaxed) == MEASURING;
        tell.send((Instant::now(), is_measured)).expect("the reader listens");
        stream.write_all(event).expect("the echo reads");
    }
    drop(tell);
    reader.join().expect("no panic")
}

fn read_answers(mut stream: TcpStream, told: &mpsc::Receiver<(Instant, bool)>) -> Vec<u64> {
    let (mut buffer, mut waiting) = ([0; 64 * ANSWER_BYTES], 0);
    let mut times = Vec::new();
    while let Ok((began, is_measured)) = told.recv() {
        // The first byte counts; the rest is passed over.
        let mut now = Instant::now();
        while waiting < ANSWER_BYTES {
            waiting += stream.read(&mut buffer).expect("an answer");
            now = Instant::now();
        }
        waiting -= ANSWER_BYTES;
        if is_measured {
            times.push(now.duration_since(began).as_nanos() as u64);
        }
    }
    times
}

/// A task that answers every `length` bytes; gives its port.
fn echo(length: usize) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    listener.set_nonblocking(true).expect("not blocking");
    let serve = async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let (mut buffer, mut waiting) = (vec![0; 256 * 1024], 0);
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            waiting += read;
            while waiting >= length {
                waiting -= length;
                stream.write_all(&[b'x'; ANSWER_BYTES]).await.expect("the other side reads");
            }
        }
    };
    let thread = std::thread::Builder::new().name("echo".into());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    thread.spawn(move || runtime().block_on(serve)).expect("a thread");
    port
}
