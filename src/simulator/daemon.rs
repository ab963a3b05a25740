//! A daemon: the instance that ships, what its driver holds for it, and what is seen of it.

use super::daemon_socket::{Socket, settings, switch};
use super::probe::{Seen, Shadow, Turn, Watch};
use super::redis_connections::{LEASE, Wires};
use super::world_setup::WorldSetup;
use crate::redis::SimulatedRedis;
use bytes::Bytes;
use fnv::FnvHasher;
use hotlined_core::call::Limits;
use hotlined_core::engine::Engine;
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::health::Health;
use hotlined_instance::persist::outbox::{Delivery, DeliveryKind};
use hotlined_instance::persist::snapshot::PersistedState;
use hotlined_instance::switch::lease_token::{Claim, Claiming};
use hotlined_instance::{self as instance, Instance};
use hotlined_instance::{KeepingStart, RedisStart};
use hotlined_sim::invariants;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::Hasher;
use std::sync::Arc;

/// After how long without a daemon callers go to the fallback (`fallback_s`): alone, and where daemons share a Redis.
pub const FALLBACK_AFTER: Millis = Millis::seconds(5);
pub const FALLBACK_AFTER_SHARED: Millis = Millis::seconds(6);
/// How long calls may go on after the wish to stop (`drain_max_s`): longer than any run, so that a second wish ends it.
const DRAIN_MAX: Millis = Millis::seconds(3_600);

/// What a daemon is started with.
pub(super) struct Start<'a> {
    pub(super) name: String,
    /// How many daemons were started before it.
    pub(super) number: usize,
    pub(super) scene: &'a WorldSetup,
    pub(super) hotlines: Arc<Hotlines>,
    /// How far its clock is ahead of ours, in milliseconds.
    pub(super) ahead: i64,
    /// Whether its hotlines ask callers for something, also after a talk.
    pub(super) asks: bool,
    /// Whether somebody wants to read what it does.
    pub(super) logs: bool,
}

/// Where a daemon keeps its calls.
pub(super) enum Keeps {
    /// In a file of its own, in which this was found.
    File(Box<PersistedState>),
    /// In the Redis that it shares with others, to which it has this name.
    Redis(DaemonId),
}

/// Frames that are being written into the file.
pub(super) struct Writing {
    /// When they are in it; or, if they cannot be, when that is known.
    pub(super) done_at: Instant,
    pub(super) number: u64,
    pub(super) frames: Bytes,
    pub(super) fails: bool,
}

/// What was seen of a daemon that matters to the world.
#[derive(Debug)]
pub(super) enum Observed {
    /// Its engine took an event.
    Turned(usize),
    /// The link is up, and the switch has so many legs.
    Linked(usize),
    /// It acts for the switch.
    Acts,
    /// Another daemon does. It had these calls.
    StoodBy(BTreeSet<CallId>),
    /// What is left of the calls is handed over.
    HandsOver,
    /// Something cannot be kept, and is done all the same.
    Unkept,
}

/// A daemon.
pub(super) struct Daemon {
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) instance: Instance,
    watch: Watch,
    /// An engine that lives through the same, each call saved and loaded before each event.
    shadow: Option<Shadow>,
    /// When it wants to be woken, by its own clock.
    pub(super) deadline: Option<Instant>,
    /// Its connection to the switch.
    pub(super) socket: Option<Socket>,
    /// Its connections to Redis, where it shares one.
    pub(super) wires: Option<Wires>,
    pub(super) writing: Option<Writing>,
    /// Records on their way into the file of records.
    pub(super) deliveries: VecDeque<(Instant, Delivery)>,
    /// Since when the engine knows the switch.
    pub(super) linked_since: Option<Instant>,
    /// The calls it took, or took up, and did not leave to somebody else.
    pub(super) taken: BTreeSet<CallId>,
    /// Those it has decided to take, and that is not kept yet.
    takes: Vec<CallId>,
    /// Calls that another daemon had, of which the record may not be written.
    pub(super) inherits: BTreeSet<CallId>,
    pub(super) records: BTreeMap<CallId, CallRecord>,
    /// The records among them that nobody has asked for yet.
    news: Vec<CallRecord>,
    /// Calls of which something was lost: what it does with them may be done anew.
    pub(super) forgiven: BTreeSet<CallId>,
    /// Whether it gave the line up on a word of the switch, and has not connected since.
    pub(super) is_cut_short: bool,
    /// After how long another one starts once it has stopped.
    pub(super) back: Millis,
    /// Whether it has handed over, and whether the switch has heard its last word since.
    pub(super) has_handed_over: bool,
    pub(super) has_left: bool,
    is_unkept: bool,
    /// How many events the engine took.
    turns: usize,
    /// How far its clock is ahead of ours, in milliseconds.
    ahead: i64,
    asks: bool,
    /// What it did, as text, where somebody wants to read it.
    pub(super) log: Option<Vec<String>>,
    /// A fingerprint of all it did.
    pub(super) print: u64,
}

pub(super) fn fnv(print: u64, text: &str) -> u64 {
    let mut fnv = FnvHasher::with_key(print);
    fnv.write(text.as_bytes());
    fnv.finish()
}

impl Daemon {
    /// A daemon that starts with its hotlines and what another left.
    pub(super) fn start(now: Instant, start: Start, keeps: Keeps) -> Result<Self, String> {
        let Start { name, number, scene, hotlines, ahead, asks, logs } = start;
        let told = Instant(now.0.saturating_add_signed(ahead));
        let watch = Watch::default();
        let fallback_after = match &keeps {
            Keeps::File(_) => FALLBACK_AFTER,
            Keeps::Redis(_) => FALLBACK_AFTER_SHARED,
        };
        let limits = Limits { live_max: scene.live_calls_max, fallback_after };
        let mut taken = BTreeSet::new();
        let (keeping, shadow, wires) = match keeps {
            Keeps::File(kept) => {
                taken.extend(kept.calls.iter().map(|kept| kept.call.clone()));
                taken.extend(kept.deliveries.iter().map(|delivery| delivery.id.call.clone()));
                let shadow = Engine::with_acd(limits, kept.store.clone());
                (KeepingStart::File(kept), shadow, None)
            }
            Keeps::Redis(us) => {
                let redis = RedisStart { daemon: us.clone(), lease: LEASE };
                (KeepingStart::Redis(redis), Engine::with_shared_acd(limits), Some(Wires::new(us)))
            }
        };
        let instance = Instance::new(
            told,
            instance::Start {
                limits,
                drain_max: DRAIN_MAX,
                first: vec![Event::Hotlines(hotlines)],
                links: vec![settings(scene.format)?],
                keeping,
                // Each asks who acts before it does; where there are leases, these count.
                claim: Some((Claim::new(&name, told.0), Claiming::Asking)),
                kinds: DeliveryKind::ALL.to_vec(),
                observers: vec![watch.observer(wires.is_some())],
                // Nobody asks how this daemon is.
                health: Arc::new(Health::new(std::time::Instant::now(), Vec::<SwitchId>::new())),
                probe: Box::new(watch.clone()),
                seed: fnv(now.0, &name),
            },
        );
        Ok(Self {
            name,
            number,
            deadline: instance.deadline(),
            instance,
            watch,
            shadow: scene.shadow_engine.then_some(Shadow(shadow)),
            socket: None,
            wires,
            writing: None,
            deliveries: VecDeque::new(),
            linked_since: None,
            taken,
            takes: Vec::new(),
            inherits: BTreeSet::new(),
            records: BTreeMap::new(),
            news: Vec::new(),
            forgiven: BTreeSet::new(),
            is_cut_short: false,
            back: Millis(0),
            has_handed_over: false,
            has_left: false,
            is_unkept: false,
            turns: 0,
            ahead,
            asks,
            log: logs.then(Vec::new),
            print: 0xcbf2_9ce4_8422_2325,
        })
    }

    /// When it is that by our clock.
    pub(super) fn ours(&self, at: Instant) -> Instant {
        Instant(at.0.saturating_add_signed(self.ahead.saturating_neg()))
    }

    /// The time that the instance is told.
    pub(super) fn told(&self, now: Instant) -> Instant {
        Instant(now.0.saturating_add_signed(self.ahead))
    }

    /// When its driver has something to do. `redis` is what it reaches of that.
    pub(super) fn next(&self, now: Instant, redis: Option<&SimulatedRedis>) -> Option<Instant> {
        let socket = self.socket.as_ref();
        let written = socket.filter(|socket| socket.connects_at.is_none());
        let all = [
            self.deadline.map(|at| self.ours(at)),
            socket.and_then(|socket| socket.connects_at),
            written.and_then(|socket| socket.writes_at(self.told(now))),
            self.writing.as_ref().map(|writing| writing.done_at),
            self.deliveries.front().map(|(at, _)| *at),
            redis.and_then(|redis| self.wires.as_ref()?.next(redis)),
        ];
        all.into_iter().flatten().min()
    }

    /// By what right it acts.
    pub(super) fn token(&self) -> Option<u64> {
        self.instance.token(&switch())
    }

    /// Whether it looks after callers now.
    pub(super) fn serves(&self, now: Instant) -> bool {
        let switch = switch();
        self.linked_since.is_some()
            && self.instance.is_linked(&switch)
            && self.instance.may_write(self.told(now), &switch)
    }

    /// Whether Redis has not gone away since the daemon told it everything.
    pub(super) fn is_in_touch(&self, redis: &SimulatedRedis) -> bool {
        self.wires.as_ref().is_some_and(|wires| wires.is_in_touch(redis))
    }

    /// Whether whoever comes after it knows all that it did.
    pub(super) fn is_told(&self) -> bool {
        self.instance.is_told() && self.writing.is_none() && self.deliveries.is_empty()
    }

    /// Takes in what was seen of it, and gives what matters of that.
    pub(super) fn observe(&mut self, now: Instant) -> Result<Vec<Observed>, String> {
        let seen = self.watch.take();
        let mut observed = Vec::new();
        for seen in seen {
            match seen {
                Seen::Turn(turn) => {
                    self.turns += 1;
                    observed.push(Observed::Turned(self.turns));
                    self.turned(now, turn, &mut observed)?;
                }
                Seen::Kept(is_kept) => {
                    if !is_kept && !std::mem::replace(&mut self.is_unkept, true) {
                        observed.push(Observed::Unkept);
                    }
                    self.is_unkept &= !is_kept;
                }
                Seen::Done => self.done()?,
            }
        }
        Ok(observed)
    }

    fn turned(&mut self, now: Instant, turn: Turn, observed: &mut Vec<Observed>) -> Result<(), String> {
        match &turn.event {
            Event::LinkRestored { legs, .. } => {
                self.linked_since = Some(now);
                observed.push(Observed::Linked(legs.len()));
            }
            Event::LinkLost { .. } => self.linked_since = None,
            Event::LeaseLost { .. } => {
                self.linked_since = None;
                observed.push(Observed::StoodBy(self.taken.clone()));
                let (records, deliveries) = (&self.records, &self.deliveries);
                let is_delivered = |call: &CallId| deliveries.iter().any(|(_, it)| it.id.call == *call);
                self.taken.retain(|call| records.contains_key(call) || is_delivered(call));
                self.takes.clear();
            }
            Event::CallsTakenOver { calls, .. } => {
                self.taken.extend(calls.iter().map(|kept| kept.call.clone()));
                self.taken.append(&mut self.inherits);
                observed.push(Observed::Acts);
            }
            Event::Operator(OperatorOrder::HandOver) => {
                self.has_handed_over = true;
                observed.push(Observed::HandsOver);
            }
            Event::Operator(OperatorOrder::Drain)
            | Event::Arrived(_)
            | Event::Leg { .. }
            | Event::Done { .. }
            | Event::Acd { .. }
            | Event::Due
            | Event::Hotlines(_)
            | Event::Calendar(_)
            | Event::NumberRegions(_) => {}
        }
        if let Some(shadow) = &mut self.shadow {
            shadow.compare(&turn)?;
        }
        for line in &turn.decided {
            self.print = fnv(fnv(self.print, line), &now.0.to_string());
        }
        if let Some(log) = &mut self.log {
            log.push(format!("{} hears {:?}", self.name, turn.event));
            log.extend(turn.decided.iter().map(|line| format!("{} says  {line}", self.name)));
        }
        self.takes.extend(turn.taken);
        turn.not_taken_up.map_or(Ok(()), Err)
    }

    /// What was decided before is kept, or cannot be, and is done.
    fn done(&mut self) -> Result<(), String> {
        for call in std::mem::take(&mut self.takes) {
            if !self.taken.insert(call.clone()) && !self.forgiven.contains(&call) {
                return Err(format!("{call} was taken twice"));
            }
        }
        Ok(())
    }

    /// A record is in the file of records.
    pub(super) fn wrote(&mut self, delivery: &Delivery) -> Result<(), String> {
        let call = &delivery.id.call;
        let record: CallRecord =
            serde_json::from_str(&delivery.payload).map_err(|error| error.to_string())?;
        invariants::record_is_possible(&record, self.asks)?;
        self.news.push(record.clone());
        let is_second = self.records.insert(call.clone(), record).is_some();
        let records = 1 + usize::from(is_second && !self.forgiven.contains(call));
        invariants::one_record_each(call, usize::from(self.taken.contains(call)), records, false)
    }

    /// Takes out the records that were written since this was asked last.
    pub(super) fn news(&mut self) -> Vec<CallRecord> {
        std::mem::take(&mut self.news)
    }

    /// The calls it took and has not written a record of.
    pub(super) fn unwritten(&self) -> Vec<&CallId> {
        self.taken.iter().filter(|call| !self.records.contains_key(call)).collect()
    }
}
