//! The links that are down, and after which time another daemon should try. The time doubles with each attempt, because
//! the switch itself may be dead.
//!
//! Pure: no clock, no connection.

use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long a link may be down before another daemon should try, if there is one.
const UNLINKED_TIME: Millis = Millis::seconds(3);
/// How long at most, after several attempts without success.
const UNLINKED_TIME_MAX: Millis = Millis::seconds(60);

/// The outages of all links that were ever opened.
#[derive(Debug, Default)]
pub struct LinkOutages(BTreeMap<SwitchId, Outage>);

#[derive(Debug)]
struct Outage {
    /// Since when the link is down; none while it is up.
    since: Option<Instant>,
    /// How long the link may be down.
    limit: Millis,
}

impl LinkOutages {
    /// The link to the switch has come up or gone down.
    pub fn set_link(&mut self, now: Instant, switch: &SwitchId, is_up: bool) {
        let down = self.0.entry(switch.clone()).or_insert(Outage { since: None, limit: UNLINKED_TIME });
        if is_up {
            down.limit = UNLINKED_TIME;
        }
        down.since = (!is_up).then_some(now);
    }

    /// The link is closed on purpose: it counts as up.
    pub fn forget(&mut self, switch: &SwitchId) {
        if let Some(down) = self.0.get_mut(switch) {
            down.since = None;
        }
    }

    /// Whether the link is down.
    pub fn is_down(&self, switch: &SwitchId) -> bool {
        self.0.get(switch).is_some_and(|down| down.since.is_some())
    }

    /// When the next link will have been down for too long.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.values().filter_map(|down| Some(down.since? + down.limit)).min()
    }

    /// The links that have been down for too long since the last call.
    pub fn take_overdue(&mut self, now: Instant) -> Vec<SwitchId> {
        let mut too_long = Vec::new();
        for (switch, down) in &mut self.0 {
            if down.since.is_some_and(|since| now >= since + down.limit) {
                down.since = Some(now);
                down.limit = Millis(down.limit.0 * 2).min(UNLINKED_TIME_MAX);
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
        let (mut outages, switch) = (LinkOutages::default(), SwitchId("fs1".into()));
        outages.set_link(Instant(0), &switch, false);
        let asked = |outages: &mut LinkOutages, from: u64, till: u64| -> Vec<u64> {
            (from..till).filter(|at| !outages.take_overdue(Instant(at * 1_000)).is_empty()).collect()
        };
        assert_eq!(outages.deadline(), Some(Instant(3_000)));
        assert_eq!(asked(&mut outages, 0, 170), [3, 9, 21, 45, 93, 153]);
        outages.set_link(Instant(170_000), &switch, true);
        assert!(!outages.is_down(&switch) && asked(&mut outages, 170, 400).is_empty());
        outages.set_link(Instant(400_000), &switch, false);
        assert_eq!(asked(&mut outages, 400, 405), [403]);
        outages.forget(&switch);
        assert!(!outages.is_down(&switch));
    }
}
