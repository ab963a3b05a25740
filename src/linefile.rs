//! Files that only grow, a line at a time: records, journals, captures.
//!
//! A thread of its own writes, so that a slow disk never holds up a call. Lines wait in memory meanwhile; a
//! file whose lines may be lost says how many were.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

/// The most lines that wait for the disk where lines may be lost.
pub const LINES_WAITING_MAX: u64 = 200_000;

/// What happens to lines that the disk does not keep up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenSlow {
    /// They wait in memory, however many they are: no record is ever lost to a slow disk.
    Wait,
    /// Beyond [`LINES_WAITING_MAX`] they are counted and dropped.
    Drop,
}

/// A file that grows by lines; clones write to the same file.
#[derive(Clone, Debug)]
pub struct LineFile {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    lines: Mutex<Option<mpsc::Sender<String>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    waiting: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
    dropped: AtomicU64,
    when_slow: WhenSlow,
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub struct CannotWrite {
    path: PathBuf,
    error: io::Error,
}

impl LineFile {
    /// Opens the file, making it if need be, to add lines at its end.
    pub fn append(path: &Path, when_slow: WhenSlow) -> Result<Self, CannotWrite> {
        let cannot = |error| CannotWrite { path: path.into(), error };
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(cannot)?;
        // A process that was killed within a line must not spoil the next one, too.
        if ends_within_a_line(path).unwrap_or(false) {
            file.write_all(b"\n").map_err(cannot)?;
        }
        Self::of(path, when_slow, file)
    }

    /// Makes the file anew, empty.
    pub fn create(path: &Path, when_slow: WhenSlow) -> Result<Self, CannotWrite> {
        let file = File::create(path).map_err(|error| CannotWrite { path: path.into(), error })?;
        Self::of(path, when_slow, file)
    }

    fn of(path: &Path, when_slow: WhenSlow, file: File) -> Result<Self, CannotWrite> {
        let cannot = |error| CannotWrite { path: path.into(), error };
        let (lines, inbox) = mpsc::channel();
        let waiting = Arc::new(AtomicU64::new(0));
        let written = Arc::new(AtomicU64::new(0));
        let (path, counters) = (path.to_path_buf(), [waiting.clone(), written.clone()]);
        let writer = std::thread::Builder::new().name("line-file".into());
        let writer = writer
            .spawn(move || write_all(&path, file, &inbox, &counters[0], &counters[1]))
            .map_err(cannot)?;
        let shared = Shared {
            lines: Mutex::new(Some(lines)),
            writer: Mutex::new(Some(writer)),
            waiting,
            written,
            dropped: AtomicU64::new(0),
            when_slow,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Adds a line; it must not contain a line break of its own.
    pub fn write(&self, line: String) {
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        if self.shared.when_slow == WhenSlow::Drop && waiting >= LINES_WAITING_MAX {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let Ok(lines) = self.shared.lines.lock() else { return };
        if let Some(lines) = &*lines {
            self.shared.waiting.fetch_add(1, Ordering::Relaxed);
            // The receiver lives until `close` takes the sender away.
            let _ = lines.send(line);
        }
    }

    /// How many lines are surely in the file, those that were written first: none more after one could not be.
    pub fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Acquire)
    }

    /// How many lines wait for the disk.
    pub fn waiting(&self) -> u64 {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// How many lines were lost to a slow disk.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Waits until every line is in the file.
    pub fn close(&self) {
        self.shared.lines.lock().ok().and_then(|mut lines| lines.take());
        let writer = self.shared.writer.lock().ok().and_then(|mut writer| writer.take());
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}

fn ends_within_a_line(path: &Path) -> io::Result<bool> {
    // Neither an empty file nor a pipe has a last byte, and to open a pipe might take for ever.
    let about = std::fs::metadata(path)?;
    if !about.is_file() || about.len() == 0 {
        return Ok(false);
    }
    let mut file = File::open(path)?;
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Writes what comes; whatever is there at once goes to the disk together.
fn write_all(
    path: &Path,
    file: File,
    inbox: &mpsc::Receiver<String>,
    waiting: &AtomicU64,
    written: &AtomicU64,
) {
    let mut file = BufWriter::new(file);
    let mut all_well = true;
    while let Ok(first) = inbox.recv() {
        let mut outcome = put(&mut file, &first, waiting);
        let mut lines = 1;
        while let Ok(line) = inbox.try_recv() {
            outcome = outcome.and(put(&mut file, &line, waiting));
            lines += 1;
        }
        if let Err(error) = outcome.and_then(|()| file.flush()) {
            all_well = false;
            tracing::error!(path = %path.display(), %error, "lines could not be written");
        }
        if all_well {
            written.fetch_add(lines, Ordering::Release);
        }
    }
}

fn put(file: &mut BufWriter<File>, line: &str, waiting: &AtomicU64) -> io::Result<()> {
    waiting.fetch_sub(1, Ordering::Relaxed);
    file.write_all(line.as_bytes())?;
    file.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_in_the_file_after_close() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for round in 0..2 {
            let file = LineFile::append(&path, WhenSlow::Wait).unwrap();
            let other = file.clone();
            (0..1_000).for_each(|n| if n % 2 == 0 { &file } else { &other }.write(format!("{round} {n}")));
            file.close();
            other.write("too late".into());
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2_000);
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, "whole\ncut o").unwrap();
        for _ in 0..2 {
            let file = LineFile::append(&path, WhenSlow::Wait).unwrap();
            file.write("whole".into());
            file.close();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\ncut o\nwhole\nwhole\n");
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let error = LineFile::append(Path::new("/nonexistent/records.jsonl"), WhenSlow::Wait).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/records.jsonl: "), "{error}");
    }
}
