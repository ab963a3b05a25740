//! Two daemons for one switch: one acts, the other stands by and goes on with its calls.

use super::house::{AGENT, Daemon, House, caller, one_of_several};
use super::peer::within;
use crate::support::needs;
use crate::support::proxy::Wire;
use crate::support::redis_server::{Server, free_port};
use hotlined_core::record::{CallRecord, Outcome};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::switch::SimulatedSwitch;
use std::time::Instant;

const WAITS: Phone = Phone::Answers { after: Millis(100), then: AfterAnswer::Waits };
const RINGS: Phone = Phone::Answers { after: Millis(20_000), then: AfterAnswer::Waits };

/// One switch, one Redis, and two houses whose daemons could act.
struct Pair {
    redis: Server,
    exchange: SimulatedSwitch,
    one: House,
    other: House,
}

impl Pair {
    async fn new(phone: Phone) -> Self {
        let redis = Server::at(free_port(), &[]);
        let port = redis.port.unwrap();
        Self::through(redis, port, phone).await
    }

    /// The one reaches Redis at this port.
    async fn through(redis: Server, port: u16, phone: Phone) -> Self {
        let exchange = one_of_several(phone, 7).await;
        let house = |name: &str, redis: u16| {
            let house = House::new(exchange.address().port());
            house.shares(redis, name);
            house.rings_for_minutes();
            house
        };
        let direct = redis.port.unwrap();
        Self { one: house("one", port), other: house("other", direct), redis, exchange }
    }

    /// The one acts, and the other stands by.
    async fn start(&self) -> (Daemon, Daemon) {
        let mut one = self.one.run(&["serve"]);
        one.says("link up").await;
        let mut other = self.other.run(&["serve"]);
        other.says("Redis answers").await;
        (one, other)
    }

    fn held(&self) -> u64 {
        let held: Option<String> = self.redis.say(&["HGET", "hotlined:{calls}", "held"]);
        held.map_or(0, |held| held.parse().unwrap())
    }

    async fn is_joined(&self, leg: &str) {
        let mut happenings = self.exchange.subscribe_timeline();
        within("caller and agent to be joined", async {
            let joined =
                |leg: &str| self.exchange.call_report(leg).is_some_and(|call| call.bridged.is_some());
            while !joined(leg) {
                happenings.recv().await.unwrap();
            }
        })
        .await;
    }
}

fn answered(record: &CallRecord) {
    assert_eq!(record.outcome, Outcome::Answered, "{record:?}");
}

#[tokio::test]
async fn whoever_stands_by_goes_on_with_a_talk_when_the_other_is_killed() {
    needs!(REDIS);
    let pair = Pair::new(WAITS).await;
    let (mut one, mut other) = pair.start().await;
    let leg = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    one.signal("KILL");
    one.ends().await;
    let killed = Instant::now();
    other.says("acting for the switch").await;
    let acts = killed.elapsed();
    other.says("link up").await;
    println!("acting after {acts:?}, linked after {:?}", killed.elapsed());
    assert!(other.told.contains("calls=1"), "{}", other.told);
    assert_eq!(pair.held(), 1);
    pair.exchange.hang_up(&leg);
    answered(&pair.other.records(1).await[0]);
    assert_eq!(pair.held(), 0);
    // The first one is back, and stands by.
    let mut one = pair.one.run(&["serve"]);
    one.says("Redis answers").await;
    let second = pair.exchange.place_call(caller(HangsUp::Never));
    other.says("to=\"talk\"").await;
    pair.exchange.hang_up(&second);
    pair.other.records(2).await;
    one.stop().await;
    other.stop().await;
    pair.other.replays_itself().await;
    assert_eq!(std::fs::read_to_string(pair.one.path("records.jsonl")).unwrap(), "");
}

#[tokio::test]
async fn a_caller_in_ringback_is_served_by_whoever_takes_over() {
    needs!(REDIS);
    let pair = Pair::new(Phone::Answers { after: Millis(4_000), then: AfterAnswer::Waits }).await;
    let (mut one, mut other) = pair.start().await;
    let leg = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"hunt\"").await;
    one.signal("KILL");
    other.says("to=\"talk\"").await;
    pair.is_joined(&leg).await;
    pair.exchange.hang_up(&leg);
    let record = &pair.other.records(1).await[0];
    answered(record);
    assert!(pair.exchange.stats().orphan_legs.is_empty());
    other.stop().await;
}

#[tokio::test]
async fn a_daemon_that_was_paused_and_wakes_up_late_does_nothing() {
    needs!(REDIS);
    let pair = Pair::new(RINGS).await;
    let (mut one, mut other) = pair.start().await;
    let leg = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"hunt\"").await;
    one.signal("STOP");
    other.says("link up").await;
    // While it sleeps the caller leaves, and another one comes: it will hear of both when it wakes up.
    pair.exchange.hang_up(&leg);
    assert_eq!(pair.other.records(1).await[0].outcome, Outcome::Abandoned);
    let second = pair.exchange.place_call(caller(HangsUp::Never));
    other.says("to=\"hunt\"").await;
    one.signal("CONT");
    one.says("another daemon acts").await;
    // It says so once it has heard everything that waited for it.
    pair.exchange.hang_up(&second);
    pair.other.records(2).await;
    assert_eq!(pair.exchange.stats().phones[AGENT].calls, 2, "once for each caller");
    one.stop().await;
    other.stop().await;
    assert_eq!(std::fs::read_to_string(pair.one.path("records.jsonl")).unwrap(), "");
    assert_eq!(pair.held(), 0);
}

#[tokio::test]
async fn a_daemon_that_is_told_to_stop_leaves_its_calls_to_the_other() {
    needs!(REDIS);
    let pair = Pair::new(WAITS).await;
    let (mut one, mut other) = pair.start().await;
    let leg = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    let told = one.stop().await;
    assert!(told.contains("left to another daemon"), "{told}");
    other.says("link up").await;
    assert_eq!(pair.exchange.stats().phones[AGENT].calls, 1);
    pair.exchange.hang_up(&leg);
    answered(&pair.other.records(1).await[0]);
    let second = pair.exchange.place_call(caller(HangsUp::Never));
    other.says("to=\"talk\"").await;
    pair.exchange.hang_up(&second);
    other.stop().await;
    assert_eq!(pair.held(), 0);
}

#[tokio::test]
async fn while_redis_is_away_whoever_acts_goes_on_and_the_other_waits() {
    needs!(REDIS);
    let pair = Pair::new(WAITS).await;
    let port = pair.redis.port.unwrap();
    let (mut one, mut other) = pair.start().await;
    let first = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    pair.redis.kill();
    one.says("nobody can say who acts").await;
    pair.exchange.hang_up(&first);
    answered(&pair.one.records(1).await[0]);
    let second = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    assert!(!other.told.contains("acting for the switch"), "{}", other.told);
    // It comes back empty, and is told of everything.
    let redis = Server::at(port, &[]);
    one.says("Redis is back").await;
    other.says("Redis is back").await;
    within("Redis to know of the call again", async {
        let mut looking = tokio::time::interval(std::time::Duration::from_millis(20));
        while redis.say::<u64>(&["HLEN", "hotlined:{calls}:kept:fs1"]) == 0
            || redis.say::<Option<String>>(&["HGET", "hotlined:{calls}", "held"]).as_deref() != Some("1")
        {
            looking.tick().await;
        }
    })
    .await;
    one.signal("KILL");
    one.ends().await;
    other.says("calls=1").await;
    other.says("link up").await;
    pair.exchange.hang_up(&second);
    answered(&pair.other.records(1).await[0]);
    other.stop().await;
}

/// Nobody tells the one that it may not go on, and the other finds its lease free: it hears so at the switch.
#[tokio::test]
async fn a_daemon_cut_off_from_redis_alone_stands_by_once_the_other_acts() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let wire = Wire::to(redis.port.unwrap());
    let pair = Pair::through(redis, wire.port, WAITS).await;
    let (mut one, mut other) = pair.start().await;
    let first = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    pair.is_joined(&first).await;
    wire.cut();
    one.says("nobody can say who acts").await;
    other.says("acting for the switch").await;
    let told = one.says("another daemon acts for it by now").await;
    assert!(told.contains("\"other\""), "{told}");
    other.says("link up").await;
    pair.exchange.hang_up(&first);
    answered(&pair.other.records(1).await[0]);
    // Both hear of the next caller no more than one of them serves.
    let second = pair.exchange.place_call(caller(HangsUp::Never));
    other.says("to=\"talk\"").await;
    pair.is_joined(&second).await;
    // The one is back, and stands by for as long as the other acts.
    wire.mend();
    one.says("Redis is back").await;
    pair.exchange.hang_up(&second);
    pair.other.records(2).await;
    assert_eq!(pair.exchange.stats().phones[AGENT].calls, 2, "once for each caller");
    assert_eq!(std::fs::read_to_string(pair.one.path("records.jsonl")).unwrap(), "");
    other.stop().await;
    one.says("link up").await;
    let third = pair.exchange.place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    pair.exchange.hang_up(&third);
    answered(&pair.one.records(1).await[0]);
    one.stop().await;
    assert_eq!(pair.held(), 0);
    assert_eq!(pair.other.records(2).await.len(), 2);
}

/// Two switches, and two daemons that could act for either.
#[tokio::test]
async fn two_switches_are_both_served_whichever_daemon_is_left() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let exchanges = [one_of_several(WAITS, 11).await, one_of_several(WAITS, 12).await];
    let house = |name: &str| {
        let house = House::new(exchanges[0].address().port());
        house.shares(redis.port.unwrap(), name);
        house.rings_for_minutes();
        let sections = exchanges
            .iter()
            .zip(["east", "west"])
            .map(|(exchange, switch)| format!("[switches.{switch}]\nport = {}\n", exchange.address().port()));
        house.set("[journal]", &format!("{}[journal]", sections.collect::<String>()));
        // The agent has a line for each of the two.
        house.put(&format!(
            "number = \"4008001234\"\nname = \"Shop\"\nringback = \"ring.wav\"\n[[agents]]\nid = \"01\"\n\
             phone = \"{AGENT}\"\nlines = 2\n"
        ));
        house
    };
    let (first, second) = (house("one"), house("other"));
    let mut one = first.run(&["serve"]);
    one.says_both("link up switch=east", "link up switch=west").await;
    let mut other = second.run(&["serve"]);
    other.says("Redis answers").await;
    // Not alone any more, the first leaves one of the two to the second.
    other.says("link up").await;
    let left = if other.told.contains("link up switch=east") { 0 } else { 1 };
    let stays = 1 - left;
    let here = exchanges[stays].place_call(caller(HangsUp::Never));
    one.says("to=\"talk\"").await;
    let there = exchanges[left].place_call(caller(HangsUp::Never));
    other.says("to=\"talk\"").await;
    one.signal("KILL");
    one.ends().await;
    let name = ["east", "west"][stays];
    other.says(&format!("link up switch={name}")).await;
    for (exchange, leg) in [(&exchanges[stays], here), (&exchanges[left], there)] {
        exchange.hang_up(&leg);
    }
    let records = second.records(2).await;
    records.iter().for_each(answered);
    let names: std::collections::BTreeSet<String> =
        records.iter().map(|record| record.switch.to_string()).collect();
    assert_eq!(names, ["east".to_owned(), "west".to_owned()].into());
    other.stop().await;
    let held: Option<String> = redis.say(&["HGET", "hotlined:{calls}", "held"]);
    assert_eq!(held.as_deref(), Some("0"));
}
