//! The thread that writes the lines of a file. A line that cannot be written is tried again until it is in the file.
//!
//! The thread checks before each batch, and every second while there is nothing to write, whether the path still names
//! the open file. So a file that was moved, removed or replaced is opened again under its path.

use super::error::JsonlError;
use super::open_file::{OpenFile, identity};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The wait between a failure and the next attempt.
const RETRY_WAIT: Duration = Duration::from_millis(200);
/// How often the path is checked while there are no lines.
const PATH_CHECK_WAIT: Duration = Duration::from_secs(1);
/// How long a file that is being closed may fail to take a line before its remaining lines are given up.
pub(super) const CLOSE_WAIT_MAX: Duration = Duration::from_secs(2);
/// The most messages that are received before lines are written.
const MESSAGES_AT_ONCE_MAX: usize = 4_096;
/// A batch is written when it has this many bytes, or all lines.
const BATCH_BYTES_MIN: usize = 64 << 10;

/// A message to the thread.
#[derive(Debug)]
pub(super) enum WriterMessage {
    /// Append this line.
    Line(String),
    /// Check now whether the path names another file.
    Reopen,
}

/// The progress of the thread, for other threads.
#[derive(Debug, Default)]
pub(super) struct WriterProgress {
    /// The number of lines that are not in the file yet.
    pub(super) waiting: AtomicU64,
    /// The number of lines that are in the file.
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

/// A period in which lines cannot be written.
#[derive(Debug)]
struct Outage {
    next_try: Instant,
    /// How many lines were in the file when the outage began.
    written_before: u64,
}

/// Writes the lines of one file.
#[derive(Debug)]
pub(super) struct WriterThread {
    path: PathBuf,
    open: OpenFile,
    /// The lines to write, the oldest first.
    lines: VecDeque<String>,
    progress: Arc<WriterProgress>,
    outage: Option<Outage>,
    reopen_requested: bool,
}

impl WriterThread {
    pub(super) fn new(path: PathBuf, open: OpenFile, progress: Arc<WriterProgress>) -> Self {
        Self { path, open, lines: VecDeque::new(), progress, outage: None, reopen_requested: false }
    }

    /// Writes lines until the sender is dropped. Lines that wait are written together.
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

    /// Opens the file again if the path names another file or none. A pipe or a device is given up only on request, and
    /// is never opened here: opening it may wait for ever.
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

    /// Removes the lines that are complete within the bytes that were written. Returns the number of remaining bytes.
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

    /// Writes the remaining lines. If the disk stays full, they are given up after [`CLOSE_WAIT_MAX`].
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
