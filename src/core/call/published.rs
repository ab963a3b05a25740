//! Which events of a call were published.

use super::attempt::AttemptIx;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which events of a call were published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PublishedEvents {
    /// The number of the last event.
    pub(super) sequence: u32,
    /// The attempts whose telephone rang.
    pub(super) rung: BTreeSet<AttemptIx>,
    pub(super) answered: bool,
    pub(super) voicemail: bool,
    pub(super) survey: bool,
}

impl PublishedEvents {
    /// Whether no event was published.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
