//! Receipts of gateways, and what an operator does with `hotlined notices`.

use super::api::{self, get, notices, post};
use super::site::{OPERATOR_TOKEN, OWNER, RECEIPT_TOKEN, Site, accepted, failing, prompt};
use hotlined_sim::gateway::{
    FakeAccount, FakeBehaviour, FakeGateway, FakeGatewayServer, FakeServerOptions, Fault,
};

async fn site(gateway: &FakeGatewayServer) -> (Site, String) {
    let mut site = Site::with(&[(FakeAccount::Generic, &gateway.url())]).await;
    let api = site.api().await;
    (site, api)
}

async fn serve(behaviour: FakeBehaviour) -> FakeGatewayServer {
    let fake = FakeGateway::new(FakeAccount::Generic, behaviour, 1);
    FakeGatewayServer::start(fake, FakeServerOptions::default()).await.unwrap()
}

/// The only message that is not sent: its state and id.
async fn only(api: &str) -> (String, String) {
    let list = api::list(api).await;
    assert_eq!((list.count, list.messages.len()), (1, 1));
    (list.messages[0].state.clone(), list.messages[0].id.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_a_dead_message_and_sends_it_again() {
    let gateway = serve(failing(Fault::Rejected)).await;
    let (site, api) = site(&gateway).await;
    let text = site.misses_a_call().await;
    site.counts("dead", 1).await;
    let (succeeds, listed) = notices(&site.house, &api, &["list"]);
    assert!(succeeds && listed.contains("  dead  ") && listed.contains("139*****009"), "{listed}");
    assert!(!listed.contains(&format!("→ {OWNER}")), "{listed}");
    let (_, id) = only(&api).await;
    let (succeeds, shown) = notices(&site.house, &api, &["show", &id]);
    assert!(succeeds && shown.contains(&text) && shown.contains(OWNER), "{shown}");
    gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    let (succeeds, told) = notices(&site.house, &api, &["retry", &id]);
    assert!(succeeds, "{told}");
    let messages = accepted(&gateway, 1).await;
    assert!(messages[0].text.as_ref().unwrap().ends_with(&text));
    site.counts("sent", 1).await;
    // It is sent: nothing is left to order.
    let (succeeds, told) = notices(&site.house, &api, &["retry", &id]);
    assert!(!succeeds && told.contains("the message is sent"), "{told}");
    let (succeeds, told) = notices(&site.house, &api, &["drop", "no such message"]);
    assert!(!succeeds && told.contains("there is no message"), "{told}");
    assert_eq!(notices(&site.house, &api, &["list"]), (true, String::new()));
    assert!(notices(&site.house, &api, &["list", "--state", "sent"]).1.contains(&id));
    site.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_message_goes_out_again_when_an_operator_says_so() {
    let gateway = serve(failing(Fault::Hang)).await;
    let (site, api) = site(&gateway).await;
    let text = site.misses_a_call().await;
    site.counts("unknown", 1).await;
    let (state, id) = only(&api).await;
    assert_eq!(state, "unknown");
    gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    let (succeeds, told) = notices(&site.house, &api, &["retry", &id]);
    assert!(succeeds, "{told}");
    let messages = accepted(&gateway, 1).await;
    site.counts("sent", 1).await;
    assert!(messages.len() == 1 && messages[0].text.as_ref().unwrap().ends_with(&text), "{messages:?}");
    assert_eq!(gateway.request_count(), 2);
    let (succeeds, told) = notices(&site.house, &api, &["drop", &id]);
    assert!(succeeds, "{told}");
    assert_eq!(notices(&site.house, &api, &["list", "--state", "sent"]), (true, String::new()));
    site.ends().await;
}

#[tokio::test]
async fn only_a_token_with_notices_sees_messages() {
    let gateway = serve(prompt()).await;
    let (site, api) = site(&gateway).await;
    for token in ["", "wrong", RECEIPT_TOKEN] {
        assert_eq!(get(&api, "/notices", token).await.0, 401);
    }
    assert_eq!(get(&api, "/notices?colour=red", OPERATOR_TOKEN).await.0, 400);
    let (status, _) = post(&api, "/notices/retry", "{\"id\": \"x\"}").await;
    assert_eq!(status, 401);
    site.ends().await;
}

#[tokio::test]
async fn a_receipt_tells_what_became_of_an_unknown_message_once() {
    let gateway = serve(failing(Fault::ResetAfterAccepting)).await;
    let (site, api) = site(&gateway).await;
    site.misses_a_call().await;
    site.counts("unknown", 1).await;
    assert_eq!(only(&api).await.0, "unknown");
    let taken = accepted(&gateway, 1).await.remove(0);
    let receipt = |id: &str, stat: &str| {
        format!("{{\"reports\": [{{\"msgid\": \"{id}\", \"mobile\": \"{OWNER}\", \"stat\": \"{stat}\"}}]}}")
    };
    let page = format!("/receipts/{RECEIPT_TOKEN}/generic");
    // Nobody who does not know the token can say anything of a message.
    for wrong in ["/receipts/wrong/generic".to_owned(), format!("/receipts/{RECEIPT_TOKEN}/other")] {
        assert_eq!(post(&api, &wrong, &receipt(&taken.gateway_id, "UNDELIV")).await.0, 404);
    }
    assert_eq!(post(&api, &page, "no receipt").await.0, 400);
    assert_eq!(post(&api, &page, &" ".repeat(1 << 20)).await.0, 413);
    let delivered = receipt(&taken.gateway_id, "DELIVRD");
    assert_eq!(post(&api, &page, &delivered).await, (200, "ok".to_owned()));
    site.counts("delivered", 1).await;
    // The same again, and another one that is too late.
    assert_eq!(post(&api, &page, &delivered).await, (200, "ok".to_owned()));
    assert_eq!(post(&api, &page, &receipt(&taken.gateway_id, "UNDELIV")).await.0, 200);
    assert_eq!(site.kept(), ["delivered"]);
    assert_eq!(gateway.request_count(), 1);
    site.ends().await;
}
