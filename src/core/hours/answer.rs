//! What a table of hours says of an instant: the state, the reason, and the next change.

use super::limits::CHANGE_DAYS_MAX;
use super::line::{self, DAY_MINUTES};
use super::plan::{self, DayPlan, Reason, StateIndex, at};
use super::zone::local;
use super::{Calendar, DayKind, Hours};
use crate::time::{Instant, Millis};
use jiff::civil::{Date, DateTime};
use std::fmt;
use std::sync::Arc;

const MINUTE: Millis = Millis(60_000);
const DAY: Millis = Millis(DAY_MINUTES as u64 * MINUTE.0);

/// The state of a table at an instant, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The state.
    pub state: Arc<str>,
    /// The reason, for notes and tests of calls.
    pub because: Because,
}

/// The reason of a state. Prints as `2026-10-01 is 国庆节: holidays 10:00-16:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The date whose lines decide. It is the day before, if a shift of that day continues over midnight.
    pub date: Date,
    /// The kind of that day.
    pub day: DayKind,
    /// The line or the exception. `None` if none names this minute.
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

/// The state of an instant, by index.
struct FoundState {
    state: StateIndex,
    reason: Option<Reason>,
    /// Whether a shift of the day before decides.
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

    fn find(&self, now: DateTime, calendar: &Calendar) -> FoundState {
        let (date, minute) = (now.date(), minute_of(now));
        if let Some(yesterday) = self.spilling(date, calendar)
            && let Some(stretch) = at(&yesterday.spill, minute)
        {
            return FoundState { state: stretch.state, reason: Some(stretch.reason), since_yesterday: true };
        }
        let plan = self.plan(date, calendar);
        let (state, reason) = match at(&plan.stretches, minute) {
            Some(stretch) => (stretch.state, Some(stretch.reason)),
            None => plan.rest.map_or((0, None), |(state, reason)| (state, Some(reason))),
        };
        FoundState { state, reason, since_yesterday: false }
    }

    fn plan(&self, date: Date, calendar: &Calendar) -> &DayPlan {
        self.plans.day(date, &calendar.sort(date))
    }

    /// The plan of the day before, if any shift can continue into this day.
    fn spilling(&self, date: Date, calendar: &Calendar) -> Option<&DayPlan> {
        let yesterday = if self.plans.any_spill { date.yesterday().ok()? } else { return None };
        Some(self.plan(yesterday, calendar))
    }

    /// The first instant after `at` with another state. `None` if there is none within [`CHANGE_DAYS_MAX`].
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
            // When clocks change, the minutes do not continue as counted: search again from there.
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

    /// The next minute of this day at which a shift may begin or end, or the end of the day.
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
}

/// The minute of the day, from 0.
fn minute_of(wall: DateTime) -> u16 {
    u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs())
}
