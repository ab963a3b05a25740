//! One connection of a link: from the first byte to the last.

use super::{LinkError, LinkSettings, Order};
use crate::switch::freeswitch::conversation::{Conversation, Outcome};
use crate::switch::freeswitch::event_lag::{Lateness, STALE_AFTER};
use crate::switch::freeswitch::link_metrics::Figures;
use crate::switch::freeswitch::liveness::Liveness;
use crate::switch::lease_token::{Claim, Claiming};
use bytes::{Bytes, BytesMut};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::codec::StreamError;
use hotlined_esl::frame;
use hotlined_esl::message::{Decoder, Message};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a switch may take to read what is left when we leave.
const GOODBYE_TIME_MAX: Millis = Millis::seconds(3);
/// How often a connection that is up looks at the clock, so that it notices that the daemon stood still.
const LOOK_EVERY: Millis = Millis(250);
/// Where nothing has come for so long, all is read that waited in the socket.
const QUIET_MIN: Millis = Millis(50);
/// How long the reading of what waited may take.
const CATCH_UP_TIME_MAX: Millis = Millis::seconds(1);

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    conversation: Conversation,
    figures: Figures,
    decoder: Decoder,
    unread: BytesMut,
    unwritten: BytesMut,
    outcome: Outcome,
    liveness: Liveness,
    lateness: Lateness,
    place: String,
    setup_time_max: Duration,
    limits: super::Limits,
    /// It has to be up by then.
    up_by: Instant,
    looked_at: Instant,
    /// The switch was silent for too long; it is given up then, unless what it said lies in the socket unread.
    gives_up_at: Option<Instant>,
    /// It was told that we leave, and has to close by then.
    leaves_by: Option<Instant>,
    stale: Option<Stale>,
}

/// What comes is no news any more. It is read to its end, since another daemon may say that it acts now, and nothing
/// is answered.
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
        claim: Option<(Claim, Claiming)>,
        number: u64,
        up_by: Instant,
    ) -> Self {
        let (switch, site) = (settings.switch.clone(), settings.site.clone());
        let (account, format) = (settings.account.clone(), settings.format);
        let conversation = Conversation::new(switch.clone(), site, account, format, number);
        let conversation = match claim {
            Some((claim, claiming)) => conversation.claiming(claim, claiming),
            None => conversation,
        };
        Self {
            conversation,
            figures: Figures::of(&switch),
            decoder: Decoder::new(frame::Limits::default()),
            unread: BytesMut::new(),
            unwritten: BytesMut::new(),
            outcome: Outcome::default(),
            liveness: Liveness::new(now, settings.patience),
            lateness: Lateness::default(),
            place: format!("{}:{}", settings.host, settings.port),
            setup_time_max: settings.setup_time_max,
            limits: settings.limits,
            up_by,
            looked_at: now,
            gives_up_at: None,
            leaves_by: None,
            stale: None,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.conversation.is_up()
    }

    /// Whether it is up and goes on.
    pub(super) fn is_fresh(&self) -> bool {
        self.is_up() && self.stale.is_none() && self.leaves_by.is_none()
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaves_by.is_some()
    }

    pub(super) fn heartbeats(&self) -> u64 {
        self.conversation.heartbeats()
    }

    pub(super) fn shed_count(&self) -> u64 {
        self.conversation.shed()
    }

    /// Whether an order was given for this connection.
    pub(super) fn takes(&self, order: &Order) -> bool {
        order.connection == self.conversation.number() && self.leaves_by.is_none()
    }

    /// What is to be written.
    pub(super) fn take_unwritten(&mut self) -> Bytes {
        match self.stale {
            Some(_) => Bytes::new(),
            None => self.unwritten.split().freeze(),
        }
    }

    /// When [`due`](Self::due) is wanted.
    pub(super) fn deadline(&self, allowed: bool) -> Instant {
        if let Some(stale) = &self.stale {
            return stale.quiet_at.min(stale.ends_by);
        }
        let gives_up = match (self.leaves_by, self.gives_up_at) {
            (Some(leaves_by), _) => leaves_by,
            (None, Some(gives_up_at)) => gives_up_at,
            (None, None) => self.silent_at(),
        };
        let looks = self.is_up().then_some(self.looked_at + LOOK_EVERY);
        [self.knocks_at(allowed), looks].into_iter().flatten().fold(gives_up, Instant::min)
    }

    fn silent_at(&self) -> Instant {
        if self.is_up() { self.liveness.gives_up_at() } else { self.up_by }
    }

    /// When the switch is asked whether it is there.
    fn knocks_at(&self, allowed: bool) -> Option<Instant> {
        let asks = allowed && self.is_fresh();
        self.liveness.knocks_at().filter(|_| asks)
    }

    /// Takes in what the switch wrote.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        bytes: BytesMut,
        allowed: bool,
        backlog: &mut VecDeque<Event>,
    ) -> Result<(), LinkError> {
        self.look(now);
        if self.unread.is_empty() {
            self.unread = bytes;
        } else {
            self.unread.extend_from_slice(&bytes);
        }
        self.gives_up_at = None;
        self.liveness.heard(now);
        let was_up = self.is_up();
        let heard = self.hear(now);
        if self.unread.is_empty() {
            // The reader of the socket uses the room again, once no part of it is held.
            self.unread = BytesMut::new();
        }
        self.figures.shed(self.conversation.shed());
        if heard.is_err() {
            self.outcome.requests.clear();
        }
        // What was said before a fault is as true as ever.
        self.settle(now, allowed, backlog);
        if !was_up && self.is_up() {
            self.figures.came_up();
            tracing::info!(switch = %self.conversation.switch(), "link up");
        }
        heard
    }

    fn hear(&mut self, now: Instant) -> Result<(), LinkError> {
        let mut late: Option<Millis> = None;
        let heard = loop {
            match self.decoder.decode(&mut self.unread).map_err(StreamError::from) {
                Ok(None) => break Ok(()),
                Ok(Some(message)) => {
                    self.figures.heard();
                    if let Message::Event(event) = &message {
                        late = late.max(self.lateness.stale(now, event));
                    }
                    if let Err(refusal) = self.conversation.hear(message, &mut self.outcome) {
                        break Err(refusal.into());
                    }
                }
                Err(fault) => break Err(fault.into()),
            }
        };
        if let Some(late) = late {
            self.goes_stale(now, LinkError::Late(late.into()));
        }
        if let Some(stale) = &mut self.stale {
            stale.quiet_at = now + QUIET_MIN;
        }
        heard
    }

    /// Carries out an order.
    pub(super) fn order(
        &mut self,
        now: Instant,
        order: &Order,
        allowed: bool,
        backlog: &mut VecDeque<Event>,
    ) {
        self.liveness.ordered(now);
        self.conversation.order(&order.command, &order.action, &mut self.outcome);
        self.settle(now, allowed, backlog);
    }

    /// Says goodbye. Before the connection is up there is nothing left to say; after, to close while the switch still
    /// writes would throw away what it has not yet read.
    pub(super) fn leave(&mut self, now: Instant) -> bool {
        if !self.is_fresh() {
            return false;
        }
        self.conversation.leave(&mut self.outcome);
        self.encode_requests();
        self.leaves_by = Some(now + GOODBYE_TIME_MAX);
        true
    }

    /// Does what is due.
    pub(super) fn due(
        &mut self,
        now: Instant,
        allowed: bool,
        backlog: &mut VecDeque<Event>,
    ) -> Result<(), LinkError> {
        self.look(now);
        if let Some(stale) = &mut self.stale {
            let is_read = stale.quiet_at.min(stale.ends_by) <= now;
            return if is_read {
                Err(std::mem::replace(&mut stale.error, LinkError::Closed))
            } else {
                Ok(())
            };
        }
        if self.leaves_by.is_some_and(|by| by <= now) {
            return Err(LinkError::Silent(self.liveness.silence(now).into()));
        }
        if self.leaves_by.is_none() && self.silent_at() <= now {
            // A daemon that stood still finds the time over and something to read at once.
            let gives_up_at = *self.gives_up_at.get_or_insert(now + QUIET_MIN);
            if !self.is_up() || gives_up_at <= now {
                return Err(LinkError::Silent(self.liveness.silence(now).into()));
            }
        }
        if self.knocks_at(allowed).is_some_and(|at| at <= now) {
            self.conversation.knock(&mut self.outcome);
        }
        self.settle(now, allowed, backlog);
        Ok(())
    }

    /// Looks at the clock: after a long time without a look, whatever comes is old.
    fn look(&mut self, now: Instant) {
        let stood_still = now.since(std::mem::replace(&mut self.looked_at, now));
        if self.is_up() && stood_still >= STALE_AFTER {
            self.goes_stale(now, LinkError::StoodStill(stood_still.into()));
        }
    }

    fn goes_stale(&mut self, now: Instant, error: LinkError) {
        if self.stale.is_none() && self.leaves_by.is_none() {
            let (quiet_at, ends_by) = (now + QUIET_MIN, now + CATCH_UP_TIME_MAX);
            self.stale = Some(Stale { error, quiet_at, ends_by });
        }
    }

    /// Requests become bytes, events join the queue to the engine.
    fn settle(&mut self, now: Instant, allowed: bool, backlog: &mut VecDeque<Event>) {
        self.encode_requests();
        match self.leaves_by {
            None => backlog.extend(self.outcome.events.drain(..)),
            // The engine is gone.
            Some(_) => self.outcome.events.clear(),
        }
        if self.stale.is_some() {
            // The list that is asked for next has the callers that came meanwhile and have not gone.
            backlog.retain(|event| !matches!(event, Event::Arrived(_)));
        }
        // What may not be said was not asked.
        let asks = self.is_up() && allowed;
        self.liveness.owes(now, if asks { self.conversation.unanswered() } else { 0 });
        self.figures.waits(backlog.len(), self.conversation.unanswered());
    }

    fn encode_requests(&mut self) {
        for request in self.outcome.requests.drain(..) {
            request.encode(&mut self.unwritten);
        }
    }

    pub(super) fn check_limits(&self, backlog: usize) -> Result<(), LinkError> {
        if backlog > self.limits.backlog_max {
            return Err(LinkError::Overrun(backlog));
        }
        if self.conversation.unanswered() > self.limits.unanswered_max {
            return Err(LinkError::Unanswered(self.conversation.unanswered()));
        }
        Ok(())
    }

    /// Why it ended, as far as it had come.
    pub(super) fn named(&self, error: LinkError) -> LinkError {
        let (place, limit) = (self.place.clone(), self.setup_time_max);
        match error {
            LinkError::Silent(_) if !self.is_up() => match self.conversation.awaits() {
                None => LinkError::Mute(place, limit),
                Some(what) => LinkError::Slow(place, limit, what),
            },
            LinkError::Broken(error @ StreamError::Frame(_)) if !self.is_up() => {
                LinkError::Foreign(place, error)
            }
            error => error,
        }
    }

    /// The connection is gone: what the calls hear of that.
    pub(super) fn lost(&mut self) -> Vec<Event> {
        self.conversation.lost()
    }

    pub(super) fn failed(&self) {
        self.figures.failed();
    }

    pub(super) fn log_closed(&self, switch: &SwitchId) {
        let (heartbeats, shed) = (self.heartbeats(), self.shed_count());
        tracing::info!(%switch, heartbeats, shed, "link closed");
    }

    /// However it ended: we were about to leave.
    pub(super) fn log_left(&self, switch: &SwitchId, error: &LinkError) {
        let unanswered = self.conversation.unanswered();
        if self.is_up() && unanswered > 0 {
            tracing::warn!(%switch, %error, unanswered, "our last words may be lost");
        }
    }
}
