//! How much a gateway may be given: so many requests a second, so many at a time, and a pause after a failure.

use super::limits::{FAILURES_BEFORE_PAUSE, GATEWAY_PAUSE_MAX, GATEWAY_PAUSE_MIN};
use crate::persist::outbox::DeliveryId;
use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;
use std::sync::Arc;

/// The limits of a gateway, from the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayLimits {
    /// The name.
    pub name: Arc<str>,
    /// The most requests a second.
    pub rate_per_s: u32,
    /// The most requests at a time.
    pub in_flight_max: usize,
}

/// A gateway as the queue sees it.
#[derive(Debug)]
pub(super) struct GatewayState {
    limits: GatewayLimits,
    in_flight: usize,
    /// When the next request may go out.
    next_at: Instant,
    /// Nothing is sent before this time: the gateway cannot be reached, or asked for a pause.
    paused_until: Instant,
    failures: u32,
    /// The messages that wait for a place, the oldest first.
    pub(super) ready: VecDeque<DeliveryId>,
}

impl GatewayState {
    pub(super) fn new(limits: GatewayLimits) -> Self {
        Self {
            limits,
            in_flight: 0,
            next_at: Instant::default(),
            paused_until: Instant::default(),
            failures: 0,
            ready: VecDeque::new(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// When the gateway takes messages again; `None` if it takes them now.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        (self.paused_until > now).then_some(self.paused_until)
    }

    /// Whether a request may go out now.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        self.in_flight < self.limits.in_flight_max && self.next_at <= now
    }

    /// When a message that waits for a place should be looked at again; `None` if an answer must come first.
    pub(super) fn room_at(&self) -> Option<Instant> {
        (!self.ready.is_empty() && self.in_flight < self.limits.in_flight_max).then_some(self.next_at)
    }

    /// A request goes out.
    pub(super) fn begin(&mut self, now: Instant) {
        self.in_flight += 1;
        let interval = Millis(1_000 / u64::from(self.limits.rate_per_s.max(1)));
        self.next_at = self.next_at.max(now) + interval;
    }

    /// A request has ended.
    pub(super) fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The gateway works.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
    }

    /// The gateway asks for a pause.
    pub(super) fn pause(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(until);
    }

    /// The gateway could not be reached, or its account is empty. Some times in a row are a pause, which doubles with
    /// each further time.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(FAILURES_BEFORE_PAUSE) {
            let pause = Millis(GATEWAY_PAUSE_MIN.0 << beyond.min(10)).min(GATEWAY_PAUSE_MAX);
            self.pause(now + pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_gets_so_many_requests_a_second_and_at_a_time() {
        let limits = GatewayLimits { name: "a".into(), rate_per_s: 10, in_flight_max: 2 };
        let mut gateway = GatewayState::new(limits);
        let now = Instant(1_000);
        assert!(gateway.has_room(now));
        gateway.begin(now);
        assert!(!gateway.has_room(now + Millis(99)) && gateway.has_room(now + Millis(100)));
        gateway.begin(now + Millis(100));
        assert!(!gateway.has_room(now + Millis(5_000)));
        gateway.end();
        assert!(gateway.has_room(now + Millis(5_000)));
        gateway.failed(now);
        gateway.failed(now);
        assert_eq!(gateway.paused_until(now), None);
        gateway.failed(now);
        assert_eq!(gateway.paused_until(now), Some(now + GATEWAY_PAUSE_MIN));
        gateway.failed(now);
        assert_eq!(gateway.paused_until(now), Some(now + Millis(GATEWAY_PAUSE_MIN.0 * 2)));
        gateway.answered();
        let later = now + Millis(60_000);
        gateway.failed(later);
        assert_eq!(gateway.paused_until(later), None);
    }
}
