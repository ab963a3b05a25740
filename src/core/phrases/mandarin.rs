//! Mandarin: numbers, dates and times of day.
//!
//! 二 or 两: 两 stands before a unit when the number is just two (两位, 两点, 两元), and at the head of a number
//! before 千, 万 and 亿 (两千, 两万). Everywhere else it is 二: 十二, 二十, 二百, 一万二千, 二十二位, 二月, 第二.
//!
//! 零 is spoken once for any gap between spoken digits, also across 万 and 亿: 一千零一十, 两万零二,
//! 一亿零一万. No gap, no 零: 十万一千.
//!
//! 十 without 一 only where it begins the number: 十二, 十万; but 一百一十, 十万零一十二.
//!
//! 一 changes its tone before a unit, and before 百, 千, 万, 亿; where it is a digit, ends a longer number or
//! counts in a row it does not: 一月, 第一, 二十一位.

use super::row::{HUNDREDS, MONTHS, SMALL, SMALL_NTH, TENS_NTH, THOUSANDS, at, below_hundred};
use super::{Piece, Unit};
use jiff::civil::{Date, Time};

/// A number of at most twelve digits.
pub(super) fn cardinal(number: u64) -> Vec<Piece> {
    if number == 0 {
        return vec![Piece::N0];
    }
    let fours = [
        (number / 1_0000_0000, Some(Piece::HundredMillion)),
        (number / 1_0000 % 1_0000, Some(Piece::TenThousand)),
        (number % 1_0000, None),
    ];
    let mut pieces = Vec::new();
    let mut skipped = false;
    for (four, unit) in fours {
        if four == 0 {
            skipped = true;
            continue;
        }
        if !pieces.is_empty() && (skipped || four < 1_000) {
            pieces.push(Piece::N0);
        }
        match (four, unit) {
            // 万 and 亿 have the falling tone.
            (1, Some(_)) => pieces.push(Piece::YiRising),
            (2, Some(_)) if pieces.is_empty() => pieces.push(Piece::Liang),
            (four, _) => below_ten_thousand(four, &mut pieces),
        }
        pieces.extend(unit);
        skipped = false;
    }
    pieces
}

/// Up to four digits, after the pieces so far.
fn below_ten_thousand(number: u64, pieces: &mut Vec<Piece>) {
    let (thousands, hundreds, rest) = (number / 1_000, number / 100 % 10, number % 100);
    match thousands {
        0 => {}
        2 if !pieces.is_empty() => pieces.extend([Piece::N2, Piece::Thousand]),
        thousands => pieces.extend(at(&THOUSANDS, thousands - 1)),
    }
    if hundreds > 0 {
        pieces.extend(at(&HUNDREDS, hundreds - 1));
    }
    if rest == 0 {
        return;
    }
    let gap = (hundreds == 0 && thousands > 0) || (hundreds > 0 && rest < 10);
    if gap {
        pieces.push(Piece::N0);
    }
    if (10..20).contains(&rest) && !pieces.is_empty() {
        pieces.push(Piece::N1);
    }
    pieces.extend(below_hundred(rest));
}

/// 1 or 2 before a unit. Any other number is spoken as usual.
pub(super) fn counting(number: u64, unit: Unit) -> Option<Vec<Piece>> {
    match (number, unit) {
        // Before a falling tone, to which 个 belongs although it has none of its own.
        (1, Unit::Callers | Unit::Times | Unit::Items) => Some(vec![Piece::YiRising]),
        (
            1,
            Unit::Seconds | Unit::Minutes | Unit::Hours | Unit::Days | Unit::Yuan | Unit::Jiao | Unit::Fen,
        ) => Some(vec![Piece::YiFalling]),
        (2, _) => Some(vec![Piece::Liang]),
        (_, _) => None,
    }
}

/// An ordinal from 1 to 99: 第 and the tens are one piece.
pub(super) fn ordinal(number: u64) -> Option<Vec<Piece>> {
    match number {
        1..20 => at(&SMALL_NTH, number - 1).map(|nth| vec![nth]),
        20..100 => {
            let ones = Some(number % 10).filter(|ones| *ones > 0).and_then(|ones| at(&SMALL, ones));
            Some(at(&TENS_NTH, number / 10 - 2).into_iter().chain(ones).collect())
        }
        _ => None,
    }
}

/// The digits of the year, the month, the day. Months and days count in a row: 二月, not 两月.
pub(super) fn date(date: Date) -> Vec<Piece> {
    let year = date.year().unsigned_abs().to_string();
    let mut pieces: Vec<Piece> =
        year.bytes().filter_map(|digit| at(&SMALL, u64::from(digit - b'0'))).collect();
    pieces.push(Piece::Year);
    pieces.extend(at(&MONTHS, u64::from(date.month().unsigned_abs()) - 1));
    pieces.extend(below_hundred(date.day().unsigned_abs().into()));
    pieces.push(Piece::DayOfMonth);
    pieces
}

/// The part of the day, the hour of twelve, the minutes. Nobody says 十四点 to a caller.
pub(super) fn clock(time: Time) -> Vec<Piece> {
    let hour = u64::from(time.hour().unsigned_abs());
    let minute = u64::from(time.minute().unsigned_abs());
    let part = match hour {
        0..5 => Piece::EarlyMorning,
        5..12 => Piece::Am,
        12 => Piece::Noon,
        13..18 => Piece::Pm,
        _ => Piece::Evening,
    };
    let mut pieces = vec![part];
    match if hour > 12 { hour - 12 } else { hour } {
        1 => pieces.push(Piece::YiFalling),
        2 => pieces.push(Piece::Liang),
        hour => pieces.extend(at(&SMALL, hour)),
    }
    pieces.push(Piece::OClock);
    match minute {
        0 => {}
        30 => pieces.push(Piece::HalfPast),
        minute => {
            if minute < 10 {
                pieces.push(Piece::N0);
            }
            pieces.extend(below_hundred(minute));
            pieces.push(Piece::MinutePast);
        }
    }
    pieces
}
