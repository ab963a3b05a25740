//! `/events`: who may see it, what is seen, going on where a stream ended, and a client that takes nothing.

use super::hooks::house_with;
use super::receiver::{OK, Receiver};
use super::stream::{Stream, TOKEN};
use crate::link::admin;
use crate::link::house::{Daemon, HOTLINE, House, caller, exchange};
use crate::link::peer::within;
use crate::link::scrape::{figures, say, until};
use hotlined::api::access_token::{AccessToken, EventView, TokenHash};
use hotlined::api::api_settings::ApiSettings;
use hotlined::api::event_ring::EventRing;
use hotlined::api::pages;
use hotlined::hooks::event_body::{EventBody, examples};
use hotlined::http::listener::Listener;
use hotlined_core::call_event::CallEvent;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };
const NARROW: &str = "narrow-token-0123456789abcdef0123456789";

fn sections() -> String {
    format!(
        "[api]\naddress = \"127.0.0.1:0\"\n[api.tokens.desk]\ntoken = \"{TOKEN}\"\n[api.tokens.narrow]\n\
         token = \"{NARROW}\"\nagents = [\"01\", \"02\"]\nhotlines = [\"{HOTLINE}\"]\n"
    )
}

/// Serves, and gives the addresses of figures and of events.
async fn serve(house: &House) -> (Daemon, String, String) {
    let mut daemon = house.run(&["serve"]);
    let figures = admin::address(&mut daemon).await;
    let line = daemon.says("events at /events").await;
    let address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    until(&figures, "/readyz", |answer| answer.status == 200).await;
    (daemon, figures, address)
}

#[tokio::test]
async fn a_stream_shows_what_its_token_may_see_and_goes_on_where_it_ended() {
    let exchange = exchange(TALKS).await;
    let house = house_with(exchange.address().port(), &sections());
    let (daemon, metrics, address) = serve(&house).await;
    let mut all = Stream::open(&address, "", TOKEN, None).await;
    let mut narrow = Stream::open(&address, "?agent=01", NARROW, None).await;
    let mut nobody = Stream::open(&address, "?agent=02", NARROW, None).await;
    let begin = all.next().await;
    assert!(begin.data.is_empty() && begin.id == narrow.next().await.id, "{begin:?}");
    nobody.next().await;
    assert_eq!(figures(&metrics).await.get("hotlined_event_streams"), 3.0);

    let leg = exchange.place_call(caller(HangsUp::Never));
    let mut seen = Vec::new();
    for name in ["call.offered", "call.ringing", "call.answered", "call.ended"] {
        let sent = all.next().await;
        let event = sent.event();
        assert_eq!((sent.name.as_str(), event.call.to_string().as_str()), (name, &*leg));
        seen.push(sent);
    }
    for expected in &seen[1..] {
        assert_eq!(&narrow.next().await, expected);
    }
    // A client that comes back gets what it missed, and no more than it may see.
    let mut again = Stream::open(&address, "", TOKEN, Some(&seen[0].id)).await;
    assert_eq!(again.next().await.id, seen[0].id);
    for expected in &seen[1..] {
        assert_eq!(&again.next().await, expected);
    }
    let mut narrowly = Stream::open(&address, "", NARROW, Some(&begin.id)).await;
    narrowly.next().await;
    assert_eq!(narrowly.next().await, seen[1]);
    // One that was away for too long is told so.
    let mut late = Stream::open(&address, "", TOKEN, Some("1234.5-1")).await;
    let reset = late.next().await;
    assert_eq!((reset.name.as_str(), reset.id.as_str()), ("reset", seen[3].id.as_str()));
    exchange.place_call(caller(HangsUp::Never));
    assert_eq!(late.next().await.name, "call.offered");
    drop((all, narrow, again, narrowly, late));
    until(&metrics, "/metrics", |page| page.body.contains("hotlined_event_streams 1\n")).await;
    daemon.stop().await;
}

#[tokio::test]
async fn who_may_not_see_events_is_refused_in_words() {
    let exchange = exchange(TALKS).await;
    let house = house_with(exchange.address().port(), &sections());
    let (daemon, metrics, address) = serve(&house).await;
    let ask = async |method: &str, path: &str, token: &str| {
        let text = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n");
        say(&address, text.as_bytes()).await.unwrap()
    };
    let bearer = |token: &str| format!("Bearer {token}");
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        TOKEN,
        &format!("Basic {TOKEN}"),
        &bearer(&TOKEN[1..]),
        &bearer("x"),
    ] {
        for path in ["/events", "/events?agent=01", "/pop/config"] {
            let answer = ask("GET", path, wrong).await;
            assert_eq!(
                (answer.status, answer.head.contains("www-authenticate: bearer")),
                (401, true),
                "{wrong} {answer:?}"
            );
        }
    }
    for (path, token, status) in [
        ("/events?agent=03", NARROW, 403),
        ("/events?hotline=4009999999", NARROW, 403),
        ("/events?agent=01&hotline=4009999999", NARROW, 403),
        ("/events?agent=01&agent=03", NARROW, 400),
        ("/events?who=01", TOKEN, 400),
        ("/nothing", TOKEN, 404),
        ("/", TOKEN, 404),
    ] {
        let answer = ask("GET", path, &bearer(token)).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert!(answer.head.contains("text/plain") && answer.body.ends_with('\n'), "{answer:?}");
    }
    for method in ["POST", "DELETE", "OPTIONS"] {
        assert_eq!(ask(method, "/events", &bearer(TOKEN)).await.status, 405, "{method}");
    }
    let page = ask("GET", "/pop", "").await;
    assert!(
        page.status == 200 && page.head.contains("content-security-policy: default-src 'none'"),
        "{page:?}"
    );
    assert!(page.head.contains("cache-control: no-store"), "{page:?}");
    let configuration = ask("GET", "/pop/config", &bearer(NARROW)).await;
    assert_eq!((configuration.status, configuration.body.as_str()), (200, r#"{"url":null}"#));
    assert!(figures(&metrics).await.get("hotlined_event_streams_refused_total{why=\"token\"}") > 0.0);
    let log = daemon.stop().await;
    assert!(!log.contains(TOKEN) && !log.contains(NARROW), "{log}");
}

/// An event of the length of a record, for a ring that no daemon fills.
fn event() -> (CallEvent, Arc<str>) {
    let EventBody { kind, sequence, call, switch, hotline, caller, agent, .. } = examples().remove(3);
    let body: Arc<str> = format!("{{\"filler\":\"{}\"}}", "x".repeat(2_000)).into();
    (CallEvent { call, switch, hotline, sequence, at: Instant(1), caller, agent, kind }, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_dropped_and_one_that_takes_all_is_not() {
    let token = AccessToken {
        name: "desk".into(),
        hash: TokenHash::of(TOKEN),
        view: EventView::default(),
        file: None,
        notices: false,
    };
    let listener = Listener::open("api", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address();
    let settings = ApiSettings { address, tokens: vec![token], screen_pop: None };
    let ring = Arc::new(EventRing::new("b".to_owned()));
    tokio::spawn(listener.serve(pages::router(settings, ring.clone(), axum::Router::new()), 8));
    let mut quick = Stream::open(&address.to_string(), "", TOKEN, None).await;
    quick.next().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut slow = socket.connect(address).await.unwrap();
    let request = format!("GET /events HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 15];
    within("the head", slow.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"HTTP/1.0 200 OK");

    // More than the buffers of two sockets take in.
    let (event, body) = event();
    const EVENTS: usize = 8_000;
    for _ in 0..EVENTS / 500 {
        (0..500).for_each(|_| ring.push(&event, body.clone()));
        for _ in 0..500 {
            quick.next().await;
        }
    }
    // The other side closes, and takes nothing more.
    let mut tries = tokio::time::interval(Duration::from_millis(20));
    let closed = async {
        while slow.write_all(b"x").await.is_ok() {
            tries.tick().await;
        }
    };
    within("the slow stream to be closed", closed).await;
    let mut rest = Vec::new();
    // What is left in the buffers may be lost.
    let _ = within("the end of the slow stream", slow.read_to_end(&mut rest)).await;
    assert!(rest.len() < EVENTS * body.len(), "{}", rest.len());
    ring.push(&event, body.clone());
    assert_eq!(quick.next().await.id, format!("b-{}", EVENTS + 1));
}

#[tokio::test]
async fn hooks_and_streams_are_told_of_messages_and_marks_alike() {
    let exchange = exchange(TALKS).await;
    let mut receiver = Receiver::start(|_| OK).await;
    let house = house_with(exchange.address().port(), &(sections() + &receiver.hook("crm", "")));
    // A hotline that sends a message, and no gateway that could.
    house.put(&format!(
        "number = \"{HOTLINE}\"\nname = \"Shop\"\nringback = \"ring.wav\"\nclosing = \"sorry.wav\"\n\
         [[agents]]\nid = \"01\"\nphone = \"13900000001\"\n\
         [sms]\nsign = \"示例\"\n[[sms.messages]]\ntemplate = \"thanks\"\non = \"answered\"\n\
         to = \"caller\"\ntext = \"谢谢\"\n"
    ));
    let (daemon, _, address) = serve(&house).await;
    let mut stream = Stream::open(&address, "", TOKEN, None).await;
    stream.next().await;
    exchange.place_call(caller(HangsUp::Never));
    let told = async {
        loop {
            let sent = stream.next().await;
            if sent.name.starts_with("message.") {
                return sent.event();
            }
        }
    };
    let of_stream = within("a message in the stream", told).await;
    let (of_hook, _) = receiver.event(of_stream.kind.name()).await;
    assert_eq!(of_hook, of_stream);
    daemon.stop().await;
}
