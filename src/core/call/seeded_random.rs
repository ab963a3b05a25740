//! Randomness that can be repeated: every random choice of a call follows from the seed of its arrival.

use crate::id::LegId;

/// SplitMix64 (Steele, Lea and Flood 2014): a counter and a mixing function. Each draw is named by its number, so no
/// state is kept.
fn mix(seed: u64, draw: u64) -> u64 {
    let mut z = seed.wrapping_add(draw.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The name of the leg of a call's attempt, in the form of a random UUID (RFC 9562, version 4).
pub(super) fn agent_leg_id(seed: u64, attempt_ix: usize) -> LegId {
    let draw = 2 * attempt_ix as u64;
    let bits = u128::from(mix(seed, draw)) << 64 | u128::from(mix(seed, draw + 1));
    let version_4 = bits & !(0xf << 76) | 4 << 76;
    LegId::from_bits(version_4 & !(0b11 << 62) | 0b10 << 62)
}

/// The seed and the first command number of a caller found waiting after a link came up. An earlier daemon may have
/// had the caller; its legs and results must not be taken for this daemon's.
pub(super) fn reseed_found_call(seed: u64, connection: u64) -> (u64, u32) {
    const FIRST_NUMBERS: u64 = 4_000_000;
    const COMMANDS_EACH: u64 = 1_000;
    let seed = mix(seed, connection);
    let number = (1 + seed % FIRST_NUMBERS) * COMMANDS_EACH;
    (seed, u32::try_from(number).unwrap_or_default())
}

/// The seed and the last command number of a call whose earlier daemon may have continued beyond the snapshot. What
/// that daemon did must not be taken for what this daemon does. Command numbers keep rising.
pub(super) fn reseed_taken_over_call((seed, number): (u64, u32), connection: u64) -> (u64, u32) {
    const COMMANDS_MAX: u64 = 1_000;
    const SPREAD: u64 = 64;
    let seed = mix(seed, connection);
    let skipped = (1 + seed % SPREAD) * COMMANDS_MAX;
    (seed, number.saturating_add(u32::try_from(skipped).unwrap_or_default()))
}

/// Shuffles (Fisher and Yates). Every order is equally likely, within the limits of the seed.
pub(super) fn shuffle<T>(seed: u64, items: &mut [T]) {
    const SHUFFLE: u64 = 1 << 32;
    for last in (1..items.len()).rev() {
        let pick = mix(seed, SHUFFLE + last as u64) % (last as u64 + 1);
        items.swap(last, usize::try_from(pick).unwrap_or(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn legs_differ_between_calls_and_attempts() {
        let legs: BTreeSet<_> = (0..100)
            .flat_map(|seed| (0..100).map(move |attempt_ix| agent_leg_id(seed, attempt_ix)))
            .collect();
        assert_eq!(legs.len(), 10_000);
    }

    #[test]
    fn a_call_taken_anew_shares_no_leg_and_no_number_with_before() {
        let (seed, number) = reseed_found_call(7, 1_000);
        let (other, other_number) = reseed_found_call(7, 1_001);
        assert!(
            seed != 7
                && seed != other
                && agent_leg_id(seed, 0) != agent_leg_id(7, 0)
                && agent_leg_id(seed, 0) != agent_leg_id(other, 0)
        );
        assert!(number >= 1_000 && number.abs_diff(other_number) >= 1_000);
    }

    #[test]
    fn a_call_that_was_taken_up_shares_no_leg_and_no_number_with_what_was_done_since_it_was_kept() {
        let (seed, number) = reseed_taken_over_call((7, 12), 1_000);
        let (other, _) = reseed_taken_over_call((7, 12), 1_001);
        assert!((1_012..100_000).contains(&number));
        let legs: BTreeSet<_> =
            [7, seed, other].iter().flat_map(|seed| (0..9).map(|n| agent_leg_id(*seed, n))).collect();
        assert_eq!(legs.len(), 27);
    }

    #[test]
    fn a_leg_reads_as_a_random_uuid() {
        let text = agent_leg_id(7, 3).to_string();
        assert_eq!((text.len(), &text[14..15]), (36, "4"));
        assert!("89ab".contains(&text[19..20]));
    }

    #[test]
    fn every_order_of_three_comes_up_about_equally() {
        let mut seen = std::collections::BTreeMap::<_, u32>::new();
        for seed in 0..6_000 {
            let mut items = [0, 1, 2];
            shuffle(seed, &mut items);
            *seen.entry(items).or_default() += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|&n| (850..1_150).contains(&n)), "{seen:?}");
    }
}
