//! What was read so far: rows in, a table out.

use super::error::{BAD_ROWS_MAX, BadImport, BadRow, UNKNOWN_MAX, Whence, quoted};
use super::found::{Form, Found, Import, Unknown};
use super::names::Names;
use crate::number::Imported;
use crate::number::imported::Said;
use crate::number::mobile_prefix::{PREFIX_FIRST, PREFIXES};
use std::collections::BTreeMap;

/// Why reading ended early: everything there is to say stands in the sheet.
pub(super) struct Stop;

/// The prefixes that were read, and the faults.
pub(super) struct Sheet {
    pub(super) names: Names,
    said: Vec<Said>,
    /// Where each prefix was named first.
    first: Vec<Option<Whence>>,
    rows: usize,
    prefixes: usize,
    places: Unknowns,
    operators: Unknowns,
    faults: Vec<BadRow>,
}

impl Sheet {
    pub(super) fn new() -> Self {
        Self {
            names: Names::default(),
            said: vec![Said::default(); PREFIXES],
            first: vec![None; PREFIXES],
            rows: 0,
            prefixes: 0,
            places: Unknowns::default(),
            operators: Unknowns::default(),
            faults: Vec::new(),
        }
    }

    /// Takes a fault; the last that is taken ends the reading.
    pub(super) fn fault(&mut self, at: Whence, why: BadImport) -> Result<(), Stop> {
        self.faults.push(why.at(at));
        if self.faults.len() < BAD_ROWS_MAX { Ok(()) } else { Err(Stop) }
    }

    /// Takes what a row says of a prefix. A row that says again what another did is no fault.
    pub(super) fn row(&mut self, prefix: usize, said: Said, at: Whence) -> Result<(), Stop> {
        self.rows += 1;
        let place = prefix.wrapping_sub(PREFIX_FIRST);
        let (Some(known), Some(first)) = (self.said.get_mut(place), self.first.get_mut(place)) else {
            return self.fault(at, BadImport::Prefix(prefix.to_string()));
        };
        if first.is_some() {
            let why = BadImport::Disagrees { prefix, first: *first };
            return if *known == said { Ok(()) } else { self.fault(at, why) };
        }
        self.prefixes += 1;
        (*known, *first) = (said, Some(at));
        Ok(())
    }

    /// A place that nobody knows.
    pub(super) fn unknown_place(&mut self, name: &str, at: Whence) -> Result<(), Stop> {
        if self.places.add(name, at) { Ok(()) } else { self.strange(name, at) }
    }

    /// An operator nobody knows.
    pub(super) fn unknown_operator(&mut self, name: &str, at: Whence) -> Result<(), Stop> {
        if self.operators.add(name, at) { Ok(()) } else { self.strange(name, at) }
    }

    fn strange(&mut self, name: &str, at: Whence) -> Result<(), Stop> {
        self.faults.push(BadImport::Strange(quoted(name)).at(at));
        Err(Stop)
    }

    /// The table, if nothing was wrong.
    pub(super) fn finish(mut self, form: Result<Form, Stop>, name: &str) -> Result<Import, Vec<BadRow>> {
        let Ok(form) = form else { return Err(self.faults) };
        let whole = match form {
            Form::Csv => Whence::Line(1),
            Form::PhoneDat { .. } => Whence::Byte(0),
        };
        if self.faults.is_empty() && self.prefixes == 0 {
            self.faults.push(BadImport::Empty.at(whole));
        } else if self.faults.is_empty() && self.said.iter().all(|said| said.place.is_none()) {
            self.faults.push(BadImport::NothingPlaced.at(whole));
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let Some(table) = Imported::new(name, self.said) else {
            return Err(vec![BadImport::Strange(quoted(name)).at(whole)]);
        };
        let found =
            Found::of(form, self.rows, self.prefixes, &table, (self.places.list(), self.operators.list()));
        Ok(Import { table, found })
    }
}

/// Names nobody knows, how often each stands there and where first.
#[derive(Default)]
struct Unknowns(BTreeMap<String, (usize, Option<Whence>)>);

impl Unknowns {
    /// Whether there was room for it.
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

    /// Those that stand there most often come first.
    fn list(self) -> Vec<Unknown> {
        let unknown =
            |(name, (rows, first)): (String, (usize, Option<Whence>))| Unknown { name, rows, first };
        let mut list: Vec<Unknown> = self.0.into_iter().map(unknown).collect();
        list.sort_by_key(|unknown| std::cmp::Reverse(unknown.rows));
        list
    }
}
