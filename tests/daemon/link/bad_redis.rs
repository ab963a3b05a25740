//! Redis in a bad mood, and the daemon that goes on.

use super::house::{AGENT, Daemon, House, caller, one_of_several};
use super::peer::within;
use super::scrape::{figures, until};
use crate::support::needs;
use crate::support::redis_server::{Server, free_port};
use hotlined_core::record::Outcome;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::switch::SimulatedSwitch;
use std::time::Duration;

const KEPT: &str = "hotlined:{calls}:kept:fs1";

struct Site {
    redis: Server,
    exchange: SimulatedSwitch,
    house: House,
    daemon: Daemon,
    address: String,
}

impl Site {
    async fn new(arguments: &[&str]) -> Self {
        let redis = Server::at(free_port(), arguments);
        let waits = Phone::Answers { after: Millis(50), then: AfterAnswer::Waits };
        let exchange = one_of_several(waits, 3).await;
        let house = House::new(exchange.address().port());
        house.shares(redis.port.unwrap(), "one");
        // Two lines: one call goes on while the other comes.
        house.put(&format!(
            "number = \"4008001234\"\nname = \"Shop\"\nringback = \"ring.wav\"\n[[agents]]\nid = \"01\"\n\
             phone = \"{AGENT}\"\nlines = 3\n"
        ));
        house.set("[journal]", "[admin]\naddress = \"127.0.0.1:0\"\n[journal]");
        let mut daemon = house.run(&["serve"]);
        let line = daemon.says("figures at /metrics").await;
        let address = line.split("address=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        daemon.says("link up").await;
        Self { redis, exchange, house, daemon, address }
    }

    async fn talks(&mut self) -> String {
        let leg = self.exchange.place_call(caller(HangsUp::Never));
        self.daemon.says("to=\"talk\"").await;
        leg.to_string()
    }

    /// A call that began before goes on, and one that comes now is served, though the daemon says that this is not
    /// as it should be; both have their record.
    async fn serves(&mut self, before: &str, but: &str) {
        let second = self.talks().await;
        self.is_not_ready_because(but).await;
        self.exchange.hang_up(before);
        self.exchange.hang_up(&second);
        let records = self.house.records(2).await;
        assert!(records.iter().all(|record| record.outcome == Outcome::Answered), "{records:?}");
    }

    /// Redis has everything as it is: this call and no other, and one line held.
    async fn knows(&self, leg: &str) {
        within("Redis to know everything again", async {
            let mut looking = tokio::time::interval(Duration::from_millis(20));
            loop {
                looking.tick().await;
                let kept: Vec<String> = self.redis.say(&["HKEYS", KEPT]);
                let held: Option<String> = self.redis.say(&["HGET", "hotlined:{calls}", "held"]);
                if kept == [leg] && held.as_deref() == Some("1") {
                    return;
                }
            }
        })
        .await;
        until(&self.address, "/readyz", |answer| answer.body == "ready\n").await;
    }

    async fn is_not_ready_because(&self, why: &str) {
        until(&self.address, "/readyz", |answer| answer.status == 503 && answer.body.contains(why)).await;
    }

    async fn failures(&self, kind: &str) -> f64 {
        figures(&self.address).await.get(&format!("hotlined_redis_failures_total{{kind=\"{kind}\"}}"))
    }

    async fn ends(mut self, leg: &str) {
        self.exchange.hang_up(leg);
        self.house.records(3).await;
        self.daemon.signal("TERM");
        assert_eq!(self.daemon.ends().await.code(), Some(0), "{}", self.daemon.told);
        let held: Option<String> = self.redis.say(&["HGET", "hotlined:{calls}", "held"]);
        assert_eq!(held.as_deref().unwrap_or("0"), "0");
        assert_eq!(self.redis.say::<u64>(&["HLEN", "hotlined:{calls}:outbox:fs1"]), 0);
    }
}

#[tokio::test]
async fn something_else_at_the_key_of_the_calls_is_told_and_calls_go_on() {
    needs!(REDIS);
    let mut site = Site::new(&[]).await;
    let first = site.talks().await;
    site.redis.say::<()>(&["SET", KEPT, "somebody else's"]);
    site.serves(&first, "not kept").await;
    assert!(site.failures("wrong_type").await > 0.0);
    let third = site.talks().await;
    site.redis.say::<()>(&["DEL", KEPT]);
    site.knows(&third).await;
    let said = site.daemon.told.matches("holds something of another kind").count();
    assert!((1..=2).contains(&said), "once for the asker, once for the turns: {}", site.daemon.told);
    site.ends(&third).await;
}

#[tokio::test]
async fn a_redis_without_memory_is_told_and_calls_go_on() {
    needs!(REDIS);
    let mut site = Site::new(&[]).await;
    let first = site.talks().await;
    site.redis.say::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    site.serves(&first, "not kept").await;
    assert!(site.failures("full").await > 0.0);
    let third = site.talks().await;
    site.redis.say::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    site.knows(&third).await;
    site.ends(&third).await;
}

#[tokio::test]
async fn a_redis_that_became_a_replica_is_away_until_it_is_none() {
    needs!(REDIS);
    let mut site = Site::new(&[]).await;
    let first = site.talks().await;
    // Of a master that is not there: what it has stays.
    site.redis.say::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    site.serves(&first, "replica").await;
    let third = site.talks().await;
    site.redis.say::<()>(&["REPLICAOF", "NO", "ONE"]);
    site.knows(&third).await;
    site.ends(&third).await;
}

#[tokio::test]
async fn a_redis_that_stands_still_holds_up_no_call_for_long() {
    needs!(REDIS);
    let mut site = Site::new(&[]).await;
    let first = site.talks().await;
    site.redis.freeze();
    let began = std::time::Instant::now();
    site.serves(&first, "Redis does not answer").await;
    println!("two calls ended and one came within {:?} of a Redis that stands still", began.elapsed());
    let third = site.talks().await;
    site.redis.thaw();
    site.knows(&third).await;
    site.ends(&third).await;
}

#[tokio::test]
async fn a_password_that_is_no_good_any_more_is_told_and_calls_go_on() {
    needs!(REDIS);
    let mut site = Site::new(&[]).await;
    let first = site.talks().await;
    site.redis.say::<()>(&["CONFIG", "SET", "requirepass", "new"]);
    // Who is logged in stays so.
    site.redis.say_as::<u64>("new", &["CLIENT", "KILL", "TYPE", "normal"]);
    site.daemon.says("Redis cannot be used until somebody sees to it").await;
    site.serves(&first, "password").await;
    let third = site.talks().await;
    site.redis.say_as::<()>("new", &["CONFIG", "SET", "requirepass", ""]);
    site.knows(&third).await;
    site.ends(&third).await;
}
