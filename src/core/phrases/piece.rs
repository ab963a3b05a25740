//! A piece: one recording, by the same name in every language.

use super::{Language, Piece};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A text that is not the id of any piece.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no recorded piece: write an id such as digits/1 or ivr/please_hold")]
pub struct UnknownPiece(String);

impl FromStr for Piece {
    type Err = UnknownPiece;

    fn from_str(text: &str) -> Result<Self, UnknownPiece> {
        const SHOWN_CHARS_MAX: usize = 40;
        Self::by_id(text).ok_or_else(|| UnknownPiece(text.chars().take(SHOWN_CHARS_MAX).collect()))
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The pieces as text, for logs and for tools that show what a caller hears.
pub fn text(language: Language, pieces: &[Piece]) -> String {
    let words = pieces.iter().map(|piece| piece.text(language)).filter(|text| !text.is_empty());
    match language {
        Language::Mandarin => words.collect(),
        Language::English => words.collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_differ_and_lead_back_and_are_safe_in_any_path() {
        let ids: BTreeSet<&str> = Piece::ALL.iter().map(|piece| piece.id()).collect();
        assert_eq!(ids.len(), Piece::ALL.len());
        for piece in Piece::ALL {
            assert_eq!(piece.id().parse(), Ok(*piece));
            assert_eq!(serde_json::to_string(piece).unwrap(), format!("\"{}\"", piece.id()));
            assert_eq!(piece.file(), format!("{}.wav", piece.id()));
            assert_eq!(piece.id().split('/').filter(|part| !part.is_empty()).count(), 2, "{piece}");
            assert!(piece.id().bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b)), "{piece}");
        }
        assert_eq!("ivr/nothing".parse::<Piece>(), Err(UnknownPiece("ivr/nothing".into())));
        assert!(serde_json::from_str::<Piece>("\"../x\"").is_err());
    }

    #[test]
    fn every_piece_but_the_pause_says_something_in_each_language() {
        for language in Language::ALL {
            for piece in Piece::ALL.iter().filter(|piece| **piece != Piece::Pause) {
                let text = piece.text(language);
                assert!(!text.is_empty() && text.trim() == text, "{piece}: {text:?}");
                assert_eq!(
                    text.is_ascii(),
                    language == Language::English || piece.id().starts_with("letters/")
                );
            }
        }
    }
}
