//! Areas as a business names them: a region of China, a province, a city, an area code.

use super::{AreaCode, Location, Place};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The most names that an error proposes for an unknown name.
const NEAR_MAX: usize = 5;
/// The longest unknown name that is compared with known names, in characters.
const NAME_CHARS_MAX: usize = 16;
/// The endings of names of provinces.
const PROVINCE_ENDINGS: [&str; 5] = ["特别行政区", "壮族自治区", "自治区", "省", "区"];
/// The endings of names of cities, and of units at the level of a city.
const CITY_ENDINGS: [&str; 7] = ["自治州", "自治县", "地区", "市", "州", "盟", "县"];
/// Former names of cities, with the code of the city.
const RENAMED: [(&str, u32); 2] = [("襄樊", 420_600), ("思茅", 530_800)];
/// Former cities, with the code of the city that they are part of today.
pub(super) const MERGED: [(&str, u32); 2] = [("莱芜", 370_100), ("巢湖", 340_100)];

/// An area of callers, as a route, a list or a report can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Several provinces: 华东.
    Region(Region),
    /// A province, or a city that is a province of its own.
    Province(Place),
    /// A city in a province.
    City(Place),
    /// All places with this area code.
    Code(AreaCode),
    /// Outside the mainland (境外).
    Abroad,
    /// Any province of the mainland (其他省): for the last of several routes.
    OtherProvince,
    /// The region is unknown, but not abroad (未知).
    Unknown,
    /// Any region, known or unknown (其他): for the last of several routes.
    Other,
}

/// A region of China: several provinces with a common name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// 华北: Beijing, Tianjin, Hebei, Shanxi, Inner Mongolia.
    North,
    /// 东北: Liaoning, Jilin, Heilongjiang.
    Northeast,
    /// 华东: Shanghai, Jiangsu, Zhejiang, Anhui, Fujian, Jiangxi, Shandong.
    East,
    /// 华中: Henan, Hubei, Hunan.
    Central,
    /// 华南: Guangdong, Guangxi, Hainan.
    South,
    /// 西南: Chongqing, Sichuan, Guizhou, Yunnan, Tibet.
    Southwest,
    /// 西北: Shaanxi, Gansu, Qinghai, Ningxia, Xinjiang.
    Northwest,
    /// 港澳台: Hong Kong, Macau, Taiwan.
    HongKongMacauTaiwan,
}

impl Region {
    const ALL: [Self; 8] = [
        Self::North,
        Self::Northeast,
        Self::East,
        Self::Central,
        Self::South,
        Self::Southwest,
        Self::Northwest,
        Self::HongKongMacauTaiwan,
    ];

    /// The name of the region.
    pub fn name(self) -> &'static str {
        match self {
            Self::North => "华北",
            Self::Northeast => "东北",
            Self::East => "华东",
            Self::Central => "华中",
            Self::South => "华南",
            Self::Southwest => "西南",
            Self::Northwest => "西北",
            Self::HongKongMacauTaiwan => "港澳台",
        }
    }

    /// The region of a province or city.
    pub fn of(place: Place) -> Self {
        match place.code() / 10_000 {
            11..=15 => Self::North,
            21..=23 => Self::Northeast,
            31..=37 => Self::East,
            41..=43 => Self::Central,
            44..=46 => Self::South,
            50..=54 => Self::Southwest,
            61..=65 => Self::Northwest,
            _ => Self::HongKongMacauTaiwan,
        }
    }
}

/// Why a text is no area.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadArea {
    /// The name is unknown.
    #[error("{name:?} is no area we know{}", proposal(.near))]
    NoSuch {
        /// The text.
        name: String,
        /// Similar names.
        near: Vec<&'static str>,
    },
    /// Several places have this name.
    #[error("{name:?} can mean {}: write the whole name", .meant.join(" or "))]
    Ambiguous {
        /// The text.
        name: String,
        /// The full names of these places.
        meant: Vec<&'static str>,
    },
    /// The place is part of another city today, and numbers do not show the part.
    #[error("{name:?} is part of {part_of} today, and its numbers do not show: write {part_of:?}")]
    Merged {
        /// The text.
        name: String,
        /// The city.
        part_of: &'static str,
    },
    /// The GB/T 2260 code is of a part of a city, or does not exist.
    #[error("{code} is the code of no province and no city{}", proposal(.near))]
    NoSuchCode {
        /// The text.
        code: String,
        /// The place that may contain it.
        near: Vec<&'static str>,
    },
    /// The digits are no area code in use.
    #[error("{0} is neither an area code in use, such as 021, nor a GB/T 2260 code, such as 310000")]
    NoAreaCode(String),
}

fn proposal(near: &[&str]) -> String {
    if near.is_empty() { String::new() } else { format!(": did you mean {}?", near.join(", ")) }
}

impl Area {
    /// The area that a text names: 华东, 上海, 上海市, 广东深圳, 310000, 021, 境外, 其他省, 未知, 其他.
    ///
    /// # Errors
    ///
    /// The text names no area, or several.
    pub fn parse(text: &str) -> Result<Self, BadArea> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::of_digits(text);
        }
        let plain = text.strip_suffix("地区").unwrap_or(text);
        if let Some(region) = Region::ALL.into_iter().find(|region| region.name() == plain) {
            return Ok(Self::Region(region));
        }
        match text {
            "境外" | "国外" | "海外" => return Ok(Self::Abroad),
            "其他省" | "其他省份" => return Ok(Self::OtherProvince),
            "未知" => return Ok(Self::Unknown),
            "其他" | "其它" => return Ok(Self::Other),
            _ => {}
        }
        let meant = named(text);
        match meant.as_slice() {
            [place] => Ok(Self::of(*place)),
            [] => Err(unknown(text)),
            [_, ..] => Err(BadArea::Ambiguous {
                name: quoted(text),
                meant: meant.into_iter().map(Place::name).collect(),
            }),
        }
    }

    /// The area of this place.
    pub fn of(place: Place) -> Self {
        if place.is_province() { Self::Province(place) } else { Self::City(place) }
    }

    fn of_digits(text: &str) -> Result<Self, BadArea> {
        const CODE_DIGITS: usize = 6;
        if text.len() != CODE_DIGITS {
            let area = if text.starts_with('0') { AreaCode::parse(text).ok() } else { None };
            return area.map(Self::Code).ok_or_else(|| BadArea::NoAreaCode(quoted(text)));
        }
        let code: u32 = text.parse().map_err(|_| BadArea::NoAreaCode(quoted(text)))?;
        if let Some(place) = Place::of_code(code) {
            return Ok(Self::of(place));
        }
        let province = Place::of_code(code / 10_000 * 10_000);
        match province.filter(|province| province.is_city()) {
            // 310100: all districts of Shanghai.
            Some(province) if code.is_multiple_of(100) => Ok(Self::of(province)),
            Some(_) | None => {
                let near = Place::of_code(code / 100 * 100).or(province).map(Place::name);
                Err(BadArea::NoSuchCode { code: text.to_owned(), near: near.into_iter().collect() })
            }
        }
    }

    /// Whether the area surely contains this location. A caller who may be in one of several cities is in the province
    /// and in the area code, and in none of the cities.
    pub fn contains(&self, location: &Location) -> bool {
        match self {
            Self::Region(region) => location.province.is_some_and(|province| Region::of(province) == *region),
            Self::Province(place) => location.province == Some(*place),
            Self::City(place) => location.city == Some(*place),
            Self::Code(code) => location.area_code == Some(*code),
            Self::Abroad => location.is_abroad(),
            Self::OtherProvince => location.province.is_some() && !location.is_abroad(),
            Self::Unknown => location.province.is_none() && !location.is_abroad(),
            Self::Other => true,
        }
    }

    /// The Chinese name of the area.
    pub fn name(&self) -> String {
        match self {
            Self::Province(place) | Self::City(place) => place.name().to_owned(),
            Self::Region(_)
            | Self::Code(_)
            | Self::Abroad
            | Self::OtherProvince
            | Self::Unknown
            | Self::Other => self.to_string(),
        }
    }
}

/// The places with this name.
pub(super) fn named(text: &str) -> Vec<Place> {
    let exact: Vec<Place> = Place::all().filter(|place| place.name() == text).collect();
    if !exact.is_empty() {
        return exact;
    }
    if let Some((_, code)) = RENAMED.iter().find(|(old, _)| is_called(text, old)) {
        return Place::of_code(*code).into_iter().collect();
    }
    let found: Vec<Place> = Place::all().filter(|place| matches(*place, text)).collect();
    if !found.is_empty() {
        return found;
    }
    // 广东深圳, 广东省深圳市.
    let in_province = |place: &Place| {
        let province = place.province();
        let rest = text.strip_prefix(province.name()).or_else(|| text.strip_prefix(province.short()));
        rest.is_some_and(|rest| !place.is_province() && (rest == place.name() || matches(*place, rest)))
    };
    Place::all().filter(in_province).collect()
}

pub(super) fn is_called(text: &str, short: &str) -> bool {
    text.strip_prefix(short).is_some_and(|rest| rest.is_empty() || CITY_ENDINGS.contains(&rest))
}

/// Whether the text is the short name of this place, alone or with an ending for its kind.
fn matches(place: Place, text: &str) -> bool {
    text.strip_prefix(place.short()).is_some_and(|ending| {
        ending.is_empty()
            || (place.is_province() && PROVINCE_ENDINGS.contains(&ending))
            || (place.is_city() && CITY_ENDINGS.contains(&ending))
    })
}

fn unknown(text: &str) -> BadArea {
    let merged = MERGED.iter().find(|(old, _)| text.contains(old));
    if let Some(part_of) = merged.and_then(|(_, code)| Place::of_code(*code)) {
        return BadArea::Merged { name: quoted(text), part_of: part_of.name() };
    }
    let regions = Region::ALL.into_iter().map(Region::name);
    let near = Place::all().map(Place::short).chain(regions).filter(|known| is_near(text, known));
    let mut near: Vec<&'static str> = near.collect();
    // A mistake in the first character is rare, so names with the same first character come first.
    near.sort_by_key(|known| known.chars().next() != text.chars().next());
    near.truncate(NEAR_MAX);
    BadArea::NoSuch { name: quoted(text), near }
}

/// Whether the names differ by one wrong, missing or additional character, or one contains the other.
fn is_near(text: &str, known: &str) -> bool {
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX {
        return false;
    }
    if text.contains(known) || known.contains(text) {
        return true;
    }
    let (text, known): (Vec<char>, Vec<char>) = (text.chars().collect(), known.chars().collect());
    let same_before = text.iter().zip(&known).take_while(|(one, other)| one == other).count();
    let same_behind =
        text.iter().rev().zip(known.iter().rev()).take_while(|(one, other)| one == other).count();
    let longer = text.len().max(known.len());
    let same = (same_before + same_behind).min(text.len()).min(known.len());
    same >= 1 && longer - same <= 1
}

fn quoted(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}

/// A text that [`Area::parse`] reads: the code, if the area has one.
impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => f.write_str(region.name()),
            Self::Province(place) | Self::City(place) => write!(f, "{}", place.code()),
            Self::Code(code) => write!(f, "{code}"),
            Self::Abroad => f.write_str("境外"),
            Self::OtherProvince => f.write_str("其他省"),
            Self::Unknown => f.write_str("未知"),
            Self::Other => f.write_str("其他"),
        }
    }
}

impl Serialize for Area {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Area {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Several areas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AreaSet(Vec<Area>);

impl AreaSet {
    /// Whether any area of the set contains this location.
    pub fn contains(&self, location: &Location) -> bool {
        self.0.iter().any(|area| area.contains(location))
    }

    /// The first area of the set that contains this location.
    pub fn find(&self, location: &Location) -> Option<Area> {
        self.0.iter().find(|area| area.contains(location)).copied()
    }

    /// All areas, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Area> {
        self.0.iter().copied()
    }

    /// The number of areas.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Area> for AreaSet {
    fn from_iter<I: IntoIterator<Item = Area>>(areas: I) -> Self {
        Self(areas.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{NumberRegions, normalise};

    fn area(text: &str) -> Area {
        Area::parse(text).unwrap()
    }

    fn located(text: &str) -> Location {
        NumberRegions::built_in().locate(&normalise(text, None))
    }

    #[test]
    fn an_area_is_known_by_all_its_names() {
        for (names, canonical) in [
            ("上海 上海市 310000 310100", "310000"),
            ("广东 广东省 440000", "440000"),
            ("深圳 深圳市 广东深圳 广东省深圳市 440300", "440300"),
            ("广西 广西壮族自治区 广西自治区 450000", "450000"),
            ("延边 延边州 延边朝鲜族自治州 吉林延边", "222400"),
            ("吉林省 220000", "220000"),
            ("吉林市 吉林省吉林市 吉林吉林", "220200"),
            ("海南省", "460000"),
            ("海南州 青海海南", "632500"),
            ("哈密 哈密市 哈密地区 新疆哈密地区", "650500"),
            ("襄阳 襄樊 襄樊市", "420600"),
            ("香港 香港特别行政区", "810000"),
            ("内蒙古 内蒙古自治区", "150000"),
            ("兴安盟 兴安", "152200"),
            ("021", "021"),
            ("0755", "0755"),
            ("华东 华东地区", "华东"),
            ("境外 国外", "境外"),
            ("其他 其它", "其他"),
        ] {
            for name in names.split(' ') {
                assert_eq!(area(name).to_string(), canonical, "{name}");
            }
        }
    }

    #[test]
    fn every_place_is_found_by_its_name_and_its_code() {
        for place in Place::all() {
            assert_eq!(area(place.name()), Area::of(place));
            assert_eq!(area(&place.code().to_string()), Area::of(place));
            let whole = format!("{}{}", place.province().name(), place.name());
            assert!(place.is_province() || area(&whole) == Area::of(place), "{whole}");
        }
    }

    #[test]
    fn a_name_nobody_knows_is_refused_with_what_is_near() {
        let refused = |text: &str| Area::parse(text).unwrap_err().to_string();
        assert_eq!(refused("内蒙"), "\"内蒙\" is no area we know: did you mean 内蒙古, 内江?");
        assert!(refused("乌鲁木其").contains("乌鲁木齐"), "{}", refused("乌鲁木其"));
        assert!(refused("株州").contains("株洲"));
        assert_eq!(refused("吉林"), "\"吉林\" can mean 吉林省 or 吉林市: write the whole name");
        assert!(refused("海南").contains("海南省 or 海南藏族自治州"));
        assert!(refused("莱芜市").contains("write \"济南市\""));
        assert!(refused("山东省莱芜市").contains("write \"济南市\""));
        assert_eq!(refused("310115"), "310115 is the code of no province and no city: did you mean 上海市?");
        assert!(refused("440305").contains("深圳市"));
        assert_eq!(refused("999999"), "999999 is the code of no province and no city");
        for text in ["0378", "21", "4403", "00", "4403000"] {
            assert!(refused(text).contains("neither an area code"), "{text}");
        }
        assert_eq!(refused(""), "\"\" is no area we know");
        assert!(refused(&"广".repeat(10_000)).len() < 200);
    }

    #[test]
    fn an_area_holds_those_who_cannot_be_elsewhere() {
        for (text, inside, outside) in [
            ("13800138000", "北京 010 华北 其他省 其他", "上海 021 天津 境外 未知 华东"),
            ("02488886666", "辽宁 024 东北 其他", "沈阳 铁岭 未知"),
            ("13941012345", "铁岭 辽宁 024", "沈阳"),
            ("17300001111", "未知 其他", "北京 其他省 境外"),
            ("13907550000", "海南省 0898 华南", "海口"),
            ("+85291234567", "香港 港澳台 境外 其他", "广东 其他省 未知"),
            ("+12125551234", "境外 其他", "港澳台 未知 其他省"),
            ("anonymous", "未知 其他", "境外 其他省"),
            ("059288886666", "厦门 0592 福建 华东", "福州"),
        ] {
            let location = located(text);
            for (names, expected) in [(inside, true), (outside, false)] {
                for name in names.split(' ') {
                    assert_eq!(area(name).contains(&location), expected, "{name} of {text}: {location:?}");
                }
            }
        }
    }

    #[test]
    fn a_set_names_the_first_that_holds() {
        let set: AreaSet = ["深圳", "广东", "其他省"].into_iter().map(area).collect();
        assert_eq!(set.find(&located("075588886666")), Some(area("440300")));
        assert_eq!(set.find(&located("02088886666")), Some(area("440000")));
        assert_eq!(set.find(&located("02188886666")), Some(Area::OtherProvince));
        assert!(!set.contains(&located("anonymous")));
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, r#"["440300","440000","其他省"]"#);
        assert_eq!(serde_json::from_str::<AreaSet>(&json).unwrap(), set);
    }
}
