//! How soon a receiver has a live event, at 100 calls a second. Not a timed test: it fails only if an event does not
//! come, and prints how long they took (`-- outbound::latency --nocapture`).

use super::hooks::house_with;
use super::receiver::{OK, Receiver, SECRET};
use crate::link::admin;
use crate::link::house::{AGENT, HOTLINE, caller, exchange};
use crate::link::scrape::{figures, until};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };
const CALLS: usize = 500;
const CALL_EVERY: Duration = Duration::from_millis(10);
const LIVE: [&str; 3] = ["call.offered", "call.ringing", "call.answered"];

fn quantile(times: &[u64], share: f64) -> u64 {
    times[((times.len() - 1) as f64 * share) as usize]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_live_event_of_a_hundred_calls_a_second_is_delivered() {
    let exchange = exchange(TALKS).await;
    let mut receiver = Receiver::start(|_| OK).await;
    let house = house_with(exchange.address().port(), &receiver.hook("crm", "events = [\"call.*\"]"));
    house.put(&format!(
        "number = \"{HOTLINE}\"\nname = \"Shop\"\nringback = \"ring.wav\"\nclosing = \"sorry.wav\"\n\
         [[agents]]\nid = \"01\"\nphone = \"{AGENT}\"\nlines = 1000\n"
    ));
    let (daemon, address) = admin::serve(&house).await;
    let calls = async {
        let mut next = tokio::time::interval(CALL_EVERY);
        for _ in 0..CALLS {
            next.tick().await;
            exchange.place_call(caller(HangsUp::Never));
        }
    };
    let mut times: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let events = async {
        while LIVE.iter().any(|name| times.get(name).is_none_or(|times| times.len() < CALLS)) {
            let event = receiver.next().await.event(SECRET);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let at: jiff::Timestamp = event.timestamp.parse().unwrap();
            let since = now.as_millis() as i64 - at.as_millisecond();
            times.entry(event.kind.name()).or_default().push(u64::try_from(since).unwrap_or_default());
        }
    };
    tokio::join!(calls, events);
    for (name, times) in &mut times {
        times.sort_unstable();
        let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|share| quantile(times, share));
        println!(
            "{name:<14} {:>5} events: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms, max {max} ms",
            times.len()
        );
    }
    // The daemon counts an event when it has read the answer.
    let all = format!("hotlined_hook_live_delay_seconds_count {}\n", LIVE.len() * CALLS);
    until(&address, "/metrics", |page| page.body.contains(&all)).await;
    assert_eq!(figures(&address).await.get("hotlined_events_dropped_total"), 0.0);
    daemon.stop().await;
}
