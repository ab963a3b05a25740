//! What a leg hears.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A sound or a tone to play.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// A file, by the path under which the switch opens it.
    File(SoundPath),
    /// Files one after the other, without a gap.
    Files(Arc<[SoundPath]>),
    /// A tone of the network. The switch makes it without a file, so a tone cannot be missing.
    Tone(Tone),
}

/// The tones of the Chinese network, all 450 Hz (GB/T 3380).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Ring-back tone (回铃音): 1 s on, 4 s off.
    Ringing,
    /// Busy tone (忙音): 0.35 s on, 0.35 s off, for about 5 s.
    Busy,
    /// The beep after which a message is recorded: 1 kHz for 0.4 s.
    Beep,
}

/// The path of a sound file, safe in every switch command: absolute, and without any character that a command could
/// read as more than a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SoundPath(Arc<str>);

/// Why a text cannot be a [`SoundPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSoundPath {
    /// The path is not absolute.
    #[error("a sound's path must be absolute")]
    Relative,
    /// The path is too long for a switch command.
    #[error("a sound's path may have at most {SOUND_PATH_BYTES_MAX} bytes")]
    TooLong,
    /// The character has a meaning of its own in a switch command.
    #[error("a sound's path may not contain {0:?}: use letters of any script, digits and / . _ - +")]
    Character(char),
}

/// The longest path of a sound, in bytes.
pub const SOUND_PATH_BYTES_MAX: usize = 512;

impl SoundPath {
    /// Checks the path. Whether the file exists is not checked.
    ///
    /// # Errors
    ///
    /// [`BadSoundPath`] when the path is not absolute, too long or has an unsafe character.
    pub fn new(path: &str) -> Result<Self, BadSoundPath> {
        if !path.starts_with('/') {
            return Err(BadSoundPath::Relative);
        }
        if path.len() > SOUND_PATH_BYTES_MAX {
            return Err(BadSoundPath::TooLong);
        }
        match path.chars().find(|c| !(c.is_alphanumeric() || "/._-+".contains(*c))) {
            Some(bad) => Err(BadSoundPath::Character(bad)),
            None => Ok(Self(path.into())),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a recording below the switch's folder of recordings: parts of letters, digits and `-_.` between
/// slashes. No part leads out of the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct RecordingName(Arc<str>);

/// A text that cannot be a [`RecordingName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a recording: write letters, digits and -_. between slashes")]
pub struct BadRecordingName(String);

impl RecordingName {
    /// Checks the name.
    ///
    /// # Errors
    ///
    /// [`BadRecordingName`] when a part of the name is empty, begins with a dot or has another character.
    pub fn new(name: &str) -> Result<Self, BadRecordingName> {
        let good = |part: &str| {
            let safe = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            !part.is_empty() && !part.starts_with('.') && part.bytes().all(safe)
        };
        if name.len() <= SOUND_PATH_BYTES_MAX && name.split('/').all(good) {
            return Ok(Self(name.into()));
        }
        Err(BadRecordingName(name.chars().take(80).collect()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RecordingName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for RecordingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SoundPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Prompt {
    /// Joins prompts into one that plays them one after the other. The length of a tone among files is unknown, so
    /// tones are left out unless a tone is the only prompt.
    pub fn joined(prompts: impl IntoIterator<Item = Prompt>) -> Option<Self> {
        let prompts: Vec<Prompt> = prompts.into_iter().collect();
        if let [one] = &prompts[..] {
            return Some(one.clone());
        }
        let files = prompts.iter().flat_map(|prompt| match prompt {
            Self::File(path) => std::slice::from_ref(path),
            Self::Files(paths) => &paths[..],
            Self::Tone(_) => &[],
        });
        let files: Vec<SoundPath> = files.cloned().collect();
        if files.is_empty() { prompts.into_iter().next() } else { Some(Self::Files(files.into())) }
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path.as_str()),
            Self::Tone(Tone::Ringing) => f.write_str("ringing tone"),
            Self::Tone(Tone::Busy) => f.write_str("busy tone"),
            Self::Tone(Tone::Beep) => f.write_str("beep"),
            Self::Files(paths) => {
                for (at, path) in paths.iter().enumerate() {
                    let between = if at == 0 { "" } else { " + " };
                    write!(f, "{between}{}", path.as_str())?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_stays_in_its_folder() {
        assert!(RecordingName::new("4008001234/2026-11-22/678f058a-9c39.wav").is_ok());
        for name in ["", "/a", "a//b", "../a", "a/..", "a b", "a:b", "a@b", "${x}", "a/.hidden"] {
            assert!(RecordingName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_sound_path_cannot_carry_a_command() {
        assert!(SoundPath::new("/srv/sounds/欢迎.wav").is_ok());
        for path in
            ["welcome.wav", "/a b.wav", "/${x}.wav", "/a\n.wav", "/a!b.wav", "/a'b.wav", "/a,b", "/a:b"]
        {
            assert!(SoundPath::new(path).is_err(), "{path:?}");
        }
    }
}
