//! The tap between the exchange and a controller: it passes every byte on, and notes when the events went out that
//! ask for an order, and when the orders came.

use bytes::{Buf, BytesMut};
use hotlined_esl::frame::WireLimits;
use hotlined_esl::server::{RawRequest, RequestDecoder};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The length of a UUID as text.
const UUID_BYTES: usize = 36;
/// How much is read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// When what was seen of a call.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The event that the caller is parked.
    pub parked: Option<Instant>,
    /// The first order of any kind after it.
    pub first_order: Option<Instant>,
    /// The order to call an agent.
    pub originate: Option<Instant>,
    /// The event that the agent answered; where the controller does not listen to it, that the agent's leg is parked.
    pub answered: Option<Instant>,
    /// The order to join the two.
    pub bridge: Option<Instant>,
}

impl Seen {
    pub fn to_first_order(&self) -> Option<Duration> {
        Some(self.first_order? - self.parked?)
    }

    pub fn to_originate(&self) -> Option<Duration> {
        Some(self.originate? - self.parked?)
    }

    pub fn to_bridge(&self) -> Option<Duration> {
        Some(self.bridge? - self.answered?)
    }
}

/// What went through a tap so far.
#[derive(Debug, Default)]
pub struct Notes {
    pub calls: HashMap<String, Seen>,
    pub events: u64,
    pub event_bytes: u64,
    pub commands: u64,
    caller_of: HashMap<String, String>,
}

impl Notes {
    fn event(&mut self, name: &str, leg: &str, now: Instant) {
        let seen = match self.caller_of.get(leg) {
            Some(caller) => self.calls.entry(caller.clone()).or_default(),
            None if name == "CHANNEL_PARK" => {
                self.calls.entry(leg.into()).or_default().parked.get_or_insert(now);
                return;
            }
            None => return,
        };
        if matches!(name, "CHANNEL_ANSWER" | "CHANNEL_PARK") {
            seen.answered.get_or_insert(now);
        }
    }

    fn order(&mut self, request: &RawRequest, now: Instant) {
        self.commands += 1;
        let mut named = request.line.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
        let is_live = |word: &&str| {
            word.len() == UUID_BYTES && (self.calls.contains_key(*word) || self.caller_of.contains_key(*word))
        };
        let Some(leg) = named.find(is_live) else { return };
        let caller = self.caller_of.get(leg).map_or(leg, String::as_str).to_owned();
        let Some(seen) = self.calls.get_mut(&caller) else { return };
        seen.first_order.get_or_insert(now);
        if request.line.contains("api uuid_bridge ") {
            seen.bridge.get_or_insert(now);
        }
        if let Some((_, rest)) = request.line.split_once("origination_uuid=")
            && let Some(agent) = rest.get(..UUID_BYTES)
        {
            seen.originate.get_or_insert(now);
            self.caller_of.insert(agent.into(), caller);
        }
    }
}

/// A running tap. Its thread lives as long as the bench.
pub struct Tap {
    pub port: u16,
    notes: Arc<Mutex<Notes>>,
}

impl Tap {
    /// Listens for a controller of this exchange.
    pub fn start(exchange: SocketAddr) -> Self {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("not blocking");
        let port = listener.local_addr().expect("bound").port();
        let shared = notes.clone();
        let serve = async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((controller, _)) = listener.accept().await {
                // A run is over when its exchange does not listen any more; how a link ended says the run's outcome.
                let Ok(exchange) = TcpStream::connect(exchange).await else { return };
                let _ = pass(controller, exchange, &shared).await;
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let thread = std::thread::Builder::new().name("tap".into());
        thread.spawn(move || runtime.block_on(serve)).expect("a thread");
        Self { port, notes }
    }

    pub fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().expect("no panic")
    }
}

/// Passes bytes until one side ends.
///
/// An event counts as written when it came from the exchange. What a slow controller does not read yet waits here
/// without a limit, so that this wait counts as the controller's.
async fn pass(
    mut controller: TcpStream,
    mut exchange: TcpStream,
    notes: &Mutex<Notes>,
) -> std::io::Result<()> {
    controller.set_nodelay(true)?;
    exchange.set_nodelay(true)?;
    let (mut from_exchange, mut to_exchange) = exchange.split();
    let (mut from_controller, mut to_controller) = controller.split();
    let (mut event_piece, mut order_piece) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    let (mut events, mut orders) = (BytesMut::new(), BytesMut::new());
    let (mut frames, mut requests) = (BytesMut::new(), BytesMut::new());
    let mut decoder = RequestDecoder::new(WireLimits::default());
    loop {
        tokio::select! {
            read = from_exchange.read(&mut event_piece) => {
                let (now, piece) = (Instant::now(), &event_piece[..read?]);
                if piece.is_empty() {
                    return Ok(());
                }
                frames.extend_from_slice(piece);
                note_events(&mut frames, &mut notes.lock().expect("no panic"), now);
                events.extend_from_slice(piece);
            }
            read = from_controller.read(&mut order_piece) => {
                let (now, piece) = (Instant::now(), &order_piece[..read?]);
                if piece.is_empty() {
                    return Ok(());
                }
                orders.extend_from_slice(piece);
                requests.extend_from_slice(piece);
                let mut notes = notes.lock().expect("no panic");
                while let Some(request) = decoder.decode(&mut requests).map_err(std::io::Error::other)? {
                    notes.order(&request, now);
                }
            }
            sent = to_controller.write(&events), if !events.is_empty() => events.advance(sent?),
            sent = to_exchange.write(&orders), if !orders.is_empty() => orders.advance(sent?),
        }
    }
}

/// Notes the whole frames, and takes them out.
fn note_events(frames: &mut BytesMut, notes: &mut Notes, now: Instant) {
    while let Some(end) = frames.windows(2).position(|two| two == b"\n\n") {
        let head = String::from_utf8_lossy(&frames[..end]);
        let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let length = value("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let whole = end + 2 + length;
        if frames.len() < whole {
            return;
        }
        let is_json = match value("Content-Type") {
            Some("text/event-plain") => Some(false),
            Some("text/event-json") => Some(true),
            _ => None,
        };
        if let Some(is_json) = is_json {
            notes.events += 1;
            notes.event_bytes += whole as u64;
            let body = String::from_utf8_lossy(&frames[end + 2..whole]);
            let name = header(&body, is_json, "Event-Name").unwrap_or_default();
            if matches!(name, "CHANNEL_PARK" | "CHANNEL_ANSWER")
                && let Some(leg) = header(&body, is_json, "Unique-ID")
            {
                notes.event(name, leg, now);
            }
        }
        frames.advance(whole);
    }
}

/// The value of a header of an event, where it holds nothing that is encoded.
fn header<'e>(event: &'e str, is_json: bool, name: &str) -> Option<&'e str> {
    if is_json {
        let (_, rest) = event.split_once(&format!("\"{name}\":\""))?;
        return rest.split('"').next();
    }
    event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
