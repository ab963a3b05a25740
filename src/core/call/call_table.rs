//! The table of live calls: each call in a slot of its own, found by any of its legs.
//!
//! Every event of a switch looks a call up, so this table is hashed, as the only one in the call core. Nothing walks
//! it in the order of the hashes: a walk over all calls goes by their ids.

use super::call::Call;
use crate::id::{CallId, LegId};
use crate::time::Instant;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// The slot of a call. Slots of ended calls are used again, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CallSlot(u32);

/// All live calls.
#[derive(Debug, Default)]
pub(super) struct CallTable {
    calls: Vec<Option<CallEntry>>,
    free: Vec<CallSlot>,
    legs: HashMap<LegId, CallSlot, BuildHasherDefault<FoldHasher>>,
    /// When to look at which call, earliest first. A wake-up may be out of date: it counts only while its call names
    /// it as its own.
    wakeups: BinaryHeap<Reverse<(Instant, CallSlot)>>,
    /// The slots that changed since the last report, each once.
    changed: Vec<CallSlot>,
    /// For each slot, whether it is in `changed`.
    is_changed: Vec<bool>,
    /// The calls that ended since the last report and had been reported before.
    ended: Vec<CallId>,
}

/// A change of a live call.
pub(super) enum Change<'t> {
    Live(&'t CallId, &'t Call),
    Ended(CallId),
}

/// A call and its index data.
#[derive(Debug)]
struct CallEntry {
    id: CallId,
    call: Call,
    /// The earliest wake-up of the call: never later than its deadline.
    wakeup: Option<Instant>,
    /// How many legs of the call are in the table.
    legs: usize,
    /// Whether the call was ever reported.
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

    /// The call with this id.
    pub(super) fn find_call(&self, id: &CallId) -> Option<CallSlot> {
        // A call is named by the leg it arrived with, and that name stays in the table.
        self.find_by_leg(&id.0).filter(|slot| self.entry(*slot).is_some_and(|entry| entry.id == *id))
    }

    fn entry(&self, slot: CallSlot) -> Option<&CallEntry> {
        self.calls.get(slot.0 as usize)?.as_ref()
    }

    pub(super) fn get(&self, slot: CallSlot) -> Option<&Call> {
        self.entry(slot).map(|entry| &entry.call)
    }

    /// The call, to be changed. After the change, [`update_index`](Self::update_index) must run.
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

    /// Updates the index after a change of the call: new legs, the next deadline.
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
        // A wake-up that comes too early is cheaper than a move for every deadline that is postponed.
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

    /// Gives a leg of a call another name.
    pub(super) fn rename(&mut self, from: &LegId, to: &LegId) {
        let Some(slot) = self.find_by_leg(from).filter(|_| !self.legs.contains_key(to)) else { return };
        let Some(Some(entry)) = self.calls.get_mut(slot.0 as usize) else { return };
        entry.call.rename(from, to);
        self.legs.insert(to.clone(), slot);
        if entry.id.0 != *from {
            self.legs.remove(from);
        }
    }

    /// Reports the changes since the last report: first each call that ended, then each call that changed, once each.
    pub(super) fn changes(&mut self, mut report: impl FnMut(Change)) {
        self.ended.drain(..).for_each(|id| report(Change::Ended(id)));
        for slot in self.changed.drain(..) {
            // Marked as reported since.
            if !std::mem::take(&mut self.is_changed[slot.0 as usize]) {
                continue;
            }
            if let Some(Some(entry)) = self.calls.get_mut(slot.0 as usize) {
                entry.is_reported = true;
                report(Change::Live(&entry.id, &entry.call));
            }
        }
    }

    /// Lets the next report contain this call.
    pub(super) fn mark_changed(&mut self, slot: CallSlot) {
        let is_there = self.entry(slot).is_some();
        if let Some(is_changed @ false) = self.is_changed.get_mut(slot.0 as usize).filter(|_| is_there) {
            *is_changed = true;
            self.changed.push(slot);
        }
    }

    /// The call is stored already in its present state: the next report does not contain it.
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

    /// Takes the calls whose wake-ups have come, ordered by deadline and then by id. The index of each must be updated
    /// afterwards.
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
        // Wake-ups are not deadlines: which of them come early depends on what the calls waited for before. So sort by
        // deadline.
        due.sort_by_cached_key(|slot| {
            self.entry(*slot).map(|entry| (entry.call.deadline(), entry.id.clone()))
        });
        due
    }

    /// All calls, in the order of their ids.
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
        // The golden ratio spreads differences in few bits over all bits.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
