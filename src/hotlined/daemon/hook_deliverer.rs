//! Durable events for web hooks: hands each delivery to the queue of its hook.

use super::deliverer::Deliverer;
use crate::hooks::hook_delivery::hook_of;
use crate::hooks::hook_queue::HookQueue;
use crate::hooks::hook_request::HookClient;
use hotlined_instance::metrics;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Hands deliveries to the queues of their hooks. The queues are tasks of another runtime than the event loop's.
pub struct HookDeliverer {
    queues: BTreeMap<Arc<str>, mpsc::UnboundedSender<Delivery>>,
    done: mpsc::UnboundedReceiver<DeliveryId>,
    report: mpsc::UnboundedSender<DeliveryId>,
    /// The deliveries that are in a request or before their first one. What waits for its next try may wait for days:
    /// the event loop need not look for it every few milliseconds.
    active: Arc<AtomicUsize>,
}

impl HookDeliverer {
    /// Starts a queue for each hook, on the runtime that runs now.
    pub(super) fn start(clients: &[HookClient]) -> Self {
        let (report, done) = mpsc::unbounded_channel();
        let active = Arc::new(AtomicUsize::new(0));
        let queue = |client: &HookClient| {
            let (push, incoming) = mpsc::unbounded_channel();
            tokio::spawn(HookQueue::new(client.clone(), incoming, report.clone(), active.clone()).run());
            (client.hook.name.clone(), push)
        };
        Self { queues: clients.iter().map(queue).collect(), done, report: report.clone(), active }
    }
}

impl Deliverer for HookDeliverer {
    fn deliver(&mut self, delivery: Delivery) {
        let id = delivery.id.clone();
        if let Some(queue) = self.queues.get(hook_of(&id)) {
            self.active.fetch_add(1, Ordering::Relaxed);
            if queue.send(delivery).is_ok() {
                return;
            }
            self.active.fetch_sub(1, Ordering::Relaxed);
        }
        metrics::HOOK_EVENTS.counter(&[hook_of(&id), "dropped"]).increment(1);
        tracing::warn!(%id, "there is no such web hook any more: the event is dropped");
        // The receiver is a field of this struct.
        let _ = self.report.send(id);
    }

    fn next_done(&mut self) -> Option<DeliveryId> {
        self.done.try_recv().ok()
    }

    fn has_unfinished(&self) -> bool {
        self.active.load(Ordering::Relaxed) > 0 || !self.done.is_empty()
    }
}
