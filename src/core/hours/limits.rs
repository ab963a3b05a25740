//! The limits of a table of hours, and the names of states with a fixed meaning.

/// The most lines a table may have.
pub const LINES_MAX: usize = 200;
/// The most exceptions a table may have: each day of a year.
pub const EXCEPTIONS_MAX: usize = 400;
/// The most states a table may name.
pub const STATES_MAX: usize = 32;
/// The longest name of a state, in characters.
pub const STATE_CHARS_MAX: usize = 32;

/// The usual name of the state in which a business is open. A table may use any other name.
pub const OPEN: &str = "open";
/// The state of every minute that no line names.
pub const CLOSED: &str = "closed";
/// How far ahead the next change is searched, in days: a yearly exception on February 29 happens every eighth year at
/// worst.
pub const CHANGE_DAYS_MAX: u64 = 8 * 366;
