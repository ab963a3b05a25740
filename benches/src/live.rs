//! Calls kept in Redis: how long a turn of the loop waits until what it changed is kept and what it asks is asked,
//! what that costs Redis, how long it takes to go on with ten thousand calls of a daemon that died, and how much memory
//! a hundred thousand take.
//!
//! `cargo run --release --bin live [calls a second [seconds]]`, by default 300 and 20.
//!
//! A Redis of its own is started at a port of this machine, and ended with the bench. Calls come at an even rate,
//! wait for the line of an agent, ring two seconds, talk four, and leave their records; each turn of the loop takes
//! in whatever is due, as the daemon does. No peer keeps calls like this; the floor is an empty round trip to the
//! same server by the same task, measured between the turns. With the wire before and behind: `--bin socket`.

#![allow(clippy::unwrap_used)]

mod redis_server;
#[path = "../../tests/daemon/redis/store_task.rs"]
mod store_task;

use hotlined::redis::RedisClient;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::call::Limits;
use hotlined_core::command::{Action, Command};
use hotlined_core::engine::Engine;
use hotlined_core::event::{Arrival, Cause, Event, LegEvent, LegState, LiveLeg};
use hotlined_core::hotline::group::Strategy;
use hotlined_core::hotline::{Agent, Dial, Hotline, Hotlines};
use hotlined_core::id::{LegId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::redis_event::RedisEvent;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use hotlined_instance::cluster::shared_state::SharedState;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use redis_server::Server;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many calls somebody goes on with, and the most that may take, in seconds.
const TAKEN_OVER: u64 = 10_000;
const TAKE_OVER_SECONDS_MAX: f64 = 2.0;
/// How many calls are to fit into a daemon, and into how much memory, in bytes.
const HELD: u64 = 100_000;
const HELD_BYTES_MAX: u64 = 1 << 30;
/// How many of them come at once.
const AT_ONCE: u64 = 500;
/// How long an agent rings, and how long the two talk.
const RING: Millis = Millis(2_000);
const TALK: Millis = Millis(4_000);

fn main() {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>().expect("a number"));
    let (rate, seconds) = (arguments.next().unwrap_or(300), arguments.next().unwrap_or(20));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        calls(&Server::start(), rate, seconds).await;
        take_over(&Server::start()).await;
        hold(&Server::start()).await;
    });
}

fn now() -> Instant {
    Instant(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

fn hotlines() -> Event {
    let agent = |number: u32| {
        let dial = Dial::Phone(format!("139000000{number:02}").into());
        Agent { lines: 10_000, ..Agent::new(&format!("{number:02}"), dial) }
    };
    let plain = SimpleHotline { strategy: Strategy::RoundRobin, ..SimpleHotline::default() };
    let hotline: Hotline = plain.hotline("4008001234", "Bench", (1..=20).map(agent).collect());
    let mut hotlines = Hotlines::default();
    hotlines.insert(Arc::new(hotline));
    Event::Hotlines(Arc::new(hotlines))
}

fn switch() -> SwitchId {
    SwitchId("fs-1".into())
}

/// A daemon's loop, as far as it keeps calls.
struct CallLoop {
    engine: Engine,
    common: SharedState,
    asks: Sender<Vec<FencedOp>>,
    heard: Receiver<RedisEvent>,
    serves: tokio::task::JoinHandle<()>,
    /// What will happen, the earliest first.
    coming: BinaryHeap<Reverse<(Instant, u64, Happens)>>,
    happened: u64,
    ring: Millis,
    talk: Option<Millis>,
    out: Vec<Command>,
    done: Vec<DeliveryId>,
    over: u64,
    /// The legs there would be, were nobody to hang up.
    legs: Vec<LiveLeg>,
    waits: Vec<Duration>,
    floor: Vec<Duration>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Arrives(u64),
    Leg(LegId, u8, LegId),
}

fn leg(number: u64) -> LegId {
    LegId::from_bits(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

impl CallLoop {
    /// A daemon without a call, once Redis answers. A talk without an end lasts for as long as the bench.
    async fn up(server: &Server, ring: Millis, talk: Option<Millis>) -> Self {
        let (asks, requests) = channel(1_024);
        let (tells, mut heard) = channel(16_384);
        let serves = tokio::spawn(store_task::serve(server.settings(), Arc::new(now), requests, tells));
        while heard.recv().await != Some(RedisEvent::Available) {}
        let limits = Limits { live_max: usize::MAX, fallback_after: Millis::seconds(30), publishes: false };
        let mut call_loop = Self {
            engine: Engine::with_shared_acd(limits),
            common: SharedState::default(),
            asks,
            heard,
            serves,
            coming: BinaryHeap::new(),
            happened: 0,
            ring,
            talk,
            out: Vec::new(),
            done: Vec::new(),
            over: 0,
            legs: Vec::new(),
            waits: Vec::new(),
            floor: Vec::new(),
        };
        call_loop.hear(&hotlines());
        call_loop
    }

    async fn begin(&mut self, store: &mut RedisClient, fence: Fence) -> usize {
        let loaded = store.load(now(), &fence).await.unwrap();
        assert_eq!(loaded.kept.losses, [""; 0]);
        let calls = loaded.kept.calls.len();
        let legacy = self.common.begin_switch(now(), fence, loaded);
        self.hear(&legacy.taken_up);
        calls
    }

    async fn end(self) {
        drop(self.asks);
        drop(self.heard);
        self.serves.await.unwrap();
    }

    fn hear(&mut self, event: &Event) {
        self.engine.run_turn(now(), event, &mut self.out, &mut |_| {});
    }

    fn comes(&mut self, at: Instant, what: Happens) {
        self.happened += 1;
        self.coming.push(Reverse((at, self.happened, what)));
    }

    /// What an agent's leg and its caller will do, once it is called.
    fn rings(&mut self, now: Instant, caller: &LegId, agent: &LegId) {
        let talks = now + Millis(20) + self.ring;
        let steps = [
            (now + Millis(5), agent, 0),
            (now + Millis(20), agent, 1),
            (talks, agent, 2),
            (talks + Millis(2), agent, 3),
            (talks + Millis(10), caller, 2),
            (talks + Millis(12), caller, 4),
        ];
        for (at, leg, step) in steps {
            self.comes(at, Happens::Leg(leg.clone(), step, agent.clone()));
        }
        if let Some(talk) = self.talk {
            for (at, leg) in [(talks + talk, caller), (talks + talk + Millis(20), agent)] {
                self.comes(at, Happens::Leg(leg.clone(), 5, agent.clone()));
            }
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
                let event = match step {
                    0 => LegEvent::Created,
                    1 => LegEvent::Ringing { media: false },
                    2 => LegEvent::Answered,
                    3 => LegEvent::Parked,
                    4 => LegEvent::Bridged { peer },
                    _ => LegEvent::HungUp { cause: Cause::Normal, far_end: true },
                };
                Event::Leg { leg, event }
            }
        }
    }

    /// One turn: what is due goes in, what changed is kept, what was decided is done.
    async fn turn(&mut self) {
        let at = now();
        for event in self.common.take_replies() {
            self.hear(&event);
        }
        while let Some(Reverse((when, _, _))) = self.coming.peek()
            && *when <= at
        {
            let Some(Reverse((_, _, what))) = self.coming.pop() else { break };
            self.hear(&Self::event(what));
        }
        if self.engine.deadline().is_some_and(|due| due <= at) {
            self.hear(&Event::Due);
        }
        self.act().await;
    }

    async fn act(&mut self) {
        let done = std::mem::take(&mut self.done);
        let mut deliveries = Vec::new();
        for command in &self.out {
            if let Command::Record(record) = command {
                let id = DeliveryId::record(record.call.clone());
                let payload = serde_json::to_string(&record).unwrap();
                deliveries.push((record.switch.clone(), Delivery { id: id.clone(), payload }));
                self.done.push(id);
            }
        }
        self.over += deliveries.len() as u64;
        let batch = self.common.settle(now(), &mut self.engine, &mut self.out, deliveries, done);
        if let Some(barrier) = batch.barrier {
            let begun = std::time::Instant::now();
            self.reach(batch.ops, barrier).await;
            self.waits.push(begun.elapsed());
        } else if !batch.ops.is_empty() {
            self.asks.send(batch.ops).await.unwrap();
        }
        for command in std::mem::take(&mut self.out) {
            if let Command::Switch { id, action: Action::Ring { leg, .. }, .. } = command {
                self.rings(now(), &id.call.0, &leg);
                self.legs.extend([talking(id.call.0.clone(), None), talking(leg, Some(id.call.0))]);
            }
        }
    }

    async fn reach(&mut self, asked: Vec<FencedOp>, barrier: u64) {
        self.asks.send(asked).await.unwrap();
        loop {
            match self.heard.recv().await.unwrap() {
                RedisEvent::BarrierReached(number) if number == barrier => return,
                other => self.hears(other),
            }
        }
    }

    fn hears(&mut self, heard: RedisEvent) {
        if let RedisEvent::Failed { .. } | RedisEvent::Unavailable(_) = heard {
            panic!("{heard:?}");
        }
        self.common.handle(now(), heard);
    }

    /// How long an empty round trip takes.
    async fn empty(&mut self) {
        let look = FencedOp { at: now(), op: RedisOp::CountUsage, fence: None };
        let barrier = FencedOp { at: now(), op: RedisOp::Barrier(u64::MAX), fence: None };
        let begun = std::time::Instant::now();
        self.reach(vec![look, barrier], u64::MAX).await;
        self.floor.push(begun.elapsed());
    }

    /// Waits for what comes next.
    async fn wait(&mut self) {
        let coming = self.coming.peek().map(|Reverse((at, _, _))| *at);
        let next = [coming, self.engine.deadline(), self.common.deadline()].into_iter().flatten().min();
        let wait = next.map_or(Millis(1), |next| Millis(next.since(now()).0)).min(Millis(100));
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(wait.0), self.heard.recv()).await {
            self.hears(heard.unwrap());
        }
    }

    /// Brings so many calls into talk.
    async fn talk(&mut self, count: u64) {
        for from in (0..count).step_by(AT_ONCE as usize) {
            let at = now();
            (from..count.min(from + AT_ONCE)).for_each(|number| self.comes(at, Happens::Arrives(number + 1)));
            self.turn().await;
            while !self.coming.is_empty() || self.common.failover().claims_open() > 0 {
                self.wait().await;
                self.turn().await;
            }
        }
    }
}

async fn acts(store: &mut RedisClient) -> Fence {
    match store.acquire(&switch(), Millis(600_000)).await.unwrap() {
        LeaseReply::Granted(fence) => fence,
        LeaseReply::Denied { .. } => panic!("somebody else has the lease"),
    }
}

fn quantile(all: &mut [Duration], of: f64) -> f64 {
    all.sort_unstable();
    let at = ((all.len() as f64 * of) as usize).min(all.len() - 1);
    all[at].as_secs_f64() * 1_000.0
}

async fn calls(server: &Server, rate: u64, seconds: u64) {
    let mut store = server.store().await;
    let mut call_loop = CallLoop::up(server, RING, Some(TALK)).await;
    let fence = acts(&mut store).await;
    call_loop.begin(&mut store, fence).await;
    let begin = now() + Millis(100);
    let count = rate * seconds;
    for nth in 0..count {
        call_loop.comes(begin + Millis(nth * 1_000 / rate), Happens::Arrives(nth + 1));
    }
    let before = server.counts();
    let mut turns = 0_u64;
    while call_loop.over < count || !call_loop.done.is_empty() {
        call_loop.turn().await;
        turns += 1;
        if turns.is_multiple_of(64) {
            call_loop.empty().await;
        }
        call_loop.wait().await;
    }
    let after = server.counts();
    let a_call = |value: u64| value as f64 / count as f64;
    let more = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
    let asked = more("cmdstat_evalsha") + more("cmdstat_xread");
    let inner: u64 = after.keys().filter(|name| name.starts_with("cmdstat_")).map(|name| more(name)).sum();
    let (waits, floor) = (&mut call_loop.waits, &mut call_loop.floor);
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
        "a call: {:.1} commands to Redis, {:.1} within its scripts; {:.0} bytes to it and {:.0} from it",
        a_call(asked),
        a_call(inner - asked),
        a_call(more("total_net_input_bytes")),
        a_call(more("total_net_output_bytes")),
    );
    call_loop.end().await;
}

/// One daemon brings calls into talk and dies; another one goes on with them, to where it would serve them: it has
/// loaded and adopted them, has heard from the switch which legs there are, and kept what came of that.
async fn take_over(server: &Server) {
    let mut store = server.store().await;
    let mut one = CallLoop::up(server, Millis(0), None).await;
    let fence = acts(&mut store).await;
    one.begin(&mut store, fence).await;
    one.talk(TAKEN_OVER).await;
    let legs = std::mem::take(&mut one.legs);
    assert_eq!(legs.len() as u64, TAKEN_OVER * 2);
    one.end().await;

    let mut other = CallLoop::up(server, Millis(0), None).await;
    let begun = std::time::Instant::now();
    let fence = acts(&mut store).await;
    let calls = other.begin(&mut store, fence).await;
    other.act().await;
    let loaded = begun.elapsed();
    other.hear(&Event::LinkRestored { switch: switch(), connection: 2, legs });
    other.act().await;
    while other.common.deadline().is_some() {
        other.wait().await;
        other.turn().await;
    }
    other.empty().await;
    let took = begun.elapsed().as_secs_f64();
    assert_eq!((calls as u64, other.engine.switchboard.live_count() as u64), (TAKEN_OVER, TAKEN_OVER));
    println!(
        "{TAKEN_OVER} live calls of a daemon that died: taken up after {:.2} s, reconciled with the switch and kept after \
         {took:.2} s",
        loaded.as_secs_f64()
    );
    assert!(took <= TAKE_OVER_SECONDS_MAX, "at most {TAKE_OVER_SECONDS_MAX} s");
    other.end().await;
}

/// A leg in talk, as the switch lists it.
fn talking(leg: LegId, caller_leg: Option<LegId>) -> LiveLeg {
    LiveLeg { leg, state: LegState::Bridged, caller_leg, answered: true, arrival: None }
}

async fn hold(server: &Server) {
    let mut store = server.store().await;
    let mut call_loop = CallLoop::up(server, Millis(0), None).await;
    let fence = acts(&mut store).await;
    call_loop.begin(&mut store, fence).await;
    let before = memory();
    call_loop.talk(HELD).await;
    assert_eq!(call_loop.engine.switchboard.live_count() as u64, HELD);
    let after = memory();
    println!(
        "{HELD} live calls in talk: {:.2} GiB in all, {} bytes a call",
        after as f64 / (1_u64 << 30) as f64,
        (after - before) / HELD
    );
    assert!(after <= HELD_BYTES_MAX, "at most 1 GiB");
    call_loop.end().await;
}

/// What this process has of the machine's memory, in bytes.
fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}
