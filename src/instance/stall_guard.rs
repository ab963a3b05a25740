//! Detects that the event loop has stalled: the process or the machine was stopped, or had no processor time.
//!
//! After a stall, events of the switch wait in the sockets, and it takes a moment to read them. Until then no deadline
//! counts: otherwise the daemon would conclude that a bridge has failed whose event is still in the socket.
//!
//! Pure: no clock.

use hotlined_core::time::{Instant, Millis};

/// A loop that is this late has stalled.
const LATE_MIN: Millis = Millis(250);
/// After this time without input, everything that waited is read.
const QUIET_MIN: Millis = Millis(100);
/// How long deadlines are deferred at most, because a switch may send events without a pause.
const READS_FOR_MAX: Millis = Millis(2_000);

/// Defers deadlines after a stall of the event loop.
#[derive(Debug, Default)]
pub struct StallGuard {
    /// Until when deadlines are deferred.
    until: Instant,
    /// Until when `until` may be extended.
    latest: Instant,
}

impl StallGuard {
    /// The loop runs now. It had to run at `deadline` at the latest.
    pub fn woke_up(&mut self, deadline: Instant, now: Instant) {
        if now.since(deadline) >= LATE_MIN {
            (self.until, self.latest) = (now + QUIET_MIN, now + READS_FOR_MAX);
        }
    }

    /// Bytes came from a switch.
    pub fn received(&mut self, now: Instant) {
        if now < self.until {
            self.until = self.latest.min(now + QUIET_MIN);
        }
    }

    /// The deadline, deferred if the loop has stalled.
    pub fn effective_deadline(&self, deadline: Instant) -> Instant {
        deadline.max(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_waits_until_all_is_read_that_came_while_the_loop_stood_still() {
        let mut stall_guard = StallGuard::default();
        stall_guard.woke_up(Instant(1_000), Instant(1_249));
        assert_eq!(
            stall_guard.effective_deadline(Instant(1_100)),
            Instant(1_100),
            "a little late is nothing"
        );
        stall_guard.woke_up(Instant(1_000), Instant(5_000));
        assert_eq!(stall_guard.effective_deadline(Instant(1_100)), Instant(5_100));
        stall_guard.received(Instant(5_060));
        assert_eq!(stall_guard.effective_deadline(Instant(1_100)), Instant(5_160));
        assert_eq!(stall_guard.effective_deadline(Instant(9_000)), Instant(9_000));
        stall_guard.received(Instant(5_170));
        assert_eq!(stall_guard.effective_deadline(Instant(1_100)), Instant(5_160), "it was quiet before");
    }

    #[test]
    fn where_something_comes_all_the_time_deadlines_count_all_the_same() {
        let mut stall_guard = StallGuard::default();
        stall_guard.woke_up(Instant(0), Instant(1_000));
        for now in (1_000..4_000).step_by(10) {
            stall_guard.received(Instant(now));
        }
        assert_eq!(stall_guard.effective_deadline(Instant(500)), Instant(3_000));
    }
}
