//! The server: whether it is available, and what it loses when it goes down.

use super::delayed::DelayedRequest;
use super::state::{ServerState, SwitchStorage};
use hotlined_core::event::Event;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::RedisFailure;
use std::collections::BTreeSet;

/// How often data is written to disk, as with `appendfsync everysec`.
const SAVED_EVERY: Millis = Millis::seconds(1);

/// The data that a server has lost when it is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataLoss {
    /// Nothing.
    Nothing,
    /// The most recent data, about one second of it.
    Recent,
    /// All data.
    All,
}

/// The server.
#[derive(Debug, Default)]
pub struct SimulatedRedis {
    pub(super) state: ServerState,
    /// The data as it was written to disk last.
    on_disk: ServerState,
    written_to_disk_at: Instant,
    availability: Availability,
    /// How often the server went down. Each time all connections broke.
    times_down: u64,
    /// The requests that came while the server hung, with the daemon of each. They are executed when it resumes.
    delayed: Vec<(DaemonId, DelayedRequest)>,
}

/// Whether the server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Availability {
    #[default]
    Up,
    /// Connections are refused.
    Down,
    /// The server accepts requests and answers none.
    Hung,
}

impl SimulatedRedis {
    /// The server goes down: requests fail at once.
    pub fn go_down(&mut self) {
        self.availability = Availability::Down;
        self.times_down += 1;
    }

    /// The server hangs: requests are never answered.
    pub fn hang(&mut self) {
        self.availability = Availability::Hung;
    }

    /// The server resumes, and first executes the requests that came meanwhile.
    pub fn resume(&mut self, now: Instant) {
        self.availability = Availability::Up;
        for (daemon, request) in std::mem::take(&mut self.delayed) {
            self.execute_delayed(now, &daemon, &request);
        }
    }

    /// Whether the server is down or hangs.
    pub fn is_unresponsive(&self) -> bool {
        self.availability != Availability::Up
    }

    /// Whether the server is down.
    pub fn is_down(&self) -> bool {
        self.availability == Availability::Down
    }

    /// How often the server went down. A connection from before the last time is broken.
    pub fn times_down(&self) -> u64 {
        self.times_down
    }

    /// The server is up again, and has lost this data.
    pub fn restart(&mut self, now: Instant, loss: DataLoss) {
        match loss {
            DataLoss::Nothing => {}
            DataLoss::Recent => self.state = self.on_disk.clone(),
            DataLoss::All => self.state = ServerState::default(),
        }
        self.write_to_disk(now);
        self.availability = Availability::Up;
    }

    /// The number of the last entry of the daemon's inbox.
    pub fn end_of_inbox(&self, daemon: &DaemonId) -> u64 {
        self.state.inboxes.get(daemon).and_then(|inbox| inbox.back()).map_or(0, |(number, _)| *number)
    }

    /// The events after this entry of the inbox; `position` becomes the number of the last one.
    pub fn read_inbox(&self, daemon: &DaemonId, position: &mut u64) -> Vec<Event> {
        let Some(inbox) = self.state.inboxes.get(daemon).filter(|_| !self.is_unresponsive()) else {
            return Vec::new();
        };
        let from = inbox.partition_point(|(number, _)| number <= position);
        let events = inbox.range(from..).map(|(_, event)| event.clone()).collect();
        *position = (*position).max(self.end_of_inbox(daemon));
        events
    }

    /// The calls of the switch that are saved, or whose record is not delivered yet.
    pub fn saved_calls(&self, switch: &SwitchId) -> BTreeSet<CallId> {
        self.state.switches.get(switch).map(SwitchStorage::call_ids).unwrap_or_default()
    }

    /// Whether the call is saved as a live call.
    pub fn is_live(&self, switch: &SwitchId, call: &CallId) -> bool {
        self.state.switches.get(switch).is_some_and(|storage| storage.is_live(call))
    }

    /// How many lines are held and how many claims wait, by all daemons together.
    pub fn in_use(&self) -> (usize, usize) {
        (self.state.acd.lines_in_use(), self.state.acd.waiting())
    }

    /// The highest fencing token that was granted for the switch.
    pub fn highest_token(&self, switch: &SwitchId) -> u64 {
        self.state.highest_tokens.get(switch).copied().unwrap_or(0)
    }

    /// Writes the data to disk. Later changes may be lost until the next write.
    fn write_to_disk(&mut self, now: Instant) {
        self.on_disk = self.state.clone();
        self.written_to_disk_at = now;
    }

    /// Begins a request: fails if the server is unresponsive, and writes the data to disk if that is due.
    pub(super) fn begin_request(&mut self, now: Instant) -> Result<(), RedisFailure> {
        match self.availability {
            Availability::Up => {}
            Availability::Down => return Err(RedisFailure::Lost("connection refused".to_owned())),
            Availability::Hung => return Err(RedisFailure::TimedOut),
        }
        if now.since(self.written_to_disk_at) >= SAVED_EVERY {
            self.write_to_disk(now);
        }
        Ok(())
    }

    /// Stores a request that the server cannot execute now because it hangs.
    pub(super) fn delay_if_hung(&mut self, daemon: &DaemonId, request: impl FnOnce() -> DelayedRequest) {
        if self.availability == Availability::Hung {
            self.delayed.push((daemon.clone(), request()));
        }
    }

    /// Executes a delayed request. No daemon waits for its reply any more.
    fn execute_delayed(&mut self, now: Instant, daemon: &DaemonId, request: &DelayedRequest) {
        match request {
            DelayedRequest::RunOps(ops) => drop(self.execute(now, daemon, ops)),
            DelayedRequest::Acquire(switch, span) => drop(self.acquire(now, daemon, switch, *span)),
            DelayedRequest::Renew(fence, span) => drop(self.renew(now, daemon, fence, *span)),
            DelayedRequest::GiveUp(fence) => drop(self.give_up(now, daemon, fence)),
        }
    }
}
