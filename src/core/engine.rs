//! One turn: an event goes in, and everything that follows from the event at once comes out.
//!
//! The switchboard sends requests to the ACD as commands and gets the replies as events, as it would from an ACD on
//! another machine. With the embedded ACD the reply arrives within the same turn. The live daemon, a replay and the
//! stories of the tests all run the same turn.
//!
//! ```
//! use hotlined_core::call::Limits;
//! use hotlined_core::cause::Cause;
//! use hotlined_core::command::{Action, Command};
//! use hotlined_core::engine::Engine;
//! use hotlined_core::event::{Arrival, Event};
//! use hotlined_core::id::SwitchId;
//! use hotlined_core::time::Instant;
//!
//! let mut engine = Engine::new(Limits::default());
//! let arrival = Arrival {
//!     switch: SwitchId("fs1".into()),
//!     leg: "2b6f5a0e-0a36-4b3c-9d39-43ac0d2a5d57".parse()?,
//!     dialled: "4009999999".into(),
//!     caller: "13800138000".into(),
//!     seed: 1,
//!     answered: false,
//! };
//! let mut commands = Vec::new();
//! engine.run_turn(Instant(1_800_000_000_000), &Event::Arrived(arrival), &mut commands, &mut |_| {});
//! // The engine knows no hotline of this number: it hangs the caller's leg up.
//! let hang_up = |command: &Command| {
//!     matches!(command, Command::Switch { action: Action::HangUp { cause: Cause::UnknownNumber, .. }, .. })
//! };
//! assert!(commands.iter().any(hang_up));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::acd::{Acd, AcdInput};
use crate::call::{Limits, Switchboard};
use crate::command::{Command, Note};
use crate::event::Event;
use crate::id::{CallId, SwitchId};
use crate::time::Instant;
use std::collections::VecDeque;

/// The most replies of the ACD that are applied in one turn. The next turn, which is then due at once, applies the
/// rest. A reply may lead to a new request, so nothing else bounds the length of a turn.
const ACD_REPLIES_PER_TURN_MAX: usize = 100_000;

/// The switchboard with its embedded ACD.
#[derive(Debug, Default)]
pub struct Engine {
    /// All live calls.
    pub switchboard: Switchboard,
    acd: Acd,
    /// Replies of the ACD that the switchboard has not received yet.
    replies: VecDeque<Event>,
    /// The inputs of the ACD since they were last taken; `None` where nobody takes them.
    acd_inputs: Option<Vec<(Instant, AcdInput)>>,
    /// Whether the daemons share an ACD elsewhere, so that the embedded one is never asked.
    acd_is_shared: bool,
    now: Instant,
    scratch: Scratch,
}

/// Buffers that are empty between two turns; only their capacity is kept.
#[derive(Debug, Default)]
struct Scratch {
    commands: Vec<Command>,
    replies: Vec<Event>,
    ended: Vec<CallId>,
}

/// What passes through the engine, in order.
#[derive(Clone, Copy, Debug)]
pub enum TraceEntry<'a> {
    /// An event came in. Replies of the embedded ACD are among them.
    In(&'a Event),
    /// A command went out. Requests to the embedded ACD are among them.
    Out(&'a Command),
    /// A command that did not come from the engine: what became of a message of an earlier call.
    Added(&'a Command),
}

/// Sees everything that passes through the engine.
pub type Observer = Box<dyn FnMut(Instant, TraceEntry) + Send>;

impl Engine {
    /// An engine without calls.
    pub fn new(limits: Limits) -> Self {
        Self { switchboard: Switchboard::new(limits), ..Self::default() }
    }

    /// An engine without calls, with an ACD from a snapshot. The engine notes the inputs of the ACD from now on; the
    /// caller must take them with [`take_acd_inputs`](Self::take_acd_inputs).
    pub fn with_acd(limits: Limits, acd: Acd) -> Self {
        Self { acd, acd_inputs: Some(Vec::new()), ..Self::new(limits) }
    }

    /// An engine without calls whose ACD is elsewhere: the requests leave with the commands, and the replies come in
    /// as events.
    pub fn with_shared_acd(limits: Limits) -> Self {
        Self { acd_is_shared: true, ..Self::new(limits) }
    }

    /// Takes the inputs of the ACD since the last call of this method.
    pub fn take_acd_inputs(&mut self) -> Vec<(Instant, AcdInput)> {
        self.acd_inputs.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How many agents' lines are in use.
    pub fn lines_in_use(&self) -> usize {
        self.acd.lines_in_use()
    }

    /// The embedded ACD, read-only.
    pub fn acd(&self) -> &Acd {
        &self.acd
    }

    /// When the engine needs [`Event::Due`] next. Nothing may be due at that time.
    pub fn deadline(&self) -> Option<Instant> {
        let unapplied = (!self.replies.is_empty()).then_some(self.now);
        [self.switchboard.deadline(), self.acd.deadline(), unapplied].into_iter().flatten().min()
    }

    /// Takes one event in and appends the commands for the outside to `out`. `watch` sees everything, also what passes
    /// between switchboard and ACD.
    pub fn run_turn(
        &mut self,
        now: Instant,
        event: &Event,
        out: &mut Vec<Command>,
        watch: &mut dyn FnMut(TraceEntry),
    ) {
        self.now = self.now.max(now);
        let mut applied = 0;
        self.apply_acd_replies(&mut applied, out, watch);
        self.apply(event, out, watch);
        if matches!(event, Event::Due) && self.acd.deadline().is_some_and(|due| due <= self.now) {
            note_input(&mut self.acd_inputs, self.now, AcdInput::Due);
            self.acd.due(self.now, &mut self.scratch.replies);
            self.replies.extend(self.scratch.replies.drain(..));
        }
        self.apply_acd_replies(&mut applied, out, watch);
    }

    /// Gives the waiting replies of the ACD to the switchboard.
    fn apply_acd_replies(
        &mut self,
        applied: &mut usize,
        out: &mut Vec<Command>,
        watch: &mut dyn FnMut(TraceEntry),
    ) {
        while *applied < ACD_REPLIES_PER_TURN_MAX {
            let Some(reply) = self.replies.pop_front() else { return };
            *applied += 1;
            self.apply(&reply, out, watch);
        }
    }

    /// Gives one event to the switchboard and sends its commands on.
    fn apply(&mut self, event: &Event, out: &mut Vec<Command>, watch: &mut dyn FnMut(TraceEntry)) {
        watch(TraceEntry::In(event));
        let Scratch { commands, replies, ended } = &mut self.scratch;
        self.switchboard.handle(self.now, event, commands);
        for command in commands.drain(..) {
            watch(TraceEntry::Out(&command));
            match command {
                Command::Acd { .. } if self.acd_is_shared => out.push(command),
                Command::Acd { id, request } => {
                    self.acd.ask(self.now, &id, &request, replies);
                    note_input(&mut self.acd_inputs, self.now, AcdInput::Request(id, request));
                }
                Command::Record(record) => {
                    ended.push(record.call.clone());
                    out.push(Command::Record(record));
                }
                Command::Note { call, note } => {
                    // A call that cannot be taken over would hold its lines for ever.
                    if let Note::TakeOverFailed { .. } = note {
                        ended.push(call.clone());
                    }
                    out.push(Command::Note { call, note });
                }
                Command::Switch { .. } | Command::Message(_) | Command::Publish(_) => out.push(command),
            }
        }
        // A call releases what it holds before or after its record, but within one step.
        if self.acd_is_shared {
            ended.clear();
        }
        for call in ended.drain(..) {
            self.acd.forget(self.now, &call, replies);
            note_input(&mut self.acd_inputs, self.now, AcdInput::Forget(call));
        }
        self.replies.extend(replies.drain(..));
    }
}

/// Notes an input of the ACD, where the inputs are taken.
fn note_input(inputs: &mut Option<Vec<(Instant, AcdInput)>>, now: Instant, input: AcdInput) {
    if let Some(inputs) = inputs {
        inputs.push((now, input));
    }
}

/// Removes the commands to a switch from `out`, and returns the event that ends each of them. For commands of the turn
/// that ran while the link to the switch came up: the switch's list of legs is older than the commands, and would not
/// show their effects.
pub fn cancel_commands(out: &mut Vec<Command>, switch: &SwitchId) -> Vec<Event> {
    let cancelled =
        out.extract_if(.., |command| matches!(command, Command::Switch { switch: to, .. } if to == switch));
    let unknown = |command| match command {
        Command::Switch { id, .. } => Some(Event::unknown_result(id)),
        Command::Acd { .. }
        | Command::Record(_)
        | Command::Message(_)
        | Command::Publish(_)
        | Command::Note { .. } => None,
    };
    cancelled.filter_map(unknown).collect()
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
        engine.replies.extend(vec![refused; ACD_REPLIES_PER_TURN_MAX + 5]);
        let mut heard = 0;
        for (turns, expected) in [(1, ACD_REPLIES_PER_TURN_MAX), (2, ACD_REPLIES_PER_TURN_MAX + 5)] {
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
            engine.acd.ask(Instant(100), &id(*number), request, &mut Vec::new());
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
