//! Rows of pieces, such as the digits or the months, which are indexed by number.

use super::Piece;

/// The piece at an index of a row. `None` beyond the end, which callers do not use.
pub(super) fn at(row: &[Piece], place: u64) -> Option<Piece> {
    usize::try_from(place).ok().and_then(|place| row.get(place)).copied()
}

/// A number below 100, which both languages speak alike: up to 19 as one piece, and then tens and ones.
pub(super) fn below_hundred(number: u64) -> impl Iterator<Item = Piece> {
    let (tens, ones) =
        if number < 20 { (None, Some(number)) } else { (Some(number / 10), Some(number % 10)) };
    let ones = ones.filter(|ones| *ones > 0 || tens.is_none());
    tens.and_then(|tens| at(&TENS, tens - 2)).into_iter().chain(ones.and_then(|ones| at(&SMALL, ones)))
}

/// 0 to 19.
pub(super) const SMALL: [Piece; 20] = [
    Piece::N0,
    Piece::N1,
    Piece::N2,
    Piece::N3,
    Piece::N4,
    Piece::N5,
    Piece::N6,
    Piece::N7,
    Piece::N8,
    Piece::N9,
    Piece::N10,
    Piece::N11,
    Piece::N12,
    Piece::N13,
    Piece::N14,
    Piece::N15,
    Piece::N16,
    Piece::N17,
    Piece::N18,
    Piece::N19,
];

/// Twenty to ninety.
pub(super) const TENS: [Piece; 8] =
    [Piece::N20, Piece::N30, Piece::N40, Piece::N50, Piece::N60, Piece::N70, Piece::N80, Piece::N90];

/// One hundred to nine hundred.
pub(super) const HUNDREDS: [Piece; 9] = [
    Piece::N100,
    Piece::N200,
    Piece::N300,
    Piece::N400,
    Piece::N500,
    Piece::N600,
    Piece::N700,
    Piece::N800,
    Piece::N900,
];

/// One thousand to nine thousand.
pub(super) const THOUSANDS: [Piece; 9] = [
    Piece::N1000,
    Piece::N2000,
    Piece::N3000,
    Piece::N4000,
    Piece::N5000,
    Piece::N6000,
    Piece::N7000,
    Piece::N8000,
    Piece::N9000,
];

/// First to nineteenth.
pub(super) const SMALL_NTH: [Piece; 19] = [
    Piece::Nth1,
    Piece::Nth2,
    Piece::Nth3,
    Piece::Nth4,
    Piece::Nth5,
    Piece::Nth6,
    Piece::Nth7,
    Piece::Nth8,
    Piece::Nth9,
    Piece::Nth10,
    Piece::Nth11,
    Piece::Nth12,
    Piece::Nth13,
    Piece::Nth14,
    Piece::Nth15,
    Piece::Nth16,
    Piece::Nth17,
    Piece::Nth18,
    Piece::Nth19,
];

/// Twentieth to ninetieth.
pub(super) const TENS_NTH: [Piece; 8] = [
    Piece::Nth20,
    Piece::Nth30,
    Piece::Nth40,
    Piece::Nth50,
    Piece::Nth60,
    Piece::Nth70,
    Piece::Nth80,
    Piece::Nth90,
];

/// January to December.
pub(super) const MONTHS: [Piece; 12] = [
    Piece::January,
    Piece::February,
    Piece::March,
    Piece::April,
    Piece::May,
    Piece::June,
    Piece::July,
    Piece::August,
    Piece::September,
    Piece::October,
    Piece::November,
    Piece::December,
];

/// Monday to Sunday.
pub(super) const DAYS: [Piece; 7] = [
    Piece::Monday,
    Piece::Tuesday,
    Piece::Wednesday,
    Piece::Thursday,
    Piece::Friday,
    Piece::Saturday,
    Piece::Sunday,
];

/// A to Z.
pub(super) const LETTERS: [Piece; 26] = [
    Piece::LetterA,
    Piece::LetterB,
    Piece::LetterC,
    Piece::LetterD,
    Piece::LetterE,
    Piece::LetterF,
    Piece::LetterG,
    Piece::LetterH,
    Piece::LetterI,
    Piece::LetterJ,
    Piece::LetterK,
    Piece::LetterL,
    Piece::LetterM,
    Piece::LetterN,
    Piece::LetterO,
    Piece::LetterP,
    Piece::LetterQ,
    Piece::LetterR,
    Piece::LetterS,
    Piece::LetterT,
    Piece::LetterU,
    Piece::LetterV,
    Piece::LetterW,
    Piece::LetterX,
    Piece::LetterY,
    Piece::LetterZ,
];
