//! What a stage can see and do: the call's own facts, and the commands it may give.

use super::attempt::{Attempt, Nth, Phase};
use super::chance;
use super::timer::{Timer, Timers};
use crate::command::{Action, Candidate, Claim, Command, Note, Pick, PoolId, StoreRequest};
use crate::event::Cause;
use crate::hotline::{Agent, Hotline, Shows};
use crate::id::{CallId, CommandId, LegId, SwitchId};
use crate::number;
use crate::prompt::Prompt;
use crate::record::{AttemptOutcome, EndedBy, Outcome};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the switch's own ring time-out is longer than ours: it counts in whole seconds and may be a second
/// early, and it shall act only when we do not.
const SWITCH_RING_SPARE: Millis = Millis::seconds(2);

/// How long to wait for a leg to be gone before it is hung up again.
pub(super) const ENDING_RETRY: Millis = Millis::seconds(1);

/// The facts of a call that hold in every stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) id: CallId,
    pub(super) switch: SwitchId,
    pub(super) dialled: String,
    pub(super) caller: String,
    pub(super) seed: u64,
    pub(super) arrived: Instant,
    /// The number of the last command given.
    pub(super) commands: u32,
    /// The caller's leg; the call's name is the one it arrived under.
    pub(super) leg: LegId,
    /// The newest command to end the caller's leg.
    pub(super) hang_up: Option<u32>,
    /// When the caller's leg was gone from our hands.
    pub(super) gone: Option<Instant>,
    pub(super) sound: Option<Sound>,
    pub(super) search: Search,
    pub(super) attempts: Vec<Attempt>,
    pub(super) timers: Timers,
    /// Whether the switch hears us.
    pub(super) linked: bool,
    /// When the caller's leg was answered: from then on the carrier charges.
    pub(super) answered: Option<Instant>,
    /// Since when caller and agent hear each other: joined, and the caller answered.
    pub(super) talk: Option<Instant>,
    pub(super) ended: Option<Ended>,
}

/// Who is still to be tried for the call, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Search {
    /// Places in the hotline's list of agents, last first: the next one is at the end.
    pub(super) left: Vec<u16>,
    /// When the caller has waited long enough.
    pub(super) until: Instant,
}

/// How a call ended, as soon as that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) at: Instant,
    pub(super) outcome: Outcome,
    pub(super) by: EndedBy,
    pub(super) cause: Cause,
}

/// What the caller is being played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sound {
    /// The command that plays it.
    pub(super) command: u32,
    pub(super) prompt: Prompt,
    pub(super) repeat: bool,
}

/// The hands of a stage.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    /// How long the switch waits for a word from us before it serves the caller itself.
    pub(super) fallback_after: Millis,
    pub(super) hotline: Option<&'a Arc<Hotline>>,
    pub(super) facts: &'a mut Facts,
    pub(super) out: &'a mut Vec<Command>,
}

impl Context<'_> {
    fn next_id(&mut self) -> CommandId {
        self.facts.commands += 1;
        CommandId { call: self.facts.id.clone(), number: self.facts.commands }
    }

    /// Gives the call's switch an order; its answer comes back under the number.
    pub(super) fn order(&mut self, action: Action) -> u32 {
        let id = self.next_id();
        let number = id.number;
        self.out.push(Command::Switch { switch: self.facts.switch.clone(), id, action });
        number
    }

    pub(super) fn note(&mut self, note: Note) {
        self.out.push(Command::Note { call: self.facts.id.clone(), note });
    }

    pub(super) fn set(&mut self, timer: Timer, after: Millis) {
        self.facts.timers.set(timer, self.now + after);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.facts.timers.clear(timer);
    }

    /// Lets the caller hear this from now on.
    pub(super) fn play(&mut self, prompt: Prompt, repeat: bool) {
        let leg = self.facts.leg.clone();
        let command = self.order(Action::Play { leg, prompt: prompt.clone(), repeat });
        self.facts.sound = Some(Sound { command, prompt, repeat });
    }

    /// Lets the caller hear once more what it should be hearing: nobody knows whether it still does.
    pub(super) fn play_again(&mut self) {
        if let Some(sound) = self.facts.sound.take() {
            self.play(sound.prompt, sound.repeat);
        }
    }

    /// Puts the dialplan's fallback off, and sees to it that this is repeated.
    pub(super) fn keep_fallback(&mut self) {
        const RENEWALS_MISSED_MAX: u64 = 2;
        let leg = self.facts.leg.clone();
        self.order(Action::KeepFallback { leg, after: self.fallback_after });
        self.set(Timer::Fallback, Millis(self.fallback_after.0 / (RENEWALS_MISSED_MAX + 1)));
    }

    /// The caller is with somebody: no fallback any more.
    pub(super) fn cancel_fallback(&mut self) {
        let leg = self.facts.leg.clone();
        self.order(Action::CancelFallback { leg });
        self.clear(Timer::Fallback);
    }

    /// Asks for one of the agent's lines.
    pub(super) fn claim(&mut self, agent: &Agent) -> Nth {
        let id = self.next_id();
        let number = id.number;
        let candidate = Candidate { line: agent.line.clone(), lines: agent.lines, share: agent.share };
        let request = StoreRequest::Claim(Claim {
            pool: PoolId(agent.id.clone()),
            agents: vec![candidate],
            pick: Pick::First,
            caller: None,
            wait: None,
        });
        self.out.push(Command::Store { id, request });
        self.facts.attempts.push(Attempt::new(agent, number, self.now));
        self.facts.attempts.len() - 1
    }

    /// Gives the line back, once.
    pub(super) fn release(&mut self, nth: Nth) {
        let Some(attempt) = self.facts.attempts.get_mut(nth).filter(|attempt| attempt.has_line) else {
            return;
        };
        attempt.has_line = false;
        let claim = attempt.claim;
        let id = self.next_id();
        let request = StoreRequest::Release { claim, talked: false, rest: Millis(0) };
        self.out.push(Command::Store { id, request });
    }

    /// Calls the agent of the attempt.
    pub(super) fn ring(&mut self, nth: Nth, agent: &Agent) {
        let leg = chance::leg(self.facts.seed, nth);
        let shown: Arc<str> = match self.hotline.map(|hotline| (hotline.shows, hotline)) {
            Some((Shows::Hotline, hotline)) => hotline.number.clone(),
            Some((Shows::Caller, _)) | None => number::shown(&self.facts.caller).into(),
        };
        let number = self.order(Action::Ring {
            leg: leg.clone(),
            call: self.facts.id.clone(),
            dial: agent.dial.clone(),
            ring_time: Millis(agent.ring_time.0 + SWITCH_RING_SPARE.0),
            shown,
        });
        if let Some(attempt) = self.facts.attempts.get_mut(nth) {
            attempt.leg = Some(leg);
            attempt.ring = Some(number);
            attempt.reach(Phase::Calling);
        }
        self.note(Note::Ringing { agent: agent.id.clone() });
    }

    /// Ends the attempt for this reason; its agent is told so.
    pub(super) fn end_attempt(&mut self, nth: Nth, outcome: AttemptOutcome, cause: Cause) {
        let Some(attempt) = self.facts.attempts.get_mut(nth).filter(|attempt| attempt.lives()) else {
            return;
        };
        if attempt.ending.is_some() {
            return;
        }
        attempt.ending = Some(cause);
        self.conclude_attempt(nth, outcome);
        self.hang_up_attempt(nth);
    }

    /// Sets how the attempt ended, and says so; what was known first holds.
    fn conclude_attempt(&mut self, nth: Nth, outcome: AttemptOutcome) {
        let now = self.now;
        let Some(attempt) = self.facts.attempts.get_mut(nth) else { return };
        let (agent, known) = (attempt.agent.clone(), attempt.outcome);
        attempt.conclude(outcome, now);
        if known.is_none() {
            self.note(Note::Attempt { agent, outcome });
        }
    }

    /// Tells the switch, again if need be, to end an attempt that shall end.
    pub(super) fn hang_up_attempt(&mut self, nth: Nth) {
        let Some(attempt) = self.facts.attempts.get(nth) else { return };
        match (&attempt.leg, attempt.ending) {
            (Some(leg), Some(cause)) if attempt.lives() => {
                let leg = leg.clone();
                let number = self.order(Action::HangUp { leg, cause });
                self.facts.attempts[nth].hang_up = Some(number);
                self.set(Timer::Ending, ENDING_RETRY);
            }
            (None, Some(_)) => self.attempt_over(nth, AttemptOutcome::Failed),
            (Some(_) | None, Some(_) | None) => {}
        }
    }

    /// Tells the switch again to end every attempt that shall end and has not.
    pub(super) fn hang_up_attempts(&mut self) {
        for nth in 0..self.facts.attempts.len() {
            self.hang_up_attempt(nth);
        }
    }

    /// Nothing of the attempt is left; if nobody knows better, it ended like this.
    pub(super) fn attempt_over(&mut self, nth: Nth, outcome: AttemptOutcome) {
        let Some(attempt) = self.facts.attempts.get_mut(nth).filter(|attempt| attempt.lives()) else {
            return;
        };
        attempt.phase = Phase::Over;
        self.conclude_attempt(nth, outcome);
        self.release(nth);
    }

    /// They are joined. A switch may join the two before it answers the caller (FreeSWITCH's CHANNEL_BRIDGE does
    /// not wait for it); they talk from when it has done both.
    pub(super) fn begin_talk(&mut self, nth: Nth) {
        if self.facts.answered.is_none() {
            return;
        }
        self.facts.talk.get_or_insert(self.now);
        if let Some(attempt) = self.facts.attempts.get_mut(nth) {
            attempt.outcome.get_or_insert(AttemptOutcome::Talked);
        }
    }

    /// Sets how the call ended; what was known first holds.
    pub(super) fn conclude(&mut self, outcome: Outcome, by: EndedBy, cause: Cause) {
        self.facts.ended.get_or_insert(Ended { at: self.now, outcome, by, cause });
    }
}
