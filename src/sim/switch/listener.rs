//! The event subscription of one connection (`listener_t` of `mod_event_socket`), and its queue of events.

use crate::switch_event::SwitchEvent;
use bytes::{Bytes, BytesMut};
use hotlined_esl::event::Format;
use hotlined_esl::server::RawRequest;
use hotlined_esl::vocabulary::EventName;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most events that wait for a listener; more are dropped without a notice (MES:36).
const EVENTS_QUEUED_MAX: usize = 100_000;

/// The name of all events that have a subclass.
const CUSTOM: &str = "CUSTOM";

/// What a connection subscribed to, and the events that wait for it.
#[derive(Debug, Default)]
pub(super) struct Listener(Mutex<Box<ListenerState>>);

#[derive(Debug)]
struct ListenerState {
    format: Format,
    all: bool,
    names: BTreeSet<String>,
    subclasses: BTreeSet<String>,
    waiting: VecDeque<Bytes>,
    dropped: u64,
}

impl Default for ListenerState {
    fn default() -> Self {
        Self {
            format: Format::Plain,
            all: false,
            names: BTreeSet::new(),
            subclasses: BTreeSet::new(),
            waiting: VecDeque::new(),
            dropped: 0,
        }
    }
}

impl Listener {
    fn state(&self) -> MutexGuard<'_, Box<ListenerState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The format in which this event goes to the listener; none when the listener did not subscribe to it.
    pub fn format_for(&self, event: &SwitchEvent) -> Option<Format> {
        let state = self.state();
        // A `CUSTOM` event without a subclass goes to every listener of `CUSTOM` (MES:313).
        let is_wanted = match event.header("Event-Subclass") {
            Some(subclass) if event.name() == CUSTOM => state.subclasses.contains(subclass),
            _ => state.names.contains(event.name()),
        };
        (state.all || is_wanted).then_some(state.format)
    }

    /// Adds the event names of this listener; `None` means all events.
    pub fn add_event_names(&self, names: &mut Option<BTreeSet<String>>) {
        let state = self.state();
        if state.all {
            *names = None;
        }
        if let Some(names) = names {
            names.extend(state.names.iter().cloned());
        }
    }

    /// Queues an event, or drops it when too many wait.
    pub fn push(&self, event: Bytes) {
        let mut state = self.state();
        if state.waiting.len() < EVENTS_QUEUED_MAX {
            state.waiting.push_back(event);
        } else {
            state.dropped += 1;
        }
    }

    /// How many events were dropped because too many were waiting.
    pub fn dropped(&self) -> u64 {
        self.state().dropped
    }

    pub fn drain_into(&self, to: &mut BytesMut) {
        for event in std::mem::take(&mut self.state().waiting) {
            to.extend_from_slice(&event);
        }
    }

    /// `event [plain|json] NAME…`: adds names, ignores unknown ones, and takes the words behind `CUSTOM` as
    /// subclasses (MES:2465-2540).
    pub fn subscribe(&self, request: &RawRequest) -> String {
        let mut state = self.state();
        let (mut known, mut custom) = (0, false);
        for (index, word) in request.words().skip(1).enumerate() {
            let name = word.to_ascii_uppercase();
            match name.as_str() {
                "PLAIN" if index == 0 => state.format = Format::Plain,
                "JSON" if index == 0 => state.format = Format::Json,
                "XML" if index == 0 => return "-ERR the simulated exchange writes no XML".into(),
                _ if custom => drop(state.subclasses.insert(word.into())),
                "ALL" => (state.all, known) = (true, known + 1),
                CUSTOM => {
                    state.names.insert(name);
                    (custom, known) = (true, known + 1);
                }
                _ if EventName::new(&name).is_ok() => {
                    state.names.insert(name);
                    known += 1;
                }
                _ => {}
            }
        }
        if known == 0 {
            return "-ERR no keywords supplied".into();
        }
        let format = match state.format {
            Format::Plain => "plain",
            Format::Json => "json",
        };
        format!("+OK event listener enabled {format}")
    }

    pub fn unsubscribe(&self, request: &RawRequest) -> String {
        let mut state = self.state();
        for word in request.words().skip(1) {
            state.names.remove(&word.to_ascii_uppercase());
            state.subclasses.remove(word);
        }
        "+OK events nixed".into()
    }

    pub fn unsubscribe_all(&self) -> String {
        let mut state = self.state();
        let listened = state.all || !state.names.is_empty() || !state.subclasses.is_empty();
        **state = ListenerState { format: state.format, dropped: state.dropped, ..ListenerState::default() };
        let text =
            if listened { "+OK no longer listening for events" } else { "-ERR not listening for events" };
        text.into()
    }
}
