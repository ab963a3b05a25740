//! Each kind of gateway: a missed call leads to the message that the gateway reads, with a signature that it computes
//! for itself, and its receipt says that the message was delivered.

use super::site::{OWNER, RECEIPT_TOKEN, SIGN, Site, accepted, name, prompt, serve};
use hotlined_core::time::Millis;
use hotlined_sim::gateway::{FakeAccount, FakeBehaviour, ReceiptRates};

async fn takes_the_message_of_a_missed_call(account: FakeAccount) {
    // The receipt comes before the answer.
    let receipts = ReceiptRates { early: 1_000, ..ReceiptRates::default() };
    let behaviour = FakeBehaviour { receipts, answer_after: (Millis(200), Millis(200)), ..prompt() };
    let gateway = serve(account, behaviour).await;
    let mut site = Site::with(&[(account, &gateway.url())]).await;
    let api = site.api().await;
    gateway.set_receipts_url(format!("http://{api}/receipts/{RECEIPT_TOKEN}/{}", name(account)));
    let text = site.misses_a_call().await;
    let message = accepted(&gateway, 1).await.remove(0);
    site.counts("sent", 1).await;
    assert_eq!(message.to, OWNER);
    match (message.text, message.template.as_deref()) {
        (Some(arrived), None) if account == FakeAccount::Mas => assert_eq!(arrived, text),
        (Some(arrived), None) => assert_eq!(arrived, format!("【{SIGN}】{text}")),
        (None, Some("T-missed")) => {
            let values: Vec<&str> = message.params.iter().map(|(_, value)| value.as_str()).collect();
            let time = text.trim_start_matches("漏话通知:").split(',').next().unwrap();
            assert!(
                values.len() == 2 && values.contains(&time) && values.contains(&"138********"),
                "{values:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(gateway.with_fake(|fake| fake.wrong().is_empty()));
    assert_eq!(gateway.request_count(), 1);
    site.counts("delivered", 1).await;
    // A receipt that names a request under way is to come again: it is not saved yet.
    let names_no_request = matches!(account, FakeAccount::Tencent | FakeAccount::Mas);
    assert_eq!(gateway.receipt_statuses(), [if names_no_request { 200 } else { 503 }]);
    site.ends().await;
}

#[tokio::test]
async fn alibaba() {
    takes_the_message_of_a_missed_call(FakeAccount::Alibaba).await;
}

#[tokio::test]
async fn tencent() {
    takes_the_message_of_a_missed_call(FakeAccount::Tencent).await;
}

#[tokio::test]
async fn huawei() {
    takes_the_message_of_a_missed_call(FakeAccount::Huawei).await;
}

#[tokio::test]
async fn huawei_with_wsse() {
    takes_the_message_of_a_missed_call(FakeAccount::HuaweiWsse).await;
}

#[tokio::test]
async fn yunpian() {
    takes_the_message_of_a_missed_call(FakeAccount::Yunpian).await;
}

#[tokio::test]
async fn mas() {
    takes_the_message_of_a_missed_call(FakeAccount::Mas).await;
}

#[tokio::test]
async fn generic() {
    takes_the_message_of_a_missed_call(FakeAccount::Generic).await;
}

#[tokio::test]
async fn generic_in_gbk() {
    takes_the_message_of_a_missed_call(FakeAccount::GenericGbk).await;
}
