//! An imported table of mobile prefixes, in the form in which it is stored in a file or a journal.

use super::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use super::{Network, Operator, Place};
use fnv::FnvHasher;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::Hasher;

/// The format that this version writes and reads.
pub const TABLE_FORMAT: u16 = 1;
/// The longest name of the source file, in characters.
pub const FROM_CHARS_MAX: usize = 120;

/// The values of a prefix in an imported table. An absent value keeps the value of the built-in table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixEntry {
    /// Where the numbers were sold: a city, or a province if the city is unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<Place>,
    /// The operator.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<Operator>,
    /// The network, if the table has networks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub network: Option<Network>,
}

/// An imported table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TableText", into = "TableText")]
pub struct Imported {
    from: String,
    fingerprint: u64,
    /// Each different entry, once.
    sayings: Vec<PrefixEntry>,
    /// Runs of prefixes with the same entry: the number of prefixes, and the entry from 1, or 0 for none.
    runs: Vec<(u32, u16)>,
}

/// Why a stored table is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    /// Another version of this program wrote the table.
    #[error("has the format {0}, and this version knows {TABLE_FORMAT}: import the data again")]
    Format(u16),
    /// The name of the source file is invalid.
    #[error("has no name of 1 to {FROM_CHARS_MAX} characters without control characters in `from`")]
    From,
    /// The table has more or fewer prefixes than exist.
    #[error("speaks of {0} prefixes and not of all {PREFIXES}")]
    Length(u64),
    /// A run refers to an entry that is not listed.
    #[error("has a run of saying {0}, which is not among its {1}")]
    Saying(u16, usize),
    /// The table was changed by hand, or by a failing disk.
    #[error("is not what was written: its fingerprint is {found} and not {stated}: import the data again")]
    Changed {
        /// The fingerprint in the table.
        stated: String,
        /// The fingerprint of its content.
        found: String,
    },
}

/// The stored form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableText {
    hotlined_numbers: u16,
    from: String,
    fingerprint: String,
    sayings: Vec<PrefixEntry>,
    runs: Vec<(u32, u16)>,
}

impl TryFrom<TableText> for Imported {
    type Error = BadTable;

    fn try_from(text: TableText) -> Result<Self, BadTable> {
        let TableText { hotlined_numbers, from, fingerprint, sayings, runs } = text;
        if hotlined_numbers != TABLE_FORMAT {
            return Err(BadTable::Format(hotlined_numbers));
        }
        if !is_name(&from) {
            return Err(BadTable::From);
        }
        let length: u64 = runs.iter().map(|(run, _)| u64::from(*run)).sum();
        if length != PREFIXES as u64 {
            return Err(BadTable::Length(length));
        }
        if let Some((_, which)) = runs.iter().find(|(_, which)| usize::from(*which) > sayings.len()) {
            return Err(BadTable::Saying(*which, sayings.len()));
        }
        let found = fingerprint_of(&from, &sayings, &runs);
        if fingerprint != hex(found) {
            let stated = fingerprint.chars().take(hex(found).len()).collect();
            return Err(BadTable::Changed { stated, found: hex(found) });
        }
        Ok(Self { from, fingerprint: found, sayings, runs })
    }
}

impl From<Imported> for TableText {
    fn from(table: Imported) -> Self {
        let fingerprint = hex(table.fingerprint);
        let Imported { from, sayings, runs, .. } = table;
        Self { hotlined_numbers: TABLE_FORMAT, from, fingerprint, sayings, runs }
    }
}

impl Imported {
    /// The table with these entries for the prefixes from 1300000 on, in their order. `from` is the name of the source
    /// file. `None` if there are more different entries than a `u16` counts, which valid places and operators never
    /// reach.
    pub(super) fn new(from: &str, all: impl IntoIterator<Item = PrefixEntry>) -> Option<Self> {
        let clean = |c: &char| !c.is_control();
        let from: String = from.chars().filter(clean).take(FROM_CHARS_MAX).collect();
        let from = if from.is_empty() { "unnamed".to_owned() } else { from };
        let mut numbers = BTreeMap::from([(PrefixEntry::default(), 0)]);
        let mut sayings = Vec::new();
        let mut last = (PrefixEntry::default(), 0);
        let mut runs: Vec<(u32, u16)> = Vec::new();
        for entry in all.into_iter().chain(std::iter::repeat(PrefixEntry::default())).take(PREFIXES) {
            // Neighbouring prefixes are mostly equal, so most need no lookup.
            let known = if last.0 == entry { Some(last.1) } else { numbers.get(&entry).copied() };
            let number = match known {
                Some(number) => number,
                None => {
                    sayings.push(entry);
                    let number = u16::try_from(sayings.len()).ok()?;
                    numbers.insert(entry, number);
                    number
                }
            };
            last = (entry, number);
            match runs.last_mut() {
                Some((run, which)) if *which == number => *run += 1,
                Some(_) | None => runs.push((1, number)),
            }
        }
        let fingerprint = fingerprint_of(&from, &sayings, &runs);
        Some(Self { from, fingerprint, sayings, runs })
    }

    /// The name of the source file.
    pub fn origin(&self) -> &str {
        &self.from
    }

    /// The fingerprint of the content.
    pub fn fingerprint(&self) -> String {
        hex(self.fingerprint)
    }

    /// The number of prefixes with an entry.
    pub fn prefixes(&self) -> usize {
        self.runs.iter().filter(|(_, which)| *which != 0).map(|(run, _)| *run as usize).sum()
    }

    /// The entry of each prefix from 1300000 on, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = Option<PrefixEntry>> {
        self.runs.iter().flat_map(|(run, which)| {
            let entry = usize::from(*which).checked_sub(1).and_then(|at| self.sayings.get(at)).copied();
            std::iter::repeat_n(entry, *run as usize)
        })
    }

    /// The prefixes with an entry, and the entries.
    pub fn iter(&self) -> impl Iterator<Item = (usize, PrefixEntry)> {
        (PREFIX_FIRST..).zip(self.all()).filter_map(|(prefix, entry)| Some((prefix, entry?)))
    }
}

fn is_name(text: &str) -> bool {
    (1..=FROM_CHARS_MAX).contains(&text.chars().count()) && !text.contains(char::is_control)
}

fn hex(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}

/// FNV-1a, 64 bits, over all entries. Places count by their codes, so the version of the built-in tables does not
/// matter.
fn fingerprint_of(from: &str, sayings: &[PrefixEntry], runs: &[(u32, u16)]) -> u64 {
    let mut fnv = FnvHasher::default();
    fnv.write(from.as_bytes());
    for entry in sayings {
        fnv.write(&entry.place.map_or(0, Place::code).to_le_bytes());
        fnv.write(&[entry.operator.map_or(0, |operator| operator as u8 + 1)]);
        fnv.write(&[entry.network.map_or(0, |network| network as u8 + 1)]);
    }
    for (run, which) in runs {
        fnv.write(&run.to_le_bytes());
        fnv.write(&which.to_le_bytes());
    }
    fnv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Confidence, NumberRegions, Source, normalise};
    use std::sync::Arc;

    fn place(code: u32) -> Option<Place> {
        Place::of_code(code)
    }

    /// 1300000 to 1300002.
    fn table() -> Imported {
        let entry = |code, operator| PrefixEntry { place: place(code), operator, network: None };
        let all = [entry(310_000, None), entry(310_000, None), entry(440_000, Some(Operator::Broadnet))];
        Imported::new("phone.dat", all).unwrap()
    }

    #[test]
    fn a_table_is_what_it_was_when_it_is_read_again() {
        let text = serde_json::to_string(&table()).unwrap();
        assert!(text.starts_with(r#"{"hotlined_numbers":1,"from":"phone.dat","fingerprint":""#), "{text}");
        assert!(text.ends_with(r#""runs":[[2,1],[1,2],[699997,0]]}"#), "{text}");
        let read: Imported = serde_json::from_str(&text).unwrap();
        assert_eq!((read.prefixes(), read.iter().count()), (3, 3));
        assert_eq!(read, table());
    }

    #[test]
    fn a_changed_table_is_refused_with_its_fault() {
        let text = serde_json::to_string(&table()).unwrap();
        let refused = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            serde_json::from_str::<Imported>(&text.replace(from, to)).unwrap_err().to_string()
        };
        assert!(refused("numbers\":1", "numbers\":2").contains("has the format 2"));
        assert!(refused("phone.dat", "").contains("no name"));
        assert!(refused("[2,1]", "[3,1]").contains("speaks of 700001 prefixes"));
        assert!(refused("[2,1]", "[4294967295,1],[4294967295,1]").contains("speaks of 8590634588 prefixes"));
        assert!(refused("[1,2]", "[1,3]").contains("saying 3, which is not among its 2"));
        assert!(refused("[2,1],[1,2]", "[1,1],[2,2]").contains("is not what was written"));
        assert!(refused("310000", "110000").contains("is not what was written"));
        assert!(refused("310000", "310001").contains("the code of no place"));
        assert!(refused("broadnet", "broadnot").contains("unknown variant"));
        for end in (0..text.len()).step_by(7) {
            assert!(serde_json::from_str::<Imported>(&text[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn what_it_says_holds_and_what_it_does_not_say_stays() {
        let regions = NumberRegions::with(Arc::new(table()));
        let located = |text: &str| regions.locate(&normalise(text, None));
        let before = |text: &str| NumberRegions::built_in().locate(&normalise(text, None));
        let shanghai = located("13000011234");
        assert_eq!((shanghai.city, shanghai.source), (place(310_000), Source::Imported));
        assert_eq!((shanghai.operator, shanghai.network), (Some(Operator::Unicom), Some(Network::Ordinary)));
        let guangdong = located("13000021234");
        assert_eq!((guangdong.city, guangdong.province), (None, place(440_000)));
        assert_eq!(
            (guangdong.operator, guangdong.confidence),
            (Some(Operator::Broadnet), Confidence::Province)
        );
        for text in ["13000031234", "17000210000", "19912345678", "02112345678", "+85212345678", "95588"] {
            assert_eq!(located(text), before(text), "{text}");
        }
    }

    #[test]
    fn an_operator_alone_says_nothing_against_what_its_numbers_are_for() {
        let mut all = vec![PrefixEntry::default(); PREFIXES];
        let entry = |operator, network| PrefixEntry { place: None, operator: Some(operator), network };
        // 1700 is resold by 中国电信, 154 was given to nobody.
        all[400_000] = entry(Operator::Telecom, None);
        all[400_001] = entry(Operator::Telecom, Some(Network::Ordinary));
        all[240_000] = entry(Operator::Mobile, None);
        let regions = NumberRegions::with(Arc::new(Imported::new("a", all).unwrap()));
        assert_eq!(regions.of_prefix(1_700_000).network, Some(Network::Resold));
        assert_eq!(regions.of_prefix(1_700_001).network, Some(Network::Ordinary));
        assert_eq!(regions.of_prefix(1_540_000).operator, Some(Operator::Mobile));
        assert_eq!(regions.of_prefix(1_540_000).network, Some(Network::Ordinary));
        assert_eq!(regions.of_prefix(1_540_001).operator, None);
    }

    #[test]
    fn a_journal_holds_the_whole_table_and_nothing_of_the_one_that_is_built_in() {
        let regions = NumberRegions::with(Arc::new(table()));
        let text = serde_json::to_string(&regions).unwrap();
        assert!(text.len() < 400, "{text}");
        let read: NumberRegions = serde_json::from_str(&text).unwrap();
        assert_eq!(read, regions);
        assert_eq!(read.of_prefix(1_300_002), regions.of_prefix(1_300_002));
        let built_in: NumberRegions = serde_json::from_str("null").unwrap();
        assert!(built_in == **NumberRegions::built_in() && built_in != read);
        assert_eq!(built_in.of_prefix(1_380_013), NumberRegions::built_in().of_prefix(1_380_013));
    }
}
