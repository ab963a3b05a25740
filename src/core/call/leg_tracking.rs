//! The books of a call: what is reported about it is entered here before its stage hears of it, so that what
//! must hold in every stage (the caller left, a leg is gone, the sound stopped) is decided in one place.

use super::attempt::{Attempt, AttemptIx, AttemptPhase, outcome_of};
use super::call::{Call, CallEnv, CallStatus, Stage};
use super::call_state::Sound;
use super::candidates;
use super::timer::Timer;
use super::transition::{AcdEvent, AgentEvent, CallerEvent, StageEvent, Transition};
use super::walk;
use crate::command::{AcdRequest, Action, Note};
use crate::event::{AcdReply, Cause, CommandResult, LegEvent, LegState, LiveLeg};
use crate::id::{LegId, LineId};
use crate::prompt::{Prompt, Tone};
use crate::record::{AttemptOutcome, EndedBy, Outcome};
use crate::time::Millis;

/// How long a sound that ended by itself may be followed by the news that explains it.
const SILENCE_TIME_MAX: Millis = Millis(100);
/// How long a sound that shall be repeated must have been heard to be played again; a shorter one could be no sound
/// at all.
const REPEATED_TIME_MIN: Millis = Millis(500);

/// How often an agent is called within one search whose call was not heard of.
const CALLED_MAX: usize = 2;

impl Call {
    /// A report about one of the call's legs.
    pub(super) fn on_leg(&mut self, leg: &LegId, report: &LegEvent, env: &mut CallEnv) -> CallStatus {
        if *leg == self.state.caller_leg {
            return self.on_caller(report, env);
        }
        self.attempt_on(leg).map_or(CallStatus::Alive, |attempt_ix| self.on_agent(attempt_ix, report, env))
    }

    fn on_caller(&mut self, report: &LegEvent, env: &mut CallEnv) -> CallStatus {
        match report {
            LegEvent::HungUp { cause, far_end } => self.caller_gone(*cause, *far_end, env),
            LegEvent::Left => self.caller_left(env),
            LegEvent::Bridged { peer } => match self.attempt_on(peer) {
                Some(attempt_ix) => self.joined(attempt_ix, env),
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

    /// Whoever talks has answered, whether that was heard or not.
    fn joined(&mut self, attempt_ix: AttemptIx, env: &mut CallEnv) -> CallStatus {
        let attempt = &mut self.state.attempts[attempt_ix];
        if attempt.ending.is_none() {
            attempt.answered.get_or_insert(env.now);
            attempt.advance_to(AttemptPhase::Ready);
        }
        self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Bridged), env)
    }

    fn attempt_on(&self, leg: &LegId) -> Option<AttemptIx> {
        self.state.attempts.iter().position(|attempt| attempt.leg.as_ref() == Some(leg))
    }

    fn caller_gone(&mut self, cause: Cause, left: bool, env: &mut CallEnv) -> CallStatus {
        if self.state.caller_gone.is_some() {
            return CallStatus::Alive;
        }
        self.state.caller_gone = Some(env.now);
        if let Stage::CallBack(call_back) = &self.stage
            && call_back.expects_hang_up()
        {
            return self.dispatch(StageEvent::Caller(CallerEvent::Gone), env);
        }
        self.enter_until_now(env);
        if left && cause == Cause::Cancelled {
            self.never_answered();
        }
        super::walk::after_hang_up(&mut self.context(env));
        let record_fields = &self.state.record_fields;
        let outcome = match (self.state.talk, &record_fields.message, record_fields.refused, left) {
            (Some(_), _, _, _) => Outcome::Answered,
            (None, Some(_), _, _) => Outcome::Message,
            (None, None, Some(_), _) => Outcome::Refused,
            (None, None, None, true) => Outcome::Abandoned,
            (None, None, None, false) => Outcome::Lost,
        };
        let by = if left { EndedBy::Caller } else { EndedBy::Switch };
        let by = self.state.talk_ended.map_or(by, |(_, by)| by);
        self.context(env).conclude(outcome, by, cause);
        self.end(StageEvent::Caller(CallerEvent::Gone), cause, env)
    }

    /// The caller is gone, or about to be: what came of it until now is entered.
    fn enter_until_now(&mut self, env: &mut CallEnv) {
        if let Stage::Voicemail(voicemail) = &self.stage {
            voicemail.clone().caller_gone(&mut self.context(env));
        } else if let Stage::Queue(queue) = &self.stage {
            queue.clone().caller_gone(&mut self.context(env));
        }
    }

    /// Only a leg that was not answered can be cancelled. A switch may report that it answers, and that it joins,
    /// before the caller's end has heard of it: who cancels in that instant is refused (487), never heard the
    /// agent and is charged nothing.
    fn never_answered(&mut self) {
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

    /// The caller's leg went where we did not send it: the fallback has it, or somebody at the switch.
    fn caller_left(&mut self, env: &mut CallEnv) -> CallStatus {
        let ours = matches!(self.stage, Stage::Connect(_) | Stage::Talk(_) | Stage::Ending(_));
        if ours || self.state.caller_gone.is_some() {
            return CallStatus::Alive;
        }
        self.state.caller_gone = Some(env.now);
        self.enter_until_now(env);
        let (outcome, by) = match self.state.talk_ended {
            Some((_, by)) => (Outcome::Answered, by),
            None => (Outcome::Fallback, EndedBy::Switch),
        };
        self.context(env).conclude(outcome, by, Cause::Normal);
        self.end(StageEvent::Caller(CallerEvent::Gone), Cause::Normal, env)
    }

    /// Nothing is left to decide: from wherever it is, the call ends.
    fn end(&mut self, event: StageEvent, cause: Cause, env: &mut CallEnv) -> CallStatus {
        match self.stage {
            Stage::Ending(_) => self.dispatch(event, env),
            Stage::Admission(_)
            | Stage::Announce(_)
            | Stage::Menu(_)
            | Stage::Verify(_)
            | Stage::Hunt(_)
            | Stage::Queue(_)
            | Stage::CallBack(_)
            | Stage::Whisper(_)
            | Stage::Connect(_)
            | Stage::Talk(_)
            | Stage::Survey(_)
            | Stage::Voicemail(_)
            | Stage::Closing(_) => {
                let from = self.stage();
                self.take_transition(Some(from), Transition::Ending { cause }, env)
            }
        }
    }

    fn on_agent(&mut self, attempt_ix: AttemptIx, report: &LegEvent, env: &mut CallEnv) -> CallStatus {
        let now = env.now;
        let Some(attempt) = self.state.attempts.get_mut(attempt_ix).filter(|attempt| attempt.is_alive())
        else {
            return CallStatus::Alive;
        };
        let ending = attempt.ending.is_some();
        let (further, event) = match report {
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
            // Which of the two a switch names first is its own affair.
            LegEvent::Bridged { peer } if *peer == self.state.caller_leg => {
                return self.joined(attempt_ix, env);
            }
            LegEvent::Unbridged { peer } if *peer == self.state.caller_leg => {
                return self.dispatch(StageEvent::Caller(CallerEvent::Unbridged), env);
            }
            LegEvent::Bridged { .. } | LegEvent::Unbridged { .. } => return CallStatus::Alive,
            LegEvent::Digit(digit) if !ending => {
                return self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Digit(*digit)), env);
            }
            LegEvent::Renamed { .. } | LegEvent::Left | LegEvent::Digit(_) => return CallStatus::Alive,
        };
        if ending && further {
            // A leg that shall end and yet comes to life was made after it was told to end: tell it again.
            self.context(env).hang_up_attempt(attempt_ix);
            return CallStatus::Alive;
        }
        match event {
            Some(event) if further => self.dispatch(event, env),
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
                // It may well play on; when the link is back it is played again.
                CommandResult::Unknown => CallStatus::Alive,
                // The news that the caller is gone is on its way, and says more than this.
                CommandResult::NoSuchLeg => CallStatus::Alive,
                CommandResult::Ok => self.sound_ended(true, env),
                CommandResult::Failed(_) => self.sound_ended(false, env),
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

    /// What shall end is not there: gone without our hearing of it, or, for an agent's leg that never showed
    /// itself, not there yet.
    fn no_such_leg(&mut self, number: u32, env: &mut CallEnv) -> CallStatus {
        if self.state.hang_up == Some(number) {
            return self.caller_gone(Cause::Other, false, env);
        }
        let gone = |a: &Attempt| a.hang_up == Some(number) && a.phase >= AttemptPhase::Created;
        match self.state.attempts.iter().position(gone) {
            Some(attempt_ix) => {
                self.on_agent(attempt_ix, &LegEvent::HungUp { cause: Cause::Other, far_end: false }, env)
            }
            None => self.dispatch(StageEvent::CommandDone(number, false), env),
        }
    }

    /// A single sound may end, and then the stage goes on. One that shall be repeated is played again, unless it
    /// is too short to be true or was not played at all.
    fn sound_ended(&mut self, well: bool, env: &mut CallEnv) -> CallStatus {
        let Some(sound) = self.state.sound.as_ref() else { return CallStatus::Alive };
        if !sound.repeat {
            let sound = self.state.sound.take();
            if let (false, Some(Sound { prompt: Some(prompt), .. })) = (well, sound) {
                self.context(env).note(Note::SoundFailed { prompt });
            }
            return self.dispatch(StageEvent::SoundEnded, env);
        }
        if well && env.now.since(sound.since) >= REPEATED_TIME_MIN {
            let again = self.state.sound.take();
            if let Some(Sound { prompt: Some(prompt), .. }) = again {
                self.context(env).play(prompt, true);
            }
            return CallStatus::Alive;
        }
        self.context(env).set_timer(Timer::Silence, SILENCE_TIME_MAX);
        CallStatus::Alive
    }

    /// What should be repeated cannot be played: a tone needs no file, and if even that fails no more is tried.
    fn replace_sound(&mut self, env: &mut CallEnv) {
        let tone = Prompt::Tone(Tone::Ringing);
        let sound = self.state.sound.take().filter(|sound| sound.prompt.as_ref() != Some(&tone));
        let Some(Sound { prompt: Some(prompt), .. }) = sound else { return };
        let mut cx = self.context(env);
        cx.note(Note::SoundFailed { prompt });
        cx.play(tone, true);
    }

    /// The store answered.
    pub(super) fn on_store(&mut self, number: u32, answer: &AcdReply, env: &mut CallEnv) -> CallStatus {
        let news = match answer {
            AcdReply::Claimed { line } => return self.claimed(number, line, env),
            AcdReply::Refused if !self.close_claim(number) => return CallStatus::Alive,
            AcdReply::Refused => AcdEvent::Refused,
            AcdReply::Waiting(place) => AcdEvent::Waiting(*place),
            AcdReply::Admitted { room, recent } => AcdEvent::Admitted { room: *room, recent: *recent },
            AcdReply::CodeSeen { times, first } => AcdEvent::CodeSeen { times: *times, first: *first },
        };
        self.dispatch(StageEvent::Acd(number, news), env)
    }

    /// Whether this wish was still open; it is no longer.
    fn close_claim(&mut self, number: u32) -> bool {
        let open = self.state.open_claims.len();
        self.state.open_claims.retain(|claim| *claim != number);
        self.state.open_claims.len() < open
    }

    /// A line is ours. One that is not wished for any more goes back.
    fn claimed(&mut self, number: u32, line: &LineId, env: &mut CallEnv) -> CallStatus {
        let given = self.state.attempts.iter().any(|attempt| attempt.has_line && attempt.claim == number);
        if given {
            return CallStatus::Alive;
        }
        let was_open = self.close_claim(number);
        let mut cx = self.context(env);
        let found = candidates::agent_of_line(line, &cx);
        let (true, Some((at, agent))) = (was_open, found) else {
            cx.request(AcdRequest::Release { claim: number, talked: false, rest: Millis(0) });
            return CallStatus::Alive;
        };
        let mut attempt = Attempt::new(agent, at, number, cx.now);
        if let Some(group) = cx.reach().and_then(|reach| candidates::group(reach, &cx)) {
            attempt.wrap_up = group.wrap_up;
            attempt.retry = if cx.is_at_queue() { group.retry } else { Millis(0) };
        }
        cx.state.search.untried.retain(|left| *left != at);
        cx.state.attempts.push(attempt);
        let attempt_ix = cx.state.attempts.len() - 1;
        self.dispatch(StageEvent::Agent(attempt_ix, AgentEvent::Claimed), env)
    }

    /// Everything that is due by now. While the switch does not hear the call, nothing is.
    pub(super) fn on_due(&mut self, env: &mut CallEnv) -> CallStatus {
        /// More deadlines than kinds of deadline within one instant would mean that one sets itself.
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

    /// Once more tells the switch to end every leg that shall end and has not.
    fn hang_up_again(&mut self, env: &mut CallEnv) {
        self.context(env).hang_up_attempts();
        if let Stage::Ending(ending) = &self.stage {
            ending.clone().hang_up_caller(&mut self.context(env));
        }
    }

    pub(super) fn link_lost(&mut self) {
        self.state.linked = false;
    }

    /// The link is back, by this connection: what happened meanwhile is read off the list of live legs.
    pub(super) fn on_link_restored(
        &mut self,
        connection: u64,
        find: &dyn Fn(&LegId) -> Option<LiveLeg>,
        env: &mut CallEnv,
    ) -> CallStatus {
        self.state.linked = true;
        if std::mem::take(&mut self.state.taken_over) {
            let known = (self.state.seed, self.state.last_command);
            (self.state.seed, self.state.last_command) =
                super::seeded_random::reseed_taken_over_call(known, connection);
        }
        let before = self.stage();
        let legs: Vec<LegId> = self.legs().cloned().collect();
        for leg in legs {
            let live = find(&leg);
            if live.is_none() {
                self.perhaps_never_called(&leg);
            }
            for report in self.missed(&leg, live, find) {
                if let CallStatus::Ended = self.on_leg(&leg, &report, env) {
                    return CallStatus::Ended;
                }
            }
        }
        self.hang_up_again(env);
        if self.stage() != before {
            return CallStatus::Alive;
        }
        self.dispatch(StageEvent::LinkRestored, env)
    }

    /// The order to call an agent was perhaps still on its way when link or daemon were lost: who was not even
    /// heard to be called is tried once more, under another leg.
    fn perhaps_never_called(&mut self, leg: &LegId) {
        let Some(attempt_ix) = self.attempt_on(leg) else { return };
        let Attempt { agent_ix, phase, ending, .. } = self.state.attempts[attempt_ix];
        let tried = self.state.attempts[self.state.search.first_attempt.min(attempt_ix)..].iter();
        let tries = tried.filter(|attempt| attempt.agent_ix == agent_ix).count();
        let left = &mut self.state.search.untried;
        if phase == AttemptPhase::Calling
            && ending.is_none()
            && tries < CALLED_MAX
            && !left.contains(&agent_ix)
        {
            left.insert(0, agent_ix);
        }
    }

    /// What the switch would have reported about a leg that it shows like this now.
    fn missed(
        &self,
        leg: &LegId,
        live: Option<LiveLeg>,
        find: &dyn Fn(&LegId) -> Option<LiveLeg>,
    ) -> Vec<LegEvent> {
        let Some(live) = live else { return vec![LegEvent::HungUp { cause: Cause::Other, far_end: false }] };
        let is_caller = *leg == self.state.caller_leg;
        match live.state {
            LegState::Elsewhere if is_caller => vec![LegEvent::Left],
            // A talk may be over that we did not hear the end of.
            LegState::Parked if is_caller => {
                let answered = live.answered.then_some(LegEvent::Answered);
                answered.into_iter().chain([LegEvent::Parked]).collect()
            }
            LegState::Bridged if is_caller => {
                let answered = live.answered.then_some(LegEvent::Answered);
                // Joined with nobody we know: by a daemon whose word was lost, or somebody at the switch. Whatever we
                // would do to the caller would tear that talk.
                let peer = self.ready_leg().or_else(|| self.joined_leg(find));
                let bridged = peer.map_or(LegEvent::Left, |peer| LegEvent::Bridged { peer });
                answered.into_iter().chain([bridged]).collect()
            }
            LegState::Parked if !is_caller && live.answered => vec![LegEvent::Answered, LegEvent::Parked],
            LegState::Ringing | LegState::Parked | LegState::Bridged | LegState::Elsewhere => Vec::new(),
        }
    }

    /// The agent who talks with the caller, though we did not hear that they were joined.
    fn joined_leg(&self, find: &dyn Fn(&LegId) -> Option<LiveLeg>) -> Option<LegId> {
        let legs =
            self.state.attempts.iter().filter(|it| it.ending.is_none()).filter_map(|it| it.leg.as_ref());
        let is_ours = |live: &LiveLeg| live.caller_leg.as_ref().is_none_or(|of| *of == self.state.caller_leg);
        let talks = |leg: &&LegId| find(leg).is_some_and(|it| it.state == LegState::Bridged && is_ours(&it));
        legs.into_iter().find(talks).cloned()
    }

    fn ready_leg(&self) -> Option<LegId> {
        let ready = |a: &&Attempt| a.phase == AttemptPhase::Ready && a.ending.is_none();
        self.state.attempts.iter().find(ready).and_then(|attempt| attempt.leg.clone())
    }

    /// The daemon stops: a caller in talk stays there, one who talked is let go, any other goes to the dialplan's
    /// fallback. The books are closed at once, since nobody will be there to hear how it ended.
    pub(super) fn hand_over(&mut self, env: &mut CallEnv) {
        let from = self.stage();
        match self.stage {
            Stage::Ending(_) => {}
            Stage::Talk(_) => {
                let mut cx = self.context(env);
                cx.conclude(Outcome::Answered, EndedBy::Hotline, Cause::Normal);
                // Nobody is there for what was to follow, and the next daemon would take whom the switch keeps for
                // somebody who has just come.
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
                self.enter_until_now(env);
                let parted = self.state.talk_ended;
                let is_away = matches!(&self.stage, Stage::CallBack(call_back) if call_back.caller_is_away());
                let mut cx = self.context(env);
                if let Some((_, by)) = parted {
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
