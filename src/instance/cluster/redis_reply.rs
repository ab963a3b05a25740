//! What Redis replies to an operation.

use super::loaded_calls::AdoptedCall;
use hotlined_core::event::Event;
use hotlined_core::time::Instant;

/// The reply to an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct OpReply {
    /// What the operation came to.
    pub result: OpResult,
    /// When something is due next in Redis, as far as this operation can tell.
    pub next_due: Option<Instant>,
    /// How many lines, claims and counts this operation took from calls that had ended without giving them back.
    pub left_behind: u64,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq)]
pub enum OpResult {
    /// Redis did the operation, and there is nothing to tell.
    Done,
    /// The reply of the ACD to the call.
    AcdReply(Event),
    /// How much is in use, to [`RedisOp::CountUsage`](super::redis_op::RedisOp::CountUsage).
    Usage(Usage),
    /// The time that all daemons share, to [`RedisOp::RunDue`](super::redis_op::RedisOp::RunDue).
    SharedTime(Instant),
    /// What the adopted calls have.
    Adopted(Vec<AdoptedCall>),
}

/// How much all daemons together have in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many lines calls hold.
    pub lines_held: u64,
    /// How many claims wait.
    pub claims_waiting: u64,
}
