//! The clock that everybody goes by, and what is done when.

use super::daemon::{Daemon, Legacy};
use super::line::Line;
use super::scene::{Fault, Scene, When};
use super::story::{Story, Told};
use super::tally::Kind;
use super::{Broken, Summary};
use crate::event::Event;
use crate::id::CallId;
use crate::record::CallRecord;
use crate::sim::chance::Chance;
use crate::sim::dialplan::Dialplan;
use crate::sim::model::{Input, Model, Setup};
use crate::time::{Instant, Millis};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// When a world begins.
const BEGIN: Instant = Instant(1_800_000_000_000);
/// A daemon notices a cut line within so long.
pub(super) const NOTICED_MS_MAX: u64 = 20;
/// How soon a connection that did not come up is tried again.
const RECONNECT: Millis = Millis::seconds(1);
/// More steps than any run needs: beyond, something goes round in circles.
const STEPS_MAX: usize = 400_000;

/// A world, as far as it has lived.
pub(super) struct World<'a> {
    pub(super) scene: &'a Scene,
    pub(super) now: Instant,
    pub(super) chance: Chance,
    pub(super) model: Model,
    pub(super) line: Option<Line>,
    pub(super) daemon: Option<Daemon>,
    pub(super) daemons: usize,
    /// When nobody was linked any more.
    pub(super) alone_since: Option<Instant>,
    /// When the daemon notices that its line is cut, and when it then connects.
    pub(super) notices: Option<(Instant, Instant)>,
    pub(super) due: BTreeMap<(Instant, usize), Doing>,
    pub(super) changes: usize,
    pub(super) pairs: BTreeMap<String, (String, Instant)>,
    pub(super) handed_over_at: Option<Instant>,
    /// Callers whose fallback was cancelled because they are being joined.
    pub(super) joining: BTreeSet<String>,
    pub(super) checked_at: Instant,
    pub(super) recorded: BTreeSet<CallId>,
    pub(super) summary: Summary,
    /// The legs that were there when claims were lost with a daemon.
    pub(super) unclaimed: BTreeSet<String>,
    /// How many lines each telephone has.
    pub(super) lines: BTreeMap<String, u32>,
    /// Whether a hotline asks for keys or messages.
    pub(super) asks: bool,
    /// Until when a caller might hear nothing.
    pub(super) silence_excused: BTreeMap<String, Instant>,
    /// What the next daemon finds.
    pub(super) legacy: Legacy,
    /// Of these calls something was lost with a daemon that could not keep it: nobody knows any more what was done.
    pub(super) forgotten: BTreeSet<String>,
    /// Since when the daemon hears at once what the switch tells, or from when on it will.
    pub(super) hears_from: Instant,
    /// How far the machine's clock is ahead of ours, in milliseconds.
    pub(super) clock_ahead: i64,
    /// How far it was when a daemon last looked.
    clock_told: i64,
    /// Until when nothing can be kept.
    pub(super) disk_full_until: Instant,
    /// Until when the daemon stands still.
    pub(super) paused_until: Option<Instant>,
    /// How many things were ever planned.
    planned: usize,
    pub(super) story: Option<Story>,
}

/// Something that is done at its time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    Fault(Fault),
    HandOver {
        back: Millis,
    },
    Wake,
    Start,
    /// The caller of this place dials.
    Dial(usize),
}

/// Lives through a scene. Where a promise is broken it is lived through once more, to write everything down.
pub fn run(scene: &Scene) -> Result<Summary, Broken> {
    World::new(scene, false).live().or_else(|_| tell(scene).map(|(summary, _)| summary))
}

/// Lives through a scene, and tells it.
pub fn tell(scene: &Scene) -> Result<(Summary, Vec<Told>), Broken> {
    let mut world = World::new(scene, true);
    let lived = world.live_on();
    let story = world.story.map(|story| story.told).unwrap_or_default();
    match lived {
        Ok(()) => Ok((world.summary, story)),
        Err(why) => Err(Broken { why, story }),
    }
}

impl<'a> World<'a> {
    fn new(scene: &'a Scene, told: bool) -> Self {
        let setup = Setup {
            seed: scene.seed,
            dialplan: Dialplan::product(4),
            sounds: scene.sounds.clone(),
            phones: scene.phones.clone(),
            job_starts_ms: scene.job_starts_ms,
            table_lag_ms: scene.table_lag_ms,
            ..Setup::default()
        };
        let mut chance = Chance::new(scene.seed);
        let now = BEGIN + Millis(chance.between(0, 999));
        let mut world = Self {
            scene,
            now,
            chance,
            model: Model::new(setup, now),
            line: None,
            daemon: None,
            daemons: 0,
            alone_since: Some(now),
            notices: None,
            due: BTreeMap::new(),
            changes: 0,
            pairs: BTreeMap::new(),
            handed_over_at: None,
            joining: BTreeSet::new(),
            checked_at: now,
            recorded: BTreeSet::new(),
            summary: Summary::default(),
            unclaimed: BTreeSet::new(),
            lines: scene.lines(),
            asks: scene.asks(),
            silence_excused: BTreeMap::new(),
            legacy: Legacy::default(),
            forgotten: BTreeSet::new(),
            hears_from: BEGIN,
            clock_ahead: 0,
            clock_told: 0,
            disk_full_until: BEGIN,
            paused_until: None,
            planned: 0,
            story: told.then(|| Story::new(BEGIN)),
        };
        world.at(BEGIN, Doing::Start);
        world
    }

    fn live(mut self) -> Result<Summary, Broken> {
        match self.live_on() {
            Ok(()) => Ok(self.summary),
            Err(why) => Err(Broken { why, story: Vec::new() }),
        }
    }

    fn live_on(&mut self) -> Result<(), String> {
        // The first daemon is up before the first call comes; the others start in the middle of it.
        self.until(self.now + Millis::seconds(2))?;
        let begin = self.now;
        for (nth, caller) in self.scene.callers.iter().enumerate() {
            self.at(begin + caller.at, Doing::Dial(nth));
        }
        let last_call = self.scene.callers.iter().map(|caller| caller.at).max().unwrap_or_default();
        for (when, fault) in &self.scene.faults {
            if let When::At(at) = when {
                self.at(begin + *at, Doing::Fault(*fault));
            }
        }
        let end = begin + last_call + self.scene.quiet_within;
        while !(self.now > begin + last_call && self.is_quiet()) {
            let Some(next) = self.next().filter(|next| *next <= end) else {
                return Err(format!(
                    "not quiet {} after the last call: {}",
                    self.scene.quiet_within,
                    self.unquiet()
                ));
            };
            self.until(next)?;
        }
        self.at_the_end()
    }

    fn until(&mut self, then: Instant) -> Result<(), String> {
        let mut steps = 0;
        while let Some(next) = self.next().filter(|next| *next <= then) {
            self.now = self.now.max(next);
            self.step()?;
            if self.now.since(self.checked_at) >= self.scene.check_every {
                self.checked_at = self.now;
                self.check()?;
            }
            steps += 1;
            if steps > STEPS_MAX {
                return Err("it goes round in circles".into());
            }
        }
        self.now = self.now.max(then);
        Ok(())
    }

    /// Plans something.
    pub(super) fn at(&mut self, at: Instant, doing: Doing) {
        self.planned += 1;
        self.due.insert((at.max(self.now), self.planned), doing);
    }

    /// It came about.
    pub(super) fn count(&mut self, kind: Kind) {
        self.summary.tally.add(kind, 1);
    }

    /// Tells this to everybody who hears the story.
    pub(super) fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.say(self.now, text());
        }
    }

    /// Tells this to whoever wants to know it to the letter, behind what the daemon heard and said.
    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let said = self.daemon.as_mut().and_then(|daemon| daemon.log.as_mut()).map(std::mem::take);
            for line in said.into_iter().flatten().chain([text()]).filter(|line| !line.is_empty()) {
                story.detail(self.now, line);
            }
        }
    }

    pub(super) fn start(&mut self) -> Result<(), String> {
        let hotlines = self.scene.hotlines(self.changes);
        let legacy = std::mem::take(&mut self.legacy);
        let mut daemon = Daemon::start(
            self.now,
            &hotlines,
            self.scene.live_max,
            self.scene.shadowed,
            legacy,
            self.clock_ahead,
        )?;
        match self.clock_ahead.cmp(&std::mem::replace(&mut self.clock_told, self.clock_ahead)) {
            Ordering::Less => self.count(Kind::ClockBack),
            Ordering::Equal => {}
            Ordering::Greater => self.count(Kind::ClockForward),
        }
        daemon.asks = self.asks;
        daemon.log = self.story.is_some().then(Vec::new);
        self.daemon = Some(daemon);
        self.daemons += 1;
        let daemons = self.daemons;
        self.say(|| format!("daemon {daemons} starts"));
        Ok(())
    }

    fn next(&self) -> Option<Instant> {
        let line = self.line.as_ref();
        let awake = self.paused_until.is_none();
        [
            self.due.keys().next().map(|(at, _)| *at),
            self.notices.map(|(at, _)| at).filter(|_| awake),
            self.model.next_deadline(),
            line.and_then(|line| line.to_switch.next()),
            line.and_then(|line| line.to_daemon.next()).filter(|_| awake),
            line.and_then(|line| line.polls_at),
            self.daemon.as_ref().and_then(Daemon::next).filter(|_| awake),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// One thing that is due, in an order that never changes.
    fn step(&mut self) -> Result<(), String> {
        let now = self.now;
        if let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let doing = entry.remove();
            return self.happen(doing);
        }
        let awake = self.paused_until.is_none();
        if let Some((_, connects_at)) = self.notices.take_if(|(at, _)| awake && *at <= now) {
            self.link_lost(connects_at);
            return Ok(());
        }
        if self.model.next_deadline().is_some_and(|at| at <= now) {
            return self.tell(Input::Due);
        }
        if let Some(line) = &mut self.line {
            if let Some(bytes) = line.to_switch.arrived(now) {
                line.read(&bytes);
                return self.requests();
            }
            if let Some(bytes) = if awake { line.to_daemon.arrived(now) } else { None } {
                return self.daemon_hears(&bytes);
            }
            if line.polls_at.is_some_and(|at| at <= now) {
                line.poll(now, &mut self.chance);
                return Ok(());
            }
        }
        if awake { self.daemon_acts() } else { Ok(()) }
    }

    fn daemon_acts(&mut self) -> Result<(), String> {
        let now = self.now;
        let lag = Millis(self.chance.between(0, self.scene.engine_lag_ms));
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        if daemon.connects_at.is_some_and(|at| at <= now) {
            daemon.connect(now, self.scene.format)?;
            self.line = Some(Line::open(now, self.scene.delay_ms, &mut self.chance));
            self.say(|| "the daemon connects".into());
            return Ok(());
        }
        if daemon.gives_up_at().is_some_and(|at| at <= now) {
            self.say(|| "the daemon gives the line up".into());
            self.link_lost(now + RECONNECT);
            return Ok(());
        }
        let written = daemon.pass_orders(now);
        if !written.is_empty() {
            self.write(&written);
            return Ok(());
        }
        let event = daemon.arrived(now).or_else(|| {
            let due = daemon.deadline().is_some_and(|at| at <= now);
            due.then_some(Event::Due)
        });
        match event {
            Some(event) => self.turn(&event, lag),
            None => Ok(()),
        }
    }

    pub(super) fn turn(&mut self, event: &Event, lag: Millis) -> Result<(), String> {
        let now = self.now;
        let keeps = now >= self.disk_full_until;
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        let unkept = daemon.has_unkept();
        let records = daemon.turn(now, event, lag, keeps)?;
        let turns = daemon.turns;
        if daemon.has_unkept() && !unkept {
            self.count(Kind::TurnUnkept);
        }
        self.tell_turn(event, &records);
        match event {
            Event::LinkRestored { .. } if self.line.as_ref().is_some_and(|line| !line.dead) => {
                self.alone_since = None;
            }
            Event::LinkLost { .. } => drop(self.alone_since.get_or_insert(now)),
            _ => {}
        }
        if self.daemons == 1 {
            self.summary.turns = turns;
            for (when, fault) in &self.scene.faults {
                if let When::AfterTurn(turn, wait) = when
                    && *turn == turns
                {
                    self.at(now + *wait, Doing::Fault(*fault));
                }
            }
        }
        Ok(())
    }

    /// Tells what a turn of the daemon came to.
    pub(super) fn tell_turn(&mut self, event: &Event, records: &[CallRecord]) {
        self.note(String::new);
        if let Event::LinkRestored { legs, .. } = event {
            self.say(|| format!("the link is up, with {} legs on the switch", legs.len()));
        }
        let (now, daemons) = (self.now, self.daemons);
        if let Some(story) = &mut self.story {
            records.iter().for_each(|record| story.recorded(now, daemons, record));
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if let Some(line) = self.line.as_mut().filter(|line| !line.dead) {
            line.to_switch.send(self.now, bytes, &mut self.chance);
        }
    }

    fn daemon_hears(&mut self, bytes: &[u8]) -> Result<(), String> {
        let lag = Millis(self.chance.between(0, self.scene.engine_lag_ms));
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        let written = daemon.hear(self.now, bytes, lag)?;
        self.write(&written);
        Ok(())
    }
}
