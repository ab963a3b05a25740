use super::*;
use crate::cluster::redis_op::FencedOp;
use hotlined_core::command::{Candidate, Claim, Pick, QueueRank};
use hotlined_core::time::Millis;
use proptest::prelude::*;

/// Redis, as far as anybody can tell from here.
#[derive(Default)]
struct Remote {
    store: Acd,
    is_away: bool,
}

/// Calls that ask, one shared store that comes and goes, and what lies between.
#[derive(Default)]
struct World {
    now: Instant,
    remote: Remote,
    failover: AcdFailover,
    numbers: BTreeMap<u8, u32>,
    /// The claims that were asked and not given up, and whether they were answered.
    asked: BTreeMap<CommandId, bool>,
    /// Which calls have which lines, as the calls see it.
    has: BTreeMap<CommandId, LineId>,
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Claim {
        call: u8,
        lines: Vec<u8>,
        waits: bool,
    },
    GiveBack {
        call: u8,
        rest: u64,
    },
    GiveUp {
        call: u8,
    },
    Admit {
        call: u8,
    },
    Over {
        call: u8,
    },
    /// Redis is away; the next request is lost before.
    Away {
        lost: Option<bool>,
    },
    Back,
}

fn call(name: u8) -> CallId {
    format!("call{name}").parse().unwrap()
}

fn line(name: u8) -> LineId {
    LineId(format!("line{name}").as_str().into())
}

fn pool() -> PoolId {
    PoolId("pool".into())
}

fn claim(lines: &[u8], wait: Option<QueueRank>) -> AcdRequest {
    let candidate = |name: &u8| Candidate { line: line(*name), lines: 1, share: 1 };
    let agents = lines.iter().map(candidate).collect();
    AcdRequest::Claim(Claim { pool: pool(), agents, pick: Pick::First, caller: None, wait })
}

impl World {
    fn id(&mut self, name: u8) -> CommandId {
        let number = self.numbers.entry(name).or_default();
        *number += 1;
        CommandId { call: call(name), number: *number }
    }

    fn ask(&mut self, id: CommandId, request: AcdRequest) {
        let mut out = FailoverOutput::default();
        self.failover.request(self.now, id, request, &mut out);
        self.carry(out);
    }

    /// Everything goes where it should, until there is nothing more.
    fn carry(&mut self, mut out: FailoverOutput) {
        loop {
            for event in std::mem::take(&mut out.replies) {
                self.answered(event);
            }
            if out.ops.is_empty() {
                return;
            }
            for (at, ask) in std::mem::take(&mut out.ops) {
                if self.remote.is_away {
                    let asked = Box::new(FencedOp { at, op: ask, fence: None });
                    let failed = RedisEvent::Failed { op: asked, failure: RedisFailure::TimedOut };
                    assert_eq!(self.failover.handle(self.now, failed, &mut out), None);
                    continue;
                }
                for event in self.remote.take(self.now, &ask) {
                    self.failover.handle(self.now, RedisEvent::AcdReply(event), &mut out);
                }
            }
        }
    }

    fn answered(&mut self, event: Event) {
        let Event::Acd { command, reply: answer } = event else { panic!("{event:?}") };
        if let Some(answered) = self.asked.get_mut(&command) {
            *answered = true;
        }
        match answer {
            AcdReply::Claimed { line } if self.asked.contains_key(&command) => {
                self.has.entry(command).or_insert(line);
            }
            // As a call does that does not wish for it any more.
            AcdReply::Claimed { .. } => {
                let release = AcdRequest::Release { claim: command.number, talked: false, rest: Millis(0) };
                let number = command.number + 1_000;
                self.ask(CommandId { call: command.call, number }, release);
            }
            AcdReply::Refused => {
                self.asked.remove(&command);
            }
            AcdReply::Waiting(_) | AcdReply::Admitted { .. } | AcdReply::CodeSeen { .. } => {}
        }
    }

    fn first(&self, name: u8, has: bool) -> Option<CommandId> {
        let of_call = |id: &&CommandId| id.call == call(name) && self.has.contains_key(*id) == has;
        self.asked.keys().find(of_call).cloned()
    }

    fn live(&mut self, step: &Step) {
        match step {
            Step::Wait(millis) => {
                self.now = self.now + Millis(*millis);
                let mut out = FailoverOutput::default();
                self.failover.run_due(self.now, &mut out);
                if !self.remote.is_away {
                    out.ops.push((self.now, RedisOp::RunDue));
                }
                self.carry(out);
            }
            Step::Claim { call, lines, waits } => {
                let id = self.id(*call);
                self.asked.insert(id.clone(), false);
                let turn = QueueRank { priority: 0, since: self.now, length_max: 9 };
                self.ask(id, claim(lines, waits.then_some(turn)));
            }
            Step::GiveBack { call, rest } => {
                let Some(id) = self.first(*call, true) else { return };
                self.asked.remove(&id);
                self.has.remove(&id);
                let own = self.id(*call);
                let rest = Millis(*rest);
                self.ask(own, AcdRequest::Release { claim: id.number, talked: true, rest });
            }
            Step::GiveUp { call } => {
                let Some(id) = self.first(*call, false) else { return };
                self.asked.remove(&id);
                let own = self.id(*call);
                self.ask(own, AcdRequest::Abandon { claim: id.number });
            }
            Step::Admit { call } => {
                let id = self.id(*call);
                let hotline: Arc<str> = "4008001234".into();
                self.ask(id, AcdRequest::Admit { hotline, calls_max: Some(2), recent: None });
            }
            Step::Over { call: name } => {
                let over = call(*name);
                self.asked.retain(|id, _| id.call != over);
                self.has.retain(|id, _| id.call != over);
                let mut out = FailoverOutput::default();
                self.failover.end_call(self.now, &over, &mut out);
                self.carry(out);
            }
            Step::Away { lost } => {
                if let Some(done) = lost {
                    // Asked while all seemed well; whether it was done nobody hears.
                    let id = self.id(0);
                    self.asked.insert(id.clone(), false);
                    let mut out = FailoverOutput::default();
                    self.failover.request(self.now, id, claim(&[0, 1], None), &mut out);
                    if *done && !self.remote.is_away {
                        for (_, ask) in &out.ops {
                            self.remote.take(self.now, ask);
                        }
                    }
                    self.remote.is_away = true;
                    self.carry(out);
                }
                self.remote.is_away = true;
                let mut out = FailoverOutput::default();
                self.failover.handle(self.now, RedisEvent::Unavailable(RedisFailure::TimedOut), &mut out);
                self.carry(out);
            }
            Step::Back => {
                self.remote.is_away = false;
                let mut out = FailoverOutput::default();
                self.failover.handle(self.now, RedisEvent::Available, &mut out);
                self.carry(out);
            }
        }
    }
}

impl Remote {
    fn take(&mut self, now: Instant, ask: &RedisOp) -> Vec<Event> {
        let mut answers = Vec::new();
        match ask {
            RedisOp::Request { id, request } => self.store.ask(now, id, request, &mut answers),
            RedisOp::Forget(call) => self.store.forget(now, call, &mut answers),
            RedisOp::Hold { id, line, pool } => {
                self.store.hold(now, id, pool, line);
                let again = claim(&[], None);
                self.store.ask(now, id, &again, &mut answers);
            }
            RedisOp::RunDue => self.store.due(now, &mut answers),
            RedisOp::Replicate { .. } | RedisOp::Barrier(_) | RedisOp::CountUsage => {}
        }
        answers
    }
}

fn step() -> impl Strategy<Value = Step> {
    let lines = prop::collection::vec(0..4u8, 1..4);
    prop_oneof![
        2 => (0..5_000u64).prop_map(Step::Wait),
        6 => (0..5u8, lines, any::<bool>())
            .prop_map(|(call, lines, waits)| Step::Claim { call, lines, waits }),
        4 => (0..5u8, prop_oneof![Just(0), 0..3_000u64]).prop_map(|(call, rest)| Step::GiveBack { call, rest }),
        1 => (0..5u8).prop_map(|call| Step::GiveUp { call }),
        1 => (0..5u8).prop_map(|call| Step::Admit { call }),
        1 => (0..5u8).prop_map(|call| Step::Over { call }),
        1 => prop::option::of(any::<bool>()).prop_map(|lost| Step::Away { lost }),
        1 => Just(Step::Back),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_claim_is_answered_and_redis_knows_in_the_end_what_calls_have(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut world = World::default();
        let mut was_away = false;
        for step in &steps {
            world.live(step);
            was_away |= matches!(step, Step::Away { .. });
            let unanswered: Vec<_> = world.asked.iter().filter(|(_, answered)| !**answered).collect();
            prop_assert!(unanswered.is_empty(), "{unanswered:?} after {step:?}");
            prop_assert_eq!(world.failover.lines_held(), world.has.len(), "after {:?}", step);
            if !was_away {
                prop_assert_eq!(world.remote.store.lines_in_use(), world.has.len(), "after {:?}", step);
            }
        }
        world.live(&Step::Back);
        prop_assert_eq!(world.remote.store.lines_in_use(), world.has.len(), "{:?}", world.has);
        for name in 0..5 {
            world.live(&Step::Over { call: name });
        }
        let left = (world.remote.store.lines_in_use(), world.remote.store.waiting());
        prop_assert_eq!(left, (0, 0));
        // Nobody is counted among the live calls any more.
        let id = CommandId { call: call(9), number: 1 };
        let admit = AcdRequest::Admit { hotline: "4008001234".into(), calls_max: Some(1), recent: None };
        let room = Event::Acd { command: id.clone(), reply: AcdReply::Admitted { room: true, recent: 0 } };
        prop_assert_eq!(world.remote.take(world.now, &RedisOp::Request { id, request: admit }), vec![room]);
    }
}

/// Redis and the daemon's own ACD know different lines as free: Redis gives one to a claim, its reply is lost, and the
/// daemon's own ACD refuses the claim.
#[test]
fn a_claim_that_was_refused_while_redis_was_away_holds_nothing_there() {
    let claim = |call, lines: &[u8], waits| Step::Claim { call, lines: lines.to_vec(), waits };
    let mut world = World::default();
    for step in [
        claim(1, &[0], false),
        claim(4, &[3], false),
        claim(2, &[0], true),
        claim(0, &[3, 0], true),
        Step::GiveBack { call: 1, rest: 0 },
        Step::GiveBack { call: 2, rest: 1 },
        Step::Away { lost: None },
        Step::GiveBack { call: 4, rest: 0 },
        Step::Back,
        Step::Wait(1),
        claim(0, &[1], false),
        Step::Away { lost: Some(true) },
        Step::Back,
    ] {
        world.live(&step);
    }
    assert_eq!(world.remote.store.lines_in_use(), world.has.len(), "{:?}", world.has);
}

#[test]
fn a_line_that_was_given_back_in_vain_is_given_back_again_when_redis_is_back() {
    let (mut failover, mut out) = (AcdFailover::default(), FailoverOutput::default());
    let id = |name, number| CommandId { call: call(name), number };
    let release = |claim| AcdRequest::Release { claim, talked: false, rest: Millis(0) };
    let admit = || AcdRequest::Admit { hotline: "4008001234".into(), calls_max: None, recent: None };
    for name in [1, 2] {
        failover.request(Instant(1_000), id(name, 1), admit(), &mut out);
        let room = AcdReply::Admitted { room: true, recent: 0 };
        let admitted = Event::Acd { command: id(name, 1), reply: room };
        failover.handle(Instant(1_000), RedisEvent::AcdReply(admitted), &mut out);
        failover.request(Instant(1_000), id(name, 3), release(2), &mut out);
    }
    failover.end_call(Instant(1_001), &call(2), &mut out);
    let retold = |failover: &mut AcdFailover, at: u64| -> Vec<CommandId> {
        let mut out = FailoverOutput::default();
        failover.handle(Instant(at), RedisEvent::Unavailable(RedisFailure::TimedOut), &mut out);
        failover.handle(Instant(at), RedisEvent::Available, &mut out);
        let released = |(_, ask): &(Instant, RedisOp)| match ask {
            RedisOp::Request { id, request: AcdRequest::Release { .. } } => Some(id.clone()),
            _ => None,
        };
        out.ops.iter().filter_map(released).collect()
    };
    assert_eq!(retold(&mut failover, 2_000), [id(1, 3)], "the other call is over");
    assert_eq!(retold(&mut failover, 62_000), [], "that is long ago");
}
