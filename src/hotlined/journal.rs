//! The journal: every event that reached the engine and every command that left it, a JSON line each.
//!
//! ```text
//! {"t":1800000000000,"begin":{"live_max":20000,"fallback_after":5000}}
//! {"t":1800000000000,"in":{"arrived":{…}}}
//! {"t":1800000000000,"out":{"switch":{…}}}
//! ```
//!
//! `t` is in milliseconds since 1970. Each start of a daemon writes a `begin` line with its limits. The hotlines
//! follow as an event and, where the operator has them, the calendar and the table of numbers (whole, about a
//! megabyte, each time they change). So a journal can be replayed without any other file. A journal holds telephone
//! numbers: the operator decides who may read it.

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
    /// When the event came in or the command went out.
    pub t: Instant,
    /// A daemon started: the following lines are of an engine without calls and with these limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Limits>,
    /// The event that came in.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// The command that went out.
    #[serde(rename = "out", default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// A [`JournalLine`] that borrows the event or command, for writing.
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
    /// The limits for the `begin` line, until that line is written.
    begin: Option<Limits>,
}

impl Journal {
    /// A journal of an engine with these limits. The first entry is preceded by the `begin` line.
    pub fn new(file: JsonlWriter, limits: Limits) -> Self {
        Self { file, begin: Some(limits) }
    }

    /// Writes one entry as a line.
    pub fn record(&mut self, now: Instant, entry: TraceEntry) {
        if let begin @ Some(_) = self.begin.take() {
            self.write(&BorrowedLine { t: now, begin, event: None, command: None });
        }
        let (event, command) = match entry {
            TraceEntry::In(event) => (Some(event), None),
            TraceEntry::Out(command) => (None, Some(command)),
            // A replay would not have it: it follows from the answer of a gateway.
            TraceEntry::Added(_) => return,
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
