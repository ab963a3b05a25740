//! What the connections, the model's task and the handle of a simulated switch share: the model, the listeners, the
//! clock and the active faults.

use super::listener::Listener;
use crate::actors::SwitchFault;
use crate::model::{SwitchInput, SwitchModel, SwitchOutput};
use crate::requests::encode_reply;
use crate::stats::{TimelineEntry, TimelineEvent};
use crate::switch_event::SwitchEvent;
use bytes::Bytes;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::Format;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, broadcast, watch};

/// What happens to a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewConnections {
    Accepted,
    /// Closed at once, as if no switch were there.
    Closed,
    /// Rejected by the access list (MES:2677).
    Rejected,
}

/// The faults that are active on all connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ActiveFaults {
    /// Connections of an earlier generation are cut.
    pub generation: u64,
    pub silent: bool,
    pub stops_reading: bool,
    pub new_connections: NewConnections,
}

/// The state that the connections, the model's task and the handle share.
#[derive(Debug)]
pub(super) struct Shared {
    pub hub: Mutex<Hub>,
    /// Notified when the model's next deadline may be earlier than before.
    pub wake: Notify,
    pub timeline: broadcast::Sender<TimelineEntry>,
    pub faults: watch::Sender<ActiveFaults>,
    pub password: String,
    pub clock: Clock,
}

#[derive(Debug)]
pub(super) struct Hub {
    pub model: SwitchModel,
    pub listeners: BTreeMap<u64, Arc<Listener>>,
    pub listeners_ever: u64,
}

/// The clock of the simulated switch: real time, times a factor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub began: Instant,
    from: tokio::time::Instant,
    speed: f64,
}

impl Clock {
    pub fn start(speed: f64) -> Self {
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let began = Instant::default() + began.into();
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { began, from: tokio::time::Instant::now(), speed }
    }

    pub fn now(&self) -> Instant {
        self.began + Millis((self.from.elapsed().as_secs_f64() * self.speed * 1_000.0) as u64)
    }

    pub fn when(&self, at: Instant) -> tokio::time::Instant {
        // A rounded time may lie a hair before the deadline; a quarter of a millisecond more never does.
        let wait = at.since(self.began).0 as f64 / 1_000.0 / self.speed + 0.000_25;
        self.from + Duration::from_secs_f64(wait)
    }
}

impl Shared {
    pub fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn apply_fault(&self, fault: SwitchFault) {
        if fault == SwitchFault::Crash {
            self.handle(SwitchInput::Crash);
        }
        self.faults.send_modify(|faults| match fault {
            SwitchFault::CutLinks | SwitchFault::Crash => faults.generation += 1,
            SwitchFault::StopSending => faults.silent = true,
            SwitchFault::ResumeSending => faults.silent = false,
            SwitchFault::StopReading => faults.stops_reading = true,
            SwitchFault::ResumeReading => faults.stops_reading = false,
            SwitchFault::RefuseConnections => faults.new_connections = NewConnections::Closed,
            SwitchFault::AcceptConnections => faults.new_connections = NewConnections::Accepted,
        });
    }

    /// Gives the model an input, distributes its events, and returns its reply encoded for the wire.
    pub fn handle(&self, input: SwitchInput) -> Option<Bytes> {
        let mut hub = self.hub();
        let outputs = hub.model.handle(self.clock.now(), input);
        let mut answer = None;
        for output in outputs {
            match output {
                SwitchOutput::Event(event) => distribute(&event, &hub.listeners),
                SwitchOutput::Reply { .. } | SwitchOutput::Api(_) => answer = encode_reply(&output),
                SwitchOutput::Timeline(entry) => self.publish(entry),
            }
        }
        drop(hub);
        self.wake.notify_one();
        answer
    }

    pub fn publish(&self, entry: TimelineEntry) {
        // A timeline without a subscriber is no error.
        let _ = self.timeline.send(entry);
    }

    pub fn record(&self, event: TimelineEvent) {
        self.publish(TimelineEntry { at: self.clock.now(), event });
    }

    pub fn add_listener(&self) -> (u64, Arc<Listener>) {
        let listener = Arc::new(Listener::default());
        let mut hub = self.hub();
        hub.listeners_ever += 1;
        let id = hub.listeners_ever;
        hub.listeners.insert(id, Arc::clone(&listener));
        hub.update_event_filter();
        drop(hub);
        self.record(TimelineEvent::LinkUp);
        (id, listener)
    }

    pub fn remove_listener(&self, id: u64) {
        let mut hub = self.hub();
        let was_up = hub.listeners.remove(&id).is_some();
        hub.update_event_filter();
        drop(hub);
        if was_up {
            self.record(TimelineEvent::LinkDown);
        }
    }

    pub fn update_event_filter(&self) {
        self.hub().update_event_filter();
    }
}

impl Hub {
    /// Tells the model which events have a listener: most have none, and building events takes most of the model's time.
    pub fn update_event_filter(&mut self) {
        let mut names = Some(BTreeSet::new());
        for listener in self.listeners.values() {
            listener.add_event_names(&mut names);
        }
        self.model.limit_events_to(names);
    }
}

/// Queues an event for every listener of it, encoded once for each format.
fn distribute(event: &SwitchEvent, listeners: &BTreeMap<u64, Arc<Listener>>) {
    let (mut plain, mut json) = (None, None);
    for listener in listeners.values() {
        let Some(format) = listener.format_for(event) else { continue };
        let written = match format {
            Format::Plain => plain.get_or_insert_with(|| event.encoded(format)),
            Format::Json => json.get_or_insert_with(|| event.encoded(format)),
        };
        listener.push(written.clone());
    }
}
