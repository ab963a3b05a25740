//! Every `tests/simulate/NAME.toml` is a hotline, and `NAME.txt` beside it tells what its callers go through:
//! a line that begins with `$` holds the arguments of `hotlined simulate`, what follows is what it printed.
//! `HOTLINED_REWRITE=1` writes the answers anew; read the difference before you commit it.
//!
//! `hotlined explain` must tell the same of the journal of each of these calls.

use hotlined_core::phrases::{Language, Piece};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with one hotline, and all that is spoken: a fifth of a second a character.
struct Stage(TempDir);

impl Stage {
    fn new(name: &str) -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        fs::create_dir(stage.path("hotlines")).unwrap();
        for file in files_of(name) {
            fs::copy(&file, stage.path("hotlines").join(file.file_name().unwrap())).unwrap();
        }
        for language in Language::ALL {
            for piece in Piece::ALL {
                let file = stage.path("sounds").join(language.folder()).join(piece.file());
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, wav(200 * piece.text(language).chars().count().max(1) as u32)).unwrap();
            }
        }
        fs::write(stage.path("sounds/welcome.wav"), wav(4_000)).unwrap();
        // No WAV: nobody knows how long it lasts.
        fs::write(stage.path("sounds/music.mp3"), "ID3").unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, command: &str, args: &str) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_hotlined"));
        program.arg(command).args(args.split_whitespace()).current_dir(self.0.path()).env_clear();
        program.output().unwrap()
    }

    fn simulate(&self, args: &str) -> Output {
        self.run("simulate", &format!("--hotlines hotlines --sounds sounds {args}"))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulate")
}

/// The hotline of this name and what its file names.
fn files_of(name: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_its = |path: &PathBuf| path.file_stem().unwrap() == name && path.extension().unwrap() != "txt";
    files.filter(is_its).collect()
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// So many milliseconds of silence: a hundred bytes a second.
fn wav(millis: u32) -> Vec<u8> {
    let samples = millis / 10;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + samples).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(50u32.to_le_bytes());
    bytes.extend(100u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(samples.to_le_bytes());
    bytes.resize(bytes.len() + samples as usize, 0);
    bytes
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn calls_of(written: &str) -> impl Iterator<Item = &str> {
    written.lines().filter_map(|line| line.strip_prefix("$ "))
}

#[test]
fn every_call_goes_as_written() {
    let rewrite = std::env::var_os("HOTLINED_REWRITE").is_some();
    for name in names() {
        let stage = Stage::new(&name);
        let file = folder().join(format!("{name}.txt"));
        let written = fs::read_to_string(&file).unwrap();
        let mut told = String::new();
        for call in calls_of(&written) {
            let output = stage.simulate(call);
            told += &format!("$ {call}\n{}{}\n", text(output.stdout), text(output.stderr));
        }
        if rewrite {
            fs::write(&file, &told).unwrap();
        }
        let differs = told.lines().zip(written.lines()).find(|(told, written)| told != written);
        assert!(rewrite || told == written, "{}: {differs:?}", file.display());
    }
}

#[test]
fn a_call_is_explained_from_its_journal_as_it_was_told() {
    for name in names() {
        let stage = Stage::new(&name);
        for call in calls_of(&fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap()) {
            let simulated = stage.simulate(&format!("{call} --journal journal.jsonl"));
            if !simulated.status.success() {
                continue;
            }
            let told = text(simulated.stdout);
            let id = told.strip_prefix("call ").unwrap().split(',').next().unwrap();
            let explained = stage.run("explain", &format!("{id} --journal journal.jsonl"));
            assert_eq!(text(explained.stderr), "", "{name}: {call}");
            assert_eq!(text(explained.stdout), told, "{name}: {call}");
            let shortened = stage.run("explain", &format!("{} --journal journal.jsonl", &id[..id.len() - 4]));
            assert_eq!(text(shortened.stdout), told, "{name}: {call}");
            let json = |command: Output| text(command.stdout);
            let explained = json(stage.run("explain", &format!("{id} --journal journal.jsonl --json")));
            assert_eq!(explained, json(stage.simulate(&format!("{call} --json"))));
            assert_eq!(explained.lines().filter(|line| line.starts_with("{\"record\":")).count(), 1);
        }
    }
}

#[test]
fn the_same_seed_is_the_same_call_and_another_is_another() {
    let stage = Stage::new("shop");
    let run = |seed| {
        text(
            stage
                .simulate(&format!("--to 4008001234 --at 2026-11-23T10:00 --keys 1 --with 20 --seed {seed}"))
                .stdout,
        )
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn an_unknown_call_is_answered_with_those_that_are_like_it() {
    let stage = Stage::new("shop");
    stage.simulate("--to 4008001234 --at 2026-11-23T10:00 --with 3 --journal journal.jsonl");
    let output = stage.run("explain", "no-such-call --journal journal.jsonl");
    assert_eq!(output.status.code(), Some(1));
    let told = text(output.stderr);
    assert!(
        told.starts_with("hotlined: journal.jsonl: \"no-such-call\" is no call of this journal; it has "),
        "{told}"
    );
    assert!(told.contains("2026-11-23 ") && told.contains(" to 4008001234"), "{told}");
    let output = stage.run("explain", "x --journal hotlines/shop.toml");
    assert!(text(output.stderr).contains("line 1: no line of a journal"));
}

#[test]
fn a_wrong_argument_is_named_with_its_remedy() {
    let stage = Stage::new("shop");
    for (args, argument, remedy) in [
        ("--to 4008001235", "--to 4008001235", "did you mean `4008001234`?"),
        ("--to 12345", "--to 12345", "write ten digits that begin with 400"),
        ("--to 4008001234 --agent 1=busy", "--agent 1=", "did you mean"),
        ("--to 4008001234 --agent busy", "--agent", "names no agent: write such as 01=busy"),
        ("--to 4008001234 --agent 01=bussy", "--agent", "write busy, reject:5s"),
        ("--to 4008001234 --agent 01=answer:20", "--agent", "write such as 5s, 1.5s"),
        ("--to 4008001234 --keys 1,x", "--keys", "write keys such as 1 or 802#"),
        ("--to 4008001234 --caller sings", "--caller", "write hangs-up:15s"),
        ("--to 4008001234 --at noon", "--at", "write such as 2026-10-01T10:00+08:00"),
    ] {
        let output = stage.simulate(args);
        assert!(!output.status.success(), "{args}");
        let told = text(output.stderr);
        assert!(told.contains(argument) && told.contains(remedy), "{args}: {told}");
    }
}
