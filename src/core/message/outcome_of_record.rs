//! Which outcome a call had, by its record.

use super::outcome::CallOutcome;
use crate::record::{AttemptOutcome, CallRecord, Outcome};

impl CallOutcome {
    /// The outcome of a call. `None` for a call that the flow served without an agent, such as a code query, and for a
    /// number that is no hotline.
    pub fn of(record: &CallRecord) -> Option<Self> {
        let was_tried = !record.attempts.is_empty();
        match record.outcome {
            Outcome::Answered => Some(Self::Answered),
            Outcome::Message => Some(Self::MessageLeft),
            Outcome::Refused => Some(Self::Refused),
            Outcome::UnknownHotline => None,
            Outcome::Abandoned
            | Outcome::Unanswered
            | Outcome::Served
            | Outcome::Fallback
            | Outcome::Lost
                if record.closed && !was_tried =>
            {
                Some(Self::Closed)
            }
            Outcome::Served => None,
            Outcome::Abandoned => Some(Self::Abandoned),
            Outcome::Unanswered
                if was_tried && record.attempts.iter().all(|tried| is_busy(tried.outcome)) =>
            {
                Some(Self::Busy)
            }
            Outcome::Unanswered | Outcome::Fallback | Outcome::Lost => Some(Self::NoAnswer),
        }
    }
}

fn is_busy(outcome: AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Busy | AttemptOutcome::LinesTaken => true,
        AttemptOutcome::Talked
        | AttemptOutcome::NoAnswer
        | AttemptOutcome::Refused
        | AttemptOutcome::Unreachable
        | AttemptOutcome::Failed
        | AttemptOutcome::CallerLeft
        | AttemptOutcome::Dropped
        | AttemptOutcome::LostRace
        | AttemptOutcome::Unconfirmed => false,
    }
}
