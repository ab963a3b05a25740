//! Black and white lists: whole numbers, and prefixes with a `*`.
//!
//! ```
//! use hotlined_core::number::{Prefixes, normalise};
//! let list = Prefixes::parse(["+8613800138000", "021*  # all of Shanghai"], None)?;
//! assert!(list.find(&normalise("013800138000", None)).is_some());
//! assert_eq!(list.find(&normalise("2188886666", None)).unwrap().to_string(), "021*");
//! # Ok::<(), Vec<hotlined_core::number::BadLine>>(())
//! ```

use super::entry::Packed;
use super::{AreaCode, BadEntry, Entry, Number};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// The most entries of a list.
pub const ENTRIES_MAX: usize = 100_000;
/// The most lines that are reported for a refused list.
pub const BAD_LINES_MAX: usize = 100;
/// The longest text quoted of a line, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// A list of numbers and prefixes of numbers. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes(Arc<Lists>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Lists {
    /// Sorted.
    whole: Vec<Packed>,
    /// Sorted.
    beginnings: Vec<Packed>,
    /// For each prefix, the longest other prefix of the list that it begins with, counted from 1. 0 means none.
    shorter: Vec<u32>,
}

/// A line that is no valid entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text:?} {why}")]
pub struct BadLine {
    /// The line, from 1.
    pub line: usize,
    /// The beginning of the line.
    pub text: String,
    /// What is wrong.
    pub why: BadEntry,
}

impl Prefixes {
    /// Reads a list with one entry in each line. `#` begins a comment; empty lines and repeated entries do not matter.
    /// A landline without area code gets the area code `home`, as callers do: see [`normalise`](super::normalise).
    ///
    /// # Errors
    ///
    /// The invalid lines, at most [`BAD_LINES_MAX`] of them.
    pub fn parse<'t>(
        lines: impl IntoIterator<Item = &'t str>,
        home: Option<AreaCode>,
    ) -> Result<Self, Vec<BadLine>> {
        let mut lists = Lists::default();
        let mut bad = Vec::new();
        for (line, text) in (1..).zip(lines) {
            let entry = text.trim_start_matches('\u{feff}').split('#').next().unwrap_or_default().trim();
            if entry.is_empty() {
                continue;
            }
            let full = lists.whole.len() + lists.beginnings.len() == ENTRIES_MAX;
            let read = if full { Err(BadEntry::TooMany) } else { Entry::parse(entry, home) };
            match read {
                Ok(Entry { packed, whole: true }) => lists.whole.push(packed),
                Ok(Entry { packed, whole: false }) => lists.beginnings.push(packed),
                Err(why) => {
                    bad.push(BadLine { line, text: entry.chars().take(QUOTED_CHARS_MAX).collect(), why });
                }
            }
            if full || bad.len() == BAD_LINES_MAX {
                break;
            }
        }
        if bad.is_empty() { Ok(Self(Arc::new(lists.in_order()))) } else { Err(bad) }
    }

    /// The longest entry that matches this number.
    pub fn find(&self, number: &Number) -> Option<Entry> {
        let digits = number.bytes();
        if digits.is_empty() {
            return None;
        }
        let (packed, fits) = Packed::of(digits);
        if fits && self.0.whole.binary_search(&packed).is_ok() {
            return Some(Entry { packed, whole: true });
        }
        self.0.beginning_of(packed).map(|packed| Entry { packed, whole: false })
    }

    /// Whether any entry matches this number.
    pub fn contains(&self, number: &Number) -> bool {
        self.find(number).is_some()
    }

    /// All entries: first whole numbers, then prefixes, each sorted.
    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        let whole = self.0.whole.iter().map(|packed| Entry { packed: *packed, whole: true });
        whole.chain(self.0.beginnings.iter().map(|packed| Entry { packed: *packed, whole: false }))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.whole.len() + self.0.beginnings.len()
    }

    /// The union of this list and another. `None` if the union has too many entries.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let joined = |ours: &[Packed], theirs: &[Packed]| [ours, theirs].concat();
        let lists = Lists {
            whole: joined(&self.0.whole, &other.0.whole),
            beginnings: joined(&self.0.beginnings, &other.0.beginnings),
            shorter: Vec::new(),
        };
        let both = Self(Arc::new(lists.in_order()));
        (both.len() <= ENTRIES_MAX).then_some(both)
    }

    /// A hash of the entries, which is the same in every run.
    pub fn fingerprint(&self) -> u64 {
        let whole = self.0.whole.iter().map(|packed| packed.bits());
        // A separator, so that a number and a prefix of the same digits differ.
        let all = whole.chain([u64::MAX]).chain(self.0.beginnings.iter().map(|packed| packed.bits()));
        all.fold(0xcbf2_9ce4_8422_2325, |mixed: u64, word| {
            (mixed ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        })
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Lists {
    fn in_order(mut self) -> Self {
        for entries in [&mut self.whole, &mut self.beginnings] {
            entries.sort_unstable();
            entries.dedup();
            entries.shrink_to_fit();
        }
        // The entries that the next entry may begin with.
        let mut open: Vec<u32> = Vec::new();
        self.shorter = Vec::with_capacity(self.beginnings.len());
        for (entry, number) in self.beginnings.iter().zip(1..) {
            while open.last().is_some_and(|last| !self.beginnings[*last as usize - 1].begins(*entry)) {
                open.pop();
            }
            self.shorter.push(open.last().copied().unwrap_or(0));
            open.push(number);
        }
        self
    }

    /// The longest prefix of this number. All entries between the prefix and the number begin with the prefix, so the
    /// prefix is the nearest entry below the number, or one that this entry begins with.
    fn beginning_of(&self, number: Packed) -> Option<Packed> {
        let mut at = self.beginnings.partition_point(|entry| *entry <= number);
        while let Some(index) = at.checked_sub(1) {
            let entry = *self.beginnings.get(index)?;
            if entry.begins(number) {
                return Some(entry);
            }
            at = self.shorter[index] as usize;
        }
        None
    }
}

/// Stored as a list of strings.
impl Serialize for Prefixes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for entry in self.iter() {
            list.serialize_element(&format_args!("{entry}"))?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Prefixes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(texts.iter().map(AsRef::as_ref), None).map_err(|bad| {
            let first = bad.first().map_or_else(String::new, ToString::to_string);
            serde::de::Error::custom(first)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::normalise;

    #[test]
    fn two_lists_are_one_that_has_what_either_has() {
        let list = |lines: &[&str]| Prefixes::parse(lines.iter().copied(), None).unwrap();
        let (one, other) = (list(&["13800138000", "021*"]), list(&["13800138000", "0755*", "0212*"]));
        let both = one.and(&other).unwrap();
        assert_eq!(both, list(&["0212*", "13800138000", "0755*", "021*"]));
        assert_eq!(both.fingerprint(), other.and(&one).unwrap().fingerprint());
        assert_ne!(both.fingerprint(), one.fingerprint());
        assert_ne!(list(&["95588"]).fingerprint(), list(&["95588*"]).fingerprint());
        let many = |from: u64| {
            let numbers: Vec<String> = (from..from + 60_000).map(|n| format!("138{n:08}")).collect();
            Prefixes::parse(numbers.iter().map(String::as_str), None).unwrap()
        };
        assert_eq!(many(0).and(&many(10_000)).map(|both| both.len()), Some(70_000));
        assert_eq!(many(0).and(&many(70_000)), None);
    }
    use proptest::prelude::*;

    fn list(lines: &str) -> Prefixes {
        Prefixes::parse(lines.lines(), None).unwrap()
    }

    fn found(list: &Prefixes, number: &str) -> String {
        list.find(&normalise(number, None)).map_or("-".into(), |entry| entry.to_string())
    }

    #[test]
    fn an_entry_and_a_caller_meet_in_whatever_forms_they_are_written() {
        let list = list(
            "\u{feff}# those who shout\n\n+8613800138000  # Mr Wang\n138 0013 8000\n021*\n+852*\n0086755*\n95*\n\
             ０１３９＊\n02188886666\n+8610*\n400*\n000*\n0085290001111\n04008*",
        );
        assert_eq!(list.len(), 12);
        for (caller, entry) in [
            ("013800138000", "13800138000"),
            ("13800138001", "-"),
            ("862188886666", "02188886666"),
            ("2188886667", "021*"),
            ("88886667", "-"),
            ("0085212345678", "+852*"),
            ("+85290001111", "+85290001111"),
            ("+85312345678", "-"),
            ("75588886666", "0755*"),
            ("02195588", "95*"),
            ("013912345678", "139*"),
            ("1088886666", "010*"),
            ("10010", "-"),
            ("4007001234", "400*"),
            ("4008001234", "4008*"),
            ("000000", "000*"),
            ("anonymous", "-"),
            ("alice", "-"),
        ] {
            assert_eq!(found(&list, caller), entry, "{caller}");
        }
    }

    #[test]
    fn the_longest_entry_counts() {
        let list = list("1*\n13*\n138*\n1380013*\n13800138000\n139*\n+*\n0*");
        for (caller, entry) in [
            ("13800138000", "13800138000"),
            ("13800138001", "1380013*"),
            ("13800140000", "138*"),
            ("13700000000", "13*"),
            ("19900000000", "1*"),
            ("13999999999", "139*"),
            ("075588886666", "0*"),
            ("+12125551234", "+*"),
            ("88886666", "-"),
        ] {
            assert_eq!(found(&list, caller), entry, "{caller}");
        }
    }

    #[test]
    fn a_landline_without_area_code_is_in_the_hotlines_own_area() {
        let home = AreaCode::parse("021").ok();
        let list = Prefixes::parse(["88886666"], home).unwrap();
        assert!(list.contains(&normalise("88886666", home)));
        assert!(list.contains(&normalise("+862188886666", None)));
        assert!(!list.contains(&normalise("88886666", AreaCode::parse("025").ok())));
    }

    #[test]
    fn a_line_that_could_mean_two_things_is_refused_with_its_place() {
        use BadEntry::*;
        let lines = [
            ("13800138000", None),
            ("1380013800", Some(NoForm)),
            ("138*0000", Some(StarInside)),
            ("138**", Some(StarInside)),
            ("*", Some(TooWide)),
            ("+86*", Some(TooWide)),
            ("01*", Some(TooWide)),
            ("21*", Some(NoZero)),
            ("8613*", Some(NoZero)),
            ("0378*", Some(NoAreaCode)),
            ("037*", None),
            ("+86951*", Some(ServiceOrLandline)),
            ("0951*", None),
            ("anonymous", Some(NoNumber)),
            ("${x}*", Some(NoNumber)),
            ("张三", Some(NoNumber)),
            ("13800138000123456*", Some(TooLong)),
            ("10690123456789012345", Some(TooLong)),
            ("+0*", Some(NoForm)),
        ];
        let bad = Prefixes::parse(lines.iter().map(|(text, _)| *text), None).unwrap_err();
        let expected = (1..)
            .zip(lines)
            .filter_map(|(line, (text, why))| why.map(|why| BadLine { line, text: text.to_owned(), why }));
        assert_eq!(bad, expected.collect::<Vec<_>>());
        assert_eq!(bad[0].to_string().split(':').next(), Some("line 2"));
    }

    #[test]
    fn a_hopeless_list_is_refused_in_a_hundred_lines() {
        let lines = std::iter::repeat_n("nonsense", 1_000_000);
        assert_eq!(Prefixes::parse(lines, None).unwrap_err().len(), BAD_LINES_MAX);
        let endless = std::iter::repeat("139*");
        let bad = Prefixes::parse(endless, None).unwrap_err();
        assert_eq!((bad[0].line, bad[0].why), (ENTRIES_MAX + 1, BadEntry::TooMany));
    }

    #[test]
    fn a_list_is_stored_as_texts_and_is_the_same_again() {
        let list = list("139*\n+8613800138000\n021*\n+852*\n+*");
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(json, r#"["13800138000","021*","139*","+*","+852*"]"#);
        assert_eq!(serde_json::from_str::<Prefixes>(&json).unwrap(), list);
        assert_eq!(serde_json::from_reader::<_, Prefixes>(json.as_bytes()).unwrap(), list);
        let error = serde_json::from_str::<Prefixes>(r#"["139*","x"]"#).unwrap_err().to_string();
        assert!(error.contains("line 2: \"x\" is no number"), "{error}");
    }

    #[test]
    fn an_entry_takes_sixteen_bytes_at_most() {
        assert!(size_of::<Packed>() + size_of::<u32>() <= 16);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Compared with looking at every entry.
        #[test]
        fn the_answer_is_that_of_a_search_through_all(
            entries in prop::collection::vec("(1[3-5][0-2]{0,4}\\*|1[3-5][0-2]{9}|0(21|755)[2-3]{0,2}\\*|\\+8[52][0-2]{0,3}\\*)", 0..40),
            numbers in prop::collection::vec("(1[3-5][0-2]{9}|0(21|755)[2-3]{8}|\\+8[52][0-2]{8})", 1..20),
        ) {
            let list = Prefixes::parse(entries.iter().map(String::as_str), None).unwrap();
            for text in numbers {
                let number = normalise(&text, None);
                let holds = |entry: &&String| match entry.strip_suffix('*') {
                    Some(beginning) => number.digits().starts_with(beginning),
                    None => number.digits() == entry.as_str(),
                };
                let expected = entries.iter().filter(holds).max_by_key(|entry| (entry.len(), !entry.ends_with('*')));
                prop_assert_eq!(list.find(&number).map(|entry| entry.to_string()), expected.cloned());
            }
        }

        #[test]
        fn any_lines_are_a_list_or_refused_and_a_list_reads_back(lines in prop::collection::vec("[0-9+*# ]{0,20}|.{0,20}", 0..10)) {
            if let Ok(list) = Prefixes::parse(lines.iter().map(String::as_str), None) {
                let json = serde_json::to_string(&list).unwrap();
                prop_assert_eq!(serde_json::from_str::<Prefixes>(&json).unwrap(), list);
            }
        }
    }
}
