//! The demo as a load test: many calls of all outcomes, and the checks that all of them ended well.

use super::fake_sms::MessageTally;
use super::record_table::json_word;
use super::setup::{DemoSetup, QUIET_TIME_MAX};
use crate::cli::output::print_line;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::hotline::group::Strategy;
use hotlined_core::hotline::limits::LINES_MAX;
use hotlined_core::hotline::{Agent, Dial, Hotline};
use hotlined_core::record::CallRecord;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{Actors, SEEDED_HOTLINE, SEEDED_PHONE_COUNT};
use hotlined_sim::stats::CallReport;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often progress is printed.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// The longest time until a caller hears the first sound.
const FIRST_SOUND_TIME_MAX: Millis = Millis::seconds(1);

/// The hotline of the load test, with all its agents.
pub(super) fn hotlines() -> Vec<Hotline> {
    let agent = |index: u64| {
        let dial = Dial::Phone((86_000 + index).to_string().into());
        let id = format!("{index:02}");
        let ring_time = Millis::seconds(8);
        Agent { lines: LINES_MAX, ring_time, ..Agent::new(&id, dial) }
    };
    let plain =
        SimpleHotline { wait: Millis::seconds(60), strategy: Strategy::Random, ..SimpleHotline::default() };
    vec![plain.hotline(SEEDED_HOTLINE, "Demo", (1..=SEEDED_PHONE_COUNT).map(agent).collect())]
}

/// The callers and telephones of the load test.
pub(super) fn cast(seed: u64, calls: usize, rate: f64) -> Actors {
    Actors::seeded(seed, calls, rate)
}

#[derive(Default)]
struct LoadResult {
    outcomes: BTreeMap<String, usize>,
    calls: BTreeSet<String>,
    twice: usize,
    reports: Vec<CallReport>,
}

impl LoadResult {
    fn count(&mut self, record: &CallRecord) {
        *self.outcomes.entry(json_word(&record.outcome)).or_default() += 1;
        self.twice += usize::from(!self.calls.insert(record.call.to_string()));
    }
}

/// Runs the load test; fails if a check fails.
pub(super) async fn run(mut stage: DemoSetup, cast: Actors, rate: f64) -> anyhow::Result<()> {
    let expected = cast.callers.len();
    let last = cast.callers.last().map_or(Millis(0), |caller| caller.at);
    print_line(&format!("{expected} calls at {rate} a second"))?;
    stage.exchange.add_actors(cast);
    let began = std::time::Instant::now();
    let mut tally = LoadResult::default();
    let mut progress = tokio::time::interval(PROGRESS_EVERY);
    progress.tick().await;
    let enough = tokio::time::sleep(Duration::from(last) + QUIET_TIME_MAX);
    tokio::pin!(enough);
    while tally.calls.len() < expected {
        tokio::select! {
            record = stage.records.recv() => {
                tally.count(&record.ok_or_else(|| anyhow::anyhow!("the daemon died"))?);
            }
            _ = progress.tick() => {
                tally.reports.extend(stage.exchange.take_ended_calls());
                let legs = stage.exchange.channel_count();
                print_line(&format!("{:>5} s  {legs:>6} legs  {:>7} records", began.elapsed().as_secs(), tally.calls.len()))?;
            }
            () = &mut enough => break,
        }
    }
    tally.reports.extend(stage.exchange.take_ended_calls());
    let left_ringing = stage.exchange.stats().orphan_legs.len();
    let dropped = stage.exchange.events_dropped();
    let due = stage.messages_due();
    stage.sms.settle(due.len()).await?;
    let messages = stage.sms.tally(&due);
    stage.stop().await?;
    check_promises(&tally, &messages, expected, left_ringing, dropped)
}

fn check_promises(
    tally: &LoadResult,
    messages: &MessageTally,
    expected: usize,
    left_ringing: usize,
    dropped: u64,
) -> anyhow::Result<()> {
    for (outcome, count) in &tally.outcomes {
        print_line(&format!("{count:>7}  {outcome}"))?;
    }
    let mut first_sounds: Vec<Millis> =
        tally.reports.iter().filter_map(|report| report.first_sound).collect();
    first_sounds.sort_unstable();
    let at = |share: usize| first_sounds.get(first_sounds.len() * share / 100).copied().unwrap_or_default().0;
    let slowest = first_sounds.last().copied().unwrap_or_default();
    print_line(&format!("first sound after ms: p50 {}, p99 {}, max {}", at(50), at(99), slowest.0))?;
    let outlived = tally.reports.iter().map(|report| report.agent_leg_outlived).max().unwrap_or_default();
    print_line(&format!("longest an agent's leg outlived its caller: {outlived}"))?;
    let MessageTally { due, missing: not_taken, twice, not_due } = messages;
    print_line(&format!("messages by SMS due {due}, taken once by the gateway {}", due - not_taken - twice))?;
    let mut broken = Vec::new();
    let mut promise = |kept: bool, what: String| broken.extend((!kept).then_some(what));
    let missing = expected - tally.calls.len();
    promise(missing == 0, format!("{missing} calls have no record"));
    promise(tally.twice == 0, format!("{} records are second ones", tally.twice));
    promise(left_ringing == 0, format!("{left_ringing} telephones ring on without a caller"));
    promise(slowest <= FIRST_SOUND_TIME_MAX, format!("a caller heard nothing for {slowest}"));
    promise(dropped == 0, format!("the exchange dropped {dropped} events"));
    promise(*not_taken == 0, format!("{not_taken} messages are not at the gateway"));
    promise(*twice == 0, format!("{twice} messages are at the gateway more than once"));
    promise(*not_due == 0, format!("{not_due} messages are at the gateway that no call caused"));
    if broken.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(broken.join("; "))) }
}
