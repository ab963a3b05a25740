//! The result of a run.

use super::counts::Counts;
use super::transcript::TranscriptLine;

/// The result of a run in which every invariant held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// A fingerprint of everything the daemons did.
    pub fingerprint: u64,
    /// How many events the first daemon's engine handled.
    pub turns: usize,
    /// The counters of the run.
    pub counts: Counts,
}

/// An invariant was violated.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Violation {
    /// Which invariant, and how.
    pub reason: String,
    /// The transcript up to the violation.
    pub transcript: Vec<TranscriptLine>,
}
