//! What a daemon without Redis keeps in a file, for the one that comes after it.

use crate::event::{Event, KeptCall};
use crate::id::CallId;
use crate::live::{LiveCall, Turn};
use crate::store::{Input, Store};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// What a daemon that is killed leaves to the next: what it kept with its turns.
#[derive(Default)]
pub(super) struct Legacy {
    calls: BTreeMap<CallId, LiveCall>,
    store: Store,
    /// The turns that could not be kept yet.
    unkept: Vec<Turn>,
}

impl Legacy {
    /// A turn is kept, with all that could not be before; or cannot be either.
    pub(super) fn take(&mut self, turn: Turn, keeps: bool) {
        self.unkept.push(turn);
        if !keeps {
            return;
        }
        for turn in std::mem::take(&mut self.unkept) {
            for call in turn.over {
                self.calls.remove(&call);
            }
            self.calls.extend(turn.live.into_iter().map(|live| (live.call.clone(), live)));
            for (at, input) in turn.inputs {
                self.store.take(at, &input, &mut Vec::new());
            }
        }
    }

    /// Whether there is something that could not be kept.
    pub(super) fn has_unkept(&self) -> bool {
        self.unkept.iter().any(|turn| !turn.is_empty())
    }

    /// Whoever kept this is dead: what was not kept is lost. Gives the calls of which something was.
    pub(super) fn loses_unkept(&mut self) -> BTreeSet<CallId> {
        let mut lost = BTreeSet::new();
        for turn in std::mem::take(&mut self.unkept) {
            lost.extend(turn.live.into_iter().map(|live| live.call).chain(turn.over));
            lost.extend(turn.inputs.into_iter().filter_map(|(_, input)| match input {
                Input::Ask(id, _) => Some(id.call),
                Input::Forget(call) => Some(call),
                Input::Due => None,
            }));
        }
        lost
    }

    /// The calls that are kept.
    pub(super) fn calls(&self) -> impl Iterator<Item = &CallId> {
        self.calls.keys()
    }

    /// From now on time is told by a clock that says `now`.
    pub(super) fn goes_by(&mut self, now: Instant) {
        self.store.goes_by(now);
    }

    /// A store like the one that is kept, by way of bytes.
    pub(super) fn store(&self) -> Result<Store, String> {
        let bytes = rmp_serde::to_vec_named(&self.store).map_err(|error| error.to_string())?;
        rmp_serde::from_slice(&bytes).map_err(|error| error.to_string())
    }

    /// The news of it that the next daemon gets.
    pub(super) fn event(&self) -> Result<Event, String> {
        let calls = self.calls.values().map(|live| KeptCall::from_bytes(&live.bytes));
        let calls = calls.collect::<Result<_, _>>().map_err(|bad| bad.to_string())?;
        let hotlines = self.calls.values().filter_map(|live| live.hotline.clone()).collect();
        Ok(Event::TakenUp { calls, hotlines })
    }
}
