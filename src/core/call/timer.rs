//! The deadlines of one call: at most one of each kind, each an instant the call itself chose.

use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// What a call may be waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// The store to answer.
    #[serde(rename = "store")]
    Acd,
    /// An agent to take the call.
    Ring,
    /// All attempts together.
    Wait,
    /// The switch to join caller and agent.
    Bridge,
    /// A broken bridge to be followed by a hang-up.
    #[serde(rename = "parting")]
    Unbridged,
    /// An announcement to end.
    Announcement,
    /// A ringback that stopped by itself to turn out to be a failure.
    Silence,
    /// The fallback to be put off once more.
    Fallback,
    /// The caller to press a key.
    Key,
    /// The next word to a caller who waits.
    Position,
    /// A message to be over.
    Message,
    /// The legs being ended to be gone.
    Ending,
}

/// The deadlines of one call, earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Timers(Vec<(Instant, Timer)>);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(timer);
        let place = self.0.partition_point(|&(earlier, _)| earlier <= at);
        self.0.insert(place, (at, timer));
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0.retain(|&(_, other)| other != timer);
    }

    pub(super) fn clear_all(&mut self) {
        self.0.clear();
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.0.first().map(|&(at, _)| at)
    }

    /// Takes out the earliest that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let &(at, timer) = self.0.first()?;
        (at <= now).then(|| {
            self.0.remove(0);
            timer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_is_due_first_and_setting_again_moves_it() {
        let mut timers = Timers::default();
        timers.set(Timer::Wait, Instant(30));
        timers.set(Timer::Ring, Instant(20));
        timers.set(Timer::Wait, Instant(10));
        assert_eq!(timers.earliest(), Some(Instant(10)));
        assert_eq!(timers.take_due(Instant(9)), None);
        assert_eq!(timers.take_due(Instant(25)), Some(Timer::Wait));
        assert_eq!(timers.take_due(Instant(25)), Some(Timer::Ring));
        assert_eq!(timers.take_due(Instant(25)), None);
    }
}
