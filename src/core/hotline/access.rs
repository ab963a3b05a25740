//! Who may call (黑白名单, 限制区域): what a business refuses, and how it says so.

use crate::cause::Cause;
use crate::number::{AreaSet, Prefixes};
use crate::prompt::Prompt;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The rules, asked in the order they stand here: a caller on the white list is refused by none of the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Who may always call, and is served first in a queue.
    pub white: Arc<Prefixes>,
    /// Whether only those may call.
    pub only_white: bool,
    /// Who may not.
    pub black: Arc<Prefixes>,
    /// Whether callers without a number may.
    pub refuse_anonymous: bool,
    /// Whether callers from abroad may.
    pub refuse_international: bool,
    /// From where nobody may.
    pub refused_areas: AreaSet,
    /// From where alone one may; from everywhere when empty.
    pub only_areas: AreaSet,
    /// When one may: a table of hours and a state of it.
    pub hours: Option<(Arc<str>, Arc<str>)>,
    /// How often one may.
    pub frequency: Option<Frequency>,
    /// What a refused caller gets.
    pub refusal: RefusalAction,
}

/// How often one number may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequency {
    /// So many calls.
    pub calls: u32,
    /// Within this span.
    pub within: Millis,
}

/// What a refused caller gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalAction {
    /// Hears why, unanswered.
    Announce(Prompt),
    /// Is rejected at once, unanswered, with this cause.
    Reject(Cause),
}

impl Default for RefusalAction {
    fn default() -> Self {
        Self::Reject(Cause::Rejected)
    }
}

/// Why a caller is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// On the black list.
    Blacklisted,
    /// Not on the white list, where only those may call.
    NotWhitelisted,
    /// Without a number.
    Anonymous,
    /// From abroad.
    International,
    /// From a barred area.
    Area,
    /// At a barred hour.
    Hours,
    /// Too often.
    Frequency,
    /// As many calls as the hotline takes are live.
    Concurrency,
    /// The hotline is suspended (停机).
    Suspended,
}

impl RefusalReason {
    /// Those that the rules of an [`Access`] tell apart.
    pub const OF_ACCESS: [Self; 7] = [
        Self::Blacklisted,
        Self::NotWhitelisted,
        Self::Anonymous,
        Self::International,
        Self::Area,
        Self::Hours,
        Self::Frequency,
    ];

    /// The word for it: the name of a flow's exit.
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
