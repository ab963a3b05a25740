//! One turn of the house: an event goes in, and everything that follows from it at once comes out.
//!
//! The switchboard asks for what calls share by command and hears the answer by event, as it would from a store
//! far away; with the embedded store the answer is there within the same turn. The live daemon, a replay and
//! the stories of the tests all turn this one crank.

use crate::call::{Limits, Switchboard};
use crate::command::Command;
use crate::event::Event;
use crate::id::CallId;
use crate::store::Store;
use crate::time::Instant;
use std::collections::VecDeque;

/// The most answers of the store that are heard within one turn; the others are heard with the next, which is
/// then due at once. Each answer may lead to a new question, so nothing else bounds how long a turn takes.
const ANSWERS_A_TURN_MAX: usize = 100_000;

/// The switchboard with its embedded store.
#[derive(Debug, Default)]
pub struct Engine {
    /// All live calls.
    pub switchboard: Switchboard,
    store: Store,
    /// What the store said and the switchboard has not heard.
    answers: VecDeque<Event>,
    now: Instant,
    scratch: Scratch,
}

/// What is empty between two steps, kept for its room.
#[derive(Debug, Default)]
struct Scratch {
    commands: Vec<Command>,
    answers: Vec<Event>,
    over: Vec<CallId>,
}

/// What passes through the engine, in the order it does.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// An event came in.
    In(&'a Event),
    /// A command went out; those to the embedded store are among them.
    Out(&'a Command),
}

impl Engine {
    /// An engine without any call.
    pub fn new(limits: Limits) -> Self {
        Self { switchboard: Switchboard::new(limits), ..Self::default() }
    }

    /// How many lines of agents are in use.
    pub fn lines_in_use(&self) -> usize {
        self.store.lines_in_use()
    }

    /// The store, to look at.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// When [`Event::Due`] is wanted next; it may turn out that nothing is due then.
    pub fn deadline(&self) -> Option<Instant> {
        let unheard = (!self.answers.is_empty()).then_some(self.now);
        [self.switchboard.deadline(), self.store.deadline(), unheard].into_iter().flatten().min()
    }

    /// Takes one event in and appends to `out` what is to be done outside. `watch` sees everything, also what
    /// passes between switchboard and store.
    pub fn turn(
        &mut self,
        now: Instant,
        event: &Event,
        out: &mut Vec<Command>,
        watch: &mut dyn FnMut(Entry),
    ) {
        self.now = self.now.max(now);
        let mut heard = 0;
        self.hear(&mut heard, out, watch);
        self.step(event, out, watch);
        if matches!(event, Event::Due) {
            self.store.due(self.now, &mut self.scratch.answers);
            self.answers.extend(self.scratch.answers.drain(..));
        }
        self.hear(&mut heard, out, watch);
    }

    /// Lets the switchboard hear what the store said.
    fn hear(&mut self, heard: &mut usize, out: &mut Vec<Command>, watch: &mut dyn FnMut(Entry)) {
        while *heard < ANSWERS_A_TURN_MAX {
            let Some(answer) = self.answers.pop_front() else { return };
            *heard += 1;
            self.step(&answer, out, watch);
        }
    }

    fn step(&mut self, event: &Event, out: &mut Vec<Command>, watch: &mut dyn FnMut(Entry)) {
        watch(Entry::In(event));
        let Scratch { commands, answers, over } = &mut self.scratch;
        self.switchboard.handle(self.now, event, commands);
        for command in commands.drain(..) {
            watch(Entry::Out(&command));
            match command {
                Command::Store { id, request } => self.store.ask(self.now, &id, &request, answers),
                Command::Record(record) => {
                    over.push(record.call.clone());
                    out.push(Command::Record(record));
                }
                Command::Switch { .. } | Command::Note { .. } => out.push(command),
            }
        }
        // A call gives back what it holds before or after its record, but within one step.
        for call in over.drain(..) {
            self.store.forget(self.now, &call, answers);
        }
        self.answers.extend(answers.drain(..));
    }
}
