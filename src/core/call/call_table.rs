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
pub(super) struct CallSlot(u32);

/// All live calls.
#[derive(Debug, Default)]
pub(super) struct CallTable {
    calls: Vec<Option<CallEntry>>,
    free: Vec<CallSlot>,
    legs: HashMap<LegId, CallSlot, BuildHasherDefault<FoldHasher>>,
    /// When to look at which call, earliest first. An alarm may be out of date: it counts only while its call still
    /// has it as its own.
    wakeups: BinaryHeap<Reverse<(Instant, CallSlot)>>,
    /// The places in which something changed since that was last asked, each once.
    changed: Vec<CallSlot>,
    /// Which places stand in `changed`.
    is_changed: Vec<bool>,
    /// The calls that ended since then and had been told of before.
    ended: Vec<CallId>,
}

/// What became of a live call.
pub(super) enum Change<'t> {
    Live(&'t CallId, &'t Call),
    Ended(CallId),
}

/// A call and what the tables say of it.
#[derive(Debug)]
struct CallEntry {
    id: CallId,
    call: Call,
    /// The earliest alarm set for it: never later than its deadline.
    wakeup: Option<Instant>,
    /// How many of its legs are in the table.
    legs: usize,
    /// Whether somebody who keeps calls was told of it.
    is_reported: bool,
}

impl CallTable {
    pub(super) fn len(&self) -> usize {
        self.calls.len() - self.free.len()
    }

    /// The call that has this leg, or had it under this name.
    pub(super) fn find_by_leg(&self, leg: &LegId) -> Option<CallSlot> {
        self.legs.get(leg).copied()
    }

    /// The call of this name.
    pub(super) fn find_call(&self, id: &CallId) -> Option<CallSlot> {
        // A call is named by the leg it arrived under, and that name stays in the table.
        self.find_by_leg(&id.0).filter(|slot| self.entry(*slot).is_some_and(|entry| entry.id == *id))
    }

    fn entry(&self, slot: CallSlot) -> Option<&CallEntry> {
        self.calls.get(slot.0 as usize)?.as_ref()
    }

    pub(super) fn get(&self, slot: CallSlot) -> Option<&Call> {
        self.entry(slot).map(|entry| &entry.call)
    }

    /// The call, to be changed; what changed about it is entered by [`settle`](Self::settle).
    pub(super) fn get_mut(&mut self, slot: CallSlot) -> Option<&mut Call> {
        self.calls.get_mut(slot.0 as usize)?.as_mut().map(|entry| &mut entry.call)
    }

    pub(super) fn insert(&mut self, id: CallId, call: Call) {
        let entry = Some(CallEntry { id: id.clone(), call, wakeup: None, legs: 0, is_reported: false });
        let slot = match self.free.pop() {
            Some(slot) => {
                self.calls[slot.0 as usize] = entry;
                slot
            }
            None => {
                self.calls.push(entry);
                self.is_changed.push(false);
                CallSlot(u32::try_from(self.calls.len() - 1).unwrap_or(u32::MAX))
            }
        };
        self.legs.insert(id.0, slot);
        self.update_index(slot);
    }

    /// Enters what changed about a call: legs it has got, its next deadline.
    pub(super) fn update_index(&mut self, slot: CallSlot) {
        let Some(Some(entry)) = self.calls.get_mut(slot.0 as usize) else { return };
        if let Some(is_changed @ false) = self.is_changed.get_mut(slot.0 as usize) {
            *is_changed = true;
            self.changed.push(slot);
        }
        let count = entry.call.legs().count();
        if count != entry.legs {
            entry.legs = count;
            self.legs.extend(entry.call.legs().map(|leg| (leg.clone(), slot)));
        }
        // An alarm that comes too early is cheaper than moving it each time a deadline is put off.
        let Some(deadline) = entry.call.deadline() else { return };
        if entry.wakeup.is_none_or(|wakeup| deadline < wakeup) {
            entry.wakeup = Some(deadline);
            self.wakeups.push(Reverse((deadline, slot)));
        }
    }

    pub(super) fn remove(&mut self, slot: CallSlot) {
        let Some(entry) = self.calls.get_mut(slot.0 as usize).and_then(Option::take) else { return };
        self.free.push(slot);
        if entry.is_reported {
            self.ended.push(entry.id.clone());
        }
        for leg in entry.call.legs().chain([&entry.id.0]) {
            self.legs.remove(leg);
        }
    }

    /// A leg of a call has another name from now on.
    pub(super) fn rename(&mut self, from: &LegId, to: &LegId) {
        let Some(slot) = self.find_by_leg(from).filter(|_| !self.legs.contains_key(to)) else { return };
        let Some(Some(entry)) = self.calls.get_mut(slot.0 as usize) else { return };
        entry.call.rename(from, to);
        self.legs.insert(to.clone(), slot);
        if entry.id.0 != *from {
            self.legs.remove(from);
        }
    }

    /// Tells what became of calls since this was asked last: each that ended once, then each that changed once.
    pub(super) fn changes(&mut self, mut report: impl FnMut(Change)) {
        self.ended.drain(..).for_each(|id| report(Change::Ended(id)));
        for slot in self.changed.drain(..) {
            // Told already, or known to be as it was.
            if !std::mem::take(&mut self.is_changed[slot.0 as usize]) {
                continue;
            }
            if let Some(Some(entry)) = self.calls.get_mut(slot.0 as usize) {
                entry.is_reported = true;
                report(Change::Live(&entry.id, &entry.call));
            }
        }
    }

    /// Whoever keeps calls may have lost this one.
    pub(super) fn mark_changed(&mut self, slot: CallSlot) {
        let is_there = self.entry(slot).is_some();
        if let Some(is_changed @ false) = self.is_changed.get_mut(slot.0 as usize).filter(|_| is_there) {
            *is_changed = true;
            self.changed.push(slot);
        }
    }

    /// This call is known already to whoever keeps calls, as it is now.
    pub(super) fn mark_reported(&mut self, slot: CallSlot) {
        if let Some(Some(entry)) = self.calls.get_mut(slot.0 as usize) {
            entry.is_reported = true;
            self.is_changed[slot.0 as usize] = false;
        }
    }

    /// When a call may be due next.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.wakeups.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out the calls whose alarms have rung, that of the earliest deadline first, of two the one whose name is
    /// before; each is to be settled again.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<CallSlot> {
        let mut due = Vec::new();
        while let Some(Reverse((at, slot))) =
            self.wakeups.peek().copied().filter(|Reverse((at, _))| *at <= now)
        {
            self.wakeups.pop();
            let entry = self.calls.get_mut(slot.0 as usize).and_then(Option::as_mut);
            if let Some(entry) = entry.filter(|entry| entry.wakeup == Some(at)) {
                entry.wakeup = None;
                due.push(slot);
            }
        }
        // Alarms are no deadlines: which of them ring early depends on what the calls once waited for.
        due.sort_by_cached_key(|slot| self.entry(*slot).map(|it| (it.call.deadline(), it.id.clone())));
        due
    }

    /// All calls, in the order of their names.
    pub(super) fn by_name(&self) -> Vec<(&CallId, CallSlot)> {
        let slots = (0..).map(CallSlot).zip(&self.calls);
        let mut all: Vec<_> = slots.filter_map(|(slot, s)| Some((&s.as_ref()?.id, slot))).collect();
        all.sort_unstable();
        all
    }
}

/// Folds a name into a hash. The names of legs are random already, or short.
#[derive(Default)]
pub(super) struct FoldHasher(u64);

impl Hasher for FoldHasher {
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
