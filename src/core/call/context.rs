//! What a stage can see and do: the state of its call, and the commands it may give.

use super::attempt::{Attempt, AttemptIx, AttemptPhase};
use super::call_state::{CallEnd, CallState, Sound};
use super::seeded_random;
use super::timer::Timer;
use crate::command::{AcdRequest, Action, Command, Note};
use crate::event::Cause;
use crate::hotline::flow::{Node, NodeKind, Reach};
use crate::hotline::{Agent, Dial, Hotline, Shows};
use crate::hours::Calendar;
use crate::id::{CommandId, LegId};
use crate::number::{self, Kind, NumberRegions};
use crate::phrases::{Piece, Speaker};
use crate::prompt::{Prompt, RecordingName};
use crate::record::{AttemptOutcome, EndedBy, Outcome};
use crate::time::{Instant, Millis};
use std::sync::Arc;

/// How much longer the switch's own ring time-out is than the daemon's. The switch counts whole seconds and may end
/// one second early; its time-out shall act only when the daemon's does not.
pub(super) const SWITCH_RING_SPARE: Millis = Millis::seconds(2);

/// How long a leg may take to end before it is hung up again.
pub(super) const ENDING_RETRY: Millis = Millis::seconds(1);

/// The view of one call that a stage gets for one event.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    /// How long the switch waits for a command of the daemon before the dialplan's fallback serves the caller.
    pub(super) fallback_after: Millis,
    pub(super) calendar: &'a Calendar,
    /// The operator's table of number regions; `None` means the built-in table.
    pub(super) number_regions: Option<&'a NumberRegions>,
    pub(super) hotline: Option<&'a Arc<Hotline>>,
    pub(super) state: &'a mut CallState,
    pub(super) out: &'a mut Vec<Command>,
}

impl<'a> Context<'a> {
    /// The node of the flow where the call is.
    pub(super) fn node(&self) -> Option<&'a Node> {
        self.hotline?.flow.node(self.state.node)
    }

    /// How the node where the call is reaches agents.
    pub(super) fn reach(&self) -> Option<&'a Reach> {
        self.node()?.kind.reach()
    }

    /// Whether the node where the call is lets callers wait in turn.
    pub(super) fn is_at_queue(&self) -> bool {
        matches!(self.node().map(|node| &node.kind), Some(NodeKind::Queue(_)))
    }

    /// The caller's number in its normal form.
    pub(super) fn caller_number(&self) -> number::Number {
        number::normalise(&self.state.caller, self.hotline.and_then(|hotline| hotline.home))
    }

    /// The name under which the ACD remembers the caller; `None` for a caller without a number.
    pub(super) fn caller_key(&self) -> Option<Arc<str>> {
        let number = self.caller_number();
        match number.kind() {
            Kind::Mobile
            | Kind::Landline
            | Kind::Local
            | Kind::Service
            | Kind::Hotline
            | Kind::International
            | Kind::Unknown => Some(number.digits().into()),
            Kind::Withheld | Kind::Unreadable => None,
        }
    }

    /// How to dial the caller for a call back, if the number can be called.
    pub(super) fn call_back_dial(&self) -> Option<Dial> {
        let number = self.caller_number();
        matches!(number.kind(), Kind::Mobile | Kind::Landline).then_some(())?;
        Dial::phone(number.digits()).ok()
    }

    /// Where the caller is, as far as the number tells.
    pub(super) fn caller_location(&self) -> number::Location {
        self.number_regions.unwrap_or_else(|| NumberRegions::built_in()).locate(&self.caller_number())
    }

    /// A sentence in the hotline's voice, if the hotline has one.
    pub(super) fn spoken(&self, sentence: impl FnOnce(Speaker) -> Vec<Piece>) -> Option<Prompt> {
        let voice = &self.hotline?.voice;
        let pieces = sentence(voice.speaker());
        (voice.speaks() && !pieces.is_empty()).then(|| voice.prompt(&pieces))
    }

    /// Whether a table of hours is in this state now. A missing table is in no state.
    pub(super) fn is_in_hours(&self, (table, state): &(Arc<str>, Arc<str>)) -> bool {
        let hours = self.hotline.and_then(|hotline| hotline.hours.get(table));
        hours.is_some_and(|hours| hours.is(state, self.now, self.calendar))
    }

    /// The name of a recording of this call: hotline, date in China, call.
    pub(super) fn recording_name(&self, mark: &str) -> Option<RecordingName> {
        let hotline = &self.hotline?.number;
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let call: String = self.state.id.to_string().chars().map(safe).collect();
        let day = self.state.arrived.china_date();
        RecordingName::new(&format!("{hotline}/{day}/{call}{mark}.wav")).ok()
    }

    fn next_id(&mut self) -> CommandId {
        self.state.last_command += 1;
        CommandId { call: self.state.id.clone(), number: self.state.last_command }
    }

    /// Sends a command to the switch of the call. The result comes back under the returned number.
    pub(super) fn send(&mut self, action: Action) -> u32 {
        let id = self.next_id();
        let number = id.number;
        self.out.push(Command::Switch { switch: self.state.switch.clone(), id, action });
        number
    }

    /// Sends a request to the ACD. The reply comes back under the returned number.
    pub(super) fn request(&mut self, request: AcdRequest) -> u32 {
        let id = self.next_id();
        let number = id.number;
        self.out.push(Command::Acd { id, request });
        number
    }

    pub(super) fn note(&mut self, note: Note) {
        self.out.push(Command::Note { call: self.state.id.clone(), note });
    }

    pub(super) fn set_timer(&mut self, timer: Timer, after: Millis) {
        self.state.timers.set(timer, self.now + after);
    }

    pub(super) fn clear_timer(&mut self, timer: Timer) {
        self.state.timers.clear(timer);
    }

    /// Plays a prompt to the caller in place of the present one.
    pub(super) fn play(&mut self, prompt: Prompt, repeat: bool) {
        self.stop();
        let leg = self.state.caller_leg.clone();
        let command = self.send(Action::Play { leg, prompt: prompt.clone(), repeat });
        self.state.sound = Some(Sound { command, prompt: Some(prompt), repeat, since: self.now });
    }

    /// Plays a prompt to the caller over and over. If that prompt plays already, it goes on without a break.
    pub(super) fn play_continuously(&mut self, prompt: Prompt) {
        let plays = |sound: &Sound| sound.repeat && sound.prompt.as_ref() == Some(&prompt);
        if !self.state.sound.as_ref().is_some_and(plays) {
            self.play(prompt, true);
        }
    }

    /// Plays silence to the caller and lets the switch report keys.
    pub(super) fn listen(&mut self, time: Millis) {
        self.stop();
        let leg = self.state.caller_leg.clone();
        let command = self.send(Action::Listen { leg, time });
        self.state.sound = Some(Sound { command, prompt: None, repeat: false, since: self.now });
    }

    /// Stops what the caller hears.
    pub(super) fn stop(&mut self) {
        self.clear_timer(Timer::Silence);
        if self.state.sound.take().is_some() {
            let leg = self.state.caller_leg.clone();
            self.send(Action::Stop { leg });
        }
    }

    /// Plays the caller's prompt again, because after a lost link nobody knows whether it still plays.
    pub(super) fn replay(&mut self) {
        if let Some(Sound { prompt: Some(prompt), repeat, .. }) = self.state.sound.clone() {
            self.play(prompt, repeat);
        }
    }

    /// Postpones the dialplan's fallback, and sets the timer for the next time.
    pub(super) fn keep_fallback(&mut self) {
        const RENEWALS_MISSED_MAX: u64 = 2;
        if self.state.caller_gone.is_some() {
            return;
        }
        let leg = self.state.caller_leg.clone();
        self.send(Action::KeepFallback { leg, after: self.fallback_after });
        self.set_timer(Timer::Fallback, Millis(self.fallback_after.0 / (RENEWALS_MISSED_MAX + 1)));
    }

    /// Cancels the dialplan's fallback: the caller is served.
    pub(super) fn cancel_fallback(&mut self) {
        let leg = self.state.caller_leg.clone();
        self.send(Action::CancelFallback { leg });
        self.clear_timer(Timer::Fallback);
    }

    /// The bridge replaces the ringback. Its end is no failure, and the caller waits no longer.
    pub(super) fn end_ringback(&mut self) {
        self.state.sound = None;
        self.clear_timer(Timer::Silence);
        self.clear_timer(Timer::Wait);
        self.cancel_fallback();
    }

    /// Withdraws every open claim for an agent's line.
    pub(super) fn abandon_claims(&mut self) {
        for claim in std::mem::take(&mut self.state.open_claims) {
            self.request(AcdRequest::Abandon { claim });
        }
        self.clear_timer(Timer::Acd);
    }

    /// Gives the line of the attempt back, once.
    pub(super) fn release_line(&mut self, attempt_ix: AttemptIx) {
        let Some(attempt) = self.state.attempts.get_mut(attempt_ix).filter(|attempt| attempt.has_line) else {
            return;
        };
        attempt.has_line = false;
        let talked = attempt.outcome == Some(AttemptOutcome::Talked);
        let rest = if talked {
            attempt.wrap_up
        } else if matches!(attempt.outcome, Some(AttemptOutcome::CallerLeft | AttemptOutcome::LostRace)) {
            Millis(0)
        } else {
            attempt.retry
        };
        let claim = attempt.claim;
        self.request(AcdRequest::Release { claim, talked, rest });
    }

    /// Rings the agent of the attempt. Returns how long the agent may ring; `None` if the agent is unknown.
    pub(super) fn ring_agent(&mut self, attempt_ix: AttemptIx) -> Option<Millis> {
        let hotline = self.hotline?;
        let agent = hotline.agents.get(usize::from(self.state.attempts.get(attempt_ix)?.agent_ix))?;
        let leg = seeded_random::agent_leg_id(self.state.seed, attempt_ix);
        let shown: Arc<str> = match hotline.shows {
            Shows::Hotline => hotline.number.clone(),
            Shows::Caller => number::shown(&self.state.caller).into(),
        };
        let number = self.send(Action::Ring {
            leg: leg.clone(),
            call: self.state.id.clone(),
            dial: agent.dial.clone(),
            ring_time: Millis(agent.ring_time.0 + SWITCH_RING_SPARE.0),
            shown,
        });
        if let Some(attempt) = self.state.attempts.get_mut(attempt_ix) {
            attempt.leg = Some(leg);
            attempt.ring = Some(number);
            attempt.advance_to(AttemptPhase::Calling);
        }
        self.note(Note::Ringing { agent: agent.id.clone() });
        Some(agent.ring_time)
    }

    /// The agent of the attempt.
    pub(super) fn agent(&self, attempt_ix: AttemptIx) -> Option<&'a Agent> {
        self.hotline?.agents.get(usize::from(self.state.attempts.get(attempt_ix)?.agent_ix))
    }

    /// The leg of the attempt.
    pub(super) fn agent_leg(&self, attempt_ix: AttemptIx) -> Option<LegId> {
        self.state.attempts.get(attempt_ix).and_then(|attempt| attempt.leg.clone())
    }

    /// Ends the attempt with this outcome; the agent's leg gets the cause.
    pub(super) fn end_attempt(&mut self, attempt_ix: AttemptIx, outcome: AttemptOutcome, cause: Cause) {
        let Some(attempt) = self.state.attempts.get_mut(attempt_ix).filter(|attempt| attempt.is_alive())
        else {
            return;
        };
        if attempt.ending.is_some() {
            return;
        }
        attempt.ending = Some(cause);
        self.conclude_attempt(attempt_ix, outcome);
        self.hang_up_attempt(attempt_ix);
    }

    /// Sets the outcome of the attempt and notes it. The first outcome holds.
    fn conclude_attempt(&mut self, attempt_ix: AttemptIx, outcome: AttemptOutcome) {
        let now = self.now;
        let Some(attempt) = self.state.attempts.get_mut(attempt_ix) else { return };
        let (agent, known) = (attempt.agent.clone(), attempt.outcome);
        attempt.conclude(outcome, now);
        if known.is_none() {
            self.note(Note::Attempt { agent, outcome });
        }
    }

    /// Adds an attempt for an agent none of whose lines is free.
    pub(super) fn record_no_line(&mut self, agent_ix: u16) {
        let Some(agent) = self.hotline.and_then(|hotline| hotline.agents.get(usize::from(agent_ix))) else {
            return;
        };
        self.state.attempts.push(Attempt::without_a_line(agent, agent_ix, self.now));
        self.note(Note::Attempt { agent: agent.id.clone(), outcome: AttemptOutcome::LinesTaken });
    }

    /// Orders the switch, again if necessary, to hang up the leg of an attempt that shall end.
    pub(super) fn hang_up_attempt(&mut self, attempt_ix: AttemptIx) {
        let Some(attempt) = self.state.attempts.get(attempt_ix) else { return };
        match (&attempt.leg, attempt.ending) {
            (Some(leg), Some(cause)) if attempt.is_alive() => {
                let leg = leg.clone();
                let number = self.send(Action::HangUp { leg, cause });
                self.state.attempts[attempt_ix].hang_up = Some(number);
                self.set_timer(Timer::Ending, ENDING_RETRY);
            }
            (None, Some(_)) => self.close_attempt(attempt_ix, AttemptOutcome::Failed),
            (Some(_) | None, Some(_) | None) => {}
        }
    }

    /// Hangs up, once more, the leg of every attempt that shall end and has not.
    pub(super) fn hang_up_attempts(&mut self) {
        for attempt_ix in 0..self.state.attempts.len() {
            self.hang_up_attempt(attempt_ix);
        }
    }

    /// The attempt has no leg any more. The outcome holds if none is known yet.
    pub(super) fn close_attempt(&mut self, attempt_ix: AttemptIx, outcome: AttemptOutcome) {
        let Some(attempt) = self.state.attempts.get_mut(attempt_ix).filter(|attempt| attempt.is_alive())
        else {
            return;
        };
        attempt.phase = AttemptPhase::Ended;
        self.conclude_attempt(attempt_ix, outcome);
        self.release_line(attempt_ix);
    }

    /// Caller and agent are bridged. A switch may bridge before it answers the caller (FreeSWITCH's CHANNEL_BRIDGE
    /// does not wait for the answer); the talk begins when the switch has done both.
    pub(super) fn begin_talk(&mut self, attempt_ix: AttemptIx) {
        if self.state.answered.is_none() {
            return;
        }
        self.state.talk.get_or_insert(self.now);
        if let Some(attempt) = self.state.attempts.get_mut(attempt_ix) {
            attempt.outcome.get_or_insert(AttemptOutcome::Talked);
        }
    }

    /// Sets how the call ended. The first result holds.
    pub(super) fn conclude(&mut self, outcome: Outcome, by: EndedBy, cause: Cause) {
        self.state.ended.get_or_insert(CallEnd { at: self.now, outcome, by, cause });
    }

    /// Sets how the call ended at the end of its flow, from what happened before. Returns the cause that fits best.
    pub(super) fn conclude_by_flow(&mut self, cause: Option<Cause>) -> Cause {
        let (outcome, by, known) = self.outcome_by_flow();
        let cause = cause.unwrap_or(known);
        self.conclude(outcome, by, cause);
        cause
    }

    fn outcome_by_flow(&self) -> (Outcome, EndedBy, Cause) {
        let record_fields = &self.state.record_fields;
        if let Some((_, by)) = self.state.talk_ended {
            return (Outcome::Answered, by, Cause::Normal);
        }
        let (outcome, cause) = if record_fields.refused.is_some() {
            (Outcome::Refused, Cause::Rejected)
        } else if record_fields.message.is_some() {
            (Outcome::Message, Cause::Normal)
        } else if record_fields.hunted {
            (Outcome::Unanswered, self.failure_cause(0))
        } else {
            (Outcome::Served, Cause::Normal)
        };
        (outcome, EndedBy::Hotline, cause)
    }

    /// The cause that fits best for all attempts from this one on together.
    pub(super) fn failure_cause(&self, from: AttemptIx) -> Cause {
        let outcomes = || self.state.attempts.iter().skip(from).filter_map(|attempt| attempt.outcome);
        let is_busy = |outcome| matches!(outcome, AttemptOutcome::Busy | AttemptOutcome::LinesTaken);
        let is_unreachable =
            |outcome| matches!(outcome, AttemptOutcome::Unreachable | AttemptOutcome::Failed);
        if outcomes().next().is_none() || outcomes().all(is_unreachable) {
            Cause::Unreachable
        } else if outcomes().all(|outcome| is_busy(outcome) || is_unreachable(outcome)) {
            Cause::Busy
        } else {
            Cause::NoAnswer
        }
    }
}
