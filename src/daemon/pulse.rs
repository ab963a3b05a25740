//! The signs of life of the loop itself: what it shows of its pace, and the beat that comes only while it turns.

use super::supervisor::{News, Supervisor};
use super::tally;
use crate::engine::Engine;
use crate::meters;
use crate::meters::health::Health;
use crate::time::{Instant, Millis};
use metrics::{Counter, Gauge, Histogram};
use std::sync::Arc;

/// How often the loop beats at least, whether anything happens or not.
const BEAT: Millis = Millis::seconds(1);

/// How many agents' lines our calls have, and how many of their claims wait for one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InUse {
    pub(super) lines: usize,
    pub(super) waiting: usize,
}

/// The pulse of a loop.
#[derive(Debug)]
pub struct Pulse {
    health: Arc<Health>,
    supervisor: Supervisor,
    every: Millis,
    next: Instant,
    /// Since when it has been turning for what it does now.
    busy_since: Option<std::time::Instant>,
    engine_turn: Histogram,
    loop_turn: Histogram,
    inbox: Gauge,
    lines_held: Gauge,
    claims_waiting: Gauge,
    undelivered: Counter,
}

/// The pulse of a loop that nobody watches.
impl Default for Pulse {
    fn default() -> Self {
        Self::new(Arc::new(Health::new(std::time::Instant::now(), [])), Supervisor::default())
    }
}

impl Pulse {
    /// What is known goes to `health` and to the supervisor.
    pub fn new(health: Arc<Health>, supervisor: Supervisor) -> Self {
        // Twice as often as wanted, so that one beat may be late.
        let every = supervisor.watchdog().map_or(BEAT, |span| BEAT.min(Millis(span.0 / 2)));
        Self {
            health,
            supervisor,
            every,
            next: Instant(0),
            busy_since: None,
            engine_turn: meters::ENGINE_TURN.histogram(&[]),
            loop_turn: meters::LOOP_TURN.histogram(&[]),
            inbox: meters::INBOX.gauge(&[]),
            lines_held: meters::LINES_HELD.gauge(&[]),
            claims_waiting: meters::CLAIMS_WAITING.gauge(&[]),
            undelivered: meters::UNDELIVERED.counter(&[]),
        }
    }

    /// Where others tell how the daemon is.
    pub(super) fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// The calls of a daemon before us are there, and nothing else has happened yet.
    pub(super) fn begin(&mut self, engine: &Engine) {
        self.busy_since = None;
        self.recount(engine);
    }

    /// Calls came or went of which nobody tells.
    pub(super) fn recount(&self, engine: &Engine) {
        tally::count_stages(&engine.switchboard);
    }

    /// Beats if it is time to, and says when it is next.
    pub(super) fn beat(&mut self, now: Instant, engine: &Engine, in_use: impl FnOnce() -> InUse) -> Instant {
        if self.next <= now {
            let in_use = in_use();
            self.next = now + self.every;
            self.health.beat(std::time::Instant::now());
            self.supervisor.tell(&News::Turning { calls: engine.switchboard.live() });
            self.lines_held.set(in_use.lines as f64);
            self.claims_waiting.set(in_use.waiting as f64);
        }
        self.next
    }

    /// The engine is given an event.
    pub(super) fn asks(&mut self) -> std::time::Instant {
        let now = std::time::Instant::now();
        self.busy_since.get_or_insert(now);
        now
    }

    /// It has decided.
    pub(super) fn decided(&self, asked: std::time::Instant) {
        self.engine_turn.record(asked.elapsed());
    }

    /// Everything that followed is kept and handed out, and so many events wait.
    pub(super) fn turned(&mut self, waiting: usize) {
        if let Some(since) = self.busy_since.take() {
            self.loop_turn.record(since.elapsed());
            self.inbox.set(waiting as f64);
        }
    }

    /// An order could not be handed to its link.
    pub(super) fn undelivered(&self) {
        self.undelivered.increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meters::registry::Registry;

    #[test]
    fn what_the_loop_waited_for_is_no_turn_and_it_beats_no_sooner_than_is_due() {
        let registry = Registry::default();
        let mut pulse = metrics::with_local_recorder(&registry, Pulse::default);
        let turns = || {
            let page = registry.show();
            let count =
                |line: &str| line.strip_prefix("hotlined_loop_turn_seconds_count ").map(str::to_owned);
            page.lines().find_map(count).unwrap()
        };
        let engine = Engine::default();
        pulse.asks();
        pulse.begin(&engine);
        pulse.turned(0);
        assert_eq!(turns(), "0");
        pulse.asks();
        pulse.asks();
        pulse.turned(3);
        pulse.turned(0);
        assert_eq!(turns(), "1");
        assert!(registry.show().contains("hotlined_inbox_events 3\n"));
        let begin = Instant(5_000);
        let next = pulse.beat(begin, &engine, InUse::default);
        assert_eq!(next, begin + BEAT);
        assert_eq!(pulse.beat(next - Millis(1), &engine, InUse::default), next);
        assert_eq!(pulse.beat(next + Millis(300), &engine, InUse::default), next + Millis(300) + BEAT);
    }
}
