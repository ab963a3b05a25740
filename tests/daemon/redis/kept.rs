//! Calls that are kept for the daemon that comes after.

use super::leases::{LONG, connected, switch, takes};
use super::together::{Daemon, ask, ask_for, fenced, now, release, said};
use super::world::{ahead, call, claim, claimed, line, pool, waiting};
use crate::support::needs;
use crate::support::redis_server::{Cluster, Server, Watched, free_port};
use hotlined::redis::RedisClient;
use hotlined::redis::RedisSettings;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::call::SAVED_FORMAT;
use hotlined_core::command::{AcdRequest, Pick};
use hotlined_core::event::{AcdReply, RawSavedCall};
use hotlined_core::hotline::{Agent, Dial, Hotline};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::acd_failover::{AcdFailover, FailoverOutput};
use hotlined_instance::cluster::call_entry::HotlineVersion;
use hotlined_instance::cluster::call_replication::{CallReplication, OpBatch};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::limits::{CALL_KEPT, KEPT};
use hotlined_instance::cluster::loaded_calls::{AdoptedCall, LoadedSwitch};
use hotlined_instance::cluster::redis_event::RedisEvent;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use hotlined_instance::persist::snapshot::{LiveCall, TurnChanges};
use std::sync::Arc;

fn hotline(name: &str) -> Arc<Hotline> {
    let agent = Agent::new("01", Dial::phone("13900000001").unwrap());
    Arc::new(SimpleHotline::default().hotline("4008001234", name, vec![agent]))
}

fn saved(name: &str, state: &str, format: u16) -> Vec<u8> {
    rmp_serde::to_vec_named(&RawSavedCall { format, call: call(name), at: None, state: state.into() })
        .unwrap()
}

fn live(name: &str, state: &str, hotline: Option<&Arc<Hotline>>) -> LiveCall {
    let bytes = saved(name, state, SAVED_FORMAT);
    LiveCall { call: call(name), switch: switch(), hotline: hotline.cloned(), bytes }
}

fn is_live(calls: Vec<LiveCall>) -> TurnChanges {
    TurnChanges { live: calls, ..TurnChanges::default() }
}

fn is_over(name: &str, record: &str) -> TurnChanges {
    let delivery = self::record(name, record);
    TurnChanges { over: vec![call(name)], deliveries: vec![(switch(), delivery)], ..TurnChanges::default() }
}

fn record(name: &str, line: &str) -> Delivery {
    Delivery { id: done(name), payload: line.to_owned() }
}

fn done(name: &str) -> DeliveryId {
    DeliveryId::record(call(name))
}

fn states(loaded: &LoadedSwitch) -> Vec<String> {
    let mut states: Vec<String> = loaded
        .kept
        .calls
        .iter()
        .map(|kept| format!("{} {}", kept.call, kept.state.as_str().unwrap()))
        .collect();
    states.sort();
    states
}

/// A daemon as far as it keeps calls.
#[derive(Default)]
struct Keeper {
    replication: CallReplication,
    failover: AcdFailover,
}

impl Keeper {
    fn acting(fence: &Fence) -> Self {
        let mut keeper = Self::default();
        keeper.replication.begin_switch(fence.clone());
        keeper
    }

    fn words(&mut self, turn: TurnChanges) -> OpBatch {
        self.replication.batch(now(), turn, Vec::new(), &self.failover)
    }

    async fn keeps(&mut self, store: &mut RedisClient, turn: TurnChanges) {
        for outcome in store.ask(&self.words(turn).ops).await {
            outcome.unwrap();
        }
    }
}

/// One of each kind that leaves something behind.
pub fn story(fence: &Fence) -> Vec<FencedOp> {
    let mut keeper = Keeper::acting(fence);
    let mut all =
        keeper.words(is_live(vec![live("a", "rings", Some(&hotline("H"))), live("b", "", None)])).ops;
    all.extend(keeper.words(is_over("b", "{}")).ops);
    all
}

async fn is_kept_and_loaded(settings: impl Fn(&str) -> RedisSettings) {
    let mut one = connected(&settings("one")).await;
    let fence = takes(&mut one, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    let (old, new) = (hotline("Old"), hotline("New"));
    let calls = vec![live("a", "rings", Some(&old)), live("b", "rings", Some(&new)), live("c", "", None)];
    keeper.keeps(&mut one, is_live(calls)).await;
    keeper.keeps(&mut one, is_live(vec![live("a", "talks", Some(&old))])).await;
    keeper.keeps(&mut one, is_over("b", r#"{"call":"b"}"#)).await;
    keeper.keeps(&mut one, TurnChanges { over: vec![call("c")], ..TurnChanges::default() }).await;
    one.give_up(&fence).await.unwrap();

    let mut two = connected(&settings("two")).await;
    let fence = takes(&mut two, LONG).await;
    let loaded = two.load(now(), &fence).await.unwrap();
    assert_eq!(states(&loaded), ["a talks"]);
    assert_eq!(loaded.kept.hotlines, [old], "nobody follows the other");
    assert_eq!(loaded.kept.deliveries, [record("b", r#"{"call":"b"}"#)]);
    assert_eq!((loaded.kept.losses.len(), loaded.calls.len()), (0, 1));
    // What is taken up can end and be written like any other.
    let mut keeper = Keeper::acting(&fence);
    assert_eq!(keeper.replication.take_over_switch(now(), &loaded).len(), 1);
    keeper.keeps(&mut two, is_over("a", "{}")).await;
    keeper.keeps(&mut two, TurnChanges { done: vec![done("a"), done("b")], ..TurnChanges::default() }).await;
    let loaded = two.load(now(), &fence).await.unwrap();
    assert!(loaded.kept.calls.is_empty() && loaded.kept.hotlines.is_empty());
    assert_eq!((loaded.kept.deliveries.len(), loaded.kept.losses.len()), (0, 0));
}

#[tokio::test]
async fn what_was_kept_is_there_for_whoever_takes_over() {
    needs!(REDIS);
    let server = Server::start(&[]);
    is_kept_and_loaded(|name| server.settings(name)).await;
    let keys: Vec<String> = server.say(&["KEYS", "*:edition:*"]);
    assert_eq!(keys, Vec::<String>::new(), "the versions are struck");
}

#[tokio::test]
async fn a_cluster_keeps_calls_too() {
    needs!(REDIS);
    let cluster = Cluster::start();
    is_kept_and_loaded(|name| cluster.settings(name)).await;
}

#[tokio::test]
async fn a_daemon_that_acts_no_more_can_neither_keep_nor_forget() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) =
        (connected(&server.settings("one")).await, connected(&server.settings("two")).await);
    let old = takes(&mut one, LONG).await;
    Keeper::acting(&old).keeps(&mut one, is_live(vec![live("a", "rings", Some(&hotline("H")))])).await;
    Keeper::acting(&old).keeps(&mut one, is_over("b", r#"{"switch":"fs-1"}"#)).await;
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let new = takes(&mut two, LONG).await;
    let edition = HotlineVersion::of(&hotline("H"));
    let entry = hotlined_instance::cluster::call_entry::CallEntry {
        version: None,
        open_claims: Vec::new(),
        saved: Vec::new(),
    };
    let words = || {
        [
            ReplicationOp::SaveCall { call: call("a"), entry: entry.clone() },
            ReplicationOp::SaveVersion { version: edition.clone(), json: "{}".into() },
            ReplicationOp::DropVersions(vec![edition.clone()]),
            ReplicationOp::EndCall { call: call("a"), deliveries: vec![record("a", "{}")] },
            ReplicationOp::AddDeliveries(vec![record("b", "{}")]),
            ReplicationOp::RemoveDeliveries(vec![done("b")]),
            ReplicationOp::AdoptCalls(vec![call("a")]),
        ]
    };
    for fence in [Some(old), None] {
        let ask = |what| FencedOp {
            at: now(),
            op: RedisOp::Replicate { switch: switch(), op: what },
            fence: fence.clone(),
        };
        for outcome in one.ask(&words().map(ask)).await {
            assert_eq!(outcome.unwrap_err(), RedisFailure::Fenced { token: new.token });
        }
    }
    let loaded = two.load(now(), &new).await.unwrap();
    assert_eq!(states(&loaded), ["a rings"]);
    assert_eq!((loaded.kept.hotlines.len(), loaded.kept.deliveries.len()), (1, 1));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_left_as_it_is() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = connected(&server.settings("one")).await;
    let fence = takes(&mut one, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    let later =
        LiveCall { bytes: saved("later", "", SAVED_FORMAT + 1), ..live("later", "", Some(&hotline("L"))) };
    let odd = LiveCall { bytes: vec![0xc1], ..live("odd", "", None) };
    let other = LiveCall { bytes: saved("a", "", SAVED_FORMAT), ..live("other", "", None) };
    keeper.keeps(&mut one, is_live(vec![live("a", "rings", None), later, odd, other])).await;
    let key = "hotlined:{calls}:kept:fs-1";
    for (field, value) in [("junk", "what?"), ("empty", ""), ("future", "\t\t")] {
        server.say::<()>(&["HSET", key, field, value]);
    }
    let before: std::collections::BTreeMap<Vec<u8>, Vec<u8>> = server.say(&["HGETALL", key]);
    for _ in 0..2 {
        let loaded = one.load(now(), &fence).await.unwrap();
        assert_eq!(states(&loaded), ["a rings"]);
        assert_eq!(loaded.kept.losses.len(), 6, "{:?}", loaded.kept.losses);
        let told =
            loaded.kept.losses.iter().any(|loss| loss.contains("saved in format") && loss.contains("later"));
        assert!(told, "{:?}", loaded.kept.losses);
    }
    let after: std::collections::BTreeMap<Vec<u8>, Vec<u8>> = server.say(&["HGETALL", key]);
    assert_eq!(before, after);
    let editions: u32 = server.say(&["HLEN", "hotlined:{calls}:edition:fs-1"]);
    assert_eq!(editions, 1, "what a later version may follow stays, too");
}

#[tokio::test]
async fn what_a_dead_daemon_asked_and_never_heard_is_told_to_whoever_takes_over() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let mut two = Daemon::up(server.settings("two")).await;
    let mut leases = connected(&server.settings("one")).await;
    let fence = takes(&mut leases, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    let (a, b) = (claim("sales", "a", Pick::First), claim("service", "b", Pick::First));
    let (queued_a, queued_b) = (waiting(a.clone(), 0, 7), waiting(b.clone(), 0, 9));
    // Somebody else's call has the first line, and one of ours waits for it.
    assert_eq!(two.asks_and_hears(ask_for("other", 1, &a)).await, said("other", 1, claimed("a")));
    let admit = AcdRequest::Admit { hotline: "400".into(), calls_max: Some(1), recent: None };
    one.asks_and_hears(fenced(ask("holds", 1, admit.clone()), &fence)).await;
    one.asks_and_hears(fenced(ask_for("holds", 2, &b), &fence)).await;
    one.asks_and_hears(fenced(ask_for("waits", 1, &queued_a), &fence)).await;
    // The last one is kept with its wish, and the daemon dies before it asks.
    let mut out = FailoverOutput::default();
    for (name, wish) in [("waits", &queued_a), ("never", &queued_b)] {
        let RedisOp::Request { id, request } = ask_for(name, 1, wish).op else { panic!() };
        keeper.failover.request(now(), id, request, &mut out);
    }
    let kept = ["holds", "waits", "never"].map(|name| live(name, "", None)).to_vec();
    let words = keeper.words(is_live(kept));
    let reached = RedisEvent::BarrierReached(words.barrier.unwrap());
    one.ask_all(words.ops).await;
    assert_eq!(one.next().await, reached);
    drop(one);
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    // Nobody hears this answer.
    two.ask(release("other", 1, 0)).await;
    two.ask(FencedOp { at: now(), op: RedisOp::Forget(call("other")), fence: None }).await;
    assert_eq!(two.next().await, RedisEvent::Forgotten { call: call("other"), left_behind: 0 });

    let mut leases = connected(&server.settings("two")).await;
    let fence = takes(&mut leases, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    let loaded = leases.load(now(), &fence).await.unwrap();
    let asks = keeper.replication.take_over_switch(now(), &loaded);
    let mut out = FailoverOutput::default();
    for (call, open) in loaded.calls {
        keeper.failover.take_over_call(now(), &call, open.open_claims, &mut out);
    }
    two.ask_all(asks).await;
    let heard = two.next().await;
    let RedisEvent::Adopted(adopted) = &heard else { panic!("{heard:?}") };
    let holds = adopted.iter().find(|adopted| adopted.call == call("holds")).unwrap();
    let counted = AdoptedCall {
        call: call("holds"),
        holds: vec![(2, line("b"), pool("service"))],
        waits: vec![],
        counted: vec!["400".into()],
    };
    assert_eq!(*holds, counted);
    keeper.failover.handle(now(), heard, &mut out);
    out.replies.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(out.replies, [said("holds", 2, claimed("b")), said("waits", 1, claimed("a"))]);
    // What was never asked is asked now, and waits where it would have.
    let asked = std::mem::take(&mut out.ops).into_iter();
    let turn = is_live(vec![]);
    let words = keeper.replication.batch(now(), turn, asked.collect(), &keeper.failover);
    two.ask_all(words.ops).await;
    assert_eq!(two.event().await, said("never", 1, ahead(0, None)));
    assert_eq!(two.next().await, RedisEvent::BarrierReached(words.barrier.unwrap()));
    // From now on it is told where it is: also of the calls that it took up.
    two.ask(fenced(release("holds", 2, 0), &fence)).await;
    assert_eq!(two.event().await, said("never", 1, claimed("b")));
    let full = two.asks_and_hears(ask("third", 1, admit)).await;
    assert_eq!(full, said("third", 1, AcdReply::Admitted { room: false, recent: 0 }), "it is counted still");
}

#[tokio::test]
async fn a_claim_that_waits_is_told_to_the_daemon_that_adopts_it() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut one = Daemon::up(server.settings("one")).await;
    let mut two = Daemon::up(server.settings("two")).await;
    let wish = claim("sales", "a", Pick::First);
    one.asks_and_hears(ask_for("x", 1, &wish)).await;
    one.asks_and_hears(ask_for("y", 1, &waiting(wish.clone(), 0, 0))).await;
    one.asks_and_hears(ask_for("z", 1, &waiting(wish, 0, 0))).await;
    let adopt = |names: &[&str]| {
        let what = ReplicationOp::AdoptCalls(names.iter().map(|name| call(name)).collect());
        FencedOp { at: now(), op: RedisOp::Replicate { switch: switch(), op: what }, fence: None }
    };
    two.ask(adopt(&["y", "z", "unknown"])).await;
    let heard = two.next().await;
    let RedisEvent::Adopted(adopted) = &heard else { panic!("{heard:?}") };
    let ahead_of = |it: &AdoptedCall| it.waits.iter().map(|(_, at)| at.ahead).collect::<Vec<_>>();
    let waits: Vec<_> = adopted.iter().map(ahead_of).collect();
    assert_eq!(waits, [vec![0], vec![1], vec![]]);
    one.ask(release("x", 1, 0)).await;
    assert_eq!(two.event().await, said("y", 1, claimed("a")));
    // A place whose queue somebody deleted is none: the call asks for another.
    server.say::<()>(&["DEL", "hotlined:{calls}:waiting"]);
    two.ask(adopt(&["z"])).await;
    let nothing = AdoptedCall { call: call("z"), holds: vec![], waits: vec![], counted: vec![] };
    assert_eq!(two.next().await, RedisEvent::Adopted(vec![nothing]));
}

#[tokio::test]
async fn a_call_that_is_over_gives_back_as_it_said() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut store = connected(&server.settings("one")).await;
    let fence = takes(&mut store, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    keeper.keeps(&mut store, is_live(vec![live("x", "talks", None)])).await;
    let wish = claim("sales", "a", Pick::First);
    store.ask(&[ask_for("x", 1, &wish)]).await.remove(0).unwrap();
    let FencedOp { at, op, .. } = release("x", 1, 60_000);
    let requests = vec![(at, op), (at, RedisOp::Forget(call("x")))];
    let words = keeper.replication.batch(now(), is_over("x", "{}"), requests, &keeper.failover);
    assert_eq!(words.ops.len(), 3, "it is forgotten once");
    for outcome in store.ask(&words.ops).await {
        outcome.unwrap();
    }
    let answer = store.ask(&[ask_for("y", 1, &wish)]).await.remove(0).unwrap();
    assert_eq!(
        answer.result,
        hotlined_instance::cluster::redis_reply::OpResult::AcdReply(said("y", 1, AcdReply::Refused)),
        "it rests"
    );
}

#[tokio::test]
async fn a_long_talk_lasts_for_as_long_as_somebody_acts_for_its_switch() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut store = connected(&server.settings("one")).await;
    let lease = takes(&mut store, LONG).await;
    let mut keeper = Keeper::acting(&lease);
    keeper.keeps(&mut store, is_live(vec![live("x", "talks", None)])).await;
    let wish = claim("sales", "a b", Pick::First);
    let begin = now();
    let lost = fenced(ask_for("lost", 1, &wish), &lease);
    for outcome in store.ask(&[fenced(ask_for("x", 1, &wish), &lease), lost]).await {
        outcome.unwrap();
    }
    let mut left_behind = Vec::new();
    let day = |days: u64| Instant(begin.0 + days * (CALL_KEPT.0 + 1_000));
    for days in 1..4 {
        let due = FencedOp { at: day(days), op: RedisOp::RunDue, fence: None };
        left_behind.push(store.ask(&[due]).await.remove(0).unwrap().left_behind);
    }
    assert_eq!(left_behind, [1, 0, 0], "what was not kept is lost after its time");
    // What is kept expires later each time the lease is renewed.
    let key = "hotlined:{calls}:kept:fs-1";
    server.say::<()>(&["PEXPIRE", key, "60000"]);
    assert!(matches!(store.renew(&lease, LONG).await.unwrap(), LeaseReply::Granted(_)));
    let lives: u64 = server.say(&["PTTL", key]);
    assert!(lives > KEPT.0 - 60_000, "{lives}");
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let due = FencedOp { at: day(4), op: RedisOp::RunDue, fence: None };
    assert_eq!(store.ask(&[due]).await.remove(0).unwrap().left_behind, 1, "nobody acts for it any more");
    let fence = takes(&mut store, LONG).await;
    assert_eq!(
        states(&store.load(now(), &fence).await.unwrap()),
        ["x talks"],
        "whoever does ends it with a record"
    );
}

/// Sends words and hears what fails, until they have been heard of.
async fn says(daemon: &mut Daemon, keeper: &mut Keeper, turn: TurnChanges) -> Vec<RedisFailure> {
    let words = keeper.words(turn);
    daemon.ask_all(words.ops).await;
    let mut failures = Vec::new();
    loop {
        match daemon.next().await {
            RedisEvent::BarrierReached(number) if Some(number) == words.barrier => return failures,
            RedisEvent::Failed { op: asked, failure } => {
                keeper.replication.on_failed(&asked, &failure);
                failures.push(failure);
            }
            heard @ (RedisEvent::Unavailable(_) | RedisEvent::Available) => {
                keeper.failover.handle(now(), heard, &mut FailoverOutput::default());
            }
            RedisEvent::Forgotten { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_forgot_everything_is_told_everything() {
    needs!(REDIS);
    let port = free_port();
    let server = Server::at(port, &[]);
    let settings = server.settings("one");
    let mut daemon = Daemon::up(settings.clone()).await;
    let fence = takes(&mut connected(&settings).await, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    let h = hotline("H");
    let both = || is_live(vec![live("a", "rings", Some(&h)), live("b", "rings", Some(&h))]);
    assert_eq!(says(&mut daemon, &mut keeper, both()).await, []);
    server.kill();
    keeper.failover.handle(
        now(),
        RedisEvent::Unavailable(daemon.away().await),
        &mut FailoverOutput::default(),
    );
    // While it is away, the barrier is reached at once, and everything before it has failed.
    let failures = says(&mut daemon, &mut keeper, is_over("b", "{}")).await;
    assert!(matches!(failures[..], [RedisFailure::Lost(_)]), "{failures:?}");
    let _server = Server::at(port, &[]);
    daemon.back().await;
    keeper.failover.handle(now(), RedisEvent::Available, &mut FailoverOutput::default());
    keeper.replication.on_available(now());
    assert_eq!(keeper.replication.take_stale_calls(now() + Millis(1_000)), [call("a")]);
    assert_eq!(says(&mut daemon, &mut keeper, is_live(vec![live("a", "talks", Some(&h))])).await, []);
    let loaded = connected(&settings).await.load(now(), &fence).await.unwrap();
    assert_eq!(states(&loaded), ["a talks"]);
    assert_eq!(loaded.kept.hotlines, [h]);
    assert_eq!(loaded.kept.deliveries, [record("b", "{}")]);
}

#[tokio::test]
async fn when_the_master_dies_its_replica_has_the_calls_and_keeps_on() {
    needs!(REDIS);
    let mut watched = Watched::start();
    let mut daemon = Daemon::up(watched.settings("one")).await;
    let fence = takes(&mut connected(&watched.settings("one")).await, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    let calls = is_live(vec![live("a", "rings", None), live("b", "rings", None), live("c", "rings", None)]);
    says(&mut daemon, &mut keeper, calls).await;
    says(&mut daemon, &mut keeper, is_over("c", "{}")).await;
    watched.master.as_ref().unwrap().wait_for_replica();
    // What comes now is lost with the master: its replica is shut out first.
    let master = watched.master.as_ref().unwrap();
    master.say::<()>(&["CONFIG", "SET", "requirepass", "shut"]);
    let cut: u32 = master.say_as("shut", &["CLIENT", "KILL", "TYPE", "replica"]);
    assert_eq!(cut, 1);
    says(&mut daemon, &mut keeper, is_over("b", "{}")).await;
    watched.master.take().unwrap().kill();
    daemon.away().await;
    daemon.back().await;
    keeper.replication.on_available(now());
    says(&mut daemon, &mut keeper, is_live(vec![live("a", "talks", None)])).await;
    let loaded = connected(&watched.settings("one")).await.load(now(), &fence).await.unwrap();
    assert_eq!(states(&loaded), ["a talks"]);
    let mut records: Vec<String> =
        loaded.kept.deliveries.iter().map(|delivery| delivery.id.to_string()).collect();
    records.sort();
    assert_eq!(records, ["b", "c"]);
}

#[tokio::test]
async fn a_full_server_keeps_no_more_but_lets_go() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut daemon = Daemon::up(server.settings("one")).await;
    let fence = takes(&mut connected(&server.settings("one")).await, LONG).await;
    let mut keeper = Keeper::acting(&fence);
    says(&mut daemon, &mut keeper, is_live(vec![live("a", "rings", None), live("b", "rings", None)])).await;
    server.say::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let failures = says(&mut daemon, &mut keeper, is_live(vec![live("b", "talks", None)])).await;
    assert!(matches!(failures[..], [RedisFailure::Full(_)]), "{failures:?}");
    assert_eq!(says(&mut daemon, &mut keeper, is_over("a", "{}")).await, []);
    server.say::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(keeper.replication.take_stale_calls(now() + Millis(1_000)), [call("b")]);
    says(&mut daemon, &mut keeper, is_live(vec![live("b", "talks", None)])).await;
    let loaded = connected(&server.settings("one")).await.load(now(), &fence).await.unwrap();
    assert_eq!((states(&loaded), loaded.kept.deliveries.len()), (vec!["b talks".to_owned()], 1));
}
