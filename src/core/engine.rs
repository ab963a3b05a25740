//! One turn of the house: an event goes in, and everything that follows from it at once comes out.
//!
//! The switchboard asks for what calls share by command and hears the answer by event, as it would from a store
//! far away; with the embedded store the answer is there within the same turn. The live daemon, a replay and
//! the stories of the tests all turn this one crank.

use crate::acd::{Acd, AcdInput};
use crate::call::{Limits, Switchboard};
use crate::command::{Command, Note};
use crate::event::Event;
use crate::id::{CallId, SwitchId};
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
    store: Acd,
    /// What the store said and the switchboard has not heard.
    answers: VecDeque<Event>,
    /// What went into the store since that was asked last, where somebody wants to know.
    inputs: Option<Vec<(Instant, AcdInput)>>,
    /// Whether what calls share is somewhere else, so that the store here is never asked.
    is_shared: bool,
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
pub enum TraceEntry<'a> {
    /// An event came in.
    In(&'a Event),
    /// A command went out; those to the embedded store are among them.
    Out(&'a Command),
}

/// Sees everything that passes through the engine.
pub type Observer = Box<dyn FnMut(Instant, TraceEntry) + Send>;

impl Engine {
    /// An engine without any call.
    pub fn new(limits: Limits) -> Self {
        Self { switchboard: Switchboard::new(limits), ..Self::default() }
    }

    /// An engine without any call, with a store that was kept; what goes into it from now on is told by
    /// [`inputs`](Self::inputs), and somebody must ask.
    pub fn with_acd(limits: Limits, store: Acd) -> Self {
        Self { store, inputs: Some(Vec::new()), ..Self::new(limits) }
    }

    /// An engine without any call that asks its questions outside: they stand among the commands, and the answers
    /// come in as events.
    pub fn with_shared_acd(limits: Limits) -> Self {
        Self { is_shared: true, ..Self::new(limits) }
    }

    /// Takes out what went into the store since this was asked last.
    pub fn take_acd_inputs(&mut self) -> Vec<(Instant, AcdInput)> {
        self.inputs.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How many lines of agents are in use.
    pub fn lines_in_use(&self) -> usize {
        self.store.lines_in_use()
    }

    /// The store, to look at.
    pub fn acd(&self) -> &Acd {
        &self.store
    }

    /// When [`Event::Due`] is wanted next; it may turn out that nothing is due then.
    pub fn deadline(&self) -> Option<Instant> {
        let unheard = (!self.answers.is_empty()).then_some(self.now);
        [self.switchboard.deadline(), self.store.deadline(), unheard].into_iter().flatten().min()
    }

    /// Takes one event in and appends to `out` what is to be done outside. `watch` sees everything, also what
    /// passes between switchboard and store.
    pub fn run_turn(
        &mut self,
        now: Instant,
        event: &Event,
        out: &mut Vec<Command>,
        watch: &mut dyn FnMut(TraceEntry),
    ) {
        self.now = self.now.max(now);
        let mut heard = 0;
        self.hear(&mut heard, out, watch);
        self.step(event, out, watch);
        if matches!(event, Event::Due) && self.store.deadline().is_some_and(|due| due <= self.now) {
            note(&mut self.inputs, self.now, AcdInput::Due);
            self.store.due(self.now, &mut self.scratch.answers);
            self.answers.extend(self.scratch.answers.drain(..));
        }
        self.hear(&mut heard, out, watch);
    }

    /// Lets the switchboard hear what the store said.
    fn hear(&mut self, heard: &mut usize, out: &mut Vec<Command>, watch: &mut dyn FnMut(TraceEntry)) {
        while *heard < ANSWERS_A_TURN_MAX {
            let Some(answer) = self.answers.pop_front() else { return };
            *heard += 1;
            self.step(&answer, out, watch);
        }
    }

    fn step(&mut self, event: &Event, out: &mut Vec<Command>, watch: &mut dyn FnMut(TraceEntry)) {
        watch(TraceEntry::In(event));
        let Scratch { commands, answers, over } = &mut self.scratch;
        self.switchboard.handle(self.now, event, commands);
        for command in commands.drain(..) {
            watch(TraceEntry::Out(&command));
            match command {
                Command::Acd { .. } if self.is_shared => out.push(command),
                Command::Acd { id, request } => {
                    self.store.ask(self.now, &id, &request, answers);
                    note(&mut self.inputs, self.now, AcdInput::Request(id, request));
                }
                Command::Record(record) => {
                    over.push(record.call.clone());
                    out.push(Command::Record(record));
                }
                Command::Note { call, note } => {
                    // Nobody would ever give back what a call holds that cannot be taken up.
                    if let Note::TakeOverFailed { .. } = note {
                        over.push(call.clone());
                    }
                    out.push(Command::Note { call, note });
                }
                Command::Switch { .. } => out.push(command),
            }
        }
        // A call gives back what it holds before or after its record, but within one step.
        if self.is_shared {
            over.clear();
        }
        for call in over.drain(..) {
            self.store.forget(self.now, &call, answers);
            note(&mut self.inputs, self.now, AcdInput::Forget(call));
        }
        self.answers.extend(answers.drain(..));
    }
}

/// Notes what went into the store, where somebody wants to know.
fn note(inputs: &mut Option<Vec<(Instant, AcdInput)>>, now: Instant, input: AcdInput) {
    if let Some(inputs) = inputs {
        inputs.push((now, input));
    }
}

/// Takes out what a turn ordered of a switch before its link came up, and says how that ended: it is not carried out, for
/// the list of legs that is told just now does not know what would come of it.
pub fn cancel_commands(out: &mut Vec<Command>, switch: &SwitchId) -> Vec<Event> {
    let orders = out.extract_if(.., |it| matches!(it, Command::Switch { switch: to, .. } if to == switch));
    let unknown = |command| match command {
        Command::Switch { id, .. } => Some(Event::unknown_result(id)),
        Command::Acd { .. } | Command::Record(_) | Command::Note { .. } => None,
    };
    orders.filter_map(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{AcdRequest, Action, Candidate, Claim, Pick, PoolId};
    use crate::event::AcdReply;
    use crate::id::{CommandId, LineId};
    use crate::time::Millis;

    fn id(number: u32) -> CommandId {
        CommandId { call: "nobody".parse().unwrap(), number }
    }

    #[test]
    fn what_is_not_heard_in_one_turn_is_heard_in_the_next_which_is_due_at_once() {
        let mut engine = Engine::default();
        let refused = Event::Acd { command: id(1), reply: AcdReply::Refused };
        engine.answers.extend(vec![refused; ANSWERS_A_TURN_MAX + 5]);
        let mut heard = 0;
        for (turns, expected) in [(1, ANSWERS_A_TURN_MAX), (2, ANSWERS_A_TURN_MAX + 5)] {
            let mut watch = |entry: TraceEntry| {
                heard += usize::from(matches!(entry, TraceEntry::In(Event::Acd { .. })));
            };
            engine.run_turn(Instant(7), &Event::Due, &mut Vec::new(), &mut watch);
            assert_eq!(heard, expected, "after {turns} turns");
            assert_eq!(engine.deadline(), (turns == 1).then_some(Instant(7)));
        }
    }

    #[test]
    fn what_a_switch_was_ordered_before_its_link_came_up_is_not_carried_out() {
        let order = |number, switch: &str| {
            let action = Action::Take { leg: "a".parse().unwrap() };
            Command::Switch { switch: SwitchId(switch.into()), id: id(number), action }
        };
        let store = Command::Acd { id: id(3), request: AcdRequest::Abandon { claim: 1 } };
        let mut out = vec![order(1, "fs1"), order(2, "fs2"), store.clone(), order(4, "fs1")];
        assert_eq!(
            cancel_commands(&mut out, &SwitchId("fs1".into())),
            [id(1), id(4)].map(Event::unknown_result)
        );
        assert_eq!(out, [order(2, "fs2"), store]);
    }

    #[test]
    fn the_engine_is_woken_for_the_store_and_its_word_is_heard() {
        let mut engine = Engine::default();
        let claim = Claim {
            pool: PoolId("sales".into()),
            agents: vec![Candidate { line: LineId("a".into()), lines: 1, share: 1 }],
            pick: Pick::First,
            caller: None,
            wait: None,
        };
        let turn = Some(crate::command::QueueRank { priority: 0, since: Instant(0), length_max: 1 });
        let waits = Claim { wait: turn, ..claim.clone() };
        let release = AcdRequest::Release { claim: 1, talked: true, rest: Millis(50) };
        let asked = [(1, AcdRequest::Claim(claim)), (2, AcdRequest::Claim(waits)), (3, release)];
        for (number, request) in &asked {
            engine.store.ask(Instant(100), &id(*number), request, &mut Vec::new());
        }
        assert_eq!(engine.deadline(), Some(Instant(150)));
        let mut heard = Vec::new();
        let mut watch = |entry: TraceEntry| {
            if let TraceEntry::In(event) = entry {
                heard.push(event.clone());
            }
        };
        engine.run_turn(Instant(150), &Event::Due, &mut Vec::new(), &mut watch);
        let reply = AcdReply::Claimed { line: LineId("a".into()) };
        assert_eq!(heard, [Event::Due, Event::Acd { command: id(2), reply }]);
        assert_eq!((engine.deadline(), engine.lines_in_use()), (None, 1));
    }
}
