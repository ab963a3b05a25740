//! One call: its books, the stage it is in, and the doors between stages.
//!
//! The books come first: a report is entered here before the stage hears of it, so that what must hold in
//! every stage (the caller left, a leg is gone, the sound stopped) is decided in one place.

use super::attempt::{Nth, Phase, outcome_of};
use super::closing::Closing;
use super::connect::Connect;
use super::context::{Context, Facts, Sound};
use super::ending::Ending;
use super::hunt::Hunt;
use super::stage::{Door, Happening, Next, Stage};
use super::talk::Talk;
use super::timer::{Timer, Timers};
use crate::command::{Action, Command, Note, StageName};
use crate::event::{Arrival, Cause, CommandResult, LegEvent, LegState, LiveLeg};
use crate::hotline::{Hotline, Version};
use crate::id::LegId;
use crate::prompt::{Prompt, Tone};
use crate::record::{AttemptOutcome, CallRecord, EndedBy, Outcome};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How long a sound that ended by itself may be followed by the news that explains it.
const SILENCE_TIME_MAX: Millis = Millis(100);

/// One live call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) hotline: Option<Arc<Hotline>>,
    facts: Facts,
    stage: Stage,
}

/// Everything of a call that must survive: plain data, the hotline by its number and version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallState {
    pub(super) hotline: Option<(Arc<str>, Version)>,
    facts: Facts,
    stage: Stage,
}

/// A call lives on, or became a record.
pub(super) enum Life {
    On,
    Over,
}

/// What the whole switchboard lends a call for one event.
pub(super) struct Desk<'a> {
    pub(super) now: Instant,
    pub(super) fallback_after: Millis,
    pub(super) out: &'a mut Vec<Command>,
}

impl Call {
    /// Takes a caller's leg: for its hotline, or to refuse it where no hotline has that number.
    pub(super) fn take(arrival: &Arrival, hotline: Option<Arc<Hotline>>, desk: &mut Desk) -> Self {
        let facts = Facts {
            id: crate::id::CallId(arrival.leg.clone()),
            switch: arrival.switch.clone(),
            dialled: arrival.dialled.clone(),
            caller: arrival.caller.clone(),
            seed: arrival.seed,
            arrived: desk.now,
            commands: 0,
            leg: arrival.leg.clone(),
            hang_up: None,
            gone: None,
            sound: None,
            attempts: Vec::new(),
            timers: Timers::default(),
            linked: true,
            talk: None,
            ended: None,
        };
        let mut call = Self { hotline, facts, stage: Stage::between_doors() };
        let mut cx = call.context(desk);
        let door = super::admission::admit(&mut cx);
        call.open(None, door, desk);
        call
    }

    pub(super) fn save(&self) -> CallState {
        let hotline = self.hotline.as_ref().map(|hotline| (hotline.number.clone(), hotline.version));
        CallState { hotline, facts: self.facts.clone(), stage: self.stage.clone() }
    }

    pub(super) fn load(state: CallState, hotline: Option<Arc<Hotline>>) -> Self {
        Self { hotline, facts: state.facts, stage: state.stage }
    }

    /// The switch that has the call.
    pub(super) fn switch(&self) -> &crate::id::SwitchId {
        &self.facts.switch
    }

    pub(super) fn stage(&self) -> StageName {
        self.stage.name()
    }

    /// When the call wants to be woken: never while the switch does not hear it.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.facts.linked { self.facts.timers.earliest() } else { None }
    }

    /// Every leg of the call, the caller's first.
    pub(super) fn legs(&self) -> impl Iterator<Item = &LegId> {
        std::iter::once(&self.facts.leg).chain(self.facts.attempts.iter().filter_map(|a| a.leg.as_ref()))
    }

    /// The leg the switch was told most recently to make.
    pub(super) fn newest_leg(&self) -> Option<&LegId> {
        self.facts.attempts.last().and_then(|attempt| attempt.leg.as_ref())
    }

    fn context<'a>(&'a mut self, desk: &'a mut Desk) -> Context<'a> {
        Context {
            now: desk.now,
            fallback_after: desk.fallback_after,
            hotline: self.hotline.as_ref(),
            facts: &mut self.facts,
            out: desk.out,
        }
    }

    /// A report about one of the call's legs.
    pub(super) fn on_leg(&mut self, leg: &LegId, what: &LegEvent, desk: &mut Desk) -> Life {
        if *leg == self.facts.leg {
            return self.on_caller(what, desk);
        }
        let nth = self.facts.attempts.iter().position(|attempt| attempt.leg.as_ref() == Some(leg));
        nth.map_or(Life::On, |nth| self.on_agent(nth, what, desk))
    }

    fn on_caller(&mut self, what: &LegEvent, desk: &mut Desk) -> Life {
        match what {
            LegEvent::HungUp { cause, far_end } => self.caller_gone(*cause, *far_end, desk),
            LegEvent::Left => self.caller_left(desk),
            LegEvent::Bridged { peer } => match self.attempt_on(peer) {
                Some(nth) => self.tell(Happening::Bridged(nth), desk),
                None => Life::On,
            },
            LegEvent::Unbridged { .. } => self.tell(Happening::Unbridged, desk),
            LegEvent::Digit(digit) => self.tell(Happening::Digit(*digit), desk),
            LegEvent::Created | LegEvent::Ringing { .. } | LegEvent::Answered | LegEvent::Parked => Life::On,
            LegEvent::Renamed { .. } => Life::On,
        }
    }

    fn attempt_on(&self, leg: &LegId) -> Option<Nth> {
        self.facts.attempts.iter().position(|attempt| attempt.leg.as_ref() == Some(leg))
    }

    fn caller_gone(&mut self, cause: Cause, left: bool, desk: &mut Desk) -> Life {
        if self.facts.gone.is_some() {
            return Life::On;
        }
        self.facts.gone = Some(desk.now);
        if left && cause == Cause::Cancelled {
            self.context(desk).never_answered();
        }
        let outcome = match (self.facts.talk, left) {
            (Some(_), _) => Outcome::Answered,
            (None, true) => Outcome::Abandoned,
            (None, false) => Outcome::Lost,
        };
        let by = if left { EndedBy::Caller } else { EndedBy::Switch };
        self.context(desk).conclude(outcome, by, cause);
        self.end(Happening::CallerGone, cause, desk)
    }

    /// The caller's leg went where we did not send it: the fallback has it, or somebody at the switch.
    fn caller_left(&mut self, desk: &mut Desk) -> Life {
        let ours = matches!(self.stage, Stage::Connect(_) | Stage::Talk(_) | Stage::Ending(_));
        if ours || self.facts.gone.is_some() {
            return Life::On;
        }
        self.facts.gone = Some(desk.now);
        self.context(desk).conclude(Outcome::Fallback, EndedBy::Switch, Cause::Normal);
        self.end(Happening::CallerGone, Cause::Normal, desk)
    }

    /// Nothing is left to decide: from wherever it is, the call ends.
    fn end(&mut self, happening: Happening, cause: Cause, desk: &mut Desk) -> Life {
        match self.stage {
            Stage::Ending(_) => self.tell(happening, desk),
            Stage::Hunt(_) | Stage::Connect(_) | Stage::Talk(_) | Stage::Closing(_) => {
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
                (attempt.reach(Phase::Answered), Some(Happening::AgentAnswered(nth)))
            }
            LegEvent::Parked => (attempt.reach(Phase::Ready), Some(Happening::AgentReady(nth))),
            LegEvent::HungUp { cause, .. } => {
                let outcome =
                    if attempt.answered.is_some() { AttemptOutcome::Dropped } else { outcome_of(*cause) };
                self.context(desk).attempt_over(nth, outcome);
                return self.tell(Happening::AgentGone(nth), desk);
            }
            // Which of the two a switch names first is its own affair.
            LegEvent::Bridged { peer } if *peer == self.facts.leg => {
                return self.tell(Happening::Bridged(nth), desk);
            }
            LegEvent::Unbridged { peer } if *peer == self.facts.leg => {
                return self.tell(Happening::Unbridged, desk);
            }
            LegEvent::Bridged { .. } | LegEvent::Unbridged { .. } => return Life::On,
            LegEvent::Renamed { .. } | LegEvent::Left | LegEvent::Digit(_) => return Life::On,
        };
        match happening {
            // A leg that shall end and yet comes to life was made after it was told to end: tell it again.
            _ if ending && further => {
                self.context(desk).hang_up_attempt(nth);
                Life::On
            }
            Some(happening) if further && !ending => self.tell(happening, desk),
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
                CommandResult::Ok | CommandResult::Failed(_) => self.sound_ended(desk),
            };
        }
        if *result == CommandResult::NoSuchLeg {
            return self.no_such_leg(number, desk);
        }
        let cause = match result {
            CommandResult::Ok | CommandResult::Unknown => return Life::On,
            CommandResult::Failed(cause) => *cause,
            CommandResult::NoSuchLeg => Cause::Other,
        };
        if let Some(nth) = self.facts.attempts.iter().position(|attempt| attempt.ring == Some(number)) {
            return self.on_agent(nth, &LegEvent::HungUp { cause, far_end: false }, desk);
        }
        self.tell(Happening::BridgeFailed(number), desk)
    }

    /// What shall end is not there: gone without our hearing of it, or, for an agent's leg that never showed
    /// itself, not there yet.
    fn no_such_leg(&mut self, number: u32, desk: &mut Desk) -> Life {
        if self.facts.hang_up == Some(number) {
            return self.caller_gone(Cause::Other, false, desk);
        }
        let gone = |a: &super::attempt::Attempt| a.hang_up == Some(number) && a.phase >= Phase::Created;
        match self.facts.attempts.iter().position(gone) {
            Some(nth) => self.on_agent(nth, &LegEvent::HungUp { cause: Cause::Other, far_end: false }, desk),
            None => self.tell(Happening::BridgeFailed(number), desk),
        }
    }

    /// A looped sound never ends well; a single one may, and then the stage goes on.
    fn sound_ended(&mut self, desk: &mut Desk) -> Life {
        let looped = self.facts.sound.as_ref().is_some_and(|sound| sound.repeat);
        if !looped {
            self.facts.sound = None;
            return self.tell(Happening::SoundEnded, desk);
        }
        self.context(desk).set(Timer::Silence, SILENCE_TIME_MAX);
        Life::On
    }

    /// What should loop cannot be played: a tone needs no file, and if even that fails no more is tried.
    fn replace_sound(&mut self, desk: &mut Desk) {
        let tone = Prompt::Tone(Tone::Ringing);
        let Some(Sound { prompt, .. }) = self.facts.sound.take().filter(|sound| sound.prompt != tone) else {
            return;
        };
        let mut cx = self.context(desk);
        cx.note(Note::SoundFailed { prompt });
        cx.play(tone, true);
    }

    /// The store answered about a line.
    pub(super) fn on_claim(&mut self, number: u32, granted: bool, desk: &mut Desk) -> Life {
        let Some(nth) = self.facts.attempts.iter().position(|attempt| attempt.claim == number) else {
            return Life::On;
        };
        let attempt = &mut self.facts.attempts[nth];
        let waiting = attempt.phase == Phase::Claiming;
        if !granted {
            return if waiting { self.tell(Happening::Refused(nth), desk) } else { Life::On };
        }
        if !waiting && attempt.lives() {
            return Life::On;
        }
        attempt.has_line = true;
        if waiting {
            return self.tell(Happening::Claimed(nth), desk);
        }
        self.context(desk).release(nth);
        Life::On
    }

    /// Everything that is due by now.
    pub(super) fn on_due(&mut self, desk: &mut Desk) -> Life {
        /// More deadlines than kinds of deadline within one instant would mean that one sets itself.
        const DUE_AT_ONCE_MAX: usize = 32;
        for _ in 0..DUE_AT_ONCE_MAX {
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
                    Life::On
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

    /// The link is back: what happened meanwhile is read off the list of live legs.
    pub(super) fn relink(&mut self, find: &dyn Fn(&LegId) -> Option<LiveLeg>, desk: &mut Desk) -> Life {
        self.facts.linked = true;
        let before = self.stage();
        let legs: Vec<LegId> = self.legs().cloned().collect();
        for leg in legs {
            for report in self.missed(&leg, find(&leg)) {
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

    /// What the switch would have reported about a leg that it shows like this now.
    fn missed(&self, leg: &LegId, live: Option<LiveLeg>) -> Vec<LegEvent> {
        let Some(live) = live else { return vec![LegEvent::HungUp { cause: Cause::Other, far_end: false }] };
        let is_caller = *leg == self.facts.leg;
        match live.state {
            LegState::Elsewhere if is_caller => vec![LegEvent::Left],
            LegState::Bridged if is_caller => {
                self.ready_leg().map(|peer| LegEvent::Bridged { peer }).into_iter().collect()
            }
            LegState::Parked if !is_caller && live.answered => vec![LegEvent::Answered, LegEvent::Parked],
            LegState::Ringing | LegState::Parked | LegState::Bridged | LegState::Elsewhere => Vec::new(),
        }
    }

    fn ready_leg(&self) -> Option<LegId> {
        let ready = |a: &&super::attempt::Attempt| a.phase == Phase::Ready && a.ending.is_none();
        self.facts.attempts.iter().find(ready).and_then(|attempt| attempt.leg.clone())
    }

    /// The daemon stops: a caller in talk stays there, any other goes to the dialplan's fallback. The books
    /// are closed at once, since nobody will be there to hear how it ended.
    pub(super) fn hand_over(&mut self, desk: &mut Desk) {
        let from = self.stage();
        match self.stage {
            Stage::Ending(_) => {}
            Stage::Talk(_) => self.context(desk).conclude(Outcome::Answered, EndedBy::Hotline, Cause::Normal),
            Stage::Hunt(_) | Stage::Connect(_) | Stage::Closing(_) => {
                let mut cx = self.context(desk);
                cx.conclude(Outcome::Fallback, EndedBy::Hotline, Cause::Normal);
                cx.facts.gone = Some(cx.now);
                let leg = cx.facts.leg.clone();
                cx.order(Action::ToFallback { leg });
                if let Life::Over = self.end(Happening::CallerGone, Cause::Normal, desk) {
                    return;
                }
            }
        }
        self.finish(from, desk);
    }

    fn tell(&mut self, happening: Happening, desk: &mut Desk) -> Life {
        let from = self.stage();
        let stage = std::mem::replace(&mut self.stage, Stage::between_doors());
        let mut cx = self.context(desk);
        let next = match stage {
            Stage::Hunt(hunt) => hunt.on(happening, &mut cx),
            Stage::Connect(connect) => connect.on(happening, &mut cx),
            Stage::Talk(talk) => talk.on(happening, &mut cx),
            Stage::Closing(closing) => closing.on(happening, &mut cx),
            Stage::Ending(ending) => ending.on(happening, &mut cx),
        };
        self.follow(from, next, desk)
    }

    fn open(&mut self, from: Option<StageName>, door: Door, desk: &mut Desk) -> Life {
        let mut cx = self.context(desk);
        let to = match door {
            Door::Hunt | Door::HuntOn(_) => StageName::Hunt,
            Door::Connect { .. } => StageName::Connect,
            Door::Talk { .. } => StageName::Talk,
            Door::Closing { .. } => StageName::Closing,
            Door::Ending { .. } => StageName::Ending,
        };
        cx.note(Note::Stage { from, to: Some(to) });
        let next = match door {
            Door::Hunt => Hunt::enter(&mut cx),
            Door::HuntOn(hunt) => hunt.go_on(&mut cx),
            Door::Connect { nth, hunt } => Connect::enter(nth, hunt, &mut cx),
            Door::Talk { nth } => Talk::enter(nth, &mut cx),
            Door::Closing { cause } => Closing::enter(cause, &mut cx),
            Door::Ending { cause } => Ending::enter(cause, &mut cx),
        };
        self.follow(to, next, desk)
    }

    /// Doors open onto doors, a few at most: no stage leads back to itself without an event between.
    fn follow(&mut self, from: StageName, next: Next, desk: &mut Desk) -> Life {
        match next {
            Next::Stay(stage) => {
                self.stage = stage;
                Life::On
            }
            Next::Go(door) => self.open(Some(from), door, desk),
            Next::Over => self.finish(from, desk),
        }
    }

    /// Writes the record. Whatever line is still ours is given back first.
    fn finish(&mut self, from: StageName, desk: &mut Desk) -> Life {
        let mut cx = self.context(desk);
        for nth in 0..cx.facts.attempts.len() {
            cx.release(nth);
        }
        cx.conclude(Outcome::Lost, EndedBy::Switch, Cause::Other);
        cx.note(Note::Stage { from: Some(from), to: None });
        if let Some(record) = self.to_record(desk.now) {
            desk.out.push(Command::Record(Box::new(record)));
        }
        Life::Over
    }

    fn to_record(&self, now: Instant) -> Option<CallRecord> {
        let facts = &self.facts;
        let ended = facts.ended.as_ref()?;
        let talked = |attempt: &&super::attempt::Attempt| attempt.outcome == Some(AttemptOutcome::Talked);
        Some(CallRecord {
            call: facts.id.clone(),
            switch: facts.switch.clone(),
            dialled: facts.dialled.clone(),
            hotline: self.hotline.as_ref().map(|hotline| hotline.number.clone()),
            hotline_version: self.hotline.as_ref().map(|hotline| hotline.version),
            caller: facts.caller.clone(),
            outcome: ended.outcome,
            ended_by: ended.by,
            cause: ended.cause,
            arrived: facts.arrived,
            billing_start: facts.talk,
            ended: ended.at,
            wait: facts.talk.unwrap_or(ended.at).since(facts.arrived),
            talk: facts.talk.map_or(Millis(0), |talk| ended.at.since(talk)),
            agent: facts.attempts.iter().find(talked).map(|attempt| attempt.agent.clone()),
            attempts: facts.attempts.iter().map(|attempt| attempt.to_record(now)).collect(),
        })
    }
}
