//! Observes an instance from outside: the events and commands of its engine, and when a turn is saved and executed.

use hotlined_core::call::SavedCall;
use hotlined_core::call_event::CallEvent;
use hotlined_core::command::{Command, Note};
use hotlined_core::engine::{Engine, Observer, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;
use hotlined_instance::Probe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An event that the engine processed, and the commands that followed.
#[derive(Debug)]
pub(super) struct EngineTurn {
    /// The time by the daemon's clock.
    pub(super) at: Instant,
    pub(super) event: Event,
    /// The commands, as text.
    pub(super) commands: Vec<String>,
    /// The new calls.
    pub(super) calls: Vec<CallId>,
    /// A saved call that cannot be taken over, and why.
    pub(super) take_over_failure: Option<String>,
}

/// An observation.
#[derive(Debug)]
pub(super) enum ProbeEvent {
    EngineTurn(EngineTurn),
    /// The state of the turns before this is saved (`true`) or cannot be saved (`false`).
    Persisted(bool),
    /// The daemon published what became of a message.
    MessagePublished(Box<CallEvent>),
    /// The commands of the turns before this are executed, whether their state is saved or not.
    TurnEnded,
}

/// Observes all events and commands of an instance's engine.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineProbe(Arc<Mutex<Vec<ProbeEvent>>>);

impl EngineProbe {
    fn events(&self) -> MutexGuard<'_, Vec<ProbeEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out the observations.
    pub(super) fn take(&self) -> Vec<ProbeEvent> {
        std::mem::take(&mut *self.events())
    }

    /// The observer for the engine. An engine with its own ACD gets the ACD's events within a turn.
    pub(super) fn observer(&self, is_shared: bool) -> Observer {
        let probe = self.clone();
        Box::new(move |at, entry| probe.record(at, entry, is_shared))
    }

    fn record(&self, at: Instant, entry: TraceEntry, is_shared: bool) {
        let mut events = self.events();
        match entry {
            TraceEntry::In(Event::Acd { .. }) if !is_shared => {}
            TraceEntry::In(event) => events.push(ProbeEvent::EngineTurn(EngineTurn {
                at,
                event: event.clone(),
                commands: Vec::new(),
                calls: Vec::new(),
                take_over_failure: None,
            })),
            TraceEntry::Added(Command::Publish(event)) => {
                events.push(ProbeEvent::MessagePublished(event.clone()))
            }
            TraceEntry::Added(_) => {}
            TraceEntry::Out(command) => {
                let Some(ProbeEvent::EngineTurn(turn)) = events.last_mut() else { return };
                turn.commands.push(format!("{command:?}"));
                match command {
                    Command::Note { call, note: Note::Stage { from: None, .. } } => {
                        turn.calls.push(call.clone());
                    }
                    Command::Note { call, note: Note::TakeOverFailed { error: why } } => {
                        turn.take_over_failure = Some(format!("{call} was kept and is not taken up: {why}"));
                    }
                    Command::Note { .. }
                    | Command::Switch { .. }
                    | Command::Acd { .. }
                    | Command::Record(_)
                    | Command::Message(_)
                    | Command::Publish(_) => {}
                }
            }
        }
    }
}

impl Probe for EngineProbe {
    fn persist_ends(&mut self, why_not: Option<&str>) {
        self.events().push(ProbeEvent::Persisted(why_not.is_none()));
    }

    fn turn_ends(&mut self, _waiting: usize) {
        self.events().push(ProbeEvent::TurnEnded);
    }
}

/// A second engine that gets the same events as the engine of an instance. Each call is saved and loaded before each
/// event.
pub(super) struct ShadowEngine(pub(super) Engine);

impl ShadowEngine {
    /// Processes the event of the turn.
    ///
    /// # Errors
    /// A call cannot be saved or loaded, or the commands differ from those of the turn.
    pub(super) fn compare(&mut self, turn: &EngineTurn) -> Result<(), String> {
        let Self(engine) = self;
        let calls: Vec<CallId> = engine.switchboard.stages().map(|(id, _)| id.clone()).collect();
        for call in calls {
            let saved = engine.switchboard.save(&call).ok_or("a live call cannot be saved")?;
            let text = serde_json::to_string(&saved).map_err(|error| error.to_string())?;
            let loaded: SavedCall = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            engine.switchboard.load(loaded).map_err(|error| error.to_string())?;
        }
        let mut commands = Vec::new();
        let mut observe = |entry: TraceEntry| {
            if let TraceEntry::Out(command) = entry {
                commands.push(format!("{command:?}"));
            }
        };
        engine.run_turn(turn.at, &turn.event, &mut Vec::new(), &mut observe);
        if commands == turn.commands {
            return Ok(());
        }
        let (event, expected) = (&turn.event, &turn.commands);
        Err(format!("saved and loaded it does otherwise: on {event:?}\n {expected:#?}\n {commands:#?}"))
    }
}
