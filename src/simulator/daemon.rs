//! A daemon: the instance that ships, what its driver holds for it, and what is seen of it.

use super::daemon_socket::{DaemonSocket, settings, switch};
use super::probe::{EngineProbe, EngineTurn, ProbeEvent, ShadowEngine};
use super::redis_connections::{LEASE, RedisConnections};
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
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};
use hotlined_instance::{self as instance, Instance};
use hotlined_instance::{PersistenceOptions, RedisOptions};
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
pub(super) struct DaemonStart<'a> {
    pub(super) name: String,
    /// How many daemons were started before it.
    pub(super) number: usize,
    pub(super) setup: &'a WorldSetup,
    pub(super) hotlines: Arc<Hotlines>,
    /// How far its clock is ahead of ours, in milliseconds.
    pub(super) clock_ahead_ms: i64,
    /// Whether its hotlines ask callers for something, also after a talk.
    pub(super) asks: bool,
    /// Whether somebody wants to read what it does.
    pub(super) logs: bool,
}

/// Where a daemon keeps its calls.
pub(super) enum CallStorage {
    /// In a file of its own, in which this was found.
    File(Box<PersistedState>),
    /// In the Redis that it shares with others, to which it has this name.
    Redis(DaemonId),
}

/// Frames that are being written into the file.
pub(super) struct PendingWrite {
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
    watch: EngineProbe,
    /// An engine that lives through the same, each call saved and loaded before each event.
    shadow: Option<ShadowEngine>,
    /// When it wants to be woken, by its own clock.
    pub(super) deadline: Option<Instant>,
    /// Its connection to the switch.
    pub(super) socket: Option<DaemonSocket>,
    /// Its connections to Redis, where it shares one.
    pub(super) redis_connections: Option<RedisConnections>,
    pub(super) pending_write: Option<PendingWrite>,
    /// Records on their way into the file of records.
    pub(super) deliveries: VecDeque<(Instant, Delivery)>,
    /// Since when the engine knows the switch.
    pub(super) linked_since: Option<Instant>,
    /// The calls it took, or took up, and did not leave to somebody else.
    pub(super) calls: BTreeSet<CallId>,
    /// Those it has decided to take, and that is not kept yet.
    unsaved_calls: Vec<CallId>,
    /// Calls that another daemon had, of which the record may not be written.
    pub(super) inherited_deliveries: BTreeSet<CallId>,
    pub(super) records: BTreeMap<CallId, CallRecord>,
    /// The records among them that nobody has asked for yet.
    new_records: Vec<CallRecord>,
    /// Calls of which something was lost: what it does with them may be done anew.
    pub(super) calls_redone: BTreeSet<CallId>,
    /// Whether it gave the line up on a word of the switch, and has not connected since.
    pub(super) closed_on_input: bool,
    /// After how long another one starts once it has stopped.
    pub(super) restart_after: Millis,
    /// Whether it has handed over, and whether the switch has heard its last word since.
    pub(super) has_handed_over: bool,
    pub(super) has_left: bool,
    is_unkept: bool,
    /// How many events the engine took.
    turns: usize,
    /// How far its clock is ahead of ours, in milliseconds.
    clock_ahead_ms: i64,
    asks: bool,
    /// What it did, as text, where somebody wants to read it.
    pub(super) log: Option<Vec<String>>,
    /// A fingerprint of all it did.
    pub(super) fingerprint: u64,
}

pub(super) fn fnv(fingerprint: u64, text: &str) -> u64 {
    let mut fnv = FnvHasher::with_key(fingerprint);
    fnv.write(text.as_bytes());
    fnv.finish()
}

impl Daemon {
    /// A daemon that starts with its hotlines and what another left.
    pub(super) fn start(now: Instant, start: DaemonStart, storage: CallStorage) -> Result<Self, String> {
        let DaemonStart { name, number, setup, hotlines, clock_ahead_ms, asks, logs } = start;
        let told = Instant(now.0.saturating_add_signed(clock_ahead_ms));
        let watch = EngineProbe::default();
        let fallback_after = match &storage {
            CallStorage::File(_) => FALLBACK_AFTER,
            CallStorage::Redis(_) => FALLBACK_AFTER_SHARED,
        };
        let limits = Limits { live_max: setup.live_calls_max, fallback_after };
        let mut taken = BTreeSet::new();
        let (keeping, shadow, redis_connections) = match storage {
            CallStorage::File(kept) => {
                taken.extend(kept.calls.iter().map(|kept| kept.call.clone()));
                taken.extend(kept.deliveries.iter().map(|delivery| delivery.id.call.clone()));
                let shadow = Engine::with_acd(limits, kept.store.clone());
                (PersistenceOptions::File(kept), shadow, None)
            }
            CallStorage::Redis(us) => {
                let redis = RedisOptions { daemon: us.clone(), lease: LEASE };
                (
                    PersistenceOptions::Redis(redis),
                    Engine::with_shared_acd(limits),
                    Some(RedisConnections::new(us)),
                )
            }
        };
        let instance = Instance::new(
            told,
            instance::InstanceOptions {
                limits,
                drain_max: DRAIN_MAX,
                initial_events: vec![Event::Hotlines(hotlines)],
                links: vec![settings(setup.format)?],
                persistence: keeping,
                // Each asks who acts before it does; where there are leases, these count.
                token: Some((LeaseToken::new(&name, told.0), Activation::Asking)),
                delivery_kinds: DeliveryKind::ALL.to_vec(),
                observers: vec![watch.observer(redis_connections.is_some())],
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
            shadow: setup.shadow_engine.then_some(ShadowEngine(shadow)),
            socket: None,
            redis_connections,
            pending_write: None,
            deliveries: VecDeque::new(),
            linked_since: None,
            calls: taken,
            unsaved_calls: Vec::new(),
            inherited_deliveries: BTreeSet::new(),
            records: BTreeMap::new(),
            new_records: Vec::new(),
            calls_redone: BTreeSet::new(),
            closed_on_input: false,
            restart_after: Millis(0),
            has_handed_over: false,
            has_left: false,
            is_unkept: false,
            turns: 0,
            clock_ahead_ms,
            asks,
            log: logs.then(Vec::new),
            fingerprint: 0xcbf2_9ce4_8422_2325,
        })
    }

    /// When it is that by our clock.
    pub(super) fn world_time(&self, at: Instant) -> Instant {
        Instant(at.0.saturating_add_signed(self.clock_ahead_ms.saturating_neg()))
    }

    /// The time that the instance is told.
    pub(super) fn daemon_time(&self, now: Instant) -> Instant {
        Instant(now.0.saturating_add_signed(self.clock_ahead_ms))
    }

    /// When its driver has something to do. `redis` is what it reaches of that.
    pub(super) fn next(&self, now: Instant, redis: Option<&SimulatedRedis>) -> Option<Instant> {
        let socket = self.socket.as_ref();
        let written = socket.filter(|socket| socket.connects_at.is_none());
        let all = [
            self.deadline.map(|at| self.world_time(at)),
            socket.and_then(|socket| socket.connects_at),
            written.and_then(|socket| socket.writes_at(self.daemon_time(now))),
            self.pending_write.as_ref().map(|pending_write| pending_write.done_at),
            self.deliveries.front().map(|(at, _)| *at),
            redis.and_then(|redis| self.redis_connections.as_ref()?.next(redis)),
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
            && self.instance.may_write(self.daemon_time(now), &switch)
    }

    /// Whether Redis has not gone away since the daemon told it everything.
    pub(super) fn is_in_touch(&self, redis: &SimulatedRedis) -> bool {
        self.redis_connections.as_ref().is_some_and(|redis_connections| redis_connections.is_in_touch(redis))
    }

    /// Whether whoever comes after it knows all that it did.
    pub(super) fn is_fully_saved(&self) -> bool {
        self.instance.is_fully_persisted() && self.pending_write.is_none() && self.deliveries.is_empty()
    }

    /// Takes in what was seen of it, and gives what matters of that.
    pub(super) fn observe(&mut self, now: Instant) -> Result<Vec<Observed>, String> {
        let seen = self.watch.take();
        let mut observed = Vec::new();
        for seen in seen {
            match seen {
                ProbeEvent::EngineTurn(turn) => {
                    self.turns += 1;
                    observed.push(Observed::Turned(self.turns));
                    self.count_turns(now, turn, &mut observed)?;
                }
                ProbeEvent::Kept(is_kept) => {
                    if !is_kept && !std::mem::replace(&mut self.is_unkept, true) {
                        observed.push(Observed::Unkept);
                    }
                    self.is_unkept &= !is_kept;
                }
                ProbeEvent::Done => self.done()?,
            }
        }
        Ok(observed)
    }

    fn count_turns(
        &mut self,
        now: Instant,
        turn: EngineTurn,
        observed: &mut Vec<Observed>,
    ) -> Result<(), String> {
        match &turn.event {
            Event::LinkRestored { legs, .. } => {
                self.linked_since = Some(now);
                observed.push(Observed::Linked(legs.len()));
            }
            Event::LinkLost { .. } => self.linked_since = None,
            Event::LeaseLost { .. } => {
                self.linked_since = None;
                observed.push(Observed::StoodBy(self.calls.clone()));
                let (records, deliveries) = (&self.records, &self.deliveries);
                let is_delivered = |call: &CallId| deliveries.iter().any(|(_, it)| it.id.call == *call);
                self.calls.retain(|call| records.contains_key(call) || is_delivered(call));
                self.unsaved_calls.clear();
            }
            Event::CallsTakenOver { calls, .. } => {
                self.calls.extend(calls.iter().map(|kept| kept.call.clone()));
                self.calls.append(&mut self.inherited_deliveries);
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
        for connection in &turn.decided {
            self.fingerprint = fnv(fnv(self.fingerprint, connection), &now.0.to_string());
        }
        if let Some(log) = &mut self.log {
            log.push(format!("{} hears {:?}", self.name, turn.event));
            log.extend(turn.decided.iter().map(|connection| format!("{} says  {connection}", self.name)));
        }
        self.unsaved_calls.extend(turn.calls);
        turn.not_taken_up.map_or(Ok(()), Err)
    }

    /// What was decided before is kept, or cannot be, and is done.
    fn done(&mut self) -> Result<(), String> {
        for call in std::mem::take(&mut self.unsaved_calls) {
            if !self.calls.insert(call.clone()) && !self.calls_redone.contains(&call) {
                return Err(format!("{call} was taken twice"));
            }
        }
        Ok(())
    }

    /// A record is in the file of records.
    pub(super) fn record_written(&mut self, delivery: &Delivery) -> Result<(), String> {
        let call = &delivery.id.call;
        let record: CallRecord =
            serde_json::from_str(&delivery.payload).map_err(|error| error.to_string())?;
        invariants::record_is_possible(&record, self.asks)?;
        self.new_records.push(record.clone());
        let is_second = self.records.insert(call.clone(), record).is_some();
        let records = 1 + usize::from(is_second && !self.calls_redone.contains(call));
        invariants::one_record_each(call, usize::from(self.calls.contains(call)), records, false)
    }

    /// Takes out the records that were written since this was asked last.
    pub(super) fn take_new_records(&mut self) -> Vec<CallRecord> {
        std::mem::take(&mut self.new_records)
    }

    /// The calls it took and has not written a record of.
    pub(super) fn unwritten(&self) -> Vec<&CallId> {
        self.calls.iter().filter(|call| !self.records.contains_key(call)).collect()
    }
}
