//! The journal: every event that reached the engine and every command that left it, a JSON line each.
//!
//! ```text
//! {"t":1800000000000,"begin":{"live_max":20000,"fallback_after":5000}}
//! {"t":1800000000000,"in":{"arrived":{…}}}
//! {"t":1800000000000,"out":{"switch":{…}}}
//! ```
//!
//! `t` is in milliseconds since 1970. Each start of a daemon begins anew, with its limits, its hotlines and, where it
//! has them, the operator's own calendar and table of numbers (whole, about a megabyte, each time it changes), so a
//! journal needs nothing beside it to be replayed. It holds telephone numbers: who may read it is the operator's
//! care.

use crate::jsonl_writer::JsonlWriter;
use hotlined_core::call::Limits;
use hotlined_core::command::Command;
use hotlined_core::engine::TraceEntry;
use hotlined_core::event::Event;
use hotlined_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A line of a journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalLine {
    /// When.
    pub t: Instant,
    /// An engine without any call, of these limits, sees what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Limits>,
    /// What came in.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// What went out.
    #[serde(rename = "out", default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// What is written: as [`Line`], borrowed.
#[derive(Serialize)]
struct BorrowedLine<'a> {
    t: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin: Option<Limits>,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    event: Option<&'a Event>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    command: Option<&'a Command>,
}

/// Writes a journal.
#[derive(Debug)]
pub struct Journal {
    file: JsonlWriter,
    /// Still to be written, before the first entry.
    begin: Option<Limits>,
}

impl Journal {
    /// Writes into this file from now on what passes through an engine of these limits.
    pub fn new(file: JsonlWriter, limits: Limits) -> Self {
        Self { file, begin: Some(limits) }
    }

    /// Writes an entry down.
    pub fn record(&mut self, now: Instant, entry: TraceEntry) {
        if let begin @ Some(_) = self.begin.take() {
            self.write(&BorrowedLine { t: now, begin, event: None, command: None });
        }
        let (event, command) = match entry {
            TraceEntry::In(event) => (Some(event), None),
            TraceEntry::Out(command) => (None, Some(command)),
        };
        self.write(&BorrowedLine { t: now, begin: None, event, command });
    }

    fn write(&self, written: &BorrowedLine) {
        match serde_json::to_string(written) {
            Ok(line) => self.file.write(line),
            Err(error) => tracing::error!(%error, "an entry cannot be written down"),
        }
    }
}
