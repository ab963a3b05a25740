//! How long ten thousand hotlines take to load, and how much memory they take: a realistic mix, written to a
//! folder of its own first.

#![allow(clippy::unwrap_used)]

use hotlined_config::{SoundFolder, inspect, load};
use hotlined_core::phrases::Piece;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// How many hotlines.
const HOTLINES: usize = 10_000;
/// The most it may take, in seconds.
const SECONDS_MAX: f64 = 3.0;
/// The most memory they may take, in MiB.
const MIB_MAX: f64 = 1_024.0;

fn main() {
    let home = std::env::temp_dir().join(format!("hotlined-load-{}", std::process::id()));
    let (hotlines, sounds) = (home.join("hotlines"), home.join("sounds"));
    fs::create_dir_all(&hotlines).unwrap();
    record(&sounds);
    fs::write(
        hotlines.join("black.txt"),
        (0..5_000).fold(String::new(), |list, n| list + &format!("137{n:08}\n")),
    )
    .unwrap();
    let mut bytes = 0;
    for index in 0..HOTLINES {
        let text = hotline(index);
        bytes += text.len();
        fs::write(hotlines.join(format!("{index}.toml")), text).unwrap();
    }
    println!("{HOTLINES} hotlines, {:.1} MiB of text", mib(bytes));
    let sounds = SoundFolder::new(&sounds, "/usr/share/sounds");
    let before = resident();
    let begun = Instant::now();
    let loaded = load(&hotlines, &sounds);
    let took = begun.elapsed().as_secs_f64();
    let loaded = loaded.unwrap_or_else(|faults| panic!("{}", faults[0]));
    let taken = mib(resident() - before);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("load: {took:.2} s on {threads} cores, {taken:.0} MiB");
    assert_eq!(loaded.len(), HOTLINES);
    let begun = Instant::now();
    let warnings = inspect(&hotlines, &sounds).warnings.len();
    println!("inspect: {:.2} s, {warnings} warnings", begun.elapsed().as_secs_f64());
    fs::remove_dir_all(&home).unwrap();
    assert!(took <= SECONDS_MAX && taken <= MIB_MAX, "at most {SECONDS_MAX} s and {MIB_MAX} MiB");
}

fn record(sounds: &Path) {
    for piece in Piece::ALL {
        let file = sounds.join("zh").join(piece.file());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "RIFF").unwrap();
    }
    for name in ["welcome.wav", "menu.wav", "ringback.wav", "closed.wav"] {
        fs::write(sounds.join(name), "RIFF").unwrap();
    }
    // Every tenth hotline has a ringback of its own.
    for index in (0..HOTLINES).step_by(10) {
        let own = sounds.join("hotlines").join(number(index));
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("ringback.wav"), "RIFF").unwrap();
    }
}

fn number(index: usize) -> String {
    format!("400{index:07}")
}

/// Six of ten are plain, three use the short forms, one is a flow of five menus with ten keys each, twenty
/// numbers behind each key.
fn hotline(index: usize) -> String {
    let mut text =
        format!("number = \"{}\"\nname = \"Business {index}\"\nringback = \"ringback.wav\"\n", number(index));
    match index % 10 {
        0..=5 => agents(&mut text, index, 3, |_| None),
        6..=8 => {
            text += "[hours]\nopen = [\"workdays 09:00-12:00 13:30-18:00\", \"sat 10:00-16:00\"]\n\
                     lunch = \"workdays 12:00-13:30\"\nholiday = \"holidays\"\n\
                     [notices]\nclosed = \"closed.wav\"\n\
                     [access]\nblack = [\"139*\", \"0755*\"]\nblack_file = \"black.txt\"\nrefuse_areas = [\"新疆\"]\n\
                     [before]\nagent_number = true\n\
                     [menu]\nprompt = \"menu.wav\"\nexits = { 1 = \"sales\", 2 = \"service\", 0 = \"agents\" }\n\
                     [queue]\nsay_position = true\n[voicemail]\n[survey]\n";
            agents(&mut text, index, 8, |agent| {
                Some(if agent % 2 == 0 { "sales" } else { "service" }.to_owned())
            });
        }
        _ => {
            flow(&mut text);
            agents(&mut text, index, 200, |agent| Some(format!("g{}", agent / 20)));
        }
    }
    text
}

fn flow(text: &mut String) {
    text.push_str("[flow]\nstart = \"menu0\"\n");
    for layer in 0..5 {
        write!(text, "[nodes.menu{layer}]\ntype = \"menu\"\nprompt = \"menu.wav\"\nexits = {{ ").unwrap();
        for key in 0..10 {
            let to =
                if key == 9 && layer < 4 { format!("menu{}", layer + 1) } else { format!("g{layer}{key}") };
            write!(text, "{key} = \"{to}\", ").unwrap();
        }
        text.push_str("_ = \"bye\" }\n");
        for key in (0..10).filter(|key| *key != 9 || layer == 4) {
            writeln!(
                text,
                "[nodes.g{layer}{key}]\ntype = \"group\"\ngroup = \"g{key}\"\nringback = \"welcome.wav\"\n\
                 exits = {{ talked = \"survey\", busy = \"bye\", _ = \"mail\" }}"
            )
            .unwrap();
        }
    }
    text.push_str(
        "[nodes.mail]\ntype = \"voicemail\"\nexits = { _ = \"bye\" }\n\
         [nodes.survey]\ntype = \"survey\"\nexits = { _ = \"bye\" }\n\
         [nodes.bye]\ntype = \"hangup\"\n",
    );
}

fn agents(text: &mut String, index: usize, count: usize, group: impl Fn(usize) -> Option<String>) {
    for agent in 0..count {
        let phone = 13_000_000_000 + (index * 200 + agent) % 99_999_999;
        write!(text, "[[agents]]\nid = \"{agent:03}\"\nname = \"Agent {agent}\"\nphone = \"{phone}\"\n")
            .unwrap();
        if let Some(group) = group(agent) {
            writeln!(text, "group = \"{group}\"").unwrap();
        }
    }
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The memory of this process that is in use, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
