//! The laws of the house: who imports whom, no clock and no runtime in the core, no telephone number in a log,
//! files that can be read in one go.

#![allow(clippy::unwrap_used)]

mod circles;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates, from the top of the house down, and the crates of the house that each of them may use.
const CRATES: [(&str, &[&str]); 8] = [
    ("hotlined", &["config", "core", "esl", "instance", "notify", "sim"]),
    ("simulator", &["config", "core", "esl", "instance", "notify", "sim"]),
    ("instance", &["core", "esl"]),
    ("sim", &["core", "esl", "notify"]),
    ("config", &["core"]),
    ("notify", &["core"]),
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
    "freeswitch::session",
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    circles::walk(&root, &mut paths);
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
    for member in ["core", "config", "esl", "instance", "notify", "simulator"] {
        for dependency in dependencies(member, "dependencies") {
            assert!(!IMPURE_CRATES.contains(&dependency.as_str()), "{member} depends on {dependency}");
        }
    }
}

/// What is no part of a crate's own tree of modules.
fn is_beside(file: &Path) -> bool {
    let is_test = |part: &std::ffi::OsStr| part == "tests" || part == "examples" || part == "tests.rs";
    file.ends_with("main.rs") || file.iter().any(is_test)
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for (member, _) in CRATES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(member);
        let found = circles::Crate::read(&root, is_beside).circles();
        circles.extend(found.into_iter().map(|circle| format!("{member}: {}", circle.join(", "))));
    }
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

/// Whether a file declares this module of its folder, by its name or by `#[path]`: `mod.rs`, `lib.rs` or `main.rs` beside
/// it, or the file that has the name of the folder.
fn declares(folder: &Path, module: &str) -> bool {
    let declarations = [format!("mod {module};"), format!("/{module}.rs\"]"), format!("\"{module}.rs\"]")];
    let mut files = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name)).to_vec();
    files.push(folder.with_extension("rs"));
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let mut lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.any(|line| declarations.iter().any(|declaration| line.ends_with(declaration)))
}

#[test]
fn every_file_is_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    circles::walk(&root.join("src"), &mut files);
    circles::walk(&root.join("tests"), &mut files);
    let is_module = |file: &&PathBuf| {
        let stem = file.file_stem().unwrap();
        let is_example = file.parent().is_some_and(|folder| folder.ends_with("examples"));
        !is_example && !["mod", "lib", "main"].iter().any(|name| stem == *name)
    };
    let modules: Vec<&PathBuf> = files.iter().filter(is_module).collect();
    let orphans: Vec<_> = modules
        .iter()
        .filter(|file| !declares(file.parent().unwrap(), file.file_stem().unwrap().to_str().unwrap()))
        .collect();
    assert!(modules.len() > 300 && orphans.is_empty(), "no file declares {orphans:?}");
}

#[test]
fn a_circle_of_files_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let circles = || circles::Crate::read(folder.path(), is_beside).circles();
    write("lib.rs", "mod a; mod b; mod c; mod d; pub use b::B;");
    // By a re-export of the parent, within a function, within a macro, and in a test.
    write("a.rs", "use crate::B; pub struct A(B);");
    write("b.rs", "pub struct B; fn f() { super::c::g() }");
    write("c.rs", "pub fn g() { assert!(crate::d::holds()) }");
    write("d.rs", "pub fn holds() -> bool { true } #[cfg(test)] mod tests { use crate::a::A; }");
    assert_eq!(circles(), [""; 0].map(|_| Vec::<String>::new()));
    write("d.rs", "pub fn holds() -> bool { let _: Option<crate::a::A> = None; true }");
    assert_eq!(circles(), [["a", "b", "c", "d"].map(str::to_owned).to_vec()]);
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
    const HASHED: [&str; 2] = ["core/call/call_table.rs", "core/acd/slot_table.rs"];
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

/// What may be in a log and may be a telephone number.
const NUMBERS: [&str; 4] = ["caller", "dialled", "phone", "shown"];
const LOGS: [&str; 5] = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];

/// The arguments of a macro, from behind its parenthesis on.
fn arguments(text: &str) -> &str {
    let mut depth = 0;
    let end = text.char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth < 0
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The number that this argument of a log shows; `before` is the function up to the log.
fn shown_number<'a>(argument: &str, before: &str) -> Option<&'a str> {
    let value = argument.split_once('=').map_or(argument, |(_, value)| value);
    NUMBERS.into_iter().find(|number| {
        let is_word = |(at, _): &(usize, &str)| {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            !value[..*at].ends_with(is_part) && !value[*at + number.len()..].starts_with(is_part)
        };
        let is_named = if value.contains('"') {
            // In a text only `{caller}` is a value.
            [format!("{{{number}}}"), format!("{{{number}:")].iter().any(|it| value.contains(it))
        } else {
            value.match_indices(number).any(|it| is_word(&it))
        };
        let is_bare = value.trim().trim_start_matches(['%', '?']) == *number;
        let is_masked = value.contains("masked(")
            || (is_bare || value.contains('"')) && before.contains(&format!("let {number} = masked("));
        is_named && !is_masked
    })
}

/// The logs of a text that show a telephone number: the line, and which.
fn shown_numbers(text: &str) -> Vec<(usize, &'static str)> {
    // A line keeps its place, so that it can be named.
    let code: Vec<&str> = text.split("#[cfg(test)]").next().unwrap_or_default().lines().collect();
    let code: Vec<&str> =
        code.into_iter().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect();
    let code = code.join("\n");
    let mut shown = Vec::new();
    for log in LOGS {
        for (at, _) in code.match_indices(log) {
            let begin = code[..at].rfind("fn ").unwrap_or(0);
            let arguments = arguments(&code[at + log.len()..]);
            let numbers =
                split_arguments(arguments).into_iter().filter_map(|it| shown_number(it, &code[begin..at]));
            shown.extend(numbers.map(|number| (code[..at].matches('\n').count() + 1, number)));
        }
    }
    shown
}

/// At the commas outside of parentheses and texts.
fn split_arguments(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut depth, mut in_text) = (Vec::new(), 0, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !text[..at].ends_with('\\') => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => depth -= 1,
            ',' if !in_text && depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

#[test]
fn no_log_shows_a_telephone_number() {
    for file in &files() {
        let shown = shown_numbers(&file.text);
        assert!(shown.is_empty(), "src/{}: {shown:?} is shown and not masked", file.path);
    }
}

#[test]
fn a_number_that_a_log_shows_is_noticed() {
    let is_noticed = |body: &str| !shown_numbers(&format!("fn f() {{\n{body}\n}}")).is_empty();
    for body in [
        "info!(caller = %record.caller, \"over\");",
        "info!(%call, %caller);",
        "info!(caller, \"over\");",
        "info!(to = ?agent.phone);",
        "info!(\n    %call,\n    \"{caller} calls\"\n);",
        "info!(caller = masked(caller));\nwarn!(%caller);",
        "let caller = masked(caller);\ninfo!(%caller);\n}\nfn g() {\nwarn!(%caller);",
        "let caller = masked(caller);\ninfo!(caller = %record.caller);",
    ] {
        assert!(is_noticed(body), "{body}");
    }
    for body in [
        "let caller = masked(&record.caller);\ninfo!(caller, \"over\");",
        "info!(caller = masked(&record.caller), \"the caller is gone\");",
        "info!(%call, \"the caller of {call} (or (so)) is gone\");",
        "info!(callers = callers.len());",
    ] {
        assert!(!is_noticed(body), "{body}");
    }
}

/// Whether an arm on this line takes whatever comes: its pattern is `_`, alone or in a tuple of nothing else, also as
/// one of several and before an `if`. Where a match is on text or numbers, a name says it: `other => …`.
fn catches_all(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_bare = |pattern: &str| {
        let pattern = pattern.split(" if ").next().unwrap_or_default().trim();
        pattern.contains('_') && pattern.chars().all(|c| "_(), ".contains(c))
    };
    let guarded = code.match_indices("_ if ").any(|(at, _)| {
        let before = code[..at].trim_end();
        before.is_empty() || before.ends_with(['|', ',', '{'])
    });
    let arms = code.match_indices("=>").any(|(at, _)| is_bare(last_pattern(&code[..at])));
    arms || guarded || code.trim() == "_"
}

/// What stands behind the last arm, brace or `|` that is in no parenthesis.
fn last_pattern(before: &str) -> &str {
    let mut depth = 0;
    let begin = before.char_indices().rev().find(|(_, c)| {
        depth += i32::from(*c == ')') - i32::from(*c == '(');
        depth < 0 || depth == 0 && matches!(c, ',' | '|' | '{' | '}' | ';')
    });
    &before[begin.map_or(0, |(at, c)| at + c.len_utf8())..]
}

#[test]
fn a_match_on_what_happens_to_a_call_names_every_case() {
    for file in files().iter().filter(|file| file.path.starts_with("core/call/")) {
        for (number, line) in code(&file.text) {
            assert!(!catches_all(line), "src/{}:{number}: {line}", file.path);
        }
    }
}

#[test]
fn an_arm_that_takes_whatever_comes_is_noticed_wherever_it_stands() {
    for line in [
        "            _ => {}",
        "match event { Event::Due => 1, _ => 2 }",
        "let on = match event { Event::Leg(_) => go(a, b), _ => stay(), };",
        "            Event::Due | _ => Next::Stay(self),",
        "            | _ => Next::Stay(self),",
        "            (_, _) => Next::Stay(self),",
        "            _ if late => Next::Stay(self),",
        "            _",
    ] {
        assert!(catches_all(line), "{line}");
    }
    for line in [
        "            Happening::Due(_) => Next::Stay(self),",
        "            (0, _) | (_, None) => tell(),",
        "            Ok(_) | Err(_) => Fit::Wrong,",
        "            other => node.exit(other),",
        "            Event::Store(_, Refused) => out(), // _ => no",
    ] {
        assert!(!catches_all(line), "{line}");
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
