//! The hotlines that are shipped as examples, each at work. `tests/examples.txt` has the arguments of
//! `hotlined simulate` behind `$`, and below them what must be told, in this order and with other lines between.

use hotlined_core::phrases::{Language, Piece};
use std::fs;
use std::path::Path;
use std::process::Command;

const LANGUAGE: Language = Language::Mandarin;

/// A copy of what is shipped, and a stand-in for each recording that is not there: a fifth of a second a character.
fn shipped() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().unwrap();
    for (from, to) in [("sounds", "sounds"), ("dialplan/hotlines", "hotlines")] {
        fs::create_dir(home.path().join(to)).unwrap();
        for entry in fs::read_dir(root.join(from)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                fs::copy(entry.path(), home.path().join(to).join(entry.file_name())).unwrap();
            }
        }
    }
    for piece in Piece::ALL {
        let name = Path::new("sounds").join(LANGUAGE.folder()).join(piece.file());
        let file = home.path().join(&name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        if root.join(&name).exists() {
            fs::copy(root.join(&name), file).unwrap();
        } else {
            fs::write(file, silence(200 * piece.text(LANGUAGE).chars().count().max(1))).unwrap();
        }
    }
    home
}

/// So many milliseconds as a WAV of a hundred bytes a second.
fn silence(millis: usize) -> Vec<u8> {
    let samples = u32::try_from(millis / 10).unwrap();
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

#[test]
fn every_example_serves_its_callers_as_its_comments_say() {
    let home = shipped();
    let table = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/examples.txt")).unwrap();
    let mut wrong = Vec::new();
    for call in table.split("\n$ ").skip(1) {
        let mut lines = call.lines().take_while(|line| !line.starts_with('#'));
        let args = lines.next().unwrap();
        let expected: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        assert!(!expected.is_empty(), "{args}");
        let mut program = Command::new(env!("CARGO_BIN_EXE_hotlined"));
        program.args(["simulate", "--hotlines", "hotlines", "--sounds", "sounds"]);
        let output = program.args(args.split(' ')).current_dir(home.path()).env_clear().output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let mut rest = told.as_str();
        let missing = expected.iter().find(|line| match rest.split_once(**line) {
            Some((_, behind)) => {
                rest = behind;
                false
            }
            None => true,
        });
        if let Some(missing) = missing {
            wrong.push(format!(
                "$ {args}\nis not told: {missing}\n{told}{}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
