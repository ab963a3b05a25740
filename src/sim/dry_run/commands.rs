//! What each command of the engine does to the legs of the simulated switch.

use super::actors::ScriptedPhone;
use super::leg::{Leg, LegActivity, LegOwner, RunningApp};
use super::sounds::{PlayLength, play_length};
use super::switch::{DryRunEvent, DryRunSwitch};
use hotlined_core::command::Action;
use hotlined_core::event::{Cause, CommandResult, LegEvent};
use hotlined_core::hotline::Dial;
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::number;
use hotlined_core::time::Millis;

/// How long the dialplan's fallback keeps a caller.
const FALLBACK_LENGTH: Millis = Millis::seconds(20);
/// From the answer of a leg until it is parked, and between two reports of one change.
const STATE_CHANGE_DELAY: Millis = Millis(20);
/// From a `Ring` command until the telephone rings, is busy or is known to be unreachable.
const RINGS_AFTER: Millis = Millis(800);
const BUSY_AFTER: Millis = Millis(500);
const UNREACHABLE_AFTER: Millis = Millis(1_500);
/// How long an agent's leg may be parked before the switch ends it.
const PARKED_MAX: Millis = Millis::seconds(60);

/// Whether the switch reports the end of such a command.
fn reports_end(action: &Action) -> bool {
    match action {
        Action::Answer { .. }
        | Action::Play { .. }
        | Action::Listen { .. }
        | Action::RecordMessage { .. }
        | Action::RecordTalk { .. }
        | Action::StopRecording { .. }
        | Action::Ring { .. }
        | Action::Bridge { .. }
        | Action::HangUp { .. } => true,
        Action::Take { .. }
        | Action::KeepFallback { .. }
        | Action::CancelFallback { .. }
        | Action::ToFallback { .. }
        | Action::LetGo { .. }
        | Action::Stop { .. }
        | Action::ForgetKeys { .. } => false,
    }
}

impl DryRunSwitch {
    /// Sends a command on its way to the switch.
    pub(super) fn send_command(&mut self, id: CommandId, action: Action) {
        if reports_end(&action) {
            self.open_commands.insert(id.clone());
        }
        self.schedule(self.transit, DryRunEvent::Command(id, action));
    }

    pub(super) fn execute(&mut self, id: CommandId, action: Action) {
        match action {
            Action::Take { .. } => {}
            Action::KeepFallback { leg, after } => {
                self.set_fallback(&leg, Millis::seconds(after.whole_seconds_up()));
            }
            Action::CancelFallback { leg } => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.fallback = None;
                }
            }
            Action::ToFallback { leg } => self.start_fallback(&leg),
            Action::LetGo { leg } => {
                for other in self.legs.values_mut() {
                    if let LegActivity::Talking { peer, keep, .. } = &mut other.activity
                        && *peer == leg
                    {
                        *keep = None;
                    }
                }
            }
            Action::Stop { leg } => self.stop_app(&leg),
            Action::ForgetKeys { leg } => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.keys.clear();
                }
            }
            Action::Ring { leg, call, dial, ring_time, .. } => self.ring(id, &leg, call, &dial, ring_time),
            Action::Bridge { caller, agent, keep_caller } => self.bridge(id, &caller, &agent, keep_caller),
            Action::Answer { leg } => self.on_leg(id, &leg, Self::answer),
            Action::Play { leg, prompt, repeat } => self.on_leg(id, &leg, |switch, id, leg| {
                let play_length = play_length(&prompt, repeat, &switch.lengths);
                switch.start_app(id, leg, play_length);
                switch.prompt_started(leg);
            }),
            Action::Listen { leg, time } => self.on_leg(id, &leg, |switch, id, leg| {
                switch.start_app(id, leg, PlayLength::For(time));
                switch.listening_started(leg);
            }),
            Action::RecordMessage { leg, longest, silence, .. } => {
                self.on_leg(id, &leg, |switch, id, leg| {
                    let spoken = Millis(switch.speech_length(leg).0.saturating_add(silence.0));
                    switch.start_app(id, leg, PlayLength::For(longest.min(spoken)));
                });
            }
            Action::RecordTalk { leg, .. } | Action::StopRecording { leg, .. } => {
                self.on_leg(id, &leg, |switch, id, _| switch.report_done(id, CommandResult::Ok));
            }
            Action::HangUp { leg, cause } => self.on_leg(id, &leg, |switch, id, leg| {
                switch.end_leg(leg, cause, false);
                switch.report_done(id, CommandResult::Ok);
            }),
        }
    }

    fn on_leg(&mut self, id: CommandId, leg: &LegId, obey: impl FnOnce(&mut Self, CommandId, &LegId)) {
        if self.legs.contains_key(leg) {
            obey(self, id, leg);
        } else {
            self.report_done(id, CommandResult::NoSuchLeg);
        }
    }

    pub(super) fn set_fallback(&mut self, leg: &LegId, after: Millis) {
        let number = self.new_number();
        let Some(state) = self.legs.get_mut(leg).filter(|leg| leg.activity != LegActivity::Fallback) else {
            return;
        };
        state.fallback = Some(number);
        self.schedule(after, DryRunEvent::FallbackDue { leg: leg.clone(), number });
    }

    /// Sends the leg to the dialplan's fallback, out of a talk too.
    pub(super) fn start_fallback(&mut self, leg: &LegId) {
        let Some(state) = self.legs.get_mut(leg).filter(|leg| leg.activity != LegActivity::Fallback) else {
            return;
        };
        state.fallback = None;
        let peer = state.peer().cloned();
        state.activity = LegActivity::Fallback;
        self.stop_app(leg);
        if let Some(peer) = peer {
            self.report_leg(leg, LegEvent::Unbridged { peer: peer.clone() });
            if let Some(other) = self.legs.get_mut(&peer) {
                other.activity = LegActivity::Parked;
            }
            self.end_leg(&peer, Cause::Normal, false);
        }
        self.report_leg(leg, LegEvent::Left);
        self.schedule(FALLBACK_LENGTH, DryRunEvent::FallbackOver(leg.clone()));
    }

    fn answer(&mut self, id: CommandId, leg: &LegId) {
        let state = self.legs.get_mut(leg).filter(|leg| !leg.answered);
        if let Some(state) = state {
            state.answered = true;
            self.report_leg(leg, LegEvent::Answered);
        }
        self.report_done(id, CommandResult::Ok);
    }

    /// Starts an application on the leg in place of the one before. Keys that waited are read now.
    fn start_app(&mut self, id: CommandId, leg: &LegId, play_length: PlayLength) {
        self.stop_app(leg);
        if play_length == PlayLength::Missing {
            self.report_done(id, CommandResult::Failed(Cause::Other));
            return;
        }
        let number = self.new_number();
        let Some(state) = self.legs.get_mut(leg) else { return };
        state.running = Some(RunningApp { command: id, number });
        let keys = std::mem::take(&mut state.keys);
        if let PlayLength::For(length) = play_length {
            self.schedule(length, DryRunEvent::AppOver { leg: leg.clone(), number });
        }
        keys.into_iter().for_each(|key| self.report_leg(leg, LegEvent::Digit(key)));
    }

    pub(super) fn stop_app(&mut self, leg: &LegId) {
        if let Some(running) = self.legs.get_mut(leg).and_then(|leg| leg.running.take()) {
            self.report_done(running.command, CommandResult::Ok);
        }
    }

    fn bridge(&mut self, id: CommandId, caller: &LegId, agent: &LegId, keep: Option<Millis>) {
        let free = |leg: &LegId, with: &LegId| {
            let activity = self.legs.get(leg).map(|leg| &leg.activity);
            activity == Some(&LegActivity::Parked)
                || self.legs.get(leg).is_some_and(|leg| leg.peer() == Some(with))
        };
        if !free(caller, agent) || !free(agent, caller) {
            self.report_done(id, CommandResult::Failed(Cause::Other));
            return;
        }
        let number = self.new_number();
        for (leg, peer) in [(caller, agent), (agent, caller)] {
            self.stop_app(leg);
            if let Some(state) = self.legs.get_mut(leg) {
                state.activity = LegActivity::Talking { peer: peer.clone(), keep, number };
            }
        }
        self.report_leg(caller, LegEvent::Bridged { peer: agent.clone() });
        self.report_leg(agent, LegEvent::Bridged { peer: caller.clone() });
        if let Some(state) = self.legs.get_mut(caller).filter(|leg| !leg.answered) {
            state.answered = true;
            self.schedule(STATE_CHANGE_DELAY, DryRunEvent::CallerAnswered(caller.clone()));
        }
        self.report_done(id, CommandResult::Ok);
        self.talk_started(caller, agent, number);
    }

    fn ring(&mut self, id: CommandId, leg: &LegId, call: CallId, dial: &Dial, ring_time: Millis) {
        let (Dial::Phone(dialled) | Dial::Endpoint(dialled)) = dial;
        let (owner, phone) = match self.called_back_caller(&call, dialled) {
            Some((caller_index, phone)) => (LegOwner::Caller { caller_index, call: Some(call) }, phone),
            None => {
                let phone = self.next_phone(dialled);
                let (dial, answered_at) = (dialled.to_string(), self.now);
                (LegOwner::Agent { call, dial, phone, key_scheduled: false, answered_at }, phone)
            }
        };
        if phone == ScriptedPhone::NoRoute {
            self.report_done(id, CommandResult::Failed(Cause::Unreachable));
            return;
        }
        let caller_index =
            if let LegOwner::Caller { caller_index, .. } = owner { Some(caller_index) } else { None };
        let state = Leg { ring: Some(id), ..Leg::new(owner, LegActivity::Ringing) };
        self.legs.insert(leg.clone(), state);
        if let Some(caller_index) = caller_index {
            self.callers_progress[caller_index].leg = leg.clone();
        }
        self.report_leg(leg, LegEvent::Created);
        let fails = |cause| DryRunEvent::Fails { leg: leg.clone(), cause, far_end: true };
        match phone {
            ScriptedPhone::Busy => return self.schedule(BUSY_AFTER, fails(Cause::Busy)),
            ScriptedPhone::Unreachable | ScriptedPhone::NoRoute => {
                return self.schedule(UNREACHABLE_AFTER, fails(Cause::Unreachable));
            }
            ScriptedPhone::Refuses { after } => {
                self.schedule(Millis(RINGS_AFTER.0 + after.0), fails(Cause::Rejected))
            }
            ScriptedPhone::Answers { after, .. } | ScriptedPhone::Mailbox { after, .. } => {
                self.schedule(Millis(RINGS_AFTER.0 + after.0), DryRunEvent::Answers(leg.clone()));
            }
            ScriptedPhone::NeverAnswers => {}
        }
        self.schedule(RINGS_AFTER, DryRunEvent::Rings(leg.clone()));
        let too_long = DryRunEvent::Fails { leg: leg.clone(), cause: Cause::NoAnswer, far_end: false };
        self.schedule(Millis::seconds(ring_time.whole_seconds_up()), too_long);
    }

    /// The index and the telephone of this call's caller, if the caller has hung up and `dialled` is the caller's
    /// number.
    fn called_back_caller(&self, call: &CallId, dialled: &str) -> Option<(usize, ScriptedPhone)> {
        let caller_index = self.script.callers.iter().position(|caller| caller.leg == call.0)?;
        let caller = &self.script.callers[caller_index];
        let has_hung_up = !self.legs.contains_key(&self.callers_progress[caller_index].leg);
        // Only the hotline can complete a local number; the local number is the end of the complete number.
        let digits = number::normalise(&caller.number, None).digits().to_owned();
        let is_same_number = !digits.is_empty() && (dialled.ends_with(&digits) || digits.ends_with(dialled));
        (has_hung_up && is_same_number).then_some((caller_index, caller.call_back_phone))
    }

    fn next_phone(&mut self, dialled: &str) -> ScriptedPhone {
        let times = self.times_called.entry(dialled.to_owned()).or_default();
        let phones = self.script.phones.get(dialled);
        let phone = phones.and_then(|phones| phones.get(*times).or_else(|| phones.last()));
        *times += 1;
        phone.copied().unwrap_or(self.script.default_phone)
    }

    pub(super) fn answer_phone(&mut self, leg: &LegId) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(leg).filter(|leg| leg.activity == LegActivity::Ringing) else {
            return;
        };
        (state.activity, state.answered) = (LegActivity::Answered, true);
        if let LegOwner::Agent { answered_at, phone, .. } = &mut state.owner {
            *answered_at = now;
            if let ScriptedPhone::Mailbox { stays, .. } = *phone {
                self.schedule(stays, DryRunEvent::HangsUp(leg.clone()));
            }
        }
        let ring = self.legs.get_mut(leg).and_then(|leg| leg.ring.take());
        self.report_leg(leg, LegEvent::Answered);
        ring.into_iter().for_each(|ring| self.report_done(ring, CommandResult::Ok));
        self.schedule(STATE_CHANGE_DELAY, DryRunEvent::Parks(leg.clone()));
        if self.legs.get(leg).is_some_and(|leg| !leg.is_caller()) {
            self.schedule(PARKED_MAX, DryRunEvent::ParkedTooLong(leg.clone()));
        }
    }

    /// Ends the leg and its bridge. The peer is parked if it is a caller to be kept, and ended otherwise.
    pub(super) fn end_leg(&mut self, leg: &LegId, cause: Cause, far_end: bool) {
        let Some(state) = self.legs.remove(leg) else { return };
        self.report_leg(leg, LegEvent::HungUp { cause, far_end });
        if let Some(running) = state.running {
            self.report_done(running.command, CommandResult::Ok);
        }
        if let Some(ring) = state.ring {
            self.report_done(ring, CommandResult::Failed(cause));
        }
        let LegActivity::Talking { peer, keep, .. } = state.activity else { return };
        let Some(other) = self.legs.get_mut(&peer) else { return };
        other.activity = LegActivity::Parked;
        let keep = keep.filter(|_| other.is_caller());
        self.report_leg(&peer, LegEvent::Unbridged { peer: leg.clone() });
        match keep {
            Some(after) => {
                self.report_leg(&peer, LegEvent::Parked);
                self.set_fallback(&peer, Millis::seconds(after.whole_seconds_up()));
            }
            None => self.end_leg(&peer, Cause::Normal, false),
        }
    }
}
