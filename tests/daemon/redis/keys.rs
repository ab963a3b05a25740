//! What is written to Redis, and for how long.

use super::together::{ask, ask_for, now, release};
use super::world::{claim, line, pool, waiting};
use crate::support::needs;
use crate::support::redis_server::Server;
use hotlined::redis::RedisClient;
use hotlined::redis::RedisConnector;
use hotlined_core::command::{AcdRequest, Claim, Pick};
use hotlined_core::event::{AcdReply, Event};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::lease_policy::Presence;
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_instance::cluster::limits::{CALL_KEPT, CODE_KEPT};
use hotlined_instance::cluster::redis_op::{FencedOp, RedisOp};
use hotlined_instance::cluster::redis_reply::{OpResult, Usage};
use std::collections::BTreeSet;

async fn store(server: &Server) -> RedisClient {
    let settings = server.settings("one");
    let link = RedisConnector::new(&settings).unwrap().connect(COMMAND_TIME_MAX * 20).await.unwrap();
    RedisClient::new(link, &settings)
}

fn answer(said: &OpResult) -> &AcdReply {
    match said {
        OpResult::AcdReply(Event::Acd { reply: answer, .. }) => answer,
        other => panic!("{other:?}"),
    }
}

/// The page of keys names a key by its stem, between the braces' end and the first name.
fn documented() -> BTreeSet<String> {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/hotlined/redis/keys.rs"));
    let rows = page.lines().filter_map(|row| row.strip_prefix("//! | `"));
    let keys = rows.filter_map(|row| row.split_once('`').map(|(key, _)| key.to_owned()));
    keys.map(|key| key.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_key_is_on_the_page_and_expires() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut store = store(&server).await;
    let wish = Claim { caller: Some("138".into()), ..claim("sales", "a b", Pick::NextInTurn) };
    let share = claim("service", "c", Pick::ByShare);
    let (hotline, codes, code) = ("4008001234".into(), "wine".into(), "123".into());
    let remember = AcdRequest::Remember {
        pool: pool("sales"),
        caller: "138".into(),
        line: line("a"),
        keep: Millis(5_000),
    };
    let admit = AcdRequest::Admit {
        hotline: "4008001234".into(),
        calls_max: None,
        recent: Some(("138".into(), Millis(5_000))),
    };
    let story = [
        ask("x", 1, remember),
        ask("x", 2, admit),
        ask("x", 3, AcdRequest::CountCode { hotline, codes, code }),
        ask_for("x", 4, &wish),
        ask_for("x", 5, &wish),
        ask_for("x", 6, &share),
        ask_for("y", 1, &waiting(wish.clone(), 0, 0)),
        release("x", 4, 0),
        ask_for("z", 1, &waiting(wish, 0, 0)),
        release("x", 6, 60_000),
    ];
    for outcome in store.ask(&story).await {
        outcome.unwrap();
    }
    let lease = super::leases::takes(&mut store, Millis(60_000)).await;
    for outcome in store.ask(&super::kept::story(&lease)).await {
        outcome.unwrap();
    }

    store.announce(&Presence::default(), Millis(1_000)).await.unwrap();

    let documented = documented();
    let keys: Vec<String> = server.say(&["KEYS", "*"]);
    let mut seen = BTreeSet::new();
    for key in &keys {
        let lives: i64 = server.say(&["PTTL", key]);
        assert!(lives > 0 && lives <= CODE_KEPT.0 as i64, "{key} expires in {lives} ms");
        let calls = key.strip_prefix("hotlined:{calls}");
        let stem = calls.map(|rest| {
            let end = rest.match_indices(':').nth(1).map_or(rest.len(), |(at, _)| at + 1);
            rest[..end].to_owned()
        });
        let known = match stem.as_deref() {
            Some("") => true,
            Some(stem) => documented.contains(stem),
            None => key.starts_with("hotlined:{code:4008001234/wine/123}"),
        };
        assert!(known, "{key} is not on the page");
        seen.extend(stem);
    }
    let unseen: Vec<&String> =
        documented.iter().filter(|stem| stem.starts_with(':') && !seen.contains(*stem)).collect();
    assert!(unseen.is_empty(), "on the page, but never written: {unseen:?}");
}

#[tokio::test]
async fn a_call_that_nobody_ever_forgets_loses_all_it_has() {
    needs!(REDIS);
    let server = Server::start(&[]);
    let mut store = store(&server).await;
    let wish = claim("sales", "a", Pick::First);
    let begin = Instant(1_700_000_000_000);
    let at = |at: Instant, asked: FencedOp| FencedOp { at, ..asked };
    let due = |at: Instant| FencedOp { at, op: RedisOp::RunDue, fence: None };
    let look = |at: Instant| FencedOp { at, op: RedisOp::CountUsage, fence: None };
    let admit = AcdRequest::Admit { hotline: "400".into(), calls_max: Some(1), recent: None };
    let later = begin + Millis(CALL_KEPT.0 - 1);
    let story = [
        at(begin, ask_for("x", 1, &wish)),
        at(begin, ask("x", 2, admit.clone())),
        at(later, ask_for("y", 1, &waiting(wish, 0, 0))),
        due(later),
        look(later),
        due(begin + CALL_KEPT),
        look(begin + CALL_KEPT),
        at(begin + CALL_KEPT, ask("z", 1, admit)),
    ];
    let told: Vec<_> = store.ask(&story).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(told[4].result, OpResult::Usage(Usage { lines_held: 1, claims_waiting: 1 }));
    assert_eq!((told[3].left_behind, told[5].left_behind), (0, 2), "its line and its place among live calls");
    assert_eq!(
        told[6].result,
        OpResult::Usage(Usage { lines_held: 1, claims_waiting: 0 }),
        "who waited has it"
    );
    assert_eq!(*answer(&told[7].result), AcdReply::Admitted { room: true, recent: 0 });
}

#[tokio::test]
async fn there_is_an_end_to_how_many_calls_can_ask() {
    needs!(REDIS);
    const CALLS: usize = 200_000;
    let server = Server::start(&[]);
    let mut store = store(&server).await;
    let seed = "for n = 1, ARGV[1] do redis.call('ZADD', KEYS[1], ARGV[2], 'call-' .. n) end";
    let (count, at) = ((CALLS - 1).to_string(), now().0.to_string());
    server.say::<()>(&["EVAL", seed, "1", "hotlined:{calls}:known", &count, &at]);
    let wish = claim("sales", "a*9", Pick::First);
    let story = [ask_for("x", 1, &wish), ask_for("y", 1, &wish), ask_for("x", 2, &wish)];
    let told: Vec<_> = store.ask(&story).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(*answer(&told[0].result), super::world::claimed("a"));
    assert_eq!(*answer(&told[1].result), AcdReply::Refused, "of so many calls");
    assert_eq!(*answer(&told[2].result), super::world::claimed("a"), "known already");
}
