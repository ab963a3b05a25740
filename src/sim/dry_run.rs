//! A rehearsal: calls played through the engine against a switch and people that exist only in this process.
//!
//! ```text
//!   cast (data) ──▶ exchange ──Event──▶ engine        one clock, which jumps to whatever is next
//!                      ▲───── Action ─────┘
//! ```
//!
//! Pure: no socket, no clock, no file, no chance. Everything passes through the engine's own door, so whoever
//! watches a rehearsal sees what the journal of a live daemon would show.
//!
//! Kept of the real switches: orders and reports travel in order and take time; legs report themselves in the
//! order FreeSWITCH 1.10.12 does (created, ringing, answered, parked); keys are read only where something runs on
//! the leg or it talks, and wait otherwise; a sound that is stopped, or cut by a bridge, ends well; a missing file
//! fails at once; a repeated file ends after some rounds and a repeated tone never; a bridge answers the caller
//! after it joined the two; who leaves a bridge takes the other along, unless an agent leaves a caller who is to
//! be kept; the dead man's timer sends the caller to the dialplan's fallback even out of a talk; an agent's leg
//! that nobody joins is ended after a minute; a lost link loses the reports on their way and not the legs.
//!
//! Left out, and held by the real model beside this room: everything about the wire, sounds that lie on top of
//! each other (here the later takes the place of the earlier, as [`Action`] promises), transfers, renamed legs,
//! foreign legs, and a switch that dies.

mod actors;
mod behaviour;
mod commands;
mod leg;
mod sounds;
mod switch;

pub use actors::{CallerStep, KEY_PRESS_DELAY, Script, ScriptedCaller, ScriptedHangUp, ScriptedPhone};
pub use sounds::{SOUND_LENGTH_DEFAULT, SoundLengths, wav_length};

#[cfg(doc)]
use hotlined_core::command::Action;
use hotlined_core::command::Command;
use hotlined_core::engine::{Engine, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::id::{LegId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use switch::{Exchange, Stepped};

/// How long an order to the switch, or a report from it, is on its way when nothing else is said.
pub const TRANSIT: Millis = Millis(5);

/// Engine, switch and people on one clock.
pub struct DryRun {
    engine: Engine,
    exchange: Exchange,
    now: Instant,
    /// Whether our end of the link is up.
    up: bool,
    connection: u64,
}

/// Whoever sees what passes, as the journal of a live daemon would write it down.
pub type EntryObserver<'w> = &'w mut dyn FnMut(Instant, TraceEntry);

/// A leg as somebody sees it who stands beside the switch.
#[derive(Clone, Copy, Debug)]
pub struct LegView<'r> {
    /// The leg.
    pub leg: &'r LegId,
    /// The telephone an agent's leg leads to; none of a caller.
    pub dial: Option<&'r str>,
    /// Whether it was answered.
    pub answered: bool,
    /// Whether something runs on it: a sound, silence that is listened to, a recording.
    pub app_running: bool,
    /// Whom it talks with.
    pub peer: Option<&'r LegId>,
    /// Whether it waits in our hands: neither ringing, nor talking, nor in the dialplan's.
    pub parked: bool,
    /// Whether the dialplan's fallback has it.
    pub in_fallback: bool,
}

impl DryRun {
    /// A rehearsal that begins at this instant, with this cast. `lengths` says which files there are.
    pub fn new(engine: Engine, begin: Instant, cast: Script, lengths: SoundLengths) -> Self {
        let exchange = Exchange::new(begin, cast, lengths);
        Self { engine, exchange, now: begin, up: true, connection: 0 }
    }

    /// Lets orders and reports be so long on their way.
    #[must_use]
    pub fn with_transit(mut self, transit: Millis) -> Self {
        self.exchange.transit = transit;
        self
    }

    /// The name of the one switch there is.
    pub fn switch() -> SwitchId {
        SwitchId("rehearsal".into())
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, to be saved and loaded between two steps.
    pub fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// What time it is.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Whether the link is up at both ends.
    pub fn is_linked(&self) -> bool {
        self.up && self.exchange.connected
    }

    /// The legs the switch has, in the order of their names.
    pub fn legs(&self) -> impl Iterator<Item = LegView<'_>> {
        self.exchange.views()
    }

    /// When the next thing happens; none when nothing ever will.
    pub fn next_deadline(&self) -> Option<Instant> {
        let deadline = self.engine.deadline().map(|at| at.max(self.now));
        [self.exchange.next(), deadline].into_iter().flatten().min()
    }

    /// Lets the next thing happen. Gives back when that was; none when nothing is left.
    pub fn step(&mut self, watch: EntryObserver) -> Option<Instant> {
        let at = self.next_deadline()?;
        (self.now, self.exchange.now) = (at, at);
        if self.exchange.next() != Some(at) {
            self.turn(&Event::Due, watch);
            return Some(at);
        }
        match self.exchange.step() {
            Stepped::Inside => {}
            Stepped::Told(event) => {
                self.up |= matches!(event, Event::LinkRestored { .. });
                self.turn(&event, watch);
            }
        }
        Some(at)
    }

    /// Tells the engine what no switch would: which hotlines there are, what an operator says.
    pub fn inject(&mut self, event: &Event, watch: EntryObserver) {
        self.turn(event, watch);
    }

    /// Lets whoever is at the other end of this leg hang up now.
    pub fn hang_up(&mut self, leg: &LegId) {
        self.exchange.leaves(leg);
    }

    /// Lets time pass in which nothing happens; it ends with the next thing that does.
    pub fn wait_until(&mut self, then: Instant) {
        let until = self.next_deadline().map_or(then, |next| then.min(next));
        self.now = self.now.max(until);
        self.exchange.now = self.now;
    }

    /// Lets the link be lost now: reports on their way never come, and how open orders end nobody can say.
    pub fn lose_link(&mut self, watch: EntryObserver) {
        if !std::mem::replace(&mut self.up, false) {
            return;
        }
        let open = self.exchange.disconnect();
        self.turn(&Event::LinkLost { switch: Self::switch() }, watch);
        for command in open {
            self.turn(&Event::unknown_result(command), watch);
        }
    }

    /// Lets the link come up again: the list of legs is made now, and is on its way.
    pub fn restore_link(&mut self) {
        if !self.exchange.connected {
            self.connection += 1;
            self.exchange.connect(self.connection);
        }
    }

    fn turn(&mut self, event: &Event, watch: EntryObserver) {
        let now = self.now;
        let mut out = Vec::new();
        self.engine.run_turn(now, event, &mut out, &mut |entry| watch(now, entry));
        for command in out {
            // The store answered within the engine; records and notes are for those who watch.
            let Command::Switch { id, action, .. } = command else { continue };
            if self.up {
                self.exchange.order(id, action);
            } else {
                self.turn(&Event::unknown_result(id), watch);
            }
        }
    }
}
