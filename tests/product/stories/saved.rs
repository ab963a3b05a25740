//! Calls that were saved by this version and by those released before it, one of each stage, are taken up and can be
//! brought to their end. `tests/saved` has a folder for each version; what stands there is never written again.
//! A version that saves calls in another way begins a folder of its own, with `HOTLINED_SAVE=1`.

use super::story::{self, Home};
use hotlined_core::call::{Limits, Switchboard};
use hotlined_core::command::{Command, Note};
use hotlined_core::event::{Event, RawSavedCall};
use hotlined_core::hotline::Hotline;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Long after every story.
const LATER: Instant = Instant(1_900_000_000_000);
/// All but the admission, which is over within a turn where the store is embedded.
const STAGES: [&str; 13] = [
    "announce",
    "callback",
    "closing",
    "connect",
    "ending",
    "hunt",
    "menu",
    "queue",
    "survey",
    "talk",
    "verify",
    "voicemail",
    "whisper",
];

fn saved() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/saved")
}

/// One call of each stage, out of the stories, with the hotline it follows.
fn of_this_version() -> BTreeMap<String, (Vec<u8>, Option<Arc<Hotline>>)> {
    let home = Home::new();
    let mut stories: Vec<PathBuf> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "story"))
        .collect();
    stories.sort();
    let mut calls: BTreeMap<String, (Vec<u8>, Option<Arc<Hotline>>)> = BTreeMap::new();
    for path in stories {
        let kept = story::kept(&fs::read_to_string(&path).unwrap(), &home);
        for (stage, live) in kept.unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            // The longest says most.
            let longest = calls.get(&stage).map_or(0, |(bytes, _)| bytes.len());
            if live.bytes.len() > longest {
                calls.insert(stage, (live.bytes, live.hotline));
            }
        }
    }
    calls
}

/// Takes the call up and gives the notes; and, if it was, its stage and the end it comes to where its switch has none
/// of its legs any more.
fn taken_up(bytes: &[u8], hotline: Option<Arc<Hotline>>) -> (Vec<Note>, Option<String>, usize) {
    let mut switchboard =
        Switchboard::new(Limits { live_max: 9, fallback_after: Millis::seconds(5), publishes: false });
    let mut out = Vec::new();
    let calls = vec![RawSavedCall::from_bytes(bytes).unwrap()];
    switchboard.handle(
        LATER,
        &Event::CallsTakenOver { calls, hotlines: hotline.into_iter().collect() },
        &mut out,
    );
    let note = |command| if let Command::Note { note, .. } = command { Some(note) } else { None };
    let notes = out.drain(..).filter_map(note).collect();
    let stage = switchboard.stages().next().map(|(_, stage)| format!("{stage:?}").to_lowercase());
    let switch = SwitchId("fs1".into());
    switchboard.handle(LATER, &Event::LinkRestored { switch, connection: 7, legs: Vec::new() }, &mut out);
    for seconds in 1..600 {
        if switchboard.deadline().is_some_and(|at| at <= LATER + Millis::seconds(seconds)) {
            switchboard.handle(LATER + Millis::seconds(seconds), &Event::Due, &mut out);
        }
    }
    let records = out.iter().filter(|command| matches!(command, Command::Record(_))).count();
    assert_eq!(switchboard.live_count() + records, usize::from(stage.is_some()), "{out:?}");
    (notes, stage, records)
}

#[test]
fn every_stage_of_this_version_can_be_saved_and_taken_up() {
    let calls = of_this_version();
    assert_eq!(calls.keys().collect::<Vec<_>>(), STAGES.iter().collect::<Vec<_>>());
    if std::env::var_os("HOTLINED_SAVE").is_some() {
        let folder = saved().join(env!("CARGO_PKG_VERSION"));
        fs::create_dir_all(&folder).unwrap();
        for (stage, (bytes, hotline)) in &calls {
            fs::write(folder.join(format!("{stage}.call")), bytes).unwrap();
            let hotline = serde_json::to_string_pretty(hotline).unwrap();
            fs::write(folder.join(format!("{stage}.hotline.json")), hotline + "\n").unwrap();
        }
    }
    for (stage, (bytes, hotline)) in calls {
        let (notes, there, _) = taken_up(&bytes, hotline);
        assert_eq!((notes, there.as_deref()), (vec![], Some(&*stage)));
    }
}

#[test]
fn what_released_versions_saved_is_taken_up_and_comes_to_its_end() {
    let versions: Vec<PathBuf> = fs::read_dir(saved()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!versions.is_empty());
    for folder in versions {
        for stage in STAGES {
            let bytes = fs::read(folder.join(format!("{stage}.call"))).unwrap();
            let hotline = fs::read_to_string(folder.join(format!("{stage}.hotline.json"))).unwrap();
            let hotline: Option<Arc<Hotline>> = serde_json::from_str(&hotline).unwrap();
            let (notes, there, records) = taken_up(&bytes, hotline.clone());
            assert_eq!((notes, there.as_deref()), (vec![], Some(stage)), "{}", folder.display());
            // One who will be called back has no leg that could be gone, and is awaited still.
            assert!(records == 1 || stage == "callback", "{}: {stage}", folder.display());
            // Cut off anywhere, it is no call; nothing panics.
            for end in 0..bytes.len() {
                assert!(RawSavedCall::from_bytes(&bytes[..end]).is_err(), "{stage} cut at {end}");
            }
        }
    }
}

#[test]
fn a_call_of_another_format_or_of_an_unknown_hotline_is_refused_in_words() {
    let (bytes, hotline) = of_this_version().remove("talk").unwrap();
    let mut kept = RawSavedCall::from_bytes(&bytes).unwrap();
    kept.format = 99;
    let foreign = rmp_serde::to_vec_named(&kept).unwrap();
    let why = |bytes: &[u8], hotline| match &taken_up(bytes, hotline).0[..] {
        [Note::TakeOverFailed { error: why }] => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(why(&foreign, hotline).contains("was saved in format 99, and this version knows 2"));
    assert!(why(&bytes, None).contains("which is not here"));
    kept.format = 2;
    kept.state["facts"]["caller"] = 7.into();
    let damaged = rmp_serde::to_vec_named(&kept).unwrap();
    assert!(why(&damaged, None).contains("cannot be read: invalid type"));
}
