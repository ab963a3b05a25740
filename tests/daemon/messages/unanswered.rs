//! Gateways that took a request and gave no answer that says what became of it: the message is unknown, and no second
//! request goes out for it.

use super::site::{CALLER, Site, accepted, failing, hotline, prompt, section, serve};
use crate::link::house::House;
use crate::link::records::SmallDisk;
use crate::link::scrape::{Answer, Figures, until};
use hotlined_core::time::Millis;
use hotlined_sim::gateway::{FakeAccount, FakeBehaviour, Fault, FaultRates};
use std::fs;

/// The gateway fails once in this way, after it took the message or not. Then it is well, and the next message arrives.
async fn is_unknown_and_not_sent_again(fault: Fault) {
    let gateway = serve(FakeAccount::Generic, failing(fault)).await;
    let site = Site::with(&[(FakeAccount::Generic, &gateway.url())]).await;
    site.misses_a_call().await;
    site.counts("unknown", 1).await;
    let taken = gateway.with_fake(|fake| fake.accepted().len());
    gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    let text = site.misses_a_call().await;
    site.counts("sent", 1).await;
    let messages = accepted(&gateway, taken + 1).await;
    assert_eq!((messages.len(), gateway.request_count()), (taken + 1, 2));
    assert!(messages[taken].text.as_ref().unwrap().ends_with(&text));
    let log = site.ends().await;
    assert!(log.contains("nobody knows whether the gateway took the message"), "{log}");
}

#[tokio::test]
async fn a_gateway_that_hangs() {
    is_unknown_and_not_sent_again(Fault::Hang).await;
}

#[tokio::test]
async fn a_gateway_that_drips() {
    is_unknown_and_not_sent_again(Fault::Drip).await;
}

#[tokio::test]
async fn a_gateway_that_closes_after_it_took_the_message() {
    is_unknown_and_not_sent_again(Fault::ResetAfterAccepting).await;
}

#[tokio::test]
async fn a_gateway_that_sends_16_mib() {
    is_unknown_and_not_sent_again(Fault::HugeBody).await;
}

#[tokio::test]
async fn a_gateway_that_answers_nonsense() {
    is_unknown_and_not_sent_again(Fault::Nonsense).await;
}

#[tokio::test]
async fn a_daemon_that_is_killed_before_the_answer_does_not_send_again() {
    let behaviour = FakeBehaviour {
        faults: FaultRates::default().with(Fault::LateAnswer, 1_000),
        late_answer_after: Millis::seconds(600),
        ..prompt()
    };
    let gateway = serve(FakeAccount::Generic, behaviour).await;
    let mut site = Site::with(&[(FakeAccount::Generic, &gateway.url())]).await;
    let first = site.misses_a_call().await;
    accepted(&gateway, 1).await;
    assert_eq!(site.kept(), ["sending"]);
    site.is_killed().await;
    site.counts("unknown", 1).await;
    gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    let second = site.misses_a_call().await;
    let messages = accepted(&gateway, 2).await;
    site.counts("sent", 1).await;
    for (message, text) in messages.iter().zip([&first, &second]) {
        assert!(message.text.as_ref().unwrap().ends_with(text.as_str()), "{message:?}");
    }
    assert_eq!((messages.len(), gateway.request_count()), (2, 2));
    let mut kept = site.kept();
    kept.sort();
    assert_eq!(kept, ["sent", "unknown"]);
    site.ends().await;
}

#[tokio::test]
async fn a_message_waits_while_the_disk_is_full() {
    let gateway = serve(FakeAccount::Generic, prompt()).await;
    let mut disk = None;
    let gateways = section(FakeAccount::Generic, &gateway.url());
    let on_a_small_disk = |house: &House| {
        disk = SmallDisk::mount(&house.path("small"));
        house.set("[admin]", "[live]\nfile = \"small/hotlined.live\"\n[admin]");
    };
    let site = Site::prepared(&gateways, &hotline(""), on_a_small_disk).await;
    if disk.is_none() {
        return;
    }
    let filler = site.house.path("small/filler");
    fs::write(&filler, vec![0; 1 << 20]).unwrap_err();
    // What is left of the last page is not enough for some calls.
    (0..8).for_each(|_| site.is_called_by(CALLER));
    let failed = |page: &Answer| {
        let figures = Figures::parse(&page.body);
        let has_ended = figures.sum("hotlined_calls_ended_total") == 8.0;
        has_ended && figures.get("hotlined_live_turns_failed_total") > 0.0
    };
    until(&site.address, "/metrics", failed).await;
    let before = gateway.request_count();
    assert!(before < 8, "{before}");
    fs::remove_file(&filler).unwrap();
    let messages = accepted(&gateway, 8).await;
    site.counts("sent", 8).await;
    assert_eq!((messages.len(), gateway.request_count()), (8, 8));
    site.ends().await;
}
