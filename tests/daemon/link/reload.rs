//! Hotlines change under the real binary: the next call follows a good change and ignores a bad one.

use super::house::{AGENT, Daemon, House, caller, exchange};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::switch::SimulatedSwitch;

const TALKS: Phone = Phone::Answers { after: Millis(50), then: AfterAnswer::TalksFor(Millis(50)) };
const OTHER: &str = "13900000002";

/// The telephone that a call rings now; `nth` is which call of the test this is.
async fn rung(nth: usize, exchange: &SimulatedSwitch, house: &House) -> String {
    let leg = exchange.place_call(caller(HangsUp::Never));
    let records = house.records(nth).await;
    assert_eq!(records[nth - 1].call.to_string(), *leg);
    exchange.call_report(&leg).unwrap().bridged_with.concat()
}

async fn begin() -> (SimulatedSwitch, House, Daemon) {
    let exchange = exchange(TALKS).await;
    exchange.set_phone(OTHER, vec![TALKS]);
    let house = House::new(exchange.address().port());
    let daemon = house.serve().await;
    assert_eq!(rung(1, &exchange, &house).await, AGENT);
    (exchange, house, daemon)
}

#[tokio::test]
async fn the_next_call_follows_a_changed_file_unless_it_is_broken() {
    let (exchange, house, mut daemon) = begin().await;
    house.put("number = \"4008001234\"\nname = \"Shop\"\nringbak = \"ring.wav\"\n");
    daemon.says("hotlines/shop.toml:3:1: ringbak").await;
    daemon.says("the old ones stay").await;
    assert_eq!(rung(2, &exchange, &house).await, AGENT);
    house.hotline("02", OTHER);
    daemon.says("the next call follows").await;
    assert_eq!(rung(3, &exchange, &house).await, OTHER);
    daemon.stop().await;
    house.replays_itself().await;
}

#[tokio::test]
async fn sighup_reads_again_and_is_always_answered() {
    let (exchange, house, mut daemon) = begin().await;
    daemon.signal("HUP");
    daemon.says("the next call follows").await;
    house.hotline("02", OTHER);
    daemon.signal("HUP");
    daemon.says("the next call follows").await;
    assert_eq!(rung(2, &exchange, &house).await, OTHER);
    house.put("nothing");
    daemon.signal("HUP");
    daemon.says("hotlines/shop.toml:1:").await;
    daemon.says("the old ones stay").await;
    assert_eq!(rung(3, &exchange, &house).await, OTHER);
    daemon.stop().await;
}
