//! Whether the switch still answers, judged by the times of its messages.
//!
//! A switch answers each request at once, and sends heartbeats. The connection is given up if the switch sends nothing
//! while a reply is due, or sends no heartbeat. If commands were sent lately, more commands may have to follow from the
//! switch's events: then the switch is pinged as soon as it is quiet. Otherwise a bridge whose event does not arrive
//! would be taken for a failed bridge.

use hotlined_core::time::{Instant, Millis};

/// How long the switch may be quiet before it is pinged.
const QUIET_MAX: Millis = Millis(500);
/// For how long after a command the switch is pinged when it is quiet.
const COMMAND_SENT_LATELY: Millis = Millis::seconds(60);

/// After how long without messages a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LivenessTimeouts {
    /// How long the switch may send nothing. It sends a heartbeat every 20 s.
    pub silence_max: Millis,
    /// How long the switch may send nothing while a reply is due.
    pub answer_max: Millis,
}

impl Default for LivenessTimeouts {
    fn default() -> Self {
        Self { silence_max: Millis::seconds(45), answer_max: Millis::seconds(2) }
    }
}

/// The liveness of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Liveness {
    timeouts: LivenessTimeouts,
    received_at: Instant,
    unanswered_since: Option<Instant>,
    command_sent_at: Option<Instant>,
}

impl Liveness {
    /// A new connection.
    pub fn new(now: Instant, timeouts: LivenessTimeouts) -> Self {
        Self { timeouts, received_at: now, unanswered_since: None, command_sent_at: None }
    }

    /// Bytes came from the switch.
    pub fn received(&mut self, now: Instant) {
        self.received_at = now;
    }

    /// A command was sent.
    pub fn command_sent(&mut self, now: Instant) {
        self.command_sent_at = Some(now);
    }

    /// This many requests wait for their reply.
    pub fn set_unanswered(&mut self, now: Instant, unanswered: usize) {
        self.unanswered_since = (unanswered > 0).then(|| self.unanswered_since.unwrap_or(now));
    }

    /// For how long the switch has sent nothing.
    pub fn silence(&self, now: Instant) -> Millis {
        now.since(self.received_at)
    }

    /// When to ping the switch, if it sends nothing before.
    pub fn ping_at(&self) -> Option<Instant> {
        let at = self.received_at + QUIET_MAX;
        let commands_may_follow =
            self.command_sent_at.is_some_and(|command_sent_at| at <= command_sent_at + COMMAND_SENT_LATELY);
        (commands_may_follow && self.unanswered_since.is_none()).then_some(at)
    }

    /// When to give the connection up, if the switch sends nothing before.
    pub fn give_up_at(&self) -> Instant {
        let silent_by = self.received_at + self.timeouts.silence_max;
        let answered_by = |since: Instant| since.max(self.received_at) + self.timeouts.answer_max;
        self.unanswered_since.map_or(silent_by, |since| answered_by(since).min(silent_by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_was_ordered_nothing_is_given_up_when_it_beats_no_more_and_never_asked() {
        let mut alive = Liveness::new(Instant(1_000), LivenessTimeouts::default());
        assert_eq!((alive.ping_at(), alive.give_up_at()), (None, Instant(46_000)));
        alive.received(Instant(21_000));
        assert_eq!((alive.ping_at(), alive.give_up_at()), (None, Instant(66_000)));
    }

    #[test]
    fn a_switch_that_says_nothing_while_it_owes_an_answer_is_given_up_soon() {
        let mut alive = Liveness::new(Instant(0), LivenessTimeouts::default());
        alive.set_unanswered(Instant(10_000), 1);
        assert_eq!(alive.give_up_at(), Instant(12_000));
        // Other news show that it is there; the first question counts, not the latest.
        alive.received(Instant(11_000));
        alive.set_unanswered(Instant(11_500), 2);
        assert_eq!(alive.give_up_at(), Instant(13_000));
        alive.set_unanswered(Instant(11_600), 0);
        assert_eq!(alive.give_up_at(), Instant(56_000));
        alive.set_unanswered(Instant(12_000), 1);
        assert_eq!(alive.give_up_at(), Instant(14_000));
    }

    #[test]
    fn a_switch_that_was_ordered_something_lately_is_asked_when_it_falls_quiet() {
        let mut alive = Liveness::new(Instant(0), LivenessTimeouts::default());
        alive.command_sent(Instant(100));
        assert_eq!(alive.ping_at(), Some(Instant(500)));
        alive.set_unanswered(Instant(100), 1);
        assert_eq!(alive.ping_at(), None, "the order itself will be answered");
        alive.received(Instant(110));
        alive.set_unanswered(Instant(110), 0);
        assert_eq!(alive.ping_at(), Some(Instant(610)));
        alive.received(Instant(59_600));
        assert_eq!(alive.ping_at(), Some(Instant(60_100)));
        alive.received(Instant(59_601));
        assert_eq!(alive.ping_at(), None);
    }
}
