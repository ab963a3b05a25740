//! Live state in a file: what a daemon needs that has no Redis, to go on after it was killed.
//!
//! The file begins with everything there was, and each turn of the loop adds a frame: its length, a checksum and
//! what changed. A turn is in the file before anything it decided is done. A frame that could not be written whole is
//! cut off again, so that the file always ends with a whole frame. When the file has grown, a thread writes it anew
//! beside the old one, out of the old one, while turns go on.
//!
//! What is in the file survives the process, not the machine: it is handed to the system and not waited for
//! until it is on the disk. Whoever loses power has lost the calls, too.
//!
//! Absent: when to save, what a call is, and what to do about a frame that could not be written.

mod rewrite;

use hotlined_core::time::Instant;
use hotlined_instance::persist::frames::FileState;
use hotlined_instance::persist::snapshot::PersistedState;
use rewrite::Rewrite;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file of live state, open for one daemon alone.
#[derive(Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    file: File,
    /// How long the file is: up to there it is whole frames.
    length: u64,
    /// How long it was when it was written anew.
    initial_length: u64,
    rewrite: Option<Rewrite>,
    /// Whether there may be a part of a frame behind that length.
    is_torn: bool,
    /// Held for as long as the file is open.
    _lock: File,
}

/// Why a file of live state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFileError {
    /// The system does not let us.
    #[error("{path}: {error}")]
    System {
        /// The file.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// Somebody else has it.
    #[error("{0}: another daemon has it open: give each a file of its own")]
    Locked(PathBuf),
    /// It was written by another version of this program.
    #[error("{path}: {why}: move it away to begin without the calls in it")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        why: String,
    },
}

impl SnapshotFile {
    /// Opens the file, making it if need be, and tells what was left in it, now that it is that time: a daemon before
    /// us may have gone by a clock that was ahead. Blocks on the file system.
    ///
    /// # Errors
    /// Where the file cannot be read or written, another daemon has it, or another version wrote it.
    pub fn open(path: &Path, now: Instant) -> Result<(Self, PersistedState), SnapshotFileError> {
        let system = |path: &Path| {
            let path = path.to_owned();
            move |error| SnapshotFileError::System { path, error }
        };
        let lock = lock(path)?;
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(system(path)(error)),
        };
        let foreign = |why| SnapshotFileError::Foreign { path: path.to_owned(), why };
        let (mut whole, fault) = FileState::read(&bytes).map_err(foreign)?;
        whole.adjust_clock(now);
        let mut losses = Vec::new();
        if let Some(fault) = fault {
            // A daemon that is killed within a write leaves a part of a frame; anything else is damage.
            let damaged = beside(path, ".damaged");
            std::fs::write(&damaged, &bytes).map_err(system(&damaged))?;
            losses.push(format!("{fault}; the file as it was is {}", damaged.display()));
        }
        let kept = whole.to_persisted_state(&mut losses);
        let (file, initial_length) = rewrite::write_anew(path, &whole.to_bytes()).map_err(system(path))?;
        let file = Self {
            path: path.to_owned(),
            file,
            length: initial_length,
            initial_length,
            rewrite: None,
            is_torn: false,
            _lock: lock,
        };
        Ok((file, PersistedState { losses, ..kept }))
    }

    /// Adds frames, whole or not at all. Says whether the file begins to be written anew with this: then frames from
    /// now on must not rely on versions of hotlines in the frames before.
    ///
    /// # Errors
    /// Where they could not be written: the file is as it was.
    pub fn append(&mut self, frames: &[u8]) -> io::Result<bool> {
        if self.is_torn {
            // Behind a part of a frame nothing would be read.
            self.file.set_len(self.length)?;
        }
        self.is_torn = true;
        self.file.write_all(frames)?;
        self.is_torn = false;
        self.length += frames.len() as u64;
        self.rewrite_if_large(frames)
    }

    fn rewrite_if_large(&mut self, frames: &[u8]) -> io::Result<bool> {
        let Some(mut rewrite) = self.rewrite.take() else {
            let is_large = rewrite::is_large(self.initial_length, self.length);
            if is_large {
                self.rewrite = Some(Rewrite::begin(&self.path, &self.file, self.length)?);
            }
            return Ok(is_large);
        };
        rewrite.add(frames);
        if !rewrite.is_written() {
            self.rewrite = Some(rewrite);
            return Ok(false);
        }
        match rewrite.finish(&self.path) {
            Ok((file, length)) => (self.file, self.length, self.initial_length) = (file, length, length),
            Err(error) => {
                // It is tried again when the file has grown as much once more.
                self.initial_length = self.length;
                tracing::warn!(file = %self.path.display(), %error, "live state cannot be written anew");
            }
        }
        Ok(false)
    }
}

impl Drop for SnapshotFile {
    fn drop(&mut self) {
        let _ = self.file.sync_all();
    }
}

fn lock(path: &Path) -> Result<File, SnapshotFileError> {
    let lock_path = beside(path, ".lock");
    let system = |error| SnapshotFileError::System { path: lock_path.clone(), error };
    let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(system)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => SnapshotFileError::Locked(path.to_owned()),
        TryLockError::Error(error) => system(error),
    })?;
    Ok(lock)
}

/// The file of this name with something behind it.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests;
