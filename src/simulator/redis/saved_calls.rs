//! The saved calls of a switch, for the daemon that takes them over.

use super::server::SimulatedRedis;
use super::state::SwitchStorage;
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

impl SwitchStorage {
    /// Whether the call is saved as a live call.
    pub(super) fn is_live(&self, call: &CallId) -> bool {
        self.calls.contains_key(call)
    }

    /// The calls that are saved, or whose record is not delivered yet.
    pub(super) fn call_ids(&self) -> BTreeSet<CallId> {
        let records = self.outbox.keys().filter(|id| id.is_record()).map(|id| &id.call);
        self.calls.keys().chain(records).cloned().collect()
    }

    /// Executes a replication operation.
    pub(super) fn apply(&mut self, op: &ReplicationOp) {
        match op {
            ReplicationOp::SaveCall { call, entry } => {
                self.calls.insert(call.clone(), entry.clone());
            }
            ReplicationOp::SaveVersion { version, json } => {
                self.versions.insert(version.clone(), json.clone());
            }
            ReplicationOp::DropVersions(dropped) => {
                self.versions.retain(|version, _| !dropped.contains(version))
            }
            ReplicationOp::AddDeliveries(deliveries) => self.add_deliveries(deliveries),
            ReplicationOp::RemoveDeliveries(done) => self.outbox.retain(|id, _| !done.contains(id)),
            ReplicationOp::EndCall { call, deliveries } => self.end_call(call, deliveries),
            ReplicationOp::AdoptCalls(_) => {}
        }
    }

    /// The call ends: it is deleted, and its deliveries wait in the outbox.
    pub(super) fn end_call(&mut self, call: &CallId, deliveries: &[Delivery]) {
        self.calls.remove(call);
        self.add_deliveries(deliveries);
    }

    fn add_deliveries(&mut self, deliveries: &[Delivery]) {
        let delivery = |delivery: &Delivery| (delivery.id.clone(), delivery.payload.clone());
        self.outbox.extend(deliveries.iter().map(delivery));
    }
}

impl SimulatedRedis {
    /// The saved calls, hotline versions and deliveries of the switch, as from `RedisClient::load`.
    ///
    /// # Errors
    /// Redis is down or hangs, or another daemon with a higher token is active.
    pub fn load(&mut self, now: Instant, fence: &Fence) -> Result<LoadedSwitch, RedisFailure> {
        self.begin_request(now)?;
        let token = self.highest_token(&fence.switch);
        let storage = self.state.switches.entry(fence.switch.clone()).or_default();
        let mut loaded = LoadedSwitch {
            switch: fence.switch.clone(),
            kept: PersistedState::default(),
            calls: BTreeMap::new(),
            ended: Vec::new(),
        };
        for (name, CallEntry { version, open_claims, saved }) in storage.calls.clone() {
            match parse_saved_call(&name, &saved) {
                Ok(call) => {
                    loaded.kept.calls.push(call);
                    loaded.calls.insert(name, LoadedCall { version, open_claims });
                }
                Err(why) => loaded.kept.losses.push(format!("the call {name} is {why}")),
            }
        }
        let followed: BTreeSet<&HotlineVersion> =
            loaded.calls.values().filter_map(|call| call.version.as_ref()).collect();
        for (version, json) in storage.versions.iter().filter(|(version, _)| followed.contains(version)) {
            match serde_json::from_str::<Hotline>(json) {
                Ok(hotline) => loaded.kept.hotlines.push(Arc::new(hotline)),
                Err(error) => loaded.kept.losses.push(format!("the version {version} of a hotline: {error}")),
            }
        }
        if loaded.kept.losses.is_empty() {
            if token > fence.token && storage.versions.keys().any(|version| !followed.contains(version)) {
                return Err(RedisFailure::Fenced { token });
            }
            storage.versions.retain(|version, _| followed.contains(version));
        }
        let delivery =
            |(id, payload): (&DeliveryId, &String)| Delivery { id: id.clone(), payload: payload.clone() };
        loaded.kept.deliveries.extend(storage.outbox.iter().map(delivery));
        Ok(loaded)
    }
}

/// The saved call, or why it cannot be read.
fn parse_saved_call(name: &CallId, saved: &[u8]) -> Result<RawSavedCall, String> {
    let call = RawSavedCall::from_bytes(saved).map_err(|bad| bad.to_string())?;
    if call.call != *name {
        return Err(format!("another one: {}", call.call));
    }
    if call.format > SAVED_FORMAT {
        return Err(format!("saved in format {} by a later version", call.format));
    }
    Ok(call)
}
