//! The links that are down, and how long that is borne before another daemon is to try: each time more without_time_limit, since
//! the switch may be dead.
//!
//! Pure: no clock, no connection.

use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long a link may be down before another daemon is to try, where there is one; and how long at most, once that
/// was of no use.
const UNLINKED_TIME: Millis = Millis::seconds(3);
const UNLINKED_TIME_MAX: Millis = Millis::seconds(60);

/// All links that were ever opened.
#[derive(Debug, Default)]
pub struct Downs(BTreeMap<SwitchId, Down>);

#[derive(Debug)]
struct Down {
    since: Option<Instant>,
    patience: Millis,
}

impl Downs {
    /// The link to the switch is up, or is not.
    pub fn link(&mut self, now: Instant, switch: &SwitchId, is_up: bool) {
        let down = self.0.entry(switch.clone()).or_insert(Down { since: None, patience: UNLINKED_TIME });
        if is_up {
            down.patience = UNLINKED_TIME;
        }
        down.since = (!is_up).then_some(now);
    }

    /// Nobody waits for it any more.
    pub fn forget(&mut self, switch: &SwitchId) {
        if let Some(down) = self.0.get_mut(switch) {
            down.since = None;
        }
    }

    /// Whether it is waited for.
    pub fn is_down(&self, switch: &SwitchId) -> bool {
        self.0.get(switch).is_some_and(|down| down.since.is_some())
    }

    /// When the next one will have been down for too long.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.values().filter_map(|down| Some(down.since? + down.patience)).min()
    }

    /// Those that have been down for too long, since that was asked last.
    pub fn too_long(&mut self, now: Instant) -> Vec<SwitchId> {
        let mut too_long = Vec::new();
        for (switch, down) in &mut self.0 {
            if down.since.is_some_and(|since| now >= since + down.patience) {
                down.since = Some(now);
                down.patience = Millis(down.patience.0 * 2).min(UNLINKED_TIME_MAX);
                too_long.push(switch.clone());
            }
        }
        too_long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_of_no_use_is_asked_less_and_less_often() {
        let (mut downs, switch) = (Downs::default(), SwitchId("fs1".into()));
        downs.link(Instant(0), &switch, false);
        let asked = |downs: &mut Downs, from: u64, till: u64| -> Vec<u64> {
            (from..till).filter(|at| !downs.too_long(Instant(at * 1_000)).is_empty()).collect()
        };
        assert_eq!(downs.deadline(), Some(Instant(3_000)));
        assert_eq!(asked(&mut downs, 0, 170), [3, 9, 21, 45, 93, 153]);
        downs.link(Instant(170_000), &switch, true);
        assert!(!downs.is_down(&switch) && asked(&mut downs, 170, 400).is_empty());
        downs.link(Instant(400_000), &switch, false);
        assert_eq!(asked(&mut downs, 400, 405), [403]);
        downs.forget(&switch);
        assert!(!downs.is_down(&switch));
    }
}
