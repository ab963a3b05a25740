//! The lines and exceptions that a table of hours is made of.

use super::limits::STATE_CHARS_MAX;
use super::{Dates, Line, Shifts};
use std::sync::Arc;

/// A line and the state it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The state.
    pub state: Arc<str>,
    /// When.
    pub line: Line,
}

/// Days on which nothing else of the table counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Which days.
    pub dates: Dates,
    /// The states, and when on each of these days.
    pub states: Vec<(Arc<str>, Shifts)>,
}

/// Whether a text may be the name of a state: letters of any script, digits, `_` and `-`.
pub fn is_state_name(text: &str) -> bool {
    (1..=STATE_CHARS_MAX).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
