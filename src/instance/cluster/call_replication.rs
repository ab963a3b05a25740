//! Which words keep the calls of a daemon in Redis, and in which order.
//!
//! What a turn of the loop changed and what its calls ask become one pipeline: versions of hotlines, then the calls
//! that follow them, then the requests, then the calls that are over, since each takes with it what it did not give
//! back. Each word shows the token of its call's switch. What Redis did not do is said again later, but for a call
//! that has changed since: of that, only how it is now counts, so whoever keeps calls is asked to tell it again.
//!
//! Pure: no clock, no connection.

use super::acd_failover::AcdFailover;
use super::call_entry::{CallEntry, HotlineVersion};
use super::failure::{RedisFailure, Remedy};
use super::loaded_calls::LoadedSwitch;
use super::redis_op::{Fence, FencedOp, RedisOp};
use crate::cluster::redis_op::{ADOPTED_AT_ONCE_CALLS_MAX, ReplicationOp};
use crate::persist::outbox::{Delivery, DeliveryId};
use crate::persist::snapshot::{LiveCall, TurnChanges};
use hotlined_core::hotline::Hotline;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many versions that no call follows are left in Redis: of a quiet hotline, the next call needs the same.
const IDLE_EDITIONS_MAX: usize = 256;
/// The most that waits to be said again; beyond it the oldest is dropped.
const AGAIN_MAX: usize = 200_000;
/// How much of that goes out at once.
const AGAIN_AT_ONCE_MAX: usize = 500;
/// How long until the next of it does: Redis may refuse for a reason that lasts, and turns have to wait meanwhile.
const AGAIN_EVERY: Millis = Millis(100);
/// How many deliveries are told to be done by one request.
const DONE_AT_ONCE_MAX: usize = 1_000;
/// How long ago a call may have ended for that to be said again when Redis is back: a server that took over may lack
/// what was written last.
const LOST_SPAN: Millis = Millis::seconds(60);
/// How many ended calls are remembered for that.
const ENDED_MAX: usize = 20_000;

/// What goes out in one pipeline.
#[derive(Debug, Default)]
pub struct OpBatch {
    /// In this order; a barrier stands at the end.
    pub asked: Vec<FencedOp>,
    /// The number of the barrier: nothing is to be done before it is reached. None where nothing goes out.
    pub barrier: Option<u64>,
}

/// The calls of a daemon, as Redis keeps them.
#[derive(Debug, Default)]
pub struct CallReplication {
    /// By what right we act for which switch.
    fences: BTreeMap<SwitchId, Fence>,
    live: BTreeMap<CallId, Live>,
    /// The versions that Redis has, and how many calls follow each.
    editions: BTreeMap<(SwitchId, HotlineVersion), usize>,
    /// Those that nobody followed at some time, the longest ago first.
    idle: VecDeque<(SwitchId, HotlineVersion)>,
    /// The deliveries that are not known to be done.
    deliveries: BTreeMap<DeliveryId, (SwitchId, String)>,
    /// The calls that ended lately, the longest ago first.
    ended: VecDeque<(Instant, SwitchId, CallId)>,
    /// The deliveries that were done lately, the longest ago first.
    done: VecDeque<(Instant, SwitchId, DeliveryId)>,
    /// What is to be said again. To say it twice is to say it once.
    again: VecDeque<(SwitchId, ReplicationOp)>,
    /// The calls that Redis may have as they were before.
    untold: BTreeSet<CallId>,
    /// From when on something is said again.
    again_at: Instant,
    barriers: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Live {
    switch: SwitchId,
    edition: Option<HotlineVersion>,
}

/// Calls that are over: where each was, and what is delivered because of it.
type Ended = BTreeMap<CallId, (SwitchId, Vec<Delivery>)>;
/// What is delivered because of calls of each switch.
type Deliveries = BTreeMap<SwitchId, Vec<Delivery>>;

impl CallReplication {
    /// We act for a switch from now on.
    pub fn acts(&mut self, fence: Fence) {
        self.fences.insert(fence.switch.clone(), fence);
    }

    /// We act for it no more: its calls are somebody else's.
    pub fn stands_by(&mut self, switch: &SwitchId) {
        self.fences.remove(switch);
        self.live.retain(|_, live| live.switch != *switch);
        self.deliveries.retain(|_, (of, _)| of != switch);
        self.editions.retain(|(of, _), _| of != switch);
        self.idle.retain(|(of, _)| of != switch);
        self.ended.retain(|(_, of, _)| of != switch);
        self.done.retain(|(_, of, _)| of != switch);
        self.again.retain(|(of, _)| of != switch);
    }

    /// The calls of the switch, and those of it that ended lately.
    pub fn calls(&self, switch: &SwitchId) -> BTreeSet<CallId> {
        let live = self.live.iter().filter(|(_, live)| live.switch == *switch).map(|(call, _)| call);
        let ended = self.ended.iter().filter(|(_, of, _)| of == switch).map(|(_, _, call)| call);
        live.chain(ended).cloned().collect()
    }

    /// Whether Redis has everything as it is, as far as we know.
    pub fn is_complete(&self) -> bool {
        self.again.is_empty() && self.untold.is_empty()
    }

    /// The call could not be taken up: what is kept of it stays as it is.
    pub fn leaves(&mut self, call: &CallId) {
        self.live.remove(call);
        self.untold.remove(call);
    }

    /// By what right we act for the switch.
    pub fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.fences.get(switch)
    }

    /// How much will never be said, because too much waited.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many deliveries are not known to be done.
    pub fn deliveries(&self) -> usize {
        self.deliveries.len()
    }

    /// The calls of a daemon before us are ours, as Redis has them. What comes back is to be asked once the
    /// switchboard has them.
    pub fn take_up(&mut self, now: Instant, loaded: &LoadedSwitch) -> Vec<FencedOp> {
        let switch = &loaded.switch;
        for kept in &loaded.kept.calls {
            let edition = loaded.calls.get(&kept.call).and_then(|open| open.edition.clone());
            if let Some(edition) = &edition {
                *self.editions.entry((switch.clone(), edition.clone())).or_default() += 1;
            }
            self.live.insert(kept.call.clone(), Live { switch: switch.clone(), edition });
        }
        for Delivery { id, payload } in &loaded.kept.deliveries {
            self.deliveries.insert(id.clone(), (switch.clone(), payload.clone()));
        }
        // Redis may lose its last second once more, and have these calls as live ones again: that they are over is then
        // told with what else ended lately.
        let records = loaded.kept.deliveries.iter().map(|delivery| &delivery.id).chain(&loaded.kept.done);
        let recorded = records.filter(|id| id.is_record()).map(|id| &id.call);
        let ended = loaded.ended.iter().chain(recorded).filter(|call| !self.live.contains_key(*call));
        self.ended.extend(ended.map(|call| (now, switch.clone(), call.clone())));
        self.done.extend(loaded.kept.done.iter().map(|id| (now, switch.clone(), id.clone())));
        let over = loaded
            .ended
            .iter()
            .map(|call| ReplicationOp::EndCall { call: call.clone(), deliveries: Vec::new() });
        let done = loaded
            .kept
            .done
            .chunks(DONE_AT_ONCE_MAX)
            .map(|page| ReplicationOp::RemoveDeliveries(page.to_vec()));
        let over: Vec<FencedOp> = over.chain(done).map(|over| self.keep(now, switch, over)).collect();
        let calls: Vec<CallId> = loaded.kept.calls.iter().map(|kept| kept.call.clone()).collect();
        let page = |page: &[CallId]| self.keep(now, switch, ReplicationOp::AdoptCalls(page.to_vec()));
        over.into_iter().chain(calls.chunks(ADOPTED_AT_ONCE_CALLS_MAX).map(page)).collect()
    }

    /// What a turn changed, and what its calls ask, as one pipeline. What is shared has heard of the requests
    /// already, so that it knows which claims wait.
    pub fn words(
        &mut self,
        now: Instant,
        turn: TurnChanges,
        requests: Vec<(Instant, RedisOp)>,
        sharing: &AcdFailover,
    ) -> OpBatch {
        let TurnChanges { live, over, inputs: _, deliveries, done } = turn;
        let mut asked = Vec::new();
        if now >= self.again_at && !sharing.is_away() {
            self.again_at = now + AGAIN_EVERY;
            let count = self.again.len().min(AGAIN_AT_ONCE_MAX);
            for (switch, what) in self.again.drain(..count).collect::<Vec<_>>() {
                let what = self.as_it_is_now(&switch, what);
                asked.extend(what.map(|what| self.keep(now, &switch, what)));
            }
        }
        for call in live {
            self.live(now, call, sharing, &mut asked);
        }
        let (ended, others) = self.ended(over, deliveries);
        for (switch, deliveries) in others {
            self.deliver(now, &switch, deliveries, &mut asked);
        }
        for (at, ask) in requests {
            asked.extend(self.request(at, ask, &ended));
        }
        for (call, (switch, deliveries)) in ended {
            self.over(now, call, &switch, deliveries, &mut asked);
        }
        self.done(now, done, &mut asked);
        if asked.is_empty() {
            return OpBatch::default();
        }
        self.barriers += 1;
        asked.push(FencedOp { at: now, op: RedisOp::Barrier(self.barriers), fence: None });
        OpBatch { asked, barrier: Some(self.barriers) }
    }

    /// Redis did not do this, or nobody knows whether it did.
    pub fn failed(&mut self, asked: &FencedOp, failure: &RedisFailure) {
        if failure.remedy() == Remedy::StandBy {
            return;
        }
        let RedisOp::Replicate { switch, op: what } = &asked.op else { return };
        match what {
            ReplicationOp::SaveCall { call, .. } => {
                self.untold.insert(call.clone());
            }
            ReplicationOp::SaveVersion { .. }
            | ReplicationOp::EndCall { .. }
            | ReplicationOp::AddDeliveries(_)
            | ReplicationOp::RemoveDeliveries(_)
            | ReplicationOp::AdoptCalls(_) => {
                self.say_again(switch.clone(), what.clone());
            }
            // Whoever loads strikes what nobody follows.
            ReplicationOp::DropVersions(_) => {}
        }
    }

    /// When [`words`](Self::words) are wanted, though nothing changed; and [`untold`](Self::untold) before.
    pub fn deadline(&self, sharing: &AcdFailover) -> Option<Instant> {
        let something = !self.again.is_empty() || !self.untold.is_empty();
        (something && !sharing.is_away()).then_some(self.again_at)
    }

    /// The calls that Redis may have as they were before: they are to be told again, by the next turn.
    pub fn untold(&mut self, now: Instant) -> Vec<CallId> {
        let mut untold = Vec::new();
        while now >= self.again_at && untold.len() < AGAIN_AT_ONCE_MAX {
            let Some(call) = self.untold.pop_first() else { break };
            if self.live.contains_key(&call) {
                untold.push(call);
            }
        }
        untold
    }

    /// Redis is back, and may have lost what was written last: all live calls are [`untold`](Self::untold).
    pub fn back(&mut self, now: Instant) {
        // What calls follow is told anew with them.
        self.editions.clear();
        self.live.values_mut().for_each(|live| live.edition = None);
        self.idle.clear();
        self.untold.extend(self.live.keys().cloned());
        let mut open: BTreeMap<CallId, Vec<(SwitchId, Delivery)>> = BTreeMap::new();
        for (id, (switch, payload)) in &self.deliveries {
            let delivery = Delivery { id: id.clone(), payload: payload.clone() };
            open.entry(id.call.clone()).or_default().push((switch.clone(), delivery));
        }
        for (at, switch, call) in std::mem::take(&mut self.ended) {
            if now.since(at) <= LOST_SPAN {
                let deliveries = open.remove(&call).into_iter().flatten().map(|(_, delivery)| delivery);
                let deliveries = deliveries.collect();
                self.say_again(switch.clone(), ReplicationOp::EndCall { call: call.clone(), deliveries });
                self.ended.push_back((at, switch, call));
            }
        }
        let mut others = Deliveries::new();
        for (switch, delivery) in open.into_values().flatten() {
            others.entry(switch).or_default().push(delivery);
        }
        for (switch, deliveries) in others {
            for page in deliveries.chunks(DONE_AT_ONCE_MAX) {
                self.say_again(switch.clone(), ReplicationOp::AddDeliveries(page.to_vec()));
            }
        }
        let mut done: BTreeMap<SwitchId, Vec<DeliveryId>> = BTreeMap::new();
        for (_, switch, id) in &self.done {
            done.entry(switch.clone()).or_default().push(id.clone());
        }
        for (switch, ids) in done {
            for page in ids.chunks(DONE_AT_ONCE_MAX) {
                self.say_again(switch.clone(), ReplicationOp::RemoveDeliveries(page.to_vec()));
            }
        }
    }

    fn keep(&self, at: Instant, switch: &SwitchId, what: ReplicationOp) -> FencedOp {
        let fence = self.fences.get(switch).cloned();
        FencedOp { at, op: RedisOp::Replicate { switch: switch.clone(), op: what }, fence }
    }

    fn live(&mut self, now: Instant, live: LiveCall, sharing: &AcdFailover, asked: &mut Vec<FencedOp>) {
        let LiveCall { call, switch, hotline, bytes } = live;
        let edition = hotline.as_deref().map(HotlineVersion::of);
        let before = self.live.get(&call).and_then(|before| before.edition.clone());
        if edition != before {
            if let (Some(hotline), Some(edition)) = (&hotline, &edition) {
                self.follow(now, &switch, hotline, edition.clone(), asked);
            }
            if let Some(before) = before {
                self.unfollow(now, &switch, before, asked);
            }
        }
        let entry = CallEntry { edition: edition.clone(), waits: sharing.waits(&call), saved: bytes };
        asked.push(self.keep(now, &switch, ReplicationOp::SaveCall { call: call.clone(), entry }));
        self.untold.remove(&call);
        self.live.insert(call, Live { switch, edition });
    }

    /// A call follows this version, which Redis is told first if it does not have it.
    fn follow(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        hotline: &Hotline,
        edition: HotlineVersion,
        asked: &mut Vec<FencedOp>,
    ) {
        let key = (switch.clone(), edition.clone());
        if let Some(followers) = self.editions.get_mut(&key) {
            *followers += 1;
            return;
        }
        // Only a type that has no JSON could fail here.
        let json = serde_json::to_string(hotline).unwrap_or_default().into();
        asked.push(self.keep(now, switch, ReplicationOp::SaveVersion { version: edition, json }));
        self.editions.insert(key, 1);
    }

    fn unfollow(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        edition: HotlineVersion,
        asked: &mut Vec<FencedOp>,
    ) {
        let key = (switch.clone(), edition);
        let Some(followers) = self.editions.get_mut(&key) else { return };
        *followers = followers.saturating_sub(1);
        if *followers > 0 {
            return;
        }
        self.idle.push_back(key);
        if self.idle.len() <= IDLE_EDITIONS_MAX {
            return;
        }
        let Some(oldest) = self.idle.pop_front() else { return };
        // It may be followed again, or stand here a second time.
        if self.editions.get(&oldest) == Some(&0) && !self.idle.contains(&oldest) {
            self.editions.remove(&oldest);
            let (switch, edition) = oldest;
            asked.push(self.keep(now, &switch, ReplicationOp::DropVersions(vec![edition])));
        }
    }

    /// The calls that are over, each with where it was and what is delivered because of it; and what is delivered
    /// because of calls that go on.
    fn ended(&self, over: Vec<CallId>, deliveries: Vec<(SwitchId, Delivery)>) -> (Ended, Deliveries) {
        let mut ended = Ended::new();
        for call in over {
            if let Some(live) = self.live.get(&call) {
                ended.insert(call, (live.switch.clone(), Vec::new()));
            }
        }
        let mut others = Deliveries::new();
        for (switch, delivery) in deliveries {
            // A call that came and went within a turn was never kept.
            let call = &delivery.id.call;
            if ended.contains_key(call) || delivery.id.is_record() {
                let (_, with_it) = ended.entry(call.clone()).or_insert_with(|| (switch.clone(), Vec::new()));
                with_it.push(delivery);
            } else {
                others.entry(switch).or_default().push(delivery);
            }
        }
        (ended, others)
    }

    fn deliver(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        deliveries: Vec<Delivery>,
        asked: &mut Vec<FencedOp>,
    ) {
        self.note_deliveries(switch, &deliveries);
        for page in deliveries.chunks(DONE_AT_ONCE_MAX) {
            asked.push(self.keep(now, switch, ReplicationOp::AddDeliveries(page.to_vec())));
        }
    }

    fn note_deliveries(&mut self, switch: &SwitchId, deliveries: &[Delivery]) {
        for Delivery { id, payload } in deliveries {
            self.deliveries.insert(id.clone(), (switch.clone(), payload.clone()));
        }
    }

    /// A request shows the token of its call's switch; that a call is over is said once.
    fn request(&self, at: Instant, ask: RedisOp, ended: &Ended) -> Option<FencedOp> {
        let call = match &ask {
            RedisOp::Request { id, .. } | RedisOp::Hold { id, .. } => Some(&id.call),
            RedisOp::Forget(call) if ended.contains_key(call) => return None,
            RedisOp::Forget(call) => Some(call),
            RedisOp::Replicate { .. } | RedisOp::Barrier(_) | RedisOp::RunDue | RedisOp::CountUsage => None,
        };
        let switch = call.and_then(|call| {
            let live = self.live.get(call).map(|live| &live.switch);
            live.or_else(|| ended.get(call).map(|(switch, _)| switch))
        });
        let fence = switch.and_then(|switch| self.fences.get(switch)).cloned();
        Some(FencedOp { at, op: ask, fence })
    }

    fn over(
        &mut self,
        now: Instant,
        call: CallId,
        switch: &SwitchId,
        deliveries: Vec<Delivery>,
        asked: &mut Vec<FencedOp>,
    ) {
        if let Some(edition) = self.live.remove(&call).and_then(|live| live.edition) {
            self.unfollow(now, switch, edition, asked);
        }
        self.note_deliveries(switch, &deliveries);
        self.ended.push_back((now, switch.clone(), call.clone()));
        while self.ended.len() > ENDED_MAX
            || self.ended.front().is_some_and(|(at, _, _)| now.since(*at) > LOST_SPAN)
        {
            self.ended.pop_front();
        }
        asked.push(self.keep(now, switch, ReplicationOp::EndCall { call, deliveries }));
    }

    fn done(&mut self, now: Instant, done: Vec<DeliveryId>, asked: &mut Vec<FencedOp>) {
        let mut of: BTreeMap<SwitchId, Vec<DeliveryId>> = BTreeMap::new();
        for id in done {
            if let Some((switch, _)) = self.deliveries.remove(&id) {
                self.done.push_back((now, switch.clone(), id.clone()));
                of.entry(switch).or_default().push(id);
            }
        }
        while self.done.len() > ENDED_MAX
            || self.done.front().is_some_and(|(at, _, _)| now.since(*at) > LOST_SPAN)
        {
            self.done.pop_front();
        }
        for (switch, ids) in of {
            for page in ids.chunks(DONE_AT_ONCE_MAX) {
                asked.push(self.keep(now, &switch, ReplicationOp::RemoveDeliveries(page.to_vec())));
            }
        }
    }

    fn say_again(&mut self, switch: SwitchId, what: ReplicationOp) {
        if self.again.len() >= AGAIN_MAX {
            self.again.pop_front();
            self.dropped += 1;
        }
        self.again.push_back((switch, what));
    }

    /// What waited to be said again, if there is still a reason to.
    fn as_it_is_now(&self, switch: &SwitchId, what: ReplicationOp) -> Option<ReplicationOp> {
        match what {
            ReplicationOp::SaveVersion { version: edition, json } => {
                let is_followed = self.editions.contains_key(&(switch.clone(), edition.clone()));
                is_followed.then_some(ReplicationOp::SaveVersion { version: edition, json })
            }
            // A delivery that was done meanwhile is not kept any more: nobody would ever strike it.
            ReplicationOp::EndCall { call, mut deliveries } => {
                deliveries.retain(|delivery| self.deliveries.contains_key(&delivery.id));
                Some(ReplicationOp::EndCall { call, deliveries })
            }
            ReplicationOp::AddDeliveries(mut deliveries) => {
                deliveries.retain(|delivery| self.deliveries.contains_key(&delivery.id));
                (!deliveries.is_empty()).then_some(ReplicationOp::AddDeliveries(deliveries))
            }
            ReplicationOp::AdoptCalls(_) | ReplicationOp::RemoveDeliveries(_) => Some(what),
            ReplicationOp::SaveCall { .. } | ReplicationOp::DropVersions(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
