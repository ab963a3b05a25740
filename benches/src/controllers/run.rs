//! One run: a controller, the exchange it controls, and the callers that come at one rate.

use super::contender::{AGENTS, Contender, HOTLINE, Tools};
use super::process::{own_processor_time, processor_time_of};
use super::tap::{Seen, Tap};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, Phone};
use hotlined_sim::stats::CallReport;
use hotlined_sim::switch::{SimulatedSwitch, SwitchOptions};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long an agent's telephone rings.
const RINGS: Millis = Millis(200);
/// How long every second caller talks; of the others the agents end the talk.
const CALLER_TALKS: Millis = Millis(1_000);
const AGENT_TALKS: Millis = Millis(1_200);
/// A caller who is joined later than this after dialling is no call completed in time.
const IN_TIME_MAX: Millis = Millis(2_000);

const WARM_UP_CALLS: usize = 100;
const WARM_UP_RATE: u64 = 100;
/// How long a controller may take until it serves a first call.
const START_TIME_MAX: Duration = Duration::from_secs(20);
/// How long callers may still wait after the last one has dialled; whoever waits then is counted as not served.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
/// How long the last records may take to reach their file.
const RECORD_TIME_MAX: Duration = Duration::from_secs(3);

/// What one run came to.
pub struct Outcome {
    pub contender: Contender,
    pub rate: u64,
    pub calls: usize,
    pub joined: usize,
    pub in_time: usize,
    /// How many callers were joined a second, from the first to the last.
    pub rate_reached: f64,
    pub controller: Duration,
    pub exchange: Duration,
    pub tap: Duration,
    pub redis: Option<Duration>,
    pub lasted: Duration,
    pub events: u64,
    pub event_bytes: u64,
    pub commands: u64,
    pub first_order: Vec<Duration>,
    pub originate: Vec<Duration>,
    pub bridge: Vec<Duration>,
    /// From a caller's dialling to the talk, 0.2 s of ringing and the exchange's own time in it.
    pub to_talk: Vec<Duration>,
    /// How much later than planned the exchange told of a caller: more than some 20 ms, and it is the bottleneck.
    pub late: Vec<Duration>,
    /// Of hotlined: how many records it wrote, and of how many calls.
    pub records: Option<(usize, usize)>,
    /// What else should be known.
    pub remarks: Vec<String>,
}

/// Puts so many calls a second on a controller.
pub fn run(tools: &Tools, contender: Contender, calls: usize, rate: u64) -> Result<Outcome, String> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).thread_name("exchange").enable_all().build().expect("a runtime");
    let mut options = SwitchOptions::default();
    options.model.dialplan = contender.dialplan();
    let phone = Phone::Answers { after: RINGS, then: AfterAnswer::TalksFor(AGENT_TALKS) };
    options.model.phones = AGENTS.iter().map(|number| ((*number).into(), vec![phone])).collect();
    let exchange = runtime.block_on(SimulatedSwitch::start(options)).map_err(|error| error.to_string())?;
    let tap = Tap::start(exchange.address());
    let mut running = tools.start(contender, tap.port);

    let probes = serve_first(&exchange).map_err(|why| format!("{why}: {}", last_words(&running.words)))?;
    enter(&exchange, WARM_UP_CALLS, WARM_UP_RATE);
    drain(&exchange, WARM_UP_CALLS, WARM_UP_RATE, &mut || running.process.is_alive());
    let warm_up = exchange.take_ended_calls();
    let unserved = warm_up.iter().filter(|call| call.bridged.is_none()).count() - (probes - 1);
    if unserved > 0 {
        return Err(format!(
            "{unserved} calls of the warm-up were not served: {}",
            last_words(&running.words)
        ));
    }

    let (mut noted, begun) = (tap.notes(), Instant::now());
    let before = (noted.events, noted.event_bytes, noted.commands);
    noted.calls.clear();
    drop(noted);
    let redis_time = || running.redis.as_ref().map(|redis| processor_time_of(redis.process()));
    let (own, used, redis) = (own_processor_time(), running.process.processor_time(), redis_time());
    let legs = enter(&exchange, calls, rate);
    let alive = drain(&exchange, calls, rate, &mut || running.process.is_alive());
    let lasted = begun.elapsed();
    let controller = running.process.processor_time().saturating_sub(used);
    let own_after = own_processor_time();
    let redis = redis_time().zip(redis).map(|(after, before)| after.saturating_sub(before));
    let of = |name: &str| {
        own_after
            .get(name)
            .copied()
            .unwrap_or_default()
            .saturating_sub(own.get(name).copied().unwrap_or_default())
    };

    let stats = exchange.stats();
    let reports: Vec<&CallReport> = legs.iter().filter_map(|leg| stats.calls.get(leg.as_str())).collect();
    let noted = tap.notes();
    let gap = |index: usize| Duration::from_nanos(1_000_000_000 * index as u64 / rate);
    let seen: Vec<&Seen> = legs.iter().filter_map(|leg| noted.calls.get(leg)).collect();
    let late = |(index, leg): (usize, &String)| {
        Some(noted.calls.get(leg)?.parked?.saturating_duration_since(begun + gap(index)))
    };
    let mut outcome = Outcome {
        contender,
        rate,
        calls,
        joined: reports.iter().filter(|call| call.bridged.is_some()).count(),
        in_time: reports.iter().filter(|call| call.bridged.is_some_and(|at| at <= IN_TIME_MAX)).count(),
        rate_reached: rate_reached(&reports),
        controller,
        exchange: of("exchange"),
        tap: of("tap"),
        redis,
        lasted,
        events: noted.events - before.0,
        event_bytes: noted.event_bytes - before.1,
        commands: noted.commands - before.2,
        first_order: sorted(seen.iter().filter_map(|seen| seen.to_first_order())),
        originate: sorted(seen.iter().filter_map(|seen| seen.to_originate())),
        bridge: sorted(seen.iter().filter_map(|seen| seen.to_bridge())),
        to_talk: sorted(reports.iter().filter_map(|call| call.bridged.map(Duration::from))),
        late: sorted(legs.iter().enumerate().filter_map(late)),
        records: None,
        remarks: Vec::new(),
    };
    drop(noted);
    let fell_back = reports.iter().filter(|call| call.fell_back).count();
    let mut remark = |is_so: bool, text: String| outcome.remarks.extend(is_so.then_some(text));
    remark(!alive, format!("the controller ended by itself: {}", last_words(&running.words)));
    remark(fell_back > 0, format!("the fallback served {fell_back} callers"));
    remark(
        exchange.events_dropped() > 0,
        format!("the exchange dropped {} events", exchange.events_dropped()),
    );
    remark(!stats.orphan_legs.is_empty(), format!("{} agents' legs were left over", stats.orphan_legs.len()));
    if let Some(records) = &running.records {
        let expected = calls + WARM_UP_CALLS + probes;
        outcome.records = Some((count_lines(records, expected), expected));
        // That a coming year's holidays are not known is no matter here.
        let log = fs::read_to_string(&running.words).unwrap_or_default();
        let warnings: Vec<&str> = log.lines().filter(|line| !line.contains("holidays")).collect();
        let text = |last: &&str| format!("{} lines in the log, the last: {last}", warnings.len());
        outcome.remarks.extend(warnings.last().map(text));
    }
    Ok(outcome)
}

/// Calls once every half second until a caller is served; gives how many called.
fn serve_first(exchange: &SimulatedSwitch) -> Result<usize, String> {
    let begun = Instant::now();
    let mut probes = 0;
    while begun.elapsed() < START_TIME_MAX {
        std::thread::sleep(Duration::from_millis(500));
        if exchange.link_count() == 0 {
            continue;
        }
        probes += 1;
        let leg = exchange.place_call(caller(0, Millis(0), HangsUp::AfterDialling(CALLER_TALKS)));
        std::thread::sleep(Duration::from_millis(1_500));
        if exchange.call_report(&leg).is_some_and(|call| call.bridged.is_some()) {
            return Ok(probes);
        }
    }
    Err("the controller serves nobody".into())
}

fn caller(index: usize, at: Millis, hangs_up: HangsUp) -> Caller {
    Caller { at, number: format!("138{index:08}"), dialled: HOTLINE.into(), hangs_up, ..Caller::default() }
}

/// So many callers dial from now on; gives their legs, in order.
fn enter(exchange: &SimulatedSwitch, calls: usize, rate: u64) -> Vec<String> {
    let at = |index: usize| Millis(1_000 * index as u64 / rate);
    let leaves = |index| if index % 2 == 0 { HangsUp::AfterBridge(CALLER_TALKS) } else { HangsUp::Never };
    let place = |index| exchange.place_call(caller(index, at(index), leaves(index))).to_string();
    (0..calls).map(place).collect()
}

/// Waits until all have dialled and all legs are gone, or nobody has the patience any more; says whether the
/// controller still lives.
fn drain(exchange: &SimulatedSwitch, calls: usize, rate: u64, is_alive: &mut dyn FnMut() -> bool) -> bool {
    let dialling = Duration::from_millis(1_000 * calls as u64 / rate);
    let (begun, mut alive) = (Instant::now(), true);
    while alive
        && (begun.elapsed() < dialling
            || (exchange.channel_count() > 0 && begun.elapsed() < dialling + DRAIN_TIME_MAX))
    {
        std::thread::sleep(Duration::from_millis(50));
        alive = is_alive();
    }
    alive
}

fn rate_reached(reports: &[&CallReport]) -> f64 {
    let mut joined: Vec<u64> =
        reports.iter().filter_map(|call| Some((call.dialled_at + call.bridged?).0)).collect();
    joined.sort_unstable();
    match joined[..] {
        [first, .., last] if last > first => (joined.len() - 1) as f64 * 1_000.0 / (last - first) as f64,
        _ => 0.0,
    }
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times
}

/// How many lines a file has, once it has as many as expected, or has had its time.
fn count_lines(file: &Path, expected: usize) -> usize {
    let begun = Instant::now();
    loop {
        let lines = fs::read_to_string(file).unwrap_or_default().lines().count();
        if lines >= expected || begun.elapsed() > RECORD_TIME_MAX {
            return lines;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn last_words(words: &Path) -> String {
    let words = fs::read_to_string(words).unwrap_or_default();
    words.lines().rev().find(|line| !line.is_empty()).unwrap_or("(it printed nothing)").to_owned()
}
