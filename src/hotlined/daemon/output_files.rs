//! The append-only files of the daemon: call records, journal and capture.

use super::serve_error::ServeError;
use super::settings::Settings;
use crate::capture::CaptureWriter;
use crate::journal::Journal;
use crate::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use hotlined_core::call::Limits;
use hotlined_core::engine::Observer;
use std::path::Path;

/// The open files.
pub(super) struct OutputFiles {
    pub(super) records: JsonlWriter,
    journal: Option<JsonlWriter>,
    capture: Option<JsonlWriter>,
}

impl OutputFiles {
    /// Opens the files. The path of a journal on the command line replaces the one in the settings.
    pub(super) fn open(
        settings: &Settings,
        journal: Option<&Path>,
        capture: Option<&Path>,
    ) -> Result<Self, ServeError> {
        let records = JsonlWriter::append(&settings.records, SlowDiskPolicy::Wait)?;
        let journal = journal.or(settings.journal.as_deref());
        let journal = journal.map(|path| JsonlWriter::append(path, SlowDiskPolicy::Drop)).transpose()?;
        let capture = capture.map(|path| JsonlWriter::append(path, SlowDiskPolicy::Drop)).transpose()?;
        Ok(Self { records, journal, capture })
    }

    /// The observer that writes the journal, if there is one.
    pub(super) fn journal_observer(&self, limits: Limits) -> Option<Observer> {
        self.journal.clone().map(|file| journal_observer(file, limits))
    }

    /// The capture of the links, if there is one.
    pub(super) fn capture_writer(&self) -> Option<CaptureWriter> {
        self.capture.clone().map(CaptureWriter::new)
    }

    /// The files, each with its name in the metrics.
    pub(super) fn named(&self) -> Vec<(&'static str, JsonlWriter)> {
        let files = [
            ("records", Some(&self.records)),
            ("journal", self.journal.as_ref()),
            ("capture", self.capture.as_ref()),
        ];
        files.into_iter().filter_map(|(name, file)| Some((name, file?.clone()))).collect()
    }

    /// All files.
    pub(super) fn all(&self) -> Vec<JsonlWriter> {
        self.named().into_iter().map(|(_, file)| file).collect()
    }

    /// Waits until all lines are written, and warns about dropped lines.
    pub(super) fn close(&self) {
        for file in self.all() {
            file.close();
            if file.lines_dropped() > 0 {
                tracing::warn!(lines = file.lines_dropped(), "the disk was too slow for some lines");
            }
        }
    }
}

/// An observer that writes a journal into this file.
pub fn journal_observer(file: JsonlWriter, limits: Limits) -> Observer {
    let mut journal = Journal::new(file, limits);
    Box::new(move |now, entry| journal.record(now, entry))
}
