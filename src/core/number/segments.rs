//! The operators and networks of mobile number segments, as the ministry assigned them.

use super::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use super::{Network, Operator};

/// The segments of mobile numbers, with operator and network.
const SEGMENTS: &str = include_str!("data/segments.tsv");
/// The number of seven-digit prefixes with the same first five digits.
pub(super) const BEGINNING: usize = 100;
const BEGINNING_FIRST: usize = PREFIX_FIRST / BEGINNING;
const BEGINNINGS: usize = PREFIXES / BEGINNING;

/// The operator and network of a segment, if it is assigned.
pub(super) type Given = Option<(Operator, Network)>;

/// The operator and network of each segment of five digits.
pub(super) fn operators() -> Vec<Given> {
    let mut given = vec![None; BEGINNINGS];
    // A longer segment overrides a part of a shorter one.
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
    use super::*;

    #[test]
    fn every_segment_was_read() {
        let lines = SEGMENTS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(SEGMENTS.lines().filter_map(segment).count(), lines);
    }
}
