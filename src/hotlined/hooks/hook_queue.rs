//! The queue of one hook: sends durable events, several at a time, and tries again what failed.
//!
//! New events come before tries again, so an event that fails holds up no later one. What fails again and again is
//! dropped at the end of the schedule; of a backlog that is too long, the oldest is dropped. Each dropped event is
//! counted.

use super::hook_delivery::{HookPayload, message_id};
use super::hook_request::{HookAnswer, HookClient};
use hotlined_core::time::{Instant as CallInstant, Millis};
use hotlined_instance::metrics;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use hotlined_notify::webhook::next_attempt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The most requests at a time.
const REQUESTS_MAX: usize = 32;
/// How many of them may be the first try of an event.
const FIRST_TRIES_MAX: usize = 28;
/// How many of them may be tries again.
const TRIES_AGAIN_MAX: usize = 16;
/// The most events that wait; the oldest beyond it are dropped.
pub const WAITING_MAX: usize = 100_000;
/// The longest wait that a receiver can ask for.
const ASKED_WAIT_MAX: Millis = Millis::seconds(24 * 3_600);
/// The age at which a failed event is given up: the length of the schedule with its spreading. A daemon that is started
/// again and again begins the schedule anew.
const AGE_MAX: Millis = Millis::seconds(84 * 3_600);

/// An event on its way.
#[derive(Debug)]
struct Entry {
    id: DeliveryId,
    at: CallInstant,
    body: String,
    /// How many tries failed.
    failures: usize,
}

/// The queue of one hook.
pub struct HookQueue {
    client: HookClient,
    incoming: mpsc::UnboundedReceiver<Delivery>,
    done: mpsc::UnboundedSender<DeliveryId>,
    /// The events of all queues that are in a request or before their first one.
    active: Arc<AtomicUsize>,
    /// Events that were never tried, by their number: the oldest first.
    first: BTreeMap<u64, Entry>,
    /// Events that failed, by the time of their next try.
    again: BTreeMap<(Instant, u64), Entry>,
    /// When each of these is tried next, by its number.
    due: BTreeMap<u64, Instant>,
    running: JoinSet<(u64, Entry, HookAnswer)>,
    running_again: usize,
    last_number: u64,
    /// Until when the receiver wants nothing.
    paused_until: Option<Instant>,
    is_failing: bool,
}

impl HookQueue {
    /// A queue that takes deliveries from `incoming`, each of them counted in `active` already, and reports each that needs no more work to `done`.
    pub fn new(
        client: HookClient,
        incoming: mpsc::UnboundedReceiver<Delivery>,
        done: mpsc::UnboundedSender<DeliveryId>,
        active: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            client,
            incoming,
            done,
            active,
            first: BTreeMap::new(),
            again: BTreeMap::new(),
            due: BTreeMap::new(),
            running: JoinSet::new(),
            running_again: 0,
            last_number: 0,
            paused_until: None,
            is_failing: false,
        }
    }

    /// Sends until nobody can push any more.
    pub async fn run(mut self) {
        loop {
            self.start_requests();
            let waiting = self.first.len() + self.again.len();
            metrics::HOOK_WAITING.gauge(&[&self.client.hook.name]).set(waiting as f64);
            let wake_at = self.next_start();
            tokio::select! {
                pushed = self.incoming.recv() => match pushed {
                    Some(delivery) => self.push(delivery),
                    None => return,
                },
                Some(ended) = self.running.join_next() => match ended {
                    Ok((number, entry, answer)) => self.finish(number, entry, answer),
                    // The delivery stays in the outbox, and the next daemon sends it.
                    Err(error) => tracing::error!(hook = %self.client.hook.name, %error, "a request ended badly"),
                },
                () = sleep_until(wake_at) => {}
            }
        }
    }

    fn push(&mut self, delivery: Delivery) {
        let Ok(payload) = serde_json::from_str::<HookPayload>(&delivery.payload) else {
            self.active.fetch_sub(1, Ordering::Relaxed);
            tracing::warn!(id = %delivery.id, "the delivery is of another version and is dropped");
            return self.end(delivery.id, "dropped");
        };
        let entry = Entry { id: delivery.id, at: payload.at, body: payload.body, failures: 0 };
        self.last_number += 1;
        self.first.insert(self.last_number, entry);
        if self.first.len() + self.again.len() > WAITING_MAX {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let oldest_first = self.first.keys().next().copied().unwrap_or(u64::MAX);
        let oldest_again = self.due.first_key_value().map(|(number, due)| (*due, *number));
        let entry = match oldest_again {
            Some(key) if key.1 < oldest_first => self.take_again(key),
            Some(_) | None => self.take_first(oldest_first),
        };
        if let Some(entry) = entry {
            self.end(entry.id, "dropped");
        }
    }

    fn take_first(&mut self, number: u64) -> Option<Entry> {
        let entry = self.first.remove(&number)?;
        self.active.fetch_sub(1, Ordering::Relaxed);
        Some(entry)
    }

    fn take_again(&mut self, key: (Instant, u64)) -> Option<Entry> {
        self.due.remove(&key.1);
        self.again.remove(&key)
    }

    /// The delivery needs no more work.
    fn end(&self, id: DeliveryId, outcome: &str) {
        metrics::HOOK_EVENTS.counter(&[&self.client.hook.name, outcome]).increment(1);
        // The receiver is gone when the daemon stops.
        let _ = self.done.send(id);
    }

    fn start_requests(&mut self) {
        if self.client.is_disabled() {
            return self.drop_all();
        }
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        self.paused_until = None;
        while self.running.len() < REQUESTS_MAX {
            let has_first = !self.first.is_empty();
            let due = self.again.keys().next().copied().filter(|(due, _)| *due <= now);
            let first_running = self.running.len() - self.running_again;
            if has_first && first_running < FIRST_TRIES_MAX {
                let Some((number, entry)) = self.first.pop_first() else { return };
                self.start(number, entry);
            } else if let Some(key) = due
                && self.running_again < TRIES_AGAIN_MAX
            {
                let Some(entry) = self.take_again(key) else { return };
                self.active.fetch_add(1, Ordering::Relaxed);
                self.running_again += 1;
                self.start(key.1, entry);
            } else {
                return;
            }
        }
    }

    fn drop_all(&mut self) {
        while let Some((_, entry)) = self.first.pop_first() {
            self.active.fetch_sub(1, Ordering::Relaxed);
            self.end(entry.id, "disabled");
        }
        self.due.clear();
        while let Some((_, entry)) = self.again.pop_first() {
            self.end(entry.id, "disabled");
        }
    }

    fn start(&mut self, number: u64, entry: Entry) {
        let client = self.client.clone();
        self.running.spawn(async move {
            let timeout = client.hook.timeout;
            let answer = client.send(&message_id(&entry.id), entry.body.clone(), timeout).await;
            (number, entry, answer)
        });
    }

    fn finish(&mut self, number: u64, mut entry: Entry, answer: HookAnswer) {
        self.active.fetch_sub(1, Ordering::Relaxed);
        if entry.failures > 0 {
            self.running_again -= 1;
        }
        let hook = self.client.hook.name.clone();
        match answer {
            HookAnswer::Taken => {
                if std::mem::replace(&mut self.is_failing, false) {
                    tracing::info!(%hook, "the web hook takes events again");
                }
                self.end(entry.id, "delivered");
            }
            HookAnswer::Gone => self.end(entry.id, "disabled"),
            HookAnswer::Later { wait: asked, reason } => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(%hook, reason, "the web hook took no event: it is tried again");
                }
                entry.failures += 1;
                let now = Instant::now();
                if let Some(asked) = asked {
                    let until = now + Duration::from(asked.min(ASKED_WAIT_MAX));
                    self.paused_until = self.paused_until.max(Some(until));
                }
                match next_attempt(entry.failures, asked, number) {
                    Some(wait) if since(entry.at) < AGE_MAX.into() => {
                        let wait = Duration::from(wait);
                        tracing::debug!(%hook, id = %entry.id, failures = entry.failures, reason, "tried again later");
                        self.due.insert(number, now + wait);
                        self.again.insert((now + wait, number), entry);
                    }
                    Some(_) | None => {
                        tracing::warn!(%hook, id = %entry.id, reason, "the web hook never took the event: it is dropped");
                        self.end(entry.id, "expired");
                    }
                }
            }
        }
    }

    /// When a request can be started next, if that depends on the time.
    fn next_start(&self) -> Option<Instant> {
        let due = self.again.keys().next().map(|(due, _)| *due);
        match self.paused_until {
            Some(until) if self.first.is_empty() => due.map(|due| due.max(until)),
            Some(until) => Some(until),
            // With all requests running, the end of one of them wakes the queue.
            None if self.running_again < TRIES_AGAIN_MAX && self.running.len() < REQUESTS_MAX => due,
            None => None,
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// How long ago this was by the clock of the machine.
fn since(at: CallInstant) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_millis(at.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::hook_delivery::delivery_id;
    use crate::hooks::hook_settings::HookSettings;
    use hotlined_notify::webhook::AllowedNetworks;

    /// A hook whose requests fail at once: its address is not allowed.
    fn failing() -> HookClient {
        let hook = HookSettings {
            name: "crm".into(),
            url: "http://127.0.0.1:9/".parse().unwrap(),
            secrets: vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()],
            events: Vec::new(),
            hotlines: None,
            allow: AllowedNetworks::default(),
            timeout: Duration::from_secs(20),
            body: None,
        };
        HookClient::new(Arc::new(hook)).unwrap()
    }

    fn delivery(sequence: u32, age: Duration) -> Delivery {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let at = CallInstant((now - age).as_millis() as u64);
        let payload = HookPayload { at, body: "{}".to_owned() };
        let id = delivery_id(&"c".parse().unwrap(), "crm", sequence);
        Delivery { id, payload: serde_json::to_string(&payload).unwrap() }
    }

    struct Running {
        push: mpsc::UnboundedSender<Delivery>,
        done: mpsc::UnboundedReceiver<DeliveryId>,
        active: Arc<AtomicUsize>,
    }

    impl Running {
        /// A queue that begins with these deliveries.
        fn start(deliveries: impl IntoIterator<Item = Delivery>) -> Self {
            let (push, incoming) = mpsc::unbounded_channel();
            let (report, done) = mpsc::unbounded_channel();
            let active = Arc::new(AtomicUsize::new(0));
            for delivery in deliveries {
                active.fetch_add(1, Ordering::Relaxed);
                push.send(delivery).unwrap();
            }
            tokio::spawn(HookQueue::new(failing(), incoming, report, active.clone()).run());
            Self { push, done, active }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_is_never_taken_is_dropped_at_the_end_of_the_schedule() {
        let begin = Instant::now();
        let mut running = Running::start((1..=3).map(|sequence| delivery(sequence, Duration::ZERO)));
        for _ in 0..3 {
            running.done.recv().await.unwrap();
        }
        // 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, each up to a tenth longer.
        let hours = begin.elapsed().as_secs_f64() / 3_600.0;
        assert!((75.5..=83.2).contains(&hours), "{hours}");
        assert_eq!(running.active.load(Ordering::Relaxed), 0);
        drop(running.push);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_was_kept_for_days_is_given_up_at_its_next_failure() {
        let begin = Instant::now();
        let days = Duration::from_secs(4 * 86_400);
        let mut running = Running::start([delivery(1, days)]);
        running.done.recv().await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_its_next_try_is_not_active_and_of_too_many_the_oldest_are_dropped() {
        const MORE: u32 = 100;
        let count = WAITING_MAX as u32 + MORE;
        let mut running = Running::start((1..=count).map(|sequence| delivery(sequence, Duration::ZERO)));
        let mut dropped = Vec::new();
        let until = tokio::time::sleep(Duration::from_secs(4));
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                id = running.done.recv() => dropped.push(id.unwrap()),
                () = &mut until => break,
            }
        }
        let numbers: Vec<u32> =
            dropped.iter().map(|id| id.recipient.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        // Those in a request do not wait.
        let least = MORE as usize - REQUESTS_MAX;
        assert!((least..=MORE as usize).contains(&numbers.len()), "{}", numbers.len());
        assert!(numbers.iter().all(|number| *number <= MORE + REQUESTS_MAX as u32), "{numbers:?}");
        assert_eq!(running.active.load(Ordering::Relaxed), 0);
    }
}
