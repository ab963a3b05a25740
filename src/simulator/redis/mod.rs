//! A simulated Redis that daemons share: does what the daemon's scripts do in a real Redis, as a state machine.
//!
//! ```text
//!   daemons ──[FencedOp]──▶ ┌ server: ACD, saved calls ┐ ──[OpReply]──▶ daemons
//!                           └ inboxes, leases          ┘
//! ```
//!
//! [`SimulatedRedis`] is the server. It takes the requests of a `RedisClient` and has a clock of its own, by which
//! leases run out. It can go down and come back with all its data, without the most recent data, or empty. It can also
//! hang: then it answers nothing, and executes the requests of that time when it resumes.
//! `tests/daemon/redis/simulated.rs` compares it with a real Redis.
//!
//! Pure: no socket, no clock, no randomness.
//!
//! Absent: scripts and keys as such, Sentinel and Cluster, a full memory, expiry after days. A request with an earlier
//! time than the one before counts as made at the later time.

mod delayed;
mod leases;
mod ops;
mod saved_calls;

use delayed::Late;
use hotlined_core::acd::Acd;
use hotlined_core::command::PoolId;
use hotlined_core::event::Event;
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::lease_policy::Presence;
use leases::Lease;
use saved_calls::KeptOfSwitch;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

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
    state: State,
    /// The data as it was written to disk last.
    saved: State,
    saved_at: Instant,
    mood: Mood,
    /// How often the server went down. Each time all connections broke.
    breaks: u64,
    /// The requests that came while the server hung, with the daemon of each. They are executed when it resumes.
    late: Vec<(DaemonId, Late)>,
}

/// Whether it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Answers,
    /// The server is down: connections are refused.
    Away,
    /// The server hangs: it accepts requests and answers none.
    Still,
}

/// What is in it.
#[derive(Clone, Debug, Default)]
struct State {
    /// Lines, queues, counts.
    store: Acd,
    /// The latest time that any daemon said.
    latest: Instant,
    calls: BTreeMap<CallId, Known>,
    /// Which daemon is told of a claim that waits.
    told: BTreeMap<CommandId, DaemonId>,
    /// How often codes were asked for, and when first.
    codes: BTreeMap<[Arc<str>; 3], (u32, Instant)>,
    /// What a question for a code was answered.
    codes_told: BTreeMap<CommandId, (u32, Option<Instant>)>,
    inboxes: BTreeMap<DaemonId, VecDeque<(u64, Event)>>,
    /// The number of the last entry of any inbox.
    entries: u64,
    kept: BTreeMap<SwitchId, KeptOfSwitch>,
    leases: BTreeMap<SwitchId, Lease>,
    /// How each daemon showed itself last, and when.
    shown: BTreeMap<DaemonId, (Instant, Presence)>,
    /// The highest token given out for a switch.
    fences: BTreeMap<SwitchId, u64>,
}

/// What is known of a call.
#[derive(Clone, Debug, Default)]
struct Known {
    standing: Vec<(u32, Standing)>,
    /// The hotlines it is counted in, and whether it was asked how often the caller called.
    counted: Vec<(Arc<str>, bool)>,
    switch: Option<SwitchId>,
    heard: Instant,
}

/// A claim that is not over.
#[derive(Clone, Debug)]
enum Standing {
    Waits(PoolId),
    Holds(LineId, PoolId),
}

impl SimulatedRedis {
    /// The server goes down: requests fail at once.
    pub fn go_down(&mut self) {
        self.mood = Mood::Away;
        self.breaks += 1;
    }

    /// The server hangs: requests are never answered.
    pub fn hang(&mut self) {
        self.mood = Mood::Still;
    }

    /// The server resumes, and first executes the requests that came meanwhile.
    pub fn resume(&mut self, now: Instant) {
        self.mood = Mood::Answers;
        for (daemon, late) in std::mem::take(&mut self.late) {
            self.catch_up(now, &daemon, &late);
        }
    }

    /// Whether the server is down or hangs.
    pub fn is_unresponsive(&self) -> bool {
        self.mood != Mood::Answers
    }

    /// Whether the server is down.
    pub fn is_down(&self) -> bool {
        self.mood == Mood::Away
    }

    /// How often the server went down. A connection from before the last time is broken.
    pub fn times_down(&self) -> u64 {
        self.breaks
    }

    /// The server is up again, and has lost this data.
    pub fn restart(&mut self, now: Instant, loss: DataLoss) {
        match loss {
            DataLoss::Nothing => {}
            DataLoss::Recent => self.state = self.saved.clone(),
            DataLoss::All => self.state = State::default(),
        }
        self.save(now);
        self.mood = Mood::Answers;
    }

    /// The number of the last entry of the daemon's inbox.
    pub fn end_of_inbox(&self, daemon: &DaemonId) -> u64 {
        self.state.inboxes.get(daemon).and_then(|inbox| inbox.back()).map_or(0, |(number, _)| *number)
    }

    /// The events behind this entry of the inbox; `place` becomes the number of the last one.
    pub fn read_inbox(&self, daemon: &DaemonId, place: &mut u64) -> Vec<Event> {
        let Some(inbox) = self.state.inboxes.get(daemon).filter(|_| !self.is_unresponsive()) else {
            return Vec::new();
        };
        let from = inbox.partition_point(|(number, _)| number <= place);
        let events = inbox.range(from..).map(|(_, event)| event.clone()).collect();
        *place = (*place).max(self.end_of_inbox(daemon));
        events
    }

    /// The calls of the switch that are saved, or whose record is not delivered yet.
    pub fn saved_calls(&self, switch: &SwitchId) -> BTreeSet<CallId> {
        self.state.kept.get(switch).map(KeptOfSwitch::names).unwrap_or_default()
    }

    /// Whether the call is saved as a live call.
    pub fn is_live(&self, switch: &SwitchId, call: &CallId) -> bool {
        self.state.kept.get(switch).is_some_and(|kept| kept.has(call))
    }

    /// How many lines are held and how many claims wait, by all daemons together.
    pub fn in_use(&self) -> (usize, usize) {
        (self.state.store.lines_in_use(), self.state.store.waiting())
    }

    /// The highest token that was given out for the switch.
    pub fn highest_token(&self, switch: &SwitchId) -> u64 {
        self.state.fences.get(switch).copied().unwrap_or(0)
    }

    /// What is written from now on may be lost until the next time.
    fn save(&mut self, now: Instant) {
        self.saved = self.state.clone();
        self.saved_at = now;
    }

    /// Before anything is written.
    fn touch(&mut self, now: Instant) -> Result<(), RedisFailure> {
        match self.mood {
            Mood::Answers => {}
            Mood::Away => return Err(RedisFailure::Lost("connection refused".to_owned())),
            Mood::Still => return Err(RedisFailure::TimedOut),
        }
        if now.since(self.saved_at) >= SAVED_EVERY {
            self.save(now);
        }
        Ok(())
    }
}
