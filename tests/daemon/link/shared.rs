//! Two daemons, each beside a switch of its own, that share their agents' lines in one Redis.

use super::house::{AGENT, Daemon, HOTLINE, House, caller, one_of_several};
use crate::support::needs;
use crate::support::redis_server::{Server, free_port};
use hotlined_core::record::{AttemptOutcome, Outcome};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::switch::SimulatedSwitch;

const WAITS: Phone = Phone::Answers { after: Millis(100), then: AfterAnswer::Waits };

/// A daemon with its switch.
struct Site {
    exchange: SimulatedSwitch,
    house: House,
    daemon: Daemon,
}

impl Site {
    async fn new(name: &str, redis: &Server, queue: bool) -> Self {
        let exchange = one_of_several(WAITS, name.len() as u64).await;
        let house = House::new(exchange.address().port());
        // Its switch is its own.
        house.set("[switch]", &format!("[switch]\nname = \"beside-{name}\""));
        house.shares(redis.port.unwrap(), name);
        if queue {
            house.put(&format!(
                "number = \"{HOTLINE}\"\nname = \"Shop\"\nringback = \"ring.wav\"\nclosing = \"sorry.wav\"\n\
                 [queue]\n[[agents]]\nid = \"01\"\nphone = \"{AGENT}\"\n"
            ));
        }
        let mut daemon = house.run(&["serve"]);
        daemon.says_both("Redis answers", "link up").await;
        Self { exchange, house, daemon }
    }
}

#[tokio::test]
async fn a_line_that_one_daemon_has_no_other_rings() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let (mut one, mut other) =
        (Site::new("one", &redis, false).await, Site::new("other", &redis, false).await);
    let first = one.exchange.place_call(caller(HangsUp::Never));
    one.daemon.says("to=\"talk\"").await;
    other.exchange.place_call(caller(HangsUp::Never));
    let refused = &other.house.records(1).await[0];
    assert_eq!(
        (refused.outcome, refused.attempts[0].outcome),
        (Outcome::Unanswered, AttemptOutcome::LinesTaken)
    );
    one.exchange.hang_up(&first);
    one.house.records(1).await;
    let second = other.exchange.place_call(caller(HangsUp::Never));
    other.daemon.says("to=\"talk\"").await;
    other.exchange.hang_up(&second);
    assert_eq!(other.house.records(2).await[1].outcome, Outcome::Answered);
    for site in [one, other] {
        site.daemon.stop().await;
        site.house.replays_itself().await;
    }
    let held: Option<String> = redis.say(&["HGET", "hotlined:{calls}", "held"]);
    assert_eq!(held.as_deref().unwrap_or("0"), "0");
}

#[tokio::test]
async fn who_waits_at_one_daemon_is_served_when_the_other_gives_the_line_back() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let (mut one, mut other) = (Site::new("one", &redis, true).await, Site::new("other", &redis, true).await);
    let first = one.exchange.place_call(caller(HangsUp::Never));
    one.daemon.says("to=\"talk\"").await;
    let second = other.exchange.place_call(caller(HangsUp::Never));
    other.daemon.says("to=\"queue\"").await;
    one.exchange.hang_up(&first);
    other.daemon.says("to=\"talk\"").await;
    other.exchange.hang_up(&second);
    assert_eq!(other.house.records(1).await[0].outcome, Outcome::Answered);
    one.daemon.stop().await;
    other.daemon.stop().await;
}

#[tokio::test]
async fn calls_go_on_while_redis_is_away_and_are_told_to_it_when_it_is_back() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let port = redis.port.unwrap();
    let (mut one, mut other) =
        (Site::new("one", &redis, false).await, Site::new("other", &redis, false).await);
    redis.kill();
    one.daemon.says("lines are shared with no other daemon").await;
    let first = one.exchange.place_call(caller(HangsUp::Never));
    one.daemon.says("to=\"talk\"").await;
    let _redis = Server::at(port, &[]);
    one.daemon.says("Redis is back").await;
    other.daemon.says("Redis is back").await;
    // Its Redis is a new one, and knows of the line all the same.
    other.exchange.place_call(caller(HangsUp::Never));
    assert_eq!(other.house.records(1).await[0].attempts[0].outcome, AttemptOutcome::LinesTaken);
    one.exchange.hang_up(&first);
    assert_eq!(one.house.records(1).await[0].outcome, Outcome::Answered);
    one.daemon.stop().await;
    other.daemon.stop().await;
}

#[tokio::test]
async fn a_daemon_that_follows_one_that_was_killed_gives_its_line_back() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let (mut one, mut other) =
        (Site::new("one", &redis, false).await, Site::new("other", &redis, false).await);
    let first = one.exchange.place_call(caller(HangsUp::Never));
    one.daemon.says("to=\"talk\"").await;
    one.daemon.signal("KILL");
    one.daemon.ends().await;
    other.exchange.place_call(caller(HangsUp::Never));
    assert_eq!(other.house.records(1).await[0].attempts[0].outcome, AttemptOutcome::LinesTaken);
    let mut daemon = one.house.run(&["serve"]);
    daemon.says_both("Redis answers", "link up").await;
    one.exchange.hang_up(&first);
    assert_eq!(one.house.records(1).await[0].outcome, Outcome::Answered);
    daemon.stop().await;
    other.exchange.place_call(caller(HangsUp::Never));
    other.daemon.says("to=\"talk\"").await;
}
