//! The events of calls on their way to other systems: to web hooks, and to the streams of the API address.

use super::hook_deliverer::HookDeliverer;
use super::settings::Settings;
use crate::api::event_ring::EventRing;
use crate::hooks::event_body::EventBody;
use crate::hooks::hook_delivery::delivery_kind;
use crate::hooks::hook_request::{HookClient, HookClientError};
use crate::hooks::live_hook::LiveHook;
use hotlined_core::call_event::CallEvent;
use hotlined_core::command::Command;
use hotlined_core::engine::{Observer, TraceEntry};
use hotlined_instance::metrics;
use hotlined_instance::persist::delivery_kind::DeliveryKind;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many events may wait to be handed on.
const EVENTS_WAITING_MAX: usize = 4_096;

/// Everything that events go to.
pub(super) struct OutboundEvents {
    clients: Vec<HookClient>,
    ring: Option<Arc<EventRing>>,
}

/// What a daemon needs for durable events.
pub struct HookParts {
    /// Sends the deliveries.
    pub(super) deliverer: HookDeliverer,
    /// Makes the deliveries.
    pub(super) kind: DeliveryKind,
}

impl OutboundEvents {
    /// The hooks and streams that the settings name.
    pub(super) fn new(settings: &Settings) -> Result<Self, HookClientError> {
        let clients = settings.hooks.iter().map(|hook| HookClient::new(Arc::new(hook.clone())));
        let ring = settings.api.as_ref().map(|_| Arc::new(EventRing::new(boot())));
        Ok(Self { clients: clients.collect::<Result<_, _>>()?, ring })
    }

    /// Whether events are wanted at all.
    pub(super) fn are_wanted(&self) -> bool {
        !self.clients.is_empty() || self.ring.is_some()
    }

    /// The events that streams show.
    pub(super) fn ring(&self) -> Option<Arc<EventRing>> {
        self.ring.clone()
    }

    /// The clients of the hooks.
    pub(super) fn clients(&self) -> Vec<HookClient> {
        self.clients.clone()
    }

    /// What the daemon needs for durable events. Also without hooks: a delivery of a hook that is gone is dropped.
    pub(super) fn hook_parts(&self) -> HookParts {
        let hooks = self.clients.iter().map(|client| client.hook.clone()).collect();
        HookParts { deliverer: HookDeliverer::start(&self.clients), kind: delivery_kind(hooks) }
    }

    /// An observer of the engine that hands on the events. It never waits: if too many events wait, the event is
    /// dropped for streams and live hooks. Durable events take the way of the outbox.
    pub(super) fn observer(&self) -> Option<Observer> {
        if !self.are_wanted() {
            return None;
        }
        let (send, events) = mpsc::channel::<(Instant, Box<CallEvent>)>(EVENTS_WAITING_MAX);
        let live = self.clients.iter().cloned().map(LiveHook::new).collect();
        tokio::spawn(hand_on(events, live, self.ring.clone()));
        let dropped = metrics::EVENTS_DROPPED.counter(&[]);
        dropped.increment(0);
        Some(Box::new(move |_, entry| {
            if let TraceEntry::Out(Command::Publish(event)) | TraceEntry::Added(Command::Publish(event)) =
                entry
                && send.try_send((Instant::now(), event.clone())).is_err()
            {
                dropped.increment(1);
            }
        }))
    }
}

/// Hands each event to the streams, and a live event to the hooks.
async fn hand_on(
    mut events: mpsc::Receiver<(Instant, Box<CallEvent>)>,
    live: Vec<LiveHook>,
    ring: Option<Arc<EventRing>>,
) {
    while let Some((seen, event)) = events.recv().await {
        if event.kind.is_live() {
            live.iter().for_each(|hook| hook.offer(&event, seen));
        }
        if let Some(ring) = &ring {
            ring.push(&event, EventBody::of(&event).to_json().into());
        }
    }
}

/// A word for this run of the daemon: no other run has the same, as time goes on.
fn boot() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}.{:x}", now.as_millis(), std::process::id())
}
