//! What is saved of live calls, in a file or in Redis.

use super::outbox::{Delivery, DeliveryId};
use hotlined_core::acd::{Acd, AcdInput};
use hotlined_core::engine::Engine;
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::Hotline;
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::time::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What one turn of the event loop changed. It is saved as a whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct TurnChanges {
    /// The calls that are new or changed.
    pub live: Vec<LiveCall>,
    /// The calls that ended.
    pub over: Vec<CallId>,
    /// The inputs of the ACD.
    pub inputs: Vec<(Instant, AcdInput)>,
    /// The deliveries that calls caused, each with the switch of its call.
    pub deliveries: Vec<(SwitchId, Delivery)>,
    /// The deliveries that are done.
    pub done: Vec<DeliveryId>,
}

impl TurnChanges {
    /// What changed in an engine since the last call of this function.
    pub fn of(engine: &mut Engine) -> Self {
        let mut turn = Self { inputs: engine.take_acd_inputs(), ..Self::default() };
        engine.switchboard.changes(
            |over| turn.over.push(over),
            |saved, hotline| {
                let (call, switch) = (saved.call().clone(), saved.switch().clone());
                turn.live.push(LiveCall { call, switch, hotline: hotline.cloned(), bytes: saved.to_bytes() });
            },
        );
        turn
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let Self { live, over, inputs, deliveries, done } = self;
        live.is_empty() && over.is_empty() && inputs.is_empty() && deliveries.is_empty() && done.is_empty()
    }
}

impl PersistedState {
    /// Leaves out the deliveries that a deliverer knows to be done.
    pub fn leave_out(&mut self, done: &BTreeSet<DeliveryId>) {
        let is_done = |delivery: &mut Delivery| done.contains(&delivery.id);
        self.done.extend(self.deliveries.extract_if(.., is_done).map(|delivery| delivery.id));
    }
}

/// A live call.
#[derive(Clone, Debug)]
pub struct LiveCall {
    /// The call.
    pub call: CallId,
    /// The switch of the call.
    pub switch: SwitchId,
    /// The version of the hotline that the call follows.
    pub hotline: Option<Arc<Hotline>>,
    /// The saved call.
    pub bytes: Vec<u8>,
}

/// What the daemon before this one left.
#[derive(Debug, Default)]
pub struct PersistedState {
    /// Its live calls.
    pub calls: Vec<RawSavedCall>,
    /// The versions of hotlines that the calls follow.
    pub hotlines: Vec<Arc<Hotline>>,
    /// The ACD.
    pub store: Acd,
    /// The deliveries that may not be done.
    pub deliveries: Vec<Delivery>,
    /// The deliveries that are done but were still saved.
    pub done: Vec<DeliveryId>,
    /// What could not be read, one sentence each.
    pub losses: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_config::shorthand::SimpleHotline;
    use hotlined_core::call::Limits;
    use hotlined_core::command::{AcdRequest, Action, Command};
    use hotlined_core::event::{AcdReply, Arrival, Event, LegState, LiveLeg};
    use hotlined_core::hotline::{Agent, Dial, Hotlines};
    use hotlined_core::id::{CommandId, LineId};

    fn arrives(name: &str) -> Event {
        Event::Arrived(Arrival {
            switch: SwitchId("fs".into()),
            leg: name.parse().unwrap(),
            dialled: "4008001234".into(),
            caller: "13800138000".into(),
            seed: 1,
            answered: false,
        })
    }

    fn turn(engine: &mut Engine, at: u64, event: &Event) -> Vec<Command> {
        let mut out = Vec::new();
        engine.run_turn(Instant(at), event, &mut out, &mut |_| {});
        out
    }

    #[test]
    fn calls_of_a_clock_that_was_ahead_go_on_by_ours() {
        const HOUR: u64 = 3_600_000;
        let mut before = Engine::new(Limits::default());
        turn(&mut before, HOUR + 1_000, &arrives("a"));
        let mut kept: Vec<RawSavedCall> = TurnChanges::of(&mut before)
            .live
            .iter()
            .map(|live| RawSavedCall::from_bytes(&live.bytes).unwrap())
            .collect();
        // What was written last tells how far it was ahead.
        turn(&mut before, HOUR + 4_000, &arrives("b"));
        kept.extend(
            TurnChanges::of(&mut before)
                .live
                .iter()
                .map(|live| RawSavedCall::from_bytes(&live.bytes).unwrap()),
        );
        let mut after = Engine::new(Limits::default());
        turn(&mut after, 5_000, &Event::CallsTakenOver { calls: kept, hotlines: Vec::new() });
        let gone = Event::LinkRestored { switch: SwitchId("fs".into()), connection: 1, legs: Vec::new() };
        let times = turn(&mut after, 7_000, &gone).into_iter().filter_map(|command| match command {
            Command::Record(record) => Some((record.call.to_string(), record.arrived.0, record.ended.0)),
            Command::Switch { .. }
            | Command::Acd { .. }
            | Command::Message(_)
            | Command::Publish(_)
            | Command::Note { .. } => None,
        });
        let times: Vec<(String, u64, u64)> = times.collect();
        assert_eq!(times, [("a".to_owned(), 2_000, 2_000), ("b".to_owned(), 5_000, 5_000)]);
    }

    #[test]
    fn what_was_done_since_a_call_was_kept_is_not_taken_for_what_its_next_daemon_does() {
        let agent = Agent::new("01", Dial::phone("13900000001").unwrap());
        let hotline = SimpleHotline::default().hotline("4008001234", "Shop", vec![agent]);
        let mut hotlines = Hotlines::default();
        hotlines.insert(Arc::new(hotline));
        let hotlines = Event::Hotlines(Arc::new(hotlines));
        let claim = |out: Vec<Command>| {
            let claims = out.into_iter().filter_map(|command| match command {
                Command::Acd { id, request: AcdRequest::Claim(_) } => Some(id),
                Command::Acd { .. }
                | Command::Switch { .. }
                | Command::Record(_)
                | Command::Message(_)
                | Command::Publish(_)
                | Command::Note { .. } => None,
            });
            claims.last().expect("no claim")
        };
        let rings = |engine: &mut Engine, claim: &CommandId| {
            let line = LineId("13900000001".into());
            let answer = Event::Acd { command: claim.clone(), reply: AcdReply::Claimed { line } };
            let rings = turn(engine, 9, &answer).into_iter().filter_map(|command| match command {
                Command::Switch { id, action: Action::Ring { leg, .. }, .. } => Some((leg, id.number)),
                Command::Acd { .. }
                | Command::Switch { .. }
                | Command::Record(_)
                | Command::Message(_)
                | Command::Publish(_)
                | Command::Note { .. } => None,
            });
            rings.last().expect("nobody is called")
        };
        let mut before = Engine::with_shared_acd(Limits::default());
        turn(&mut before, 1, &hotlines);
        let claim = claim(turn(&mut before, 1, &arrives("a")));
        let kept = TurnChanges::of(&mut before).live.remove(0);
        let known = kept.hotline.clone().into_iter().collect();
        let kept = vec![RawSavedCall::from_bytes(&kept.bytes).unwrap()];
        let (leg, number) = rings(&mut before, &claim);

        let mut after = Engine::with_shared_acd(Limits::default());
        turn(&mut after, 2, &Event::CallsTakenOver { calls: kept, hotlines: known });
        let parked = LiveLeg {
            leg: "a".parse().unwrap(),
            caller_leg: None,
            state: LegState::Parked,
            answered: false,
            arrival: None,
        };
        let switch = SwitchId("fs".into());
        turn(&mut after, 3, &Event::LinkRestored { switch, connection: 1, legs: vec![parked] });
        let (other_leg, other_number) = rings(&mut after, &claim);
        assert!(
            leg != other_leg && other_number > number + 900,
            "{leg} {number}, {other_leg} {other_number}"
        );
    }

    #[test]
    fn a_call_is_told_when_it_changed_and_when_it_may_be_lost() {
        let mut engine = Engine::new(Limits::default());
        let arrive = |name: &str, engine: &mut Engine| drop(turn(engine, 1, &arrives(name)));
        let told = |engine: &mut Engine| -> Vec<String> {
            TurnChanges::of(engine)
                .live
                .iter()
                .map(|live| format!("{} at {}", live.call, live.switch))
                .collect()
        };
        arrive("a", &mut engine);
        arrive("b", &mut engine);
        assert_eq!(told(&mut engine), ["a at fs", "b at fs"]);
        assert_eq!(told(&mut engine), [""; 0]);
        engine.switchboard.report_again(&"b".parse().unwrap());
        engine.switchboard.report_again(&"never".parse().unwrap());
        assert_eq!(told(&mut engine), ["b at fs"]);
        arrive("c", &mut engine);
        engine.switchboard.report_all_again();
        assert_eq!(told(&mut engine), ["c at fs", "a at fs", "b at fs"], "each once");
    }
}
