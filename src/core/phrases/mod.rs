//! What is spoken to people, as a row of recorded pieces.
//!
//! ```text
//! "two callers before you" ──Speaker──▶ [ThereAre, Liang, CallersAhead] ──file()──▶ queue/there_are.wav …
//! ```
//!
//! The switches have speaking applications of their own; FreeSWITCH's Chinese one says 100000 as ten and drops
//! the 零 of 1010. So the words are chosen here, alike for every switch, and a switch only plays files.
//!
//! Absent, and to stay so: where the files lie, which switch plays them, what the time is.

mod count;
mod english;
mod mandarin;
mod piece;
mod row;
mod sentence;
mod spell;
mod table;

pub use count::Unit;
pub use piece::{Language, UnknownPiece, text};
pub use sentence::{Key, NotAKey, Offer};
pub use table::Piece;

use jiff::civil::{Date, Time, Weekday};

/// The largest number that is said as a number: one below a million millions. A larger one is spelled.
pub const NUMBER_MAX: u64 = 999_999_999_999;

/// Who speaks: a language, and how that language is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speaker {
    /// In which language.
    pub language: Language,
    /// Whether a 1 among spelled digits is 幺, as on the telephone, so that nobody takes it for a 7 (一, 七).
    pub yao: bool,
}

impl Speaker {
    /// Who speaks this language as one does on the telephone.
    pub const fn new(language: Language) -> Self {
        Self { language, yao: true }
    }

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

#[cfg(test)]
mod tests;
