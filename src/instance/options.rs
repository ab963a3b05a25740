//! What an instance is created from.

use crate::daemon_id::DaemonId;
use crate::health::Health;
use crate::messages::GatewayLimits;
use crate::persist::delivery_kind::DeliveryKind;
use crate::persist::snapshot::PersistedState;
use crate::switch::freeswitch::link::LinkSettings;
use crate::switch::lease_token::{Activation, LeaseToken};
use hotlined_core::call::{Limits, Switchboard};
use hotlined_core::engine::Observer;
use hotlined_core::event::Event;
use hotlined_core::time::Millis;
use std::sync::Arc;

/// What an instance is created from.
pub struct InstanceOptions {
    /// The most calls, and how long the switch waits for the daemon.
    pub limits: Limits,
    /// How long calls may continue after [`Input::Stop`](crate::Input::Stop).
    pub drain_max: Millis,
    /// The events before the first call: the hotlines, the operator's calendar and table of numbers.
    pub initial_events: Vec<Event>,
    /// The switches.
    pub links: Vec<LinkSettings>,
    /// Where calls are persisted for the next daemon.
    pub persistence: PersistenceOptions,
    /// Without Redis: the token that the daemon announces at the switches, where other daemons may be active, and how
    /// the daemon becomes active. None if nothing is announced.
    pub token: Option<(LeaseToken, Activation)>,
    /// The kinds of deliveries that the driver can deliver.
    pub delivery_kinds: Vec<DeliveryKind>,
    /// The SMS gateways, in the order in which they are tried.
    pub gateways: Vec<GatewayLimits>,
    /// Functions that see everything that passes through the engine.
    pub observers: Vec<Observer>,
    /// Where the instance reports its health.
    pub health: Arc<Health>,
    /// Measures how long things take.
    pub probe: Box<dyn Probe>,
    /// A number that no other instance has. Random waits depend on it.
    pub seed: u64,
}

/// Where calls are persisted.
pub enum PersistenceOptions {
    /// Nowhere: calls are lost when the daemon ends.
    None,
    /// In a file. This is the content of the file.
    File(Box<PersistedState>),
    /// In Redis.
    Redis(RedisOptions),
}

/// How an instance uses Redis.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// The name of this daemon. No other daemon has it.
    pub daemon: DaemonId,
    /// The duration of a lease.
    pub lease: Millis,
}

/// Measures the pace of an instance, for metrics only: no decision depends on it.
pub trait Probe: Send {
    /// The engine starts to process an event.
    fn engine_begins(&mut self) {}
    /// The engine has processed the event.
    fn engine_ends(&mut self) {}
    /// The instance starts to persist a turn.
    fn persist_begins(&mut self) {}
    /// The turn is persisted; or the instance waits no longer, for this reason.
    fn persist_ends(&mut self, _why_not: Option<&str>) {}
    /// The turn is complete: everything is persisted and executed. This many events wait.
    fn turn_ends(&mut self, _waiting: usize) {}
    /// The number of calls has changed without events: calls were taken over or given up.
    fn recount(&mut self, _calls: &Switchboard) {}
}

/// A probe that measures nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {}

impl InstanceOptions {
    /// An instance without calls, switches and hotlines. Change the fields as needed.
    pub fn minimal(health: Arc<Health>, persistence: PersistenceOptions) -> Self {
        Self {
            limits: Limits::default(),
            drain_max: Millis(0),
            initial_events: Vec::new(),
            links: Vec::new(),
            persistence,
            token: None,
            delivery_kinds: DeliveryKind::built_in(),
            gateways: Vec::new(),
            observers: Vec::new(),
            health,
            probe: Box::new(NoProbe),
            seed: 1,
        }
    }
}
