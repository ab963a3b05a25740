//! What everybody lives through, as the switches tell it, and what was promised about it.
//!
//! The promises are those of [`hotlined_sim::invariants`] and of the seeds, with the bounds that real processes on a
//! busy machine need:
//! - while somebody looks after a switch, no caller is without sound for longer than [`people::sound_within`], counted
//!   from when somebody does. While nobody does, words that end are followed by silence until the fallback comes:
//!   counted apart;
//! - while nobody looks after a switch, a caller who is not in talk is with the fallback after [`FALLBACK_WITHIN`],
//!   but for one whose agent was just being joined; a daemon that hears nothing keeps it off until it gives its
//!   link up, so no silence is longer than [`SILENCE_MAX`];
//! - an agent's leg outlives its caller by no more than [`OUTLIVES_MAX`], counted from when somebody looks after
//!   the switch again;
//! - a talk ends because one of the two leaves, or the switch dies; or because a daemon that stops had not heard of it;
//! - no telephone is rung beyond its lines; but by a daemon that had no Redis, or that follows one which was told to
//!   stop and left its talks alone: these are counted apart;
//! - who was taken has one record, see `judge`.
//!
//! Where this very process was not let run, the bounds are as much longer as it stood still.

use crate::known;
use crate::people;
use crate::redis::Redis;
use crate::site::{Care, FALLBACK_S, SILENCE_S, switch_name};
use crate::stage::Recorded;
use hotlined_core::time::Millis;
use hotlined_sim::invariants;
use hotlined_sim::stats::{CallReport, Stats, TimelineEvent};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

const OUTLIVES_MAX: Millis = Millis::seconds(3);
/// The longest timer that is ever set, a second more since the switch counts whole ones, half a second of its
/// scheduler, and the orders' way.
const FALLBACK_WITHIN: Duration = Duration::from_millis(FALLBACK_S * 1_000 + 2_000);
/// The longest silence there can be: until a link is given up, until the fallback comes.
const SILENCE_MAX: Millis = Millis((SILENCE_S + FALLBACK_S) * 1_000 + 3_000);
/// How long a daemon that can may take to let a caller hear something.
const SOUND_BEGINS: Duration = Duration::from_millis(1_500);
/// How long joining may take: the daemon waits three seconds for the switch to say that it is done.
const JOINING_TIME_MAX: Duration = Duration::from_secs(4);
/// A talk that is younger may be unknown to a daemon that stops.
const UNHEARD_MAX: Duration = Duration::from_secs(1);
/// How long a daemon may take from handing its calls over to its end.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// For how long a pause of this process is held against nobody.
const LATE_COUNTS: Duration = Duration::from_secs(15);
/// How long after its end a call may still have to be told to Redis.
const KEPT_WITHIN: Duration = Duration::from_secs(5);
/// What the dialplan plays by itself.
const DIALPLANS: [&str; 2] =
    ["tone_stream://%(1000,4000,450);loops=-1", "tone_stream://%(350,350,450);loops=7"];

/// A promise that was broken.
pub struct Broken {
    pub at: Duration,
    pub leg: Option<String>,
    pub why: String,
}

pub struct Caller {
    switch: usize,
    dialled: Instant,
    /// A daemon did something about the call.
    pub taken: bool,
    pub talked: bool,
    fell_back: bool,
    gone: Option<Instant>,
    /// When an agent last took the call.
    picked_up: Option<Instant>,
    /// When a talk of theirs last ended: until then nobody had to look after them.
    parted: Option<Instant>,
}

struct AgentLeg {
    switch: usize,
    number: String,
    caller: Option<String>,
    since: Instant,
    /// A daemon that was told to stop gave its line back.
    left_behind: bool,
}

#[derive(Clone)]
struct Talk {
    peer: String,
    since: Instant,
}

/// How well a switch is looked after.
#[derive(Clone, Copy)]
struct Attended {
    care: Care,
    /// Since when it is, or is not, looked after as it should.
    since: Instant,
    /// Since when nobody keeps the fallback off; none while somebody does.
    alone: Option<Instant>,
}

/// What is counted.
#[derive(Default)]
pub struct Figures {
    pub faults: BTreeMap<&'static str, u64>,
    pub talks: u64,
    pub fell_back: u64,
    pub rung: u64,
    /// Telephones rung beyond their lines by a daemon without Redis.
    pub beyond_alone: u64,
    /// The same after a daemon stopped in the middle of a talk.
    pub beyond_left: u64,
    /// Talks torn by a daemon that found of them in Redis what was so before it went away.
    pub torn_without_redis: u64,
    /// Talks that a daemon that stopped had not heard of.
    pub torn_unheard: u64,
    /// Callers who heard nothing for too long while nobody looked after them.
    pub silent_alone: u64,
    pub silence_max: Millis,
    pub outlived_max: Millis,
    pub late_max: Duration,
    pub attended: Duration,
}

pub struct Ledger {
    pub began: Instant,
    pub callers: BTreeMap<String, Caller>,
    legs: BTreeMap<String, AgentLeg>,
    talks: BTreeMap<String, Talk>,
    attended: Vec<Attended>,
    /// Until when a daemon that was told to stop may tear what it has not heard of.
    stops_until: Option<Instant>,
    /// When daemons stopped that not every switch could hear.
    unheard_stops: Vec<SystemTime>,
    late: Vec<(Instant, Duration)>,
    pub figures: Figures,
    pub history: Vec<(Duration, String)>,
    pub broken: Vec<Broken>,
    said: BTreeSet<(Option<String>, &'static str)>,
}

impl Ledger {
    pub fn new(began: Instant, switches: usize) -> Self {
        Self {
            began,
            callers: BTreeMap::new(),
            legs: BTreeMap::new(),
            talks: BTreeMap::new(),
            attended: vec![Attended { care: Care::None, since: began, alone: Some(began) }; switches],
            stops_until: None,
            unheard_stops: Vec::new(),
            late: Vec::new(),
            figures: Figures::default(),
            history: Vec::new(),
            broken: Vec::new(),
            said: BTreeSet::new(),
        }
    }

    pub fn fault(&mut self, kind: &'static str, what: String) {
        *self.figures.faults.entry(kind).or_default() += 1;
        self.tell(what);
    }

    pub fn tell(&mut self, what: String) {
        self.history.push((self.began.elapsed(), what));
    }

    /// A promise is broken: of each leg, each promise once.
    pub fn broken(&mut self, leg: Option<&str>, promise: &'static str, why: String) {
        let leg = leg.map(str::to_owned);
        if self.said.insert((leg.clone(), promise)) {
            // What is found in the end happened while the call lived.
            let gone = leg.as_ref().and_then(|leg| self.callers.get(leg)?.gone);
            let at = gone.map_or_else(|| self.began.elapsed(), |gone| gone + KEPT_WITHIN - self.began);
            let at = at.min(self.began.elapsed());
            self.broken.push(Broken { at, leg, why: format!("{promise}: {why}") });
        }
    }

    /// An invariant, as seen of this leg.
    pub fn holds(&mut self, leg: Option<&str>, promise: &'static str, invariant: Result<(), String>) {
        if let Err(why) = invariant {
            self.broken(leg, promise, why);
        }
    }

    /// A daemon is told to stop, and will have ended by then.
    pub fn stops(&mut self, until: Instant) {
        self.stops_until = self.stops_until.max(Some(until));
    }

    /// A daemon stopped as it was told: what its calls had is given back.
    pub fn stopped(&mut self, heard: bool) {
        let now = Instant::now();
        self.stops_until = Some(now + UNHEARD_MAX);
        for (leg, agent) in &mut self.legs {
            agent.left_behind |= self.talks.contains_key(leg) || !heard;
        }
        if !heard {
            self.unheard_stops.push(SystemTime::now());
        }
    }

    /// Whether a daemon stopped about then, and not every switch could hear it.
    pub fn stopped_unheard(&self, at: hotlined_core::time::Instant) -> bool {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(at.0);
        self.unheard_stops.iter().any(|stop| *stop + UNHEARD_MAX > at && *stop < at + STOPS_WITHIN)
    }

    /// What a daemon said while the wire stood still gets to the switch, though the daemon may be dead by now.
    pub fn orders_arrive(&mut self, switch: usize) {
        let alone = &mut self.attended[switch].alone;
        *alone = alone.map(|_| Instant::now());
    }

    /// Something happened on a switch.
    pub fn hears(&mut self, switch: usize, what: &TimelineEvent, redis: &Redis) {
        let now = Instant::now();
        match what {
            TimelineEvent::Dialled { leg, .. } => {
                let caller = Caller {
                    switch,
                    dialled: now,
                    taken: false,
                    talked: false,
                    fell_back: false,
                    gone: None,
                    picked_up: None,
                    parted: None,
                };
                self.callers.insert(leg.to_string(), caller);
            }
            TimelineEvent::SoundStarted { leg, sound } => {
                let of_ours = !DIALPLANS.contains(&sound.as_str());
                if let Some(caller) = self.callers.get_mut(&**leg) {
                    caller.taken |= of_ours;
                }
            }
            TimelineEvent::AgentCalled { leg, number, caller } => {
                self.figures.rung += 1;
                let caller = caller.as_ref().map(ToString::to_string);
                if let Some(caller) = caller.as_ref().and_then(|caller| self.callers.get_mut(caller)) {
                    caller.taken = true;
                }
                let agent =
                    AgentLeg { switch, number: number.clone(), caller, since: now, left_behind: false };
                self.legs.insert(leg.to_string(), agent);
                self.count_lines(leg, number, redis);
            }
            TimelineEvent::Answered { leg } => {
                let owner = self.legs.get(&**leg).and_then(|agent| agent.caller.clone());
                if let Some(caller) = owner.and_then(|owner| self.callers.get_mut(&owner)) {
                    caller.picked_up = Some(now);
                }
                if let Some(caller) = self.callers.get_mut(&**leg) {
                    caller.taken = true;
                }
            }
            TimelineEvent::Bridged { leg, peer } => {
                self.figures.talks += 1;
                for (leg, peer) in [(leg, peer), (peer, leg)] {
                    if let Some(caller) = self.callers.get_mut(&**leg) {
                        caller.talked = true;
                    }
                    self.talks.insert(leg.to_string(), Talk { peer: peer.to_string(), since: now });
                }
            }
            TimelineEvent::FallbackStarted { leg } => {
                self.figures.fell_back += 1;
                if let Some(caller) = self.callers.get_mut(&**leg) {
                    caller.fell_back = true;
                }
                self.parts(switch, leg, "by the fallback", redis);
            }
            TimelineEvent::HungUp { leg, cause, by_far_end: left } => {
                if *left {
                    self.talk_ends(leg);
                } else {
                    self.parts(switch, leg, cause, redis);
                }
                self.legs.remove(&**leg);
                if let Some(caller) = self.callers.get_mut(&**leg) {
                    caller.gone = Some(now);
                }
            }
            TimelineEvent::Crashed => self.crashed(switch),
            TimelineEvent::Ringing { .. }
            | TimelineEvent::KeyPressed { .. }
            | TimelineEvent::LinkUp
            | TimelineEvent::LinkDown => {}
        }
    }

    fn crashed(&mut self, switch: usize) {
        let now = Instant::now();
        for caller in self.callers.values_mut().filter(|caller| caller.switch == switch) {
            caller.gone.get_or_insert(now);
        }
        self.legs.retain(|_, agent| agent.switch != switch);
        let (callers, legs) = (&self.callers, &self.legs);
        let here = |leg: &String| callers.get(leg).is_some_and(|caller| caller.switch == switch);
        self.talks
            .retain(|leg, talk| (legs.contains_key(leg) || legs.contains_key(&talk.peer)) && !here(leg));
    }

    /// Their talk is over, if they talk.
    fn talk_ends(&mut self, leg: &str) -> Option<Talk> {
        let talk = self.talks.remove(leg)?;
        self.talks.remove(&talk.peer);
        for leg in [leg, &talk.peer] {
            if let Some(caller) = self.callers.get_mut(leg) {
                caller.parted = Some(Instant::now());
            }
        }
        Some(talk)
    }

    /// Somebody else than the two ended their talk, if they talk.
    fn parts(&mut self, switch: usize, leg: &str, how: &str, redis: &Redis) {
        let Some(talk) = self.talk_ends(leg) else { return };
        let now = Instant::now();
        let stops = self.stops_until.is_some_and(|until| now < until);
        let attended = self.attended[switch];
        let unheard =
            now - talk.since < UNHEARD_MAX || attended.care < Care::Full || attended.since > talk.since;
        if stops && unheard {
            self.figures.torn_unheard += 1;
            return;
        }
        if known::counted_apart() && redis.was_away_since(talk.since) {
            self.figures.torn_without_redis += 1;
            return;
        }
        let age = now - talk.since;
        let call = if self.callers.contains_key(leg) { leg.to_owned() } else { talk.peer.clone() };
        self.broken(Some(&call), "a talk was torn", format!("{how}, {leg} and {}, after {age:?}", talk.peer));
    }

    fn count_lines(&mut self, leg: &str, number: &str, redis: &Redis) {
        let at_it = || self.legs.iter().filter(|(_, agent)| agent.number == number);
        let lines = people::lines(number);
        let Err(why) = invariants::lines_suffice(number, lines, at_it().count()) else { return };
        let names: Vec<String> = at_it().map(|(leg, agent)| format!("{leg} of {:?}", agent.caller)).collect();
        let first = at_it().map(|(_, agent)| agent.since).min().unwrap_or(self.began);
        if at_it().filter(|(_, agent)| !agent.left_behind).count() <= lines {
            self.figures.beyond_left += 1;
        } else if redis.was_away_since(first) {
            self.figures.beyond_alone += 1;
        } else {
            let call = self.legs.get(leg).and_then(|agent| agent.caller.clone());
            self.broken(call.as_deref(), "lines suffice", format!("{why}: {names:?}"));
        }
    }

    /// What is so by now on a switch.
    pub fn looks(&mut self, switch: usize, care: Care, at: hotlined_core::time::Instant, stats: &Stats) {
        let now = Instant::now();
        let known = &mut self.attended[switch];
        if (known.care == Care::Full) != (care == Care::Full) {
            if known.care == Care::Full {
                self.figures.attended += now - known.since;
            }
            known.since = now;
        }
        known.care = care;
        known.alone = (care == Care::None).then(|| known.alone.unwrap_or(now));
        let known = *known;
        let full_for = if care == Care::Full { now - known.since } else { Duration::ZERO };
        let late = self.late();
        for call in stats.calls.values().filter(|call| call.ended.is_none()) {
            let silence = call.silence(at);
            let within = people::sound_within(&call.dialled);
            if let Err(why) = invariants::caller_hears_something(call, silence, and(within, late)) {
                let begins = SOUND_BEGINS.max(Duration::from_millis(within.0));
                self.hears_nothing(call, why, full_for > begins + Duration::from_millis(late.0));
            }
            self.look_for_fallback(known, call, late);
        }
        for left in &stats.orphan_legs {
            let ends = invariants::agent_leg_ends(left, millis(full_for), and(OUTLIVES_MAX, late));
            self.holds(Some(&left.caller), "an agent's leg ends", ends);
        }
    }

    fn hears_nothing(&mut self, call: &CallReport, why: String, looked_after: bool) {
        if looked_after {
            self.broken(Some(&call.leg), "a caller hears something", why);
        } else if self.said.insert((Some(call.leg.to_string()), "alone with silence")) {
            self.figures.silent_alone += 1;
        }
    }

    fn look_for_fallback(&mut self, attended: Attended, call: &CallReport, late: Millis) {
        let (Some(caller), Some(alone)) = (self.callers.get(&*call.leg), attended.alone) else { return };
        let served = caller.fell_back || caller.gone.is_some() || self.talks.contains_key(&*call.leg);
        let joining = caller.picked_up.is_some_and(|at| at + JOINING_TIME_MAX > alone);
        let alone = caller.dialled.max(alone).max(caller.parted.unwrap_or(caller.dialled)).elapsed();
        let within = and(millis(FALLBACK_WITHIN), late);
        let comes = invariants::fallback_comes(call, millis(alone), served || joining, within);
        self.holds(Some(&call.leg), "the fallback comes", comes);
    }

    /// These calls are over.
    pub fn ended(&mut self, reports: &[CallReport]) {
        let late = self.late();
        for call in reports {
            self.figures.silence_max = self.figures.silence_max.max(call.longest_silence);
            self.figures.outlived_max = self.figures.outlived_max.max(call.agent_leg_outlived);
            let hears =
                invariants::caller_hears_something(call, call.longest_silence, and(SILENCE_MAX, late));
            self.holds(Some(&call.leg), "a caller hears something", hears);
        }
    }

    /// This process was not let run for so long.
    pub fn was_late(&mut self, by: Duration) {
        self.figures.late_max = self.figures.late_max.max(by);
        self.late.push((Instant::now(), by));
        self.late.retain(|(at, _)| at.elapsed() < LATE_COUNTS);
    }

    fn late(&self) -> Millis {
        let late: Duration = self.late.iter().map(|(_, by)| *by).sum();
        Millis(late.as_millis() as u64)
    }

    /// A daemon says that it took the call.
    pub fn was_taken(&mut self, leg: &str) {
        if let Some(caller) = self.callers.get_mut(leg) {
            caller.taken = true;
        }
    }

    /// Who was taken and has no record.
    pub fn without_record(&self, recorded: &Recorded) -> Vec<String> {
        let taken = self.callers.iter().filter(|(_, caller)| caller.taken && caller.gone.is_some());
        taken.filter(|(leg, _)| !recorded.contains_key(*leg)).map(|(leg, _)| leg.clone()).collect()
    }

    /// Whether Redis was away while the call lived, or soon after.
    pub fn lived_without(&self, redis: &Redis, leg: &str) -> bool {
        self.callers.get(leg).is_some_and(|caller| {
            let gone = caller.gone.unwrap_or_else(Instant::now);
            redis.was_away_between(caller.dialled, gone + KEPT_WITHIN)
        })
    }

    /// Where a caller is, for who reads of it.
    pub fn place(&self, leg: &str) -> String {
        self.callers.get(leg).map_or_else(String::new, |caller| {
            let at = caller.dialled - self.began;
            format!("dialled at {:.3} s on {}", at.as_secs_f64(), switch_name(caller.switch))
        })
    }
}

const fn millis(span: Duration) -> Millis {
    Millis(span.as_millis() as u64)
}

const fn and(one: Millis, other: Millis) -> Millis {
    Millis(one.0 + other.0)
}
