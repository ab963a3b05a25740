//! A telephone number in its one form.

use super::{AreaCode, masked};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The longest form, in characters: a longer text is no number.
pub const NUMBER_CHARS_MAX: usize = 20;
/// How a withheld number is written.
const ANONYMOUS: &str = "anonymous";
/// How a text that is no number is written.
const UNREADABLE: &str = "unreadable";

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A mobile: eleven digits.
    Mobile,
    /// A landline: 0, area code, number.
    Landline,
    /// A landline whose area code is not known.
    Local,
    /// A short number: 95588, 10010, 12345, 96xxx; behind an area code where it belongs to one city only.
    Service,
    /// A 400 or 800 number.
    Hotline,
    /// A number outside the mainland: `+`, country, number. Hong Kong, Macau and Taiwan are among them.
    International,
    /// The caller keeps it to itself.
    Withheld,
    /// Digits that fit no form.
    Unknown,
    /// No number: letters, or more digits than any number has.
    Unreadable,
}

/// A number in its one form. Equal numbers reach the same telephone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    kind: Kind,
    area: Option<AreaCode>,
    length: u8,
    text: [u8; NUMBER_CHARS_MAX],
}

impl Number {
    /// What kind of number it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The area code in it.
    pub fn area_code(&self) -> Option<AreaCode> {
        self.area
    }

    /// Its digits, behind a `+` if it is abroad; nothing if it is withheld or unreadable.
    pub fn digits(&self) -> &str {
        // Only digits and a `+` were ever put in.
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// The form as bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    pub(super) fn empty(kind: Kind) -> Self {
        Self { kind, area: None, length: 0, text: [0; NUMBER_CHARS_MAX] }
    }

    /// These parts, one behind the other; what does not fit is no number.
    pub(super) fn of(kind: Kind, parts: [&[u8]; 3]) -> Self {
        let mut number = Self::empty(kind);
        let mut end = 0;
        for part in parts {
            let start = end;
            end += part.len();
            match number.text.get_mut(start..end) {
                Some(room) => room.copy_from_slice(part),
                None => return Self::empty(Kind::Unreadable),
            }
        }
        // Not more than `NUMBER_CHARS_MAX`.
        number.length = end as u8;
        number
    }

    pub(super) fn in_area(kind: Kind, area: AreaCode, code: &[u8], local: &[u8]) -> Self {
        Self { area: Some(area), ..Self::of(kind, [b"0", code, local]) }
    }
}

/// The whole form; a withheld or unreadable one as a word.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Withheld => ANONYMOUS,
            Kind::Unreadable => UNREADABLE,
            Kind::Mobile
            | Kind::Landline
            | Kind::Local
            | Kind::Service
            | Kind::Hotline
            | Kind::International
            | Kind::Unknown => self.digits(),
        })
    }
}

/// With its middle hidden, as it may stand in a log.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, masked(self.digits()))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::normalise;

    #[test]
    fn a_number_prints_masked_for_a_log() {
        assert_eq!(format!("{:?}", normalise("+8613800138000", None)), "Mobile(138*****000)");
    }

    #[test]
    fn a_number_fits_in_three_words() {
        assert!(size_of::<Number>() <= 24);
    }
}
