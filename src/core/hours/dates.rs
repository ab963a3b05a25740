//! The dates of an exception: one day or a span of days, once or every year.
//!
//! `2026-12-31`, `2026-12-30..2027-01-02`, `12-31`, `12-30..01-02`.

use super::line::quoted;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// Why a text is no date and no span of dates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDates {
    /// The text is no date.
    #[error(
        "{0:?} is no date: write 2026-12-31, or 12-31 for every year; two dates with .. between them are a span"
    )]
    Date(String),
    /// Only one of the two dates has a year.
    #[error("{0:?} has a year on one side only: write it on both, or on none for every year")]
    HalfYearly(String),
    /// The span ends before it begins.
    #[error("{0:?} ends before it begins")]
    Backwards(String),
}

/// A day of any year. Days are ordered as in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct YearDay(u16);

impl YearDay {
    const DAYS_OF_MONTH: u16 = 32;

    pub(super) const FIRST: Self = Self::of(1, 1);
    pub(super) const LAST: Self = Self::of(12, 31);

    const fn of(month: u8, day: u8) -> Self {
        Self(month as u16 * Self::DAYS_OF_MONTH + day as u16)
    }

    pub(super) fn on(date: Date) -> Self {
        Self::of(date.month().unsigned_abs(), date.day().unsigned_abs())
    }

    /// The next value in the order, which need not be a real day.
    pub(super) fn after(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One day or a span of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates(pub(super) Span);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// From the first to the last day, both included.
    Once(Date, Date),
    /// From the first to the last day of every year, both included. The span may include New Year.
    Yearly(YearDay, YearDay),
}

impl Dates {
    /// Whether the span has more than one day.
    pub(super) fn are_several(&self) -> bool {
        match self.0 {
            Span::Once(from, to) => from != to,
            Span::Yearly(from, to) => from != to,
        }
    }
}

impl FromStr for Dates {
    type Err = BadDates;

    fn from_str(text: &str) -> Result<Self, BadDates> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        match (end(from.trim())?, end(to.trim())?) {
            (End::Date(from), End::Date(to)) if from <= to => Ok(Self(Span::Once(from, to))),
            (End::Date(_), End::Date(_)) => Err(BadDates::Backwards(quoted(text))),
            (End::YearDay(from), End::YearDay(to)) => Ok(Self(Span::Yearly(from, to))),
            (End::Date(_), End::YearDay(_)) | (End::YearDay(_), End::Date(_)) => {
                Err(BadDates::HalfYearly(quoted(text)))
            }
        }
    }
}

enum End {
    Date(Date),
    YearDay(YearDay),
}

fn end(text: &str) -> Result<End, BadDates> {
    let bad = || BadDates::Date(quoted(text));
    let digits_and_dashes = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = |text: &str| text.parse::<Date>().map_err(|_| bad());
    match text.len() {
        10 if digits_and_dashes => date(text).map(End::Date),
        // In a leap year, so that the 29th of February is a day.
        5 if digits_and_dashes => date(&format!("2000-{text}")).map(|date| End::YearDay(YearDay::on(date))),
        _ => Err(bad()),
    }
}

impl fmt::Display for YearDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.0 / Self::DAYS_OF_MONTH, self.0 % Self::DAYS_OF_MONTH)
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Span::Once(from, to) if from == to => write!(f, "{from}"),
            Span::Once(from, to) => write!(f, "{from}..{to}"),
            Span::Yearly(from, to) if from == to => write!(f, "{from}"),
            Span::Yearly(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_one_day_or_some_once_or_every_year() {
        for text in ["2026-12-31", "2026-12-30..2027-01-02", "12-31", "12-30..01-02", "02-29"] {
            assert_eq!(text.parse::<Dates>().unwrap().to_string(), text);
        }
        assert_eq!("12-31..12-31".parse::<Dates>().unwrap().to_string(), "12-31");
        for text in ["", "2026-02-29", "02-30", "1-1", "2026/12/31", "..", "2026-12-31T00", "-26-12-31"] {
            assert!(matches!(text.parse::<Dates>(), Err(BadDates::Date(_))), "{text}");
        }
        assert!(matches!("2026-12-31..01-02".parse::<Dates>(), Err(BadDates::HalfYearly(_))));
        assert!(matches!("2027-01-02..2026-12-31".parse::<Dates>(), Err(BadDates::Backwards(_))));
    }
}
