//! Named things in numbered places: a name is looked up once, its place is at hand from then on.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Where something stands. A place is good for as long as what stands in it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place(u32);

impl Place {
    /// There is something in it as soon as there is anything.
    pub(super) const FIRST: Self = Self(0);
}

/// How many things are looked at for one to be put away, whenever a new one comes.
const LOOKS: usize = 2;

/// The names are an operator's own, so nobody outside can choose them to collide. The table is looked up and
/// never walked in its hash's order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    from = "Saved<N, T>",
    bound(deserialize = "N: Clone + Eq + Hash + DeserializeOwned, T: DeserializeOwned")
)]
pub(super) struct Shelf<N, T> {
    places: Vec<(N, T)>,
    #[serde(skip_serializing)]
    by_name: HashMap<N, Place, BuildHasherDefault<Fold>>,
    hand: usize,
    most: usize,
}

/// A shelf without what follows from the rest.
#[derive(Deserialize)]
struct Saved<N, T> {
    places: Vec<(N, T)>,
    hand: usize,
    most: usize,
}

impl<N: Clone + Eq + Hash, T> From<Saved<N, T>> for Shelf<N, T> {
    fn from(Saved { places, hand, most }: Saved<N, T>) -> Self {
        let by_name = (0..).map(Place).zip(&places).map(|(place, (name, _))| (name.clone(), place)).collect();
        Self { places, by_name, hand, most }
    }
}

impl<N: Clone + Eq + Hash, T: Default> Shelf<N, T> {
    pub(super) fn new(most: usize) -> Self {
        Self { places: Vec::new(), by_name: HashMap::default(), hand: 0, most }
    }

    /// The place of the thing of this name, which may be new. A new one takes the place of one that is `stale`
    /// if it comes upon one; where there is neither such a one nor room, there is no place.
    pub(super) fn place(&mut self, name: &N, stale: impl Fn(&T) -> bool) -> Option<Place> {
        if let Some(place) = self.by_name.get(name) {
            return Some(*place);
        }
        let place = self.put_away(stale).or_else(|| self.further())?;
        let fresh = (name.clone(), T::default());
        match self.places.get_mut(place.0 as usize) {
            Some(standing) => {
                let old = std::mem::replace(standing, fresh);
                self.by_name.remove(&old.0);
            }
            None => self.places.push(fresh),
        }
        self.by_name.insert(name.clone(), place);
        Some(place)
    }

    fn put_away(&mut self, stale: impl Fn(&T) -> bool) -> Option<Place> {
        for _ in 0..LOOKS.min(self.places.len()) {
            self.hand = (self.hand + 1) % self.places.len();
            if stale(&self.places[self.hand].1) {
                return u32::try_from(self.hand).ok().map(Place);
            }
        }
        None
    }

    fn further(&self) -> Option<Place> {
        let next = self.places.len();
        (next < self.most).then(|| u32::try_from(next).ok().map(Place)).flatten()
    }

    /// What stands in this place, if there is such a place.
    pub(super) fn name_at(&self, place: Place) -> Option<&N> {
        self.places.get(place.0 as usize).map(|(name, _)| name)
    }

    pub(super) fn name(&self, place: Place) -> &N {
        &self.places[place.0 as usize].0
    }

    pub(super) fn at(&self, place: Place) -> &T {
        &self.places[place.0 as usize].1
    }

    pub(super) fn at_mut(&mut self, place: Place) -> &mut T {
        &mut self.places[place.0 as usize].1
    }
}

/// Folds a name into a hash, eight bytes at a time: multiplied with a constant whose bits are as good as chance,
/// and the upper half of the product laid over the lower, so that names which differ in one digit differ in all
/// bits.
#[derive(Default)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
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
            let mut fold = Fold::default();
            format!("1390000{number:04}").hash(&mut fold);
            fold.finish()
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
        let mut shelf: Shelf<&str, bool> = Shelf::new(2);
        let stale = |used: &bool| !used;
        let a = shelf.place(&"a", stale).unwrap();
        *shelf.at_mut(a) = true;
        let b = shelf.place(&"b", stale).unwrap();
        *shelf.at_mut(b) = true;
        assert_eq!(shelf.place(&"c", stale), None, "both are in use");
        assert_eq!(shelf.place(&"a", stale), Some(a));
        *shelf.at_mut(a) = false;
        assert_eq!(shelf.place(&"c", stale), Some(a));
        assert_eq!((*shelf.name(a), *shelf.at(a)), ("c", false));
        assert_eq!(shelf.place(&"b", stale), Some(b));
    }
}
