//! Whether the switch is there still, as far as can be told from when it spoke.
//!
//! It answers each request at once, and beats now and then: who says nothing at all while an answer is due, or beats no
//! more, is given up. Where orders may have to follow from what it says, it is asked for an answer as soon as it falls
//! quiet: else a join of which nothing is heard would be taken for one that failed.

use hotlined_core::time::{Instant, Millis};

/// How quiet the switch may be before it is asked whether it is there.
const QUIET_MAX: Millis = Millis(500);
/// For how long after an order what the switch says may ask for the next one soon.
const ORDERED_LATELY: Millis = Millis::seconds(60);

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long the switch may say nothing at all; it sends a heartbeat every 20 s.
    pub silence_max: Millis,
    /// How long it may say nothing at all while it owes us an answer.
    pub answer_max: Millis,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence_max: Millis::seconds(45), answer_max: Millis::seconds(2) }
    }
}

/// What is known of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Liveness {
    patience: Patience,
    heard_at: Instant,
    owes_since: Option<Instant>,
    ordered_at: Option<Instant>,
}

impl Liveness {
    /// A connection that begins.
    pub fn new(now: Instant, patience: Patience) -> Self {
        Self { patience, heard_at: now, owes_since: None, ordered_at: None }
    }

    /// The switch said something.
    pub fn heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// The engine ordered something.
    pub fn ordered(&mut self, now: Instant) {
        self.ordered_at = Some(now);
    }

    /// So many requests wait for their answer.
    pub fn owes(&mut self, now: Instant, unanswered: usize) {
        self.owes_since = (unanswered > 0).then(|| self.owes_since.unwrap_or(now));
    }

    /// For how long the switch has said nothing.
    pub fn silence(&self, now: Instant) -> Millis {
        now.since(self.heard_at)
    }

    /// When to ask it whether it is there, unless it says something before.
    pub fn knocks_at(&self) -> Option<Instant> {
        let at = self.heard_at + QUIET_MAX;
        let matters = self.ordered_at.is_some_and(|ordered_at| at <= ordered_at + ORDERED_LATELY);
        (matters && self.owes_since.is_none()).then_some(at)
    }

    /// When to give it up, unless it says something before.
    pub fn gives_up_at(&self) -> Instant {
        let silent_by = self.heard_at + self.patience.silence_max;
        let answered_by = |since: Instant| since.max(self.heard_at) + self.patience.answer_max;
        self.owes_since.map_or(silent_by, |since| answered_by(since).min(silent_by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_was_ordered_nothing_is_given_up_when_it_beats_no_more_and_never_asked() {
        let mut alive = Liveness::new(Instant(1_000), Patience::default());
        assert_eq!((alive.knocks_at(), alive.gives_up_at()), (None, Instant(46_000)));
        alive.heard(Instant(21_000));
        assert_eq!((alive.knocks_at(), alive.gives_up_at()), (None, Instant(66_000)));
    }

    #[test]
    fn a_switch_that_says_nothing_while_it_owes_an_answer_is_given_up_soon() {
        let mut alive = Liveness::new(Instant(0), Patience::default());
        alive.owes(Instant(10_000), 1);
        assert_eq!(alive.gives_up_at(), Instant(12_000));
        // Other news show that it is there; the first question counts, not the latest.
        alive.heard(Instant(11_000));
        alive.owes(Instant(11_500), 2);
        assert_eq!(alive.gives_up_at(), Instant(13_000));
        alive.owes(Instant(11_600), 0);
        assert_eq!(alive.gives_up_at(), Instant(56_000));
        alive.owes(Instant(12_000), 1);
        assert_eq!(alive.gives_up_at(), Instant(14_000));
    }

    #[test]
    fn a_switch_that_was_ordered_something_lately_is_asked_when_it_falls_quiet() {
        let mut alive = Liveness::new(Instant(0), Patience::default());
        alive.ordered(Instant(100));
        assert_eq!(alive.knocks_at(), Some(Instant(500)));
        alive.owes(Instant(100), 1);
        assert_eq!(alive.knocks_at(), None, "the order itself will be answered");
        alive.heard(Instant(110));
        alive.owes(Instant(110), 0);
        assert_eq!(alive.knocks_at(), Some(Instant(610)));
        alive.heard(Instant(59_600));
        assert_eq!(alive.knocks_at(), Some(Instant(60_100)));
        alive.heard(Instant(59_601));
        assert_eq!(alive.knocks_at(), None);
    }
}
