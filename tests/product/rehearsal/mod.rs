//! Calls drawn by chance, through hotlines drawn by chance, by people drawn by chance: whatever they do, what is
//! promised to every call holds after every step. No wire and no runtime; the wire has `tests/seeds`.
//!
//! `HOTLINED_SEED=N` lives through one seed and prints what passed; `HOTLINED_SEEDS=N` through the first N. Seeds
//! that once found something are in `seeds.txt` and are always lived through.

mod hotlines;
mod laws;
mod messages;
mod people;
mod scene;

use crate::support::number;
use hotlined_core::message::CallOutcome;
use hotlined_core::record::Outcome;
use scene::{Lived, Log, Scene};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many seeds are lived through when nobody says.
const SEEDS: u64 = 250;
/// The most broken seeds that are looked for.
const BROKEN_MAX: usize = 20;

/// Seeds that found something once.
fn kept() -> impl Iterator<Item = u64> {
    let seeds = include_str!("seeds.txt").lines().filter_map(|line| line.split('#').next());
    seeds.map(str::trim).filter(|seed| !seed.is_empty()).map(|seed| seed.parse().unwrap())
}

/// Lives through a seed; what breaks comes back with what passed before.
fn live(seed: u64, log: &mut Log) -> Result<Lived, String> {
    let lived = catch_unwind(AssertUnwindSafe(|| Scene::drawn(seed).live(log)));
    lived.unwrap_or_else(|_| Err("it panicked".into()))
}

#[test]
fn what_is_promised_holds_for_calls_drawn_by_chance() {
    let alone = number("HOTLINED_SEED");
    let seeds: Vec<u64> = match alone {
        Some(seed) => vec![seed],
        None => kept().chain(0..number("HOTLINED_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let count = seeds.len() as u64;
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut told = BTreeSet::new();
    let mut broken: Vec<(u64, String)> = Vec::new();
    for seed in seeds {
        let mut log = Log(alone.map(|_| Vec::new()));
        let lived = live(seed, &mut log);
        log.0.iter().flatten().for_each(|line| println!("{line}"));
        match lived {
            Ok(lived) => {
                lived.outcomes.iter().for_each(|outcome| *outcomes.entry(*outcome).or_default() += 1);
                told.extend(lived.told);
                lived.kinds.iter().for_each(|kind| *kinds.entry(kind.clone()).or_default() += 1);
            }
            Err(why) => {
                broken.push((seed, why));
            }
        }
        if broken.len() >= BROKEN_MAX {
            break;
        }
    }
    println!("{count} seeds: {outcomes:?}; nodes passed: {kinds:?}; told: {told:?}");
    let faults: Vec<String> = broken
        .iter()
        .map(|(seed, why)| {
            format!("HOTLINED_SEED={seed} cargo test --test product rehearsal::what_is_promised -- --nocapture\n  {why}")
        })
        .collect();
    assert!(broken.is_empty(), "{} broken seeds:\n{}", broken.len(), faults.join("\n"));
    if count >= SEEDS {
        // Chance that never came to something holds nothing.
        assert!(outcomes.len() >= 8, "some outcome never came: {outcomes:?}");
        assert_eq!(kinds.len(), hotlines::KINDS, "some node was never passed: {kinds:?}");
        assert_eq!(told.len(), CallOutcome::ALL.len(), "some outcome was never told: {told:?}");
    }
}

#[test]
fn a_seed_lives_through_the_same_twice() {
    for seed in 0..20 {
        let (mut once, mut again) = (Log(Some(Vec::new())), Log(Some(Vec::new())));
        assert_eq!(live(seed, &mut once), live(seed, &mut again));
        assert!(once == again, "seed {seed}");
    }
}
