//! Two daemons for one switch that share nothing: one acts, and the other one says why it does not.

use super::house::{AGENT, House, caller, one_of_several};
use hotlined_core::record::Outcome;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(500)) };

#[tokio::test]
async fn the_second_daemon_refuses_and_the_first_goes_on_as_if_nothing_had_been() {
    let exchange = one_of_several(TALKS, 1).await;
    let (house, beside) = (House::new(exchange.address().port()), House::new(exchange.address().port()));
    let daemon = house.serve().await;
    let call = exchange.place_call(caller(HangsUp::Never));
    let mut second = beside.run(&["serve"]);
    assert_eq!(second.ends().await.code(), Some(1), "{}", second.told);
    assert!(second.told.contains("acts for this switch already"), "{}", second.told);
    assert!(second.told.contains("--take-over"), "{}", second.told);
    let records = house.records(1).await;
    assert_eq!((records[0].call.to_string(), records[0].outcome), (call.to_string(), Outcome::Answered));
    // Each call rings its one agent once.
    assert_eq!(exchange.stats().phones[AGENT].most_at_once, 1, "{:?}", exchange.stats().phones);
    daemon.stop().await;
    // Now nobody acts.
    beside.serve().await.stop().await;
}

#[tokio::test]
async fn a_daemon_that_is_told_to_take_over_does_and_the_first_one_stops_with_the_reason() {
    let exchange = one_of_several(TALKS, 1).await;
    let (house, beside) = (House::new(exchange.address().port()), House::new(exchange.address().port()));
    let mut daemon = house.serve().await;
    let mut second = beside.run(&["serve", "--take-over"]);
    second.says("link up").await;
    assert_eq!(daemon.ends().await.code(), Some(1), "{}", daemon.told);
    assert!(daemon.told.contains("as it says at the switch"), "{}", daemon.told);
    exchange.place_call(caller(HangsUp::Never));
    assert_eq!(beside.records(1).await[0].outcome, Outcome::Answered);
    assert!(house.records(0).await.is_empty());
    second.stop().await;
}
