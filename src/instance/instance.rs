//! [`Instance`], with its [`Input`] and [`Output`].

use crate::cluster::cluster_client::ClusterClient;
use crate::cluster::failure::RedisFailure;
use crate::cluster::redis_channel::{RedisChannel, RedisChannelReply, RedisChannelRequest};
use crate::health::Health;
use crate::links::LinkInput;
use crate::links::Links;
use crate::messages::{MessageOrder, MessageQueue, OrderRefused, SendRequest};
use crate::options::Probe;
use crate::persist::delivery_kind::DeliveryKind;
use crate::persist::file_persistence::FilePersistence;
use crate::persist::outbox::{Delivery, DeliveryId, Outbox};
use crate::shutdown::{InstanceError, ShutdownPhase};
use crate::stall_guard::StallGuard;
use crate::switch::freeswitch::link::LinkOutput;
use bytes::Bytes;
use hotlined_core::command::Command;
use hotlined_core::engine::{Engine, Observer};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How long after a delivery it is removed from the persisted deliveries, if no turn comes before. Until then the next
/// daemon may repeat the delivery.
const FORGET_DELIVERED_AFTER: Millis = Millis(20);

/// What has happened: the driver reports it by [`Instance::handle`].
#[derive(Debug)]
pub enum Input {
    /// Something has happened to the link to a switch.
    Link(SwitchId, LinkInput),
    /// The reply to a request to Redis, or its failure.
    Redis(RedisChannel, Result<RedisChannelReply, RedisFailure>),
    /// Frames were written to the snapshot file: the answer to [`Output::WriteFrames`].
    FramesWritten {
        /// The number of the output.
        number: u64,
        /// Success: all frames are in the file. Failure: none is, for this reason.
        outcome: Result<(), String>,
        /// Whether the file is being rewritten: the next frames must not rely on earlier frames.
        renews: bool,
    },
    /// A deliverer has completed a delivery.
    Delivered(DeliveryId),
    /// The hotlines, the calendar or the table of numbers have changed.
    ConfigChanged(Event),
    /// The operator, or the supervisor of the process, stops the daemon. Calls in progress may finish for a while. A
    /// second `Stop` ends them at once.
    Stop,
    /// What became of a request to an SMS gateway: the answer to [`Output::Send`].
    MessageOutcome {
        /// The message.
        id: DeliveryId,
        /// The number of the attempt.
        attempt: u32,
        /// What became of it.
        outcome: SendOutcome,
    },
    /// Receipts of an SMS gateway have come.
    Receipts {
        /// The gateway.
        gateway: Arc<str>,
        /// The receipts.
        receipts: Vec<Receipt>,
    },
    /// Only time has passed: the [deadline](Instance::deadline) is reached.
    Tick,
}

/// What the driver has to do: [`Instance::next_output`] returns it.
#[derive(Debug)]
pub enum Output {
    /// Connect to a switch, write bytes, or close the connection.
    Link(SwitchId, LinkOutput),
    /// Send a request to Redis. The answer is [`Input::Redis`], always.
    Redis(RedisChannel, RedisChannelRequest),
    /// Append these frames to the snapshot file, all or none. The answer is [`Input::FramesWritten`].
    WriteFrames {
        /// The number of this output.
        number: u64,
        /// The frames.
        frames: Bytes,
    },
    /// Give this delivery to the deliverer of its kind. The answer is [`Input::Delivered`], once the delivery is
    /// complete. A delivery of a kind without deliverer stays persisted.
    Deliver(Delivery),
    /// Ask an SMS gateway to send a message. The answer is [`Input::MessageOutcome`], always.
    Send(Box<SendRequest>),
    /// The instance has ended. This is the last output.
    Ended(Result<(), InstanceError>),
}

/// Where calls and the ACD are persisted for the next daemon.
#[derive(Debug)]
pub(crate) enum Persistence {
    /// Nowhere: calls are lost when the daemon ends.
    None,
    /// In a file, for this daemon only.
    File(FilePersistence),
    /// In Redis, shared with other daemons.
    Redis(Box<ClusterClient>),
}

/// A daemon without IO. See the [crate's page](crate) for how to drive it.
pub struct Instance {
    pub(crate) engine: Engine,
    pub(crate) links: Links,
    pub(crate) persistence: Persistence,
    pub(crate) outbox: Outbox,
    pub(crate) messages: MessageQueue,
    /// New versions of messages that are not known to be saved.
    pub(crate) unsaved_messages: Vec<Delivery>,
    pub(crate) delivery_kinds: Vec<DeliveryKind>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) health: Arc<Health>,
    pub(crate) probe: Box<dyn Probe>,
    pub(crate) stall_guard: StallGuard,
    /// The switches that are left to other daemons, and until when answers of gateways are waited for.
    pub(crate) leaving: BTreeMap<SwitchId, Instant>,
    pub(crate) shutdown: ShutdownPhase,
    pub(crate) drain_max: Millis,
    pub(crate) now: Instant,
    /// The events that did not come from a link: results of commands that were not sent, replies of the ACD, changed
    /// configuration.
    pub(crate) returned_events: VecDeque<Event>,
    /// The commands of the engine that are not executed yet.
    pub(crate) commands: Vec<Command>,
    /// The deliveries to send once the turn is persisted.
    pub(crate) unsent_deliveries: Vec<Delivery>,
    /// Whether something has changed since the last turn was persisted.
    pub(crate) needs_persist: bool,
    /// Whether a turn is being persisted; its commands are not executed yet.
    pub(crate) is_persisting: bool,
    /// When completed deliveries are removed from the persisted deliveries.
    pub(crate) forget_delivered_at: Option<Instant>,
    pub(crate) outputs: VecDeque<Output>,
}

impl Instance {
    /// Reports what has happened. Time never decreases: an earlier `now` counts as the latest `now`.
    pub fn handle(&mut self, now: Instant, input: Input) {
        let now = now.max(self.now);
        if let Some(deadline) = self.deadline() {
            self.stall_guard.woke_up(deadline, now);
        }
        self.now = now;
        match input {
            Input::Link(switch, input) => {
                if let LinkInput::Received(_) = input {
                    self.stall_guard.received(now);
                }
                self.links.handle(now, &switch, input);
            }
            Input::Redis(channel, reply) => {
                if let Persistence::Redis(cluster) = &mut self.persistence {
                    cluster.reply(now, channel, reply);
                    self.needs_persist |= cluster.take_has_news();
                    self.links.set_permits(cluster.write_until());
                }
            }
            Input::FramesWritten { number, outcome, renews } => {
                if let Persistence::File(file) = &mut self.persistence {
                    file.on_written(now, number, outcome, renews);
                }
            }
            Input::Delivered(id) => {
                self.outbox.mark_done(id);
                if self.outbox.has_done() {
                    self.forget_delivered_at.get_or_insert(now + FORGET_DELIVERED_AFTER);
                }
            }
            Input::MessageOutcome { id, attempt, outcome } => {
                self.messages.on_outcome(now, &id, attempt, outcome);
            }
            Input::Receipts { gateway, receipts } => {
                let (received, known) = (receipts.len(), self.messages.on_receipts(now, &gateway, receipts));
                tracing::debug!(%gateway, received, known, "receipts");
            }
            Input::ConfigChanged(event) => self.returned_events.push_back(event),
            Input::Stop => self.stop(),
            Input::Tick => {}
        }
        self.links.due(now);
    }

    /// The next output; none if nothing more follows from the inputs.
    pub fn next_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if self.shutdown.is_over() {
                return None;
            }
            if let Persistence::Redis(cluster) = &mut self.persistence {
                let request = cluster.next_request(self.now);
                self.needs_persist |= cluster.take_has_news();
                self.links.set_permits(cluster.write_until());
                if let Some((channel, request)) = request {
                    return Some(Output::Redis(channel, request));
                }
            }
            // After the leases, so that each link has the latest write permit.
            if let Some((switch, output)) = self.links.next_output(self.now) {
                return Some(Output::Link(switch, output));
            }
            if !self.advance() {
                return None;
            }
        }
    }

    /// When to call [`handle`](Self::handle) with [`Input::Tick`], if nothing happens before.
    pub fn deadline(&self) -> Option<Instant> {
        if self.shutdown.is_over() {
            return None;
        }
        let takes_calls = !self.is_persisting && self.shutdown.takes_calls();
        let keeping = match &self.persistence {
            Persistence::None => [None, None],
            Persistence::File(file) => {
                [file.waits_until(self.now), file.deadline().filter(|_| !self.is_persisting)]
            }
            Persistence::Redis(cluster) => {
                let turn = (!self.is_persisting).then(|| cluster.turn_deadline()).flatten();
                [
                    cluster.waits_until(self.now),
                    [turn, cluster.connection_deadline()].into_iter().flatten().min(),
                ]
            }
        };
        let calls = [self.engine_deadline(), self.links.outages.deadline(), self.messages.deadline()];
        let leaving = self.leaving.values().min().copied();
        let calls = calls.into_iter().chain([leaving]).filter(|_| takes_calls);
        let turn = calls.chain([self.forget_delivered_at.filter(|_| !self.is_persisting)]);
        let ending = self.shutdown.deadline().filter(|_| !self.is_persisting);
        let others = [self.links.deadline(self.now), ending];
        let all = keeping.into_iter().chain(turn).chain(others);
        all.flatten().min().map(|at| at.max(self.now))
    }

    /// The engine with the calls, to read.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The fencing token of this daemon's lease of the switch; none without a lease.
    pub fn token(&self, switch: &SwitchId) -> Option<u64> {
        match &self.persistence {
            Persistence::Redis(cluster) => cluster.fence(switch).map(|fence| fence.token),
            Persistence::None | Persistence::File(_) => None,
        }
    }

    /// Whether the link to the switch is up, and the engine has received the event.
    pub fn is_linked(&self, switch: &SwitchId) -> bool {
        self.links.is_up(switch) && !self.links.outages.is_down(switch)
    }

    /// Whether the daemon may write to the switch now.
    pub fn may_write(&self, now: Instant, switch: &SwitchId) -> bool {
        self.links.may_write(now, switch)
    }

    /// Whether everything is persisted and delivered, so that the next daemon could continue.
    pub fn is_fully_persisted(&self) -> bool {
        let is_told = match &self.persistence {
            Persistence::None => false,
            Persistence::File(file) => file.is_complete(),
            Persistence::Redis(cluster) => cluster.is_complete(),
        };
        let is_settled = self.unsaved_messages.is_empty() && !self.messages.has_changes();
        is_told && is_settled && !self.is_persisting && !self.outbox.has_work()
    }

    /// The messages by SMS.
    pub fn messages(&self) -> &MessageQueue {
        &self.messages
    }

    /// Carries out the order of an operator about a message.
    ///
    /// # Errors
    /// If there is no such message, or its state does not allow the order.
    pub fn order_message(&mut self, now: Instant, id: &str, order: MessageOrder) -> Result<(), OrderRefused> {
        self.now = now.max(self.now);
        self.messages.order(self.now, id, order)
    }

    /// Whether all executed commands are persisted, as far as the daemon knows. A turn that is being persisted is not
    /// executed yet.
    pub fn has_persisted_executed(&self) -> bool {
        match &self.persistence {
            Persistence::None => false,
            Persistence::File(file) => file.done_unwritten().is_empty(),
            Persistence::Redis(cluster) => cluster.has_saved_done_turns(self.now),
        }
    }

    /// The frames of executed commands that are not known to be in the file: they are lost if the daemon is killed.
    pub fn unpersisted_frames(&self) -> &[u8] {
        match &self.persistence {
            Persistence::File(file) => file.done_unwritten(),
            Persistence::None | Persistence::Redis(_) => &[],
        }
    }

    /// How many agents' lines the calls hold, and how many claims wait.
    pub fn lines_and_waiting(&self) -> (usize, usize) {
        match &self.persistence {
            Persistence::Redis(cluster) => cluster.in_use(),
            Persistence::None | Persistence::File(_) => {
                (self.engine.lines_in_use(), self.engine.acd().waiting())
            }
        }
    }

    pub(crate) fn engine_deadline(&self) -> Option<Instant> {
        self.engine.deadline().map(|at| self.stall_guard.effective_deadline(at))
    }
}
