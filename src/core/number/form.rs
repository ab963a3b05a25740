//! A telephone number in normal form.

use super::{AreaCode, masked};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The longest normal form, in characters. A longer text is no number.
pub const NUMBER_CHARS_MAX: usize = 20;
/// The text of a withheld number.
const ANONYMOUS: &str = "anonymous";
/// The text of a value that is no number.
const UNREADABLE: &str = "unreadable";

/// The kind of a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A mobile: eleven digits.
    Mobile,
    /// A landline: 0, area code, number.
    Landline,
    /// A landline without a known area code.
    Local,
    /// A short number: 95588, 10010, 12345, 96xxx; after an area code if the number belongs to one city only.
    Service,
    /// A 400 or 800 number.
    Hotline,
    /// A number outside the mainland: `+`, country, number. Hong Kong, Macau and Taiwan are among them.
    International,
    /// The caller withholds the number.
    Withheld,
    /// Digits without a known form.
    Unknown,
    /// No number: letters, or too many digits.
    Unreadable,
}

/// A telephone number in normal form. Equal numbers reach the same telephone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    kind: Kind,
    area: Option<AreaCode>,
    length: u8,
    text: [u8; NUMBER_CHARS_MAX],
}

impl Number {
    /// The kind of a telephone number.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The area code in the number.
    pub fn area_code(&self) -> Option<AreaCode> {
        self.area
    }

    /// The digits, after a `+` for a number abroad. Empty for a withheld or unreadable number.
    pub fn digits(&self) -> &str {
        // The text has only digits and a `+`.
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// The normal form as bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    pub(super) fn empty(kind: Kind) -> Self {
        Self { kind, area: None, length: 0, text: [0; NUMBER_CHARS_MAX] }
    }

    /// The number of these parts in turn. Unreadable, if the parts are too long.
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

/// The normal form. A withheld or unreadable number is a word.
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

/// The number with its middle digits hidden, for logs.
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
