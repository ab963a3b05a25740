//! What is promised to every call, checked after every step: the sentences of [`hotlined_sim::invariants`] about
//! records, lines and what callers hear, and what stands in orders, which only a rehearsal sees. Stricter here on purpose:
//! the daemon ends an agent's leg in the same step in which it hears that the caller has left.

use super::hotlines::SOUNDS;
use super::messages::Told;
use hotlined_core::command::{Action, Command, Note};
use hotlined_core::engine::TraceEntry;
use hotlined_core::event::{CommandResult, Event, LegEvent, OperatorOrder};
use hotlined_core::hotline::{Agent, Dial, Hotline};
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, RecordingName, SoundPath};
use hotlined_core::record::{CallRecord, Outcome};
use hotlined_core::stage_name::StageName;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::dry_run::{DryRun, Script};
use hotlined_sim::invariants;
use hotlined_sim::invariants::SILENCE_MAX;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long after the link came back the dialplan's fallback may still win.
const FALLBACK_AFTER_LINK: Millis = Millis::seconds(8);

pub struct Laws {
    transit: Millis,
    /// Whether some sound file is missing: then silence is what the switch makes of an order to play it.
    something_is_missing: bool,
    sounds: BTreeSet<String>,
    lines: BTreeMap<String, usize>,
    shown: BTreeSet<String>,
    hotlines: BTreeSet<Arc<str>>,
    calls: BTreeMap<CallId, Known>,
    /// A leg that is being made, until it is known for whom.
    pending: Option<(CallId, LegId, CommandId)>,
    /// Since when a caller hears nothing.
    silent: BTreeMap<LegId, Instant>,
    elsewhere: BTreeSet<LegId>,
    linked_since: Option<Instant>,
    handed_over: bool,
    passed: BTreeSet<(Arc<str>, Arc<str>)>,
    records: Vec<CallRecord>,
    told: Told,
    broken: Option<String>,
}

/// What is known of a call from outside.
#[derive(Default)]
struct Known {
    arrivals: usize,
    taken: usize,
    not_taken: usize,
    records: usize,
    caller: Option<LegId>,
    caller_gone: bool,
    agents: BTreeMap<LegId, Leg>,
    told_to_end: BTreeSet<LegId>,
}

struct Leg {
    ring: CommandId,
    over: bool,
}

impl Laws {
    pub fn new(
        transit: Millis,
        something_is_missing: bool,
        hotlines: &[Arc<Hotline>],
        agents: &[Agent],
        cast: &Script,
    ) -> Self {
        let pieces = Piece::ALL.iter().map(|piece| format!("{SOUNDS}/zh/{}", piece.file()));
        let files = (1..=super::hotlines::SOUND_FILES).map(|name| format!("{SOUNDS}/shop/{name}.wav"));
        let lines = agents.iter().map(|agent| {
            let (Dial::Phone(place) | Dial::Endpoint(place)) = &agent.dial;
            (place.to_string(), usize::from(agent.lines))
        });
        let plain = |number: &&String| {
            let digits = number.strip_prefix('+').unwrap_or(number);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let numbers = cast.callers.iter().map(|caller| &caller.number).filter(plain).cloned();
        Self {
            transit,
            something_is_missing,
            sounds: pieces.chain(files).collect(),
            lines: lines.collect(),
            shown: numbers
                .chain(hotlines.iter().map(|h| h.number.to_string()))
                .chain([String::new()])
                .collect(),
            hotlines: hotlines.iter().map(|hotline| hotline.number.clone()).collect(),
            calls: BTreeMap::new(),
            pending: None,
            silent: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            linked_since: Some(Instant(0)),
            handed_over: false,
            passed: BTreeSet::new(),
            records: Vec::new(),
            told: Told::default(),
            broken: None,
        }
    }

    /// Whether a call passed this node.
    pub fn passed(&self, hotline: &Arc<str>, node: &Arc<str>) -> bool {
        self.passed.contains(&(hotline.clone(), node.clone()))
    }

    /// The outcomes that messages told.
    pub fn outcomes_told(&self) -> BTreeSet<String> {
        self.told.outcomes()
    }

    fn demand(&mut self, holds: bool, law: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(law());
        }
    }

    fn holds(&mut self, invariant: Result<(), String>) {
        if let Err(why) = invariant {
            self.demand(false, || why);
        }
    }

    pub fn see(&mut self, at: Instant, entry: TraceEntry) {
        match entry {
            TraceEntry::In(event) => self.heard(at, event),
            TraceEntry::Out(command) | TraceEntry::Added(command) => self.said(command),
        }
    }

    fn call_of_agent(&mut self, leg: &LegId) -> Option<&mut Leg> {
        self.calls.values_mut().find_map(|call| call.agents.get_mut(leg))
    }

    fn heard(&mut self, at: Instant, event: &Event) {
        match event {
            Event::Arrived(arrival) => {
                self.calls.entry(CallId(arrival.leg.clone())).or_default().arrivals += 1;
            }
            Event::Leg { leg, event: LegEvent::HungUp { .. } } => {
                if let Some(agent) = self.call_of_agent(leg) {
                    agent.over = true;
                }
                // Of a call that was handed over in talk the switch takes care.
                let live = self.calls.values_mut().filter(|call| call.records < call.taken);
                let callers = live.filter(|call| call.caller.as_ref() == Some(leg));
                callers.for_each(|call| call.caller_gone = true);
            }
            Event::Done { command, result: CommandResult::Failed(_) | CommandResult::NoSuchLeg } => {
                let agents = self.calls.values_mut().flat_map(|call| call.agents.values_mut());
                agents.filter(|agent| agent.ring == *command).for_each(|agent| agent.over = true);
            }
            Event::LinkLost { .. } => self.linked_since = None,
            Event::LinkRestored { legs, .. } => {
                self.linked_since = Some(at);
                let live: BTreeSet<&LegId> = legs.iter().map(|live| &live.leg).collect();
                for call in self.calls.values_mut().filter(|call| call.records < call.taken) {
                    call.caller_gone |= call.caller.as_ref().is_some_and(|leg| !live.contains(leg));
                    for (leg, agent) in &mut call.agents {
                        agent.over |= !live.contains(leg);
                    }
                }
            }
            Event::Operator(OperatorOrder::HandOver) => self.handed_over = true,
            Event::Leg { .. }
            | Event::Done { .. }
            | Event::Acd { .. }
            | Event::Due
            | Event::Hotlines(_)
            | Event::CallsTakenOver { .. }
            | Event::LeaseLost { .. }
            | Event::Calendar(_)
            | Event::NumberRegions(_)
            | Event::Operator(OperatorOrder::Drain) => {}
        }
    }

    fn said(&mut self, command: &Command) {
        let pending = self.pending.take();
        if let (Some((id, leg, ring)), Command::Note { note: Note::Ringing { .. }, .. }) = (&pending, command)
        {
            let agent = Leg { ring: ring.clone(), over: false };
            self.calls.entry(id.clone()).or_default().agents.insert(leg.clone(), agent);
        } else {
            self.settle(pending);
        }
        match command {
            Command::Switch { id, action, .. } => self.ordered(id, action),
            Command::Note { call, note: Note::Stage { from: None, to: Some(_) } } => {
                let known = self.calls.entry(call.clone()).or_default();
                known.taken += 1;
                (known.caller, known.caller_gone) = (Some(call.0.clone()), false);
                known.told_to_end.clear();
            }
            Command::Note { call, note: Note::NotTaken { .. } } => {
                self.calls.entry(call.clone()).or_default().not_taken += 1;
            }
            Command::Record(record) => self.recorded(record),
            Command::Message(message) => {
                let told = self.told.message(message);
                self.holds(told);
            }
            Command::Note { .. } | Command::Publish(_) | Command::Acd { .. } => {}
        }
    }

    /// A leg that was made for no agent is the caller's, who is called back.
    fn settle(&mut self, pending: Option<(CallId, LegId, CommandId)>) {
        if let Some((call, leg, _)) = pending {
            let known = self.calls.entry(call).or_default();
            (known.caller, known.caller_gone) = (Some(leg), false);
        }
    }

    fn ordered(&mut self, id: &CommandId, action: &Action) {
        match action {
            Action::Ring { leg, call, dial, shown, .. } => {
                self.pending = Some((call.clone(), leg.clone(), id.clone()));
                let good = self.shown.contains(&**shown);
                self.demand(good, || format!("an agent is shown {shown:?}"));
                if let Dial::Phone(phone) = dial {
                    let good = phone.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+');
                    self.demand(good, || format!("{phone:?} is called"));
                }
            }
            Action::HangUp { leg, .. } => {
                self.calls.entry(id.call.clone()).or_default().told_to_end.insert(leg.clone());
            }
            Action::Play { prompt, .. } => self.plays(prompt),
            Action::RecordMessage { file, .. }
            | Action::RecordTalk { file, .. }
            | Action::StopRecording { file, .. } => self.records_as(&id.call, file),
            Action::Take { .. }
            | Action::KeepFallback { .. }
            | Action::CancelFallback { .. }
            | Action::ToFallback { .. }
            | Action::LetGo { .. }
            | Action::Answer { .. }
            | Action::Listen { .. }
            | Action::Stop { .. }
            | Action::ForgetKeys { .. }
            | Action::Bridge { .. } => {}
        }
    }

    /// Nothing a caller says or presses makes a path: all that is played was there before.
    fn plays(&mut self, prompt: &Prompt) {
        let paths = match prompt {
            Prompt::Tone(_) => &[][..],
            Prompt::File(path) => std::slice::from_ref(path),
            Prompt::Files(paths) => paths,
        };
        let unknown = paths.iter().map(SoundPath::as_str).find(|path| !self.sounds.contains(*path));
        self.demand(unknown.is_none(), || format!("{unknown:?} is played"));
    }

    fn records_as(&mut self, call: &CallId, file: &RecordingName) {
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = call.to_string().chars().map(safe).collect();
        let [hotline, _, rest] = file.as_str().split('/').collect::<Vec<_>>()[..] else {
            return self.demand(false, || format!("{file} is recorded"));
        };
        let good = self.hotlines.contains(hotline) && rest.starts_with(&name);
        self.demand(good, || format!("{file} is recorded for {call}"));
    }

    fn recorded(&mut self, record: &CallRecord) {
        let known = self.calls.entry(record.call.clone()).or_default();
        known.records += 1;
        let each = invariants::one_record_each(&record.call, known.taken, known.records, false);
        self.holds(each);
        self.holds(invariants::record_is_possible(record, true));
        let told = self.told.recorded(record);
        self.holds(told);
        if let Some(hotline) = &record.hotline {
            self.passed.extend(record.path.iter().map(|node| (hotline.clone(), node.clone())));
        }
        self.records.push(record.clone());
    }

    /// After every step.
    pub fn check(&mut self, rehearsal: &DryRun) -> Result<(), String> {
        let pending = self.pending.take();
        self.settle(pending);
        self.no_agent_outlives_the_caller();
        self.no_line_is_rung_beyond_what_it_has(rehearsal);
        self.no_caller_hears_nothing(rehearsal);
        self.no_caller_is_lost_to_the_fallback(rehearsal);
        match self.broken.take() {
            Some(law) => Err(format!("{law}, at {}", rehearsal.now())),
            None => Ok(()),
        }
    }

    fn no_agent_outlives_the_caller(&mut self) {
        let forgotten = self.calls.iter().filter(|(_, call)| call.caller_gone).find_map(|(id, call)| {
            let lives = |(leg, agent): &(&LegId, &Leg)| !agent.over && !call.told_to_end.contains(*leg);
            call.agents
                .iter()
                .find(lives)
                .map(|(leg, _)| format!("the caller of {id} is gone, and not agent {leg}"))
        });
        self.demand(forgotten.is_none(), || forgotten.unwrap_or_default());
    }

    fn no_line_is_rung_beyond_what_it_has(&mut self, rehearsal: &DryRun) {
        let mut rung: BTreeMap<&str, usize> = BTreeMap::new();
        rehearsal.legs().filter_map(|view| view.dial).for_each(|dial| *rung.entry(dial).or_default() += 1);
        let suffice = rung.into_iter().try_for_each(|(dial, count)| {
            // Nobody's telephone has no line.
            let lines = self.lines.get(dial).copied().unwrap_or(0);
            invariants::lines_suffice(dial, lines, count)
        });
        self.holds(suffice);
    }

    fn no_caller_hears_nothing(&mut self, rehearsal: &DryRun) {
        let now = rehearsal.now();
        // Orders and reports are on their way.
        let silence_max = Millis(SILENCE_MAX.0 + 4 * self.transit.0);
        let (Some(linked), true) = (self.linked_since, rehearsal.is_linked()) else {
            self.silent.clear();
            return;
        };
        if !self.something_is_missing {
            let sound = self.silent.iter().try_for_each(|(leg, since)| {
                let silence = now.since((*since).max(linked));
                invariants::caller_hears_something(leg, silence, silence_max)
            });
            self.holds(sound);
        }
        let stages: BTreeMap<&CallId, StageName> = rehearsal.engine().switchboard.stages().collect();
        let mut silent = BTreeMap::new();
        for view in rehearsal.legs() {
            if view.app_running && view.peer.is_some() {
                self.demand(false, || format!("something is played into the talk of {}", view.leg));
            }
            let mine = self.calls.iter().find(|(_, call)| call.caller.as_ref() == Some(view.leg));
            let Some((id, call)) = mine.filter(|_| view.parked && !view.app_running) else { continue };
            let live = stages.get(id).is_some_and(|stage| *stage != StageName::Ending);
            if live && !call.told_to_end.contains(view.leg) {
                silent.insert(view.leg.clone(), self.silent.get(view.leg).copied().unwrap_or(now));
            }
        }
        self.silent = silent;
    }

    fn no_caller_is_lost_to_the_fallback(&mut self, rehearsal: &DryRun) {
        let elsewhere: BTreeSet<LegId> =
            rehearsal.legs().filter(|view| view.in_fallback).map(|view| view.leg.clone()).collect();
        let steady =
            self.linked_since.is_some_and(|since| rehearsal.now().since(since) > FALLBACK_AFTER_LINK);
        let taken = |leg: &&LegId| {
            let call = self.calls.values().find(|call| call.caller.as_ref() == Some(*leg));
            call.is_some_and(|call| call.taken > 0)
        };
        let lost = elsewhere.difference(&self.elsewhere).find(taken).cloned();
        let excused = !steady || self.handed_over;
        self.demand(lost.is_none() || excused, || format!("the fallback took {lost:?}"));
        self.elsewhere = elsewhere;
    }

    /// When nothing is left: every call has its record.
    pub fn over(&self) -> Result<Vec<Outcome>, String> {
        for (id, call) in &self.calls {
            invariants::one_record_each(id, call.taken, call.records, true)?;
            if call.arrivals > 0 && call.taken + call.not_taken == 0 {
                return Err(format!("{id} arrived and nobody cared"));
            }
        }
        Ok(self.records.iter().map(|record| record.outcome).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::call::Limits;
    use hotlined_core::engine::Engine;
    use hotlined_core::event::Cause;
    use hotlined_sim::dry_run::ScriptedCaller;

    const BEGIN: Instant = Instant(1_000_000);

    /// What the laws say when these entries pass.
    fn told(entries: &[TraceEntry]) -> String {
        let caller = ScriptedCaller::new(BEGIN, "${x}", "4008001234", leg("caller"));
        let cast = Script { callers: vec![caller], ..Script::default() };
        let mut laws = Laws::new(Millis(5), false, &[], &[], &cast);
        let rehearsal = DryRun::new(Engine::new(Limits::default()), BEGIN, cast, Box::new(|_| None));
        entries.iter().for_each(|entry| laws.see(BEGIN, *entry));
        laws.check(&rehearsal).err().unwrap_or_default()
    }

    fn leg(name: &str) -> LegId {
        name.parse().unwrap()
    }

    fn order(action: Action) -> Command {
        let id = CommandId { call: CallId(leg("caller")), number: 7 };
        Command::Switch { switch: DryRun::switch(), id, action }
    }

    fn ring(shown: &str) -> Command {
        let (dial, call) = (Dial::phone("13900000001").unwrap(), CallId(leg("caller")));
        order(Action::Ring { leg: leg("agent"), call, dial, ring_time: Millis(1), shown: shown.into() })
    }

    fn note(note: Note) -> Command {
        Command::Note { call: CallId(leg("caller")), note }
    }

    #[test]
    fn what_comes_from_outside_is_noticed_in_an_order() {
        assert_eq!(told(&[TraceEntry::Out(&ring(""))]), "");
        assert!(told(&[TraceEntry::Out(&ring("${x}"))]).starts_with("an agent is shown"));
        let prompt = Prompt::File(SoundPath::new("/sounds/pwned.wav").unwrap());
        let play = order(Action::Play { leg: leg("caller"), prompt, repeat: false });
        assert!(told(&[TraceEntry::Out(&play)]).contains("is played"));
        let file = RecordingName::new("x/y/z.wav").unwrap();
        let record = order(Action::RecordTalk { leg: leg("caller"), file });
        assert!(told(&[TraceEntry::Out(&record)]).contains("is recorded"));
    }

    #[test]
    fn an_agent_who_is_left_ringing_is_noticed() {
        let taken = note(Note::Stage { from: None, to: Some(StageName::Hunt) });
        let (ring, ringing) = (ring(""), note(Note::Ringing { agent: "01".into() }));
        let gone = LegEvent::HungUp { cause: Cause::Cancelled, far_end: true };
        let gone = Event::Leg { leg: leg("caller"), event: gone };
        let end = order(Action::HangUp { leg: leg("agent"), cause: Cause::Cancelled });
        let before = [
            TraceEntry::Out(&taken),
            TraceEntry::Out(&ring),
            TraceEntry::Out(&ringing),
            TraceEntry::In(&gone),
        ];
        assert!(told(&before).starts_with("the caller of caller is gone"));
        assert_eq!(told(&[&before[..], &[TraceEntry::Out(&end)]].concat()), "");
    }
}
