//! What is seen of an instance from outside: what its engine is told and decides, and when that is done.

use hotlined_core::call::SavedCall;
use hotlined_core::command::{Command, Note};
use hotlined_core::engine::{Engine, Observer, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;
use hotlined_instance::Probe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An event that the engine took, and what it decided.
#[derive(Debug)]
pub(super) struct EngineTurn {
    /// When, by the daemon's clock.
    pub(super) at: Instant,
    pub(super) event: Event,
    /// What it decided, as text.
    pub(super) decided: Vec<String>,
    /// The calls that it took.
    pub(super) calls: Vec<CallId>,
    /// A call that was kept and cannot be taken up, and why.
    pub(super) not_taken_up: Option<String>,
}

/// What was seen.
#[derive(Debug)]
pub(super) enum ProbeEvent {
    EngineTurn(EngineTurn),
    /// Everything before this is done; or could not be kept, and is done all the same.
    Kept(bool),
    Done,
}

/// Sees everything that passes through the engine of an instance.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineProbe(Arc<Mutex<Vec<ProbeEvent>>>);

impl EngineProbe {
    fn seen(&self) -> MutexGuard<'_, Vec<ProbeEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what was seen.
    pub(super) fn take(&self) -> Vec<ProbeEvent> {
        std::mem::take(&mut *self.seen())
    }

    /// Watches the engine. One with a store of its own hears that store within a turn.
    pub(super) fn observer(&self, is_shared: bool) -> Observer {
        let watch = self.clone();
        Box::new(move |at, entry| watch.see(at, entry, is_shared))
    }

    fn see(&self, at: Instant, entry: TraceEntry, is_shared: bool) {
        let mut seen = self.seen();
        match entry {
            TraceEntry::In(Event::Acd { .. }) if !is_shared => {}
            TraceEntry::In(event) => seen.push(ProbeEvent::EngineTurn(EngineTurn {
                at,
                event: event.clone(),
                decided: Vec::new(),
                calls: Vec::new(),
                not_taken_up: None,
            })),
            TraceEntry::Out(command) => {
                let Some(ProbeEvent::EngineTurn(turn)) = seen.last_mut() else { return };
                turn.decided.push(format!("{command:?}"));
                match command {
                    Command::Note { call, note: Note::Stage { from: None, .. } } => {
                        turn.calls.push(call.clone());
                    }
                    Command::Note { call, note: Note::TakeOverFailed { error: why } } => {
                        turn.not_taken_up = Some(format!("{call} was kept and is not taken up: {why}"));
                    }
                    Command::Note { .. }
                    | Command::Switch { .. }
                    | Command::Acd { .. }
                    | Command::Record(_) => {}
                }
            }
        }
    }
}

impl Probe for EngineProbe {
    fn persist_ends(&mut self, why_not: Option<&str>) {
        self.seen().push(ProbeEvent::Kept(why_not.is_none()));
    }

    fn turn_ends(&mut self, _waiting: usize) {
        self.seen().push(ProbeEvent::Done);
    }
}

/// An engine that lives through the same as that of an instance, each call saved and loaded before each event.
pub(super) struct ShadowEngine(pub(super) Engine);

impl ShadowEngine {
    /// Does the same, or says what it does otherwise.
    pub(super) fn compare(&mut self, turn: &EngineTurn) -> Result<(), String> {
        let Self(engine) = self;
        let calls: Vec<CallId> = engine.switchboard.stages().map(|(id, _)| id.clone()).collect();
        for call in calls {
            let saved = engine.switchboard.save(&call).ok_or("a live call cannot be saved")?;
            let text = serde_json::to_string(&saved).map_err(|error| error.to_string())?;
            let loaded: SavedCall = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            engine.switchboard.load(loaded).map_err(|error| error.to_string())?;
        }
        let mut decided = Vec::new();
        let mut watch = |entry: TraceEntry| {
            if let TraceEntry::Out(command) = entry {
                decided.push(format!("{command:?}"));
            }
        };
        engine.run_turn(turn.at, &turn.event, &mut Vec::new(), &mut watch);
        if decided == turn.decided {
            return Ok(());
        }
        let (event, seen) = (&turn.event, &turn.decided);
        Err(format!("saved and loaded it does otherwise: on {event:?}\n {seen:#?}\n {decided:#?}"))
    }
}
