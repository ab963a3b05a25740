//! A loop that stood still: its process was stopped, or its machine, or others had the processor.
//!
//! What the switch told meanwhile waits in sockets, and it takes a moment until it is read. Before that no deadline
//! counts: of an agent who has long been joined it would be thought that the switch never did it.
//!
//! Pure: no clock.

use hotlined_core::time::{Instant, Millis};

/// So late is only a loop that stood still.
const LATE_MIN: Millis = Millis(250);
/// Where nothing has come in for so long, all is read.
const QUIET_MIN: Millis = Millis(100);
/// How long that may take at most: a switch that never pauses is not to put off every deadline.
const READS_FOR_MAX: Millis = Millis(2_000);

/// What a loop knows of having stood still.
#[derive(Debug, Default)]
pub struct Standstill {
    /// Until when no deadline counts, and until when at most.
    until: Instant,
    latest: Instant,
}

impl Standstill {
    /// The loop was to go on at an instant at the latest, and does so now.
    pub fn goes_on(&mut self, wanted: Instant, now: Instant) {
        if now.since(wanted) >= LATE_MIN {
            (self.until, self.latest) = (now + QUIET_MIN, now + READS_FOR_MAX);
        }
    }

    /// Something came in.
    pub fn heard(&mut self, now: Instant) {
        if now < self.until {
            self.until = self.latest.min(now + QUIET_MIN);
        }
    }

    /// When a deadline counts.
    pub fn counts(&self, deadline: Instant) -> Instant {
        deadline.max(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_waits_until_all_is_read_that_came_while_the_loop_stood_still() {
        let mut standstill = Standstill::default();
        standstill.goes_on(Instant(1_000), Instant(1_249));
        assert_eq!(standstill.counts(Instant(1_100)), Instant(1_100), "a little late is nothing");
        standstill.goes_on(Instant(1_000), Instant(5_000));
        assert_eq!(standstill.counts(Instant(1_100)), Instant(5_100));
        standstill.heard(Instant(5_060));
        assert_eq!(standstill.counts(Instant(1_100)), Instant(5_160));
        assert_eq!(standstill.counts(Instant(9_000)), Instant(9_000));
        standstill.heard(Instant(5_170));
        assert_eq!(standstill.counts(Instant(1_100)), Instant(5_160), "it was quiet before");
    }

    #[test]
    fn where_something_comes_all_the_time_deadlines_count_all_the_same() {
        let mut standstill = Standstill::default();
        standstill.goes_on(Instant(0), Instant(1_000));
        for now in (1_000..4_000).step_by(10) {
            standstill.heard(Instant(now));
        }
        assert_eq!(standstill.counts(Instant(500)), Instant(3_000));
    }
}
