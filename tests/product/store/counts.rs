//! Live calls, callers' calls, codes.

use super::world::World;
use crate::support::needs;
use hotlined_core::command::AcdRequest;
use hotlined_core::event::AcdReply;
use hotlined_core::time::{Instant, Millis};

fn admit(hotline: &str, calls_max: Option<u32>, recent: Option<(&str, u64)>) -> AcdRequest {
    let recent = recent.map(|(caller, span)| (caller.into(), Millis(span)));
    AcdRequest::Admit { hotline: hotline.into(), calls_max, recent }
}

fn admitted(room: bool, recent: u32) -> AcdReply {
    AcdReply::Admitted { room, recent }
}

#[test]
fn a_hotline_takes_as_many_calls_as_it_may_and_a_call_counts_once() {
    needs!(of super::backing::NEEDS);
    let mut world = World::default();
    let (two, any) = (admit("4008001234", Some(2), None), admit("4008001234", None, None));
    let leave = AcdRequest::Leave { hotline: "4008001234".into() };
    assert_eq!(world.answer("x", 1, &two), admitted(true, 0));
    assert_eq!(world.answer("x", 1, &two), admitted(true, 0));
    assert_eq!(world.answer("y", 1, &two), admitted(true, 0));
    assert_eq!(world.answer("z", 1, &two), admitted(false, 0));
    assert_eq!(world.answer("z", 2, &admit("4008005678", Some(1), None)), admitted(true, 0));
    assert_eq!(world.ask("z", 3, &leave), [], "z was not counted in");
    assert_eq!(world.answer("w", 1, &two), admitted(false, 0));
    assert_eq!(world.answer("v", 1, &any), admitted(true, 0), "no limit, but counted");
    for who in ["x", "x", "y"] {
        assert_eq!(world.ask(who, 9, &leave), []);
    }
    assert_eq!(world.answer("w", 2, &two), admitted(true, 0));
    assert_eq!(world.answer("z", 4, &two), admitted(false, 0), "v and w");
    world.forget("v");
    assert_eq!(world.answer("z", 5, &two), admitted(true, 0));
    assert_eq!(world.store.left_behind(), 1);
}

#[test]
fn a_callers_calls_count_while_they_are_within_the_span() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(10_000);
    let ask = |who: &str, hotline| admit(hotline, None, Some((who, 1_000)));
    let hotline = "4008001234";
    assert_eq!(world.answer("a", 1, &ask("138", hotline)), admitted(true, 1));
    assert_eq!(world.answer("a", 1, &ask("138", hotline)), admitted(true, 1), "a repetition");
    world.wait(600);
    assert_eq!(world.answer("b", 1, &ask("138", hotline)), admitted(true, 2));
    assert_eq!(world.answer("c", 1, &ask("139", hotline)), admitted(true, 1));
    assert_eq!(world.answer("d", 1, &ask("138", "4008005678")), admitted(true, 1));
    world.wait(400);
    assert_eq!(world.answer("e", 1, &ask("138", hotline)), admitted(true, 2), "the first is a span ago");
    world.wait(999);
    assert_eq!(world.answer("f", 1, &ask("138", hotline)), admitted(true, 2));
    world.wait(5_000);
    assert_eq!(world.answer("g", 1, &ask("138", hotline)), admitted(true, 1));
}

#[test]
fn a_call_that_is_counted_in_already_may_ask_later_how_often_its_caller_called() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(10_000);
    let room = admit("4008001234", Some(2), None);
    let often = admit("4008001234", None, Some(("138", 1_000)));
    assert_eq!(world.answer("a", 1, &room), admitted(true, 0));
    assert_eq!(world.answer("a", 2, &often), admitted(true, 1));
    assert_eq!(world.answer("a", 2, &often), admitted(true, 1), "a repetition");
    world.forget("a");
    assert_eq!(world.answer("b", 1, &room), admitted(true, 0));
    assert_eq!(world.answer("b", 2, &often), admitted(true, 2));
}

#[test]
fn a_call_without_room_is_told_the_count_and_does_not_count() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(10_000);
    let ask = |most| admit("4008001234", Some(most), Some(("138", 1_000)));
    assert_eq!(world.answer("a", 1, &ask(1)), admitted(true, 1));
    assert_eq!(world.answer("b", 1, &ask(1)), admitted(false, 2));
    assert_eq!(world.answer("c", 1, &ask(1)), admitted(false, 2));
    assert_eq!(world.answer("d", 1, &ask(2)), admitted(true, 2));
}

#[test]
fn a_callers_calls_are_counted_up_to_a_limit() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(10_000);
    let ask = admit("4008001234", None, Some(("138", 1_000_000)));
    for nth in 0..1_005u32 {
        let who = format!("call-{nth}");
        assert_eq!(world.answer(&who, 1, &ask), admitted(true, (nth + 1).min(1_000)));
        world.forget(&who);
    }
}

#[test]
fn a_code_is_new_once() {
    needs!(of super::backing::NEEDS);
    let mut world = World::at(10_000);
    let count = |codes: &str, code: &str| AcdRequest::CountCode {
        hotline: "4008001234".into(),
        codes: codes.into(),
        code: code.into(),
    };
    let seen = |times, first: Option<u64>| AcdReply::CodeSeen { times, first: first.map(Instant) };
    assert_eq!(world.answer("x", 1, &count("wine", "123")), seen(0, None));
    assert_eq!(world.answer("x", 1, &count("wine", "123")), seen(0, None), "a repetition");
    world.wait(5_000);
    assert_eq!(world.answer("x", 2, &count("wine", "123")), seen(1, Some(10_000)));
    world.forget("x");
    world.wait(400 * 24 * 3_600_000);
    assert_eq!(world.answer("y", 1, &count("wine", "123")), seen(2, Some(10_000)));
    assert_eq!(world.answer("y", 2, &count("tea", "123")), seen(0, None));
    assert_eq!(world.answer("y", 3, &count("wine", "124")), seen(0, None));
}
