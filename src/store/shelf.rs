//! Named things in numbered places: a name is looked up once, its place is at hand from then on.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Where something stands. A place is good for as long as what stands in it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u32);

impl Place {
    /// There is something in it as soon as there is anything.
    pub(super) const FIRST: Self = Self(0);
}

/// How many things are looked at for one to be put away, whenever a new one comes.
const LOOKS: usize = 2;

/// The names are an operator's own, so nobody outside can choose them to collide. The table is looked up and
/// never walked in its hash's order.
#[derive(Debug)]
pub(super) struct Shelf<N, T> {
    places: Vec<(N, T)>,
    by_name: HashMap<N, Place, BuildHasherDefault<Fnv>>,
    hand: usize,
    most: usize,
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

/// FNV-1a, 64 bits: names are short.
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
