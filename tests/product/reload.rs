//! Hotlines, and what else an operator changes, loaded again, in a real folder with real changes, and on a real SIGHUP.

use hotlined::daemon::config_source::{ConfigSource, HotlineFolder, NumbersFile};
use hotlined::daemon::numbers_file::save;
use hotlined::daemon::source_watch::{LoadResult, SourceWatch};
use hotlined_config::SoundFolder;
use hotlined_core::number::{import, normalise};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

/// How long a change may take to be told before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

fn shop(name: &str) -> String {
    format!("number = \"4008001234\"\nname = \"{name}\"\n[[agents]]\nid = \"01\"\nphone = \"13900000001\"\n")
}

fn watch(folder: &Path) -> Receiver<LoadResult<HotlineFolder>> {
    watch_source(HotlineFolder { folder: folder.to_owned(), sounds: SoundFolder::new(folder, folder) })
}

fn watch_source<S: ConfigSource>(source: S) -> Receiver<LoadResult<S>> {
    let watch = SourceWatch::begin(source.clone()).unwrap();
    let first = Arc::new(source.load().ok().expect("a good beginning"));
    let (tell, told) = channel(1);
    tokio::spawn(watch.run(first, tell));
    told
}

async fn next<T>(told: &mut Receiver<T>) -> T {
    timeout(PATIENCE, told.recv()).await.expect("nothing was told").expect("the watch ended")
}

fn name(loaded: &LoadResult<HotlineFolder>) -> String {
    loaded.as_ref().unwrap().get("4008001234").unwrap().name.to_string()
}

/// Writes a file as editors and deployments do: whole, under another name, then moved into its place.
fn put(file: &Path, text: &str) {
    let new = file.with_file_name(".new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

#[tokio::test]
async fn changes_faults_and_repairs_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    put(&file, &shop("First"));
    let mut told = watch(folder.path());

    put(&file, &shop("Second"));
    assert_eq!(name(&next(&mut told).await), "Second");

    put(&file, "number = ");
    assert_eq!(next(&mut told).await.unwrap_err().len(), 1);

    // Written in place, a file may be read half: that is a fault, and the rest follows.
    fs::write(&file, shop("Third")).unwrap();
    while next(&mut told).await.as_ref().is_err() {}

    // What makes no difference is not told: the next word is of the change after it.
    put(&folder.path().join("shop.toml~"), "a backup");
    put(&file, &format!("# A comment\n{}", shop("Third")));
    put(&folder.path().join("other.toml"), &shop("Other").replace("1234", "5678"));
    assert_eq!(next(&mut told).await.unwrap().len(), 2);

    fs::remove_file(folder.path().join("other.toml")).unwrap();
    assert_eq!(next(&mut told).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_folder_made_anew_is_watched_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("hotlines");
    fs::create_dir(&folder).unwrap();
    put(&folder.join("shop.toml"), &shop("First"));
    let mut told = watch(&folder);

    fs::remove_dir_all(&folder).unwrap();
    // Told as unreadable, perhaps after being seen empty.
    while !next(&mut told).await.unwrap_err()[0].to_string().contains("cannot be read") {}

    fs::create_dir(&folder).unwrap();
    put(&folder.join("shop.toml"), &shop("Second"));
    while next(&mut told).await.is_err() {}
    put(&folder.join("shop.toml"), &shop("Third"));
    assert_eq!(name(&next(&mut told).await), "Third");
}

#[tokio::test]
async fn a_sighup_is_always_answered() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.toml"), shop("First")).unwrap();
    let mut told = watch(folder.path());
    for _ in 0..2 {
        let sent = Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(name(&next(&mut told).await), "First");
    }
}

#[tokio::test]
async fn of_a_file_only_its_own_changes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("numbers.json");
    let table = |city: &str| {
        let text = format!("prefix,province,city\n1380013,{city},{city}\n");
        import::read(text.as_bytes(), "new.csv").unwrap().table
    };
    save(&table("北京"), &file).unwrap();
    let mut told = watch_source(NumbersFile(file.clone()));
    // Records and journals may lie beside it, and grow with each call.
    put(&folder.path().join("records.jsonl"), "a record");
    save(&table("上海"), &file).unwrap();
    let city = |loaded: &LoadResult<NumbersFile>| {
        let number = normalise("13800138000", None);
        loaded.as_ref().unwrap().locate(&number).city.unwrap().short()
    };
    assert_eq!(city(&next(&mut told).await), "上海");
    // The same again is no change; nor is a file that is there for a moment only.
    save(&table("上海"), &file).unwrap();
    put(&file, "{}");
    let fault = next(&mut told).await.unwrap_err().remove(0);
    assert!(fault.to_string().contains("numbers.json:1:2: missing field"), "{fault}");
    save(&table("天津"), &file).unwrap();
    assert_eq!(city(&next(&mut told).await), "天津");
}
