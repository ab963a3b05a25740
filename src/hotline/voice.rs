//! The voice of a hotline: its language, and where the switch finds what is recorded in it.

use crate::prompt::{Prompt, SoundPath};
use crate::speech::{Language, Piece, Speaker};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A voice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// What it speaks.
    pub language: Language,
    /// The folder of its recordings, as the switch sees it.
    pub folder: SoundPath,
    /// Recordings of the business's own, which come first.
    pub own: Arc<BTreeMap<Piece, SoundPath>>,
}

impl Voice {
    /// Who chooses the words.
    pub fn speaker(&self) -> Speaker {
        Speaker::new(self.language)
    }

    /// The pieces, one after the other. None where there is none, or where a path is longer than any can be.
    pub fn prompt(&self, pieces: &[Piece]) -> Option<Prompt> {
        let file = |piece: &Piece| match self.own.get(piece) {
            Some(own) => Some(own.clone()),
            None => SoundPath::new(&format!("{}/{}", self.folder.as_str(), piece.file())).ok(),
        };
        let files: Option<Vec<SoundPath>> = pieces.iter().map(file).collect();
        files.filter(|files| !files.is_empty()).map(|files| Prompt::Files(files.into()))
    }
}
