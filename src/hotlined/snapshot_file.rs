//! The file of live calls: what a daemon without Redis needs to go on after it was killed.
//!
//! The file begins with a frame of everything, and each turn of the event loop adds a frame: its length, a checksum
//! and what changed. A turn is in the file before anything that it decided is carried out. A frame that could not be
//! written whole is cut off again, so the file always ends with a whole frame. When the file has grown, a thread
//! rewrites it beside the old file, from the old file, while turns go on.
//!
//! What is in the file survives the process, not the machine: the daemon hands the bytes to the system and does not
//! wait until they are on the disk. A machine that loses power loses the calls, too.
//!
//! Absent: when to save, what a call is, and what to do about a frame that could not be written.

mod rewrite;

use hotlined_core::time::Instant;
use hotlined_instance::persist::frames::FileState;
use hotlined_instance::persist::snapshot::PersistedState;
use rewrite::{Rewrite, beside};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file of live calls, open for one daemon alone.
#[derive(Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    file: File,
    /// How long the file is. Up to this length it has whole frames.
    length: u64,
    /// How long the file was after it was last written anew.
    initial_length: u64,
    rewrite: Option<Rewrite>,
    /// Whether a part of a frame may be behind that length.
    is_torn: bool,
    /// The lock, held while the file is open.
    _lock: File,
}

/// Why the file of live calls cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFileError {
    /// The system refuses to open, read or write the file.
    #[error("{path}: {error}")]
    System {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// Another daemon has the file open.
    #[error("{0}: another daemon has it open: give each a file of its own")]
    Locked(PathBuf),
    /// Another version of this program wrote the file.
    #[error("{path}: {why}: move it away to begin without the calls in it")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with the file.
        why: String,
    },
}

impl SnapshotFile {
    /// Opens the file, or makes it, and returns the state in it. The clock of the daemon before may have been ahead,
    /// so the times in the state are adjusted to `now`. Blocks on the file system.
    ///
    /// # Errors
    /// The file cannot be read or written, another daemon has it open, or another version wrote it.
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
            // A daemon that was killed within a write leaves a part of a frame, which is no fault; anything else is
            // damage.
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

    /// Adds frames, whole or not at all. Returns whether a rewrite of the file begins with this: frames from now on
    /// must then not rely on versions of hotlines in the frames before.
    ///
    /// # Errors
    /// The frames could not be written: the file is as before.
    pub fn append(&mut self, frames: &[u8]) -> io::Result<bool> {
        if self.is_torn {
            // Nothing is read behind a part of a frame.
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
                // The rewrite is tried again when the file has grown as much once more.
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

#[cfg(test)]
mod tests;
