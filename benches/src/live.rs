//! Calls kept in Redis: how long a turn of the loop waits until what it changed is kept and what it asks is asked,
//! what that costs Redis, and how long it takes to load ten thousand calls of a daemon that died.
//!
//! `cargo run --release --bin live [calls a second [seconds]]`, by default 300 and 20.
//!
//! A Redis of its own is started at a port of this machine, and ended with the bench. Calls come at an even rate,
//! wait for the line of an agent, ring two seconds, talk four, and leave their records; each turn of the loop takes
//! in whatever is due, as the daemon does. No peer keeps calls like this; the floor is an empty round trip to the
//! same server by the same task, measured between the turns.

#![allow(clippy::unwrap_used)]

use hotlined::call::{Limits, SAVED_FORMAT, Switchboard};
use hotlined::command::{Action, Command};
use hotlined::event::{Arrival, Cause, Event, KeptCall, LegEvent};
use hotlined::hotline::{Agent, Dial, Hotline, Hotlines, group::Strategy, short::Plain};
use hotlined::id::{LegId, SwitchId};
use hotlined::live::keeping::Keeping;
use hotlined::live::redis::{LEASE, 
    Account, Address, Ask, Asked, Connector, Heard, LiveState, RedisSettings, RedisStore, Servers, Taken,
};
use hotlined::live::sharing::{Out, Sharing};
use hotlined::live::{LiveCall, Turn};
use hotlined::time::{Instant, Millis};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many calls are loaded.
const LOADED: usize = 10_000;
/// The most that may take, in seconds.
const LOAD_SECONDS_MAX: f64 = 1.0;
/// What one of them takes, in bytes.
const LOADED_BYTES: usize = 1_000;
/// How long an agent rings, and how long the two talk.
const RING: Millis = Millis(2_000);
const TALK: Millis = Millis(4_000);

fn main() {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>().expect("a number"));
    let (rate, seconds) = (arguments.next().unwrap_or(300), arguments.next().unwrap_or(20));
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        calls(&server, rate, seconds).await;
        load(&server).await;
    });
}

fn now() -> Instant {
    Instant(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

/// A Redis of the bench.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = std::process::Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is not installed");
        let begun = std::time::Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "Redis does not start");
            std::thread::yield_now();
        }
        Self { child, port }
    }

    fn settings(&self) -> RedisSettings {
        RedisSettings {
            servers: Servers::Single(Address::Tcp { host: "127.0.0.1".into(), port: self.port }),
            account: Account::default(),
            tls: None,
            database: 0,
            prefix: "bench".into(),
            daemon: "bench".parse().unwrap(),
            lease: LEASE,
        }
    }

    async fn store(&self) -> RedisStore {
        let settings = self.settings();
        let link = Connector::new(&settings).unwrap().connect(Duration::from_secs(10)).await.unwrap();
        RedisStore::new(link, &settings)
    }

    /// What the server counts, by name.
    fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for section in ["commandstats", "stats"] {
            let mut wire = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
            wire.write_all(format!("INFO {section}\r\n").as_bytes()).unwrap();
            let mut wire = BufReader::new(wire);
            let mut length = String::new();
            wire.read_line(&mut length).unwrap();
            let mut text = vec![0; length.trim()[1..].parse().unwrap()];
            wire.read_exact(&mut text).unwrap();
            for line in String::from_utf8(text).unwrap().lines() {
                let Some((name, rest)) = line.split_once(':') else { continue };
                let count = rest.trim_start_matches("calls=");
                let end = count.find(|c: char| !c.is_ascii_digit()).unwrap_or(count.len());
                if let Ok(count) = count[..end].parse() {
                    counts.insert(name.to_owned(), count);
                }
            }
        }
        counts
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hotline() -> Arc<Hotline> {
    let agent = |number: u32| {
        let dial = Dial::Phone(format!("139000000{number:02}").into());
        Agent { lines: 1_000, ..Agent::new(&format!("{number:02}"), dial) }
    };
    let plain = Plain { strategy: Strategy::RoundRobin, ..Plain::default() };
    Arc::new(plain.hotline("4008001234", "Bench", (1..=20).map(agent).collect()))
}

fn switch() -> SwitchId {
    SwitchId("fs-1".into())
}

/// A daemon's loop, as far as it keeps calls.
struct Desk {
    switchboard: Switchboard,
    sharing: Sharing,
    keeping: Keeping,
    asks: Sender<Vec<Asked>>,
    heard: Receiver<Heard>,
    /// What will happen, the earliest first.
    coming: BinaryHeap<Reverse<(Instant, u64, Happens)>>,
    happened: u64,
    /// What Redis answered.
    answers: Vec<Event>,
    written: Vec<hotlined::id::CallId>,
    over: u64,
    waits: Vec<Duration>,
    floor: Vec<Duration>,
    keeps: u64,
    saved_bytes: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Arrives(u64),
    Leg(LegId, u8, LegId),
}

fn leg(number: u64) -> LegId {
    LegId::from_bits(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

impl Desk {
    fn comes(&mut self, at: Instant, what: Happens) {
        self.happened += 1;
        self.coming.push(Reverse((at, self.happened, what)));
    }

    /// What an agent's leg and its caller will do, once it is called.
    fn rings(&mut self, now: Instant, caller: &LegId, agent: &LegId) {
        let talks = now + Millis(20) + RING;
        let steps = [
            (now + Millis(5), agent, 0),
            (now + Millis(20), agent, 1),
            (talks, agent, 2),
            (talks + Millis(2), agent, 3),
            (talks + Millis(10), caller, 2),
            (talks + Millis(12), caller, 4),
            (talks + TALK, caller, 5),
            (talks + TALK + Millis(20), agent, 5),
        ];
        for (at, leg, step) in steps {
            self.comes(at, Happens::Leg(leg.clone(), step, agent.clone()));
        }
    }

    fn event(what: Happens) -> Event {
        match what {
            Happens::Arrives(number) => Event::Arrived(Arrival {
                switch: switch(),
                leg: leg(number),
                dialled: "4008001234".into(),
                caller: format!("138{:08}", number % 100_000_000),
                seed: number,
                answered: false,
            }),
            Happens::Leg(leg, step, peer) => {
                let what = match step {
                    0 => LegEvent::Created,
                    1 => LegEvent::Ringing { media: false },
                    2 => LegEvent::Answered,
                    3 => LegEvent::Parked,
                    4 => LegEvent::Bridged { peer },
                    _ => LegEvent::HungUp { cause: Cause::Normal, far_end: true },
                };
                Event::Leg { leg, what }
            }
        }
    }

    /// One turn: what is due goes in, what changed is kept, what was decided is done.
    async fn turn(&mut self) {
        let at = now();
        let mut commands = Vec::new();
        for event in std::mem::take(&mut self.answers) {
            self.switchboard.handle(at, &event, &mut commands);
        }
        while let Some(Reverse((when, _, _))) = self.coming.peek()
            && *when <= at
        {
            let Some(Reverse((_, _, what))) = self.coming.pop() else { break };
            self.switchboard.handle(at, &Self::event(what), &mut commands);
        }
        if self.switchboard.deadline().is_some_and(|due| due <= at) {
            self.switchboard.handle(at, &Event::Due, &mut commands);
        }
        let mut out = Out::default();
        let mut turn = Turn { written: std::mem::take(&mut self.written), ..Turn::default() };
        let mut rung = Vec::new();
        for command in commands {
            match command {
                Command::Store { id, request } => self.sharing.ask(at, id, request, &mut out),
                Command::Record(record) => {
                    self.sharing.forget(at, &record.call, &mut out);
                    self.over += 1;
                    self.written.push(record.call.clone());
                    turn.records.push((record.call.clone(), serde_json::to_string(&record).unwrap()));
                }
                Command::Switch { id, action: Action::Ring { leg, .. }, .. } => rung.push((id.call.0, leg)),
                Command::Switch { .. } | Command::Note { .. } => {}
            }
        }
        self.switchboard.changes(
            |over| turn.over.push(over),
            |saved, hotline| {
                let (call, switch, bytes) = (saved.call().clone(), saved.switch().clone(), saved.to_bytes());
                turn.live.push(LiveCall { call, switch, hotline: hotline.cloned(), bytes });
            },
        );
        self.keeps += turn.live.len() as u64;
        self.saved_bytes += turn.live.iter().map(|live| live.bytes.len() as u64).sum::<u64>();
        let words = self.keeping.words(at, turn, out.asks, &self.sharing);
        if let Some(barrier) = words.barrier {
            let begun = std::time::Instant::now();
            self.reach(words.asked, barrier).await;
            self.waits.push(begun.elapsed());
        }
        for (caller, agent) in rung {
            self.rings(at, &caller, &agent);
        }
    }

    async fn reach(&mut self, asked: Vec<Asked>, barrier: u64) {
        self.asks.send(asked).await.unwrap();
        loop {
            match self.heard.recv().await.unwrap() {
                Heard::Reached(number) if number == barrier => return,
                other => self.hears(other),
            }
        }
    }

    fn hears(&mut self, heard: Heard) {
        if let Heard::Failed { .. } | Heard::Away(_) = heard {
            panic!("{heard:?}");
        }
        let mut out = Out::default();
        self.sharing.heard(now(), heard, &mut out);
        self.answers.extend(out.answers);
    }

    /// How long an empty round trip takes.
    async fn empty(&mut self) {
        let look = Asked { at: now(), ask: Ask::Look, fence: None };
        let barrier = Asked { at: now(), ask: Ask::Barrier(u64::MAX), fence: None };
        let begun = std::time::Instant::now();
        self.reach(vec![look, barrier], u64::MAX).await;
        self.floor.push(begun.elapsed());
    }
}

fn quantile(all: &mut [Duration], of: f64) -> f64 {
    all.sort_unstable();
    let at = ((all.len() as f64 * of) as usize).min(all.len() - 1);
    all[at].as_secs_f64() * 1_000.0
}

async fn calls(server: &Server, rate: u64, seconds: u64) {
    let state = LiveState::new(server.settings(), Arc::new(now)).unwrap();
    let (asks, requests) = channel(1_024);
    let (tells, heard) = channel(16_384);
    let serves = tokio::spawn(state.serve(requests, tells));
    let mut store = server.store().await;
    let Taken::Ours(lease) = store.acquire(now(), &switch(), Millis(600_000)).await.unwrap() else {
        panic!("somebody else has the lease")
    };
    let mut desk = Desk {
        switchboard: Switchboard::new(Limits { live_max: usize::MAX, fallback_after: Millis::seconds(4) }),
        sharing: Sharing::default(),
        keeping: Keeping::default(),
        asks,
        heard,
        coming: BinaryHeap::new(),
        happened: 0,
        answers: Vec::new(),
        written: Vec::new(),
        over: 0,
        waits: Vec::new(),
        floor: Vec::new(),
        keeps: 0,
        saved_bytes: 0,
    };
    desk.keeping.acts(lease);
    let mut hotlines = Hotlines::default();
    hotlines.insert(hotline());
    desk.switchboard.handle(now(), &Event::Hotlines(Arc::new(hotlines)), &mut Vec::new());
    while desk.heard.recv().await != Some(Heard::Back) {}
    let begin = now() + Millis(100);
    let count = rate * seconds;
    for nth in 0..count {
        desk.comes(begin + Millis(nth * 1_000 / rate), Happens::Arrives(nth + 1));
    }
    let before = server.counts();
    let mut turns = 0_u64;
    while desk.over < count || !desk.written.is_empty() {
        desk.turn().await;
        turns += 1;
        if turns.is_multiple_of(64) {
            desk.empty().await;
        }
        let coming = desk.coming.peek().map(|Reverse((at, _, _))| *at);
        let wake =
            [coming, desk.switchboard.deadline()].into_iter().flatten().min().unwrap_or(now() + Millis(1));
        if desk.answers.is_empty() {
            let wait = Duration::from_millis(wake.since(now()).0).min(Duration::from_millis(100));
            if let Ok(heard) = tokio::time::timeout(wait, desk.heard.recv()).await {
                desk.hears(heard.unwrap());
            }
        }
    }
    let after = server.counts();
    let a_call = |value: u64| value as f64 / count as f64;
    let more = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
    let asked = more("cmdstat_evalsha") + more("cmdstat_xread");
    let inner: u64 = after.keys().filter(|name| name.starts_with("cmdstat_")).map(|name| more(name)).sum();
    let (waits, floor) = (&mut desk.waits, &mut desk.floor);
    println!(
        "{rate} calls a second for {seconds} s, {} turns of the loop that had something to keep",
        waits.len()
    );
    println!(
        "from a turn's end until it is kept: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        quantile(waits, 0.5),
        quantile(waits, 0.99),
        quantile(waits, 1.0)
    );
    println!(
        "an empty round trip beside it: p50 {:.2} ms, p99 {:.2} ms",
        quantile(floor, 0.5),
        quantile(floor, 0.99)
    );
    println!(
        "a call: kept {:.1} times of {:.0} bytes; {:.1} commands to Redis, {:.1} within its scripts; {:.0} bytes to \
         it and {:.0} from it",
        a_call(desk.keeps),
        desk.saved_bytes as f64 / desk.keeps as f64,
        a_call(asked),
        a_call(inner - asked),
        a_call(more("total_net_input_bytes")),
        a_call(more("total_net_output_bytes")),
    );
    drop(desk);
    serves.await.unwrap();
}

async fn load(server: &Server) {
    let mut store = server.store().await;
    let switch = SwitchId("fs-2".into());
    let Taken::Ours(lease) = store.acquire(now(), &switch, Millis(600_000)).await.unwrap() else {
        panic!("somebody else has the lease")
    };
    let mut keeping = Keeping::default();
    keeping.acts(lease.clone());
    let hotline = hotline();
    let live = (0..LOADED as u64).map(|number| {
        let call = hotlined::id::CallId(leg(number + 1));
        let state = "x".repeat(LOADED_BYTES - 90).into();
        let kept = KeptCall { format: SAVED_FORMAT, call: call.clone(), state };
        let bytes = rmp_serde::to_vec_named(&kept).unwrap();
        LiveCall { call, switch: switch.clone(), hotline: Some(hotline.clone()), bytes }
    });
    let turn = Turn { live: live.collect(), ..Turn::default() };
    let bytes = turn.live.iter().map(|live| live.bytes.len()).sum::<usize>() / LOADED;
    let words = keeping.words(now(), turn, Vec::new(), &Sharing::default());
    let begun = std::time::Instant::now();
    assert!(store.ask(&words.asked).await.iter().all(Result::is_ok));
    println!("{LOADED} calls of {bytes} bytes: kept in {:.2} s", begun.elapsed().as_secs_f64());
    let begun = std::time::Instant::now();
    let loaded = store.load(now(), &lease).await.unwrap();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!((loaded.kept.calls.len(), loaded.kept.losses.len()), (LOADED, 0));
    let begun = std::time::Instant::now();
    let adopts = keeping.take_up(now(), &loaded);
    assert!(store.ask(&adopts).await.iter().all(Result::is_ok));
    println!("loaded in {took:.2} s, adopted in {:.2} s", begun.elapsed().as_secs_f64());
    assert!(took <= LOAD_SECONDS_MAX, "at most {LOAD_SECONDS_MAX} s");
}
