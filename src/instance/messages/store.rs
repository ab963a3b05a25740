//! The messages of the queue, with indexes by time and by what receipts tell.
//!
//! A message is [taken](MessageStore::take) out to be changed and [put back](MessageStore::put_back): so no index
//! misses a change, and each changed message is saved.

use super::entry::{MessageState, QueuedMessage};
use super::limits::{DEAD_KEPT, SEND_TIME_MAX, SENT_KEPT, UNKNOWN_KEPT};
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::id::SwitchId;
use hotlined_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type HotlineTemplateNumber = (Arc<str>, Arc<str>, Arc<str>);

/// All messages that are not done.
#[derive(Debug, Default)]
pub(super) struct MessageStore {
    entries: BTreeMap<DeliveryId, QueuedMessage>,
    /// When something happens to each message. A message that waits for a place at a gateway is not in it.
    due: BTreeSet<(Instant, DeliveryId)>,
    /// The sent messages that are kept, the oldest first.
    sent: BTreeSet<(Instant, DeliveryId)>,
    by_gateway_id: BTreeMap<(Arc<str>, String), DeliveryId>,
    by_our_id: BTreeMap<String, DeliveryId>,
    /// The gathered messages, by hotline, template and number.
    gathered: BTreeMap<HotlineTemplateNumber, BTreeSet<DeliveryId>>,
    /// The messages that a gateway may have under an id that is not known here, by gateway and number.
    unidentified: BTreeMap<(Arc<str>, Arc<str>), BTreeSet<DeliveryId>>,
    /// The messages whose state is not handed out to be saved.
    changed: BTreeSet<DeliveryId>,
    /// The messages that are done and still saved.
    done: Vec<DeliveryId>,
}

impl MessageStore {
    pub(super) fn get(&self, id: &DeliveryId) -> Option<&QueuedMessage> {
        self.entries.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&DeliveryId, &QueuedMessage)> {
        self.entries.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// When the next message is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes out the next message that is due, from the times only.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<DeliveryId> {
        if self.next_due().is_none_or(|at| at > now) {
            return None;
        }
        self.due.pop_first().map(|(_, id)| id)
    }

    /// The message is looked at again at this time. Not saved: after a restart the reasons to wait are found again.
    pub(super) fn wait_until(&mut self, id: &DeliveryId, until: Instant) {
        self.due.insert((until, id.clone()));
    }

    /// The oldest sent message, if more than this number are kept.
    pub(super) fn sent_beyond(&self, kept_max: usize) -> Option<DeliveryId> {
        (self.sent.len() > kept_max).then(|| self.sent.first().map(|(_, id)| id.clone())).flatten()
    }

    pub(super) fn by_our_id(&self, our_id: &str) -> Option<&DeliveryId> {
        self.by_our_id.get(our_id)
    }

    pub(super) fn by_gateway_id(&self, gateway: &Arc<str>, gateway_id: &str) -> Option<&DeliveryId> {
        self.by_gateway_id.get(&(gateway.clone(), gateway_id.to_owned()))
    }

    /// The unknown message to this number, if no other message that this gateway may have goes to the number.
    pub(super) fn only_unknown(&self, gateway: &Arc<str>, to: &str) -> Option<&DeliveryId> {
        let ids = self.unidentified.get(&(gateway.clone(), to.into())).filter(|ids| ids.len() == 1)?;
        let is_unknown = |id: &&DeliveryId| {
            self.entries.get(*id).is_some_and(|entry| matches!(entry.state, MessageState::Unknown { .. }))
        };
        ids.first().filter(is_unknown)
    }

    /// The messages that are gathered for the same digest.
    pub(super) fn gathered_with(&self, entry: &QueuedMessage) -> Vec<DeliveryId> {
        self.gathered.get(&digest_key(entry)).into_iter().flatten().cloned().collect()
    }

    /// Takes a message out to change it. [`put_back`](Self::put_back) must follow.
    pub(super) fn take(&mut self, id: &DeliveryId) -> Option<QueuedMessage> {
        let entry = self.entries.remove(id)?;
        self.unindex(id, &entry);
        Some(entry)
    }

    /// Puts a changed message back; its state is to be saved.
    pub(super) fn put_back(&mut self, id: &DeliveryId, entry: QueuedMessage) {
        self.changed.insert(id.clone());
        self.insert(id.clone(), entry);
    }

    /// Puts a message in that is saved as it is.
    pub(super) fn insert(&mut self, id: DeliveryId, entry: QueuedMessage) {
        self.due.insert((wakes(&entry), id.clone()));
        if entry.attempts > 0 {
            self.by_our_id.insert(QueuedMessage::our_id(&id, entry.attempts), id.clone());
        }
        match &entry.state {
            MessageState::Waiting | MessageState::Dead { .. } => {}
            MessageState::Gathered => {
                self.gathered.entry(digest_key(&entry)).or_default().insert(id.clone());
            }
            MessageState::Sending { gateway, .. } | MessageState::Unknown { gateway, .. } => {
                let key = (gateway.clone(), entry.message.to.clone());
                self.unidentified.entry(key).or_default().insert(id.clone());
            }
            MessageState::Sent { gateway, id: gateway_id, at, .. } => {
                self.sent.insert((*at, id.clone()));
                if let Some(gateway_id) = gateway_id {
                    self.by_gateway_id.insert((gateway.clone(), gateway_id.clone()), id.clone());
                }
            }
        }
        self.entries.insert(id, entry);
    }

    fn unindex(&mut self, id: &DeliveryId, entry: &QueuedMessage) {
        self.due.remove(&(wakes(entry), id.clone()));
        self.by_our_id.remove(&QueuedMessage::our_id(id, entry.attempts));
        match &entry.state {
            MessageState::Waiting | MessageState::Dead { .. } => {}
            MessageState::Gathered => remove_from(&mut self.gathered, &digest_key(entry), id),
            MessageState::Sending { gateway, .. } | MessageState::Unknown { gateway, .. } => {
                remove_from(&mut self.unidentified, &(gateway.clone(), entry.message.to.clone()), id);
            }
            MessageState::Sent { gateway, id: gateway_id, at, .. } => {
                self.sent.remove(&(*at, id.clone()));
                if let Some(gateway_id) = gateway_id {
                    self.by_gateway_id.remove(&(gateway.clone(), gateway_id.clone()));
                }
            }
        }
    }

    /// The message is done: it is saved no longer.
    pub(super) fn remove(&mut self, id: &DeliveryId) {
        if self.take(id).is_some() {
            self.changed.remove(id);
            self.done.push(id.clone());
        }
    }

    /// The message is another daemon's: it stays saved.
    pub(super) fn leave(&mut self, id: &DeliveryId) -> Option<QueuedMessage> {
        self.changed.remove(id);
        self.take(id)
    }

    /// The message was changed while it was put in.
    pub(super) fn mark_changed(&mut self, id: &DeliveryId) {
        self.changed.insert(id.clone());
    }

    /// Whether something has to be saved.
    pub(super) fn has_changes(&self) -> bool {
        !self.changed.is_empty() || !self.done.is_empty()
    }

    /// Takes out the changed messages, to be saved with their switch.
    pub(super) fn take_changed(&mut self) -> Vec<(SwitchId, Delivery)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let delivery = |id: DeliveryId| {
            let entry = self.entries.get(&id)?;
            Some((entry.message.switch.clone(), entry.to_delivery(id)))
        };
        changed.filter_map(delivery).collect()
    }

    /// Takes out the messages that are done and need not be saved any more.
    pub(super) fn take_done(&mut self) -> Vec<DeliveryId> {
        std::mem::take(&mut self.done)
    }

    /// All messages, to save everything anew.
    pub(super) fn all(&self) -> impl Iterator<Item = Delivery> {
        self.entries.iter().map(|(id, entry)| entry.to_delivery(id.clone()))
    }
}

/// Messages of one key make one digest.
fn digest_key(entry: &QueuedMessage) -> (Arc<str>, Arc<str>, Arc<str>) {
    (entry.message.hotline.clone(), entry.message.template.clone(), entry.message.to.clone())
}

fn remove_from<K: Ord>(index: &mut BTreeMap<K, BTreeSet<DeliveryId>>, key: &K, id: &DeliveryId) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

/// When something happens to a message by itself.
pub(super) fn wakes(entry: &QueuedMessage) -> Instant {
    match &entry.state {
        MessageState::Waiting | MessageState::Gathered => entry.not_before,
        MessageState::Sending { since, .. } => *since + SEND_TIME_MAX,
        MessageState::Unknown { since, .. } => *since + UNKNOWN_KEPT,
        MessageState::Sent { at, .. } => *at + SENT_KEPT,
        MessageState::Dead { at, .. } => *at + DEAD_KEPT,
    }
}
