//! Positions in hand-written text files, and hints for misspelled words.
//!
//! This file does not depend on the kind of file.

use serde::Serialize;
use std::fmt;
use toml::de::DeValue;

/// A position in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The line starts of a text, which turn a byte offset into a [`Position`].
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines of this text.
    pub fn of(text: &'t str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The position of this byte offset. An offset beyond the end counts as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let before = self.text.as_bytes()[start..offset].iter();
        // Counts characters: every byte except the continuation bytes of UTF-8.
        let column = before.filter(|b| (**b & 0xc0) != 0x80).count() + 1;
        Position { line, column }
    }
}

/// What the author of an unknown word may have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A similar known word.
    Near(String),
    /// The word belongs elsewhere, as this text says.
    Elsewhere(&'static str),
    /// Any of these known words.
    OneOf(Vec<String>),
}

/// The greatest edit distance between an unknown word and a similar known word.
const EDIT_DISTANCE_MAX: usize = 2;
/// The longest word that is compared with known words, in bytes.
const WORD_BYTES_MAX: usize = 32;

impl Hint {
    /// The most similar known word if one is similar, else all known words.
    pub fn of<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let lower = word.to_lowercase().replace('-', "_");
        let near = known
            .iter()
            .map(|k| (edit_distance(&lower, k), k))
            .filter(|(distance, k)| *distance <= EDIT_DISTANCE_MAX.min(k.len() / 2))
            .min_by_key(|(distance, _)| *distance);
        match near {
            Some((_, near)) => Self::Near((*near).to_owned()),
            None => Self::OneOf(known.into_iter().map(str::to_owned).collect()),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Near(near) => write!(f, ": did you mean `{near}`?"),
            Self::Elsewhere(remedy) => write!(f, " here: {remedy}"),
            Self::OneOf(known) if known.is_empty() => f.write_str(": there is none"),
            Self::OneOf(known) => write!(f, ": write one of {}", known.join(", ")),
        }
    }
}

/// The edit distance (Levenshtein): how many letters must be changed, removed or added.
fn edit_distance(word: &str, known: &str) -> usize {
    if word.len() > WORD_BYTES_MAX {
        return usize::MAX;
    }
    let known: Vec<char> = known.chars().collect();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, letter) in word.chars().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (index, k) in known.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *k);
            diagonal = row[index + 1];
            row[index + 1] = changed.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[known.len()]
}

/// The longest text quoted from a file, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// The beginning of an untrusted text, short enough to print.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The name of the type of a TOML value in a diagnostic.
pub fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_proposed_and_a_far_one_is_not() {
        let known = ["ring_time_s", "wait_s", "on"];
        assert_eq!(Hint::of("ring_tme_s", known), Hint::Near("ring_time_s".into()));
        assert_eq!(Hint::of("Wait-S", known), Hint::Near("wait_s".into()));
        assert!(matches!(Hint::of("music", known), Hint::OneOf(_)));
        assert!(matches!(Hint::of("xy", known), Hint::OneOf(_)));
        assert!(matches!(Hint::of(&"w".repeat(1_000_000), known), Hint::OneOf(_)));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("短"), "短");
        assert_eq!(shortened(&"短".repeat(50)).chars().count(), QUOTED_CHARS_MAX + 1);
    }

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let lines = Lines::of("名 = 1\r\nb\n\n");
        let place = |offset| lines.position(offset).to_string();
        assert_eq!(place(0), "1:1");
        assert_eq!(place("名 ".len()), "1:3");
        assert_eq!(place("名 = 1\r\n".len()), "2:1");
        assert_eq!(place("名 = 1\r\nb\n".len()), "3:1");
        assert_eq!(place(9_999), "4:1");
    }
}
