//! Which operations save the calls of a daemon in Redis, and in which order.
//!
//! What a turn of the event loop changed and the ACD requests of its calls become one batch: versions of hotlines,
//! then the calls that follow them, then the requests, then the calls that ended, since the end of a call takes back
//! what the call still had. Each operation carries the token of the switch's lease. What Redis did not do is repeated
//! later. A call that changed since is not repeated: only its latest state counts, so the switchboard is asked to
//! report the call again.
//!
//! Pure: no clock, no connection.

use super::acd_failover::AcdFailover;
use super::call_entry::{CallEntry, HotlineVersion};
use super::failure::{RedisFailure, Remedy};
use super::limits::ADOPTED_AT_ONCE_CALLS_MAX;
use super::loaded_calls::LoadedSwitch;
use super::redis_op::{Fence, FencedOp, RedisOp, ReplicationOp};
use crate::persist::outbox::{Delivery, DeliveryId};
use crate::persist::snapshot::{LiveCall, TurnChanges};
use hotlined_core::hotline::Hotline;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many versions that no call follows stay in Redis: the next call of a quiet hotline needs the same version.
const IDLE_VERSIONS_MAX: usize = 256;
/// How many operations wait to be repeated at most; beyond that the oldest is dropped.
const REPEATS_MAX: usize = 200_000;
/// How many of them go out at once.
const REPEATS_AT_ONCE_MAX: usize = 500;
/// How long until the next of them go out: Redis may refuse for a reason that lasts, and turns wait meanwhile.
const REPEAT_EVERY: Millis = Millis(100);
/// How many deliveries one operation names at most.
const DELIVERIES_AT_ONCE_MAX: usize = 1_000;
/// The end of a call within this time is repeated when Redis is available again: a server that took over may lack the
/// last writes.
const LOST_SPAN: Millis = Millis::seconds(60);
/// How many ended calls, and how many deliveries, are remembered for that.
const ENDED_MAX: usize = 20_000;

/// The operations that go out together.
#[derive(Debug, Default)]
pub struct OpBatch {
    /// The operations in their order, with a barrier at the end.
    pub ops: Vec<FencedOp>,
    /// The number of the barrier: what the turn decided is carried out once the barrier is reached. `None` if nothing
    /// goes out.
    pub barrier: Option<u64>,
}

/// The calls of a daemon as Redis has them.
#[derive(Debug, Default)]
pub struct CallReplication {
    /// The leases that this daemon has.
    fences: BTreeMap<SwitchId, Fence>,
    live: BTreeMap<CallId, LiveEntry>,
    /// The versions that Redis has, and how many calls follow each.
    versions: BTreeMap<(SwitchId, HotlineVersion), usize>,
    /// The versions that no call followed at some time, the oldest first.
    idle_versions: VecDeque<(SwitchId, HotlineVersion)>,
    /// The deliveries that are not known to be done.
    deliveries: BTreeMap<DeliveryId, (SwitchId, String)>,
    /// The calls that ended lately, the oldest first.
    ended: VecDeque<(Instant, SwitchId, CallId)>,
    /// The deliveries that were done lately, the oldest first.
    done: VecDeque<(Instant, SwitchId, DeliveryId)>,
    /// The operations to repeat. Doing an operation twice is as doing it once.
    repeats: VecDeque<(SwitchId, ReplicationOp)>,
    /// The calls of which Redis may have an old state.
    stale_calls: BTreeSet<CallId>,
    /// When the next operations may be repeated.
    repeat_at: Instant,
    barriers: u64,
    dropped: u64,
}

#[derive(Debug)]
struct LiveEntry {
    switch: SwitchId,
    version: Option<HotlineVersion>,
}

/// Calls that ended: the switch of each, and the deliveries that it caused.
type EndedCalls = BTreeMap<CallId, (SwitchId, Vec<Delivery>)>;
/// The deliveries that the live calls of each switch caused.
type DeliveriesBySwitch = BTreeMap<SwitchId, Vec<Delivery>>;

impl CallReplication {
    /// This daemon is the active one of a switch from now on.
    pub fn begin_switch(&mut self, fence: Fence) {
        self.fences.insert(fence.switch.clone(), fence);
    }

    /// This daemon is no longer active for the switch: the calls belong to another daemon.
    pub fn end_switch(&mut self, switch: &SwitchId) {
        self.fences.remove(switch);
        self.live.retain(|_, live| live.switch != *switch);
        self.deliveries.retain(|_, (of, _)| of != switch);
        self.versions.retain(|(of, _), _| of != switch);
        self.idle_versions.retain(|(of, _)| of != switch);
        self.ended.retain(|(_, of, _)| of != switch);
        self.done.retain(|(_, of, _)| of != switch);
        self.repeats.retain(|(of, _)| of != switch);
    }

    /// The calls of the switch, and those of it that ended lately.
    pub fn calls(&self, switch: &SwitchId) -> BTreeSet<CallId> {
        let live = self.live.iter().filter(|(_, live)| live.switch == *switch).map(|(call, _)| call);
        let ended = self.ended.iter().filter(|(_, of, _)| of == switch).map(|(_, _, call)| call);
        live.chain(ended).cloned().collect()
    }

    /// Whether Redis has the latest state of everything, as far as this daemon knows.
    pub fn is_complete(&self) -> bool {
        self.repeats.is_empty() && self.stale_calls.is_empty()
    }

    /// The call could not be taken over: its entry in Redis stays as it is.
    pub fn keep_as_is(&mut self, call: &CallId) {
        self.live.remove(call);
        self.stale_calls.remove(call);
    }

    /// The lease of the switch, if this daemon has it.
    pub fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.fences.get(switch)
    }

    /// How many operations are never repeated, because too many waited.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many deliveries are not known to be done. A message may stay for days and does not count.
    pub fn open_deliveries(&self) -> usize {
        self.deliveries.keys().filter(|id| !id.is_message()).count()
    }

    /// This daemon takes over the calls that Redis has of a switch. Returns the operations to send once the
    /// switchboard has the calls.
    pub fn take_over_switch(&mut self, now: Instant, loaded: &LoadedSwitch) -> Vec<FencedOp> {
        let switch = &loaded.switch;
        for kept in &loaded.kept.calls {
            let version = loaded.calls.get(&kept.call).and_then(|open| open.version.clone());
            if let Some(version) = &version {
                *self.versions.entry((switch.clone(), version.clone())).or_default() += 1;
            }
            self.live.insert(kept.call.clone(), LiveEntry { switch: switch.clone(), version });
        }
        for Delivery { id, payload } in &loaded.kept.deliveries {
            self.deliveries.insert(id.clone(), (switch.clone(), payload.clone()));
        }
        // Redis may lose its last second once more, and have these calls as live ones again. Then their end is repeated
        // with the other ends of calls.
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
            .chunks(DELIVERIES_AT_ONCE_MAX)
            .map(|page| ReplicationOp::RemoveDeliveries(page.to_vec()));
        let over: Vec<FencedOp> = over.chain(done).map(|over| self.fenced_op(now, switch, over)).collect();
        let calls: Vec<CallId> = loaded.kept.calls.iter().map(|kept| kept.call.clone()).collect();
        let page = |page: &[CallId]| self.fenced_op(now, switch, ReplicationOp::AdoptCalls(page.to_vec()));
        over.into_iter().chain(calls.chunks(ADOPTED_AT_ONCE_CALLS_MAX).map(page)).collect()
    }

    /// What a turn changed, and the requests of its calls, as one batch. `failover` has seen the requests already, so
    /// it knows which claims wait.
    pub fn batch(
        &mut self,
        now: Instant,
        turn: TurnChanges,
        requests: Vec<(Instant, RedisOp)>,
        failover: &AcdFailover,
    ) -> OpBatch {
        let TurnChanges { live, over, inputs: _, deliveries, done } = turn;
        let mut ops = Vec::new();
        if now >= self.repeat_at && !failover.is_unavailable() {
            self.repeat_at = now + REPEAT_EVERY;
            let count = self.repeats.len().min(REPEATS_AT_ONCE_MAX);
            for (switch, op) in self.repeats.drain(..count).collect::<Vec<_>>() {
                let op = self.up_to_date(&switch, op);
                ops.extend(op.map(|op| self.fenced_op(now, &switch, op)));
            }
        }
        for call in live {
            self.save_call(now, call, failover, &mut ops);
        }
        let (ended, others) = self.split_deliveries(over, deliveries);
        for (switch, deliveries) in others {
            self.add_deliveries(now, &switch, deliveries, &mut ops);
        }
        for (at, op) in requests {
            ops.extend(self.fenced_request(at, op, &ended));
        }
        for (call, (switch, deliveries)) in ended {
            self.end_call(now, call, &switch, deliveries, &mut ops);
        }
        self.remove_deliveries(now, done, &mut ops);
        if ops.is_empty() {
            return OpBatch::default();
        }
        self.barriers += 1;
        ops.push(FencedOp { at: now, op: RedisOp::Barrier(self.barriers), fence: None });
        OpBatch { ops, barrier: Some(self.barriers) }
    }

    /// Redis did not do the operation, or it is unknown whether Redis did.
    pub fn on_failed(&mut self, failed: &FencedOp, failure: &RedisFailure) {
        if failure.remedy() == Remedy::StandBy {
            return;
        }
        let RedisOp::Replicate { switch, op } = &failed.op else { return };
        match op {
            ReplicationOp::SaveCall { call, .. } => {
                self.stale_calls.insert(call.clone());
            }
            ReplicationOp::SaveVersion { .. }
            | ReplicationOp::EndCall { .. }
            | ReplicationOp::AddDeliveries(_)
            | ReplicationOp::RemoveDeliveries(_)
            | ReplicationOp::AdoptCalls(_) => {
                self.repeat_later(switch.clone(), op.clone());
            }
            // The next daemon that loads the switch deletes versions that no call follows.
            ReplicationOp::DropVersions(_) => {}
        }
    }

    /// When to call [`take_stale_calls`](Self::take_stale_calls) and then [`batch`](Self::batch), even if nothing
    /// changed.
    pub fn deadline(&self, failover: &AcdFailover) -> Option<Instant> {
        let something = !self.repeats.is_empty() || !self.stale_calls.is_empty();
        (something && !failover.is_unavailable()).then_some(self.repeat_at)
    }

    /// Takes out calls of which Redis may have an old state: the next turn has to report them.
    pub fn take_stale_calls(&mut self, now: Instant) -> Vec<CallId> {
        let mut stale = Vec::new();
        while now >= self.repeat_at && stale.len() < REPEATS_AT_ONCE_MAX {
            let Some(call) = self.stale_calls.pop_first() else { break };
            if self.live.contains_key(&call) {
                stale.push(call);
            }
        }
        stale
    }

    /// Redis is available again, and may have lost the last writes: all live calls are
    /// [stale](Self::take_stale_calls).
    pub fn on_available(&mut self, now: Instant) {
        // The versions that calls follow are sent again with the calls.
        self.versions.clear();
        self.live.values_mut().for_each(|live| live.version = None);
        self.idle_versions.clear();
        self.stale_calls.extend(self.live.keys().cloned());
        let mut open: BTreeMap<CallId, Vec<(SwitchId, Delivery)>> = BTreeMap::new();
        for (id, (switch, payload)) in &self.deliveries {
            let delivery = Delivery { id: id.clone(), payload: payload.clone() };
            open.entry(id.call.clone()).or_default().push((switch.clone(), delivery));
        }
        for (at, switch, call) in std::mem::take(&mut self.ended) {
            if now.since(at) <= LOST_SPAN {
                let deliveries = open.remove(&call).into_iter().flatten().map(|(_, delivery)| delivery);
                let deliveries = deliveries.collect();
                self.repeat_later(switch.clone(), ReplicationOp::EndCall { call: call.clone(), deliveries });
                self.ended.push_back((at, switch, call));
            }
        }
        let mut others = DeliveriesBySwitch::new();
        for (switch, delivery) in open.into_values().flatten() {
            others.entry(switch).or_default().push(delivery);
        }
        for (switch, deliveries) in others {
            for page in deliveries.chunks(DELIVERIES_AT_ONCE_MAX) {
                self.repeat_later(switch.clone(), ReplicationOp::AddDeliveries(page.to_vec()));
            }
        }
        let mut done: BTreeMap<SwitchId, Vec<DeliveryId>> = BTreeMap::new();
        for (_, switch, id) in &self.done {
            done.entry(switch.clone()).or_default().push(id.clone());
        }
        for (switch, ids) in done {
            for page in ids.chunks(DELIVERIES_AT_ONCE_MAX) {
                self.repeat_later(switch.clone(), ReplicationOp::RemoveDeliveries(page.to_vec()));
            }
        }
    }

    fn fenced_op(&self, at: Instant, switch: &SwitchId, op: ReplicationOp) -> FencedOp {
        let fence = self.fences.get(switch).cloned();
        FencedOp { at, op: RedisOp::Replicate { switch: switch.clone(), op }, fence }
    }

    fn save_call(&mut self, now: Instant, live: LiveCall, failover: &AcdFailover, ops: &mut Vec<FencedOp>) {
        let LiveCall { call, switch, hotline, bytes } = live;
        let version = hotline.as_deref().map(HotlineVersion::of);
        let before = self.live.get(&call).and_then(|before| before.version.clone());
        if version != before {
            if let (Some(hotline), Some(version)) = (&hotline, &version) {
                self.add_follower(now, &switch, hotline, version.clone(), ops);
            }
            if let Some(before) = before {
                self.remove_follower(now, &switch, before, ops);
            }
        }
        let entry =
            CallEntry { version: version.clone(), open_claims: failover.waiting_claims(&call), saved: bytes };
        ops.push(self.fenced_op(now, &switch, ReplicationOp::SaveCall { call: call.clone(), entry }));
        self.stale_calls.remove(&call);
        self.live.insert(call, LiveEntry { switch, version });
    }

    /// A call follows this version. If Redis does not have the version, the version goes out first.
    fn add_follower(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        hotline: &Hotline,
        version: HotlineVersion,
        ops: &mut Vec<FencedOp>,
    ) {
        let key = (switch.clone(), version.clone());
        if let Some(followers) = self.versions.get_mut(&key) {
            *followers += 1;
            return;
        }
        // Only a type that has no JSON could fail here.
        let json = serde_json::to_string(hotline).unwrap_or_default().into();
        ops.push(self.fenced_op(now, switch, ReplicationOp::SaveVersion { version, json }));
        self.versions.insert(key, 1);
    }

    fn remove_follower(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        version: HotlineVersion,
        ops: &mut Vec<FencedOp>,
    ) {
        let key = (switch.clone(), version);
        let Some(followers) = self.versions.get_mut(&key) else { return };
        *followers = followers.saturating_sub(1);
        if *followers > 0 {
            return;
        }
        self.idle_versions.push_back(key);
        if self.idle_versions.len() <= IDLE_VERSIONS_MAX {
            return;
        }
        let Some(oldest) = self.idle_versions.pop_front() else { return };
        // A call may follow the version again, or the version is in the list a second time.
        if self.versions.get(&oldest) == Some(&0) && !self.idle_versions.contains(&oldest) {
            self.versions.remove(&oldest);
            let (switch, version) = oldest;
            ops.push(self.fenced_op(now, &switch, ReplicationOp::DropVersions(vec![version])));
        }
    }

    /// The calls that ended, each with its switch and its deliveries; and the deliveries of calls that go on.
    fn split_deliveries(
        &self,
        over: Vec<CallId>,
        deliveries: Vec<(SwitchId, Delivery)>,
    ) -> (EndedCalls, DeliveriesBySwitch) {
        let mut ended = EndedCalls::new();
        for call in over {
            if let Some(live) = self.live.get(&call) {
                ended.insert(call, (live.switch.clone(), Vec::new()));
            }
        }
        let mut others = DeliveriesBySwitch::new();
        for (switch, delivery) in deliveries {
            // A call that came and ended within one turn was never saved.
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

    fn add_deliveries(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        deliveries: Vec<Delivery>,
        ops: &mut Vec<FencedOp>,
    ) {
        self.note_deliveries(switch, &deliveries);
        for page in deliveries.chunks(DELIVERIES_AT_ONCE_MAX) {
            ops.push(self.fenced_op(now, switch, ReplicationOp::AddDeliveries(page.to_vec())));
        }
    }

    fn note_deliveries(&mut self, switch: &SwitchId, deliveries: &[Delivery]) {
        for Delivery { id, payload } in deliveries {
            self.deliveries.insert(id.clone(), (switch.clone(), payload.clone()));
        }
    }

    /// The request with the token of its call's switch. `None` for the end of a call that the batch ends anyway.
    fn fenced_request(&self, at: Instant, op: RedisOp, ended: &EndedCalls) -> Option<FencedOp> {
        let call = match &op {
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
        Some(FencedOp { at, op, fence })
    }

    fn end_call(
        &mut self,
        now: Instant,
        call: CallId,
        switch: &SwitchId,
        deliveries: Vec<Delivery>,
        ops: &mut Vec<FencedOp>,
    ) {
        if let Some(version) = self.live.remove(&call).and_then(|live| live.version) {
            self.remove_follower(now, switch, version, ops);
        }
        self.note_deliveries(switch, &deliveries);
        self.ended.push_back((now, switch.clone(), call.clone()));
        while self.ended.len() > ENDED_MAX
            || self.ended.front().is_some_and(|(at, _, _)| now.since(*at) > LOST_SPAN)
        {
            self.ended.pop_front();
        }
        ops.push(self.fenced_op(now, switch, ReplicationOp::EndCall { call, deliveries }));
    }

    fn remove_deliveries(&mut self, now: Instant, done: Vec<DeliveryId>, ops: &mut Vec<FencedOp>) {
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
            for page in ids.chunks(DELIVERIES_AT_ONCE_MAX) {
                ops.push(self.fenced_op(now, &switch, ReplicationOp::RemoveDeliveries(page.to_vec())));
            }
        }
    }

    fn repeat_later(&mut self, switch: SwitchId, op: ReplicationOp) {
        if self.repeats.len() >= REPEATS_MAX {
            self.repeats.pop_front();
            self.dropped += 1;
        }
        self.repeats.push_back((switch, op));
    }

    /// An operation to repeat, brought up to date; `None` if there is no reason to repeat it.
    fn up_to_date(&self, switch: &SwitchId, op: ReplicationOp) -> Option<ReplicationOp> {
        match op {
            ReplicationOp::SaveVersion { version, json } => {
                let is_followed = self.versions.contains_key(&(switch.clone(), version.clone()));
                is_followed.then_some(ReplicationOp::SaveVersion { version, json })
            }
            // A delivery that was done meanwhile must not be saved again: no daemon would ever delete it.
            ReplicationOp::EndCall { call, mut deliveries } => {
                self.refresh(&mut deliveries);
                Some(ReplicationOp::EndCall { call, deliveries })
            }
            ReplicationOp::AddDeliveries(mut deliveries) => {
                self.refresh(&mut deliveries);
                (!deliveries.is_empty()).then_some(ReplicationOp::AddDeliveries(deliveries))
            }
            ReplicationOp::AdoptCalls(_) | ReplicationOp::RemoveDeliveries(_) => Some(op),
            ReplicationOp::SaveCall { .. } | ReplicationOp::DropVersions(_) => None,
        }
    }

    /// Leaves out the deliveries that are done, and takes the latest version of the others.
    fn refresh(&self, deliveries: &mut Vec<Delivery>) {
        deliveries.retain_mut(|delivery| {
            let latest = self.deliveries.get(&delivery.id);
            if let Some((_, payload)) = latest {
                delivery.payload.clone_from(payload);
            }
            latest.is_some()
        });
    }
}

#[cfg(test)]
mod tests;
