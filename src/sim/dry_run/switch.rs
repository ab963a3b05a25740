//! The switch of a dry run: its legs, its schedule of future events, and the reports it sends to the engine.
//!
//! `commands` beside this file executes the engine's commands, `behaviour` plays the people.

use super::actors::Script;
use super::leg::{CallerProgress, Leg, LegActivity, LegOwner, LegView};
use super::limits::{SWITCH, TRANSIT};
use super::sounds::SoundLengths;
use hotlined_core::command::Action;
use hotlined_core::event::{Arrival, Cause, CommandResult, Event, LegEvent, LegState, LiveLeg};
use hotlined_core::id::{CommandId, LegId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// How long after dialling the dialplan serves the caller itself when nobody takes the call.
const FIRST_FALLBACK: Millis = Millis::seconds(5);

/// An event of the future.
#[derive(Clone, Debug)]
pub(super) enum DryRunEvent {
    /// A caller of the cast dials.
    Dials(usize),
    /// A command reaches the switch.
    Command(CommandId, Action),
    /// A report reaches the engine.
    Report(Event),
    /// The application that runs on a leg ends by itself, if it is still the one of this number.
    AppOver { leg: LegId, number: u64 },
    /// The fallback timer of a leg fires, if it is still the one of this number.
    FallbackDue { leg: LegId, number: u64 },
    /// A called telephone begins to ring.
    Rings(LegId),
    /// An agent, a mailbox or a caller who is called back answers.
    Answers(LegId),
    /// An answered leg is parked and executes commands from now on.
    Parks(LegId),
    /// A leg fails: the telephone or its network refuses, or the ring time is over.
    Fails { leg: LegId, cause: Cause, far_end: bool },
    /// An agent's leg was parked too long without a bridge.
    ParkedTooLong(LegId),
    /// The dialplan's fallback is over.
    FallbackOver(LegId),
    /// The bridge has answered the caller.
    CallerAnswered(LegId),
    /// A person presses a key.
    Presses { leg: LegId, key: char, last: bool },
    /// A caller begins the next step of its script.
    NextStep(usize),
    /// A person hangs up.
    HangsUp(LegId),
    /// A person has talked long enough and hangs up, if the talk is still the one of this number.
    TalkTimeOver { leg: LegId, number: u64 },
}

/// What one step of the switch was.
#[derive(Debug)]
pub(super) enum StepResult {
    /// Something that only the switch sees.
    Internal,
    /// A report reached the engine.
    Reported(Event),
}

pub(super) struct DryRunSwitch {
    pub(super) now: Instant,
    pub(super) transit: Millis,
    /// Whether the switch's end of the link is up.
    pub(super) connected: bool,
    pub(super) script: Script,
    pub(super) callers_progress: Vec<CallerProgress>,
    pub(super) legs: BTreeMap<LegId, Leg>,
    /// The schedule. Events of the same instant keep the order in which they were scheduled.
    scheduled: BTreeMap<(Instant, u64), DryRunEvent>,
    /// The next number for an event, an application, a timer or a talk.
    next_number: u64,
    /// Commands whose end was not reported yet.
    pub(super) open_commands: BTreeSet<CommandId>,
    pub(super) times_called: BTreeMap<String, usize>,
    pub(super) lengths: SoundLengths,
}

impl DryRunSwitch {
    pub(super) fn new(now: Instant, script: Script, lengths: SoundLengths) -> Self {
        let mut switch = Self {
            now,
            transit: TRANSIT,
            connected: true,
            callers_progress: script.callers.iter().map(CallerProgress::new).collect(),
            script,
            legs: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            next_number: 0,
            open_commands: BTreeSet::new(),
            times_called: BTreeMap::new(),
            lengths,
        };
        for caller_index in 0..switch.script.callers.len() {
            let at = switch.script.callers[caller_index].at;
            switch.schedule_at(at, DryRunEvent::Dials(caller_index));
        }
        switch
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.scheduled.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn new_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    pub(super) fn schedule(&mut self, after: Millis, act: DryRunEvent) {
        self.schedule_at(self.now + after, act);
    }

    pub(super) fn schedule_at(&mut self, at: Instant, act: DryRunEvent) {
        let number = self.new_number();
        self.scheduled.insert((at.max(self.now), number), act);
    }

    fn send_report(&mut self, event: Event) {
        if self.connected {
            self.schedule(self.transit, DryRunEvent::Report(event));
        }
    }

    pub(super) fn report_leg(&mut self, leg: &LegId, event: LegEvent) {
        self.send_report(Event::Leg { leg: leg.clone(), event });
    }

    pub(super) fn report_done(&mut self, command: CommandId, result: CommandResult) {
        self.send_report(Event::Done { command, result });
    }

    /// Ends the link: reports on their way are lost. Returns the commands whose end will not be reported.
    pub(super) fn disconnect(&mut self) -> BTreeSet<CommandId> {
        self.connected = false;
        self.scheduled.retain(|_, act| !matches!(act, DryRunEvent::Report(_)));
        std::mem::take(&mut self.open_commands)
    }

    /// Restores the link and sends the list of legs.
    pub(super) fn connect(&mut self, connection: u64) {
        self.connected = true;
        let legs = self.legs.iter().map(|(leg, state)| self.live_leg(leg, state)).collect();
        self.send_report(Event::LinkRestored { switch: SwitchId(SWITCH.into()), connection, legs });
    }

    fn live_leg(&self, name: &LegId, leg: &Leg) -> LiveLeg {
        let state = match &leg.activity {
            LegActivity::Ringing => LegState::Ringing,
            LegActivity::Answered | LegActivity::Parked => LegState::Parked,
            LegActivity::Talking { .. } => LegState::Bridged,
            LegActivity::Fallback => LegState::Elsewhere,
        };
        let (caller_leg, arrival) = match &leg.owner {
            LegOwner::Agent { call, .. } => (Some(call.0.clone()), None),
            LegOwner::Caller { call: Some(call), .. } => (Some(call.0.clone()), None),
            LegOwner::Caller { caller_index, call: None } => {
                let waits = state == LegState::Parked;
                (None, waits.then(|| self.arrival(*caller_index, leg.answered)))
            }
        };
        LiveLeg { leg: name.clone(), caller_leg, state, answered: leg.answered, arrival }
    }

    fn arrival(&self, caller_index: usize, answered: bool) -> Arrival {
        let caller = &self.script.callers[caller_index];
        Arrival {
            switch: SwitchId(SWITCH.into()),
            leg: caller.leg.clone(),
            dialled: caller.dialled.clone(),
            caller: caller.number.clone(),
            seed: caller.seed,
            answered,
        }
    }

    pub(super) fn leg_views(&self) -> impl Iterator<Item = LegView<'_>> {
        self.legs.iter().map(|(leg, state)| LegView {
            leg,
            dial: if let LegOwner::Agent { dial, .. } = &state.owner { Some(dial) } else { None },
            answered: state.answered,
            app_running: state.running.is_some(),
            peer: state.peer(),
            parked: matches!(state.activity, LegActivity::Answered | LegActivity::Parked),
            in_fallback: state.activity == LegActivity::Fallback,
        })
    }

    /// Takes the next event from the schedule and performs it.
    pub(super) fn step(&mut self) -> StepResult {
        let Some((_, act)) = self.scheduled.pop_first() else { return StepResult::Internal };
        match act {
            DryRunEvent::Report(event) => {
                if let Event::Done { command, .. } = &event {
                    self.open_commands.remove(command);
                }
                return StepResult::Reported(event);
            }
            DryRunEvent::Command(id, action) => self.execute(id, action),
            DryRunEvent::Dials(caller_index) => self.caller_dials(caller_index),
            DryRunEvent::AppOver { leg, number } => {
                if self
                    .legs
                    .get(&leg)
                    .and_then(|leg| leg.running.as_ref())
                    .is_some_and(|r| r.number == number)
                {
                    self.stop_app(&leg);
                }
            }
            DryRunEvent::FallbackDue { leg, number } => {
                if self.legs.get(&leg).is_some_and(|leg| leg.fallback == Some(number)) {
                    self.start_fallback(&leg);
                }
            }
            DryRunEvent::Rings(leg) => {
                if self.legs.contains_key(&leg) {
                    self.report_leg(&leg, LegEvent::Ringing { media: false });
                }
            }
            DryRunEvent::Answers(leg) => self.answer_phone(&leg),
            DryRunEvent::Parks(leg) => {
                if let Some(state) =
                    self.legs.get_mut(&leg).filter(|leg| leg.activity == LegActivity::Answered)
                {
                    state.activity = LegActivity::Parked;
                    self.report_leg(&leg, LegEvent::Parked);
                }
            }
            DryRunEvent::Fails { leg, cause, far_end } => {
                if self.legs.get(&leg).is_some_and(|leg| leg.activity == LegActivity::Ringing) {
                    self.end_leg(&leg, cause, far_end);
                }
            }
            DryRunEvent::ParkedTooLong(leg) => {
                if self
                    .legs
                    .get(&leg)
                    .is_some_and(|leg| leg.activity == LegActivity::Parked && !leg.is_caller())
                {
                    self.end_leg(&leg, Cause::Normal, false);
                }
            }
            DryRunEvent::FallbackOver(leg) => self.end_leg(&leg, Cause::Normal, false),
            DryRunEvent::CallerAnswered(leg) => {
                if self.legs.contains_key(&leg) {
                    self.report_leg(&leg, LegEvent::Answered);
                }
            }
            DryRunEvent::Presses { leg, key, last } => self.press_key(&leg, key, last),
            DryRunEvent::NextStep(caller_index) => self.next_step(caller_index),
            DryRunEvent::HangsUp(leg) => self.person_hangs_up(&leg),
            DryRunEvent::TalkTimeOver { leg, number } => {
                let talks = |leg: &Leg| matches!(&leg.activity, LegActivity::Talking { number: n, .. } if *n == number);
                if self.legs.get(&leg).is_some_and(talks) {
                    self.person_hangs_up(&leg);
                }
            }
        }
        StepResult::Internal
    }

    fn caller_dials(&mut self, caller_index: usize) {
        let leg = self.script.callers[caller_index].leg.clone();
        let owner = LegOwner::Caller { caller_index, call: None };
        self.legs.insert(leg.clone(), Leg::new(owner, LegActivity::Parked));
        self.set_fallback(&leg, FIRST_FALLBACK);
        let arrival = self.arrival(caller_index, false);
        self.send_report(Event::Arrived(arrival));
        self.caller_arrives(caller_index, &leg);
    }
}
