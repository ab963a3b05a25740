//! The network between daemon and switch, and the switch's end of a connection: bytes are delayed, come in pieces, and
//! are lost when the connection is cut.

use bytes::{Bytes, BytesMut};
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::Format;
use hotlined_esl::frame::WireLimits;
use hotlined_esl::server;
use hotlined_esl::server::{ParsedRequest, RequestDecoder};
use hotlined_sim::model::SwitchInput;
use hotlined_sim::requests::parse_request;
use hotlined_sim::rng::Rng;
use hotlined_sim::switch_event::SwitchEvent;
use std::collections::{BTreeSet, VecDeque};

/// How often the switch looks for events to send (MES:1504).
const POLL: Millis = Millis(20);
/// The bytes of one write up to this length arrive together or not at all.
const SEGMENT_BYTES: usize = 1_400;
/// The switch's password.
pub const PASSWORD: &str = "ClueCon";

/// The headers by which an event names other legs.
const TIES: [&str; 4] = ["Other-Leg-Unique-ID", "Bridge-A-Unique-ID", "Bridge-B-Unique-ID", "Old-Unique-ID"];

/// One direction of a connection.
pub struct Pipe {
    flying: VecDeque<(Instant, Bytes)>,
    newest: Instant,
    delay: (u64, u64),
}

impl Pipe {
    pub fn new(delay: (u64, u64)) -> Self {
        Self { flying: VecDeque::new(), newest: Instant(0), delay }
    }

    /// Sends the bytes of one write, cut into pieces at random places. The pieces of one segment arrive together.
    pub fn send(&mut self, now: Instant, bytes: &[u8], rng: &mut Rng) {
        for segment in bytes.chunks(SEGMENT_BYTES) {
            let at = now + Millis(rng.between(self.delay.0, self.delay.1));
            self.newest = self.newest.max(at);
            let cut = rng.between(0, segment.len() as u64) as usize;
            for piece in [&segment[..cut], &segment[cut..]] {
                self.flying.push_back((self.newest, Bytes::copy_from_slice(piece)));
            }
        }
    }

    /// Nothing arrives before this time.
    pub fn stall(&mut self, until: Instant) {
        self.newest = self.newest.max(until);
        self.flying.iter_mut().for_each(|(at, _)| *at = (*at).max(until));
    }

    /// When the next piece arrives.
    pub fn next(&self) -> Option<Instant> {
        self.flying.front().map(|(at, _)| *at)
    }

    /// The next piece that has arrived by now.
    pub fn arrived(&mut self, now: Instant) -> Option<Bytes> {
        self.flying.pop_front_if(|(at, _)| *at <= now).map(|(_, bytes)| bytes)
    }
}

/// An event that waits to be sent.
struct QueuedEvent {
    encoded: Bytes,
    leg: Option<String>,
    /// The other legs that the event names.
    others: Vec<String>,
}

/// The switch's end of a connection.
pub struct Connection {
    pub to_switch: Pipe,
    pub to_daemon: Pipe,
    began: Instant,
    decoder: RequestDecoder,
    unread: BytesMut,
    authenticated: bool,
    format: Format,
    names: BTreeSet<String>,
    queued: Vec<QueuedEvent>,
    /// The legs of the events since the subscription, until the daemon requests the list of channels.
    reported: Option<BTreeSet<String>>,
    /// When the switch looks for events next, if there are any.
    pub polls_at: Option<Instant>,
    /// Nothing passes any more, and neither side has noticed.
    pub dead: bool,
}

/// A request, as far as the connection can answer it.
pub enum DecodedRequest {
    /// A request for the model; its reply goes back.
    Model(SwitchInput),
    /// A request about the connection itself, with its reply.
    Answered(Bytes),
    /// The client closes the connection.
    Exit,
}

impl QueuedEvent {
    /// Whether the two events are about legs that are not tied to each other.
    fn is_unrelated(&self, other: &Self) -> bool {
        let (Some(leg), Some(other_leg)) = (&self.leg, &other.leg) else { return false };
        leg != other_leg && !self.others.contains(other_leg) && !other.others.contains(leg)
    }
}

impl Connection {
    /// A daemon connects.
    pub fn open(now: Instant, delay: (u64, u64), rng: &mut Rng) -> Self {
        let mut connection = Self {
            to_switch: Pipe::new(delay),
            to_daemon: Pipe::new(delay),
            began: now,
            decoder: RequestDecoder::new(WireLimits::default()),
            unread: BytesMut::new(),
            authenticated: false,
            format: Format::Plain,
            names: BTreeSet::new(),
            queued: Vec::new(),
            reported: None,
            polls_at: None,
            dead: false,
        };
        connection.to_daemon.send(now, &server::auth_request(), rng);
        connection
    }

    /// All bytes on their way are lost, and nothing passes any more.
    pub fn cut(&mut self) {
        self.dead = true;
        self.to_switch = Pipe::new((0, 0));
        self.to_daemon = Pipe::new((0, 0));
        self.queued.clear();
        self.polls_at = None;
    }

    /// Queues an event of the switch. Returns whether the event was put before the last queued one: each channel has
    /// its own thread, so simultaneous events of two channels may be sent in either order.
    pub fn queue_event(&mut self, now: Instant, event: &SwitchEvent, swapped: bool) -> bool {
        if self.dead || !self.names.contains(event.header("Event-Subclass").unwrap_or(event.name())) {
            return false;
        }
        let polls = now.since(self.began).0 / POLL.0 + 1;
        self.polls_at.get_or_insert(self.began + Millis(polls * POLL.0));
        let leg = event.header("Unique-ID").map(str::to_owned);
        if let (Some(reported), Some(leg)) = (&mut self.reported, &leg) {
            reported.insert(leg.clone());
        }
        let others = TIES.iter().filter_map(|tie| event.header(tie)).map(str::to_owned).collect();
        let queued = QueuedEvent { encoded: event.encoded(self.format), leg, others };
        let swaps = swapped && self.queued.last().is_some_and(|last| last.is_unrelated(&queued));
        let ix = self.queued.len() - usize::from(swaps);
        self.queued.insert(ix, queued);
        swaps
    }

    /// The list of channels is sent. Returns how many of its channels had an event since the subscription.
    pub fn channels_listed(&mut self, list: &str) -> u64 {
        let reported = self.reported.take().unwrap_or_default();
        reported.iter().filter(|leg| list.contains(leg.as_str())).count() as u64
    }

    /// The switch sends the queued events.
    pub fn poll(&mut self, now: Instant, rng: &mut Rng) {
        self.polls_at = None;
        let queued = std::mem::take(&mut self.queued);
        if !queued.is_empty() && !self.dead {
            let encoded: Vec<Bytes> = queued.into_iter().map(|event| event.encoded).collect();
            self.to_daemon.send(now, &encoded.concat(), rng);
        }
    }

    /// The switch sends a reply.
    pub fn answer(&mut self, now: Instant, answer: &[u8], rng: &mut Rng) {
        if !self.dead {
            self.to_daemon.send(now, answer, rng);
        }
    }

    /// Bytes from the daemon arrive.
    pub fn read(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next complete request, if one has arrived.
    ///
    /// # Errors
    /// The bytes are no request, the request comes before the password, or the simulated switch does not know it.
    pub fn next_request(&mut self) -> Result<Option<DecodedRequest>, String> {
        let request = self.decoder.decode(&mut self.unread).map_err(|fault| fault.to_string())?;
        let Some(request) = request else { return Ok(None) };
        let parsed = request.parse();
        if let ParsedRequest::Auth { password } = &parsed {
            self.authenticated = password.matches(PASSWORD);
            return Ok(Some(DecodedRequest::Answered(server::reply("+OK accepted"))));
        }
        if !self.authenticated {
            return Err(format!("{} before the password", request.line));
        }
        Ok(Some(match parsed {
            ParsedRequest::Events { format, names, custom } => {
                self.format = format;
                self.names.extend(names.into_iter().chain(custom));
                self.reported = Some(BTreeSet::new());
                DecodedRequest::Answered(server::reply("+OK event listener enabled plain"))
            }
            ParsedRequest::NoLog => DecodedRequest::Answered(server::reply(server::NOT_LOGGING)),
            ParsedRequest::Exit => DecodedRequest::Exit,
            _ => DecodedRequest::Model(parse_request(&request).ok_or_else(|| format!("{:?}", request.line))?),
        }))
    }
}
