//! Web hooks whose receivers take what they get.

use super::receiver::{OK, OLD_SECRET, Receiver, SECRET};
use crate::link::admin;
use crate::link::house::{AGENT, HOTLINE, House, caller, complains, exchange};
use crate::link::scrape::{figures, until};
use hotlined_core::call_event::CallEventKind;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use std::collections::BTreeSet;

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };

/// A house with these further sections, whose figures can be read.
pub fn house_with(port: u16, sections: &str) -> House {
    let house = admin::house(port);
    house.set("[admin]", &format!("{sections}[admin]"));
    house
}

#[tokio::test]
async fn a_receiver_is_told_of_a_call_from_its_arrival_to_its_record() {
    let exchange = exchange(TALKS).await;
    let mut all = Receiver::start(|_| OK).await;
    let mut ended = Receiver::start(|_| OK).await;
    let mut other = Receiver::start(|_| OK).await;
    let old = format!("secret_old = \"{OLD_SECRET}\"");
    let template = "events = [\"call.ended\"]\nbody = '{\"phone\": {{ caller | json }}, \"how\": {{ data.outcome | json }}}'";
    let sections = all.hook("all", &old)
        + &ended.hook("own", template)
        + &other.hook("other", "hotlines = [\"4009999999\"]");
    let house = house_with(exchange.address().port(), &sections);
    let (mut daemon, address) = admin::serve(&house).await;
    let leg = exchange.place_call(caller(HangsUp::Never));

    let mut sequences = Vec::new();
    let mut ids = BTreeSet::new();
    for expected in ["call.offered", "call.ringing", "call.answered", "call.ended"] {
        let request = all.next().await;
        let event = request.event(SECRET);
        // While the secret is changed, a receiver that knows only the old one takes it, too.
        request.check(OLD_SECRET);
        assert_eq!(event.kind.name(), expected);
        assert_eq!((event.call.to_string().as_str(), &*event.hotline), (&*leg, HOTLINE));
        assert_eq!((event.caller.as_str(), event.cut), ("13800138000", false));
        assert_eq!(event.agent.as_deref(), (expected != "call.offered").then_some("01"), "{expected}");
        assert_eq!(request.line, "POST /in HTTP/1.1");
        assert_eq!(request.headers["content-type"], "application/json");
        assert!(ids.insert(request.id().to_owned()), "{ids:?}");
        sequences.push(event.sequence);
        match event.kind {
            CallEventKind::Offered(offered) | CallEventKind::Ringing(offered) => {
                assert_eq!((&*offered.hotline_name, &*offered.area), ("Shop", "北京"));
            }
            CallEventKind::Ended(record) => assert_eq!(&*record, &house.records(1).await[0]),
            CallEventKind::Answered(answered) => assert!(answered.wait >= Millis(200)),
            other => panic!("{other:?}"),
        }
    }
    assert!(sequences.is_sorted_by(|one, next| one < next), "{sequences:?}");

    let request = ended.next().await;
    request.check(SECRET);
    assert_eq!(request.body, r#"{"phone": "13800138000", "how": "answered"}"#);
    let delivered = "hotlined_hook_events_total{hook=\"all\",outcome=\"delivered\"} 4\n";
    let page = until(&address, "/metrics", |page| page.body.contains(delivered)).await.body;
    assert!(page.contains("hotlined_hook_tries_total{hook=\"own\",result=\"taken\"} 1\n"), "{page}");
    assert!(!page.contains("hook=\"other\",outcome=\"delivered\""), "{page}");
    assert_eq!(figures(&address).await.get("hotlined_hook_waiting{hook=\"all\"}"), 0.0);
    assert!(all.is_idle() && ended.is_idle() && other.is_idle());
    daemon.says("to=\"ending\"").await;
    let log = daemon.stop().await;
    assert!(!complains(&log) && !log.contains("whsec_") && !log.contains(AGENT), "{log}");
    // Nothing is left for the next daemon.
    admin::serve(&house).await.0.stop().await;
    assert!(all.is_idle() && ended.is_idle());
    house.replays_itself().await;
}

#[tokio::test]
async fn a_hook_is_tried_with_one_event() {
    let mut good = Receiver::start(|_| OK).await;
    let bad = Receiver::start(|_| super::receiver::Answer::Status(500, "retry-after: 90\r\n")).await;
    let house = House::new(1);
    house.set("[journal]", &format!("{}{}[journal]", good.hook("good", ""), bad.hook("bad", "")));
    let mut tried = house.run(&["hooks", "test", "good"]);
    assert_eq!(tried.ends().await.code(), Some(0), "{}", tried.told);
    let event = good.next().await.event(SECRET);
    assert_eq!(event.kind.name(), "call.ended");
    let mut tried = house.run(&["hooks", "test", "bad", "--event", "call.ringing"]);
    assert_eq!(tried.ends().await.code(), Some(1));
    assert!(tried.told.contains("status 500") && tried.told.contains("retry-after: 90 s"), "{}", tried.told);
    let mut tried = house.run(&["hooks", "test", "ugly"]);
    assert_eq!(tried.ends().await.code(), Some(1));
    assert!(tried.told.contains("there is no [hooks.ugly]; there are: bad, good"), "{}", tried.told);
}
