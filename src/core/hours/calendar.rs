//! The calendar of statutory holidays and make-up working days, from the yearly notices of the State Council.
//!
//! A year without a known notice has only weekdays and weekends: make-up days follow no rule that could be computed.

use super::festival::Festival;
use crate::time::Instant;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The known notices, made by `data/make.py`. `data/README.md` names the source.
const KNOWN: &str = include_str!("data/days.txt");
/// December. The notice of the next year comes about November and should be known now. The days before New Year are the
/// only days of another year that a notice names.
const LAST_MONTH: i8 = 12;
/// The most days one year's file may name: every day of the year and the December before it.
pub const YEAR_DAYS_MAX: usize = 400;
/// The longest name of a holiday, in characters.
pub const HOLIDAY_NAME_CHARS_MAX: usize = 64;

/// The years that a file can be for: a wrong year would only waste memory.
const YEARS: RangeInclusive<i16> = 1970..=2200;
/// The number of index entries of a year, with 31 days for each month.
const YEAR_PLACES: usize = 12 * 31;

type Years = BTreeMap<i16, BTreeMap<Date, Named>>;

/// Statutory days off and make-up working days, by date.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Years", into = "Years")]
pub struct Calendar {
    /// The notice of each year. A notice may name days of the year before and overrides that year's notice there.
    years: Years,
    /// The entry of each day in `named`, for a fast lookup, from `first_year` on.
    index: Vec<[Option<NonZeroU16>; YEAR_PLACES]>,
    first_year: i16,
    /// The entries of the index, counted from 1.
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

/// What a notice says of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "NamedText")]
struct Named {
    name: Arc<str>,
    off: bool,
    /// The holidays in the name, in their order.
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

/// The kind of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The kind of day.
    pub kind: DayKind,
    /// Whether the notice of the year is known. Without it, only the weekday counts.
    pub year_known: bool,
}

/// The kind of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// An ordinary Monday to Friday.
    Workday,
    /// An ordinary Saturday or Sunday.
    Weekend,
    /// A statutory day off, with the name of the holiday.
    Holiday(Arc<str>),
    /// A make-up day: a Saturday or Sunday that is a working day, with the name of its holiday.
    MakeUp(Arc<str>),
}

impl DayKind {
    /// Whether the day is a working day.
    pub fn is_worked(&self) -> bool {
        match self {
            Self::Workday | Self::MakeUp(_) => true,
            Self::Weekend | Self::Holiday(_) => false,
        }
    }
}

/// Why the file of a year is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub struct BadYear {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The problem.
    pub why: String,
}

/// The file of a year in the schema of `holiday-cn`. Other keys are ignored.
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
    /// The calendar of the years that are compiled in.
    pub fn known() -> Self {
        let mut calendar = Self::default();
        KNOWN.lines().filter(|line| !line.starts_with('#')).for_each(|line| {
            // An invalid line is ignored; a test reads all lines.
            let _ = calendar.add(line);
        });
        calendar.lay_out();
        calendar
    }

    /// Fills the index from the years.
    fn lay_out(&mut self) {
        self.index.clear();
        self.named.clear();
        // The later notice overrides the earlier one, so it comes last.
        let days = || self.years.values().flatten().filter(|(date, _)| YEARS.contains(&date.year()));
        self.first_year = days().map(|(date, _)| date.year()).min().unwrap_or_default();
        for (date, named) in days() {
            // The days of a holiday follow each other, so an equal entry is the last one.
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

    /// Replaces the notice of a year by a file of the operator, in the schema of `holiday-cn`. `file` is the name of
    /// the file in an error.
    ///
    /// # Errors
    ///
    /// The file is invalid. A refused file changes nothing.
    pub fn overlay(&mut self, json: &str, file: &str) -> Result<(), BadYear> {
        let bad = |line: usize, why: String| BadYear { file: file.to_owned(), line, why };
        let notice: YearFile = serde_json::from_str(json).map_err(|error| {
            let why = match error.classify() {
                serde_json::error::Category::Data => error.to_string(),
                _ => format!("is not JSON: {error}"),
            };
            // The error has its own field for the line.
            let why = why.split(" at line ").next().unwrap_or_default().to_owned();
            bad(error.line().max(1), why)
        })?;
        if notice.days.len() > YEAR_DAYS_MAX {
            return Err(bad(
                1,
                format!("names {} days: at most {YEAR_DAYS_MAX} are taken", notice.days.len()),
            ));
        }
        if !YEARS.contains(&notice.year) {
            let why = format!("{} is no year from {} to {}", notice.year, YEARS.start(), YEARS.end());
            return Err(bad(line_of(json, &notice.year.to_string()), why));
        }
        let mut days = BTreeMap::new();
        for day in notice.days {
            let (date, name) = (day.date, day.name.trim());
            let line = line_of(json, &date.to_string());
            let reaches_back = date.month() == LAST_MONTH
                && date.year().checked_add(1).is_some_and(|next| next == notice.year);
            if date.year() != notice.year && !reaches_back {
                let why = format!("{date} is neither in {} nor in the December before", notice.year);
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
        self.years.insert(notice.year, days);
        self.lay_out();
        Ok(())
    }

    /// The kind of this date.
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

    /// The years whose notice is missing but should be known: the present year in China and, in December, the next
    /// year.
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

    /// The sort of day, without a name.
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

/// The index of a date in its year.
fn place_of(date: Date) -> usize {
    usize::from(date.month().unsigned_abs() - 1) * 31 + usize::from(date.day().unsigned_abs() - 1)
}

/// The sort of a day, which decides which lines of a table apply.
pub(super) enum Sort<'c> {
    Ordinary,
    Holiday(&'c [Festival]),
    MakeUp,
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The line, from 1, of the last occurrence of this text: if a day is named twice, the second line is wrong.
fn line_of(text: &str, needle: &str) -> usize {
    let before = text.rfind(needle).unwrap_or_default();
    text[..before].matches('\n').count() + 1
}
