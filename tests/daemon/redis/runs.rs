//! Calls that are kept by one word: each has the outcome it would have had by itself.

use super::leases::{LONG, connected, switch, takes};
use super::together::{ask_for, now, said};
use super::world::{call, claim, claimed};
use crate::support::needs;
use crate::support::redis_server::{Cluster, Server};
use hotlined::redis::RedisClient;
use hotlined::redis::RedisSettings;
use hotlined_core::call::SAVED_FORMAT;
use hotlined_core::command::Pick;
use hotlined_core::event::RawSavedCall;
use hotlined_instance::cluster::call_entry::CallEntry;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::loaded_calls::LoadedSwitch;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use hotlined_instance::cluster::redis_reply::OpResult;
use std::collections::BTreeMap;

fn keep(fence: Option<&Fence>, name: &str, state: &str) -> FencedOp {
    let kept = RawSavedCall { format: SAVED_FORMAT, call: call(name), at: None, state: state.into() };
    let saved = rmp_serde::to_vec_named(&kept).unwrap();
    let entry = CallEntry { version: None, open_claims: Vec::new(), saved };
    let what = ReplicationOp::SaveCall { call: call(name), entry };
    FencedOp { at: now(), op: RedisOp::Replicate { switch: switch(), op: what }, fence: fence.cloned() }
}

/// The calls that are kept, and how each is.
fn states(loaded: &LoadedSwitch) -> BTreeMap<String, String> {
    let kept = loaded.kept.calls.iter();
    kept.map(|kept| (kept.call.to_string(), kept.state.as_str().unwrap().to_owned())).collect()
}

/// How many scripts the server ran.
fn scripts(server: &Server) -> u64 {
    let stats: String = server.say(&["INFO", "commandstats"]);
    let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.and_then(|rest| rest.split(',').next()).map_or(0, |count| count.parse().unwrap())
}

async fn keeps_many(settings: &RedisSettings) -> (RedisClient, Fence) {
    let mut store = connected(settings).await;
    let fence = takes(&mut store, LONG).await;
    let mut asked: Vec<FencedOp> =
        (0..250).map(|nth| keep(Some(&fence), &format!("call-{nth}"), "rings")).collect();
    asked.push(keep(Some(&fence), "call-7", "talks"));
    asked.push(ask_for("call-7", 1, &claim("sales", "a", Pick::First)));
    asked.push(keep(Some(&fence), "call-8", "talks"));
    let outcomes = store.ask(&asked).await;
    assert_eq!(outcomes.len(), asked.len(), "each has its own outcome");
    for (at, outcome) in outcomes.into_iter().enumerate() {
        let expected =
            if at == 251 { OpResult::AcdReply(said("call-7", 1, claimed("a"))) } else { OpResult::Done };
        assert_eq!(outcome.unwrap().result, expected, "{at}");
    }
    let states = states(&store.load(now(), &fence).await.unwrap());
    assert_eq!(states.len(), 250);
    for (call, state) in states {
        let last = ["call-7", "call-8"].contains(&call.as_str());
        assert_eq!(state, if last { "talks" } else { "rings" }, "{call}");
    }
    (store, fence)
}

#[tokio::test]
async fn many_calls_are_kept_by_few_words() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut store, fence) = keeps_many(&server.settings("one")).await;
    let before = scripts(&server);
    let calls: Vec<FencedOp> = (0..250).map(|nth| keep(Some(&fence), &format!("call-{nth}"), "")).collect();
    store
        .ask(&calls)
        .await
        .into_iter()
        .for_each(|outcome| assert_eq!(outcome.unwrap().result, OpResult::Done));
    assert_eq!(scripts(&server) - before, 3);
}

#[tokio::test]
async fn many_calls_are_kept_in_a_cluster() {
    needs!(REDIS);
    let cluster = Cluster::start();
    keeps_many(&cluster.settings("one")).await;
}

#[tokio::test]
async fn a_higher_token_refuses_all_that_is_said_with_a_lower_one() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let (mut one, mut two) =
        (connected(&server.settings("one")).await, connected(&server.settings("two")).await);
    let old = takes(&mut one, LONG).await;
    server.say::<()>(&["DEL", "hotlined:{calls}:lease:fs-1"]);
    let new = takes(&mut two, LONG).await;
    // By whoever acted, by who acts, by nobody, again by whoever acted: only neighbours of one right go together.
    let rights = [Some(&old), Some(&old), Some(&new), Some(&new), None, None, Some(&old), Some(&old)];
    let calls: Vec<FencedOp> =
        (0..).zip(rights).map(|(nth, fence)| keep(fence, &format!("{nth}"), "")).collect();
    let before = scripts(&server);
    for (fence, outcome) in rights.into_iter().zip(one.ask(&calls).await) {
        match fence == Some(&new) {
            true => assert_eq!(outcome.unwrap().result, OpResult::Done),
            false => assert_eq!(outcome.unwrap_err(), RedisFailure::Fenced { token: new.token }),
        }
    }
    assert_eq!(scripts(&server) - before, 4);
    let kept: Vec<String> = states(&two.load(now(), &new).await.unwrap()).into_keys().collect();
    assert_eq!(kept, ["2", "3"]);
}
