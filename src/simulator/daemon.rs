//! A daemon: the instance that ships, the state of its driver, and the observations of its engine.

use super::daemon_socket::{DaemonSocket, settings, switch};
use super::probe::{EngineProbe, EngineTurn, ProbeEvent, ShadowEngine};
use super::redis_connections::{LEASE, RedisConnections};
use super::sms;
use super::world_setup::WorldSetup;
use crate::redis::SimulatedRedis;
use bytes::Bytes;
use fnv::FnvHasher;
use hotlined_core::call::Limits;
use hotlined_core::call_event::CallEvent;
use hotlined_core::engine::Engine;
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::health::Health;
use hotlined_instance::persist::delivery_kind::DeliveryKind;
use hotlined_instance::persist::outbox::Delivery;
use hotlined_instance::persist::snapshot::PersistedState;
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};
use hotlined_instance::{self as instance, Instance};
use hotlined_instance::{PersistenceOptions, RedisOptions};
use hotlined_sim::invariants;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::Hasher;
use std::sync::Arc;

/// Callers go to the fallback after this time without a daemon (`fallback_s`), if the daemon runs alone.
pub const FALLBACK_AFTER: Millis = Millis::seconds(5);
/// The same time, if daemons share a Redis.
pub const FALLBACK_AFTER_SHARED: Millis = Millis::seconds(6);
/// How long calls may continue after the order to stop (`drain_max_s`). This is longer than any run, so the second
/// order to stop ends them.
const DRAIN_MAX: Millis = Millis::seconds(3_600);

/// The settings of a new daemon.
pub(super) struct DaemonStart<'a> {
    pub(super) name: String,
    /// How many daemons were started before it.
    pub(super) number: usize,
    pub(super) setup: &'a WorldSetup,
    pub(super) hotlines: Arc<Hotlines>,
    /// How far the daemon's clock is ahead of the world's clock, in milliseconds.
    pub(super) clock_ahead_ms: i64,
    /// Whether the hotlines ask callers for keys or messages, also after a talk.
    pub(super) asks: bool,
    /// Whether the daemon's events and commands are logged.
    pub(super) logs: bool,
}

/// Where a daemon saves its calls.
pub(super) enum CallStorage {
    /// In a file of its own. The file had this state when the daemon started.
    File(Box<PersistedState>),
    /// In the Redis that daemons share. The daemon has this name there.
    Redis(DaemonId),
}

/// Frames that are being written into the file.
pub(super) struct PendingWrite {
    /// When the write succeeds or fails.
    pub(super) done_at: Instant,
    pub(super) number: u64,
    pub(super) frames: Bytes,
    pub(super) fails: bool,
}

/// A change of a daemon that matters to the world.
#[derive(Debug)]
pub(super) enum Observed {
    /// The engine has processed so many events.
    EngineTurned(usize),
    /// The link is up, and the switch has so many legs.
    Linked(usize),
    /// The daemon is the active daemon of the switch.
    BecameActive,
    /// Another daemon is active. This daemon had these calls.
    BecameStandby(BTreeSet<CallId>),
    /// The daemon hands over its remaining calls.
    HandsOver,
    /// The daemon acts although its state could not be saved.
    ActedUnsaved,
}

/// A daemon.
pub(super) struct Daemon {
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) instance: Instance,
    probe: EngineProbe,
    /// A second engine that gets the same events. Each call is saved and loaded before each event.
    shadow: Option<ShadowEngine>,
    /// The instance's deadline, by the daemon's clock.
    pub(super) deadline: Option<Instant>,
    /// The connection to the switch.
    pub(super) socket: Option<DaemonSocket>,
    /// The connections to Redis, if daemons share one.
    pub(super) redis_connections: Option<RedisConnections>,
    pub(super) pending_write: Option<PendingWrite>,
    /// The deliveries that are not in the file of records yet, and when they will be.
    pub(super) deliveries: VecDeque<(Instant, Delivery)>,
    /// Since when the engine knows that the link is up.
    pub(super) linked_since: Option<Instant>,
    /// The calls that the daemon took or took over, without those that it left to another daemon.
    pub(super) calls: BTreeSet<CallId>,
    /// New calls of turns that are not finished yet.
    unsaved_calls: Vec<CallId>,
    /// Calls of another daemon whose record may not be written yet.
    pub(super) inherited_deliveries: BTreeSet<CallId>,
    pub(super) records: BTreeMap<CallId, CallRecord>,
    /// The records since the last `take_new_records`.
    new_records: Vec<CallRecord>,
    /// Calls that lost state: the daemon may take them and write their record again.
    pub(super) calls_redone: BTreeSet<CallId>,
    /// Whether the daemon closed the connection on data from the switch, and has not connected since.
    pub(super) closed_on_input: bool,
    /// How long after its stop the next daemon starts.
    pub(super) restart_after: Millis,
    /// Whether the daemon has handed over its calls.
    pub(super) has_handed_over: bool,
    /// Whether the switch has received the daemon's `exit` after that.
    pub(super) has_left: bool,
    acts_unsaved: bool,
    /// What became of messages, since the last `take_published`.
    published: Vec<CallEvent>,
    /// How many events the engine has processed.
    turns: usize,
    /// How far the daemon's clock is ahead of the world's clock, in milliseconds.
    clock_ahead_ms: i64,
    asks: bool,
    /// The events and commands as text, if they are logged.
    pub(super) log: Option<Vec<String>>,
    /// A fingerprint of all commands and their times.
    pub(super) fingerprint: u64,
}

/// The FNV hash of the text, started from this fingerprint.
pub(super) fn fnv(fingerprint: u64, text: &str) -> u64 {
    let mut fnv = FnvHasher::with_key(fingerprint);
    fnv.write(text.as_bytes());
    fnv.finish()
}

impl Daemon {
    /// Starts a daemon with its hotlines and the saved state of the last one.
    ///
    /// # Errors
    /// The settings of the link are invalid.
    pub(super) fn start(now: Instant, start: DaemonStart, storage: CallStorage) -> Result<Self, String> {
        let DaemonStart { name, number, setup, hotlines, clock_ahead_ms, asks, logs } = start;
        let daemon_now = Instant(now.0.saturating_add_signed(clock_ahead_ms));
        let probe = EngineProbe::default();
        let fallback_after = match &storage {
            CallStorage::File(_) => FALLBACK_AFTER,
            CallStorage::Redis(_) => FALLBACK_AFTER_SHARED,
        };
        let limits = Limits { live_max: setup.live_calls_max, fallback_after, publishes: true };
        let mut taken = BTreeSet::new();
        let (persistence, shadow, redis_connections) = match storage {
            CallStorage::File(persisted) => {
                taken.extend(persisted.calls.iter().map(|saved| saved.call.clone()));
                let records = persisted.deliveries.iter().filter(|delivery| delivery.id.is_record());
                taken.extend(records.map(|delivery| delivery.id.call.clone()));
                let shadow = Engine::with_acd(limits, persisted.store.clone());
                (PersistenceOptions::File(persisted), shadow, None)
            }
            CallStorage::Redis(daemon_id) => {
                let redis = RedisOptions { daemon: daemon_id.clone(), lease: LEASE };
                (
                    PersistenceOptions::Redis(redis),
                    Engine::with_shared_acd(limits),
                    Some(RedisConnections::new(daemon_id)),
                )
            }
        };
        let instance = Instance::new(
            daemon_now,
            instance::InstanceOptions {
                limits,
                drain_max: DRAIN_MAX,
                initial_events: vec![Event::Hotlines(hotlines)],
                links: vec![settings(setup.format)?],
                persistence,
                // A daemon asks the switch for the active daemon first. With leases, the lease decides.
                token: Some((LeaseToken::new(&name, daemon_now.0), Activation::Asking)),
                delivery_kinds: DeliveryKind::built_in(),
                gateways: sms::limits(),
                observers: vec![probe.observer(redis_connections.is_some())],
                // The simulator does not read the daemon's health.
                health: Arc::new(Health::new(std::time::Instant::now(), Vec::<SwitchId>::new())),
                probe: Box::new(probe.clone()),
                seed: fnv(now.0, &name),
            },
        );
        Ok(Self {
            name,
            number,
            deadline: instance.deadline(),
            instance,
            probe,
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
            acts_unsaved: false,
            published: Vec::new(),
            turns: 0,
            clock_ahead_ms,
            asks,
            log: logs.then(Vec::new),
            fingerprint: 0xcbf2_9ce4_8422_2325,
        })
    }

    /// The world's time at this time of the daemon's clock.
    pub(super) fn world_time(&self, at: Instant) -> Instant {
        Instant(at.0.saturating_add_signed(self.clock_ahead_ms.saturating_neg()))
    }

    /// The time of the daemon's clock at this time of the world.
    pub(super) fn daemon_time(&self, now: Instant) -> Instant {
        Instant(now.0.saturating_add_signed(self.clock_ahead_ms))
    }

    /// When the driver has something to do next. `redis` is the Redis that the daemon reaches.
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

    /// The daemon's fencing token.
    pub(super) fn token(&self) -> Option<u64> {
        self.instance.token(&switch())
    }

    /// Whether the daemon serves callers now.
    pub(super) fn serves(&self, now: Instant) -> bool {
        let switch = switch();
        self.linked_since.is_some()
            && self.instance.is_linked(&switch)
            && self.instance.may_write(self.daemon_time(now), &switch)
    }

    /// Whether the connection for the ACD and the saved calls has not broken since it was made.
    pub(super) fn is_in_touch(&self, redis: &SimulatedRedis) -> bool {
        self.redis_connections.as_ref().is_some_and(|redis_connections| redis_connections.is_in_touch(redis))
    }

    /// Whether everything is saved, so that the next daemon can continue.
    pub(super) fn is_fully_saved(&self) -> bool {
        self.instance.is_fully_persisted() && self.pending_write.is_none() && self.deliveries.is_empty()
    }

    /// Processes the events of the probe, and returns the changes that matter to the world.
    pub(super) fn observe(&mut self, now: Instant) -> Result<Vec<Observed>, String> {
        let mut observed = Vec::new();
        for event in self.probe.take() {
            match event {
                ProbeEvent::EngineTurn(turn) => {
                    self.turns += 1;
                    observed.push(Observed::EngineTurned(self.turns));
                    self.observe_turn(now, turn, &mut observed)?;
                }
                ProbeEvent::Persisted(is_saved) => {
                    if !is_saved && !std::mem::replace(&mut self.acts_unsaved, true) {
                        observed.push(Observed::ActedUnsaved);
                    }
                    self.acts_unsaved &= !is_saved;
                }
                ProbeEvent::MessagePublished(event) => self.published.push(*event),
                ProbeEvent::TurnEnded => self.take_unsaved_calls()?,
            }
        }
        Ok(observed)
    }

    fn observe_turn(
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
                observed.push(Observed::BecameStandby(self.calls.clone()));
                let (records, deliveries) = (&self.records, &self.deliveries);
                let is_in_delivery =
                    |call: &CallId| deliveries.iter().any(|(_, delivery)| delivery.id.call == *call);
                self.calls.retain(|call| records.contains_key(call) || is_in_delivery(call));
                self.unsaved_calls.clear();
            }
            Event::CallsTakenOver { calls, .. } => {
                self.calls.extend(calls.iter().map(|saved| saved.call.clone()));
                self.calls.append(&mut self.inherited_deliveries);
                observed.push(Observed::BecameActive);
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
        for command in &turn.commands {
            self.fingerprint = fnv(fnv(self.fingerprint, command), &now.0.to_string());
        }
        if let Some(log) = &mut self.log {
            log.push(format!("{} hears {:?}", self.name, turn.event));
            log.extend(turn.commands.iter().map(|command| format!("{} says  {command}", self.name)));
        }
        self.unsaved_calls.extend(turn.calls);
        turn.take_over_failure.map_or(Ok(()), Err)
    }

    /// A turn ends: its state is saved or cannot be saved, and its commands are executed.
    fn take_unsaved_calls(&mut self) -> Result<(), String> {
        for call in std::mem::take(&mut self.unsaved_calls) {
            if !self.calls.insert(call.clone()) && !self.calls_redone.contains(&call) {
                return Err(format!("{call} was taken twice"));
            }
        }
        Ok(())
    }

    /// A record is written into the file of records.
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

    /// Takes out the records that were written since the last time.
    pub(super) fn take_new_records(&mut self) -> Vec<CallRecord> {
        std::mem::take(&mut self.new_records)
    }

    /// Takes out what became of messages.
    pub(super) fn take_published(&mut self) -> Vec<CallEvent> {
        std::mem::take(&mut self.published)
    }

    /// The calls without a written record.
    pub(super) fn unwritten(&self) -> Vec<&CallId> {
        self.calls.iter().filter(|call| !self.records.contains_key(call)).collect()
    }
}
