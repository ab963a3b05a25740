//! Provinces and cities as GB/T 2260 names them, and the area codes they share.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU16;
use std::sync::LazyLock;

/// Code, name, short name and area codes of each place, in the order of their codes.
const PLACES: &str = include_str!("data/places.tsv");
/// Area codes are below this, without their 0.
const AREA_CODES: usize = 1_000;

/// An area code (区号) in use, such as 021 or 0755.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode(NonZeroU16);

/// A text that is no area code in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no area code in use: write it with its 0, such as \"021\"")]
pub struct BadAreaCode(pub String);

impl AreaCode {
    /// The area code in this text, with or without its 0.
    ///
    /// # Errors
    ///
    /// The text is no area code in use.
    pub fn parse(text: &str) -> Result<Self, BadAreaCode> {
        let digits = text.strip_prefix('0').unwrap_or(text).as_bytes();
        match Self::at(digits) {
            Some(code) if code.digits() == digits.len() => Ok(code),
            Some(_) | None => Err(BadAreaCode(text.chars().take(20).collect())),
        }
    }

    /// The area code at the start of these digits, which do not have its 0.
    pub(super) fn at(digits: &[u8]) -> Option<Self> {
        // No code of three digits begins with a code of two digits.
        let length = match digits.first()? {
            b'1' | b'2' => 2,
            b'3'..=b'9' => 3,
            _ => return None,
        };
        let mut number = 0;
        for digit in digits.get(..length)? {
            number = number * 10 + u16::from(digit.wrapping_sub(b'0'));
        }
        let code = Self(NonZeroU16::new(number)?);
        (!code.cities().is_empty()).then_some(code)
    }

    /// Whether any area code begins with these digits.
    pub(super) fn any_begins(digits: &[u8]) -> bool {
        let known = (0..).zip(&TABLE.by_area).filter(|(_, cities)| !cities.is_empty());
        known.into_iter().any(|(code, _): (u16, _)| code.to_string().as_bytes().starts_with(digits))
    }

    /// The number of digits after the 0.
    pub(super) fn digits(self) -> usize {
        if self.0.get() < 100 { 2 } else { 3 }
    }

    /// The cities that share the area code.
    pub fn cities(self) -> &'static [Place] {
        TABLE.by_area.get(usize::from(self.0.get())).map_or(&[], |cities| cities)
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0{}", self.0)
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for AreaCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AreaCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A province or a city. The four cities that are provinces of their own (直辖市) are both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(u16);

impl Place {
    /// The place of this GB/T 2260 code, such as 310000.
    pub fn of_code(code: u32) -> Option<Self> {
        let at = TABLE.rows.binary_search_by_key(&code, |row| row.code).ok()?;
        u16::try_from(at).ok().map(Self)
    }

    /// All places, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.rows.len()).filter_map(|at| u16::try_from(at).ok().map(Self))
    }

    /// The number of places.
    pub(super) fn count() -> usize {
        TABLE.rows.len()
    }

    /// The index of the place, by code.
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    fn row(self) -> &'static Row {
        &TABLE.rows[usize::from(self.0)]
    }

    /// The GB/T 2260 code.
    pub fn code(self) -> u32 {
        self.row().code
    }

    /// The full name: 上海市, 广西壮族自治区.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The short name: 上海, 广西.
    pub fn short(self) -> &'static str {
        self.row().short
    }

    /// The province of the place. A province is its own province.
    pub fn province(self) -> Self {
        Self(self.row().province)
    }

    /// Whether the place is a province.
    pub fn is_province(self) -> bool {
        self.province() == self
    }

    /// Whether the place is a city. The four cities that are provinces count as cities.
    pub fn is_city(self) -> bool {
        !self.is_province() || self.row().areas[0].is_some()
    }

    /// The area code of a city, if it has only one; the area code of a province, if all its cities share one.
    pub fn area_code(self) -> Option<AreaCode> {
        match self.row().areas {
            [Some(code), None] => Some(code),
            [Some(_), Some(_)] => None,
            [None, _] => self.row().shared,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.short())
    }
}

/// Stored as its code, in a string.
impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.code())
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let place = text.parse().ok().and_then(Self::of_code);
        place.ok_or_else(|| serde::de::Error::custom(format!("{text:?} is the code of no place")))
    }
}

struct Row {
    code: u32,
    name: &'static str,
    short: &'static str,
    /// The row of the province.
    province: u16,
    areas: [Option<AreaCode>; 2],
    /// The area code of a province whose cities all have the same one.
    shared: Option<AreaCode>,
}

struct Table {
    rows: Vec<Row>,
    by_area: Vec<Vec<Place>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(PLACES));

impl Table {
    /// Reads the built-in table. The test `the_table_is_whole` checks the table.
    fn read(text: &'static str) -> Self {
        let mut table = Self { rows: Vec::new(), by_area: vec![Vec::new(); AREA_CODES] };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            table.add(line);
        }
        for province in 0..table.rows.len() {
            let code = table.rows[province].code;
            let mut cities =
                table.rows.iter().filter(|row| row.code / 10_000 == code / 10_000 && row.code != code);
            let first = cities.next().and_then(|city| city.areas[0]);
            let same = first.is_some() && cities.all(|city| city.areas == [first, None]);
            table.rows[province].shared = first.filter(|_| same && code.is_multiple_of(10_000));
        }
        table
    }

    fn add(&mut self, line: &'static str) -> Option<()> {
        let mut columns = line.split('\t');
        let code: u32 = columns.next()?.parse().ok()?;
        let (name, short) = (columns.next()?, columns.next()?);
        let at = u16::try_from(self.rows.len()).ok()?;
        let province = match self.rows.last() {
            Some(last) if last.code / 10_000 == code / 10_000 => last.province,
            Some(_) | None => at,
        };
        let mut areas = [None; 2];
        let codes = columns.next()?.split(',').filter_map(|code| code.parse().ok().and_then(NonZeroU16::new));
        for (area, code) in areas.iter_mut().zip(codes) {
            *area = Some(AreaCode(code));
            self.by_area.get_mut(usize::from(code.get()))?.push(Place(at));
        }
        self.rows.push(Row { code, name, short, province, areas, shared: None });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(code: u32) -> Place {
        Place::of_code(code).unwrap()
    }

    #[test]
    fn the_table_is_whole() {
        let lines = PLACES.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.rows.len(), lines, "a line was not read");
        assert!(TABLE.rows.is_sorted_by(|one, other| one.code < other.code));
        assert_eq!(Place::all().filter(|place| place.is_province()).count(), 34);
        assert_eq!(TABLE.by_area.iter().filter(|cities| !cities.is_empty()).count(), 320);
        for place in Place::all() {
            assert_eq!(place.province().code(), place.code() / 10_000 * 10_000, "{place:?}");
            assert!(place.name().starts_with(place.short()), "{place:?}");
        }
    }

    #[test]
    fn an_area_code_knows_who_shares_it() {
        let cities = |code| AreaCode::parse(code).unwrap().cities().to_vec();
        assert_eq!(cities("021"), [place(310000)]);
        assert_eq!(cities("024").len(), 4);
        assert_eq!(
            cities("0731").iter().map(|city| city.short()).collect::<Vec<_>>(),
            ["长沙", "株洲", "湘潭"]
        );
        assert_eq!(cities("0898").len(), 19);
    }

    #[test]
    fn an_area_code_no_longer_in_use_is_refused() {
        for code in
            ["0378", "0410", "0413", "0414", "0852", "0853", "", "0", "00", "0211", "26", "０21", "-21"]
        {
            assert!(AreaCode::parse(code).is_err(), "{code}");
        }
        assert_eq!(AreaCode::parse("755").unwrap().to_string(), "0755");
    }

    #[test]
    fn a_city_that_is_a_province_is_both() {
        assert!(place(310000).is_city() && place(310000).is_province());
        assert!(!place(440000).is_city());
        assert!(!place(440300).is_province());
        assert_eq!(place(654000).area_code(), None);
        assert_eq!(place(441900).area_code(), AreaCode::parse("0769").ok());
        // The one province that shares a code as a whole.
        let shared: Vec<Place> =
            Place::all().filter(|place| !place.is_city() && place.area_code().is_some()).collect();
        assert_eq!(shared, [place(460000)]);
    }
}
