//! The clock that everybody goes by, and what must hold at every moment.
//!
//! What is promised, and where the promise has a bound:
//! - a caller hears something within [`SOUND_WITHIN`] of dialling and is never without sound for longer, whatever
//!   happens to link and daemon;
//! - an agent's leg outlives its caller by no more than [`OUTLIVES_MAX`], counted from when the engine knew the
//!   switch again, where it did not when the caller left;
//! - while no daemon is linked, a caller who is not in talk is with the fallback after [`FALLBACK_WITHIN`]; unless
//!   the daemon was lost while it joined the caller with an agent who was just leaving: then the caller hears the
//!   ring tone until a daemon is linked again;
//! - a talk ends only when one of the two leaves, or the switch dies; or when a daemon hands over that has not heard
//!   yet of a talk that is no older than [`UNHEARD_MAX`]: that caller goes to the fallback;
//! - no telephone is rung beyond its lines. A daemon that starts anew knows nothing of lines that another took,
//!   unless that one was killed and what it kept is still there: after any other end this is not looked at;
//! - a call that a daemon took has one record, if it ended while that daemon lived or what that one kept came to the
//!   next; and no call has two, unless a daemon handed it over to a switch that did not hear it, and the next one
//!   took it again;
//! - nothing the switch says is out of step, and in the end nothing is left anywhere.

use super::daemon::{Daemon, Legacy};
use super::line::{Asked, Line};
use super::scene::{Fault, Scene, When};
use hotlined::event::{Event, Order};
use hotlined::id::CallId;
use hotlined::record::{EndedBy, Outcome};
use hotlined::sim::chance::Chance;
use hotlined::sim::dialplan::Dialplan;
use hotlined::sim::model::{Input, Model, Output, Setup};
use hotlined::sim::orders::answer_of;
use hotlined::sim::report::SwitchEvent;
use hotlined::sim::stats::What;
use hotlined::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet};

const BEGIN: Instant = Instant(1_800_000_000_000);
const SOUND_WITHIN: Millis = Millis::seconds(1);
const OUTLIVES_MAX: Millis = Millis::seconds(1);
/// The longest timer that is ever set (5 s), half a second of the scheduler, and the orders' way.
const FALLBACK_WITHIN: Millis = Millis(6_000);
/// How long the news of a talk may be on its way: a poll of the switch, the line, the engine.
const UNHEARD_MAX: Millis = Millis(200);
/// How often it is looked whether the promises hold that have a bound in time.
const CHECK_EVERY: Millis = Millis(20);
/// A daemon notices a cut line within so long.
const NOTICED_MS_MAX: u64 = 20;
/// How soon a connection that did not come up is tried again.
const RECONNECT: Millis = Millis::seconds(1);
/// Everything drawn is over by then.
const QUIET_WITHIN: Millis = Millis::seconds(300);
/// More steps than any run needs: beyond, something goes round in circles.
const STEPS_MAX: usize = 400_000;

/// What became of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// A fingerprint of everything the daemons did.
    pub print: u64,
    /// How many events the first daemon's engine took.
    pub turns: usize,
    /// How the calls went that have a record.
    pub outcomes: Vec<Outcome>,
}

/// A promise that was broken, and what went before it, where that was written down.
#[derive(Debug)]
pub struct Broken {
    pub why: String,
    pub log: Vec<String>,
}

struct World<'a> {
    scene: &'a Scene,
    now: Instant,
    chance: Chance,
    model: Model,
    line: Option<Line>,
    daemon: Option<Daemon>,
    daemons: usize,
    /// When nobody was linked any more.
    alone_since: Option<Instant>,
    /// When the daemon notices that its line is cut, and when it then connects.
    notices: Option<(Instant, Instant)>,
    due: BTreeMap<(Instant, usize), Doing>,
    changes: usize,
    pairs: BTreeMap<String, (String, Instant)>,
    handed_over_at: Option<Instant>,
    /// Callers whose fallback was cancelled because they are being joined.
    joining: BTreeSet<String>,
    checked_at: Instant,
    recorded: BTreeSet<CallId>,
    summary: Summary,
    /// Claims were lost with a daemon.
    claims_lost: bool,
    /// What the next daemon finds.
    legacy: Legacy,
    log: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug)]
enum Doing {
    Fault(Fault),
    HandOver { back: Millis },
    Start,
}

/// Lives through a scene. Where a promise is broken it is lived through once more, to write everything down.
pub fn run(scene: &Scene) -> Result<Summary, Broken> {
    World::new(scene, false).live().or_else(|_| World::new(scene, true).live())
}

impl<'a> World<'a> {
    fn new(scene: &'a Scene, logged: bool) -> Self {
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
            claims_lost: false,
            legacy: Legacy::default(),
            log: logged.then(Vec::new),
        };
        world.at(BEGIN, Doing::Start);
        world
    }

    fn live(mut self) -> Result<Summary, Broken> {
        match self.live_on() {
            Ok(()) => Ok(self.summary),
            Err(why) => Err(Broken { why, log: self.log.unwrap_or_default() }),
        }
    }

    fn live_on(&mut self) -> Result<(), String> {
        // The first daemon is up before the first call comes; the others start in the middle of it.
        self.until(self.now + Millis::seconds(2))?;
        let begin = self.now;
        for caller in self.scene.callers.clone() {
            self.tell(Input::Dial(caller))?;
        }
        let last_call = self.scene.callers.iter().map(|caller| caller.at).max().unwrap_or_default();
        for (when, fault) in &self.scene.faults {
            if let When::At(at) = when {
                self.at(begin + *at, Doing::Fault(*fault));
            }
        }
        let end = begin + QUIET_WITHIN;
        while !(self.now > begin + last_call && self.is_quiet()) {
            let Some(next) = self.next().filter(|next| *next <= end) else {
                return Err(format!("not quiet after {QUIET_WITHIN}: {}", self.unquiet()));
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
            if self.now.since(self.checked_at) >= CHECK_EVERY {
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

    fn at(&mut self, at: Instant, doing: Doing) {
        let nth = self.due.len() + self.summary.turns + self.daemons * 1_000;
        self.due.insert((at.max(self.now), nth), doing);
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            let since = self.now.since(BEGIN).0;
            let said = self.daemon.as_mut().and_then(|daemon| daemon.log.as_mut()).map(std::mem::take);
            for line in said.into_iter().flatten().chain([text()]).filter(|line| !line.is_empty()) {
                log.push(format!("{:>4}.{:03} {line}", since / 1_000, since % 1_000));
            }
        }
    }

    fn start(&mut self) -> Result<(), String> {
        let hotlines = self.scene.hotlines(self.changes);
        let legacy = std::mem::take(&mut self.legacy);
        let mut daemon =
            Daemon::start(self.now, &hotlines, self.scene.live_max, self.scene.shadowed, legacy)?;
        daemon.log = self.log.is_some().then(Vec::new);
        self.daemon = Some(daemon);
        self.daemons += 1;
        self.note(|| "a daemon starts".into());
        Ok(())
    }

    fn next(&self) -> Option<Instant> {
        let line = self.line.as_ref();
        [
            self.due.keys().next().map(|(at, _)| *at),
            self.notices.map(|(at, _)| at),
            self.model.next_deadline(),
            line.and_then(|line| line.to_switch.next()),
            line.and_then(|line| line.to_daemon.next()),
            line.and_then(|line| line.polls_at),
            self.daemon.as_ref().and_then(Daemon::next),
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
        if let Some((_, connects_at)) = self.notices.take_if(|(at, _)| *at <= now) {
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
            if let Some(bytes) = line.to_daemon.arrived(now) {
                return self.daemon_hears(&bytes);
            }
            if line.polls_at.is_some_and(|at| at <= now) {
                line.poll(now, &mut self.chance);
                return Ok(());
            }
        }
        self.daemon_acts()
    }

    fn daemon_acts(&mut self) -> Result<(), String> {
        let now = self.now;
        let lag = Millis(self.chance.between(0, self.scene.engine_lag_ms));
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        if daemon.connects_at.is_some_and(|at| at <= now) {
            daemon.connect(now, self.scene.format);
            self.line = Some(Line::open(now, self.scene.delay_to_switch, &mut self.chance));
            self.note(|| "the daemon connects".into());
            return Ok(());
        }
        if daemon.gives_up_at().is_some_and(|at| at <= now) {
            self.note(|| "the daemon gives the line up".into());
            self.link_lost(now + RECONNECT);
            return Ok(());
        }
        let written = daemon.pass_orders(now);
        if !written.is_empty() {
            self.write(&written);
            return Ok(());
        }
        let event = daemon.arrived(now).or_else(|| {
            let due = daemon.engine.deadline().is_some_and(|at| at <= now);
            due.then_some(Event::Due)
        });
        match event {
            Some(event) => self.turn(&event, lag),
            None => Ok(()),
        }
    }

    fn turn(&mut self, event: &Event, lag: Millis) -> Result<(), String> {
        let now = self.now;
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        daemon.turn(now, event, lag)?;
        let turns = daemon.turns;
        match event {
            Event::LinkRestored { .. } if self.line.as_ref().is_some_and(|line| !line.dead) => {
                self.alone_since = None;
            }
            Event::LinkLost { .. } => drop(self.alone_since.get_or_insert(now)),
            _ => {}
        }
        self.note(String::new);
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

    fn write(&mut self, bytes: &[u8]) {
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

    /// The switch does what it was asked on the line.
    fn requests(&mut self) -> Result<(), String> {
        loop {
            let Some(line) = &mut self.line else { return Ok(()) };
            match line.asked()? {
                None => return Ok(()),
                Some(Asked::Answered(answer)) => line.answer(self.now, &answer, &mut self.chance),
                Some(Asked::Exit) => self.line = None,
                Some(Asked::Model(input)) => self.tell(input)?,
            }
            if let Some(line) = &mut self.line {
                line.poll(self.now, &mut self.chance);
            }
        }
    }

    fn tell(&mut self, input: Input) -> Result<(), String> {
        match &input {
            Input::Api { command, argument } | Input::BgApi { command, argument, .. } => {
                let caller = argument.split(' ').find(|word| self.model.call(word).is_some());
                match command.as_str() {
                    "uuid_bridge" => self.joining.extend(caller.map(Into::into)),
                    "sched_transfer" => drop(caller.map(|caller| self.joining.remove(caller))),
                    _ => {}
                }
                self.note(|| format!("switch is told {command} {argument}"));
            }
            Input::SendMsg { leg, headers, body } => {
                self.note(|| format!("switch is told {leg} {:?} {body:?}", headers.get(2)));
            }
            Input::Dial(_) | Input::HangUp { .. } | Input::Press { .. } | Input::Crash | Input::Due => {}
        }
        for output in self.model.handle(self.now, input) {
            match &output {
                Output::Event(event) => {
                    self.leg_ends(event)?;
                    if let Some(line) = &mut self.line {
                        line.tell(self.now, event);
                    }
                }
                Output::Reply { .. } | Output::Api(_) => {
                    let answer = answer_of(&output).unwrap_or_default();
                    if let Some(line) = &mut self.line {
                        line.answer(self.now, &answer, &mut self.chance);
                    }
                }
                Output::Happened(happening) => {
                    self.note(|| format!("       {:?}", happening.what));
                    self.people(&happening.what)?;
                }
            }
        }
        Ok(())
    }

    fn people(&mut self, what: &What) -> Result<(), String> {
        match what {
            What::Joined { leg, peer } => {
                self.pairs.insert(leg.to_string(), (peer.to_string(), self.now));
                self.pairs.insert(peer.to_string(), (leg.to_string(), self.now));
            }
            What::FellBack { leg } => {
                if let Some((peer, since)) = self.pairs.remove(&**leg) {
                    self.pairs.remove(&peer);
                    self.torn_by_hand_over(since)
                        .map_err(|()| format!("the fallback took {leg} out of a talk"))?;
                }
            }
            What::HungUp { leg, .. } => {
                if let Some(call) = self.model.call(leg) {
                    let first = call.first_sound.is_none_or(|first| first > SOUND_WITHIN);
                    if first && call.ended.is_some_and(|ended| ended > SOUND_WITHIN) {
                        return Err(format!("heard nothing at first: {call:?}"));
                    }
                    if call.longest_silence > SOUND_WITHIN {
                        return Err(format!("dead air: {call:?}"));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The first of two who talk goes because its far end left, not because somebody ended it.
    fn leg_ends(&mut self, event: &SwitchEvent) -> Result<(), String> {
        let Some(leg) = event.header("Unique-ID").filter(|_| event.name() == "CHANNEL_HANGUP") else {
            return Ok(());
        };
        let Some((peer, since)) = self.pairs.remove(leg) else { return Ok(()) };
        self.pairs.remove(&peer);
        if event.header("variable_sip_term_status").is_some() {
            return Ok(());
        }
        let cause = event.header("Hangup-Cause");
        self.torn_by_hand_over(since)
            .map_err(|()| format!("the talk of {leg} and {peer} was torn: {cause:?}"))
    }

    fn torn_by_hand_over(&self, talks_since: Instant) -> Result<(), ()> {
        let unheard = |at: Instant| at.since(talks_since) <= UNHEARD_MAX && self.now.since(at) <= UNHEARD_MAX;
        self.handed_over_at.filter(|at| unheard(*at)).map(drop).ok_or(())
    }

    fn link_lost(&mut self, connects_at: Instant) {
        let now = self.now;
        self.line = None;
        self.notices = None;
        if let Some(daemon) = &mut self.daemon {
            daemon.lost(now, connects_at);
        }
        self.note(|| "the line is lost".into());
    }

    fn happen(&mut self, doing: Doing) -> Result<(), String> {
        self.note(|| format!("*** {doing:?}"));
        match doing {
            Doing::Start => self.start()?,
            Doing::Fault(Fault::Cut { back }) => self.cut(back),
            Doing::Fault(Fault::Mute) => {
                if let Some(line) = &mut self.line {
                    line.cut();
                }
                self.alone_since.get_or_insert(self.now);
            }
            Doing::Fault(Fault::Kill { back, delivered, kept }) => {
                if delivered {
                    self.deliver()?;
                }
                let legacy = self.daemon.as_mut().map(|daemon| std::mem::take(&mut daemon.legacy));
                self.daemon_ends(back)?;
                if let Some(legacy) = legacy.filter(|_| kept) {
                    self.legacy = legacy;
                } else {
                    self.claims_lost = true;
                }
            }
            Doing::Fault(Fault::Crash) => {
                self.pairs.clear();
                self.tell(Input::Crash)?;
                self.cut(Millis::seconds(2));
            }
            Doing::Fault(Fault::Change) => {
                self.changes += 1;
                let hotlines = self.scene.hotlines(self.changes);
                if let Some(daemon) = &mut self.daemon {
                    daemon.put_in(self.now, Event::Hotlines(hotlines));
                }
            }
            Doing::Fault(Fault::Drain { over, back }) => {
                if self.daemon.is_some() {
                    self.turn(&Event::Operator(Order::Drain), Millis(0))?;
                    self.at(self.now + over, Doing::HandOver { back });
                }
            }
            Doing::HandOver { back } => self.hand_over(back)?,
        }
        Ok(())
    }

    fn cut(&mut self, back: Millis) {
        let Some(line) = &mut self.line else { return };
        line.cut();
        self.alone_since.get_or_insert(self.now);
        if self.daemon.is_some() {
            let notices = self.now + Millis(self.chance.between(0, NOTICED_MS_MAX));
            self.notices = Some((notices, notices + back));
        }
    }

    /// What the daemon wrote gets to the switch at once.
    fn deliver(&mut self) -> Result<(), String> {
        let mut all = Vec::new();
        if let Some(line) = &mut self.line {
            while let Some(bytes) = line.to_switch.arrived(Instant(u64::MAX)) {
                all.extend_from_slice(&bytes);
            }
            line.read(&all);
        }
        self.requests()
    }

    fn daemon_ends(&mut self, back: Millis) -> Result<(), String> {
        let Some(daemon) = self.daemon.take() else { return Ok(()) };
        self.close_books(&daemon)?;
        self.line = None;
        self.notices = None;
        self.alone_since.get_or_insert(self.now);
        self.at(self.now + back, Doing::Start);
        Ok(())
    }

    fn close_books(&mut self, daemon: &Daemon) -> Result<(), String> {
        let told = self.line.as_ref().is_some_and(|line| !line.dead) && daemon.linked_since.is_some();
        for (call, record) in &daemon.records {
            // Handed over to a switch that did not hear it: the caller still waits, and the next may take it.
            if !told && record.outcome == Outcome::Fallback && record.ended_by == EndedBy::Hotline {
                continue;
            }
            if !self.recorded.insert(call.clone()) {
                return Err(format!("two daemons wrote a record of {call}"));
            }
        }
        self.summary.print = self.summary.print.rotate_left(7) ^ daemon.print;
        self.summary.outcomes.extend(daemon.records.values().map(|record| record.outcome));
        Ok(())
    }

    fn hand_over(&mut self, back: Millis) -> Result<(), String> {
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        // What the link has told is heard before the end; what it has not is never heard.
        while let Some(event) = daemon.arrived(Instant(u64::MAX)) {
            daemon.turn(self.now, &event, Millis(0))?;
        }
        daemon.turn(self.now, &Event::Operator(Order::HandOver), Millis(0))?;
        self.handed_over_at = Some(self.now);
        let written = daemon.pass_orders(Instant(u64::MAX));
        let left = (daemon.engine.switchboard.live(), daemon.engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        self.write(&written);
        self.note(String::new);
        self.deliver()?;
        self.claims_lost = true;
        self.daemon_ends(back)
    }

    fn is_quiet(&self) -> bool {
        let daemon = |daemon: &Daemon| daemon.linked_since.is_some() && daemon.engine.switchboard.live() == 0;
        self.due.is_empty()
            && self.notices.is_none()
            && self.model.channel_count() == 0
            && self.line.as_ref().is_some_and(|line| !line.dead)
            && self.daemon.as_ref().is_some_and(daemon)
    }

    fn unquiet(&self) -> String {
        let live = self.daemon.as_ref().map(|daemon| daemon.engine.switchboard.stages().collect::<Vec<_>>());
        format!("legs {:?}, calls {live:?}, due {:?}", self.model.channels(), self.due)
    }

    fn check(&self) -> Result<(), String> {
        let linked_since = self.daemon.as_ref().and_then(|daemon| daemon.linked_since);
        let linked_since = linked_since.filter(|_| self.alone_since.is_none());
        for left in self.model.left_ringing() {
            let known = linked_since.map_or(Millis(0), |since| self.now.since(since));
            if left.since.min(known) > OUTLIVES_MAX {
                return Err(format!("an agent's leg goes on without its caller: {left:?}"));
            }
        }
        for call in self.model.callers() {
            let silence = call.silence(self.now);
            if silence > SOUND_WITHIN {
                return Err(format!("dead air for {silence}: {call:?}"));
            }
            let alone =
                self.alone_since.map_or(Millis(0), |since| self.now.since(since.max(call.dialled_at)));
            let served = call.fell_back || call.joined.is_some() || self.joining.contains(&*call.leg);
            if alone > FALLBACK_WITHIN && !served {
                return Err(format!("nobody looks after the caller, and no fallback came: {call:?}"));
            }
        }
        if self.claims_lost {
            return Ok(());
        }
        for agent in self.scene.hotlines.iter().flat_map(|hotline| &hotline.agents) {
            let most = self.model.phone_report(&agent.line.0).map_or(0, |phone| phone.most_at_once);
            if most > u32::from(agent.lines) {
                return Err(format!("{} rang {most} times at once", agent.line.0));
            }
        }
        Ok(())
    }

    fn at_the_end(&mut self) -> Result<(), String> {
        self.check()?;
        let Some(daemon) = self.daemon.take() else { return Err("no daemon in the end".into()) };
        let lines = daemon.engine.lines_in_use();
        if lines != 0 {
            return Err(format!("{lines} lines are in use in the end"));
        }
        if let Some(call) = daemon.unwritten().first() {
            return Err(format!("{call} has no record"));
        }
        if self.scene.faults.is_empty() {
            for (call, record) in &daemon.records {
                let lived = self.model.call(&call.to_string()).ok_or("a record of nobody's call")?;
                let talked = record.outcome == Outcome::Answered;
                if talked != lived.joined.is_some()
                    || (record.outcome == Outcome::Fallback) != lived.fell_back
                {
                    return Err(format!("the record says {record:?}, and the caller {lived:?}"));
                }
            }
        }
        self.close_books(&daemon)
    }
}
