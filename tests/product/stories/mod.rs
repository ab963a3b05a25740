//! Every file in `tests/stories` is a call, told as text: a line that begins with `<` is something that
//! happened, a line that begins with `>` is what we did about it. `HOTLINED_REWRITE=1` writes the answers
//! anew; read the difference before you commit it.
//!
//! Each story is told twice: once as it stands, and once with every call saved and loaded again between any
//! two events. Both must answer the same, byte for byte.

mod saved;
mod story;

use std::fs;
use std::path::PathBuf;
use story::{Home, Telling};

fn stories() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "story"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// What is wrong with the stories, each by its file.
fn each_story(wrong: impl Fn(&PathBuf, &str, &Home) -> Result<(), String>) {
    let home = Home::new();
    let told = |path: PathBuf| {
        let written = fs::read_to_string(&path).unwrap();
        wrong(&path, &written, &home).err().map(|error| format!("{}\n  {error}", path.display()))
    };
    let faults: Vec<String> = stories().into_iter().filter_map(told).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_story_is_answered_as_written() {
    let rewrite = std::env::var_os("HOTLINED_REWRITE").is_some();
    each_story(|path, written, home| {
        let told = story::tell(written, Telling::Straight, home)?;
        if rewrite {
            fs::write(path, &told).unwrap();
        } else if told != written {
            return Err(story::difference(written, &told));
        }
        Ok(())
    });
}

#[test]
fn every_story_is_answered_the_same_with_each_call_saved_and_loaded_between_any_two_events() {
    each_story(|_, written, home| {
        let straight = story::tell(written, Telling::Straight, home)?;
        let reloaded = story::tell(written, Telling::Reloading, home)?;
        if straight == reloaded { Ok(()) } else { Err(story::difference(&straight, &reloaded)) }
    });
}
