//! Chaos over real processes: real daemons, a real Redis and switches over real TCP; callers come all the time, and
//! whatever can fail fails. What is promised is looked at while it runs and when all is quiet again.
//!
//! `cargo nextest run --test chaos` is a short one. A long one, with a report at its end:
//! `HOTLINED_CHAOS_S=600 HOTLINED_SEED=7 cargo test --release --test chaos -- --nocapture`.
//!
//! A seed gives the same people and the same faults at the same times; how these meet is up to the machine.

#![allow(clippy::unwrap_used)] // What is missing fails the test.

mod faults;
mod judge;
mod known;
mod ledger;
mod people;
mod redis;
mod report;
mod site;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod wire;

use faults::Thing;
use hotlined_sim::rng::Rng;
use hotlined_sim::stats::TimelineEntry;
use site::Care;
use stage::{SWITCHES, Stage};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{needs, number};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// A seed in which everything fails that can, within so short a time.
const SEED: u64 = 58;
/// How long callers come and things fail, when nobody says.
const LASTS_S: u64 = 24;
/// From one caller to the next, on one switch.
const GAP_MS: (u64, u64) = (80, 580);
/// How long the first daemon may take to look after a switch, and everything to be quiet in the end.
const UP_TIME_MAX: Duration = Duration::from_secs(30);
const QUIET_TIME_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether the promises hold that have a bound in time.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What is no pause of this process.
const LATE_MIN: Duration = Duration::from_millis(150);

#[test]
fn what_is_promised_holds_whatever_fails() {
    needs!(REDIS);
    let seed = number("HOTLINED_SEED").unwrap_or(SEED);
    let lasts = Duration::from_secs(number("HOTLINED_CHAOS_S").unwrap_or(LASTS_S));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
    let broken = runtime.block_on(run(seed, lasts));
    drop(runtime);
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Lives through it, and says which promises were broken.
async fn run(seed: u64, lasts: Duration) -> Vec<String> {
    let stage = Arc::new(Stage::build(seed).await);
    let mut watching = JoinSet::new();
    for switch in 0..SWITCHES {
        let happenings = stage.exchanges[switch].subscribe_timeline();
        watching.spawn(listen(stage.clone(), switch, happenings));
    }
    watching.spawn(look(stage.clone()));
    for site in &stage.sites {
        site.start();
    }
    let all_up = || (0..SWITCHES).all(|switch| stage.care(switch) == Care::Full).then_some(());
    assert!(faults::within(UP_TIME_MAX, all_up).await.is_some(), "no daemon came up");

    let end = Instant::now() + lasts;
    let mut playing = JoinSet::new();
    for (nth, thing) in (0..).zip(Thing::all(&stage)) {
        let (stage, chance) = (stage.clone(), Rng::new(seed ^ (0x6661_756c_7400 + nth)));
        playing.spawn(async move { thing.fails(&stage, chance, end).await });
    }
    for switch in 0..SWITCHES {
        let chance = Rng::new(seed ^ (0x6361_6c6c_6572 + switch as u64));
        playing.spawn(call(stage.clone(), switch, chance, end));
    }
    while let Some(ended) = playing.join_next().await {
        ended.unwrap();
    }
    stage.ledger().tell("nothing fails any more, and nobody calls".into());
    let quiet = faults::within(QUIET_TIME_MAX, || stage.unquiet().is_empty().then_some(())).await;
    if quiet.is_none() {
        let why = stage.unquiet().join("; ");
        stage.ledger().broken(None, "all is quiet in the end", why);
    }
    watching.abort_all();
    while let Some(ended) = watching.join_next().await {
        assert!(ended.is_err_and(|ended| ended.is_cancelled()), "a watcher ended");
    }
    report::close(&stage, seed, lasts).await
}

/// Callers come.
async fn call(stage: Arc<Stage>, switch: usize, mut chance: Rng, end: Instant) {
    let mut nth = 0;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(chance.between(GAP_MS.0, GAP_MS.1))).await;
        stage.exchanges[switch].place_call(people::caller(nth, &mut chance));
        nth += 1;
    }
}

/// Hears what happens on a switch.
async fn listen(stage: Arc<Stage>, switch: usize, mut happenings: broadcast::Receiver<TimelineEntry>) {
    // Whoever misses one could not tell what was promised from what was not.
    while let Ok(happening) = happenings.recv().await {
        stage.ledger().hears(switch, &happening.event, &stage.redis);
    }
}

/// Looks at the switches and daemons again and again.
async fn look(stage: Arc<Stage>) {
    const FORGET_EVERY: u32 = 20;
    let mut looking = tokio::time::interval(LOOK_EVERY);
    looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    for nth in 0_u32.. {
        looking.tick().await;
        let late = last.elapsed().saturating_sub(LOOK_EVERY);
        last = Instant::now();
        if late > LATE_MIN {
            stage.ledger().was_late(late);
        }
        for (switch, exchange) in stage.exchanges.iter().enumerate() {
            let care = stage.care(switch);
            let stats = exchange.stats();
            stage.ledger().looks(switch, care, exchange.now(), &stats);
            if nth % FORGET_EVERY == 0 {
                let ended = exchange.take_ended_calls();
                stage.ledger().ended(&ended);
            }
        }
        for site in &stage.sites {
            if let Some(status) = site.ended_by_itself() {
                stage.ledger().broken(None, "daemons live", format!("{} ended: {status}", site.name));
            }
        }
    }
}
