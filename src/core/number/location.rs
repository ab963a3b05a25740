//! Where a number is from, and which operator it was given by.
//!
//! A mobile's place is where its number was sold, a landline's where its area code is. A carried number
//! (携号转网) keeps its beginning: the operator is the original one.

use super::{AreaCode, Number, Place};
use serde::{Deserialize, Serialize};

/// Where a number is from, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The province; Hong Kong, Macau and Taiwan are among them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub province: Option<Place>,
    /// The city, where it can be only one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub city: Option<Place>,
    /// The area code: the one in the number, or the only one of its city.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub area_code: Option<AreaCode>,
    /// Whom a mobile's number was given to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<Operator>,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub network: Option<Network>,
    /// What shows the place.
    pub source: Source,
    /// How near the place is known.
    pub confidence: Confidence,
}

/// The operators that numbers are given to.
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
    /// Another one.
    Other,
}

impl Operator {
    /// Its Chinese name.
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

/// What a segment of mobile numbers was given out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The operator's own customers.
    Ordinary,
    /// Companies that sell the operator's network under their own name (虚拟运营商); which, does not show.
    Resold,
    /// Satellite telephones.
    Satellite,
}

/// What shows where a number is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nothing does.
    Nothing,
    /// The area code in it.
    AreaCode,
    /// A mobile's first seven digits, in the table that is built in.
    MobilePrefix,
    /// A mobile's first seven digits, in a table that the operator brought.
    Imported,
    /// The country's code.
    CountryCode,
}

/// How near the place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Not at all, in the mainland.
    None,
    /// Outside the mainland.
    Country,
    /// The province, or a few cities in it.
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

    /// The cities it can be: one, those that share its area code, or none where only the province is known.
    pub fn cities(&self) -> &[Place] {
        match (&self.city, self.area_code) {
            (Some(city), _) => std::slice::from_ref(city),
            (None, Some(area)) => area.cities(),
            (None, None) => &[],
        }
    }

    /// Whether it is outside the mainland.
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
