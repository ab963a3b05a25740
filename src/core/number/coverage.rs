//! The coverage of a table of mobile prefixes.

use super::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use super::{Network, NumberRegions, Operator};
use serde::Serialize;

/// The number of seven-digit prefixes in a segment of three digits.
const SEGMENT: usize = 10_000;

/// How many prefixes a table covers, and how precisely.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The number of prefixes with an operator or a place.
    pub prefixes: usize,
    /// The number of prefixes with a city.
    pub city: usize,
    /// The number of prefixes with only a province.
    pub province: usize,
    /// The number of prefixes with only an operator.
    pub operator: usize,
    /// The segments with any known prefix.
    pub segments: Vec<Segment>,
}

/// A segment of three digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// The three digits.
    pub beginning: usize,
    /// The number of prefixes with an operator or a place.
    pub prefixes: usize,
    /// The number of prefixes with a city.
    pub city: usize,
    /// The number of prefixes with only a province.
    pub province: usize,
    /// The number of prefixes with only an operator.
    pub operator: usize,
    /// The operators and networks of the segment, in the order of the prefixes.
    pub given: Vec<(Operator, Network)>,
}

impl Coverage {
    /// The coverage of this table.
    pub fn of(regions: &NumberRegions) -> Self {
        let firsts = (PREFIX_FIRST..PREFIX_FIRST + PREFIXES).step_by(SEGMENT);
        let segments: Vec<Segment> = firsts.map(|first| Segment::of(regions, first)).collect();
        let sum = |count: fn(&Segment) -> usize| segments.iter().map(count).sum();
        Self {
            prefixes: sum(|segment| segment.prefixes),
            city: sum(|segment| segment.city),
            province: sum(|segment| segment.province),
            operator: sum(|segment| segment.operator),
            segments: segments.into_iter().filter(|segment| segment.prefixes > 0).collect(),
        }
    }

    /// The segments with a known operator and without any place.
    pub fn unplaced(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.city + segment.province == 0)
    }
}

impl Segment {
    fn of(regions: &NumberRegions, first: usize) -> Self {
        let beginning = first / SEGMENT;
        let mut segment =
            Self { beginning, prefixes: 0, city: 0, province: 0, operator: 0, given: Vec::new() };
        for location in (first..first + SEGMENT).map(|prefix| regions.of_prefix(prefix)) {
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
