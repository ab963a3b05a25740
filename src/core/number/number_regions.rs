//! The regions of telephone numbers: where a mobile was sold, and its operator.
//!
//! The tables come with the program; `data/README.md` names their sources. A table that the operator of the daemon
//! imports overrides them.

use super::imported::{Imported, PrefixEntry};
use super::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use super::segments::{BEGINNING, Given, operators};
use super::{Kind, Location, Network, Number, Place, Source};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// The runs of mobile prefixes. `data/generate.py` documents the format.
const MOBILE: &[u8] = include_bytes!("data/mobile.bin");
/// The first bytes of the table.
const MAGIC: &[u8] = b"HLMOB1\n\0";
/// The location of every mobile prefix: 1.4 MB.
pub struct NumberRegions {
    /// The index in `locations` of each prefix.
    mobile: Vec<u16>,
    /// The unknown location, and each location that occurs.
    locations: Vec<Location>,
    /// The imported table, which overrides the built-in table.
    imported: Option<Arc<Imported>>,
}

/// Bytes that are no table of mobile prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broken table of mobile prefixes: {what}, {at} bytes from its beginning")]
pub struct InvalidNumberRegions {
    /// What is wrong.
    what: &'static str,
    /// The byte offset.
    at: usize,
}

static BUILT_IN: LazyLock<Arc<NumberRegions>> = LazyLock::new(|| {
    // A test reads the same bytes. If they were broken, mobiles would have no place.
    Arc::new(NumberRegions::read(MOBILE).unwrap_or_else(|_| NumberRegions::of_runs([(PREFIXES, None)])))
});

impl NumberRegions {
    /// The built-in table. The first call takes a few milliseconds, so make it before calls come.
    pub fn built_in() -> &'static Arc<Self> {
        &BUILT_IN
    }

    /// Reads a table in the format of the built-in table.
    ///
    /// # Errors
    ///
    /// The bytes are no such table.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidNumberRegions> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(InvalidNumberRegions { what: "not written by generate.py", at: 0 });
        }
        let count = reader.number::<2>()?;
        let mut places = vec![None];
        for _ in 0..count {
            let code = reader.number::<4>()?;
            let place = Place::of_code(code).ok_or_else(|| reader.fault("a place nobody knows"))?;
            places.push(Some(place));
        }
        let mut runs = Vec::new();
        let mut left = PREFIXES;
        while reader.at < bytes.len() {
            let (run, place) = (reader.varint()?, reader.varint()?);
            let place = places.get(place).ok_or_else(|| reader.fault("a place that is not listed"))?;
            left = left.checked_sub(run).ok_or_else(|| reader.fault("more prefixes than there are"))?;
            runs.push((run, *place));
        }
        if left > 0 {
            return Err(reader.fault("the end is missing"));
        }
        Ok(Self::of_runs(runs))
    }

    /// The table of runs: a number of prefixes with the same place, then the next run.
    fn of_runs(runs: impl IntoIterator<Item = (usize, Option<Place>)>) -> Self {
        let operators = operators();
        let mut index = LocationIndex::new();
        let mut mobile: Vec<u16> = Vec::with_capacity(PREFIXES);
        for (mut run, place) in runs {
            while run > 0 {
                // The operator may change at the end of each segment.
                let piece = run.min(BEGINNING - mobile.len() % BEGINNING);
                let given = operators.get(mobile.len() / BEGINNING).copied().flatten();
                let number = index.number(place, given, Source::MobilePrefix);
                mobile.resize(mobile.len() + piece, number);
                run -= piece;
            }
        }
        Self { mobile, locations: index.locations, imported: None }
    }

    /// The built-in table, overridden by an imported table wherever that has a value.
    pub fn with(imported: Arc<Imported>) -> Self {
        let below = Self::built_in();
        let mut index = LocationIndex::new();
        let mut mobile: Vec<u16> = Vec::with_capacity(PREFIXES);
        // Neighbouring prefixes are mostly equal, so most need no lookup.
        let mut last = (u16::MAX, None, 0);
        for entry in imported.all() {
            let number = below.mobile.get(mobile.len()).copied().unwrap_or_default();
            if (last.0, last.1) != (number, entry) {
                last = (number, entry, index.over(&below.location(number), entry));
            }
            mobile.push(last.2);
        }
        Self { mobile, locations: index.locations, imported: Some(imported) }
    }

    /// The imported table, if there is one.
    pub fn imported(&self) -> Option<&Imported> {
        self.imported.as_deref()
    }

    /// The location of a number.
    pub fn locate(&self, number: &Number) -> Location {
        match (number.kind(), number.area_code()) {
            (Kind::Mobile, _) => self.of_prefix(prefix_of(number.bytes())),
            (Kind::International, _) => Location::abroad(number),
            (Kind::Landline | Kind::Service, Some(area)) => Location::in_area(area),
            (
                Kind::Landline
                | Kind::Local
                | Kind::Service
                | Kind::Hotline
                | Kind::Withheld
                | Kind::Unknown
                | Kind::Unreadable,
                _,
            ) => Location::NOWHERE,
        }
    }

    /// The location of all mobiles with this prefix of seven digits.
    pub fn of_prefix(&self, prefix: usize) -> Location {
        let number = self.mobile.get(prefix.wrapping_sub(PREFIX_FIRST)).copied().unwrap_or_default();
        self.location(number)
    }

    fn location(&self, number: u16) -> Location {
        self.locations.get(usize::from(number)).copied().unwrap_or(Location::NOWHERE)
    }
}

/// The first seven digits of a mobile. Each digit is multiplied by itself, so that no step waits for another.
fn prefix_of(digits: &[u8]) -> usize {
    const WORTH: [u32; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let counted = digits.iter().zip(WORTH).map(|(digit, worth)| u32::from(digit.wrapping_sub(b'0')) * worth);
    counted.sum::<u32>() as usize
}

/// Two values are equal if their imported tables are equal.
impl PartialEq for NumberRegions {
    fn eq(&self, other: &Self) -> bool {
        self.imported == other.imported
    }
}

impl fmt::Debug for NumberRegions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NumberRegions").field("imported", &self.imported).finish_non_exhaustive()
    }
}

/// Stores only the imported table: the program that replays a journal has the built-in table itself.
impl Serialize for NumberRegions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.imported.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NumberRegions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<Arc<Imported>>::deserialize(deserializer)? {
            Some(imported) => Self::with(imported),
            None => {
                let Self { mobile, locations, .. } = &**Self::built_in();
                Self { mobile: mobile.clone(), locations: locations.clone(), imported: None }
            }
        })
    }
}

/// Each location that occurs, once, with its index.
struct LocationIndex {
    locations: Vec<Location>,
    /// The index of each possible location. 0 if the location has not occurred yet.
    numbers: Vec<u16>,
}

/// The number of possible values of `Given`.
const GIVENS: usize = 1 + 6 * 3;

impl LocationIndex {
    fn new() -> Self {
        // No place, or a place from one of two tables.
        let numbers = vec![0; (1 + 2 * Place::count()) * GIVENS];
        Self { locations: vec![Location::NOWHERE], numbers }
    }

    fn number(&mut self, place: Option<Place>, given: Given, source: Source) -> u16 {
        if place.is_none() && given.is_none() {
            return 0;
        }
        let by_another = usize::from(source == Source::Imported);
        let place_at = place.map_or(0, |place| 1 + 2 * place.index() + by_another);
        let given_at = given.map_or(0, |(operator, network)| 1 + operator as usize * 3 + network as usize);
        let Some(number) = self.numbers.get_mut(place_at * GIVENS + given_at) else { return 0 };
        if *number == 0 {
            let (operator, network) = given.unzip();
            let location = place.map_or(Location::NOWHERE, |place| Location::in_place(place, source));
            self.locations.push(Location { operator, network, ..location });
            // Some 400 places twice, with 19 kinds of operator: far fewer than a u16 counts.
            *number = (self.locations.len() - 1) as u16;
        }
        *number
    }

    /// The index of a known location, overridden by an entry of the imported table.
    fn over(&mut self, known: &Location, entry: Option<PrefixEntry>) -> u16 {
        let entry = entry.unwrap_or_default();
        let (place, source) = match entry.place {
            Some(place) => (Some(place), Source::Imported),
            None => (known.city.or(known.province), known.source),
        };
        let given = match (entry.operator, entry.network) {
            (Some(operator), Some(network)) => Some((operator, network)),
            // An entry with only an operator does not change the network.
            (Some(operator), None) if known.operator == Some(operator) => known.operator.zip(known.network),
            (Some(operator), None) => Some((operator, Network::Ordinary)),
            (None, _) => known.operator.zip(known.network),
        };
        self.number(place, given, source)
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn fault(&self, what: &'static str) -> InvalidNumberRegions {
        InvalidNumberRegions { what, at: self.at }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], InvalidNumberRegions> {
        let taken = self.bytes.get(self.at..self.at + count);
        let taken = taken.ok_or_else(|| self.fault("it ends in the middle"))?;
        self.at += count;
        Ok(taken)
    }

    /// A number of `BYTES` bytes, little-endian.
    fn number<const BYTES: usize>(&mut self) -> Result<u32, InvalidNumberRegions> {
        let bytes = self.take(BYTES)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A number in groups of seven bits, the lowest first. The high bit of a byte means that another group follows.
    fn varint(&mut self) -> Result<usize, InvalidNumberRegions> {
        const GROUPS_MAX: usize = 4;
        let mut number = 0;
        for group in 0..GROUPS_MAX {
            let byte = self.take(1)?[0];
            number |= usize::from(byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.fault("a number too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Confidence, Operator, normalise};

    fn located(text: &str) -> Location {
        NumberRegions::built_in().locate(&normalise(text, None))
    }

    /// Province, city, area code: what is known of them.
    fn place(text: &str) -> String {
        let found = located(text);
        let names = [found.province, found.city].map(|place| place.map_or("-", |place| place.short()));
        let area = found.area_code.map_or("-".to_owned(), |area| area.to_string());
        format!("{} {} {area}", names[0], names[1])
    }

    #[test]
    fn a_number_is_placed_by_its_prefix_or_its_area_code() {
        for (text, answer) in [
            ("13800138000", "北京 北京 010"),
            ("13920001234", "天津 天津 022"),
            ("02188886666", "上海 上海 021"),
            ("75588886666", "广东 深圳 0755"),
            ("03358888666", "河北 秦皇岛 0335"),
            ("02488886666", "辽宁 - 024"),
            ("089888886666", "海南 - 0898"),
            ("02112345", "上海 上海 021"),
            ("+85291234567", "香港 - -"),
            ("+886912345678", "台湾 - -"),
            ("+12125551234", "- - -"),
            ("95588", "- - -"),
            ("4008001234", "- - -"),
            ("88886666", "- - -"),
            ("anonymous", "- - -"),
            ("1234567890123", "- - -"),
        ] {
            assert_eq!(place(text), answer, "{text}");
        }
    }

    #[test]
    fn a_shared_area_code_names_the_province_and_who_it_can_be() {
        for code in ["024", "028", "029", "0371", "0731", "0851"] {
            let found = located(&format!("{code}88886666"));
            assert_eq!((found.city, found.confidence), (None, Confidence::Province), "{code}");
            assert!(found.cities().len() > 1 && found.province.is_some(), "{code}");
        }
        assert_eq!(located("13800138000").cities().len(), 1);
    }

    #[test]
    fn a_segment_nobody_placed_still_has_its_operator() {
        use {Network::*, Operator::*};
        for (segment, operator, network) in [
            ("146", Unicom, Ordinary),
            ("148", Mobile, Ordinary),
            ("149", Telecom, Ordinary),
            ("162", Telecom, Resold),
            ("165", Mobile, Resold),
            ("166", Unicom, Ordinary),
            ("167", Unicom, Resold),
            ("171", Unicom, Resold),
            ("172", Mobile, Ordinary),
            ("173", Telecom, Ordinary),
            ("175", Unicom, Ordinary),
            ("192", Broadnet, Ordinary),
            ("199", Telecom, Ordinary),
            ("1740", Telecom, Satellite),
            ("1349", Telecom, Satellite),
            ("1619", StarNet, Satellite),
        ] {
            // 17402…, 13492…: the parts of a segment that were given out.
            let text = format!("{segment}2222222222");
            let found = located(&text[..11]);
            assert_eq!((found.operator, found.network), (Some(operator), Some(network)), "{segment}");
            assert_eq!((found.source, found.confidence), (Source::Nothing, Confidence::None), "{segment}");
        }
        assert_eq!(located("15400000000").operator, None);
        assert_eq!(located("13490000000").operator, None);
        let resold = located("17000210000");
        assert_eq!((resold.operator, resold.network), (Some(Telecom), Some(Resold)));
    }

    /// How many prefixes are placed is what the script that made the table counted: see data/README.md.
    #[test]
    fn the_built_in_table_is_whole() {
        let regions = NumberRegions::read(MOBILE).unwrap();
        let all = || (PREFIX_FIRST..PREFIX_FIRST + PREFIXES).map(|prefix| regions.of_prefix(prefix));
        assert_eq!(
            (regions.mobile.len(), all().filter(|found| found.province.is_some()).count()),
            (PREFIXES, 320_117)
        );
        // Old names, merged cities, and the key that puts a whole segment into Beijing.
        let places = regions.locations.iter().filter_map(|location| location.city.or(location.province));
        let codes = places.map(Place::code);
        assert!(codes.clone().any(|code| code == 420_600) && !codes.clone().any(|code| code == 371_200));
        assert!((1_730_000..1_740_000).all(|prefix| regions.of_prefix(prefix).province.is_none()));
    }

    #[test]
    fn a_broken_table_is_refused_with_its_place() {
        let refused = |bytes: &[u8]| NumberRegions::read(bytes).map(|_| ()).unwrap_err().to_string();
        assert!(refused(b"").contains("ends in the middle"));
        assert!(refused(b"PK\x03\x04....").contains("not written by"));
        assert!((0..MOBILE.len()).step_by(19_997).all(|end| NumberRegions::read(&MOBILE[..end]).is_err()));
        let mut bytes = MOBILE.to_vec();
        bytes[MAGIC.len() + 2] ^= 0xff;
        assert!(refused(&bytes).contains("nobody knows, 14 bytes"));
        let longer = [MOBILE, &[1, 0]].concat();
        assert!(refused(&longer).contains("more prefixes"));
        let listed = [MOBILE, &[1, 0xff, 0x7f]].concat();
        assert!(refused(&listed).contains("not listed"));
    }
}
