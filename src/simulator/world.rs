//! The clock that everybody goes by, and what is done when.

use super::counts::Counter;
use super::daemon::{Daemon, Keeps, Start};
use super::host::Post;
use super::transcript::{Transcript, TranscriptLine};
use super::world_setup::{Fault, FaultTime, WorldSetup};
use super::{RunSummary, Violation};
use crate::redis::{DataLoss, SimulatedRedis};
use hotlined_core::id::CallId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_sim::dialplan::Dialplan;
use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel};
use hotlined_sim::rng::Rng;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// When a world begins.
const BEGIN: Instant = Instant(1_800_000_000_000);
/// A daemon notices a cut line within so long.
pub(super) const NOTICED_MS_MAX: u64 = 20;
/// More steps than any run needs: beyond, something goes round in circles.
const STEPS_MAX: usize = 400_000;
/// And so many more for each caller.
const STEPS_A_CALLER_MAX: usize = 4_000;

/// A world, as far as it has lived.
pub(super) struct World<'a> {
    pub(super) scene: &'a WorldSetup,
    pub(super) now: Instant,
    pub(super) rng: Rng,
    pub(super) model: SwitchModel,
    pub(super) posts: Vec<Post>,
    /// What daemons share, where there are several.
    pub(super) redis: Option<SimulatedRedis>,
    /// What somebody reaches of it who is cut off.
    pub(super) nowhere: SimulatedRedis,
    /// How many daemons were ever started.
    pub(super) daemons: usize,
    /// When nobody was linked any more.
    pub(super) alone_since: Option<Instant>,
    /// Until when something kept daemons from taking over.
    pub(super) hindered_until: Instant,
    /// Since when more lines are held than telephones are called.
    pub(super) idle_lines_since: Option<Instant>,
    /// When Redis was away last.
    pub(super) redis_failed_at: Instant,
    /// The highest token by which the switch was ever told anything, and since when.
    pub(super) token: u64,
    pub(super) token_since: Instant,
    pub(super) due: BTreeMap<(Instant, usize), Doing>,
    pub(super) changes: usize,
    pub(super) pairs: BTreeMap<String, (String, Instant)>,
    /// Where a daemon handed over last, when, and until when it had heard.
    pub(super) handed_over: Option<(usize, Instant, Instant)>,
    /// Callers whose fallback was cancelled because they are being joined.
    pub(super) joining: BTreeSet<String>,
    pub(super) checked_at: Instant,
    pub(super) recorded: BTreeSet<CallId>,
    pub(super) summary: RunSummary,
    /// The legs that were there when claims were lost with a daemon.
    pub(super) unclaimed: BTreeSet<String>,
    /// How many lines each telephone has.
    pub(super) lines: BTreeMap<String, u32>,
    /// Whether a hotline asks for keys or messages.
    pub(super) asks: bool,
    /// Until when a caller might hear nothing.
    pub(super) silence_excused: BTreeMap<String, Instant>,
    /// Of these calls something was lost with a daemon that could not keep it: nobody knows any more what was done.
    pub(super) forgotten: BTreeSet<String>,
    /// How many things were ever planned.
    planned: usize,
    pub(super) story: Option<Transcript>,
}

/// Something that is done at its time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    Fault(Fault),
    /// The daemon of this post is told to stop at once, if it is still the one of this number.
    StopNow {
        at: usize,
        number: usize,
    },
    Wake(usize),
    Start(usize),
    RedisBack(DataLoss),
    RedisGoesOn,
    /// Somebody who was cut off reaches Redis again.
    Reaches,
    /// The caller of this place dials.
    Dial(usize),
}

/// Lives through a scene. Where a promise is broken it is lived through once more, to write everything down.
pub fn run(scene: &WorldSetup) -> Result<RunSummary, Violation> {
    World::new(scene, false).live().or_else(|_| run_with_transcript(scene).map(|(summary, _)| summary))
}

/// Lives through a scene, and tells it.
pub fn run_with_transcript(scene: &WorldSetup) -> Result<(RunSummary, Vec<TranscriptLine>), Violation> {
    let mut world = World::new(scene, true);
    let lived = world.live_on();
    let story = world.story.map(|story| story.told).unwrap_or_default();
    match lived {
        Ok(()) => Ok((world.summary, story)),
        Err(why) => Err(Violation { reason: why, transcript: story }),
    }
}

impl<'a> World<'a> {
    fn new(scene: &'a WorldSetup, told: bool) -> Self {
        let setup = ModelConfig {
            seed: scene.seed,
            dialplan: Dialplan::product(4),
            sounds: scene.sounds.clone(),
            phones: scene.phones.clone(),
            job_start_delay_ms: scene.job_start_delay_ms,
            channel_list_lag_ms: scene.channel_list_lag_ms,
            ..ModelConfig::default()
        };
        let mut rng = Rng::new(scene.seed);
        let now = BEGIN + Millis(rng.between(0, 999));
        let mut world = Self {
            scene,
            now,
            rng,
            model: SwitchModel::new(setup, now),
            posts: (0..scene.daemons.max(1)).map(|_| Post::default()).collect(),
            redis: (scene.daemons > 1).then(SimulatedRedis::default),
            nowhere: SimulatedRedis::default(),
            daemons: 0,
            alone_since: Some(now),
            hindered_until: now,
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
            unclaimed: BTreeSet::new(),
            lines: scene.lines(),
            asks: scene.asks(),
            silence_excused: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            planned: 0,
            story: told.then(|| Transcript::new(BEGIN)),
        };
        world.nowhere.go_down();
        for post in 0..world.posts.len() {
            world.at(BEGIN, Doing::Start(post));
        }
        world
    }

    fn live(mut self) -> Result<RunSummary, Violation> {
        match self.live_on() {
            Ok(()) => Ok(self.summary),
            Err(why) => Err(Violation { reason: why, transcript: Vec::new() }),
        }
    }

    fn live_on(&mut self) -> Result<(), String> {
        // The first daemon is up before the first call comes; the others start in the middle of it. Who comes to
        // Redis takes nothing for the span of a lease.
        self.until(self.now + Millis::seconds(if self.redis.is_some() { 6 } else { 2 }))?;
        let begin = self.now;
        for (nth, caller) in self.scene.callers.iter().enumerate() {
            self.at(begin + caller.at, Doing::Dial(nth));
        }
        let last_call = self.scene.callers.iter().map(|caller| caller.at).max().unwrap_or_default();
        for (when, fault) in &self.scene.faults {
            if let FaultTime::At(at) = when {
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
        let (mut steps, steps_max) = (0, STEPS_MAX + STEPS_A_CALLER_MAX * self.scene.callers.len());
        while let Some(next) = self.next().filter(|next| *next <= then) {
            self.now = self.now.max(next);
            self.step()?;
            self.note_alone();
            if self.now.since(self.checked_at) >= self.scene.check_every {
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
    pub(super) fn at(&mut self, at: Instant, doing: Doing) {
        self.planned += 1;
        self.due.insert((at.max(self.now), self.planned), doing);
    }

    /// It came about.
    pub(super) fn count(&mut self, kind: Counter) {
        self.summary.counts.add(kind, 1);
    }

    /// Tells this to everybody who hears the story.
    pub(super) fn say(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.story.is_some() {
            let text = text(self);
            self.story.iter_mut().for_each(|story| story.say(self.now, text.clone()));
        }
    }

    /// Tells this to whoever wants to know it to the letter, behind what the daemon heard and said.
    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let logs = self.posts.iter_mut().filter_map(|post| post.daemon.as_mut()?.log.as_mut());
            let said: Vec<String> = logs.flat_map(std::mem::take).collect();
            for line in said.into_iter().chain([text()]).filter(|line| !line.is_empty()) {
                story.detail(self.now, line);
            }
        }
    }

    /// What the daemon of this post is called.
    pub(super) fn name(&self, at: usize) -> &str {
        self.posts[at].daemon.as_ref().map_or("the daemon", |daemon| &daemon.name)
    }

    pub(super) fn start(&mut self, at: usize) -> Result<(), String> {
        self.daemons += 1;
        let hotlines = self.scene.hotlines(self.changes);
        let post = &mut self.posts[at];
        let ahead = post.clock_ahead;
        let told = Instant(self.now.0.saturating_add_signed(ahead));
        let (name, keeps) = match self.redis {
            None => {
                let kept = post.disk.read(told, &post.file)?;
                (format!("daemon {}", self.daemons), Keeps::File(Box::new(kept)))
            }
            Some(_) => {
                let name = ["a", "b", "c"].get(at).ok_or("too many daemons")?;
                let us: DaemonId =
                    name.parse().map_err(|bad: hotlined_instance::BadDaemonId| bad.to_string())?;
                (format!("daemon {name}"), Keeps::Redis(us))
            }
        };
        let start = Start {
            name,
            number: self.daemons,
            scene: self.scene,
            hotlines,
            ahead,
            asks: self.asks,
            logs: self.story.is_some(),
        };
        post.daemon = Some(Daemon::start(self.now, start, keeps)?);
        post.started = self.now;
        let clock_told = std::mem::replace(&mut post.clock_told, ahead);
        self.hindered_until = self.hindered_until.max(self.now);
        match ahead.cmp(&clock_told) {
            Ordering::Less => self.count(Counter::ClockBack),
            Ordering::Equal => {}
            Ordering::Greater => self.count(Counter::ClockForward),
        }
        self.say(|world| format!("{} starts", world.name(at)));
        self.go_on(at, false)
    }

    fn next(&self) -> Option<Instant> {
        let due = self.due.keys().next().map(|(at, _)| *at);
        let posts = self.posts.iter().map(|post| post.next(self.now, self.reached(post)));
        posts.chain([due, self.model.next_deadline()]).flatten().min()
    }

    /// The Redis that the daemon of this post reaches.
    fn reached(&self, post: &Post) -> Option<&SimulatedRedis> {
        let cut_off = self.now < post.cut_off_until;
        self.redis.as_ref().map(|redis| if cut_off { &self.nowhere } else { redis })
    }

    /// One thing that is due, in an order that never changes.
    fn step(&mut self) -> Result<(), String> {
        let now = self.now;
        if let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let doing = entry.remove();
            return self.happen(doing);
        }
        for at in 0..self.posts.len() {
            let post = &mut self.posts[at];
            let awake = post.is_awake();
            if let Some((_, is_cut)) = post.notices.take_if(|(notices, _)| awake && *notices <= now) {
                return self.link_lost(at, is_cut);
            }
        }
        if self.model.next_deadline().is_some_and(|at| at <= now) {
            return self.tell(SwitchInput::Due, None);
        }
        for at in 0..self.posts.len() {
            if self.post_steps(at)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Somebody looks after callers, or nobody does any more.
    fn note_alone(&mut self) {
        let now = self.now;
        for post in &mut self.posts {
            let since = post.serves_since.unwrap_or(now);
            post.serves_since = post.serves(now).then_some(since);
        }
        match self.posts.iter().any(|post| post.serves_since.is_some()) {
            true => self.alone_since = None,
            false => drop(self.alone_since.get_or_insert(now)),
        }
    }
}
