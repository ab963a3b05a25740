//! The account of one call: what its caller went through, and why, told from what passed through the engine.
//!
//! It is made of the same entries whether the call is a rehearsal or stands in a journal, so that `simulate` and
//! `explain` tell alike.

mod moment;
mod sound;

use hotlined_core::command::{Action, Command, Note, StageName};
use hotlined_core::engine::TraceEntry;
use hotlined_core::event::{CommandResult, Event, LegEvent, LiveLeg};
use hotlined_core::hotline::{Dial, Hotline, Hotlines};
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use jiff::tz::{Offset, TimeZone};
use moment::Moment;
use moment::Who;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

/// One call, as far as it is told.
pub(super) struct Account {
    call: CallId,
    hotlines: Arc<Hotlines>,
    hotline: Option<Arc<Hotline>>,
    legs: BTreeMap<LegId, Who>,
    stage: Option<StageName>,
    /// The leg that is being called and the place, until it is known whose it is.
    called: Option<(LegId, String)>,
    /// What is being played, by command, to say so if it cannot be.
    plays: BTreeMap<CommandId, Who>,
    /// The agents who answered; how the others' attempts ended a note says.
    answered: BTreeSet<Who>,
    /// The legs that were told to end or did.
    ended: BTreeSet<LegId>,
    lines: Vec<Line>,
    began: Option<Instant>,
    record: Option<Box<CallRecord>>,
}

/// One thing that happened.
#[derive(Debug, Serialize)]
struct Line {
    /// Milliseconds since 1970.
    t: Instant,
    /// Seconds since the call came.
    s: f64,
    #[serde(flatten)]
    moment: Moment,
}

impl Account {
    pub(super) fn new(call: CallId) -> Self {
        Self {
            call,
            hotlines: Arc::default(),
            hotline: None,
            legs: BTreeMap::new(),
            stage: None,
            called: None,
            plays: BTreeMap::new(),
            answered: BTreeSet::new(),
            ended: BTreeSet::new(),
            lines: Vec::new(),
            began: None,
            record: None,
        }
    }

    /// Whether the call has its record.
    pub(super) fn is_over(&self) -> bool {
        self.record.is_some()
    }

    /// Takes in what passed.
    pub(super) fn take(&mut self, at: Instant, entry: TraceEntry) {
        match entry {
            TraceEntry::In(event) => self.heard(at, event),
            TraceEntry::Out(command) => self.said(at, command),
        }
    }

    fn tell(&mut self, at: Instant, moment: Moment) {
        let began = *self.began.get_or_insert(at);
        let s = at.since(began).0 as f64 / 1_000.0;
        self.lines.push(Line { t: at, s, moment });
    }

    fn heard(&mut self, at: Instant, event: &Event) {
        match event {
            Event::Hotlines(hotlines) => self.hotlines = hotlines.clone(),
            Event::Arrived(arrival) if arrival.leg == self.call.0 && self.began.is_none() => {
                self.begins(at, &arrival.dialled, &arrival.caller, false);
            }
            Event::CallsTakenOver { calls, .. } if self.lives() => {
                if calls.iter().any(|kept| kept.call == self.call) {
                    self.tell(at, Moment::TakenUp);
                }
            }
            Event::LinkRestored { legs, .. } => self.linked_again(at, legs),
            Event::LinkLost { .. } if self.lives() => self.tell(at, Moment::LinkLost),
            Event::Leg { leg, event: what } => {
                if let Some(who) = self.legs.get(leg).cloned() {
                    self.leg(at, leg, who, what);
                }
            }
            Event::Done { command, result: CommandResult::Failed(_) } => {
                if let Some(who) = self.plays.remove(command) {
                    self.tell(at, Moment::NotPlayed { who });
                }
            }
            Event::Operator(order) if self.lives() => {
                self.tell(at, Moment::Operator { order: moment::word(order) });
            }
            Event::Arrived(_)
            | Event::CallsTakenOver { .. }
            | Event::LeaseLost { .. }
            | Event::LinkLost { .. }
            | Event::Done { .. }
            | Event::Acd { .. }
            | Event::Due
            | Event::Calendar(_)
            | Event::NumberRegions(_)
            | Event::Operator(_) => {}
        }
    }

    fn lives(&self) -> bool {
        self.began.is_some() && self.record.is_none()
    }

    fn begins(&mut self, at: Instant, dialled: &str, caller: &str, waiting: bool) {
        self.hotline =
            hotlined_core::number::hotline(dialled).and_then(|number| self.hotlines.get(number)).cloned();
        self.legs.insert(self.call.0.clone(), Who::Caller);
        let hotline = self.hotline.as_ref().map(|hotline| hotline.name.to_string());
        let (caller, dialled) = (caller.to_owned(), dialled.to_owned());
        self.tell(at, Moment::Calls { caller, dialled, hotline, waiting });
    }

    fn linked_again(&mut self, at: Instant, legs: &[LiveLeg]) {
        if self.lives() {
            let mine = legs.iter().filter(|live| self.legs.contains_key(&live.leg)).count();
            self.tell(at, Moment::LinkBack { legs: mine });
        }
        let arrival = legs.iter().filter_map(|live| live.arrival.as_ref());
        if let (None, Some(arrival)) =
            (self.began, arrival.into_iter().find(|arrival| arrival.leg == self.call.0))
        {
            self.begins(at, &arrival.dialled, &arrival.caller, true);
        }
    }

    fn leg(&mut self, at: Instant, leg: &LegId, who: Who, what: &LegEvent) {
        match what {
            LegEvent::Ringing { .. } => self.tell(at, Moment::Rings { who }),
            LegEvent::Answered => {
                self.answered.insert(who.clone());
                self.tell(at, Moment::Answers { who });
            }
            LegEvent::Bridged { peer } if who == Who::Caller => {
                let agent = self.legs.get(peer).cloned().unwrap_or(Who::Somebody);
                self.tell(at, Moment::Talks { agent });
            }
            LegEvent::Digit(key) => self.tell(at, Moment::Presses { who, key: *key }),
            LegEvent::Left => self.tell(at, Moment::Fallback { sent: false }),
            LegEvent::HungUp { cause, far_end } => {
                let known = matches!(who, Who::Agent(_)) && !self.answered.contains(&who);
                if self.ended.insert(leg.clone()) && !known {
                    self.tell(at, Moment::Leaves { who, itself: *far_end, cause: *cause });
                }
            }
            LegEvent::Renamed { .. } => {}
            LegEvent::Created | LegEvent::Parked | LegEvent::Bridged { .. } | LegEvent::Unbridged { .. } => {}
        }
    }

    fn said(&mut self, at: Instant, command: &Command) {
        match command {
            Command::Switch { id, action, .. } if id.call == self.call => self.ordered(at, id, action),
            Command::Note { call, note } if *call == self.call => self.noted(at, note),
            Command::Record(record) if record.call == self.call => {
                self.tell(at, Moment::Over);
                self.record = Some(record.clone());
            }
            Command::Switch { .. } | Command::Note { .. } | Command::Record(_) | Command::Acd { .. } => {}
        }
    }

    fn ordered(&mut self, at: Instant, id: &CommandId, action: &Action) {
        let who = |leg: &LegId| self.legs.get(leg).cloned().unwrap_or(Who::Somebody);
        match action {
            Action::Play { leg, prompt, repeat } => {
                let who = who(leg);
                self.plays.insert(id.clone(), who.clone());
                let sound = sound::words(prompt, self.hotline.as_deref());
                self.tell(at, Moment::Hears { who, sound, over_and_over: *repeat });
            }
            Action::Listen { leg, time } => {
                let who = who(leg);
                // Between two keys of an answer nothing new begins.
                if !matches!(self.lines.last(), Some(Line { moment: Moment::Presses { .. }, .. })) {
                    self.tell(at, Moment::Silence { who, up_to: *time });
                }
            }
            Action::RecordMessage { file, longest, .. } => {
                self.tell(at, Moment::Message { file: file.to_string(), longest: *longest });
            }
            Action::RecordTalk { file, .. } => self.tell(at, Moment::Recording { file: file.to_string() }),
            Action::Ring { leg, dial, .. } => {
                let (Dial::Phone(place) | Dial::Endpoint(place)) = dial;
                if self.stage == Some(StageName::CallBack) {
                    self.legs.insert(leg.clone(), Who::Caller);
                    self.tell(at, Moment::CallsBack { place: place.to_string() });
                } else {
                    self.called = Some((leg.clone(), place.to_string()));
                }
            }
            Action::ToFallback { .. } => self.tell(at, Moment::Fallback { sent: true }),
            Action::HangUp { leg, cause } => {
                let who = who(leg);
                if self.ended.insert(leg.clone()) {
                    self.tell(at, Moment::Ends { who, cause: *cause });
                }
            }
            Action::Take { .. }
            | Action::KeepFallback { .. }
            | Action::CancelFallback { .. }
            | Action::Answer { .. }
            | Action::Stop { .. }
            | Action::ForgetKeys { .. }
            | Action::StopRecording { .. }
            | Action::LetGo { .. }
            | Action::Bridge { .. } => {}
        }
    }

    fn noted(&mut self, at: Instant, note: &Note) {
        let moment = match note {
            Note::Stage { to, .. } => {
                self.stage = *to;
                return;
            }
            Note::Node { node, exit, reason: because } => {
                let because = Some(because.to_string()).filter(|why| !why.is_empty() && **why != **exit);
                Moment::Node { node: node.to_string(), exit: exit.to_string(), because }
            }
            Note::Refused { reason: why, detail: because } => {
                Moment::Refused { why: *why, because: because.to_string() }
            }
            Note::Queued { ahead, estimate } => Moment::Queued { ahead: *ahead, estimate: *estimate },
            Note::CallBack => Moment::WillBeCalledBack,
            Note::FlowTooLong => Moment::Endless,
            Note::Ringing { agent } => {
                let Some((leg, place)) = self.called.take() else { return };
                let who = Who::Agent(agent.to_string());
                self.answered.remove(&who);
                self.legs.insert(leg, who);
                Moment::Called { agent: agent.to_string(), place }
            }
            Note::Attempt { agent, outcome } => {
                Moment::Attempt { agent: agent.to_string(), outcome: *outcome }
            }
            Note::SoundFailed { prompt } => {
                Moment::SoundFailed { sound: sound::words(prompt, self.hotline.as_deref()) }
            }
            Note::NotTaken { reason: why } => Moment::NotTaken { why: *why },
            Note::TakeOverFailed { error: why } => Moment::NotTakenUp { why: why.to_string() },
        };
        self.tell(at, moment);
    }

    /// Prints the call: its moments, then its record.
    pub(super) fn print(&self, json: bool, out: &mut impl Write) -> io::Result<()> {
        if json {
            for line in &self.lines {
                writeln!(out, "{}", serde_json::to_string(line)?)?;
            }
            if let Some(record) = &self.record {
                writeln!(out, "{}", serde_json::json!({ "record": record }))?;
            }
            return Ok(());
        }
        if let Some(began) = self.began {
            writeln!(out, "call {}, {}", self.call, china_time(began))?;
        }
        for line in &self.lines {
            writeln!(out, "{:>9.3}  {}", line.s, line.moment)?;
        }
        match &self.record {
            Some(record) => moment::print_record(record, out),
            None => writeln!(out, "the call is not over yet: it has no record"),
        }
    }

    /// How long the call has lasted, as far as it is told.
    pub(super) fn lasted(&self) -> Millis {
        match (self.began, self.lines.last()) {
            (Some(began), Some(last)) => last.t.since(began),
            (Some(_) | None, _) => Millis(0),
        }
    }
}

/// A time on the walls of China.
pub(super) fn china_time(at: Instant) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}
