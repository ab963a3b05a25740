//! Who of several is taken.

use super::world::{World, claim, claimed, line, pool, told, waiting};
use crate::support::needs;
use hotlined_core::command::{AcdRequest, Claim, Pick};
use hotlined_core::event::AcdReply::Refused;
use hotlined_core::time::Millis;
use std::collections::BTreeMap;

fn talks(world: &mut World, from: usize, count: usize, wish: &Claim) -> String {
    (from..from + count).map(|nth| world.talk(nth, wish)).collect()
}

#[test]
fn the_first_is_the_first_that_is_free() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a b c", Pick::First);
    assert_eq!(talks(&mut world, 0, 3, &wish), "aaa");
    world.gets("x", 1, &wish);
    assert_eq!(talks(&mut world, 3, 2, &wish), "bb");
}

#[test]
fn the_nth_call_starts_at_the_nth_number() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a b c", Pick::NextInTurn);
    assert_eq!(talks(&mut world, 0, 7, &wish), "abcabca");
    assert_eq!(
        talks(&mut world, 7, 2, &claim("service", "a b c", Pick::NextInTurn)),
        "ab",
        "a pool of its own"
    );
    world.gets("x", 1, &wish);
    world.gets("x", 2, &claim("other", "c", Pick::First));
    assert_eq!(talks(&mut world, 9, 3, &wish), "aaa", "b and c are busy");
}

#[test]
fn a_call_that_hunts_on_moves_the_turn_once() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = |agents| claim("sales", agents, Pick::NextInTurn);
    assert_eq!(world.gets("x", 1, &wish("a b c d")), "a");
    world.release("x", 1, false, 0);
    assert_eq!(world.gets("x", 2, &wish("b c d")), "b");
    world.release("x", 2, false, 0);
    assert_eq!(world.gets("x", 3, &wish("c d")), "c");
    assert_eq!(talks(&mut world, 0, 1, &wish("a b c d")), "b", "the second call starts at the second number");
}

#[test]
fn the_turn_outlives_a_changed_list() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    assert_eq!(talks(&mut world, 0, 2, &claim("sales", "a b c d", Pick::NextInTurn)), "ab");
    assert_eq!(talks(&mut world, 2, 1, &claim("sales", "a c d", Pick::NextInTurn)), "c", "b is gone");
    assert_eq!(talks(&mut world, 3, 1, &claim("sales", "n a c d", Pick::NextInTurn)), "d", "n is new");
    assert_eq!(talks(&mut world, 4, 1, &claim("sales", "n", Pick::NextInTurn)), "n", "out of range");
    assert_eq!(talks(&mut world, 5, 2, &claim("sales", "n a c", Pick::NextInTurn)), "ac");
}

#[test]
fn who_waited_for_a_line_had_its_turn_too() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = waiting(claim("sales", "a b c", Pick::NextInTurn), 0, 0);
    for number in 1..=3 {
        world.gets("x", number, &wish);
    }
    world.claim("w", 1, &wish);
    assert_eq!(world.release("x", 2, true, 0), [told("w", 1, claimed("b"))]);
    world.release("x", 1, true, 0);
    world.release("x", 3, true, 0);
    assert_eq!(world.gets("y", 1, &wish), "c", "behind b");
}

#[test]
fn the_fewest_talks_come_first() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a b c", Pick::FewestCalls);
    assert_eq!(talks(&mut world, 0, 6, &wish), "abcabc");
    let a = claim("sales", "a", Pick::FewestCalls);
    assert_eq!(talks(&mut world, 6, 3, &a), "aaa");
    assert_eq!(talks(&mut world, 9, 6, &wish), "bcbcbc");
    assert_eq!(talks(&mut world, 15, 1, &wish), "a");
    // A call that was not talked does not count, nor does another pool's.
    world.gets("x", 1, &wish);
    world.release("x", 1, false, 0);
    assert_eq!(talks(&mut world, 16, 1, &claim("service", "b", Pick::First)), "b");
    assert_eq!(talks(&mut world, 17, 2, &wish), "bc");
}

#[test]
fn talks_of_other_days_count_less() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let only = |who| claim("sales", who, Pick::First);
    talks(&mut world, 0, 3, &only("a"));
    world.wait(2 * 24 * 3_600_000);
    talks(&mut world, 3, 1, &only("b"));
    assert_eq!(
        talks(&mut world, 4, 1, &claim("sales", "b a", Pick::FewestCalls)),
        "a",
        "three quarters to one"
    );
}

#[test]
fn a_call_in_progress_counts_among_many_lines() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "trunk*30 mobile", Pick::FewestCalls);
    let lines: Vec<String> = (1..=4).map(|number| world.gets("x", number, &wish)).collect();
    assert_eq!(lines, ["trunk", "mobile", "trunk", "trunk"]);
}

#[test]
fn the_longest_idle_comes_first_and_who_never_talked_before_all() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a b c", Pick::LongestIdle);
    for (nth, who) in ["b", "a"].into_iter().enumerate() {
        world.wait(10);
        world.talk(nth, &claim("service", who, Pick::First));
    }
    world.wait(10);
    assert_eq!(talks(&mut world, 2, 1, &wish), "c");
    for (nth, next) in ["b", "a", "c", "b"].into_iter().enumerate() {
        world.wait(10);
        assert_eq!(talks(&mut world, 3 + nth, 1, &wish), next);
    }
    let lines: Vec<String> =
        (1..=2).map(|number| world.gets("x", number, &claim("sales", "t*9 b", Pick::LongestIdle))).collect();
    assert_eq!(lines, ["t", "b"], "who talks on one of its lines is not idle");
}

fn shares(world: &mut World, count: usize, wish: &Claim) -> BTreeMap<String, usize> {
    let mut shares = BTreeMap::new();
    for nth in 0..count {
        *shares.entry(world.talk(nth, wish)).or_default() += 1;
    }
    shares
}

#[test]
fn calls_are_shared_out_by_shares_and_evenly_spread() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let got = shares(&mut world, 400, &claim("sales", "a:3 b:1", Pick::ByShare));
    assert_eq!(got, BTreeMap::from([("a".into(), 300), ("b".into(), 100)]));
    let mut world = World::default();
    let wish = claim("sales", "a:5 b:1 c:1", Pick::ByShare);
    assert_eq!(talks(&mut world, 0, 14, &wish), "aabacaaaabacaa");
    for count in [10, 33, 71] {
        let mut world = World::default();
        let got = shares(&mut world, count, &wish);
        for (who, share) in [("a", 5.0), ("b", 1.0), ("c", 1.0)] {
            let due = count as f64 * share / 7.0;
            let got = got.get(who).copied().unwrap_or(0) as f64;
            assert!((got - due).abs() <= 1.0, "{who} got {got} of {count}, due {due}");
        }
    }
}

#[test]
fn who_was_busy_is_made_up_to_and_who_was_away_is_not() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a:1 b:1", Pick::ByShare);
    let b_alone = claim("sales", "b:1", Pick::ByShare);
    world.gets("x", 1, &wish);
    // While a is busy b has four calls; a was due half of them.
    assert_eq!(talks(&mut world, 0, 4, &wish), "bbbb");
    world.release("x", 1, true, 0);
    assert_eq!(talks(&mut world, 4, 6, &wish), "aaaaba");
    // While a is off duty, all are b's own.
    assert_eq!(talks(&mut world, 10, 5, &b_alone), "bbbbb");
    assert_eq!(talks(&mut world, 15, 4, &wish), "baba");
    // A debt has an end.
    world.gets("y", 1, &claim("other", "a", Pick::First));
    talks(&mut world, 100, 500, &wish);
    world.release("y", 1, true, 0);
    let made_up = talks(&mut world, 1_000, 60, &wish);
    assert!(made_up.find('b').is_some_and(|calls| calls <= 21), "{made_up}");
}

#[test]
fn the_line_a_caller_is_remembered_with_comes_first_while_it_is_remembered() {
    needs!(of super::backing::NEEDS);
    for pick in [Pick::First, Pick::NextInTurn, Pick::FewestCalls, Pick::LongestIdle, Pick::ByShare] {
        let knows = |keep| {
            let mut world = World::at(1_000);
            let (pool, caller, line) = (pool("sales"), "13800138000".into(), line("c"));
            let remember = AcdRequest::Remember { pool, caller, line, keep: Millis(keep) };
            assert_eq!(world.ask("x", 1, &remember), []);
            world
        };
        let wish = |in_pool, caller: &str, agents| Claim {
            caller: Some(caller.into()),
            ..claim(in_pool, agents, pick)
        };
        let known = wish("sales", "13800138000", "a b c");
        assert_eq!(knows(500).gets("y", 1, &known), "c", "{pick:?}");
        assert_eq!(knows(0).gets("y", 1, &known), "a", "{pick:?}: for no time");
        let other = wish("sales", "13900139000", "a b c");
        assert_eq!(knows(500).gets("y", 1, &other), "a", "{pick:?}: another caller");
        let service = wish("service", "13800138000", "a b c");
        assert_eq!(knows(500).gets("y", 1, &service), "a", "{pick:?}: another pool");
        let without = wish("sales", "13800138000", "a b");
        assert_eq!(knows(500).gets("y", 1, &without), "a", "{pick:?}: no candidate");
        let mut world = knows(500);
        world.wait(499);
        assert_eq!(world.gets("y", 1, &known), "c", "{pick:?}: just in time");
        assert_eq!(world.gets("z", 1, &known), "a", "{pick:?}: it is busy");
        let mut world = knows(500);
        world.wait(500);
        assert_eq!(world.gets("y", 1, &known), "a", "{pick:?}: too late");
    }
}

#[test]
fn a_remembered_line_is_no_turn() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a b c", Pick::NextInTurn);
    let known = Claim { caller: Some("13800138000".into()), ..wish.clone() };
    let remember = AcdRequest::Remember {
        pool: pool("sales"),
        caller: "13800138000".into(),
        line: line("c"),
        keep: Millis(1_000),
    };
    world.ask("x", 1, &remember);
    assert_eq!(talks(&mut world, 0, 1, &wish), "a");
    assert_eq!(world.gets("y", 1, &known), "c");
    // Hunting on, it has its turn after all, and that is the one of this call.
    assert_eq!(world.gets("y", 2, &known), "b");
    world.release("y", 1, false, 0);
    world.release("y", 2, false, 0);
    assert_eq!(talks(&mut world, 1, 2, &wish), "ca");
    assert_eq!(world.claim("z", 1, &claim("sales", "", Pick::NextInTurn)), Refused);
}
