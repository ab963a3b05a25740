//! The data of a simulated Redis.

use hotlined_core::acd::Acd;
use hotlined_core::command::PoolId;
use hotlined_core::event::Event;
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::Instant;
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::call_entry::{CallEntry, HotlineVersion};
use hotlined_instance::cluster::lease_policy::Presence;
use hotlined_instance::persist::outbox::DeliveryId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// All data of the server.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerState {
    /// The agents' lines, the queues and the counts of calls.
    pub(super) acd: Acd,
    /// The latest time of any daemon's request.
    pub(super) latest_time: Instant,
    pub(super) calls: BTreeMap<CallId, TrackedCall>,
    /// The daemon that is notified when a waiting claim gets a line, by claim.
    pub(super) notified_daemons: BTreeMap<CommandId, DaemonId>,
    /// How often each code was counted, and when first.
    pub(super) codes: BTreeMap<[Arc<str>; 3], (u32, Instant)>,
    /// The reply to each request that counted a code. A repeated request gets the same reply.
    pub(super) code_replies: BTreeMap<CommandId, (u32, Option<Instant>)>,
    pub(super) inboxes: BTreeMap<DaemonId, VecDeque<(u64, Event)>>,
    /// The number of the last entry of any inbox.
    pub(super) last_entry: u64,
    pub(super) switches: BTreeMap<SwitchId, SwitchStorage>,
    pub(super) leases: BTreeMap<SwitchId, Lease>,
    /// The last presence that each daemon announced, and when.
    pub(super) presences: BTreeMap<DaemonId, (Instant, Presence)>,
    /// The highest fencing token granted for each switch.
    pub(super) highest_tokens: BTreeMap<SwitchId, u64>,
}

/// The claims and counts of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct TrackedCall {
    /// The open claims, by their command number.
    pub(super) open_claims: Vec<(u32, OpenClaim)>,
    /// The hotlines that count the call, and whether the count of recent calls of the caller was requested.
    pub(super) counted: Vec<(Arc<str>, bool)>,
    pub(super) switch: Option<SwitchId>,
    /// The time of the last request that changed this entry.
    pub(super) last_change: Instant,
}

/// A claim that is neither released nor abandoned.
#[derive(Clone, Debug)]
pub(super) enum OpenClaim {
    Waiting(PoolId),
    Holding(LineId, PoolId),
}

/// A daemon's right to be the active daemon of a switch, until the lease runs out.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub(super) owner: DaemonId,
    pub(super) token: u64,
    pub(super) until: Instant,
}

/// The saved calls of a switch, the hotline versions that these calls follow, and the outbox.
#[derive(Clone, Debug, Default)]
pub(super) struct SwitchStorage {
    pub(super) calls: BTreeMap<CallId, CallEntry>,
    pub(super) versions: BTreeMap<HotlineVersion, Arc<str>>,
    pub(super) outbox: BTreeMap<DeliveryId, String>,
}
