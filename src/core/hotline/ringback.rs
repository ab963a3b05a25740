//! Custom ringback (彩铃): what the caller hears while agents are called, by time and by area (炫铃).

use crate::number::AreaSet;
use crate::prompt::{Prompt, Tone};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The ringback of a node: rules, and a default sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ringbacks {
    /// The rules. The sound of the first rule that applies is played.
    pub rules: Vec<RingbackRule>,
    /// The sound if no rule applies.
    pub otherwise: Prompt,
}

/// A sound and when it is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RingbackRule {
    /// A table of hours and the state in which the rule applies. `None` means at any time.
    pub hours: Option<(Arc<str>, Arc<str>)>,
    /// The areas of callers to which the rule applies. `None` means every area.
    pub area: Option<AreaSet>,
    /// The sound.
    pub prompt: Prompt,
}

impl Default for Ringbacks {
    fn default() -> Self {
        Self { rules: Vec::new(), otherwise: Prompt::Tone(Tone::Ringing) }
    }
}
