//! Which days are worked: statutory days off and make-up working days, as the yearly notice sets them.
//!
//! A year whose notice is not known has weekdays and weekends and nothing else: make-up days follow no rule
//! that could be computed.

use super::festival::Festival;
use crate::time::Instant;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Made by `data/make.py`; see `data/README.md` for where it is from.
const KNOWN: &str = include_str!("data/days.txt");
/// In this month the notice of the next year, which comes about November, should be there; and the days before
/// New Year are the only ones of another year that a notice names.
const LAST_MONTH: i8 = 12;
/// The most days one year's file may name: every day of the year and the December before it.
pub const YEAR_DAYS_MAX: usize = 400;
/// The longest name of a holiday, in characters.
pub const HOLIDAY_NAME_CHARS_MAX: usize = 64;

/// The years a file may be for: a wrong one would only take memory.
const YEARS: RangeInclusive<i16> = 1970..=2200;
/// A place for each day of a year, months being 31 days long.
const YEAR_PLACES: usize = 12 * 31;

type Years = BTreeMap<i16, BTreeMap<Date, Named>>;

/// Statutory days off and make-up working days, by date.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Years", into = "Years")]
pub struct Calendar {
    /// Each year's notice. It may name days of the year before, where it has the last word.
    years: Years,
    /// What holds of each day, to be found at once: from the first year on that any notice names.
    index: Vec<[Option<NonZeroU16>; YEAR_PLACES]>,
    first_year: i16,
    /// What the index points at, counted from 1.
    named: Vec<Named>,
}

impl From<Years> for Calendar {
    fn from(years: Years) -> Self {
        let mut calendar = Self { years, ..Self::default() };
        calendar.lay_out();
        calendar
    }
}

impl From<Calendar> for Years {
    fn from(calendar: Calendar) -> Self {
        calendar.years
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.years == other.years
    }
}

/// A day that a notice names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "NamedText")]
struct Named {
    name: Arc<str>,
    off: bool,
    /// In the order in which the name has them.
    #[serde(skip)]
    festivals: Arc<[Festival]>,
}

#[derive(Deserialize)]
struct NamedText {
    name: Arc<str>,
    off: bool,
}

impl From<NamedText> for Named {
    fn from(text: NamedText) -> Self {
        Self { festivals: Festival::all_in(&text.name).into(), name: text.name, off: text.off }
    }
}

/// What a date is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// What kind of day.
    pub kind: DayKind,
    /// Whether the notice of its year is known; without it, only the weekday counts.
    pub year_known: bool,
}

/// What kind of day a date is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// An ordinary Monday to Friday.
    Workday,
    /// An ordinary Saturday or Sunday.
    Weekend,
    /// A statutory day off, and what is celebrated.
    Holiday(Arc<str>),
    /// A Saturday or Sunday that is worked, and for which holiday.
    MakeUp(Arc<str>),
}

impl DayKind {
    /// Whether people work.
    pub fn is_worked(&self) -> bool {
        match self {
            Self::Workday | Self::MakeUp(_) => true,
            Self::Weekend | Self::Holiday(_) => false,
        }
    }
}

/// Why a year's file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub struct BadYear {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub why: String,
}

/// A year's file in the schema of `holiday-cn`. Keys we do not need are nobody's mistake.
#[derive(Deserialize)]
struct YearFile {
    year: i16,
    days: Vec<DayOfFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DayOfFile {
    name: String,
    date: Date,
    is_off_day: bool,
}

impl Calendar {
    /// The years that are compiled in.
    pub fn known() -> Self {
        let mut calendar = Self::default();
        KNOWN.lines().filter(|line| !line.starts_with('#')).for_each(|line| {
            // A line that cannot be read says nothing; a test reads them all.
            let _ = calendar.add(line);
        });
        calendar.lay_out();
        calendar
    }

    /// Fills the index from the years.
    fn lay_out(&mut self) {
        self.index.clear();
        self.named.clear();
        // The later notice has the last word, so it comes last.
        let days = || self.years.values().flatten().filter(|(date, _)| YEARS.contains(&date.year()));
        self.first_year = days().map(|(date, _)| date.year()).min().unwrap_or_default();
        for (date, named) in days() {
            // Days of one holiday follow each other.
            if self.named.last() != Some(named) {
                self.named.push(named.clone());
            }
            let (year, place) = (usize::from(date.year().abs_diff(self.first_year)), place_of(*date));
            if self.index.len() <= year {
                self.index.resize(year + 1, [None; YEAR_PLACES]);
            }
            self.index[year][place] = u16::try_from(self.named.len()).ok().and_then(NonZeroU16::new);
        }
    }

    /// Takes a line such as `2026 春节 off 02-15..02-23 work 02-14`.
    fn add(&mut self, line: &str) -> Option<()> {
        let (year, rest) = line.split_once(' ')?;
        let (name, rest) = rest.split_once(' ')?;
        let date = |text: &str| format!("{year}-{text}").parse::<Date>().ok();
        let days = self.years.entry(year.parse().ok()?).or_default();
        let mut named = Named::from(NamedText { name: name.into(), off: true });
        for word in rest.split(' ') {
            match word {
                "off" | "work" => named.off = word == "off",
                span => {
                    let (from, to) = span.split_once("..").unwrap_or((span, span));
                    let (from, to) = (date(from)?, date(to)?);
                    days.extend(
                        from.series(jiff::Span::new().days(1))
                            .take_while(|day| *day <= to)
                            .map(|day| (day, named.clone())),
                    );
                }
            }
        }
        Some(())
    }

    /// Takes a year's file of the operator's own, in the schema of `holiday-cn`, in place of what was known of
    /// that year. `file` is what it is called in a fault. A refused file changes nothing.
    pub fn overlay(&mut self, json: &str, file: &str) -> Result<(), BadYear> {
        let bad = |line: usize, why: String| BadYear { file: file.to_owned(), line, why };
        let said: YearFile = serde_json::from_str(json).map_err(|error| {
            let why = match error.classify() {
                serde_json::error::Category::Data => error.to_string(),
                _ => format!("is not JSON: {error}"),
            };
            // The line stands in front already.
            let why = why.split(" at line ").next().unwrap_or_default().to_owned();
            bad(error.line().max(1), why)
        })?;
        if said.days.len() > YEAR_DAYS_MAX {
            return Err(bad(1, format!("names {} days: at most {YEAR_DAYS_MAX} are taken", said.days.len())));
        }
        if !YEARS.contains(&said.year) {
            let why = format!("{} is no year from {} to {}", said.year, YEARS.start(), YEARS.end());
            return Err(bad(line_of(json, &said.year.to_string()), why));
        }
        let mut days = BTreeMap::new();
        for day in said.days {
            let (date, name) = (day.date, day.name.trim());
            let line = line_of(json, &date.to_string());
            let reaches_back = date.month() == LAST_MONTH
                && date.year().checked_add(1).is_some_and(|next| next == said.year);
            if date.year() != said.year && !reaches_back {
                let why = format!("{date} is neither in {} nor in the December before", said.year);
                return Err(bad(line, why));
            }
            if name.is_empty()
                || name.chars().count() > HOLIDAY_NAME_CHARS_MAX
                || name.contains(char::is_control)
            {
                let why = format!(
                    "the name of {date} must have 1 to {HOLIDAY_NAME_CHARS_MAX} characters and no control \
                     characters"
                );
                return Err(bad(line, why));
            }
            let named = Named::from(NamedText { name: name.into(), off: day.is_off_day });
            if days.insert(date, named).is_some() {
                return Err(bad(line, format!("{date} is named twice")));
            }
        }
        self.years.insert(said.year, days);
        self.lay_out();
        Ok(())
    }

    /// What this date is.
    pub fn day(&self, date: Date) -> Day {
        Day { kind: self.kind(date), year_known: self.years.contains_key(&date.year()) }
    }

    pub(super) fn kind(&self, date: Date) -> DayKind {
        match self.named(date) {
            Some(named) if named.off => DayKind::Holiday(named.name.clone()),
            Some(named) if is_weekend(date) => DayKind::MakeUp(named.name.clone()),
            Some(_) => DayKind::Workday,
            None if is_weekend(date) => DayKind::Weekend,
            None => DayKind::Workday,
        }
    }

    /// The years whose notice is missing and should not be: the present one in China, and from December on the next.
    pub fn missing_years(&self, now: Instant) -> Vec<i16> {
        let today = now.china_date();
        let next = (today.month() == LAST_MONTH).then(|| today.year().saturating_add(1));
        let wanted = [Some(today.year()), next].into_iter().flatten();
        wanted.filter(|year| !self.years.contains_key(year)).collect()
    }

    /// The years whose notice is known.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.keys().copied()
    }

    /// What kind of day, without the name.
    pub(super) fn sort(&self, date: Date) -> Sort<'_> {
        match self.named(date) {
            Some(named) if named.off => Sort::Holiday(&named.festivals),
            Some(_) if is_weekend(date) => Sort::MakeUp,
            Some(_) | None => Sort::Ordinary,
        }
    }

    fn named(&self, date: Date) -> Option<&Named> {
        let year = usize::try_from(date.year().checked_sub(self.first_year)?).ok()?;
        let place = self.index.get(year)?[place_of(date)]?;
        self.named.get(usize::from(place.get()) - 1)
    }
}

/// Where a date stands in its year.
fn place_of(date: Date) -> usize {
    usize::from(date.month().unsigned_abs() - 1) * 31 + usize::from(date.day().unsigned_abs() - 1)
}

/// What decides which lines of a table count.
pub(super) enum Sort<'c> {
    Ordinary,
    Holiday(&'c [Festival]),
    MakeUp,
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The line, from 1, where this text stands last: a day that is named twice is wrong the second time.
fn line_of(text: &str, needle: &str) -> usize {
    let before = text.rfind(needle).unwrap_or_default();
    text[..before].matches('\n').count() + 1
}
