//! The Redis that several daemons share, as an instance sees it: what a turn decided goes out in one pipeline, and the
//! turn waits until Redis has it, but not for long.
//!
//! Where Redis takes longer than that, or is away, turns are done without waiting until it answers again. Only
//! deliveries wait besides, while it is not sure that no other daemon acts.

use super::acd_client::StoreClient;
use super::inbox_client::InboxClient;
use super::lease_client::{LeaseClient, LeaseCommand};
use super::redis_request::{Channel, RedisReply, RedisRequest};
use crate::cluster::failure::Failure;
use crate::cluster::kept_call::Loaded;
use crate::cluster::redis_event::Heard;
use crate::cluster::redis_op::{Ask, Fence};
use crate::cluster::shared_state::{Common, Legacy};
use crate::daemon_id::DaemonId;
use crate::health::Health;
use crate::metrics;
use crate::persist::KEEP_TIME_MAX;
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
pub(crate) struct Cluster {
    common: Common,
    store: StoreClient,
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
    heard: Vec<Heard>,
    /// Whether something was heard that the calls are to hear with the next turn.
    has_heard: bool,
    health: Arc<Health>,
}

impl Cluster {
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
            common: Common::default(),
            store: StoreClient::new(now),
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
    pub(crate) fn reply(&mut self, now: Instant, channel: Channel, reply: Result<RedisReply, Failure>) {
        match channel {
            Channel::Store => self.store.reply(now, reply, &mut self.heard),
            Channel::Lease => self.lease.reply(now, reply),
            Channel::Inbox => {
                let mail = self.inbox.reply(now, reply);
                self.store.take_mail(mail);
            }
        }
        self.take(now);
    }

    /// The next request.
    pub(crate) fn next_request(&mut self, now: Instant) -> Option<(Channel, RedisRequest)> {
        let request = self.store.advance(now, &mut self.heard);
        self.take(now);
        if let Some(request) = request {
            return Some((Channel::Store, request));
        }
        if let Some(position) = self.store.inbox() {
            self.inbox.begin(now, position);
        }
        if let Some(request) = self.inbox.advance(now) {
            return Some((Channel::Inbox, request));
        }
        self.lease.advance(now).map(|request| (Channel::Lease, request))
    }

    /// Takes in what was heard.
    fn take(&mut self, now: Instant) {
        for heard in std::mem::take(&mut self.heard) {
            self.has_heard |=
                !matches!(heard, Heard::Figures(_) | Heard::Reached(_) | Heard::Forgotten { .. });
            self.note(&heard);
            let shut_out = self.common.heard(now, heard);
            self.shut_out.extend(shut_out);
        }
    }

    fn note(&mut self, heard: &Heard) {
        let is_away = self.common.sharing().is_away();
        match heard {
            Heard::Reached(number) => self.reached = self.reached.max(*number),
            Heard::Failed { asked, failure } => {
                metrics::REDIS_FAILED.counter(&[failure.kind()]).increment(1);
                if let Ask::Keep { .. } = asked.ask {
                    self.unkept = Some(format!("Redis did not keep it: {failure}"));
                }
            }
            Heard::Away(failure) => {
                self.health.redis(Some(failure.to_string()));
                metrics::REDIS_UP.gauge(&[]).set(0.0);
                if !is_away {
                    tracing::warn!(%failure, "Redis is away: lines are shared with no other daemon until it is back");
                }
            }
            Heard::Back => {
                self.health.redis(None);
                metrics::REDIS_UP.gauge(&[]).set(1.0);
                metrics::REDIS_UPS.counter(&[]).increment(1);
                if is_away {
                    let dropped = self.common.sharing().dropped();
                    tracing::info!(dropped, "Redis is back: lines are shared again");
                }
            }
            Heard::Event(_) | Heard::Forgotten { .. } | Heard::Adopted(_) | Heard::Figures(_) => {}
        }
    }

    /// Whether something was heard that the next turn has to take in; asked once.
    pub(crate) fn take_has_heard(&mut self) -> bool {
        std::mem::take(&mut self.has_heard)
    }

    /// Takes out what the calls have not heard.
    pub(crate) fn answers(&mut self) -> Vec<Event> {
        self.common.answers()
    }

    /// The daemon acts for a switch: gives what the calls are to hear first, and what a daemon before it may not have
    /// delivered.
    pub(crate) fn begin_for(&mut self, now: Instant, fence: Fence, loaded: Loaded) -> Legacy {
        self.common.begin(now, fence, loaded)
    }

    /// By what right the daemon acts for the switch, if it does.
    pub(crate) fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.common.fence(switch)
    }

    /// Another daemon acts for a switch.
    pub(crate) fn end_for(&mut self, now: Instant, switch: &SwitchId) {
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
    pub(crate) fn may_leave(&self) -> bool {
        self.common.may_leave() && self.reached >= self.asked
    }

    /// Whether Redis has all that was done. A turn that waits for that is not done yet.
    pub(crate) fn has_kept_done(&self, now: Instant) -> bool {
        self.common.may_leave() && (self.reached >= self.asked || self.waits_until(now).is_some())
    }

    /// Whether Redis has everything, what was delivered among it.
    pub(crate) fn is_told(&self) -> bool {
        self.may_leave() && self.held_back.is_empty() && self.common.keeping().deliveries() == 0
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
    pub(crate) fn due(&mut self, now: Instant) {
        self.common.due(now);
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
        self.waits_until = (is_kept && !was_behind).then_some(now + KEEP_TIME_MAX);
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
                || (!self.common.keeping().is_told()).then(|| "Redis has not everything yet".to_owned());
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
        let (reached, permits) = (self.reached, self.lease.permits());
        // Where the daemon was paused and does not know it yet, another one may have delivered it.
        let acts = |switch: &SwitchId| permits.get(switch).is_some_and(|until| now < *until);
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
        self.lease.command(LeaseCommand::GiveUp);
        self.held_back.drain(..).map(|(.., delivery)| delivery).collect()
    }

    /// Whether all that was asked is done, and every lease is given up; or Redis is away.
    pub(crate) fn is_finished(&self) -> bool {
        (self.store.is_idle() || self.store.is_away()) && self.lease.is_finished()
    }

    /// Until when the daemon may write to which switch.
    pub(crate) fn permits(&self) -> &BTreeMap<SwitchId, Instant> {
        self.lease.permits()
    }
}
