//! Daemons that share one Redis.

use super::together::{Daemon, ask, ask_for, now, release, said};
use super::world::{ahead, call, claim, claimed, line, pool, waiting};
use crate::support::needs;
use crate::support::redis_server::Server;
use hotlined_core::command::{AcdRequest, Pick};
use hotlined_core::event::AcdReply;
use hotlined_core::id::CommandId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::redis_event::RedisEvent;
use hotlined_instance::cluster::redis_op::{FencedOp, RedisOp};
use std::sync::Arc;

#[tokio::test]
async fn a_line_is_had_by_one_whichever_daemon_asks_and_who_waits_is_told_where_it_waits() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) =
        (Daemon::up(server.settings("one")).await, Daemon::up(server.settings("two")).await);
    let wish = claim("sales", "a", Pick::First);
    assert_eq!(one.asks_and_hears(ask_for("x", 1, &wish)).await, said("x", 1, claimed("a")));
    assert_eq!(two.asks_and_hears(ask_for("y", 1, &wish)).await, said("y", 1, AcdReply::Refused));
    let queued = waiting(wish, 0, 0);
    assert_eq!(two.asks_and_hears(ask_for("y", 2, &queued)).await, said("y", 2, ahead(0, None)));
    assert_eq!(one.asks_and_hears(ask_for("z", 1, &queued)).await, said("z", 1, ahead(1, None)));
    one.ask(release("x", 1, 0)).await;
    assert_eq!(two.event().await, said("y", 2, claimed("a")));
    // What a daemon makes come about for its own calls comes the same way.
    two.ask(release("y", 2, 0)).await;
    assert_eq!(one.event().await, said("z", 1, claimed("a")));
}

/// The line comes free in the very moment in which somebody begins to wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_told_that_it_waits_once_it_has_a_line() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let mut two = Daemon::up(server.settings("two")).await;
    let wish = claim("sales", "a", Pick::First);
    let queued = waiting(wish.clone(), 0, 0);
    let mut waited = 0;
    for nth in 0..500 {
        let (holds, waits) = (format!("holds-{nth}"), format!("waits-{nth}"));
        assert_eq!(one.asks_and_hears(ask_for(&holds, 1, &wish)).await, said(&holds, 1, claimed("a")));
        tokio::join!(two.ask(ask_for(&waits, 1, &queued)), one.ask(release(&holds, 1, 0)));
        let has = said(&waits, 1, claimed("a"));
        while two.event().await != has {
            waited += 1;
        }
        // Answers come in order, so one that was late would be heard before this.
        let admit = AcdRequest::Admit { hotline: "4008001234".into(), calls_max: None, recent: None };
        let room = AcdReply::Admitted { room: true, recent: 0 };
        assert_eq!(two.asks_and_hears(ask(&waits, 2, admit)).await, said(&waits, 2, room));
        two.ask(FencedOp { at: now(), op: RedisOp::Forget(call(&waits)), fence: None }).await;
        assert_eq!(two.next().await, RedisEvent::Forgotten { call: call(&waits), left_behind: 2 });
    }
    assert!(waited > 0, "nobody ever waited");
}

#[tokio::test]
async fn a_rest_ends_by_itself_also_where_the_daemon_that_knew_of_it_is_dead() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let wish = claim("sales", "a", Pick::First);
    one.asks_and_hears(ask_for("x", 1, &wish)).await;
    one.asks_and_hears(ask_for("w", 1, &waiting(wish.clone(), 0, 0))).await;
    one.ask(release("x", 1, 50)).await;
    assert_eq!(one.event().await, said("w", 1, claimed("a")));

    let mut two = Daemon::up(server.settings("two")).await;
    two.asks_and_hears(ask_for("v", 1, &waiting(wish, 0, 0))).await;
    one.ask(release("w", 1, 50)).await;
    one.ask(FencedOp { at: now(), op: RedisOp::Forget(call("w")), fence: None }).await;
    let forgotten = RedisEvent::Forgotten { call: call("w"), left_behind: 0 };
    assert_eq!(one.next().await, forgotten);
    drop(one);
    assert_eq!(two.event().await, said("v", 1, claimed("a")));
}

#[tokio::test]
async fn who_rests_and_who_waits_does_so_no_longer_because_a_clock_was_set_back() {
    needs!(REDIS);
    let later = || now() + Millis::seconds(3_600);
    let by_that = |asked: FencedOp| FencedOp { at: later(), ..asked };
    let server = Server::start(&[]);
    let mut one = Daemon::start_by(server.settings("one"), Arc::new(later));
    one.back().await;
    let wish = claim("sales", "a", Pick::First);
    let queued = |since: Instant| waiting(wish.clone(), 0, since.0);
    one.asks_and_hears(by_that(ask_for("x", 1, &wish))).await;
    // For two seconds already: what time it is by the clock ahead is told once a second.
    let before = queued(Instant(later().0 - 2_000));
    assert_eq!(one.asks_and_hears(by_that(ask_for("y", 1, &before))).await, said("y", 1, ahead(0, None)));
    one.ask(by_that(release("x", 1, 1_500))).await;
    one.ask(by_that(FencedOp { at: later(), op: RedisOp::Forget(call("x")), fence: None })).await;
    assert_eq!(one.next().await, RedisEvent::Forgotten { call: call("x"), left_behind: 0 });
    drop(one);
    let mut two = Daemon::up(server.settings("two")).await;
    assert_eq!(two.asks_and_hears(ask_for("y", 1, &before)).await, said("y", 1, ahead(0, None)));
    let behind = queued(now());
    assert_eq!(two.asks_and_hears(ask_for("z", 1, &behind)).await, said("z", 1, ahead(1, None)));
    assert_eq!(two.event().await, said("y", 1, claimed("a")), "and not an hour from now");
    two.ask(release("y", 1, 0)).await;
    assert_eq!(two.event().await, said("z", 1, claimed("a")));
}

#[tokio::test]
async fn who_takes_up_a_call_is_told_what_was_meant_for_the_daemon_before() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let wish = claim("sales", "a", Pick::First);
    let queued = waiting(wish.clone(), 0, 0);
    one.asks_and_hears(ask_for("x", 1, &wish)).await;
    one.asks_and_hears(ask_for("y", 1, &queued)).await;
    one.asks_and_hears(ask_for("z", 1, &queued)).await;
    drop(one);
    // It asks again for what waited, and hears of it from now on; what came about meanwhile it hears by asking.
    let mut two = Daemon::up(server.settings("two")).await;
    assert_eq!(two.asks_and_hears(ask_for("z", 1, &queued)).await, said("z", 1, ahead(1, None)));
    two.ask(release("x", 1, 0)).await;
    assert_eq!(two.asks_and_hears(ask_for("y", 1, &queued)).await, said("y", 1, claimed("a")));
    two.ask(release("y", 1, 0)).await;
    assert_eq!(two.event().await, said("z", 1, claimed("a")));
}

#[tokio::test]
async fn a_line_given_while_nobody_could_be_asked_is_held_from_then_on() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let id = CommandId { call: call("x"), number: 3 };
    let hold = |name| FencedOp {
        at: now(),
        op: RedisOp::Hold { id: id.clone(), line: line(name), pool: pool("sales") },
        fence: None,
    };
    assert_eq!(one.asks_and_hears(hold("a")).await, said("x", 3, claimed("a")));
    assert_eq!(one.asks_and_hears(hold("a")).await, said("x", 3, claimed("a")), "once");
    let wish = claim("sales", "a*2", Pick::FewestCalls);
    assert_eq!(one.asks_and_hears(ask_for("y", 1, &wish)).await, said("y", 1, claimed("a")));
    assert_eq!(one.asks_and_hears(ask_for("z", 1, &wish)).await, said("z", 1, AcdReply::Refused));
    assert_eq!(one.asks_and_hears(hold("b")).await, said("x", 3, claimed("a")), "it has one already");
    one.ask(release("x", 3, 0)).await;
    assert_eq!(one.asks_and_hears(ask_for("z", 2, &wish)).await, said("z", 2, claimed("a")));
}

#[tokio::test]
async fn many_requests_of_one_turn_are_answered_in_their_order() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let wish = claim("sales", "trunk*1000", Pick::First);
    for nth in 0..900 {
        one.ask(ask_for(&format!("call-{nth}"), 1, &wish)).await;
    }
    for nth in 0..900 {
        assert_eq!(one.event().await, said(&format!("call-{nth}"), 1, claimed("trunk")));
    }
    let admit = AcdRequest::Admit { hotline: "4008001234".into(), calls_max: Some(1), recent: None };
    let room = AcdReply::Admitted { room: true, recent: 0 };
    assert_eq!(one.asks_and_hears(ask("call-0", 2, admit)).await, said("call-0", 2, room));
}
