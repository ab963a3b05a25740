//! The calls of a switch, kept in Redis for the daemon that comes after this one.
//!
//! What is kept of a switch stands in three hashes, so that whoever takes over finds everything without a search.
//! Who keeps shows the token of the switch's lease with each word, so that a daemon that acted too long can neither
//! keep nor forget; without a token nobody keeps anything of a switch that ever had a lease.
//!
//! A daemon that takes over has the lease first: from then on nobody else writes what it [loads](RedisClient::load).
//! It then lets its switchboard take the calls up, and only after that [adopts](Keep::Adopt) them: what the store
//! says of their claims from then on comes to it, and finds the calls there.
//!
//! Absent: which calls changed, and what is kept in which order.

use super::call_entry::HotlineVersion;
use crate::persist::outbox::DeliveryId;
use crate::persist::snapshot::PersistedState;
use hotlined_core::command::{Claim, PoolId};
use hotlined_core::event::QueuePosition;
use hotlined_core::id::{CallId, LineId, SwitchId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a call that was taken up has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedCall {
    /// The call.
    pub call: CallId,
    /// The lines it holds, by claim.
    pub holds: Vec<(u32, LineId, PoolId)>,
    /// The claims by which it waits, and where.
    pub waits: Vec<(u32, QueuePosition)>,
    /// The hotlines among whose live calls it is counted.
    pub counted: Vec<Arc<str>>,
}

/// What a daemon before us left of a switch.
#[derive(Debug)]
pub struct LoadedSwitch {
    /// The switch.
    pub switch: SwitchId,
    /// Its calls, the versions they follow, what may not have been delivered.
    pub kept: PersistedState,
    /// What stood beside each of its calls.
    pub calls: BTreeMap<CallId, LoadedCall>,
    /// The calls that are over, though Redis does not know.
    pub ended: Vec<CallId>,
}

impl LoadedSwitch {
    /// What we delivered ourselves, before we were started anew, is not delivered again; and a call whose record we
    /// wrote while Redis was away is over, whatever is kept of it.
    pub fn leave_out(&mut self, done: &BTreeSet<DeliveryId>) {
        let kept = &mut self.kept;
        kept.leave_out(done);
        let is_over = |call: &CallId| done.contains(&DeliveryId::record(call.clone()));
        self.ended.extend(kept.calls.extract_if(.., |kept| is_over(&kept.call)).map(|kept| kept.call));
        self.ended.iter().for_each(|call| drop(self.calls.remove(call)));
    }
}

/// What stood beside a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedCall {
    /// The version of its hotline that it follows.
    pub edition: Option<HotlineVersion>,
    /// Its claims that were not answered, as far as it knows.
    pub waits: Vec<(u32, Claim)>,
}
