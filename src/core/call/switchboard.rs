//! The switchboard: all live calls, which leg belongs to which call, and when the next call has a deadline.

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

/// The capacity of a switchboard, and the patience of the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most live calls. The dialplan's fallback serves the caller of a further one.
    pub live_max: usize,
    /// How long after the last command the dialplan's fallback serves a caller who is not in talk.
    pub fallback_after: Millis,
    /// Whether the events of calls are published.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub publishes: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { live_max: 20_000, fallback_after: Millis::seconds(4), publishes: false }
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
    /// The operator's table of number regions; `None` means the built-in table.
    number_regions: Option<Arc<NumberRegions>>,
    /// Hotlines in versions that are no longer current and that live calls still follow.
    old_versions: BTreeMap<(Arc<str>, Version), Arc<Hotline>>,
    calls: CallTable,
}

impl Switchboard {
    /// A switchboard without calls and without hotlines.
    pub fn new(limits: Limits) -> Self {
        Self { limits, calendar: Arc::new(Calendar::known()), ..Self::default() }
    }

    /// Takes one event in and appends the commands that follow from it to `out`.
    ///
    /// Time never goes back for a call: a `now` before the latest one counts as the latest one.
    pub fn handle(&mut self, now: Instant, event: &Event, out: &mut Vec<Command>) {
        self.now = self.now.max(now);
        match event {
            Event::Arrived(arrival) => self.on_arrival(arrival, ArrivalSource::NewCall, out),
            Event::Leg { leg, event: LegEvent::Renamed { from } } => self.calls.rename(from, leg),
            Event::Leg { leg, event } => {
                let Some(slot) = self.calls.find_by_leg(leg) else { return };
                self.run(slot, out, |call, env| call.on_leg(leg, event, env));
            }
            Event::Done { command, result } => {
                let Some(slot) = self.calls.find_call(&command.call) else { return };
                self.run(slot, out, |call, env| call.on_done(command.number, result, env));
            }
            Event::Acd { command, reply } => {
                let Some(slot) = self.calls.find_call(&command.call) else { return };
                self.run(slot, out, |call, env| call.on_acd_reply(command.number, reply, env));
            }
            Event::Calendar(calendar) => self.calendar = calendar.clone(),
            Event::CallsTakenOver { calls, hotlines } => self.take_over(calls, hotlines, out),
            Event::NumberRegions(number_regions) => self.number_regions = Some(number_regions.clone()),
            Event::LeaseLost { switch } => self.drop_calls_of(switch, out),
            Event::LinkLost { switch } => self.link_lost(switch, out),
            Event::LinkRestored { switch, connection, legs } => {
                self.link_restored(switch, *connection, legs, out);
            }
            Event::Due => self.run_due(out),
            Event::Hotlines(hotlines) => self.replace_hotlines(hotlines),
            Event::Operator(OperatorOrder::Drain) => self.draining = true,
            Event::Operator(OperatorOrder::HandOver) => self.hand_over(out),
        }
    }

    /// When the switchboard needs [`Event::Due`] next. Nothing may be due at that time.
    pub fn deadline(&self) -> Option<Instant> {
        self.calls.earliest()
    }

    /// How many calls are live.
    pub fn live_count(&self) -> usize {
        self.calls.len()
    }

    /// The live calls and their stages, in the order of their ids.
    pub fn stages(&self) -> impl Iterator<Item = (&CallId, StageName)> {
        self.calls.by_name().into_iter().filter_map(|(id, slot)| Some((id, self.calls.get(slot)?.stage())))
    }

    /// A live call as plain data.
    pub fn save(&self, call: &CallId) -> Option<SavedCall> {
        let state = self.calls.get(self.calls.find_call(call)?)?.save();
        Some(SavedCall { format: SAVED_FORMAT, call: call.clone(), at: Some(self.now), state })
    }

    /// Reports what became of calls since the last call of this method: `ended` gets each call that ended, if it was
    /// reported before; `live` gets each call that is new or changed, with the hotline it follows.
    pub fn changes(
        &mut self,
        mut ended: impl FnMut(CallId),
        mut live: impl FnMut(SavedCall, Option<&Arc<Hotline>>),
    ) {
        let at = Some(self.now);
        self.calls.changes(|change| match change {
            Change::Ended(call) => ended(call),
            Change::Live(id, call) => {
                let saved = SavedCall { format: SAVED_FORMAT, call: id.clone(), at, state: call.save() };
                live(saved, call.hotline.as_ref());
            }
        });
    }

    /// Lets [`changes`](Self::changes) report every live call once more.
    pub fn report_all_again(&mut self) {
        let all: Vec<CallSlot> = self.calls.by_name().into_iter().map(|(_, slot)| slot).collect();
        all.into_iter().for_each(|slot| self.calls.mark_changed(slot));
    }

    /// Lets [`changes`](Self::changes) report this call once more, if it is live.
    pub fn report_again(&mut self, call: &CallId) {
        if let Some(slot) = self.calls.find_call(call) {
            self.calls.mark_changed(slot);
        }
    }

    /// Loads a saved call, in place of a live call with the same id.
    ///
    /// # Errors
    ///
    /// [`LoadError::Format`] for a call in another format, [`LoadError::Hotline`] when the switchboard does not have the
    /// hotline in the version that the call follows.
    pub fn load(&mut self, saved: SavedCall) -> Result<(), LoadError> {
        let SavedCall { format, call: id, at: _, state } = saved;
        if format != SAVED_FORMAT {
            return Err(LoadError::Format { call: id, format });
        }
        let hotline = match &state.hotline {
            None => None,
            Some((number, version)) => Some(self.find_version(number, *version).ok_or_else(|| {
                LoadError::Hotline { call: id.clone(), number: number.clone(), version: *version }
            })?),
        };
        if let Some(slot) = self.calls.find_call(&id) {
            self.calls.remove(slot);
        }
        self.calls.insert(id, Call::load(state, hotline));
        Ok(())
    }

    /// Takes over the calls of an earlier daemon. They wait until the link to their switch tells which legs still
    /// exist.
    fn take_over(&mut self, calls: &[RawSavedCall], hotlines: &[Arc<Hotline>], out: &mut Vec<Command>) {
        for hotline in hotlines {
            self.old_versions.insert((hotline.number.clone(), hotline.version), hotline.clone());
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
                    // The snapshot of the call is stored already. A further daemon would load it in the same state,
                    // without a link.
                    self.calls.mark_reported(slot);
                }
                Err(error) => {
                    let error = error.to_string().into();
                    out.push(Command::Note {
                        call: saved.call.clone(),
                        note: Note::TakeOverFailed { error },
                    });
                }
            }
        }
        self.forget_unused_versions();
    }

    /// The calls on the switch continue with another daemon. This daemon forgets them without a command or a record.
    fn drop_calls_of(&mut self, switch: &SwitchId, out: &mut Vec<Command>) {
        for slot in self.slots_on(switch) {
            self.run(slot, out, |_, _| CallStatus::Ended);
        }
        self.forget_unused_versions();
    }

    /// A hotline in this version, current or old.
    fn find_version(&self, number: &Arc<str>, version: Version) -> Option<Arc<Hotline>> {
        let current = self.hotlines.get(number).filter(|hotline| hotline.version == version);
        current.or_else(|| self.old_versions.get(&(number.clone(), version))).cloned()
    }

    /// Runs one turn of a live call, and updates the index of calls.
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
            publishes: self.limits.publishes,
            calendar: &self.calendar,
            number_regions: self.number_regions.as_deref(),
            out,
        };
        match turn(call, &mut env) {
            CallStatus::Alive => {
                call.publish_news(&mut env);
                self.calls.update_index(slot);
            }
            CallStatus::Ended => self.calls.remove(slot),
        }
    }

    fn on_arrival(&mut self, arrival: &Arrival, source: ArrivalSource, out: &mut Vec<Command>) {
        if let Some(slot) = self.calls.find_by_leg(&arrival.leg) {
            // A leg of a live call is parked again: its agent left.
            let leg = &arrival.leg;
            self.run(slot, out, |call, env| call.on_leg(leg, &LegEvent::Parked, env));
            return;
        }
        let id = CallId(arrival.leg.clone());
        let reason = match (self.draining, self.calls.len() >= self.limits.live_max) {
            (true, _) => Some(NotTaken::Draining),
            (false, true) => Some(NotTaken::Full),
            (false, false) => None,
        };
        if let Some(reason) = reason {
            out.push(Command::Note { call: id, note: Note::NotTaken { reason } });
            return;
        }
        let hotline = number::hotline(&arrival.dialled).and_then(|number| self.hotlines.get(number)).cloned();
        let mut env = CallEnv {
            now: self.now,
            fallback_after: self.limits.fallback_after,
            publishes: self.limits.publishes,
            calendar: &self.calendar,
            number_regions: self.number_regions.as_deref(),
            out,
        };
        let mut call = Call::take(arrival, source, hotline, &mut env);
        call.publish_news(&mut env);
        self.calls.insert(id, call);
    }

    /// The live calls on a switch, in the order of their ids.
    fn slots_on(&self, switch: &SwitchId) -> Vec<CallSlot> {
        let slots = self.calls.by_name().into_iter().map(|(_, slot)| slot);
        slots.filter(|slot| self.calls.get(*slot).is_some_and(|call| call.switch() == switch)).collect()
    }

    fn link_lost(&mut self, switch: &SwitchId, out: &mut Vec<Command>) {
        for slot in self.slots_on(switch) {
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
        live_legs: &[LiveLeg],
        out: &mut Vec<Command>,
    ) {
        let by_leg: BTreeMap<&LegId, &LiveLeg> =
            live_legs.iter().map(|live_leg| (&live_leg.leg, live_leg)).collect();
        for slot in self.slots_on(switch) {
            let find = |leg: &LegId| by_leg.get(leg).map(|live_leg| (*live_leg).clone());
            self.run(slot, out, |call, env| call.on_link_restored(connection, &find, env));
        }
        for live_leg in live_legs {
            if self.calls.find_by_leg(&live_leg.leg).is_some() {
                continue;
            }
            match &live_leg.arrival {
                Some(arrival) => self.on_arrival(arrival, ArrivalSource::ChannelList { connection }, out),
                None => {
                    // A talking leg goes on talking, unless its caller is gone: FreeSWITCH keeps an agent's leg for
                    // ever when the caller left in the instant of the bridge.
                    let is_talking = live_leg.state == LegState::Bridged;
                    let is_orphan = live_leg
                        .caller_leg
                        .as_ref()
                        .is_some_and(|caller| !is_talking || !by_leg.contains_key(caller));
                    if is_orphan {
                        hang_up_orphan(switch, &live_leg.leg, out);
                    }
                }
            }
        }
    }

    fn run_due(&mut self, out: &mut Vec<Command>) {
        for slot in self.calls.take_due(self.now) {
            self.run(slot, out, |call, env| call.on_due(env));
        }
    }

    fn replace_hotlines(&mut self, hotlines: &Arc<Hotlines>) {
        let old = std::mem::replace(&mut self.hotlines, hotlines.clone());
        for hotline in old.iter() {
            self.old_versions.insert((hotline.number.clone(), hotline.version), hotline.clone());
        }
        self.forget_unused_versions();
    }

    /// Forgets the old versions that no live call follows.
    fn forget_unused_versions(&mut self) {
        let followed: BTreeSet<(Arc<str>, Version)> = self
            .calls
            .by_name()
            .into_iter()
            .filter_map(|(_, slot)| self.calls.get(slot)?.hotline.as_ref())
            .map(|hotline| (hotline.number.clone(), hotline.version))
            .collect();
        self.old_versions.retain(|version, _| followed.contains(version));
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

/// Hangs up an agent's leg of an unknown call: a daemon that died left the leg ringing or waiting.
fn hang_up_orphan(switch: &SwitchId, leg: &LegId, out: &mut Vec<Command>) {
    let id = CommandId { call: CallId(leg.clone()), number: 1 };
    let action = Action::HangUp { leg: leg.clone(), cause: Cause::Cancelled };
    out.push(Command::Switch { switch: switch.clone(), id, action });
}
