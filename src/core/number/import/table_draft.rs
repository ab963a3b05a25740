//! The table while its rows are read.

use super::error::{BAD_ROWS_MAX, BadImport, BadRow, UNKNOWN_MAX, Whence, quoted};
use super::found::{Form, Found, Import, Unknown};
use super::names::Names;
use crate::number::Imported;
use crate::number::imported::PrefixEntry;
use crate::number::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use std::collections::BTreeMap;

/// Reading stopped early. The errors are in the draft.
pub(super) struct Stopped;

/// The prefixes that are read so far, and the errors.
pub(super) struct TableDraft {
    pub(super) names: Names,
    entry: Vec<PrefixEntry>,
    /// The position of the first row of each prefix.
    first: Vec<Option<Whence>>,
    rows: usize,
    prefixes: usize,
    places: UnknownNames,
    operators: UnknownNames,
    faults: Vec<BadRow>,
}

impl TableDraft {
    pub(super) fn new() -> Self {
        Self {
            names: Names::default(),
            entry: vec![PrefixEntry::default(); PREFIXES],
            first: vec![None; PREFIXES],
            rows: 0,
            prefixes: 0,
            places: UnknownNames::default(),
            operators: UnknownNames::default(),
            faults: Vec::new(),
        }
    }

    /// Adds an error. The last error that is reported stops the reading.
    pub(super) fn fault(&mut self, at: Whence, why: BadImport) -> Result<(), Stopped> {
        self.faults.push(why.at(at));
        if self.faults.len() < BAD_ROWS_MAX { Ok(()) } else { Err(Stopped) }
    }

    /// Adds the row of a prefix. A repeated row with the same values is no error.
    pub(super) fn row(&mut self, prefix: usize, entry: PrefixEntry, at: Whence) -> Result<(), Stopped> {
        self.rows += 1;
        let place = prefix.wrapping_sub(PREFIX_FIRST);
        let (Some(known), Some(first)) = (self.entry.get_mut(place), self.first.get_mut(place)) else {
            return self.fault(at, BadImport::Prefix(prefix.to_string()));
        };
        if first.is_some() {
            let why = BadImport::Disagrees { prefix, first: *first };
            return if *known == entry { Ok(()) } else { self.fault(at, why) };
        }
        self.prefixes += 1;
        (*known, *first) = (entry, Some(at));
        Ok(())
    }

    /// Records an unknown place name.
    pub(super) fn unknown_place(&mut self, name: &str, at: Whence) -> Result<(), Stopped> {
        if self.places.add(name, at) { Ok(()) } else { self.strange(name, at) }
    }

    /// Records an unknown operator name.
    pub(super) fn unknown_operator(&mut self, name: &str, at: Whence) -> Result<(), Stopped> {
        if self.operators.add(name, at) { Ok(()) } else { self.strange(name, at) }
    }

    fn strange(&mut self, name: &str, at: Whence) -> Result<(), Stopped> {
        self.faults.push(BadImport::Strange(quoted(name)).at(at));
        Err(Stopped)
    }

    /// The finished table, or the errors.
    pub(super) fn finish(mut self, form: Result<Form, Stopped>, name: &str) -> Result<Import, Vec<BadRow>> {
        let Ok(form) = form else { return Err(self.faults) };
        let whole = match form {
            Form::Csv => Whence::Line(1),
            Form::PhoneDat { .. } => Whence::Byte(0),
        };
        if self.faults.is_empty() && self.prefixes == 0 {
            self.faults.push(BadImport::Empty.at(whole));
        } else if self.faults.is_empty() && self.entry.iter().all(|entry| entry.place.is_none()) {
            self.faults.push(BadImport::NothingPlaced.at(whole));
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let Some(table) = Imported::new(name, self.entry) else {
            return Err(vec![BadImport::Strange(quoted(name)).at(whole)]);
        };
        let found =
            Found::of(form, self.rows, self.prefixes, &table, (self.places.list(), self.operators.list()));
        Ok(Import { table, found })
    }
}

/// Unknown names, with the number of rows and the first position of each.
#[derive(Default)]
struct UnknownNames(BTreeMap<String, (usize, Option<Whence>)>);

impl UnknownNames {
    /// Records a name. Returns whether there was room for it.
    fn add(&mut self, name: &str, at: Whence) -> bool {
        if let Some((count, _)) = self.0.get_mut(name) {
            *count += 1;
            return true;
        }
        if self.0.len() >= UNKNOWN_MAX {
            return false;
        }
        self.0.insert(quoted(name), (1, Some(at)));
        true
    }

    /// The names, the most frequent first.
    fn list(self) -> Vec<Unknown> {
        let unknown =
            |(name, (rows, first)): (String, (usize, Option<Whence>))| Unknown { name, rows, first };
        let mut list: Vec<Unknown> = self.0.into_iter().map(unknown).collect();
        list.sort_by_key(|unknown| std::cmp::Reverse(unknown.rows));
        list
    }
}
