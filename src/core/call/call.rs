//! One call: its stage, and the transitions between stages.

use super::admission::{Admission, ArrivalSource};
use super::announce::Announce;
use super::call_back::CallBack;
use super::call_state::{AgentSearch, CallState, RecordFields};
use super::closing::Closing;
use super::connect::Connect;
use super::context::Context;
use super::ending::Ending;
use super::hunt::Hunt;
use super::menu::Menu;
use super::published::PublishedEvents;
use super::queue::Queue;
use super::survey::Survey;
use super::talk::Talk;
use super::timer::Timers;
use super::transition::{Next, StageEvent, Transition};
use super::verify::Verify;
use super::voicemail::Voicemail;
use super::walk::{self, NodeStage, WalkEnd};
use super::whisper::Whisper;
use crate::command::{AcdRequest, Command, Note};
use crate::event::{Arrival, Cause};
use crate::hotline::flow::NodeIx;
use crate::hotline::{Hotline, Version};
use crate::hours::Calendar;
use crate::id::{CallId, LegId, SwitchId};
use crate::number::NumberRegions;
use crate::record::{AttemptOutcome, CallRecord, EndedBy, Outcome};
use crate::stage_name::StageName;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One live call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) hotline: Option<Arc<Hotline>>,
    pub(super) state: CallState,
    pub(super) stage: Stage,
}

/// The stage of a call, with the stage's own state.
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
    /// Stands in a call while it goes from one stage to the next.
    fn placeholder() -> Self {
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

/// Everything of a call that must survive a daemon: plain data, with the hotline as its number and version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallSnapshot {
    pub(super) hotline: Option<(Arc<str>, Version)>,
    #[serde(rename = "facts")]
    pub(super) state: CallState,
    stage: Stage,
}

impl CallSnapshot {
    /// The switch that has the call.
    pub(super) fn switch(&self) -> &SwitchId {
        &self.state.switch
    }
}

/// Whether a call lives on after a turn, or has become a record.
pub(super) enum CallStatus {
    Alive,
    Ended,
}

/// What the switchboard lends a call for one turn.
pub(super) struct CallEnv<'a> {
    pub(super) now: Instant,
    pub(super) fallback_after: Millis,
    /// Whether events are published.
    pub(super) publishes: bool,
    pub(super) calendar: &'a Calendar,
    pub(super) number_regions: Option<&'a NumberRegions>,
    pub(super) out: &'a mut Vec<Command>,
}

impl Call {
    /// Takes a caller's leg: for its hotline, or to refuse the caller where no hotline has the dialled number.
    pub(super) fn take(
        arrival: &Arrival,
        source: ArrivalSource,
        hotline: Option<Arc<Hotline>>,
        env: &mut CallEnv,
    ) -> Self {
        let (seed, commands) = match source {
            ArrivalSource::NewCall => (arrival.seed, 0),
            ArrivalSource::ChannelList { connection } => {
                super::seeded_random::reseed_found_call(arrival.seed, connection)
            }
        };
        let state = CallState {
            id: CallId(arrival.leg.clone()),
            switch: arrival.switch.clone(),
            dialled: arrival.dialled.clone(),
            caller: arrival.caller.clone(),
            seed,
            arrived: env.now,
            last_command: commands,
            caller_leg: arrival.leg.clone(),
            former_leg: None,
            hang_up: None,
            caller_gone: None,
            sound: None,
            typed_ahead: String::new(),
            node: NodeIx::default(),
            nodes_visited: 0,
            search: AgentSearch::default(),
            open_claims: Vec::new(),
            attempts: Vec::new(),
            timers: Timers::default(),
            linked: true,
            answered: arrival.answered.then_some(env.now),
            talk: None,
            talk_ended: None,
            ended: None,
            priority: 0,
            counted: false,
            taken_over: false,
            record_fields: RecordFields::default(),
            published: PublishedEvents::default(),
        };
        let mut call = Self { hotline, state, stage: Stage::placeholder() };
        let mut cx = call.context(env);
        let transition = super::admission::admit(&mut cx);
        call.take_transition(None, transition, env);
        call
    }

    pub(super) fn save(&self) -> CallSnapshot {
        let hotline = self.hotline.as_ref().map(|hotline| (hotline.number.clone(), hotline.version));
        CallSnapshot { hotline, state: self.state.clone(), stage: self.stage.clone() }
    }

    pub(super) fn load(snapshot: CallSnapshot, hotline: Option<Arc<Hotline>>) -> Self {
        Self { hotline, state: snapshot.state, stage: snapshot.stage }
    }

    /// Takes the call over from an earlier daemon, while the link to its switch is not up yet.
    pub(super) fn await_link(&mut self) {
        self.state.taken_over = true;
        self.link_lost();
    }

    /// The switch that has the call.
    pub(super) fn switch(&self) -> &SwitchId {
        &self.state.switch
    }

    pub(super) fn stage(&self) -> StageName {
        self.stage.name()
    }

    /// The call's next deadline; none while the link to its switch is down.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.state.linked { self.state.timers.earliest() } else { None }
    }

    /// Every leg of the call, the caller's first.
    pub(super) fn legs(&self) -> impl Iterator<Item = &LegId> {
        let caller = std::iter::once(&self.state.caller_leg).chain(&self.state.former_leg);
        caller.chain(self.state.attempts.iter().filter_map(|attempt| attempt.leg.as_ref()))
    }

    pub(super) fn context<'a>(&'a mut self, env: &'a mut CallEnv) -> Context<'a> {
        Context {
            now: env.now,
            fallback_after: env.fallback_after,
            calendar: env.calendar,
            number_regions: env.number_regions,
            hotline: self.hotline.as_ref(),
            state: &mut self.state,
            out: env.out,
        }
    }

    /// Gives an event to the stage, and follows the transition the stage returns.
    pub(super) fn dispatch(&mut self, event: StageEvent, env: &mut CallEnv) -> CallStatus {
        let from = self.stage();
        let stage = std::mem::replace(&mut self.stage, Stage::placeholder());
        let mut cx = self.context(env);
        let next = match stage {
            Stage::Admission(stage) => stage.on(event, &mut cx).map(Stage::Admission),
            Stage::Announce(stage) => stage.on(event, &mut cx).map(Stage::Announce),
            Stage::Menu(stage) => stage.on(event, &mut cx).map(Stage::Menu),
            Stage::Verify(stage) => stage.on(event, &mut cx).map(Stage::Verify),
            Stage::Hunt(stage) => stage.on(event, &mut cx).map(Stage::Hunt),
            Stage::Queue(stage) => stage.on(event, &mut cx).map(Stage::Queue),
            Stage::CallBack(stage) => stage.on(event, &mut cx).map(Stage::CallBack),
            Stage::Whisper(stage) => stage.on(event, &mut cx).map(Stage::Whisper),
            Stage::Connect(stage) => stage.on(event, &mut cx).map(Stage::Connect),
            Stage::Talk(stage) => stage.on(event, &mut cx).map(Stage::Talk),
            Stage::Survey(stage) => stage.on(event, &mut cx).map(Stage::Survey),
            Stage::Voicemail(stage) => stage.on(event, &mut cx).map(Stage::Voicemail),
            Stage::Closing(stage) => stage.on(event, &mut cx).map(Stage::Closing),
            Stage::Ending(stage) => stage.on(event, &mut cx).map(Stage::Ending),
        };
        self.follow(from, next, env)
    }

    /// Follows a transition, and every further one, until a stage stays. Nodes that decide at once end the loop: a
    /// flow may pass only so many of them.
    pub(super) fn take_transition(
        &mut self,
        mut from: Option<StageName>,
        mut transition: Transition,
        env: &mut CallEnv,
    ) -> CallStatus {
        loop {
            let (to, next) = self.enter(from, transition, env);
            match next {
                Next::Stay(stage) => {
                    self.stage = stage;
                    return CallStatus::Alive;
                }
                Next::Go(further) => (from, transition) = (to, further),
                Next::Finished => return self.finish(to, env),
            }
        }
    }

    /// Enters the stage behind a transition. Where the flow decides at once, returns the next transition instead.
    fn enter(
        &mut self,
        from: Option<StageName>,
        transition: Transition,
        env: &mut CallEnv,
    ) -> (Option<StageName>, Next<Stage>) {
        let cx = &mut self.context(env);
        macro_rules! stage {
            ($name:ident, $enter:expr) => {{
                let to = Some(StageName::$name);
                cx.note(Note::Stage { from, to });
                (to, $enter.map(Stage::$name))
            }};
        }
        match transition {
            Transition::Admission => stage!(Admission, Admission::enter(cx)),
            Transition::Node(node) => match walk::walk(node, cx) {
                WalkEnd::Leave(transition) => (from, Next::Go(transition)),
                WalkEnd::Enter(NodeStage::Access) => stage!(Admission, Admission::by_rules(cx)),
                WalkEnd::Enter(NodeStage::Menu) => stage!(Menu, Menu::enter(cx)),
                WalkEnd::Enter(NodeStage::Announce) => stage!(Announce, Announce::enter(cx)),
                WalkEnd::Enter(NodeStage::Hunt) => stage!(Hunt, Hunt::enter(cx)),
                WalkEnd::Enter(NodeStage::Queue) => stage!(Queue, Queue::enter(cx)),
                WalkEnd::Enter(NodeStage::Voicemail) => stage!(Voicemail, Voicemail::enter(cx)),
                WalkEnd::Enter(NodeStage::Survey) => stage!(Survey, Survey::enter(cx)),
                WalkEnd::Enter(NodeStage::Verify) => stage!(Verify, Verify::enter(cx)),
            },
            Transition::Exit { exit, reason } => (from, Next::Go(walk::leave(&exit, reason, cx))),
            Transition::ResumeSearch if cx.is_at_queue() => stage!(Queue, Queue::resume(cx)),
            Transition::ResumeSearch => stage!(Hunt, Hunt::resume(cx)),
            Transition::ServeCallBack { attempt_ix } => stage!(Queue, Queue::serve_call_back(attempt_ix, cx)),
            Transition::Whisper { attempt_ix } if Whisper::is_empty(attempt_ix, cx) => {
                (from, Next::Go(Transition::Connect { attempt_ix }))
            }
            Transition::Whisper { attempt_ix } => stage!(Whisper, Whisper::enter(attempt_ix, cx)),
            Transition::Connect { attempt_ix } => stage!(Connect, Connect::enter(attempt_ix, cx)),
            Transition::Talk { attempt_ix } => stage!(Talk, Talk::enter(attempt_ix, cx)),
            Transition::CallBack => stage!(CallBack, CallBack::enter(cx)),
            Transition::Closing { cause } => stage!(Closing, Closing::enter(cause, cx)),
            Transition::Ending { cause } => stage!(Ending, Ending::enter(cause, cx)),
        }
    }

    fn follow(&mut self, from: StageName, next: Next<Stage>, env: &mut CallEnv) -> CallStatus {
        match next {
            Next::Stay(stage) => {
                self.stage = stage;
                CallStatus::Alive
            }
            Next::Go(transition) => self.take_transition(Some(from), transition, env),
            Next::Finished => self.finish(Some(from), env),
        }
    }

    /// Releases every line the call still holds, and writes the record.
    pub(super) fn finish(&mut self, from: Option<StageName>, env: &mut CallEnv) -> CallStatus {
        let mut cx = self.context(env);
        for attempt_ix in 0..cx.state.attempts.len() {
            cx.release_line(attempt_ix);
        }
        cx.abandon_claims();
        if let (true, Some(hotline)) = (cx.state.counted, cx.hotline) {
            cx.state.counted = false;
            cx.request(AcdRequest::Leave { hotline: hotline.number.clone() });
        }
        cx.conclude(Outcome::Lost, EndedBy::Switch, Cause::Other);
        cx.note(Note::Stage { from, to: None });
        self.publish_news(env);
        if let Some(record) = self.record(env.now) {
            self.publish_end(&record, env);
            env.out.push(Command::Record(Box::new(record)));
        }
        CallStatus::Ended
    }

    /// The record of an ended call. Takes over the data that nobody needs any more.
    fn record(&mut self, now: Instant) -> Option<CallRecord> {
        let state = &mut self.state;
        let ended = state.ended.as_ref()?;
        let record_fields = std::mem::take(&mut state.record_fields);
        let talked = |attempt: &&super::attempt::Attempt| attempt.outcome == Some(AttemptOutcome::Talked);
        // When the clock was set back, a daemon that took the call over may have noted times before the arrival.
        let arrived = state.arrived;
        let answered = state.answered.map(|at| at.max(arrived));
        let talk = state.talk.map(|at| at.max(arrived));
        let parted = state.talk_ended.map(|(at, _)| at);
        let ended_at =
            [answered, talk, parted].into_iter().flatten().fold(ended.at.max(arrived), Instant::max);
        let talked_until = parted.unwrap_or(ended_at);
        Some(CallRecord {
            call: state.id.clone(),
            switch: state.switch.clone(),
            dialled: std::mem::take(&mut state.dialled),
            hotline: self.hotline.as_ref().map(|hotline| hotline.number.clone()),
            hotline_version: self.hotline.as_ref().map(|hotline| hotline.version),
            caller: std::mem::take(&mut state.caller),
            outcome: ended.outcome,
            ended_by: ended.by,
            cause: ended.cause,
            arrived,
            billing_start: answered,
            ended: ended_at,
            wait: talk.unwrap_or(ended_at).since(arrived),
            talk: talk.map_or(Millis(0), |talk| talked_until.since(talk)),
            agent: state.attempts.iter().find(talked).map(|attempt| attempt.agent.clone()),
            refused: record_fields.refused,
            closed: record_fields.closed,
            path: record_fields.path,
            entered: record_fields.entered,
            marks: record_fields.marks,
            queued: record_fields.queued,
            recording: record_fields.recording,
            message: record_fields.message,
            score: record_fields.score,
            call_back: record_fields.call_back,
            attempts: state.attempts.iter().map(|attempt| attempt.to_record(now)).collect(),
        })
    }
}
