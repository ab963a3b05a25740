//! The last events, for streams that begin, and for streams that go on where they ended.

use hotlined_core::call_event::CallEvent;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// How many events are kept.
pub const EVENTS_MAX: usize = 10_000;

/// An event as streams send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingEvent {
    /// Its number, from 1.
    pub number: u64,
    /// Its type, such as `call.ringing`.
    pub kind: &'static str,
    /// The agent whom it concerns.
    pub agent: Option<Arc<str>>,
    /// The hotline.
    pub hotline: Arc<str>,
    /// The body: JSON on one line.
    pub body: Arc<str>,
}

/// The last events.
#[derive(Debug)]
pub struct EventRing {
    /// A word for the time from the start of this daemon: numbers begin anew with the next daemon.
    boot: String,
    events: Mutex<VecDeque<Arc<RingEvent>>>,
    newest: watch::Sender<u64>,
}

/// Where a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStart {
    /// The number of the last event that the client has.
    pub after: u64,
    /// Whether events were lost between that and what the client had before.
    pub is_reset: bool,
}

impl EventRing {
    /// A ring without events. `boot` differs from that of every other daemon, and has no `-`.
    pub fn new(boot: String) -> Self {
        Self { boot, events: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// Adds an event and wakes the streams.
    pub fn push(&self, event: &CallEvent, body: Arc<str>) {
        let number = {
            let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            let number = *self.newest.borrow() + 1;
            if events.len() == EVENTS_MAX {
                events.pop_front();
            }
            events.push_back(Arc::new(RingEvent {
                number,
                kind: event.kind.name(),
                agent: event.agent.clone(),
                hotline: event.hotline.clone(),
                body,
            }));
            number
        };
        self.newest.send_replace(number);
    }

    /// The number of the newest event; 0 before the first.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The events after this number, at most so many.
    pub fn after(&self, number: u64, max: usize) -> Vec<Arc<RingEvent>> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = events.partition_point(|event| event.number <= number);
        events.range(begin..).take(max).cloned().collect()
    }

    /// The id of an event in a stream.
    pub fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.boot)
    }

    /// Where a stream begins for a client that had the event with this id last.
    pub fn start(&self, last_id: Option<&str>) -> StreamStart {
        let newest = *self.newest.borrow();
        let Some(last_id) = last_id else { return StreamStart { after: newest, is_reset: false } };
        let number = last_id.rsplit_once('-').filter(|(boot, _)| *boot == self.boot);
        let number = number.and_then(|(_, number)| number.parse::<u64>().ok());
        let oldest = newest.saturating_sub(EVENTS_MAX as u64);
        match number.filter(|number| (oldest..=newest).contains(number)) {
            Some(after) => StreamStart { after, is_reset: false },
            None => StreamStart { after: newest, is_reset: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::event_body::examples;
    use hotlined_core::time::Instant;

    fn event() -> CallEvent {
        let example = examples().remove(1);
        CallEvent {
            call: example.call,
            switch: example.switch,
            hotline: example.hotline,
            sequence: 1,
            at: Instant(1),
            caller: example.caller,
            agent: example.agent,
            kind: example.kind,
        }
    }

    #[test]
    fn a_stream_goes_on_after_its_last_event_while_that_is_known() {
        let ring = EventRing::new("b1".to_owned());
        let at = |after, is_reset| StreamStart { after, is_reset };
        assert_eq!(ring.start(None), at(0, false));
        assert_eq!(ring.start(Some("b1-0")), at(0, false));
        let body: Arc<str> = "{}".into();
        (0..EVENTS_MAX + 5).for_each(|_| ring.push(&event(), body.clone()));
        let newest = EVENTS_MAX as u64 + 5;
        assert_eq!(ring.start(None), at(newest, false));
        assert_eq!(ring.start(Some("b1-5")), at(5, false));
        assert_eq!(ring.after(5, usize::MAX).len(), EVENTS_MAX);
        assert_eq!(ring.after(newest - 1, 10)[0].number, newest);
        assert_eq!(ring.after(100, 3).len(), 3);
        for unknown in ["b1-4", "b0-10000", "b1-99999999", "b1-", "10000", "", "b1--1", "b1-1 "] {
            assert_eq!(ring.start(Some(unknown)), at(newest, true), "{unknown}");
        }
    }
}
