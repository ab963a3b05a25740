//! The voice of a hotline: a language, and the folders of its recordings.
//!
//! A hotline may have recordings of its own, with the same names in a folder of its own; each of them replaces the
//! standard one. Which recordings exist is looked up when the hotline is loaded.

use crate::phrases::{Language, Piece, Speaker};
use crate::prompt::{Prompt, SoundPath};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The language and the recordings of a hotline, with paths of the switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// The language.
    pub language: Language,
    /// The folder of the standard recordings in this language.
    pub folder: Arc<str>,
    /// The recordings of the hotline itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Arc<OwnRecordings>>,
}

/// Recordings of the business itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRecordings {
    /// The folder of the recordings.
    pub folder: Arc<str>,
    /// The pieces that are recorded, sorted.
    pub pieces: Vec<Piece>,
}

impl Voice {
    /// The speaker that makes sentences of recordings.
    pub fn speaker(&self) -> Speaker {
        Speaker::new(self.language)
    }

    /// Whether there is a folder of recordings: a hotline that was not loaded from a file may have none.
    pub fn speaks(&self) -> bool {
        !self.folder.is_empty()
    }

    /// The files of these pieces, in turn. A piece with a path that cannot be given to a switch is left out; a loaded
    /// hotline has no such piece.
    pub fn prompt(&self, pieces: &[Piece]) -> Prompt {
        let mut files: Vec<SoundPath> = pieces.iter().filter_map(|piece| self.path(*piece)).collect();
        match (files.len(), files.pop()) {
            (1, Some(only)) => Prompt::File(only),
            (_, last) => Prompt::Files(files.into_iter().chain(last).collect()),
        }
    }

    fn path(&self, piece: Piece) -> Option<SoundPath> {
        let own = self.own.as_deref().filter(|own| own.pieces.binary_search(&piece).is_ok());
        let folder = own.map_or(&self.folder, |own| &own.folder);
        SoundPath::new(&format!("{folder}/{}", piece.file())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_of_the_hotlines_own_stands_in_for_the_standard_one() {
        let own =
            OwnRecordings { folder: "/srv/hotlines/4008001234/zh".into(), pieces: vec![Piece::Goodbye] };
        let voice = Voice { folder: "/srv/zh".into(), own: Some(own.into()), ..Voice::default() };
        let Prompt::Files(files) = voice.prompt(&[Piece::AllBusy, Piece::Goodbye]) else { panic!("files") };
        let paths: Vec<&str> = files.iter().map(SoundPath::as_str).collect();
        assert_eq!(paths, ["/srv/zh/ivr/all_busy.wav", "/srv/hotlines/4008001234/zh/ivr/goodbye.wav"]);
        let text = serde_json::to_string(&voice).unwrap();
        assert_eq!(serde_json::from_str::<Voice>(&text).unwrap(), voice);
    }
}
