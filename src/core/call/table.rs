//! Where live calls stand: each in a place of its own, found by any of its legs.
//!
//! A call is looked up for every event of the switch, so this is the one table in the core that is hashed and
//! not ordered. Nothing ever walks it in the hash's order: whoever wants all calls gets them by their names.

use super::call::Call;
use crate::id::{CallId, LegId};
use crate::time::Instant;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// A call's place. Places of calls that ended are used again, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u32);

/// All live calls.
#[derive(Debug, Default)]
pub(super) struct Table {
    calls: Vec<Option<Standing>>,
    free: Vec<Place>,
    legs: HashMap<LegId, Place, BuildHasherDefault<Fold>>,
    /// When to look at which call, earliest first. An alarm may be out of date: it counts only while its call still
    /// has it as its own.
    alarms: BinaryHeap<Reverse<(Instant, Place)>>,
    /// The places in which something changed since that was last asked, each once.
    changed: Vec<Place>,
    /// Which places stand in `changed`.
    is_changed: Vec<bool>,
    /// The calls that ended since then and had been told of before.
    over: Vec<CallId>,
}

/// What became of a live call.
pub(super) enum Change<'t> {
    Live(&'t CallId, &'t Call),
    Over(CallId),
}

/// A call and what the tables say of it.
#[derive(Debug)]
struct Standing {
    id: CallId,
    call: Call,
    /// The earliest alarm set for it: never later than its deadline.
    alarm: Option<Instant>,
    /// How many of its legs are in the table.
    legs: usize,
    /// Whether somebody who keeps calls was told of it.
    told: bool,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.calls.len() - self.free.len()
    }

    /// The call that has this leg, or had it under this name.
    pub(super) fn of_leg(&self, leg: &LegId) -> Option<Place> {
        self.legs.get(leg).copied()
    }

    /// The call of this name.
    pub(super) fn of_call(&self, id: &CallId) -> Option<Place> {
        // A call is named by the leg it arrived under, and that name stays in the table.
        self.of_leg(&id.0).filter(|place| self.standing(*place).is_some_and(|standing| standing.id == *id))
    }

    fn standing(&self, place: Place) -> Option<&Standing> {
        self.calls.get(place.0 as usize)?.as_ref()
    }

    pub(super) fn get(&self, place: Place) -> Option<&Call> {
        self.standing(place).map(|standing| &standing.call)
    }

    /// The call, to be changed; what changed about it is entered by [`settle`](Self::settle).
    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Call> {
        self.calls.get_mut(place.0 as usize)?.as_mut().map(|standing| &mut standing.call)
    }

    pub(super) fn insert(&mut self, id: CallId, call: Call) {
        let standing = Some(Standing { id: id.clone(), call, alarm: None, legs: 0, told: false });
        let place = match self.free.pop() {
            Some(place) => {
                self.calls[place.0 as usize] = standing;
                place
            }
            None => {
                self.calls.push(standing);
                self.is_changed.push(false);
                Place(u32::try_from(self.calls.len() - 1).unwrap_or(u32::MAX))
            }
        };
        self.legs.insert(id.0, place);
        self.settle(place);
    }

    /// Enters what changed about a call: legs it has got, its next deadline.
    pub(super) fn settle(&mut self, place: Place) {
        let Some(Some(standing)) = self.calls.get_mut(place.0 as usize) else { return };
        if let Some(is_changed @ false) = self.is_changed.get_mut(place.0 as usize) {
            *is_changed = true;
            self.changed.push(place);
        }
        let count = standing.call.legs().count();
        if count != standing.legs {
            standing.legs = count;
            self.legs.extend(standing.call.legs().map(|leg| (leg.clone(), place)));
        }
        // An alarm that comes too early is cheaper than moving it each time a deadline is put off.
        let Some(deadline) = standing.call.deadline() else { return };
        if standing.alarm.is_none_or(|alarm| deadline < alarm) {
            standing.alarm = Some(deadline);
            self.alarms.push(Reverse((deadline, place)));
        }
    }

    pub(super) fn remove(&mut self, place: Place) {
        let Some(standing) = self.calls.get_mut(place.0 as usize).and_then(Option::take) else { return };
        self.free.push(place);
        if standing.told {
            self.over.push(standing.id.clone());
        }
        for leg in standing.call.legs().chain([&standing.id.0]) {
            self.legs.remove(leg);
        }
    }

    /// A leg of a call has another name from now on.
    pub(super) fn rename(&mut self, from: &LegId, to: &LegId) {
        let Some(place) = self.of_leg(from).filter(|_| !self.legs.contains_key(to)) else { return };
        let Some(Some(standing)) = self.calls.get_mut(place.0 as usize) else { return };
        standing.call.rename(from, to);
        self.legs.insert(to.clone(), place);
        if standing.id.0 != *from {
            self.legs.remove(from);
        }
    }

    /// Tells what became of calls since this was asked last: each that ended once, then each that changed once.
    pub(super) fn changes(&mut self, mut tell: impl FnMut(Change)) {
        self.over.drain(..).for_each(|id| tell(Change::Over(id)));
        for place in self.changed.drain(..) {
            // Told already, or known to be as it was.
            if !std::mem::take(&mut self.is_changed[place.0 as usize]) {
                continue;
            }
            if let Some(Some(standing)) = self.calls.get_mut(place.0 as usize) {
                standing.told = true;
                tell(Change::Live(&standing.id, &standing.call));
            }
        }
    }

    /// Whoever keeps calls may have lost this one.
    pub(super) fn tell(&mut self, place: Place) {
        let is_there = self.standing(place).is_some();
        if let Some(is_changed @ false) = self.is_changed.get_mut(place.0 as usize).filter(|_| is_there) {
            *is_changed = true;
            self.changed.push(place);
        }
    }

    /// This call is known already to whoever keeps calls, as it is now.
    pub(super) fn is_told(&mut self, place: Place) {
        if let Some(Some(standing)) = self.calls.get_mut(place.0 as usize) {
            standing.told = true;
            self.is_changed[place.0 as usize] = false;
        }
    }

    /// When a call may be due next.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.alarms.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out the calls whose alarms have rung, that of the earliest deadline first, of two the one whose name is
    /// before; each is to be settled again.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Place> {
        let mut due = Vec::new();
        while let Some(Reverse((at, place))) =
            self.alarms.peek().copied().filter(|Reverse((at, _))| *at <= now)
        {
            self.alarms.pop();
            let standing = self.calls.get_mut(place.0 as usize).and_then(Option::as_mut);
            if let Some(standing) = standing.filter(|standing| standing.alarm == Some(at)) {
                standing.alarm = None;
                due.push(place);
            }
        }
        // Alarms are no deadlines: which of them ring early depends on what the calls once waited for.
        due.sort_by_cached_key(|place| self.standing(*place).map(|it| (it.call.deadline(), it.id.clone())));
        due
    }

    /// All calls, in the order of their names.
    pub(super) fn by_name(&self) -> Vec<(&CallId, Place)> {
        let places = (0..).map(Place).zip(&self.calls);
        let mut all: Vec<_> = places.filter_map(|(place, s)| Some((&s.as_ref()?.id, place))).collect();
        all.sort_unstable();
        all
    }
}

/// Folds a name into a hash. The names of legs are random already, or short.
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

    fn write_u64(&mut self, word: u64) {
        // The golden ratio spreads what differs in few bits over all of them.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
