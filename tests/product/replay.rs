//! Captures of real calls drive the decoder and the core again: whatever the pieces, the same commands, the same
//! as were written down, and the same as the daemon gave when the capture was taken.
//!
//! `HOTLINED_REWRITE=1` rewrites what is expected; read the diff. The captures themselves come from
//! `tests/real_freeswitch`.

use hotlined::replay::{ReplayOptions, ReplayReport, replay};
use hotlined_config::{SoundFolder, load};
use hotlined_core::call::Limits;
use hotlined_core::id::SwitchId;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The captures, without `.jsonl`.
fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/real");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut captures: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .map(|path| path.with_extension(""))
        .collect();
    captures.sort();
    assert!(captures.len() >= 10, "{captures:?}");
    captures
}

fn name(capture: &Path) -> String {
    capture.file_name().unwrap().to_string_lossy().into_owned()
}

fn replayed(capture: &Path, chunk: Option<usize>) -> ReplayReport {
    let folder = capture.parent().unwrap().join("hotlines").join(name(capture));
    // The laboratory's sounds are tones, and here they are as short as they can be: only that they are there counts.
    let sounds = capture.parent().unwrap().join("sounds");
    let hotlines = load(&folder, &SoundFolder::new(&sounds, "/lab/daemon/sounds")).unwrap();
    let switch = SwitchId("fs1".into());
    let options =
        ReplayOptions { hotlines: Arc::new(hotlines), switch, limits: Limits::default(), chunk_bytes: chunk };
    replay(&fs::read(capture.with_extension("jsonl")).unwrap(), &options).unwrap()
}

/// The lines of a text of commands, by call.
fn by_call<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, Vec<Value>> {
    let mut calls: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines {
        let out = serde_json::from_str::<Value>(line).unwrap()["out"].take();
        let (_, command) = out.as_object().unwrap().iter().next().unwrap();
        let id = command["call"].as_str().or_else(|| command["id"].as_str()).unwrap();
        let call = id.rsplit_once('/').map_or(id, |(call, _)| call).to_owned();
        calls.entry(call).or_default().push(out);
    }
    calls
}

/// What of a command does not depend on the very millisecond in which the daemon's own clock woke it: renewals
/// of the fallback are left out, and with them the running numbers; of a record, the times, and the hotline's
/// version, which differs with every new form of hotlines.
fn timeless(mut out: Value) -> Option<Value> {
    if let Some(order) = out.get_mut("switch").and_then(Value::as_object_mut) {
        order.remove("id");
        return order["action"].get("keep_fallback").is_none().then_some(out);
    }
    if let Some(store) = out.get_mut("store").and_then(Value::as_object_mut) {
        store.remove("id");
        for request in store["request"].as_object_mut().into_iter().flat_map(|request| request.values_mut()) {
            // The number of a claim, and since when it waits.
            if let Some(claim) = request.as_object_mut() {
                claim.remove("claim");
                claim.remove("wait");
            }
        }
    }
    if let Some(record) = out.get_mut("record").and_then(Value::as_object_mut) {
        for time in ["arrived", "ended", "wait", "talk", "queued", "hotline_version"] {
            record.remove(time);
        }
        // The daemons of these captures did not have this field yet.
        record.entry("closed").or_insert(false.into());
        record["billing_start"] = record["billing_start"].is_null().into();
        if let Some(message) = record.get_mut("message").and_then(Value::as_object_mut) {
            message.remove("length");
        }
        for attempt in record["attempts"].as_array_mut().unwrap() {
            for time in ["started", "ended"] {
                attempt.as_object_mut().unwrap().remove(time);
            }
            for time in ["ringing", "answered"] {
                attempt[time] = attempt[time].is_null().into();
            }
        }
    }
    Some(out)
}

/// Recordings lie by days, and a replay lives in 1970.
fn dayless(text: &str) -> String {
    let is_day = |part: &&str| {
        part.len() == 10
            && part.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    let parts: Vec<&str> = text.split('/').map(|part| if is_day(&part) { "day" } else { part }).collect();
    parts.join("/")
}

#[test]
fn any_chunking_gives_the_commands_that_were_written_down() {
    for capture in captures() {
        let whole = replayed(&capture, None);
        let told: String = whole.lines.iter().map(|line| format!("{line}\n")).collect();
        for chunk in [1, 7, 4_096] {
            let other = replayed(&capture, Some(chunk));
            assert!(other.lines == whole.lines, "{} by {chunk}", name(&capture));
        }
        let file = capture.with_extension("expected");
        if std::env::var_os("HOTLINED_REWRITE").is_some() {
            fs::write(&file, &told).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(told, expected, "HOTLINED_REWRITE=1 rewrites {}; read the diff", file.display());
    }
}

#[test]
fn every_call_ends_in_one_record() {
    for capture in captures() {
        let replayed = replayed(&capture, None);
        assert_eq!(replayed.live, 0, "{}", name(&capture));
        for (call, commands) in by_call(replayed.lines.iter().map(String::as_str)) {
            let records = commands.iter().filter(|out| out.get("record").is_some()).count();
            // A leg that nobody knows any more is hung up; it makes no call.
            let is_orphan = commands.len() == 1 && commands[0]["switch"]["action"].get("hang_up").is_some();
            assert_eq!(records, usize::from(!is_orphan), "{}: {call}: {commands:#?}", name(&capture));
        }
    }
}

#[test]
fn a_replay_does_what_the_daemon_did() {
    for capture in captures() {
        let replayed = replayed(&capture, None);
        let live = fs::read_to_string(capture.with_extension("live")).unwrap();
        let timeless = |lines: &mut dyn Iterator<Item = &str>| -> BTreeMap<String, Vec<String>> {
            let calls = by_call(lines).into_iter();
            calls
                .map(|(call, outs)| {
                    let outs = outs.into_iter().filter_map(timeless);
                    (call, outs.map(|out| dayless(&out.to_string())).collect())
                })
                .collect()
        };
        let did = timeless(&mut live.lines());
        let would = timeless(&mut replayed.lines.iter().map(String::as_str));
        assert_eq!(did.keys().collect::<Vec<_>>(), would.keys().collect::<Vec<_>>(), "{}", name(&capture));
        for (call, did) in &did {
            assert_eq!(did, &would[call], "{}: {call}", name(&capture));
        }
    }
}
