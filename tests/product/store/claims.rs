//! Lines are taken, given back and waited for.

use super::world::{World, ahead, claim, claimed, told, waiting};
use crate::support::needs;
use hotlined_core::command::{AcdRequest, Claim, Pick, QueueRank};
use hotlined_core::event::AcdReply::Refused;
use hotlined_core::time::Instant;

#[test]
fn a_line_is_held_by_as_many_as_it_has_lines_and_whichever_pool_asks() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    assert_eq!(world.claim("x", 1, &claim("sales", "a*2", Pick::First)), claimed("a"));
    assert_eq!(world.claim("y", 1, &claim("service", "a*2", Pick::First)), claimed("a"));
    assert_eq!(world.claim("z", 1, &claim("sales", "a*2", Pick::First)), Refused);
    assert_eq!(world.claim("z", 2, &claim("sales", "a*2 b", Pick::First)), claimed("b"));
    assert_eq!(world.store.lines_in_use(), 3);
    world.release("x", 1, false, 0);
    assert_eq!(world.claim("z", 3, &claim("sales", "a*2", Pick::First)), claimed("a"));
}

#[test]
fn a_claim_repeated_is_answered_again_and_takes_nothing_more() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a b", Pick::First);
    assert_eq!(world.claim("x", 1, &wish), claimed("a"));
    assert_eq!(world.claim("x", 1, &wish), claimed("a"));
    assert_eq!(world.store.lines_in_use(), 1);
    let queued = waiting(claim("sales", "a", Pick::First), 0, 5);
    assert_eq!(world.claim("y", 1, &queued), ahead(0, None));
    assert_eq!(world.claim("y", 1, &queued), ahead(0, None));
    assert_eq!(world.store.waiting(), 1);
}

#[test]
fn a_claim_that_is_over_stays_over() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a", Pick::First);
    assert_eq!(world.claim("x", 1, &wish), claimed("a"));
    assert_eq!(world.claim("y", 1, &wish), Refused);
    world.release("x", 1, false, 0);
    assert_eq!(world.claim("x", 1, &wish), Refused, "released");
    assert_eq!(world.claim("y", 1, &wish), Refused, "refused before");
    assert_eq!(world.store.lines_in_use(), 0);
    assert_eq!(world.claim("y", 2, &wish), claimed("a"));
}

#[test]
fn who_holds_nothing_gives_nothing_back() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a", Pick::First);
    assert_eq!(world.claim("x", 1, &wish), claimed("a"));
    world.claim("y", 1, &waiting(wish.clone(), 0, 0));
    for (who, number) in [("y", 1), ("y", 2), ("x", 2), ("z", 1)] {
        assert_eq!(world.release(who, number, true, 50), []);
    }
    assert_eq!((world.store.lines_in_use(), world.store.waiting(), world.store.deadline()), (1, 1, None));
    assert_eq!(world.release("x", 1, false, 0), [told("y", 1, claimed("a"))]);
    assert_eq!(world.release("x", 1, false, 0), [], "not twice");
    assert_eq!(world.store.lines_in_use(), 1);
}

#[test]
fn the_highest_priority_is_served_first_then_the_longest_waiting_then_who_asked_first() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(100);
    let wish = claim("sales", "a", Pick::First);
    world.gets("x", 1, &wish);
    assert_eq!(world.claim("young", 1, &waiting(wish.clone(), 1, 90)), ahead(0, None));
    assert_eq!(world.claim("old", 1, &waiting(wish.clone(), 1, 10)), ahead(0, None));
    assert_eq!(world.claim("late", 1, &waiting(wish.clone(), 1, 90)), ahead(2, None));
    assert_eq!(world.claim("white", 1, &waiting(wish.clone(), 9, 99)), ahead(0, None));
    let mut holder = "x".to_owned();
    for next in ["white", "old", "young", "late"] {
        assert_eq!(world.release(&holder, 1, true, 0), [told(next, 1, claimed("a"))]);
        holder = next.into();
    }
    assert_eq!(world.release("late", 1, true, 0), []);
}

#[test]
fn a_line_of_two_pools_goes_to_who_is_first_in_both_together() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(100);
    let both = |pool| claim(pool, "a", Pick::First);
    world.gets("x", 1, &both("sales"));
    world.claim("second", 1, &waiting(both("sales"), 0, 20));
    world.claim("first", 1, &waiting(both("service"), 0, 10));
    world.claim("other", 1, &waiting(claim("service", "b", Pick::First), 0, 30));
    assert_eq!(world.release("x", 1, true, 0), [told("first", 1, claimed("a"))]);
    assert_eq!(world.release("first", 1, true, 0), [told("second", 1, claimed("a"))]);
}

#[test]
fn who_waits_gets_only_a_line_it_asked_for() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    world.gets("x", 1, &claim("sales", "a", Pick::First));
    world.gets("x", 2, &claim("sales", "b", Pick::First));
    world.claim("b-only", 1, &waiting(claim("sales", "b", Pick::First), 9, 0));
    world.claim("either", 1, &waiting(claim("sales", "a b", Pick::First), 0, 0));
    assert_eq!(world.release("x", 1, true, 0), [told("either", 1, claimed("a"))]);
    assert_eq!(world.release("x", 2, true, 0), [told("b-only", 1, claimed("b"))]);
}

#[test]
fn nobody_overtakes_whom_a_line_came_free_for() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a", Pick::First);
    world.gets("x", 1, &wish);
    world.claim("waits", 1, &waiting(wish.clone(), 0, 0));
    assert_eq!(world.release("x", 1, true, 0), [told("waits", 1, claimed("a"))]);
    assert_eq!(world.claim("hunts", 1, &wish), Refused);
    assert_eq!(world.claim("white", 1, &waiting(wish, 9, 0)), ahead(0, Some(0)));
}

#[test]
fn a_queue_takes_as_many_as_it_may() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a", Pick::First);
    let turn = |length_max| Some(QueueRank { priority: 0, since: Instant(0), length_max });
    world.gets("x", 1, &wish);
    assert_eq!(world.claim("one", 1, &Claim { wait: turn(0), ..wish.clone() }), Refused);
    assert_eq!(world.claim("one", 2, &Claim { wait: turn(1), ..wish.clone() }), ahead(0, None));
    assert_eq!(world.claim("two", 1, &Claim { wait: turn(1), ..wish.clone() }), Refused);
    world.abandon("one", 2);
    assert_eq!(world.claim("two", 2, &Claim { wait: turn(1), ..wish.clone() }), ahead(0, None));
    let nobody = waiting(claim("sales", "", Pick::First), 0, 0);
    assert_eq!(world.claim("three", 1, &nobody), Refused, "no agent will ever come free for it");
}

#[test]
fn who_abandons_waits_no_longer_and_gives_back_what_it_was_given_meanwhile() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = waiting(claim("sales", "a", Pick::First), 0, 0);
    world.gets("x", 1, &wish);
    world.claim("y", 1, &wish);
    world.claim("z", 1, &wish);
    assert_eq!(world.abandon("y", 1), []);
    assert_eq!(world.abandon("y", 1), []);
    assert_eq!(world.release("x", 1, true, 0), [told("z", 1, claimed("a"))]);
    world.claim("y", 2, &wish);
    assert_eq!(world.abandon("z", 1), [told("y", 2, claimed("a"))], "z was given it just before");
    assert_eq!(world.abandon("y", 2), []);
    assert_eq!((world.store.lines_in_use(), world.store.waiting()), (0, 0));
}

#[test]
fn a_line_at_rest_is_nobodys_until_the_rest_is_over() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(1_000);
    let wish = claim("sales", "a", Pick::First);
    world.gets("x", 1, &wish);
    world.claim("waits", 1, &waiting(wish.clone(), 0, 0));
    assert_eq!(world.release("x", 1, true, 500), []);
    assert_eq!((world.store.deadline(), world.store.lines_in_use()), (Some(Instant(1_500)), 0));
    world.wait(499);
    assert_eq!(world.due(), []);
    assert_eq!(world.claim("hunts", 1, &claim("service", "a", Pick::First)), Refused);
    world.wait(1);
    assert_eq!(world.due(), [told("waits", 1, claimed("a"))]);
    assert_eq!(world.store.deadline(), None);
}

#[test]
fn a_rest_is_over_when_it_is_over_whether_or_not_somebody_woke_the_store() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(1_000);
    let wish = claim("sales", "a", Pick::First);
    world.gets("x", 1, &wish);
    world.release("x", 1, true, 500);
    world.wait(500);
    assert_eq!(world.claim("y", 1, &wish), claimed("a"));
    world.release("y", 1, true, 500);
    world.claim("w", 1, &waiting(wish.clone(), 0, 0));
    world.wait(500);
    let asked = world.ask("hunts", 1, &AcdRequest::Claim(wish.clone()));
    assert_eq!(asked, [told("w", 1, claimed("a")), told("hunts", 1, Refused)]);
    // Who gives up in the very moment is out before the line is given.
    world.release("w", 1, true, 500);
    world.claim("v", 1, &waiting(wish, 0, 0));
    world.wait(500);
    assert_eq!(world.abandon("v", 1), []);
    assert_eq!((world.due(), world.store.lines_in_use()), (vec![], 0));
}

#[test]
fn the_rest_of_one_line_of_a_trunk_leaves_the_others_alone() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "trunk*2", Pick::First);
    world.gets("x", 1, &wish);
    world.release("x", 1, true, 500);
    assert_eq!(world.claim("y", 1, &wish), claimed("trunk"));
    assert_eq!(world.claim("z", 1, &wish), Refused);
    world.release("y", 1, true, 500);
    world.wait(500);
    world.due();
    assert_eq!(world.claim("z", 2, &wish), claimed("trunk"));
    assert_eq!(world.claim("z", 3, &wish), claimed("trunk"), "both rests ended in one instant");
}

#[test]
fn a_place_is_told_with_an_estimate_from_how_fast_the_queue_went() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(10_000);
    let wish = waiting(claim("sales", "a", Pick::First), 0, 0);
    let place = |claim| AcdRequest::Place { claim };
    world.gets("x", 1, &wish);
    for who in ["one", "two", "three", "four"] {
        world.claim(who, 1, &wish);
    }
    assert_eq!(world.answer("three", 2, &place(1)), ahead(2, None));
    world.wait(8_000);
    world.release("x", 1, true, 0);
    assert_eq!(world.answer("three", 3, &place(1)), ahead(1, Some(2 * 8_000)));
    assert_eq!(world.ask("one", 2, &place(1)), [], "it waits no longer");
    world.wait(16_000);
    world.release("one", 1, true, 0);
    // A new interval weighs an eighth: 8 s and 1 s.
    assert_eq!(world.answer("three", 4, &place(1)), ahead(0, Some(9_000)));
    world.abandon("three", 1);
    world.abandon("four", 1);
    // Nobody waits for an hour: that says nothing about the queue.
    world.wait(3_600_000);
    world.claim("five", 1, &wish);
    world.wait(9_000);
    world.release("two", 1, true, 0);
    assert_eq!(world.claim("six", 1, &wish), ahead(0, Some(9_000)));
}

#[test]
fn a_place_in_a_long_queue_is_the_number_before_it() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = claim("sales", "a", Pick::First);
    world.gets("x", 1, &wish);
    let turn = |since| Some(QueueRank { priority: 0, since: Instant(since), length_max: 1_000 });
    for nth in 0..100u32 {
        let queued = Claim { wait: turn(u64::from(nth)), ..wish.clone() };
        assert_eq!(world.claim(&format!("call-{nth}"), 1, &queued), ahead(nth, None));
    }
    for nth in 0..100u32 {
        let answer = world.answer(&format!("call-{nth}"), 2, &AcdRequest::Place { claim: 1 });
        assert_eq!(answer, ahead(nth, None));
    }
}

#[test]
fn a_call_that_is_over_leaves_nothing_and_what_it_left_is_counted() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let wish = waiting(claim("sales", "a", Pick::First), 0, 0);
    world.gets("x", 1, &wish);
    world.claim("x", 2, &wish);
    world.claim("y", 1, &wish);
    let admit = AcdRequest::Admit { hotline: "4008001234".into(), calls_max: Some(1), recent: None };
    world.ask("x", 3, &admit);
    assert_eq!(world.forget("x"), [told("y", 1, claimed("a"))], "and nothing for x");
    assert_eq!((world.store.left_behind(), world.store.lines_in_use(), world.store.waiting()), (3, 1, 0));
    assert_eq!(world.forget("x"), []);
    world.release("y", 1, true, 0);
    world.forget("y");
    assert_eq!(world.store.left_behind(), 3);
}

#[test]
fn there_is_an_end_to_how_much_one_call_and_one_pool_can_ask_for() {
    needs!(of super::backing::NEEDS);
    const PER_CALL: u32 = 512;
    const PER_POOL: u32 = 10_000;
    let mut world = World::default();
    let trunk = claim("sales", "trunk*1000", Pick::First);
    for number in 1..=PER_CALL {
        assert_eq!(world.claim("greedy", number, &trunk), claimed("trunk"));
    }
    assert_eq!(world.claim("greedy", PER_CALL + 1, &trunk), Refused, "of one call");
    assert_eq!(world.claim("modest", 1, &trunk), claimed("trunk"));

    let wish = claim("service", "a", Pick::First);
    let turn = Some(QueueRank { priority: 0, since: Instant(0), length_max: u16::MAX });
    let queued = Claim { wait: turn, ..wish.clone() };
    world.gets("modest", 2, &wish);
    for nth in 0..PER_POOL {
        assert_eq!(world.claim(&format!("call-{nth}"), 1, &queued), ahead(nth, None));
    }
    assert_eq!(world.claim("one-more", 1, &queued), Refused, "in one pool");
}
