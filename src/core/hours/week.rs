//! A normal week of a table, minute by minute, to compare tables when files are checked.

use super::line::weekday_name;
use super::plan::{DayPlan, at};
use super::{DAY_MINUTES, Hours};
use std::fmt;
use std::sync::Arc;

/// Monday to Sunday, then a holiday among holidays, then a worked Saturday.
const DAYS: usize = 9;
const HOLIDAY: usize = 7;
const MAKE_UP: usize = 8;
const FRIDAY: usize = 4;
const SATURDAY: usize = 5;
const MINUTES: usize = DAYS * DAY_MINUTES as usize;
const WORD_BITS: usize = 64;

/// The minutes of a normal week, of a holiday and of a make-up day in which a table is in some state.
///
/// Exceptions and single holidays are not in it. Times are local times, so tables of different zones cannot be
/// compared: such a comparison finds no problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    zone: Arc<str>,
    bits: Vec<u64>,
}

/// A minute of a [`Week`]. Prints as `Tuesday 12:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub day: MomentDay,
    /// The minute of the day.
    pub minute: u16,
}

/// A day of a [`Week`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentDay {
    /// An ordinary weekday, from 0 for Monday.
    Weekday(u8),
    /// A statutory day off.
    Holiday,
    /// A Saturday that is worked.
    MakeUp,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = match self.day {
            MomentDay::Weekday(day) => weekday_name(day.into()),
            MomentDay::Holiday => "a holiday",
            MomentDay::MakeUp => "a make-up day",
        };
        write!(f, "{day} {:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

impl Hours {
    /// The minutes of a normal week in which the table is in this state.
    pub fn week(&self, state: &str) -> Week {
        let mut week = Week { zone: self.zone.name().clone(), bits: vec![0; MINUTES.div_ceil(WORD_BITS)] };
        let plans = &self.plans;
        let holiday = plans.holidays.as_ref().unwrap_or(&plans.literal[0]);
        let make_up = plans.make_up.as_ref().unwrap_or(&plans.literal[SATURDAY]);
        for day in 0..DAYS {
            let (before, plan) = match day {
                HOLIDAY => (holiday, holiday),
                MAKE_UP => (&plans.ordinary[FRIDAY], make_up),
                day => (&plans.ordinary[(day + 6) % 7], &plans.ordinary[day]),
            };
            for minute in (0..DAY_MINUTES).filter(|minute| self.state_in(before, plan, *minute) == state) {
                let bit = day * usize::from(DAY_MINUTES) + usize::from(minute);
                week.bits[bit / WORD_BITS] |= 1 << (bit % WORD_BITS);
            }
        }
        week
    }

    fn state_in(&self, before: &DayPlan, plan: &DayPlan, minute: u16) -> &str {
        let stretch = at(&before.spill, minute).or_else(|| at(&plan.stretches, minute));
        let rest = || plan.rest.map_or(0, |(state, _)| state);
        &self.states[usize::from(stretch.map_or_else(rest, |stretch| stretch.state))]
    }
}

impl Week {
    /// Whether both weeks have a minute in common. True if the weeks cannot be compared.
    pub fn overlaps(&self, other: &Week) -> bool {
        self.zone != other.zone || self.bits.iter().zip(&other.bits).any(|(ours, theirs)| ours & theirs != 0)
    }

    /// The first minute of this week that is in none of the others: nobody is on duty then. `None` if there is none, or
    /// if the weeks cannot be compared.
    pub fn lacking<'w>(&self, covers: impl IntoIterator<Item = &'w Week>) -> Option<Moment> {
        let mut left = self.bits.clone();
        for cover in covers {
            if cover.zone != self.zone {
                return None;
            }
            left.iter_mut().zip(&cover.bits).for_each(|(left, cover)| *left &= !cover);
        }
        let word = left.iter().position(|word| *word != 0)?;
        let bit = word * WORD_BITS + usize::try_from(left[word].trailing_zeros()).ok()?;
        let day = match bit / usize::from(DAY_MINUTES) {
            HOLIDAY => MomentDay::Holiday,
            MAKE_UP => MomentDay::MakeUp,
            day => MomentDay::Weekday(u8::try_from(day).ok()?),
        };
        Some(Moment { day, minute: u16::try_from(bit % usize::from(DAY_MINUTES)).ok()? })
    }

    /// Whether the week has no minute.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }

    /// How many minutes of the ordinary days, Monday to Sunday, are in the week.
    pub fn minutes(&self) -> u32 {
        let end = 7 * usize::from(DAY_MINUTES);
        let bit = |bit: usize| (self.bits[bit / WORD_BITS] >> (bit % WORD_BITS)) & 1;
        (0..end).map(|at| u32::from(bit(at) == 1)).sum()
    }
}
