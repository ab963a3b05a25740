//! Call records on their way into their file.

use crate::id::CallId;
use crate::linefile::LineFile;
use std::collections::VecDeque;

/// Hands records to their file, and knows of which it is not sure yet that they are in it.
#[derive(Debug)]
pub(super) struct Outbox {
    file: LineFile,
    /// How many were handed to it.
    handed: u64,
    /// Those that may not be in it yet, by their number.
    unwritten: VecDeque<(u64, CallId)>,
}

impl Outbox {
    /// Nobody else writes to the file.
    pub(super) fn new(file: LineFile) -> Self {
        Self { file, handed: 0, unwritten: VecDeque::new() }
    }

    /// These are in the file already, and whoever keeps records does not know.
    pub(super) fn know_written(&mut self, calls: impl IntoIterator<Item = CallId>) {
        self.unwritten.extend(calls.into_iter().map(|call| (0, call)));
    }

    /// Writes the record of a call.
    pub(super) fn write(&mut self, call: CallId, line: String) {
        self.handed += 1;
        self.unwritten.push_back((self.handed, call));
        self.file.write(line);
    }

    /// Whether there are records that whoever keeps them has not been told to be in the file.
    pub(super) fn is_behind(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// The calls whose records are in the file by now, each once.
    pub(super) fn written(&mut self) -> Vec<CallId> {
        let mut written = Vec::new();
        let count = self.file.written();
        while let Some((_, call)) = self.unwritten.pop_front_if(|(number, _)| *number <= count) {
            written.push(call);
        }
        written
    }
}
