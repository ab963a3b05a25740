//! A table of the file together with its form: what is asked of it is held to the limits and words that stand
//! in [`keys`](super::schema).

use super::Why;
use super::schema_types::{Form, Section};
use super::toml_reader::{Found, Sheet, Table};
use crate::source_position::shortened;

const TEXTS_FORM: &str = "write text in double quotes, or several in a list";
const SOUND_FORM: &str =
    "write a file's name in double quotes, several in a list, or a tone such as \"tone:busy\"";
const SOUND_OR_NONE_FORM: &str = "write a file's name in double quotes, several in a list, or false for none";
const TABLE_FORM: &str = "write a table: a line in brackets above its keys, or { … }";
const TABLES_FORM: &str = "write each below a line of its own in two brackets, such as [[ringbacks]]";

/// The form of a table whose every key is a sound.
static OF_SOUNDS: Section = Section { name: "sounds", says: "", keys: &[], also: &[] };

/// A table and its form.
pub(super) struct Part<'d> {
    pub(super) table: Table<'d>,
    section: &'static Section,
}

impl<'d> Part<'d> {
    /// A table of this form. Unknown keys are faults here and now, missing ones too.
    pub(super) fn new(
        table: Table<'d>,
        section: &'static Section,
        sheet: &mut Sheet<'_>,
        elsewhere: impl Fn(&str) -> Option<&'static str>,
    ) -> Self {
        // Most tables have no unknown key, and then nobody needs a list of the known ones.
        if !table.has_only(|key| section.key(key).is_some()) {
            table.refuse_unknown(sheet, &section.names(), elsewhere);
        }
        for key in section.all() {
            if let Some(remedy) = key.needed
                && table.place_of(key.name).is_none()
            {
                sheet.fault(table.at, table.path(key.name), Why::Missing(remedy));
            }
        }
        Self { table, section }
    }

    /// The form of a key. One that stands in no form is none that a file may have; asking for it is our mistake.
    fn form(&self, key: &str) -> Option<Form> {
        if std::ptr::eq(self.section, &OF_SOUNDS) {
            return Some(Form::Sound);
        }
        let form = self.section.key(key).map(|key| key.form);
        debug_assert!(form.is_some(), "{key} is no key of {}", self.section.name);
        form
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.place_of(key).is_some()
    }

    /// Where the key stands, or else the table.
    pub(super) fn at(&self, key: &str) -> usize {
        self.table.place_of(key).unwrap_or(self.table.at)
    }

    /// A text.
    pub(super) fn text(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<Found<&'d str>> {
        debug_assert!(matches!(self.form(key), Some(Form::Text(_))), "{key} is no text");
        self.table.text(sheet, key)
    }

    /// A text, or several.
    pub(super) fn texts(&self, sheet: &mut Sheet<'_>, key: &str) -> Vec<Found<&'d str>> {
        debug_assert!(matches!(self.form(key), Some(Form::Texts(_))), "{key} is no list of texts");
        self.table.texts(sheet, key, TEXTS_FORM).unwrap_or_default()
    }

    /// True or false.
    pub(super) fn flag(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<bool> {
        debug_assert!(matches!(self.form(key), Some(Form::Flag)), "{key} is no flag");
        self.table.flag(sheet, key)
    }

    /// A number within its limits.
    pub(super) fn number(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<Found<u64>> {
        match self.form(key)? {
            Form::Number(min, max, unit) => self.table.number(sheet, key, min..=max, unit),
            other => {
                debug_assert!(false, "{key} is {other:?}");
                None
            }
        }
    }

    /// A number within its limits, as a smaller type that holds them.
    pub(super) fn small<T: TryFrom<u64>>(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<T> {
        self.number(sheet, key).and_then(|found| T::try_from(found.value).ok())
    }

    /// One of its words.
    pub(super) fn choice<T: Copy>(&self, sheet: &mut Sheet<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let known = match self.form(key) {
            Some(Form::Words(known)) => known,
            Some(_) | None => &[],
        };
        debug_assert!(words.iter().map(|(word, _)| word).eq(known), "{key} has other words");
        self.table.choice(sheet, key, words)
    }

    /// The table under a key.
    pub(super) fn part(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<Part<'d>> {
        let Some(Form::Table(section)) = self.form(key) else { return None };
        let table = self.table.table(sheet, key, TABLE_FORM)?;
        Some(Part::new(table, section, sheet, |_| None))
    }

    /// The table under a key whose own keys are no fixed ones.
    pub(super) fn table_of(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<Table<'d>> {
        debug_assert!(matches!(self.form(key), Some(Form::Hours | Form::Sounds)), "{key} has fixed keys");
        self.table.table(sheet, key, TABLE_FORM)
    }

    /// The tables of a list.
    pub(super) fn parts(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<Vec<Part<'d>>> {
        let Some(Form::Tables(section)) = self.form(key) else { return None };
        let tables = self.table.tables(sheet, key, TABLES_FORM)?;
        Some(tables.into_iter().map(|table| Part::new(table, section, sheet, |_| None)).collect())
    }

    /// The tables of a table, by their names; in the order of the file.
    pub(super) fn named(&self, sheet: &mut Sheet<'_>, key: &str) -> Vec<(&'d str, Part<'d>)> {
        let Some(Form::Named(section)) = self.form(key) else { return Vec::new() };
        let Some(table) = self.table.table(sheet, key, TABLE_FORM) else { return Vec::new() };
        let tables = tables_of(&table, sheet);
        let part = |(name, table)| (name, Part::new(table, section, sheet, |_| None));
        tables.into_iter().map(part).collect()
    }

    /// As [`named`](Self::named), of tables that each have a form of their own.
    pub(super) fn named_tables(&self, sheet: &mut Sheet<'_>, key: &str) -> Vec<(&'d str, Table<'d>)> {
        let table = self.table.table(sheet, key, TABLE_FORM);
        table.map(|table| tables_of(&table, sheet)).unwrap_or_default()
    }

    /// The texts of a table, by their names.
    pub(super) fn pairs(&self, sheet: &mut Sheet<'_>, key: &str) -> Vec<(&'d str, Found<&'d str>)> {
        debug_assert!(matches!(self.form(key), Some(Form::Pairs)), "{key} is no table of texts");
        let Some(table) = self.table.table(sheet, key, TABLE_FORM) else { return Vec::new() };
        let pair = |(name, _)| table.text(sheet, name).map(|found| (name, found));
        table.keys().into_iter().filter_map(pair).collect()
    }
}

/// The tables of a table, in the order of the file; what is none is a fault.
fn tables_of<'d>(table: &Table<'d>, sheet: &mut Sheet<'_>) -> Vec<(&'d str, Table<'d>)> {
    tables_of_keys(table, sheet, &table.keys())
}

/// The tables under these keys of a table, in the order of the file.
pub(super) fn tables_of_keys<'d>(
    table: &Table<'d>,
    sheet: &mut Sheet<'_>,
    keys: &[(&'d str, usize)],
) -> Vec<(&'d str, Table<'d>)> {
    let read =
        |(name, at): &(&'d str, usize)| table.table(sheet, name, TABLE_FORM).map(|inner| (*at, *name, inner));
    let mut tables: Vec<_> = keys.iter().filter_map(read).collect();
    tables.sort_by_key(|(at, _, _)| *at);
    tables.into_iter().map(|(_, name, table)| (name, table)).collect()
}

impl<'d> Part<'d> {
    /// A table whose keys are names and whose values are sounds.
    pub(super) fn of_sounds(table: Table<'d>) -> Self {
        Self { table, section: &OF_SOUNDS }
    }

    /// The names of a sound.
    pub(super) fn sounds(&self, sheet: &mut Sheet<'_>, key: &str) -> Option<Vec<Found<&'d str>>> {
        let form = match self.form(key)? {
            Form::Sound => SOUND_FORM,
            Form::SoundOrNone => SOUND_OR_NONE_FORM,
            other => {
                debug_assert!(false, "{key} is {other:?}");
                return None;
            }
        };
        if self.table.is_empty_list(key) {
            let why = Why::WrongType { found: "an empty list", expected: form };
            sheet.fault(self.at(key), self.table.path(key), why);
            return None;
        }
        self.table.texts(sheet, key, form)
    }

    /// Whether a key that may say `false` says so. `true` means nothing there.
    pub(super) fn is_none(&self, sheet: &mut Sheet<'_>, key: &str) -> bool {
        debug_assert!(matches!(self.form(key), Some(Form::SoundOrNone | Form::KeyOrNone)), "{key}");
        self.table.is_flag(key) && {
            if self.table.flag(sheet, key) == Some(true) {
                let why = Why::WrongType { found: "true", expected: "write a value, or false for none" };
                sheet.fault(self.at(key), self.table.path(key), why);
            }
            true
        }
    }

    /// A key of a telephone; `otherwise` where nothing is written.
    pub(super) fn telephone_key(
        &self,
        sheet: &mut Sheet<'_>,
        key: &str,
        otherwise: Option<char>,
    ) -> Option<char> {
        if !self.has(key) {
            return otherwise;
        }
        let may_be_none = matches!(self.form(key), Some(Form::KeyOrNone));
        if may_be_none && self.is_none(sheet, key) {
            return None;
        }
        let found = self.table.text(sheet, key)?;
        let mut signs = found.value.chars();
        match (signs.next(), signs.next()) {
            (Some(sign), None) if is_telephone_key(sign) => Some(sign),
            _ => {
                sheet.fault(found.at, found.key, Why::TelephoneKey(shortened(found.value)));
                None
            }
        }
    }
}

/// Whether a telephone has a key of this sign.
pub(super) fn is_telephone_key(sign: char) -> bool {
    sign.is_ascii_digit() || matches!(sign, '*' | '#')
}
