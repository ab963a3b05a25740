//! The languages that announcements are recorded in.

use serde::{Deserialize, Serialize};

/// A language that the standard recordings exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Standard Chinese (普通话).
    #[default]
    Mandarin,
    /// American English.
    English,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::Mandarin, Self::English];

    /// The folder of the recordings in this language, below the sound folder.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Mandarin => "zh",
            Self::English => "en",
        }
    }
}
