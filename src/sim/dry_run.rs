//! A dry run: the engine handles calls against a switch and people that exist only in this process.
//!
//! ```text
//!   script (data) ──▶ switch ──Event──▶ engine        one clock, which jumps to the next event
//!                        ▲───── Action ────┘
//! ```
//!
//! Pure: no socket, no clock, no file, no randomness. The engine gets its usual events and returns its usual
//! commands, so an observer of a dry run sees the same entries as the journal of a live daemon has.
//!
//! Modelled after real switches:
//! - commands and reports travel in order and take time;
//! - legs report themselves in the order of FreeSWITCH 1.10.12 (created, ringing, answered, parked);
//! - keys are read only while an application or a bridge runs on the leg, and wait otherwise;
//! - a sound that is stopped, or cut by a bridge, ends successfully; a missing file fails at once; a repeated file
//!   ends after some rounds and a repeated tone never;
//! - a bridge answers the caller after it has joined the two legs;
//! - a hang-up in a bridge ends the peer too, unless the agent hangs up and the caller is to be kept;
//! - the fallback timer sends the caller to the dialplan's fallback, out of a talk too;
//! - an agent's leg without a bridge is ended after a minute;
//! - a lost link loses the reports on their way, and no leg.
//!
//! Absent, and covered by the model beside this module: the wire, sounds on top of each other (here the later sound
//! replaces the earlier one, as [`Action`] says), transfers, renamed legs, foreign legs, a crash of the switch.

mod actors;
mod behaviour;
mod commands;
mod leg;
mod limits;
mod sounds;
mod switch;

pub use actors::{CallerStep, KEY_PRESS_DELAY, Script, ScriptedCaller, ScriptedHangUp, ScriptedPhone};
pub use leg::LegView;
pub use limits::TRANSIT;
pub use sounds::{SOUND_LENGTH_DEFAULT, SoundLengths, wav_length};

#[cfg(doc)]
use hotlined_core::command::Action;
use hotlined_core::command::Command;
use hotlined_core::engine::{Engine, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::id::{LegId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use limits::SWITCH;
use switch::{DryRunSwitch, StepResult};

/// Engine, switch and people on one clock.
pub struct DryRun {
    engine: Engine,
    switch: DryRunSwitch,
    now: Instant,
    /// Whether the engine's end of the link is up.
    linked: bool,
    connection: u64,
}

/// Gets each entry that passes the engine, as the journal of a live daemon would have it.
pub type EntryObserver<'w> = &'w mut dyn FnMut(Instant, TraceEntry);

impl DryRun {
    /// A dry run that begins at this instant, with this script. `lengths` says how long each file is, and which exist.
    pub fn new(engine: Engine, begin: Instant, script: Script, lengths: SoundLengths) -> Self {
        let switch = DryRunSwitch::new(begin, script, lengths);
        Self { engine, switch, now: begin, linked: true, connection: 0 }
    }

    /// Sets how long commands and reports are on their way.
    #[must_use]
    pub fn with_transit(mut self, transit: Millis) -> Self {
        self.switch.transit = transit;
        self
    }

    /// The name of the only switch.
    pub fn switch() -> SwitchId {
        SwitchId(SWITCH.into())
    }

    /// The engine, to inspect.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, to be saved and loaded between two steps.
    pub fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// The current time of the dry run.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Whether the link is up at both ends.
    pub fn is_linked(&self) -> bool {
        self.linked && self.switch.connected
    }

    /// The legs of the switch, ordered by name.
    pub fn legs(&self) -> impl Iterator<Item = LegView<'_>> {
        self.switch.leg_views()
    }

    /// When the next event happens; none when no event is left.
    pub fn next_deadline(&self) -> Option<Instant> {
        let deadline = self.engine.deadline().map(|at| at.max(self.now));
        [self.switch.next(), deadline].into_iter().flatten().min()
    }

    /// Performs the next event and returns its time; none when no event is left.
    pub fn step(&mut self, observer: EntryObserver) -> Option<Instant> {
        let at = self.next_deadline()?;
        (self.now, self.switch.now) = (at, at);
        if self.switch.next() != Some(at) {
            self.handle_event(&Event::Due, observer);
            return Some(at);
        }
        match self.switch.step() {
            StepResult::Internal => {}
            StepResult::Reported(event) => {
                self.linked |= matches!(event, Event::LinkRestored { .. });
                self.handle_event(&event, observer);
            }
        }
        Some(at)
    }

    /// Gives the engine an event that comes from no switch: the hotlines, an operator's order.
    pub fn inject(&mut self, event: &Event, observer: EntryObserver) {
        self.handle_event(event, observer);
    }

    /// The person at the far end of this leg hangs up now.
    pub fn hang_up(&mut self, leg: &LegId) {
        self.switch.person_hangs_up(leg);
    }

    /// Moves the clock to `then`, or to the next event if that is earlier.
    pub fn wait_until(&mut self, then: Instant) {
        let until = self.next_deadline().map_or(then, |next| then.min(next));
        self.now = self.now.max(until);
        self.switch.now = self.now;
    }

    /// Loses the link now: reports on their way never arrive, and the end of open commands stays unknown.
    pub fn lose_link(&mut self, observer: EntryObserver) {
        if !std::mem::replace(&mut self.linked, false) {
            return;
        }
        let open = self.switch.disconnect();
        self.handle_event(&Event::LinkLost { switch: Self::switch() }, observer);
        for command in open {
            self.handle_event(&Event::unknown_result(command), observer);
        }
    }

    /// Restores the link: the switch lists its legs now, and the list is on its way.
    pub fn restore_link(&mut self) {
        if !self.switch.connected {
            self.connection += 1;
            self.switch.connect(self.connection);
        }
    }

    fn handle_event(&mut self, event: &Event, observer: EntryObserver) {
        let now = self.now;
        let mut out = Vec::new();
        self.engine.run_turn(now, event, &mut out, &mut |entry| observer(now, entry));
        for command in out {
            // The engine's own ACD has answered already; records and notes are for observers.
            let Command::Switch { id, action, .. } = command else { continue };
            if self.linked {
                self.switch.send_command(id, action);
            } else {
                self.handle_event(&Event::unknown_result(id), observer);
            }
        }
    }
}
