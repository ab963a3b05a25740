//! The location of a number: its region and its operator.
//!
//! The place of a mobile is where the number was sold; the place of a landline is where its area code is used. A ported
//! number (携号转网) keeps its prefix, so the operator is the original one.

use super::{AreaCode, Number, Place};
use serde::{Deserialize, Serialize};

/// The location of a number, as far as the number shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The province. Hong Kong, Macau and Taiwan count as provinces here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub province: Option<Place>,
    /// The city, if only one is possible.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub city: Option<Place>,
    /// The area code in the number, or the only area code of its city.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub area_code: Option<AreaCode>,
    /// The operator that a mobile number was assigned to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<Operator>,
    /// The network that the number was assigned for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub network: Option<Network>,
    /// The source of the place.
    pub source: Source,
    /// How precisely the place is known.
    pub confidence: Confidence,
}

/// An operator of mobile numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// 中国移动.
    Mobile,
    /// 中国联通.
    Unicom,
    /// 中国电信.
    Telecom,
    /// 中国广电.
    Broadnet,
    /// 中国星网.
    StarNet,
    /// Another operator.
    Other,
}

impl Operator {
    /// The Chinese name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mobile => "中国移动",
            Self::Unicom => "中国联通",
            Self::Telecom => "中国电信",
            Self::Broadnet => "中国广电",
            Self::StarNet => "中国星网",
            Self::Other => "其他运营商",
        }
    }
}

/// The network that a segment of mobile numbers is assigned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The operator's own customers.
    Ordinary,
    /// Companies that sell the operator's network under their own name (虚拟运营商). The company is not known.
    Resold,
    /// Satellite telephones.
    Satellite,
}

/// The source of the place of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// There is no source: the place is unknown.
    Nothing,
    /// The area code in the number.
    AreaCode,
    /// The first seven digits of a mobile, in the built-in table.
    MobilePrefix,
    /// The first seven digits of a mobile, in an imported table.
    Imported,
    /// The country code.
    CountryCode,
}

/// How precisely the place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The place is unknown, but in the mainland.
    None,
    /// Outside the mainland.
    Country,
    /// The province, or a few cities of the province.
    Province,
    /// The city.
    City,
}

impl Location {
    pub(super) const NOWHERE: Self = Self {
        province: None,
        city: None,
        area_code: None,
        operator: None,
        network: None,
        source: Source::Nothing,
        confidence: Confidence::None,
    };

    /// The possible cities: one, or the cities that share the area code, or none if only the province is known.
    pub fn cities(&self) -> &[Place] {
        match (&self.city, self.area_code) {
            (Some(city), _) => std::slice::from_ref(city),
            (None, Some(area)) => area.cities(),
            (None, None) => &[],
        }
    }

    /// Whether the number is outside the mainland.
    pub fn is_abroad(&self) -> bool {
        self.source == Source::CountryCode
    }

    pub(super) fn in_place(place: Place, source: Source) -> Self {
        let city = place.is_city().then_some(place);
        Self {
            province: Some(place.province()),
            city,
            area_code: place.area_code(),
            source,
            confidence: if city.is_some() { Confidence::City } else { Confidence::Province },
            ..Self::NOWHERE
        }
    }

    pub(super) fn in_area(area: AreaCode) -> Self {
        let (city, confidence) = match area.cities() {
            [city] => (Some(*city), Confidence::City),
            _ => (None, Confidence::Province),
        };
        Self {
            // Cities of two provinces share none.
            province: area.cities().first().map(|city| city.province()),
            city,
            area_code: Some(area),
            source: Source::AreaCode,
            confidence,
            ..Self::NOWHERE
        }
    }

    pub(super) fn abroad(number: &Number) -> Self {
        const OURS: [(&[u8], u32); 3] = [(b"+852", 810_000), (b"+853", 820_000), (b"+886", 710_000)];
        let code =
            OURS.iter().find(|(country, _)| number.bytes().starts_with(country)).map(|(_, code)| *code);
        Self {
            province: code.and_then(Place::of_code),
            source: Source::CountryCode,
            confidence: if code.is_some() { Confidence::Province } else { Confidence::Country },
            ..Self::NOWHERE
        }
    }
}
