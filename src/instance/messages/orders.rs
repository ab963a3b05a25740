//! What an operator sees of the messages and orders: `hotlined notices`.

use super::entry::{MessageState, QueuedMessage};
use super::queue::MessageQueue;
use super::totals::DropReason;
use crate::persist::outbox::DeliveryId;
use hotlined_core::time::Instant;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most messages of one list.
pub const LISTED_MAX: usize = 1_000;

/// A message as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedMessage {
    /// The id, for the other commands.
    pub id: String,
    /// Where the message is on its way.
    pub state: String,
    /// The hotline.
    pub hotline: Arc<str>,
    /// The template.
    pub template: Arc<str>,
    /// The number it goes to.
    pub to: Arc<str>,
    /// When the call ended.
    pub decided: Instant,
    /// How many requests were made.
    pub attempts: u32,
    /// The gateway that was asked last.
    pub gateway: Arc<str>,
    /// Why the last attempt failed.
    pub reason: String,
    /// The text; empty once the message is sent.
    pub text: String,
}

/// Which messages a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessageFilter {
    /// The name of the state; none: all that are not sent.
    pub state: Option<String>,
    /// The hotline.
    pub hotline: Option<String>,
    /// The number it goes to.
    pub to: Option<String>,
    /// The id.
    pub id: Option<String>,
}

/// An order of the operator about one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageOrder {
    /// Send it again, also if the gateway may have taken it.
    Retry,
    /// Forget it.
    Drop,
}

/// Why an order about a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefused {
    /// There is no such message.
    #[error("there is no message {0:?} here")]
    Unknown(String),
    /// The message is not in a state in which this can be done.
    #[error("the message is {state}: {what}")]
    State {
        /// The state.
        state: &'static str,
        /// What can be done in which state.
        what: &'static str,
    },
}

impl MessageQueue {
    /// The messages that fit, in the order of their ids, and how many there are.
    pub fn list(&self, filter: &MessageFilter) -> (Vec<ListedMessage>, usize) {
        let fitting: Vec<_> = self.store.iter().filter(|(id, entry)| fits(filter, id, entry)).collect();
        let listed = fitting.iter().take(LISTED_MAX).map(|(id, entry)| listed(id, entry));
        (listed.collect(), fitting.len())
    }

    /// Carries out an order.
    ///
    /// # Errors
    /// If there is no such message, or its state does not allow the order.
    pub fn order(&mut self, now: Instant, id: &str, order: MessageOrder) -> Result<(), OrderRefused> {
        self.now = now;
        let unknown = || OrderRefused::Unknown(id.chars().take(200).collect());
        let id: DeliveryId = id.parse().map_err(|_| unknown())?;
        let Some(entry) = self.store.get(&id) else { return Err(unknown()) };
        let state = entry.state.name();
        match (order, &entry.state) {
            (MessageOrder::Retry, MessageState::Dead { .. } | MessageState::Unknown { .. })
                if !entry.message.text.is_empty() =>
            {
                let Some(mut entry) = self.store.take(&id) else { return Err(unknown()) };
                entry.state = MessageState::Waiting;
                (entry.not_before, entry.ordered) = (now, true);
                entry.refused_by.clear();
                self.store.put_back(&id, entry);
                Ok(())
            }
            (MessageOrder::Retry, _) => {
                let what =
                    "only one that is dead or unknown can be sent again, and only while its text is kept";
                Err(OrderRefused::State { state, what })
            }
            (MessageOrder::Drop, MessageState::Sending { .. }) => {
                Err(OrderRefused::State { state, what: "a request is under way: try again in a minute" })
            }
            (MessageOrder::Drop, _) => {
                self.drop_message(&id, DropReason::Operator);
                Ok(())
            }
        }
    }
}

fn fits(filter: &MessageFilter, id: &DeliveryId, entry: &QueuedMessage) -> bool {
    let state = match &filter.state {
        Some(state) => entry.state.name() == state,
        None => filter.id.is_some() || !matches!(entry.state, MessageState::Sent { .. }),
    };
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    state
        && is(&filter.hotline, &entry.message.hotline)
        && is(&filter.to, &entry.message.to)
        && filter.id.as_ref().is_none_or(|wanted| *wanted == id.to_string())
}

fn listed(id: &DeliveryId, entry: &QueuedMessage) -> ListedMessage {
    let message = &entry.message;
    ListedMessage {
        id: id.to_string(),
        state: entry.state.name().to_owned(),
        hotline: message.hotline.clone(),
        template: message.template.clone(),
        to: message.to.clone(),
        decided: message.decided,
        attempts: entry.attempts,
        gateway: entry.state.gateway().cloned().unwrap_or_default(),
        reason: entry.reason.clone(),
        text: message.text.clone(),
    }
}
