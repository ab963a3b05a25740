//! The tables that say where a mobile was sold and whom its number was given to.
//!
//! They come with the program; `data/README.md` says from where.

use super::{Kind, Location, Network, Number, Operator, Place, Source};
use std::sync::LazyLock;

/// Runs of mobile prefixes; `data/generate.py` says how they are written.
const MOBILE: &[u8] = include_bytes!("data/mobile.bin");
/// Beginnings of mobile numbers, and whom they were given to.
const SEGMENTS: &str = include_str!("data/segments.tsv");
/// What the runs begin with.
const MAGIC: &[u8] = b"HLMOB1\n\0";
/// The first prefix of seven digits a mobile can have.
const PREFIX_FIRST: usize = 1_300_000;
/// How many there are from there on.
const PREFIXES: usize = 700_000;
/// The same in beginnings of five digits.
const BEGINNING_FIRST: usize = PREFIX_FIRST / 100;
const BEGINNINGS: usize = PREFIXES / 100;

/// Where a number is from, by the table that is built in.
pub fn locate(number: &Number) -> Location {
    Atlas::built_in().locate(number)
}

/// Which mobile prefix was sold where, 1.4 MB.
pub struct Atlas {
    /// Which of the locations each prefix has.
    mobile: Vec<u16>,
    /// Nowhere, and each place of the table.
    locations: Vec<Location>,
    /// Whom each beginning of five digits was given to.
    operators: Vec<Given>,
}

/// Bytes that are no table of mobile prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broken table of mobile prefixes: {what}, {at} bytes from its beginning")]
pub struct BadAtlas {
    /// What is wrong.
    what: &'static str,
    /// Where.
    at: usize,
}

static BUILT_IN: LazyLock<Atlas> = LazyLock::new(|| {
    // A test reads the same bytes; were they broken, mobiles would have no place.
    Atlas::read(MOBILE).unwrap_or_else(|_| Atlas {
        mobile: Vec::new(),
        locations: vec![Location::NOWHERE],
        operators: operators(),
    })
});

impl Atlas {
    /// The table that is built in. The first to ask waits a few milliseconds for it: ask before calls come.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a table.
    pub fn read(bytes: &[u8]) -> Result<Self, BadAtlas> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(BadAtlas { what: "not written by generate.py", at: 0 });
        }
        let count = reader.number::<2>()?;
        let mut locations = vec![Location::NOWHERE];
        for _ in 0..count {
            let code = reader.number::<4>()?;
            let place = Place::of_code(code).ok_or_else(|| reader.fault("a place nobody knows"))?;
            locations.push(Location::in_place(place, Source::MobilePrefix));
        }
        let mut mobile = Vec::with_capacity(PREFIXES);
        while reader.at < bytes.len() {
            let (run, place) = (reader.varint()?, reader.varint()?);
            let place = u16::try_from(place).ok().filter(|place| usize::from(*place) < locations.len());
            let place = place.ok_or_else(|| reader.fault("a place that is not listed"))?;
            if run > PREFIXES - mobile.len() {
                return Err(reader.fault("more prefixes than there are"));
            }
            mobile.resize(mobile.len() + run, place);
        }
        if mobile.len() < PREFIXES {
            return Err(reader.fault("the end is missing"));
        }
        Ok(Self { mobile, locations, operators: operators() })
    }

    /// Where a number is from.
    pub fn locate(&self, number: &Number) -> Location {
        match (number.kind(), number.area_code()) {
            (Kind::Mobile, _) => self.mobile(number.bytes()),
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

    /// The place of a mobile prefix of seven digits; a province where nothing nearer is known.
    pub fn place_of(&self, prefix: u32) -> Option<Place> {
        let location = self.of_prefix(prefix as usize);
        location.city.or(location.province)
    }

    fn of_prefix(&self, prefix: usize) -> Location {
        let place = prefix.checked_sub(PREFIX_FIRST).and_then(|at| self.mobile.get(at)).copied().unwrap_or(0);
        self.locations.get(usize::from(place)).copied().unwrap_or(Location::NOWHERE)
    }

    fn mobile(&self, digits: &[u8]) -> Location {
        let prefix = digits.iter().take(7).fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
        let given = (prefix / 100).checked_sub(BEGINNING_FIRST).and_then(|at| *self.operators.get(at)?);
        let (operator, network) = given.unzip();
        Location { operator, network, ..self.of_prefix(prefix) }
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn fault(&self, what: &'static str) -> BadAtlas {
        BadAtlas { what, at: self.at }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], BadAtlas> {
        let taken = self.bytes.get(self.at..self.at + count);
        let taken = taken.ok_or_else(|| self.fault("it ends in the middle"))?;
        self.at += count;
        Ok(taken)
    }

    /// A number of so many bytes, the least first.
    fn number<const BYTES: usize>(&mut self) -> Result<u32, BadAtlas> {
        let bytes = self.take(BYTES)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A number in groups of seven bits, the least first; the high bit says that more follow.
    fn varint(&mut self) -> Result<usize, BadAtlas> {
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

type Given = Option<(Operator, Network)>;

/// Whom each beginning of five digits was given to.
fn operators() -> Vec<Given> {
    let mut given = vec![None; BEGINNINGS];
    // A longer beginning speaks for a part of a shorter one.
    for length in 3..=5 {
        for (beginning, owner) in SEGMENTS.lines().filter_map(segment) {
            if beginning.len() == length {
                give(&mut given, beginning, owner);
            }
        }
    }
    given
}

fn give(given: &mut [Given], beginning: &str, owner: Given) -> Option<()> {
    let width = 10_usize.pow(5 - u32::try_from(beginning.len()).ok()?);
    let first = (beginning.parse::<usize>().ok()? * width).checked_sub(BEGINNING_FIRST)?;
    given.get_mut(first..first + width)?.fill(owner);
    Some(())
}

fn segment(line: &str) -> Option<(&str, Given)> {
    let mut columns = line.split('\t');
    let beginning = columns.next().filter(|beginning| !beginning.starts_with('#'))?;
    let operator = match columns.next()? {
        "mobile" => Operator::Mobile,
        "unicom" => Operator::Unicom,
        "telecom" => Operator::Telecom,
        "broadnet" => Operator::Broadnet,
        "star_net" => Operator::StarNet,
        "other" => Operator::Other,
        "none" => return Some((beginning, None)),
        _ => return None,
    };
    let network = match columns.next()? {
        "ordinary" => Network::Ordinary,
        "resold" => Network::Resold,
        "satellite" => Network::Satellite,
        _ => return None,
    };
    Some((beginning, Some((operator, network))))
}

#[cfg(test)]
mod tests {
    use super::super::{Confidence, normalise};
    use super::*;

    fn located(text: &str) -> Location {
        locate(&normalise(text, None))
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

    #[test]
    fn every_segment_was_read() {
        let lines = SEGMENTS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(SEGMENTS.lines().filter_map(segment).count(), lines);
    }

    /// How many prefixes are placed is what the script that made the table counted: see data/README.md.
    #[test]
    fn the_built_in_table_is_whole() {
        let atlas = Atlas::read(MOBILE).unwrap();
        let placed = atlas.mobile.iter().filter(|place| **place != 0).count();
        assert_eq!((atlas.mobile.len(), placed), (PREFIXES, 320_117));
        // Old names, merged cities, and the key that puts a whole segment into Beijing.
        let places = atlas.locations.iter().filter_map(|location| location.city.or(location.province));
        let codes = places.map(Place::code);
        assert!(codes.clone().any(|code| code == 420_600) && !codes.clone().any(|code| code == 371_200));
        assert!((1_730_000..1_740_000).all(|prefix| atlas.place_of(prefix).is_none()));
    }

    #[test]
    fn a_broken_table_is_refused_with_its_place() {
        let refused = |bytes: &[u8]| Atlas::read(bytes).map(|_| ()).unwrap_err().to_string();
        assert!(refused(b"").contains("ends in the middle"));
        assert!(refused(b"PK\x03\x04....").contains("not written by"));
        assert!((0..MOBILE.len()).step_by(19_997).all(|end| Atlas::read(&MOBILE[..end]).is_err()));
        let mut bytes = MOBILE.to_vec();
        bytes[MAGIC.len() + 2] ^= 0xff;
        assert!(refused(&bytes).contains("nobody knows, 14 bytes"));
        let longer = [MOBILE, &[1, 0]].concat();
        assert!(refused(&longer).contains("more prefixes"));
        let listed = [MOBILE, &[1, 0xff, 0x7f]].concat();
        assert!(refused(&listed).contains("not listed"));
    }
}
