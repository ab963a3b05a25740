//! The kinds of deliveries, and which commands cause them.

use super::outbox::{Delivery, DeliveryId, MESSAGE, RECORD};
use crate::messages::QueuedMessage;
use hotlined_core::command::Command;
use hotlined_core::id::SwitchId;

/// A kind of delivery.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryKind {
    /// Its name, without spaces.
    pub name: &'static str,
    /// The deliveries of this kind that a command causes.
    pub deliveries_of: fn(&Command) -> Vec<(SwitchId, Delivery)>,
}

impl DeliveryKind {
    /// Every kind there is.
    pub const ALL: &[Self] = &[
        Self { name: RECORD, deliveries_of: record_deliveries },
        Self { name: MESSAGE, deliveries_of: message_deliveries },
    ];
}

/// A call record goes to the file of records, as one line of JSON.
fn record_deliveries(command: &Command) -> Vec<(SwitchId, Delivery)> {
    let Command::Record(record) = command else { return Vec::new() };
    // Only a type that has no JSON could fail here, and a record is none.
    let payload = serde_json::to_string(record).unwrap_or_default();
    vec![(record.switch.clone(), Delivery { id: DeliveryId::record(record.call.clone()), payload })]
}

/// A message by SMS waits for its gateway.
fn message_deliveries(command: &Command) -> Vec<(SwitchId, Delivery)> {
    let Command::Message(message) = command else { return Vec::new() };
    let id = QueuedMessage::id(message);
    vec![(message.switch.clone(), QueuedMessage::new((**message).clone()).to_delivery(id))]
}
