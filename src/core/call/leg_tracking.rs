//! Leg tracking: every report about a call updates the state of the call here before the stage gets it. What must hold
//! in every stage (the caller left, a leg is gone, a prompt ended) is decided in this one place.

use super::attempt::{Attempt, AttemptIx, AttemptPhase, outcome_of};
use super::call::{Call, CallEnv, CallStatus, Stage};
use super::call_state::Sound;
use super::candidates;
use super::timer::Timer;
use super::transition::{AcdEvent, AgentEvent, CallerEvent, StageEvent, Transition};
use super::walk;
use crate::command::{AcdRequest, Action, Note};
use crate::event::{AcdReply, Cause, CommandResult, LegEvent};
use crate::id::{LegId, LineId};
use crate::prompt::{Prompt, Tone};
use crate::record::{AttemptOutcome, EndedBy, Outcome};
use crate::time::Millis;

/// How long after the end of a repeated prompt the event that explains it may come.
const SOUND_END_REASON_TIME_MAX: Millis = Millis(100);
/// How long a repeated prompt must have played to be played again. A shorter time means that the file probably has no
/// sound.
const REPEATED_PROMPT_TIME_MIN: Millis = Millis(500);

impl Call {
    /// A report about one of the call's legs.
    pub(super) fn on_leg(&mut self, leg: &LegId, report: &LegEvent, env: &mut CallEnv) -> CallStatus {
        if *leg == self.state.caller_leg {
            return self.on_caller(report, env);
        }
        self.attempt_of_leg(leg)
            .map_or(CallStatus::Alive, |attempt_ix| self.on_agent(attempt_ix, report, env))
    }

    fn on_caller(&mut self, report: &LegEvent, env: &mut CallEnv) -> CallStatus {
        match report {
            LegEvent::HungUp { cause, far_end } => self.caller_gone(*cause, *far_end, env),
            LegEvent::Left => self.caller_diverted(env),
            LegEvent::Bridged { peer } => match self.attempt_of_leg(peer) {
                Some(attempt_ix) => self.bridged(attempt_ix, env),
                None => CallStatus::Alive,
            },
            LegEvent::Unbridged { .. } => self.dispatch(StageEvent::Caller(CallerEvent::Unbridged), env),
            LegEvent::Digit(digit) => self.dispatch(StageEvent::Caller(CallerEvent::Digit(*digit)), env),
            LegEvent::Answered => {
                self.state.answered.get_or_insert(env.now);
                self.dispatch(StageEvent::Caller(CallerEvent::Answered), env)
            }
            LegEvent::Parked => self.dispatch(StageEvent::Caller(CallerEvent::Parked), env),
            LegEvent::Created | LegEvent::Ringing { .. } => CallStatus::Alive,
            LegEvent::Renamed { .. } => CallStatus::Alive,
        }
    }

    /// Caller and agent are bridged, so the agent answered, whether that was reported or not.
    fn bridged(&mut self, attempt_ix: AttemptIx, env: &mut CallEnv) -> CallStatus {
        let attempt = &mut self.state.attempts[attempt_ix];
        if attempt.ending.is_none() {
            attempt.answered.get_or_insert(env.now);
            attempt.advance_to(AttemptPhase::Ready);
        }
        self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Bridged), env)
    }

    pub(super) fn attempt_of_leg(&self, leg: &LegId) -> Option<AttemptIx> {
        self.state.attempts.iter().position(|attempt| attempt.leg.as_ref() == Some(leg))
    }

    fn caller_gone(&mut self, cause: Cause, hung_up: bool, env: &mut CallEnv) -> CallStatus {
        if self.state.caller_gone.is_some() {
            return CallStatus::Alive;
        }
        self.state.caller_gone = Some(env.now);
        if let Stage::CallBack(call_back) = &self.stage
            && call_back.expects_hang_up()
        {
            return self.dispatch(StageEvent::Caller(CallerEvent::Gone), env);
        }
        self.record_interrupted_stage(env);
        if hung_up && cause == Cause::Cancelled {
            self.undo_answer();
        }
        super::walk::after_hang_up(&mut self.context(env));
        let record_fields = &self.state.record_fields;
        let outcome = match (self.state.talk, &record_fields.message, record_fields.refused, hung_up) {
            (Some(_), _, _, _) => Outcome::Answered,
            (None, Some(_), _, _) => Outcome::Message,
            (None, None, Some(_), _) => Outcome::Refused,
            (None, None, None, true) => Outcome::Abandoned,
            (None, None, None, false) => Outcome::Lost,
        };
        let by = if hung_up { EndedBy::Caller } else { EndedBy::Switch };
        let by = self.state.talk_ended.map_or(by, |(_, by)| by);
        self.context(env).conclude(outcome, by, cause);
        self.end(StageEvent::Caller(CallerEvent::Gone), cause, env)
    }

    /// Records what the stage has so far, because the caller is gone or about to be sent away.
    fn record_interrupted_stage(&mut self, env: &mut CallEnv) {
        if let Stage::Voicemail(voicemail) = &self.stage {
            voicemail.clone().caller_gone(&mut self.context(env));
        } else if let Stage::Queue(queue) = &self.stage {
            queue.clone().caller_gone(&mut self.context(env));
        }
    }

    /// The caller cancelled, and only a leg that was not answered can be cancelled. A switch may report the answer and
    /// the bridge before the caller's side has received the answer. A caller who cancels in that instant gets a 487,
    /// never heard the agent and is charged nothing.
    fn undo_answer(&mut self) {
        if self.state.ended.is_some() {
            return;
        }
        self.state.answered = None;
        self.state.talk = None;
        let talked = |attempt: &&mut Attempt| attempt.outcome == Some(AttemptOutcome::Talked);
        for attempt in self.state.attempts.iter_mut().filter(talked) {
            attempt.outcome = Some(AttemptOutcome::CallerLeft);
        }
    }

    /// The caller's leg went elsewhere without a command: to the dialplan's fallback, or by a person at the switch.
    fn caller_diverted(&mut self, env: &mut CallEnv) -> CallStatus {
        let is_expected = matches!(self.stage, Stage::Connect(_) | Stage::Talk(_) | Stage::Ending(_));
        if is_expected || self.state.caller_gone.is_some() {
            return CallStatus::Alive;
        }
        self.state.caller_gone = Some(env.now);
        self.record_interrupted_stage(env);
        let (outcome, by) = match self.state.talk_ended {
            Some((_, by)) => (Outcome::Answered, by),
            None => (Outcome::Fallback, EndedBy::Switch),
        };
        self.context(env).conclude(outcome, by, Cause::Normal);
        self.end(StageEvent::Caller(CallerEvent::Gone), Cause::Normal, env)
    }

    /// Nothing is left to decide: the call ends from whatever stage it is in.
    fn end(&mut self, event: StageEvent, cause: Cause, env: &mut CallEnv) -> CallStatus {
        if let Stage::Ending(_) = self.stage {
            return self.dispatch(event, env);
        }
        let from = self.stage();
        self.take_transition(Some(from), Transition::Ending { cause }, env)
    }

    fn on_agent(&mut self, attempt_ix: AttemptIx, report: &LegEvent, env: &mut CallEnv) -> CallStatus {
        let now = env.now;
        let Some(attempt) = self.state.attempts.get_mut(attempt_ix).filter(|attempt| attempt.is_alive())
        else {
            return CallStatus::Alive;
        };
        let is_ending = attempt.ending.is_some();
        let (advanced, event) = match report {
            LegEvent::Created => (attempt.advance_to(AttemptPhase::Created), None),
            LegEvent::Ringing { .. } => {
                attempt.ringing.get_or_insert(now);
                (attempt.advance_to(AttemptPhase::Ringing), None)
            }
            LegEvent::Answered => {
                attempt.answered.get_or_insert(now);
                (
                    attempt.advance_to(AttemptPhase::Answered),
                    Some(StageEvent::Agent(attempt_ix, AgentEvent::Answered)),
                )
            }
            LegEvent::Parked => (
                attempt.advance_to(AttemptPhase::Ready),
                Some(StageEvent::Agent(attempt_ix, AgentEvent::Ready)),
            ),
            LegEvent::HungUp { cause, far_end } => {
                attempt.agent_hung_up = *far_end;
                let outcome =
                    if attempt.answered.is_some() { AttemptOutcome::Dropped } else { outcome_of(*cause) };
                self.context(env).close_attempt(attempt_ix, outcome);
                return self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Gone), env);
            }
            // A switch may report the bridge for either leg.
            LegEvent::Bridged { peer } if *peer == self.state.caller_leg => {
                return self.bridged(attempt_ix, env);
            }
            LegEvent::Unbridged { peer } if *peer == self.state.caller_leg => {
                return self.dispatch(StageEvent::Caller(CallerEvent::Unbridged), env);
            }
            LegEvent::Bridged { .. } | LegEvent::Unbridged { .. } => return CallStatus::Alive,
            LegEvent::Digit(digit) if !is_ending => {
                return self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Digit(*digit)), env);
            }
            LegEvent::Renamed { .. } | LegEvent::Left | LegEvent::Digit(_) => return CallStatus::Alive,
        };
        if is_ending && advanced {
            // The switch made the leg after the order to hang up: hang up again.
            self.context(env).hang_up_attempt(attempt_ix);
            return CallStatus::Alive;
        }
        match event {
            Some(event) if advanced => self.dispatch(event, env),
            Some(_) | None => CallStatus::Alive,
        }
    }

    /// The switch gave a leg of the call another name.
    pub(super) fn rename(&mut self, from: &LegId, to: &LegId) {
        let agents = self.state.attempts.iter_mut().filter_map(|attempt| attempt.leg.as_mut());
        for leg in std::iter::once(&mut self.state.caller_leg).chain(agents).filter(|leg| *leg == from) {
            *leg = to.clone();
        }
    }

    /// A command of the call ended.
    pub(super) fn on_done(&mut self, number: u32, result: &CommandResult, env: &mut CallEnv) -> CallStatus {
        if self.state.sound.as_ref().is_some_and(|sound| sound.command == number) {
            return match result {
                // The prompt may still play. It is played again when the link is back.
                CommandResult::Unknown => CallStatus::Alive,
                // The caller's hang-up is on its way, and tells more than this result.
                CommandResult::NoSuchLeg => CallStatus::Alive,
                CommandResult::Ok => self.on_sound_ended(true, env),
                CommandResult::Failed(_) => self.on_sound_ended(false, env),
            };
        }
        if *result == CommandResult::NoSuchLeg {
            return self.no_such_leg(number, env);
        }
        let cause = match result {
            CommandResult::Unknown => return CallStatus::Alive,
            CommandResult::Ok => return self.dispatch(StageEvent::CommandDone(number, true), env),
            CommandResult::Failed(cause) => *cause,
            CommandResult::NoSuchLeg => Cause::Other,
        };
        if let Some(attempt_ix) = self.state.attempts.iter().position(|attempt| attempt.ring == Some(number))
        {
            return self.on_agent(attempt_ix, &LegEvent::HungUp { cause, far_end: false }, env);
        }
        self.dispatch(StageEvent::CommandDone(number, false), env)
    }

    /// The leg that shall be hung up does not exist: it ended without a report, or the switch has not made it yet (an
    /// agent's leg that never reported).
    fn no_such_leg(&mut self, number: u32, env: &mut CallEnv) -> CallStatus {
        if self.state.hang_up == Some(number) {
            return self.caller_gone(Cause::Other, false, env);
        }
        let is_gone =
            |attempt: &Attempt| attempt.hang_up == Some(number) && attempt.phase >= AttemptPhase::Created;
        match self.state.attempts.iter().position(is_gone) {
            Some(attempt_ix) => {
                self.on_agent(attempt_ix, &LegEvent::HungUp { cause: Cause::Other, far_end: false }, env)
            }
            None => self.dispatch(StageEvent::CommandDone(number, false), env),
        }
    }

    /// The caller's prompt ended. After a single prompt the stage goes on. A repeated prompt is played again, unless
    /// it was too short or was not played at all.
    fn on_sound_ended(&mut self, played: bool, env: &mut CallEnv) -> CallStatus {
        let Some(sound) = self.state.sound.as_ref() else { return CallStatus::Alive };
        if !sound.repeat {
            let sound = self.state.sound.take();
            if let (false, Some(Sound { prompt: Some(prompt), .. })) = (played, sound) {
                self.context(env).note(Note::SoundFailed { prompt });
            }
            return self.dispatch(StageEvent::SoundEnded, env);
        }
        if played && env.now.since(sound.since) >= REPEATED_PROMPT_TIME_MIN {
            let again = self.state.sound.take();
            if let Some(Sound { prompt: Some(prompt), .. }) = again {
                self.context(env).play(prompt, true);
            }
            return CallStatus::Alive;
        }
        self.context(env).set_timer(Timer::Silence, SOUND_END_REASON_TIME_MAX);
        CallStatus::Alive
    }

    /// The repeated prompt cannot be played. The caller hears a tone instead, which needs no file. If even the tone
    /// fails, nothing more is tried.
    fn replace_sound(&mut self, env: &mut CallEnv) {
        let tone = Prompt::Tone(Tone::Ringing);
        let sound = self.state.sound.take().filter(|sound| sound.prompt.as_ref() != Some(&tone));
        let Some(Sound { prompt: Some(prompt), .. }) = sound else { return };
        let mut cx = self.context(env);
        cx.note(Note::SoundFailed { prompt });
        cx.play(tone, true);
    }

    /// The ACD replied.
    pub(super) fn on_acd_reply(&mut self, number: u32, reply: &AcdReply, env: &mut CallEnv) -> CallStatus {
        let event = match reply {
            AcdReply::Claimed { line } => return self.claimed(number, line, env),
            AcdReply::Refused if !self.close_claim(number) => return CallStatus::Alive,
            AcdReply::Refused => AcdEvent::Refused,
            AcdReply::Waiting(place) => AcdEvent::Waiting(*place),
            AcdReply::Admitted { room, recent } => AcdEvent::Admitted { room: *room, recent: *recent },
            AcdReply::CodeSeen { times, first } => AcdEvent::CodeSeen { times: *times, first: *first },
        };
        self.dispatch(StageEvent::Acd(number, event), env)
    }

    /// Closes an open claim, and returns whether it was open.
    fn close_claim(&mut self, number: u32) -> bool {
        let open = self.state.open_claims.len();
        self.state.open_claims.retain(|claim| *claim != number);
        self.state.open_claims.len() < open
    }

    /// The ACD gave a line. A line without an open claim goes back.
    fn claimed(&mut self, number: u32, line: &LineId, env: &mut CallEnv) -> CallStatus {
        let is_known = self.state.attempts.iter().any(|attempt| attempt.has_line && attempt.claim == number);
        if is_known {
            return CallStatus::Alive;
        }
        let was_open = self.close_claim(number);
        let mut cx = self.context(env);
        let agent = candidates::agent_of_line(line, &cx);
        let (true, Some((agent_ix, agent))) = (was_open, agent) else {
            cx.request(AcdRequest::Release { claim: number, talked: false, rest: Millis(0) });
            return CallStatus::Alive;
        };
        let mut attempt = Attempt::new(agent, agent_ix, number, cx.now);
        if let Some(group) = cx.reach().and_then(|reach| candidates::group(reach, &cx)) {
            attempt.wrap_up = group.wrap_up;
            attempt.retry = if cx.is_at_queue() { group.retry } else { Millis(0) };
        }
        cx.state.search.untried.retain(|untried| *untried != agent_ix);
        cx.state.attempts.push(attempt);
        let attempt_ix = cx.state.attempts.len() - 1;
        self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Claimed), env)
    }

    /// Handles every timer that is due. While the link is down, none is.
    pub(super) fn on_due(&mut self, env: &mut CallEnv) -> CallStatus {
        /// More timers in one instant than kinds of timers would mean that a timer sets itself.
        const DUE_AT_ONCE_MAX: usize = 32;
        for _ in 0..DUE_AT_ONCE_MAX {
            if !self.state.linked {
                return CallStatus::Alive;
            }
            let Some(timer) = self.state.timers.take_due(env.now) else { return CallStatus::Alive };
            let status = match timer {
                Timer::Fallback => {
                    self.context(env).keep_fallback();
                    CallStatus::Alive
                }
                Timer::Silence => {
                    self.replace_sound(env);
                    CallStatus::Alive
                }
                Timer::Ending if !matches!(self.stage, Stage::Ending(_)) => {
                    self.hang_up_again(env);
                    self.dispatch(StageEvent::Due(Timer::Ending), env)
                }
                other => self.dispatch(StageEvent::Due(other), env),
            };
            if let CallStatus::Ended = status {
                return CallStatus::Ended;
            }
        }
        CallStatus::Alive
    }

    /// Hangs up, once more, every leg that shall end and has not.
    pub(super) fn hang_up_again(&mut self, env: &mut CallEnv) {
        self.context(env).hang_up_attempts();
        if let Stage::Ending(ending) = &self.stage {
            ending.clone().hang_up_caller(&mut self.context(env));
        }
    }

    /// The daemon shuts down. A caller in talk stays in talk; a caller whose talk is over is released; any other
    /// caller goes to the dialplan's fallback. The record is written at once, since no daemon will see how the call
    /// ends.
    pub(super) fn hand_over(&mut self, env: &mut CallEnv) {
        let from = self.stage();
        match self.stage {
            Stage::Ending(_) => {}
            Stage::Talk(_) => {
                let mut cx = self.context(env);
                cx.conclude(Outcome::Answered, EndedBy::Hotline, Cause::Normal);
                // No daemon is left for the flow after the talk. The next daemon would take the leg that the switch
                // keeps for a new caller.
                if walk::after_talk(&cx).is_some() {
                    let leg = cx.state.caller_leg.clone();
                    cx.send(Action::LetGo { leg });
                }
            }
            Stage::Admission(_)
            | Stage::Announce(_)
            | Stage::Menu(_)
            | Stage::Verify(_)
            | Stage::Hunt(_)
            | Stage::Queue(_)
            | Stage::CallBack(_)
            | Stage::Whisper(_)
            | Stage::Connect(_)
            | Stage::Survey(_)
            | Stage::Voicemail(_)
            | Stage::Closing(_) => {
                self.record_interrupted_stage(env);
                let talk_ended = self.state.talk_ended;
                let is_away = matches!(&self.stage, Stage::CallBack(call_back) if call_back.caller_is_away());
                let mut cx = self.context(env);
                if let Some((_, by)) = talk_ended {
                    cx.conclude(Outcome::Answered, by, Cause::Normal);
                } else if is_away {
                    cx.conclude(Outcome::Unanswered, EndedBy::Hotline, Cause::Normal);
                } else {
                    cx.conclude(Outcome::Fallback, EndedBy::Hotline, Cause::Normal);
                    cx.state.caller_gone = Some(cx.now);
                    let leg = cx.state.caller_leg.clone();
                    cx.send(Action::ToFallback { leg });
                }
                if let CallStatus::Ended = self.end(StageEvent::Caller(CallerEvent::Gone), Cause::Normal, env)
                {
                    return;
                }
            }
        }
        self.finish(Some(from), env);
    }
}
