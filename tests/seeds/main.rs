//! What is promised to calls holds in worlds drawn by chance, whatever goes wrong in them: a fixed number of seeds,
//! each of which lives through the same on every machine. `hotlined-simulator N` tells one, `hotlined-simulator --from A --count
//! N` lives through more; see [`hotlined_simulator`] for what is promised.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests, which clippy does not see.

mod deliveries;
mod messages;
mod moments;

use hotlined_simulator::{Counter, Counts, RunSummary, Violation, WorldSetup};
use std::ops::Range;
use std::panic::catch_unwind;

/// How much of what went before is shown.
const STORY_LINES_SHOWN: usize = 60;

/// What a broken invariant looks like to the person who has to mend it.
fn shown(broken: &Violation, how: &str) -> String {
    let from = broken.transcript.len().saturating_sub(STORY_LINES_SHOWN);
    let lines: Vec<String> = broken.transcript[from..].iter().map(ToString::to_string).collect();
    format!("{}\n{broken}\nalone: {how}", lines.join("\n"))
}

fn lived(scene: &WorldSetup, how: &str) -> RunSummary {
    let how = format!("hotlined-simulator {} {how}", scene.seed);
    let lived = catch_unwind(|| hotlined_simulator::run(scene))
        .unwrap_or_else(|_| panic!("it panicked; alone: {how}"));
    lived.unwrap_or_else(|broken| panic!("{}; faults: {:?}", shown(&broken, &how), scene.faults))
}

/// Lives through these; everything that can come about must have, but what one in a thousand has. So must every
/// outcome that calls to these hotlines have.
fn all_hold(seeds: Range<u64>) {
    let mut tally = Counts::default();
    for seed in seeds {
        tally.merge(&lived(&WorldSetup::random(seed), "--detail").counts);
    }
    println!("{tally}");
    let is_rare = |kind: &Counter| {
        matches!(kind, Counter::RecordWrittenTwice | Counter::MessageDropped | Counter::MessageExcused)
    };
    let comes_about = |kind: &Counter| tally.count(*kind) > 0 || is_rare(kind);
    let never: Vec<&str> =
        Counter::ALL.into_iter().filter(|kind| !comes_about(kind)).map(Counter::label).collect();
    assert!(never.is_empty(), "{never:?} never came about:\n{tally}");
    assert!(tally.outcomes.len() >= 6, "some outcome never came:\n{tally}");
}

#[test]
fn a_seed_lives_through_the_same_twice() {
    for seed in 0..10 {
        let scene = WorldSetup::random(seed);
        assert_eq!(lived(&scene, "--detail"), lived(&scene, "--detail"), "seed {seed}");
    }
}

#[test]
fn promises_hold_in_the_first_hundred() {
    all_hold(0..100);
}

#[test]
fn promises_hold_in_the_second_hundred() {
    all_hold(100..200);
}

#[test]
fn promises_hold_in_the_third_hundred() {
    all_hold(200..300);
}

/// A day's load of the size that a debug build lives through in half a minute; `hotlined-simulator N --large` has more.
fn a_day_holds(seed: u64) {
    const CALLS: u64 = 500;
    let tally = lived(&WorldSetup::large(seed, CALLS), "--large=500 --detail").counts;
    println!("{tally}");
    assert_eq!(tally.count(Counter::Call), CALLS, "{tally}");
    // All ends but a few that a call to these hotlines can have.
    assert!(tally.outcomes.len() >= 6, "{tally}");
    assert!(tally.outcomes.values().sum::<u64>() >= CALLS / 2, "most have a record:\n{tally}");
}

#[test]
fn promises_hold_in_a_day_of_calls_to_all_services() {
    a_day_holds(1);
}

#[test]
fn promises_hold_in_another_day_of_calls() {
    a_day_holds(3);
}

/// A caller whom the fallback has is joined all the same, and is asked after that talk how it was.
#[test]
fn promises_hold_where_the_fallback_is_late() {
    a_day_holds(0);
}

#[test]
fn promises_hold_in_a_day_of_many_faults() {
    a_day_holds(9);
}
