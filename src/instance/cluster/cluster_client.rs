//! The Redis that several daemons share, as an instance sees it: what a turn decided goes out in one pipeline, and the
//! turn waits until Redis has it, but not for long.
//!
//! Where Redis takes longer than that, or is away, turns are done without waiting until it answers again. Only
//! deliveries wait besides, while it is not sure that no other daemon acts.

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

/// What calls share and where they are kept.
#[derive(Debug)]
pub(crate) struct ClusterClient {
    common: SharedState,
    store: AcdClient,
    inbox: InboxClient,
    pub(crate) lease: LeaseClient,
    /// Up to which barrier Redis has everything, and which one was asked last.
    reached: u64,
    asked: u64,
    /// Until when the turn that was asked last waits for its barrier.
    waits_until: Option<Instant>,
    /// Switches that others act for, as Redis says, and the loop does not know it yet.
    shut_out: BTreeSet<SwitchId>,
    /// Why something was not kept since the last turn began.
    unkept: Option<String>,
    /// Deliveries that wait for their barrier.
    held_back: VecDeque<(u64, SwitchId, Delivery)>,
    heard: Vec<RedisEvent>,
    /// Whether something was heard that the calls are to hear with the next turn.
    has_heard: bool,
    health: Arc<Health>,
}

impl ClusterClient {
    /// Begins to connect. Whether Redis is there shows later.
    pub(crate) fn new(
        now: Instant,
        daemon: DaemonId,
        lease: Millis,
        switches: impl IntoIterator<Item = SwitchId>,
        health: Arc<Health>,
    ) -> Self {
        metrics::REDIS_UP.gauge(&[]).set(0.0);
        health.redis(Some("nothing was heard of it yet".to_owned()));
        Self {
            common: SharedState::default(),
            store: AcdClient::new(now),
            inbox: InboxClient::default(),
            lease: LeaseClient::new(now, daemon, lease, switches, health.clone()),
            reached: 0,
            asked: 0,
            waits_until: None,
            shut_out: BTreeSet::new(),
            unkept: None,
            held_back: VecDeque::new(),
            heard: Vec::new(),
            has_heard: false,
            health,
        }
    }

    /// Redis answers on a connection, or does not.
    pub(crate) fn reply(
        &mut self,
        now: Instant,
        channel: RedisChannel,
        reply: Result<RedisChannelReply, RedisFailure>,
    ) {
        match channel {
            RedisChannel::Acd => self.store.reply(now, reply, &mut self.heard),
            RedisChannel::Lease => self.lease.reply(now, reply),
            RedisChannel::Inbox => {
                let mail = self.inbox.reply(now, reply);
                self.store.take_mail(mail);
            }
        }
        self.take(now);
    }

    /// The next request.
    pub(crate) fn next_request(&mut self, now: Instant) -> Option<(RedisChannel, RedisChannelRequest)> {
        let request = self.store.advance(now, &mut self.heard);
        self.take(now);
        if let Some(request) = request {
            return Some((RedisChannel::Acd, request));
        }
        if let Some(position) = self.store.inbox() {
            self.inbox.begin(now, position);
        }
        if let Some(request) = self.inbox.advance(now) {
            return Some((RedisChannel::Inbox, request));
        }
        self.lease.advance(now).map(|request| (RedisChannel::Lease, request))
    }

    /// Takes in what was heard.
    fn take(&mut self, now: Instant) {
        for heard in std::mem::take(&mut self.heard) {
            self.has_heard |= !matches!(
                heard,
                RedisEvent::Usage(_) | RedisEvent::BarrierReached(_) | RedisEvent::Forgotten { .. }
            );
            self.note(&heard);
            let shut_out = self.common.heard(now, heard);
            self.shut_out.extend(shut_out);
        }
    }

    fn note(&mut self, heard: &RedisEvent) {
        let is_away = self.common.sharing().is_away();
        match heard {
            RedisEvent::BarrierReached(number) => self.reached = self.reached.max(*number),
            RedisEvent::Failed { op: asked, failure } => {
                metrics::REDIS_FAILED.counter(&[failure.kind()]).increment(1);
                if let RedisOp::Replicate { .. } = asked.op {
                    self.unkept = Some(format!("Redis did not keep it: {failure}"));
                }
            }
            RedisEvent::Unavailable(failure) => {
                self.health.redis(Some(failure.to_string()));
                metrics::REDIS_UP.gauge(&[]).set(0.0);
                if !is_away {
                    tracing::warn!(%failure, "Redis is away: lines are shared with no other daemon until it is back");
                }
            }
            RedisEvent::Available => {
                self.health.redis(None);
                metrics::REDIS_UP.gauge(&[]).set(1.0);
                metrics::REDIS_UPS.counter(&[]).increment(1);
                if is_away {
                    let dropped = self.common.sharing().dropped();
                    tracing::info!(dropped, "Redis is back: lines are shared again");
                }
            }
            RedisEvent::AcdReply(_)
            | RedisEvent::Forgotten { .. }
            | RedisEvent::Adopted(_)
            | RedisEvent::Usage(_) => {}
        }
    }

    /// Whether something was heard that the next turn has to take in; asked once.
    pub(crate) fn take_has_news(&mut self) -> bool {
        std::mem::take(&mut self.has_heard)
    }

    /// Takes out what the calls have not heard.
    pub(crate) fn take_replies(&mut self) -> Vec<Event> {
        self.common.take_replies()
    }

    /// The daemon acts for a switch: gives what the calls are to hear first, and what a daemon before it may not have
    /// delivered.
    pub(crate) fn begin_switch(&mut self, now: Instant, fence: Fence, loaded: LoadedSwitch) -> Takeover {
        self.common.begin(now, fence, loaded)
    }

    /// By what right the daemon acts for the switch, if it does.
    pub(crate) fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.common.fence(switch)
    }

    /// Another daemon acts for a switch.
    pub(crate) fn end_switch(&mut self, now: Instant, switch: &SwitchId) {
        self.strike_deliveries(switch);
        self.common.end(now, switch);
    }

    /// Another daemon acts for the switch by a right that goes before ours.
    pub(crate) fn superseded(&mut self, switch: &SwitchId) {
        if let Some(ours) = self.common.fence(switch).cloned() {
            self.lease.command(LeaseCommand::Superseded(ours));
        }
    }

    /// Whether another daemon could go on with all calls as they are now.
    pub(crate) fn can_hand_over(&self) -> bool {
        self.common.can_hand_over() && self.reached >= self.asked
    }

    /// Whether Redis has all that was done. A turn that waits for that is not done yet.
    pub(crate) fn has_saved_done_turns(&self, now: Instant) -> bool {
        self.common.can_hand_over() && (self.reached >= self.asked || self.waits_until(now).is_some())
    }

    /// Whether Redis has everything, what was delivered among it.
    pub(crate) fn is_complete(&self) -> bool {
        self.can_hand_over() && self.held_back.is_empty() && self.common.keeping().deliveries() == 0
    }

    /// How many lines the daemon's calls have, and how many of their claims wait.
    pub(crate) fn in_use(&self) -> (usize, usize) {
        let sharing = self.common.sharing();
        (sharing.lines_held(), sharing.claims_open())
    }

    /// When something is to be done with the next turn, whether a connection says anything or not.
    pub(crate) fn turn_deadline(&self) -> Option<Instant> {
        self.common.deadline()
    }

    /// When a connection is to be used.
    pub(crate) fn connection_deadline(&self) -> Option<Instant> {
        let deadlines = [self.store.deadline(), self.inbox.deadline(), self.lease.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Does what is due without Redis.
    pub(crate) fn run_due(&mut self, now: Instant) {
        self.common.run_due(now);
    }

    /// Keeps what changed in the engine, and asks what `out` asks of the store, before the rest of it is done.
    /// `deliveries` are what is to be delivered because of it. Says whether anything is kept by that.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        out: &mut Vec<Command>,
        deliveries: Vec<(SwitchId, Delivery)>,
        done: Vec<DeliveryId>,
    ) -> bool {
        self.unkept = None;
        let words = self.common.settle(now, engine, out, deliveries.clone(), done);
        let was_behind = self.reached < self.asked;
        let is_kept = words.barrier.is_some();
        if words.asked.is_empty() {
            // Nothing is to be said.
        } else if let Err(refused) = self.store.ask(words.asked) {
            self.common.refused(now, refused);
        } else if let Some(barrier) = words.barrier {
            self.asked = barrier;
        }
        let asked = self.asked;
        self.held_back.extend(deliveries.into_iter().map(|(switch, delivery)| (asked, switch, delivery)));
        // A turn does not wait for what the turn before it waited for in vain.
        self.waits_until = (is_kept && !was_behind).then_some(now + PERSIST_TIME_MAX);
        is_kept
    }

    /// Until when the turn that was settled last waits; none where it waits no longer.
    pub(crate) fn waits_until(&self, now: Instant) -> Option<Instant> {
        self.waits_until.filter(|until| self.reached < self.asked && now < *until)
    }

    /// The turn that was settled last waits no longer: why it is not kept, if it is not; and the switches that others
    /// act for, as Redis said.
    pub(crate) fn settled(&mut self) -> (Option<String>, BTreeSet<SwitchId>) {
        let waited = self.waits_until.take().is_some();
        let why = if self.reached < self.asked {
            Some(if waited { "Redis does not answer in time" } else { "Redis does not keep up" }.to_owned())
        } else {
            let more =
                || (!self.common.keeping().is_complete()).then(|| "Redis has not everything yet".to_owned());
            self.unkept.take().or_else(more)
        };
        let shut_out = std::mem::take(&mut self.shut_out);
        shut_out.iter().for_each(|switch| self.strike_deliveries(switch));
        (why, shut_out)
    }

    /// Takes out what may be delivered: once it is sure that no other daemon delivers it.
    pub(crate) fn deliverable(&mut self, now: Instant) -> Vec<Delivery> {
        if self.held_back.is_empty() {
            return Vec::new();
        }
        let is_away = self.common.sharing().is_away();
        let (reached, write_until) = (self.reached, self.lease.write_until());
        // Where the daemon was paused and does not know it yet, another one may have delivered it.
        let acts = |switch: &SwitchId| write_until.get(switch).is_some_and(|until| now < *until);
        let held_back = std::mem::take(&mut self.held_back).into_iter();
        let (deliverable, held_back): (Vec<_>, _) =
            held_back.partition(|(barrier, switch, _)| acts(switch) && (*barrier <= reached || is_away));
        self.held_back = held_back.into();
        deliverable.into_iter().map(|(.., delivery)| delivery).collect()
    }

    /// The daemon that acts for the switch now delivers what its calls gave rise to.
    fn strike_deliveries(&mut self, switch: &SwitchId) {
        self.held_back.retain(|(_, of, _)| of != switch);
    }

    /// The daemon ends: gives what waits to be delivered, and gives up what it acts for.
    pub(crate) fn finish(&mut self) -> Vec<Delivery> {
        self.lease.command(LeaseCommand::GiveUpAll);
        self.held_back.drain(..).map(|(.., delivery)| delivery).collect()
    }

    /// Whether all that was asked is done, and every lease is given up; or Redis is away.
    pub(crate) fn is_finished(&self) -> bool {
        (self.store.is_idle() || self.store.is_away()) && self.lease.is_finished()
    }

    /// Until when the daemon may write to which switch.
    pub(crate) fn write_until(&self) -> &BTreeMap<SwitchId, Instant> {
        self.lease.write_until()
    }
}
