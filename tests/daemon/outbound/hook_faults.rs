//! Web hooks whose receivers fail, hang, move, leave, or are where no hook may go; and a daemon that is killed.

use super::hooks::house_with;
use super::receiver::{Answer, OK, Receiver, SECRET};
use crate::link::admin;
use crate::link::house::{House, caller, exchange};
use crate::link::scrape::until;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use std::time::Duration;

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };
const ENDED: &str = "events = [\"call.ended\"]";

fn fails_first(first: Answer) -> impl Fn(usize) -> Answer {
    move |count| if count == 0 { first } else { OK }
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_and_holds_up_nobody() {
    let exchange = exchange(TALKS).await;
    let mut broken = Receiver::start(fails_first(Answer::Status(500, ""))).await;
    let mut busy = Receiver::start(fails_first(Answer::Status(503, "retry-after: 8\r\n"))).await;
    let mut trap = Receiver::start(|_| OK).await;
    let moved: &'static str = format!("location: http://127.0.0.1:{}/in\r\n", trap.port).leak();
    let mut moved = Receiver::start(fails_first(Answer::Status(302, moved))).await;
    let mut stuck = Receiver::start(|_| Answer::Hangs).await;
    let mut good = Receiver::start(|_| OK).await;
    let receivers =
        [("broken", &broken), ("busy", &busy), ("moved", &moved), ("stuck", &stuck), ("good", &good)];
    let sections: String = receivers.iter().map(|(name, receiver)| receiver.hook(name, ENDED)).collect();
    let house = house_with(exchange.address().port(), &sections);
    let (daemon, address) = admin::serve(&house).await;
    exchange.place_call(caller(HangsUp::Never));

    let stuck_since = stuck.next().await.at;
    let (_, taken) = good.event("call.ended").await;
    assert!(taken.at.duration_since(stuck_since) < Duration::from_secs(4));
    for (receiver, wait_s) in [(&mut broken, 5), (&mut busy, 8), (&mut moved, 5)] {
        let (first, second) = (receiver.next().await, receiver.next().await);
        let waited = second.at.duration_since(first.at);
        assert!(waited >= Duration::from_secs(wait_s), "{waited:?}");
        assert_eq!((first.id(), &first.body), (second.id(), &second.body));
        assert_eq!(second.event(SECRET).kind.name(), "call.ended");
        assert_ne!(first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]);
    }
    // A later event of a receiver that hangs is sent while the earlier one hangs.
    exchange.place_call(caller(HangsUp::Never));
    let later = stuck.next().await;
    assert!(later.at.duration_since(stuck_since) < Duration::from_secs(20));
    good.event("call.ended").await;
    let page = until(&address, "/metrics", |page| {
        ["broken", "busy", "moved", "good"].iter().all(|hook| {
            page.body
                .contains(&format!("hotlined_hook_events_total{{hook=\"{hook}\",outcome=\"delivered\"}} 2\n"))
        })
    });
    let page = page.await.body;
    assert!(page.contains("hotlined_hook_tries_total{hook=\"moved\",result=\"refused\"} 1\n"), "{page}");
    assert!(trap.is_idle(), "a redirect was followed");
    // What hangs does not keep a daemon from stopping, nor is it lost.
    daemon.stop().await;
    admin::serve(&house).await.0.stop().await;
    let again = [stuck.next().await, stuck.next().await].map(|request| request.id().to_owned());
    assert!(again.contains(&later.id().to_owned()), "{again:?}");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_asked_no_more_until_a_reload() {
    let exchange = exchange(TALKS).await;
    let mut gone = Receiver::start(fails_first(Answer::Status(410, ""))).await;
    let mut good = Receiver::start(|_| OK).await;
    let sections = gone.hook("gone", ENDED) + &good.hook("good", ENDED);
    let house = house_with(exchange.address().port(), &sections);
    let (mut daemon, address) = admin::serve(&house).await;
    exchange.place_call(caller(HangsUp::Never));
    gone.event("call.ended").await;
    daemon.says("answered 410 Gone").await;
    good.event("call.ended").await;
    exchange.place_call(caller(HangsUp::Never));
    good.event("call.ended").await;
    let disabled = "hotlined_hook_events_total{hook=\"gone\",outcome=\"disabled\"} 2\n";
    let page = until(&address, "/metrics", |page| page.body.contains(disabled)).await.body;
    assert!(page.contains("hotlined_hook_disabled{hook=\"gone\"} 1\n"), "{page}");
    assert!(gone.is_idle());
    daemon.signal("HUP");
    daemon.says("events are sent to the web hook again").await;
    exchange.place_call(caller(HangsUp::Never));
    gone.event("call.ended").await;
    let log = daemon.stop().await;
    assert_eq!(log.matches("ERROR").count(), 1, "{log}");
}

#[tokio::test]
async fn no_request_goes_to_a_private_address_unless_it_is_allowed() {
    let exchange = exchange(TALKS).await;
    let mut receiver = Receiver::start(|_| OK).await;
    let own_network = "allow = [\"127.0.0.0/8\"]";
    let literal = receiver.hook("crm", "").replace(own_network, "");
    let house = house_with(exchange.address().port(), &literal);
    let mut daemon = house.run(&["serve"]);
    assert_eq!(daemon.ends().await.code(), Some(1));
    assert!(daemon.told.contains("hooks.crm.url: cannot be taken: has only addresses"), "{}", daemon.told);

    // A name is judged by what it resolves to.
    house.set("127.0.0.1:", "localhost:");
    house.set("[admin]\naddress = \"localhost:0\"", "[admin]\naddress = \"127.0.0.1:0\"");
    let (mut daemon, address) = admin::serve(&house).await;
    exchange.place_call(caller(HangsUp::Never));
    let line = daemon.says("the web hook took no event").await;
    assert!(line.contains("addresses that are not public") && !line.contains("/in"), "{line}");
    let failed = "hotlined_hook_tries_total{hook=\"crm\",result=\"failed\"} 4\n";
    until(&address, "/metrics", |page| page.body.contains(failed)).await;
    assert!(receiver.is_idle());
    daemon.stop().await;

    // The same name, allowed: what was not sent is sent now.
    house.set("secret = ", "allow = [\"127.0.0.0/8\", \"::1\"]\nsecret = ");
    let (daemon, _) = admin::serve(&house).await;
    receiver.event("call.ended").await;
    daemon.stop().await;
}

#[tokio::test]
async fn a_daemon_that_is_killed_before_the_receiver_answers_is_followed_by_one_that_sends_again() {
    let exchange = exchange(TALKS).await;
    let mut receiver = Receiver::start(fails_first(Answer::Hangs)).await;
    let house = House::new(exchange.address().port());
    house.set("[journal]", &format!("{}[journal]", receiver.hook("crm", ENDED)));
    let mut daemon = house.serve().await;
    let leg = exchange.place_call(caller(HangsUp::Never));
    let first = receiver.next().await;
    daemon.signal("KILL");
    daemon.ends().await;
    let daemon = house.serve().await;
    let (event, again) = receiver.event("call.ended").await;
    assert_eq!((event.call.to_string(), again.id()), (leg.to_string(), first.id()));
    assert_eq!(again.body, first.body);
    daemon.stop().await;
    house.serve().await.stop().await;
    assert!(receiver.is_idle(), "it was delivered, and came again");
}

#[tokio::test]
async fn what_waits_for_a_hook_that_is_not_in_the_settings_any_more_is_dropped() {
    let exchange = exchange(TALKS).await;
    let mut receiver = Receiver::start(|_| Answer::Hangs).await;
    let house = House::new(exchange.address().port());
    let section = receiver.hook("crm", ENDED);
    house.set("[journal]", &format!("{section}[journal]"));
    let mut daemon = house.serve().await;
    exchange.place_call(caller(HangsUp::Never));
    receiver.next().await;
    daemon.signal("KILL");
    daemon.ends().await;
    house.set(&section, "");
    let mut daemon = house.run(&["serve"]);
    daemon.says("there is no such web hook any more").await;
    daemon.says("link up").await;
    daemon.stop().await;
    // It does not come back with the hook.
    house.set("[journal]", &format!("{section}[journal]"));
    house.serve().await.stop().await;
    assert!(receiver.is_idle());
}
