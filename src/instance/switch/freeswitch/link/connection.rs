//! One connection of a link: decodes bytes, encodes requests, and checks that the switch answers and the events are
//! recent.

use super::error::LinkError;
use super::settings::{LinkLimits, LinkSettings, SwitchCommand};
use crate::switch::freeswitch::event_lag::{EventLag, STALE_AFTER};
use crate::switch::freeswitch::link_metrics::LinkMetrics;
use crate::switch::freeswitch::liveness::Liveness;
use crate::switch::freeswitch::session::{EslSession, SessionOutput};
use crate::switch::lease_token::{Activation, LeaseToken};
use bytes::{Bytes, BytesMut};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::frame;
use hotlined_esl::message::{Message, MessageDecoder};
use std::collections::VecDeque;
use std::time::Duration;

/// How long the switch may take to read the last requests and to answer `exit`.
const EXIT_TIME_MAX: Millis = Millis::seconds(3);
/// How often a connection that is up checks the clock for a stall of the daemon.
const STALL_CHECK_EVERY: Millis = Millis(250);
/// After this time without bytes, everything that waited in the socket is read.
const QUIET_MIN: Millis = Millis(50);
/// How long it may take at most to read everything that waited in the socket.
const CATCH_UP_TIME_MAX: Millis = Millis::seconds(1);

/// One connection to the switch.
#[derive(Debug)]
pub(super) struct Connection {
    session: EslSession,
    metrics: LinkMetrics,
    decoder: MessageDecoder,
    unread: BytesMut,
    unwritten: BytesMut,
    outcome: SessionOutput,
    liveness: Liveness,
    event_lag: EventLag,
    address: String,
    setup_time_max: Duration,
    limits: LinkLimits,
    /// The link has to be up by this time.
    up_by: Instant,
    /// When the clock was last checked for a stall.
    checked_at: Instant,
    /// The switch was silent for too long: the connection is given up at this time, unless bytes wait in the socket.
    give_up_at: Option<Instant>,
    /// `exit` was sent: the switch has to answer by this time.
    exit_by: Option<Instant>,
    stale: Option<Stale>,
}

/// The events of this connection are stale. The remaining bytes are still read, because another daemon may announce
/// that it is active by now, and no request is sent.
#[derive(Debug)]
struct Stale {
    error: LinkError,
    quiet_at: Instant,
    ends_by: Instant,
}

impl Connection {
    pub(super) fn new(
        now: Instant,
        settings: &LinkSettings,
        token: Option<(LeaseToken, Activation)>,
        number: u64,
        up_by: Instant,
    ) -> Self {
        let (switch, dialplan) = (settings.switch.clone(), settings.dialplan.clone());
        let (credentials, format) = (settings.credentials.clone(), settings.format);
        let session = EslSession::new(switch.clone(), dialplan, credentials, format, number);
        let session = match token {
            Some((token, activation)) => session.with_token(token, activation),
            None => session,
        };
        Self {
            session,
            metrics: LinkMetrics::new(&switch),
            decoder: MessageDecoder::new(frame::WireLimits::default()),
            unread: BytesMut::new(),
            unwritten: BytesMut::new(),
            outcome: SessionOutput::default(),
            liveness: Liveness::new(now, settings.liveness),
            event_lag: EventLag::default(),
            address: format!("{}:{}", settings.host, settings.port),
            setup_time_max: settings.setup_time_max,
            limits: settings.limits,
            up_by,
            checked_at: now,
            give_up_at: None,
            exit_by: None,
            stale: None,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.session.is_up()
    }

    /// Whether the link is up, the events are recent, and `exit` was not sent.
    pub(super) fn is_fresh(&self) -> bool {
        self.is_up() && self.stale.is_none() && self.exit_by.is_none()
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.exit_by.is_some()
    }

    pub(super) fn heartbeats(&self) -> u64 {
        self.session.heartbeats()
    }

    pub(super) fn ignored_count(&self) -> u64 {
        self.session.ignored()
    }

    /// Whether the command is for this connection.
    pub(super) fn accepts(&self, command: &SwitchCommand) -> bool {
        command.connection == self.session.connection_number() && self.exit_by.is_none()
    }

    /// The bytes to write.
    pub(super) fn take_unwritten(&mut self) -> Bytes {
        match self.stale {
            Some(_) => Bytes::new(),
            None => self.unwritten.split().freeze(),
        }
    }

    /// When to call [`due`](Self::due).
    pub(super) fn deadline(&self, allowed: bool) -> Instant {
        if let Some(stale) = &self.stale {
            return stale.quiet_at.min(stale.ends_by);
        }
        let gives_up = match (self.exit_by, self.give_up_at) {
            (Some(leaves_by), _) => leaves_by,
            (None, Some(gives_up_at)) => gives_up_at,
            (None, None) => self.silent_at(),
        };
        let looks = self.is_up().then_some(self.checked_at + STALL_CHECK_EVERY);
        [self.ping_at(allowed), looks].into_iter().flatten().fold(gives_up, Instant::min)
    }

    fn silent_at(&self) -> Instant {
        if self.is_up() { self.liveness.give_up_at() } else { self.up_by }
    }

    /// When to ping the switch.
    fn ping_at(&self, allowed: bool) -> Option<Instant> {
        let asks = allowed && self.is_fresh();
        self.liveness.ping_at().filter(|_| asks)
    }

    /// Processes bytes from the switch.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        bytes: BytesMut,
        allowed: bool,
        backlog: &mut VecDeque<Event>,
    ) -> Result<(), LinkError> {
        self.check_stall(now);
        if self.unread.is_empty() {
            self.unread = bytes;
        } else {
            self.unread.extend_from_slice(&bytes);
        }
        self.give_up_at = None;
        self.liveness.received(now);
        let was_up = self.is_up();
        let decoded = self.decode(now);
        if self.unread.is_empty() {
            // The reader of the socket reuses the buffer once no event holds a part of it.
            self.unread = BytesMut::new();
        }
        self.metrics.set_ignored(self.session.ignored());
        if decoded.is_err() {
            self.outcome.requests.clear();
        }
        // The events before an error are valid.
        self.flush(now, allowed, backlog);
        if !was_up && self.is_up() {
            self.metrics.came_up();
            tracing::info!(switch = %self.session.switch(), "link up");
        }
        decoded
    }

    fn decode(&mut self, now: Instant) -> Result<(), LinkError> {
        let mut late: Option<Millis> = None;
        let decoded = loop {
            match self.decoder.decode(&mut self.unread) {
                Ok(None) => break Ok(()),
                Ok(Some(message)) => {
                    self.metrics.message_received();
                    if let Message::Event(event) = &message {
                        late = late.max(self.event_lag.stale_by(now, event));
                    }
                    if let Err(refusal) = self.session.receive(message, &mut self.outcome) {
                        break Err(refusal.into());
                    }
                }
                Err(error) => break Err(error.into()),
            }
        };
        if let Some(late) = late {
            self.mark_stale(now, LinkError::EventsLate(late.into()));
        }
        if let Some(stale) = &mut self.stale {
            stale.quiet_at = now + QUIET_MIN;
        }
        decoded
    }

    /// Sends the requests of a command.
    pub(super) fn send_command(
        &mut self,
        now: Instant,
        command: &SwitchCommand,
        allowed: bool,
        backlog: &mut VecDeque<Event>,
    ) {
        self.liveness.command_sent(now);
        self.session.send_command(&command.id, &command.action, &mut self.outcome);
        self.flush(now, allowed, backlog);
    }

    /// Sends `exit`. Before the link is up this is not necessary. Once the link is up, closing the socket while the
    /// switch still writes would discard requests that the switch has not read.
    pub(super) fn leave(&mut self, now: Instant) -> bool {
        if !self.is_fresh() {
            return false;
        }
        self.session.log_out(&mut self.outcome);
        self.encode_requests();
        self.exit_by = Some(now + EXIT_TIME_MAX);
        true
    }

    /// Does what is due.
    pub(super) fn due(
        &mut self,
        now: Instant,
        allowed: bool,
        backlog: &mut VecDeque<Event>,
    ) -> Result<(), LinkError> {
        self.check_stall(now);
        if let Some(stale) = &mut self.stale {
            let is_read = stale.quiet_at.min(stale.ends_by) <= now;
            return if is_read {
                Err(std::mem::replace(&mut stale.error, LinkError::Closed))
            } else {
                Ok(())
            };
        }
        if self.exit_by.is_some_and(|by| by <= now) {
            return Err(LinkError::Silent(self.liveness.silence(now).into()));
        }
        if self.exit_by.is_none() && self.silent_at() <= now {
            // After a stall of the daemon, the time is over and bytes are waiting: the bytes are read first.
            let gives_up_at = *self.give_up_at.get_or_insert(now + QUIET_MIN);
            if !self.is_up() || gives_up_at <= now {
                return Err(LinkError::Silent(self.liveness.silence(now).into()));
            }
        }
        if self.ping_at(allowed).is_some_and(|at| at <= now) {
            self.session.ping(&mut self.outcome);
        }
        self.flush(now, allowed, backlog);
        Ok(())
    }

    /// Checks for a stall of the daemon: after a stall, all waiting events are stale.
    fn check_stall(&mut self, now: Instant) {
        let stalled = now.since(std::mem::replace(&mut self.checked_at, now));
        if self.is_up() && stalled >= STALE_AFTER {
            self.mark_stale(now, LinkError::DaemonStalled(stalled.into()));
        }
    }

    fn mark_stale(&mut self, now: Instant, error: LinkError) {
        if self.stale.is_none() && self.exit_by.is_none() {
            let (quiet_at, ends_by) = (now + QUIET_MIN, now + CATCH_UP_TIME_MAX);
            self.stale = Some(Stale { error, quiet_at, ends_by });
        }
    }

    /// Encodes the requests and appends the events to the backlog of the engine.
    fn flush(&mut self, now: Instant, allowed: bool, backlog: &mut VecDeque<Event>) {
        self.encode_requests();
        match self.exit_by {
            None => backlog.extend(self.outcome.events.drain(..)),
            // The engine takes no events any more.
            Some(_) => self.outcome.events.clear(),
        }
        if self.stale.is_some() {
            // The next list of channels contains the callers that have arrived meanwhile and have not hung up.
            backlog.retain(|event| !matches!(event, Event::Arrived(_)));
        }
        // A request that must not be written is not due for a reply.
        let may_send = self.is_up() && allowed;
        self.liveness.set_unanswered(now, if may_send { self.session.unanswered() } else { 0 });
        self.metrics.set_waiting(backlog.len(), self.session.unanswered());
    }

    fn encode_requests(&mut self) {
        for request in self.outcome.requests.drain(..) {
            request.encode(&mut self.unwritten);
        }
    }

    pub(super) fn check_limits(&self, backlog: usize) -> Result<(), LinkError> {
        if backlog > self.limits.backlog_max {
            return Err(LinkError::BacklogFull(backlog));
        }
        if self.session.unanswered() > self.limits.unanswered_max {
            return Err(LinkError::Unanswered(self.session.unanswered()));
        }
        Ok(())
    }

    /// Makes an error of the setup more precise.
    pub(super) fn with_context(&self, error: LinkError) -> LinkError {
        let (address, limit) = (self.address.clone(), self.setup_time_max);
        match error {
            LinkError::Silent(_) if !self.is_up() => match self.session.waiting_for() {
                None => LinkError::NoGreeting(address, limit),
                Some(what) => LinkError::SetupTimeout(address, limit, what),
            },
            LinkError::BrokenFrame(error) if !self.is_up() => LinkError::NotEventSocket(address, error),
            error => error,
        }
    }

    /// The events after a lost connection: the link is lost, and the results of open commands are unknown.
    pub(super) fn unknown_results(&mut self) -> Vec<Event> {
        self.session.connection_lost()
    }

    pub(super) fn failed(&self) {
        self.metrics.failed();
    }

    pub(super) fn log_closed(&self, switch: &SwitchId) {
        let (heartbeats, shed) = (self.heartbeats(), self.ignored_count());
        tracing::info!(%switch, heartbeats, shed, "link closed");
    }

    /// Logs the end of a connection on which `exit` was sent.
    pub(super) fn log_exited(&self, switch: &SwitchId, error: &LinkError) {
        let unanswered = self.session.unanswered();
        if self.is_up() && unanswered > 0 {
            tracing::warn!(%switch, %error, unanswered, "our last words may be lost");
        }
    }
}
