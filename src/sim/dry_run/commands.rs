//! What each order does to the legs of a rehearsed switch.

use super::actors::ScriptedPhone;
use super::leg::{Doing, Leg, Running, Who};
use super::sounds::{Sounding, sounding};
use super::switch::{Act, Exchange};
use hotlined_core::command::Action;
use hotlined_core::event::{Cause, CommandResult, LegEvent};
use hotlined_core::hotline::Dial;
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::number;
use hotlined_core::time::Millis;

/// How long the dialplan's fallback serves a caller.
const FALLBACK_STAYS: Millis = Millis::seconds(20);
/// From being answered until a leg does what it is told, and from one report of a change to the next.
const WAKES: Millis = Millis(20);
/// Until a called telephone rings, is busy, is known to be out of reach.
const RINGS_AFTER: Millis = Millis(800);
const BUSY_AFTER: Millis = Millis(500);
const UNREACHABLE_AFTER: Millis = Millis(1_500);
/// How long an agent's leg may wait for its caller before the switch ends it.
const PARKED_MAX: Millis = Millis::seconds(60);

/// Whether the end of such an order is reported.
pub(super) fn has_an_end(action: &Action) -> bool {
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

impl Exchange {
    pub(super) fn obey(&mut self, id: CommandId, action: Action) {
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
            Action::ToFallback { leg } => self.fall_back(&leg),
            Action::LetGo { leg } => {
                for other in self.legs.values_mut() {
                    if let Doing::Talking { peer, keep, .. } = &mut other.doing
                        && *peer == leg
                    {
                        *keep = None;
                    }
                }
            }
            Action::Stop { leg } => self.end_run(&leg),
            Action::ForgetKeys { leg } => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.keys.clear();
                }
            }
            Action::Ring { leg, call, dial, ring_time, .. } => self.ring(id, &leg, call, &dial, ring_time),
            Action::Bridge { caller, agent, keep_caller } => self.bridge(id, &caller, &agent, keep_caller),
            Action::Answer { leg } => self.on_leg(id, &leg, Self::answer),
            Action::Play { leg, prompt, repeat } => self.on_leg(id, &leg, |exchange, id, leg| {
                let sounding = sounding(&prompt, repeat, &exchange.lengths);
                exchange.run(id, leg, sounding);
                exchange.hears(leg);
            }),
            Action::Listen { leg, time } => self.on_leg(id, &leg, |exchange, id, leg| {
                exchange.run(id, leg, Sounding::For(time));
                exchange.is_listened_to(leg);
            }),
            Action::RecordMessage { leg, longest, silence, .. } => {
                self.on_leg(id, &leg, |exchange, id, leg| {
                    let spoken = Millis(exchange.speaks(leg).0.saturating_add(silence.0));
                    exchange.run(id, leg, Sounding::For(longest.min(spoken)));
                });
            }
            Action::RecordTalk { leg, .. } | Action::StopRecording { leg, .. } => {
                self.on_leg(id, &leg, |exchange, id, _| exchange.done(id, CommandResult::Ok));
            }
            Action::HangUp { leg, cause } => self.on_leg(id, &leg, |exchange, id, leg| {
                exchange.end(leg, cause, false);
                exchange.done(id, CommandResult::Ok);
            }),
        }
    }

    fn on_leg(&mut self, id: CommandId, leg: &LegId, obey: impl FnOnce(&mut Self, CommandId, &LegId)) {
        if self.legs.contains_key(leg) {
            obey(self, id, leg);
        } else {
            self.done(id, CommandResult::NoSuchLeg);
        }
    }

    pub(super) fn set_fallback(&mut self, leg: &LegId, after: Millis) {
        let number = self.number();
        let Some(state) = self.legs.get_mut(leg).filter(|leg| leg.doing != Doing::Elsewhere) else { return };
        state.fallback = Some(number);
        self.plan(after, Act::FallbackDue { leg: leg.clone(), number });
    }

    /// The leg goes to the dialplan, out of whatever it was in.
    pub(super) fn fall_back(&mut self, leg: &LegId) {
        let Some(state) = self.legs.get_mut(leg).filter(|leg| leg.doing != Doing::Elsewhere) else { return };
        state.fallback = None;
        let peer = state.peer().cloned();
        state.doing = Doing::Elsewhere;
        self.end_run(leg);
        if let Some(peer) = peer {
            self.report(leg, LegEvent::Unbridged { peer: peer.clone() });
            if let Some(other) = self.legs.get_mut(&peer) {
                other.doing = Doing::Parked;
            }
            self.end(&peer, Cause::Normal, false);
        }
        self.report(leg, LegEvent::Left);
        self.plan(FALLBACK_STAYS, Act::Served(leg.clone()));
    }

    fn answer(&mut self, id: CommandId, leg: &LegId) {
        let state = self.legs.get_mut(leg).filter(|leg| !leg.answered);
        if let Some(state) = state {
            state.answered = true;
            self.report(leg, LegEvent::Answered);
        }
        self.done(id, CommandResult::Ok);
    }

    /// Something runs on the leg from now on, in the place of what ran before; keys that waited are read.
    fn run(&mut self, id: CommandId, leg: &LegId, sounding: Sounding) {
        self.end_run(leg);
        if sounding == Sounding::Missing {
            self.done(id, CommandResult::Failed(Cause::Other));
            return;
        }
        let number = self.number();
        let Some(state) = self.legs.get_mut(leg) else { return };
        state.running = Some(Running { command: id, number });
        let keys = std::mem::take(&mut state.keys);
        if let Sounding::For(length) = sounding {
            self.plan(length, Act::RunOver { leg: leg.clone(), number });
        }
        keys.into_iter().for_each(|key| self.report(leg, LegEvent::Digit(key)));
    }

    pub(super) fn end_run(&mut self, leg: &LegId) {
        if let Some(running) = self.legs.get_mut(leg).and_then(|leg| leg.running.take()) {
            self.done(running.command, CommandResult::Ok);
        }
    }

    fn bridge(&mut self, id: CommandId, caller: &LegId, agent: &LegId, keep: Option<Millis>) {
        let free = |leg: &LegId, with: &LegId| {
            let doing = self.legs.get(leg).map(|leg| &leg.doing);
            doing == Some(&Doing::Parked) || self.legs.get(leg).is_some_and(|leg| leg.peer() == Some(with))
        };
        if !free(caller, agent) || !free(agent, caller) {
            self.done(id, CommandResult::Failed(Cause::Other));
            return;
        }
        let number = self.number();
        for (leg, peer) in [(caller, agent), (agent, caller)] {
            self.end_run(leg);
            if let Some(state) = self.legs.get_mut(leg) {
                state.doing = Doing::Talking { peer: peer.clone(), keep, number };
            }
        }
        self.report(caller, LegEvent::Bridged { peer: agent.clone() });
        self.report(agent, LegEvent::Bridged { peer: caller.clone() });
        if let Some(state) = self.legs.get_mut(caller).filter(|leg| !leg.answered) {
            state.answered = true;
            self.plan(WAKES, Act::Answered(caller.clone()));
        }
        self.done(id, CommandResult::Ok);
        self.talk(caller, agent, number);
    }

    fn ring(&mut self, id: CommandId, leg: &LegId, call: CallId, dial: &Dial, ring_time: Millis) {
        let (Dial::Phone(place) | Dial::Endpoint(place)) = dial;
        let (who, habit) = match self.called_back(&call, place) {
            Some((place, habit)) => (Who::Caller { place, of: Some(call) }, habit),
            None => {
                let habit = self.habit(place);
                let (dial, answered_at) = (place.to_string(), self.now);
                (Who::Agent { of: call, dial, habit, asked: false, answered_at }, habit)
            }
        };
        if habit == ScriptedPhone::NoRoute {
            self.done(id, CommandResult::Failed(Cause::Unreachable));
            return;
        }
        let place = if let Who::Caller { place, .. } = who { Some(place) } else { None };
        let state = Leg { ring: Some(id), ..Leg::new(who, Doing::Ringing) };
        self.legs.insert(leg.clone(), state);
        if let Some(place) = place {
            self.persons[place].leg = leg.clone();
        }
        self.report(leg, LegEvent::Created);
        let fails = |cause| Act::Fails { leg: leg.clone(), cause, far_end: true };
        match habit {
            ScriptedPhone::Busy => return self.plan(BUSY_AFTER, fails(Cause::Busy)),
            ScriptedPhone::Unreachable | ScriptedPhone::NoRoute => {
                return self.plan(UNREACHABLE_AFTER, fails(Cause::Unreachable));
            }
            ScriptedPhone::Refuses { after } => {
                self.plan(Millis(RINGS_AFTER.0 + after.0), fails(Cause::Rejected))
            }
            ScriptedPhone::Answers { after, .. } | ScriptedPhone::Mailbox { after, .. } => {
                self.plan(Millis(RINGS_AFTER.0 + after.0), Act::PicksUp(leg.clone()));
            }
            ScriptedPhone::NeverAnswers => {}
        }
        self.plan(RINGS_AFTER, Act::Rings(leg.clone()));
        let too_long = Act::Fails { leg: leg.clone(), cause: Cause::NoAnswer, far_end: false };
        self.plan(Millis::seconds(ring_time.whole_seconds_up()), too_long);
    }

    /// The caller of this call, where it has left and this is its telephone.
    fn called_back(&self, call: &CallId, place: &str) -> Option<(usize, ScriptedPhone)> {
        let at = self.cast.callers.iter().position(|caller| caller.leg == call.0)?;
        let caller = &self.cast.callers[at];
        let left = !self.legs.contains_key(&self.persons[at].leg);
        // What completes a local number the hotline knows; its end is the same.
        let digits = number::normalise(&caller.number, None).digits().to_owned();
        let is_theirs = !digits.is_empty() && (place.ends_with(&digits) || digits.ends_with(place));
        (left && is_theirs).then_some((at, caller.call_back_phone))
    }

    fn habit(&mut self, place: &str) -> ScriptedPhone {
        let times = self.times_called.entry(place.to_owned()).or_default();
        let habits = self.cast.phones.get(place);
        let habit = habits.and_then(|habits| habits.get(*times).or_else(|| habits.last()));
        *times += 1;
        habit.copied().unwrap_or(self.cast.default_phone)
    }

    pub(super) fn picks_up(&mut self, leg: &LegId) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(leg).filter(|leg| leg.doing == Doing::Ringing) else { return };
        (state.doing, state.answered) = (Doing::Waking, true);
        if let Who::Agent { answered_at, habit, .. } = &mut state.who {
            *answered_at = now;
            if let ScriptedPhone::Mailbox { stays, .. } = *habit {
                self.plan(stays, Act::Leaves(leg.clone()));
            }
        }
        let ring = self.legs.get_mut(leg).and_then(|leg| leg.ring.take());
        self.report(leg, LegEvent::Answered);
        ring.into_iter().for_each(|ring| self.done(ring, CommandResult::Ok));
        self.plan(WAKES, Act::Wakes(leg.clone()));
        if self.legs.get(leg).is_some_and(|leg| !leg.is_caller()) {
            self.plan(PARKED_MAX, Act::ParkedTooLong(leg.clone()));
        }
    }

    /// The leg is gone, and what was joined with it is parted from it.
    pub(super) fn end(&mut self, leg: &LegId, cause: Cause, far_end: bool) {
        let Some(state) = self.legs.remove(leg) else { return };
        self.report(leg, LegEvent::HungUp { cause, far_end });
        if let Some(running) = state.running {
            self.done(running.command, CommandResult::Ok);
        }
        if let Some(ring) = state.ring {
            self.done(ring, CommandResult::Failed(cause));
        }
        let Doing::Talking { peer, keep, .. } = state.doing else { return };
        let Some(other) = self.legs.get_mut(&peer) else { return };
        other.doing = Doing::Parked;
        let keep = keep.filter(|_| other.is_caller());
        self.report(&peer, LegEvent::Unbridged { peer: leg.clone() });
        match keep {
            Some(after) => {
                self.report(&peer, LegEvent::Parked);
                self.set_fallback(&peer, Millis::seconds(after.whole_seconds_up()));
            }
            None => self.end(&peer, Cause::Normal, false),
        }
    }
}
