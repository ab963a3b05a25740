//! A daemon at work, and what it is made of.

use super::clock::Clock;
use super::deliverer::Deliverers;
use super::event_loop::{CONFIG_CHANGES_WAITING_MAX, ControlRequest, EventLoop};
use super::heartbeat::{Heartbeat, LoopMetrics};
use super::record_deliverer::RecordDeliverer;
use super::redis_connections::RedisConnections;
use super::serve::ServeError;
use super::sockets::{Sockets, random};
use crate::capture::CaptureWriter;
use crate::jsonl_writer::JsonlWriter;
use crate::redis::RedisSettings;
use crate::snapshot_file::SnapshotFile;
use hotlined_core::call::Limits;
use hotlined_core::engine::Observer;
use hotlined_core::event::Event;
use hotlined_core::time::Millis;
use hotlined_instance::Instance;
use hotlined_instance::persist::outbox::{DeliveryKind, RECORD};
use hotlined_instance::persist::snapshot::PersistedState;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::lease_token::{Claim, Claiming};
use hotlined_instance::{KeepingStart, RedisStart, Start};
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// What a daemon is made of, all of it valid.
pub struct DaemonParts {
    /// How many calls, and for how long the switch waits for us.
    pub limits: Limits,
    /// How long calls may go on after the wish to stop.
    pub drain_max: Millis,
    /// What no call may come before: the hotlines, and the operator's own calendar and table of numbers.
    pub initial_events: Vec<Event>,
    /// The switches.
    pub links: Vec<LinkSettings>,
    /// Where call records go.
    pub records: JsonlWriter,
    /// Where a capture of the link goes.
    pub capture: Option<CaptureWriter>,
    /// Who watches.
    pub observers: Vec<Observer>,
    /// Where live calls are kept, and what was left there; none where they live and die with the daemon.
    pub snapshot: Option<(SnapshotFile, PersistedState)>,
    /// Where what calls share is shared with other daemons.
    pub redis: Option<RedisParts>,
    /// What is said at the switches of who acts, where there is no Redis.
    pub claim: Option<(Claim, Claiming)>,
    /// Who is told that the loop turns.
    pub heartbeat: Heartbeat,
}

/// The Redis of several daemons.
#[derive(Clone, Debug)]
pub struct RedisParts {
    /// Where it is, and who we are to it.
    pub settings: RedisSettings,
    /// The file of this daemon's own records: what stands in it is not written again.
    pub records: PathBuf,
}

/// A daemon at work.
pub struct RunningDaemon {
    control: mpsc::Sender<ControlRequest>,
    config_changes: mpsc::Sender<Event>,
    ended: oneshot::Receiver<Result<(), ServeError>>,
}

impl DaemonParts {
    /// Goes to work, on a thread of its own.
    ///
    /// # Errors
    /// Where the settings of Redis cannot be used, or the system has no thread.
    pub fn start(self) -> Result<RunningDaemon, ServeError> {
        let clock = Clock::start();
        let redis =
            self.redis.as_ref().map(|redis| RedisConnections::new(&redis.settings, &redis.records, clock));
        let redis = redis.transpose()?;
        let (configured, configured_out) = mpsc::channel(CONFIG_CHANGES_WAITING_MAX);
        let (wishes, wishes_out) = mpsc::channel(4);
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(ServeError::Thread)?;
        let work = move || {
            let event_loop = self.event_loop(clock, redis);
            let ended = runtime.block_on(event_loop.run(configured_out, wishes_out));
            // Nobody waits for a daemon that was dropped.
            let _ = end.send(ended.map_err(|ended| ended.error.into()));
        };
        std::thread::Builder::new().name("event-loop".into()).spawn(work).map_err(ServeError::Thread)?;
        Ok(RunningDaemon { control: wishes, config_changes: configured, ended })
    }

    fn event_loop(self, clock: Clock, redis: Option<RedisConnections>) -> EventLoop {
        let Self {
            limits,
            drain_max,
            initial_events: first,
            links,
            records,
            capture: tap,
            observers,
            snapshot: live,
            redis: of,
            claim,
            heartbeat: pulse,
        } = self;
        let (file, keeping) = match (of, live) {
            (Some(RedisParts { settings, .. }), _) => {
                let start = RedisStart { daemon: settings.daemon, lease: settings.lease };
                (None, KeepingStart::Redis(start))
            }
            (None, Some((file, kept))) => (Some(file), KeepingStart::File(Box::new(kept))),
            (None, None) => (None, KeepingStart::Nowhere),
        };
        let health = pulse.health().clone();
        let probe = Box::new(LoopMetrics::new(health.clone()));
        let mut deliverers = Deliverers::default();
        deliverers.add(RECORD, RecordDeliverer::new(records));
        let sockets = Sockets::new(clock, links.iter().cloned(), tap);
        let kinds = DeliveryKind::ALL.to_vec();
        let seed = random();
        let start =
            Start { limits, drain_max, first, links, keeping, claim, kinds, observers, health, probe, seed };
        let instance = Instance::new(clock.now(), start);
        EventLoop { instance, clock, sockets, snapshot_file: file, redis, deliverers, heartbeat: pulse }
    }
}

impl RunningDaemon {
    /// Where it can be told to stop.
    pub fn control(&self) -> mpsc::Sender<ControlRequest> {
        self.control.clone()
    }

    /// Where it can be told that the hotlines changed.
    pub fn config_changes(&self) -> mpsc::Sender<Event> {
        self.config_changes.clone()
    }

    /// Waits until it stops by itself or by a wish.
    pub async fn finished(self) -> Result<(), ServeError> {
        self.ended.await.unwrap_or(Err(ServeError::Crashed("engine")))
    }
}
