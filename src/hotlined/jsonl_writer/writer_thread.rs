//! The thread that writes the lines of a file: what cannot be written is tried again until it is in the file.
//!
//! The file that the path names is looked for before each batch, and every second while nothing is written. So a file
//! that was moved, removed or replaced is opened anew.

use super::JsonlError;
use std::collections::VecDeque;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a failure lasts before the next attempt.
const RETRY_WAIT: Duration = Duration::from_millis(200);
/// How often the path is looked at while no line comes.
const PATH_CHECK_WAIT: Duration = Duration::from_secs(1);
/// How long a file that is closed may fail without taking a line, before its lines are given up.
pub(super) const CLOSE_WAIT_MAX: Duration = Duration::from_secs(2);
/// The most messages taken in before lines are written.
const MESSAGES_AT_ONCE_MAX: usize = 4_096;
/// A batch is written once it has so many bytes, or all lines that there are.
const BATCH_BYTES_MIN: usize = 64 << 10;

/// What the thread receives.
#[derive(Debug)]
pub(super) enum WriterMessage {
    /// Add this line.
    Line(String),
    /// Look now whether the path names another file.
    Reopen,
}

/// What others can read of the thread's work.
#[derive(Debug, Default)]
pub(super) struct WriterProgress {
    /// Lines that are not in the file yet.
    pub(super) waiting: AtomicU64,
    /// Lines that are.
    pub(super) written: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl WriterProgress {
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().ok().and_then(|failure| failure.clone())
    }

    fn set_failure(&self, why: Option<String>) {
        if let Ok(mut failure) = self.failure.lock() {
            *failure = why;
        }
    }
}

/// A file that is open for adding lines.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    /// Its device and inode.
    identity: (u64, u64),
    is_regular: bool,
    /// Whether it ends within a line that the next one must not be added to.
    ends_within_line: bool,
}

fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}

impl OpenFile {
    /// Opens the file, making it if need be, to add lines at its end.
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let about = file.metadata()?;
        // A process that was killed within a line must not spoil the next one, too.
        let ends_within_line = about.is_file() && about.len() > 0 && !ends_with_a_line(path).unwrap_or(true);
        Ok(Self { file, identity: identity(&about), is_regular: about.is_file(), ends_within_line })
    }

    /// As [`OpenFile::append`], but empty. It is opened for adding all the same: whoever empties it meanwhile, as
    /// logrotate's `copytruncate` does, must not find a hole of zeros in it.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut open = Self::append(path)?;
        if open.is_regular {
            open.file.set_len(0)?;
            open.ends_within_line = false;
        }
        Ok(open)
    }

    /// Writes as much as there is room for, and gives how many bytes that were.
    fn write(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        if self.ends_within_line {
            if let Err(error) = self.file.write_all(b"\n") {
                return (0, Err(error));
            }
            self.ends_within_line = false;
        }
        let mut count = 0;
        while count < bytes.len() {
            match self.file.write(&bytes[count..]) {
                Ok(0) => return (count, Err(io::ErrorKind::WriteZero.into())),
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (count, Err(error)),
            }
        }
        (count, Ok(()))
    }

    /// Takes back the last bytes that were written, the beginning of a line; where that is not possible, the next line
    /// begins with a line break.
    fn remove_tail(&mut self, bytes: u64) {
        self.ends_within_line = !self.shorten(bytes).unwrap_or(false);
    }

    fn shorten(&mut self, bytes: u64) -> io::Result<bool> {
        // What is no file cannot be shortened. Where somebody else has added something, it is not the end any more.
        if !self.is_regular || self.file.metadata()?.len() != self.file.stream_position()? {
            return Ok(false);
        }
        let Some(end) = self.file.stream_position()?.checked_sub(bytes) else { return Ok(false) };
        self.file.set_len(end).map(|()| true)
    }
}

fn ends_with_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A time in which lines cannot be written.
#[derive(Debug)]
struct Outage {
    next_try: Instant,
    /// How many lines were in the file when it began.
    written_before: u64,
}

/// Writes the lines of one file.
#[derive(Debug)]
pub(super) struct WriterThread {
    path: PathBuf,
    open: OpenFile,
    /// What is to be written, the oldest first.
    lines: VecDeque<String>,
    progress: Arc<WriterProgress>,
    outage: Option<Outage>,
    reopen_requested: bool,
}

impl WriterThread {
    pub(super) fn new(path: PathBuf, open: OpenFile, progress: Arc<WriterProgress>) -> Self {
        Self { path, open, lines: VecDeque::new(), progress, outage: None, reopen_requested: false }
    }

    /// Writes what comes until nothing can come any more; whatever is there at once goes to the disk together.
    pub(super) fn run(mut self, inbox: &Receiver<WriterMessage>) {
        loop {
            match inbox.recv_timeout(self.wait()) {
                Ok(message) => {
                    self.receive(message);
                    inbox.try_iter().take(MESSAGES_AT_ONCE_MAX).for_each(|message| self.receive(message));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.finish(),
            }
            if self.outage.as_ref().is_none_or(|outage| outage.next_try <= Instant::now()) {
                self.write_all();
            }
        }
    }

    fn wait(&self) -> Duration {
        let until = |outage: &Outage| outage.next_try.saturating_duration_since(Instant::now());
        self.outage.as_ref().map_or(PATH_CHECK_WAIT, until)
    }

    fn receive(&mut self, message: WriterMessage) {
        match message {
            WriterMessage::Line(line) => self.lines.push_back(line),
            WriterMessage::Reopen => {
                self.reopen_requested = true;
                if let Some(outage) = &mut self.outage {
                    outage.next_try = Instant::now();
                }
            }
        }
    }

    fn write_all(&mut self) {
        match self.follow_path().and_then(|()| self.write_lines()) {
            Ok(()) => self.all_written(),
            Err(error) => self.failed(error),
        }
    }

    /// Opens the file anew where the path names another one, or none. A pipe or a device is left only on request, and
    /// never opened here: that may wait for ever.
    fn follow_path(&mut self) -> io::Result<()> {
        if !self.open.is_regular && !self.reopen_requested {
            return Ok(());
        }
        let is_the_same = match std::fs::metadata(&self.path) {
            Ok(about) if identity(&about) == self.open.identity => true,
            Ok(about) if !about.is_file() => {
                return Err(io::Error::other("it is not a regular file any more"));
            }
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !is_the_same {
            self.open = OpenFile::append(&self.path)?;
            tracing::info!(path = %self.path.display(), "the file was moved, removed or replaced: opened anew");
        }
        self.reopen_requested = false;
        Ok(())
    }

    fn write_lines(&mut self) -> io::Result<()> {
        let mut batch = Vec::new();
        while !self.lines.is_empty() {
            batch.clear();
            for line in &self.lines {
                batch.extend_from_slice(line.as_bytes());
                batch.push(b'\n');
                if batch.len() >= BATCH_BYTES_MIN {
                    break;
                }
            }
            let (bytes, outcome) = self.open.write(&batch);
            let rest = self.remove_written(bytes);
            if rest > 0 {
                self.open.remove_tail(rest as u64);
            }
            outcome?;
        }
        Ok(())
    }

    /// Takes out the lines that are whole within the bytes that were written, and gives how many bytes are left over.
    fn remove_written(&mut self, mut bytes: usize) -> usize {
        let mut count = 0;
        while let Some(line) = self.lines.pop_front_if(|line| line.len() < bytes) {
            bytes -= line.len() + 1;
            count += 1;
        }
        self.progress.waiting.fetch_sub(count, Ordering::Relaxed);
        self.progress.written.fetch_add(count, Ordering::Release);
        bytes
    }

    fn failed(&mut self, error: io::Error) {
        let next_try = Instant::now() + RETRY_WAIT;
        if self.outage.is_none() {
            let waiting = self.lines.len();
            tracing::error!(path = %self.path.display(), %error, waiting, "lines cannot be written, and wait");
        }
        let written_before = self.progress.written.load(Ordering::Relaxed);
        self.outage.get_or_insert(Outage { next_try, written_before }).next_try = next_try;
        let why = JsonlError { path: self.path.clone(), error }.to_string();
        self.progress.set_failure(Some(why));
    }

    fn all_written(&mut self) {
        if let Some(outage) = self.outage.take() {
            let lines = self.progress.written.load(Ordering::Relaxed) - outage.written_before;
            tracing::info!(path = %self.path.display(), lines, "every line is in the file again");
            self.progress.set_failure(None);
        }
    }

    /// Writes what is left. A disk that stays full is not waited for long.
    fn finish(mut self) {
        let mut give_up_at = Instant::now() + CLOSE_WAIT_MAX;
        while !self.lines.is_empty() {
            let before = self.lines.len();
            self.write_all();
            let missing = self.lines.len();
            if missing > 0 && missing == before && Instant::now() >= give_up_at {
                tracing::error!(path = %self.path.display(), missing, "closed without the last lines");
                return;
            }
            if missing < before {
                give_up_at = Instant::now() + CLOSE_WAIT_MAX;
            }
            if missing > 0 {
                std::thread::sleep(RETRY_WAIT);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_line_is_taken_back_or_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut open = OpenFile::append(&path).unwrap();
        assert_eq!(open.write(b"whole\nbegin").0, 11);
        open.remove_tail(5);
        open.write(b"next\nbegin").1.unwrap();
        // Somebody else adds something: nothing is taken from them.
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b" theirs").unwrap();
        open.remove_tail(5);
        open.write(b"last\n").1.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nnext\nbegin theirs\nlast\n");
    }
}
