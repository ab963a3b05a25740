//! What is kept of a switch's calls for whoever takes them over.

use super::SimulatedRedis;
use hotlined_core::call::SAVED_FORMAT;
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::Hotline;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;
use hotlined_instance::cluster::call_entry::{CallEntry, HotlineVersion};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::loaded_calls::{LoadedCall, LoadedSwitch};
use hotlined_instance::cluster::redis_op::Fence;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use hotlined_instance::persist::snapshot::PersistedState;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The calls of a switch, the versions of hotlines that they follow, what is not delivered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptOfSwitch {
    calls: BTreeMap<CallId, CallEntry>,
    editions: BTreeMap<HotlineVersion, Arc<str>>,
    outbox: BTreeMap<DeliveryId, String>,
}

impl KeptOfSwitch {
    pub(super) fn has(&self, call: &CallId) -> bool {
        self.calls.contains_key(call)
    }

    pub(super) fn names(&self) -> BTreeSet<CallId> {
        self.calls.keys().chain(self.outbox.keys().map(|id| &id.call)).cloned().collect()
    }

    pub(super) fn keep(&mut self, what: &ReplicationOp) {
        match what {
            ReplicationOp::SaveCall { call, entry } => {
                self.calls.insert(call.clone(), entry.clone());
            }
            ReplicationOp::SaveVersion { version: edition, json } => {
                self.editions.insert(edition.clone(), json.clone());
            }
            ReplicationOp::DropVersions(editions) => {
                self.editions.retain(|edition, _| !editions.contains(edition))
            }
            ReplicationOp::AddDeliveries(deliveries) => self.deliver(deliveries),
            ReplicationOp::RemoveDeliveries(done) => self.outbox.retain(|id, _| !done.contains(id)),
            ReplicationOp::EndCall { call, deliveries } => self.is_over(call, deliveries),
            ReplicationOp::AdoptCalls(_) => {}
        }
    }

    pub(super) fn is_over(&mut self, call: &CallId, deliveries: &[Delivery]) {
        self.calls.remove(call);
        self.deliver(deliveries);
    }

    fn deliver(&mut self, deliveries: &[Delivery]) {
        let delivery = |delivery: &Delivery| (delivery.id.clone(), delivery.payload.clone());
        self.outbox.extend(deliveries.iter().map(delivery));
    }
}

impl SimulatedRedis {
    /// What is kept of the switch that somebody acts for, as
    /// `RedisClient::load` gives it.
    ///
    /// # Errors
    /// Redis is down or hangs, or another daemon with a higher token is active.
    pub fn load(&mut self, now: Instant, fence: &Fence) -> Result<LoadedSwitch, RedisFailure> {
        self.touch(now)?;
        let token = self.highest_token(&fence.switch);
        let kept = self.state.kept.entry(fence.switch.clone()).or_default();
        let mut loaded = LoadedSwitch {
            switch: fence.switch.clone(),
            kept: PersistedState::default(),
            calls: BTreeMap::new(),
            ended: Vec::new(),
        };
        for (name, CallEntry { version, open_claims, saved }) in kept.calls.clone() {
            match read(&name, &saved) {
                Ok(call) => {
                    loaded.kept.calls.push(call);
                    loaded.calls.insert(name, LoadedCall { version, open_claims });
                }
                Err(why) => loaded.kept.losses.push(format!("the call {name} is {why}")),
            }
        }
        let followed: BTreeSet<&HotlineVersion> =
            loaded.calls.values().filter_map(|open| open.version.as_ref()).collect();
        for (edition, json) in kept.editions.iter().filter(|(edition, _)| followed.contains(edition)) {
            match serde_json::from_str::<Hotline>(json) {
                Ok(hotline) => loaded.kept.hotlines.push(Arc::new(hotline)),
                Err(error) => loaded.kept.losses.push(format!("the version {edition} of a hotline: {error}")),
            }
        }
        if loaded.kept.losses.is_empty() {
            if token > fence.token && kept.editions.keys().any(|edition| !followed.contains(edition)) {
                return Err(RedisFailure::Fenced { token });
            }
            kept.editions.retain(|edition, _| followed.contains(edition));
        }
        let delivery =
            |(id, payload): (&DeliveryId, &String)| Delivery { id: id.clone(), payload: payload.clone() };
        loaded.kept.deliveries.extend(kept.outbox.iter().map(delivery));
        Ok(loaded)
    }
}

/// A call that was kept, or what it is instead.
fn read(name: &CallId, saved: &[u8]) -> Result<RawSavedCall, String> {
    let call = RawSavedCall::from_bytes(saved).map_err(|bad| bad.to_string())?;
    if call.call != *name {
        return Err(format!("another one: {}", call.call));
    }
    if call.format > SAVED_FORMAT {
        return Err(format!("saved in format {} by a later version", call.format));
    }
    Ok(call)
}
