//! All live calls: which leg belongs to which, and when the next of them wants to be woken.

use super::call::{Call, CallState, Desk, Life};
use crate::command::{Action, Command, NotTaken, Note, StageName};
use crate::event::{Arrival, Cause, Event, LegEvent, LegState, LiveLeg, Order};
use crate::hotline::{Hotline, Hotlines, Version};
use crate::id::{CallId, CommandId, LegId, SwitchId};
use crate::number;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The format of saved calls that this version writes and reads.
pub const SAVED_FORMAT: u16 = 1;

/// What a switchboard may hold and how long the switch waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most calls at a time; a further one is left to the dialplan's fallback.
    pub live_max: usize,
    /// How long after our last word the dialplan's fallback serves a caller who is not in talk.
    pub fallback_after: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self { live_max: 20_000, fallback_after: Millis::seconds(5) }
    }
}

/// All live calls.
#[derive(Debug, Default)]
pub struct Switchboard {
    limits: Limits,
    now: Instant,
    draining: bool,
    hotlines: Arc<Hotlines>,
    /// Versions that are no longer the current one and that live calls still follow.
    editions: BTreeMap<(Arc<str>, Version), Arc<Hotline>>,
    calls: BTreeMap<CallId, Call>,
    legs: BTreeMap<LegId, CallId>,
    deadlines: BTreeSet<(Instant, CallId)>,
}

/// A call as it is kept outside the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedCall {
    /// See [`SAVED_FORMAT`].
    format: u16,
    call: CallId,
    state: CallState,
}

/// Why a saved call cannot be taken up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It was written by a newer version of this program.
    #[error("call {call} was saved in format {format}, and this version knows up to {SAVED_FORMAT}")]
    Format {
        /// The call.
        call: CallId,
        /// Its format.
        format: u16,
    },
    /// The hotline it started with is not known any more.
    #[error("call {call} follows version {version} of hotline {number}, which is not here")]
    Hotline {
        /// The call.
        call: CallId,
        /// The hotline.
        number: Arc<str>,
        /// The version.
        version: Version,
    },
}

impl Switchboard {
    /// An empty switchboard without any hotline.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes in what happened and tells what to do about it.
    ///
    /// `now` never goes back for a call: an earlier instant than the last one is taken for the last one.
    pub fn handle(&mut self, now: Instant, event: &Event, out: &mut Vec<Command>) {
        self.now = self.now.max(now);
        match event {
            Event::Arrived(arrival) => self.arrived(arrival, out),
            Event::Leg { leg, what: LegEvent::Renamed { from } } => self.renamed(from, leg),
            Event::Leg { leg, what } => {
                let Some(id) = self.legs.get(leg).cloned() else { return };
                self.with(&id, out, |call, desk| call.on_leg(leg, what, desk));
            }
            Event::Done { command, result } => {
                self.with(&command.call, out, |call, desk| call.on_done(command.number, result, desk));
            }
            Event::Claimed { command } => self.claimed(command, true, out),
            Event::Refused { command } => self.claimed(command, false, out),
            Event::LinkLost { switch } => self.link_lost(switch, out),
            Event::LinkRestored { switch, legs } => self.link_restored(switch, legs, out),
            Event::Due => self.due(out),
            Event::Hotlines(hotlines) => self.change_hotlines(hotlines),
            Event::Operator(Order::Drain) => self.draining = true,
            Event::Operator(Order::HandOver) => self.hand_over(out),
        }
    }

    /// When [`Event::Due`] is wanted next.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// How many calls are live.
    pub fn live(&self) -> usize {
        self.calls.len()
    }

    /// The live calls and their stages, in the order of their names.
    pub fn stages(&self) -> impl Iterator<Item = (&CallId, StageName)> {
        self.calls.iter().map(|(id, call)| (id, call.stage()))
    }

    /// A live call as plain data.
    pub fn save(&self, call: &CallId) -> Option<SavedCall> {
        let state = self.calls.get(call)?.save();
        Some(SavedCall { format: SAVED_FORMAT, call: call.clone(), state })
    }

    /// Takes a saved call up again, in place of the one of that name if there is one.
    pub fn load(&mut self, saved: SavedCall) -> Result<(), LoadError> {
        let SavedCall { format, call: id, state } = saved;
        if format != SAVED_FORMAT {
            return Err(LoadError::Format { call: id, format });
        }
        let hotline = match &state.hotline {
            None => None,
            Some((number, version)) => Some(self.edition(number, *version).ok_or_else(|| {
                LoadError::Hotline { call: id.clone(), number: number.clone(), version: *version }
            })?),
        };
        self.forget(&id);
        let call = Call::load(state, hotline);
        for leg in call.legs() {
            self.legs.insert(leg.clone(), id.clone());
        }
        self.deadlines.extend(call.deadline().map(|at| (at, id.clone())));
        self.calls.insert(id, call);
        Ok(())
    }

    fn edition(&self, number: &Arc<str>, version: Version) -> Option<Arc<Hotline>> {
        let current = self.hotlines.get(number).filter(|hotline| hotline.version == version);
        current.or_else(|| self.editions.get(&(number.clone(), version))).cloned()
    }

    /// Lets a live call take an event, and keeps the tables about it right.
    fn with(&mut self, id: &CallId, out: &mut Vec<Command>, turn: impl FnOnce(&mut Call, &mut Desk) -> Life) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let before = call.deadline();
        let newest_before = call.newest_leg().cloned();
        let mut desk = Desk { now: self.now, fallback_after: self.limits.fallback_after, out };
        if let Life::Over = turn(call, &mut desk) {
            self.drop_call(id, before);
            return;
        }
        if let Some(leg) = call.newest_leg().filter(|leg| Some(*leg) != newest_before.as_ref()) {
            self.legs.insert(leg.clone(), id.clone());
        }
        let after = call.deadline();
        if after != before {
            if let Some(at) = before {
                self.deadlines.remove(&(at, id.clone()));
            }
            self.deadlines.extend(after.map(|at| (at, id.clone())));
        }
    }

    fn forget(&mut self, id: &CallId) {
        let deadline = self.calls.get(id).and_then(Call::deadline);
        self.drop_call(id, deadline);
    }

    fn drop_call(&mut self, id: &CallId, deadline: Option<Instant>) {
        if let Some(at) = deadline {
            self.deadlines.remove(&(at, id.clone()));
        }
        if let Some(call) = self.calls.remove(id) {
            for leg in call.legs() {
                self.legs.remove(leg);
            }
        }
    }

    fn arrived(&mut self, arrival: &Arrival, out: &mut Vec<Command>) {
        if self.legs.contains_key(&arrival.leg) {
            return;
        }
        let id = CallId(arrival.leg.clone());
        let why = match (self.draining, self.calls.len() >= self.limits.live_max) {
            (true, _) => Some(NotTaken::Draining),
            (false, true) => Some(NotTaken::Full),
            (false, false) => None,
        };
        if let Some(why) = why {
            out.push(Command::Note { call: id, note: Note::NotTaken { why } });
            return;
        }
        let hotline = number::hotline(&arrival.dialled).and_then(|number| self.hotlines.get(number)).cloned();
        let mut desk = Desk { now: self.now, fallback_after: self.limits.fallback_after, out };
        let call = Call::take(arrival, hotline, &mut desk);
        for leg in call.legs() {
            self.legs.insert(leg.clone(), id.clone());
        }
        self.deadlines.extend(call.deadline().map(|at| (at, id.clone())));
        self.calls.insert(id, call);
    }

    fn claimed(&mut self, command: &CommandId, granted: bool, out: &mut Vec<Command>) {
        self.with(&command.call, out, |call, desk| call.on_claim(command.number, granted, desk));
    }

    fn renamed(&mut self, from: &LegId, to: &LegId) {
        if self.legs.contains_key(to) {
            return;
        }
        let Some(id) = self.legs.remove(from) else { return };
        if let Some(call) = self.calls.get_mut(&id) {
            call.rename(from, to);
        }
        self.legs.insert(to.clone(), id);
    }

    fn on_switch(&self, switch: &SwitchId) -> Vec<CallId> {
        self.calls.iter().filter(|(_, call)| call.switch() == switch).map(|(id, _)| id.clone()).collect()
    }

    fn link_lost(&mut self, switch: &SwitchId, out: &mut Vec<Command>) {
        for id in self.on_switch(switch) {
            self.with(&id, out, |call, _| {
                call.link_lost();
                Life::On
            });
        }
    }

    fn link_restored(&mut self, switch: &SwitchId, live: &[LiveLeg], out: &mut Vec<Command>) {
        let by_leg: BTreeMap<&LegId, &LiveLeg> = live.iter().map(|live| (&live.leg, live)).collect();
        for id in self.on_switch(switch) {
            let find = |leg: &LegId| by_leg.get(leg).map(|live| (*live).clone());
            self.with(&id, out, |call, desk| call.relink(&find, desk));
        }
        for live in live.iter().filter(|live| !self.legs.contains_key(&live.leg)).cloned().collect::<Vec<_>>()
        {
            match live.arrival {
                Some(arrival) => self.arrived(&arrival, out),
                None if live.of.is_some() && live.state != LegState::Bridged => {
                    orphan(switch, &live.leg, out)
                }
                None => {}
            }
        }
    }

    fn due(&mut self, out: &mut Vec<Command>) {
        let due: Vec<CallId> =
            self.deadlines.iter().take_while(|(at, _)| *at <= self.now).map(|(_, id)| id.clone()).collect();
        for id in due {
            self.with(&id, out, |call, desk| call.on_due(desk));
        }
    }

    fn change_hotlines(&mut self, hotlines: &Arc<Hotlines>) {
        let old = std::mem::replace(&mut self.hotlines, hotlines.clone());
        let followed: BTreeSet<(Arc<str>, Version)> = self
            .calls
            .values()
            .filter_map(|call| call.hotline.as_ref())
            .map(|hotline| (hotline.number.clone(), hotline.version))
            .collect();
        for hotline in old.iter() {
            self.editions.insert((hotline.number.clone(), hotline.version), hotline.clone());
        }
        self.editions.retain(|edition, _| followed.contains(edition));
    }

    fn hand_over(&mut self, out: &mut Vec<Command>) {
        self.draining = true;
        for id in self.calls.keys().cloned().collect::<Vec<_>>() {
            self.with(&id, out, |call, desk| {
                call.hand_over(desk);
                Life::Over
            });
        }
    }
}

/// An agent's leg of a call that nobody knows any more, left ringing or waiting by a daemon that died.
fn orphan(switch: &SwitchId, leg: &LegId, out: &mut Vec<Command>) {
    let id = CommandId { call: CallId(leg.clone()), number: 1 };
    let action = Action::HangUp { leg: leg.clone(), cause: Cause::Cancelled };
    out.push(Command::Switch { switch: switch.clone(), id, action });
}
