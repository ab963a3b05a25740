//! What an instance is started with.

use super::ending::Ending;
use super::instance::{Instance, Keeping, Output};
use super::links::Links;
use crate::cluster::cluster_client::ClusterClient;
use crate::daemon_id::DaemonId;
use crate::health::Health;
use crate::persist::file_persistence::FilePersistence;
use crate::persist::outbox::{DeliveryKind, Outbox};
use crate::persist::snapshot::PersistedState;
use crate::stall_guard::Standstill;
use crate::switch::freeswitch::link::{LinkSettings, Permit};
use crate::switch::lease_token::{Claim, Claiming};
use hotlined_core::call::{Limits, Switchboard};
use hotlined_core::engine::{Engine, Observer};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;
use std::sync::Arc;

/// What an instance is started with.
pub struct Start {
    /// How many calls, and for how long the switch waits for the daemon.
    pub limits: Limits,
    /// How long calls may go on after the wish to stop.
    pub drain_max: Millis,
    /// What no call may come before: the hotlines, the operator's own calendar and table of numbers.
    pub first: Vec<Event>,
    /// The switches.
    pub links: Vec<LinkSettings>,
    /// Where calls are kept.
    pub keeping: KeepingStart,
    /// What is said at the switches of who acts, and how the daemon comes to, where there is no Redis: another daemon
    /// may act there. None where nothing is said.
    pub claim: Option<(Claim, Claiming)>,
    /// What can be delivered because of a call.
    pub kinds: Vec<DeliveryKind>,
    /// Who watches what passes through the engine.
    pub observers: Vec<Observer>,
    /// Where it is told how the daemon is.
    pub health: Arc<Health>,
    /// Who measures how long things take.
    pub probe: Box<dyn Probe>,
    /// A number that no other instance was started with. Waits are spread by it.
    pub seed: u64,
}

/// Where calls are kept.
pub enum KeepingStart {
    /// Nowhere: they live and die with the daemon.
    Nowhere,
    /// In a file, in which this was found.
    File(Box<PersistedState>),
    /// In Redis.
    Redis(RedisStart),
}

/// How an instance takes part in a Redis.
#[derive(Clone, Debug)]
pub struct RedisStart {
    /// Its name, that no other daemon has.
    pub daemon: DaemonId,
    /// How long a lease lasts.
    pub lease: Millis,
}

/// Measures the pace of an instance, for figures alone: nothing that is decided depends on it.
pub trait Probe: Send {
    /// The engine is given an event.
    fn engine_begins(&mut self) {}
    /// The engine has decided.
    fn engine_ends(&mut self) {}
    /// A turn is given out to be kept.
    fn keeping_begins(&mut self) {}
    /// The turn is kept, or why not; it waits no longer.
    fn keeping_ends(&mut self, _why_not: Option<&str>) {}
    /// Everything that followed from a turn is kept and handed out, and so many events wait.
    fn turn_ends(&mut self, _waiting: usize) {}
    /// Calls came or went of which nobody tells.
    fn recount(&mut self, _calls: &Switchboard) {}
}

/// Measures nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {}

impl Start {
    /// A daemon without calls, switches and hotlines: what it is to have is put in its place.
    pub fn nothing(health: Arc<Health>, keeping: KeepingStart) -> Self {
        Self {
            limits: Limits::default(),
            drain_max: Millis(0),
            first: Vec::new(),
            links: Vec::new(),
            keeping,
            claim: None,
            kinds: DeliveryKind::ALL.to_vec(),
            observers: Vec::new(),
            health,
            probe: Box::new(NoProbe),
            seed: 1,
        }
    }
}

impl Instance {
    /// A daemon that begins now. One that keeps its calls in a file goes on with those that were kept.
    pub fn new(now: Instant, start: Start) -> Self {
        let Start { limits, drain_max, first, links, keeping, claim, kinds, observers, health, probe, seed } =
            start;
        let links = Links::new(links, seed);
        let switches: Vec<SwitchId> = links.switches().cloned().collect();
        let (mut outbox, mut outputs) = (Outbox::default(), VecDeque::new());
        let mut returned: VecDeque<Event> = VecDeque::new();
        let (engine, keeping) = match keeping {
            KeepingStart::Nowhere => (Engine::new(limits), Keeping::Nowhere),
            KeepingStart::File(kept) => {
                let file = FilePersistence::new(&kept);
                let PersistedState { calls, hotlines, store, deliveries, done, losses: _ } = *kept;
                outbox.add_done(done);
                let put = deliveries.into_iter().filter_map(|delivery| outbox.put(delivery));
                outputs.extend(put.map(Output::Deliver));
                if !calls.is_empty() {
                    returned.push_back(Event::CallsTakenOver { calls, hotlines });
                }
                (Engine::with_acd(limits, store), Keeping::File(file))
            }
            KeepingStart::Redis(RedisStart { daemon, lease }) => {
                let cluster =
                    ClusterClient::new(now, daemon, lease, switches.iter().cloned(), health.clone());
                (Engine::with_shared_acd(limits), Keeping::Redis(Box::new(cluster)))
            }
        };
        let strikes_at = outbox.has_done().then_some(now);
        let mut instance = Self {
            engine,
            links,
            keeping,
            outbox,
            kinds,
            observers,
            health,
            probe,
            standstill: Standstill::default(),
            ending: Ending::default(),
            drain_max,
            now,
            returned,
            decided: Vec::new(),
            unsent: Vec::new(),
            is_unsettled: false,
            is_pending: false,
            strikes_at,
            outputs,
        };
        first.iter().for_each(|event| instance.turn(event));
        instance.turn_returned();
        instance.probe.recount(&instance.engine.switchboard);
        if !matches!(instance.keeping, Keeping::Redis(_)) {
            switches.iter().for_each(|switch| instance.open(switch, claim.clone(), Permit::Always));
        }
        instance
    }
}
