use super::*;
use crate::cluster::acd_failover::FailoverOutput;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::command::{AcdRequest, Claim, Pick, PoolId};
use hotlined_core::hotline::{Agent, Dial};
use hotlined_core::id::CommandId;
use std::sync::Arc;

fn switch() -> SwitchId {
    SwitchId("fs".into())
}

fn call(name: &str) -> CallId {
    name.parse().unwrap()
}

fn hotline(name: &str) -> Arc<Hotline> {
    let agent = Agent::new("01", Dial::phone("13900000001").unwrap());
    Arc::new(SimpleHotline::default().hotline("4008001234", name, vec![agent]))
}

fn live(name: &str, hotline: Option<&Arc<Hotline>>) -> LiveCall {
    LiveCall { call: call(name), switch: switch(), hotline: hotline.cloned(), bytes: vec![1] }
}

fn record(name: &str, line: &str) -> (SwitchId, Delivery) {
    (switch(), Delivery { id: done(name), payload: line.to_owned() })
}

fn done(name: &str) -> DeliveryId {
    DeliveryId::record(call(name))
}

fn replication() -> CallReplication {
    let mut replication = CallReplication::default();
    replication.begin_switch(Fence { switch: switch(), token: 7 });
    replication
}

/// A word as a test reads it.
fn word(asked: &FencedOp) -> String {
    let token = asked.fence.as_ref().map_or(0, |fence| fence.token);
    let said = match &asked.op {
        RedisOp::Replicate { op: what, .. } => match what {
            ReplicationOp::SaveCall { call, entry } => {
                format!("call {call} waits {}", entry.open_claims.len())
            }
            ReplicationOp::SaveVersion { version: edition, .. } => format!("edition {}", edition.number),
            ReplicationOp::DropVersions(editions) => format!("outdated {}", editions.len()),
            ReplicationOp::EndCall { call, deliveries } => {
                let of = deliveries.iter().map(|delivery| delivery.payload.as_str()).collect::<Vec<_>>();
                format!("over {call} {}", if of.is_empty() { "-".to_owned() } else { of.concat() })
            }
            ReplicationOp::AddDeliveries(deliveries) => {
                let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.id.to_string()).collect();
                format!("deliver {ids:?}")
            }
            ReplicationOp::RemoveDeliveries(done) => {
                let ids: Vec<_> = done.iter().map(ToString::to_string).collect();
                format!("done [{}]", ids.join(", "))
            }
            ReplicationOp::AdoptCalls(calls) => format!("adopt {}", calls.len()),
        },
        RedisOp::Request { id, .. } => format!("request {id}"),
        RedisOp::Barrier(number) => return format!("barrier {number}"),
        RedisOp::Forget(_) | RedisOp::Hold { .. } | RedisOp::RunDue | RedisOp::CountUsage => {
            format!("{:?}", asked.op)
        }
    };
    format!("{said} by {token}")
}

fn said(words: &OpBatch) -> Vec<String> {
    words.ops.iter().map(word).collect()
}

fn says(replication: &mut CallReplication, at: u64, turn: TurnChanges) -> Vec<String> {
    said(&replication.batch(Instant(at), turn, Vec::new(), &AcdFailover::default()))
}

fn fails(replication: &mut CallReplication, words: &OpBatch, failure: &RedisFailure) {
    words.ops.iter().for_each(|asked| replication.on_failed(asked, failure));
}

#[test]
fn calls_come_before_what_they_ask_and_what_ends_comes_after() {
    let mut replication = replication();
    let old = hotline("Old");
    says(&mut replication, 1, TurnChanges { live: vec![live("a", Some(&old))], ..TurnChanges::default() });
    let (mut failover, mut out) = (AcdFailover::default(), FailoverOutput::default());
    let turn = hotlined_core::command::QueueRank { priority: 0, since: Instant(0), length_max: 9 };
    let claim =
        Claim { pool: PoolId("p".into()), agents: vec![], pick: Pick::First, caller: None, wait: Some(turn) };
    let id = CommandId { call: call("b"), number: 3 };
    failover.request(Instant(2), id, AcdRequest::Claim(claim), &mut out);
    let release = AcdRequest::Release { claim: 1, talked: true, rest: Millis(5) };
    failover.request(Instant(2), CommandId { call: call("a"), number: 9 }, release, &mut out);
    failover.end_call(Instant(2), &call("a"), &mut out);
    let turn = TurnChanges {
        live: vec![live("b", Some(&hotline("New"))), live("c", Some(&old))],
        over: vec![call("a")],
        deliveries: vec![record("a", "{}"), record("d", r#"{"switch":"fs","x":1}"#)],
        ..TurnChanges::default()
    };
    let words = replication.batch(Instant(2), turn, out.ops, &failover);
    let expected = [
        "edition 4008001234 by 7",
        "call b waits 1 by 7",
        "call c waits 0 by 7",
        "request b/3 by 7",
        "request a/9 by 7",
        "over a {} by 7",
        r#"over d {"switch":"fs","x":1} by 7"#,
        "barrier 2",
    ];
    assert_eq!((said(&words), words.barrier), (expected.map(str::to_owned).to_vec(), Some(2)));
    let done = TurnChanges { done: ["a", "d", "never"].map(done).to_vec(), ..TurnChanges::default() };
    assert_eq!(says(&mut replication, 3, done), ["done [a, d] by 7", "barrier 3"]);
    assert_eq!(
        (says(&mut replication, 4, TurnChanges::default()), replication.open_deliveries()),
        (vec![], 0)
    );
}

#[test]
fn a_version_is_said_once_and_struck_when_long_nobody_followed_it() {
    let mut replication = replication();
    let mut edited = 0;
    for nth in 0..IDLE_VERSIONS_MAX + 10 {
        let name = format!("call-{nth}");
        let hotline = hotline(&name);
        for _ in 0..2 {
            let turn = TurnChanges { live: vec![live(&name, Some(&hotline))], ..TurnChanges::default() };
            edited +=
                says(&mut replication, 1, turn).iter().filter(|said| said.starts_with("edition")).count();
        }
        let over =
            says(&mut replication, 1, TurnChanges { over: vec![call(&name)], ..TurnChanges::default() });
        let is_struck = over.iter().any(|said| said == "outdated 1 by 7");
        assert_eq!(is_struck, nth >= IDLE_VERSIONS_MAX, "{nth}: {over:?}");
    }
    assert_eq!(edited, IDLE_VERSIONS_MAX + 10);
}

#[test]
fn what_failed_is_said_again_but_a_call_only_as_it_is_now() {
    let mut replication = replication();
    let failover = AcdFailover::default();
    let turn =
        TurnChanges { live: vec![live("a", Some(&hotline("H"))), live("b", None)], ..TurnChanges::default() };
    let words = replication.batch(Instant(1_000), turn, Vec::new(), &failover);
    fails(&mut replication, &words, &RedisFailure::Full(String::new()));
    assert_eq!(replication.take_stale_calls(Instant(1_001)), [], "not at once");
    let at = replication.deadline(&failover).unwrap();
    assert_eq!(at, Instant(1_100));
    // One has been told anew before.
    says(
        &mut replication,
        1_050,
        TurnChanges { live: vec![live("a", Some(&hotline("H")))], ..TurnChanges::default() },
    );
    assert_eq!(replication.take_stale_calls(at), [call("b")]);
    assert_eq!(
        says(&mut replication, at.0, TurnChanges::default()),
        ["edition 4008001234 by 7", "barrier 3"]
    );
    assert_eq!(replication.deadline(&failover), None);

    let over =
        TurnChanges { over: vec![call("a")], deliveries: vec![record("a", "{}")], ..TurnChanges::default() };
    let words = replication.batch(Instant(1_150), over, Vec::new(), &failover);
    fails(&mut replication, &words, &RedisFailure::TimedOut);
    assert_eq!(says(&mut replication, 1_300, TurnChanges::default()), ["over a {} by 7", "barrier 5"]);
    // Who acts no more says nothing again.
    fails(&mut replication, &words, &RedisFailure::Fenced { token: 8 });
    assert_eq!(replication.deadline(&failover), None);
    fails(&mut replication, &words, &RedisFailure::TimedOut);
    replication.end_switch(&switch());
    assert_eq!(replication.deadline(&failover), None);
}

#[test]
fn what_a_fail_over_may_have_lost_is_said_again_when_redis_is_back() {
    let mut replication = replication();
    let h = hotline("H");
    let names = ["a", "b", "c", "d"];
    let calls = names.map(|name| live(name, Some(&h))).to_vec();
    says(&mut replication, 1, TurnChanges { live: calls, ..TurnChanges::default() });
    let over = |name: &str| TurnChanges {
        over: vec![call(name)],
        deliveries: vec![record(name, "{}")],
        ..TurnChanges::default()
    };
    says(&mut replication, 2, over("a"));
    says(&mut replication, 50_000, over("b"));
    says(&mut replication, 60_000, over("c"));
    says(
        &mut replication,
        60_001,
        TurnChanges { done: ["a", "b"].map(done).to_vec(), ..TurnChanges::default() },
    );
    replication.on_available(Instant(65_000));
    assert_eq!(replication.take_stale_calls(Instant(65_000)), [call("d")]);
    let turn = TurnChanges { live: vec![live("d", Some(&h))], ..TurnChanges::default() };
    let expected = [
        "over b - by 7",
        "over c {} by 7",
        "done [a, b] by 7",
        "edition 4008001234 by 7",
        "call d waits 0 by 7",
        "barrier 6",
    ];
    assert_eq!(says(&mut replication, 65_000, turn), expected);
}

#[test]
fn nothing_is_said_again_while_redis_is_away() {
    let mut replication = replication();
    let (mut failover, mut out) = (AcdFailover::default(), FailoverOutput::default());
    failover.handle(
        Instant(1),
        crate::cluster::redis_event::RedisEvent::Unavailable(RedisFailure::TimedOut),
        &mut out,
    );
    let over = TurnChanges { deliveries: vec![record("a", "{}")], ..TurnChanges::default() };
    let words = replication.batch(Instant(1), over, Vec::new(), &failover);
    fails(&mut replication, &words, &RedisFailure::TimedOut);
    assert!(replication.batch(Instant(900), TurnChanges::default(), Vec::new(), &failover).ops.is_empty());
    assert_eq!(replication.deadline(&failover), None);
    failover.handle(Instant(901), crate::cluster::redis_event::RedisEvent::Available, &mut out);
    assert_eq!(replication.batch(Instant(901), TurnChanges::default(), Vec::new(), &failover).ops.len(), 2);
}

#[test]
fn a_record_that_was_written_meanwhile_is_not_kept_again() {
    let mut replication = replication();
    says(&mut replication, 1, TurnChanges { live: vec![live("a", None)], ..TurnChanges::default() });
    let over = TurnChanges {
        over: vec![call("a")],
        deliveries: vec![record("a", "its record")],
        ..TurnChanges::default()
    };
    let words = replication.batch(Instant(2), over, Vec::new(), &AcdFailover::default());
    fails(&mut replication, &words, &RedisFailure::WrongType("string".to_owned()));
    let done = TurnChanges { done: vec![done("a")], ..TurnChanges::default() };
    assert_eq!(says(&mut replication, 2, done), ["done [a] by 7", "barrier 3"]);
    assert_eq!(says(&mut replication, 200, TurnChanges::default()), ["over a - by 7", "barrier 4"]);
    assert!(replication.is_complete());
}

#[test]
fn of_what_is_taken_up_what_is_written_or_over_already_is_struck() {
    let mut replication = replication();
    let mut loaded = LoadedSwitch {
        switch: switch(),
        kept: crate::persist::snapshot::PersistedState { done: vec![done("a")], ..Default::default() },
        calls: BTreeMap::new(),
        ended: vec![call("b")],
    };
    let said = |asked: Vec<FencedOp>| asked.iter().map(word).collect::<Vec<_>>();
    assert_eq!(said(replication.take_over_switch(Instant(1), &loaded)), ["over b - by 7", "done [a] by 7"]);
    // A record that is in no file yet is struck once it is.
    loaded = LoadedSwitch { ended: Vec::new(), kept: Default::default(), ..loaded };
    loaded.kept.deliveries.push(record("c", "{}").1);
    assert_eq!(said(replication.take_over_switch(Instant(2), &loaded)), [""; 0]);
    let written = says(
        &mut replication,
        3,
        TurnChanges { done: ["c", "d"].map(done).to_vec(), ..TurnChanges::default() },
    );
    assert_eq!(written, ["done [c] by 7", "barrier 1"]);
}

#[test]
fn what_was_over_as_it_was_taken_up_is_over_again_when_redis_lost_that() {
    let mut replication = replication();
    let deliveries = vec![record("c", "{}").1];
    let loaded = LoadedSwitch {
        switch: switch(),
        kept: crate::persist::snapshot::PersistedState {
            done: vec![done("a")],
            deliveries,
            ..Default::default()
        },
        calls: BTreeMap::new(),
        ended: vec![call("b")],
    };
    replication.take_over_switch(Instant(1), &loaded);
    replication.on_available(Instant(2));
    let expected = ["over b - by 7", "over c {} by 7", "over a - by 7", "done [a] by 7", "barrier 1"];
    assert_eq!(says(&mut replication, 200, TurnChanges::default()), expected);
}

#[test]
fn what_is_delivered_because_of_a_call_that_goes_on_is_kept_beside_it() {
    let mut replication = replication();
    let id = |recipient: &str| DeliveryId { kind: "toy".into(), recipient: recipient.into(), ..done("a") };
    let toy = |recipient| (switch(), Delivery { id: id(recipient), payload: "{}".to_owned() });
    let turn =
        TurnChanges { live: vec![live("a", None)], deliveries: vec![toy("owner")], ..TurnChanges::default() };
    let expected = ["call a waits 0 by 7", r#"deliver ["a toy owner"] by 7"#, "barrier 1"];
    assert_eq!(says(&mut replication, 1, turn), expected);
    let turn = TurnChanges {
        over: vec![call("a")],
        deliveries: vec![toy("agent"), record("a", "r")],
        ..TurnChanges::default()
    };
    assert_eq!(says(&mut replication, 2, turn), ["over a {}r by 7", "barrier 2"]);
    let turn = TurnChanges { done: vec![id("owner"), done("a")], ..TurnChanges::default() };
    assert_eq!(says(&mut replication, 3, turn), ["done [a toy owner, a] by 7", "barrier 3"]);
    replication.on_available(Instant(4));
    let expected = ["over a {} by 7", "done [a toy owner, a] by 7", "barrier 4"];
    assert_eq!(says(&mut replication, 200, TurnChanges::default()), expected);
}

#[test]
fn a_delivery_that_changed_meanwhile_is_repeated_as_it_is_now() {
    let mut replication = replication();
    let toy = |payload: &str| {
        let id = DeliveryId { kind: "toy".into(), recipient: "owner".into(), ..done("a") };
        vec![(switch(), Delivery { id, payload: payload.to_owned() })]
    };
    let turn = |payload| TurnChanges { deliveries: toy(payload), ..TurnChanges::default() };
    let failed = replication.batch(Instant(1), turn("old"), Vec::new(), &AcdFailover::default());
    fails(&mut replication, &failed, &RedisFailure::TimedOut);
    replication.batch(Instant(2), turn("new"), Vec::new(), &AcdFailover::default());
    let repeated =
        replication.batch(Instant(500), TurnChanges::default(), Vec::new(), &AcdFailover::default());
    let payloads = repeated.ops.iter().filter_map(|op| match &op.op {
        RedisOp::Replicate { op: ReplicationOp::AddDeliveries(deliveries), .. } => {
            Some(deliveries[0].payload.as_str())
        }
        _ => None,
    });
    assert_eq!(payloads.collect::<Vec<_>>(), ["new"]);
}
