//! A host of a daemon: a machine with its clock and its disks, and a connection to the switch.

use super::connection::Connection;
use super::daemon::Daemon;
use super::disk::Disk;
use crate::redis::SimulatedRedis;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;
use hotlined_instance::persist::outbox::DeliveryId;
use std::collections::BTreeSet;

/// A host, with its daemon.
#[derive(Default)]
pub(super) struct Host {
    pub(super) daemon: Option<Daemon>,
    pub(super) connection: Option<Connection>,
    /// When the daemon notices the loss of its connection, and whether the connection was cut or closed by the switch.
    pub(super) notices_link_loss: Option<(Instant, bool)>,
    /// Until when connections to the switch are refused.
    pub(super) refuses_until: Instant,
    /// Until when the daemon is paused.
    pub(super) paused_until: Option<Instant>,
    /// Since when the daemon gets the data of the switch at once, or from when on it will.
    pub(super) receives_from: Instant,
    /// Since when the connection is stalled, or the start of its last stall.
    pub(super) stalled_since: Instant,
    /// Since when the daemon serves callers.
    pub(super) serves_since: Option<Instant>,
    /// Until when nothing can be saved.
    pub(super) disk_full_until: Instant,
    /// Until when the daemon does not reach Redis, though others do.
    pub(super) cut_off_until: Instant,
    /// How far the machine's clock is ahead of ours, in milliseconds.
    pub(super) clock_ahead: i64,
    /// How far the clock was ahead when the last daemon started.
    pub(super) clock_ahead_at_start: i64,
    /// The file in which a daemon saves its calls, if there is no Redis.
    pub(super) disk: Disk,
    /// The records in the file of records.
    pub(super) written_records: BTreeSet<DeliveryId>,
    /// All calls that any daemon of this host took.
    pub(super) calls: BTreeSet<CallId>,
    /// When the daemon started.
    pub(super) started: Instant,
}

impl Host {
    /// Whether the daemon is not paused.
    pub(super) fn is_awake(&self) -> bool {
        self.paused_until.is_none()
    }

    /// Whether the daemon of this host serves callers now.
    pub(super) fn serves(&self, now: Instant) -> bool {
        self.is_awake()
            && self.connection.as_ref().is_some_and(|connection| !connection.dead)
            && self.daemon.as_ref().is_some_and(|daemon| daemon.serves(now))
    }

    /// Until when the daemon has received the data of the switch.
    pub(super) fn received_until(&self, now: Instant) -> Instant {
        if now < self.receives_from { self.stalled_since.min(now) } else { now }
    }

    /// Whether a daemon of this host has written the record of the call, or has handed the record to its writer.
    pub(super) fn has_written(&self, call: &CallId) -> bool {
        let deliveries = self.daemon.iter().flat_map(|daemon| &daemon.deliveries);
        self.written_records.contains(&DeliveryId::record(call.clone()))
            || deliveries.into_iter().any(|(_, delivery)| delivery.id.call == *call)
    }

    /// When the next step of this host is due. `redis` is the Redis that the daemon reaches.
    pub(super) fn next(&self, now: Instant, redis: Option<&SimulatedRedis>) -> Option<Instant> {
        let (connection, daemon) = (self.connection.as_ref(), self.daemon.as_ref());
        let always = [
            connection.and_then(|connection| connection.to_switch.next()),
            connection.and_then(|connection| connection.polls_at),
            daemon.and_then(|daemon| daemon.redis_connections.as_ref()?.next_arrival()),
        ];
        let awake = || {
            [
                self.notices_link_loss.map(|(at, _)| at),
                connection.and_then(|connection| connection.to_daemon.next()),
                daemon.and_then(|daemon| daemon.next(now, redis)),
            ]
        };
        let awake = if self.is_awake() { awake() } else { [None; 3] };
        always.into_iter().chain(awake).flatten().min()
    }
}
