//! One call: the stage it is in, and the doors between stages.

use super::admission::{Admission, Found};
use super::announce::Announce;
use super::call_back::CallBack;
use super::call_state::{Facts, Findings, Search};
use super::closing::Closing;
use super::connect::Connect;
use super::ending::Ending;
use super::env::Context;
use super::flow::{self, Room};
use super::hunt::Hunt;
use super::menu::Menu;
use super::queue::Queue;
use super::survey::Survey;
use super::talk::Talk;
use super::timer::Timers;
use super::transition::{Door, Happening, Next};
use super::verify::Verify;
use super::voicemail::Voicemail;
use super::whisper::Whisper;
use crate::command::{AcdRequest, Command, Note, StageName};
use crate::event::{Arrival, Cause};
use crate::hotline::flow::NodeIx;
use crate::hotline::{Hotline, Version};
use crate::hours::Calendar;
use crate::id::{CallId, LegId, SwitchId};
use crate::number::NumberRegions;
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
    Admission(Admission),
    Announce(Announce),
    Menu(Menu),
    Verify(Verify),
    Hunt(Hunt),
    Queue(Queue),
    CallBack(CallBack),
    Whisper(Whisper),
    Connect(Connect),
    Talk(Talk),
    Survey(Survey),
    Voicemail(Voicemail),
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
            Self::Admission(_) => StageName::Admission,
            Self::Announce(_) => StageName::Announce,
            Self::Menu(_) => StageName::Menu,
            Self::Verify(_) => StageName::Verify,
            Self::Hunt(_) => StageName::Hunt,
            Self::Queue(_) => StageName::Queue,
            Self::CallBack(_) => StageName::CallBack,
            Self::Whisper(_) => StageName::Whisper,
            Self::Connect(_) => StageName::Connect,
            Self::Talk(_) => StageName::Talk,
            Self::Survey(_) => StageName::Survey,
            Self::Voicemail(_) => StageName::Voicemail,
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

impl CallState {
    pub(super) fn switch(&self) -> &SwitchId {
        &self.facts.switch
    }
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
    pub(super) calendar: &'a Calendar,
    pub(super) atlas: Option<&'a NumberRegions>,
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
            Found::InTheList { connection } => super::seeded::anew(arrival.seed, connection),
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
            former_leg: None,
            hang_up: None,
            gone: None,
            sound: None,
            keyed: String::new(),
            node: NodeIx::default(),
            nodes: 0,
            search: Search::default(),
            wishes: Vec::new(),
            attempts: Vec::new(),
            timers: Timers::default(),
            linked: true,
            answered: arrival.answered.then_some(desk.now),
            talk: None,
            parted: None,
            ended: None,
            priority: 0,
            counted: false,
            inherited: false,
            findings: Findings::default(),
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

    /// It was a daemon's before us, and no link to its switch is up yet.
    pub(super) fn inherit(&mut self) {
        self.facts.inherited = true;
        self.link_lost();
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
        let caller = std::iter::once(&self.facts.leg).chain(&self.facts.former_leg);
        caller.chain(self.facts.attempts.iter().filter_map(|a| a.leg.as_ref()))
    }

    pub(super) fn context<'a>(&'a mut self, desk: &'a mut Desk) -> Context<'a> {
        Context {
            now: desk.now,
            fallback_after: desk.fallback_after,
            calendar: desk.calendar,
            atlas: desk.atlas,
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
            Stage::Admission(stage) => Step::of(stage.on(happening, &mut cx), Stage::Admission),
            Stage::Announce(stage) => Step::of(stage.on(happening, &mut cx), Stage::Announce),
            Stage::Menu(stage) => Step::of(stage.on(happening, &mut cx), Stage::Menu),
            Stage::Verify(stage) => Step::of(stage.on(happening, &mut cx), Stage::Verify),
            Stage::Hunt(stage) => Step::of(stage.on(happening, &mut cx), Stage::Hunt),
            Stage::Queue(stage) => Step::of(stage.on(happening, &mut cx), Stage::Queue),
            Stage::CallBack(stage) => Step::of(stage.on(happening, &mut cx), Stage::CallBack),
            Stage::Whisper(stage) => Step::of(stage.on(happening, &mut cx), Stage::Whisper),
            Stage::Connect(stage) => Step::of(stage.on(happening, &mut cx), Stage::Connect),
            Stage::Talk(stage) => Step::of(stage.on(happening, &mut cx), Stage::Talk),
            Stage::Survey(stage) => Step::of(stage.on(happening, &mut cx), Stage::Survey),
            Stage::Voicemail(stage) => Step::of(stage.on(happening, &mut cx), Stage::Voicemail),
            Stage::Closing(stage) => Step::of(stage.on(happening, &mut cx), Stage::Closing),
            Stage::Ending(stage) => Step::of(stage.on(happening, &mut cx), Stage::Ending),
        };
        self.follow(from, step, desk)
    }

    /// Opens a door, and whatever doors stand behind it: of nodes that decide at once a flow has only so many.
    pub(super) fn open(&mut self, mut from: Option<StageName>, mut door: Door, desk: &mut Desk) -> Life {
        loop {
            let (to, step) = self.behind(from, door, desk);
            match step {
                Step::Stay(stage) => {
                    self.stage = stage;
                    return Life::On;
                }
                Step::Go(further) => (from, door) = (to, further),
                Step::Over => return self.finish(to, desk),
            }
        }
    }

    /// What stands behind a door: a stage, entered; or, where there is none, another door.
    fn behind(&mut self, from: Option<StageName>, door: Door, desk: &mut Desk) -> (Option<StageName>, Step) {
        let cx = &mut self.context(desk);
        macro_rules! stage {
            ($name:ident, $enter:expr) => {{
                let to = Some(StageName::$name);
                cx.note(Note::Stage { from, to });
                (to, Step::of($enter, Stage::$name))
            }};
        }
        match door {
            Door::Admission => stage!(Admission, Admission::enter(cx)),
            Door::Node(node) => match flow::walk(node, cx) {
                flow::Arrived::Through(door) => (from, Step::Go(door)),
                flow::Arrived::At(Room::Access) => stage!(Admission, Admission::by_rules(cx)),
                flow::Arrived::At(Room::Menu) => stage!(Menu, Menu::enter(cx)),
                flow::Arrived::At(Room::Announce) => stage!(Announce, Announce::enter(cx)),
                flow::Arrived::At(Room::Hunt) => stage!(Hunt, Hunt::enter(cx)),
                flow::Arrived::At(Room::Queue) => stage!(Queue, Queue::enter(cx)),
                flow::Arrived::At(Room::Voicemail) => stage!(Voicemail, Voicemail::enter(cx)),
                flow::Arrived::At(Room::Survey) => stage!(Survey, Survey::enter(cx)),
                flow::Arrived::At(Room::Verify) => stage!(Verify, Verify::enter(cx)),
            },
            Door::Exit { exit, because } => (from, Step::Go(flow::leave(&exit, because, cx))),
            Door::GoOn if cx.is_queue() => stage!(Queue, Queue::go_on(cx)),
            Door::GoOn => stage!(Hunt, Hunt::go_on(cx)),
            Door::Serve { nth } => stage!(Queue, Queue::serve(nth, cx)),
            Door::Whisper { nth } if Whisper::has_nothing_to_say(nth, cx) => {
                (from, Step::Go(Door::Connect { nth }))
            }
            Door::Whisper { nth } => stage!(Whisper, Whisper::enter(nth, cx)),
            Door::Connect { nth } => stage!(Connect, Connect::enter(nth, cx)),
            Door::Talk { nth } => stage!(Talk, Talk::enter(nth, cx)),
            Door::CallBack => stage!(CallBack, CallBack::enter(cx)),
            Door::Closing { cause } => stage!(Closing, Closing::enter(cause, cx)),
            Door::Ending { cause } => stage!(Ending, Ending::enter(cause, cx)),
        }
    }

    fn follow(&mut self, from: StageName, step: Step, desk: &mut Desk) -> Life {
        match step {
            Step::Stay(stage) => {
                self.stage = stage;
                Life::On
            }
            Step::Go(door) => self.open(Some(from), door, desk),
            Step::Over => self.finish(Some(from), desk),
        }
    }

    /// Writes the record. Whatever line is still ours is given back first.
    pub(super) fn finish(&mut self, from: Option<StageName>, desk: &mut Desk) -> Life {
        let mut cx = self.context(desk);
        for nth in 0..cx.facts.attempts.len() {
            cx.release(nth);
        }
        cx.forget_wishes();
        if let (true, Some(hotline)) = (cx.facts.counted, cx.hotline) {
            cx.facts.counted = false;
            cx.ask(AcdRequest::Leave { hotline: hotline.number.clone() });
        }
        cx.conclude(Outcome::Lost, EndedBy::Switch, Cause::Other);
        cx.note(Note::Stage { from, to: None });
        if let Some(record) = self.record(desk.now) {
            desk.out.push(Command::Record(Box::new(record)));
        }
        Life::Over
    }

    /// The record of a call that is over: it takes with it what nobody needs any more.
    fn record(&mut self, now: Instant) -> Option<CallRecord> {
        let facts = &mut self.facts;
        let ended = facts.ended.as_ref()?;
        let findings = std::mem::take(&mut facts.findings);
        let talked = |attempt: &&super::attempt::Attempt| attempt.outcome == Some(AttemptOutcome::Talked);
        // Where the machine's clock was set back, a daemon that took the call up may count from before all this.
        let arrived = facts.arrived;
        let answered = facts.answered.map(|at| at.max(arrived));
        let talk = facts.talk.map(|at| at.max(arrived));
        let parted = facts.parted.map(|(at, _)| at);
        let ended_at =
            [answered, talk, parted].into_iter().flatten().fold(ended.at.max(arrived), Instant::max);
        let talked_until = parted.unwrap_or(ended_at);
        Some(CallRecord {
            call: facts.id.clone(),
            switch: facts.switch.clone(),
            dialled: std::mem::take(&mut facts.dialled),
            hotline: self.hotline.as_ref().map(|hotline| hotline.number.clone()),
            hotline_version: self.hotline.as_ref().map(|hotline| hotline.version),
            caller: std::mem::take(&mut facts.caller),
            outcome: ended.outcome,
            ended_by: ended.by,
            cause: ended.cause,
            arrived,
            billing_start: answered,
            ended: ended_at,
            wait: talk.unwrap_or(ended_at).since(arrived),
            talk: talk.map_or(Millis(0), |talk| talked_until.since(talk)),
            agent: facts.attempts.iter().find(talked).map(|attempt| attempt.agent.clone()),
            refused: findings.refused,
            path: findings.path,
            entered: findings.entered,
            marks: findings.marks,
            queued: findings.queued,
            recording: findings.recording,
            message: findings.message,
            score: findings.score,
            call_back: findings.call_back,
            attempts: facts.attempts.iter().map(|attempt| attempt.to_record(now)).collect(),
        })
    }
}
