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
    pub(super) fn caller_arrives(&mut self, caller_index: usize, leg: &LegId) {
        if let ScriptedHangUp::AfterDialling(after) = self.script.callers[caller_index].hangs_up {
            self.schedule(after, DryRunEvent::HangsUp(leg.clone()));
        }
        self.start_wait(caller_index);
    }

    /// Starts the caller's next step if that is a wait.
    fn start_wait(&mut self, caller_index: usize) {
        let progress = &mut self.callers_progress[caller_index];
        progress.busy = false;
        if let Some(CallerStep::Wait(time)) = progress.steps.front().cloned() {
            progress.steps.pop_front();
            progress.busy = true;
            self.schedule(time, DryRunEvent::NextStep(caller_index));
        }
    }

    /// A wait is over: the caller does the next step, whether a prompt asked for it or not.
    pub(super) fn next_step(&mut self, caller_index: usize) {
        match self.callers_progress[caller_index].steps.front().cloned() {
            Some(CallerStep::PressKeys(keys)) => {
                self.callers_progress[caller_index].steps.pop_front();
                self.schedule_keys(caller_index, &keys, Millis(0));
            }
            Some(CallerStep::Wait(_)) => self.start_wait(caller_index),
            Some(CallerStep::IgnorePrompt) | None => self.callers_progress[caller_index].busy = false,
        }
    }

    fn schedule_keys(&mut self, caller_index: usize, keys: &str, after: Millis) {
        let leg = self.callers_progress[caller_index].leg.clone();
        self.callers_progress[caller_index].busy = true;
        let count = keys.chars().count();
        if count == 0 {
            self.start_wait(caller_index);
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
        let caller_index = self.callers_progress.iter().position(|progress| progress.leg == *leg);
        if let (true, Some(caller_index)) = (last, caller_index) {
            self.callers_progress[caller_index].was_prompted = false;
            self.start_wait(caller_index);
        }
    }

    /// A prompt starts on the leg.
    pub(super) fn prompt_started(&mut self, leg: &LegId) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(leg) else { return };
        match &mut state.owner {
            LegOwner::Caller { caller_index, .. } => self.callers_progress[*caller_index].was_prompted = true,
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
        let Some(&LegOwner::Caller { caller_index, .. }) = self.legs.get(leg).map(|leg| &leg.owner) else {
            return;
        };
        let progress = &mut self.callers_progress[caller_index];
        if !progress.was_prompted || progress.busy {
            return;
        }
        progress.was_prompted = false;
        match progress.steps.pop_front() {
            Some(CallerStep::PressKeys(keys)) => self.schedule_keys(caller_index, &keys, KEY_DELAY),
            Some(CallerStep::IgnorePrompt) => self.start_wait(caller_index),
            Some(wait @ CallerStep::Wait(_)) => {
                progress.steps.push_front(wait);
                self.start_wait(caller_index);
            }
            None => {}
        }
    }

    pub(super) fn speech_length(&self, leg: &LegId) -> Millis {
        match self.legs.get(leg).map(|leg| &leg.owner) {
            Some(LegOwner::Caller { caller_index, .. }) => self.script.callers[*caller_index].speech_length,
            Some(LegOwner::Agent { .. }) | None => Millis(0),
        }
    }

    /// Caller and agent begin to talk: schedules who hangs up when.
    pub(super) fn talk_started(&mut self, caller: &LegId, agent: &LegId, number: u64) {
        if let Some(LegOwner::Caller { caller_index, .. }) = self.legs.get(caller).map(|leg| &leg.owner)
            && let ScriptedHangUp::AfterBridge(after) = self.script.callers[*caller_index].hangs_up
        {
            self.schedule(after, DryRunEvent::TalkTimeOver { leg: caller.clone(), number });
        }
        if let Some(LegOwner::Agent { phone: ScriptedPhone::Answers { talks: Some(after), .. }, .. }) =
            self.legs.get(agent).map(|leg| &leg.owner)
        {
            self.schedule(*after, DryRunEvent::TalkTimeOver { leg: agent.clone(), number });
        }
    }

    /// The person at the far end of the leg hangs up.
    pub(super) fn person_hangs_up(&mut self, leg: &LegId) {
        let Some(state) = self.legs.get(leg) else { return };
        let inbound = matches!(state.owner, LegOwner::Caller { call: None, .. });
        if state.activity == LegActivity::Ringing && !inbound {
            return;
        }
        let cause = if inbound && !state.answered { Cause::Cancelled } else { Cause::Normal };
        self.end_leg(leg, cause, true);
    }
}
