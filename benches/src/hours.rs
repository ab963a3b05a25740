//! One question to a table of hours: which state holds now, and when does it change.
//!
//! Each question is for an instant picked at random within four years, so that neither the day nor the branch is
//! the one before. Timed in batches, since one answer is not longer than what a clock takes.

use hotlined_core::hours::{Calendar, Hours};
use hotlined_core::time::Instant;
use std::hint::black_box;

const QUESTIONS: usize = 200_000;
const BATCH: usize = 100;
const ROUNDS: usize = 5;
/// 2024-01-01 and 2028-01-01 in UTC, in milliseconds.
const BETWEEN: (u64, u64) = (1_704_067_200_000, 1_830_297_600_000);

fn main() {
    println!("one answer of a table of hours, for an instant picked at random; median of {ROUNDS} rounds");
    println!("{:<40}{:>10}{:>12}{:>10}{:>22}", "", "least ns", "median ns", "p99 ns", "next change, median");
    let office = r#"["open","workdays 09:00-12:00 13:30-18:00"],["lunch","workdays 12:00-13:30"],
        ["open","sat 10:00-16:00"],["holiday","holidays"],["open","国庆节 10:00-12:00"]"#;
    let exceptions: Vec<String> = (0..400)
        .map(|at| {
            let (year, month, day) = (2024 + at / 100, 1 + at % 12, 1 + at % 28);
            format!(r#"{{"dates":"{year}-{month:02}-{day:02}","states":[["open","09:00-12:00"]]}}"#)
        })
        .collect();
    let tables = [
        ("weekdays only, Shanghai", "Asia/Shanghai", r#"["open","mon-fri 09:00-18:00"]"#, ""),
        ("lunch, Saturdays, holidays, Shanghai", "Asia/Shanghai", office, ""),
        (
            "the same over midnight, New York",
            "America/New_York",
            r#"["night","daily 22:00-06:00"],
            ["open","workdays 09:00-18:00"],["holiday","holidays"]"#,
            "",
        ),
        ("the second with 400 exceptions", "Asia/Shanghai", office, &exceptions.join(",")),
    ];
    let calendar = Calendar::known();
    for (name, zone, lines, exceptions) in tables {
        let table = format!(r#"{{"zone":"{zone}","lines":[{lines}],"exceptions":[{exceptions}]}}"#);
        let hours: Hours = serde_json::from_str(&table).expect("a table");
        let [least, median, p99] = measure(QUESTIONS, |at| {
            black_box(hours.state(at, &calendar));
        });
        let [_, change, _] = measure(QUESTIONS / 10, |at| {
            black_box(hours.next_change(at, &calendar));
        });
        println!("{name:<40}{least:>10.0}{median:>12.0}{p99:>10.0}{change:>22.0}");
    }
}

/// The least, the median and the 99th percentile of batches, in nanoseconds a question. The least is what it takes
/// when nothing else is on the machine.
fn measure(questions: usize, ask: impl Fn(Instant)) -> [f64; 3] {
    let mut chance: u64 = 7;
    let mut instant = || {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Instant(BETWEEN.0 + (chance >> 20) % (BETWEEN.1 - BETWEEN.0))
    };
    let (mut least, mut medians, mut tails) = (f64::MAX, Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut times: Vec<f64> = Vec::with_capacity(questions / BATCH);
        for _ in 0..questions / BATCH {
            let instants: Vec<Instant> = (0..BATCH).map(|_| instant()).collect();
            let begin = std::time::Instant::now();
            instants.iter().for_each(|at| ask(*at));
            times.push(begin.elapsed().as_nanos() as f64 / BATCH as f64);
        }
        times.sort_by(f64::total_cmp);
        least = least.min(times[0]);
        medians.push(times[times.len() / 2]);
        tails.push(times[times.len() * 99 / 100]);
    }
    medians.sort_by(f64::total_cmp);
    tails.sort_by(f64::total_cmp);
    [least, medians[ROUNDS / 2], tails[ROUNDS / 2]]
}
