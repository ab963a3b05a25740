//! The operator's own table of number regions: the file that `hotlined numbers import` writes.
//!
//! These functions block on the file system: do not call them in an async task.

use super::whole_file::{self, ReadFileError, ReplaceFileError};
use hotlined_core::number::{Imported, NumberRegions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file of a table, in bytes. A table of all prefixes, each unlike its neighbour, takes less than a third.
pub const NUMBERS_FILE_BYTES_MAX: u64 = 32 << 20;

/// Why a file of numbers was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumbersFileError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] ReadFileError),
    /// The file is not a table that `hotlined numbers import` wrote.
    #[error(
        "{file}:{line}:{column}: {why}; `hotlined numbers import` makes this file from a phone.dat or CSV"
    )]
    Table {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What is wrong at that place.
        why: String,
    },
}

/// Loads the built-in table, overlaid with the table of this file.
///
/// # Errors
/// If the file cannot be read or is not such a table.
pub fn load(file: &Path) -> Result<NumberRegions, NumbersFileError> {
    let bytes = whole_file::read(file, NUMBERS_FILE_BYTES_MAX)?;
    let table: Imported = serde_json::from_slice(&bytes).map_err(|error| {
        let why = error.to_string();
        // The message already begins with the place.
        let why = why.split(" at line ").next().unwrap_or_default().to_owned();
        NumbersFileError::Table {
            file: file.to_owned(),
            line: error.line().max(1),
            column: error.column().max(1),
            why,
        }
    })?;
    Ok(NumberRegions::with(Arc::new(table)))
}

/// Writes a table into this file, as a whole or not at all.
///
/// # Errors
/// If the file cannot be written; then it is unchanged.
pub fn save(table: &Imported, file: &Path) -> Result<(), ReplaceFileError> {
    // Plain data always has a JSON form; [`load`] would refuse an empty file.
    let mut bytes = serde_json::to_vec(table).unwrap_or_default();
    bytes.push(b'\n');
    whole_file::replace(file, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::number::import;
    use std::fs;

    #[test]
    fn a_table_that_was_saved_is_loaded_and_a_cut_one_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("numbers.json");
        let table = import::read("1300000,新疆,巴州,移动\n".as_bytes(), "a.csv").unwrap().table;
        save(&table, &file).unwrap();
        assert_eq!(load(&file).unwrap().imported(), Some(&table));
        let whole = fs::read(&file).unwrap();
        for end in 0..whole.len() - 1 {
            fs::write(&file, &whole[..end]).unwrap();
            assert!(load(&file).is_err(), "{end}");
        }
        fs::write(&file, "2401").unwrap();
        let message = load(&file).unwrap_err().to_string();
        assert!(
            message.contains("numbers.json:1:4: ") && message.contains("`hotlined numbers import`"),
            "{message}"
        );
    }

    #[test]
    fn the_largest_table_there_can_be_fits() {
        // Neighbours differ everywhere; a tenth of all prefixes stands for the others.
        let mut text = String::new();
        for prefix in 1_300_000..1_370_000 {
            let city = if prefix % 2 == 0 { "新疆,巴州" } else { "广东,深圳" };
            text.push_str(&format!("{prefix},{city},移动\n"));
        }
        let table = import::read(text.as_bytes(), "a.csv").unwrap().table;
        let bytes = serde_json::to_vec(&table).unwrap().len() as u64;
        assert!(bytes * 10 * 3 < NUMBERS_FILE_BYTES_MAX, "{bytes}");
    }
}
