//! Tables of mobile prefixes that operators bring: a `phone.dat` as many programs in China read it, or CSV.
//!
//! A table is read whole or refused with every fault's place (up to [`BAD_ROWS_MAX`]). Names of places that GB/T 2260
//! does not have are no fault: what else the row says counts, and the names are told. Nothing here opens a file.

mod columns;
mod csv;
mod error;
mod found;
mod names;
mod phone_dat;
mod sheet;

pub use error::{BAD_ROWS_MAX, BadImport, BadRow, TABLE_BYTES_MAX, UNKNOWN_MAX, Whence};
pub use found::{Compared, Form, Found, Import, Unknown};

use sheet::Sheet;

/// Reads a table out of a file's bytes; `name` is what the file is called. Or every fault comes back.
pub fn read(bytes: &[u8], name: &str) -> Result<Import, Vec<BadRow>> {
    let start = Whence::Byte(0);
    if let Some(form) = other_form(bytes) {
        return Err(vec![BadImport::OtherForm(form).at(start)]);
    }
    let mut sheet = Sheet::new();
    // The records of a phone.dat end with a zero, which no text has.
    let form = if memchr::memchr(0, bytes).is_some() {
        phone_dat::read(bytes, &mut sheet)
    } else {
        csv::read(bytes, &mut sheet)
    };
    sheet.finish(form, name)
}

/// What the first bytes say it is, if that is neither of ours.
fn other_form(bytes: &[u8]) -> Option<&'static str> {
    const FORMS: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "a ZIP archive or an Excel file"),
        (b"\xd0\xcf\x11\xe0", "an old Excel file"),
        (b"\x1f\x8b", "packed by gzip"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
        (b"SQLite format 3", "an SQLite database"),
        (b"{\"hotlined_numbers\"", "a table that was imported already"),
    ];
    FORMS.iter().find(|(beginning, _)| bytes.starts_with(beginning)).map(|(_, form)| *form)
}

/// Both forms.
#[cfg(test)]
mod tests;
