//! What it came to: a few lines for a reader, and of each broken promise all that was said about its call.

use crate::faults;
use crate::judge::{Sum, judge};
use crate::ledger::{Broken, Ledger};
use crate::site::Site;
use crate::stage::Stage;
use std::fs;
use std::io::BufRead;
use std::time::{Duration, Instant};

/// How long a daemon with nothing to do may take to stop.
const STOP_TIME_MAX: Duration = Duration::from_secs(15);
/// How many broken promises are told in full.
const TOLD_IN_FULL_MAX: usize = 12;
/// How many lines are told of each kind.
const LINES_MAX: usize = 60;
/// What went wrong so long before a promise was broken is told with it.
const BEFORE: Duration = Duration::from_secs(25);

/// Stops everything, looks at what is left, prints the report, and gives the broken promises.
pub async fn close(stage: &Stage, seed: u64, lasts: Duration) -> Vec<String> {
    for site in &stage.sites {
        site.tell_to_stop();
        let ended = faults::within(STOP_TIME_MAX, || site.ended()).await;
        if !ended.is_some_and(|status| status.success()) {
            stage.ledger().broken(None, "a daemon stops when told", format!("{}: {ended:?}", site.name));
        }
    }
    for exchange in &stage.exchanges {
        let ended = exchange.take_ended_calls();
        stage.ledger().ended(&ended);
    }
    let mut ledger = stage.ledger();
    for site in &stage.sites {
        taken(&mut ledger, site);
        errors(&mut ledger, site);
    }
    let sum = match stage.recorded() {
        Ok(recorded) => judge(&mut ledger, &recorded, &stage.redis),
        Err(why) => {
            ledger.broken(None, "records can be read", why);
            Sum::default()
        }
    };
    println!("{}", text(&ledger, stage, &sum, seed, lasts));
    let broken = &ledger.broken;
    let full = broken.iter().take(TOLD_IN_FULL_MAX).map(|broken| in_full(&ledger, stage, broken));
    let short = broken.iter().skip(TOLD_IN_FULL_MAX).map(short);
    full.chain(short).collect()
}

/// What a daemon had to do before it could say that it took a call is in Redis or on the disk, or should be.
fn taken(ledger: &mut Ledger, site: &Site) {
    let call = |line: &str| {
        let (_, rest) = line.split_once("call=")?;
        let (call, stage) = rest.split_once(' ')?;
        stage.starts_with("from=\"-\"").then(|| call.to_owned())
    };
    let calls: Vec<String> = site.log(|log| log.iter().filter_map(|(_, line)| call(line)).collect());
    calls.iter().for_each(|call| ledger.was_taken(call));
}

/// No daemon says that somebody has to be woken.
fn errors(ledger: &mut Ledger, site: &Site) {
    let wrong = |line: &str| line.contains("ERROR") || line.contains("panicked");
    let wrong = site.log(|log| log.iter().filter(|(_, line)| wrong(line)).cloned().collect::<Vec<_>>());
    for (at, line) in wrong {
        let after = at.saturating_duration_since(ledger.began).as_secs_f64();
        let call = line.split_once("call=").map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
        let why = format!("{} at {after:.3} s: {line}", site.name);
        ledger.broken(call.map(str::to_owned).as_deref(), "no errors in a log", why);
    }
}

fn text(ledger: &Ledger, stage: &Stage, sum: &Sum, seed: u64, lasts: Duration) -> String {
    let figures = &ledger.figures;
    let count = |kind: &str| figures.faults.get(kind).copied().unwrap_or(0);
    let outcomes: Vec<String> = sum.outcomes.iter().map(|(what, count)| format!("{what} {count}")).collect();
    let attended = figures.attended.as_secs_f64() / (lasts.as_secs_f64() * stage.exchanges.len() as f64);
    format!(
        "seed {seed}, {} s of faults; daemons: {}, switches: {}, looked after {:.0} % of the time\n\
         calls     {} dialled, {} taken, {} with a record; {} talks, {} telephones rung, {} served by the fallback\n\
         outcomes  {}\n\
         daemons   {} killed, {} paused, {} told to stop; {} hotlines changed\n\
         wires     {} cut, {} stalled, {} half open; switches: {} crashed\n\
         Redis     {} killed, {} paused\n\
         apart     {} talks that no record tells of, {} records written by both, {} calls handed over unheard and taken again, {} talks torn so, \
         {} telephones rung beyond their lines without Redis, {} after a daemon left its talks, \
         {} callers in silence while nobody looked after them\n\
         known     of calls of which Redis missed something {} talks torn, {} without a record, \
         {} with several\n\
         longest   without sound {}, an agent's leg without its caller {}, this process standing still {:?}\n\
         broken    {} promises\n",
        lasts.as_secs(),
        stage.sites.len(),
        stage.exchanges.len(),
        attended.min(1.0) * 100.0,
        ledger.callers.len(),
        sum.taken,
        sum.records,
        figures.talks,
        figures.rung,
        figures.fell_back,
        outcomes.join(", "),
        count("daemon killed"),
        count("daemon paused"),
        count("daemon stopped"),
        count("hotline changed"),
        count("wire cut"),
        count("wire stalled"),
        count("wire half open"),
        count("switch crashed"),
        count("Redis killed"),
        count("Redis paused"),
        sum.untold,
        sum.by_both,
        sum.again,
        figures.torn_unheard,
        figures.beyond_alone,
        figures.beyond_left,
        figures.silent_alone,
        figures.torn_without_redis,
        sum.lost,
        sum.twice,
        figures.silence_max,
        figures.outlived_max,
        figures.late_max,
        ledger.broken.len(),
    )
}

fn short(broken: &Broken) -> String {
    format!("{:>8.3} {}", broken.at.as_secs_f64(), broken.why)
}

/// With what failed before it, and what daemons said and did about the call.
fn in_full(ledger: &Ledger, stage: &Stage, broken: &Broken) -> String {
    let mut text = short(broken) + "\n";
    let recent = |at: Duration| at <= broken.at && at + BEFORE >= broken.at;
    for (at, what) in ledger.history.iter().filter(|(at, _)| recent(*at)) {
        text += &format!("  *** {:>8.3} {what}\n", at.as_secs_f64());
    }
    for site in &stage.sites {
        let lately = |at: Instant| recent(at.saturating_duration_since(ledger.began));
        let besides = |log: &[(Instant, String)]| {
            let lines = log.iter().filter(|(at, line)| lately(*at) && !line.contains("call="));
            lines.map(|(at, line)| tell(at.saturating_duration_since(ledger.began), line)).collect::<String>()
        };
        text += &format!("  {} said besides\n{}", site.name, site.log(besides));
    }
    let Some(leg) = &broken.leg else { return text };
    text += &format!("  {leg} {}\n", ledger.place(leg));
    for site in &stage.sites {
        let own = |log: &[(Instant, String)]| {
            let lines = log.iter().filter(|(_, line)| line.contains(leg.as_str())).take(LINES_MAX);
            lines.map(|(at, line)| tell(at.saturating_duration_since(ledger.began), line)).collect::<String>()
        };
        text += &format!("  {} said\n{}", site.name, site.log(own));
        let Ok(journal) = fs::File::open(site.path("journal.jsonl")) else { continue };
        let lines = std::io::BufReader::new(journal).lines().map_while(Result::ok);
        for line in lines.filter(|line| line.contains(leg.as_str())).take(LINES_MAX) {
            text += &format!("  journal {line}\n");
        }
    }
    text
}

fn tell(at: Duration, line: &str) -> String {
    format!("  {:>8.3} {line}\n", at.as_secs_f64())
}
