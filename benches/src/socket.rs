//! Bytes in, bytes out: how long after the last byte of an event the first byte of the request it causes is
//! there, through real sockets, with the whole daemon between them.
//!
//! `cargo run --release --bin socket [calls a second [live calls [seconds [figures [redis]]]]]`, by default 200, 5,000,
//! 30, 1 and 0: with 0 for figures none are counted, as by a daemon that has no admin address; with 1 for redis, calls
//! are kept in a Redis that the bench starts, and what they share is there.
//!
//! A switch of two threads (one says events, one reads requests and answers them at once) sends events recorded
//! from FreeSWITCH 1.10.12, each under the names of its call. First so many calls are brought into talk, then new
//! ones come at random times while the oldest end: one in ten meets a busy agent first, one in twenty leaves while
//! it rings. The log is written (to /dev/null), and so are the call records. No peer does this job end to end. The
//! floor is what the machine does at that moment with the same event and the same answer between two sockets, one
//! of them served by a task that only counts bytes; it runs beside the measurement, at the same rate.

mod redis_server;
mod socket {
    pub mod fake;
    pub mod floor;
    pub mod template;
}

use hotlined::daemon::call_metrics;
use hotlined::daemon::clock::Clock;
use hotlined::daemon::heartbeat::Heartbeat;
use hotlined::daemon::systemd::ServiceManager;
use hotlined::daemon::{ControlRequest, DaemonParts, RedisParts};
use hotlined::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use hotlined::metrics_registry;
use hotlined::snapshot_file::SnapshotFile;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::call::Limits;
use hotlined_core::event::Event;
use hotlined_core::hotline::group::Strategy;
use hotlined_core::hotline::{Agent, Dial, Hotline, Hotlines};
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::vocabulary::Secret;
use hotlined_instance::health::Health;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_instance::switch::freeswitch::link;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use hotlined_instance::switch::freeswitch::session::Credentials;
use redis_server::Server;
use socket::fake::{Load, Measured, Switch};
use socket::floor;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().expect("a number"));
    let rate = args.next().unwrap_or(200);
    let live = args.next().unwrap_or(5_000) as usize;
    let seconds = args.next().unwrap_or(30);
    let figures = args.next().unwrap_or(1) > 0;
    let keeping = args.next().unwrap_or(0);
    let redis = (keeping == 1).then(Server::start);
    if figures {
        metrics_registry::global();
    }
    let kept = ["kept nowhere", "kept in Redis", "kept in a file"][keeping as usize];
    println!(
        "{rate} calls a second for {seconds} s, {live} calls in talk, {kept}; load before: {}",
        load_average()
    );
    let quiet = fs::File::options().write(true).open("/dev/null").expect("/dev/null");
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::sync::Mutex::new(quiet)).init();

    let switch = Switch::listen();
    let (port, records) =
        (switch.port, std::env::temp_dir().join(format!("hotlined-socket-{}", std::process::id())));
    let file = JsonlWriter::create(&records, SlowDiskPolicy::Wait).expect("a file for the records");
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).thread_name("daemon").enable_all().build().expect("a runtime");
    let mut parts = parts(port, file.clone());
    let (control, finished) = runtime.block_on(async {
        parts.redis =
            redis.as_ref().map(|redis| RedisParts { settings: redis.settings(), records: records.clone() });
        let live = std::env::temp_dir().join(format!("hotlined-socket-{}.live", std::process::id()));
        parts.snapshot =
            (keeping == 2).then(|| SnapshotFile::open(&live, Clock::start().now()).expect("a file"));
        let running = parts.start().expect("the settings of Redis");
        (running.control(), tokio::spawn(running.finished()))
    });

    let load = Load { rate, live, time: Duration::from_secs(seconds) };
    let floor = floor::begin(rate);
    let mut before = BTreeMap::new();
    let measured = switch.run(&load, || {
        before = processor_time();
        floor.measure();
    });
    let after = processor_time();
    let floor = floor.end();
    runtime.block_on(async {
        for _ in 0..2 {
            control.send(ControlRequest::Stop).await.expect("the daemon runs");
        }
        finished.await.expect("no crash").expect("a good end");
    });
    file.close();
    let _ = fs::remove_file(records);
    report(&measured, floor, seconds);
    println!("\n{:<16} {:>10} {:>22}", "thread", "% of a core", "% ready without a core");
    for (thread, times) in after {
        let before = before.get(&thread).copied().unwrap_or_default();
        let share = |at: usize| (times[at] - before[at]) as f64 / 1e7 / seconds.max(1) as f64;
        println!("{thread:<16} {:>10.1} {:>22.1}", share(0), share(1));
    }
    println!("load after: {}", load_average());
}

fn report(measured: &Measured, mut floor: Vec<u64>, seconds: u64) {
    let per_second = |count: u64| count / seconds.max(1);
    println!(
        "events {}/s ({} kB/s), requests {}/s, unanswered {}, calls live at the end {}\n",
        per_second(measured.events),
        per_second(measured.event_bytes) / 1_000,
        per_second(measured.requests),
        measured.unanswered,
        measured.live,
    );
    println!(
        "{:<34} {:>7} {:>8} {:>8} {:>8} {:>8}   µs; in brackets: how many times the floor",
        "", "count", "p50", "p95", "p99", "max"
    );
    floor.sort_unstable();
    let at = |times: &[u64], share: f64| times[((times.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    let shares = [0.5, 0.95, 0.99, 1.0];
    let floors = shares.map(|share| at(&floor, share));
    let row = |name: &str, times: &[u64]| {
        let shown = shares.map(|share| at(times, share));
        let ratios: Vec<String> =
            shown.iter().zip(floors).map(|(ours, floor)| format!("{:.1}", ours / floor)).collect();
        print!("{name:<34} {:>7}", times.len());
        shown.iter().for_each(|shown| print!(" {shown:>8.0}"));
        println!("   ({})", ratios.join(" "));
    };
    row("floor: the first row's bytes, echo", &floor);
    let mut all = Vec::new();
    for (name, times) in &measured.times {
        let mut times = times.clone();
        times.sort_unstable();
        row(name, &times);
        all.extend(times);
    }
    all.sort_unstable();
    row("all", &all);
}

fn parts(port: u16, records: JsonlWriter) -> DaemonParts {
    let word = |text| Endpoint::new(text).expect("a word");
    let mut hotlines = Hotlines::default();
    hotlines.insert(Arc::new(hotline()));
    let health = Arc::new(Health::new(std::time::Instant::now(), [SwitchId("fs1".into())]));
    DaemonParts {
        limits: Limits { live_max: 20_000, fallback_after: Millis::seconds(5), publishes: false },
        drain_max: Millis(0),
        initial_events: vec![Event::Hotlines(Arc::new(hotlines))],
        links: vec![LinkSettings {
            switch: SwitchId("fs1".into()),
            host: "127.0.0.1".into(),
            port,
            credentials: Credentials { user: None, password: Secret::new("ClueCon").expect("a password") },
            dialplan: DialplanConfig {
                trunk: "sofia/gateway/carrier/{number}".parse().expect("a trunk"),
                fallback: Fallback {
                    extension: word("hotlined_fallback"),
                    dialplan: word("XML"),
                    context: word("public"),
                },
                recordings: SoundPath::new("/rec").expect("a folder"),
            },
            format: Format::Plain,
            setup_time_max: Duration::from_secs(5),
            liveness: LivenessTimeouts::default(),
            reconnect_wait_min: Duration::from_millis(100),
            reconnect_wait_max: Duration::from_secs(5),
            limits: link::LinkLimits::default(),
        }],
        records,
        capture: None,
        observers: vec![call_metrics::observer(health.clone())],
        snapshot: None,
        redis: None,
        claim: None,
        sms: Default::default(),
        hooks: None,
        heartbeat: Heartbeat::new(health, ServiceManager::default()),
    }
}

fn hotline() -> Hotline {
    let agent = |number: u32| {
        let dial = Dial::Phone(format!("139000000{number:02}").into());
        Agent { lines: 1_000, ..Agent::new(&format!("{number:02}"), dial) }
    };
    let plain = SimpleHotline { strategy: Strategy::Random, ..SimpleHotline::default() };
    plain.hotline("4008001234", "Bench", (1..=20).map(agent).collect())
}

/// What the threads of each name have had of the processors, and for how long they were ready and had none, in
/// nanoseconds.
fn processor_time() -> BTreeMap<String, [u64; 2]> {
    let mut used: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").expect("Linux").flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let thread = used.entry(read("comm").trim().to_owned()).or_default();
        let times = read("schedstat");
        let times = times.split_whitespace().map(|time| time.parse::<u64>().unwrap_or(0));
        thread.iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
    }
    used
}

fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
