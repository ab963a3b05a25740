//! Reads a TOML file: typed access to keys with the position of each value, and the diagnostics so far.
//!
//! This file knows nothing of hotlines. A caller asks for a key with a type; a wrong type or value becomes a diagnostic
//! at the position of the value, and the caller goes on without the value.

use super::limits::FILE_DIAGNOSTICS_MAX;
use super::{Diagnostic, Problem};
use crate::source_position::{Hint, Lines, Position, kind_of, shortened};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A TOML file and its diagnostics.
pub(super) struct TomlFile<'t> {
    file: PathBuf,
    lines: Lines<'t>,
    diagnostics: Vec<Diagnostic>,
    left_out: usize,
}

impl<'t> TomlFile<'t> {
    /// A file with this text, before it is parsed.
    pub(super) fn new(file: &Path, text: &'t str) -> Self {
        Self { file: file.to_owned(), lines: Lines::of(text), diagnostics: Vec::new(), left_out: 0 }
    }

    /// The path of the file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The position of a byte offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        self.lines.position(offset)
    }

    /// Adds a diagnostic at a byte offset of this file.
    pub(super) fn report(&mut self, offset: usize, key: impl Into<String>, problem: impl Into<Problem>) {
        if self.diagnostics.len() == FILE_DIAGNOSTICS_MAX {
            self.left_out += 1;
            return;
        }
        let at = Some(self.position(offset));
        self.diagnostics.push(Diagnostic {
            file: self.file.clone(),
            at,
            key: key.into(),
            problem: problem.into(),
        });
    }

    /// Adds a diagnostic of another file that this file names.
    pub(super) fn report_foreign(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() == FILE_DIAGNOSTICS_MAX {
            self.left_out += 1;
            return;
        }
        self.diagnostics.push(diagnostic);
    }

    /// The number of diagnostics so far. Compare two counts to learn whether a section has any.
    pub(super) fn diagnostic_count(&self) -> usize {
        self.diagnostics.len() + self.left_out
    }

    /// Whether the file has no diagnostic so far.
    pub(super) fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// All diagnostics, in the order of their positions.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.at);
        if self.left_out > 0 {
            let problem = Problem::More(self.left_out);
            self.diagnostics.push(Diagnostic { file: self.file, at: None, key: String::new(), problem });
        }
        self.diagnostics
    }

    /// Parses the file into its root table. Syntax errors become diagnostics, at most one for each line, because one
    /// mistake causes several errors. The parts of a broken file that can be parsed are not used.
    pub(super) fn parse(&mut self) -> Option<Spanned<DeTable<'t>>> {
        let (table, errors) = DeTable::parse_recoverable(self.lines.text());
        if errors.is_empty() {
            return Some(table);
        }
        let mut line_before = 0;
        for error in errors {
            let offset = error.span().map_or(0, |span| span.start);
            let line = self.lines.position(offset).line;
            if line != line_before {
                self.report(offset, "", Problem::Syntax(error.message().to_owned()));
            }
            line_before = line;
        }
        None
    }
}

/// A value with its position.
pub(super) struct Located<T> {
    pub(super) value: T,
    /// The byte offset of the value.
    pub(super) at: usize,
    /// The full path of the key.
    pub(super) key: String,
}

/// A table of the file.
pub(super) struct Table<'d> {
    /// The byte offset of the table.
    pub(super) at: usize,
    path: String,
    entries: &'d DeTable<'d>,
    /// The keys that this view of the table hides.
    hidden: Vec<&'d str>,
}

impl<'d> Table<'d> {
    pub(super) fn new(at: usize, path: String, entries: &'d DeTable<'d>) -> Self {
        Self { at, path, entries, hidden: Vec::new() }
    }

    /// The same table without these keys in [`keys`](Self::keys).
    pub(super) fn without(&self, keys: &[(&'d str, usize)]) -> Self {
        let hidden = keys.iter().map(|(key, _)| *key).collect();
        Self { hidden, ..Self::new(self.at, self.path.clone(), self.entries) }
    }

    /// The full path of this table.
    pub(super) fn name(&self) -> &str {
        &self.path
    }

    /// The full path of a key of this table.
    pub(super) fn path(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => [path, ".", key].concat(),
        }
    }

    /// The value of a key that must be present. Reports a missing key.
    pub(super) fn required<T>(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        remedy: &'static str,
        read: impl FnOnce(&Self, &mut TomlFile<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.entries.contains_key(key) {
            toml.report(self.at, self.path(key), Problem::Missing(remedy));
        }
        read(self, toml)
    }

    /// The text of a key.
    pub(super) fn text(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Located<&'d str>> {
        self.typed(toml, key, "write text in double quotes", DeValue::as_str)
    }

    /// The boolean of a key.
    pub(super) fn flag(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<bool> {
        self.typed(toml, key, "write true or false, without quotes", DeValue::as_bool)
            .map(|found| found.value)
    }

    /// The whole number of a key, within the limits.
    pub(super) fn number(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        limits: RangeInclusive<u64>,
        unit: &'static str,
    ) -> Option<Located<u64>> {
        let found = self.typed(toml, key, "write a whole number, without quotes", DeValue::as_integer)?;
        match u64::from_str_radix(found.value.as_str(), found.value.radix()) {
            Ok(value) if limits.contains(&value) => Some(Located { value, at: found.at, key: found.key }),
            _ => {
                let (min, max) = limits.into_inner();
                let shown = shortened(&found.value.to_string());
                toml.report(found.at, found.key, Problem::OutOfRange { found: shown, min, max, unit });
                None
            }
        }
    }

    /// The text of a key, or the texts of its list, each with its own position.
    pub(super) fn texts(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        expected: &'static str,
    ) -> Option<Vec<Located<&'d str>>> {
        let list = |value: &'d DeValue<'d>| match value {
            DeValue::String(_) => Some(None),
            value => value.as_array().map(Some),
        };
        let found = self.typed(toml, key, expected, list)?;
        let Some(list) = found.value else { return self.text(toml, key).map(|text| vec![text]) };
        let mut texts = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let (at, key) = (item.span().start, format!("{}[{index}]", found.key));
            match item.get_ref().as_str() {
                Some(value) => texts.push(Located { value, at, key }),
                None => toml.report(at, key, Problem::WrongType { found: kind_of(item.get_ref()), expected }),
            }
        }
        Some(texts)
    }

    /// Whether the value of a key is a boolean.
    pub(super) fn is_flag(&self, key: &str) -> bool {
        self.entries.get::<str>(key).is_some_and(|entry| entry.get_ref().as_bool().is_some())
    }

    /// The keys with their byte offsets, sorted by name.
    pub(super) fn keys(&self) -> Vec<(&'d str, usize)> {
        let mut keys: Vec<_> =
            self.entries.keys().map(|key| (key.get_ref().as_ref(), key.span().start)).collect();
        keys.retain(|(key, _)| !self.hidden.contains(key));
        keys.sort();
        keys
    }

    /// The meaning of the word of a key, which must be one of these words.
    pub(super) fn choice<T: Copy>(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = self.text(toml, key)?;
        let chosen = words.iter().find(|(word, _)| *word == found.value);
        if chosen.is_none() {
            let hint = Hint::of(found.value, words.iter().map(|(word, _)| *word));
            toml.report(found.at, found.key, Problem::Choice { found: shortened(found.value), hint });
        }
        chosen.map(|(_, value)| *value)
    }

    /// The table of a key.
    pub(super) fn table(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        expected: &'static str,
    ) -> Option<Table<'d>> {
        let found = self.typed(toml, key, expected, DeValue::as_table)?;
        Some(Table::new(found.at, found.key, found.value))
    }

    /// Whether the value of a key is a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.entries.get::<str>(key).is_some_and(|entry| entry.get_ref().as_table().is_some())
    }

    /// The tables of a key that is written `[[key]]`, each with its own path.
    pub(super) fn tables(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        expected: &'static str,
    ) -> Option<Vec<Table<'d>>> {
        let found = self.typed(toml, key, expected, DeValue::as_array)?;
        let mut tables = Vec::new();
        for (index, item) in found.value.iter().enumerate() {
            let path = format!("{}[{index}]", found.key);
            match item.get_ref() {
                DeValue::Table(entries) => tables.push(Table::new(item.span().start, path, entries)),
                other => toml.report(
                    item.span().start,
                    path,
                    Problem::WrongType { found: kind_of(other), expected },
                ),
            }
        }
        Some(tables)
    }

    /// Whether `is_known` holds for all keys.
    pub(super) fn has_only(&self, is_known: impl Fn(&str) -> bool) -> bool {
        self.entries.keys().all(|key| is_known(key.get_ref()))
    }

    /// Reports every key that is not in `known`. `elsewhere` says where such a key belongs, if anywhere.
    pub(super) fn refuse_unknown(
        &self,
        toml: &mut TomlFile<'_>,
        known: &[&str],
        elsewhere: impl Fn(&str) -> Option<&'static str>,
    ) {
        for key in self.entries.keys() {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                let hint = match elsewhere(word) {
                    Some(remedy) => Hint::Elsewhere(remedy),
                    None => Hint::of(word, known.iter().copied()),
                };
                toml.report(key.span().start, self.path(&shortened(word)), Problem::UnknownKey(hint));
            }
        }
    }

    fn typed<T>(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        expected: &'static str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<Located<T>> {
        let entry: &'d Spanned<DeValue<'d>> = self.entries.get::<str>(key)?;
        let at = entry.span().start;
        match read(entry.get_ref()) {
            Some(value) => Some(Located { value, at, key: self.path(key) }),
            None => {
                toml.report(
                    at,
                    self.path(key),
                    Problem::WrongType { found: kind_of(entry.get_ref()), expected },
                );
                None
            }
        }
    }

    /// Whether the value of a key is an empty list.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        self.entries
            .get::<str>(key)
            .and_then(|entry| entry.get_ref().as_array())
            .is_some_and(|list| list.is_empty())
    }

    /// The byte offset of a key, if the key is present.
    pub(super) fn offset_of(&self, key: &str) -> Option<usize> {
        self.entries.get_key_value::<str>(key).map(|(key, _): (&Spanned<DeString<'_>>, _)| key.span().start)
    }
}
