//! Opening hours (作息规则): a table of states by weekday, holiday and date, and the calendar of holidays.
//!
//! A table names a state for each minute of a day; a minute that no line names is [`CLOSED`]. The first of these that
//! has a line for the date decides the whole day:
//!
//! 1. an exception: the first in the table of those that hold on that date;
//! 2. on a day off, the lines of its holiday (春节); of two names in one notice, that of the first;
//! 3. on a day off, the lines with `holidays`;
//! 4. on a make-up day (调休), the lines with `workdays`;
//! 5. the lines of its weekday, together with those of `workdays` or `weekends` if it is an ordinary day.
//!
//! A line without times is the rest of its day. A shift over midnight belongs to the day on which it begins and runs to
//! its end, whatever the next day is. Times are local times: when clocks go forward, the skipped minutes do not happen;
//! when clocks go back, an hour happens twice.
//!
//! Absent, and to stay so: a clock, a file, and the owner of a table.

mod answer;
mod calendar;
mod dates;
mod festival;
mod limits;
mod line;
mod plan;
mod rule;
mod table;
mod week;
mod zone;

pub use answer::{Answer, Because};
pub use calendar::{BadYear, Calendar, Day, DayKind, HOLIDAY_NAME_CHARS_MAX, YEAR_DAYS_MAX};
pub use dates::{BadDates, Dates};
pub use festival::Festival;
pub use limits::{CHANGE_DAYS_MAX, CLOSED, EXCEPTIONS_MAX, LINES_MAX, OPEN, STATE_CHARS_MAX, STATES_MAX};
pub use line::{BadLine, DAY_MINUTES, Days, LINE_SHIFTS_MAX, Line, Shift, Shifts, day_words};
pub use rule::{Exception, Rule, is_state_name};
pub use table::{BadHours, Hours, Overlap, Place};
pub use week::{Moment, MomentDay, Week};
pub use zone::{ZONE_DEFAULT, Zone};

#[cfg(test)]
mod tests;
