//! A table of named entries in numbered slots: a name is looked up once, and the slot index is used from then on.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The index of a slot. An index is valid for as long as the entry in the slot is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct SlotIx(u32);

impl SlotIx {
    /// The first slot: it has an entry as soon as any slot has one.
    pub(super) const FIRST: Self = Self(0);
}

/// How many slots are checked for a stale entry whenever a new name needs a slot.
const CHECKS_PER_NEW_NAME: usize = 2;

/// Entries by name and by slot. The names come from the operator, so no caller can choose names that collide. The hash
/// table is only looked up and never iterated, because its order is not the same in every run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    from = "StoredSlots<N, T>",
    bound(deserialize = "N: Clone + Eq + Hash + DeserializeOwned, T: DeserializeOwned")
)]
pub(super) struct SlotTable<N, T> {
    places: Vec<(N, T)>,
    #[serde(skip_serializing)]
    by_name: HashMap<N, SlotIx, BuildHasherDefault<NameHasher>>,
    #[serde(rename = "hand")]
    next_to_check: usize,
    #[serde(rename = "most")]
    capacity: usize,
}

/// The stored form: without the hash table, which follows from the slots.
#[derive(Deserialize)]
struct StoredSlots<N, T> {
    places: Vec<(N, T)>,
    #[serde(rename = "hand")]
    next_to_check: usize,
    #[serde(rename = "most")]
    capacity: usize,
}

impl<N: Clone + Eq + Hash, T> From<StoredSlots<N, T>> for SlotTable<N, T> {
    fn from(StoredSlots { places, next_to_check, capacity }: StoredSlots<N, T>) -> Self {
        let by_name = (0..).map(SlotIx).zip(&places).map(|(slot, (name, _))| (name.clone(), slot)).collect();
        Self { places, by_name, next_to_check, capacity }
    }
}

impl<N: Clone + Eq + Hash, T: Default> SlotTable<N, T> {
    /// An empty table of at most this many slots.
    pub(super) fn new(capacity: usize) -> Self {
        Self { places: Vec::new(), by_name: HashMap::default(), next_to_check: 0, capacity }
    }

    /// The slot of this name. A new name takes the slot of a `stale` entry, if one is found, or else a new slot.
    /// `None` if there is neither a stale entry nor room for a new slot.
    pub(super) fn slot(&mut self, name: &N, stale: impl Fn(&T) -> bool) -> Option<SlotIx> {
        if let Some(slot) = self.by_name.get(name) {
            return Some(*slot);
        }
        let slot = self.reuse_stale(stale).or_else(|| self.new_slot())?;
        let fresh = (name.clone(), T::default());
        match self.places.get_mut(slot.0 as usize) {
            Some(entry) => {
                let old = std::mem::replace(entry, fresh);
                self.by_name.remove(&old.0);
            }
            None => self.places.push(fresh),
        }
        self.by_name.insert(name.clone(), slot);
        Some(slot)
    }

    fn reuse_stale(&mut self, stale: impl Fn(&T) -> bool) -> Option<SlotIx> {
        for _ in 0..CHECKS_PER_NEW_NAME.min(self.places.len()) {
            self.next_to_check = (self.next_to_check + 1) % self.places.len();
            if stale(&self.places[self.next_to_check].1) {
                return u32::try_from(self.next_to_check).ok().map(SlotIx);
            }
        }
        None
    }

    fn new_slot(&self) -> Option<SlotIx> {
        let next = self.places.len();
        (next < self.capacity).then(|| u32::try_from(next).ok().map(SlotIx)).flatten()
    }

    /// The name of the entry in this slot. `None` if there is no such slot.
    pub(super) fn name_at(&self, slot: SlotIx) -> Option<&N> {
        self.places.get(slot.0 as usize).map(|(name, _)| name)
    }

    /// The name of the entry in this slot.
    pub(super) fn name(&self, slot: SlotIx) -> &N {
        &self.places[slot.0 as usize].0
    }

    /// The entry in this slot.
    pub(super) fn at(&self, slot: SlotIx) -> &T {
        &self.places[slot.0 as usize].1
    }

    /// The entry in this slot, to change.
    pub(super) fn at_mut(&mut self, slot: SlotIx) -> &mut T {
        &mut self.places[slot.0 as usize].1
    }
}

/// Hashes a name, eight bytes at a time: each word is multiplied by a constant with well-mixed bits, and the upper half
/// of the product is combined with the lower half by exclusive or. So the hashes of names that differ in one digit
/// differ in all bits.
#[derive(Default)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        // The golden ratio.
        let product = u128::from(self.0.wrapping_add(1) ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_spread_over_the_table() {
        let hash = |number: u32| {
            let mut hasher = NameHasher::default();
            format!("1390000{number:04}").hash(&mut hasher);
            hasher.finish()
        };
        // The table takes the lowest bits for the place and the highest to tell neighbours apart.
        for part in [|hash: u64| hash & 0x3ff, |hash: u64| hash >> 54] {
            let mut places = vec![0; 1_024];
            (0..10_000).for_each(|number| places[part(hash(number)) as usize] += 1);
            // By chance, nine or ten are in each, and a place with thirty is one in a million.
            assert!(places.iter().all(|count| *count < 30), "{:?}", places.iter().max());
        }
    }

    #[test]
    fn what_is_stale_makes_room_and_nothing_else_does() {
        let mut table: SlotTable<&str, bool> = SlotTable::new(2);
        let stale = |used: &bool| !used;
        let a = table.slot(&"a", stale).unwrap();
        *table.at_mut(a) = true;
        let b = table.slot(&"b", stale).unwrap();
        *table.at_mut(b) = true;
        assert_eq!(table.slot(&"c", stale), None, "both are in use");
        assert_eq!(table.slot(&"a", stale), Some(a));
        *table.at_mut(a) = false;
        assert_eq!(table.slot(&"c", stale), Some(a));
        assert_eq!((*table.name(a), *table.at(a)), ("c", false));
        assert_eq!(table.slot(&"b", stale), Some(b));
    }
}
