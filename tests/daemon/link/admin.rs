//! What the real daemon tells of itself: figures, health, signs of life; and who may not disturb it by asking.

use super::house::{AGENT, Daemon, HOTLINE, House, caller, complains, exchange};
use super::peer::{NO_CHANNELS, Switch, settings, within};
use super::scrape::{figures, get, say, until};
use hotlined::daemon::DaemonParts;
use hotlined::daemon::heartbeat::Heartbeat;
use hotlined::daemon::systemd::ServiceManager;
use hotlined::http::admin::router;
use hotlined::http::listener::{CONNECTIONS_MAX, Listener};
use hotlined::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use hotlined_core::call::Limits;
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::record::Outcome;
use hotlined_core::time::Millis;
use hotlined_instance::health::Health;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use std::sync::{Arc, mpsc};
use std::time::Instant;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream, UnixDatagram};

const WAITS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::Waits };
const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };

/// A house whose daemon shows itself at a port that the system chooses.
pub fn house(port: u16) -> House {
    let house = House::new(port);
    house.set("[journal]", "[admin]\naddress = \"127.0.0.1:0\"\n[journal]");
    house
}

/// Where a daemon that has just been started shows itself.
pub async fn address(daemon: &mut Daemon) -> String {
    let line = daemon.says("figures at /metrics").await;
    let address = line.split("address=").nth(1).unwrap();
    address.split_whitespace().next().unwrap().to_owned()
}

/// Serves until the link is up.
pub async fn serve(house: &House) -> (Daemon, String) {
    let mut daemon = house.run(&["serve"]);
    let address = address(&mut daemon).await;
    until(&address, "/readyz", |answer| answer.status == 200).await;
    (daemon, address)
}

#[tokio::test]
async fn figures_follow_a_call_from_its_arrival_to_its_record() {
    let exchange = exchange(WAITS).await;
    let house = house(exchange.address().port());
    let (mut daemon, address) = serve(&house).await;
    let idle = figures(&address).await;
    for (series, value) in [
        ("hotlined_calls_taken_total", 0.0),
        ("hotlined_calls_ended_total{outcome=\"answered\"}", 0.0),
        ("hotlined_attempts_total{outcome=\"talked\"}", 0.0),
        ("hotlined_calls{stage=\"talk\"}", 0.0),
        ("hotlined_link_up{switch=\"fs1\"}", 1.0),
        ("hotlined_link_connections_total{switch=\"fs1\"}", 1.0),
        ("hotlined_link_failures_total{switch=\"fs1\"}", 0.0),
        ("hotlined_hotlines", 1.0),
        ("hotlined_source_loads_total{source=\"hotlines\",result=\"good\"}", 1.0),
        ("hotlined_numbers_info{fingerprint=\"built_in\"}", 1.0),
        ("hotlined_draining", 0.0),
        (concat!("hotlined_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1.0),
    ] {
        assert_eq!(idle.get(series), value, "{series}");
    }

    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    let talking = figures(&address).await;
    assert_eq!(talking.get("hotlined_calls{stage=\"talk\"}"), 1.0);
    assert_eq!(talking.sum("hotlined_calls"), 1.0);
    assert_eq!(talking.get("hotlined_calls_taken_total"), 1.0);
    until(&address, "/metrics", |page| page.body.contains("hotlined_lines_held 1\n")).await;

    exchange.hang_up(&leg);
    assert_eq!(house.records(1).await[0].outcome, Outcome::Answered);
    let written = "hotlined_file_lines_written_total{file=\"records\"} 1\n";
    let page = until(&address, "/metrics", |page| page.body.contains(written)).await.body;
    for secret in [HOTLINE, AGENT, "13800138000", &*leg] {
        assert!(!page.contains(secret), "{secret} in\n{page}");
    }
    let over = figures(&address).await;
    assert_eq!(over.sum("hotlined_calls"), 0.0);
    for (series, value) in [
        ("hotlined_calls_ended_total{outcome=\"answered\"}", 1.0),
        ("hotlined_attempts_total{outcome=\"talked\"}", 1.0),
        ("hotlined_call_wait_seconds_count", 1.0),
        ("hotlined_store_requests_total{request=\"claim\"}", 1.0),
        ("hotlined_live_turns_failed_total", 0.0),
        ("hotlined_file_lines_waiting{file=\"records\"}", 0.0),
    ] {
        assert_eq!(over.get(series), value, "{series}");
    }
    for series in [
        "hotlined_engine_turn_seconds_count",
        "hotlined_loop_turn_seconds_count",
        "hotlined_live_keep_seconds_count",
        "hotlined_live_turns_kept_total",
        "hotlined_link_messages_total{switch=\"fs1\"}",
        "hotlined_file_lines_written_total{file=\"journal\"}",
    ] {
        assert!(over.get(series) > idle.get(series), "{series}");
    }
    daemon.stop().await;
}

#[tokio::test]
async fn a_bad_load_is_counted_and_the_calls_of_a_daemon_before_are_there() {
    let exchange = exchange(WAITS).await;
    let house = house(exchange.address().port());
    let (mut daemon, address) = serve(&house).await;
    exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    house.put("number = \"400\"\n");
    daemon.says("changed for the worse").await;
    let bad = figures(&address).await;
    assert_eq!(bad.get("hotlined_source_loads_total{source=\"hotlines\",result=\"bad\"}"), 1.0);
    assert_eq!(bad.get("hotlined_hotlines"), 1.0);
    daemon.signal("KILL");
    daemon.ends().await;
    house.hotline("01", AGENT);
    let (daemon, address) = serve(&house).await;
    let taken_up = figures(&address).await;
    assert_eq!(taken_up.get("hotlined_calls{stage=\"talk\"}"), 1.0);
    assert_eq!(taken_up.sum("hotlined_calls"), 1.0);
    drop(daemon);
}

#[tokio::test]
async fn a_daemon_is_ready_while_its_link_is_up_and_until_it_stops() {
    let exchange = exchange(WAITS).await;
    let house = house(exchange.address().port());
    let (mut daemon, address) = serve(&house).await;
    assert_eq!(get(&address, "/readyz").await.body, "ready\n");
    exchange.set_rude_rejection(true);
    exchange.cut_links();
    let cut = until(&address, "/readyz", |answer| answer.status == 503).await;
    assert_eq!(cut.body, "the link to fs1 is down\n");
    assert_eq!(figures(&address).await.get("hotlined_link_up{switch=\"fs1\"}"), 0.0);
    assert_eq!(get(&address, "/healthz").await.body, "alive\n");
    exchange.set_rude_rejection(false);
    until(&address, "/readyz", |answer| answer.status == 200).await;
    let back = figures(&address).await;
    assert_eq!(back.get("hotlined_link_connections_total{switch=\"fs1\"}"), 2.0);
    assert!(back.get("hotlined_link_failures_total{switch=\"fs1\"}") >= 1.0);

    let leg = exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    daemon.signal("TERM");
    daemon.says("stopping").await;
    let stopping = until(&address, "/readyz", |answer| answer.status == 503).await;
    assert_eq!(stopping.body, "stopping: no new calls are taken\n");
    assert_eq!(get(&address, "/healthz").await.status, 200);
    assert_eq!(figures(&address).await.get("hotlined_draining"), 1.0);
    exchange.hang_up(&leg);
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
}

#[tokio::test]
async fn a_daemon_whose_disk_is_full_serves_calls_and_is_not_ready() {
    let exchange = exchange(WAITS).await;
    let house = house(exchange.address().port());
    let mut daemon = house.serve_with_a_full_disk();
    let address = address(&mut daemon).await;
    until(&address, "/readyz", |answer| answer.status == 200).await;
    exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    let unkept = get(&address, "/readyz").await;
    assert_eq!(unkept.status, 503);
    assert!(unkept.body.starts_with("live calls are not kept"), "{}", unkept.body);
    assert!(figures(&address).await.get("hotlined_live_turns_failed_total") >= 1.0);
    assert_eq!(get(&address, "/healthz").await.status, 200);
}

#[tokio::test]
async fn a_daemon_whose_switch_says_nothing_is_alive_and_not_ready() {
    let switch = Switch::open().await;
    let house = house(switch.port);
    let mut daemon = house.run(&["serve"]);
    let address = address(&mut daemon).await;
    let mut wire = switch.accept().await;
    let waiting = get(&address, "/readyz").await;
    assert_eq!((waiting.status, &*waiting.body), (503, "the link to fs1 has not come up yet\n"));
    assert_eq!(get(&address, "/healthz").await.status, 200);
    wire.bring_up(NO_CHANNELS).await;
    until(&address, "/readyz", |answer| answer.status == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_stands_still_is_not_alive() {
    let switch = Switch::open().await;
    let folder = tempfile::tempdir().unwrap();
    let health = Arc::new(Health::new(Instant::now(), []));
    let (let_go, held) = mpsc::channel::<()>();
    let parts = DaemonParts {
        limits: Limits::default(),
        drain_max: Millis(0),
        initial_events: Vec::new(),
        links: vec![settings(switch.port)],
        records: JsonlWriter::create(&folder.path().join("records"), SlowDiskPolicy::Wait).unwrap(),
        capture: None,
        observers: vec![Box::new(move |_, entry| {
            if let hotlined_core::engine::TraceEntry::In(Event::Operator(OperatorOrder::Drain)) = entry {
                let _ = held.recv();
            }
        })],
        snapshot: None,
        redis: None,
        claim: None,
        sms: Default::default(),
        hooks: None,
        heartbeat: Heartbeat::new(health.clone(), ServiceManager::default()),
    };
    let listener = Listener::open("admin", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address().to_string();
    tokio::spawn(listener.serve(router(health, Arc::new(String::new)), CONNECTIONS_MAX));
    let running = parts.start().unwrap();
    assert_eq!(get(&address, "/healthz").await.status, 200);
    running.config_changes().send(Event::Operator(OperatorOrder::Drain)).await.unwrap();
    let still = until(&address, "/healthz", |answer| answer.status == 503).await;
    assert!(still.body.starts_with("the loop has not turned for 5."), "{}", still.body);
    drop(let_go);
    until(&address, "/healthz", |answer| answer.status == 200).await;
}

#[tokio::test]
async fn what_is_no_page_is_refused_in_words() {
    let switch = Switch::open().await;
    let house = house(switch.port);
    let mut daemon = house.run(&["serve"]);
    let address = address(&mut daemon).await;
    let long = format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(100));
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("GET /metrics/../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("DELETE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 413),
        ("\u{1}\u{2}\u{3}\r\n\r\n", 400),
        (&long, 431),
        (&many, 431),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    ] {
        let answer = say(&address, request.as_bytes()).await.unwrap();
        let shown: String = request.chars().take(60).collect();
        assert_eq!(answer.status, status, "{shown:?}: {answer:?}");
        assert!(answer.head.contains("connection: close"), "{shown:?}: {answer:?}");
    }
    let head = say(&address, b"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert_eq!((head.status, &*head.body), (200, ""));
}

#[tokio::test]
async fn whoever_asks_slowly_or_nonsense_disturbs_no_call() {
    let exchange = exchange(TALKS).await;
    let house = house(exchange.address().port());
    let (daemon, address) = serve(&house).await;
    let mut slow = Vec::new();
    // More than may ask at a time.
    for n in 0..50_u8 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nX").await.unwrap();
        slow.push(stream);
        let mut nonsense = TcpStream::connect(&address).await.unwrap();
        nonsense.write_all(&[n.wrapping_mul(37); 3_000]).await.unwrap();
    }
    for _ in 0..5 {
        exchange.place_call(caller(HangsUp::Never));
    }
    let records = house.records(5).await;
    let answered = records.iter().filter(|record| record.outcome == Outcome::Answered).count();
    assert!(answered >= 1, "{records:?}");
    // Once the slow ones' time is over there is room again.
    let page = figures(&address).await;
    assert_eq!(page.get("hotlined_calls_taken_total"), 5.0);
    drop(slow);
    let log = daemon.stop().await;
    assert!(!complains(&log), "{log}");
}

#[tokio::test]
async fn a_port_that_is_taken_ends_it_before_anything_begins() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let switch = Switch::open().await;
    let house = house(switch.port);
    house.set("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    let mut daemon = house.run(&["serve"]);
    assert_eq!(daemon.ends().await.code(), Some(1));
    let told = format!("[admin] address: 127.0.0.1:{port} cannot be listened at: Address already in use");
    assert!(daemon.told.contains(&told), "{}", daemon.told);
    assert!(switch.is_unvisited().await);
    for file in ["records.jsonl", "journal.jsonl", "hotlined.live"] {
        assert!(!house.path(file).exists(), "{file}");
    }
}

#[tokio::test]
async fn a_supervisor_hears_when_it_is_ready_that_it_turns_and_what_it_is_about() {
    let exchange = exchange(WAITS).await;
    let house = House::new(exchange.address().port());
    let socket = UnixDatagram::bind(house.path("notify")).unwrap();
    let hears = async |what: &str| {
        let mut heard = [0; 200];
        within(what, async {
            loop {
                let length = socket.recv(&mut heard).await.unwrap();
                let text = String::from_utf8_lossy(&heard[..length]).into_owned();
                if text.starts_with(what) {
                    return text;
                }
            }
        })
        .await
    };
    let env = [("NOTIFY_SOCKET", house.path("notify")), ("WATCHDOG_USEC", "200000".into())];
    let mut daemon = house.run_with(&["serve"], &env);
    hears("READY=1").await;
    daemon.says("link up").await;
    exchange.place_call(caller(HangsUp::Never));
    daemon.says("to=\"talk\"").await;
    let began = Instant::now();
    let mut beats = 0;
    while beats < 5 {
        hears("WATCHDOG=1\nSTATUS=calls live: 1").await;
        beats += 1;
    }
    // Twice as often as wanted; without a watchdog five beats take four seconds.
    assert!(began.elapsed().as_millis() < 3_000, "{:?}", began.elapsed());
    daemon.signal("HUP");
    hears("RELOADING=1").await;
    daemon.says("hotlines changed").await;
    hears("READY=1").await;
    daemon.signal("TERM");
    hears("STOPPING=1").await;
    daemon.signal("TERM");
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
}
