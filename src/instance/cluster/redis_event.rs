//! What a daemon learns from Redis, and about it.

use super::failure::RedisFailure;
use super::loaded_calls::AdoptedCall;
use super::redis_op::{FencedOp, RedisOp, ReplicationOp};
use super::redis_reply::{OpReply, OpResult, Usage};
use hotlined_core::event::Event;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;

/// Something that a daemon learns from Redis, or about Redis.
#[derive(Clone, Debug, PartialEq)]
pub enum RedisEvent {
    /// The ACD replied to a call, at once or later.
    AcdReply(Event),
    /// An operation has no reply: Redis may have done it or not.
    Failed {
        /// The operation.
        op: Box<FencedOp>,
        /// Why there is no reply.
        failure: RedisFailure,
    },
    /// The ACD has forgotten a call that ended.
    Forgotten {
        /// The call.
        call: CallId,
        /// How many lines, claims and counts the call had not given back.
        left_behind: u64,
    },
    /// What adopted calls have in the ACD.
    Adopted(Vec<AdoptedCall>),
    /// Every operation before this [barrier](RedisOp::Barrier) has a reply or has failed, and the daemon has got the
    /// event of each.
    BarrierReached(u64),
    /// How much is in use.
    Usage(Usage),
    /// From now on Redis replies to nothing, until it is [`Available`](Self::Available). Sent again if the reason
    /// changes.
    Unavailable(RedisFailure),
    /// Redis replies. If it was unavailable before, replies may be lost: the page of `hotlined/redis/mod.rs` tells what
    /// to repeat.
    Available,
}

/// The event of an operation that does not go out because Redis is unavailable.
pub fn event_without_redis(op: FencedOp, failure: &RedisFailure) -> RedisEvent {
    match op.op {
        RedisOp::Barrier(number) => RedisEvent::BarrierReached(number),
        RedisOp::Request { .. }
        | RedisOp::Forget(_)
        | RedisOp::Hold { .. }
        | RedisOp::Replicate { .. }
        | RedisOp::RunDue
        | RedisOp::CountUsage => RedisEvent::Failed { op: Box::new(op), failure: failure.clone() },
    }
}

/// When something is due next in Redis, after the reply to this operation. An operation whose reply does not tell
/// changes nothing.
pub fn next_due(before: Option<Instant>, op: &FencedOp, reported: Option<Instant>) -> Option<Instant> {
    if op.reports_next_due() { reported } else { before }
}

/// The event of a reply, if the reply is one for the daemon.
pub fn event_of_reply(op: &FencedOp, reply: OpReply) -> Option<RedisEvent> {
    match (reply.result, &op.op) {
        (OpResult::AcdReply(event), _) => Some(RedisEvent::AcdReply(event)),
        (OpResult::Usage(usage), _) => Some(RedisEvent::Usage(usage)),
        (OpResult::Adopted(adopted), _) => Some(RedisEvent::Adopted(adopted)),
        (OpResult::SharedTime(_), _) => None,
        (OpResult::Done, RedisOp::Barrier(number)) => Some(RedisEvent::BarrierReached(*number)),
        (
            OpResult::Done,
            RedisOp::Forget(call) | RedisOp::Replicate { op: ReplicationOp::EndCall { call, .. }, .. },
        ) => Some(RedisEvent::Forgotten { call: call.clone(), left_behind: reply.left_behind }),
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
