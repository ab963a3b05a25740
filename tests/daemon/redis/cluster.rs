//! The same over three nodes, and over a master that dies.

use super::backing::{Backing, SHRINKS};
use super::beside::{story, tell};
use super::together::{Daemon, ask, ask_for, release, said};
use super::world::{ahead, claim, claimed, waiting};
use crate::support::needs;
use crate::support::redis_server::{Cluster, Watched};
use hotlined::redis::RedisSettings;
use hotlined_core::command::{AcdRequest, Pick};
use hotlined_core::event::{AcdReply, Event};
use hotlined_instance::cluster::failure::RedisFailure;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

/// How many random stories are told to the cluster.
const CASES: u32 = 12;

#[test]
fn a_cluster_says_what_the_embedded_store_says() {
    needs!(REDIS);
    let cluster = Cluster::start();
    let told = Cell::new(0);
    let run = TestRunner::new(Config { max_shrink_iters: SHRINKS, ..Config::with_cases(CASES) }).run(
        &story(),
        |story| {
            told.set(told.get() + 1);
            let prefix = format!("test-{}", told.get()).into();
            tell(&story, &mut Backing::under(RedisSettings { prefix, ..cluster.settings("one") }))
        },
    );
    run.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn daemons_share_a_cluster_and_codes_are_on_all_its_nodes() {
    needs!(REDIS);
    let cluster = Cluster::start();
    let mut one = Daemon::up(cluster.settings("one")).await;
    let mut two = Daemon::up(cluster.settings("two")).await;
    let wish = claim("sales", "a", Pick::First);
    let queued = waiting(wish.clone(), 0, 0);
    assert_eq!(one.asks_and_hears(ask_for("x", 1, &wish)).await, said("x", 1, claimed("a")));
    assert_eq!(two.asks_and_hears(ask_for("y", 1, &queued)).await, said("y", 1, ahead(0, None)));
    one.ask(release("x", 1, 20)).await;
    assert_eq!(two.event().await, said("y", 1, claimed("a")));
    for nth in 0..60 {
        let code = format!("{nth:025}").into();
        let count = AcdRequest::CountCode { hotline: "4008001234".into(), codes: "wine".into(), code };
        let new = AcdReply::CodeSeen { times: 0, first: None };
        assert_eq!(one.asks_and_hears(ask("x", 2 + nth, count)).await, said("x", 2 + nth, new));
    }
    for node in &cluster.nodes {
        let keys: Vec<String> = node.say(&["KEYS", "hotlined:{code:*"]);
        assert!(!keys.is_empty(), "a node has no code");
    }
}

#[tokio::test]
async fn when_the_master_dies_its_replica_goes_on() {
    needs!(REDIS);
    let mut watched = Watched::start();
    let mut one = Daemon::up(watched.settings("one")).await;
    let mut two = Daemon::up(watched.settings("two")).await;
    let wish = claim("sales", "a", Pick::First);
    let queued = waiting(wish.clone(), 0, 0);
    one.asks_and_hears(ask_for("x", 1, &wish)).await;
    two.asks_and_hears(ask_for("y", 1, &queued)).await;
    // What the replica does not have yet is lost with the master, so it is waited for.
    watched.master.as_ref().unwrap().wait_for_replica();
    watched.master.take().unwrap().kill();
    let failure = one.away().await;
    assert!(matches!(failure, RedisFailure::Lost(_) | RedisFailure::TimedOut), "{failure:?}");
    one.back().await;
    two.back().await;
    // Everything is as it was, and later answers come from the new master.
    assert_eq!(one.asks_and_hears(ask_for("x", 1, &wish)).await, said("x", 1, claimed("a")));
    let again: Event = two.asks_and_hears(ask_for("y", 1, &queued)).await;
    assert_eq!(again, said("y", 1, ahead(0, None)));
    one.ask(release("x", 1, 0)).await;
    assert_eq!(two.event().await, said("y", 1, claimed("a")));
}
