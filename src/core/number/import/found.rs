//! The report on an imported table, compared with the built-in table.

use super::error::Whence;
use crate::number::{Imported, Location, NumberRegions, Place};
use serde::Serialize;

/// The format of an imported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A `phone.dat`.
    PhoneDat {
        /// The version in its header.
        version: String,
    },
    /// A line of text for each prefix.
    Csv,
}

/// An imported table with its report.
#[derive(Debug)]
pub struct Import {
    /// The table.
    pub table: Imported,
    /// The report on the table.
    pub found: Found,
}

/// The report on an imported table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The format of the file.
    pub form: Form,
    /// The number of rows or entries with a prefix.
    pub rows: usize,
    /// The number of prefixes.
    pub prefixes: usize,
    /// The number of prefixes with a city.
    pub city: usize,
    /// The number of prefixes with only a province.
    pub province: usize,
    /// The number of prefixes with only an operator.
    pub operator: usize,
    /// The number of prefixes without any value.
    pub nothing: usize,
    /// The comparison with the built-in table.
    pub compared: Compared,
    /// The place names that are not in GB/T 2260, the most frequent first.
    pub unknown_places: Vec<Unknown>,
    /// The unknown names of operators.
    pub unknown_operators: Vec<Unknown>,
}

/// The comparison of an imported table with the built-in table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// How many prefixes have a province in both.
    pub provinces: usize,
    /// How many of these are equal.
    pub same_province: usize,
    /// How many prefixes have a city in both.
    pub cities: usize,
    /// How many of these are equal.
    pub same_city: usize,
    /// How many prefixes have an operator in both.
    pub operators: usize,
    /// How many of these are equal.
    pub same_operator: usize,
    /// How many prefixes have a place only in the imported table.
    pub new: usize,
}

/// An unknown name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// The number of rows with the name.
    pub rows: usize,
    /// The position of the first such row.
    pub first: Option<Whence>,
}

impl Found {
    pub(super) fn of(
        form: Form,
        rows: usize,
        prefixes: usize,
        table: &Imported,
        unknown: (Vec<Unknown>, Vec<Unknown>),
    ) -> Self {
        let (mut city, mut province, mut operator) = (0, 0, 0);
        let mut compared = Compared::default();
        for (prefix, entry) in table.iter() {
            match entry.place {
                Some(place) if place.is_city() => city += 1,
                Some(_) => province += 1,
                None => operator += 1,
            }
            let built_in = NumberRegions::built_in().of_prefix(prefix);
            let place = entry.place.map(|place| (place.province(), place.is_city().then_some(place)));
            compared.add(&built_in, place);
            if let (Some(ours), Some(theirs)) = (built_in.operator, entry.operator) {
                compared.operators += 1;
                compared.same_operator += usize::from(ours == theirs);
            }
        }
        let nothing = prefixes.saturating_sub(city + province + operator);
        let (unknown_places, unknown_operators) = unknown;
        Self {
            form,
            rows,
            prefixes,
            city,
            province,
            operator,
            nothing,
            compared,
            unknown_places,
            unknown_operators,
        }
    }
}

impl Compared {
    fn add(&mut self, ours: &Location, theirs: Option<(Place, Option<Place>)>) {
        let Some((province, city)) = theirs else { return };
        match ours.province {
            Some(same) => {
                self.provinces += 1;
                self.same_province += usize::from(same == province);
            }
            None => self.new += 1,
        }
        if let (Some(ours), Some(theirs)) = (ours.city, city) {
            self.cities += 1;
            self.same_city += usize::from(ours == theirs);
        }
    }
}
