//! The operator's own holidays: a folder with a file for each year, laid over the years that are compiled in.
//!
//! These functions block on the file system: do not call them in an async task.

use super::whole_file::ReadFileError;
use hotlined_core::hours::{BadYear, Calendar};
use std::path::{Path, PathBuf};

/// The most files of years in the folder.
pub const YEAR_FILES_MAX: usize = 200;
/// The largest file of a year, in bytes.
pub const YEAR_FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a folder of holidays was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolidayFolderError {
    /// The folder, or a file in it, cannot be read.
    #[error(transparent)]
    File(#[from] ReadFileError),
    /// The folder has too many files: the operator likely named a wrong folder.
    #[error("{0}: has more than {YEAR_FILES_MAX} files of years")]
    TooManyFiles(PathBuf),
    /// A file does not hold a year.
    #[error(transparent)]
    Year(#[from] BadYear),
}

/// Loads the compiled-in years and lays every `*.json` of the folder over them, in the order of the file names. Each
/// file is a year in the schema of `holiday-cn`. Hidden files are skipped.
///
/// # Errors
/// All faults of all files, if any file is bad.
pub fn load(folder: &Path) -> Result<Calendar, Vec<HolidayFolderError>> {
    let mut calendar = Calendar::known();
    let mut faults = Vec::new();
    for file in year_files(folder).map_err(|fault| vec![fault])? {
        let overlaid = read(&file).and_then(|json| Ok(calendar.overlay(&json, &file.display().to_string())?));
        faults.extend(overlaid.err());
    }
    if faults.is_empty() { Ok(calendar) } else { Err(faults) }
}

fn year_files(folder: &Path) -> Result<Vec<PathBuf>, HolidayFolderError> {
    let unreadable = |error: std::io::Error| ReadFileError::unreadable(folder, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.ends_with(b".json") && !bytes.starts_with(b".") {
            files.push(folder.join(name));
        }
    }
    if files.len() > YEAR_FILES_MAX {
        return Err(HolidayFolderError::TooManyFiles(folder.to_owned()));
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<String, HolidayFolderError> {
    let bytes = super::whole_file::read(file, YEAR_FILE_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|_| {
        ReadFileError::unreadable(file, &"it is not UTF-8: save it as UTF-8 (it may be GBK)").into()
    })
}
