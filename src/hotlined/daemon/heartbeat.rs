//! The heartbeat of the event loop, which only comes while the loop runs, and the metrics of how long its turns take.

use super::call_metrics;
use super::systemd::{ServiceManager, ServiceStatus};
use ::metrics::{Counter, Gauge, Histogram};
use hotlined_core::call::Switchboard;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::Instance;
use hotlined_instance::Probe;
use hotlined_instance::health::Health;
use hotlined_instance::metrics;
use std::sync::Arc;

/// The longest time between two heartbeats, also when nothing happens.
const BEAT_WAIT: Millis = Millis::seconds(1);

/// The heartbeat of an event loop.
#[derive(Debug)]
pub struct Heartbeat {
    health: Arc<Health>,
    service_manager: ServiceManager,
    every: Millis,
    next: Instant,
    lines_held: Gauge,
    claims_waiting: Gauge,
}

/// The heartbeat of a loop without a health page and a service manager.
impl Default for Heartbeat {
    fn default() -> Self {
        Self::new(Arc::new(Health::new(std::time::Instant::now(), [])), ServiceManager::default())
    }
}

impl Heartbeat {
    /// A heartbeat that is reported to `health` and to the service manager.
    pub fn new(health: Arc<Health>, service_manager: ServiceManager) -> Self {
        // Twice as often as the service manager requires, so that one heartbeat may be late.
        let every =
            service_manager.watchdog_interval().map_or(BEAT_WAIT, |span| BEAT_WAIT.min(Millis(span.0 / 2)));
        Self {
            health,
            service_manager,
            every,
            next: Instant(0),
            lines_held: metrics::LINES_HELD.gauge(&[]),
            claims_waiting: metrics::CLAIMS_WAITING.gauge(&[]),
        }
    }

    /// The health that this heartbeat is reported to.
    pub(super) fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// Beats if a heartbeat is due. Returns the time of the next heartbeat.
    pub(super) fn beat(&mut self, now: Instant, instance: &Instance) -> Instant {
        if self.next <= now {
            let (lines, waiting) = instance.lines_and_waiting();
            self.next = now + self.every;
            self.health.beat(std::time::Instant::now());
            self.service_manager
                .notify(&ServiceStatus::Alive { calls: instance.engine().switchboard.live_count() });
            self.lines_held.set(lines as f64);
            self.claims_waiting.set(waiting as f64);
        }
        self.next
    }
}

/// Measures how long the turns of an instance take.
#[derive(Debug)]
pub(super) struct LoopMetrics {
    health: Arc<Health>,
    /// When the present turn of the loop began.
    busy_since: Option<std::time::Instant>,
    /// When the engine began with the present event.
    engine_since: Option<std::time::Instant>,
    /// When saving the present turn began.
    keeping_since: Option<std::time::Instant>,
    /// Whether the last turn could not be saved. A lasting failure is logged once.
    fails_to_keep: bool,
    engine_turn: Histogram,
    loop_turn: Histogram,
    inbox: Gauge,
    kept: Counter,
    not_kept: Counter,
    keep_time: Histogram,
}

impl LoopMetrics {
    /// Metrics that also report to `health` whether turns are saved.
    pub(super) fn new(health: Arc<Health>) -> Self {
        // The metric appears with value 0 before it first counts.
        metrics::UNDELIVERED.counter(&[]).increment(0);
        Self {
            health,
            busy_since: None,
            engine_since: None,
            keeping_since: None,
            fails_to_keep: false,
            engine_turn: metrics::ENGINE_TURN.histogram(&[]),
            loop_turn: metrics::LOOP_TURN.histogram(&[]),
            inbox: metrics::INBOX.gauge(&[]),
            kept: metrics::LIVE_KEPT.counter(&[]),
            not_kept: metrics::LIVE_FAILED.counter(&[]),
            keep_time: metrics::LIVE_TIME.histogram(&[]),
        }
    }
}

impl Probe for LoopMetrics {
    fn engine_begins(&mut self) {
        let now = std::time::Instant::now();
        self.busy_since.get_or_insert(now);
        self.engine_since = Some(now);
    }

    fn engine_ends(&mut self) {
        if let Some(since) = self.engine_since.take() {
            self.engine_turn.record(since.elapsed());
        }
    }

    fn persist_begins(&mut self) {
        self.keeping_since = Some(std::time::Instant::now());
    }

    fn persist_ends(&mut self, why_not: Option<&str>) {
        let Some(since) = self.keeping_since.take() else { return };
        self.keep_time.record(since.elapsed());
        if why_not.is_some() { &self.not_kept } else { &self.kept }.increment(1);
        self.health.set_persisted(why_not.is_none());
        match (why_not, self.fails_to_keep) {
            (Some(why), false) => tracing::warn!(
                why,
                "calls go on, but a daemon that takes their place now will not know them as they are"
            ),
            (None, true) => tracing::info!("calls are kept again"),
            (Some(_), true) | (None, false) => {}
        }
        self.fails_to_keep = why_not.is_some();
    }

    fn turn_ends(&mut self, waiting: usize) {
        if let Some(since) = self.busy_since.take() {
            self.loop_turn.record(since.elapsed());
            self.inbox.set(waiting as f64);
        }
    }

    fn recount(&mut self, calls: &Switchboard) {
        // The work before the first input is not a turn.
        self.busy_since = None;
        call_metrics::count_stages(calls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics_registry::Registry;
    use hotlined_instance::{InstanceOptions, PersistenceOptions};

    #[test]
    fn what_the_loop_waited_for_is_no_turn() {
        let registry = Registry::default();
        let mut loop_metrics = ::metrics::with_local_recorder(&registry, || {
            LoopMetrics::new(Arc::new(Health::new(std::time::Instant::now(), [])))
        });
        let turns = || {
            let page = registry.render();
            let count =
                |line: &str| line.strip_prefix("hotlined_loop_turn_seconds_count ").map(str::to_owned);
            page.lines().find_map(count).unwrap()
        };
        loop_metrics.engine_begins();
        loop_metrics.recount(&Switchboard::default());
        loop_metrics.turn_ends(0);
        assert_eq!(turns(), "0");
        loop_metrics.engine_begins();
        loop_metrics.engine_begins();
        loop_metrics.turn_ends(3);
        loop_metrics.turn_ends(0);
        assert_eq!(turns(), "1");
        assert!(registry.render().contains("hotlined_inbox_events 3\n"));
    }

    #[test]
    fn a_loop_beats_no_sooner_than_is_due() {
        let mut heartbeat = Heartbeat::default();
        let begin = Instant(5_000);
        let instance = Instance::new(
            begin,
            InstanceOptions::minimal(heartbeat.health().clone(), PersistenceOptions::None),
        );
        let next = heartbeat.beat(begin, &instance);
        assert_eq!(next, begin + BEAT_WAIT);
        assert_eq!(heartbeat.beat(next - Millis(1), &instance), next);
        assert_eq!(heartbeat.beat(next + Millis(300), &instance), next + Millis(300) + BEAT_WAIT);
    }
}
