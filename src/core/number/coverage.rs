//! How much of all mobile numbers a table places.

use super::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use super::{Network, NumberRegions, Operator};
use serde::Serialize;

/// How many prefixes of seven digits a segment of three has.
const SEGMENT: usize = 10_000;

/// How many prefixes a table places, and how nearly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many prefixes were given to an operator, or have a place.
    pub prefixes: usize,
    /// How many have a city.
    pub city: usize,
    /// How many only a province.
    pub province: usize,
    /// How many only an operator.
    pub operator: usize,
    /// The segments of which any prefix is known.
    pub segments: Vec<Segment>,
}

/// A segment of three digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Its digits.
    pub beginning: usize,
    /// How many of its prefixes were given to an operator, or have a place.
    pub prefixes: usize,
    /// How many have a city.
    pub city: usize,
    /// How many only a province.
    pub province: usize,
    /// How many only an operator.
    pub operator: usize,
    /// Whom they were given to, and what for, in the order they stand there.
    pub given: Vec<(Operator, Network)>,
}

impl Coverage {
    /// That of this table.
    pub fn of(atlas: &NumberRegions) -> Self {
        let firsts = (PREFIX_FIRST..PREFIX_FIRST + PREFIXES).step_by(SEGMENT);
        let segments: Vec<Segment> = firsts.map(|first| Segment::of(atlas, first)).collect();
        let sum = |count: fn(&Segment) -> usize| segments.iter().map(count).sum();
        Self {
            prefixes: sum(|segment| segment.prefixes),
            city: sum(|segment| segment.city),
            province: sum(|segment| segment.province),
            operator: sum(|segment| segment.operator),
            segments: segments.into_iter().filter(|segment| segment.prefixes > 0).collect(),
        }
    }

    /// The segments whose operator is known and of which no prefix has a place.
    pub fn unplaced(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.city + segment.province == 0)
    }
}

impl Segment {
    fn of(atlas: &NumberRegions, first: usize) -> Self {
        let beginning = first / SEGMENT;
        let mut segment =
            Self { beginning, prefixes: 0, city: 0, province: 0, operator: 0, given: Vec::new() };
        for location in (first..first + SEGMENT).map(|prefix| atlas.of_prefix(prefix)) {
            let given = location.operator.zip(location.network);
            segment.given.extend(given.filter(|given| !segment.given.contains(given)));
            match (location.city, location.province, given) {
                (Some(_), _, _) => segment.city += 1,
                (None, Some(_), _) => segment.province += 1,
                (None, None, Some(_)) => segment.operator += 1,
                (None, None, None) => continue,
            }
            segment.prefixes += 1;
        }
        segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures in docs/trying-calls.md.
    #[test]
    fn the_built_in_table_places_what_we_say_it_does() {
        let coverage = Coverage::of(NumberRegions::built_in());
        let Coverage { prefixes, city, province, operator, .. } = coverage;
        assert_eq!((prefixes, city, province, operator), (552_600, 317_659, 2_458, 232_483));
        assert_eq!(city + province, 320_117);
        let unplaced: Vec<usize> = coverage.unplaced().map(|segment| segment.beginning).collect();
        let listed = [
            146, 148, 149, 161, 162, 165, 166, 167, 171, 172, 173, 174, 175, 190, 191, 192, 193, 195, 196,
            197, 198, 199,
        ];
        assert_eq!(unplaced, listed);
    }
}
