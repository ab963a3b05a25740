//! Deliverers take the entries of the outbox, such as call records, to their recipient: one deliverer for each kind.

use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use std::collections::BTreeMap;

/// Delivers one kind. The work happens on another thread: no method waits.
pub(super) trait Deliverer: Send {
    /// Begins a delivery.
    fn deliver(&mut self, delivery: Delivery);
    /// The next delivery that is finished; each is returned once.
    fn next_done(&mut self) -> Option<DeliveryId>;
    /// Whether there are deliveries that are not finished.
    fn has_unfinished(&self) -> bool;
}

/// The deliverers of all kinds.
#[derive(Default)]
pub(super) struct Deliverers {
    by_kind: BTreeMap<&'static str, Box<dyn Deliverer>>,
}

impl Deliverers {
    /// Adds the deliverer of a kind.
    pub(super) fn add(&mut self, kind: &'static str, deliverer: impl Deliverer + 'static) {
        self.by_kind.insert(kind, Box::new(deliverer));
    }

    /// Hands a delivery to the deliverer of its kind. A delivery without a deliverer stays in the outbox, for a daemon
    /// that has the deliverer.
    pub(super) fn deliver(&mut self, delivery: Delivery) {
        match self.by_kind.get_mut(&*delivery.id.kind) {
            Some(deliverer) => deliverer.deliver(delivery),
            None => {
                tracing::warn!(id = delivery.id.masked(), "nobody here delivers that kind: it stays kept")
            }
        }
    }

    /// The next delivery that is finished; each is returned once.
    pub(super) fn next_done(&mut self) -> Option<DeliveryId> {
        self.by_kind.values_mut().find_map(|deliverer| deliverer.next_done())
    }

    /// Whether there are deliveries that are not finished.
    pub(super) fn have_unfinished(&self) -> bool {
        self.by_kind.values().any(|deliverer| deliverer.has_unfinished())
    }
}
