//! Durable events as deliveries of the outbox: saved with the call, and given out again by the next daemon.

use super::event_body::EventBody;
use super::hook_settings::HookSettings;
use hotlined_core::call_event::CallEvent;
use hotlined_core::command::Command;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::time::Instant;
use hotlined_instance::metrics;
use hotlined_instance::persist::delivery_kind::DeliveryKind;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// The name of the kind of deliveries.
pub const HOOK: &str = "hook";
/// How many bytes of the hash are in the id of a message.
const ID_BYTES: usize = 16;

/// What the outbox keeps of an event for one hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookPayload {
    /// When the event happened.
    pub at: Instant,
    /// The finished body.
    pub body: String,
}

/// The id of the delivery of an event to a hook.
pub fn delivery_id(call: &CallId, hook: &str, sequence: u32) -> DeliveryId {
    DeliveryId { call: call.clone(), kind: HOOK.into(), recipient: format!("{hook} {sequence}").into() }
}

/// The hook that a delivery goes to.
pub fn hook_of(id: &DeliveryId) -> &str {
    id.recipient.split(' ').next().unwrap_or_default()
}

/// The id in the header `webhook-id`: always the same for a delivery, also after a restart, so that a receiver knows
/// what it has already.
pub fn message_id(id: &DeliveryId) -> String {
    let hash = Sha256::digest(id.to_string().as_bytes());
    let mut text = "msg_".to_owned();
    for byte in hash.iter().take(ID_BYTES) {
        // Writing into a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The body for a hook: ours, or what the template of the hook gives.
pub fn body_for(hook: &HookSettings, event: &CallEvent) -> Option<String> {
    let body = EventBody::of(event);
    match &hook.body {
        None => Some(body.to_json()),
        Some(template) => match template.render(&body) {
            Ok(text) => Some(text),
            Err(error) => {
                metrics::HOOK_EVENTS.counter(&[&hook.name, "no_body"]).increment(1);
                tracing::warn!(hook = %hook.name, event = event.kind.name(), %error, "no body: the event is not sent");
                None
            }
        },
    }
}

/// The kind of deliveries to these hooks.
pub fn delivery_kind(hooks: Vec<Arc<HookSettings>>) -> DeliveryKind {
    let deliveries_of = move |command: &Command| match command {
        Command::Publish(event) if !event.kind.is_live() => deliveries(&hooks, event),
        Command::Publish(_)
        | Command::Switch { .. }
        | Command::Acd { .. }
        | Command::Record(_)
        | Command::Message(_)
        | Command::Note { .. } => Vec::new(),
    };
    DeliveryKind { name: HOOK, deliveries_of: Arc::new(deliveries_of) }
}

fn deliveries(hooks: &[Arc<HookSettings>], event: &CallEvent) -> Vec<(SwitchId, Delivery)> {
    let delivery = |hook: &Arc<HookSettings>| {
        let payload = HookPayload { at: event.at, body: body_for(hook, event)? };
        let id = delivery_id(&event.call, &hook.name, event.sequence);
        // Only a type that has no JSON could fail here, and a payload is none.
        let payload = serde_json::to_string(&payload).unwrap_or_default();
        Some((event.switch.clone(), Delivery { id, payload }))
    };
    hooks.iter().filter(|hook| hook.wants(event)).filter_map(delivery).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_message_depends_on_the_delivery_alone() {
        let call: CallId = "2b6f5a0e-0a36-4b3c-9d39-43ac0d2a5d57".parse().unwrap();
        let id = delivery_id(&call, "crm", 6);
        assert_eq!(hook_of(&id), "crm");
        let text = message_id(&id);
        assert_eq!(text, message_id(&id.to_string().parse().unwrap()));
        assert!(text.len() == 36 && text.starts_with("msg_"));
        assert_ne!(text, message_id(&delivery_id(&call, "crm", 7)));
        assert_ne!(text, message_id(&delivery_id(&call, "crm2", 6)));
    }
}
