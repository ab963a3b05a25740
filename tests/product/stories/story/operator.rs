//! The hotlines of a story, as an operator writes them, and the folders they lie in.

use super::word;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_config::{SoundFolder, load};
use hotlined_core::hotline::{Agent, Dial, Hotline, Version};
use hotlined_core::phrases::{Language, Piece};
use hotlined_core::prompt::{Prompt, SoundPath, Tone};
use hotlined_core::time::Millis;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Where the switch sees the sounds.
pub(super) const SOUNDS: &str = "/sounds";

/// A folder with every spoken piece, and with whatever sound a story names.
pub struct Home {
    sounds: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let home = Self { sounds: tempfile::tempdir().unwrap() };
        for piece in Piece::ALL {
            home.record(&format!("{}/{}", Language::Mandarin.folder(), piece.file()));
        }
        home
    }

    fn record(&self, name: &str) {
        let path = self.sounds.path().join(name);
        if !path.exists() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "RIFF").unwrap();
        }
    }
}

/// The folder of a story's hotlines.
pub(super) struct Files<'a> {
    home: &'a Home,
    folder: TempDir,
    /// How many hotlines were read. Its number is a hotline's version: the real one would change with every key
    /// that a hotline may have.
    read: u64,
}

impl<'a> Files<'a> {
    pub(super) fn new(home: &'a Home) -> Self {
        Self { home, folder: tempfile::tempdir().unwrap(), read: 0 }
    }

    /// Puts a file there.
    pub(super) fn put(&self, name: &str, below: &[&str]) -> Result<(), String> {
        let text: String = below.iter().map(|line| format!("{}\n", line[1..].trim_start())).collect();
        fs::write(self.folder.path().join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    /// Puts a hotline's file there, in place of the one it had, and reads the folder.
    pub(super) fn hotline(&mut self, number: &str, below: &[&str]) -> Result<Hotline, String> {
        for sound in below.iter().flat_map(|line| line.split('"')).filter(|text| text.ends_with(".wav")) {
            self.home.record(sound);
        }
        let head = [&*format!("| number = {number:?}"), "| name = \"Example\""];
        let lines: Vec<&str> = head.into_iter().chain(below.iter().copied()).collect();
        self.put(&format!("{number}.toml"), &lines)?;
        let hotlines = load(self.folder.path(), &self.sounds()).map_err(|faults| {
            let folder = format!("{}/", self.folder.path().display());
            let faults: Vec<String> =
                faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect();
            faults.join("\n  ")
        })?;
        let hotline = hotlines.get(number).ok_or("the file is another hotline's")?;
        self.read += 1;
        Ok(Hotline { version: Version(self.read), ..Hotline::clone(hotline) })
    }

    fn sounds(&self) -> SoundFolder {
        SoundFolder::new(self.home.sounds.path(), Path::new(SOUNDS))
    }
}

/// A hotline of `key=value` settings; `agents=01,02:off,03:2lines`.
pub(super) fn in_short(number: &str, settings: &[&str]) -> Result<Hotline, String> {
    let sound = |name: &str| SoundPath::new(&format!("{SOUNDS}/{name}.wav")).map(Prompt::File).unwrap();
    let mut plain = SimpleHotline {
        ringback: sound("ring"),
        closing: sound("closing"),
        wait: Millis::seconds(60),
        ..SimpleHotline::default()
    };
    let (mut version, mut agents) = (1, Vec::new());
    let mut ring_time = Millis::seconds(20);
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("key=value")?;
        let number = || value.parse::<u64>().map_err(|_| format!("{value:?} is no number"));
        match key {
            "version" => version = number()?,
            "order" => plain.strategy = word(value)?,
            "shows" => plain.shows = word(value)?,
            "wait" => plain.wait = Millis::seconds(number()?),
            "ring" => ring_time = Millis::seconds(number()?),
            "ringback" => {
                plain.ringback = if value == "tone" { Prompt::Tone(Tone::Ringing) } else { sound(value) }
            }
            "agents" => agents = value.split(',').map(|text| agent(text, ring_time)).collect(),
            _ => return Err(format!("unknown setting {key}")),
        }
    }
    Ok(Hotline { version: Version(version), ..plain.hotline(number, "Example", agents) })
}

fn agent(text: &str, ring_time: Millis) -> Agent {
    let (id, mark) = text.split_once(':').unwrap_or((text, ""));
    let phone: Arc<str> = format!("139000000{id}").into();
    let lines = mark.strip_suffix("lines").and_then(|lines| lines.parse().ok()).unwrap_or(1);
    Agent { lines, ring_time, on: mark != "off", ..Agent::new(id, Dial::Phone(phone)) }
}
