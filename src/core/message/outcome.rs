//! How a call went, as far as messages tell it.

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
