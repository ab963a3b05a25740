//! Every file in `tests/stories` is a call, told as text: a line that begins with `<` is something that
//! happened, a line that begins with `>` is what we did about it. `HOTLINED_REWRITE=1` writes the answers
//! anew; read the difference before you commit it.
//!
//! Each story is told twice: once as it stands, and once with every call saved and loaded again between any
//! two events. Both must answer the same, byte for byte.

#![allow(clippy::unwrap_used)]

mod story;

use std::fs;
use std::path::PathBuf;
use story::Telling;

fn stories() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "story"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn every_story_is_answered_as_written() {
    let rewrite = std::env::var_os("HOTLINED_REWRITE").is_some();
    let (home, mut differing) = (story::Home::new(), Vec::new());
    for path in stories() {
        let written = fs::read_to_string(&path).unwrap();
        let told = story::tell(&written, Telling::Straight, &home)
            .unwrap_or_else(|error| panic!("{path:?}: {error}"));
        if rewrite {
            fs::write(&path, &told).unwrap();
        } else if told != written {
            differing.push(format!("{}\n{}", path.display(), story::difference(&written, &told)));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_story_is_answered_the_same_with_each_call_saved_and_loaded_between_any_two_events() {
    let home = story::Home::new();
    for path in stories() {
        let written = fs::read_to_string(&path).unwrap();
        let straight = story::tell(&written, Telling::Straight, &home).unwrap();
        let reloaded = story::tell(&written, Telling::Reloading, &home).unwrap();
        assert!(straight == reloaded, "{path:?}: {}", story::difference(&straight, &reloaded));
    }
}
