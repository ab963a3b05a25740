//! What was found in a table that an operator brought, beside the one that is built in.

use super::error::Whence;
use crate::number::{Imported, Location, NumberRegions, Place};
use serde::Serialize;

/// The form of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A `phone.dat`.
    PhoneDat {
        /// Its version, as it says.
        version: String,
    },
    /// A line of text for each prefix.
    Csv,
}

/// A table that was read.
#[derive(Debug)]
pub struct Import {
    /// What it says.
    pub table: Imported,
    /// What was found in it, beside the table that is built in.
    pub found: Found,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The form of the file.
    pub form: Form,
    /// How many rows or entries name a prefix.
    pub rows: usize,
    /// How many prefixes they name.
    pub prefixes: usize,
    /// Of how many it knows the city.
    pub city: usize,
    /// Of how many only the province.
    pub province: usize,
    /// Of how many only the operator.
    pub operator: usize,
    /// Of how many nothing.
    pub nothing: usize,
    /// How it agrees with the table that is built in.
    pub compared: Compared,
    /// Names of places that GB/T 2260 does not have, the most frequent first.
    pub unknown_places: Vec<Unknown>,
    /// Names of operators nobody knows.
    pub unknown_operators: Vec<Unknown>,
}

/// How two tables agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// How many prefixes have a province in both.
    pub provinces: usize,
    /// How many of these have the same.
    pub same_province: usize,
    /// How many prefixes have a city in both.
    pub cities: usize,
    /// How many of these have the same.
    pub same_city: usize,
    /// How many prefixes have an operator in both.
    pub operators: usize,
    /// How many of these have the same.
    pub same_operator: usize,
    /// How many have a place only in the operator's table.
    pub new: usize,
}

/// A name nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// In how many rows it stands.
    pub rows: usize,
    /// Where first.
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
        for (prefix, said) in table.iter() {
            match said.place {
                Some(place) if place.is_city() => city += 1,
                Some(_) => province += 1,
                None => operator += 1,
            }
            let built_in = NumberRegions::built_in().of_prefix(prefix);
            let place = said.place.map(|place| (place.province(), place.is_city().then_some(place)));
            compared.add(&built_in, place);
            if let (Some(ours), Some(theirs)) = (built_in.operator, said.operator) {
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
