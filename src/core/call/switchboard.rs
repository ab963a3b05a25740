//! All live calls: which leg belongs to which, and when the next of them wants to be woken.

use super::admission::ArrivalSource;
use super::call::{Call, CallEnv, CallStatus};
use super::call_table::{CallSlot, CallTable, Change};
use super::snapshot::{LoadError, SAVED_FORMAT, SavedCall};
use crate::command::{Action, Command, NotTaken, Note};
use crate::event::{Arrival, Cause, Event, LegEvent, LegState, LiveLeg, OperatorOrder, RawSavedCall};
use crate::hotline::{Hotline, Hotlines, Version};
use crate::hours::Calendar;
use crate::id::{CallId, CommandId, LegId, SwitchId};
use crate::number::{self, NumberRegions};
use crate::stage_name::StageName;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a switchboard may hold and how long the switch waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most calls at a time; a further one is left to the dialplan's fallback.
    pub live_max: usize,
    /// How long after our last word the dialplan's fallback serves a caller who is not in talk.
    pub fallback_after: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self { live_max: 20_000, fallback_after: Millis::seconds(4) }
    }
}

/// All live calls.
#[derive(Debug, Default)]
pub struct Switchboard {
    limits: Limits,
    now: Instant,
    draining: bool,
    hotlines: Arc<Hotlines>,
    calendar: Arc<Calendar>,
    /// The operator's own table of numbers; without one it is that which is built in.
    number_regions: Option<Arc<NumberRegions>>,
    /// Versions that are no longer the current one and that live calls still follow.
    superseded: BTreeMap<(Arc<str>, Version), Arc<Hotline>>,
    calls: CallTable,
}

impl Switchboard {
    /// An empty switchboard without any hotline.
    pub fn new(limits: Limits) -> Self {
        Self { limits, calendar: Arc::new(Calendar::known()), ..Self::default() }
    }

    /// Takes in what happened and tells what to do about it.
    ///
    /// `now` never goes back for a call: an earlier instant than the last one is taken for the last one.
    pub fn handle(&mut self, now: Instant, event: &Event, out: &mut Vec<Command>) {
        self.now = self.now.max(now);
        match event {
            Event::Arrived(arrival) => self.arrived(arrival, ArrivalSource::NewCall, out),
            Event::Leg { leg, event: LegEvent::Renamed { from } } => self.calls.rename(from, leg),
            Event::Leg { leg, event } => {
                let Some(slot) = self.calls.find_by_leg(leg) else { return };
                self.run(slot, out, |call, env| call.on_leg(leg, event, env));
            }
            Event::Done { command, result } => {
                let Some(slot) = self.calls.find_call(&command.call) else { return };
                self.run(slot, out, |call, env| call.on_done(command.number, result, env));
            }
            Event::Acd { command, reply: answer } => {
                let Some(slot) = self.calls.find_call(&command.call) else { return };
                self.run(slot, out, |call, env| call.on_store(command.number, answer, env));
            }
            Event::Calendar(calendar) => self.calendar = calendar.clone(),
            Event::CallsTakenOver { calls, hotlines } => self.take_over(calls, hotlines, out),
            Event::NumberRegions(number_regions) => self.number_regions = Some(number_regions.clone()),
            Event::LeaseLost { switch } => self.drop_calls_of(switch, out),
            Event::LinkLost { switch } => self.link_lost(switch, out),
            Event::LinkRestored { switch, connection, legs } => {
                self.link_restored(switch, *connection, legs, out);
            }
            Event::Due => self.due(out),
            Event::Hotlines(hotlines) => self.replace_hotlines(hotlines),
            Event::Operator(OperatorOrder::Drain) => self.draining = true,
            Event::Operator(OperatorOrder::HandOver) => self.hand_over(out),
        }
    }

    /// When [`Event::Due`] is wanted next; it may turn out that nothing is due then.
    pub fn deadline(&self) -> Option<Instant> {
        self.calls.earliest()
    }

    /// How many calls are live.
    pub fn live_count(&self) -> usize {
        self.calls.len()
    }

    /// The live calls and their stages, in the order of their names.
    pub fn stages(&self) -> impl Iterator<Item = (&CallId, StageName)> {
        self.calls.by_name().into_iter().filter_map(|(id, slot)| Some((id, self.calls.get(slot)?.stage())))
    }

    /// A live call as plain data.
    pub fn save(&self, call: &CallId) -> Option<SavedCall> {
        let state = self.calls.get(self.calls.find_call(call)?)?.save();
        Some(SavedCall { format: SAVED_FORMAT, call: call.clone(), at: Some(self.now), state })
    }

    /// Tells what became of live calls since this was asked last: `over` of each that ended, if it was told of
    /// before, and `live` of each that is new or changed, with the hotline it follows.
    pub fn changes(
        &mut self,
        mut over: impl FnMut(CallId),
        mut live: impl FnMut(SavedCall, Option<&Arc<Hotline>>),
    ) {
        let at = Some(self.now);
        self.calls.changes(|change| match change {
            Change::Ended(call) => over(call),
            Change::Live(id, call) => {
                let saved = SavedCall { format: SAVED_FORMAT, call: id.clone(), at, state: call.save() };
                live(saved, call.hotline.as_ref());
            }
        });
    }

    /// Has [`changes`](Self::changes) tell every live call once more.
    pub fn report_all_again(&mut self) {
        let all: Vec<CallSlot> = self.calls.by_name().into_iter().map(|(_, slot)| slot).collect();
        all.into_iter().for_each(|slot| self.calls.mark_changed(slot));
    }

    /// Has [`changes`](Self::changes) tell this call once more, if it is live.
    pub fn report_again(&mut self, call: &CallId) {
        if let Some(slot) = self.calls.find_call(call) {
            self.calls.mark_changed(slot);
        }
    }

    /// Takes a saved call up again, in place of the one of that name if there is one.
    pub fn load(&mut self, saved: SavedCall) -> Result<(), LoadError> {
        let SavedCall { format, call: id, at: _, state } = saved;
        if format != SAVED_FORMAT {
            return Err(LoadError::Format { call: id, format });
        }
        let hotline = match &state.hotline {
            None => None,
            Some((number, version)) => Some(self.version_of(number, *version).ok_or_else(|| {
                LoadError::Hotline { call: id.clone(), number: number.clone(), version: *version }
            })?),
        };
        if let Some(slot) = self.calls.find_call(&id) {
            self.calls.remove(slot);
        }
        self.calls.insert(id, Call::load(state, hotline));
        Ok(())
    }

    /// Takes up the calls of a daemon before us. Until the link to their switch has told what is left of them,
    /// the switch does not hear them.
    fn take_over(&mut self, calls: &[RawSavedCall], hotlines: &[Arc<Hotline>], out: &mut Vec<Command>) {
        for hotline in hotlines {
            self.superseded.insert((hotline.number.clone(), hotline.version), hotline.clone());
        }
        let clock_lead = RawSavedCall::clock_lead(calls, self.now);
        for saved in calls {
            let loaded = SavedCall::decode(saved, clock_lead).and_then(|decoded| self.load(decoded));
            match loaded {
                Ok(()) => {
                    let Some(slot) = self.calls.find_call(&saved.call) else { continue };
                    self.run(slot, out, |call, _| {
                        call.await_link();
                        CallStatus::Alive
                    });
                    // Whoever takes it up next finds it as it was kept, and no link either.
                    self.calls.mark_reported(slot);
                }
                Err(error) => {
                    let why = error.to_string().into();
                    out.push(Command::Note {
                        call: saved.call.clone(),
                        note: Note::TakeOverFailed { error: why },
                    });
                }
            }
        }
        self.forget_unused_versions();
    }

    /// The calls of the switch go on, but with another daemon: nothing is done about them, and nothing told.
    fn drop_calls_of(&mut self, switch: &SwitchId, out: &mut Vec<Command>) {
        for slot in self.on_switch(switch) {
            self.run(slot, out, |_, _| CallStatus::Ended);
        }
        self.forget_unused_versions();
    }

    fn version_of(&self, number: &Arc<str>, version: Version) -> Option<Arc<Hotline>> {
        let current = self.hotlines.get(number).filter(|hotline| hotline.version == version);
        current.or_else(|| self.superseded.get(&(number.clone(), version))).cloned()
    }

    /// Lets a live call take an event, and keeps the tables about it right.
    fn run(
        &mut self,
        slot: CallSlot,
        out: &mut Vec<Command>,
        turn: impl FnOnce(&mut Call, &mut CallEnv) -> CallStatus,
    ) {
        let Some(call) = self.calls.get_mut(slot) else { return };
        let mut env = CallEnv {
            now: self.now,
            fallback_after: self.limits.fallback_after,
            calendar: &self.calendar,
            number_regions: self.number_regions.as_deref(),
            out,
        };
        match turn(call, &mut env) {
            CallStatus::Alive => self.calls.update_index(slot),
            CallStatus::Ended => self.calls.remove(slot),
        }
    }

    fn arrived(&mut self, arrival: &Arrival, from: ArrivalSource, out: &mut Vec<Command>) {
        if let Some(slot) = self.calls.find_by_leg(&arrival.leg) {
            // A leg of ours that is parked again: an agent left it.
            let leg = &arrival.leg;
            self.run(slot, out, |call, env| call.on_leg(leg, &LegEvent::Parked, env));
            return;
        }
        let id = CallId(arrival.leg.clone());
        let why = match (self.draining, self.calls.len() >= self.limits.live_max) {
            (true, _) => Some(NotTaken::Draining),
            (false, true) => Some(NotTaken::Full),
            (false, false) => None,
        };
        if let Some(why) = why {
            out.push(Command::Note { call: id, note: Note::NotTaken { reason: why } });
            return;
        }
        let hotline = number::hotline(&arrival.dialled).and_then(|number| self.hotlines.get(number)).cloned();
        let mut env = CallEnv {
            now: self.now,
            fallback_after: self.limits.fallback_after,
            calendar: &self.calendar,
            number_regions: self.number_regions.as_deref(),
            out,
        };
        let call = Call::take(arrival, from, hotline, &mut env);
        self.calls.insert(id, call);
    }

    fn on_switch(&self, switch: &SwitchId) -> Vec<CallSlot> {
        let slots = self.calls.by_name().into_iter().map(|(_, slot)| slot);
        slots.filter(|slot| self.calls.get(*slot).is_some_and(|call| call.switch() == switch)).collect()
    }

    fn link_lost(&mut self, switch: &SwitchId, out: &mut Vec<Command>) {
        for slot in self.on_switch(switch) {
            self.run(slot, out, |call, _| {
                call.link_lost();
                CallStatus::Alive
            });
        }
    }

    fn link_restored(
        &mut self,
        switch: &SwitchId,
        connection: u64,
        live: &[LiveLeg],
        out: &mut Vec<Command>,
    ) {
        let by_leg: BTreeMap<&LegId, &LiveLeg> = live.iter().map(|live| (&live.leg, live)).collect();
        for slot in self.on_switch(switch) {
            let find = |leg: &LegId| by_leg.get(leg).map(|live| (*live).clone());
            self.run(slot, out, |call, env| call.on_link_restored(connection, &find, env));
        }
        for live in live {
            if self.calls.find_by_leg(&live.leg).is_some() {
                continue;
            }
            match &live.arrival {
                Some(arrival) => self.arrived(arrival, ArrivalSource::ChannelList { connection }, out),
                None => {
                    // One that talks is left to talk, unless it talks to nobody: FreeSWITCH keeps an agent's leg
                    // for ever whose caller left in the instant of being joined.
                    let talks = live.state == LegState::Bridged;
                    let orphaned =
                        live.caller_leg.as_ref().is_some_and(|of| !talks || !by_leg.contains_key(of));
                    if orphaned {
                        orphan(switch, &live.leg, out);
                    }
                }
            }
        }
    }

    fn due(&mut self, out: &mut Vec<Command>) {
        for slot in self.calls.take_due(self.now) {
            self.run(slot, out, |call, env| call.on_due(env));
        }
    }

    fn replace_hotlines(&mut self, hotlines: &Arc<Hotlines>) {
        let old = std::mem::replace(&mut self.hotlines, hotlines.clone());
        for hotline in old.iter() {
            self.superseded.insert((hotline.number.clone(), hotline.version), hotline.clone());
        }
        self.forget_unused_versions();
    }

    /// Forgets the versions that no live call follows.
    fn forget_unused_versions(&mut self) {
        let followed: BTreeSet<(Arc<str>, Version)> = self
            .calls
            .by_name()
            .into_iter()
            .filter_map(|(_, slot)| self.calls.get(slot)?.hotline.as_ref())
            .map(|hotline| (hotline.number.clone(), hotline.version))
            .collect();
        self.superseded.retain(|edition, _| followed.contains(edition));
    }

    fn hand_over(&mut self, out: &mut Vec<Command>) {
        self.draining = true;
        let all: Vec<CallSlot> = self.calls.by_name().into_iter().map(|(_, slot)| slot).collect();
        for slot in all {
            self.run(slot, out, |call, env| {
                call.hand_over(env);
                CallStatus::Ended
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
