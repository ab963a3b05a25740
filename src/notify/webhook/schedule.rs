//! When an event is sent again.

use hotlined_core::time::Millis;

/// How long after the attempt before it each attempt is: the schedule of Standard Webhooks 1.0.0.
const WAITS: [Millis; ATTEMPTS_MAX] = [
    Millis(0),
    Millis::seconds(5),
    Millis::seconds(5 * 60),
    Millis::seconds(30 * 60),
    Millis::seconds(2 * 3_600),
    Millis::seconds(5 * 3_600),
    Millis::seconds(10 * 3_600),
    Millis::seconds(14 * 3_600),
    Millis::seconds(20 * 3_600),
    WAIT_MAX,
];
/// The most attempts for one event.
pub const ATTEMPTS_MAX: usize = 10;
/// The longest wait, before the spreading.
const WAIT_MAX: Millis = Millis::seconds(24 * 3_600);
/// A wait is longer by up to this part of it, so that the events of an outage do not come back all at once.
const SPREAD_PARTS: u64 = 10;

/// How long after the attempt number `attempts` (0: none was made) the next one is; none if there is no next one.
///
/// The receiver's `Retry-After` makes the wait longer, never shorter, and at most 24 hours. The same `seed` gives the
/// same wait: up to a tenth longer than the schedule says.
pub fn next_attempt(attempts: usize, retry_after: Option<Millis>, seed: u64) -> Option<Millis> {
    let wait = (*WAITS.get(attempts)?).max(retry_after.unwrap_or_default()).min(WAIT_MAX);
    let spread = wait.0 / SPREAD_PARTS;
    let drawn = mixed(seed ^ attempts as u64) % (spread + 1);
    Some(Millis(wait.0 + drawn))
}

/// Bits that look random (the finish of splitmix64).
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_those_of_the_specification_and_spread() {
        let hours = |hours: u64| hours * 3_600;
        let seconds = [0, 5, 300, 1_800, hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)];
        for (attempts, expected) in seconds.into_iter().enumerate() {
            let waits: Vec<u64> =
                (0..200).map(|seed| next_attempt(attempts, None, seed).unwrap().0).collect();
            let expected = expected * 1_000;
            assert!(
                waits.iter().all(|wait| (expected..=expected + expected / 10).contains(wait)),
                "{attempts}"
            );
            let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
            assert!(attempts == 0 || distinct.len() > 100, "{attempts}: {}", distinct.len());
        }
        assert_eq!(next_attempt(10, Some(Millis(1)), 1), None);
        assert_eq!(next_attempt(3, None, 42), next_attempt(3, None, 42));
    }

    #[test]
    fn a_receiver_makes_a_wait_longer_and_never_shorter() {
        let wait = |attempts, seconds| next_attempt(attempts, Some(Millis::seconds(seconds)), 7).unwrap();
        assert!(wait(1, 60) >= Millis::seconds(60) && wait(1, 60) <= Millis::seconds(66));
        assert!(wait(3, 60) >= Millis::seconds(1_800));
        assert!(wait(1, 7 * 24 * 3_600) <= Millis::seconds(24 * 3_600 * 11 / 10));
    }
}
