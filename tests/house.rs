//! The laws of the house: who imports whom, no clock and no runtime in the core, no telephone number in a log,
//! files that can be read in one go.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates, from the top of the house down, and the crates of the house that each of them may use.
const CRATES: [(&str, &[&str]); 7] = [
    ("hotlined", &["config", "core", "esl", "instance", "sim"]),
    ("simulator", &["config", "core", "esl", "instance", "sim"]),
    ("instance", &["core", "esl"]),
    ("sim", &["core", "esl"]),
    ("config", &["core"]),
    ("core", &[]),
    ("esl", &[]),
];

/// Libraries that do IO, tell the time or run threads. Only the daemon and the simulated switch may use them.
const IMPURE_CRATES: [&str; 9] =
    ["tokio", "redis", "axum", "hyper", "reqwest", "notify", "config", "tracing-subscriber", "rustls"];

/// What only the instance may have of the daemon's logic: the simulator drives the instance, and has no part of it.
const OF_THE_DAEMON: [&str; 12] = [
    "cluster::shared_state",
    "cluster::call_replication",
    "cluster::acd_failover",
    "link_outage",
    "stall_guard",
    "LeasePolicy",
    "ClockOffset",
    "freeswitch::conversation",
    "esl::message",
    "freeswitch::liveness",
    "freeswitch::event_lag",
    "take_back",
];

/// A file longer than this holds a second idea.
const FILE_LINES_MAX: usize = 520;

struct File {
    path: String,
    room: String,
    text: String,
}

fn files() -> Vec<File> {
    fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, paths);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let file = |path: PathBuf| {
        let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let room = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        File { room, text: fs::read_to_string(&path).unwrap(), path: inside }
    };
    paths.into_iter().map(file).collect()
}

/// The lines that are code of the daemon: no comment, no unit test.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    (1..).zip(code.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// What stands in the `Cargo.toml` of a crate below this heading: the names of the dependencies.
fn dependencies(member: &str, heading: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = if member == "hotlined" { root.to_owned() } else { root.join("src").join(member) };
    let text = fs::read_to_string(manifest.join("Cargo.toml")).unwrap();
    let section = text.split(&format!("\n[{heading}]\n")).nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let name = |line: &str| line.split(['.', '=', ' ']).next().unwrap_or_default().to_owned();
    section.lines().map(name).filter(|name| !name.is_empty()).collect()
}

#[test]
fn a_crate_depends_only_on_crates_below() {
    for (member, allowed) in CRATES {
        for dependency in dependencies(member, "dependencies") {
            let Some(ours) = dependency.strip_prefix("hotlined-") else { continue };
            assert!(allowed.contains(&ours), "{member} depends on {ours}");
        }
        assert!(!dependencies(member, "dependencies").is_empty(), "{member} has no dependency at all");
    }
}

#[test]
fn the_core_the_instance_and_the_wire_have_no_library_that_does_io() {
    for member in ["core", "config", "esl", "instance", "simulator"] {
        for dependency in dependencies(member, "dependencies") {
            assert!(!IMPURE_CRATES.contains(&dependency.as_str()), "{member} depends on {dependency}");
        }
    }
}

#[test]
fn a_stage_of_a_call_never_imports_its_neighbour() {
    const STAGES: [&str; 14] = [
        "admission",
        "announce",
        "menu",
        "verify",
        "hunt",
        "queue",
        "call_back",
        "whisper",
        "connect",
        "talk",
        "survey",
        "voicemail",
        "closing",
        "ending",
    ];
    for file in files().iter().filter(|file| file.path.starts_with("core/call/")) {
        let name = file.path.trim_start_matches("core/call/").trim_end_matches(".rs");
        for (number, line) in code(&file.text).filter(|_| STAGES.contains(&name)) {
            for other in STAGES.iter().filter(|other| **other != name) {
                assert!(!line.contains(&format!("super::{other}")), "src/{}:{number}: {line}", file.path);
            }
        }
    }
}

#[test]
fn the_core_has_no_clock_no_runtime_no_file_and_no_chance_of_its_own() {
    const HASHED: [&str; 2] = ["core/call/call_table.rs", "core/acd/slots.rs"];
    const IMPURE: [&str; 11] = [
        "std::time",
        "SystemTime",
        "tokio",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "RandomState",
        "HashMap",
        "HashSet",
        "tracing",
    ];
    for file in files().iter().filter(|file| file.room == "core") {
        for (number, line) in code(&file.text) {
            for word in IMPURE {
                // Tables that are looked up and never walked in their hash's order.
                if HASHED.contains(&file.path.as_str()) && word == "HashMap" {
                    continue;
                }
                assert!(!line.contains(word), "src/{}:{number}: {word}", file.path);
            }
        }
    }
}

#[test]
fn the_simulator_drives_the_daemon_that_ships_and_has_no_part_of_it() {
    let mut drives = false;
    for file in files().iter().filter(|file| file.room == "simulator") {
        for (number, line) in code(&file.text) {
            drives |= line.contains("use hotlined_instance::");
            for word in OF_THE_DAEMON {
                assert!(!line.contains(word), "src/{}:{number}: {word}: {line}", file.path);
            }
        }
    }
    assert!(drives, "nothing there drives an instance");
}

#[test]
fn no_log_shows_a_telephone_number() {
    const NUMBERS: [&str; 4] = ["caller", "dialled", "phone", "shown"];
    const LOGS: [&str; 5] = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];
    for file in &files() {
        let code: String = code(&file.text).map(|(_, line)| format!("{line}\n")).collect();
        for log in LOGS {
            for call in code.split(log).skip(1) {
                let call = call.split(");").next().unwrap_or_default();
                for number in NUMBERS {
                    // A field of that name may stand alone, filled from `masked` just before.
                    let masked = code.contains(&format!("let {number} = masked("));
                    let named = call.contains(&format!(".{number}")) || call.contains(&format!("%{number}"));
                    assert!(!named || masked, "src/{}: {log}{call}", file.path);
                }
            }
        }
    }
}

#[test]
fn a_match_on_what_happens_to_a_call_names_every_case() {
    for file in files().iter().filter(|file| file.path.starts_with("core/call/")) {
        for (number, line) in code(&file.text) {
            let catch_all = line.trim_start().starts_with("_ =>");
            assert!(!catch_all, "src/{}:{number}: {line}", file.path);
        }
    }
}

#[test]
fn a_file_can_be_read_in_one_go() {
    let long: BTreeMap<_, _> = files()
        .into_iter()
        .map(|file| (file.path, file.text.lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
