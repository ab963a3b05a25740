//! Gateways that took a request and gave no answer that says what became of it: the message is unknown, and no second
//! request goes out for it.

use super::site::{Site, accepted, failing, prompt, serve};
use hotlined_core::time::Millis;
use hotlined_sim::gateway::{FakeAccount, FakeBehaviour, Fault, FaultRates};

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
