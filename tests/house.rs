//! The laws of the house: who imports whom, no clock and no runtime in the core, no telephone number in a log,
//! files that can be read in one go.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, from the top of the house down. A room imports only from rooms that stand below it; rooms on one
/// line are neighbours and do not import each other.
const FLOORS: [&[&str]; 17] = [
    &["main"],
    &["cli"],
    &["sim", "daemon"],
    &["http"],
    &["replay"],
    &["instance"],
    &["switch", "live"],
    &["capture", "journal"],
    &["engine"],
    &["store", "call"],
    &["linefile", "meters"],
    &["command"],
    &["record"],
    &["event"],
    &["hotline"],
    &["number", "place", "hours", "speech"],
    &["prompt", "id", "time", "cause"],
];

/// The only rooms that know the runtime.
const KNOW_TOKIO: [&str; 8] =
    ["cli", "daemon", "http", "live", "sim", "switch/esl/link.rs", "switch/esl/codec.rs", "switch/gate.rs"];

/// The rooms of the simulator that have the daemon in them: the one that ships, and no part of it besides.
const SIMULATE_THE_DAEMON: [&str; 2] = ["sim/world", "sim/redis"];

/// What is the daemon's own: whoever simulates it leaves that to it.
const OF_THE_DAEMON: [&str; 14] = [
    "live::common",
    "live::keeping",
    "live::sharing",
    "live::downs",
    "live::standstill",
    "Duty",
    "Timeline",
    "switch::claim",
    "esl::conversation",
    "esl::message",
    "esl::liveness",
    "esl::late",
    "crate::daemon",
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

fn floor(room: &str) -> usize {
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("{room} has no floor"))
}

/// The rooms that a line names by `crate::`.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn a_room_imports_only_from_below() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.room != "lib") {
        for (number, line) in code(&file.text) {
            for import in imports(line).filter(|import| *import != file.room) {
                let (from, to) = (file.room.as_str(), import);
                if floor(to) <= floor(from) {
                    wrong.push(format!("src/{}:{number}: {from} imports {to}", file.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
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
    for file in files().iter().filter(|file| file.room == "call") {
        let name = file.path.trim_start_matches("call/").trim_end_matches(".rs");
        for (number, line) in code(&file.text).filter(|_| STAGES.contains(&name)) {
            for other in STAGES.iter().filter(|other| **other != name) {
                assert!(!line.contains(&format!("super::{other}")), "src/{}:{number}: {line}", file.path);
            }
        }
    }
}

#[test]
fn the_core_has_no_clock_no_runtime_no_file_and_no_chance_of_its_own() {
    const PURE: [&str; 12] = [
        "call", "engine", "store", "event", "command", "id", "prompt", "time", "number", "hours", "speech",
        "cause",
    ];
    const HASHED: [&str; 2] = ["call/table.rs", "store/shelf.rs"];
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
    for file in files().iter().filter(|file| PURE.contains(&file.room.as_str())) {
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
fn only_the_edges_know_the_runtime() {
    for file in files().iter().filter(|file| !KNOW_TOKIO.iter().any(|place| file.path.starts_with(place))) {
        for (number, line) in code(&file.text) {
            assert!(!line.contains("tokio"), "src/{}:{number}: {line}", file.path);
        }
    }
}

#[test]
fn the_simulator_drives_the_daemon_that_ships_and_has_no_part_of_it() {
    let simulate = |file: &File| SIMULATE_THE_DAEMON.iter().any(|place| file.path.starts_with(place));
    let mut drives = false;
    for file in files().iter().filter(|file| simulate(file)) {
        for (number, line) in code(&file.text) {
            drives |= line.contains("crate::instance");
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
    for file in files().iter().filter(|file| file.room == "call") {
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
