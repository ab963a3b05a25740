//! The deliverers of what leaves the daemon because of a call: one for each kind.

use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use std::collections::BTreeMap;

/// Delivers one kind. It works elsewhere: neither method waits for anything.
pub(super) trait Deliverer: Send {
    /// Takes a delivery on.
    fn deliver(&mut self, delivery: Delivery);
    /// The next that is surely done and was not told yet.
    fn next_done(&mut self) -> Option<DeliveryId>;
    /// Whether there are deliveries that are not done.
    fn has_unfinished(&self) -> bool;
}

/// The deliverers of all kinds.
#[derive(Default)]
pub(super) struct Deliverers {
    by_kind: BTreeMap<&'static str, Box<dyn Deliverer>>,
}

impl Deliverers {
    /// Has a kind delivered.
    pub(super) fn add(&mut self, kind: &'static str, deliverer: impl Deliverer + 'static) {
        self.by_kind.insert(kind, Box::new(deliverer));
    }

    /// Hands a delivery to the deliverer of its kind. What nobody delivers stays kept, for a daemon that can.
    pub(super) fn deliver(&mut self, delivery: Delivery) {
        match self.by_kind.get_mut(&*delivery.id.kind) {
            Some(deliverer) => deliverer.deliver(delivery),
            None => tracing::warn!(id = %delivery.id, "nobody here delivers that kind: it stays kept"),
        }
    }

    /// The next that is done.
    pub(super) fn next_done(&mut self) -> Option<DeliveryId> {
        self.by_kind.values_mut().find_map(|deliverer| deliverer.next_done())
    }

    /// Whether any is not done.
    pub(super) fn have_unfinished(&self) -> bool {
        self.by_kind.values().any(|deliverer| deliverer.has_unfinished())
    }
}
