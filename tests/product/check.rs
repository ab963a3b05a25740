//! `hotlined check` as an operator runs it: what it prints, and how it ends.

use crate::support::cases;
use hotlined_config::{SoundFolder, expand, load};
use hotlined_core::phrases::Piece;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

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
fn what_somebody_should_look_at_is_no_fault() {
    let output = check(&root().join("tests/hotlines"), &["warnings"]);
    assert_eq!(output.status.code(), Some(0));
    expect("warnings.txt", &output);
    let output = check(&root().join("tests/hotlines"), &["--json", "warnings"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut count = 0;
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        // The other lines are messages, as they are printed without --json.
        assert!(line["warning"] == true || line["segments"].is_u64(), "{line}");
        count += 1;
    }
    assert_eq!(
        count + 1,
        fs::read_to_string(root().join("tests/hotlines/warnings.txt")).unwrap().lines().count()
    );
}

/// A folder with these files of the fixtures, and all recordings that there are.
fn home_of(fixtures: &[&str]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let sounds = home.path().join("sounds");
    for own in ["", "hotlines/4008001001", "hotlines/4008001003"] {
        fs::create_dir_all(sounds.join(own)).unwrap();
    }
    for (name, folder) in [("welcome", ""), ("own", "hotlines/4008001001/"), ("own", "hotlines/4008001003/")]
    {
        fs::write(sounds.join(format!("{folder}{name}.wav")), "RIFF").unwrap();
    }
    let folders = [("zh", Piece::ALL), ("en", Piece::ALL), ("hotlines/4008001002/en", &[Piece::Goodbye])];
    for (folder, pieces) in folders {
        for piece in pieces {
            let file = sounds.join(folder).join(piece.file());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "RIFF").unwrap();
        }
    }
    let folder = home.path().join("hotlines");
    fs::create_dir(&folder).unwrap();
    for fixture in fixtures {
        for entry in fs::read_dir(root().join(fixture)).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    home
}

/// Every fixture that is a hotline without faults, and what is shipped.
const GOOD: [&str; 3] = ["tests/hotlines/services", "tests/hotlines/warnings", "tests/hotlines/valid"];

#[test]
fn every_service_can_be_written_in_a_file() {
    let home = home_of(&["tests/hotlines/services"]);
    let output = check(home.path(), &[]);
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "4008001001 [sms] missed → owner 139****0001 139****0002, agent: \
             【示例商店】漏话通知:12月31日23时59分,主叫138****8000拨打过您的电话。 (45 characters, 1 segment)",
            "4008001001 [sms] thanks → caller: \
             【示例商店】感谢您致电短写,工号01为您服务。{评价}3分 (29 characters, 1 segment)",
            "4008001001 [sms] message_left → 139****0009: \
             【示例商店】13800138000(北京)于12月31日23时59分拨打4008001001:已留言,等待1分5秒。 (58 characters, 1 segment)",
            "4008001001 [sms] missed_many → owner 139****0001 139****0002, agent, 139****0009: \
             【示例商店】漏话通知:12月31日23时59分以来共1个电话,最近12月31日23时59分,主叫138****8000。 (60 characters, 1 segment)",
            "4 hotlines, 7 agents: all valid",
        ]
    );
}

#[test]
fn what_a_file_comes_to_reads_back_to_the_same_hotline() {
    let home = home_of(&GOOD);
    let sounds = SoundFolder::new(home.path().join("sounds"), "/srv/sounds");
    let folder = home.path().join("hotlines");
    // Own sounds of the hotlines in `valid`.
    let own = home.path().join("sounds/hotlines/4008000001");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("own.wav"), "RIFF").unwrap();
    let before = load(&folder, &sounds).unwrap();
    assert_eq!(before.len(), 9);
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let file = entry.path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = expand(&file, &sounds).unwrap();
        fs::write(&file, &text).unwrap();
        assert_eq!(expand(&file, &sounds).unwrap(), text, "{} twice", file.display());
    }
    let after = load(&folder, &sounds).unwrap();
    for hotline in before.iter() {
        assert_eq!(after.get(&hotline.number), Some(hotline));
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_file_with_a_slip_is_a_hotline_that_can_be_written_or_has_a_placed_fault(
        which in 0..3_usize,
        at in any::<prop::sample::Index>(),
        cut in 0..12_usize,
        slip in "\\PC{0,3}|[\\[\\]{}\"=\n._0-9]{1,2}|false",
    ) {
        static HOME: LazyLock<tempfile::TempDir> = LazyLock::new(|| home_of(&["tests/hotlines/services"]));
        let folder = HOME.path().join("hotlines");
        let sounds = SoundFolder::new(HOME.path().join("sounds"), "/srv/sounds");
        let file = folder.join(["every-section.toml", "flow.toml", "overflow.toml"][which]);
        let text = fs::read_to_string(&file).unwrap();
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        let (before, after) = (&characters[..at], &characters[(at + cut).min(characters.len())..]);
        let changed: String = before.iter().copied().chain(slip.chars()).chain(after.iter().copied()).collect();
        let (one, other) = (folder.join("one.txt"), folder.join("other.txt"));
        fs::write(&one, changed).unwrap();
        match expand(&one, &sounds) {
            Ok(text) => {
                fs::write(&other, &text).unwrap();
                prop_assert_eq!(expand(&other, &sounds).unwrap(), text);
            }
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                let own = faults.iter().filter(|fault| fault.file == one);
                prop_assert!(own.clone().all(|fault| fault.at.is_some() || fault.key.is_empty()), "{:?}", faults);
            }
        }
    }
}

#[test]
fn the_command_line_prints_what_a_file_comes_to() {
    let home = home_of(&["tests/hotlines/services"]);
    let output = check(home.path(), &["--expand", "hotlines/sections-alone.toml"]);
    assert_eq!(output.status.code(), Some(0));
    expect("sections-alone.txt", &output);
    let output = check(&root().join("tests/hotlines"), &["--expand", "mistakes/12-none.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("mistakes/12-none.toml:"));
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
            if entry.path().is_file() {
                fs::copy(entry.path(), home.path().join(to).join(entry.file_name())).unwrap();
            }
        }
    }
    for piece in Piece::ALL {
        let file = home.path().join("sounds/zh").join(piece.file());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "RIFF").unwrap();
    }
    let output = check(home.path(), &[]);
    let told = String::from_utf8(output.stdout).unwrap();
    // Which gateway there is, the examples cannot know.
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("warning: sms.gateways: is not set"), "{told}");
    assert_eq!(lines[lines.len() - 1], "4 hotlines, 14 agents: all valid, 1 warning");
    assert!(lines[1..lines.len() - 1].iter().all(|line| line.contains("1 segment)")), "{told}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_messages_that_the_pages_show_can_be_sent() {
    let mut examples = 0;
    for page in ["docs/hotline-file.md", "docs/messages.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let fenced = text.split("```toml\n").skip(1).filter_map(|behind| behind.split_once("```"));
        // The settings have a section of this name, too; it names no owner.
        let of_hotlines = fenced.filter(|(toml, _)| toml.contains("[sms]") && toml.contains("owner"));
        for (example, _) in of_hotlines {
            let home = tempfile::tempdir().unwrap();
            let agent = "[[agents]]\nid = \"01\"\nphone = \"13900000001\"\n";
            let head = format!("number = \"4008001234\"\nname = \"示例商店\"\n{agent}");
            fs::write(home.path().join("shop.toml"), format!("{head}{example}")).unwrap();
            let output = check(home.path(), &["."]);
            let told = String::from_utf8(output.stdout).unwrap();
            assert!(told.contains(" [sms] missed → owner 139****0001"), "{page}: {example}\n{told}");
            assert!(told.ends_with("\n1 hotline, 1 agent: all valid\n"), "{page}: {example}\n{told}");
            examples += 1;
        }
    }
    assert!(examples >= 3, "{examples}");
}

#[test]
fn the_settings_in_the_working_folder_are_read_and_their_faults_told() {
    let home = tempfile::tempdir().unwrap();
    let shop = root().join("tests/hotlines/valid");
    let (shop, sounds) =
        (shop.display().to_string(), root().join("tests/hotlines/sounds").display().to_string());
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
        let is_read = name.ends_with(".toml") || name.ends_with(".txt");
        let expected = is_read && !name.starts_with('.');
        assert_eq!(told.contains(&format!("mistakes/{name}")), expected, "{name}");
    }
}
