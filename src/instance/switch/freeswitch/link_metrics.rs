//! The metrics of a link to a switch.

use crate::metrics;
use ::metrics::{Counter, Gauge};
use hotlined_core::id::SwitchId;

/// The metric handles of one connection.
#[derive(Debug)]
pub(super) struct LinkMetrics {
    up: Gauge,
    ups: Counter,
    failures: Counter,
    messages: Counter,
    ignored: Counter,
    backlog: Gauge,
    unanswered: Gauge,
    /// How many messages of this connection were ignored so far.
    ignored_so_far: u64,
}

impl LinkMetrics {
    /// The handles for this switch.
    pub(super) fn new(switch: &SwitchId) -> Self {
        let name = switch.to_string();
        let label: &[&str] = &[&name];
        let metrics = Self {
            up: metrics::LINK_UP.gauge(label),
            ups: metrics::LINK_UPS.counter(label),
            failures: metrics::LINK_FAILURES.counter(label),
            messages: metrics::LINK_MESSAGES.counter(label),
            ignored: metrics::LINK_SHED.counter(label),
            backlog: metrics::LINK_BACKLOG.gauge(label),
            unanswered: metrics::LINK_UNANSWERED.gauge(label),
            ignored_so_far: 0,
        };
        metrics.up.set(0.0);
        metrics
    }

    /// The link came up.
    pub(super) fn came_up(&self) {
        self.up.set(1.0);
        self.ups.increment(1);
    }

    /// A message was received.
    pub(super) fn message_received(&self) {
        self.messages.increment(1);
    }

    /// This many messages were ignored since the connection began.
    pub(super) fn set_ignored(&mut self, ignored: u64) {
        self.ignored.increment(ignored - self.ignored_so_far);
        self.ignored_so_far = ignored;
    }

    /// This many events wait for the engine, and this many requests wait for their reply.
    pub(super) fn set_waiting(&self, backlog: usize, unanswered: usize) {
        self.backlog.set(backlog as f64);
        self.unanswered.set(unanswered as f64);
    }

    /// The connection has failed.
    pub(super) fn failed(&self) {
        self.up.set(0.0);
        self.failures.increment(1);
        self.set_waiting(0, 0);
    }
}
