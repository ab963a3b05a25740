//! Access rules of a hotline (黑白名单, 限制区域): which callers are refused, and what a refused caller hears.

use crate::cause::Cause;
use crate::number::{AreaSet, Prefixes};
use crate::prompt::Prompt;
use crate::time::Millis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The access rules, in the order in which they are checked. No other rule refuses a caller on the white list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// The numbers that may always call, and that a queue serves first.
    pub white: Arc<Prefixes>,
    /// Whether only numbers of the white list may call.
    pub only_white: bool,
    /// The numbers that may not call.
    pub black: Arc<Prefixes>,
    /// Whether callers without a number are refused.
    pub refuse_anonymous: bool,
    /// Whether callers from abroad are refused.
    pub refuse_international: bool,
    /// The areas whose callers are refused.
    pub refused_areas: AreaSet,
    /// The only areas whose callers may call. If empty, every area may.
    pub only_areas: AreaSet,
    /// When callers may call: a table of hours and a state of it.
    pub hours: Option<(Arc<str>, Arc<str>)>,
    /// A limit on how often one number may call.
    pub frequency: Option<Frequency>,
    /// What happens to a refused caller.
    pub refusal: RefusalAction,
}

/// A limit on how often one number may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequency {
    /// The most calls.
    pub calls: u32,
    /// The length of the window.
    pub within: Millis,
}

/// What happens to a refused caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalAction {
    /// The caller hears an announcement as early media.
    Announce(Prompt),
    /// The call is rejected at once with this cause.
    Reject(Cause),
}

impl Default for RefusalAction {
    fn default() -> Self {
        Self::Reject(Cause::Rejected)
    }
}

/// Why a caller is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The number is on the black list.
    Blacklisted,
    /// The number is not on the white list, and only those numbers may call.
    NotWhitelisted,
    /// The caller has no number.
    Anonymous,
    /// The caller is abroad.
    International,
    /// The caller is in a refused area.
    Area,
    /// The call comes outside the allowed hours.
    Hours,
    /// The number called too often.
    Frequency,
    /// The hotline already has its maximum of live calls.
    Concurrency,
    /// The hotline is suspended (停机).
    Suspended,
}

impl RefusalReason {
    /// The reasons that the rules of an [`Access`] can give.
    pub const OF_ACCESS: [Self; 7] = [
        Self::Blacklisted,
        Self::NotWhitelisted,
        Self::Anonymous,
        Self::International,
        Self::Area,
        Self::Hours,
        Self::Frequency,
    ];

    /// The word of the reason, which is also the name of an exit of an access node.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blacklisted => "blacklisted",
            Self::NotWhitelisted => "not_whitelisted",
            Self::Anonymous => "anonymous",
            Self::International => "international",
            Self::Area => "area",
            Self::Hours => "hours",
            Self::Frequency => "frequency",
            Self::Concurrency => "concurrency",
            Self::Suspended => "suspended",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
