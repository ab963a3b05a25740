//! Builds a daemon from its parts and runs its event loop on a thread.

use super::clock::Clock;
use super::deliverer::Deliverers;
use super::event_loop::{CONFIG_CHANGES_WAITING_MAX, ControlRequest, EventLoop};
use super::heartbeat::{Heartbeat, LoopMetrics};
use super::message_gateways::MessageGateways;
use super::outbound_events::HookParts;
use super::record_deliverer::RecordDeliverer;
use super::redis_connections::RedisConnections;
use super::serve_error::ServeError;
use super::sockets::{Sockets, random};
use crate::capture::CaptureWriter;
use crate::jsonl_writer::JsonlWriter;
use crate::redis::RedisSettings;
use crate::sms::parts::SmsParts;
use crate::snapshot_file::SnapshotFile;
use hotlined_core::call::Limits;
use hotlined_core::engine::Observer;
use hotlined_core::event::Event;
use hotlined_core::time::Millis;
use hotlined_instance::Instance;
use hotlined_instance::persist::delivery_kind::DeliveryKind;
use hotlined_instance::persist::outbox::RECORD;
use hotlined_instance::persist::snapshot::PersistedState;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};
use hotlined_instance::{InstanceOptions, PersistenceOptions, RedisOptions};
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// The parts of a daemon, all of them checked.
pub struct DaemonParts {
    /// The limits of the engine.
    pub limits: Limits,
    /// How long calls may go on after a request to stop.
    pub drain_max: Millis,
    /// The events before the first call: the hotlines, and the operator's own calendar and table of numbers.
    pub initial_events: Vec<Event>,
    /// The links, one for each switch.
    pub links: Vec<LinkSettings>,
    /// The file of call records.
    pub records: JsonlWriter,
    /// The capture of the links, if one is wanted.
    pub capture: Option<CaptureWriter>,
    /// The observers of the engine, such as the journal and the metrics.
    pub observers: Vec<Observer>,
    /// The snapshot file, and the state that a former daemon left in it. Without a snapshot file and without Redis,
    /// the calls are lost with the process.
    pub snapshot: Option<(SnapshotFile, PersistedState)>,
    /// The Redis that several daemons share.
    pub redis: Option<RedisParts>,
    /// The lease token for the switches, if there is no Redis.
    pub claim: Option<(LeaseToken, Activation)>,
    /// The SMS gateways.
    pub sms: SmsParts,
    /// The web hooks.
    pub hooks: Option<HookParts>,
    /// The heartbeat of the event loop.
    pub heartbeat: Heartbeat,
}

/// The Redis that several daemons share.
#[derive(Clone, Debug)]
pub struct RedisParts {
    /// The servers, and the name of this daemon.
    pub settings: RedisSettings,
    /// The file of this daemon's call records: a record that is in the file is not written again.
    pub records: PathBuf,
}

/// A daemon whose event loop runs.
pub struct RunningDaemon {
    control: mpsc::Sender<ControlRequest>,
    config_changes: mpsc::Sender<Event>,
    ended: oneshot::Receiver<Result<(), ServeError>>,
}

impl DaemonParts {
    /// Starts the event loop on a new thread.
    ///
    /// # Errors
    /// If the settings of Redis cannot be used, or the thread cannot be started.
    pub fn start(self) -> Result<RunningDaemon, ServeError> {
        let clock = Clock::start();
        let redis =
            self.redis.as_ref().map(|redis| RedisConnections::new(&redis.settings, &redis.records, clock));
        let redis = redis.transpose()?;
        let (config_changes, config_changes_out) = mpsc::channel(CONFIG_CHANGES_WAITING_MAX);
        let (control, control_requests) = mpsc::channel(4);
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(ServeError::Thread)?;
        let work = move || {
            let event_loop = self.event_loop(clock, redis);
            let ended = runtime.block_on(event_loop.run(config_changes_out, control_requests));
            // The receiver is gone if the `RunningDaemon` was dropped.
            let _ = end.send(ended.map_err(|ended| ended.error.into()));
        };
        std::thread::Builder::new().name("event-loop".into()).spawn(work).map_err(ServeError::Thread)?;
        Ok(RunningDaemon { control, config_changes, ended })
    }

    fn event_loop(self, clock: Clock, redis: Option<RedisConnections>) -> EventLoop {
        let Self {
            limits,
            drain_max,
            initial_events: first,
            links,
            records,
            capture,
            observers,
            snapshot: live,
            redis: of,
            claim,
            sms,
            hooks,
            heartbeat,
        } = self;
        let SmsParts { gateways, sender, inputs } = sms;
        let messages = MessageGateways::new(sender, inputs.unwrap_or_else(MessageGateways::channel));
        let (file, persistence) = match (of, live) {
            (Some(RedisParts { settings, .. }), _) => {
                let options = RedisOptions { daemon: settings.daemon, lease: settings.lease };
                (None, PersistenceOptions::Redis(options))
            }
            (None, Some((file, kept))) => (Some(file), PersistenceOptions::File(Box::new(kept))),
            (None, None) => (None, PersistenceOptions::None),
        };
        let health = heartbeat.health().clone();
        let probe = Box::new(LoopMetrics::new(health.clone()));
        let mut deliverers = Deliverers::default();
        deliverers.add(RECORD, RecordDeliverer::new(records));
        let mut delivery_kinds = DeliveryKind::built_in();
        if let Some(HookParts { deliverer, kind }) = hooks {
            deliverers.add(kind.name, deliverer);
            delivery_kinds.push(kind);
        }
        let sockets = Sockets::new(clock, links.iter().cloned(), capture);
        let seed = random();
        let start = InstanceOptions {
            limits,
            drain_max,
            initial_events: first,
            links,
            persistence,
            token: claim,
            delivery_kinds,
            gateways,
            observers,
            health,
            probe,
            seed,
        };
        let instance = Instance::new(clock.now(), start);
        EventLoop { instance, clock, sockets, snapshot_file: file, redis, deliverers, messages, heartbeat }
    }
}

impl RunningDaemon {
    /// The channel for requests such as to stop.
    pub fn control(&self) -> mpsc::Sender<ControlRequest> {
        self.control.clone()
    }

    /// The channel for configuration changes, such as new hotlines.
    pub fn config_changes(&self) -> mpsc::Sender<Event> {
        self.config_changes.clone()
    }

    /// Waits until the daemon has stopped.
    ///
    /// # Errors
    /// If a link ended for a reason that only the operator can mend, or the event loop panicked.
    pub async fn finished(self) -> Result<(), ServeError> {
        self.ended.await.unwrap_or(Err(ServeError::Crashed("engine")))
    }
}
