//! Messages by SMS of daemons that share a Redis: a message goes with the lease of its switch, and to a gateway once.

use crate::link::admin;
use crate::link::house::{Daemon, House, caller, one_of_several};
use crate::link::peer::within;
use crate::link::scrape::until;
use crate::messages::api::{self, notices, post_receipt};
use crate::messages::site::{accepted, api_address, failing, hotline, house, prompt, section, serve};
use crate::support::needs;
use crate::support::proxy::Wire;
use crate::support::redis_server::{Server, free_port};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::gateway::{FakeAccount, FakeBehaviour, FakeGatewayServer, Fault, FaultRates};
use hotlined_sim::switch::SimulatedSwitch;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, sleep_until};

/// When a message that was refused for now is tried again, and a little more.
const AFTER_RETRY: Duration = Duration::from_secs(6);
/// Not long before that.
const BEFORE_RETRY: Duration = Duration::from_millis(4_300);

/// A gateway that takes a message and answers after this time.
fn answering_after(time: Millis) -> FakeBehaviour {
    let faults = FaultRates::default().with(Fault::LateAnswer, 1_000);
    FakeBehaviour { faults, late_answer_after: time, ..prompt() }
}

/// One of several daemons, with its folder.
struct Peer {
    house: House,
    daemon: Daemon,
    metrics: String,
    api: String,
}

impl Peer {
    /// Serves, and has connected to Redis.
    async fn start(house: House) -> Self {
        let mut daemon = house.run(&["serve"]);
        let metrics = admin::address(&mut daemon).await;
        let api = api_address(&mut daemon).await;
        daemon.says_both("Redis answers", "Redis answers").await;
        Self { house, daemon, metrics, api }
    }

    async fn has_link(&mut self) {
        self.daemon.says_both("link up", "link up").await;
    }

    async fn is_killed(&mut self) {
        self.daemon.signal("KILL");
        self.daemon.ends().await;
    }

    /// Waits until so many of its messages came into this state.
    async fn counts(&self, state: &str, count: usize) {
        let line = format!("hotlined_messages_total{{state=\"{state}\"}} {count}\n");
        until(&self.metrics, "/metrics", |page| page.body.contains(&line)).await;
    }

    /// The states of the messages that it has and that are not sent.
    async fn states(&self) -> Vec<String> {
        api::list(&self.api).await.messages.into_iter().map(|message| message.state).collect()
    }

    /// Waits until so many of its messages wait.
    async fn has_waiting(&self, count: usize) {
        let mut looking = tokio::time::interval(Duration::from_millis(20));
        within("messages to wait, or to wait no more", async {
            let waits = |states: Vec<String>| states.iter().filter(|state| *state == "waiting").count();
            while waits(self.states().await) != count {
                looking.tick().await;
            }
        })
        .await;
    }

    /// The ids of the messages that it has in this state.
    fn ids(&self, state: &str) -> Vec<String> {
        let (succeeds, listed) = notices(&self.house, &self.api, &["list", "--json", "--state", state]);
        assert!(succeeds, "{listed}");
        let id = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
        };
        listed.lines().map(id).collect()
    }
}

/// A Redis whose data is in a folder that outlasts it.
struct RedisOnDisk {
    folder: TempDir,
    port: u16,
}

impl RedisOnDisk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), port: free_port() }
    }

    fn start(&self) -> Server {
        let folder = self.folder.path().to_str().unwrap();
        Server::at(self.port, &["--appendonly", "yes", "--appendfsync", "always", "--dir", folder])
    }
}

/// One switch, one gateway, and two daemons: the one acts, the other stands by.
struct Pair {
    gateway: FakeGatewayServer,
    exchange: SimulatedSwitch,
    disk: RedisOnDisk,
    redis: Option<Server>,
    one: Peer,
    other: Peer,
}

impl Pair {
    async fn start(behaviour: FakeBehaviour, phone: Phone) -> Self {
        let disk = RedisOnDisk::new();
        let (redis, port) = (disk.start(), disk.port);
        Self::through(disk, redis, port, behaviour, phone).await
    }

    /// The one reaches Redis at this port.
    async fn through(
        disk: RedisOnDisk,
        redis: Server,
        port: u16,
        behaviour: FakeBehaviour,
        phone: Phone,
    ) -> Self {
        let gateway = serve(FakeAccount::Generic, behaviour).await;
        let exchange = one_of_several(phone, 7).await;
        let house = |name, redis| house_of(name, exchange.address().port(), &gateway, redis);
        let mut one = Peer::start(house("one", port)).await;
        one.has_link().await;
        let other = Peer::start(house("other", disk.port)).await;
        Self { gateway, exchange, disk, redis: Some(redis), one, other }
    }

    /// A caller calls while the one acts, and nobody answers.
    async fn misses_calls(&self, peer: &Peer, count: usize) {
        let records = fs::read_to_string(peer.house.path("records.jsonl")).unwrap_or_default();
        for nth in 1..=count {
            self.exchange.place_call(caller(HangsUp::Never));
            peer.house.records(records.lines().count() + nth).await;
        }
    }

    fn gateway_is_well(&self) {
        self.gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    }
}

/// The gateway took so many messages by so many requests.
fn took(gateway: &FakeGatewayServer, messages: usize, requests: usize) {
    let taken = gateway.with_fake(|fake| fake.accepted().len());
    assert_eq!((taken, gateway.request_count()), (messages, requests));
}

fn house_of(name: &str, port: u16, gateway: &FakeGatewayServer, redis: u16) -> House {
    let section = section(FakeAccount::Generic, &gateway.url()).replace("timeout_s = 2", "timeout_s = 20");
    let house = house(port, &section, &hotline(""));
    house.shares(redis, name);
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_of_a_killed_daemon_is_unknown_to_the_next_which_gets_its_receipt() {
    needs!(REDIS);
    let mut pair = Pair::start(answering_after(Millis::seconds(600)), Phone::Busy).await;
    pair.misses_calls(&pair.one, 1).await;
    let taken = accepted(&pair.gateway, 1).await.remove(0);
    assert_eq!(pair.one.states().await, ["sending"]);
    // The other one has not got the message, and the gateway must not believe that it has.
    let (status, answer) = post_receipt(&pair.other.api, &taken, "DELIVRD").await;
    assert!(status == 503 && answer.contains("another daemon"), "{status} {answer}");
    assert!(pair.other.states().await.is_empty());
    pair.one.is_killed().await;
    pair.other.has_link().await;
    pair.other.counts("unknown", 1).await;
    assert_eq!(pair.other.states().await, ["unknown"]);
    // The gateway says it again.
    assert_eq!(post_receipt(&pair.other.api, &taken, "DELIVRD").await, (200, "ok".to_owned()));
    pair.other.counts("delivered", 1).await;
    pair.gateway_is_well();
    pair.misses_calls(&pair.other, 1).await;
    pair.other.counts("sent", 2).await;
    took(&pair.gateway, 2, 2);
    // The first one is back, and stands by.
    let one = Peer::start(pair.one.house).await;
    assert_eq!(post_receipt(&one.api, &taken, "DELIVRD").await.0, 503);
    assert!(one.states().await.is_empty() && pair.other.states().await.is_empty());
    one.daemon.stop().await;
    pair.other.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_goes_with_the_lease() {
    needs!(REDIS);
    let mut pair = Pair::start(failing(Fault::Retry), Phone::Busy).await;
    pair.misses_calls(&pair.one, 2).await;
    pair.one.has_waiting(2).await;
    assert_eq!(pair.gateway.request_count(), 2);
    pair.one.is_killed().await;
    pair.gateway_is_well();
    pair.other.counts("sent", 2).await;
    assert!(pair.other.states().await.is_empty());
    took(&pair.gateway, 2, 4);
    pair.other.daemon.stop().await;
    took(&pair.gateway, 2, 4);
}

/// Redis comes back as it was, or knows nothing any more.
async fn waits_until_redis_is_back(forgets: bool) {
    let mut pair = Pair::start(failing(Fault::Retry), Phone::Busy).await;
    pair.misses_calls(&pair.one, 2).await;
    pair.one.has_waiting(2).await;
    let refused = Instant::now();
    pair.redis.take().unwrap().kill();
    pair.one.daemon.says("Redis is away").await;
    pair.gateway_is_well();
    pair.misses_calls(&pair.one, 1).await;
    sleep_until(refused + AFTER_RETRY).await;
    assert_eq!(pair.gateway.request_count(), 2);
    let _redis = if forgets { Server::at(pair.disk.port, &[]) } else { pair.disk.start() };
    pair.one.counts("sent", 3).await;
    took(&pair.gateway, 3, 5);
    let sent = pair.one.ids("sent");
    assert_eq!(sent.len(), 3, "{sent:?}");
    pair.one.daemon.stop().await;
    // The next one knows that they are sent.
    pair.other.has_link().await;
    assert_eq!(pair.other.ids("sent"), sent);
    pair.other.daemon.stop().await;
    took(&pair.gateway, 3, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_goes_out_while_redis_is_away_and_each_goes_out_once_afterwards() {
    needs!(REDIS);
    waits_until_redis_is_back(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_learns_of_the_messages_again() {
    needs!(REDIS);
    waits_until_redis_is_back(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_paused_sends_nothing_of_what_waited_when_it_wakes_up() {
    needs!(REDIS);
    let mut pair = Pair::start(failing(Fault::Retry), Phone::Busy).await;
    pair.misses_calls(&pair.one, 2).await;
    pair.one.has_waiting(2).await;
    pair.one.daemon.signal("STOP");
    pair.gateway_is_well();
    pair.other.counts("sent", 2).await;
    // The time of the messages is over when it wakes up.
    pair.one.daemon.signal("CONT");
    pair.one.daemon.says("another daemon acts").await;
    assert!(pair.one.states().await.is_empty());
    assert_eq!(pair.other.ids("sent").len(), 2);
    pair.one.daemon.stop().await;
    pair.other.daemon.stop().await;
    took(&pair.gateway, 2, 4);
}

/// It reaches the gateway and the switch, and believes for a while that it acts.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_cut_off_from_redis_sends_nothing_that_another_daemon_may_send() {
    needs!(REDIS);
    let disk = RedisOnDisk::new();
    let redis = disk.start();
    let wire = Wire::to(disk.port);
    let mut pair = Pair::through(disk, redis, wire.port, failing(Fault::Retry), Phone::Busy).await;
    pair.misses_calls(&pair.one, 2).await;
    pair.one.has_waiting(2).await;
    // The messages are due while it still believes that it acts.
    sleep(BEFORE_RETRY).await;
    wire.cut();
    pair.gateway_is_well();
    pair.one.daemon.says("Redis is away").await;
    pair.other.has_link().await;
    pair.other.has_waiting(0).await;
    accepted(&pair.gateway, 2).await;
    wire.mend();
    pair.one.daemon.says("Redis is back").await;
    pair.one.daemon.stop().await;
    pair.other.daemon.stop().await;
    took(&pair.gateway, 2, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_while_redis_is_away_leaves_its_messages_to_the_next() {
    needs!(REDIS);
    let mut pair = Pair::start(failing(Fault::Retry), Phone::Busy).await;
    pair.misses_calls(&pair.one, 2).await;
    pair.one.has_waiting(2).await;
    let refused = Instant::now();
    pair.redis.take().unwrap().kill();
    pair.one.daemon.says("Redis is away").await;
    pair.gateway_is_well();
    // The time of the messages comes, and there is nobody who could keep that they go out.
    sleep_until(refused + AFTER_RETRY).await;
    pair.one.is_killed().await;
    assert_eq!(pair.gateway.request_count(), 2);
    let _redis = pair.disk.start();
    pair.other.counts("sent", 2).await;
    took(&pair.gateway, 2, 4);
    pair.other.daemon.stop().await;
    took(&pair.gateway, 2, 4);
}

/// The caller of before may still talk: then the calls go to the other daemon at once, but not before the answer.
async fn is_sent_before_the_daemon_goes(phone: Phone, talking: usize) {
    let mut pair = Pair::start(answering_after(Millis(3_000)), phone).await;
    let mut talks = Vec::new();
    for _ in 0..talking {
        talks.push(pair.exchange.place_call(caller(HangsUp::Never)));
        pair.one.daemon.says("to=\"talk\"").await;
    }
    pair.misses_calls(&pair.one, 1).await;
    accepted(&pair.gateway, 1).await;
    assert_eq!(pair.one.states().await, ["sending"]);
    let log = pair.one.daemon.stop().await;
    assert_eq!(log.contains("left to another daemon"), talking > 0, "{log}");
    assert!(!log.contains("nobody knows whether the gateway took the message"), "{log}");
    pair.other.has_link().await;
    let (unknown, sent) = (pair.other.ids("unknown"), pair.other.ids("sent"));
    assert!(unknown.is_empty() && sent.len() == 1, "{unknown:?} {sent:?}");
    took(&pair.gateway, 1, 1);
    talks.iter().for_each(|leg| pair.exchange.hang_up(leg));
    pair.other.house.records(talking).await;
    pair.other.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_told_to_stop_waits_for_the_answer_of_a_gateway() {
    needs!(REDIS);
    is_sent_before_the_daemon_goes(Phone::Busy, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_leaves_its_calls_to_another_one_waits_for_the_answer_of_a_gateway() {
    needs!(REDIS);
    let talks = Phone::Answers { after: Millis(100), then: AfterAnswer::Waits };
    is_sent_before_the_daemon_goes(talks, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_at_each_daemon_the_messages_of_its_switches() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let gateway = serve(FakeAccount::Generic, failing(Fault::Rejected)).await;
    let exchanges = [one_of_several(Phone::Busy, 11).await, one_of_several(Phone::Busy, 12).await];
    let switches = ["east", "west"];
    let house = |name| {
        let house = house_of(name, exchanges[0].address().port(), &gateway, redis.port.unwrap());
        let sections = exchanges
            .iter()
            .zip(switches)
            .map(|(exchange, switch)| format!("[switches.{switch}]\nport = {}\n", exchange.address().port()));
        house.set("[journal]", &format!("{}[journal]", sections.collect::<String>()));
        house
    };
    // Each takes one of the switches.
    let (mut one, mut other) = tokio::join!(Peer::start(house("one")), Peer::start(house("other")));
    one.has_link().await;
    other.has_link().await;
    let mut legs =
        exchanges.each_ref().map(|exchange| exchange.place_call(caller(HangsUp::Never)).to_string());
    one.counts("dead", 1).await;
    other.counts("dead", 1).await;
    let mut ids = [one.ids("dead"), other.ids("dead")].concat();
    ids.sort();
    legs.sort();
    assert!(ids.len() == 2 && ids.iter().zip(&legs).all(|(id, leg)| id.starts_with(leg)), "{ids:?} {legs:?}");
    // Only the daemon that has a message takes an order about it.
    let id = other.ids("dead").remove(0);
    let (succeeds, told) = notices(&one.house, &one.api, &["retry", &id]);
    assert!(!succeeds && told.contains("there is no message"), "{told}");
    gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    let (succeeds, told) = notices(&other.house, &other.api, &["retry", &id]);
    assert!(succeeds, "{told}");
    other.counts("sent", 1).await;
    assert_eq!((other.ids("sent"), gateway.request_count()), (vec![id], 3));
    one.daemon.stop().await;
    other.daemon.stop().await;
}
