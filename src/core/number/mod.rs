//! Telephone numbers as carriers deliver them: one normal form, their region, and lists of numbers.
//!
//! Nothing here asks another service: the number itself and the built-in tables have all information.

mod area;
mod coverage;
mod entry;
mod form;
mod grade;
mod hotline_number;
pub mod import;
mod imported;
mod location;
mod mobile_prefix;
mod normal;
mod number_regions;
mod places;
mod prefixes;
mod segments;

pub use area::{Area, AreaSet, BadArea, Region};
pub use coverage::{Coverage, Segment};
pub use entry::{BadEntry, Entry};
pub use form::{Kind, NUMBER_CHARS_MAX, Number};
pub use grade::{BadGrades, Found, Grade, Grades};
pub use hotline_number::{HOTLINE_DIGITS, hotline, masked, shown};
pub use imported::{BadTable, FROM_CHARS_MAX, Imported, PrefixEntry, TABLE_FORMAT};
pub use location::{Confidence, Location, Network, Operator, Source};
pub use mobile_prefix::{PREFIX_FIRST, PREFIXES};
pub use normal::normalise;
pub use number_regions::{InvalidNumberRegions, NumberRegions};
pub use places::{AreaCode, BadAreaCode, Place};
pub use prefixes::{BAD_LINES_MAX, BadLine, ENTRIES_MAX, Prefixes};
