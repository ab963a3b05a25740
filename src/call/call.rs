//! One call: the stage it is in, and the doors between stages.

use super::admission::Found;
use super::closing::Closing;
use super::connect::Connect;
use super::context::{Context, Facts, Search};
use super::door::{Door, Happening, Next};
use super::ending::Ending;
use super::hunt::Hunt;
use super::talk::Talk;
use super::timer::Timers;
use crate::command::{Command, Note, StageName};
use crate::event::{Arrival, Cause};
use crate::hotline::{Hotline, Version};
use crate::id::{CallId, LegId, SwitchId};
use crate::record::{AttemptOutcome, CallRecord, EndedBy, Outcome};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One live call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) hotline: Option<Arc<Hotline>>,
    pub(super) facts: Facts,
    pub(super) stage: Stage,
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Hunt(Hunt),
    Connect(Connect),
    Talk(Talk),
    Closing(Closing),
    Ending(Ending),
}

impl Stage {
    /// What stands in a call while it goes from one stage to the next.
    fn between_doors() -> Self {
        Self::Ending(Ending::default())
    }

    fn name(&self) -> StageName {
        match self {
            Self::Hunt(_) => StageName::Hunt,
            Self::Connect(_) => StageName::Connect,
            Self::Talk(_) => StageName::Talk,
            Self::Closing(_) => StageName::Closing,
            Self::Ending(_) => StageName::Ending,
        }
    }
}

/// Everything of a call that must survive: plain data, the hotline by its number and version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallState {
    pub(super) hotline: Option<(Arc<str>, Version)>,
    facts: Facts,
    stage: Stage,
}

/// What came of a stage's turn.
enum Step {
    Stay(Stage),
    Go(Door),
    Over,
}

impl Step {
    fn of<S>(next: Next<S>, stage: impl FnOnce(S) -> Stage) -> Self {
        match next {
            Next::Stay(inner) => Self::Stay(stage(inner)),
            Next::Go(door) => Self::Go(door),
            Next::Over => Self::Over,
        }
    }
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
    pub(super) fn take(
        arrival: &Arrival,
        from: Found,
        hotline: Option<Arc<Hotline>>,
        desk: &mut Desk,
    ) -> Self {
        let (seed, commands) = match from {
            Found::AtTheDoor => (arrival.seed, 0),
            Found::InTheList { connection } => super::chance::anew(arrival.seed, connection),
        };
        let facts = Facts {
            id: CallId(arrival.leg.clone()),
            switch: arrival.switch.clone(),
            dialled: arrival.dialled.clone(),
            caller: arrival.caller.clone(),
            seed,
            arrived: desk.now,
            commands,
            leg: arrival.leg.clone(),
            hang_up: None,
            gone: None,
            sound: None,
            search: Search::default(),
            attempts: Vec::new(),
            timers: Timers::default(),
            linked: true,
            answered: arrival.answered.then_some(desk.now),
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
    pub(super) fn switch(&self) -> &SwitchId {
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

    pub(super) fn context<'a>(&'a mut self, desk: &'a mut Desk) -> Context<'a> {
        Context {
            now: desk.now,
            fallback_after: desk.fallback_after,
            hotline: self.hotline.as_ref(),
            facts: &mut self.facts,
            out: desk.out,
        }
    }

    /// Lets the stage hear what happened, and goes where it says.
    pub(super) fn tell(&mut self, happening: Happening, desk: &mut Desk) -> Life {
        let from = self.stage();
        let stage = std::mem::replace(&mut self.stage, Stage::between_doors());
        let mut cx = self.context(desk);
        let step = match stage {
            Stage::Hunt(hunt) => Step::of(hunt.on(happening, &mut cx), Stage::Hunt),
            Stage::Connect(connect) => Step::of(connect.on(happening, &mut cx), Stage::Connect),
            Stage::Talk(talk) => Step::of(talk.on(happening, &mut cx), Stage::Talk),
            Stage::Closing(closing) => Step::of(closing.on(happening, &mut cx), Stage::Closing),
            Stage::Ending(ending) => Step::of(ending.on(happening, &mut cx), Stage::Ending),
        };
        self.follow(from, step, desk)
    }

    /// Opens a door. Doors open onto doors, a few at most: no stage leads back to itself without an event
    /// between.
    pub(super) fn open(&mut self, from: Option<StageName>, door: Door, desk: &mut Desk) -> Life {
        let mut cx = self.context(desk);
        let to = match door {
            Door::Hunt | Door::HuntOn => StageName::Hunt,
            Door::Connect { .. } => StageName::Connect,
            Door::Talk { .. } => StageName::Talk,
            Door::Closing { .. } => StageName::Closing,
            Door::Ending { .. } => StageName::Ending,
        };
        cx.note(Note::Stage { from, to: Some(to) });
        let step = match door {
            Door::Hunt => Step::of(Hunt::enter(&mut cx), Stage::Hunt),
            Door::HuntOn => Step::of(Hunt::go_on(&mut cx), Stage::Hunt),
            Door::Connect { nth } => Step::of(Connect::enter(nth, &mut cx), Stage::Connect),
            Door::Talk { nth } => Step::of(Talk::enter(nth, &mut cx), Stage::Talk),
            Door::Closing { cause } => Step::of(Closing::enter(cause, &mut cx), Stage::Closing),
            Door::Ending { cause } => Step::of(Ending::enter(cause, &mut cx), Stage::Ending),
        };
        self.follow(to, step, desk)
    }

    fn follow(&mut self, from: StageName, step: Step, desk: &mut Desk) -> Life {
        match step {
            Step::Stay(stage) => {
                self.stage = stage;
                Life::On
            }
            Step::Go(door) => self.open(Some(from), door, desk),
            Step::Over => self.finish(from, desk),
        }
    }

    /// Writes the record. Whatever line is still ours is given back first.
    pub(super) fn finish(&mut self, from: StageName, desk: &mut Desk) -> Life {
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
            billing_start: facts.answered,
            ended: ended.at,
            wait: facts.talk.unwrap_or(ended.at).since(facts.arrived),
            talk: facts.talk.map_or(Millis(0), |talk| ended.at.since(talk)),
            agent: facts.attempts.iter().find(talked).map(|attempt| attempt.agent.clone()),
            refused: None,
            path: Vec::new(),
            entered: Default::default(),
            marks: Default::default(),
            queued: Millis(0),
            recording: None,
            message: None,
            score: None,
            call_back: None,
            attempts: facts.attempts.iter().map(|attempt| attempt.to_record(now)).collect(),
        })
    }
}
