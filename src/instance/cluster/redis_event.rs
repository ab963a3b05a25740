//! What a daemon hears of Redis.

use super::failure::RedisFailure;
use super::loaded_calls::AdoptedCall;
use super::redis_op::{FencedOp, RedisOp};
use crate::cluster::redis_op::ReplicationOp;
use crate::cluster::redis_reply::{OpReply, OpResult, Usage};
use hotlined_core::event::Event;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;

/// What the daemon's loop hears.
#[derive(Clone, Debug, PartialEq)]
pub enum RedisEvent {
    /// An answer, at once or later.
    AcdReply(Event),
    /// This has no answer: it may have been done, or not.
    Failed {
        /// What was asked.
        op: Box<FencedOp>,
        /// Why.
        failure: RedisFailure,
    },
    /// The call is forgotten, and so much it had not given back.
    Forgotten {
        /// The call.
        call: CallId,
        /// How much.
        left_behind: u64,
    },
    /// What calls have that were adopted.
    Adopted(Vec<AdoptedCall>),
    /// All that was asked before this [barrier](Ask::Barrier) was answered, or has failed; and was heard of.
    BarrierReached(u64),
    /// How much is in use.
    Usage(Usage),
    /// From now on nothing is answered, until it is [`Back`](Self::Back). Said again where the reason changes.
    Unavailable(RedisFailure),
    /// Redis answers. Where it was away before, answers may be lost: see the room's page for what to repeat.
    Available,
}

/// What is said to a question that nobody asks Redis while it is away.
pub fn event_without_redis(asked: FencedOp, failure: &RedisFailure) -> RedisEvent {
    match asked.op {
        RedisOp::Barrier(number) => RedisEvent::BarrierReached(number),
        RedisOp::Request { .. }
        | RedisOp::Forget(_)
        | RedisOp::Hold { .. }
        | RedisOp::Replicate { .. }
        | RedisOp::RunDue
        | RedisOp::CountUsage => RedisEvent::Failed { op: Box::new(asked), failure: failure.clone() },
    }
}

/// When something is due next, once this was answered.
pub fn next_due(before: Option<Instant>, asked: &FencedOp, told: Option<Instant>) -> Option<Instant> {
    if asked.reports_next_due() { told } else { before }
}

/// What a daemon's loop hears of an answer, if anything.
pub fn event_of_reply(asked: &FencedOp, answered: OpReply) -> Option<RedisEvent> {
    match (answered.result, &asked.op) {
        (OpResult::AcdReply(event), _) => Some(RedisEvent::AcdReply(event)),
        (OpResult::Usage(figures), _) => Some(RedisEvent::Usage(figures)),
        (OpResult::Adopted(adopted), _) => Some(RedisEvent::Adopted(adopted)),
        (OpResult::SharedTime(_), _) => None,
        (OpResult::Done, RedisOp::Barrier(number)) => Some(RedisEvent::BarrierReached(*number)),
        (
            OpResult::Done,
            RedisOp::Forget(call) | RedisOp::Replicate { op: ReplicationOp::EndCall { call, .. }, .. },
        ) => Some(RedisEvent::Forgotten { call: call.clone(), left_behind: answered.left_behind }),
        (
            OpResult::Done,
            RedisOp::Request { .. }
            | RedisOp::Hold { .. }
            | RedisOp::Replicate { .. }
            | RedisOp::RunDue
            | RedisOp::CountUsage,
        ) => None,
    }
}
