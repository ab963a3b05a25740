//! The operations that a daemon sends to Redis.

use super::call_entry::{CallEntry, HotlineVersion};
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::command::{AcdRequest, PoolId};
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::Instant;
use std::sync::Arc;

/// An operation with its time and with the daemon's right to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencedOp {
    /// When the daemon decided on the operation.
    pub at: Instant,
    /// The operation.
    pub op: RedisOp,
    /// The lease by which the daemon asks; `None` where any daemon may ask.
    pub fence: Option<Fence>,
}

/// An operation on the ACD or on the saved calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisOp {
    /// A request of a call to the ACD, as the embedded ACD takes it.
    Request {
        /// The id of the command: with the same id the request is done once.
        id: CommandId,
        /// The request.
        request: AcdRequest,
    },
    /// The call has ended: the ACD takes back everything that the call has.
    Forget(CallId),
    /// The call has this line: it got the line while Redis was unavailable, or Redis may have lost the line. The reply
    /// is `Claimed`; if the claim has a line in Redis already, with that line.
    Hold {
        /// The id of the claim.
        id: CommandId,
        /// The line.
        line: LineId,
        /// The pool in which the call claimed the line.
        pool: PoolId,
    },
    /// A write to what Redis keeps of a switch for the next daemon.
    Replicate {
        /// The switch.
        switch: SwitchId,
        /// The write.
        op: ReplicationOp,
    },
    /// Nothing for Redis: it marks a place among the operations. The daemon gets
    /// [`BarrierReached`](super::redis_event::RedisEvent::BarrierReached) once every operation before has a reply or
    /// has failed.
    Barrier(u64),
    /// Ends the rests that are over, forgets lost calls, and replies with the time that all daemons share.
    RunDue,
    /// Counts the lines that are held and the claims that wait.
    CountUsage,
}

impl RedisOp {
    /// The call that asks, if a call does.
    pub fn call(&self) -> Option<&CallId> {
        match self {
            Self::Request { id, .. } | Self::Hold { id, .. } => Some(&id.call),
            Self::Forget(call) => Some(call),
            Self::Replicate { .. } | Self::Barrier(_) | Self::RunDue | Self::CountUsage => None,
        }
    }
}

/// The right of a daemon to act for a switch: the fencing token of the switch's lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The switch.
    pub switch: SwitchId,
    /// The token of the lease. Each new lease of the switch has a higher one.
    pub token: u64,
}

impl FencedOp {
    /// Whether the operation's keys have a hash tag of their own, so that a Redis Cluster may have them on another
    /// node.
    pub fn has_own_slot(&self) -> bool {
        matches!(&self.op, RedisOp::Request { request: AcdRequest::CountCode { .. }, .. })
    }

    /// Whether one Redis command can carry both operations: each saves a call of the same switch with the same token.
    pub fn shares_command_with(&self, next: &Self) -> bool {
        self.saves_call_of().is_some_and(|one| next.saves_call_of() == Some(one))
    }

    fn saves_call_of(&self) -> Option<(&SwitchId, u64)> {
        match &self.op {
            RedisOp::Replicate { switch, op: ReplicationOp::SaveCall { .. } } => {
                Some((switch, self.token(switch)))
            }
            RedisOp::Replicate { .. }
            | RedisOp::Request { .. }
            | RedisOp::Forget(_)
            | RedisOp::Hold { .. }
            | RedisOp::Barrier(_)
            | RedisOp::RunDue
            | RedisOp::CountUsage => None,
        }
    }

    /// Whether the reply tells when something is due next.
    pub fn reports_next_due(&self) -> bool {
        match &self.op {
            RedisOp::Replicate { op, .. } => op.runs_acd_script(),
            RedisOp::Barrier(_) => false,
            RedisOp::Request { .. }
            | RedisOp::Forget(_)
            | RedisOp::Hold { .. }
            | RedisOp::RunDue
            | RedisOp::CountUsage => !self.has_own_slot(),
        }
    }

    /// The token for a write to this switch. Without a fence of the switch the token is 0, the lowest of all.
    pub fn token(&self, switch: &SwitchId) -> u64 {
        self.fence.as_ref().filter(|fence| fence.switch == *switch).map_or(0, |fence| fence.token)
    }
}

/// A write to what Redis keeps of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationOp {
    /// Saves a call as it is now.
    SaveCall {
        /// The call.
        call: CallId,
        /// The entry to save.
        entry: CallEntry,
    },
    /// Saves a version of a hotline. It goes out before the first call that follows the version.
    SaveVersion {
        /// The version.
        version: HotlineVersion,
        /// The hotline, as JSON.
        json: Arc<str>,
    },
    /// Deletes versions of hotlines that no call follows any more.
    DropVersions(Vec<HotlineVersion>),
    /// Deletes a call that ended, and takes back everything that the call has, as [`RedisOp::Forget`] does.
    EndCall {
        /// The call.
        call: CallId,
        /// The deliveries that the end of the call caused. Redis keeps them until they are
        /// [done](Self::RemoveDeliveries).
        deliveries: Vec<Delivery>,
    },
    /// Saves deliveries that live calls caused.
    AddDeliveries(Vec<Delivery>),
    /// Deletes deliveries that are done.
    RemoveDeliveries(Vec<DeliveryId>),
    /// This daemon has taken over these calls. The reply tells what the ACD knows of them, and later replies to their
    /// claims come to this daemon. At most
    /// [`ADOPTED_AT_ONCE_CALLS_MAX`](super::limits::ADOPTED_AT_ONCE_CALLS_MAX) calls.
    AdoptCalls(Vec<CallId>),
}

impl ReplicationOp {
    /// Whether the ACD's script does the write.
    pub fn runs_acd_script(&self) -> bool {
        match self {
            Self::EndCall { .. } | Self::AdoptCalls(_) => true,
            Self::SaveCall { .. }
            | Self::SaveVersion { .. }
            | Self::DropVersions(_)
            | Self::AddDeliveries(_)
            | Self::RemoveDeliveries(_) => false,
        }
    }
}
