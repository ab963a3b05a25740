//! Live state in a file: what a daemon needs that has no Redis, to go on after it was killed.
//!
//! The file begins with everything there was, and each turn of the loop adds a frame: its length, a checksum and
//! what changed. A turn is in the file before anything it decided is done. A thread of its own writes; every now
//! and then it writes the file anew, beside the old one, while turns go on.
//!
//! What is in the file survives the process, not the machine: it is handed to the system and not waited for
//! until it is on the disk. Whoever loses power has lost the calls, too.
//!
//! Absent: when to save, and what a call is.

mod frames;
mod writer;

use super::{Kept, Turn};
use crate::time::Instant;
use frames::{Frames, Whole};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use writer::{Job, Writer};

/// A file of live state, open for one daemon alone.
#[derive(Debug)]
pub struct LiveFile {
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// Held for as long as the file is open.
    _lock: File,
}

/// Why a file of live state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CannotKeep {
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
    Taken(PathBuf),
    /// It was written by another version of this program.
    #[error("{path}: {why}: move it away to begin without the calls in it")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        why: String,
    },
    /// The writer is gone.
    #[error("the writer of the live state ended")]
    Gone,
}

impl LiveFile {
    /// Opens the file, making it if need be, and tells what was left in it, now that it is that time: a daemon before
    /// us may have gone by a clock that was ahead. Blocks on the file system.
    pub fn open(path: &Path, now: Instant) -> Result<(Self, Kept), CannotKeep> {
        let system = |path: &Path| {
            let path = path.to_owned();
            move |error| CannotKeep::System { path, error }
        };
        let lock_path = beside(path, ".lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(system(&lock_path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => CannotKeep::Taken(path.to_owned()),
            TryLockError::Error(error) => CannotKeep::System { path: lock_path.clone(), error },
        })?;
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(system(path)(error)),
        };
        let foreign = |why| CannotKeep::Foreign { path: path.to_owned(), why };
        let mut frames = Frames::of(&bytes).map_err(foreign)?;
        let mut whole = Whole::default();
        for turn in frames.by_ref() {
            whole.take(turn);
        }
        whole.forget_editions();
        whole.goes_by(now);
        let mut losses = Vec::new();
        if let Some(left) = frames.left() {
            // A daemon that is killed within a write leaves a part of a frame; anything else is damage.
            let damaged = beside(path, ".damaged");
            std::fs::write(&damaged, &bytes).map_err(system(&damaged))?;
            losses.push(format!("{left}; the file as it was is {}", damaged.display()));
        }
        let kept = whole.kept(&mut losses);
        let writer = Writer::begin(path, whole).map_err(system(path))?;
        let (jobs, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new().name("live-file".into());
        let thread = thread.spawn(move || writer.work(&inbox)).map_err(system(path))?;
        Ok((Self { jobs: Some(jobs), writer: Some(thread), _lock: lock }, Kept { losses, ..kept }))
    }

    /// Keeps what a turn changed. When this is over it has been handed to the system, or why it could not be is
    /// known; in that case it is kept with a later turn.
    pub async fn keep(&self, turn: Turn) -> Result<(), CannotKeep> {
        let (done, told) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(CannotKeep::Gone)?;
        jobs.send(Job { turn, done }).map_err(|_| CannotKeep::Gone)?;
        told.await.map_err(|_| CannotKeep::Gone)?
    }
}

/// The file of this name with something behind it.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Drop for LiveFile {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;
