//! The link to one switch, without a socket: when to connect, what to write, which events the calls receive, and when a
//! connection is closed and re-established.
//!
//! A driver owns the socket. The driver carries out what [`Link::next_output`] returns, and reports the result to the
//! link. After a lost connection, the link starts again from the switch's list of channels, so no event is missed. The
//! link does the same when the switch does not answer, when its events arrive late, and when the daemon has stalled.
//!
//! Not here, on purpose: sockets, clocks, threads.

mod connection;
mod error;
mod settings;

use super::link_metrics::LinkMetrics;
pub use super::liveness::LivenessTimeouts;
pub use super::session::Credentials;
use crate::switch::lease_token::{Activation, LeaseToken};
use bytes::{Bytes, BytesMut};
use connection::Connection;
pub use error::LinkError;
use hotlined_core::event::Event;
use hotlined_core::time::{Instant, Millis};
pub use settings::{LinkLimits, LinkSettings, SwitchCommand, WritePermit};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// What the driver of a link has to do.
#[derive(Debug)]
pub enum LinkOutput {
    /// Connect to the switch. The answer is [`Link::connected`] or [`Link::connect_failed`].
    Connect,
    /// Write these bytes after the bytes of earlier outputs. The driver checks the clock before each write: after the
    /// end of the permit, it writes none of the bytes that it still has. An output without bytes only changes the
    /// permit.
    Write {
        /// The bytes.
        bytes: Bytes,
        /// Until when all bytes may be written.
        permit: WritePermit,
    },
    /// Close the connection, or stop connecting.
    Close {
        /// Whether bytes that the switch has not read yet must not arrive any more.
        discard: bool,
    },
}

/// Why a link has ended: the daemon ended it, or an error that no retry can repair.
pub type LinkEnd = Result<(), LinkError>;

/// The link to one switch.
#[derive(Debug)]
pub struct Link {
    settings: LinkSettings,
    token: Option<(LeaseToken, Activation)>,
    permit: WritePermit,
    state: LinkState,
    /// The wait before the next attempt to connect.
    wait: Millis,
    was_up: bool,
    /// The source of the jitter of waits.
    seed: u64,
    /// The events that the engine has not taken yet.
    backlog: VecDeque<Event>,
    outputs: VecDeque<LinkOutput>,
    end: Option<LinkEnd>,
}

#[derive(Debug)]
enum LinkState {
    /// Waits until the next attempt to connect.
    Waiting(Instant),
    /// Connects. The link has to be up by this time.
    Connecting(Instant),
    Connected(Box<Connection>),
    Ended,
}

impl Link {
    /// A link that connects at once. With a token, the link announces at the switch that this daemon is active, and
    /// receives the announcements of other daemons. No two daemons have the same seed.
    pub fn new(
        now: Instant,
        settings: LinkSettings,
        (token, permit): (Option<(LeaseToken, Activation)>, WritePermit),
        seed: u64,
    ) -> Self {
        let mut link = Self {
            wait: settings.reconnect_wait_min.into(),
            settings,
            token,
            permit,
            state: LinkState::Waiting(now),
            was_up: false,
            seed,
            backlog: VecDeque::new(),
            outputs: VecDeque::new(),
            end: None,
        };
        link.begin_connecting(now);
        link
    }

    /// The next output for the driver. All requests since the last output are in one write.
    pub fn next_output(&mut self, now: Instant) -> Option<LinkOutput> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        let LinkState::Connected(connection) = &mut self.state else { return None };
        let bytes = if self.permit.allows(now) { connection.take_unwritten() } else { Bytes::new() };
        (!bytes.is_empty()).then_some(LinkOutput::Write { bytes, permit: self.permit })
    }

    /// The next event for the engine.
    pub fn next_event(&mut self) -> Option<Event> {
        self.backlog.pop_front()
    }

    /// How many events wait for the engine.
    pub fn backlog_len(&self) -> usize {
        self.backlog.len()
    }

    /// Why the link has ended, if it has. Returned once.
    pub fn take_end(&mut self) -> Option<LinkEnd> {
        self.end.take()
    }

    /// Whether the link has ended.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, LinkState::Ended)
    }

    /// Whether the daemon may write to the switch now.
    pub fn may_write(&self, now: Instant) -> bool {
        self.permit.allows(now)
    }

    /// Whether the link is up, and its events are not stale.
    pub fn is_up(&self) -> bool {
        matches!(&self.state, LinkState::Connected(connection) if connection.is_fresh())
    }

    /// When to call [`due`](Self::due).
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        match &self.state {
            LinkState::Waiting(until) => self.backlog.is_empty().then_some(*until),
            LinkState::Connecting(until) => Some(*until),
            LinkState::Connected(connection) => Some(connection.deadline(self.permit.allows(now))),
            LinkState::Ended => None,
        }
    }

    /// The driver has connected. No other connection has this number.
    pub fn connected(&mut self, now: Instant, number: u64) {
        let LinkState::Connecting(up_by) = self.state else { return };
        let connection = Connection::new(now, &self.settings, self.token.clone(), number, up_by);
        self.state = LinkState::Connected(Box::new(connection));
    }

    /// The driver could not connect.
    pub fn connect_failed(&mut self, now: Instant, error: io::Error) {
        if let LinkState::Connecting(_) = self.state {
            self.fail(now, LinkError::Connect(self.address(), error));
        }
    }

    /// Bytes came from the switch.
    pub fn received(&mut self, now: Instant, bytes: BytesMut) {
        let LinkState::Connected(connection) = &mut self.state else { return };
        let read = connection.receive(now, bytes, self.permit.allows(now), &mut self.backlog);
        self.end_on_error(now, read);
    }

    /// The connection has ended: the switch closed it, or the socket failed.
    pub fn closed(&mut self, now: Instant, error: Option<io::Error>) {
        if let LinkState::Connected(_) = self.state {
            self.fail(now, error.map_or(LinkError::Closed, LinkError::Socket));
        }
    }

    /// Sends a command of the engine. Returns whether it was sent; if not, an event reports its result as unknown.
    pub fn send_command(&mut self, now: Instant, command: SwitchCommand) -> bool {
        let allowed = self.permit.allows(now);
        match &mut self.state {
            LinkState::Connected(connection) if connection.accepts(&command) => {
                connection.send_command(now, &command, allowed, &mut self.backlog);
                self.end_on_error(now, Ok(()));
                true
            }
            LinkState::Waiting(_) | LinkState::Connecting(_) | LinkState::Connected(_) | LinkState::Ended => {
                self.backlog.push_back(Event::unknown_result(command.id));
                false
            }
        }
    }

    /// Changes until when the daemon may write.
    pub fn set_permit(&mut self, permit: WritePermit) {
        if self.permit == permit {
            return;
        }
        self.permit = permit;
        if let LinkState::Connected(_) = self.state {
            self.outputs.push_back(LinkOutput::Write { bytes: Bytes::new(), permit });
        }
    }

    /// Ends the link after all requests are written: sends `exit` and waits for the reply.
    pub fn log_out(&mut self, now: Instant) {
        let exit_sent = match &mut self.state {
            LinkState::Connected(connection) => connection.leave(now),
            LinkState::Waiting(_) | LinkState::Connecting(_) | LinkState::Ended => false,
        };
        if !exit_sent {
            self.stop(false);
        }
    }

    /// Ends the link at once, because another daemon is active at the switch, or may be. Nothing more is written, and
    /// bytes that the switch has not read do not arrive.
    pub fn revoke(&mut self) {
        self.stop(true);
    }

    /// Does what is due.
    pub fn due(&mut self, now: Instant) {
        let allowed = self.permit.allows(now);
        match &mut self.state {
            // The engine first takes the events of the last connection.
            LinkState::Waiting(until) if *until <= now && self.backlog.is_empty() => {
                self.begin_connecting(now)
            }
            LinkState::Connecting(up_by) if *up_by <= now => {
                self.outputs.push_back(LinkOutput::Close { discard: false });
                let error = LinkError::Connect(self.address(), io::ErrorKind::TimedOut.into());
                self.fail(now, error);
            }
            LinkState::Connected(connection) => {
                let looked = connection.due(now, allowed, &mut self.backlog);
                self.end_on_error(now, looked);
            }
            LinkState::Waiting(_) | LinkState::Connecting(_) | LinkState::Ended => {}
        }
    }

    fn address(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    fn begin_connecting(&mut self, now: Instant) {
        self.state = LinkState::Connecting(now + self.settings.setup_time_max.into());
        self.outputs.push_back(LinkOutput::Connect);
    }

    /// Ends the connection if there is an error or a limit is exceeded.
    fn end_on_error(&mut self, now: Instant, outcome: Result<(), LinkError>) {
        let LinkState::Connected(connection) = &self.state else { return };
        if let Err(error) = outcome.and_then(|()| connection.check_limits(self.backlog.len())) {
            let error = connection.with_context(error);
            self.fail(now, error);
        }
    }

    /// Ends the link by command of the daemon.
    fn stop(&mut self, discard: bool) {
        let state = std::mem::replace(&mut self.state, LinkState::Ended);
        match state {
            LinkState::Ended => return,
            LinkState::Waiting(_) => {}
            LinkState::Connecting(_) => self.outputs.push_back(LinkOutput::Close { discard: false }),
            LinkState::Connected(connection) => {
                connection.log_closed(&self.settings.switch);
                self.outputs.push_back(LinkOutput::Close { discard: discard && !connection.is_leaving() });
            }
        }
        self.backlog.clear();
        self.end = Some(Ok(()));
    }

    /// Ends a connection, or the attempt to connect, after an error.
    fn fail(&mut self, now: Instant, error: LinkError) {
        let (mut up, mut heartbeats, mut ignored) = (false, 0, 0);
        match std::mem::replace(&mut self.state, LinkState::Ended) {
            LinkState::Connected(connection) if connection.is_leaving() => {
                connection.log_exited(&self.settings.switch, &error);
                self.state = LinkState::Connected(connection);
                return self.stop(false);
            }
            LinkState::Connected(mut connection) => {
                (up, heartbeats, ignored) =
                    (connection.is_up(), connection.heartbeats(), connection.ignored_count());
                self.outputs.push_back(LinkOutput::Close { discard: error.discards_unread() });
                connection.failed();
                if error.superseded_by().is_none() {
                    self.backlog.extend(connection.unknown_results());
                } else {
                    connection.log_closed(&self.settings.switch);
                }
            }
            LinkState::Waiting(_) | LinkState::Connecting(_) | LinkState::Ended => {
                LinkMetrics::new(&self.settings.switch).failed();
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
        tracing::warn!(%switch, %error, heartbeats, shed = ignored, ?retry_in, "link down");
        self.state = LinkState::Waiting(now + pause);
        self.wait = Millis(self.wait.0 * 2).min(self.settings.reconnect_wait_max.into());
    }

    /// A random time between half of the wait and all of it, so that many daemons do not reconnect at the same time.
    fn jittered(&mut self) -> Millis {
        // Xorshift. Any generator would do.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        Millis(self.wait.0 / 2 + self.wait.0 / 2 * (self.seed % 1_000) / 1_000)
    }
}
