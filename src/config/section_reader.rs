//! Reads a table by its [`schema`](super::schema): the schema has the limits and words of each key.

use super::Problem;
use super::schema_types::{TableSchema, ValueSchema};
use super::telephone_key::is_telephone_key;
use super::toml_reader::{Located, Table, TomlFile};
use crate::source_position::{Hint, shortened};

const TEXTS_FORM: &str = "write text in double quotes, or several in a list";
const SOUND_FORM: &str =
    "write a file's name in double quotes, several in a list, or a tone such as \"tone:busy\"";
const SOUND_OR_NONE_FORM: &str = "write a file's name in double quotes, several in a list, or false for none";
const TABLE_FORM: &str = "write a table: a line in brackets above its keys, or { … }";
const TABLES_FORM: &str = "write each below a line of its own in two brackets, such as [[ringbacks]]";

/// The schema of a table whose keys are names and whose values are sounds.
static OF_SOUNDS: TableSchema = TableSchema { name: "sounds", says: "", keys: &[], also: &[] };

/// A table with its schema.
pub(super) struct Section<'d> {
    pub(super) table: Table<'d>,
    schema: &'static TableSchema,
}

impl<'d> Section<'d> {
    /// A table with this schema. Reports unknown keys and missing keys.
    pub(super) fn new(
        table: Table<'d>,
        schema: &'static TableSchema,
        toml: &mut TomlFile<'_>,
        elsewhere: impl Fn(&str) -> Option<&'static str>,
    ) -> Self {
        // Most tables have no unknown key; only the others need the list of known keys.
        if !table.has_only(|key| schema.key(key).is_some()) {
            table.refuse_unknown(toml, &schema.names(), elsewhere);
        }
        for key in schema.all() {
            if let Some(remedy) = key.needed
                && table.offset_of(key.name).is_none()
            {
                toml.report(table.at, table.path(key.name), Problem::Missing(remedy));
            }
        }
        Self { table, schema }
    }

    /// The schema of a key. Asking for a key that the schema does not have is a bug of this crate.
    fn form(&self, key: &str) -> Option<ValueSchema> {
        if std::ptr::eq(self.schema, &OF_SOUNDS) {
            return Some(ValueSchema::Sound);
        }
        let form = self.schema.key(key).map(|key| key.form);
        debug_assert!(form.is_some(), "{key} is no key of {}", self.schema.name);
        form
    }

    /// Whether the key is present.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.offset_of(key).is_some()
    }

    /// The byte offset of the key, or of the table if the key is absent.
    pub(super) fn at(&self, key: &str) -> usize {
        self.table.offset_of(key).unwrap_or(self.table.at)
    }

    /// The text of a key.
    pub(super) fn text(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Located<&'d str>> {
        debug_assert!(matches!(self.form(key), Some(ValueSchema::Text(_))), "{key} is no text");
        self.table.text(toml, key)
    }

    /// The text or the texts of a key.
    pub(super) fn texts(&self, toml: &mut TomlFile<'_>, key: &str) -> Vec<Located<&'d str>> {
        debug_assert!(matches!(self.form(key), Some(ValueSchema::Texts(_))), "{key} is no list of texts");
        self.table.texts(toml, key, TEXTS_FORM).unwrap_or_default()
    }

    /// The boolean of a key.
    pub(super) fn flag(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<bool> {
        debug_assert!(matches!(self.form(key), Some(ValueSchema::Flag)), "{key} is no flag");
        self.table.flag(toml, key)
    }

    /// The number of a key, within the limits of the schema.
    pub(super) fn number(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Located<u64>> {
        match self.form(key)? {
            ValueSchema::Number(min, max, unit) => self.table.number(toml, key, min..=max, unit),
            other => {
                debug_assert!(false, "{key} is {other:?}");
                None
            }
        }
    }

    /// The number of a key as a smaller type, which holds every number within the limits.
    pub(super) fn small<T: TryFrom<u64>>(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<T> {
        self.number(toml, key).and_then(|found| T::try_from(found.value).ok())
    }

    /// The meaning of the word of a key.
    pub(super) fn choice<T: Copy>(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let known = match self.form(key) {
            Some(ValueSchema::Words(known)) => known,
            Some(_) | None => &[],
        };
        debug_assert!(words.iter().map(|(word, _)| word).eq(known), "{key} has other words");
        self.table.choice(toml, key, words)
    }

    /// The meanings of the words of a key. Reports every word that is none of them.
    pub(super) fn choices<T: Copy>(&self, toml: &mut TomlFile<'_>, key: &str, words: &[(&str, T)]) -> Vec<T> {
        debug_assert!(matches!(self.form(key), Some(ValueSchema::SomeWords(_))), "{key} is no list of words");
        let mut chosen = Vec::new();
        for found in self.table.texts(toml, key, TEXTS_FORM).unwrap_or_default() {
            match words.iter().find(|(word, _)| *word == found.value) {
                Some((_, value)) => chosen.push(*value),
                None => {
                    let hint = Hint::of(found.value, words.iter().map(|(word, _)| *word));
                    toml.report(found.at, found.key, Problem::Choice { found: shortened(found.value), hint });
                }
            }
        }
        chosen
    }

    /// The section of a key.
    pub(super) fn section(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Section<'d>> {
        let Some(ValueSchema::Table(schema)) = self.form(key) else { return None };
        let table = self.table.table(toml, key, TABLE_FORM)?;
        Some(Section::new(table, schema, toml, |_| None))
    }

    /// The table of a key, where the table has no fixed keys.
    pub(super) fn table_of(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Table<'d>> {
        debug_assert!(
            matches!(self.form(key), Some(ValueSchema::Hours | ValueSchema::Sounds)),
            "{key} has fixed keys"
        );
        self.table.table(toml, key, TABLE_FORM)
    }

    /// The sections of a list.
    pub(super) fn sections(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Vec<Section<'d>>> {
        let Some(ValueSchema::Tables(schema)) = self.form(key) else { return None };
        let tables = self.table.tables(toml, key, TABLES_FORM)?;
        Some(tables.into_iter().map(|table| Section::new(table, schema, toml, |_| None)).collect())
    }

    /// The sections of a table of tables, with their names, in the order of the file.
    pub(super) fn named(&self, toml: &mut TomlFile<'_>, key: &str) -> Vec<(&'d str, Section<'d>)> {
        let Some(ValueSchema::Named(schema)) = self.form(key) else { return Vec::new() };
        let Some(table) = self.table.table(toml, key, TABLE_FORM) else { return Vec::new() };
        let tables = tables_of(&table, toml);
        let section = |(name, table)| (name, Section::new(table, schema, toml, |_| None));
        tables.into_iter().map(section).collect()
    }

    /// The tables of a table of tables, where each has its own schema.
    pub(super) fn named_tables(&self, toml: &mut TomlFile<'_>, key: &str) -> Vec<(&'d str, Table<'d>)> {
        let table = self.table.table(toml, key, TABLE_FORM);
        table.map(|table| tables_of(&table, toml)).unwrap_or_default()
    }

    /// The keys and texts of a table of texts.
    pub(super) fn pairs(&self, toml: &mut TomlFile<'_>, key: &str) -> Vec<(&'d str, Located<&'d str>)> {
        debug_assert!(matches!(self.form(key), Some(ValueSchema::Pairs)), "{key} is no table of texts");
        let Some(table) = self.table.table(toml, key, TABLE_FORM) else { return Vec::new() };
        let pair = |(name, _)| table.text(toml, name).map(|found| (name, found));
        table.keys().into_iter().filter_map(pair).collect()
    }
}

/// The tables of a table, in the order of the file. Reports a value that is no table.
fn tables_of<'d>(table: &Table<'d>, toml: &mut TomlFile<'_>) -> Vec<(&'d str, Table<'d>)> {
    tables_of_keys(table, toml, &table.keys())
}

/// The tables of these keys of a table, in the order of the file.
pub(super) fn tables_of_keys<'d>(
    table: &Table<'d>,
    toml: &mut TomlFile<'_>,
    keys: &[(&'d str, usize)],
) -> Vec<(&'d str, Table<'d>)> {
    let read =
        |(name, at): &(&'d str, usize)| table.table(toml, name, TABLE_FORM).map(|inner| (*at, *name, inner));
    let mut tables: Vec<_> = keys.iter().filter_map(read).collect();
    tables.sort_by_key(|(at, _, _)| *at);
    tables.into_iter().map(|(_, name, table)| (name, table)).collect()
}

impl<'d> Section<'d> {
    /// A table whose keys are names and whose values are sounds.
    pub(super) fn of_sounds(table: Table<'d>) -> Self {
        Self { table, schema: &OF_SOUNDS }
    }

    /// The file names, or the tone, of a sound.
    pub(super) fn sounds(&self, toml: &mut TomlFile<'_>, key: &str) -> Option<Vec<Located<&'d str>>> {
        let form = match self.form(key)? {
            ValueSchema::Sound => SOUND_FORM,
            ValueSchema::SoundOrNone => SOUND_OR_NONE_FORM,
            other => {
                debug_assert!(false, "{key} is {other:?}");
                return None;
            }
        };
        if self.table.is_empty_list(key) {
            let problem = Problem::WrongType { found: "an empty list", expected: form };
            toml.report(self.at(key), self.table.path(key), problem);
            return None;
        }
        self.table.texts(toml, key, form)
    }

    /// Whether the value of an optional key is `false`, for none. Reports `true`, which has no meaning.
    pub(super) fn is_none(&self, toml: &mut TomlFile<'_>, key: &str) -> bool {
        debug_assert!(
            matches!(self.form(key), Some(ValueSchema::SoundOrNone | ValueSchema::KeyOrNone)),
            "{key}"
        );
        self.table.is_flag(key) && {
            if self.table.flag(toml, key) == Some(true) {
                let problem =
                    Problem::WrongType { found: "true", expected: "write a value, or false for none" };
                toml.report(self.at(key), self.table.path(key), problem);
            }
            true
        }
    }

    /// The telephone key of a key, or `default` if the key is absent.
    pub(super) fn telephone_key(
        &self,
        toml: &mut TomlFile<'_>,
        key: &str,
        default: Option<char>,
    ) -> Option<char> {
        if !self.has(key) {
            return default;
        }
        let may_be_none = matches!(self.form(key), Some(ValueSchema::KeyOrNone));
        if may_be_none && self.is_none(toml, key) {
            return None;
        }
        let found = self.table.text(toml, key)?;
        let mut characters = found.value.chars();
        match (characters.next(), characters.next()) {
            (Some(key), None) if is_telephone_key(key) => Some(key),
            _ => {
                toml.report(found.at, found.key, Problem::TelephoneKey(shortened(found.value)));
                None
            }
        }
    }
}
