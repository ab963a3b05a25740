//! The screen pop in a real browser: it connects with the token, and opens the caller's data, with hostile values in
//! it that stay values.

use super::receiver::{OK, Receiver};
use super::stream::TOKEN;
use crate::link::peer::within;
use crate::support::needs;
use crate::support::needs::CHROMIUM;
use hotlined::api::access_token::{AccessToken, EventView, TokenHash};
use hotlined::api::api_settings::ApiSettings;
use hotlined::api::event_ring::EventRing;
use hotlined::api::pages;
use hotlined::hooks::event_body::{EventBody, examples};
use hotlined::http::listener::Listener;
use hotlined_core::call_event::{CallEvent, CallEventKind};
use hotlined_core::time::Instant;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        // Already ended, as a rule not.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A browser without a window that opens this address.
fn browse(profile: &std::path::Path, address: &str) -> Browser {
    let program = CHROMIUM.path().expect("the test begins with needs!(CHROMIUM)");
    let mut command = Command::new(program);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-popup-blocking", "--disable-background-networking", "--remote-debugging-port=0"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(address)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Browser(command.spawn().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_opens_the_data_of_the_caller_whose_call_rings() {
    needs!(CHROMIUM);
    let mut crm = Receiver::start(|_| OK).await;
    let open = format!(
        "http://127.0.0.1:{}/?phone={{caller}}&call={{call}}&agent={{agent}}&hotline={{hotline}}",
        crm.port
    );
    let token = AccessToken {
        name: "desk".into(),
        hash: TokenHash::of(TOKEN),
        view: EventView::default(),
        file: None,
        notices: false,
    };
    let listener = Listener::open("api", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address();
    let settings = ApiSettings { address, tokens: vec![token], screen_pop: Some(open.parse().unwrap()) };
    let ring = Arc::new(EventRing::new("b".to_owned()));
    tokio::spawn(listener.serve(pages::router(settings, ring.clone(), axum::Router::new()), 64));

    let profile = tempfile::tempdir().unwrap();
    let _browser = browse(profile.path(), &format!("http://{address}/pop#token={TOKEN}&agent=01"));
    // A call that rings for another agent opens nothing; the next one is shown, with what a caller may have sent.
    let EventBody { kind, call, switch, hotline, .. } = examples().remove(1);
    let CallEventKind::Ringing(mut offered) = kind else { panic!() };
    let hostile = format!("<img src=http://127.0.0.1:{}/owned>", crm.port);
    offered.area = hostile.as_str().into();
    offered.hotline_name = hostile.as_str().into();
    let ringing = |agent: &str, caller: &str| CallEvent {
        call: call.clone(),
        switch: switch.clone(),
        hotline: hotline.clone(),
        sequence: 2,
        at: Instant(1),
        caller: caller.to_owned(),
        agent: Some(agent.into()),
        kind: CallEventKind::Ringing(offered.clone()),
    };
    let caller = format!("1&phone=2#{hostile}\"'");
    let push = |event: CallEvent| {
        let body = EventBody::of(&event).to_json();
        ring.push(&event, body.into());
    };
    // The page may still be starting, so the call rings until it is shown.
    let opened = async {
        let mut rings = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                request = crm.next_visit() => return request,
                _ = rings.tick() => {
                    push(ringing("02", "10000"));
                    push(ringing("01", &caller));
                }
            }
        }
    };
    let line = within("the address that is opened", opened).await;
    let path = line.split(' ').nth(1).unwrap();
    let url = url::Url::parse("http://crm").unwrap().join(path).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected =
        [("phone", &*caller), ("call", &*call.to_string()), ("agent", "01"), ("hotline", &*hotline)];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(pairs, expected, "{line}");
    // No text of the call became an element: an image would have been asked for before the next page.
    push(ringing("01", "10001"));
    loop {
        let line = crm.next_visit().await;
        assert!(!line.contains("/owned"), "{line}");
        if line.contains("phone=10001") {
            return;
        }
    }
}
