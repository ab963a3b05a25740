//! One message instead of many: a busy owner gets a digest of the calls that were missed.

use super::entry::{MessageState, QueuedMessage};
use super::queue::MessageQueue;
use super::totals::{DropReason, Fate};
use crate::persist::outbox::DeliveryId;
use hotlined_core::time::Instant;
use std::sync::Arc;

impl MessageQueue {
    /// The time of a digest has come: the latest of the gathered messages tells all of them.
    pub(super) fn send_digest(&mut self, now: Instant, id: &DeliveryId) {
        let Some(mut gathered) = self.store.get(id).map(|entry| self.store.gathered_with(entry)) else {
            return;
        };
        gathered.retain(|other| other != id);
        gathered.push(id.clone());
        let times = |id: &DeliveryId| self.store.get(id).map(|entry| entry.message.decided);
        gathered.sort_by_key(times);
        let Some(latest) = gathered.pop() else { return };
        let since = gathered.first().and_then(|first| self.store.get(first));
        let since = since.and_then(|first| first.message.values.get("time").cloned());
        let Some(mut entry) = self.store.take(&latest) else { return };
        if !self.may_send_digest(now, &entry) {
            self.store.put_back(&latest, entry);
            gathered.iter().chain([&latest]).for_each(|id| self.drop_message(id, DropReason::Limit));
            return;
        }
        if let Some(since) = since {
            tell_many(&mut entry, gathered.len() + 1, since);
        }
        entry.state = MessageState::Waiting;
        // Its time begins now, not with the call that it tells last.
        (entry.message.decided, entry.not_before) = (now, now);
        entry.message.digest = None;
        self.store.put_back(&latest, entry);
        for id in gathered {
            Fate::Digested.count();
            self.store.remove(&id);
        }
    }
}

fn tell_many(entry: &mut QueuedMessage, count: usize, since: String) {
    let message = &mut entry.message;
    let Some(digest) = &message.digest else { return };
    message.values.insert("count".into(), count.to_string());
    message.values.insert("since".into(), since);
    let values = &message.values;
    message.text = digest.text.render(|value| {
        let name: Arc<str> = value.to_string().into();
        values.get(&name).cloned().unwrap_or_default()
    });
    message.template = digest.template.clone();
}
