//! The timeline of one call for people: what the caller heard and did, when, and why.
//!
//! It is built from the events and commands of the engine. `simulate` takes them from a dry run and `explain` from a
//! journal, so both print a call in the same way.

mod sound_text;
mod timeline_event;
mod untold;

use hotlined_core::command::{Action, Command, Note};
use hotlined_core::engine::TraceEntry;
use hotlined_core::event::{CommandResult, Event, LegEvent, LiveLeg};
use hotlined_core::hotline::{Dial, Hotline, Hotlines};
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::record::CallRecord;
use hotlined_core::stage_name::StageName;
use hotlined_core::time::{Instant, Millis};
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;
use timeline_event::Party;
use timeline_event::TimelineEvent;

/// The timeline of one call, as far as its entries were added.
pub(super) struct CallTimeline {
    call: CallId,
    hotlines: Arc<Hotlines>,
    hotline: Option<Arc<Hotline>>,
    legs: BTreeMap<LegId, Party>,
    stage: Option<StageName>,
    /// The agent's leg that is being created and its dial string, until a note names the agent.
    called: Option<(LegId, String)>,
    /// Who hears the sound of each play command, for the message if it cannot be played.
    plays: BTreeMap<CommandId, Party>,
    /// The agents who answered. Of the other agents, a note says how the attempt ended.
    answered: BTreeSet<Party>,
    /// The legs that were hung up or ended.
    ended: BTreeSet<LegId>,
    lines: Vec<TimelineLine>,
    began: Option<Instant>,
    record: Option<Box<CallRecord>>,
}

/// One line of the timeline.
#[derive(Debug, Serialize)]
struct TimelineLine {
    /// Milliseconds since 1970.
    t: Instant,
    /// Seconds since the call arrived.
    s: f64,
    #[serde(flatten)]
    moment: TimelineEvent,
}

impl CallTimeline {
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

    /// Whether the call has ended and has its record.
    pub(super) fn is_over(&self) -> bool {
        self.record.is_some()
    }

    /// Adds an entry of the engine, if it concerns the call.
    pub(super) fn add(&mut self, at: Instant, entry: TraceEntry) {
        match entry {
            TraceEntry::In(event) => self.add_event(at, event),
            TraceEntry::Out(command) => self.add_command(at, command),
            TraceEntry::Added(_) => {}
        }
    }

    fn push(&mut self, at: Instant, moment: TimelineEvent) {
        let began = *self.began.get_or_insert(at);
        let s = at.since(began).0 as f64 / 1_000.0;
        self.lines.push(TimelineLine { t: at, s, moment });
    }

    fn add_event(&mut self, at: Instant, event: &Event) {
        match event {
            Event::Hotlines(hotlines) => self.hotlines = hotlines.clone(),
            Event::Arrived(arrival) if arrival.leg == self.call.0 && self.began.is_none() => {
                self.start_call(at, &arrival.dialled, &arrival.caller, false);
            }
            Event::CallsTakenOver { calls, .. } if self.is_live() => {
                if calls.iter().any(|kept| kept.call == self.call) {
                    self.push(at, TimelineEvent::TakenUp);
                }
            }
            Event::LinkRestored { legs, .. } => self.add_link_restored(at, legs),
            Event::LinkLost { .. } if self.is_live() => self.push(at, TimelineEvent::LinkLost),
            Event::Leg { leg, event: what } => {
                if let Some(who) = self.legs.get(leg).cloned() {
                    self.add_leg_event(at, leg, who, what);
                }
            }
            Event::Done { command, result: CommandResult::Failed(_) } => {
                if let Some(who) = self.plays.remove(command) {
                    self.push(at, TimelineEvent::NotPlayed { who });
                }
            }
            Event::Operator(order) if self.is_live() => {
                self.push(at, TimelineEvent::Operator { order: timeline_event::json_word(order) });
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

    fn is_live(&self) -> bool {
        self.began.is_some() && self.record.is_none()
    }

    fn start_call(&mut self, at: Instant, dialled: &str, caller: &str, waiting: bool) {
        self.hotline =
            hotlined_core::number::hotline(dialled).and_then(|number| self.hotlines.get(number)).cloned();
        self.legs.insert(self.call.0.clone(), Party::Caller);
        let hotline = self.hotline.as_ref().map(|hotline| hotline.name.to_string());
        let (caller, dialled) = (caller.to_owned(), dialled.to_owned());
        self.push(at, TimelineEvent::Calls { caller, dialled, hotline, waiting });
    }

    fn add_link_restored(&mut self, at: Instant, legs: &[LiveLeg]) {
        if self.is_live() {
            let mine = legs.iter().filter(|live| self.legs.contains_key(&live.leg)).count();
            self.push(at, TimelineEvent::LinkBack { legs: mine });
        }
        let arrival = legs.iter().filter_map(|live| live.arrival.as_ref());
        if let (None, Some(arrival)) =
            (self.began, arrival.into_iter().find(|arrival| arrival.leg == self.call.0))
        {
            self.start_call(at, &arrival.dialled, &arrival.caller, true);
        }
    }

    fn add_leg_event(&mut self, at: Instant, leg: &LegId, who: Party, what: &LegEvent) {
        match what {
            LegEvent::Ringing { .. } => self.push(at, TimelineEvent::Rings { who }),
            LegEvent::Answered => {
                self.answered.insert(who.clone());
                self.push(at, TimelineEvent::Answers { who });
            }
            LegEvent::Bridged { peer } if who == Party::Caller => {
                let agent = self.legs.get(peer).cloned().unwrap_or(Party::Unknown);
                self.push(at, TimelineEvent::Talks { agent });
            }
            LegEvent::Digit(key) => self.push(at, TimelineEvent::Presses { who, key: *key }),
            LegEvent::Left => self.push(at, TimelineEvent::Fallback { sent: false }),
            LegEvent::HungUp { cause, far_end } => {
                let known = matches!(who, Party::Agent(_)) && !self.answered.contains(&who);
                if self.ended.insert(leg.clone()) && !known {
                    self.push(at, TimelineEvent::Leaves { who, itself: *far_end, cause: *cause });
                }
            }
            LegEvent::Renamed { .. } => {}
            LegEvent::Created | LegEvent::Parked | LegEvent::Bridged { .. } | LegEvent::Unbridged { .. } => {}
        }
    }

    fn add_command(&mut self, at: Instant, command: &Command) {
        match command {
            Command::Switch { id, action, .. } if id.call == self.call => self.add_action(at, id, action),
            Command::Note { call, note } if *call == self.call => self.add_note(at, note),
            Command::Record(record) if record.call == self.call => {
                let rules = self.hotline.as_ref().and_then(|hotline| hotline.sms.clone());
                let lines = self.lines.iter().map(|line| &line.moment);
                let untold = rules.map(|rules| untold::untold(record, &rules, lines)).unwrap_or_default();
                untold.into_iter().for_each(|moment| self.push(at, moment));
                self.push(at, TimelineEvent::Over);
                self.record = Some(record.clone());
            }
            Command::Message(message) if message.call == self.call => {
                let (template, to) = (message.template.to_string(), message.to.to_string());
                self.push(at, TimelineEvent::Sms { template, to, text: message.signed_text() });
            }
            Command::Switch { .. }
            | Command::Note { .. }
            | Command::Record(_)
            | Command::Message(_)
            | Command::Publish(_)
            | Command::Acd { .. } => {}
        }
    }

    fn add_action(&mut self, at: Instant, id: &CommandId, action: &Action) {
        let who = |leg: &LegId| self.legs.get(leg).cloned().unwrap_or(Party::Unknown);
        match action {
            Action::Play { leg, prompt, repeat } => {
                let who = who(leg);
                self.plays.insert(id.clone(), who.clone());
                let sound = sound_text::describe_sound(prompt, self.hotline.as_deref());
                self.push(at, TimelineEvent::Hears { who, sound, over_and_over: *repeat });
            }
            Action::Listen { leg, time } => {
                let who = who(leg);
                // No line between two keys of one input.
                if !matches!(
                    self.lines.last(),
                    Some(TimelineLine { moment: TimelineEvent::Presses { .. }, .. })
                ) {
                    self.push(at, TimelineEvent::Silence { who, up_to: *time });
                }
            }
            Action::RecordMessage { file, longest, .. } => {
                self.push(at, TimelineEvent::Message { file: file.to_string(), longest: *longest });
            }
            Action::RecordTalk { file, .. } => {
                self.push(at, TimelineEvent::Recording { file: file.to_string() })
            }
            Action::Ring { leg, dial, .. } => {
                let (Dial::Phone(place) | Dial::Endpoint(place)) = dial;
                if self.stage == Some(StageName::CallBack) {
                    self.legs.insert(leg.clone(), Party::Caller);
                    self.push(at, TimelineEvent::CallsBack { place: place.to_string() });
                } else {
                    self.called = Some((leg.clone(), place.to_string()));
                }
            }
            Action::ToFallback { .. } => self.push(at, TimelineEvent::Fallback { sent: true }),
            Action::HangUp { leg, cause } => {
                let who = who(leg);
                if self.ended.insert(leg.clone()) {
                    self.push(at, TimelineEvent::Ends { who, cause: *cause });
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

    fn add_note(&mut self, at: Instant, note: &Note) {
        let moment = match note {
            Note::Stage { to, .. } => {
                self.stage = *to;
                return;
            }
            Note::Node { node, exit, reason: because } => {
                let because = Some(because.to_string()).filter(|why| !why.is_empty() && **why != **exit);
                TimelineEvent::Node { node: node.to_string(), exit: exit.to_string(), because }
            }
            Note::Refused { reason: why, detail: because } => {
                TimelineEvent::Refused { why: *why, because: because.to_string() }
            }
            Note::Queued { ahead, estimate } => TimelineEvent::Queued { ahead: *ahead, estimate: *estimate },
            Note::CallBack => TimelineEvent::WillBeCalledBack,
            Note::FlowTooLong => TimelineEvent::Endless,
            Note::Ringing { agent } => {
                let Some((leg, place)) = self.called.take() else { return };
                let who = Party::Agent(agent.to_string());
                self.answered.remove(&who);
                self.legs.insert(leg, who);
                TimelineEvent::Called { agent: agent.to_string(), place }
            }
            Note::Attempt { agent, outcome } => {
                TimelineEvent::Attempt { agent: agent.to_string(), outcome: *outcome }
            }
            Note::SoundFailed { prompt } => TimelineEvent::SoundFailed {
                sound: sound_text::describe_sound(prompt, self.hotline.as_deref()),
            },
            Note::NotTaken { reason: why } => TimelineEvent::NotTaken { why: *why },
            Note::TakeOverFailed { error: why } => TimelineEvent::NotTakenUp { why: why.to_string() },
        };
        self.push(at, moment);
    }

    /// Prints the timeline, then the call record.
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
            Some(record) => timeline_event::print_record(record, out),
            None => writeln!(out, "the call is not over yet: it has no record"),
        }
    }

    /// The time from the first line to the last.
    pub(super) fn duration(&self) -> Millis {
        match (self.began, self.lines.last()) {
            (Some(began), Some(last)) => last.t.since(began),
            (Some(_) | None, _) => Millis(0),
        }
    }
}

/// The local time in China.
pub(super) fn china_time(at: Instant) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}
