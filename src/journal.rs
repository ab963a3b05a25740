//! The journal: every event that reached the engine and every command that left it, a JSON line each.
//!
//! ```text
//! {"t":1800000000000,"in":{"arrived":{…}}}
//! {"t":1800000000000,"out":{"switch":{…}}}
//! ```
//!
//! `t` is in milliseconds since 1970. A journal begins with the hotlines and so needs nothing beside it to be
//! replayed. It holds telephone numbers: who may read it is the operator's care.

use crate::command::Command;
use crate::engine::Entry;
use crate::event::Event;
use crate::linefile::LineFile;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// A line of a journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When.
    pub t: Instant,
    /// What came in.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// What went out.
    #[serde(rename = "out", default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// What is written: as [`Line`], borrowed.
#[derive(Serialize)]
struct Written<'a> {
    t: Instant,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    event: Option<&'a Event>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    command: Option<&'a Command>,
}

/// Writes a journal.
#[derive(Clone, Debug)]
pub struct Journal(LineFile);

impl Journal {
    /// Writes into this file from now on.
    pub fn new(file: LineFile) -> Self {
        Self(file)
    }

    /// Writes an entry down.
    pub fn record(&self, now: Instant, entry: Entry) {
        let (event, command) = match entry {
            Entry::In(event) => (Some(event), None),
            Entry::Out(command) => (None, Some(command)),
        };
        match serde_json::to_string(&Written { t: now, event, command }) {
            Ok(line) => self.0.write(line),
            Err(error) => tracing::error!(%error, "an entry cannot be written down"),
        }
    }
}
