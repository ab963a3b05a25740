//! What a daemon hears of Redis.

use super::failure::Failure;
use super::kept_call::Adopted;
use super::redis_op::{Ask, Asked};
use crate::cluster::redis_op::Keep;
use crate::cluster::redis_reply::{Answered, Figures, Said};
use hotlined_core::event::Event;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;

/// What the daemon's loop hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// An answer, at once or later.
    Event(Event),
    /// This has no answer: it may have been done, or not.
    Failed {
        /// What was asked.
        asked: Box<Asked>,
        /// Why.
        failure: Failure,
    },
    /// The call is forgotten, and so much it had not given back.
    Forgotten {
        /// The call.
        call: CallId,
        /// How much.
        left_behind: u64,
    },
    /// What calls have that were adopted.
    Adopted(Vec<Adopted>),
    /// All that was asked before this [barrier](Ask::Barrier) was answered, or has failed; and was heard of.
    Reached(u64),
    /// How much is in use.
    Figures(Figures),
    /// From now on nothing is answered, until it is [`Back`](Self::Back). Said again where the reason changes.
    Away(Failure),
    /// Redis answers. Where it was away before, answers may be lost: see the room's page for what to repeat.
    Back,
}

/// What is said to a question that nobody asks Redis while it is away.
pub fn unasked(asked: Asked, failure: &Failure) -> Heard {
    match asked.ask {
        Ask::Barrier(number) => Heard::Reached(number),
        Ask::Request { .. } | Ask::Forget(_) | Ask::Hold { .. } | Ask::Keep { .. } | Ask::Due | Ask::Look => {
            Heard::Failed { asked: Box::new(asked), failure: failure.clone() }
        }
    }
}

/// When something is due next, once this was answered.
pub fn next_due(before: Option<Instant>, asked: &Asked, told: Option<Instant>) -> Option<Instant> {
    if asked.tells_due() { told } else { before }
}

/// What a daemon's loop hears of an answer, if anything.
pub fn said(asked: &Asked, answered: Answered) -> Option<Heard> {
    match (answered.said, &asked.ask) {
        (Said::Heard(event), _) => Some(Heard::Event(event)),
        (Said::Figures(figures), _) => Some(Heard::Figures(figures)),
        (Said::Adopted(adopted), _) => Some(Heard::Adopted(adopted)),
        (Said::Time(_), _) => None,
        (Said::Done, Ask::Barrier(number)) => Some(Heard::Reached(*number)),
        (Said::Done, Ask::Forget(call) | Ask::Keep { what: Keep::Over { call, .. }, .. }) => {
            Some(Heard::Forgotten { call: call.clone(), left_behind: answered.left_behind })
        }
        (Said::Done, Ask::Request { .. } | Ask::Hold { .. } | Ask::Keep { .. } | Ask::Due | Ask::Look) => {
            None
        }
    }
}
