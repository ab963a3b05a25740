//! The lines and exceptions that a table of hours is made of.

use super::limits::STATE_CHARS_MAX;
use super::{Dates, Line, Shifts};
use std::sync::Arc;

/// A line of a table with the state that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The state.
    pub state: Arc<str>,
    /// The days and times.
    pub line: Line,
}

/// Dates with lines of their own, on which no other line of the table counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The dates.
    pub dates: Dates,
    /// The states, with their times on each of these dates.
    pub states: Vec<(Arc<str>, Shifts)>,
}

/// Whether a text may be the name of a state: letters of any script, digits, `_` and `-`.
pub fn is_state_name(text: &str) -> bool {
    (1..=STATE_CHARS_MAX).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
