//! Who acts for a switch.

use crate::redis_server::{Server, wait::s};
use crate::together::{ask_for, fenced, now};
use crate::world::{claim, claimed};
use hotlined::command::Pick;
use hotlined::event::Event;
use hotlined::id::SwitchId;
use hotlined::live::redis::{
    COMMAND_TIME_MAX, Connector, Failure, Lease, RedisSettings, RedisStore, Remedy, Said, Taken,
};
use hotlined::time::Millis;

pub const LONG: Millis = Millis(600_000);

async fn daemon(server: &Server, name: &str) -> RedisStore {
    connected(&server.settings(name)).await
}

pub async fn connected(settings: &RedisSettings) -> RedisStore {
    let link = Connector::new(settings).unwrap().connect(COMMAND_TIME_MAX * 20).await.unwrap();
    RedisStore::new(link, settings)
}

pub fn switch() -> SwitchId {
    SwitchId("fs-1".into())
}

pub async fn takes(daemon: &mut RedisStore, span: Millis) -> Lease {
    match daemon.acquire(now(), &switch(), span).await.unwrap() {
        Taken::Ours(lease) => lease,
        Taken::Theirs { owner, left } => panic!("{owner:?} has it for {left}"),
    }
}

async fn is_whose(taken: Result<Taken, Failure>) -> Option<String> {
    match taken.unwrap() {
        Taken::Ours(lease) => panic!("{lease:?}"),
        Taken::Theirs { owner, .. } => owner,
    }
}

#[tokio::test]
async fn one_of_two_acts_and_the_other_when_it_gives_up() {
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let lease = takes(&mut one, LONG).await;
    assert_eq!(is_whose(two.acquire(now(), &switch(), LONG).await).await.as_deref(), Some("one"));
    let Taken::Ours(renewed) = one.renew(now(), &lease, LONG).await.unwrap() else { panic!() };
    assert_eq!(renewed.fence, lease.fence);
    assert!(renewed.good_until >= lease.good_until);
    // What is not ours we can neither renew nor give up.
    let forged = Lease { fence: lease.fence.clone(), ..renewed };
    assert_eq!(is_whose(two.renew(now(), &forged, LONG).await).await.as_deref(), Some("one"));
    two.give_up(now(), &forged).await.unwrap();
    assert_eq!(is_whose(two.acquire(now(), &switch(), LONG).await).await.as_deref(), Some("one"));
    one.give_up(now(), &lease).await.unwrap();
    let next = takes(&mut two, LONG).await;
    assert!(next.fence.token > lease.fence.token);
    let other = SwitchId("fs-2".into());
    assert!(matches!(one.acquire(now(), &other, LONG).await.unwrap(), Taken::Ours(_)));
}

#[tokio::test]
async fn a_lease_runs_out_and_is_renewed_only_while_nobody_else_took_it() {
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let lease = takes(&mut one, Millis(300)).await;
    let begin = std::time::Instant::now();
    let next = loop {
        assert!(begin.elapsed() < s(20), "it does not run out");
        match two.acquire(now(), &switch(), LONG).await.unwrap() {
            Taken::Ours(next) => break next,
            Taken::Theirs { left, .. } => assert!(left <= Millis(300), "{left}"),
        }
    };
    assert!(tokio::time::Instant::now() >= lease.good_until, "its holder knew before");
    assert_eq!(is_whose(one.renew(now(), &lease, LONG).await).await.as_deref(), Some("two"));
    // It ran out, but is still the last that was given.
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let Taken::Ours(again) = two.renew(now(), &next, LONG).await.unwrap() else { panic!() };
    assert_eq!(again.fence, next.fence);
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    assert_eq!(is_whose(one.renew(now(), &lease, LONG).await).await, None);
}

#[tokio::test]
async fn who_was_paused_and_wakes_up_late_cannot_act() {
    let server = Server::start(&[]);
    let (mut one, mut two) = (daemon(&server, "one").await, daemon(&server, "two").await);
    let wish = claim("sales", "a", Pick::First);
    let old = takes(&mut one, LONG).await.fence;
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let new = takes(&mut two, LONG).await.fence;
    let late = one.ask(&[fenced(ask_for("x", 1, &wish), &old)]).await.remove(0).unwrap_err();
    assert_eq!((&late, late.remedy()), (&Failure::Fenced { token: new.token }, Remedy::StandBy));
    let acts = two.ask(&[fenced(ask_for("y", 1, &wish), &new)]).await.remove(0).unwrap();
    assert!(matches!(acts.said, Said::Heard(Event::Store { answer, .. }) if answer == claimed("a")));
}

#[tokio::test]
async fn the_same_daemon_started_anew_shuts_out_what_it_was_before() {
    let server = Server::start(&[]);
    let (mut before, mut after) = (daemon(&server, "one").await, daemon(&server, "one").await);
    let old = takes(&mut before, LONG).await;
    let new = takes(&mut after, LONG).await;
    assert!(new.fence.token > old.fence.token);
    assert_eq!(is_whose(before.renew(now(), &old, LONG).await).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_server_that_forgot_everything_gives_out_no_old_token() {
    let server = Server::start(&[]);
    let mut one = daemon(&server, "one").await;
    let old = takes(&mut one, LONG).await;
    server.say::<()>(&["FLUSHALL"]);
    let later = hotlined::time::Instant(now().0 + 1);
    let Taken::Ours(new) = one.acquire(later, &switch(), LONG).await.unwrap() else { panic!() };
    assert!(new.fence.token > old.fence.token);
}
