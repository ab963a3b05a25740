//! The books of a call: what is reported about it is entered here before its stage hears of it, so that what
//! must hold in every stage (the caller left, a leg is gone, the sound stopped) is decided in one place.

use super::attempt::{Attempt, Nth, Phase, outcome_of};
use super::call::{Call, Desk, Life, Stage};
use super::call_state::Sound;
use super::candidates;
use super::flow;
use super::timer::Timer;
use super::transition::{AgentNews, CallerNews, Door, Happening, StoreNews};
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
    pub(super) fn on_leg(&mut self, leg: &LegId, what: &LegEvent, desk: &mut Desk) -> Life {
        if *leg == self.facts.leg {
            return self.on_caller(what, desk);
        }
        self.attempt_on(leg).map_or(Life::On, |nth| self.on_agent(nth, what, desk))
    }

    fn on_caller(&mut self, what: &LegEvent, desk: &mut Desk) -> Life {
        match what {
            LegEvent::HungUp { cause, far_end } => self.caller_gone(*cause, *far_end, desk),
            LegEvent::Left => self.caller_left(desk),
            LegEvent::Bridged { peer } => match self.attempt_on(peer) {
                Some(nth) => self.joined(nth, desk),
                None => Life::On,
            },
            LegEvent::Unbridged { .. } => self.tell(Happening::Caller(CallerNews::Parted), desk),
            LegEvent::Digit(digit) => self.tell(Happening::Caller(CallerNews::Digit(*digit)), desk),
            LegEvent::Answered => {
                self.facts.answered.get_or_insert(desk.now);
                self.tell(Happening::Caller(CallerNews::Answered), desk)
            }
            LegEvent::Parked => self.tell(Happening::Caller(CallerNews::Parked), desk),
            LegEvent::Created | LegEvent::Ringing { .. } => Life::On,
            LegEvent::Renamed { .. } => Life::On,
        }
    }

    /// Whoever talks has answered, whether that was heard or not.
    fn joined(&mut self, nth: Nth, desk: &mut Desk) -> Life {
        let attempt = &mut self.facts.attempts[nth];
        if attempt.ending.is_none() {
            attempt.answered.get_or_insert(desk.now);
            attempt.reach(Phase::Ready);
        }
        self.tell(Happening::Agent(nth, AgentNews::Joined), desk)
    }

    fn attempt_on(&self, leg: &LegId) -> Option<Nth> {
        self.facts.attempts.iter().position(|attempt| attempt.leg.as_ref() == Some(leg))
    }

    fn caller_gone(&mut self, cause: Cause, left: bool, desk: &mut Desk) -> Life {
        if self.facts.gone.is_some() {
            return Life::On;
        }
        self.facts.gone = Some(desk.now);
        if let Stage::CallBack(call_back) = &self.stage
            && call_back.expects_hang_up()
        {
            return self.tell(Happening::Caller(CallerNews::Gone), desk);
        }
        self.enter_until_now(desk);
        if left && cause == Cause::Cancelled {
            self.never_answered();
        }
        super::flow::after_hang_up(&mut self.context(desk));
        let findings = &self.facts.findings;
        let outcome = match (self.facts.talk, &findings.message, findings.refused, left) {
            (Some(_), _, _, _) => Outcome::Answered,
            (None, Some(_), _, _) => Outcome::Message,
            (None, None, Some(_), _) => Outcome::Refused,
            (None, None, None, true) => Outcome::Abandoned,
            (None, None, None, false) => Outcome::Lost,
        };
        let by = if left { EndedBy::Caller } else { EndedBy::Switch };
        let by = self.facts.parted.map_or(by, |(_, by)| by);
        self.context(desk).conclude(outcome, by, cause);
        self.end(Happening::Caller(CallerNews::Gone), cause, desk)
    }

    /// The caller is gone, or about to be: what came of it until now is entered.
    fn enter_until_now(&mut self, desk: &mut Desk) {
        if let Stage::Voicemail(voicemail) = &self.stage {
            voicemail.clone().caller_gone(&mut self.context(desk));
        } else if let Stage::Queue(queue) = &self.stage {
            queue.clone().caller_gone(&mut self.context(desk));
        }
    }

    /// Only a leg that was not answered can be cancelled. A switch may report that it answers, and that it joins,
    /// before the caller's end has heard of it: who cancels in that instant is refused (487), never heard the
    /// agent and is charged nothing.
    fn never_answered(&mut self) {
        if self.facts.ended.is_some() {
            return;
        }
        self.facts.answered = None;
        self.facts.talk = None;
        let talked = |attempt: &&mut Attempt| attempt.outcome == Some(AttemptOutcome::Talked);
        for attempt in self.facts.attempts.iter_mut().filter(talked) {
            attempt.outcome = Some(AttemptOutcome::CallerLeft);
        }
    }

    /// The caller's leg went where we did not send it: the fallback has it, or somebody at the switch.
    fn caller_left(&mut self, desk: &mut Desk) -> Life {
        let ours = matches!(self.stage, Stage::Connect(_) | Stage::Talk(_) | Stage::Ending(_));
        if ours || self.facts.gone.is_some() {
            return Life::On;
        }
        self.facts.gone = Some(desk.now);
        self.enter_until_now(desk);
        let (outcome, by) = match self.facts.parted {
            Some((_, by)) => (Outcome::Answered, by),
            None => (Outcome::Fallback, EndedBy::Switch),
        };
        self.context(desk).conclude(outcome, by, Cause::Normal);
        self.end(Happening::Caller(CallerNews::Gone), Cause::Normal, desk)
    }

    /// Nothing is left to decide: from wherever it is, the call ends.
    fn end(&mut self, happening: Happening, cause: Cause, desk: &mut Desk) -> Life {
        match self.stage {
            Stage::Ending(_) => self.tell(happening, desk),
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
                self.open(Some(from), Door::Ending { cause }, desk)
            }
        }
    }

    fn on_agent(&mut self, nth: Nth, what: &LegEvent, desk: &mut Desk) -> Life {
        let now = desk.now;
        let Some(attempt) = self.facts.attempts.get_mut(nth).filter(|attempt| attempt.lives()) else {
            return Life::On;
        };
        let ending = attempt.ending.is_some();
        let (further, happening) = match what {
            LegEvent::Created => (attempt.reach(Phase::Created), None),
            LegEvent::Ringing { .. } => {
                attempt.ringing.get_or_insert(now);
                (attempt.reach(Phase::Ringing), None)
            }
            LegEvent::Answered => {
                attempt.answered.get_or_insert(now);
                (attempt.reach(Phase::Answered), Some(Happening::Agent(nth, AgentNews::Answered)))
            }
            LegEvent::Parked => (attempt.reach(Phase::Ready), Some(Happening::Agent(nth, AgentNews::Ready))),
            LegEvent::HungUp { cause, far_end } => {
                attempt.left = *far_end;
                let outcome =
                    if attempt.answered.is_some() { AttemptOutcome::Dropped } else { outcome_of(*cause) };
                self.context(desk).attempt_over(nth, outcome);
                return self.tell(Happening::Agent(nth, AgentNews::Gone), desk);
            }
            // Which of the two a switch names first is its own affair.
            LegEvent::Bridged { peer } if *peer == self.facts.leg => {
                return self.joined(nth, desk);
            }
            LegEvent::Unbridged { peer } if *peer == self.facts.leg => {
                return self.tell(Happening::Caller(CallerNews::Parted), desk);
            }
            LegEvent::Bridged { .. } | LegEvent::Unbridged { .. } => return Life::On,
            LegEvent::Digit(digit) if !ending => {
                return self.tell(Happening::Agent(nth, AgentNews::Digit(*digit)), desk);
            }
            LegEvent::Renamed { .. } | LegEvent::Left | LegEvent::Digit(_) => return Life::On,
        };
        if ending && further {
            // A leg that shall end and yet comes to life was made after it was told to end: tell it again.
            self.context(desk).hang_up_attempt(nth);
            return Life::On;
        }
        match happening {
            Some(happening) if further => self.tell(happening, desk),
            Some(_) | None => Life::On,
        }
    }

    /// The switch gave a leg of the call another name.
    pub(super) fn rename(&mut self, from: &LegId, to: &LegId) {
        let agents = self.facts.attempts.iter_mut().filter_map(|attempt| attempt.leg.as_mut());
        for leg in std::iter::once(&mut self.facts.leg).chain(agents).filter(|leg| *leg == from) {
            *leg = to.clone();
        }
    }

    /// A command of the call ended.
    pub(super) fn on_done(&mut self, number: u32, result: &CommandResult, desk: &mut Desk) -> Life {
        if self.facts.sound.as_ref().is_some_and(|sound| sound.command == number) {
            return match result {
                // It may well play on; when the link is back it is played again.
                CommandResult::Unknown => Life::On,
                // The news that the caller is gone is on its way, and says more than this.
                CommandResult::NoSuchLeg => Life::On,
                CommandResult::Ok => self.sound_ended(true, desk),
                CommandResult::Failed(_) => self.sound_ended(false, desk),
            };
        }
        if *result == CommandResult::NoSuchLeg {
            return self.no_such_leg(number, desk);
        }
        let cause = match result {
            CommandResult::Unknown => return Life::On,
            CommandResult::Ok => return self.tell(Happening::Done(number, true), desk),
            CommandResult::Failed(cause) => *cause,
            CommandResult::NoSuchLeg => Cause::Other,
        };
        if let Some(nth) = self.facts.attempts.iter().position(|attempt| attempt.ring == Some(number)) {
            return self.on_agent(nth, &LegEvent::HungUp { cause, far_end: false }, desk);
        }
        self.tell(Happening::Done(number, false), desk)
    }

    /// What shall end is not there: gone without our hearing of it, or, for an agent's leg that never showed
    /// itself, not there yet.
    fn no_such_leg(&mut self, number: u32, desk: &mut Desk) -> Life {
        if self.facts.hang_up == Some(number) {
            return self.caller_gone(Cause::Other, false, desk);
        }
        let gone = |a: &Attempt| a.hang_up == Some(number) && a.phase >= Phase::Created;
        match self.facts.attempts.iter().position(gone) {
            Some(nth) => self.on_agent(nth, &LegEvent::HungUp { cause: Cause::Other, far_end: false }, desk),
            None => self.tell(Happening::Done(number, false), desk),
        }
    }

    /// A single sound may end, and then the stage goes on. One that shall be repeated is played again, unless it
    /// is too short to be true or was not played at all.
    fn sound_ended(&mut self, well: bool, desk: &mut Desk) -> Life {
        let Some(sound) = self.facts.sound.as_ref() else { return Life::On };
        if !sound.repeat {
            let sound = self.facts.sound.take();
            if let (false, Some(Sound { prompt: Some(prompt), .. })) = (well, sound) {
                self.context(desk).note(Note::SoundFailed { prompt });
            }
            return self.tell(Happening::SoundEnded, desk);
        }
        if well && desk.now.since(sound.since) >= REPEATED_TIME_MIN {
            let again = self.facts.sound.take();
            if let Some(Sound { prompt: Some(prompt), .. }) = again {
                self.context(desk).play(prompt, true);
            }
            return Life::On;
        }
        self.context(desk).set(Timer::Silence, SILENCE_TIME_MAX);
        Life::On
    }

    /// What should be repeated cannot be played: a tone needs no file, and if even that fails no more is tried.
    fn replace_sound(&mut self, desk: &mut Desk) {
        let tone = Prompt::Tone(Tone::Ringing);
        let sound = self.facts.sound.take().filter(|sound| sound.prompt.as_ref() != Some(&tone));
        let Some(Sound { prompt: Some(prompt), .. }) = sound else { return };
        let mut cx = self.context(desk);
        cx.note(Note::SoundFailed { prompt });
        cx.play(tone, true);
    }

    /// The store answered.
    pub(super) fn on_store(&mut self, number: u32, answer: &AcdReply, desk: &mut Desk) -> Life {
        let news = match answer {
            AcdReply::Claimed { line } => return self.claimed(number, line, desk),
            AcdReply::Refused if !self.unwish(number) => return Life::On,
            AcdReply::Refused => StoreNews::Refused,
            AcdReply::Waiting(place) => StoreNews::Waiting(*place),
            AcdReply::Admitted { room, recent } => StoreNews::Admitted { room: *room, recent: *recent },
            AcdReply::CodeSeen { times, first } => StoreNews::CodeSeen { times: *times, first: *first },
        };
        self.tell(Happening::Store(number, news), desk)
    }

    /// Whether this wish was still open; it is no longer.
    fn unwish(&mut self, number: u32) -> bool {
        let open = self.facts.wishes.len();
        self.facts.wishes.retain(|wish| *wish != number);
        self.facts.wishes.len() < open
    }

    /// A line is ours. One that is not wished for any more goes back.
    fn claimed(&mut self, number: u32, line: &LineId, desk: &mut Desk) -> Life {
        let given = self.facts.attempts.iter().any(|attempt| attempt.has_line && attempt.claim == number);
        if given {
            return Life::On;
        }
        let wished = self.unwish(number);
        let mut cx = self.context(desk);
        let found = candidates::whose(line, &cx);
        let (true, Some((at, agent))) = (wished, found) else {
            cx.ask(AcdRequest::Release { claim: number, talked: false, rest: Millis(0) });
            return Life::On;
        };
        let mut attempt = Attempt::new(agent, at, number, cx.now);
        if let Some(group) = cx.reach().and_then(|reach| candidates::group(reach, &cx)) {
            attempt.wrap_up = group.wrap_up;
            attempt.retry = if cx.is_queue() { group.retry } else { Millis(0) };
        }
        cx.facts.search.left.retain(|left| *left != at);
        cx.facts.attempts.push(attempt);
        let nth = cx.facts.attempts.len() - 1;
        self.tell(Happening::Agent(nth, AgentNews::Claimed), desk)
    }

    /// Everything that is due by now. While the switch does not hear the call, nothing is.
    pub(super) fn on_due(&mut self, desk: &mut Desk) -> Life {
        /// More deadlines than kinds of deadline within one instant would mean that one sets itself.
        const DUE_AT_ONCE_MAX: usize = 32;
        for _ in 0..DUE_AT_ONCE_MAX {
            if !self.facts.linked {
                return Life::On;
            }
            let Some(timer) = self.facts.timers.take_due(desk.now) else { return Life::On };
            let life = match timer {
                Timer::Fallback => {
                    self.context(desk).keep_fallback();
                    Life::On
                }
                Timer::Silence => {
                    self.replace_sound(desk);
                    Life::On
                }
                Timer::Ending if !matches!(self.stage, Stage::Ending(_)) => {
                    self.hang_up_again(desk);
                    self.tell(Happening::Due(Timer::Ending), desk)
                }
                other => self.tell(Happening::Due(other), desk),
            };
            if let Life::Over = life {
                return Life::Over;
            }
        }
        Life::On
    }

    /// Once more tells the switch to end every leg that shall end and has not.
    fn hang_up_again(&mut self, desk: &mut Desk) {
        self.context(desk).hang_up_attempts();
        if let Stage::Ending(ending) = &self.stage {
            ending.clone().hang_up_caller(&mut self.context(desk));
        }
    }

    pub(super) fn link_lost(&mut self) {
        self.facts.linked = false;
    }

    /// The link is back, by this connection: what happened meanwhile is read off the list of live legs.
    pub(super) fn relink(
        &mut self,
        connection: u64,
        find: &dyn Fn(&LegId) -> Option<LiveLeg>,
        desk: &mut Desk,
    ) -> Life {
        self.facts.linked = true;
        if std::mem::take(&mut self.facts.inherited) {
            let known = (self.facts.seed, self.facts.commands);
            (self.facts.seed, self.facts.commands) = super::seeded::gone_on(known, connection);
        }
        let before = self.stage();
        let legs: Vec<LegId> = self.legs().cloned().collect();
        for leg in legs {
            let live = find(&leg);
            if live.is_none() {
                self.perhaps_never_called(&leg);
            }
            for report in self.missed(&leg, live, find) {
                if let Life::Over = self.on_leg(&leg, &report, desk) {
                    return Life::Over;
                }
            }
        }
        self.hang_up_again(desk);
        if self.stage() != before {
            return Life::On;
        }
        self.tell(Happening::Relinked, desk)
    }

    /// The order to call an agent was perhaps still on its way when link or daemon were lost: who was not even
    /// heard to be called is tried once more, under another leg.
    fn perhaps_never_called(&mut self, leg: &LegId) {
        let Some(nth) = self.attempt_on(leg) else { return };
        let Attempt { at, phase, ending, .. } = self.facts.attempts[nth];
        let tried = self.facts.attempts[self.facts.search.from.min(nth)..].iter();
        let tries = tried.filter(|attempt| attempt.at == at).count();
        let left = &mut self.facts.search.left;
        if phase == Phase::Calling && ending.is_none() && tries < CALLED_MAX && !left.contains(&at) {
            left.insert(0, at);
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
        let is_caller = *leg == self.facts.leg;
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
            self.facts.attempts.iter().filter(|it| it.ending.is_none()).filter_map(|it| it.leg.as_ref());
        let is_ours = |live: &LiveLeg| live.of.as_ref().is_none_or(|of| *of == self.facts.leg);
        let talks = |leg: &&LegId| find(leg).is_some_and(|it| it.state == LegState::Bridged && is_ours(&it));
        legs.into_iter().find(talks).cloned()
    }

    fn ready_leg(&self) -> Option<LegId> {
        let ready = |a: &&Attempt| a.phase == Phase::Ready && a.ending.is_none();
        self.facts.attempts.iter().find(ready).and_then(|attempt| attempt.leg.clone())
    }

    /// The daemon stops: a caller in talk stays there, one who talked is let go, any other goes to the dialplan's
    /// fallback. The books are closed at once, since nobody will be there to hear how it ended.
    pub(super) fn hand_over(&mut self, desk: &mut Desk) {
        let from = self.stage();
        match self.stage {
            Stage::Ending(_) => {}
            Stage::Talk(_) => {
                let mut cx = self.context(desk);
                cx.conclude(Outcome::Answered, EndedBy::Hotline, Cause::Normal);
                // Nobody is there for what was to follow, and the next daemon would take whom the switch keeps for
                // somebody who has just come.
                if flow::after_talk(&cx).is_some() {
                    let leg = cx.facts.leg.clone();
                    cx.order(Action::LetGo { leg });
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
                self.enter_until_now(desk);
                let parted = self.facts.parted;
                let is_away = matches!(&self.stage, Stage::CallBack(call_back) if call_back.caller_is_away());
                let mut cx = self.context(desk);
                if let Some((_, by)) = parted {
                    cx.conclude(Outcome::Answered, by, Cause::Normal);
                } else if is_away {
                    cx.conclude(Outcome::Unanswered, EndedBy::Hotline, Cause::Normal);
                } else {
                    cx.conclude(Outcome::Fallback, EndedBy::Hotline, Cause::Normal);
                    cx.facts.gone = Some(cx.now);
                    let leg = cx.facts.leg.clone();
                    cx.order(Action::ToFallback { leg });
                }
                if let Life::Over = self.end(Happening::Caller(CallerNews::Gone), Cause::Normal, desk) {
                    return;
                }
            }
        }
        self.finish(Some(from), desk);
    }
}
