//! The Redis that several daemons share, as an instance uses it. What a turn decided goes out in one batch of
//! operations, and the turn waits until Redis has the batch, but not for long.
//!
//! If Redis takes longer or is unavailable, turns do not wait until Redis replies again. Deliveries wait in addition
//! until it is certain that no other daemon is active.

use crate::cluster::acd_client::AcdClient;
use crate::cluster::failure::RedisFailure;
use crate::cluster::inbox_client::InboxClient;
use crate::cluster::lease_client::{LeaseClient, LeaseCommand};
use crate::cluster::loaded_calls::LoadedSwitch;
use crate::cluster::redis_channel::{RedisChannel, RedisChannelReply, RedisChannelRequest};
use crate::cluster::redis_event::RedisEvent;
use crate::cluster::redis_op::{Fence, RedisOp};
use crate::cluster::shared_state::{SharedState, Takeover};
use crate::daemon_id::DaemonId;
use crate::health::Health;
use crate::metrics;
use crate::persist::limits::PERSIST_TIME_MAX;
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::command::Command;
use hotlined_core::engine::Engine;
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The shared ACD, the saved calls and the leases of one daemon, with the three connections for them.
#[derive(Debug)]
pub(crate) struct ClusterClient {
    state: SharedState,
    acd: AcdClient,
    inbox: InboxClient,
    pub(crate) lease: LeaseClient,
    /// Up to which barrier Redis has everything.
    barrier_reached: u64,
    /// The barrier that went out last.
    barrier_sent: u64,
    /// Until when the last turn waits for its barrier.
    waits_until: Option<Instant>,
    /// Switches whose lease another daemon has, as Redis replied, and the event loop does not know it yet.
    fenced_out: BTreeSet<SwitchId>,
    /// Why something was not saved since the last turn began.
    not_saved: Option<String>,
    /// Deliveries that wait for their barrier: the barrier, the switch of the call, the delivery.
    held_back: VecDeque<(u64, SwitchId, Delivery)>,
    events: Vec<RedisEvent>,
    /// Whether something came that the next turn has to take in.
    has_news: bool,
    health: Arc<Health>,
}

impl ClusterClient {
    /// A client that starts to connect. Whether Redis is available shows later.
    pub(crate) fn new(
        now: Instant,
        daemon: DaemonId,
        lease: Millis,
        switches: impl IntoIterator<Item = SwitchId>,
        health: Arc<Health>,
    ) -> Self {
        metrics::REDIS_UP.gauge(&[]).set(0.0);
        health.set_redis_error(Some("nothing was events of it yet".to_owned()));
        Self {
            state: SharedState::default(),
            acd: AcdClient::new(now),
            inbox: InboxClient::default(),
            lease: LeaseClient::new(now, daemon, lease, switches, health.clone()),
            barrier_reached: 0,
            barrier_sent: 0,
            waits_until: None,
            fenced_out: BTreeSet::new(),
            not_saved: None,
            held_back: VecDeque::new(),
            events: Vec::new(),
            has_news: false,
            health,
        }
    }

    /// The request under way on a connection has a reply, or none.
    pub(crate) fn reply(
        &mut self,
        now: Instant,
        channel: RedisChannel,
        reply: Result<RedisChannelReply, RedisFailure>,
    ) {
        match channel {
            RedisChannel::Acd => self.acd.reply(now, reply, &mut self.events),
            RedisChannel::Lease => self.lease.reply(now, reply),
            RedisChannel::Inbox => {
                let inbox_events = self.inbox.reply(now, reply);
                self.acd.add_inbox_events(inbox_events);
            }
        }
        self.handle_events(now);
    }

    /// The next request and its connection, if there is one to send.
    pub(crate) fn next_request(&mut self, now: Instant) -> Option<(RedisChannel, RedisChannelRequest)> {
        let request = self.acd.advance(now, &mut self.events);
        self.handle_events(now);
        if let Some(request) = request {
            return Some((RedisChannel::Acd, request));
        }
        if let Some(position) = self.acd.inbox_end() {
            self.inbox.start_at(now, position);
        }
        if let Some(request) = self.inbox.advance(now) {
            return Some((RedisChannel::Inbox, request));
        }
        self.lease.advance(now).map(|request| (RedisChannel::Lease, request))
    }

    /// Takes in the events of the ACD connection.
    fn handle_events(&mut self, now: Instant) {
        for event in std::mem::take(&mut self.events) {
            self.has_news |= !matches!(
                event,
                RedisEvent::Usage(_) | RedisEvent::BarrierReached(_) | RedisEvent::Forgotten { .. }
            );
            self.log_event(&event);
            let fenced_out = self.state.handle(now, event);
            self.fenced_out.extend(fenced_out);
        }
    }

    fn log_event(&mut self, event: &RedisEvent) {
        let is_unavailable = self.state.failover().is_unavailable();
        match event {
            RedisEvent::BarrierReached(number) => self.barrier_reached = self.barrier_reached.max(*number),
            RedisEvent::Failed { op: asked, failure } => {
                metrics::REDIS_FAILED.counter(&[failure.kind()]).increment(1);
                if let RedisOp::Replicate { .. } = asked.op {
                    self.not_saved = Some(format!("Redis did not keep it: {failure}"));
                }
            }
            RedisEvent::Unavailable(failure) => {
                self.health.set_redis_error(Some(failure.to_string()));
                metrics::REDIS_UP.gauge(&[]).set(0.0);
                if !is_unavailable {
                    tracing::warn!(%failure, "Redis is away: lines are shared with no other daemon until it is back");
                }
            }
            RedisEvent::Available => {
                self.health.set_redis_error(None);
                metrics::REDIS_UP.gauge(&[]).set(1.0);
                metrics::REDIS_UPS.counter(&[]).increment(1);
                if is_unavailable {
                    let dropped = self.state.failover().dropped();
                    tracing::info!(dropped, "Redis is back: lines are shared again");
                }
            }
            RedisEvent::AcdReply(_)
            | RedisEvent::Forgotten { .. }
            | RedisEvent::Adopted(_)
            | RedisEvent::Usage(_) => {}
        }
    }

    /// Whether something came that the next turn has to take in. Afterwards the answer is no until more comes.
    pub(crate) fn take_has_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// Takes out the replies of the ACD for the calls.
    pub(crate) fn take_replies(&mut self) -> Vec<Event> {
        self.state.take_replies()
    }

    /// The daemon becomes the active one of a switch. Returns the event by which the calls are taken over, and the
    /// deliveries that the daemon before may not have done.
    pub(crate) fn begin_switch(&mut self, now: Instant, fence: Fence, loaded: LoadedSwitch) -> Takeover {
        self.state.begin_switch(now, fence, loaded)
    }

    /// The lease of the switch, if the daemon has it.
    pub(crate) fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.state.fence(switch)
    }

    /// Another daemon has the lease of a switch.
    pub(crate) fn end_switch(&mut self, now: Instant, switch: &SwitchId) {
        self.drop_deliveries(switch);
        self.state.end_switch(now, switch);
    }

    /// Another daemon has a token for the switch that goes before this daemon's token.
    pub(crate) fn superseded(&mut self, switch: &SwitchId) {
        if let Some(ours) = self.state.fence(switch).cloned() {
            self.lease.command(LeaseCommand::Superseded(ours));
        }
    }

    /// Whether another daemon could go on with all calls as they are now.
    pub(crate) fn can_hand_over(&self) -> bool {
        self.state.can_hand_over() && self.barrier_reached >= self.barrier_sent
    }

    /// Whether Redis has everything of the turns that are done. A turn that still waits for Redis is not done.
    pub(crate) fn has_saved_done_turns(&self, now: Instant) -> bool {
        self.state.can_hand_over()
            && (self.barrier_reached >= self.barrier_sent || self.waits_until(now).is_some())
    }

    /// Whether Redis has everything, and every delivery is done.
    pub(crate) fn is_complete(&self) -> bool {
        self.can_hand_over() && self.held_back.is_empty() && self.state.replication().open_deliveries() == 0
    }

    /// How many lines the daemon's calls hold, and how many of their claims have no final reply.
    pub(crate) fn in_use(&self) -> (usize, usize) {
        let failover = self.state.failover();
        (failover.lines_held(), failover.claims_open())
    }

    /// When the next turn is wanted, even if no connection brings anything.
    pub(crate) fn turn_deadline(&self) -> Option<Instant> {
        self.state.deadline()
    }

    /// When to call [`next_request`](Self::next_request).
    pub(crate) fn connection_deadline(&self) -> Option<Instant> {
        let deadlines = [self.acd.deadline(), self.inbox.deadline(), self.lease.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Does what is due in the daemon's own ACD while Redis is unavailable.
    pub(crate) fn run_due(&mut self, now: Instant) {
        self.state.run_due(now);
    }

    /// Sends what changed in the engine, and the ACD requests in `out`, before the other commands in `out` are
    /// carried out. `deliveries` are the deliveries that the turn caused, `done` those that are done. Returns whether
    /// anything went out that is to be saved.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        out: &mut Vec<Command>,
        deliveries: Vec<(SwitchId, Delivery)>,
        done: Vec<DeliveryId>,
    ) -> bool {
        self.not_saved = None;
        let batch = self.state.settle(now, engine, out, deliveries.clone(), done);
        let was_behind = self.barrier_reached < self.barrier_sent;
        let is_kept = batch.barrier.is_some();
        if batch.ops.is_empty() {
            // There is nothing to send.
        } else if let Err(refused) = self.acd.send(batch.ops) {
            self.state.not_sent(now, refused);
        } else if let Some(barrier) = batch.barrier {
            self.barrier_sent = barrier;
        }
        let barrier = self.barrier_sent;
        self.held_back.extend(deliveries.into_iter().map(|(switch, delivery)| (barrier, switch, delivery)));
        // A turn does not wait if the turn before it waited in vain.
        self.waits_until = (is_kept && !was_behind).then_some(now + PERSIST_TIME_MAX);
        is_kept
    }

    /// Until when the last turn waits; `None` once it waits no longer.
    pub(crate) fn waits_until(&self, now: Instant) -> Option<Instant> {
        self.waits_until.filter(|until| self.barrier_reached < self.barrier_sent && now < *until)
    }

    /// The last turn waits no longer. Returns why it is not saved, if it is not; and the switches whose lease another
    /// daemon has, as Redis replied.
    pub(crate) fn settled(&mut self) -> (Option<String>, BTreeSet<SwitchId>) {
        let waited = self.waits_until.take().is_some();
        let why = if self.barrier_reached < self.barrier_sent {
            Some(if waited { "Redis does not answer in time" } else { "Redis does not keep up" }.to_owned())
        } else {
            let more = || {
                (!self.state.replication().is_complete()).then(|| "Redis has not everything yet".to_owned())
            };
            self.not_saved.take().or_else(more)
        };
        let fenced_out = std::mem::take(&mut self.fenced_out);
        fenced_out.iter().for_each(|switch| self.drop_deliveries(switch));
        (why, fenced_out)
    }

    /// Takes out the deliveries of which it is certain that no other daemon does them.
    pub(crate) fn deliverable(&mut self, now: Instant) -> Vec<Delivery> {
        if self.held_back.is_empty() {
            return Vec::new();
        }
        let is_unavailable = self.state.failover().is_unavailable();
        let is_complete =
            !is_unavailable && self.state.replication().is_complete() && self.fenced_out.is_empty();
        let (reached, write_until) = (self.barrier_reached, self.lease.write_until());
        // If the daemon was paused and does not know it yet, another daemon may have done the delivery.
        let acts = |switch: &SwitchId| write_until.get(switch).is_some_and(|until| now < *until);
        let held_back = std::mem::take(&mut self.held_back).into_iter();
        let (deliverable, held_back): (Vec<_>, _) = held_back.partition(|(barrier, switch, delivery)| {
            // A record may be written twice, a message must not be sent twice.
            let is_saved = *barrier <= reached && (is_complete || !delivery.id.is_message());
            acts(switch) && (is_saved || (is_unavailable && !delivery.id.is_message()))
        });
        self.held_back = held_back.into();
        deliverable.into_iter().map(|(.., delivery)| delivery).collect()
    }

    /// Drops the deliveries of the switch: the daemon that is active now does them.
    fn drop_deliveries(&mut self, switch: &SwitchId) {
        self.held_back.retain(|(_, of, _)| of != switch);
    }

    /// The daemon ends: gives all leases up, and returns the deliveries that wait.
    pub(crate) fn finish(&mut self) -> Vec<Delivery> {
        self.lease.command(LeaseCommand::GiveUpAll);
        self.held_back.drain(..).map(|(.., delivery)| delivery).collect()
    }

    /// Whether every operation is done and every lease given up, or Redis is unavailable.
    pub(crate) fn is_finished(&self) -> bool {
        (self.acd.is_idle() || self.acd.is_unavailable()) && self.lease.is_finished()
    }

    /// Until when the daemon may write to each switch.
    pub(crate) fn write_until(&self) -> &BTreeMap<SwitchId, Instant> {
        self.lease.write_until()
    }
}
