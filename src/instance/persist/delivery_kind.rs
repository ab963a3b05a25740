//! The kinds of deliveries, and which commands cause them.

use super::outbox::{Delivery, DeliveryId, MESSAGE, RECORD};
use crate::messages::QueuedMessage;
use hotlined_core::command::Command;
use hotlined_core::id::SwitchId;
use std::fmt;
use std::sync::Arc;

/// The deliveries of a kind that a command causes.
pub type DeliveriesOf = Arc<dyn Fn(&Command) -> Vec<(SwitchId, Delivery)> + Send + Sync>;

/// A kind of delivery.
#[derive(Clone)]
pub struct DeliveryKind {
    /// Its name, without spaces.
    pub name: &'static str,
    /// The deliveries of this kind that a command causes.
    pub deliveries_of: DeliveriesOf,
}

impl DeliveryKind {
    /// The kinds that every daemon has, whatever its settings.
    pub fn built_in() -> Vec<Self> {
        vec![
            Self { name: RECORD, deliveries_of: Arc::new(record_deliveries) },
            Self { name: MESSAGE, deliveries_of: Arc::new(message_deliveries) },
        ]
    }
}

impl fmt::Debug for DeliveryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeliveryKind").field(&self.name).finish()
    }
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
