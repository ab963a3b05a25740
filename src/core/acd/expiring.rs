//! Things that are remembered for a time, and not more of them than a limit.

use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is over is out of sight at once, and out of memory when further things come; beyond the limit the one
/// whose time ends soonest is forgotten.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "K: Ord + Deserialize<'de>, V: Deserialize<'de>"))]
pub(super) struct Fading<K, V> {
    entries: BTreeMap<K, (Instant, V)>,
    ends: BTreeSet<(Instant, K)>,
    most: usize,
}

/// How many are put out of memory for each that comes: more than one, so that what is over does not pile up.
const FORGOTTEN_AT_ONCE: usize = 2;

impl<K: Clone + Ord, V> Fading<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: BTreeMap::new(), ends: BTreeSet::new(), most }
    }

    pub(super) fn get(&self, now: Instant, key: &K) -> Option<&V> {
        self.entries.get(key).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    pub(super) fn take(&mut self, now: Instant, key: &K) -> Option<V> {
        let (until, value) = self.entries.remove(key)?;
        self.ends.remove(&(until, key.clone()));
        (until > now).then_some(value)
    }

    /// Remembers this, in place of what was known under the key.
    pub(super) fn put(&mut self, now: Instant, key: K, value: V, until: Instant) {
        self.take(now, &key);
        self.entries.insert(key.clone(), (until, value));
        self.ends.insert((until, key));
        for _ in 0..FORGOTTEN_AT_ONCE {
            let over =
                self.ends.first().is_some_and(|(until, _)| *until <= now || self.entries.len() > self.most);
            if let Some((_, key)) = over.then(|| self.ends.pop_first()).flatten() {
                self.entries.remove(&key);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_gone_and_beyond_the_limit_goes_what_ends_soonest() {
        let mut fading = Fading::new(2);
        fading.put(Instant(0), "a", 1, Instant(10));
        fading.put(Instant(0), "b", 2, Instant(5));
        assert_eq!((fading.get(Instant(9), &"a"), fading.get(Instant(5), &"b")), (Some(&1), None));
        fading.put(Instant(1), "c", 3, Instant(7));
        assert_eq!((fading.get(Instant(1), &"b"), fading.len()), (None, 2));
        fading.put(Instant(20), "d", 4, Instant(30));
        assert_eq!(fading.len(), 1, "a and c are over");
    }

    #[test]
    fn a_key_is_remembered_once_and_for_as_long_as_was_said_last() {
        let mut fading = Fading::new(2);
        fading.put(Instant(0), "a", 1, Instant(10));
        fading.put(Instant(0), "a", 2, Instant(3));
        assert_eq!((fading.get(Instant(2), &"a"), fading.get(Instant(3), &"a")), (Some(&2), None));
        assert_eq!((fading.take(Instant(3), &"a"), fading.len()), (None, 0));
    }
}
