//! Black and white lists: whole numbers, and beginnings with a `*`.
//!
//! ```
//! use hotlined::number::{Prefixes, normalise};
//! let list = Prefixes::parse(["+8613800138000", "021*  # all of Shanghai"], None)?;
//! assert!(list.find(&normalise("013800138000", None)).is_some());
//! assert_eq!(list.find(&normalise("2188886666", None)).unwrap().to_string(), "021*");
//! # Ok::<(), Vec<hotlined::number::BadLine>>(())
//! ```

use super::normal::Dialled;
use super::{AreaCode, Kind, Number, normalise};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// The most entries a list may have.
pub const ENTRIES_MAX: usize = 100_000;
/// The most lines that are reported of a list that is refused.
pub const BAD_LINES_MAX: usize = 100;
/// The longest entry, in characters: an international number with its `+`.
const ENTRY_CHARS_MAX: usize = 16;
/// What an entry's characters take up, in bits.
const CHAR_BITS: u32 = 4;
/// The longest text quoted of a line, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// A list of numbers and beginnings of numbers. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes(Arc<Lists>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Lists {
    /// In order.
    whole: Vec<Packed>,
    /// In order.
    beginnings: Vec<Packed>,
    /// For each beginning the longest other one that it begins with itself: 1 is the first, 0 is none.
    shorter: Vec<u32>,
}

/// An entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    packed: Packed,
    whole: bool,
}

/// As it is written in a list.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packed.write(f)?;
        if self.whole { Ok(()) } else { f.write_str("*") }
    }
}

/// A line that is no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text:?} {why}")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// Its beginning.
    pub text: String,
    /// What is wrong.
    pub why: BadEntry,
}

/// Why a text is no entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// Letters, or a withheld number.
    #[error("is no number: write digits, and * at the end for all that begin so")]
    NoNumber,
    /// A `*` that is not at the end.
    #[error("has a * that is not its last character")]
    StarInside,
    /// Digits of no form.
    #[error("has the digits of no number there is: write * at the end for all that begin so")]
    NoForm,
    /// A beginning that could be a landline or a local number.
    #[error("could be a landline: write its area code with the 0, such as 021*")]
    NoZero,
    /// A beginning with an area code that is not in use.
    #[error("begins with an area code that is not in use")]
    NoAreaCode,
    /// A beginning that could be two kinds of number.
    #[error("could be a service such as 95588 or a landline: write 95… or 095…")]
    ServiceOrLandline,
    /// A beginning of numbers of many kinds.
    #[error("would hold numbers of many kinds: write more of its digits")]
    TooWide,
    /// Too long to be compared.
    #[error("has more than 15 digits")]
    TooLong,
    /// The list ends here.
    #[error("is one entry more than a list may have (100,000)")]
    TooMany,
}

impl Prefixes {
    /// Reads a list, a line an entry. `#` begins a comment; empty lines and repeated entries do not matter. A
    /// landline without area code is in `home`, as callers are: see [`normalise`].
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

    /// The longest entry that this number is, or begins with.
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

    /// Whether this number is in the list.
    pub fn contains(&self, number: &Number) -> bool {
        self.find(number).is_some()
    }

    /// All entries: whole numbers first, each kind in order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        let whole = self.0.whole.iter().map(|packed| Entry { packed: *packed, whole: true });
        whole.chain(self.0.beginnings.iter().map(|packed| Entry { packed: *packed, whole: false }))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.whole.len() + self.0.beginnings.len()
    }

    /// Whether there is none.
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
        // Those that the next one may begin with.
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

    /// The longest beginning of this number. All entries between it and the number begin with it, so it is the
    /// nearest entry below the number, or one that this begins with.
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

/// Up to 16 characters from the highest bits down, four bits each: a digit and one more, 11 for `+`, 0 behind the
/// end. So the order of these is that of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packed(u64);

impl Packed {
    /// The first characters, and whether they are all.
    fn of(text: &[u8]) -> (Self, bool) {
        let mut packed = 0;
        let mut shift = u64::BITS;
        for byte in text.iter().take(ENTRY_CHARS_MAX) {
            shift -= CHAR_BITS;
            let character = if *byte == b'+' { 11 } else { u64::from(byte - b'0') + 1 };
            packed |= character << shift;
        }
        (Self(packed), text.len() <= ENTRY_CHARS_MAX)
    }

    /// Whether the other one begins with this one, which is not empty.
    fn begins(self, other: Self) -> bool {
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
    fn parse(text: &str, home: Option<AreaCode>) -> Result<Self, BadEntry> {
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

/// A beginning in the form that whole numbers have: what to write before the digits, and the digits.
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

/// Behind `+` or `00`.
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

/// Behind +86: an area code without its 0, or what never has one.
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

/// An area code or the beginning of some.
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

/// As a list of texts.
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
