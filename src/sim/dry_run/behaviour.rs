//! How callers and agents of a dry run react: they press keys, wait, talk and hang up.

use super::actors::{CallerStep, ScriptedHangUp, ScriptedPhone};
use super::leg::{LegActivity, LegOwner};
use super::switch::{DryRunEvent, DryRunSwitch};
use hotlined_core::event::{Cause, LegEvent};
use hotlined_core::id::LegId;
use hotlined_core::time::Millis;

/// How long after a prompt has ended a caller presses the first key.
const KEY_DELAY: Millis = Millis::seconds(1);
/// The time from one key to the next.
const KEY_GAP: Millis = Millis(250);

impl DryRunSwitch {
    /// A call begins: schedules the caller's hang-up and its first step.
    pub(super) fn caller_arrives(&mut self, place: usize, leg: &LegId) {
        if let ScriptedHangUp::AfterDialling(after) = self.script.callers[place].hangs_up {
            self.schedule(after, DryRunEvent::HangsUp(leg.clone()));
        }
        self.start_wait(place);
    }

    /// Starts the caller's next step if that is a wait.
    fn start_wait(&mut self, place: usize) {
        let person = &mut self.callers_progress[place];
        person.busy = false;
        if let Some(CallerStep::Wait(time)) = person.deeds.front().cloned() {
            person.deeds.pop_front();
            person.busy = true;
            self.schedule(time, DryRunEvent::NextStep(place));
        }
    }

    /// A wait is over: the caller does the next step, whether a prompt asked for it or not.
    pub(super) fn next_step(&mut self, place: usize) {
        match self.callers_progress[place].deeds.front().cloned() {
            Some(CallerStep::PressKeys(keys)) => {
                self.callers_progress[place].deeds.pop_front();
                self.schedule_keys(place, &keys, Millis(0));
            }
            Some(CallerStep::Wait(_)) => self.start_wait(place),
            Some(CallerStep::IgnorePrompt) | None => self.callers_progress[place].busy = false,
        }
    }

    fn schedule_keys(&mut self, place: usize, keys: &str, after: Millis) {
        let leg = self.callers_progress[place].leg.clone();
        self.callers_progress[place].busy = true;
        let count = keys.chars().count();
        if count == 0 {
            self.start_wait(place);
        }
        for (at, key) in keys.chars().enumerate() {
            let last = at + 1 == count;
            let after = Millis(after.0 + KEY_GAP.0 * at as u64);
            self.schedule(after, DryRunEvent::Presses { leg: leg.clone(), key, last });
        }
    }

    pub(super) fn press_key(&mut self, leg: &LegId, key: char, last: bool) {
        if let Some(state) = self.legs.get_mut(leg) {
            if state.reads_keys() {
                self.report_leg(leg, LegEvent::Digit(key));
            } else {
                state.keep_key(key);
            }
        }
        let place = self.callers_progress.iter().position(|person| person.leg == *leg);
        if let (true, Some(place)) = (last, place) {
            self.callers_progress[place].was_prompted = false;
            self.start_wait(place);
        }
    }

    /// A prompt starts on the leg.
    pub(super) fn prompt_started(&mut self, leg: &LegId) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(leg) else { return };
        match &mut state.who {
            LegOwner::Caller { place, .. } => self.callers_progress[*place].was_prompted = true,
            LegOwner::Agent {
                phone: ScriptedPhone::Answers { presses: Some(after), .. },
                key_scheduled,
                answered_at,
                ..
            } if !*key_scheduled => {
                *key_scheduled = true;
                let after = Millis(after.0.saturating_sub(now.since(*answered_at).0));
                self.schedule(after, DryRunEvent::Presses { leg: leg.clone(), key: '1', last: true });
            }
            LegOwner::Agent { .. } => {}
        }
    }

    /// The hotline listens for keys in silence: after a prompt, the caller does the next step.
    pub(super) fn listening_started(&mut self, leg: &LegId) {
        let Some(&LegOwner::Caller { place, .. }) = self.legs.get(leg).map(|leg| &leg.who) else { return };
        let person = &mut self.callers_progress[place];
        if !person.was_prompted || person.busy {
            return;
        }
        person.was_prompted = false;
        match person.deeds.pop_front() {
            Some(CallerStep::PressKeys(keys)) => self.schedule_keys(place, &keys, KEY_DELAY),
            Some(CallerStep::IgnorePrompt) => self.start_wait(place),
            Some(wait @ CallerStep::Wait(_)) => {
                person.deeds.push_front(wait);
                self.start_wait(place);
            }
            None => {}
        }
    }

    pub(super) fn speech_length(&self, leg: &LegId) -> Millis {
        match self.legs.get(leg).map(|leg| &leg.who) {
            Some(LegOwner::Caller { place, .. }) => self.script.callers[*place].speech_length,
            Some(LegOwner::Agent { .. }) | None => Millis(0),
        }
    }

    /// Caller and agent begin to talk: schedules who hangs up when.
    pub(super) fn talk_started(&mut self, caller: &LegId, agent: &LegId, number: u64) {
        if let Some(LegOwner::Caller { place, .. }) = self.legs.get(caller).map(|leg| &leg.who)
            && let ScriptedHangUp::AfterBridge(after) = self.script.callers[*place].hangs_up
        {
            self.schedule(after, DryRunEvent::TalkTimeOver { leg: caller.clone(), number });
        }
        if let Some(LegOwner::Agent { phone: ScriptedPhone::Answers { talks: Some(after), .. }, .. }) =
            self.legs.get(agent).map(|leg| &leg.who)
        {
            self.schedule(*after, DryRunEvent::TalkTimeOver { leg: agent.clone(), number });
        }
    }

    /// The person at the far end of the leg hangs up.
    pub(super) fn person_hangs_up(&mut self, leg: &LegId) {
        let Some(state) = self.legs.get(leg) else { return };
        let inbound = matches!(state.who, LegOwner::Caller { of: None, .. });
        if state.activity == LegActivity::Ringing && !inbound {
            return;
        }
        let cause = if inbound && !state.answered { Cause::Cancelled } else { Cause::Normal };
        self.end_leg(leg, cause, true);
    }
}
