//! A message in the outbox, with what became of it so far.

use crate::persist::outbox::{Delivery, DeliveryId, MESSAGE};
use fnv::FnvHasher;
use hotlined_core::message::Message;
use hotlined_core::time::Instant;
use serde::{Deserialize, Serialize};
use std::hash::Hasher;
use std::sync::Arc;

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueuedMessage {
    /// The message.
    pub message: Message,
    /// Where the message is on its way.
    pub state: MessageState,
    /// How many requests to gateways were made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Nothing happens to the message before this time.
    pub not_before: Instant,
    /// Whether the limits count the message already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// Whether an operator ordered to send it: then its lifetime does not matter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
    /// The gateways that did not take it, since the last pause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_by: Vec<Arc<str>>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Where a message is on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MessageState {
    /// It is to be sent.
    Waiting,
    /// It is put together with others, until its time.
    Gathered,
    /// A request is on its way to a gateway. A daemon that finds this after a start knows nothing of the answer.
    Sending {
        /// The gateway.
        gateway: Arc<str>,
        /// When the request was made.
        since: Instant,
    },
    /// The gateway may have taken it: its receipt is waited for, and it is never sent again by itself.
    Unknown {
        /// The gateway.
        gateway: Arc<str>,
        /// When the request was made.
        since: Instant,
    },
    /// A gateway took it.
    Sent {
        /// The gateway.
        gateway: Arc<str>,
        /// The gateway's id of the message.
        id: Option<String>,
        /// When the gateway took it.
        at: Instant,
        /// Whether the receipt says that it reached the telephone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        delivered: bool,
    },
    /// It was refused for good, or did not arrive. An operator may send it again or drop it.
    Dead {
        /// The gateway that was asked last; empty if none was.
        gateway: Arc<str>,
        /// When it was given up.
        at: Instant,
    },
}

impl MessageState {
    /// The name in lists, metrics and events.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Gathered => "gathered",
            Self::Sending { .. } => "sending",
            Self::Unknown { .. } => "unknown",
            Self::Sent { delivered: true, .. } => "delivered",
            Self::Sent { .. } => "sent",
            Self::Dead { .. } => "dead",
        }
    }

    /// The gateway that was asked last.
    pub fn gateway(&self) -> Option<&Arc<str>> {
        match self {
            Self::Waiting | Self::Gathered => None,
            Self::Sending { gateway, .. }
            | Self::Unknown { gateway, .. }
            | Self::Sent { gateway, .. }
            | Self::Dead { gateway, .. } => Some(gateway),
        }
    }
}

impl QueuedMessage {
    /// A message that a call just caused.
    pub fn new(message: Message) -> Self {
        Self {
            not_before: message.decided,
            message,
            state: MessageState::Waiting,
            attempts: 0,
            counted: false,
            ordered: false,
            refused_by: Vec::new(),
            reason: String::new(),
        }
    }

    /// Its id in the outbox: call, template and recipient.
    pub fn id(message: &Message) -> DeliveryId {
        let recipient = format!("{} {}", message.template, message.to);
        DeliveryId { call: message.call.clone(), kind: MESSAGE.into(), recipient: recipient.into() }
    }

    /// The message as the outbox saves it under this id.
    pub(crate) fn to_delivery(&self, id: DeliveryId) -> Delivery {
        // Only a type that has no JSON could fail here, and a message is none.
        Delivery { id, payload: serde_json::to_string(self).unwrap_or_default() }
    }

    /// Keeps only what counts and receipts need of a message that is sent.
    pub(crate) fn forget_content(&mut self) {
        let message = &mut self.message;
        message.sign = Arc::default();
        message.text.clear();
        message.values.clear();
        message.gateways.clear();
        (message.digest, message.quiet) = (None, None);
        self.refused_by.clear();
        self.reason.clear();
    }

    /// The latest time in the message that is no time to come.
    pub(crate) fn last_change(&self) -> Instant {
        let changed = match &self.state {
            MessageState::Waiting | MessageState::Gathered => self.message.decided,
            MessageState::Sending { since: at, .. }
            | MessageState::Unknown { since: at, .. }
            | MessageState::Sent { at, .. }
            | MessageState::Dead { at, .. } => *at,
        };
        changed.max(self.message.decided)
    }

    /// When the message is worth nothing any more. Its time begins after the quiet hours.
    pub(crate) fn expires(&self) -> Instant {
        let Message { decided, lifetime, quiet, .. } = &self.message;
        let begin = quiet.as_ref().and_then(|quiet| quiet.end_of(*decided)).unwrap_or(*decided);
        begin + *lifetime
    }

    /// The id that this attempt has at the gateway: short, and of letters and digits only.
    pub fn our_id(id: &DeliveryId, attempt: u32) -> String {
        let mut hash = FnvHasher::default();
        hash.write(id.to_string().as_bytes());
        hash.write(&attempt.to_le_bytes());
        format!("h{:016x}", hash.finish())
    }
}

/// A request to a gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRequest {
    /// The message's id in the outbox.
    pub id: DeliveryId,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The name of the gateway.
    pub gateway: Arc<str>,
    /// The id for the gateway, which comes back in some receipts.
    pub our_id: String,
    /// The message.
    pub message: Message,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
