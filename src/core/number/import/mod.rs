//! Imports tables of mobile prefixes: `phone.dat`, which many programs in China read, or CSV.
//!
//! A table is read as a whole, or refused with the positions of its errors (up to [`BAD_ROWS_MAX`]). A place name that
//! is not in GB/T 2260 is no error: the other values of the row count, and the name is reported. Nothing here opens a
//! file.

mod columns;
mod csv;
mod error;
mod found;
mod names;
mod phone_dat;
mod table_draft;

pub use error::{BAD_ROWS_MAX, BadImport, BadRow, TABLE_BYTES_MAX, UNKNOWN_MAX, Whence};
pub use found::{Compared, Form, Found, Import, Unknown};

use table_draft::TableDraft;

/// Reads a table from the bytes of a file. `name` is the name of the file.
///
/// # Errors
///
/// The errors of the table, at most [`BAD_ROWS_MAX`] of them.
pub fn read(bytes: &[u8], name: &str) -> Result<Import, Vec<BadRow>> {
    let start = Whence::Byte(0);
    if let Some(form) = other_form(bytes) {
        return Err(vec![BadImport::OtherForm(form).at(start)]);
    }
    let mut draft = TableDraft::new();
    // The records of a phone.dat end with a zero byte, which no text has.
    let form = if memchr::memchr(0, bytes).is_some() {
        phone_dat::read(bytes, &mut draft)
    } else {
        csv::read(bytes, &mut draft)
    };
    draft.finish(form, name)
}

/// The format that the first bytes show, if it is another format.
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
