//! Redis away, full, in a bad mood, or not what it should be.

use super::together::{Daemon, ask, ask_for, release, said};
use super::world::{ahead, claim, claimed, waiting};
use crate::support::needs;
use crate::support::redis_server::Server;
use hotlined::redis::{Password, RedisAccount, RedisSettings};
use hotlined_core::command::{AcdRequest, Pick};
use hotlined_core::event::AcdReply;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::failure::{RedisFailure, Remedy};
use hotlined_instance::cluster::lease_policy::Presence;

#[tokio::test]
async fn a_server_that_stands_still_is_away_in_time_and_back_when_it_goes_on() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut daemon = Daemon::up(server.settings("one")).await;
    let wish = claim("sales", "a b", Pick::First);
    daemon.asks_and_hears(ask_for("x", 1, &wish)).await;
    server.freeze();
    let begin = std::time::Instant::now();
    daemon.ask(ask_for("y", 1, &wish)).await;
    let failure = daemon.failure().await;
    assert_eq!((&failure, failure.remedy()), (&RedisFailure::TimedOut, Remedy::Reconnect));
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
    server.thaw();
    daemon.back().await;
    // It was done in the end; asked again, it is answered and not done twice.
    assert_eq!(daemon.asks_and_hears(ask_for("y", 1, &wish)).await, said("y", 1, claimed("b")));
    assert_eq!(daemon.asks_and_hears(ask_for("z", 1, &wish)).await, said("z", 1, AcdReply::Refused));
}

#[tokio::test]
async fn what_is_asked_of_a_dead_server_comes_back_at_once_and_a_new_one_learns_everything_anew() {
    needs!(REDIS);
    let port = crate::support::redis_server::free_port();
    let server = Server::at(port, &[]);
    let settings = server.settings("one");
    let mut daemon = Daemon::up(settings.clone()).await;
    let wish = claim("sales", "a", Pick::First);
    daemon.asks_and_hears(ask_for("x", 1, &wish)).await;
    server.kill();
    assert!(matches!(daemon.away().await, RedisFailure::Lost(_)));
    for number in 2..5 {
        daemon.ask(ask_for("x", number, &wish)).await;
        assert!(matches!(daemon.failure().await, RedisFailure::Lost(_)));
    }
    let server = Server::at(port, &[]);
    daemon.back().await;
    assert_eq!(daemon.asks_and_hears(ask_for("y", 1, &wish)).await, said("y", 1, claimed("a")));
    // The inbox is read again, too.
    daemon.asks_and_hears(ask_for("z", 1, &waiting(wish, 0, 0))).await;
    daemon.ask(release("y", 1, 0)).await;
    assert_eq!(daemon.event().await, said("z", 1, claimed("a")));
    // Scripts that a server forgets are taught again without anybody noticing.
    server.say::<()>(&["SCRIPT", "FLUSH"]);
    let admit = AcdRequest::Admit { hotline: "400".into(), calls_max: Some(1), recent: None };
    let room = AcdReply::Admitted { room: true, recent: 0 };
    assert_eq!(daemon.asks_and_hears(ask("z", 2, admit)).await, said("z", 2, room));
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_right_one_needs_no_restart() {
    needs!(REDIS);
    let server = Server::start(&["--requirepass", "right"]);
    let account = RedisAccount { user: None, password: Some(Password::new("later")) };
    let settings = RedisSettings { account, ..server.settings("one") };
    let mut daemon = Daemon::start(settings);
    let failure = daemon.away().await;
    assert!(matches!(failure, RedisFailure::Password(_)), "{failure:?}");
    assert!(failure.needs_operator());
    server.say_as::<()>("right", &["CONFIG", "SET", "requirepass", "later"]);
    daemon.back().await;
}

#[tokio::test]
async fn no_password_where_one_is_needed_is_said_too() {
    needs!(REDIS);
    let server = Server::start(&["--requirepass", "right"]);
    let failure = Daemon::start(server.settings("one")).away().await;
    assert!(matches!(failure, RedisFailure::Password(_)), "{failure:?}");
}

#[tokio::test]
async fn a_user_with_few_rights_is_enough_and_one_with_fewer_is_told() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let rights = ["+@read", "+@write", "+@scripting", "+@connection", "+info", "+time", "-@dangerous"];
    let user = |name, keys| [&["ACL", "SETUSER", name, "on", ">geheim", keys], &rights[..]].concat();
    server.say::<()>(&user("hotlined", "~hotlined:*"));
    server.say::<()>(&user("stranger", "~other:*"));
    let come = |name: &str| RedisSettings {
        account: RedisAccount { user: Some(name.into()), password: Some(Password::new("geheim")) },
        ..server.settings("one")
    };
    let mut daemon = Daemon::up(come("hotlined")).await;
    let wish = waiting(claim("sales", "a", Pick::ByShare), 0, 0);
    assert_eq!(daemon.asks_and_hears(ask_for("x", 1, &wish)).await, said("x", 1, claimed("a")));
    assert_eq!(daemon.asks_and_hears(ask_for("y", 1, &wish)).await, said("y", 1, ahead(0, None)));
    daemon.ask(release("x", 1, 10)).await;
    assert_eq!(daemon.event().await, said("y", 1, claimed("a")));
    let mut leases = super::leases::connected(&come("hotlined")).await;
    let lease = super::leases::takes(&mut leases, Millis(60_000)).await;
    leases.announce(&Presence::default(), Millis(1_000)).await.unwrap();
    leases.load(super::together::now(), &lease).await.unwrap();
    leases.give_up(&lease).await.unwrap();
    let failure = Daemon::start(come("stranger")).away().await;
    assert!(matches!(failure, RedisFailure::Forbidden(_)), "{failure:?}");
}

#[tokio::test]
async fn a_full_server_takes_back_and_gives_nothing() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut daemon = Daemon::up(server.settings("one")).await;
    let wish = claim("sales", "a b", Pick::First);
    daemon.asks_and_hears(ask_for("x", 1, &wish)).await;
    daemon.asks_and_hears(ask_for("y", 1, &wish)).await;
    daemon.asks_and_hears(ask_for("w", 1, &waiting(wish.clone(), 0, 0))).await;
    server.say::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    daemon.ask(ask_for("z", 1, &wish)).await;
    let failure = daemon.failure().await;
    assert!(matches!(failure, RedisFailure::Full(_)), "{failure:?}");
    assert_eq!(failure.remedy(), Remedy::AskAgain);
    daemon.ask(release("x", 1, 0)).await;
    assert_eq!(daemon.event().await, said("w", 1, claimed("a")));
    server.say::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    // Nothing of it was done, so that it is asked as if for the first time.
    assert_eq!(daemon.asks_and_hears(ask_for("z", 1, &wish)).await, said("z", 1, AcdReply::Refused));
    daemon.ask(release("y", 1, 0)).await;
    assert_eq!(daemon.asks_and_hears(ask_for("z", 2, &wish)).await, said("z", 2, claimed("b")));
}

#[tokio::test]
async fn a_key_of_another_kind_fails_what_needs_it_and_nothing_else() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut daemon = Daemon::up(server.settings("one")).await;
    server.say::<()>(&["SET", "hotlined:{calls}:line:a", "not ours"]);
    daemon.ask(ask_for("x", 1, &claim("sales", "a", Pick::First))).await;
    let failure = daemon.failure().await;
    assert!(matches!(failure, RedisFailure::WrongType(_)), "{failure:?}");
    assert_eq!(failure.remedy(), Remedy::Operator);
    let other = claim("sales", "b", Pick::First);
    assert_eq!(daemon.asks_and_hears(ask_for("x", 2, &other)).await, said("x", 2, claimed("b")));
}

#[tokio::test]
async fn a_replica_is_no_place_to_write() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut daemon = Daemon::up(server.settings("one")).await;
    // Its master is nowhere, so it stays as it is.
    server.say::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    let failure = daemon.away().await;
    assert!(matches!(failure, RedisFailure::ReadOnly(_)), "{failure:?}");
    server.say::<()>(&["REPLICAOF", "NO", "ONE"]);
    daemon.back().await;
}
