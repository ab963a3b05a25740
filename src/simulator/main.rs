//! `hotlined-simulator`: runs the whole daemon with a simulated switch, people, network, disk and Redis on a simulated
//! clock, with faults: one seed with its transcript, or many seeds with a report.

use anyhow::Context;
use clap::Parser;
use hotlined_core::time::Millis;
use hotlined_simulator::{Counter, Counts, RunSummary, TranscriptLine, Violation, WorldSetup};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a long run prints its progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// The most calls of a seed.
const LARGE_CALLS_MAX: u64 = 1_000_000;
/// The most seeds of one run.
const COUNT_MAX: u64 = 1_000_000_000;
/// The most violations in a report; a long run stops there.
const VIOLATIONS_MAX: usize = 100;

const EXAMPLES: &str = "\
Examples:
  hotlined-simulator 17                                    one seed, with its transcript
  hotlined-simulator 17 --detail                           with every event and command of the daemons
  hotlined-simulator --from 0 --count 10000 --report r.txt many seeds, with a report
  hotlined-simulator --from 0 --count 20 --large           thousands of calls a seed";

/// Simulates the daemon with a switch, people and faults, by seed.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    /// The seed to run with a transcript.
    #[arg(value_name = "N", required_unless_present = "count", conflicts_with = "count")]
    seed: Option<u64>,
    /// The first seed of a long run.
    #[arg(long, value_name = "A", default_value_t = 0, requires = "count")]
    from: u64,
    /// How many seeds a long run has.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=COUNT_MAX))]
    count: Option<u64>,
    /// Write the report of a long run to this file, too.
    #[arg(long, value_name = "FILE", requires = "count")]
    report: Option<PathBuf>,
    /// So many calls a seed, to hotlines with all services; 2000 if no number is given.
    #[arg(
        long,
        value_name = "CALLS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2000",
        value_parser = clap::value_parser!(u64).range(1..=LARGE_CALLS_MAX)
    )]
    large: Option<u64>,
    /// Print every event and command of the daemons, too.
    #[arg(long, conflicts_with = "count")]
    detail: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let setup =
        |seed| args.large.map_or_else(|| WorldSetup::random(seed), |calls| WorldSetup::large(seed, calls));
    let done = match (args.seed, args.count) {
        (Some(seed), _) => one(&setup(seed), args.detail),
        (None, count) => many(args.from, count.unwrap_or(1), &setup, &args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("hotlined-simulator: {error:#}");
        ExitCode::FAILURE
    })
}

/// Prints a line. A closed standard output is an error that ends the printing.
fn put(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Runs one seed and prints its transcript.
fn one(setup: &WorldSetup, detail: bool) -> anyhow::Result<ExitCode> {
    let result = hotlined_simulator::run_with_transcript(setup);
    let (transcript, end, code) = match &result {
        Ok((summary, transcript)) => (transcript, summary_line(summary), ExitCode::SUCCESS),
        Err(Violation { reason: why, transcript }) => {
            (transcript, format!("broken: {why}"), ExitCode::FAILURE)
        }
    };
    // A closed standard output does not change the result of the seed.
    let _ = print(transcript, detail).and_then(|()| put(&end));
    Ok(code)
}

fn print(transcript: &[TranscriptLine], detail: bool) -> io::Result<()> {
    transcript.iter().filter(|line| detail || !line.is_detail).try_for_each(|line| put(&line.to_string()))
}

fn summary_line(summary: &RunSummary) -> String {
    let counted = Counter::ALL.into_iter().filter(|counter| summary.counts.count(*counter) > 0);
    let counts: Vec<String> =
        counted.map(|counter| format!("{} {}", summary.counts.count(counter), counter.label())).collect();
    format!("every promise held: {}", counts.join(", "))
}

/// The result of a long run.
#[derive(Default)]
struct Report {
    counts: Counts,
    seeds: u64,
    broken: Vec<(u64, String)>,
}

/// Runs many seeds on all cores.
fn many(
    from: u64,
    count: u64,
    setup: &(dyn Fn(u64) -> WorldSetup + Sync),
    args: &Args,
) -> anyhow::Result<ExitCode> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let report = Mutex::new(Report::default());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let ix = next.fetch_add(1, Ordering::Relaxed);
                    if ix >= count || over.load(Ordering::Relaxed) {
                        return;
                    }
                    let seed = from.wrapping_add(ix);
                    let result = hotlined_simulator::run(&setup(seed));
                    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                    report.seeds += 1;
                    match result {
                        Ok(summary) => report.counts.merge(&summary.counts),
                        Err(Violation { reason: why, .. }) => report.broken.push((seed, why)),
                    }
                    over.fetch_or(report.broken.len() >= VIOLATIONS_MAX, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| progress(&report, count, &over));
    });
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    let text = report_text(&report, from, threads, began.elapsed());
    let _ = put(&text);
    if let Some(path) = &args.report {
        std::fs::write(path, format!("{text}\n")).with_context(|| path.display().to_string())?;
    }
    Ok(if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the progress every `PROGRESS_EVERY`, until the run is over.
fn progress(report: &Mutex<Report>, count: u64, over: &AtomicBool) {
    const CHECK_EVERY: Duration = Duration::from_millis(50);
    let mut printed_at = Instant::now();
    loop {
        std::thread::sleep(CHECK_EVERY);
        let report = report.lock().unwrap_or_else(PoisonError::into_inner);
        if report.seeds >= count || over.load(Ordering::Relaxed) {
            return;
        }
        if printed_at.elapsed() >= PROGRESS_EVERY {
            printed_at = Instant::now();
            let (calls, broken) = (report.counts.count(Counter::Call), report.broken.len());
            eprintln!("{} of {count} seeds, {calls} calls, {broken} promises broken", report.seeds);
        }
    }
}

fn report_text(report: &Report, from: u64, threads: usize, took: Duration) -> String {
    let Report { counts, seeds, broken } = report;
    let last = from.wrapping_add(seeds.saturating_sub(1));
    let took = Millis::from(took);
    let mut text = format!("{seeds:>10}  seeds ({from} to {last}), on {threads} threads in {took}\n{counts}");
    let _ = write!(text, "{:>10}  promises broken", broken.len());
    for (seed, why) in broken {
        let why = why.lines().next().unwrap_or_default();
        let _ = write!(text, "\n  seed {seed}: {why}");
    }
    text
}
