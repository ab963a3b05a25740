//! The timers of one call: at most one of each kind.

use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// What a call may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// A reply of the ACD.
    #[serde(rename = "store")]
    Acd,
    /// An agent to take the call.
    Ring,
    /// The end of the caller's longest wait, over all attempts together.
    Wait,
    /// The switch to bridge caller and agent.
    Bridge,
    /// The hang-up that must follow the end of a bridge.
    #[serde(rename = "parting")]
    Unbridged,
    /// The end of an announcement.
    Announcement,
    /// The event that explains why a repeated prompt ended.
    Silence,
    /// The time to postpone the dialplan's fallback again.
    Fallback,
    /// A key of the caller.
    Key,
    /// The next announcement to a caller in a queue.
    Position,
    /// The end of a recorded message.
    Message,
    /// The end of the legs that are being hung up.
    Ending,
}

/// The timers of one call, earliest first.
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

    /// Takes the earliest timer that is due.
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
