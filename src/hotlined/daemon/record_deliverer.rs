//! The file of call records: the deliverer that writes them, and the records that are in the file already.

use super::deliverer::Deliverer;
use crate::jsonl_writer::JsonlWriter;
use crate::snapshot_file::SnapshotFileError;
use hotlined_core::id::CallId;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use serde::Deserialize;
use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end of the file is read, in bytes: more than a daemon can write between two turns.
const TAIL_BYTES_MAX: u64 = 16 << 20;

/// Writes call records into their file.
#[derive(Debug)]
pub(super) struct RecordDeliverer {
    file: JsonlWriter,
    /// How many records were written to `file`.
    handed: u64,
    /// The records that may not be in the file yet, each with its number.
    unwritten: VecDeque<(u64, DeliveryId)>,
}

impl RecordDeliverer {
    /// A deliverer for this file. It must be the only writer of the file.
    pub(super) fn new(file: JsonlWriter) -> Self {
        Self { file, handed: 0, unwritten: VecDeque::new() }
    }
}

impl Deliverer for RecordDeliverer {
    fn deliver(&mut self, Delivery { id, payload }: Delivery) {
        self.handed += 1;
        self.unwritten.push_back((self.handed, id));
        self.file.write(payload);
    }

    fn next_done(&mut self) -> Option<DeliveryId> {
        let written = self.file.lines_written();
        self.unwritten.pop_front_if(|(number, _)| *number <= written).map(|(_, id)| id)
    }

    fn has_unfinished(&self) -> bool {
        !self.unwritten.is_empty()
    }
}

/// The ids of the records at the end of the file.
pub(super) fn recent_record_ids(file: &Path) -> Result<BTreeSet<DeliveryId>, SnapshotFileError> {
    let system = |error| SnapshotFileError::System { path: file.to_owned(), error };
    let end = match read_tail(file) {
        Ok(end) => end,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(system(error)),
    };
    #[derive(Deserialize)]
    struct Line {
        call: CallId,
    }
    let lines = end.split(|byte| *byte == b'\n');
    let calls = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    Ok(calls.map(|line| DeliveryId::record(line.call)).collect())
}

/// The last bytes of a regular file; nothing of anything else, such as a pipe.
fn read_tail(file: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Ok(Vec::new());
    }
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
