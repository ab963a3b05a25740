//! The calls of a switch as the daemon that takes over the switch finds them in Redis.
//!
//! Redis keeps three hashes for each switch, so the next daemon finds everything without a search. A daemon sends the
//! token of the switch's lease with each write, so a daemon whose lease is over can neither save nor delete. Without a
//! token no daemon writes anything for a switch that ever had a lease.
//!
//! The order of a takeover: the daemon gets the lease first, so no other daemon writes while it loads. Then its
//! switchboard takes over the calls. After that the daemon [adopts](super::redis_op::ReplicationOp::AdoptCalls) the
//! calls: from then on, later replies to their claims come to this daemon and find the calls there.
//!
//! Absent: which calls changed, and the order of the writes; both are in `call_replication.rs`.

use super::call_entry::HotlineVersion;
use crate::persist::outbox::DeliveryId;
use crate::persist::snapshot::PersistedState;
use hotlined_core::command::{Claim, PoolId};
use hotlined_core::event::QueuePosition;
use hotlined_core::id::{CallId, LineId, SwitchId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What an adopted call has in the shared ACD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedCall {
    /// The call.
    pub call: CallId,
    /// The lines that the call holds: the number of the claim, the line, the pool.
    pub holds: Vec<(u32, LineId, PoolId)>,
    /// The claims that wait: the number of the claim and its place in the queue.
    pub waits: Vec<(u32, QueuePosition)>,
    /// The hotlines that count this call among their live calls.
    pub counted: Vec<Arc<str>>,
}

/// What the daemon before this one left of a switch.
#[derive(Debug)]
pub struct LoadedSwitch {
    /// The switch.
    pub switch: SwitchId,
    /// The calls, the versions of hotlines that they follow, and the deliveries that may not be done.
    pub kept: PersistedState,
    /// For each call, what its entry holds besides the saved call.
    pub calls: BTreeMap<CallId, LoadedCall>,
    /// The calls that ended without Redis knowing it.
    pub ended: Vec<CallId>,
}

impl LoadedSwitch {
    /// Leaves out what this daemon's own deliverers did before a restart. A call whose record this daemon wrote while
    /// Redis was unavailable has ended, even if Redis still has the call.
    pub fn leave_out(&mut self, done: &BTreeSet<DeliveryId>) {
        let kept = &mut self.kept;
        kept.leave_out(done);
        let has_ended = |call: &CallId| done.contains(&DeliveryId::record(call.clone()));
        self.ended.extend(kept.calls.extract_if(.., |kept| has_ended(&kept.call)).map(|kept| kept.call));
        self.ended.iter().for_each(|call| drop(self.calls.remove(call)));
    }
}

/// What the entry of a call in Redis holds besides the saved call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedCall {
    /// The version of the hotline that the call follows.
    pub version: Option<HotlineVersion>,
    /// The claims of the call without a reply, as far as the call knew: the number of each and the claim.
    pub open_claims: Vec<(u32, Claim)>,
}
