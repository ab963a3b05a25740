//! What a stage can see and do: the call's own facts, and the commands it may give.

use super::attempt::{Attempt, Nth, Phase};
use super::call_state::{Ended, Facts, Sound};
use super::seeded;
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

/// What the switch's own ring time-out is longer than ours: it counts in whole seconds and may be a second
/// early, and it shall act only when we do not.
pub(super) const SWITCH_RING_SPARE: Millis = Millis::seconds(2);

/// How long to wait for a leg to be gone before it is hung up again.
pub(super) const ENDING_RETRY: Millis = Millis::seconds(1);

/// The hands of a stage.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    /// How long the switch waits for a word from us before it serves the caller itself.
    pub(super) fallback_after: Millis,
    pub(super) calendar: &'a Calendar,
    /// Where numbers are from; without one, the table that is built in says it.
    pub(super) atlas: Option<&'a NumberRegions>,
    pub(super) hotline: Option<&'a Arc<Hotline>>,
    pub(super) facts: &'a mut Facts,
    pub(super) out: &'a mut Vec<Command>,
}

impl<'a> Context<'a> {
    /// The node of the flow where the call is.
    pub(super) fn node(&self) -> Option<&'a Node> {
        self.hotline?.flow.node(self.facts.node)
    }

    /// How agents are reached from the node where the call is.
    pub(super) fn reach(&self) -> Option<&'a Reach> {
        match &self.node()?.kind {
            NodeKind::Group(reach) => Some(reach),
            NodeKind::Queue(queue) => Some(&queue.reach),
            NodeKind::Hours { .. }
            | NodeKind::Area { .. }
            | NodeKind::Access(_)
            | NodeKind::Menu(_)
            | NodeKind::Collect(_)
            | NodeKind::Extension(_)
            | NodeKind::Play(_)
            | NodeKind::Voicemail(_)
            | NodeKind::Survey(_)
            | NodeKind::VerifyCode(_)
            | NodeKind::Set(_)
            | NodeKind::Goto
            | NodeKind::HangUp { .. } => None,
        }
    }

    /// Whether the node where the call is lets callers wait in turn.
    pub(super) fn is_queue(&self) -> bool {
        matches!(self.node().map(|node| &node.kind), Some(NodeKind::Queue(_)))
    }

    /// The caller's number in its one form.
    pub(super) fn number(&self) -> number::Number {
        number::normalise(&self.facts.caller, self.hotline.and_then(|hotline| hotline.home))
    }

    /// The name under which the store remembers the caller; none who gives no number.
    pub(super) fn caller_key(&self) -> Option<Arc<str>> {
        let number = self.number();
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

    /// How the caller can be called back, if at all.
    pub(super) fn call_back_dial(&self) -> Option<Dial> {
        let number = self.number();
        matches!(number.kind(), Kind::Mobile | Kind::Landline).then_some(())?;
        Dial::phone(number.digits()).ok()
    }

    /// Where the caller is, as far as its number shows.
    pub(super) fn place(&self) -> number::Location {
        self.atlas.unwrap_or_else(|| NumberRegions::built_in()).locate(&self.number())
    }

    /// What the hotline's voice says, where it has one.
    pub(super) fn say(&self, words: impl FnOnce(Speaker) -> Vec<Piece>) -> Option<Prompt> {
        let voice = &self.hotline?.voice;
        let pieces = words(voice.speaker());
        (voice.speaks() && !pieces.is_empty()).then(|| voice.prompt(&pieces))
    }

    /// Whether a table of hours is in this state now. A table that is not there is in none.
    pub(super) fn is_hours(&self, (table, state): &(Arc<str>, Arc<str>)) -> bool {
        let hours = self.hotline.and_then(|hotline| hotline.hours.get(table));
        hours.is_some_and(|hours| hours.is(state, self.now, self.calendar))
    }

    /// The name of a recording of this call: hotline, day in China, call.
    pub(super) fn recording(&self, mark: &str) -> Option<RecordingName> {
        let hotline = &self.hotline?.number;
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let call: String = self.facts.id.to_string().chars().map(safe).collect();
        let day = self.facts.arrived.china_date();
        RecordingName::new(&format!("{hotline}/{day}/{call}{mark}.wav")).ok()
    }

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

    /// Asks the store; its answer comes back under the number.
    pub(super) fn ask(&mut self, request: AcdRequest) -> u32 {
        let id = self.next_id();
        let number = id.number;
        self.out.push(Command::Acd { id, request });
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
        self.stop();
        let leg = self.facts.leg.clone();
        let command = self.order(Action::Play { leg, prompt: prompt.clone(), repeat });
        self.facts.sound = Some(Sound { command, prompt: Some(prompt), repeat, since: self.now });
    }

    /// Lets the caller hear this over and over; if it does already, it goes on without a break.
    pub(super) fn keep_playing(&mut self, prompt: Prompt) {
        let plays = |sound: &Sound| sound.repeat && sound.prompt.as_ref() == Some(&prompt);
        if !self.facts.sound.as_ref().is_some_and(plays) {
            self.play(prompt, true);
        }
    }

    /// Lets the caller hear nothing, and hears its keys.
    pub(super) fn listen(&mut self, time: Millis) {
        self.stop();
        let leg = self.facts.leg.clone();
        let command = self.order(Action::Listen { leg, time });
        self.facts.sound = Some(Sound { command, prompt: None, repeat: false, since: self.now });
    }

    /// Stops what the caller hears.
    pub(super) fn stop(&mut self) {
        self.clear(Timer::Silence);
        if self.facts.sound.take().is_some() {
            let leg = self.facts.leg.clone();
            self.order(Action::Stop { leg });
        }
    }

    /// Lets the caller hear once more what it should be hearing: nobody knows whether it still does.
    pub(super) fn play_again(&mut self) {
        if let Some(Sound { prompt: Some(prompt), repeat, .. }) = self.facts.sound.clone() {
            self.play(prompt, repeat);
        }
    }

    /// Puts the dialplan's fallback off, and sees to it that this is repeated.
    pub(super) fn keep_fallback(&mut self) {
        const RENEWALS_MISSED_MAX: u64 = 2;
        if self.facts.gone.is_some() {
            return;
        }
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

    /// The talk takes the ringback's place: that it ends is no failure, and nobody waits any more.
    pub(super) fn end_ringback(&mut self) {
        self.facts.sound = None;
        self.clear(Timer::Silence);
        self.clear(Timer::Wait);
        self.cancel_fallback();
    }

    /// Wishes for no line any more.
    pub(super) fn forget_wishes(&mut self) {
        for claim in std::mem::take(&mut self.facts.wishes) {
            self.ask(AcdRequest::Abandon { claim });
        }
        self.clear(Timer::Store);
    }

    /// Gives the line back, once.
    pub(super) fn release(&mut self, nth: Nth) {
        let Some(attempt) = self.facts.attempts.get_mut(nth).filter(|attempt| attempt.has_line) else {
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
        self.ask(AcdRequest::Release { claim, talked, rest });
    }

    /// Calls the agent of the attempt; tells how long the agent may ring.
    pub(super) fn ring(&mut self, nth: Nth) -> Option<Millis> {
        let hotline = self.hotline?;
        let agent = hotline.agents.get(usize::from(self.facts.attempts.get(nth)?.at))?;
        let leg = seeded::leg(self.facts.seed, nth);
        let shown: Arc<str> = match hotline.shows {
            Shows::Hotline => hotline.number.clone(),
            Shows::Caller => number::shown(&self.facts.caller).into(),
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
        Some(agent.ring_time)
    }

    /// The agent of the attempt.
    pub(super) fn agent(&self, nth: Nth) -> Option<&'a Agent> {
        self.hotline?.agents.get(usize::from(self.facts.attempts.get(nth)?.at))
    }

    /// The leg of the attempt's agent.
    pub(super) fn agent_leg(&self, nth: Nth) -> Option<LegId> {
        self.facts.attempts.get(nth).and_then(|attempt| attempt.leg.clone())
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

    /// Enters an agent none of whose lines is free.
    pub(super) fn no_line(&mut self, at: u16) {
        let Some(agent) = self.hotline.and_then(|hotline| hotline.agents.get(usize::from(at))) else {
            return;
        };
        self.facts.attempts.push(Attempt::without_a_line(agent, at, self.now));
        self.note(Note::Attempt { agent: agent.id.clone(), outcome: AttemptOutcome::LinesTaken });
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

    /// Sets how the call ended where the flow comes to its end: by what came to light on the way. Gives back the
    /// cause that is nearest to the truth.
    pub(super) fn conclude_by_flow(&mut self, cause: Option<Cause>) -> Cause {
        let (outcome, by, known) = self.verdict();
        let cause = cause.unwrap_or(known);
        self.conclude(outcome, by, cause);
        cause
    }

    fn verdict(&self) -> (Outcome, EndedBy, Cause) {
        let findings = &self.facts.findings;
        if let Some((_, by)) = self.facts.parted {
            return (Outcome::Answered, by, Cause::Normal);
        }
        let (outcome, cause) = if findings.refused.is_some() {
            (Outcome::Refused, Cause::Rejected)
        } else if findings.message.is_some() {
            (Outcome::Message, Cause::Normal)
        } else if findings.hunted {
            (Outcome::Unanswered, self.nobody_came(0))
        } else {
            (Outcome::Served, Cause::Normal)
        };
        (outcome, EndedBy::Hotline, cause)
    }

    /// The reason that is nearest to the truth for all attempts from this one on together.
    pub(super) fn nobody_came(&self, from: Nth) -> Cause {
        let outcomes = || self.facts.attempts.iter().skip(from).filter_map(|attempt| attempt.outcome);
        let is_busy = |o| matches!(o, AttemptOutcome::Busy | AttemptOutcome::LinesTaken);
        let is_unreachable = |o| matches!(o, AttemptOutcome::Unreachable | AttemptOutcome::Failed);
        if outcomes().next().is_none() || outcomes().all(is_unreachable) {
            Cause::Unreachable
        } else if outcomes().all(|o| is_busy(o) || is_unreachable(o)) {
            Cause::Busy
        } else {
            Cause::NoAnswer
        }
    }
}
