//! What is counted of a link to a switch.

use crate::metrics;
use ::metrics::{Counter, Gauge};
use hotlined_core::id::SwitchId;

/// The handles, for one connection.
#[derive(Debug)]
pub(super) struct Figures {
    up: Gauge,
    ups: Counter,
    failures: Counter,
    messages: Counter,
    shed: Counter,
    backlog: Gauge,
    unanswered: Gauge,
    /// What this connection has shed so far.
    shed_so_far: u64,
}

impl Figures {
    pub(super) fn of(switch: &SwitchId) -> Self {
        let name = switch.to_string();
        let label: &[&str] = &[&name];
        let figures = Self {
            up: metrics::LINK_UP.gauge(label),
            ups: metrics::LINK_UPS.counter(label),
            failures: metrics::LINK_FAILURES.counter(label),
            messages: metrics::LINK_MESSAGES.counter(label),
            shed: metrics::LINK_SHED.counter(label),
            backlog: metrics::LINK_BACKLOG.gauge(label),
            unanswered: metrics::LINK_UNANSWERED.gauge(label),
            shed_so_far: 0,
        };
        figures.up.set(0.0);
        figures
    }

    pub(super) fn came_up(&self) {
        self.up.set(1.0);
        self.ups.increment(1);
    }

    /// A message came.
    pub(super) fn heard(&self) {
        self.messages.increment(1);
    }

    /// So many messages were shed since the connection began.
    pub(super) fn shed(&mut self, shed: u64) {
        self.shed.increment(shed - self.shed_so_far);
        self.shed_so_far = shed;
    }

    /// So much waits on either side.
    pub(super) fn waits(&self, backlog: usize, unanswered: usize) {
        self.backlog.set(backlog as f64);
        self.unanswered.set(unanswered as f64);
    }

    /// The connection is over, and not because we leave.
    pub(super) fn failed(&self) {
        self.up.set(0.0);
        self.failures.increment(1);
        self.waits(0, 0);
    }
}
