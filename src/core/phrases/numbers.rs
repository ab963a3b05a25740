//! Numbers, dates and times of day, in the language of the speaker.

use super::{Language, Piece, Speaker, english, mandarin, row};
use jiff::civil::{Date, Time, Weekday};

/// The largest number that is spoken as a number: one below a million millions. The digits of a larger number are
/// spelled.
pub const NUMBER_MAX: u64 = 999_999_999_999;

impl Speaker {
    /// A number: 一百一十, one hundred ten.
    pub fn cardinal(self, number: u64) -> Vec<Piece> {
        if number > NUMBER_MAX {
            return self.spelled(&number.to_string());
        }
        match self.language {
            Language::Mandarin => mandarin::cardinal(number),
            Language::English => english::cardinal(number),
        }
    }

    /// A place in a row: 第二十一, twenty first. From a hundred on English says "number one hundred".
    pub fn ordinal(self, number: u64) -> Vec<Piece> {
        let spoken = match self.language {
            Language::Mandarin => mandarin::ordinal(number),
            Language::English => english::ordinal(number),
        };
        spoken.unwrap_or_else(|| [vec![Piece::Nth], self.cardinal(number)].concat())
    }

    /// A day of a year: 二零二六年三月二十七日, March twenty seventh twenty twenty six.
    pub fn date(self, date: Date) -> Vec<Piece> {
        match self.language {
            Language::Mandarin => mandarin::date(date),
            Language::English => english::date(date),
        }
    }

    /// A day of a week: 星期二, Tuesday.
    pub fn weekday(self, day: Weekday) -> Vec<Piece> {
        row::at(&row::DAYS, day.to_monday_zero_offset().unsigned_abs().into()).into_iter().collect()
    }

    /// A time of day, to the minute: 上午九点零五分, nine oh five a.m.
    pub fn clock(self, time: Time) -> Vec<Piece> {
        match self.language {
            Language::Mandarin => mandarin::clock(time),
            Language::English => english::clock(time),
        }
    }
}
