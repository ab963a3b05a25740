//! The two stores beside each other: whatever is asked, both say the same, to the letter and in the same order.

use super::backing::{Backing, CASES, SHRINKS};
use super::world::{call, line, pool};
use crate::support::cases;
use crate::support::needs;
use crate::support::needs::REDIS;
use hotlined_core::acd::Acd;
use hotlined_core::command::{AcdRequest, Candidate, Claim, Pick, QueueRank};
use hotlined_core::event::{AcdReply, Event};
use hotlined_core::id::CommandId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::limits::CALL_KEPT;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A word of a story: what is asked, and by which call. A claim is said by how many were made since.
#[derive(Clone, Debug)]
pub enum Word {
    Ask(u8, AcdRequest),
    /// The last request of the call.
    Again(u8),
    Forget(u8),
    Due,
}

fn text(stem: &'static str, numbers: std::ops::Range<u8>) -> impl Strategy<Value = std::sync::Arc<str>> {
    numbers.prop_map(move |number| format!("{stem}{number}").into())
}

/// Any request; a claim is said by how many were made since.
pub fn request() -> impl Strategy<Value = AcdRequest> {
    let pools = || (0..3u8).prop_map(|number| pool(&format!("400:{number}/销售")));
    let lines = || (0..5u8).prop_map(|number| line(&format!("139 {number}:x")));
    let picks = vec![Pick::First, Pick::NextInTurn, Pick::FewestCalls, Pick::LongestIdle, Pick::ByShare];
    // A line may stand among the candidates twice, and be said to have another number of lines.
    let agent = (lines(), 0..4u16, 0..4u16).prop_map(|(line, lines, share)| Candidate { line, lines, share });
    let turn = (0..3u8, 0..50u64, 0..6u16).prop_map(|(priority, since, length_max)| QueueRank {
        priority,
        since: Instant(since),
        length_max,
    });
    let caller = || text("138:0000000", 0..3);
    let span = || prop_oneof![0..2_000u64, Just(90_000_000)].prop_map(Millis);
    let wish = (
        pools(),
        prop::collection::vec(agent, 0..6),
        prop::sample::select(picks),
        prop::option::weighted(0.4, caller()),
        prop::option::weighted(0.6, turn),
    );
    prop_oneof![
        10 => wish.prop_map(|(pool, agents, pick, caller, wait)| {
            AcdRequest::Claim(Claim { pool, agents, pick, caller, wait })
        }),
        8 => (0..4u32, any::<bool>(), prop_oneof![Just(0), 0..3_000u64]).prop_map(|(claim, talked, rest)| {
            AcdRequest::Release { claim, talked, rest: Millis(rest) }
        }),
        2 => (0..4u32).prop_map(|claim| AcdRequest::Abandon { claim }),
        1 => (0..4u32).prop_map(|claim| AcdRequest::Place { claim }),
        1 => (pools(), caller(), lines(), span())
            .prop_map(|(pool, caller, line, keep)| AcdRequest::Remember { pool, caller, line, keep }),
        4 => (text("400", 0..3), prop::option::of(0..3u32), prop::option::of((caller(), span())))
            .prop_map(|(hotline, calls_max, recent)| AcdRequest::Admit { hotline, calls_max, recent }),
        2 => text("400", 0..3).prop_map(|hotline| AcdRequest::Leave { hotline }),
        1 => (text("400", 0..2), text("set", 0..2), text("code}", 0..2))
            .prop_map(|(hotline, codes, code)| AcdRequest::CountCode { hotline, codes, code }),
    ]
}

pub fn story() -> impl Strategy<Value = Vec<(u64, Word)>> {
    let after = prop_oneof![4 => 0..20u64, 2 => 0..1_500u64, 1 => 0..20_000_000u64];
    let word = prop_oneof![
        12 => (0..5u8, request()).prop_map(|(call, request)| Word::Ask(call, request)),
        1 => (0..5u8).prop_map(Word::Again),
        1 => (0..5u8).prop_map(Word::Forget),
        2 => Just(Word::Due),
    ];
    prop::collection::vec((after, word), 1..60)
}

/// Both stores, and what was asked of them.
struct Pair<'a> {
    embedded: Acd,
    redis: &'a mut Backing,
    now: Instant,
    numbers: u32,
    /// The claims of each call, and its last request.
    claims: BTreeMap<u8, Vec<u32>>,
    last: BTreeMap<u8, (u32, AcdRequest)>,
}

impl Pair<'_> {
    fn both(
        &mut self,
        word: &Word,
        embedded: impl Fn(&mut Acd, Instant, &mut Vec<Event>),
        redis: impl Fn(&mut Backing, Instant, &mut Vec<Event>),
    ) -> Result<(), TestCaseError> {
        let (mut one, mut other): (Vec<Event>, Vec<Event>) = (Vec::new(), Vec::new());
        embedded(&mut self.embedded, self.now, &mut one);
        redis(self.redis, self.now, &mut other);
        // A question for a code has a place of its own in Redis, from where nobody sees what is due elsewhere.
        let asked = match word {
            Word::Ask(_, request) => Some(request),
            Word::Again(who) => self.last.get(who).map(|(_, request)| request),
            Word::Forget(_) | Word::Due => None,
        };
        if matches!(asked, Some(AcdRequest::CountCode { .. })) {
            self.redis.due(self.now, &mut other);
            let of_code = |event: &Event| {
                let Event::Acd { reply: answer, .. } = event else { return false };
                matches!(answer, AcdReply::CodeSeen { .. })
            };
            one.sort_by_key(of_code);
            other.sort_by_key(of_code);
        }
        prop_assert_eq!(&one, &other, "{:?}", word);
        let (one, other) = (&self.embedded, &*self.redis);
        let in_use = (one.lines_in_use(), one.waiting(), one.deadline(), one.left_behind());
        prop_assert_eq!(
            in_use,
            (other.lines_in_use(), other.waiting(), other.deadline(), other.left_behind())
        );
        Ok(())
    }

    /// The newest claim of the call but so many; what was never claimed where there is none.
    fn claim(&self, who: u8, back: u32) -> u32 {
        let claims = self.claims.get(&who).map_or(&[][..], Vec::as_slice);
        claims.iter().rev().nth(back as usize).copied().unwrap_or(u32::MAX)
    }

    fn hear(&mut self, word: &Word) -> Result<(), TestCaseError> {
        let name = |who: u8| call(&format!("call-{who}"));
        match word {
            Word::Ask(who, request) => {
                self.numbers += 1;
                let mut request = request.clone();
                match &mut request {
                    AcdRequest::Claim(_) => self.claims.entry(*who).or_default().push(self.numbers),
                    AcdRequest::Release { claim, .. }
                    | AcdRequest::Abandon { claim }
                    | AcdRequest::Place { claim } => *claim = self.claim(*who, *claim),
                    AcdRequest::Remember { .. }
                    | AcdRequest::Admit { .. }
                    | AcdRequest::Leave { .. }
                    | AcdRequest::CountCode { .. } => {}
                }
                self.last.insert(*who, (self.numbers, request));
                self.again(word, *who)
            }
            Word::Again(who) => self.again(word, *who),
            Word::Forget(who) => {
                self.last.remove(who);
                let call = name(*who);
                self.both(
                    word,
                    |one, now, out| one.forget(now, &call, out),
                    |two, now, out| {
                        two.forget(now, &call, out);
                    },
                )
            }
            Word::Due => {
                self.both(word, |one, now, out| one.due(now, out), |two, now, out| two.due(now, out))
            }
        }
    }

    fn again(&mut self, word: &Word, who: u8) -> Result<(), TestCaseError> {
        let Some((number, request)) = self.last.get(&who).cloned() else { return Ok(()) };
        let id = CommandId { call: call(&format!("call-{who}")), number };
        self.both(
            word,
            |one, now, out| one.ask(now, &id, &request, out),
            |two, now, out| {
                two.ask(now, &id, &request, out);
            },
        )
    }
}

/// Tells both the story.
pub fn tell(story: &[(u64, Word)], redis: &mut Backing) -> Result<(), TestCaseError> {
    // Two hours before the counts of talks are halved.
    let begin = Instant(1_700_071_200_000);
    let (embedded, claims, last) = (Acd::default(), BTreeMap::new(), BTreeMap::new());
    let mut pair = Pair { embedded, redis, now: begin, numbers: 0, claims, last };
    for (after, word) in story {
        // In Redis a call is over that was not heard of for a day, so no story is longer.
        let later = pair.now + Millis(*after);
        pair.now = if later.since(begin) < CALL_KEPT { later } else { pair.now };
        pair.hear(word)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: SHRINKS, ..cases(CASES) })]

    #[test]
    fn both_stores_say_the_same(story in story()) {
        needs!(of &[REDIS], else Ok(()));
        tell(&story, &mut Backing::default())?;
    }
}
