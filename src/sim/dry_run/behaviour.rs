//! What the people of a rehearsal do when something happens to them.

use super::actors::{CallerStep, ScriptedCaller, ScriptedHangUp, ScriptedPhone};
use super::leg::{Doing, Who};
use super::switch::{Act, Exchange};
use hotlined_core::event::{Cause, LegEvent};
use hotlined_core::id::LegId;
use hotlined_core::time::Millis;
use std::collections::VecDeque;

/// How long after a question was said a caller presses the first key.
const REACTS_AFTER: Millis = Millis::seconds(1);
/// From one key to the next.
const KEY_GAP: Millis = Millis(250);

/// Where a caller stands in what it does.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) leg: LegId,
    deeds: VecDeque<CallerStep>,
    /// Whether something was said since the last keys were pressed: only then is silence a question.
    told: bool,
    /// Whether keys are being pressed, or a wait is not over.
    occupied: bool,
}

impl Person {
    pub(super) fn new(caller: &ScriptedCaller) -> Self {
        let deeds = caller.steps.iter().cloned().collect();
        Self { leg: caller.leg.clone(), deeds, told: false, occupied: false }
    }
}

impl Exchange {
    /// A caller's call begins.
    pub(super) fn comes(&mut self, place: usize, leg: &LegId) {
        if let ScriptedHangUp::AfterDialling(after) = self.cast.callers[place].hangs_up {
            self.plan(after, Act::Leaves(leg.clone()));
        }
        self.goes_on_or_waits(place);
    }

    /// If what the caller does next is to wait, the wait begins now.
    fn goes_on_or_waits(&mut self, place: usize) {
        let person = &mut self.persons[place];
        person.occupied = false;
        if let Some(CallerStep::Wait(time)) = person.deeds.front().cloned() {
            person.deeds.pop_front();
            person.occupied = true;
            self.plan(time, Act::Goes(place));
        }
    }

    /// The wait is over: what comes next is done, asked or not.
    pub(super) fn goes_on(&mut self, place: usize) {
        match self.persons[place].deeds.front().cloned() {
            Some(CallerStep::PressKeys(keys)) => {
                self.persons[place].deeds.pop_front();
                self.begins_to_press(place, &keys, Millis(0));
            }
            Some(CallerStep::Wait(_)) => self.goes_on_or_waits(place),
            Some(CallerStep::IgnorePrompt) | None => self.persons[place].occupied = false,
        }
    }

    fn begins_to_press(&mut self, place: usize, keys: &str, after: Millis) {
        let leg = self.persons[place].leg.clone();
        self.persons[place].occupied = true;
        let count = keys.chars().count();
        if count == 0 {
            self.goes_on_or_waits(place);
        }
        for (at, key) in keys.chars().enumerate() {
            let last = at + 1 == count;
            let after = Millis(after.0 + KEY_GAP.0 * at as u64);
            self.plan(after, Act::Presses { leg: leg.clone(), key, last });
        }
    }

    pub(super) fn presses(&mut self, leg: &LegId, key: char, last: bool) {
        if let Some(state) = self.legs.get_mut(leg) {
            if state.hears_keys() {
                self.report(leg, LegEvent::Digit(key));
            } else {
                state.keep_key(key);
            }
        }
        let place = self.persons.iter().position(|person| person.leg == *leg);
        if let (true, Some(place)) = (last, place) {
            self.persons[place].told = false;
            self.goes_on_or_waits(place);
        }
    }

    /// Something is said to the leg.
    pub(super) fn hears(&mut self, leg: &LegId) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(leg) else { return };
        match &mut state.who {
            Who::Caller { place, .. } => self.persons[*place].told = true,
            Who::Agent {
                habit: ScriptedPhone::Answers { presses: Some(after), .. },
                asked,
                answered_at,
                ..
            } if !*asked => {
                *asked = true;
                let after = Millis(after.0.saturating_sub(now.since(*answered_at).0));
                self.plan(after, Act::Presses { leg: leg.clone(), key: '1', last: true });
            }
            Who::Agent { .. } => {}
        }
    }

    /// The hotline is silent and hears keys: where it asked something, this is the caller's turn.
    pub(super) fn is_listened_to(&mut self, leg: &LegId) {
        let Some(&Who::Caller { place, .. }) = self.legs.get(leg).map(|leg| &leg.who) else { return };
        let person = &mut self.persons[place];
        if !person.told || person.occupied {
            return;
        }
        person.told = false;
        match person.deeds.pop_front() {
            Some(CallerStep::PressKeys(keys)) => self.begins_to_press(place, &keys, REACTS_AFTER),
            Some(CallerStep::IgnorePrompt) => self.goes_on_or_waits(place),
            Some(wait @ CallerStep::Wait(_)) => {
                person.deeds.push_front(wait);
                self.goes_on_or_waits(place);
            }
            None => {}
        }
    }

    pub(super) fn speaks(&self, leg: &LegId) -> Millis {
        match self.legs.get(leg).map(|leg| &leg.who) {
            Some(Who::Caller { place, .. }) => self.cast.callers[*place].speech_length,
            Some(Who::Agent { .. }) | None => Millis(0),
        }
    }

    /// Two people hear each other.
    pub(super) fn talk(&mut self, caller: &LegId, agent: &LegId, number: u64) {
        if let Some(Who::Caller { place, .. }) = self.legs.get(caller).map(|leg| &leg.who)
            && let ScriptedHangUp::AfterBridge(after) = self.cast.callers[*place].hangs_up
        {
            self.plan(after, Act::TalkOver { leg: caller.clone(), number });
        }
        if let Some(Who::Agent { habit: ScriptedPhone::Answers { talks: Some(after), .. }, .. }) =
            self.legs.get(agent).map(|leg| &leg.who)
        {
            self.plan(*after, Act::TalkOver { leg: agent.clone(), number });
        }
    }

    /// A person hangs up.
    pub(super) fn leaves(&mut self, leg: &LegId) {
        let Some(state) = self.legs.get(leg) else { return };
        let inbound = matches!(state.who, Who::Caller { of: None, .. });
        if state.doing == Doing::Ringing && !inbound {
            return;
        }
        let cause = if inbound && !state.answered { Cause::Cancelled } else { Cause::Normal };
        self.end(leg, cause, true);
    }
}
