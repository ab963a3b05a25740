//! One turn of the house: an event goes in, and everything that follows from it at once comes out.
//!
//! The switchboard asks for agents' lines by command and hears the answer by event, as it would from a store
//! far away; with the embedded store the answer is there within the same turn. The live daemon, a replay and
//! the stories of the tests all turn this one crank.

use crate::call::{Limits, Switchboard};
use crate::command::Command;
use crate::event::Event;
use crate::store::Lines;
use crate::time::Instant;

/// The switchboard with its embedded store.
#[derive(Debug, Default)]
pub struct Engine {
    /// All live calls.
    pub switchboard: Switchboard,
    lines: Lines,
    scratch: Vec<Command>,
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
        self.lines.in_use()
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
        let mut answers = self.step(now, event, out, watch);
        // An answer may lead to a new question: each is for another agent of the same hunt, so this ends.
        while !answers.is_empty() {
            let mut further = Vec::new();
            for answer in &answers {
                further.append(&mut self.step(now, answer, out, watch));
            }
            answers = further;
        }
    }

    fn step(
        &mut self,
        now: Instant,
        event: &Event,
        out: &mut Vec<Command>,
        watch: &mut dyn FnMut(Entry),
    ) -> Vec<Event> {
        watch(Entry::In(event));
        let mut answers = Vec::new();
        self.switchboard.handle(now, event, &mut self.scratch);
        for command in self.scratch.drain(..) {
            watch(Entry::Out(&command));
            match command {
                Command::Store { id, request } => {
                    let answer = self.lines.ask(&id, &request);
                    answers.extend(answer.map(|answer| Event::Store { command: id, answer }));
                }
                Command::Switch { .. } | Command::Record(_) | Command::Note { .. } => out.push(command),
            }
        }
        answers
    }
}
