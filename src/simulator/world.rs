//! The world: the simulated clock, its schedule, and everything that exists in a run.

use super::counts::Counter;
use super::daemon::{CallStorage, Daemon, DaemonStart};
use super::host::Host;
use super::outcome::{RunSummary, Violation};
use super::sms::SmsWorld;
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
    /// The Redis of a daemon that is cut off from the shared one. This Redis is always down.
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
    /// How often the hotlines changed.
    pub(super) changes: usize,
    /// The legs in a talk: the leg of the other end, and since when.
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
    /// The SMS gateways.
    pub(super) sms: SmsWorld,
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
    RedisRestarts(DataLoss),
    RedisResumes,
    /// A daemon that was cut off reaches Redis again.
    RedisReachable,
    /// The caller of this index dials.
    Dial(usize),
}

/// Runs a world. If an invariant is violated, the world runs once more with a transcript.
///
/// # Errors
/// An invariant was violated.
pub fn run(setup: &WorldSetup) -> Result<RunSummary, Violation> {
    World::new(setup, false).run().or_else(|_| run_with_transcript(setup).map(|(summary, _)| summary))
}

/// Runs a world with a transcript.
///
/// # Errors
/// An invariant was violated.
pub fn run_with_transcript(setup: &WorldSetup) -> Result<(RunSummary, Vec<TranscriptLine>), Violation> {
    let mut world = World::new(setup, true);
    let result = world.run_to_end();
    let transcript = world.transcript.map(|transcript| transcript.lines).unwrap_or_default();
    match result {
        Ok(()) => Ok((world.summary, transcript)),
        Err(why) => Err(Violation { reason: why, transcript }),
    }
}

impl<'a> World<'a> {
    fn new(setup: &'a WorldSetup, with_transcript: bool) -> Self {
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
            sms: SmsWorld::new(setup.seed, setup.sms_faults_per_mille.unwrap_or(0)),
            scheduled_count: 0,
            transcript: with_transcript.then(|| Transcript::new(BEGIN)),
        };
        world.unreachable_redis.go_down();
        for ix in 0..world.hosts.len() {
            world.schedule(BEGIN, WorldEvent::DaemonStart(ix));
        }
        world
    }

    fn run(mut self) -> Result<RunSummary, Violation> {
        match self.run_to_end() {
            Ok(()) => Ok(self.summary),
            Err(why) => Err(Violation { reason: why, transcript: Vec::new() }),
        }
    }

    fn run_to_end(&mut self) -> Result<(), String> {
        // The daemons start before the first call. A daemon that has just connected to Redis takes no lease for the
        // span of a lease.
        self.run_until(self.now + Millis::seconds(if self.redis.is_some() { 6 } else { 2 }))?;
        let begin = self.now;
        for (caller_ix, caller) in self.setup.callers.iter().enumerate() {
            self.schedule(begin + caller.at, WorldEvent::Dial(caller_ix));
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
                    self.describe_activity()
                ));
            };
            self.run_until(next)?;
        }
        self.check_end()
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

    /// Adds an event to the schedule.
    pub(super) fn schedule(&mut self, at: Instant, event: WorldEvent) {
        self.scheduled_count += 1;
        self.due.insert((at.max(self.now), self.scheduled_count), event);
    }

    /// Increments a counter.
    pub(super) fn count(&mut self, counter: Counter) {
        self.summary.counts.add(counter, 1);
    }

    /// Adds a line to the transcript.
    pub(super) fn narrate(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.transcript.is_some() {
            let text = text(self);
            self.transcript.iter_mut().for_each(|transcript| transcript.narrate(self.now, text.clone()));
        }
    }

    /// Adds a detail to the transcript, after the logged events and commands of the daemons.
    pub(super) fn trace(&mut self, text: impl FnOnce() -> String) {
        if let Some(transcript) = &mut self.transcript {
            let logs = self.hosts.iter_mut().filter_map(|host| host.daemon.as_mut()?.log.as_mut());
            let logged: Vec<String> = logs.flat_map(std::mem::take).collect();
            for line in logged.into_iter().chain([text()]).filter(|line| !line.is_empty()) {
                transcript.detail(self.now, line);
            }
        }
    }

    /// The name of this host's daemon.
    pub(super) fn name(&self, ix: usize) -> &str {
        self.hosts[ix].daemon.as_ref().map_or("the daemon", |daemon| &daemon.name)
    }

    /// Starts a daemon on this host.
    pub(super) fn start(&mut self, ix: usize) -> Result<(), String> {
        self.daemons += 1;
        let hotlines = self.setup.hotlines(self.changes);
        let host = &mut self.hosts[ix];
        let ahead = host.clock_ahead;
        let daemon_now = Instant(self.now.0.saturating_add_signed(ahead));
        let (name, storage) = match self.redis {
            None => {
                let persisted = host.disk.read(daemon_now, &host.written_records)?;
                (format!("daemon {}", self.daemons), CallStorage::File(Box::new(persisted)))
            }
            Some(_) => {
                let name = ["a", "b", "c"].get(ix).ok_or("too many daemons")?;
                let daemon_id: DaemonId =
                    name.parse().map_err(|bad: hotlined_instance::InvalidDaemonId| bad.to_string())?;
                (format!("daemon {name}"), CallStorage::Redis(daemon_id))
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
        let ahead_before = std::mem::replace(&mut host.clock_ahead_at_start, ahead);
        self.faults_until = self.faults_until.max(self.now);
        match ahead.cmp(&ahead_before) {
            Ordering::Less => self.count(Counter::ClockBack),
            Ordering::Equal => {}
            Ordering::Greater => self.count(Counter::ClockForward),
        }
        self.narrate(|world| format!("{} starts", world.name(ix)));
        self.carry_out_outputs(ix, false)
    }

    fn next(&self) -> Option<Instant> {
        let due = self.due.keys().next().map(|(at, _)| *at);
        let hosts = self.hosts.iter().map(|host| host.next(self.now, self.reachable_redis(host)));
        hosts.chain([due, self.model.next_deadline(), self.sms.next()]).flatten().min()
    }

    /// The Redis that the daemon of this host reaches.
    fn reachable_redis(&self, host: &Host) -> Option<&SimulatedRedis> {
        let cut_off = self.now < host.cut_off_until;
        self.redis.as_ref().map(|redis| if cut_off { &self.unreachable_redis } else { redis })
    }

    /// Performs one step that is due, in a fixed order.
    fn step(&mut self) -> Result<(), String> {
        let now = self.now;
        if let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let event = entry.remove();
            return self.perform(event);
        }
        if let Some(event) = self.sms.take(now)? {
            return self.on_sms_event(event);
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

    /// Updates since when each host serves callers, and since when no host does.
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
