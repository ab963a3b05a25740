//! A daemon that stood still, as under a debugger or on a machine that was frozen.

use crate::house::{House, caller, exchange};
use crate::peer::within;
use hotlined::record::Outcome;
use hotlined::sim::people::{Leaves, Phone};
use hotlined::sim::stats::What;
use hotlined::time::Millis;

#[tokio::test]
async fn a_daemon_that_stood_still_does_nothing_about_old_news() {
    let exchange = exchange(Phone::Refuses { after: Millis(500) }).await;
    let house = House::new(exchange.address().port());
    let mut daemon = house.serve().await;
    let mut happenings = exchange.happenings();
    let leg = exchange.place_call(caller(Leaves::AtTheEnd));
    within("the telephone to ring", async {
        while !matches!(happenings.recv().await.unwrap().what, What::Rings { .. }) {}
    })
    .await;
    daemon.signal("STOP");
    // First the agent refuses, which would be followed by words to the caller.
    let mut refused = false;
    within("the fallback to take the caller", async {
        loop {
            match happenings.recv().await.unwrap().what {
                What::HungUp { .. } => refused = true,
                What::FellBack { .. } => break,
                _ => {}
            }
        }
    })
    .await;
    assert!(refused);
    daemon.signal("CONT");
    daemon.says("we stood still for").await;
    daemon.says("link up").await;
    assert_eq!(house.records(1).await[0].outcome, Outcome::Fallback);
    exchange.hang_up(&leg);
    within("the caller to be gone", async {
        loop {
            match happenings.recv().await.unwrap().what {
                What::Hears { sound, .. } => assert!(!sound.contains(".wav"), "{sound}"),
                What::HungUp { leg: gone, .. } if gone == leg => break,
                _ => {}
            }
        }
    })
    .await;
    daemon.signal("TERM");
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
    house.replays_itself().await;
}
