//! The instance: what comes in, what goes out, and the parts that decide in between.

use crate::cluster::cluster_client::ClusterClient;
use crate::cluster::failure::RedisFailure;
use crate::cluster::redis_channel::{RedisChannel, RedisChannelReply, RedisChannelRequest};
use crate::ending::Ended;
use crate::ending::Ending;
use crate::health::Health;
use crate::links::LinkInput;
use crate::links::Links;
use crate::persist::file_persistence::FilePersistence;
use crate::persist::outbox::{Delivery, DeliveryId, DeliveryKind, Outbox};
use crate::stall_guard::Standstill;
use crate::start::Probe;
use crate::switch::freeswitch::link::LinkOutput;
use bytes::Bytes;
use hotlined_core::command::Command;
use hotlined_core::engine::{Engine, Observer};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;
use std::sync::Arc;

/// How long after something was delivered it is struck from what is kept, if no turn comes before: until then the
/// next daemon may deliver it once more.
const STRIKE_AFTER: Millis = Millis(20);

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Something about the link to a switch.
    Link(SwitchId, LinkInput),
    /// A request to Redis is answered, or is not.
    Redis(RedisChannel, Result<RedisChannelReply, RedisFailure>),
    /// Frames were written into the file of live calls.
    Kept {
        /// Those of this number.
        number: u64,
        /// Whether they are in it, whole; or why nothing of them is.
        outcome: Result<(), String>,
        /// Whether the file begins to be written anew: what is written from now on must not rely on the frames before.
        renews: bool,
    },
    /// A deliverer has done this.
    Delivered(DeliveryId),
    /// Hotlines, calendar or table of numbers changed.
    Configured(Event),
    /// An operator, or the supervisor of the process, wants the daemon to stop, but to let calls in progress finish for a
    /// while. Said again: to stop now.
    Stop,
    /// Nothing but that time has passed.
    Due,
}

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Something about the link to a switch.
    Link(SwitchId, LinkOutput),
    /// A request to Redis. Its answer is [`Input::Redis`], always.
    Redis(RedisChannel, RedisChannelRequest),
    /// Write these frames into the file of live calls, all of them or none. The answer is [`Input::Kept`].
    Keep {
        /// Their number.
        number: u64,
        /// The frames.
        frames: Bytes,
    },
    /// Hand this to the deliverer of its kind. Once it is done, and not before, that is [`Input::Delivered`]. A kind that
    /// nobody delivers is left alone: it stays kept.
    Deliver(Delivery),
    /// The instance has ended. It wants nothing more.
    Ended(Result<(), Ended>),
}

/// Where calls are kept for the daemon that comes after this one, and what they share.
#[derive(Debug)]
pub(crate) enum Keeping {
    /// Nowhere: they live and die with this one.
    Nowhere,
    /// In a file.
    File(FilePersistence),
    /// In Redis, with other daemons.
    Redis(Box<ClusterClient>),
}

/// A daemon.
pub struct Instance {
    pub(crate) engine: Engine,
    pub(crate) links: Links,
    pub(crate) keeping: Keeping,
    pub(crate) outbox: Outbox,
    pub(crate) kinds: Vec<DeliveryKind>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) health: Arc<Health>,
    pub(crate) probe: Box<dyn Probe>,
    pub(crate) standstill: Standstill,
    pub(crate) ending: Ending,
    pub(crate) drain_max: Millis,
    pub(crate) now: Instant,
    /// What belongs in again: what came back on the way out, and what was configured.
    pub(crate) returned: VecDeque<Event>,
    /// What was decided and is not done yet.
    pub(crate) decided: Vec<Command>,
    /// What is to be delivered once the turn is kept.
    pub(crate) unsent: Vec<Delivery>,
    /// Whether something changed that is not settled.
    pub(crate) is_unsettled: bool,
    /// Whether a turn was settled and is not done yet.
    pub(crate) is_pending: bool,
    /// When the deliveries that are done are struck.
    pub(crate) strikes_at: Option<Instant>,
    pub(crate) outputs: VecDeque<Output>,
}

impl Instance {
    /// Tells what happened, now. Time never goes back here: an earlier time is taken for the latest that was told.
    pub fn handle(&mut self, now: Instant, input: Input) {
        let now = now.max(self.now);
        if let Some(wanted) = self.deadline() {
            self.standstill.goes_on(wanted, now);
        }
        self.now = now;
        match input {
            Input::Link(switch, input) => {
                if let LinkInput::Received(_) = input {
                    self.standstill.heard(now);
                }
                self.links.handle(now, &switch, input);
            }
            Input::Redis(channel, reply) => {
                if let Keeping::Redis(cluster) = &mut self.keeping {
                    cluster.reply(now, channel, reply);
                    self.is_unsettled |= cluster.take_has_news();
                    self.links.permit(cluster.write_until());
                }
            }
            Input::Kept { number, outcome, renews } => {
                if let Keeping::File(file) = &mut self.keeping {
                    file.on_written(now, number, outcome, renews);
                }
            }
            Input::Delivered(id) => {
                self.outbox.mark_done(id);
                if self.outbox.has_done() {
                    self.strikes_at.get_or_insert(now + STRIKE_AFTER);
                }
            }
            Input::Configured(event) => self.returned.push_back(event),
            Input::Stop => self.stop(),
            Input::Due => {}
        }
        self.links.due(now);
    }

    /// The next thing to be done; none where nothing more follows from what happened.
    pub fn next_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if self.ending.is_over() {
                return None;
            }
            if let Keeping::Redis(cluster) = &mut self.keeping {
                let request = cluster.next_request(self.now);
                self.is_unsettled |= cluster.take_has_news();
                self.links.permit(cluster.write_until());
                if let Some((channel, request)) = request {
                    return Some(Output::Redis(channel, request));
                }
            }
            // Behind the leases, so that a link is told at once until when it may write.
            if let Some((switch, output)) = self.links.next_output(self.now) {
                return Some(Output::Link(switch, output));
            }
            if !self.advance() {
                return None;
            }
        }
    }

    /// When the instance has something to do, whether anything happens or not.
    pub fn deadline(&self) -> Option<Instant> {
        if self.ending.is_over() {
            return None;
        }
        let takes_calls = !self.is_pending && self.ending.takes_calls();
        let keeping = match &self.keeping {
            Keeping::Nowhere => [None, None],
            Keeping::File(file) => [file.waits_until(self.now), file.deadline().filter(|_| !self.is_pending)],
            Keeping::Redis(cluster) => {
                let turn = (!self.is_pending).then(|| cluster.turn_deadline()).flatten();
                [
                    cluster.waits_until(self.now),
                    [turn, cluster.connection_deadline()].into_iter().flatten().min(),
                ]
            }
        };
        let calls = [self.engine_deadline(), self.links.downs.deadline()];
        let calls = calls.into_iter().filter(|_| takes_calls);
        let turn = calls.chain([self.strikes_at.filter(|_| !self.is_pending)]);
        let ending = self.ending.deadline().filter(|_| !self.is_pending);
        let others = [self.links.deadline(self.now), ending];
        let all = keeping.into_iter().chain(turn).chain(others);
        all.flatten().min().map(|at| at.max(self.now))
    }

    /// The calls, to look at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The token by which the daemon acts for the switch, where there is a lease and it has it.
    pub fn token(&self, switch: &SwitchId) -> Option<u64> {
        match &self.keeping {
            Keeping::Redis(cluster) => cluster.fence(switch).map(|fence| fence.token),
            Keeping::Nowhere | Keeping::File(_) => None,
        }
    }

    /// Whether the link to the switch is up, as the engine heard, and goes on.
    pub fn is_linked(&self, switch: &SwitchId) -> bool {
        self.links.is_up(switch) && !self.links.downs.is_down(switch)
    }

    /// Whether something may be written to the switch now.
    pub fn may_write(&self, now: Instant, switch: &SwitchId) -> bool {
        self.links.may_write(now, switch)
    }

    /// Whether the next daemon knows all that this one did.
    pub fn is_told(&self) -> bool {
        let is_told = match &self.keeping {
            Keeping::Nowhere => false,
            Keeping::File(file) => file.is_complete(),
            Keeping::Redis(cluster) => cluster.is_complete(),
        };
        is_told && !self.is_pending && !self.outbox.has_work()
    }

    /// Whether all that was done is kept, as far as the daemon knows. A turn that waits to be kept is not done yet.
    pub fn has_kept_all(&self) -> bool {
        match &self.keeping {
            Keeping::Nowhere => false,
            Keeping::File(file) => file.done_unwritten().is_empty(),
            Keeping::Redis(cluster) => cluster.has_saved_done_turns(self.now),
        }
    }

    /// The frames of what was done and is not known to be in the file: what is lost with a daemon that is killed.
    pub fn unkept(&self) -> &[u8] {
        match &self.keeping {
            Keeping::File(file) => file.done_unwritten(),
            Keeping::Nowhere | Keeping::Redis(_) => &[],
        }
    }

    /// How many lines the calls have, and how many of their claims wait.
    pub fn in_use(&self) -> (usize, usize) {
        match &self.keeping {
            Keeping::Redis(cluster) => cluster.in_use(),
            Keeping::Nowhere | Keeping::File(_) => (self.engine.lines_in_use(), self.engine.acd().waiting()),
        }
    }

    pub(crate) fn engine_deadline(&self) -> Option<Instant> {
        self.engine.deadline().map(|at| self.standstill.counts(at))
    }
}
