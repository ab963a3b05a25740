//! An entry of a black or white list: a whole number, or a prefix with a `*`.

use super::normal::Dialled;
use super::{AreaCode, Kind, normalise};
use std::fmt;

/// The longest entry, in characters: an international number with its `+`.
const ENTRY_CHARS_MAX: usize = 16;
/// The bits of one character.
const CHAR_BITS: u32 = 4;

/// An entry of a black or white list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(super) packed: Packed,
    pub(super) whole: bool,
}

/// The entry as a list file writes it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packed.write(f)?;
        if self.whole { Ok(()) } else { f.write_str("*") }
    }
}

/// Why a text is no entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// The text has letters, or is a withheld number.
    #[error("is no number: write digits, and * at the end for all that begin so")]
    NoNumber,
    /// The `*` is not at the end.
    #[error("has a * that is not its last character")]
    StarInside,
    /// The digits are no valid number.
    #[error("has the digits of no number there is: write * at the end for all that begin so")]
    NoForm,
    /// The prefix could be of a landline or of a local number.
    #[error("could be a landline: write its area code with the 0, such as 021*")]
    NoZero,
    /// The prefix begins with an area code that is not in use.
    #[error("begins with an area code that is not in use")]
    NoAreaCode,
    /// The prefix could be of a service or of a landline.
    #[error("could be a service such as 95588 or a landline: write 95… or 095…")]
    ServiceOrLandline,
    /// The prefix is of numbers of many kinds.
    #[error("would hold numbers of many kinds: write more of its digits")]
    TooWide,
    /// The number is too long.
    #[error("has more than 15 digits")]
    TooLong,
    /// The list has too many entries.
    #[error("is one entry more than a list may have (100,000)")]
    TooMany,
}

/// Up to 16 characters, from the highest bits down, with four bits each: a digit plus 1, 11 for `+`, and 0 after the
/// end. So packed values have the order of their texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packed(u64);

impl Packed {
    /// The packed characters as one number.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// The packed first characters, and whether these are all characters.
    pub(super) fn of(text: &[u8]) -> (Self, bool) {
        let mut packed = 0;
        let mut shift = u64::BITS;
        for byte in text.iter().take(ENTRY_CHARS_MAX) {
            shift -= CHAR_BITS;
            let character = if *byte == b'+' { 11 } else { u64::from(byte - b'0') + 1 };
            packed |= character << shift;
        }
        (Self(packed), text.len() <= ENTRY_CHARS_MAX)
    }

    /// Whether `other` begins with these characters, which are not empty.
    pub(super) fn begins(self, other: Self) -> bool {
        let unused = self.0.trailing_zeros() / CHAR_BITS * CHAR_BITS;
        (self.0 ^ other.0).checked_shr(unused).unwrap_or(0) == 0
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = (0..u64::BITS / CHAR_BITS).rev().map(|place| self.0 >> (place * CHAR_BITS) & 0xf);
        for character in characters.take_while(|character| *character != 0) {
            match character {
                11 => f.write_str("+")?,
                digit => write!(f, "{}", digit - 1)?,
            }
        }
        Ok(())
    }
}

impl Entry {
    pub(super) fn parse(text: &str, home: Option<AreaCode>) -> Result<Self, BadEntry> {
        match text.split_once(['*', '＊']) {
            None => Self::whole(text, home),
            Some((beginning, "")) => {
                let dialled = Dialled::of(beginning).ok_or(BadEntry::NoNumber)?;
                let (zero, digits) = beginning_of(dialled.plus(), dialled.digits())?;
                let text = [zero.as_bytes(), digits].concat();
                let (packed, fits) = Packed::of(&text);
                if text.is_empty() {
                    return Err(BadEntry::TooWide);
                }
                if fits { Ok(Self { packed, whole: false }) } else { Err(BadEntry::TooLong) }
            }
            Some(_) => Err(BadEntry::StarInside),
        }
    }

    fn whole(text: &str, home: Option<AreaCode>) -> Result<Self, BadEntry> {
        let number = normalise(text, home);
        match number.kind() {
            Kind::Mobile
            | Kind::Landline
            | Kind::Local
            | Kind::Service
            | Kind::Hotline
            | Kind::International => match Packed::of(number.bytes()) {
                (packed, true) => Ok(Self { packed, whole: true }),
                (_, false) => Err(BadEntry::TooLong),
            },
            Kind::Unknown => Err(BadEntry::NoForm),
            Kind::Withheld | Kind::Unreadable => Err(BadEntry::NoNumber),
        }
    }
}

/// A prefix in normal form: what comes before the digits, and the digits.
type Beginning<'d> = Result<(&'static str, &'d [u8]), BadEntry>;

fn beginning_of(plus: bool, digits: &[u8]) -> Beginning<'_> {
    match digits {
        _ if plus => beyond(digits),
        // 000…: no number, but such are seen.
        [b'0', b'0', b'0', ..] => Ok(("", digits)),
        [b'0', b'0', rest @ ..] => beyond(rest),
        [b'0', rest @ ..] => behind_zero(rest),
        [b'2'..=b'9', ..] if !is_hotline(digits) && !matches!(digits, [b'9', b'5' | b'6', ..]) => {
            Err(BadEntry::NoZero)
        }
        _ => Ok(("", digits)),
    }
}

/// The digits after `+` or `00`.
fn beyond(digits: &[u8]) -> Beginning<'_> {
    match digits {
        [] => Ok(("+", digits)),
        [b'0', ..] => Err(BadEntry::NoForm),
        // All of the mainland, or that and some countries.
        [b'8'] | [b'8', b'6'] => Err(BadEntry::TooWide),
        [b'8', b'6', b'0', rest @ ..] => behind_zero(rest),
        [b'8', b'6', rest @ ..] => in_the_mainland(rest),
        _ => Ok(("+", digits)),
    }
}

/// The digits after +86: an area code without its 0, or a number without area code.
fn in_the_mainland(digits: &[u8]) -> Beginning<'_> {
    match digits {
        [b'1'] => Err(BadEntry::TooWide),
        [b'1', b'0', ..] => Ok(("0", digits)),
        [b'1', ..] | [b'9', b'6', ..] => Ok(("", digits)),
        [b'9', b'5', ..] => Err(BadEntry::ServiceOrLandline),
        _ if is_hotline(digits) => Ok(("", digits)),
        _ => in_area(digits),
    }
}

fn behind_zero(digits: &[u8]) -> Beginning<'_> {
    match digits {
        // 0 and a mobile, or Beijing.
        [b'1'] => Err(BadEntry::TooWide),
        [b'1', b'3'..=b'9', ..] => Ok(("", digits)),
        _ if is_hotline(digits) => Ok(("", digits)),
        _ => in_area(digits),
    }
}

/// An area code, or the prefix of area codes.
fn in_area(digits: &[u8]) -> Beginning<'_> {
    if AreaCode::at(digits).is_some() || AreaCode::any_begins(digits) {
        Ok(("0", digits))
    } else {
        Err(BadEntry::NoAreaCode)
    }
}

fn is_hotline(digits: &[u8]) -> bool {
    matches!(digits, [b'4' | b'8', b'0', b'0', ..])
}
