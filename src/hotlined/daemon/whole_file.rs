//! Files that the operator names, read as a whole or replaced as a whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFileError {
    /// The operating system refused.
    #[error("{0}: cannot be read: {1}")]
    Unreadable(PathBuf, String),
    /// The file is too large: the operator likely named a wrong file.
    #[error("{0}: is larger than {1} bytes")]
    TooBig(PathBuf, u64),
}

impl ReadFileError {
    /// The operating system refused for this reason.
    pub fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::Unreadable(file.to_owned(), why.to_string())
    }
}

/// Why a file was not replaced; the file is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: cannot be written, and is as it was: {why}")]
pub struct ReplaceFileError {
    file: PathBuf,
    why: String,
}

/// Reads a file of at most `bytes_max` bytes.
///
/// # Errors
/// If the file cannot be read, is not a regular file or is larger.
pub fn read(file: &Path, bytes_max: u64) -> Result<Vec<u8>, ReadFileError> {
    let unreadable = |error: io::Error| ReadFileError::unreadable(file, &error);
    // Checked before opening: opening a pipe would wait for its other end.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::other("it is no regular file")));
    }
    let mut bytes = Vec::new();
    let open = File::open(file).map_err(unreadable)?;
    open.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > bytes_max {
        return Err(ReadFileError::TooBig(file.to_owned(), bytes_max));
    }
    Ok(bytes)
}

/// Replaces the content of the file, or creates the file. A reader finds either the old content or the new content,
/// also after a crash of the machine.
///
/// # Errors
/// If the new content cannot be written; then the file is unchanged.
pub fn replace(file: &Path, bytes: &[u8]) -> Result<(), ReplaceFileError> {
    let cannot = |error: io::Error| ReplaceFileError { file: file.to_owned(), why: error.to_string() };
    // A symbolic link stays, and its target is replaced.
    let place = match std::fs::metadata(file) {
        Ok(about) if about.is_file() => std::fs::canonicalize(file).map_err(cannot)?,
        Ok(_) => return Err(cannot(io::Error::other("it is no regular file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(file).map_err(cannot)?,
        Err(error) => return Err(cannot(error)),
    };
    let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(cannot(io::Error::other("it has no name")));
    };
    // A hidden file with the process id in its name: two processes that write at once do not mix.
    let new = folder.join(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    if let Err(error) = write_and_sync(&new, bytes).and_then(|()| std::fs::rename(&new, &place)) {
        // The new file may not exist.
        let _ = std::fs::remove_file(&new);
        return Err(cannot(error));
    }
    // The new name is durable once the folder is on the disk, too. Where folders cannot be synced, a crash may bring
    // back the old file as a whole.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn write_and_sync(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("numbers.json");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(read(&file, 3).unwrap(), b"two");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"three").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_file_is_neither_read_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for place in [folder.path(), &pipe] {
            assert!(read(place, 9).unwrap_err().to_string().ends_with("it is no regular file"));
            assert!(replace(place, b"x").unwrap_err().to_string().ends_with("it is no regular file"));
        }
        let nowhere = folder.path().join("no/numbers.json");
        assert!(replace(&nowhere, b"x").unwrap_err().to_string().contains("and is as it was: No such file"));
        assert!(read(&nowhere, 9).unwrap_err().to_string().contains("cannot be read: No such file"));
        let file = folder.path().join("file");
        fs::write(&file, "1234").unwrap();
        assert!(read(&file, 3).unwrap_err().to_string().ends_with("is larger than 3 bytes"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
