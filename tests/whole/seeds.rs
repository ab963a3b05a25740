//! Scenes drawn by chance.

use hotlined_simulator::{Counts, RunSummary, Violation, WorldSetup};

/// How many seeds are lived through when nobody says.
const SEEDS: u64 = 150;
/// How much of what went before is shown.
const LOG_LINES_SHOWN: usize = 120;

/// What a broken promise looks like to who has to mend it.
pub fn shown(broken: &Violation, how: &str) -> String {
    let from = broken.transcript.len().saturating_sub(LOG_LINES_SHOWN);
    let lines: Vec<String> = broken.transcript[from..].iter().map(ToString::to_string).collect();
    format!("{}\n{}\nalone: {how}", lines.join("\n"), broken.reason)
}

fn lived(seed: u64) -> Result<RunSummary, String> {
    let scene = WorldSetup::random(seed);
    let how = format!("HOTLINED_SEED={seed} cargo test --test whole drawn");
    let result = std::panic::catch_unwind(|| hotlined_simulator::run(&scene));
    let result = result.map_err(|_| format!("seed {seed} panicked; alone: {how}"))?;
    result.map_err(|broken| format!("{}\nseed {seed}: {:?}", shown(&broken, &how), scene.faults))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[test]
fn what_is_promised_holds_in_scenes_drawn_by_chance() {
    let seeds = match number("HOTLINED_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("HOTLINED_SEEDS").unwrap_or(SEEDS),
    };
    let mut tally = Counts::default();
    let mut broken = Vec::new();
    for seed in seeds.clone() {
        match lived(seed) {
            Ok(summary) => tally.merge(&summary.counts),
            Err(why) => broken.push((seed, why)),
        }
    }
    if let Some((_, why)) = broken.first() {
        let seeds: Vec<u64> = broken.iter().map(|(seed, _)| *seed).collect();
        panic!("{why}\nbroken seeds: {seeds:?}");
    }
    println!("{} seeds:\n{tally}", seeds.end - seeds.start);
    if seeds.end - seeds.start >= SEEDS {
        assert_eq!(tally.outcomes.len(), 6, "some outcome never came:\n{tally}");
    }
}

#[test]
fn a_seed_lives_through_the_same_twice() {
    for seed in 0..10 {
        assert_eq!(lived(seed), lived(seed), "seed {seed}");
    }
}
