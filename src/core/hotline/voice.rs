//! Who speaks on a hotline: a language, and where its recordings lie.
//!
//! A hotline may bring recordings of its own, under the same names in a folder of its own; each of them stands
//! in for the standard one. Which recordings there are was looked up when the hotline was loaded.

use crate::phrases::{Language, Piece, Speaker};
use crate::prompt::{Prompt, SoundPath};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the recordings of a hotline lie, as the switch sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// In which language.
    pub language: Language,
    /// The folder of the standard recordings, with the language's own at its end.
    pub folder: Arc<str>,
    /// The hotline's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Arc<OwnRecordings>>,
}

/// What a business recorded itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRecordings {
    /// Their folder.
    pub folder: Arc<str>,
    /// Which there are, in order.
    pub pieces: Vec<Piece>,
}

impl Voice {
    /// Who puts the words together.
    pub fn speaker(&self) -> Speaker {
        Speaker::new(self.language)
    }

    /// Whether it can say anything: a hotline that was put together without a folder of recordings cannot.
    pub fn speaks(&self) -> bool {
        !self.folder.is_empty()
    }

    /// The files of these pieces, one after the other. A piece whose path no switch can be given is left out:
    /// there is none in a hotline that was loaded.
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
