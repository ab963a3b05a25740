//! Rewrites the file in a thread of its own: one frame of everything, without the frames before.

use hotlined_instance::persist::frames::FileState;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// How many bytes a file may grow at least before it is rewritten.
const GROWTH_BYTES_MIN: u64 = 16 << 20;
/// How many times its initial length a file may grow before it is rewritten.
const GROWTH_TIMES_MAX: u64 = 4;
/// The ending of the name of the new file.
const NEW: &str = ".new";

/// Whether a file of this initial length and this length is to be rewritten.
pub(super) fn is_large(initial_length: u64, length: u64) -> bool {
    length - initial_length > GROWTH_BYTES_MIN.max(initial_length * GROWTH_TIMES_MAX)
}

/// A rewrite under way.
#[derive(Debug)]
pub(super) struct Rewrite {
    writing: JoinHandle<io::Result<(File, u64)>>,
    /// The frames of the turns since the rewrite began.
    since: Vec<u8>,
}

impl Rewrite {
    /// Begins to rewrite the first `length` bytes of the file.
    pub(super) fn begin(path: &Path, file: &File, length: u64) -> io::Result<Self> {
        // The file is open for writing alone.
        let (old, path) = (File::open(path)?, path.to_owned());
        debug_assert!(file.metadata().is_ok_and(|file| file.len() >= length));
        let thread = std::thread::Builder::new().name("live-file-anew".into());
        let writing = thread.spawn(move || {
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            old.read_exact_at(&mut bytes, 0)?;
            let (mut whole, fault) = FileState::read(&bytes).map_err(io::Error::other)?;
            match fault {
                None => write_beside(&path, &whole.to_bytes()),
                Some(fault) => Err(io::Error::other(fault)),
            }
        })?;
        Ok(Self { writing, since: Vec::new() })
    }

    /// Takes frames that were added to the old file.
    pub(super) fn add(&mut self, frames: &[u8]) {
        self.since.extend_from_slice(frames);
    }

    pub(super) fn is_written(&self) -> bool {
        self.writing.is_finished()
    }

    /// Puts the new file in the place of the old one. Returns the new file and its length.
    pub(super) fn finish(self, path: &Path) -> io::Result<(File, u64)> {
        let written = self.writing.join().unwrap_or_else(|_| Err(io::Error::other("its writer crashed")));
        let (mut file, length) = written?;
        file.write_all(&self.since)?;
        std::fs::rename(beside(path, NEW), path)?;
        Ok((file, length + self.since.len() as u64))
    }
}

/// Writes a file with these bytes in the place of the old file.
pub(super) fn write_anew(path: &Path, bytes: &[u8]) -> io::Result<(File, u64)> {
    let written = write_beside(path, bytes)?;
    std::fs::rename(beside(path, NEW), path)?;
    Ok(written)
}

/// Writes these bytes into a new file beside the old one, and waits until they are on the disk.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<(File, u64)> {
    let mut options = File::options();
    options.create(true).append(true).mode(0o600);
    let new = beside(path, NEW);
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = options.open(new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok((file, bytes.len() as u64))
}

/// The path of this file with an ending behind its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
