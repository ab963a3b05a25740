//! The thread that writes.

use super::frames::{Whole, put};
use super::{CannotKeep, beside};
use crate::live::Turn;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How much a file may grow by turns before it is written anew, in bytes, whatever it began with.
const GROWTH_BYTES_MIN: usize = 16 << 20;
/// How many times what it began with a file may grow before it is written anew.
const GROWTH_TIMES_MAX: usize = 4;

/// What stands behind the name of a file that is being written anew.
const NEW: &str = ".new";

/// A turn to be kept, and where to say so.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) turn: Turn,
    pub(super) done: oneshot::Sender<Result<(), CannotKeep>>,
}

/// The file and everything that is in it.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    whole: Whole,
    /// None after a write failed: then the file is no longer what it should be.
    file: Option<File>,
    /// How large the file was when it was written anew.
    begun: usize,
    grown: usize,
    anew: Option<Anew>,
}

/// A file being written anew.
#[derive(Debug)]
struct Anew {
    writing: JoinHandle<io::Result<File>>,
    length: usize,
    /// The frames of the turns since.
    since: Vec<u8>,
}

impl Writer {
    /// Writes the file anew, to begin with.
    pub(super) fn begin(path: &Path, mut whole: Whole) -> io::Result<Self> {
        let bytes = whole.bytes();
        let begun = bytes.len();
        let file = write_beside(path, &bytes)?;
        std::fs::rename(beside(path, NEW), path)?;
        Ok(Self { path: path.to_owned(), whole, file: Some(file), begun, grown: 0, anew: None })
    }

    /// Keeps turns until nobody sends any more.
    pub(super) fn work(mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(Job { turn, done }) = jobs.recv() {
            let kept = self.keep(turn);
            let kept = kept.map_err(|error| CannotKeep::System { path: self.path.clone(), error });
            // Who does not wait for the answer any more does not need it.
            let _ = done.send(kept);
            if let Err(error) = self.renew_if_large() {
                tracing::warn!(file = %self.path.display(), %error, "live state cannot be written anew");
            }
        }
        if let Some(file) = &self.file {
            let _ = file.sync_all();
        }
    }

    fn keep(&mut self, turn: Turn) -> io::Result<()> {
        let frame = self.whole.frame(turn);
        let mut bytes = Vec::new();
        put(&mut bytes, &frame);
        // First in memory: what cannot be written now is part of the next file.
        self.whole.take(frame);
        if let Some(anew) = &mut self.anew {
            anew.since.extend_from_slice(&bytes);
        }
        let Some(file) = &mut self.file else { return self.recover() };
        self.grown += bytes.len();
        let written = file.write_all(&bytes);
        if written.is_err() {
            // There may be a part of the frame in it, behind which nothing would be read.
            self.file = None;
        }
        written
    }

    /// Writes everything anew after a write failed.
    fn recover(&mut self) -> io::Result<()> {
        if let Some(anew) = self.anew.take() {
            let _ = anew.writing.join();
        }
        let bytes = self.whole.bytes();
        let file = write_beside(&self.path, &bytes)?;
        std::fs::rename(beside(&self.path, NEW), &self.path)?;
        (self.file, self.begun, self.grown) = (Some(file), bytes.len(), 0);
        Ok(())
    }

    fn renew_if_large(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        if let Some(anew) = self.anew.take_if(|anew| anew.writing.is_finished()) {
            return self.change_over(anew);
        }
        let large = self.grown > GROWTH_BYTES_MIN.max(self.begun * GROWTH_TIMES_MAX);
        if self.anew.is_none() && large {
            let (path, bytes) = (self.path.clone(), self.whole.bytes());
            let length = bytes.len();
            let thread = std::thread::Builder::new().name("live-file-anew".into());
            let writing = thread.spawn(move || write_beside(&path, &bytes))?;
            self.anew = Some(Anew { writing, length, since: Vec::new() });
        }
        Ok(())
    }

    /// Goes on with the file that was written anew.
    fn change_over(&mut self, anew: Anew) -> io::Result<()> {
        let written = anew.writing.join().unwrap_or_else(|_| Err(io::Error::other("its writer ended")));
        // If it failed, it is tried again when the file has grown as much once more.
        self.grown = anew.since.len();
        let mut file = written?;
        file.write_all(&anew.since)?;
        std::fs::rename(beside(&self.path, NEW), &self.path)?;
        (self.file, self.begun) = (Some(file), anew.length);
        Ok(())
    }
}

/// Writes these bytes into a file beside this one, and waits until they are on the disk.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(beside(path, NEW))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}
