//! The names of places and operators in imported tables.

use crate::number::area::{MERGED, is_called, named};
use crate::number::{Network, Operator, Place};
use std::collections::BTreeMap;

/// Other names that tables use for a city: the seat of its government, a county that once had an area code of its own,
/// or a short form. The code is the code of the city.
const OTHER_NAMES: [(&str, u32); 17] = [
    ("集宁", 150_900),
    ("临河", 150_800),
    ("海拉尔", 150_700),
    ("乌兰浩特", 152_200),
    ("珲春", 222_400),
    ("潢川", 411_500),
    ("吉首", 433_100),
    ("西昌", 513_400),
    ("海晏", 632_200),
    ("格尔木", 632_800),
    ("博乐", 652_700),
    ("博州", 652_700),
    ("库尔勒", 652_800),
    ("巴州", 652_800),
    ("克州", 653_000),
    ("奎屯", 654_000),
    ("伊宁", 654_000),
];

/// The place that one or two columns name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// A city, or the province if the city is unknown.
    pub(super) place: Option<Place>,
    /// The text, if a part of it is unknown.
    pub(super) unknown: Option<String>,
}

/// Looks up places by name, with a cache.
#[derive(Default)]
pub(super) struct Names {
    found: BTreeMap<String, Found>,
    key: String,
}

impl Names {
    /// The place of a province and a city. Either may be empty.
    pub(super) fn of(&mut self, province: &str, city: &str) -> Found {
        // A separator that no name contains.
        self.key.clear();
        self.key.extend([province, "\n", city]);
        if let Some(found) = self.found.get(&self.key) {
            return found.clone();
        }
        let found = find(province.trim(), city.trim());
        self.found.insert(self.key.clone(), found.clone());
        found
    }

    /// The place of a text with both province and city: 山东 济南, 山东济南, 北京.
    pub(super) fn of_both(&mut self, text: &str) -> Found {
        match text.trim().split_once(char::is_whitespace) {
            Some((province, city)) => self.of(province, city),
            None => self.of("", text),
        }
    }
}

fn find(province: &str, city: &str) -> Found {
    let known = |place| Found { place: Some(place), unknown: None };
    let unknown = || Some(format!("{province} {city}").trim().to_owned());
    if province.is_empty() {
        return match named(city)[..] {
            [place] => known(place),
            // 吉林: the province, or the city in it.
            [first, second] if second.province() == first => known(first),
            _ => Found { place: None, unknown: unknown().filter(|text| !text.is_empty()) },
        };
    }
    let Some(within) = named(province).into_iter().find(|place| place.is_province()) else {
        return Found { place: None, unknown: unknown() };
    };
    if city.is_empty() {
        return known(within);
    }
    let meant = named(city);
    let elsewhere = !meant.is_empty();
    let inside = meant.into_iter().find(|place| place.province() == within && place.is_city());
    let other = |names: &[(&str, u32)]| {
        let (_, code) = names.iter().find(|(name, _)| is_called(city, name))?;
        Place::of_code(*code).filter(|place| place.province() == within)
    };
    match inside.or_else(|| other(&MERGED)).or_else(|| other(&OTHER_NAMES)) {
        Some(place) => known(place),
        // 广东, 广东省: only the province is known. 重庆, 万州: a district of a city that is a province.
        None if named(city).contains(&within) || (within.is_city() && !elsewhere) => known(within),
        None => Found { place: Some(within), unknown: unknown() },
    }
}

/// Whether a text is the name of a city.
pub(super) fn is_city(text: &str) -> bool {
    let others = || MERGED.iter().chain(&OTHER_NAMES).any(|(name, _)| is_called(text, name));
    named(text).iter().any(|place| place.is_city()) || others()
}

/// The meaning of a card type of a `phone.dat`. Only the card types of resellers name the network.
pub(super) fn card_type(card: u8) -> Option<(Operator, Option<Network>)> {
    Some(match card {
        1 => (Operator::Mobile, None),
        2 => (Operator::Unicom, None),
        3 => (Operator::Telecom, None),
        4 => (Operator::Telecom, Some(Network::Resold)),
        5 => (Operator::Unicom, Some(Network::Resold)),
        6 => (Operator::Mobile, Some(Network::Resold)),
        7 => (Operator::Broadnet, None),
        8 => (Operator::Broadnet, Some(Network::Resold)),
        _ => return None,
    })
}

/// The operator that a text names. A card type of a `phone.dat` also counts.
pub(super) fn operator(text: &str) -> Option<(Operator, Option<Network>)> {
    const WORDS: [(Operator, &[&str]); 5] = [
        (Operator::Mobile, &["移动", "cmcc", "mobile"]),
        (Operator::Unicom, &["联通", "cucc", "unicom"]),
        (Operator::Telecom, &["电信", "ctcc", "telecom"]),
        (Operator::Broadnet, &["广电", "cbcc", "cbn", "broadnet"]),
        (Operator::StarNet, &["星网", "star_net"]),
    ];
    const RESOLD: [&str; 5] = ["虚拟", "转售", "virtual", "resold", "_v"];
    const SATELLITE: [&str; 2] = ["卫星", "satellite"];
    if let Ok(card) = text.parse() {
        return card_type(card);
    }
    let text = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let mut named = WORDS.iter().filter(|(_, words)| says(words));
    let (Some((operator, _)), None) = (named.next(), named.next()) else { return None };
    let network =
        if says(&RESOLD) { Some(Network::Resold) } else { says(&SATELLITE).then_some(Network::Satellite) };
    Some((*operator, network))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_known_by_every_name_that_tables_have_for_them() {
        for (province, city, code) in [
            ("北京", "北京", Some(110_000)),
            ("北京市", "北京市", Some(110_000)),
            ("北京", "", Some(110_000)),
            ("重庆", "万州", Some(500_000)),
            ("广东", "深圳", Some(440_300)),
            ("广东省", "深圳市", Some(440_300)),
            ("广东", "", Some(440_000)),
            ("广东", "广东", Some(440_000)),
            ("吉林", "吉林", Some(220_200)),
            ("吉林省", "吉林市", Some(220_200)),
            ("海南", "海口", Some(460_100)),
            ("青海", "海南", Some(632_500)),
            ("内蒙古", "兴安盟", Some(152_200)),
            ("新疆维吾尔自治区", "巴音郭楞", Some(652_800)),
            ("新疆", "巴州", Some(652_800)),
            ("广西壮族自治区", "南宁", Some(450_100)),
            ("湖北", "襄樊", Some(420_600)),
            ("山东", "莱芜", Some(370_100)),
            ("安徽", "巢湖市", Some(340_100)),
            ("湖南", "吉首", Some(433_100)),
            ("", "深圳", Some(440_300)),
            ("", "吉林", Some(220_000)),
            ("", "广东深圳", Some(440_300)),
            ("", "", None),
        ] {
            let found = find(province, city);
            assert_eq!((found.place.map(Place::code), found.unknown), (code, None), "{province} {city}");
        }
    }

    #[test]
    fn a_name_nobody_knows_leaves_what_is_known() {
        for (province, city, code, unknown) in [
            ("广东", "长沙", Some(440_000), "广东 长沙"),
            ("重庆", "长沙", Some(500_000), "重庆 长沙"),
            ("湖北", "江汉", Some(420_000), "湖北 江汉"),
            ("河北", "雄安", Some(130_000), "河北 雄安"),
            ("全国", "", None, "全国"),
            ("加州", "吉首", None, "加州 吉首"),
            ("湖北", "吉首", Some(420_000), "湖北 吉首"),
            ("", "朝阳区", None, "朝阳区"),
        ] {
            let found = find(province, city);
            assert_eq!(found.place.map(Place::code), code, "{province} {city}");
            assert_eq!(found.unknown.as_deref(), Some(unknown));
        }
        let mut names = Names::default();
        assert_eq!(names.of_both("山东 济南").place, Place::of_code(370_100));
        assert_eq!(names.of_both(" 山东省济南市 ").place, Place::of_code(370_100));
        assert_eq!(names.of_both("北京").place, Place::of_code(110_000));
        assert_eq!(names.of("山东", "济南"), names.of("山东", "济南"));
    }

    #[test]
    fn operators_are_known_by_every_name_that_tables_have_for_them() {
        use {Network::*, Operator::*};
        for (text, operator_meant, network) in [
            ("中国移动", Mobile, None),
            ("联通", Unicom, None),
            ("China Telecom", Telecom, None),
            ("CBCC", Broadnet, None),
            ("电信虚拟运营商", Telecom, Some(Resold)),
            ("CUCC_v", Unicom, Some(Resold)),
            ("中国电信卫星", Telecom, Some(Satellite)),
            ("移动全球通卡", Mobile, None),
            ("6", Mobile, Some(Resold)),
            ("7", Broadnet, None),
        ] {
            assert_eq!(operator(text), Some((operator_meant, network)), "{text}");
        }
        for text in ["", "0", "9", "256", "电信/联通", "阿里通信"] {
            assert_eq!(operator(text), None, "{text}");
        }
    }

    #[test]
    fn every_other_name_is_that_of_a_city() {
        assert!(OTHER_NAMES.iter().all(|(_, code)| Place::of_code(*code).is_some_and(Place::is_city)));
        assert!(OTHER_NAMES.iter().all(|(name, _)| named(name).is_empty()), "known without being listed");
    }
}
