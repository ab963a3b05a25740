//! Events of a daemon that was killed: the daemon that takes its switch over delivers them.

use super::hooks::house_with;
use super::receiver::{Answer, OK, Receiver};
use crate::link::house::{caller, one_of_several};
use crate::support::needs;
use crate::support::redis_server::{Server, free_port};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};

const TALKS: Phone = Phone::Answers { after: Millis(100), then: AfterAnswer::TalksFor(Millis(200)) };

#[tokio::test]
async fn a_daemon_that_takes_over_delivers_an_event_of_the_one_before_under_the_same_id() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let exchange = one_of_several(TALKS, 7).await;
    // The first request is never answered.
    let answer = |count| if count == 0 { Answer::Hangs } else { OK };
    let mut receiver = Receiver::start(answer).await;
    let hook = receiver.hook("crm", "events = [\"call.ended\"]");
    let house = |name| {
        let house = house_with(exchange.address().port(), &hook);
        house.shares(redis.port.unwrap(), name);
        house
    };
    let (first, second) = (house("one"), house("other"));
    let mut one = first.run(&["serve"]);
    one.says("link up").await;
    let mut other = second.run(&["serve"]);
    other.says("Redis answers").await;
    let leg = exchange.place_call(caller(HangsUp::Never));
    let sent = receiver.next().await;
    one.signal("KILL");
    one.ends().await;
    let (event, again) = receiver.event("call.ended").await;
    assert_eq!((event.call.to_string(), again.id()), (leg.to_string(), sent.id()));
    assert_eq!(again.body, sent.body);
    other.stop().await;
    // It is delivered: neither the first daemon nor anybody else has it.
    let mut one = first.run(&["serve"]);
    one.says("link up").await;
    exchange.place_call(caller(HangsUp::Never));
    let (event, _) = receiver.event("call.ended").await;
    assert_ne!(event.call.to_string(), leg.to_string());
    one.stop().await;
    assert!(receiver.is_idle());
}
