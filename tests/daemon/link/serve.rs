//! `hotlined serve` from its start to its last word.

use super::house::{House, caller, complains, exchange};
use super::peer::{Switch, within};
use hotlined::daemon::heartbeat::Heartbeat;
use hotlined::daemon::{DaemonParts, ServeError};
use hotlined::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use hotlined_core::call::Limits;
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::record::Outcome;
use hotlined_core::time::Millis;
use hotlined_esl::server;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::stats::TimelineEvent;
use std::fs;

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };
const WAITS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::Waits };

#[tokio::test]
async fn a_refusal_at_the_start_ends_the_daemon_and_names_what_to_mend() {
    let exchange = exchange(TALKS).await;
    let house = House::new(exchange.address().port());
    house.set("ClueCon", "ClueConn");
    let mut daemon = house.run(&["serve"]);
    assert_eq!(daemon.ends().await.code(), Some(1));
    assert!(daemon.told.contains("check [switch] password"), "{}", daemon.told);
    assert!(!daemon.told.contains("ClueConn"), "{}", daemon.told);

    house.set("ClueConn", "ClueCon");
    exchange.set_rude_rejection(true);
    let mut daemon = house.run(&["serve"]);
    assert_eq!(daemon.ends().await.code(), Some(1));
    assert!(daemon.told.contains("apply-inbound-acl"), "{}", daemon.told);
}

#[tokio::test]
async fn a_fault_in_settings_or_hotlines_or_files_ends_it_before_it_connects() {
    let switch = Switch::open().await;
    let house = House::new(switch.port);
    let ends_with = async |what: &str| {
        let mut daemon = house.run(&["serve"]);
        assert_eq!(daemon.ends().await.code(), Some(1));
        assert!(daemon.told.contains(what), "{what}: {}", daemon.told);
        assert!(switch.is_unvisited().await, "{what}");
    };
    house.set("fallback_s = 3", "fallback_s = 31");
    ends_with("hotlined.toml:8:14: calls.fallback_s").await;
    house.set("fallback_s = 31", "falback_s = 3");
    ends_with("hotlined.toml:8:1: calls.falback_s").await;
    house.set("falback_s = 3", "fallback_s = 3");
    house.set("password = \"ClueCon\"", "# no password");
    ends_with("switch.password").await;
    house.set("# no password", "password = \"ClueCon\"");
    house.put("number = \"400\"\n");
    ends_with("hotlines/shop.toml:1:10: number").await;
    house.hotline("01", "13900000001");
    house.set("journal.jsonl", "nowhere/journal.jsonl");
    ends_with("nowhere/journal.jsonl: No such file").await;
    house.set("nowhere/journal.jsonl", "journal.jsonl");
    // A folder stands where the records should go.
    fs::create_dir(house.path("records.jsonl.d")).unwrap();
    house.set("[journal]", "[records]\nfile = \"records.jsonl.d\"\n[journal]");
    ends_with("records.jsonl.d: Is a directory").await;
}

#[tokio::test]
async fn sigterm_waits_for_the_call_in_progress_and_takes_no_further_one() {
    let exchange = exchange(WAITS).await;
    let house = House::new(exchange.address().port());
    let mut daemon = house.serve().await;
    let mut happenings = exchange.subscribe_timeline();
    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    daemon.signal("TERM");
    daemon.says("stopping: new calls go to the fallback").await;
    let late = exchange.place_call(caller(HangsUp::Never));
    daemon.says("not taken").await;
    within("the fallback to take the caller", async {
        while !matches!(happenings.recv().await.unwrap().event, TimelineEvent::FallbackStarted { leg } if leg == late) {}
    })
    .await;
    assert!(fs::read_to_string(house.path("records.jsonl")).unwrap().is_empty());
    exchange.hang_up(&leg);
    assert_eq!(daemon.ends().await.code(), Some(0));
    assert!(daemon.told.contains("link closed"), "{}", daemon.told);
    assert_eq!(house.records(1).await[0].outcome, Outcome::Answered);
    house.replays_itself().await;
}

#[tokio::test]
async fn a_second_sigterm_hands_calls_over_and_the_exchange_hears_it_before_the_link_closes() {
    let exchange = exchange(Phone::NeverAnswers).await;
    let house = House::new(exchange.address().port());
    house.rings_for_minutes();
    let mut daemon = house.serve().await;
    let mut happenings = exchange.subscribe_timeline();
    let legs: Vec<_> = (0..20).map(|_| exchange.place_call(caller(HangsUp::Never))).collect();
    for _ in &legs {
        daemon.says("to=\"hunt\"").await;
    }
    daemon.signal("TERM");
    daemon.says("stopping").await;
    daemon.signal("TERM");
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
    assert!(!daemon.told.contains("last words"), "{}", daemon.told);
    // Handed over by us, not rescued by the switch's own timer 3 s after it last heard of us.
    let mut fell_back = 0;
    within("the fallback to take the callers", async {
        while fell_back < legs.len() {
            if let TimelineEvent::FallbackStarted { .. } = happenings.recv().await.unwrap().event {
                fell_back += 1;
            }
        }
    })
    .await;
    let records = house.records(legs.len()).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::Fallback), "{records:?}");
    // Nobody's telephone goes on ringing for a caller who is gone.
    let left = exchange.stats().orphan_legs;
    assert!(left.is_empty(), "{left:?}");
    house.replays_itself().await;
}

#[tokio::test]
async fn a_daemon_that_waits_for_its_switch_stops_when_told() {
    // The switch accepts and says nothing; the daemon has a minute's patience.
    let switch = Switch::open().await;
    let house = House::new(switch.port);
    let mut daemon = house.run(&["serve"]);
    let _wire = switch.accept().await;
    daemon.signal("TERM");
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
    assert!(!complains(&daemon.told), "{}", daemon.told);
}

#[tokio::test]
async fn calls_survive_a_lost_link_and_a_restarted_daemon_adds_to_its_journal() {
    let exchange = exchange(WAITS).await;
    let house = House::new(exchange.address().port());
    let mut daemon = house.serve().await;
    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    exchange.set_rude_rejection(true);
    exchange.cut_links();
    daemon.says("does not let our address in").await;
    exchange.set_rude_rejection(false);
    daemon.says("link up").await;
    exchange.hang_up(&leg);
    assert_eq!(house.records(1).await[0].outcome, Outcome::Answered);
    daemon.stop().await;

    let daemon = house.serve().await;
    let leg = exchange.place_call(caller(HangsUp::AfterBridge(Millis(100))));
    let records = house.records(2).await;
    assert_eq!((records[1].call.to_string().as_str(), records[1].outcome), (&*leg, Outcome::Answered));
    daemon.stop().await;
    house.replays_itself().await;
}

#[tokio::test]
async fn a_switch_that_forbids_after_it_was_up_is_asked_again() {
    let switch = Switch::open().await;
    let house = House::new(switch.port);
    let mut daemon = house.run(&["serve"]);
    drop(switch.bring_up().await);
    daemon.says("link up").await;
    switch.accept().await.say(server::rude_rejection()).await;
    daemon.says("apply-inbound-acl").await;
    let mut wire = switch.bring_up().await;
    daemon.says("link up").await;
    daemon.signal("TERM");
    assert!(matches!(wire.asked_but_who_acts().await, Some(server::ParsedRequest::Exit)));
    wire.say(server::reply("+OK bye")).await;
    drop(wire);
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_crashes_is_no_daemon_that_was_told_to_stop() {
    let switch = Switch::open().await;
    let folder = tempfile::tempdir().unwrap();
    let parts = DaemonParts {
        limits: Limits::default(),
        drain_max: Millis(0),
        initial_events: vec![Event::Operator(OperatorOrder::Drain)],
        links: vec![super::peer::settings(switch.port)],
        records: JsonlWriter::create(&folder.path().join("records"), SlowDiskPolicy::Wait).unwrap(),
        capture: None,
        observers: vec![Box::new(|_, _| panic!("the test wants it so"))],
        snapshot: None,
        redis: None,
        claim: None,
        sms: Default::default(),
        hooks: None,
        heartbeat: Heartbeat::default(),
    };
    let ended = within("the daemon to end", parts.start().unwrap().finished()).await;
    assert!(matches!(ended, Err(ServeError::Crashed("engine"))), "{ended:?}");
}

#[tokio::test]
async fn a_daemon_that_is_killed_in_talk_is_followed_by_one_that_writes_the_record() {
    let exchange = exchange(WAITS).await;
    let house = House::new(exchange.address().port());
    let mut daemon = house.serve().await;
    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    daemon.signal("KILL");
    daemon.ends().await;
    let daemon = house.serve().await;
    exchange.hang_up(&leg);
    let records = house.records(1).await;
    assert_eq!((records[0].call.to_string().as_str(), records[0].outcome), (&*leg, Outcome::Answered));
    assert!(records[0].talk > Millis(0) && records[0].attempts.len() == 1, "{records:?}");
    daemon.stop().await;
    house.replays_itself().await;
    // Whoever comes next finds nothing left to do.
    house.serve().await.stop().await;
    assert_eq!(house.records(1).await.len(), 1);
}

#[tokio::test]
async fn a_daemon_that_is_killed_while_agents_are_tried_is_followed_by_one_that_goes_on_trying() {
    let exchange =
        exchange(Phone::Answers { after: Millis(1_500), then: AfterAnswer::TalksFor(Millis(300)) }).await;
    let house = House::new(exchange.address().port());
    house.set("fallback_s = 3", "fallback_s = 30");
    let mut daemon = house.serve().await;
    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"hunt\"").await;
    daemon.signal("KILL");
    daemon.ends().await;
    let daemon = house.serve().await;
    let records = house.records(1).await;
    assert_eq!((records[0].call.to_string().as_str(), records[0].outcome), (&*leg, Outcome::Answered));
    daemon.stop().await;
    house.replays_itself().await;
    let left = exchange.stats().orphan_legs;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn two_daemons_do_not_share_a_file_of_live_calls() {
    let exchange = exchange(WAITS).await;
    let house = House::new(exchange.address().port());
    let daemon = house.serve().await;
    let mut other = house.run(&["serve"]);
    assert_eq!(other.ends().await.code(), Some(1));
    assert!(other.told.contains("hotlined.live: another daemon has it open"), "{}", other.told);
    daemon.stop().await;
}
