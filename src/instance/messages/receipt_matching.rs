//! Which message a receipt is of, and what it changes.

use super::entry::{MessageState, QueuedMessage};
use super::queue::MessageQueue;
use super::totals::Fate;
use crate::persist::outbox::DeliveryId;
use hotlined_core::message::sending::Receipt;
use hotlined_core::time::Instant;
use std::sync::Arc;

/// Whose receipts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptCounts {
    /// So many are of messages that this daemon has.
    pub known: usize,
    /// So many are of messages whose gateway has not answered yet. They are remembered, but not saved.
    pub early: usize,
    /// So many are of no message of this daemon.
    pub unknown: usize,
}

impl MessageQueue {
    /// Receipts of a gateway have come. Returns how many are of messages that this daemon has.
    pub fn on_receipts(&mut self, now: Instant, gateway: &Arc<str>, receipts: Vec<Receipt>) -> usize {
        self.now = now;
        let mut known = 0;
        for receipt in receipts {
            match self.find(gateway, &receipt) {
                Some(id) => {
                    known += 1;
                    self.on_receipt(now, &id, gateway, receipt);
                }
                // The answer with the gateway's id may be on its way.
                None => self.early_receipts.push(now, gateway.clone(), receipt),
            }
        }
        known
    }

    /// Whose these receipts are.
    pub fn count_receipts(&self, gateway: &Arc<str>, receipts: &[Receipt]) -> ReceiptCounts {
        let mut counts = ReceiptCounts::default();
        for receipt in receipts {
            match self.find(gateway, receipt).and_then(|id| self.store.get(&id)) {
                Some(QueuedMessage { state: MessageState::Sending { .. }, .. }) => counts.early += 1,
                Some(_) => counts.known += 1,
                None => counts.unknown += 1,
            }
        }
        counts
    }

    /// The message of a receipt: by the gateway's id, by our id, or by the number, if only one unknown message of this
    /// gateway went to the number.
    fn find(&self, gateway: &Arc<str>, receipt: &Receipt) -> Option<DeliveryId> {
        // An id of ours that is not known here is of a message that is gone: the number says nothing then.
        if let Some(our_id) = &receipt.our_id {
            return self.store.by_our_id(our_id).cloned();
        }
        let gateway_id = &receipt.gateway_id;
        let by_gateway_id = self.store.by_gateway_id(gateway, gateway_id).filter(|_| !gateway_id.is_empty());
        by_gateway_id.or_else(|| self.store.only_unknown(gateway, receipt.to.as_deref()?)).cloned()
    }

    /// Uses the receipts that came before the answer.
    pub(super) fn use_early_receipts(&mut self, now: Instant, id: &DeliveryId, gateway: &Arc<str>) {
        let Some(entry) = self.store.get(id) else { return };
        let our_id = QueuedMessage::our_id(id, entry.attempts);
        let gateway_id = match &entry.state {
            MessageState::Sent { id, .. } => id.clone(),
            MessageState::Waiting
            | MessageState::Gathered
            | MessageState::Sending { .. }
            | MessageState::Unknown { .. }
            | MessageState::Dead { .. } => None,
        };
        let is_of = |receipt: &Receipt| {
            receipt.our_id.as_ref() == Some(&our_id) || gateway_id.as_ref() == Some(&receipt.gateway_id)
        };
        for receipt in self.early_receipts.take(gateway, is_of) {
            self.on_receipt(now, id, gateway, receipt);
        }
    }

    fn on_receipt(&mut self, now: Instant, id: &DeliveryId, gateway: &Arc<str>, receipt: Receipt) {
        let Some(entry) = self.store.get(id) else { return };
        match &entry.state {
            // The answer says first which message the gateway took.
            MessageState::Sending { .. } => self.early_receipts.push(now, gateway.clone(), receipt),
            MessageState::Unknown { gateway, .. } => {
                let gateway = gateway.clone();
                self.set_sent(now, id, gateway, Some(receipt.gateway_id.clone()));
                self.settle(now, id, &receipt);
            }
            MessageState::Sent { delivered: false, .. } => self.settle(now, id, &receipt),
            // Said already, or sent again since.
            MessageState::Sent { .. }
            | MessageState::Waiting
            | MessageState::Gathered
            | MessageState::Dead { .. } => {}
        }
    }

    /// A message that a gateway took has arrived, or not.
    fn settle(&mut self, now: Instant, id: &DeliveryId, receipt: &Receipt) {
        if !receipt.is_delivered {
            let code: String = receipt.code.chars().filter(|letter| !letter.is_control()).take(60).collect();
            self.set_dead(now, id, format!("not delivered: {code}"));
            return;
        }
        self.publish(now, id, "delivered", 1, true);
        let Some(mut entry) = self.store.take(id) else { return };
        if let MessageState::Sent { delivered, .. } = &mut entry.state {
            *delivered = true;
            Fate::Delivered.count();
        }
        self.store.put_back(id, entry);
    }
}
