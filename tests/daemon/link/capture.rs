//! `hotlined capture` and `serve --capture`: what passes over the wire, both ways, fit to be replayed.

use super::house::{House, caller, exchange};
use hotlined::capture::{CaptureLine, Direction};
use hotlined::replay::{ReplayOptions, ReplayReport, replay};
use hotlined_config::{SoundFolder, load};
use hotlined_core::call::Limits;
use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::stats::TimelineEvent;
use std::fs;
use std::sync::Arc;

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };

fn replayed(house: &House, name: &str) -> ReplayReport {
    let folder = house.path("sounds");
    let hotlines = load(&house.path("hotlines"), &SoundFolder::new(folder.clone(), folder)).unwrap();
    let options = ReplayOptions {
        hotlines: Arc::new(hotlines),
        switch: SwitchId("fs1".into()),
        limits: Limits::default(),
        chunk_bytes: Some(100),
    };
    replay(&fs::read(house.path(name)).unwrap(), &options).unwrap()
}

/// All that went one way.
fn went(house: &House, name: &str, direction: Direction) -> String {
    let text = fs::read_to_string(house.path(name)).unwrap();
    let pieces =
        text.lines().map(|line| CaptureLine::parse(line).unwrap()).filter(|piece| piece.dir == direction);
    pieces.map(|piece| String::from_utf8_lossy(&piece.bytes().unwrap()).into_owned()).collect()
}

#[tokio::test]
async fn a_capture_beside_a_daemon_holds_the_call_and_no_password() {
    let exchange = exchange(TALKS).await;
    let house = House::new(exchange.address().port());
    let daemon = house.serve().await;
    let mut capture = house.run(&["capture", "wire.jsonl"]);
    capture.says("link up").await;
    exchange.place_call(caller(HangsUp::Never));
    house.records(1).await;
    daemon.stop().await;
    // What the exchange still owes the other link comes before this.
    let mut happenings = exchange.subscribe_timeline();
    capture.signal("TERM");
    assert_eq!(capture.ends().await.code(), Some(0), "{}", capture.told);
    assert!(matches!(happenings.recv().await.unwrap().event, TimelineEvent::LinkDown));

    let (said, heard) =
        (went(&house, "wire.jsonl", Direction::ToSwitch), went(&house, "wire.jsonl", Direction::FromSwitch));
    assert!(said.starts_with("auth ******\n\nevent plain CHANNEL_PARK "), "{said}");
    assert!(said.ends_with("exit\n\n") && !said.contains("ClueCon\n"), "{said}");
    assert!(heard.starts_with("Content-Type: auth/request\n\n"), "{heard}");
    for event in ["CHANNEL_PARK", "CHANNEL_BRIDGE", "CHANNEL_HANGUP"] {
        assert!(heard.contains(&format!("Event-Name: {event}\n")), "{event}");
    }
    // Our own core, put in the other daemon's place, takes the call: it goes to the agent.
    let replayed = replayed(&house, "wire.jsonl");
    assert!(replayed.lines.iter().any(|line| line.contains("\"ring\"")), "{:?}", replayed.lines);
    assert_eq!(replayed.live, 0);
}

#[tokio::test]
async fn what_a_daemon_captures_of_itself_replays_to_the_same_record() {
    let waits = Phone::Answers { after: Millis(200), then: AfterAnswer::Waits };
    let exchange = exchange(waits).await;
    let house = House::new(exchange.address().port());
    let mut daemon = house.run(&["serve", "--capture", "own.jsonl"]);
    daemon.says("link up").await;
    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    exchange.cut_links();
    daemon.says("link up").await;
    exchange.hang_up(&leg);
    let record = house.records(1).await.remove(0);
    daemon.stop().await;
    let opened = fs::read_to_string(house.path("own.jsonl")).unwrap().matches("\"dir\":\"open\"").count();
    assert_eq!(opened, 2);
    let replayed = replayed(&house, "own.jsonl");
    let line = replayed.lines.iter().find(|line| line.contains("\"record\"")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let again: hotlined_core::record::CallRecord =
        serde_json::from_value(line["out"]["record"].clone()).unwrap();
    assert_eq!((again.call, again.outcome, again.ended_by), (record.call, record.outcome, record.ended_by));
}

#[tokio::test]
async fn a_capture_that_is_refused_or_cannot_be_written_says_why() {
    let exchange = exchange(TALKS).await;
    let house = House::new(exchange.address().port());
    let mut capture = house.run(&["capture", "nowhere/wire.jsonl"]);
    assert_eq!(capture.ends().await.code(), Some(1));
    assert!(capture.told.contains("nowhere/wire.jsonl: No such file"), "{}", capture.told);
    house.set("ClueCon", "ClueConn");
    let mut capture = house.run(&["capture", "wire.jsonl"]);
    assert_eq!(capture.ends().await.code(), Some(1));
    assert!(capture.told.contains("check [switch] password"), "{}", capture.told);
}

#[tokio::test]
async fn a_capture_ends_by_itself_after_its_time_even_when_nobody_listens() {
    let port = super::peer::Switch::open().await.port;
    let house = House::new(port);
    let mut capture = house.run(&["capture", "wire.jsonl", "--seconds", "1"]);
    assert_eq!(capture.ends().await.code(), Some(0), "{}", capture.told);
}
