//! One event through the switchboard, by how many calls are live; and what a live call costs in memory.
//!
//! The calls are spread over the stages as on a busy hotline (most talk, some hunt), each event is for a call
//! picked at random, so that what it touches is as cold as it would be. No peer does this job, so there is
//! none beside it: the ratios are those between sizes.

use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::call::{Limits, Switchboard};
use hotlined_core::command::{Action, Command};
use hotlined_core::event::{AcdReply, Arrival, Cause, Event, LegEvent};
use hotlined_core::hotline::group::Strategy;
use hotlined_core::hotline::{Agent, Dial, Hotline, Hotlines};
use hotlined_core::id::{LegId, LineId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

mod big;

const SIZES: [usize; 5] = [100, 1_000, 10_000, 25_000, 50_000];
const EVENTS: usize = 200_000;
const ROUNDS: usize = 5;

/// A live call of the bench: the caller's leg and that of the agent who rings or talks.
struct Live {
    caller: LegId,
    agent: LegId,
}

/// The kind of an event and how long it took, in nanoseconds.
type Timed = (&'static str, u64);

struct Bench {
    switchboard: Switchboard,
    calls: Vec<Live>,
    now: Instant,
    out: Vec<Command>,
    next: u64,
    chance: u64,
    /// What every caller keys.
    keys: String,
}

fn main() {
    println!(
        "one event through Switchboard::handle, each for a call picked at random; median of {ROUNDS} rounds"
    );
    let plain = table("a hotline of 20 agents", &plain(), "", None);
    let keys = "1".repeat(big::LAYERS);
    table(big::WHAT, &big::hotline(), &keys, Some(plain));
}

/// Measures a hotline whose callers press these keys, and gives back the median at the smallest size.
fn table(what: &str, hotline: &Hotline, keys: &str, against: Option<f64>) -> f64 {
    println!("\n{what}");
    println!(
        "{:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>12}",
        "live", "median ns", "ratio", "p99 ns", "mean ns", "bytes a call"
    );
    let measured = measure(hotline, keys);
    let first = measured[0].all.median;
    for (size, Measured { all, ratio, bytes, .. }) in SIZES.iter().zip(&measured) {
        let Figures { median, p99, mean } = all;
        println!("{size:>8}  {median:>10.0}  {ratio:>10.2}  {p99:>10.0}  {mean:>10.0}  {bytes:>12}");
    }
    let (least, most) = (&measured[0].kinds, &measured[SIZES.len() - 1].kinds);
    println!("{:>18}  {:>8} and {:>6} live, median ns", "", SIZES[0], SIZES[SIZES.len() - 1]);
    for (kind, figures) in least {
        println!("{kind:>18}  {:>8.0}     {:>6.0}", figures.median, most[kind].median);
    }
    if let Some(against) = against {
        println!("{:.2} times the median of the small hotline", first / against);
    }
    first
}

/// What a size gave: medians over the rounds.
struct Measured {
    all: Figures,
    /// Its median to that of the smallest size, of one round each.
    ratio: f64,
    kinds: BTreeMap<&'static str, Figures>,
    bytes: u64,
}

/// The figures of one round: of all events, and of each kind.
type Round = (Figures, BTreeMap<&'static str, Figures>);

#[derive(Clone, Copy)]
struct Figures {
    median: f64,
    p99: f64,
    mean: f64,
}

impl Figures {
    fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let count = times.len();
        let mean = times.iter().sum::<u64>() as f64 / count as f64;
        Self { median: times[count / 2] as f64, p99: times[count * 99 / 100] as f64, mean }
    }

    fn middle(rounds: &[Self]) -> Self {
        let of = |of: fn(&Self) -> f64| middle(rounds.iter().map(of).collect());
        Self { median: of(|f| f.median), p99: of(|f| f.p99), mean: of(|f| f.mean) }
    }
}

fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// All sizes in turn, round by round: should the machine's speed drift, it drifts for all of them.
fn measure(hotline: &Hotline, keys: &str) -> Vec<Measured> {
    let mut sizes: Vec<(Bench, u64)> = Vec::new();
    for size in SIZES {
        let before = BYTES.load(Ordering::Relaxed);
        let bench = Bench::new(size, hotline, keys);
        sizes.push((bench, (BYTES.load(Ordering::Relaxed) - before) / size as u64));
    }
    let mut rounds: Vec<Vec<Round>> = SIZES.map(|_| Vec::new()).into();
    for _ in 0..ROUNDS {
        for ((bench, _), rounds) in sizes.iter_mut().zip(&mut rounds) {
            rounds.push(bench.round());
        }
    }
    let smallest: Vec<f64> = rounds[0].iter().map(|(all, _)| all.median).collect();
    let measured = |(rounds, (_, bytes)): (Vec<Round>, (Bench, u64))| {
        let all: Vec<Figures> = rounds.iter().map(|(all, _)| *all).collect();
        let ratio = middle(all.iter().zip(&smallest).map(|(all, smallest)| all.median / smallest).collect());
        let of = |kind: &str| -> Vec<Figures> { rounds.iter().map(|(_, kinds)| kinds[kind]).collect() };
        let kinds = rounds[0].1.keys().map(|kind| (*kind, Figures::middle(&of(kind)))).collect();
        Measured { all: Figures::middle(&all), ratio, kinds, bytes }
    };
    rounds.into_iter().zip(sizes).map(measured).collect()
}

impl Bench {
    fn new(size: usize, hotline: &Hotline, keys: &str) -> Self {
        let limits = Limits { live_max: usize::MAX, fallback_after: Millis::seconds(5), publishes: false };
        let mut bench = Self {
            switchboard: Switchboard::new(limits),
            calls: Vec::new(),
            now: Instant(1_800_000_000_000),
            out: Vec::new(),
            next: 0,
            chance: 7,
            keys: keys.to_owned(),
        };
        let mut hotlines = Hotlines::default();
        hotlines.insert(Arc::new(hotline.clone()));
        bench.event(&Event::Hotlines(Arc::new(hotlines)), None);
        for at in 0..size {
            let live = bench.arrive(None);
            // Four in five talk, the fifth still hunts.
            if at % 5 != 0 {
                bench.connect(&live, None);
            }
            bench.calls.push(live);
        }
        bench
    }

    fn round(&mut self) -> Round {
        let mut times: Vec<Timed> = Vec::with_capacity(EVENTS);
        while times.len() < EVENTS {
            self.one_life(&mut times);
        }
        let all = Figures::of(times.iter().map(|(_, took)| *took).collect());
        let mut kinds: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
        for (kind, took) in times {
            kinds.entry(kind).or_default().push(took);
        }
        (all, kinds.into_iter().map(|(kind, times)| (kind, Figures::of(times))).collect())
    }

    /// The life of one call from its arrival to its end, in place of a live one picked at random, which ends.
    fn one_life(&mut self, times: &mut Vec<Timed>) {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (self.chance >> 33) as usize % self.calls.len();
        self.now = self.now + Millis(1);
        let live = &self.calls[at];
        let (caller, agent) = (live.caller.clone(), live.agent.clone());
        let gone =
            |leg, far_end| Event::Leg { leg, event: LegEvent::HungUp { cause: Cause::Normal, far_end } };
        self.event(&gone(caller, true), Some(times));
        self.event(&gone(agent, false), Some(times));
        let live = self.arrive(Some(times));
        self.connect(&live, Some(times));
        self.calls[at] = live;
        if self.switchboard.deadline().is_some_and(|due| due <= self.now) {
            self.event(&Event::Due, None);
        }
    }

    fn arrive(&mut self, mut times: Option<&mut Vec<Timed>>) -> Live {
        self.next += 1;
        let caller =
            LegId::from_bits(u128::from(self.next).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let arrival = Arrival {
            switch: SwitchId("fs1".into()),
            leg: caller.clone(),
            dialled: "4008001234".into(),
            caller: "13800138000".into(),
            seed: self.next,
            answered: false,
        };
        self.event(&Event::Arrived(arrival), times.as_deref_mut());
        let answered = LegEvent::Answered;
        if !self.keys.is_empty() {
            self.event(&Event::Leg { leg: caller.clone(), event: answered }, times.as_deref_mut());
        }
        for key in self.keys.clone().chars() {
            let event = LegEvent::Digit(key);
            self.event(&Event::Leg { leg: caller.clone(), event }, times.as_deref_mut());
        }
        let claim = self.out.iter().find_map(|command| match command {
            Command::Acd { id, .. } => Some(id.clone()),
            _ => None,
        });
        self.event(
            &Event::Acd {
                command: claim.expect("a line is claimed"),
                reply: AcdReply::Claimed { line: LineId("13900000001".into()) },
            },
            times,
        );
        let agent = self.out.iter().find_map(|command| match command {
            Command::Switch { action: Action::Ring { leg, .. }, .. } => Some(leg.clone()),
            _ => None,
        });
        Live { caller, agent: agent.expect("an agent is rung") }
    }

    fn connect(&mut self, live: &Live, mut times: Option<&mut Vec<Timed>>) {
        let peer = live.agent.clone();
        let steps =
            [LegEvent::Created, LegEvent::Ringing { media: false }, LegEvent::Answered, LegEvent::Parked];
        for event in steps {
            self.event(&Event::Leg { leg: live.agent.clone(), event }, times.as_deref_mut());
        }
        for event in [LegEvent::Answered, LegEvent::Bridged { peer }] {
            self.event(&Event::Leg { leg: live.caller.clone(), event }, times.as_deref_mut());
        }
    }

    fn event(&mut self, event: &Event, times: Option<&mut Vec<Timed>>) {
        self.out.clear();
        let began = std::time::Instant::now();
        self.switchboard.handle(self.now, black_box(event), &mut self.out);
        let took = began.elapsed();
        black_box(&self.out);
        times.into_iter().for_each(|times| times.push((kind(event), took.as_nanos() as u64)));
    }
}

/// What kind of event it is, for the table.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::Arrived(_) => "arrival",
        Event::Acd { .. } => "line claimed",
        Event::Leg { event: LegEvent::Created, .. } => "agent's leg made",
        Event::Leg { event: LegEvent::Ringing { .. }, .. } => "agent rings",
        Event::Leg { event: LegEvent::Answered, .. } => "answered",
        Event::Leg { event: LegEvent::Parked, .. } => "agent ready",
        Event::Leg { event: LegEvent::Bridged { .. }, .. } => "joined",
        Event::Leg { event: LegEvent::HungUp { far_end: true, .. }, .. } => "caller left",
        Event::Leg { event: LegEvent::HungUp { far_end: false, .. }, .. } => "agent's leg gone",
        Event::Leg { event: LegEvent::Digit(_), .. } => "key",
        _ => "other",
    }
}

fn plain() -> Hotline {
    let agent = |number: u32| {
        let dial = Dial::Phone(format!("139000000{number:02}").into());
        Agent { lines: 1_000, ..Agent::new(&format!("{number:02}"), dial) }
    };
    let plain = SimpleHotline { strategy: Strategy::Sequential, ..SimpleHotline::default() };
    plain.hotline("4008001234", "Bench", (1..=20).map(agent).collect())
}
