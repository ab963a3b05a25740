//! Events in any order, sensible or not: whatever a switch may say, the switchboard keeps its promises.
//!
//! Legs, numbers of commands and instants are drawn from so few that they hit each other all the time.

use crate::support::cases;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::call::Limits;
use hotlined_core::command::{Action, Command};
use hotlined_core::engine::Engine;
use hotlined_core::event::{
    AcdReply, Arrival, Cause, CommandResult, Event, LegEvent, LegState, LiveLeg, OperatorOrder,
};
use hotlined_core::hotline::group::Strategy as HuntStrategy;
use hotlined_core::hotline::{Agent, Dial, Hotline, Hotlines};
use hotlined_core::id::{CallId, CommandId, LegId, LineId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A leg, by what it is rather than by name: agents' names are known only once they are rung.
#[derive(Clone, Debug)]
enum Leg {
    Caller(u8),
    Agent(u8),
    Stranger,
}

#[derive(Clone, Debug)]
enum Said {
    Wait(u64),
    Arrives(u8, &'static str),
    Leg(Leg, LegEvent),
    Joined(Leg, Leg, bool),
    Renamed(Leg, Leg),
    Done(u8, u32, CommandResult),
    Store(u8, u32, bool),
    LinkLost,
    LinkRestored(Vec<(Leg, LegState, bool)>),
    Drain,
}

fn leg() -> impl Strategy<Value = Leg> {
    prop_oneof![4 => (0..3u8).prop_map(Leg::Caller), 5 => (0..8u8).prop_map(Leg::Agent), 1 => Just(Leg::Stranger)]
}

fn cause() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![Cause::Normal, Cause::Busy, Cause::NoAnswer, Cause::Cancelled, Cause::Other])
}

fn what() -> impl Strategy<Value = LegEvent> {
    prop_oneof![
        1 => Just(LegEvent::Created),
        1 => any::<bool>().prop_map(|media| LegEvent::Ringing { media }),
        3 => Just(LegEvent::Answered),
        4 => Just(LegEvent::Parked),
        1 => Just(LegEvent::Left),
        1 => Just(LegEvent::Digit('1')),
        2 => (cause(), any::<bool>()).prop_map(|(cause, far_end)| LegEvent::HungUp { cause, far_end }),
    ]
}

fn result() -> impl Strategy<Value = CommandResult> {
    prop_oneof![
        Just(CommandResult::Ok),
        cause().prop_map(CommandResult::Failed),
        Just(CommandResult::NoSuchLeg),
        Just(CommandResult::Unknown)
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let state = prop::sample::select(vec![
        LegState::Ringing,
        LegState::Parked,
        LegState::Bridged,
        LegState::Elsewhere,
    ]);
    let dialled = prop::sample::select(vec!["4008001234", "864008001234", "4009999999", "nonsense"]);
    prop_oneof![
        3 => prop_oneof![0..50u64, 0..6_000u64, 0..90_000u64].prop_map(Said::Wait),
        3 => (0..3u8, dialled).prop_map(|(caller, dialled)| Said::Arrives(caller, dialled)),
        10 => (leg(), what()).prop_map(|(leg, what)| Said::Leg(leg, what)),
        3 => (leg(), leg(), any::<bool>()).prop_map(|(one, other, joined)| Said::Joined(one, other, joined)),
        1 => (leg(), leg()).prop_map(|(from, to)| Said::Renamed(from, to)),
        4 => (0..3u8, 1..14u32, result()).prop_map(|(call, number, result)| Said::Done(call, number, result)),
        2 => (0..3u8, 1..14u32, any::<bool>()).prop_map(|(call, number, given)| Said::Store(call, number, given)),
        1 => Just(Said::LinkLost),
        1 => prop::collection::vec((leg(), state, any::<bool>()), 0..6).prop_map(Said::LinkRestored),
        1 => Just(Said::Drain),
    ]
}

struct House {
    engine: Engine,
    now: Instant,
    agents: Vec<LegId>,
    taken: BTreeMap<CallId, usize>,
    over: BTreeMap<CallId, usize>,
    hung_up: BTreeSet<LegId>,
}

impl House {
    fn new() -> Self {
        let mut house = Self {
            engine: Engine::new(Limits {
                live_max: 10,
                fallback_after: Millis::seconds(5),
                publishes: false,
            }),
            now: Instant(1_000),
            agents: Vec::new(),
            taken: BTreeMap::new(),
            over: BTreeMap::new(),
            hung_up: BTreeSet::new(),
        };
        let mut hotlines = Hotlines::default();
        hotlines.insert(Arc::new(hotline()));
        house.turn(&Event::Hotlines(Arc::new(hotlines)));
        house
    }

    fn turn(&mut self, event: &Event) {
        let before: BTreeSet<CallId> = self.engine.switchboard.stages().map(|(id, _)| id.clone()).collect();
        let mut out = Vec::new();
        self.engine.run_turn(self.now, event, &mut out, &mut |_| {});
        for command in out {
            match command {
                Command::Switch { action: Action::Ring { leg, .. }, .. } => self.agents.push(leg),
                Command::Switch { action: Action::HangUp { leg, .. }, .. } => {
                    self.hung_up.insert(leg);
                }
                Command::Record(record) => *self.over.entry(record.call.clone()).or_default() += 1,
                Command::Switch { .. }
                | Command::Message(_)
                | Command::Publish(_)
                | Command::Acd { .. }
                | Command::Note { .. } => {}
            }
        }
        let live: BTreeSet<CallId> = self.engine.switchboard.stages().map(|(id, _)| id.clone()).collect();
        for call in live.difference(&before) {
            *self.taken.entry(call.clone()).or_default() += 1;
        }
    }

    fn leg(&self, leg: &Leg) -> LegId {
        match leg {
            Leg::Caller(at) => format!("caller-{at}").parse().unwrap(),
            Leg::Agent(at) => self.agents.get(usize::from(*at)).cloned().unwrap_or("nobody".parse().unwrap()),
            Leg::Stranger => "stranger".parse().unwrap(),
        }
    }

    fn command(&self, call: u8, number: u32) -> CommandId {
        CommandId { call: CallId(self.leg(&Leg::Caller(call))), number }
    }

    fn wait(&mut self, span: u64) {
        let then = self.now + Millis(span);
        while let Some(at) = self.engine.deadline().filter(|at| *at <= then) {
            self.now = self.now.max(at);
            self.turn(&Event::Due);
        }
        self.now = then;
    }

    fn hear(&mut self, said: &Said) {
        let event = match said {
            Said::Wait(span) => return self.wait(*span),
            Said::Arrives(caller, dialled) => Event::Arrived(Arrival {
                switch: switch(),
                leg: self.leg(&Leg::Caller(*caller)),
                dialled: (*dialled).into(),
                caller: "13800138000".into(),
                seed: u64::from(*caller),
                answered: false,
            }),
            Said::Leg(leg, what) => Event::Leg { leg: self.leg(leg), event: what.clone() },
            Said::Joined(one, other, true) => {
                Event::Leg { leg: self.leg(one), event: LegEvent::Bridged { peer: self.leg(other) } }
            }
            Said::Joined(one, other, false) => {
                Event::Leg { leg: self.leg(one), event: LegEvent::Unbridged { peer: self.leg(other) } }
            }
            Said::Renamed(from, to) => {
                Event::Leg { leg: self.leg(to), event: LegEvent::Renamed { from: self.leg(from) } }
            }
            Said::Done(call, number, result) => {
                Event::Done { command: self.command(*call, *number), result: result.clone() }
            }
            Said::Store(call, number, true) => {
                Event::Acd { command: self.command(*call, *number), reply: claimed() }
            }
            Said::Store(call, number, false) => {
                Event::Acd { command: self.command(*call, *number), reply: AcdReply::Refused }
            }
            Said::LinkLost => Event::LinkLost { switch: switch() },
            Said::LinkRestored(legs) => {
                let live = |(leg, state, answered): &(Leg, LegState, bool)| LiveLeg {
                    leg: self.leg(leg),
                    caller_leg: None,
                    state: state.clone(),
                    answered: *answered,
                    arrival: None,
                };
                Event::LinkRestored { switch: switch(), connection: 1, legs: legs.iter().map(live).collect() }
            }
            Said::Drain => Event::Operator(OperatorOrder::Drain),
        };
        self.turn(&event);
    }
}

fn switch() -> SwitchId {
    SwitchId("fs1".into())
}

fn claimed() -> AcdReply {
    AcdReply::Claimed { line: LineId("13900000001".into()) }
}

fn hotline() -> Hotline {
    let agent = |id: &str| Agent::new(id, Dial::phone(&format!("139000000{id}")).unwrap());
    let plain = SimpleHotline {
        strategy: HuntStrategy::Random,
        wait: Millis::seconds(60),
        ..SimpleHotline::default()
    };
    plain.hotline("4008001234", "Any", vec![agent("01"), agent("02"), agent("03")])
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..cases(1_000) })]

    #[test]
    fn whatever_is_said_every_call_ends_in_one_record_and_every_line_comes_back(
        saids in prop::collection::vec(said(), 1..60)
    ) {
        let mut house = House::new();
        for said in &saids {
            house.hear(said);
            for (call, records) in &house.over {
                prop_assert!(*records <= house.taken.get(call).copied().unwrap_or(0), "{call} has {records} records");
            }
        }
        // The switch forgets everything: nothing may be left here either.
        house.turn(&Event::LinkRestored { switch: switch(), connection: 1, legs: Vec::new() });
        house.wait(600_000);
        prop_assert_eq!(house.engine.switchboard.live_count(), 0);
        prop_assert_eq!(house.engine.lines_in_use(), 0);
        prop_assert_eq!(house.engine.acd().left_behind(), 0);
        prop_assert_eq!(&house.over, &house.taken);
    }

    #[test]
    fn when_a_caller_has_left_every_agents_leg_was_told_to_end_or_had_ended(
        saids in prop::collection::vec(said(), 1..60)
    ) {
        let mut house = House::new();
        // A caller's leg under another name is another leg to this test.
        saids.iter().filter(|said| !matches!(said, Said::Renamed(..))).for_each(|said| house.hear(said));
        // The link is there, so that what is ordered now is heard.
        let live: Vec<LiveLeg> = (0..8).map(Leg::Agent).chain((0..3).map(Leg::Caller)).map(|leg| LiveLeg {
            leg: house.leg(&leg), caller_leg: None, state: LegState::Ringing, answered: false, arrival: None,
        }).collect();
        house.turn(&Event::LinkRestored { switch: switch(), connection: 1, legs: live });
        let live_before: Vec<CallId> = house.engine.switchboard.stages().map(|(id, _)| id.clone()).collect();
        house.hung_up.clear();
        for caller in 0..3 {
            house.hear(&Said::Leg(Leg::Caller(caller), LegEvent::HungUp { cause: Cause::Cancelled, far_end: true }));
        }
        for call in live_before {
            let Some(saved) = house.engine.switchboard.save(&call) else { continue };
            let saved = serde_json::to_value(&saved).unwrap();
            for attempt in saved["state"]["facts"]["attempts"].as_array().unwrap() {
                let over = attempt["phase"] == "over";
                let told = !attempt["ending"].is_null();
                prop_assert!(over || told, "{attempt}");
            }
        }
    }
}
