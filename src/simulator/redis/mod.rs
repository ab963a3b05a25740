//! A Redis of daemons, within this process: what the scripts of [`live::redis`](hotlined::redis) do, as a machine.
//!
//! ```text
//!   daemons ──[Asked]──▶ ┌ server: what is kept ┐ ──[Answered]──▶ daemons
//!                        └ inboxes, leases      ┘
//! ```
//!
//! [`Redis`] is the server: it is asked as a [`RedisClient`](hotlined::redis::RedisClient) asks, has a clock of its
//! own by which leases run out, and can be lost: it is away, and comes back with everything, without what was written
//! last, or empty; or it stands still, answers nobody, and does what it was asked when it goes on.
//! `tests/daemon/redis/simulated.rs` holds the server against a real one.
//!
//! Pure: no socket, no clock, no chance.
//!
//! Absent: scripts and keys as such, Sentinel and Cluster, memory that is full, what expires by itself after days;
//! whoever asks with an earlier time than another before is taken to ask at the later one.

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

/// How often what was written is brought to safety, as with `appendfsync everysec`.
const SAVED_EVERY: Millis = Millis::seconds(1);

/// What a server has lost when it is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataLoss {
    /// Nothing.
    Nothing,
    /// What was written last, about a second of it.
    Recent,
    /// All of it.
    All,
}

/// The server.
#[derive(Debug, Default)]
pub struct SimulatedRedis {
    state: State,
    /// As it was saved last.
    saved: State,
    saved_at: Instant,
    mood: Mood,
    /// How often it went away: each time all connections broke.
    breaks: u64,
    /// What it was asked while it stood still, and from whom: it is done when nobody waits for it any more.
    late: Vec<(DaemonId, Late)>,
}

/// Whether it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Answers,
    /// Nobody is there.
    Away,
    /// It takes everything in, and answers nothing.
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
    /// It goes away: whoever asks is told at once.
    pub fn go_down(&mut self) {
        self.mood = Mood::Away;
        self.breaks += 1;
    }

    /// It stands still: whoever asks waits, and is never answered.
    pub fn hang(&mut self) {
        self.mood = Mood::Still;
    }

    /// It goes on, and first does what it was asked meanwhile.
    pub fn resume(&mut self, now: Instant) {
        self.mood = Mood::Answers;
        for (daemon, late) in std::mem::take(&mut self.late) {
            self.catch_up(now, &daemon, &late);
        }
    }

    /// Whether it answers nothing.
    pub fn is_unresponsive(&self) -> bool {
        self.mood != Mood::Answers
    }

    /// Whether nobody is there to connect to.
    pub fn is_down(&self) -> bool {
        self.mood == Mood::Away
    }

    /// How often it went away. A connection that was made before the last time is broken.
    pub fn times_down(&self) -> u64 {
        self.breaks
    }

    /// It is back, and has lost so much.
    pub fn restart(&mut self, now: Instant, loss: DataLoss) {
        match loss {
            DataLoss::Nothing => {}
            DataLoss::Recent => self.state = self.saved.clone(),
            DataLoss::All => self.state = State::default(),
        }
        self.save(now);
        self.mood = Mood::Answers;
    }

    /// The number of the last entry of the inbox.
    pub fn end_of_inbox(&self, daemon: &DaemonId) -> u64 {
        self.state.inboxes.get(daemon).and_then(|inbox| inbox.back()).map_or(0, |(number, _)| *number)
    }

    /// What came into the inbox behind the entry of this number, which becomes that of the last.
    pub fn read_inbox(&self, daemon: &DaemonId, place: &mut u64) -> Vec<Event> {
        let Some(inbox) = self.state.inboxes.get(daemon).filter(|_| !self.is_unresponsive()) else {
            return Vec::new();
        };
        let from = inbox.partition_point(|(number, _)| number <= place);
        let events = inbox.range(from..).map(|(_, event)| event.clone()).collect();
        *place = (*place).max(self.end_of_inbox(daemon));
        events
    }

    /// The calls of the switch of which something is kept: themselves, or their record.
    pub fn saved_calls(&self, switch: &SwitchId) -> BTreeSet<CallId> {
        self.state.kept.get(switch).map(KeptOfSwitch::names).unwrap_or_default()
    }

    /// Whether the call is kept as one that goes on.
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
