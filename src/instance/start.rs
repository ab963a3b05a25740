//! Creates an instance from its options.

use crate::cluster::cluster_client::ClusterClient;
use crate::instance::{Instance, Output, Persistence};
use crate::links::Links;
use crate::messages::MessageQueue;
use crate::options::{InstanceOptions, PersistenceOptions, RedisOptions};
use crate::persist::file_persistence::FilePersistence;
use crate::persist::outbox::Outbox;
use crate::persist::snapshot::PersistedState;
use crate::shutdown::ShutdownPhase;
use crate::stall_guard::StallGuard;
use crate::switch::freeswitch::link::WritePermit;
use hotlined_core::engine::Engine;
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::Instant;
use std::collections::{BTreeMap, VecDeque};

impl Instance {
    /// Creates an instance. An instance with a file continues the calls of the file.
    pub fn new(now: Instant, options: InstanceOptions) -> Self {
        let InstanceOptions {
            limits,
            drain_max,
            initial_events,
            links,
            persistence,
            token,
            delivery_kinds,
            gateways,
            observers,
            health,
            probe,
            seed,
        } = options;
        let links = Links::new(links, seed);
        let switches: Vec<SwitchId> = links.switches().cloned().collect();
        let (mut outbox, mut outputs) = (Outbox::default(), VecDeque::new());
        let mut messages = MessageQueue::new(gateways, limits.publishes);
        let mut returned_events: VecDeque<Event> = VecDeque::new();
        let (engine, persistence) = match persistence {
            PersistenceOptions::None => (Engine::new(limits), Persistence::None),
            PersistenceOptions::File(state) => {
                let file = FilePersistence::new(&state);
                let PersistedState { calls, hotlines, store, deliveries, done, losses: _ } = *state;
                outbox.add_done(done);
                let (texts, others): (Vec<_>, Vec<_>) =
                    deliveries.into_iter().partition(|delivery| delivery.id.is_message());
                texts.iter().for_each(|text| messages.take_over(now, text));
                let put = others.into_iter().filter_map(|delivery| outbox.put(delivery));
                outputs.extend(put.map(Output::Deliver));
                if !calls.is_empty() {
                    returned_events.push_back(Event::CallsTakenOver { calls, hotlines });
                }
                (Engine::with_acd(limits, store), Persistence::File(file))
            }
            PersistenceOptions::Redis(RedisOptions { daemon, lease }) => {
                let cluster =
                    ClusterClient::new(now, daemon, lease, switches.iter().cloned(), health.clone());
                (Engine::with_shared_acd(limits), Persistence::Redis(Box::new(cluster)))
            }
        };
        let forget_delivered_at = outbox.has_done().then_some(now);
        let mut instance = Self {
            engine,
            links,
            persistence,
            outbox,
            messages,
            unsaved_messages: Vec::new(),
            delivery_kinds,
            observers,
            health,
            probe,
            stall_guard: StallGuard::default(),
            leaving: BTreeMap::new(),
            shutdown: ShutdownPhase::default(),
            drain_max,
            now,
            returned_events,
            commands: Vec::new(),
            unsent_deliveries: Vec::new(),
            needs_persist: false,
            is_persisting: false,
            forget_delivered_at,
            outputs,
        };
        initial_events.iter().for_each(|event| instance.run_engine(event));
        instance.run_returned_events();
        instance.probe.recount(&instance.engine.switchboard);
        if !matches!(instance.persistence, Persistence::Redis(_)) {
            switches.iter().for_each(|switch| instance.open_link(switch, token.clone(), WritePermit::Always));
        }
        instance
    }
}
