//! One request to the store, by how many agents a claim names and how many claims wait; and what a code that
//! was asked for costs in memory.
//!
//! The lines are many more than a claim names, so that what it touches is as cold as it would be. No peer does
//! this job, so there is none beside it.

use hotlined_core::acd::Acd;
use hotlined_core::command::{AcdRequest, Candidate, Claim, Pick, PoolId, QueueRank};
use hotlined_core::event::{AcdReply, Event};
use hotlined_core::id::{CallId, CommandId, LegId, LineId};
use hotlined_core::time::{Instant, Millis};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::hint::black_box;
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

const POOLS: usize = 200;
const ROUNDS: usize = 20_000;
const CODES: usize = 200_000;

/// Times of one kind of request.
#[derive(Default)]
struct Times(Vec<u64>);

impl Times {
    fn tell(&mut self, what: &str) {
        self.0.sort_unstable();
        let (median, p99) = (self.0[self.0.len() / 2], self.0[self.0.len() * 99 / 100]);
        println!("{what:<60} {median:>9} {p99:>9}");
    }
}

struct Bench {
    store: Acd,
    now: Instant,
    out: Vec<Event>,
    calls: u64,
    number: u32,
}

impl Bench {
    fn new() -> Self {
        let now = Instant(1_800_000_000_000);
        Self { store: Acd::default(), now, out: Vec::new(), calls: 0, number: 0 }
    }

    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId(LegId::from_bits(
            u128::from(self.calls).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
        ))
    }

    fn ask(&mut self, call: &CallId, request: &AcdRequest, times: Option<&mut Times>) -> u32 {
        self.number += 1;
        self.out.clear();
        let id = CommandId { call: call.clone(), number: self.number };
        let began = std::time::Instant::now();
        self.store.ask(self.now, black_box(&id), black_box(request), &mut self.out);
        let took = began.elapsed();
        black_box(&self.out);
        times.into_iter().for_each(|times| times.0.push(took.as_nanos() as u64));
        self.number
    }

    fn forget(&mut self, call: &CallId) {
        self.store.forget(self.now, call, &mut self.out);
    }
}

fn agents(pool: usize, count: usize) -> Vec<Candidate> {
    let agent = |nth| Candidate {
        line: LineId(format!("139{pool:04}{nth:04}").into()),
        lines: 1,
        share: 1 + (nth % 3) as u16,
    };
    (0..count).map(agent).collect()
}

fn claims(count: usize, pick: Pick, wait: Option<QueueRank>) -> Vec<AcdRequest> {
    let claim = |pool| {
        AcdRequest::Claim(Claim {
            pool: PoolId(format!("400800{pool:04}/sales").into()),
            agents: agents(pool, count),
            pick,
            caller: Some("13800138000".into()),
            wait,
        })
    };
    (0..POOLS).map(claim).collect()
}

fn main() {
    println!("{:<60} {:>9} {:>9}", "one request to Acd::ask, in ns", "median", "p99");
    let picks = [Pick::First, Pick::NextInTurn, Pick::FewestCalls, Pick::LongestIdle, Pick::ByShare];
    for count in [20, 500] {
        for pick in picks {
            free_lines(count, pick);
        }
        queue(count, 1_000);
    }
    codes();
}

/// Half of the lines are taken, by calls that talk and end one after the other.
fn free_lines(count: usize, pick: Pick) {
    let requests = claims(count, pick, None);
    let mut bench = Bench::new();
    let (mut claiming, mut releasing) = (Times::default(), Times::default());
    let mut talks = VecDeque::new();
    for round in 0..ROUNDS + POOLS * count {
        // A prime, so that pools come in no order the cache knows.
        let request = &requests[round * 7_919 % POOLS];
        let timed = round >= POOLS * count;
        bench.now = bench.now + Millis(1);
        let call = bench.call();
        let claim = bench.ask(&call, request, timed.then_some(&mut claiming));
        talks.push_back((call, claim));
        if talks.len() > POOLS * count / 2 {
            let (call, claim) = talks.pop_front().expect("somebody talks");
            let release = AcdRequest::Release { claim, talked: true, rest: Millis(0) };
            bench.ask(&call, &release, timed.then_some(&mut releasing));
            bench.forget(&call);
        }
    }
    claiming.tell(&format!("claim one of {count} agents, half of them busy, {pick:?}"));
    releasing.tell("release it");
}

/// All lines are taken, and so many wait in one pool.
fn queue(count: usize, length: usize) {
    let turn = |bench: &Bench| Some(QueueRank { priority: 0, since: bench.now, length_max: 10_000 });
    let mut bench = Bench::new();
    let mut talks = VecDeque::new();
    let claim = |bench: &Bench| claims_one(count, turn(bench));
    let [mut entering, mut placing, mut granting] = [Times::default(), Times::default(), Times::default()];
    for _ in 0..count {
        let (call, request) = (bench.call(), claim(&bench));
        let claim = bench.ask(&call, &request, None);
        talks.push_back((call, claim));
    }
    let mut waiting = VecDeque::new();
    for round in 0..ROUNDS + length {
        bench.now = bench.now + Millis(1);
        let (call, request) = (bench.call(), claim(&bench));
        let claim = bench.ask(&call, &request, (round >= length).then_some(&mut entering));
        waiting.push_back((call, claim));
        if waiting.len() <= length {
            continue;
        }
        let (call, claim) = waiting[length / 2].clone();
        bench.ask(&call, &AcdRequest::Place { claim }, Some(&mut placing));
        let (call, claim) = talks.pop_front().expect("somebody talks");
        let release = AcdRequest::Release { claim, talked: true, rest: Millis(0) };
        bench.ask(&call, &release, Some(&mut granting));
        assert!(matches!(&bench.out[..], [Event::Acd { reply: AcdReply::Claimed { .. }, .. }]));
        bench.forget(&call);
        talks.push_back(waiting.pop_front().expect("somebody waits"));
    }
    entering.tell(&format!("claim one of {count} agents, all busy, {length} wait"));
    placing.tell("tell one in the middle its place");
    granting.tell("release a line, which the first who waits is given");
}

fn claims_one(count: usize, wait: Option<QueueRank>) -> AcdRequest {
    AcdRequest::Claim(Claim {
        pool: PoolId("4008001234/sales".into()),
        agents: agents(0, count),
        pick: Pick::LongestIdle,
        caller: Some("13800138000".into()),
        wait,
    })
}

fn codes() {
    let mut bench = Bench::new();
    let mut times = Times::default();
    let before = BYTES.load(Ordering::Relaxed);
    let (hotline, codes) = (std::sync::Arc::<str>::from("4008001234"), std::sync::Arc::<str>::from("wine"));
    for nth in 0..CODES {
        let code = format!("{:025}", (nth as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (hotline, codes) = (hotline.clone(), codes.clone());
        let call = bench.call();
        let request = AcdRequest::CountCode { hotline, codes, code: code.into() };
        bench.ask(&call, &request, Some(&mut times));
        bench.forget(&call);
    }
    let bytes = (BYTES.load(Ordering::Relaxed) - before - 8 * times.0.capacity() as u64) / CODES as u64;
    times.tell(&format!("count a code among {CODES}; it costs {bytes} bytes"));
}
