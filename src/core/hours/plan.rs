//! The plans of whole days, computed once for each sort of day.

use super::calendar::Sort;
use super::dates::{Dates, Span, YearDay};
use super::festival::Festival;
use super::line::{DAY_MINUTES, Shifts, weekday_name};
use super::rule::{Exception, Rule};
use jiff::civil::Date;

/// The index of a state in the list of states.
pub(super) type StateIndex = u8;
/// The index of a line or exception in the list of reasons.
pub(super) type Reason = u16;

/// A range of minutes of a day with one state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) state: StateIndex,
    pub(super) reason: Reason,
}

/// The plan of one sort of day.
#[derive(Clone, Debug, Default)]
pub(super) struct DayPlan {
    /// The ranges, sorted and without overlap.
    pub(super) stretches: Vec<Stretch>,
    /// The ranges that continue into the next day, in minutes of the next day.
    pub(super) spill: Vec<Stretch>,
    /// The state of the rest of the day.
    pub(super) rest: Option<(StateIndex, Reason)>,
}

/// Two lines with different states for the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clash {
    pub(super) first: Reason,
    pub(super) second: Reason,
    /// The minute of the day. `None` if both name the rest of the day.
    pub(super) minute: Option<u16>,
}

impl DayPlan {
    /// The plan of these lines together.
    fn of<'s>(lines: impl Iterator<Item = (StateIndex, &'s Shifts, Reason)>) -> Result<Self, Clash> {
        let mut plan = Self::default();
        for (state, shifts, reason) in lines {
            if shifts.as_slice().is_empty() {
                match plan.rest {
                    Some((other, first)) if other != state => {
                        return Err(Clash { first, second: reason, minute: None });
                    }
                    Some(_) => {}
                    None => plan.rest = Some((state, reason)),
                }
            }
            for shift in shifts.as_slice() {
                let to = shift.to.min(DAY_MINUTES);
                plan.stretches.push(Stretch { from: shift.from, to, state, reason });
                if shift.to > DAY_MINUTES {
                    plan.spill.push(Stretch { from: 0, to: shift.to - DAY_MINUTES, state, reason });
                }
            }
        }
        plan.stretches = apart(plan.stretches)?;
        plan.spill = apart(plan.spill)?;
        Ok(plan)
    }

    /// Fails if a shift of this day continues into the next day and clashes with its lines.
    fn clash_with_next(&self, next: &Self) -> Result<(), Clash> {
        apart(self.spill.iter().chain(&next.stretches).copied().collect()).map(|_| ())
    }

    /// The first minute after this one at which a range begins or ends.
    pub(super) fn edge_after(&self, minute: u16) -> u16 {
        edge_after(&self.stretches, minute)
    }
}

pub(super) fn edge_after(stretches: &[Stretch], minute: u16) -> u16 {
    let edges = stretches.iter().flat_map(|stretch| [stretch.from, stretch.to]);
    edges.filter(|edge| *edge > minute).min().unwrap_or(DAY_MINUTES)
}

/// The range that contains this minute.
pub(super) fn at(stretches: &[Stretch], minute: u16) -> Option<&Stretch> {
    stretches.iter().find(|stretch| (stretch.from..stretch.to).contains(&minute))
}

/// The same ranges, sorted and without overlap. Ranges that overlap must have the same state.
fn apart(mut stretches: Vec<Stretch>) -> Result<Vec<Stretch>, Clash> {
    stretches.sort_by_key(|stretch| (stretch.from, stretch.to));
    let mut apart: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for mut stretch in stretches {
        if let Some(last) = apart.last().filter(|last| stretch.from < last.to) {
            if last.state != stretch.state {
                let (first, second) = (last.reason.min(stretch.reason), last.reason.max(stretch.reason));
                return Err(Clash { first, second, minute: Some(stretch.from) });
            }
            if stretch.to <= last.to {
                continue;
            }
            stretch.from = last.to;
        }
        apart.push(stretch);
    }
    Ok(apart)
}

/// The plans of a table, for every sort of day.
#[derive(Clone, Debug, Default)]
pub(super) struct Plans {
    /// The plans of ordinary days, from Monday on.
    pub(super) ordinary: [DayPlan; 7],
    /// The plans of weekdays that are holidays or make-up days, for a table without lines for these.
    pub(super) literal: [DayPlan; 7],
    pub(super) make_up: Option<DayPlan>,
    pub(super) holidays: Option<DayPlan>,
    pub(super) festivals: Vec<(Festival, DayPlan)>,
    pub(super) exceptions: Vec<DayPlan>,
    /// The exception from each date on, sorted by date.
    dated: Vec<(Date, Option<u16>)>,
    /// The exception from each day of any year on.
    yearly: Vec<(YearDay, Option<u16>)>,
    /// Whether any shift goes over midnight.
    pub(super) any_spill: bool,
}

/// A clash and the day on which it happens.
pub(super) struct ClashOn {
    pub(super) clash: Clash,
    pub(super) day: String,
}

impl Plans {
    /// `state_of` gives the index of each state. The reasons are the rules in their order, then the exceptions.
    pub(super) fn of(
        rules: &[Rule],
        exceptions: &[Exception],
        state_of: impl Fn(&str) -> StateIndex,
    ) -> Result<Self, ClashOn> {
        let on = |day: &str| {
            let day = day.to_owned();
            move |clash| ClashOn { clash, day }
        };
        let plan = |counts: &dyn Fn(&Rule) -> bool| {
            let lines = (0..).zip(rules).filter(|(_, rule)| counts(rule));
            DayPlan::of(lines.map(|(reason, rule)| (state_of(&rule.state), &rule.line.shifts, reason)))
        };
        // A sort of day that no line names has no plan of its own.
        let asked = |day: &str, counts: &dyn Fn(&Rule) -> bool| {
            let plan = plan(counts).map_err(on(day))?;
            plan.clash_with_next(&plan).map_err(on(day))?;
            Ok(rules.iter().any(counts).then_some(plan))
        };
        let mut plans = Self::default();
        for day in 0..7 {
            let of_sort =
                |rule: &Rule| if day < 5 { rule.line.days.workdays } else { rule.line.days.weekends };
            let literal = |rule: &Rule| rule.line.days.weekdays[day];
            plans.literal[day] = plan(&literal).map_err(on(weekday_name(day)))?;
            plans.ordinary[day] =
                plan(&|rule| literal(rule) || of_sort(rule)).map_err(on(weekday_name(day)))?;
        }
        for day in 0..7 {
            let next = (day + 1) % 7;
            plans.ordinary[day].clash_with_next(&plans.ordinary[next]).map_err(on(weekday_name(next)))?;
        }
        plans.make_up = asked("a make-up day", &|rule| rule.line.days.workdays)?;
        plans.holidays = asked("a holiday", &|rule| rule.line.days.holidays)?;
        for festival in Festival::ALL {
            let plan = asked(festival.name(), &|rule| rule.line.days.festivals.contains(&festival))?;
            plans.festivals.extend(plan.map(|plan| (festival, plan)));
        }
        for (index, exception) in exceptions.iter().enumerate() {
            let reason = Reason::try_from(rules.len() + index).unwrap_or(Reason::MAX);
            let states = exception.states.iter();
            let plan = DayPlan::of(states.map(|(state, shifts)| (state_of(state), shifts, reason)));
            let dates = exception.dates.to_string();
            let plan = plan.map_err(on(&dates))?;
            if exception.dates.are_several() {
                plan.clash_with_next(&plan).map_err(on(&dates))?;
            }
            plans.exceptions.push(plan);
        }
        plans.index(exceptions);
        let any_spill = plans.all().any(|plan| !plan.spill.is_empty());
        plans.any_spill = any_spill;
        Ok(plans)
    }

    /// Sorts the exceptions by date, so that a binary search finds the exception of a date.
    fn index(&mut self, exceptions: &[Exception]) {
        let mut dated: Vec<(Date, Date, u16)> = Vec::new();
        let mut yearly: Vec<(YearDay, YearDay, u16)> = Vec::new();
        for (index, Exception { dates: Dates(span), .. }) in (0..).zip(exceptions) {
            match *span {
                Span::Once(from, to) => dated.push((from, to.tomorrow().unwrap_or(Date::MAX), index)),
                Span::Yearly(from, to) if from <= to => yearly.push((from, to.after(), index)),
                Span::Yearly(from, to) => {
                    yearly.push((YearDay::FIRST, to.after(), index));
                    yearly.push((from, YearDay::LAST.after(), index));
                }
            }
        }
        self.dated = laid_out(&dated);
        self.yearly = laid_out(&yearly);
    }

    /// The plan of this date.
    pub(super) fn day(&self, date: Date, sort: &Sort<'_>) -> &DayPlan {
        let dated = holding(&self.dated, &date);
        let yearly = holding(&self.yearly, &YearDay::on(date));
        let first = dated.into_iter().chain(yearly).min();
        if let Some(plan) = first.and_then(|index| self.exceptions.get(usize::from(index))) {
            return plan;
        }
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        match sort {
            Sort::Ordinary => &self.ordinary[weekday],
            Sort::MakeUp => self.make_up.as_ref().unwrap_or(&self.literal[weekday]),
            Sort::Holiday(festivals) => {
                let named = |wanted: &Festival| {
                    self.festivals.iter().find(|(festival, _)| festival == wanted).map(|(_, plan)| plan)
                };
                let named = if self.festivals.is_empty() { None } else { festivals.iter().find_map(named) };
                named.or(self.holidays.as_ref()).unwrap_or(&self.literal[weekday])
            }
        }
    }

    /// Every plan that some day can have.
    pub(super) fn all(&self) -> impl Iterator<Item = &DayPlan> {
        // Without lines for holidays and make-up days, such a day has the plan of its weekday.
        let literal = self.holidays.is_none() || self.make_up.is_none();
        let literal = self.literal.iter().filter(move |_| literal);
        let festivals = self.festivals.iter().map(|(_, plan)| plan);
        self.ordinary
            .iter()
            .chain(literal)
            .chain(&self.make_up)
            .chain(&self.holidays)
            .chain(festivals)
            .chain(&self.exceptions)
    }
}

/// Turns spans (without their last day) into the dates from which on another span applies. If several spans overlap,
/// the lowest index applies.
fn laid_out<D: Copy + Ord>(spans: &[(D, D, u16)]) -> Vec<(D, Option<u16>)> {
    let mut edges: Vec<D> = spans.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    edges.sort();
    edges.dedup();
    let holds = |edge: D| {
        spans.iter().filter(|(from, to, _)| *from <= edge && edge < *to).map(|(_, _, index)| *index).min()
    };
    edges.into_iter().map(|edge| (edge, holds(edge))).collect()
}

fn holding<D: Ord>(laid_out: &[(D, Option<u16>)], day: &D) -> Option<u16> {
    let after = laid_out.partition_point(|(from, _)| from <= day);
    laid_out.get(after.checked_sub(1)?)?.1
}
