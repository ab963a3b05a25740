//! The calendar of a daemon: the years compiled in, and a folder of the operator's own.
//!
//! Blocks on the file system: not for an async task.

use crate::hours::{BadYear, Calendar};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most files such a folder may have.
pub const YEAR_FILES_MAX: usize = 200;
/// The largest file of a year, in bytes.
pub const YEAR_FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a folder of years was refused.
#[derive(Debug, thiserror::Error)]
pub enum BadHolidays {
    /// The system refused.
    #[error("{0}: cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// Likely another folder.
    #[error("{0}: has more than {YEAR_FILES_MAX} files of years")]
    TooManyFiles(PathBuf),
    /// Likely another file.
    #[error("{0}: is larger than {YEAR_FILE_BYTES_MAX} bytes")]
    TooBig(PathBuf),
    /// A file that says something else than a year.
    #[error(transparent)]
    Year(#[from] BadYear),
}

/// The known years with every `*.json` of the folder over them, in the order of their names; each is a year in the
/// schema of `holiday-cn`. Hidden files are passed over. Either all files are good, or every fault comes back.
pub fn load(folder: &Path) -> Result<Calendar, Vec<BadHolidays>> {
    let mut calendar = Calendar::known();
    let mut faults = Vec::new();
    for file in files_of(folder).map_err(|fault| vec![fault])? {
        let overlaid = read(&file).and_then(|json| Ok(calendar.overlay(&json, &file.display().to_string())?));
        faults.extend(overlaid.err());
    }
    if faults.is_empty() { Ok(calendar) } else { Err(faults) }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, BadHolidays> {
    let unreadable = |error| BadHolidays::Unreadable(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.ends_with(b".json") && !bytes.starts_with(b".") {
            files.push(folder.join(name));
        }
    }
    if files.len() > YEAR_FILES_MAX {
        return Err(BadHolidays::TooManyFiles(folder.to_owned()));
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<String, BadHolidays> {
    let unreadable = |error| BadHolidays::Unreadable(file.to_owned(), error);
    // Asked before opening: opening a pipe would wait for its other end.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(unreadable(std::io::Error::other("it is no regular file")));
    }
    let mut json = String::new();
    let open = File::open(file).map_err(unreadable)?;
    open.take(YEAR_FILE_BYTES_MAX + 1).read_to_string(&mut json).map_err(unreadable)?;
    if json.len() as u64 > YEAR_FILE_BYTES_MAX {
        return Err(BadHolidays::TooBig(file.to_owned()));
    }
    Ok(json)
}
