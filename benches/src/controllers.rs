//! hotlined beside controllers that others would write: how much of a processor a call takes, and how soon an order
//! follows upon the event that asks for it.
//!
//! `cargo run --release --bin controllers [calls [rates…]]`, by default 2,000 calls at 100 and at 1,000 a second, and
//! hotlined with Redis also at 300. `HOTLINED_BIN` names a hotlined; without it the one of this repository is built.
//! Needs redis-server, and for the peers node, npm and python3 (3.10 to 3.12) with access to their packages; who is
//! missing is skipped with a line that says so.
//!
//! The crate's own simulated exchange runs in this process, each controller in a process of its own, one after the
//! other. The way of a call is the same: the caller is parked and hears a ringback, an agent is called and answers
//! after 0.2 s, the two are joined, talk for about a second, and one of them hangs up. hotlined serves by its own
//! dialplan, with the fallback that guards a caller, saves every call before it acts, and writes a record. The peers
//! in `controllers/` are the shortest programs that do the job; they save nothing and write nothing.
//!
//! Processor time is the controller's alone, after a warm-up of 100 calls. Latencies are those that the exchange
//! sees, through a tap that stands before it: from the event to the order.

mod redis_server;
mod controllers {
    pub mod contender;
    pub mod process;
    pub mod run;
    pub mod tap;
}

use controllers::contender::{Contender, Tools};
use controllers::run::{Outcome, run};
use std::time::Duration;

const CALLS: usize = 2_000;
const RATES: [u64; 2] = [100, 1_000];
/// The rate at which hotlined with Redis runs as well.
const REDIS_RATE: u64 = 300;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().expect("a number"));
    let calls = args.next().map_or(CALLS, |calls| calls as usize);
    let mut rates: Vec<u64> = args.filter(|rate| *rate > 0).collect();
    if rates.is_empty() {
        rates = RATES.into();
    }
    let tools = Tools::prepare();
    let able: Vec<Contender> = Contender::ALL.into_iter().filter(|one| is_able(&tools, *one)).collect();
    println!(
        "load before: {}; {} cores",
        load_average(),
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    let mut outcomes = Vec::new();
    for rate in &rates {
        println!("\n{calls} calls at {rate} a second");
        print_head();
        let at_rate: Vec<Outcome> =
            able.iter().filter_map(|contender| show(&tools, *contender, calls, *rate)).collect();
        print_ratios(&at_rate);
        outcomes.extend(at_rate);
    }
    if able.contains(&Contender::Redis) && !rates.contains(&REDIS_RATE) {
        println!("\n{calls} calls at {REDIS_RATE} a second");
        print_head();
        outcomes.extend(show(&tools, Contender::Redis, calls, REDIS_RATE));
    }
    println!(
        "\n{:<26} {:>6} {:>9} {:>5} {:>6} {:>11} | {:>13} {:>20}\n{:<26} {:>6} {:>41} | {:>13} {:>20}",
        "what everybody used",
        "rate",
        "exchange",
        "tap",
        "Redis",
        "controller",
        "callers late",
        "kB of events a call",
        "",
        "",
        "% of a core, with the wait at the end",
        "p50, p99 ms",
        ""
    );
    outcomes.iter().for_each(print_bench);
    println!("load after: {}", load_average());
}

fn is_able(tools: &Tools, contender: Contender) -> bool {
    let able = tools.install(contender);
    if let Err(why) = &able {
        println!("SKIPPED {}: {why}", contender.name());
    }
    able.is_ok()
}

fn show(tools: &Tools, contender: Contender, calls: usize, rate: u64) -> Option<Outcome> {
    match run(tools, contender, calls, rate) {
        Ok(outcome) => {
            print_row(&outcome);
            Some(outcome)
        }
        Err(why) => {
            println!("{:<26} FAILED: {why}", contender.name());
            None
        }
    }
}

fn print_head() {
    println!(
        "{:<26} {:>6} {:>7} {:>7} | {:>6} | {:>13} {:>13} {:>13} {:>15} | {:>6} {:>6} | records",
        "",
        "joined",
        "in time",
        "rate",
        "CPU",
        "first order",
        "originate",
        "bridge",
        "dialled to talk",
        "events",
        "orders",
    );
    let times = "p50, p99 ms";
    println!(
        "{:<26} {:>6} {:>7} {:>7} | {:>6} | {times:>13} {times:>13} {times:>13} {times:>15} | {:>6} {:>6} | of calls",
        "", "", "", "reached", "ms", "a call", "a call",
    );
}

fn print_row(outcome: &Outcome) {
    let a_call = |count: u64| count as f64 / outcome.calls as f64;
    let records = outcome.records.map_or(String::new(), |(written, calls)| format!("{written} of {calls}"));
    println!(
        "{:<26} {:>6} {:>7} {:>7.0} | {:>6.2} | {:>13} {:>13} {:>13} {:>15} | {:>6.1} {:>6.1} | {records}",
        outcome.contender.name(),
        outcome.joined,
        outcome.in_time,
        outcome.rate_reached,
        processor_ms(outcome),
        shares(&outcome.first_order),
        shares(&outcome.originate),
        shares(&outcome.bridge),
        shares(&outcome.to_talk),
        a_call(outcome.events),
        a_call(outcome.commands),
    );
    outcome.remarks.iter().for_each(|remark| println!("    {remark}"));
}

/// The processor's time that a call took of those that were served.
fn processor_ms(outcome: &Outcome) -> f64 {
    outcome.controller.as_secs_f64() * 1_000.0 / outcome.joined.max(1) as f64
}

fn print_ratios(outcomes: &[Outcome]) {
    let Some(ours) = outcomes.iter().find(|outcome| outcome.contender == Contender::File) else { return };
    println!("processor time a call, as a multiple of hotlined's with its calls in a file:");
    for outcome in outcomes.iter().filter(|outcome| outcome.contender != Contender::File) {
        let behind = if outcome.in_time < outcome.calls { "  (fell behind)" } else { "" };
        println!(
            "    {:<26} {:>6.2}x{behind}",
            outcome.contender.name(),
            processor_ms(outcome) / processor_ms(ours)
        );
    }
}

fn print_bench(outcome: &Outcome) {
    let share = |used: Duration| 100.0 * used.as_secs_f64() / outcome.lasted.as_secs_f64();
    println!(
        "{:<26} {:>6} {:>9.0} {:>5.0} {:>6} {:>11.0} | {:>13} {:>20.1}",
        outcome.contender.name(),
        outcome.rate,
        share(outcome.exchange),
        share(outcome.tap),
        outcome.redis.map_or("-".into(), |used| format!("{:.0}", share(used))),
        share(outcome.controller),
        shares(&outcome.late),
        outcome.event_bytes as f64 / outcome.calls as f64 / 1_000.0,
    );
}

/// The median and the 99th percentile of sorted times, in milliseconds.
fn shares(times: &[Duration]) -> String {
    let at = |share: f64| {
        let index = (times.len().saturating_sub(1) as f64 * share) as usize;
        times.get(index).map_or("-".into(), |time| format!("{:.2}", time.as_secs_f64() * 1_000.0))
    };
    format!("{} {}", at(0.5), at(0.99))
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
