//! Receipts of gateways, and what an operator does with `hotlined notices`.

use super::site::{OPERATOR_TOKEN, OWNER, RECEIPT_TOKEN, Site, accepted, failing, prompt};
use hotlined::sms::notice_pages::NoticeList;
use hotlined_sim::gateway::{
    FakeAccount, FakeBehaviour, FakeGateway, FakeGatewayServer, FakeServerOptions, Fault,
};
use std::process::Command;

async fn site(gateway: &FakeGatewayServer) -> (Site, String) {
    let mut site = Site::with(&[(FakeAccount::Generic, &gateway.url())]).await;
    let api = site.api().await;
    (site, api)
}

async fn serve(behaviour: FakeBehaviour) -> FakeGatewayServer {
    let fake = FakeGateway::new(FakeAccount::Generic, behaviour, 1);
    FakeGatewayServer::start(fake, FakeServerOptions::default()).await.unwrap()
}

/// Runs `hotlined notices`. Whether it succeeded, and what it printed.
fn notices(site: &Site, api: &str, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    command.arg("notices").args(args).args(["--api", api, "--token-file", "operator.token"]);
    let done = command.current_dir(site.house.path(".")).env_clear().output().unwrap();
    (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
}

/// The only message that is not sent: its state and id.
async fn only(api: &str) -> (String, String) {
    let answer = get(api, "/notices", OPERATOR_TOKEN).await;
    let list: NoticeList = serde_json::from_slice(&answer.1).unwrap();
    assert_eq!((list.count, list.messages.len()), (1, 1));
    (list.messages[0].state.clone(), list.messages[0].id.clone())
}

async fn get(api: &str, path: &str, token: &str) -> (u16, Vec<u8>) {
    let request = reqwest::Client::new().get(format!("http://{api}{path}")).bearer_auth(token);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

async fn post(api: &str, path: &str, body: &str) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("http://{api}{path}")).body(body.to_owned());
    let response = request.header("content-type", "application/json").send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_a_dead_message_and_sends_it_again() {
    let gateway = serve(failing(Fault::Rejected)).await;
    let (site, api) = site(&gateway).await;
    let text = site.misses_a_call().await;
    site.counts("dead", 1).await;
    let (succeeds, listed) = notices(&site, &api, &["list"]);
    assert!(succeeds && listed.contains("  dead  ") && listed.contains("139*****009"), "{listed}");
    assert!(!listed.contains(&format!("→ {OWNER}")), "{listed}");
    let (_, id) = only(&api).await;
    let (succeeds, shown) = notices(&site, &api, &["show", &id]);
    assert!(succeeds && shown.contains(&text) && shown.contains(OWNER), "{shown}");
    gateway.with_fake(|fake| fake.set_behaviour(prompt()));
    let (succeeds, told) = notices(&site, &api, &["retry", &id]);
    assert!(succeeds, "{told}");
    let messages = accepted(&gateway, 1).await;
    assert!(messages[0].text.as_ref().unwrap().ends_with(&text));
    site.counts("sent", 1).await;
    // It is sent: nothing is left to order.
    let (succeeds, told) = notices(&site, &api, &["retry", &id]);
    assert!(!succeeds && told.contains("the message is sent"), "{told}");
    let (succeeds, told) = notices(&site, &api, &["drop", "no such message"]);
    assert!(!succeeds && told.contains("there is no message"), "{told}");
    assert_eq!(notices(&site, &api, &["list"]), (true, String::new()));
    assert!(notices(&site, &api, &["list", "--state", "sent"]).1.contains(&id));
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
    let (succeeds, told) = notices(&site, &api, &["retry", &id]);
    assert!(succeeds, "{told}");
    let messages = accepted(&gateway, 1).await;
    site.counts("sent", 1).await;
    assert!(messages.len() == 1 && messages[0].text.as_ref().unwrap().ends_with(&text), "{messages:?}");
    assert_eq!(gateway.request_count(), 2);
    let (succeeds, told) = notices(&site, &api, &["drop", &id]);
    assert!(succeeds, "{told}");
    assert_eq!(notices(&site, &api, &["list", "--state", "sent"]), (true, String::new()));
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
