//! A table of the file together with its form: what is asked of it is held to the limits and words that stand
//! in [`keys`](super::keys).

use super::fault::Why;
use super::form::{Form, Section};
use super::sheet::{Found, Sheet, Table};

const TEXTS_FORM: &str = "write text in double quotes, or several in a list";
const TABLE_FORM: &str = "write a table: a line in brackets above its keys, or { … }";
const TABLES_FORM: &str = "write each below a line of its own in two brackets, such as [[ringbacks]]";

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
        table.refuse_unknown(sheet, &section.names(), elsewhere);
        for key in section.all().filter(|key| table.place_of(key.name).is_none()) {
            if let Some(remedy) = key.needed {
                sheet.fault(table.at, table.path(key.name), Why::Missing(remedy));
            }
        }
        Self { table, section }
    }

    /// The form of a key. One that stands in no form is none that a file may have; asking for it is our mistake.
    fn form(&self, key: &str) -> Option<Form> {
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
        let part = |(name, table)| (name, Part::new(table, section, sheet, |_| None));
        tables_of(&table, sheet).into_iter().map(part).collect()
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
pub(super) fn tables_of<'d>(table: &Table<'d>, sheet: &mut Sheet<'_>) -> Vec<(&'d str, Table<'d>)> {
    let read = |(name, at)| table.table(sheet, name, TABLE_FORM).map(|inner| (at, name, inner));
    let mut tables: Vec<_> = table.keys().into_iter().filter_map(read).collect();
    tables.sort_by_key(|(at, _, _)| *at);
    tables.into_iter().map(|(_, name, table)| (name, table)).collect()
}
