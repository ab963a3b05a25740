//! Long texts, and texts with what hostile callers send.

use super::site::{OWNER, SIGN, Site, accepted, hotline, prompt, secret, section, serve};
use hotlined_sim::gateway::FakeAccount;

/// The hotline tells its owner this text after each missed call.
fn telling(text: &str) -> String {
    hotline(&format!(
        "[[sms.messages]]\ntemplate = \"missed\"\non = [\"busy\", \"no_answer\"]\nto = \"owner\"\ntext = '{text}'\n"
    ))
}

#[tokio::test]
async fn a_text_is_at_most_500_characters_long() {
    let words = "电".repeat(500);
    // More than 1,000 characters, of which a caller chooses most.
    let values = "{caller}".repeat(62);
    for (text, caller, arrives) in
        [(words.clone(), "13800138000", words), (values, "008613800138000", "".into())]
    {
        let gateway = serve(FakeAccount::Generic, prompt()).await;
        let gateways = section(FakeAccount::Generic, &gateway.url());
        let site = Site::with_sections(&gateways, &telling(&text)).await;
        site.is_called_by(caller);
        let message = accepted(&gateway, 1).await.remove(0);
        let arrived = message.text.unwrap();
        let arrived = arrived.strip_prefix(&format!("【{SIGN}】")).unwrap();
        assert_eq!(arrived.chars().count(), 500, "{arrived}");
        assert!(arrives.is_empty() || arrived == arrives, "{arrived}");
        site.counts("sent", 1).await;
        site.ends().await;
    }
}

#[tokio::test]
async fn what_hostile_callers_send_breaks_no_request() {
    let hostile = "13\r\nX: 1\t{to}{{secret.key}}&mobile=1%00\"\\'<中\u{202e}é";
    for account in [
        FakeAccount::Alibaba,
        FakeAccount::Tencent,
        FakeAccount::Huawei,
        FakeAccount::Yunpian,
        FakeAccount::Mas,
        FakeAccount::Generic,
        FakeAccount::GenericGbk,
    ] {
        let gateway = serve(account, prompt()).await;
        let gateways = section(account, &gateway.url());
        let gateways = gateways.replace("\"caller_masked\"]", "\"caller\"]");
        let site = Site::with_sections(&gateways, &telling("{caller}拨打过")).await;
        site.is_called_by(hostile);
        let message = accepted(&gateway, 1).await.remove(0);
        site.counts("sent", 1).await;
        assert_eq!(message.to, OWNER);
        let words = match &message.text {
            Some(text) => text.clone(),
            None => message.params.iter().map(|(_, value)| value.as_str()).collect(),
        };
        assert!(!words.chars().any(char::is_control), "{account:?}: {words:?}");
        assert!(!words.contains(secret(account)), "{account:?}: {words:?}");
        assert!(gateway.with_fake(|fake| fake.wrong().is_empty()), "{account:?}");
        site.ends().await;
    }
}

#[tokio::test]
async fn a_character_that_gbk_has_not_goes_to_the_next_gateway() {
    let gbk = serve(FakeAccount::GenericGbk, prompt()).await;
    let utf8 = serve(FakeAccount::Yunpian, prompt()).await;
    let gateways =
        [section(FakeAccount::GenericGbk, &gbk.url()), section(FakeAccount::Yunpian, &utf8.url())].concat();
    let site = Site::with_sections(&gateways, &telling("{time}来电😀")).await;
    site.is_called_by("13800138000");
    let message = accepted(&utf8, 1).await.remove(0);
    assert!(message.text.as_ref().unwrap().ends_with("来电😀"), "{message:?}");
    site.counts("sent", 1).await;
    assert_eq!((gbk.request_count(), utf8.request_count()), (0, 1));
    site.ends().await;
}
