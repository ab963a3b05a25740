//! How a call went, as far as messages tell it.

use crate::record::{AttemptOutcome, CallRecord, Outcome};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// How a call went, in the words of a business (接通, 遇忙, 无应答).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CallOutcome {
    /// Caller and agent talked.
    Answered,
    /// All agents were busy.
    Busy,
    /// No agent answered, or the call was lost before.
    NoAnswer,
    /// The caller left before an agent took the call.
    Abandoned,
    /// The hours were over, and no agent was tried.
    Closed,
    /// The caller left a message.
    MessageLeft,
    /// The caller was not admitted.
    Refused,
}

impl CallOutcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

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

    /// The name in hotline files.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word in messages.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Answered => "接通",
            Self::Busy => "遇忙",
            Self::NoAnswer => "无应答",
            Self::Abandoned => "主叫挂机",
            Self::Closed => "非工作时间",
            Self::MessageLeft => "已留言",
            Self::Refused => "已拒接",
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
