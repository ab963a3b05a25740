//! Why a leg ended or a command failed, in the causes both switches share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a leg ended or a command failed: the causes that both switches tell apart (ITU-T Q.850).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A party hung up (16).
    Normal,
    /// The called party is busy (17).
    Busy,
    /// The leg rang and nobody answered (18, 19).
    NoAnswer,
    /// The called party refused (21).
    Rejected,
    /// The number does not exist (1).
    UnknownNumber,
    /// The number exists and cannot be reached now: out of order, not registered, no route (20, 27, 3).
    Unreachable,
    /// The network or the switch has no capacity or failed (34, 38, 41, 42).
    Congestion,
    /// The caller left while the leg rang (487).
    Cancelled,
    /// Another agent took the call first.
    LostRace,
    /// Any other cause.
    #[default]
    Other,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "normal",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Rejected => "rejected",
            Self::UnknownNumber => "unknown_number",
            Self::Unreachable => "unreachable",
            Self::Congestion => "congestion",
            Self::Cancelled => "cancelled",
            Self::LostRace => "lost_race",
            Self::Other => "other",
        })
    }
}
