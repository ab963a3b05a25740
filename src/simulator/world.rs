//! The world: the simulated clock, its schedule, and everything that exists in a run.

use super::counts::Counter;
use super::daemon::{CallStorage, Daemon, DaemonStart};
use super::host::Host;
use super::outcome::{RunSummary, Violation};
use super::transcript::{Transcript, TranscriptLine};
use super::world_setup::{Fault, FaultTime, WorldSetup};
use crate::redis::{DataLoss, SimulatedRedis};
use hotlined_core::id::CallId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_sim::dialplan::Dialplan;
use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel};
use hotlined_sim::rng::Rng;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// When a run begins.
const BEGIN: Instant = Instant(1_800_000_000_000);
/// A daemon notices a cut connection within so long.
pub(super) const NOTICED_MS_MAX: u64 = 20;
/// More steps than any run needs: a run with more is an endless loop.
const STEPS_MAX: usize = 400_000;
/// So many more steps are allowed for each caller.
const STEPS_A_CALLER_MAX: usize = 4_000;

/// The state of a run.
pub(super) struct World<'a> {
    pub(super) setup: &'a WorldSetup,
    pub(super) now: Instant,
    pub(super) rng: Rng,
    pub(super) model: SwitchModel,
    pub(super) hosts: Vec<Host>,
    /// The Redis that several daemons share.
    pub(super) redis: Option<SimulatedRedis>,
    /// The Redis that a daemon sees while it is cut off: one that is down.
    pub(super) unreachable_redis: SimulatedRedis,
    /// How many daemons were ever started.
    pub(super) daemons: usize,
    /// Since when no daemon is linked and awake.
    pub(super) unserved_since: Option<Instant>,
    /// Until when faults kept daemons from becoming active.
    pub(super) faults_until: Instant,
    /// Since when more lines are held than telephones are called.
    pub(super) idle_lines_since: Option<Instant>,
    /// When Redis was down last.
    pub(super) redis_failed_at: Instant,
    /// The highest token with which a daemon has written to the switch, and since when.
    pub(super) token: u64,
    pub(super) token_since: Instant,
    pub(super) due: BTreeMap<(Instant, usize), WorldEvent>,
    pub(super) changes: usize,
    pub(super) pairs: BTreeMap<String, (String, Instant)>,
    /// The last hand-over: the host, the time, and until when the daemon had received what the switch sent.
    pub(super) handed_over: Option<(usize, Instant, Instant)>,
    /// Callers whose fallback was cancelled because they are being bridged.
    pub(super) joining: BTreeSet<String>,
    pub(super) checked_at: Instant,
    pub(super) recorded: BTreeSet<CallId>,
    pub(super) summary: RunSummary,
    /// The legs that existed when claims were lost with a daemon.
    pub(super) legs_with_lost_claims: BTreeSet<String>,
    /// How many lines each telephone has.
    pub(super) lines: BTreeMap<String, u32>,
    /// Whether a hotline asks for keys or messages.
    pub(super) asks: bool,
    /// Until when silence is allowed, by the caller's leg.
    pub(super) silence_excused: BTreeMap<String, Instant>,
    /// The calls of which a daemon lost state that it could not save.
    pub(super) calls_with_lost_state: BTreeSet<String>,
    /// How many events were scheduled so far.
    scheduled_count: usize,
    pub(super) transcript: Option<Transcript>,
}

/// An event of the schedule.
#[derive(Clone, Copy, Debug)]
pub(super) enum WorldEvent {
    Fault(Fault),
    /// The daemon of this host is told to stop at once, if it is still the one of this number.
    StopNow {
        ix: usize,
        number: usize,
    },
    Wake(usize),
    DaemonStart(usize),
    RedisBack(DataLoss),
    RedisGoesOn,
    /// A daemon that was cut off reaches Redis again.
    Reaches,
    /// The caller of this index dials.
    Dial(usize),
}

/// Runs a world. If an invariant is violated, the world runs once more with a transcript.
///
/// # Errors
/// An invariant was violated.
pub fn run(setup: &WorldSetup) -> Result<RunSummary, Violation> {
    World::new(setup, false).live().or_else(|_| run_with_transcript(setup).map(|(summary, _)| summary))
}

/// Runs a world with a transcript.
///
/// # Errors
/// An invariant was violated.
pub fn run_with_transcript(setup: &WorldSetup) -> Result<(RunSummary, Vec<TranscriptLine>), Violation> {
    let mut world = World::new(setup, true);
    let lived = world.run_to_end();
    let transcript = world.transcript.map(|transcript| transcript.told).unwrap_or_default();
    match lived {
        Ok(()) => Ok((world.summary, transcript)),
        Err(why) => Err(Violation { reason: why, transcript: transcript }),
    }
}

impl<'a> World<'a> {
    fn new(setup: &'a WorldSetup, told: bool) -> Self {
        let model_config = ModelConfig {
            seed: setup.seed,
            dialplan: Dialplan::product(4),
            sounds: setup.sounds.clone(),
            phones: setup.phones.clone(),
            job_start_delay_ms: setup.job_start_delay_ms,
            channel_list_lag_ms: setup.channel_list_lag_ms,
            ..ModelConfig::default()
        };
        let mut rng = Rng::new(setup.seed);
        let now = BEGIN + Millis(rng.between(0, 999));
        let mut world = Self {
            setup,
            now,
            rng,
            model: SwitchModel::new(model_config, now),
            hosts: (0..setup.daemons.max(1)).map(|_| Host::default()).collect(),
            redis: (setup.daemons > 1).then(SimulatedRedis::default),
            unreachable_redis: SimulatedRedis::default(),
            daemons: 0,
            unserved_since: Some(now),
            faults_until: now,
            idle_lines_since: None,
            redis_failed_at: Instant(0),
            token: 0,
            token_since: now,
            due: BTreeMap::new(),
            changes: 0,
            pairs: BTreeMap::new(),
            handed_over: None,
            joining: BTreeSet::new(),
            checked_at: now,
            recorded: BTreeSet::new(),
            summary: RunSummary::default(),
            legs_with_lost_claims: BTreeSet::new(),
            lines: setup.lines(),
            asks: setup.asks(),
            silence_excused: BTreeMap::new(),
            calls_with_lost_state: BTreeSet::new(),
            scheduled_count: 0,
            transcript: told.then(|| Transcript::new(BEGIN)),
        };
        world.unreachable_redis.go_down();
        for ix in 0..world.hosts.len() {
            world.schedule(BEGIN, WorldEvent::DaemonStart(ix));
        }
        world
    }

    fn live(mut self) -> Result<RunSummary, Violation> {
        match self.run_to_end() {
            Ok(()) => Ok(self.summary),
            Err(why) => Err(Violation { reason: why, transcript: Vec::new() }),
        }
    }

    fn run_to_end(&mut self) -> Result<(), String> {
        // The first daemon is up before the first call comes; the others start in the middle of it. Who comes to
        // Redis takes nothing for the span of a lease.
        self.run_until(self.now + Millis::seconds(if self.redis.is_some() { 6 } else { 2 }))?;
        let begin = self.now;
        for (nth, caller) in self.setup.callers.iter().enumerate() {
            self.schedule(begin + caller.at, WorldEvent::Dial(nth));
        }
        let last_call = self.setup.callers.iter().map(|caller| caller.at).max().unwrap_or_default();
        for (when, fault) in &self.setup.faults {
            if let FaultTime::At(at) = when {
                self.schedule(begin + *at, WorldEvent::Fault(*fault));
            }
        }
        let end = begin + last_call + self.setup.quiet_within;
        while !(self.now > begin + last_call && self.is_quiet()) {
            let Some(next) = self.next().filter(|next| *next <= end) else {
                return Err(format!(
                    "not quiet {} after the last call: {}",
                    self.setup.quiet_within,
                    self.unquiet()
                ));
            };
            self.run_until(next)?;
        }
        self.at_the_end()
    }

    fn run_until(&mut self, then: Instant) -> Result<(), String> {
        let (mut steps, steps_max) = (0, STEPS_MAX + STEPS_A_CALLER_MAX * self.setup.callers.len());
        while let Some(next) = self.next().filter(|next| *next <= then) {
            self.now = self.now.max(next);
            self.step()?;
            self.update_unserved_since();
            if self.now.since(self.checked_at) >= self.setup.check_every {
                self.checked_at = self.now;
                self.check()?;
            }
            steps += 1;
            if steps > steps_max {
                return Err("it goes round in circles".into());
            }
        }
        self.now = self.now.max(then);
        Ok(())
    }

    /// Plans something.
    pub(super) fn schedule(&mut self, at: Instant, event: WorldEvent) {
        self.scheduled_count += 1;
        self.due.insert((at.max(self.now), self.scheduled_count), event);
    }

    /// It came about.
    pub(super) fn count(&mut self, kind: Counter) {
        self.summary.counts.add(kind, 1);
    }

    /// Tells this to everybody who hears the story.
    pub(super) fn narrate(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.transcript.is_some() {
            let text = text(self);
            self.transcript.iter_mut().for_each(|transcript| transcript.narrate(self.now, text.clone()));
        }
    }

    /// Tells this to whoever wants to know it to the letter, behind what the daemon heard and said.
    pub(super) fn trace(&mut self, text: impl FnOnce() -> String) {
        if let Some(transcript) = &mut self.transcript {
            let logs = self.hosts.iter_mut().filter_map(|host| host.daemon.as_mut()?.log.as_mut());
            let said: Vec<String> = logs.flat_map(std::mem::take).collect();
            for connection in said.into_iter().chain([text()]).filter(|connection| !connection.is_empty()) {
                transcript.detail(self.now, connection);
            }
        }
    }

    /// What the daemon of this post is called.
    pub(super) fn name(&self, ix: usize) -> &str {
        self.hosts[ix].daemon.as_ref().map_or("the daemon", |daemon| &daemon.name)
    }

    pub(super) fn start(&mut self, ix: usize) -> Result<(), String> {
        self.daemons += 1;
        let hotlines = self.setup.hotlines(self.changes);
        let host = &mut self.hosts[ix];
        let ahead = host.clock_ahead;
        let told = Instant(self.now.0.saturating_add_signed(ahead));
        let (name, storage) = match self.redis {
            None => {
                let kept = host.disk.read(told, &host.written_records)?;
                (format!("daemon {}", self.daemons), CallStorage::File(Box::new(kept)))
            }
            Some(_) => {
                let name = ["a", "b", "c"].get(ix).ok_or("too many daemons")?;
                let us: DaemonId =
                    name.parse().map_err(|bad: hotlined_instance::InvalidDaemonId| bad.to_string())?;
                (format!("daemon {name}"), CallStorage::Redis(us))
            }
        };
        let start = DaemonStart {
            name,
            number: self.daemons,
            setup: self.setup,
            hotlines,
            clock_ahead_ms: ahead,
            asks: self.asks,
            logs: self.transcript.is_some(),
        };
        host.daemon = Some(Daemon::start(self.now, start, storage)?);
        host.started = self.now;
        let clock_told = std::mem::replace(&mut host.clock_told, ahead);
        self.faults_until = self.faults_until.max(self.now);
        match ahead.cmp(&clock_told) {
            Ordering::Less => self.count(Counter::ClockBack),
            Ordering::Equal => {}
            Ordering::Greater => self.count(Counter::ClockForward),
        }
        self.narrate(|world| format!("{} starts", world.name(ix)));
        self.carry_out_outputs(ix, false)
    }

    fn next(&self) -> Option<Instant> {
        let due = self.due.keys().next().map(|(at, _)| *at);
        let hosts = self.hosts.iter().map(|host| host.next(self.now, self.reached(host)));
        hosts.chain([due, self.model.next_deadline()]).flatten().min()
    }

    /// The Redis that the daemon of this post reaches.
    fn reached(&self, host: &Host) -> Option<&SimulatedRedis> {
        let cut_off = self.now < host.cut_off_until;
        self.redis.as_ref().map(|redis| if cut_off { &self.unreachable_redis } else { redis })
    }

    /// One thing that is due, in an order that never changes.
    fn step(&mut self) -> Result<(), String> {
        let now = self.now;
        if let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let event = entry.remove();
            return self.perform(event);
        }
        for ix in 0..self.hosts.len() {
            let host = &mut self.hosts[ix];
            let awake = host.is_awake();
            if let Some((_, is_cut)) = host.notices_link_loss.take_if(|(notices, _)| awake && *notices <= now)
            {
                return self.link_lost(ix, is_cut);
            }
        }
        if self.model.next_deadline().is_some_and(|at| at <= now) {
            return self.handle_switch_input(SwitchInput::Due, None);
        }
        for ix in 0..self.hosts.len() {
            if self.step_host(ix)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Somebody looks after callers, or nobody does any more.
    fn update_unserved_since(&mut self) {
        let now = self.now;
        for host in &mut self.hosts {
            let since = host.serves_since.unwrap_or(now);
            host.serves_since = host.serves(now).then_some(since);
        }
        match self.hosts.iter().any(|host| host.serves_since.is_some()) {
            true => self.unserved_since = None,
            false => drop(self.unserved_since.get_or_insert(now)),
        }
    }
}
