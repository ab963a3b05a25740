//! Who acts for a switch.

use super::together::{ask_for, fenced, now};
use super::world::{call, claim, claimed};
use crate::support::needs;
use crate::support::{redis_server::Server, wait::s};
use hotlined::redis::RedisClient;
use hotlined::redis::RedisConnector;
use hotlined::redis::RedisSettings;
use hotlined_core::command::Pick;
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::failure::{RedisFailure, Remedy};
use hotlined_instance::cluster::lease_policy::Presence;
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use hotlined_instance::cluster::redis_reply::OpResult;
use hotlined_instance::persist::outbox::DeliveryId;

pub const LONG: Millis = Millis(600_000);

async fn daemon(server: &Server, name: &str) -> RedisClient {
    connected(&server.settings(name)).await
}

pub async fn connected(settings: &RedisSettings) -> RedisClient {
    let link = RedisConnector::new(settings).unwrap().connect(COMMAND_TIME_MAX * 20).await.unwrap();
    RedisClient::new(link, settings)
}

pub fn switch() -> SwitchId {
    SwitchId("fs-1".into())
}

pub async fn takes(daemon: &mut RedisClient, span: Millis) -> Fence {
    match daemon.acquire(&switch(), span).await.unwrap() {
        LeaseReply::Granted(lease) => lease,
        LeaseReply::Denied { owner, left } => panic!("{owner:?} has it for {left}"),
    }
}

async fn is_whose(taken: Result<LeaseReply, RedisFailure>) -> Option<String> {
    match taken.unwrap() {
        LeaseReply::Granted(lease) => panic!("{lease:?}"),
        LeaseReply::Denied { owner, .. } => owner,
    }
}

#[tokio::test]
async fn one_of_two_acts_and_the_other_when_it_gives_up() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let lease = takes(&mut one, LONG).await;
    assert_eq!(is_whose(two.acquire(&switch(), LONG).await).await.as_deref(), Some("one"));
    let LeaseReply::Granted(renewed) = one.renew(&lease, LONG).await.unwrap() else { panic!() };
    assert_eq!(renewed, lease);
    // What is not ours we can neither renew nor give up.
    let forged = Fence { token: lease.token - 1, ..lease.clone() };
    assert_eq!(is_whose(two.renew(&forged, LONG).await).await.as_deref(), Some("one"));
    two.give_up(&forged).await.unwrap();
    assert_eq!(is_whose(two.acquire(&switch(), LONG).await).await.as_deref(), Some("one"));
    one.give_up(&lease).await.unwrap();
    let next = takes(&mut two, LONG).await;
    assert!(next.token > lease.token);
    let other = SwitchId("fs-2".into());
    assert!(matches!(one.acquire(&other, LONG).await.unwrap(), LeaseReply::Granted(_)));
}

#[tokio::test]
async fn a_lease_runs_out_and_is_renewed_only_while_nobody_else_took_it() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let asked = std::time::Instant::now();
    let lease = takes(&mut one, Millis(300)).await;
    let begin = std::time::Instant::now();
    let next = loop {
        assert!(begin.elapsed() < s(20), "it does not run out");
        match two.acquire(&switch(), LONG).await.unwrap() {
            LeaseReply::Granted(next) => break next,
            LeaseReply::Denied { left, .. } => assert!(left <= Millis(300), "{left}"),
        }
    };
    assert!(asked.elapsed() >= std::time::Duration::from_millis(300), "its holder would not know");
    assert_eq!(is_whose(one.renew(&lease, LONG).await).await.as_deref(), Some("two"));
    // It ran out, but is still the last that was given.
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let LeaseReply::Granted(again) = two.renew(&next, LONG).await.unwrap() else { panic!() };
    assert_eq!(again, next);
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    assert_eq!(is_whose(one.renew(&lease, LONG).await).await, None);
}

#[tokio::test]
async fn who_was_paused_and_wakes_up_late_cannot_act() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let wish = claim("sales", "a", Pick::First);
    let old = takes(&mut one, LONG).await;
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let new = takes(&mut two, LONG).await;
    let late = one.ask(&[fenced(ask_for("x", 1, &wish), &old)]).await.remove(0).unwrap_err();
    assert_eq!((&late, late.remedy()), (&RedisFailure::Fenced { token: new.token }, Remedy::StandBy));
    let acts = two.ask(&[fenced(ask_for("y", 1, &wish), &new)]).await.remove(0).unwrap();
    assert!(matches!(acts.result, OpResult::AcdReply(Event::Acd { reply, .. }) if reply == claimed("a")));
}

/// The first word of who acts, whatever it is about, shuts them out again.
#[tokio::test]
async fn who_acted_before_cannot_act_at_a_server_that_forgot_everything() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let wish = claim("sales", "a", Pick::First);
    let old = takes(&mut one, LONG).await;
    one.give_up(&old).await.unwrap();
    let new = takes(&mut two, LONG).await;
    let written = || RedisOp::Replicate {
        switch: switch(),
        op: ReplicationOp::RemoveDeliveries(vec![DeliveryId::record(call("x"))]),
    };
    let keeps = |fence: &Fence| FencedOp { at: now(), op: written(), fence: Some(fence.clone()) };
    for word in [fenced(ask_for("y", 1, &wish), &new), keeps(&new)] {
        server.say::<()>(&["FLUSHALL"]);
        two.ask(&[word]).await.remove(0).unwrap();
        for late in [fenced(ask_for("x", 1, &wish), &old), keeps(&old)] {
            let refused = one.ask(&[late]).await.remove(0).unwrap_err();
            assert_eq!(refused, RedisFailure::Fenced { token: new.token });
        }
        let left: i64 = server.say(&["PTTL", "hotlined:{calls}:fence:fs-1"]);
        assert!(left > 0, "it is kept for {left} ms");
    }
}

#[tokio::test]
async fn the_same_daemon_started_anew_shuts_out_what_it_was_before() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut before, mut after) = (daemon(&server, "one").await, daemon(&server, "one").await);
    let old = takes(&mut before, LONG).await;
    let new = takes(&mut after, LONG).await;
    assert!(new.token > old.token);
    assert_eq!(is_whose(before.renew(&old, LONG).await).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_server_that_forgot_everything_gives_out_no_old_token() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = daemon(&server, "one").await;
    let mut two = daemon(&server, "two").await;
    let old = takes(&mut one, LONG).await;
    server.say::<()>(&["FLUSHALL"]);
    // Whoever acts goes on, since nobody has come after it.
    assert_eq!(one.renew(&old, LONG).await.unwrap(), LeaseReply::Granted(old.clone()));
    server.say::<()>(&["FLUSHALL"]);
    // The server tells tokens apart by its clock, which has to go on.
    while now().0 <= old.token {
        tokio::task::yield_now().await;
    }
    let LeaseReply::Granted(new) = two.acquire(&switch(), LONG).await.unwrap() else { panic!() };
    assert!(new.token > old.token);
    assert_eq!(is_whose(one.renew(&old, LONG).await).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn daemons_see_each_other_and_who_acts_for_which_switch() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let (fs1, fs2) = (switch(), SwitchId("fs-2".into()));
    let lease = takes(&mut one, LONG).await;
    let shows = |acts: &[&SwitchId], up| Presence {
        can_serve: vec![fs1.clone(), fs2.clone()],
        active_for: acts.iter().map(|switch| (*switch).clone()).collect(),
        up: Millis(up),
    };
    let alone = one.announce(&shows(&[&fs1], 7), LONG).await.unwrap();
    assert!(alone.others.is_empty(), "{alone:?}");
    let seen = two.announce(&shows(&[], 3), LONG).await.unwrap();
    let others: Vec<_> = seen.others.iter().collect();
    assert_eq!(others, [(&"one".parse().unwrap(), &shows(&[&fs1], 7))]);
    assert_eq!(seen.leases[&fs2], None);
    assert!(matches!(&seen.leases[&fs1], Some((owner, left)) if owner == "one" && *left <= LONG));
    one.give_up(&lease).await.unwrap();
    assert_eq!(two.announce(&shows(&[], 3), LONG).await.unwrap().leases[&fs1], None);
    // What a later version shows of itself is no harm; whoever was not there for a while is not there.
    let other = "{\"at\":9999999999999,\"up\":{}}";
    server.say::<()>(&["HSET", "hotlined:{calls}:daemons", "three", other, "four", "?"]);
    let seen = two.announce(&shows(&[], 3), LONG).await.unwrap();
    assert_eq!(seen.others.len(), 1, "{seen:?}");
    assert!(two.announce(&shows(&[], 3), Millis(0)).await.unwrap().others.is_empty());
    let shown: Vec<String> = server.say(&["HKEYS", "hotlined:{calls}:daemons"]);
    assert!(!shown.contains(&"four".to_owned()), "{shown:?}");
}
