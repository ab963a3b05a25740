//! The documents fit the daemon and each other: every link goes somewhere, and every figure, every key of a hotline
//! file and every field of a call record stands on its page.
//!
//! Markdown is read as far as these documents use it: headings with `#`, inline links, code in backticks and fences.

use hotlined_config::schema;
use hotlined_core::hotline::Version;
use hotlined_core::hotline::access::RefusalReason;
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::RecordingName;
use hotlined_core::record::{
    AttemptOutcome, AttemptRecord, CallBackRecord, CallRecord, EndedBy, MessageRecord, Outcome,
};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::metrics::{ALL, MetricKind};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The most lines of the README: what a reader takes in who looks in for the first time.
const README_LINES_MAX: usize = 200;
/// Words that begin like figures and are names of the dialplan.
const OF_THE_DIALPLAN: [&str; 2] = ["hotlined_fallback", "hotlined_number"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The lines outside of fenced code, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        if !fenced && !is_fence {
            lines.push((number, line));
        }
    }
    lines
}

/// The level and the text of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = line.get(level..)?.strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

/// The targets of the inline links of a line. What stands in backticks is no link.
fn targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', ']']) {
        if rest[at..].starts_with('`') {
            let ticks = rest[at..].bytes().take_while(|byte| *byte == b'`').count();
            let (fence, inside) = rest[at..].split_at(ticks);
            rest = inside.split_once(fence).map_or("", |(_, behind)| behind);
        } else if let Some((target, behind)) =
            rest[at..].strip_prefix("](").and_then(|behind| behind.split_once(')'))
        {
            targets.extend(target.split_whitespace().next());
            rest = behind;
        } else {
            rest = &rest[at + 1..];
        }
    }
    targets
}

/// A heading as it is read: of a link its text, and no marks.
fn as_read(heading: &str) -> String {
    let mut read = String::new();
    let mut rest = heading;
    while let Some(at) = rest.find("](") {
        let behind = rest[at..].split_once(')').map_or("", |(_, behind)| behind);
        let before = &rest[..at];
        let bracket = before.rfind('[').unwrap_or_default();
        read.push_str(&before[..bracket]);
        read.push_str(before[bracket..].trim_start_matches('['));
        rest = behind;
    }
    read.push_str(rest);
    read
}

/// The anchor that GitHub gives a heading: small letters of any script, digits, `_` and `-`; spaces become `-`.
fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let small = as_read(heading).to_lowercase();
    small.trim().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// All anchors of a page; headings that are the same are counted.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (_, text) in prose(text).into_iter().filter_map(|(_, line)| heading(line)) {
        let slug = slug(text);
        let before = seen.entry(slug.clone()).or_default();
        anchors.insert(if *before == 0 { slug } else { format!("{slug}-{before}") });
        *before += 1;
    }
    anchors
}

/// All Markdown files below a folder, by their path in it. Hidden folders and what is built are passed over.
fn pages(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" {
                    open.push(path);
                }
            } else if name.ends_with(".md") {
                let text = fs::read_to_string(&path).unwrap();
                pages.insert(path.strip_prefix(root).unwrap().to_owned(), text);
            }
        }
    }
    pages
}

/// A path without `.` and `..`; none where it leads out of the root.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => plain.push(part),
            Component::CurDir => {}
            Component::ParentDir if plain.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

/// What the links of a folder come to.
#[derive(Default)]
struct Links {
    /// From page to page.
    ways: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    broken: Vec<String>,
    count: usize,
}

/// Follows all relative links of all pages.
fn links(root: &Path) -> Links {
    let pages = pages(root);
    let mut links = Links::default();
    for (page, text) in &pages {
        for (number, line) in prose(text) {
            for target in targets(line).into_iter().filter(|target| !target.contains("://")) {
                links.count += 1;
                let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
                let beside = page.parent().unwrap_or(Path::new("")).join(file);
                let to = if file.is_empty() { Some(page.clone()) } else { plain(&beside) };
                let to = to.filter(|to| root.join(to).exists());
                let good = to.as_ref().is_some_and(|to| {
                    anchor.is_empty() || pages.get(to).is_some_and(|text| anchors(text).contains(anchor))
                });
                if !good {
                    links.broken.push(format!("{}:{number}: {target}", page.display()));
                }
                links.ways.entry(page.clone()).or_default().extend(to);
            }
        }
    }
    links
}

/// All pages that a reader comes to from this one.
fn reached(from: &str, links: &Links) -> BTreeSet<PathBuf> {
    let mut seen = BTreeSet::from([PathBuf::from(from)]);
    let mut open = vec![PathBuf::from(from)];
    while let Some(page) = open.pop() {
        for to in links.ways.get(&page).into_iter().flatten() {
            if seen.insert(to.clone()) {
                open.push(to.clone());
            }
        }
    }
    seen
}

#[test]
fn a_slug_is_githubs() {
    for (heading, expected) in [
        ("Where to read on", "where-to-read-on"),
        ("What dies, and what then?", "what-dies-and-what-then"),
        ("`[[agents]]`", "agents"),
        ("`[flow]` and `[nodes.NAME]`", "flow-and-nodesname"),
        ("`ended_by`", "ended_by"),
        ("`explain`: a past call", "explain-a-past-call"),
        ("Ringback (彩铃) by hour", "ringback-彩铃-by-hour"),
        ("Two  spaces - and a dash", "two--spaces---and-a-dash"),
        ("See [the page](page.md#there) and **more**", "see-the-page-and-more"),
    ] {
        assert_eq!(slug(heading), expected, "{heading}");
    }
    let twice = "# A\n## B\n```toml\n# no heading\n```\n## B\n#no heading\n";
    assert_eq!(anchors(twice), ["a", "b", "b-1"].map(str::to_owned).into());
}

#[test]
fn a_link_is_found_outside_of_code_only() {
    let line =
        "[a](one.md) `[b](two.md)` and ``[c](`x`)`` then [`d`](three.md#x \"title\"), [e] (no), [f][g]";
    assert_eq!(targets(line), ["one.md", "three.md#x"]);
}

#[test]
fn a_broken_link_is_found_with_its_place() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("docs/.hidden")).unwrap();
    let readme =
        "# Title\n[good](docs/a.md#部分-b) [gone](docs/b.md)\n\n[none](docs/a.md#c) [here](#title)\n";
    for (name, text) in [
        ("README.md", readme),
        (
            "docs/a.md",
            "# A\n## 部分 B\n[up](../README.md) [out](../../README.md) [folder](../docs) [web](https://a.b/c)\n",
        ),
        ("docs/alone.md", "# Alone\n"),
        ("docs/.hidden/a.md", "[gone](gone.md)\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let links = links(&folder);
    let broken = ["README.md:2: docs/b.md", "README.md:4: docs/a.md#c", "docs/a.md:3: ../../README.md"];
    assert_eq!(links.broken, broken);
    assert_eq!(links.count, 7);
    let reached = reached("README.md", &links);
    assert!(reached.contains(Path::new("docs/a.md")) && !reached.contains(Path::new("docs/alone.md")));
}

#[test]
fn every_link_goes_somewhere_and_every_page_is_reached() {
    let links = links(root());
    assert!(links.count > 100, "{}", links.count);
    assert!(links.broken.is_empty(), "\n{}", links.broken.join("\n"));
    let reached = reached("README.md", &links);
    let pages = pages(root());
    let lost: Vec<_> =
        pages.keys().filter(|page| page.starts_with("docs") && !reached.contains(*page)).collect();
    assert!(lost.is_empty(), "no page leads to {lost:?}");
    assert!(pages.keys().filter(|page| page.starts_with("docs")).count() >= 10);
}

#[test]
fn every_example_of_toml_is_toml() {
    let mut count = 0;
    for (page, text) in pages(root()) {
        for example in text.split("```toml\n").skip(1) {
            count += 1;
            let example = example.split("```").next().unwrap();
            let read = example.parse::<toml::Table>();
            read.unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        }
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn the_readme_is_short() {
    let lines = text("README.md").lines().count();
    assert!(lines <= README_LINES_MAX, "{lines} lines: move something to docs/");
}

/// The rows of a page's tables below a heading of this text, down to the next heading that is not deeper; each row as
/// its cells. `None` is the whole page.
fn rows<'t>(page: &'t str, below: Option<&str>) -> Vec<Vec<&'t str>> {
    let mut inside = below.is_none();
    let mut level_of = 0;
    let mut found = below.is_none();
    let mut rows = Vec::new();
    for (_, line) in prose(page) {
        if let (Some(wanted), Some((level, text))) = (below, heading(line)) {
            if text == wanted {
                (inside, found, level_of) = (true, true, level);
            } else if level <= level_of {
                inside = false;
            }
        }
        if inside && line.starts_with('|') {
            rows.push(line.trim_matches('|').split('|').map(str::trim).collect());
        }
    }
    assert!(found, "there is no heading {below:?}");
    rows
}

/// The words in backticks.
fn coded(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_figure_stands_in_the_operations_with_its_type_and_labels() {
    let page = text("docs/operations.md");
    let rows = rows(&page, Some("Every figure"));
    for meter in ALL {
        let name = format!("`{}`", meter.name);
        let row = rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name} is not there"));
        let kind = match meter.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram(_) => "histogram",
        };
        assert!(row[1].starts_with(kind), "{name} is a {kind}: {row:?}");
        for label in meter.labels {
            assert!(coded(row[2]).contains(label), "{name} has the label {label}: {row:?}");
        }
        assert!(row[2].is_empty() == meter.labels.is_empty(), "{name}: {row:?}");
    }
}

#[test]
fn every_figure_that_a_page_names_is_one() {
    let mut names: BTreeSet<String> = OF_THE_DIALPLAN.map(str::to_owned).into();
    // The crates begin as the figures do.
    let crates = ["config", "core", "esl", "instance", "sim", "simulator"];
    names.extend(crates.map(|member| format!("hotlined_{member}")));
    for meter in ALL {
        names.insert(meter.name.to_owned());
        if let MetricKind::Histogram(_) = meter.kind {
            names.extend(["_bucket", "_sum", "_count"].map(|suffix| format!("{}{suffix}", meter.name)));
        }
    }
    let mut found = 0;
    for (page, text) in pages(root()) {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("hotlined_")) {
            found += 1;
            assert!(names.contains(word), "{}: {word} is no figure", page.display());
        }
    }
    assert!(found > 40, "{found}");
}

/// Which tables of the schema stand below which headings of the page; all others stand anywhere on it.
const SECTIONS: [(&str, &[&str]); 17] = [
    // A table of hours may stand under its key alone, without a name.
    ("", &["Top of the file", "`[hours]`"]),
    ("agent", &["`[[agents]]`"]),
    ("group", &["`[groups.NAME]`"]),
    ("hours_table", &["`[hours]`"]),
    ("access", &["`[access]`"]),
    ("frequency", &["`[access]`"]),
    ("ringback_rule", &["`[[ringbacks]]`"]),
    ("before", &["`[before]`"]),
    ("menu", &["`[menu]`", "How keys are asked for"]),
    ("queue", &["`[queue]`"]),
    ("voicemail", &["`[voicemail]`"]),
    ("survey", &["`[survey]`", "How keys are asked for"]),
    ("sms", &["`[sms]`"]),
    ("sms_message", &["`[[sms.messages]]`"]),
    ("limits", &["`[limits]`"]),
    ("codes", &["`[codes.NAME]`"]),
    ("flow", &["`[flow]` and `[nodes.NAME]`"]),
];

/// The keys of the top of a file that are sections, each with its heading.
const SECTION_KEYS: [&str; 16] = [
    "access",
    "agents",
    "before",
    "codes",
    "flow",
    "groups",
    "hours",
    "limits",
    "menu",
    "nodes",
    "notices",
    "queue",
    "ringbacks",
    "sms",
    "survey",
    "voicemail",
];

/// A number as the pages write it: 1,000.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Every key of a schema's table, also of tables that stand within it.
fn keys<'s>(table: &'s Value, found: &mut Vec<(&'s str, &'s Value)>) {
    match table {
        Value::Object(fields) => {
            for (key, value) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
                found.push((key, value));
            }
            fields.values().for_each(|value| keys(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The tables of a schema by name; that of the whole file has none.
fn tables(schema: &Map<String, Value>) -> BTreeMap<String, Value> {
    let mut tables: BTreeMap<String, Value> =
        schema["$defs"].as_object().unwrap().clone().into_iter().collect();
    let mut file = schema.clone();
    file.remove("$defs");
    tables.insert(String::new(), Value::Object(file));
    tables
}

#[test]
fn every_key_of_a_hotline_file_stands_in_its_reference_with_its_limits_and_words() {
    let page = text("docs/hotline-file.md");
    let whole = rows(&page, None);
    let schema: Map<String, Value> = serde_json::from_str(&schema()).unwrap();
    let tables = tables(&schema);
    let mut missing = Vec::new();
    let mut count = 0;
    for (table, form) in &tables {
        let headings = SECTIONS.iter().find(|(name, _)| name == table).map(|(_, headings)| *headings);
        let below = match headings {
            Some(headings) => headings.iter().flat_map(|heading| rows(&page, Some(heading))).collect(),
            None => whole.clone(),
        };
        let mut found = Vec::new();
        keys(form, &mut found);
        for (key, form) in found {
            count += 1;
            if table.is_empty() && SECTION_KEYS.contains(&key) {
                let named = |heading: &str| {
                    let name = heading.trim_matches(|c| matches!(c, '`' | '[' | ']'));
                    name == key || name.split('.').next() == Some(key)
                };
                let headings = prose(&page).into_iter().filter_map(|(_, line)| heading(line));
                let all = headings.flat_map(|(_, text)| coded(text)).any(named);
                if !all {
                    missing.push(format!("{key} has no heading"));
                }
                continue;
            }
            let of_key: Vec<_> = below
                .iter()
                .filter(|row| row.iter().take(3).any(|cell| coded(cell).contains(&key)))
                .collect();
            if of_key.is_empty() {
                missing.push(format!("{key} of {table:?}"));
            }
            if let (Some(min), Some(max)) = (form["minimum"].as_u64(), form["maximum"].as_u64()) {
                // What a section takes from the top of the file has its limits there.
                let limits = format!("{} to {}", grouped(min), grouped(max));
                let elsewhere = whole.iter().filter(|row| coded(row[0]).contains(&key));
                let mut rows = of_key.into_iter().chain(elsewhere);
                if !rows.any(|row| row.iter().any(|cell| cell.contains(&limits))) {
                    missing.push(format!("{key} of {table:?}: {limits}"));
                }
            }
            for word in form["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !page.contains(&format!("`{word}`")) && !page.contains(&format!("\"{word}\"")) {
                    missing.push(format!("{key} of {table:?}: {word}"));
                }
            }
        }
    }
    assert!(count > 150, "{count}");
    assert!(missing.is_empty(), "docs/hotline-file.md lacks\n{}", missing.join("\n"));
    for (table, _) in SECTIONS {
        assert!(tables.contains_key(table), "the schema has no {table}");
    }
}

/// A record in which nothing is left out. A field that is new does not compile until it stands here.
fn record() -> CallRecord {
    let name = |name: &str| RecordingName::new(name).unwrap();
    CallRecord {
        closed: true,
        call: "678f058a-9c39-42fc-a2c7-b8ee02fa34f6".parse().unwrap(),
        switch: SwitchId("fs1".into()),
        dialled: "4008001234".to_owned(),
        hotline: Some("4008001234".into()),
        hotline_version: Some(Version(1)),
        caller: "13800138000".to_owned(),
        outcome: Outcome::Answered,
        ended_by: EndedBy::Caller,
        cause: hotlined_core::cause::Cause::Normal,
        arrived: Instant(1),
        billing_start: Some(Instant(2)),
        ended: Instant(3),
        wait: Millis(1),
        talk: Millis(1),
        agent: Some("01".into()),
        refused: Some(RefusalReason::Area),
        path: vec!["agents".into()],
        entered: BTreeMap::from([("order".into(), "1".to_owned())]),
        marks: BTreeMap::from([("language".into(), "zh".into())]),
        queued: Millis(1),
        recording: Some(name("a.wav")),
        message: Some(MessageRecord { file: name("b.wav"), length: Millis(1) }),
        score: Some(1),
        call_back: Some(CallBackRecord {
            asked: Instant(1),
            called: Some(Instant(2)),
            answered: Some(Instant(3)),
        }),
        attempts: vec![AttemptRecord {
            agent: "01".into(),
            leg: Some("678f058a-9c39-42fc-a2c7-b8ee02fa34f7".parse().unwrap()),
            started: Instant(1),
            ringing: Some(Instant(2)),
            answered: Some(Instant(3)),
            ended: Instant(4),
            outcome: AttemptOutcome::Talked,
        }],
    }
}

/// The fields that have a table of their own, and its heading.
const WITHIN: [(&str, &str); 3] =
    [("message", "In `message`"), ("call_back", "In `call_back`"), ("attempts", "In each of `attempts`")];

#[test]
fn every_field_of_a_call_record_stands_on_its_page_and_no_other() {
    let page = text("docs/call-record.md");
    let documented = |heading: &str| -> BTreeSet<String> {
        let rows = rows(&page, Some(heading));
        rows.iter().flat_map(|row| coded(row[0])).map(str::to_owned).collect()
    };
    let names = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let record = serde_json::to_value(record()).unwrap();
    let mut all: BTreeSet<String> = names(&record);
    for (field, heading) in WITHIN {
        let within = record[field].get(0).unwrap_or(&record[field]);
        assert_eq!(documented(heading), names(within), "{heading}");
        all.extend(names(within));
    }
    // Tables below the heading of all fields are in it, too.
    assert_eq!(documented("Fields"), all);
    // A field that has fields of its own has a heading above.
    for (field, value) in record.as_object().unwrap() {
        let has_fields = value.is_object() || value.get(0).is_some_and(Value::is_object);
        let free = ["entered", "marks"].contains(&field.as_str());
        assert_eq!(has_fields && !free, WITHIN.iter().any(|(name, _)| name == field), "{field}");
    }
}

#[test]
fn the_example_of_a_call_record_is_one() {
    let page = text("docs/call-record.md");
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let read: CallRecord = serde_json::from_str(example).unwrap();
    let shown: Value = serde_json::from_str(example).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), shown);
}
