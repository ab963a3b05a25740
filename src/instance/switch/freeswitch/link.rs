//! The link to one switch, without a socket: when to connect, what to write, what the calls hear, and when a
//! connection is given up and begun again.
//!
//! A driver owns the socket. It does what [`Link::next_output`] says, and tells the link what comes of it. A link that
//! was lost begins again from the switch's list of channels, so nothing is half known. The same happens when the
//! switch does not answer any more, when its news come late, and when the daemon itself stood still.
//!
//! Absent: sockets, clocks, threads.

mod connection;
mod error;

pub use super::conversation::Account;
use super::encode_command::Site;
use super::link_metrics::Figures;
pub use super::liveness::Patience;
pub use crate::switch::freeswitch::link::error::LinkError;
use crate::switch::lease_token::{Claim, Claiming};
use bytes::{Bytes, BytesMut};
use connection::Connection;
use hotlined_core::command::Action;
use hotlined_core::event::Event;
use hotlined_core::id::{CommandId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::Format;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// What may pile up on either side before the connection is begun again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events that wait for the engine.
    pub backlog_max: usize,
    /// The most requests that wait to be read and answered by the switch.
    pub unanswered_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { backlog_max: 500_000, unanswered_max: 200_000 }
    }
}

/// Where a switch is and how to keep in touch with it.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// Our name for it.
    pub switch: SwitchId,
    /// Its host name or address.
    pub host: String,
    /// The port of its event socket.
    pub port: u16,
    /// Who we are to it.
    pub account: Account,
    /// What its dialplan looks like.
    pub site: Site,
    /// How it shall write its events.
    pub format: Format,
    /// How long a connection may take until it is up.
    pub setup_time_max: Duration,
    /// How long the switch may be silent once it is up.
    pub patience: Patience,
    /// How long to wait before the first attempt to reconnect.
    pub reconnect_wait_min: Duration,
    /// How long at most.
    pub reconnect_wait_max: Duration,
    /// What may pile up.
    pub limits: Limits,
}

/// An order on its way to the switch.
#[derive(Clone, Debug)]
pub struct Order {
    /// The command's name.
    pub command: CommandId,
    /// What to do.
    pub action: Action,
    /// The [connection](Event::LinkRestored) whose list of legs the engine has seen. On any other connection the order
    /// is not carried out: that connection's list does not know what would come of it.
    pub connection: u64,
}

/// Whether something may be written to the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// No other daemon could act for the switch.
    Always,
    /// The daemon's lease of the switch ends then.
    Until(Instant),
}

impl Permit {
    /// Whether something may be written now.
    pub fn allows(self, now: Instant) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => now < until,
        }
    }
}

/// What the driver of a link does.
#[derive(Debug)]
pub enum LinkOutput {
    /// Connect. The answer is [`Link::connected`] or [`Link::refused`].
    Connect,
    /// Write these bytes behind what was given before. The driver looks at the clock just before each write: of all that
    /// it still holds, nothing is written that this permit does not allow. There may be no bytes, and a new permit.
    Write {
        /// What to write.
        bytes: Bytes,
        /// Until when.
        permit: Permit,
    },
    /// Close the connection, or stop connecting.
    Close {
        /// Whether what the switch has not read yet must never arrive.
        discard: bool,
    },
}

/// Why a link ended: it was told to, or it failed for good.
pub type LinkEnd = Result<(), LinkError>;

/// The link to one switch.
#[derive(Debug)]
pub struct Link {
    settings: LinkSettings,
    claim: Option<(Claim, Claiming)>,
    permit: Permit,
    state: State,
    /// How long to wait before the next attempt to connect.
    wait: Millis,
    was_up: bool,
    /// Where the jitter of waits comes from.
    seed: u64,
    /// What the engine has not taken yet.
    backlog: VecDeque<Event>,
    outputs: VecDeque<LinkOutput>,
    end: Option<LinkEnd>,
}

#[derive(Debug)]
enum State {
    /// Until the next attempt to connect.
    Waiting(Instant),
    /// It has to be up by then.
    Connecting(Instant),
    Connected(Box<Connection>),
    Ended,
}

impl Link {
    /// A link that connects at once. With a claim, the link says at the switch who acts for it, and hears who else
    /// says so. No two daemons have the same seed.
    pub fn new(
        now: Instant,
        settings: LinkSettings,
        (claim, permit): (Option<(Claim, Claiming)>, Permit),
        seed: u64,
    ) -> Self {
        let mut link = Self {
            wait: settings.reconnect_wait_min.into(),
            settings,
            claim,
            permit,
            state: State::Waiting(now),
            was_up: false,
            seed,
            backlog: VecDeque::new(),
            outputs: VecDeque::new(),
            end: None,
        };
        link.begin_connecting(now);
        link
    }

    /// The next thing that the driver has to do. What was said meanwhile goes out in one write.
    pub fn next_output(&mut self, now: Instant) -> Option<LinkOutput> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        let State::Connected(connection) = &mut self.state else { return None };
        let bytes = if self.permit.allows(now) { connection.take_unwritten() } else { Bytes::new() };
        (!bytes.is_empty()).then_some(LinkOutput::Write { bytes, permit: self.permit })
    }

    /// The next event that the calls have not heard.
    pub fn next_event(&mut self) -> Option<Event> {
        self.backlog.pop_front()
    }

    /// How many events the calls have not heard.
    pub fn backlog(&self) -> usize {
        self.backlog.len()
    }

    /// Why the link has ended, if it has. Told once.
    pub fn take_end(&mut self) -> Option<LinkEnd> {
        self.end.take()
    }

    /// Whether the link has ended.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Whether something may be written to the switch now.
    pub fn may_write(&self, now: Instant) -> bool {
        self.permit.allows(now)
    }

    /// Whether a connection is up, and its news are no old ones.
    pub fn is_up(&self) -> bool {
        matches!(&self.state, State::Connected(connection) if connection.is_fresh())
    }

    /// When [`due`](Self::due) is wanted.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        match &self.state {
            State::Waiting(until) => self.backlog.is_empty().then_some(*until),
            State::Connecting(until) => Some(*until),
            State::Connected(connection) => Some(connection.deadline(self.permit.allows(now))),
            State::Ended => None,
        }
    }

    /// The driver has connected. No other connection has this number.
    pub fn connected(&mut self, now: Instant, number: u64) {
        let State::Connecting(up_by) = self.state else { return };
        let connection = Connection::new(now, &self.settings, self.claim.clone(), number, up_by);
        self.state = State::Connected(Box::new(connection));
    }

    /// The driver could not connect.
    pub fn refused(&mut self, now: Instant, error: io::Error) {
        if let State::Connecting(_) = self.state {
            self.fail(now, LinkError::Connect(self.place(), error));
        }
    }

    /// Bytes came from the switch.
    pub fn received(&mut self, now: Instant, bytes: BytesMut) {
        let State::Connected(connection) = &mut self.state else { return };
        let read = connection.receive(now, bytes, self.permit.allows(now), &mut self.backlog);
        self.go_on(now, read);
    }

    /// The connection is gone: closed by the switch, or broken.
    pub fn closed(&mut self, now: Instant, error: Option<io::Error>) {
        if let State::Connected(_) = self.state {
            self.fail(now, error.map_or(LinkError::Closed, |error| LinkError::Broken(error.into())));
        }
    }

    /// The engine orders something. Says whether that is carried out; otherwise the event that it is unknown follows.
    pub fn order(&mut self, now: Instant, order: Order) -> bool {
        let allowed = self.permit.allows(now);
        match &mut self.state {
            State::Connected(connection) if connection.takes(&order) => {
                connection.order(now, &order, allowed, &mut self.backlog);
                self.go_on(now, Ok(()));
                true
            }
            State::Waiting(_) | State::Connecting(_) | State::Connected(_) | State::Ended => {
                self.backlog.push_back(Event::unknown_result(order.command));
                false
            }
        }
    }

    /// Whether something may be written changes.
    pub fn permit(&mut self, permit: Permit) {
        if self.permit == permit {
            return;
        }
        self.permit = permit;
        if let State::Connected(_) = self.state {
            self.outputs.push_back(LinkOutput::Write { bytes: Bytes::new(), permit });
        }
    }

    /// Nothing more is ordered. What was is written, then the link says goodbye and ends.
    pub fn leave(&mut self, now: Instant) {
        let says_goodbye = match &mut self.state {
            State::Connected(connection) => connection.leave(now),
            State::Waiting(_) | State::Connecting(_) | State::Ended => false,
        };
        if !says_goodbye {
            self.stop(false);
        }
    }

    /// Another daemon acts for the switch, or may: not a word more is written, and what the switch has not read never
    /// arrives.
    pub fn revoke(&mut self) {
        self.stop(true);
    }

    /// Does what is due.
    pub fn due(&mut self, now: Instant) {
        let allowed = self.permit.allows(now);
        match &mut self.state {
            // What was said before is heard first.
            State::Waiting(until) if *until <= now && self.backlog.is_empty() => self.begin_connecting(now),
            State::Connecting(up_by) if *up_by <= now => {
                self.outputs.push_back(LinkOutput::Close { discard: false });
                let error = LinkError::Connect(self.place(), io::ErrorKind::TimedOut.into());
                self.fail(now, error);
            }
            State::Connected(connection) => {
                let looked = connection.due(now, allowed, &mut self.backlog);
                self.go_on(now, looked);
            }
            State::Waiting(_) | State::Connecting(_) | State::Ended => {}
        }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    fn begin_connecting(&mut self, now: Instant) {
        self.state = State::Connecting(now + self.settings.setup_time_max.into());
        self.outputs.push_back(LinkOutput::Connect);
    }

    /// Gives the connection up where something is wrong with it.
    fn go_on(&mut self, now: Instant, outcome: Result<(), LinkError>) {
        let State::Connected(connection) = &self.state else { return };
        if let Err(error) = outcome.and_then(|()| connection.check_limits(self.backlog.len())) {
            let error = connection.named(error);
            self.fail(now, error);
        }
    }

    /// The link was told to end.
    fn stop(&mut self, discard: bool) {
        let state = std::mem::replace(&mut self.state, State::Ended);
        match state {
            State::Ended => return,
            State::Waiting(_) => {}
            State::Connecting(_) => self.outputs.push_back(LinkOutput::Close { discard: false }),
            State::Connected(connection) => {
                connection.log_closed(&self.settings.switch);
                self.outputs.push_back(LinkOutput::Close { discard: discard && !connection.is_leaving() });
            }
        }
        self.backlog.clear();
        self.end = Some(Ok(()));
    }

    /// A connection, or the attempt to have one, is over.
    fn fail(&mut self, now: Instant, error: LinkError) {
        let (mut up, mut heartbeats, mut shed) = (false, 0, 0);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Connected(connection) if connection.is_leaving() => {
                connection.log_left(&self.settings.switch, &error);
                self.state = State::Connected(connection);
                return self.stop(false);
            }
            State::Connected(mut connection) => {
                (up, heartbeats, shed) =
                    (connection.is_up(), connection.heartbeats(), connection.shed_count());
                self.outputs.push_back(LinkOutput::Close { discard: error.takes_words_back() });
                connection.failed();
                if error.superseded_by().is_none() {
                    self.backlog.extend(connection.lost());
                } else {
                    connection.log_closed(&self.settings.switch);
                }
            }
            State::Waiting(_) | State::Connecting(_) | State::Ended => {
                Figures::of(&self.settings.switch).failed();
            }
        }
        if error.superseded_by().is_some() || error.is_misconfigured() && !self.was_up {
            self.backlog.clear();
            self.end = Some(Err(error));
            return;
        }
        self.was_up |= up;
        if up {
            self.wait = self.settings.reconnect_wait_min.into();
        }
        let pause = self.jittered();
        let (switch, retry_in) = (&self.settings.switch, Duration::from(pause));
        tracing::warn!(%switch, %error, heartbeats, shed, ?retry_in, "link down");
        self.state = State::Waiting(now + pause);
        self.wait = Millis(self.wait.0 * 2).min(self.settings.reconnect_wait_max.into());
    }

    /// Between half of the wait and all of it, so that many daemons do not come back at once.
    fn jittered(&mut self) -> Millis {
        // Xorshift: anything that spreads.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        Millis(self.wait.0 / 2 + self.wait.0 / 2 * (self.seed % 1_000) / 1_000)
    }
}
