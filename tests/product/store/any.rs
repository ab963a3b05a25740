//! Whatever is asked in whatever order: the store does what the model does, and what must always hold holds.

use super::backing::{CASES, SHRINKS};
use super::model::{Model, Name, rank};
use super::world::{Told, World, line, pool, told};
use crate::support::cases;
use crate::support::needs;
use hotlined_core::command::{AcdRequest, Candidate, Claim, Pick, QueueRank};
use hotlined_core::event::AcdReply;
use hotlined_core::time::{Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

const LINES: [(&str, u16); 5] = [("a", 1), ("b", 1), ("c", 2), ("d", 1), ("t", 3)];

#[derive(Clone, Debug)]
enum Said {
    Claim {
        call: u8,
        pool: u8,
        agents: Vec<usize>,
        pick: Pick,
        caller: Option<u8>,
        wait: Option<(u8, u64, u16)>,
    },
    /// The newest claim of the call but so many.
    Again(u8, u32),
    Release {
        call: u8,
        back: u32,
        talked: bool,
        rest: u64,
    },
    Abandon(u8, u32),
    Place(u8, u32),
    Remember {
        pool: u8,
        caller: u8,
        line: usize,
        keep: u64,
    },
    Forget(u8),
    Wait(u64),
    Due,
}

fn pick() -> impl Strategy<Value = Pick> {
    prop::sample::select(vec![
        Pick::First,
        Pick::NextInTurn,
        Pick::FewestCalls,
        Pick::LongestIdle,
        Pick::ByShare,
    ])
}

fn said() -> impl Strategy<Value = Said> {
    let (call, pool, back) = (0..6u8, 0..3u8, 0..4u32);
    let agents = prop::sample::subsequence((0..LINES.len()).collect::<Vec<_>>(), 0..=LINES.len());
    let wait = prop::option::weighted(0.6, (0..3u8, 0..40u64, 0..6u16));
    let rest = prop_oneof![Just(0), 0..60u64];
    let caller = || prop::option::weighted(0.3, 0..3u8);
    prop_oneof![
        9 => (call.clone(), pool.clone(), agents.prop_shuffle(), pick(), caller(), wait).prop_map(
            |(call, pool, agents, pick, caller, wait)| Said::Claim { call, pool, agents, pick, caller, wait }
        ),
        1 => (call.clone(), back.clone()).prop_map(|(call, back)| Said::Again(call, back)),
        8 => (call.clone(), back.clone(), any::<bool>(), rest)
            .prop_map(|(call, back, talked, rest)| Said::Release { call, back, talked, rest }),
        2 => (call.clone(), back.clone()).prop_map(|(call, back)| Said::Abandon(call, back)),
        1 => (call.clone(), back).prop_map(|(call, back)| Said::Place(call, back)),
        1 => (pool, 0..3u8, 0..LINES.len(), 0..100u64)
            .prop_map(|(pool, caller, line, keep)| Said::Remember { pool, caller, line, keep }),
        1 => call.prop_map(Said::Forget),
        3 => (0..50u64).prop_map(Said::Wait),
        2 => Just(Said::Due),
    ]
}

/// The store and the model, side by side.
struct Pair {
    world: World,
    model: Model,
    /// Every claim made, by call; and how often it was told that it is over or has a line.
    made: BTreeMap<u8, Vec<(u32, Claim)>>,
    decided: BTreeMap<Name, usize>,
    numbers: u32,
}

fn call_name(call: u8) -> String {
    format!("call-{call}")
}

impl Pair {
    fn new() -> Self {
        let world = World::at(1_000);
        Self { world, model: Model::default(), made: BTreeMap::new(), decided: BTreeMap::new(), numbers: 0 }
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn back(&self, call: u8, back: u32) -> Option<(u32, Claim)> {
        self.made.get(&call)?.iter().rev().nth(back as usize).cloned()
    }

    fn claim(&self, said: &Said) -> Option<Claim> {
        let Said::Claim { pool: in_pool, agents, pick, caller, wait, .. } = said else { return None };
        let candidate = |at: &usize| {
            let (name, lines) = LINES[*at];
            Candidate { line: line(name), lines, share: 1 + *at as u16 % 3 }
        };
        let now = self.world.now;
        let turn = |(priority, ago, length_max): (u8, u64, u16)| QueueRank {
            priority,
            since: now - Millis(ago),
            length_max,
        };
        Some(Claim {
            pool: pool(&format!("pool-{in_pool}")),
            agents: agents.iter().map(candidate).collect(),
            pick: *pick,
            caller: caller.map(|caller| format!("1380000000{caller}").into()),
            wait: wait.map(turn),
        })
    }

    fn ask(&mut self, call: u8, number: u32, request: &AcdRequest) -> Result<(), TestCaseError> {
        let name = (call_name(call), number);
        let heard = self.world.ask(&name.0, number, request);
        let expected = self.model.ask(self.world.now, &name, request);
        self.compare(heard, expected, false)
    }

    /// Where a claim is repeated, the last that is told is told again.
    fn compare(
        &mut self,
        mut heard: Vec<Told>,
        expected: Vec<(Name, AcdReply)>,
        repeated: bool,
    ) -> Result<(), TestCaseError> {
        let expected: Vec<_> = expected.into_iter().map(|((who, number), a)| told(&who, number, a)).collect();
        prop_assert_eq!(&heard, &expected);
        if repeated {
            heard.pop();
        }
        for (who, number, answer) in heard {
            match answer {
                AcdReply::Claimed { .. } | AcdReply::Refused => {
                    *self.decided.entry((who, number)).or_default() += 1;
                }
                AcdReply::Waiting(_) => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        Ok(())
    }

    fn hear(&mut self, said: &Said) -> Result<(), TestCaseError> {
        match said {
            Said::Claim { call, .. } => {
                let Some(claim) = self.claim(said) else { return Ok(()) };
                let number = self.number();
                self.made.entry(*call).or_default().push((number, claim.clone()));
                self.ask(*call, number, &AcdRequest::Claim(claim))
            }
            Said::Again(call, back) => match self.back(*call, *back) {
                Some((number, claim)) => {
                    let name = (call_name(*call), number);
                    let request = AcdRequest::Claim(claim);
                    let heard = self.world.ask(&name.0, number, &request);
                    let expected = self.model.ask(self.world.now, &name, &request);
                    self.compare(heard, expected, true)
                }
                None => Ok(()),
            },
            Said::Release { call, back, talked, rest } => {
                let Some((claim, _)) = self.back(*call, *back) else { return Ok(()) };
                let number = self.number();
                let request = AcdRequest::Release { claim, talked: *talked, rest: Millis(*rest) };
                self.ask(*call, number, &request)
            }
            Said::Abandon(call, back) => {
                let Some((claim, _)) = self.back(*call, *back) else { return Ok(()) };
                let number = self.number();
                self.ask(*call, number, &AcdRequest::Abandon { claim })
            }
            Said::Place(call, back) => {
                let Some((claim, _)) = self.back(*call, *back) else { return Ok(()) };
                let number = self.number();
                self.ask(*call, number, &AcdRequest::Place { claim })
            }
            Said::Remember { pool: in_pool, caller, line: at, keep } => {
                let number = self.number();
                let request = AcdRequest::Remember {
                    pool: pool(&format!("pool-{in_pool}")),
                    caller: format!("1380000000{caller}").into(),
                    line: line(LINES[*at].0),
                    keep: Millis(*keep),
                };
                self.ask(0, number, &request)
            }
            Said::Forget(call) => {
                let heard = self.world.forget(&call_name(*call));
                let expected = self.model.forget(self.world.now, &call_name(*call));
                self.made.remove(call);
                self.compare(heard, expected, false)
            }
            Said::Wait(span) => {
                self.world.wait(*span);
                Ok(())
            }
            Said::Due => {
                let heard = self.world.due();
                let expected = self.model.due(self.world.now);
                self.compare(heard, expected, false)
            }
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (world, model) = (&self.world, &self.model);
        prop_assert_eq!(world.store.lines_in_use(), model.holds.len());
        prop_assert_eq!(world.store.waiting(), model.waits.len());
        prop_assert_eq!(world.store.deadline(), model.deadline());
        for (name, lines) in LINES {
            prop_assert!(model.held(&line(name)) <= usize::from(lines), "{name} is held too often");
        }
        for waits in &model.waits {
            for agent in &waits.claim.agents {
                let free = model.taken(&agent.line) < usize::from(agent.lines);
                prop_assert!(
                    !free,
                    "{:?} is free, and {:?} waits: {:?}",
                    agent.line,
                    waits.name,
                    rank(waits)
                );
            }
        }
        Ok(())
    }

    /// Everybody gives back what they have until nobody waits any more.
    fn finish(&mut self) -> Result<(), TestCaseError> {
        self.world.wait(1_000);
        self.hear(&Said::Due)?;
        while let Some(holds) = self.model.holds.first().cloned() {
            let (who, claim) = holds.name;
            let call = who.trim_start_matches("call-").parse().unwrap();
            let number = self.number();
            self.ask(call, number, &AcdRequest::Release { claim, talked: true, rest: Millis(0) })?;
            self.check()?;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: SHRINKS, ..cases(CASES) })]

    #[test]
    fn whatever_is_asked_the_store_does_what_the_rules_say(saids in prop::collection::vec(said(), 1..120)) {
        needs!(of super::backing::NEEDS, else Ok(()));
        let mut pair = Pair::new();
        for said in &saids {
            pair.hear(said)?;
            pair.check()?;
        }
        pair.finish()?;
        prop_assert_eq!((pair.world.store.lines_in_use(), pair.world.store.waiting()), (0, 0));
        for (call, claims) in &pair.made {
            for (number, _) in claims {
                let times = pair.decided.get(&(call_name(*call), *number)).copied().unwrap_or(0);
                prop_assert!(times <= 1, "call {call}, claim {number} was decided {times} times");
            }
        }
    }

    #[test]
    fn every_claim_that_is_not_given_up_is_decided_once(saids in prop::collection::vec(said(), 1..120)) {
        needs!(of super::backing::NEEDS, else Ok(()));
        let mut pair = Pair::new();
        let asked = saids.iter().filter(|said| !matches!(said, Said::Abandon(..) | Said::Forget(_)));
        for said in asked {
            pair.hear(said)?;
        }
        pair.finish()?;
        for (call, claims) in &pair.made {
            for (number, _) in claims {
                let times = pair.decided.get(&(call_name(*call), *number)).copied().unwrap_or(0);
                prop_assert_eq!(times, 1, "call {}, claim {}", call, number);
            }
        }
    }

    #[test]
    fn the_same_requests_get_the_same_answers_whenever_it_is_woken(saids in prop::collection::vec(said(), 1..60)) {
        needs!(of super::backing::NEEDS, else Ok(()));
        // One store is woken at its deadlines, the other only when it is asked.
        let (mut woken, mut asleep) = (Pair::new(), Pair::new());
        for said in &saids {
            if let Said::Wait(span) = said {
                let then = woken.world.now + Millis(*span);
                while let Some(at) = woken.world.store.deadline().filter(|at| *at <= then) {
                    woken.world.now = woken.world.now.max(at);
                    woken.hear(&Said::Due)?;
                }
                woken.world.now = then;
                asleep.hear(said)?;
            } else if !matches!(said, Said::Abandon(..) | Said::Forget(_) | Said::Due) {
                woken.hear(said)?;
                asleep.hear(said)?;
            }
        }
        asleep.hear(&Said::Due)?;
        woken.hear(&Said::Due)?;
        let lines = |pair: &Pair| {
            let mut held: Vec<_> =
                pair.model.holds.iter().map(|holds| (holds.name.clone(), holds.line.clone())).collect();
            held.sort();
            held
        };
        prop_assert_eq!(lines(&woken), lines(&asleep));
        prop_assert!(woken.world.now >= Instant(1_000));
    }
}
