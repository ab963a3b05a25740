//! `hotlined check` as an operator runs it: what it prints, and how it ends.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests, which clippy does not see.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `hotlined check` in a folder with nothing of the tester's own environment.
fn check(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    command.arg("check").args(args).current_dir(folder).env_clear().output().unwrap()
}

/// Compares with the file of expected output; with `HOTLINED_REWRITE=1` writes it.
fn expect(name: &str, output: &Output) {
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    let told = told.replace(&root().display().to_string(), "<root>");
    let file = root().join("tests/hotlines").join(name);
    if std::env::var_os("HOTLINED_REWRITE").is_some() {
        fs::write(&file, &told).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(told, expected, "HOTLINED_REWRITE=1 rewrites {}; read the diff", file.display());
}

#[test]
fn every_mistake_is_told_with_its_place_and_remedy() {
    let output = check(&root().join("tests/hotlines"), &["mistakes"]);
    assert_eq!(output.status.code(), Some(1));
    expect("mistakes.txt", &output);
}

#[test]
fn machines_are_told_the_same_in_json() {
    let output = check(&root().join("tests/hotlines"), &["--json", "mistakes"]);
    assert_eq!(output.status.code(), Some(1));
    let text = check(&root().join("tests/hotlines"), &["mistakes"]);
    let text = String::from_utf8(text.stdout).unwrap();
    let mut lines = text.lines();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let fault: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut told = fault["file"].as_str().unwrap().to_owned();
        if fault["line"].is_u64() {
            told += &format!(":{}:{}", fault["line"], fault["column"]);
        }
        for part in [&fault["key"], &fault["message"]] {
            match part.as_str().unwrap() {
                "" => {}
                part => told += &format!(": {part}"),
            }
        }
        assert_eq!(Some(told.as_str()), lines.next());
    }
    assert_eq!(lines.count(), 1, "only the summary is left");
}

#[test]
fn every_key_and_few_keys_are_valid() {
    let output = check(&root().join("tests/hotlines"), &["valid"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "2 hotlines, 3 agents: all valid\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_shipped_examples_are_valid() {
    // As the README has it: the settings, the sounds and the hotlines in one folder.
    let home = tempfile::tempdir().unwrap();
    fs::copy(root().join("deploy/hotlined.toml"), home.path().join("hotlined.toml")).unwrap();
    for (from, to) in [("sounds", "sounds"), ("dialplan/hotlines", "hotlines")] {
        fs::create_dir(home.path().join(to)).unwrap();
        for entry in fs::read_dir(root().join(from)).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), home.path().join(to).join(entry.file_name())).unwrap();
        }
    }
    let output = check(home.path(), &[]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 hotline, 3 agents: all valid\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_settings_in_the_working_folder_are_read_and_their_faults_told() {
    let home = tempfile::tempdir().unwrap();
    let shop = root().join("dialplan/hotlines");
    let (shop, sounds) = (shop.display().to_string(), root().join("sounds").display().to_string());
    let settings = format!("hotlines = {shop:?}\n[sounds]\nfolder = {sounds:?}\n");
    fs::write(home.path().join("hotlined.toml"), settings).unwrap();
    assert_eq!(check(home.path(), &[]).status.code(), Some(0));
    fs::write(home.path().join("hotlined.toml"), "[switch]\nport = \"8021\"\n").unwrap();
    let output = check(home.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.lines().count(), 2);
    assert!(told.starts_with("hotlined.toml:2:8: switch.port: is text: "), "{told}");
    assert!(told.ends_with("\n1 fault in 1 file\n"), "{told}");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    assert_eq!(check(root(), &["--jsno"]).status.code(), Some(2));
}

#[test]
fn completions_name_the_subcommands() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    let output = command.args(["completions", "bash"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("check"));
}

#[test]
fn the_fixtures_cover_what_they_are_named_for() {
    let told = fs::read_to_string(root().join("tests/hotlines/mistakes.txt")).unwrap();
    let folder = root().join("tests/hotlines/mistakes");
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let expected = name.ends_with(".toml") && !name.starts_with('.');
        assert_eq!(told.contains(&format!("mistakes/{name}")), expected, "{name}");
    }
}
