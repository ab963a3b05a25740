//! Sets of codes that prove a product genuine (防伪查询).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most digits of a code.
pub const CODE_DIGITS_MAX: usize = 25;

/// A set of codes of up to [`CODE_DIGITS_MAX`] digits. Each code takes 16 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes(Box<[u128]>);

/// The digits as a number, with a 1 before them, so that leading zeros count.
fn packed(code: &str) -> Option<u128> {
    let fits = (1..=CODE_DIGITS_MAX).contains(&code.len());
    if !fits {
        return None;
    }
    code.bytes().try_fold(1, |packed: u128, byte| {
        byte.is_ascii_digit().then(|| packed * 10 + u128::from(byte - b'0'))
    })
}

impl Codes {
    /// The set of these codes.
    ///
    /// # Errors
    ///
    /// The first text that is no code: empty, too long, or with a character that is no digit.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let packed: Result<Vec<u128>, &'a str> =
            codes.into_iter().map(|code| packed(code).ok_or(code)).collect();
        let mut packed = packed?;
        packed.sort_unstable();
        packed.dedup();
        Ok(Self(packed.into()))
    }

    /// Whether the set contains the code.
    pub fn contains(&self, code: &str) -> bool {
        packed(code).is_some_and(|packed| self.0.binary_search(&packed).is_ok())
    }

    /// A hash of the codes, which is the same in every run.
    pub fn fingerprint(&self) -> u64 {
        self.0.iter().fold(0xcbf2_9ce4_8422_2325, |mixed: u64, code| {
            let word = (*code as u64) ^ ((*code >> 64) as u64).rotate_left(17);
            (mixed ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        })
    }

    /// The number of codes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Codes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|packed| packed.to_string()[1..].to_owned()))
    }
}

impl<'de> Deserialize<'de> for Codes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let codes = Vec::<String>::deserialize(deserializer)?;
        Self::new(codes.iter().map(String::as_str))
            .map_err(|bad| serde::de::Error::custom(format!("{bad:?} is no code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_digits_with_leading_zeros() {
        let longest = "9".repeat(CODE_DIGITS_MAX);
        let codes = Codes::new(["0012", "12", longest.as_str(), "12"]).unwrap();
        assert_eq!(codes.len(), 3);
        assert!(codes.contains("0012") && codes.contains("12") && codes.contains(&longest));
        assert!(!codes.contains("012") && !codes.contains("") && !codes.contains("1 2"));
        assert_eq!(Codes::new(["1", "12a"]), Err("12a"));
        let other = Codes::new(["0012", "13", longest.as_str()]).unwrap();
        assert_ne!(codes.fingerprint(), other.fingerprint());
        let text = serde_json::to_string(&codes).unwrap();
        assert_eq!(serde_json::from_str::<Codes>(&text).unwrap(), codes);
    }
}
