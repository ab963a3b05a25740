//! Live events for one hook: worth nothing after seconds, so each is tried once and never kept.

use super::hook_delivery::{body_for, delivery_id, message_id};
use super::hook_request::{HookAnswer, HookClient};
use hotlined_core::call_event::CallEvent;
use hotlined_instance::metrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How old a live event may be when its request ends.
pub const LIVE_AGE_MAX: Duration = Duration::from_secs(10);
/// How long a request with a live event may take.
const LIVE_TIME_MAX: Duration = Duration::from_secs(5);
/// The most requests with live events at a time.
const REQUESTS_MAX: usize = 32;
/// The most live events that wait for their request.
const WAITING_MAX: usize = 1_000;

/// Sends live events to one hook.
#[derive(Clone, Debug)]
pub struct LiveHook {
    client: HookClient,
    requests: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl LiveHook {
    /// Sends live events with this client.
    pub fn new(client: HookClient) -> Self {
        let requests = Arc::new(Semaphore::new(REQUESTS_MAX));
        Self { client, requests, places: Arc::new(Semaphore::new(REQUESTS_MAX + WAITING_MAX)) }
    }

    /// Begins to send an event, if the hook wants it. Does not wait.
    pub fn offer(&self, event: &CallEvent, seen: Instant) {
        if !self.client.hook.wants(event) {
            return;
        }
        if self.client.is_disabled() {
            return self.count("disabled");
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else { return self.count("busy") };
        let Some(body) = body_for(&self.client.hook, event) else { return };
        let id = message_id(&delivery_id(&event.call, &self.client.hook.name, event.sequence));
        let hook = self.clone();
        tokio::spawn(async move {
            hook.send(&id, body, seen).await;
            drop(place);
        });
    }

    async fn send(&self, id: &str, body: String, seen: Instant) {
        let end = seen + LIVE_AGE_MAX;
        let Ok(Ok(turn)) = timeout_at(end, self.requests.acquire()).await else { return self.count("late") };
        let time = end.saturating_duration_since(Instant::now()).min(LIVE_TIME_MAX);
        match self.client.send(id, body, time.min(self.client.hook.timeout)).await {
            HookAnswer::Taken => {
                metrics::HOOK_DELAY.histogram(&[]).record(seen.elapsed().as_secs_f64());
                self.count("delivered");
            }
            HookAnswer::Gone => self.count("disabled"),
            HookAnswer::Later { reason, .. } => {
                tracing::debug!(hook = %self.client.hook.name, reason, "a live event was not taken");
                self.count("late");
            }
        }
        drop(turn);
    }

    fn count(&self, outcome: &str) {
        metrics::HOOK_EVENTS.counter(&[&self.client.hook.name, outcome]).increment(1);
    }
}
