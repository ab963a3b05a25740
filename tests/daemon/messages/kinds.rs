//! Each kind of gateway: a missed call leads to the message that the gateway reads, with a signature that it computes
//! for itself.

use super::site::{OWNER, SIGN, Site, accepted, prompt, serve};
use hotlined_sim::gateway::FakeAccount;

async fn takes_the_message_of_a_missed_call(account: FakeAccount) {
    let gateway = serve(account, prompt()).await;
    let site = Site::with(&[(account, &gateway.url())]).await;
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
