//! The switch of a rehearsal: its legs, what will happen to them when, and what is reported of it. What each order
//! does stands in `orders` beside this file, what people do in `persons`.

use super::actors::Script;
use super::behaviour::Person;
use super::leg::{Doing, Leg, Who};
use super::sounds::SoundLengths;
use super::{DryRun, LegView, TRANSIT};
use hotlined_core::command::Action;
use hotlined_core::event::{Arrival, Cause, CommandResult, Event, LegEvent, LegState, LiveLeg};
use hotlined_core::id::{CommandId, LegId};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// How long after dialling the dialplan serves the caller itself when nobody takes the call.
const FIRST_FALLBACK: Millis = Millis::seconds(5);

/// Something that will happen.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A caller of the cast dials.
    Dials(usize),
    /// An order reaches the switch.
    Order(CommandId, Action),
    /// A report reaches us.
    Report(Event),
    /// What runs on a leg is over.
    RunOver { leg: LegId, number: u64 },
    /// A dead man's timer fires.
    FallbackDue { leg: LegId, number: u64 },
    /// A called telephone begins to ring.
    Rings(LegId),
    /// Somebody takes a call.
    PicksUp(LegId),
    /// A leg that was answered does what it is told from now on.
    Wakes(LegId),
    /// A telephone, or its network, refuses; or it has rung long enough.
    Fails { leg: LegId, cause: Cause, far_end: bool },
    /// A leg that nobody joined is ended.
    ParkedTooLong(LegId),
    /// The dialplan's fallback is over.
    Served(LegId),
    /// A caller has been answered behind a bridge.
    Answered(LegId),
    /// A person presses a key.
    Presses { leg: LegId, key: char, last: bool },
    /// A caller does the next thing.
    Goes(usize),
    /// A person hangs up.
    Leaves(LegId),
    /// A person has talked long enough, if it still is that talk.
    TalkOver { leg: LegId, number: u64 },
}

/// What a step of the exchange was.
#[derive(Debug)]
pub(super) enum Stepped {
    /// Something only the switch knows of.
    Inside,
    /// A report reached us.
    Told(Event),
}

pub(super) struct Exchange {
    pub(super) now: Instant,
    pub(super) transit: Millis,
    /// Whether the switch's end of the link is up.
    pub(super) connected: bool,
    pub(super) cast: Script,
    pub(super) persons: Vec<Person>,
    pub(super) legs: BTreeMap<LegId, Leg>,
    /// What will happen, in order; of two things in one instant the one that was planned first.
    plans: BTreeMap<(Instant, u64), Act>,
    /// Numbers for plans, runs, timers and talks.
    next_number: u64,
    /// Orders whose end was not reported.
    open: BTreeSet<CommandId>,
    pub(super) times_called: BTreeMap<String, usize>,
    pub(super) lengths: SoundLengths,
}

impl Exchange {
    pub(super) fn new(now: Instant, cast: Script, lengths: SoundLengths) -> Self {
        let mut exchange = Self {
            now,
            transit: TRANSIT,
            connected: true,
            persons: cast.callers.iter().map(Person::new).collect(),
            cast,
            legs: BTreeMap::new(),
            plans: BTreeMap::new(),
            next_number: 0,
            open: BTreeSet::new(),
            times_called: BTreeMap::new(),
            lengths,
        };
        for place in 0..exchange.cast.callers.len() {
            let at = exchange.cast.callers[place].at;
            exchange.plan_at(at, Act::Dials(place));
        }
        exchange
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.plans.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    pub(super) fn plan(&mut self, after: Millis, act: Act) {
        self.plan_at(self.now + after, act);
    }

    fn plan_at(&mut self, at: Instant, act: Act) {
        let number = self.number();
        self.plans.insert((at.max(self.now), number), act);
    }

    /// Takes an order on its way.
    pub(super) fn order(&mut self, id: CommandId, action: Action) {
        if super::commands::has_an_end(&action) {
            self.open.insert(id.clone());
        }
        self.plan(self.transit, Act::Order(id, action));
    }

    fn tell(&mut self, event: Event) {
        if self.connected {
            self.plan(self.transit, Act::Report(event));
        }
    }

    pub(super) fn report(&mut self, leg: &LegId, what: LegEvent) {
        self.tell(Event::Leg { leg: leg.clone(), event: what });
    }

    pub(super) fn done(&mut self, command: CommandId, result: CommandResult) {
        self.tell(Event::Done { command, result });
    }

    /// The link is gone. Gives back the orders whose end nobody will hear of.
    pub(super) fn disconnect(&mut self) -> BTreeSet<CommandId> {
        self.connected = false;
        self.plans.retain(|_, act| !matches!(act, Act::Report(_)));
        std::mem::take(&mut self.open)
    }

    /// The link is there again.
    pub(super) fn connect(&mut self, connection: u64) {
        self.connected = true;
        let legs = self.legs.iter().map(|(leg, state)| self.live(leg, state)).collect();
        self.tell(Event::LinkRestored { switch: DryRun::switch(), connection, legs });
    }

    fn live(&self, name: &LegId, leg: &Leg) -> LiveLeg {
        let state = match &leg.doing {
            Doing::Ringing => LegState::Ringing,
            Doing::Waking | Doing::Parked => LegState::Parked,
            Doing::Talking { .. } => LegState::Bridged,
            Doing::Elsewhere => LegState::Elsewhere,
        };
        let (of, arrival) = match &leg.who {
            Who::Agent { of, .. } => (Some(of.0.clone()), None),
            Who::Caller { of: Some(of), .. } => (Some(of.0.clone()), None),
            Who::Caller { place, of: None } => {
                let waits = state == LegState::Parked;
                (None, waits.then(|| self.arrival(*place, leg.answered)))
            }
        };
        LiveLeg { leg: name.clone(), caller_leg: of, state, answered: leg.answered, arrival }
    }

    fn arrival(&self, place: usize, answered: bool) -> Arrival {
        let caller = &self.cast.callers[place];
        Arrival {
            switch: DryRun::switch(),
            leg: caller.leg.clone(),
            dialled: caller.dialled.clone(),
            caller: caller.number.clone(),
            seed: caller.seed,
            answered,
        }
    }

    pub(super) fn views(&self) -> impl Iterator<Item = LegView<'_>> {
        self.legs.iter().map(|(leg, state)| LegView {
            leg,
            dial: if let Who::Agent { dial, .. } = &state.who { Some(dial) } else { None },
            answered: state.answered,
            app_running: state.running.is_some(),
            peer: state.peer(),
            parked: matches!(state.doing, Doing::Waking | Doing::Parked),
            in_fallback: state.doing == Doing::Elsewhere,
        })
    }

    /// Does what is next.
    pub(super) fn step(&mut self) -> Stepped {
        let Some((_, act)) = self.plans.pop_first() else { return Stepped::Inside };
        match act {
            Act::Report(event) => {
                if let Event::Done { command, .. } = &event {
                    self.open.remove(command);
                }
                return Stepped::Told(event);
            }
            Act::Order(id, action) => self.obey(id, action),
            Act::Dials(place) => self.dials(place),
            Act::RunOver { leg, number } => {
                if self
                    .legs
                    .get(&leg)
                    .and_then(|leg| leg.running.as_ref())
                    .is_some_and(|r| r.number == number)
                {
                    self.end_run(&leg);
                }
            }
            Act::FallbackDue { leg, number } => {
                if self.legs.get(&leg).is_some_and(|leg| leg.fallback == Some(number)) {
                    self.fall_back(&leg);
                }
            }
            Act::Rings(leg) => {
                if self.legs.contains_key(&leg) {
                    self.report(&leg, LegEvent::Ringing { media: false });
                }
            }
            Act::PicksUp(leg) => self.picks_up(&leg),
            Act::Wakes(leg) => {
                if let Some(state) = self.legs.get_mut(&leg).filter(|leg| leg.doing == Doing::Waking) {
                    state.doing = Doing::Parked;
                    self.report(&leg, LegEvent::Parked);
                }
            }
            Act::Fails { leg, cause, far_end } => {
                if self.legs.get(&leg).is_some_and(|leg| leg.doing == Doing::Ringing) {
                    self.end(&leg, cause, far_end);
                }
            }
            Act::ParkedTooLong(leg) => {
                if self.legs.get(&leg).is_some_and(|leg| leg.doing == Doing::Parked && !leg.is_caller()) {
                    self.end(&leg, Cause::Normal, false);
                }
            }
            Act::Served(leg) => self.end(&leg, Cause::Normal, false),
            Act::Answered(leg) => {
                if self.legs.contains_key(&leg) {
                    self.report(&leg, LegEvent::Answered);
                }
            }
            Act::Presses { leg, key, last } => self.presses(&leg, key, last),
            Act::Goes(place) => self.goes_on(place),
            Act::Leaves(leg) => self.leaves(&leg),
            Act::TalkOver { leg, number } => {
                let talks =
                    |leg: &Leg| matches!(&leg.doing, Doing::Talking { number: n, .. } if *n == number);
                if self.legs.get(&leg).is_some_and(talks) {
                    self.leaves(&leg);
                }
            }
        }
        Stepped::Inside
    }

    fn dials(&mut self, place: usize) {
        let leg = self.cast.callers[place].leg.clone();
        let who = Who::Caller { place, of: None };
        self.legs.insert(leg.clone(), Leg::new(who, Doing::Parked));
        self.set_fallback(&leg, FIRST_FALLBACK);
        let arrival = self.arrival(place, false);
        self.tell(Event::Arrived(arrival));
        self.comes(place, &leg);
    }
}
