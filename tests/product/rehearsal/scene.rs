//! A scene: hotlines, people and what goes wrong between the switch and us, lived through step by step.

use super::hotlines::{self, SOUNDS};
use super::laws::Laws;
use super::people;
use hotlined_core::call::{Limits, SavedCall};
use hotlined_core::engine::{Engine, TraceEntry};
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::hotline::{Agent, Hotline, Hotlines};
use hotlined_core::id::{CallId, LegId};
use hotlined_core::prompt::SoundPath;
use hotlined_core::record::Outcome;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::dry_run::{DryRun, SoundLengths};
use hotlined_sim::rng::Rng;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A Monday at half past eleven in China.
const BEGIN: Instant = Instant(1_795_404_600_000);
const NUMBERS: [&str; 2] = ["4008001234", "4008005678"];
/// When everybody has had enough, and how often from then on everybody leaves again who was called meanwhile.
const ALL_LEAVE_AFTER: Millis = Millis::seconds(900);
const ALL_LEAVE_EVERY: Millis = Millis::seconds(60);
/// How long after that the last call may live: who left to be called back keeps its turn for two hours.
const ALL_OVER_AFTER: Millis = Millis::seconds(2 * 3600 + 900);
/// A call that needs more steps goes in a circle.
const STEPS_MAX: usize = 300_000;

/// What goes wrong, or changes, at some moment.
#[derive(Clone, Debug)]
enum Turn {
    LoseLink,
    RestoreLink,
    /// Whoever is on one of the legs leaves.
    OneLeaves(u64),
    AllLeave,
    Hotlines(Arc<Hotlines>),
    Operator(OperatorOrder),
}

pub struct Scene {
    hotlines: Arc<Hotlines>,
    /// Every version there will be.
    all: Vec<Arc<Hotline>>,
    agents: Vec<Agent>,
    rehearsal: DryRun,
    turns: Vec<(Instant, Turn)>,
    /// Whether every call is saved and loaded between any two steps.
    reloads: bool,
    laws: Laws,
}

/// What passed, where somebody wants to read it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Log(pub Option<Vec<String>>);

impl Log {
    fn put(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(line());
        }
    }
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Lived {
    pub outcomes: Vec<Outcome>,
    /// The kinds of nodes that were passed.
    pub kinds: BTreeSet<String>,
    /// The outcomes that messages told.
    pub told: BTreeSet<String>,
}

impl Scene {
    pub fn drawn(seed: u64) -> Self {
        let chance = &mut Rng::new(seed);
        let agents = hotlines::agents(chance);
        let draw = |chance: &mut Rng| {
            let mut all = Hotlines::default();
            for number in NUMBERS {
                all.insert(Arc::new(hotlines::hotline(number, &agents, chance)));
            }
            Arc::new(all)
        };
        let hotlines = draw(chance);
        let mut all: Vec<Arc<Hotline>> = hotlines.iter().cloned().collect();
        let transit = Millis(if chance.percent(50) { 5 } else { chance.between(0, 300) });
        let mut turns = vec![(BEGIN + ALL_LEAVE_AFTER, Turn::AllLeave)];
        if chance.percent(40) {
            let mut at = BEGIN;
            for _ in 0..chance.between(1, 3) {
                at = at + Millis(chance.between(0, 60_000));
                turns.push((at, Turn::LoseLink));
                // What was on its way arrives before a new link is there.
                at = at + Millis(2 * transit.0 + chance.between(50, 15_000));
                turns.push((at, Turn::RestoreLink));
            }
        }
        for _ in 0..chance.between(0, 6) {
            turns.push((BEGIN + Millis(chance.between(0, 200_000)), Turn::OneLeaves(chance.next_u64())));
        }
        if chance.percent(10) {
            let changed = draw(chance);
            all.extend(changed.iter().cloned());
            turns.push((BEGIN + Millis(chance.between(0, 90_000)), Turn::Hotlines(changed)));
        }
        if chance.percent(8) {
            let order = if chance.percent(50) { OperatorOrder::Drain } else { OperatorOrder::HandOver };
            turns.push((BEGIN + Millis(chance.between(0, 120_000)), Turn::Operator(order)));
        }
        turns.sort_by_key(|(at, _)| *at);
        let missing = chance.percent(10).then(|| chance.between(1, hotlines::SOUND_FILES));
        let cast = people::cast(&NUMBERS, BEGIN, chance);
        let laws = Laws::new(transit, missing.is_some(), &all, &agents, &cast);
        let limits = Limits { live_max: chance.between(3, 20) as usize, ..Limits::default() };
        let rehearsal = DryRun::new(Engine::new(limits), BEGIN, cast, lengths(missing)).with_transit(transit);
        Self { hotlines, all, agents, rehearsal, turns, reloads: chance.percent(15), laws }
    }

    /// Lives through it; the first law that does not hold ends it.
    pub fn live(mut self, log: &mut Log) -> Result<Lived, String> {
        log.put(|| format!("agents {}", serde_json::to_string(&self.agents).unwrap()));
        let hotlines = Event::Hotlines(self.hotlines.clone());
        self.tell(&hotlines, log)?;
        for _ in 0..STEPS_MAX {
            let turn = self.turns.first().map(|(at, _)| *at);
            match (self.rehearsal.next_deadline(), turn) {
                (Some(next), turn) if turn.is_none_or(|turn| next <= turn) => {
                    if next > BEGIN + ALL_LEAVE_AFTER + ALL_OVER_AFTER {
                        let live: Vec<_> = self.rehearsal.engine().switchboard.stages().collect();
                        return Err(format!("calls live for ever: {live:?}"));
                    }
                    self.step(log)?;
                }
                (_, Some(_)) => {
                    let (at, turn) = self.turns.remove(0);
                    self.rehearsal.wait_until(at);
                    log.put(|| format!("{} ! {turn}", stamp(at), turn = shown(&turn)));
                    self.take(turn, at, log)?;
                }
                (_, None) => return self.over(),
            }
        }
        Err(format!("not over after {STEPS_MAX} steps"))
    }

    fn step(&mut self, log: &mut Log) -> Result<(), String> {
        if self.reloads {
            self.reload();
        }
        let laws = &mut self.laws;
        self.rehearsal.step(&mut |at, entry| watch(at, entry, laws, log));
        self.laws.check(&self.rehearsal)
    }

    fn tell(&mut self, event: &Event, log: &mut Log) -> Result<(), String> {
        let laws = &mut self.laws;
        self.rehearsal.inject(event, &mut |at, entry| watch(at, entry, laws, log));
        self.laws.check(&self.rehearsal)
    }

    fn take(&mut self, turn: Turn, at: Instant, log: &mut Log) -> Result<(), String> {
        match turn {
            Turn::LoseLink => {
                let laws = &mut self.laws;
                self.rehearsal.lose_link(&mut |at, entry| watch(at, entry, laws, log));
            }
            Turn::RestoreLink => self.rehearsal.restore_link(),
            Turn::OneLeaves(which) => {
                let legs: Vec<LegId> = self.rehearsal.legs().map(|view| view.leg.clone()).collect();
                if !legs.is_empty() {
                    self.rehearsal.hang_up(&legs[which as usize % legs.len()]);
                }
            }
            Turn::AllLeave => {
                let legs: Vec<LegId> = self.rehearsal.legs().map(|view| view.leg.clone()).collect();
                legs.iter().for_each(|leg| self.rehearsal.hang_up(leg));
                if self.rehearsal.engine().switchboard.live_count() > 0 || !legs.is_empty() {
                    self.turns.push((at + ALL_LEAVE_EVERY, Turn::AllLeave));
                }
            }
            Turn::Hotlines(hotlines) => self.tell(&Event::Hotlines(hotlines), log)?,
            Turn::Operator(order) => self.tell(&Event::Operator(order), log)?,
        }
        self.laws.check(&self.rehearsal)
    }

    fn reload(&mut self) {
        let switchboard = &mut self.rehearsal.engine_mut().switchboard;
        let calls: Vec<CallId> = switchboard.stages().map(|(id, _)| id.clone()).collect();
        for call in calls {
            let saved = switchboard.save(&call).unwrap();
            let text = serde_json::to_string(&saved).unwrap();
            let loaded: SavedCall = serde_json::from_str(&text).unwrap();
            assert_eq!(loaded, saved);
            switchboard.load(loaded).unwrap();
        }
    }

    /// Nothing will ever happen again: nothing may be left.
    fn over(self) -> Result<Lived, String> {
        let engine = self.rehearsal.engine();
        let store = engine.acd();
        let left = [
            ("live calls", engine.switchboard.live_count() as u64),
            ("lines in use", engine.lines_in_use() as u64),
            ("waiting claims", store.waiting() as u64),
            ("things left behind in the store", store.left_behind()),
            ("legs at the switch", self.rehearsal.legs().count() as u64),
        ];
        if let Some((what, count)) = left.iter().find(|(_, count)| *count > 0) {
            return Err(format!("in the end there are {count} {what}"));
        }
        let outcomes = self.laws.over()?;
        let passed = |hotline: &Arc<Hotline>| {
            let nodes =
                hotline.flow.nodes.iter().filter(|node| self.laws.passed(&hotline.number, &node.name));
            nodes.map(|node| hotlines::kind_name(&node.kind)).collect::<Vec<_>>()
        };
        // Which version a node was of does not matter here.
        let kinds = self.all.iter().take(NUMBERS.len()).flat_map(passed).collect();
        Ok(Lived { outcomes, kinds, told: self.laws.outcomes_told() })
    }
}

fn watch(at: Instant, entry: TraceEntry, laws: &mut Laws, log: &mut Log) {
    log.put(|| match entry {
        TraceEntry::In(event) => format!("{} < {}", stamp(at), serde_json::to_string(event).unwrap()),
        TraceEntry::Out(command) | TraceEntry::Added(command) => {
            format!("{} > {}", stamp(at), serde_json::to_string(command).unwrap())
        }
    });
    laws.see(at, entry);
}

fn stamp(at: Instant) -> String {
    at.since(BEGIN).to_string()
}

fn shown(turn: &Turn) -> String {
    match turn {
        Turn::Hotlines(_) => "other hotlines".into(),
        turn => format!("{turn:?}"),
    }
}

/// A third of a second to six seconds, by name; one of the files may be missing.
fn lengths(missing: Option<u64>) -> SoundLengths {
    let missing = missing.map(|name| format!("{SOUNDS}/shop/{name}.wav"));
    Box::new(move |path: &SoundPath| {
        if missing.as_deref() == Some(path.as_str()) {
            return None;
        }
        let name = path.as_str().strip_prefix(SOUNDS)?.strip_prefix("/shop/");
        match name.and_then(|name| name.strip_suffix(".wav")?.parse::<u64>().ok()) {
            Some(name) => Some(Millis(300 + 500 * name)),
            None => Some(Millis(400)),
        }
    })
}
