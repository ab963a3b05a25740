//! Coloured ringback (彩铃): what the caller hears while agents are tried, by time and by area (炫铃).

use crate::number::AreaSet;
use crate::prompt::{Prompt, Tone};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The sounds and when each is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ringbacks {
    /// The first that fits is played.
    pub rules: Vec<RingbackRule>,
    /// What is played when none fits.
    pub otherwise: Prompt,
}

/// One sound and when it is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RingbackRule {
    /// When this table of hours is in this state; at any time when none.
    pub hours: Option<(Arc<str>, Arc<str>)>,
    /// For callers from here; from anywhere when none.
    pub area: Option<AreaSet>,
    /// The sound.
    pub prompt: Prompt,
}

impl Default for Ringbacks {
    fn default() -> Self {
        Self { rules: Vec::new(), otherwise: Prompt::Tone(Tone::Ringing) }
    }
}
