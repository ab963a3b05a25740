//! English as in America: numbers, dates and times of day. No "and" in a number.

use super::Piece;
use super::row::{HUNDREDS, MONTHS, SMALL, SMALL_NTH, TENS, TENS_NTH, THOUSANDS, at, below_hundred};
use jiff::civil::{Date, Time};

/// A number of at most twelve digits.
pub(super) fn cardinal(number: u64) -> Vec<Piece> {
    if number == 0 {
        return vec![Piece::N0];
    }
    let mut pieces = Vec::new();
    let threes = [(number / 1_000_000_000, Piece::Billion), (number / 1_000_000 % 1_000, Piece::Million)];
    for (three, unit) in threes {
        if three > 0 {
            below_thousand(three, &mut pieces);
            pieces.push(unit);
        }
    }
    match number / 1_000 % 1_000 {
        0 => {}
        thousands @ 1..10 => pieces.extend(at(&THOUSANDS, thousands - 1)),
        thousands => {
            below_thousand(thousands, &mut pieces);
            pieces.push(Piece::Thousand);
        }
    }
    below_thousand(number % 1_000, &mut pieces);
    pieces
}

/// Up to three digits; nothing for a nought.
fn below_thousand(number: u64, pieces: &mut Vec<Piece>) {
    if number >= 100 {
        pieces.extend(at(&HUNDREDS, number / 100 - 1));
    }
    if !number.is_multiple_of(100) {
        pieces.extend(below_hundred(number % 100));
    }
}

/// An ordinal from 1 to 99: only the last piece is an ordinal.
pub(super) fn ordinal(number: u64) -> Option<Vec<Piece>> {
    let last = match number {
        1..20 => at(&SMALL_NTH, number - 1),
        20..100 if number.is_multiple_of(10) => at(&TENS_NTH, number / 10 - 2),
        20..100 => at(&SMALL_NTH, number % 10 - 1),
        _ => return None,
    };
    let tens = (number > 20 && !number.is_multiple_of(10)).then(|| at(&TENS, number / 10 - 2)).flatten();
    Some(tens.into_iter().chain(last).collect())
}

/// The month, the day as an ordinal, the year in two halves.
pub(super) fn date(date: Date) -> Vec<Piece> {
    let mut pieces: Vec<Piece> =
        at(&MONTHS, u64::from(date.month().unsigned_abs()) - 1).into_iter().collect();
    pieces.extend(ordinal(date.day().unsigned_abs().into()).unwrap_or_default());
    pieces.extend(year(date.year().unsigned_abs().into()));
    pieces
}

/// Twenty twenty six, nineteen oh five; but two thousand five, and one thousand nine hundred.
fn year(year: u64) -> Vec<Piece> {
    let (century, rest) = (year / 100, year % 100);
    if century < 10 || rest == 0 || (2_000..2_010).contains(&year) {
        return cardinal(year);
    }
    let oh = (rest < 10).then_some(Piece::Oh);
    below_hundred(century).chain(oh).chain(below_hundred(rest)).collect()
}

/// The hour of twelve, the minutes, and which half of the day.
pub(super) fn clock(time: Time) -> Vec<Piece> {
    let hour = u64::from(time.hour().unsigned_abs());
    let minute = u64::from(time.minute().unsigned_abs());
    let mut pieces: Vec<Piece> =
        at(&SMALL, if hour % 12 == 0 { 12 } else { hour % 12 }).into_iter().collect();
    if minute > 0 {
        pieces.extend((minute < 10).then_some(Piece::Oh));
        pieces.extend(below_hundred(minute));
    }
    pieces.push(match (hour, minute) {
        (0, 0) => Piece::EarlyMorning,
        (12, 0) => Piece::Noon,
        (0..12, _) => Piece::Am,
        (_, _) => Piece::Pm,
    });
    pieces
}
