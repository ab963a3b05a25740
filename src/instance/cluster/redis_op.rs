//! What a daemon asks of Redis.

use super::call_entry::{CallEntry, HotlineVersion};
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::command::{AcdRequest, PoolId};
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::Instant;
use std::sync::Arc;

/// How many calls are adopted by one question.
pub const ADOPTED_AT_ONCE_CALLS_MAX: usize = 100;

/// A question for the shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencedOp {
    /// When.
    pub at: Instant,
    /// What.
    pub op: RedisOp,
    /// As whom, where only one daemon may act.
    pub fence: Option<Fence>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisOp {
    /// A request of a call, as the embedded store takes it.
    Request {
        /// Its name.
        id: CommandId,
        /// What it is.
        request: AcdRequest,
    },
    /// The call is over: all it has is given back.
    Forget(CallId),
    /// The call has this line: it was given while nobody could be asked, or may have been lost. Answered by
    /// `Claimed`; with the line that the claim has already, if it has one.
    Hold {
        /// The name of the claim.
        id: CommandId,
        /// The line.
        line: LineId,
        /// In which pool it was claimed.
        pool: PoolId,
    },
    /// Something about the calls of this switch that are kept for the daemon that comes after us.
    Replicate {
        /// The switch.
        switch: SwitchId,
        /// What.
        op: ReplicationOp,
    },
    /// Say when all that was asked before has been answered, or has failed: [`Heard::Reached`](super::redis_event::Heard).
    Barrier(u64),
    /// Do what is due by itself.
    RunDue,
    /// How many lines are held, and how many claims wait.
    CountUsage,
}

impl RedisOp {
    /// The call that asks, where there is one.
    pub fn call(&self) -> Option<&CallId> {
        match self {
            Self::Request { id, .. } | Self::Hold { id, .. } => Some(&id.call),
            Self::Forget(call) => Some(call),
            Self::Replicate { .. } | Self::Barrier(_) | Self::RunDue | Self::CountUsage => None,
        }
    }
}

/// By what right a daemon acts for a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The switch.
    pub switch: SwitchId,
    /// The token of the lease.
    pub token: u64,
}

impl FencedOp {
    /// Whether its keys have a tag of their own, so that a Cluster may have them on another node.
    pub fn has_own_slot(&self) -> bool {
        matches!(&self.op, RedisOp::Request { request: AcdRequest::CountCode { .. }, .. })
    }

    /// Whether one word can say both: each keeps a call, of the same switch and by the same right.
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

    /// Whether its answer tells when something is due next.
    pub fn reports_next_due(&self) -> bool {
        match &self.op {
            RedisOp::Replicate { op: what, .. } => what.runs_acd_script(),
            RedisOp::Barrier(_) => false,
            RedisOp::Request { .. }
            | RedisOp::Forget(_)
            | RedisOp::Hold { .. }
            | RedisOp::RunDue
            | RedisOp::CountUsage => !self.has_own_slot(),
        }
    }

    /// As whom we keep something of this switch: who shows nothing has the lowest of all tokens.
    pub fn token(&self, switch: &SwitchId) -> u64 {
        self.fence.as_ref().filter(|fence| fence.switch == *switch).map_or(0, |fence| fence.token)
    }
}

/// What is done about the calls of a switch that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationOp {
    /// The call is as this from now on.
    SaveCall {
        /// Which.
        call: CallId,
        /// How it is.
        entry: CallEntry,
    },
    /// A version of a hotline, asked before the first call that follows it.
    SaveVersion {
        /// Which.
        version: HotlineVersion,
        /// The hotline.
        json: Arc<str>,
    },
    /// Nobody follows these versions any more.
    DropVersions(Vec<HotlineVersion>),
    /// The call ended: it is kept no longer, and gives back all it has, as by [`Ask::Forget`].
    EndCall {
        /// Which.
        call: CallId,
        /// What is to be delivered because it ended, to be kept until that is [done](Self::Done).
        deliveries: Vec<Delivery>,
    },
    /// This is to be delivered because of calls that go on.
    AddDeliveries(Vec<Delivery>),
    /// These deliveries are done.
    RemoveDeliveries(Vec<DeliveryId>),
    /// These calls were taken up: what the store knows of them is told, and what it will answer later comes to us.
    /// At most [`ADOPTED_AT_ONCE_MAX`].
    AdoptCalls(Vec<CallId>),
}

impl ReplicationOp {
    /// Whether the script of the store does it.
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
