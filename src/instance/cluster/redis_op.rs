//! What a daemon asks of Redis.

use super::entry::{Edition, Entry};
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::command::{AcdRequest, PoolId};
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::Instant;
use std::sync::Arc;

/// How many calls are adopted by one question.
pub const ADOPTED_AT_ONCE_MAX: usize = 100;

/// A question for the shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// What.
    pub ask: Ask,
    /// As whom, where only one daemon may act.
    pub fence: Option<Fence>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
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
    Keep {
        /// The switch.
        switch: SwitchId,
        /// What.
        what: Keep,
    },
    /// Say when all that was asked before has been answered, or has failed: [`Heard::Reached`](super::redis_event::Heard).
    Barrier(u64),
    /// Do what is due by itself.
    Due,
    /// How many lines are held, and how many claims wait.
    Look,
}

impl Ask {
    /// The call that asks, where there is one.
    pub fn call(&self) -> Option<&CallId> {
        match self {
            Self::Request { id, .. } | Self::Hold { id, .. } => Some(&id.call),
            Self::Forget(call) => Some(call),
            Self::Keep { .. } | Self::Barrier(_) | Self::Due | Self::Look => None,
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

impl Asked {
    /// Whether its keys have a tag of their own, so that a Cluster may have them on another node.
    pub fn stands_alone(&self) -> bool {
        matches!(&self.ask, Ask::Request { request: AcdRequest::CountCode { .. }, .. })
    }

    /// Whether one word can say both: each keeps a call, of the same switch and by the same right.
    pub fn is_said_with(&self, next: &Self) -> bool {
        self.keeps_call_of().is_some_and(|one| next.keeps_call_of() == Some(one))
    }

    fn keeps_call_of(&self) -> Option<(&SwitchId, u64)> {
        match &self.ask {
            Ask::Keep { switch, what: Keep::Call { .. } } => Some((switch, self.token(switch))),
            Ask::Keep { .. }
            | Ask::Request { .. }
            | Ask::Forget(_)
            | Ask::Hold { .. }
            | Ask::Barrier(_)
            | Ask::Due
            | Ask::Look => None,
        }
    }

    /// Whether its answer tells when something is due next.
    pub fn tells_due(&self) -> bool {
        match &self.ask {
            Ask::Keep { what, .. } => what.is_asked_of_store(),
            Ask::Barrier(_) => false,
            Ask::Request { .. } | Ask::Forget(_) | Ask::Hold { .. } | Ask::Due | Ask::Look => {
                !self.stands_alone()
            }
        }
    }

    /// As whom we keep something of this switch: who shows nothing has the lowest of all tokens.
    pub fn token(&self, switch: &SwitchId) -> u64 {
        self.fence.as_ref().filter(|fence| fence.switch == *switch).map_or(0, |fence| fence.token)
    }
}

/// What is done about the calls of a switch that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The call is as this from now on.
    Call {
        /// Which.
        call: CallId,
        /// How it is.
        entry: Entry,
    },
    /// A version of a hotline, asked before the first call that follows it.
    Edition {
        /// Which.
        edition: Edition,
        /// The hotline.
        json: Arc<str>,
    },
    /// Nobody follows these versions any more.
    Outdated(Vec<Edition>),
    /// The call ended: it is kept no longer, and gives back all it has, as by [`Ask::Forget`].
    Over {
        /// Which.
        call: CallId,
        /// What is to be delivered because it ended, to be kept until that is [done](Self::Done).
        deliveries: Vec<Delivery>,
    },
    /// This is to be delivered because of calls that go on.
    Deliver(Vec<Delivery>),
    /// These deliveries are done.
    Done(Vec<DeliveryId>),
    /// These calls were taken up: what the store knows of them is told, and what it will answer later comes to us.
    /// At most [`ADOPTED_AT_ONCE_MAX`].
    Adopt(Vec<CallId>),
}

impl Keep {
    /// Whether the script of the store does it.
    pub fn is_asked_of_store(&self) -> bool {
        match self {
            Self::Over { .. } | Self::Adopt(_) => true,
            Self::Call { .. }
            | Self::Edition { .. }
            | Self::Outdated(_)
            | Self::Deliver(_)
            | Self::Done(_) => false,
        }
    }
}
