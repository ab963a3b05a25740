//! A map whose entries expire, with a limit on the number of entries.

use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An entry is invisible as soon as it has expired, and is removed when later entries come. Beyond the capacity, the
/// entry that expires first is removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "K: Ord + Deserialize<'de>, V: Deserialize<'de>"))]
pub(super) struct ExpiringMap<K, V> {
    entries: BTreeMap<K, (Instant, V)>,
    ends: BTreeSet<(Instant, K)>,
    #[serde(rename = "most")]
    capacity: usize,
}

/// How many expired entries are removed for each new one: more than one, so that expired entries do not pile up.
const REMOVED_PER_INSERT: usize = 2;

impl<K: Clone + Ord, V> ExpiringMap<K, V> {
    /// An empty map of at most this many entries.
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: BTreeMap::new(), ends: BTreeSet::new(), capacity }
    }

    /// The value of the key, if it has not expired.
    pub(super) fn get(&self, now: Instant, key: &K) -> Option<&V> {
        self.entries.get(key).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    /// Removes the entry and returns its value, if it has not expired.
    pub(super) fn take(&mut self, now: Instant, key: &K) -> Option<V> {
        let (until, value) = self.entries.remove(key)?;
        self.ends.remove(&(until, key.clone()));
        (until > now).then_some(value)
    }

    /// Stores the value until the given time, in place of an earlier value of the key.
    pub(super) fn put(&mut self, now: Instant, key: K, value: V, until: Instant) {
        self.take(now, &key);
        self.entries.insert(key.clone(), (until, value));
        self.ends.insert((until, key));
        for _ in 0..REMOVED_PER_INSERT {
            let over = self
                .ends
                .first()
                .is_some_and(|(until, _)| *until <= now || self.entries.len() > self.capacity);
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
        let mut map = ExpiringMap::new(2);
        map.put(Instant(0), "a", 1, Instant(10));
        map.put(Instant(0), "b", 2, Instant(5));
        assert_eq!((map.get(Instant(9), &"a"), map.get(Instant(5), &"b")), (Some(&1), None));
        map.put(Instant(1), "c", 3, Instant(7));
        assert_eq!((map.get(Instant(1), &"b"), map.len()), (None, 2));
        map.put(Instant(20), "d", 4, Instant(30));
        assert_eq!(map.len(), 1, "a and c are over");
    }

    #[test]
    fn a_key_is_remembered_once_and_for_as_long_as_was_said_last() {
        let mut map = ExpiringMap::new(2);
        map.put(Instant(0), "a", 1, Instant(10));
        map.put(Instant(0), "a", 2, Instant(3));
        assert_eq!((map.get(Instant(2), &"a"), map.get(Instant(3), &"a")), (Some(&2), None));
        assert_eq!((map.take(Instant(3), &"a"), map.len()), (None, 0));
    }
}
