//! When a business is open (作息规则): a table of states by weekday, holiday and date, and the calendar it asks.
//!
//! A table names a state for each minute of a day; what no line names is [`CLOSED`]. Of these, the first that has
//! a line for the date decides its whole day:
//!
//! 1. an exception: the first in the table of those that hold on that date;
//! 2. on a day off, the lines of its holiday (春节); of two names in one notice, that of the first;
//! 3. on a day off, the lines with `holidays`;
//! 4. on a make-up day (调休), the lines with `workdays`;
//! 5. the lines of its weekday, together with those of `workdays` or `weekends` if it is an ordinary day.
//!
//! Lines without times are whatever of their day is left. A shift over midnight belongs to the day on which it
//! begins and runs to its end, whatever the next day is. Times are those on the wall: where clocks are put forward
//! the minutes left out do not happen, where they are put back an hour happens twice.
//!
//! Pure: no clock, no file. Whose hours these are is not known here, nor what is done with an answer.

mod calendar;
mod dates;
mod festival;
mod line;
mod plan;
mod table;
mod week;
mod zone;

pub use calendar::{BadYear, Calendar, Day, DayKind, HOLIDAY_NAME_CHARS_MAX, YEAR_DAYS_MAX};
pub use dates::{BadDates, Dates};
pub use festival::Festival;
pub use line::{BadLine, DAY_MINUTES, Days, LINE_SHIFTS_MAX, Line, Shift, Shifts, day_words};
pub use table::{
    BadHours, EXCEPTIONS_MAX, Exception, LINES_MAX, Overlap, Place, Rule, STATE_CHARS_MAX, STATES_MAX,
    is_state_name,
};
pub use week::{Moment, MomentDay, Week};
pub use zone::{ZONE_DEFAULT, Zone};

use crate::time::{Instant, Millis};
use jiff::civil::{Date, DateTime};
use plan::{DayPlan, Plans, Reason, StateIndex, at};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use zone::local;

/// The usual state of business hours; a table may use any other name.
pub const OPEN: &str = "open";
/// The state of every minute that no line names.
pub const CLOSED: &str = "closed";
/// How far ahead the next change is looked for, in days: a yearly exception on the 29th of February comes up
/// every eighth year at worst.
pub const CHANGE_DAYS_MAX: u64 = 8 * 366;

const MINUTE: Millis = Millis(60_000);
const DAY: Millis = Millis(DAY_MINUTES as u64 * MINUTE.0);

/// A table of hours. Make one with [`Hours::new`]; it is compared and written as its zone, lines and exceptions.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "table::HoursText", try_from = "table::HoursText")]
pub struct Hours {
    zone: Zone,
    rules: Vec<Rule>,
    exceptions: Vec<Exception>,
    /// The first is [`CLOSED`].
    states: Vec<Arc<str>>,
    /// What each rule and then each exception says of itself.
    reasons: Vec<Arc<str>>,
    plans: Plans,
}

/// What a table says of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The state.
    pub state: Arc<str>,
    /// Why, for who asks.
    pub because: Because,
}

/// Why a table says so: prints such as `2026-10-01 is 国庆节: holidays 10:00-16:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The day whose lines decided: the day before if a shift of its goes on over midnight.
    pub date: Date,
    /// What that day is.
    pub day: DayKind,
    /// The line or the exception; none if none says anything of this minute.
    pub said: Option<Arc<str>>,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is ", self.date)?;
        let weekday =
            line::weekday_name(usize::from(self.date.weekday().to_monday_zero_offset().unsigned_abs()));
        match &self.day {
            DayKind::Workday | DayKind::Weekend => write!(f, "{weekday}")?,
            DayKind::Holiday(name) => write!(f, "{name}")?,
            DayKind::MakeUp(name) => write!(f, "a {weekday} worked for {name}")?,
        }
        match &self.said {
            Some(said) => write!(f, ": {said}"),
            None => write!(f, ", and no line names this time"),
        }
    }
}

/// What was found for an instant, by index.
struct Found {
    state: StateIndex,
    reason: Option<Reason>,
    /// Whether it began the day before.
    since_yesterday: bool,
}

impl Hours {
    /// The state of the table at an instant, and why.
    pub fn state(&self, at: Instant, calendar: &Calendar) -> Answer {
        let now = local(&self.zone, at);
        let found = self.find(now, calendar);
        let today = now.date();
        let date = if found.since_yesterday { today.yesterday().unwrap_or(today) } else { today };
        let said = found.reason.and_then(|reason| self.reasons.get(usize::from(reason))).cloned();
        let because = Because { date, day: calendar.kind(date), said };
        Answer { state: self.states[usize::from(found.state)].clone(), because }
    }

    /// Whether the table is in this state at an instant.
    pub fn is(&self, state: &str, at: Instant, calendar: &Calendar) -> bool {
        let found = self.find(local(&self.zone, at), calendar);
        &*self.states[usize::from(found.state)] == state
    }

    fn find(&self, now: DateTime, calendar: &Calendar) -> Found {
        let (date, minute) = (now.date(), minute_of(now));
        if let Some(yesterday) = self.spilling(date, calendar)
            && let Some(stretch) = at(&yesterday.spill, minute)
        {
            return Found { state: stretch.state, reason: Some(stretch.reason), since_yesterday: true };
        }
        let plan = self.plan(date, calendar);
        let (state, reason) = match at(&plan.stretches, minute) {
            Some(stretch) => (stretch.state, Some(stretch.reason)),
            None => plan.rest.map_or((0, None), |(state, reason)| (state, Some(reason))),
        };
        Found { state, reason, since_yesterday: false }
    }

    fn plan(&self, date: Date, calendar: &Calendar) -> &DayPlan {
        self.plans.day(date, &calendar.sort(date))
    }

    /// The plan of the day before, if anything of it can go on into this day.
    fn spilling(&self, date: Date, calendar: &Calendar) -> Option<&DayPlan> {
        let yesterday = if self.plans.any_spill { date.yesterday().ok()? } else { return None };
        Some(self.plan(yesterday, calendar))
    }

    /// The first instant after `at` at which the state is another. None if there is none within
    /// [`CHANGE_DAYS_MAX`].
    pub fn next_change(&self, at: Instant, calendar: &Calendar) -> Option<Instant> {
        if self.states.iter().filter(|state| self.ever(state)).count() < 2 {
            return None;
        }
        let before = self.find(local(&self.zone, at), calendar).state;
        let end = at + Millis(CHANGE_DAYS_MAX * DAY.0);
        let mut turn = self.zone.next_turn(at);
        let mut now = at;
        while now < end {
            let wall = local(&self.zone, now);
            let edge = self.edge_after(wall, calendar);
            let past_ms = u64::from(wall.second().unsigned_abs()) * 1_000
                + u64::from(wall.millisecond().unsigned_abs());
            let left = Millis(u64::from(edge - minute_of(wall)) * MINUTE.0 - past_ms);
            now = now + left;
            // Where clocks are changed the minutes do not go on as counted: look again from there.
            if let Some(changed) = turn.filter(|turn| *turn <= now) {
                now = changed;
                turn = self.zone.next_turn(changed);
            }
            if self.find(local(&self.zone, now), calendar).state != before {
                return Some(now);
            }
        }
        None
    }

    /// The next minute of this day at which something may begin or end, at most its end.
    fn edge_after(&self, wall: DateTime, calendar: &Calendar) -> u16 {
        let minute = minute_of(wall);
        let today = self.plan(wall.date(), calendar).edge_after(minute);
        let yesterday = self.spilling(wall.date(), calendar);
        today.min(yesterday.map_or(DAY_MINUTES, |plan| plan::edge_after(&plan.spill, minute)))
    }

    /// Whether some minute of some day may be in this state.
    pub fn ever(&self, state: &str) -> bool {
        let Some(index) = self.states.iter().position(|known| &**known == state) else { return false };
        let covered = |plan: &DayPlan| {
            let minutes: u16 = plan.stretches.iter().map(|stretch| stretch.to - stretch.from).sum();
            minutes == DAY_MINUTES
        };
        self.plans.all().any(|plan| {
            let rest = plan.rest.map_or(0, |(state, _)| state);
            plan.stretches.iter().any(|stretch| usize::from(stretch.state) == index)
                || (usize::from(rest) == index && !covered(plan))
        })
    }

    /// The states that the table names, and [`CLOSED`].
    pub fn states(&self) -> &[Arc<str>] {
        &self.states
    }

    /// Its lines, in the order in which they are written.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Its exceptions, in the order in which they are written.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Where the times of the table are on the wall.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}

/// The minute of the day, from 0.
fn minute_of(wall: DateTime) -> u16 {
    u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs())
}

#[cfg(test)]
mod tests;
