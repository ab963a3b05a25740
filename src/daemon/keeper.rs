//! What each turn of the loop leaves for the daemon that comes after this one, in a file beside it.

use super::outbox::Outbox;
use crate::engine::Engine;
use crate::id::CallId;
use crate::live::file::{CannotKeep, LiveFile};
use crate::live::{Kept, Turn};
use crate::meters;
use crate::meters::health::Health;
use metrics::{Counter, Histogram};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// See [`live::KEEP_TIME_MAX`](crate::live::KEEP_TIME_MAX).
pub(super) const KEEP_TIME_MAX: Duration = Duration::from_millis(crate::live::KEEP_TIME_MAX.0);

/// How much of the end of the file of records is looked at, in bytes: more than any daemon can have written
/// between two turns.
const LOOKED_AT_BYTES_MAX: u64 = 16 << 20;

/// Of the records that were kept, sets those apart that stand in their file already: a daemon may be killed after
/// it wrote a record and before it kept that it did.
pub(super) fn leave_out_written(file: &Path, kept: &mut Kept) -> Result<(), CannotKeep> {
    if kept.records.is_empty() {
        return Ok(());
    }
    let calls = recorded(file)?;
    let records = std::mem::take(&mut kept.records).into_iter();
    let (written, missing): (Vec<_>, _) = records.partition(|(call, _)| calls.contains(call));
    kept.written = written.into_iter().map(|(call, _)| call).collect();
    kept.records = missing;
    Ok(())
}

/// The calls whose records were written last.
pub(super) fn recorded(file: &Path) -> Result<BTreeSet<CallId>, CannotKeep> {
    let system = |error| CannotKeep::System { path: file.to_owned(), error };
    let end = match end_of(file) {
        Ok(end) => end,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(system(error)),
    };
    #[derive(Deserialize)]
    struct Line {
        call: CallId,
    }
    let lines = end.split(|byte| *byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok()).map(|line| line.call).collect())
}

/// The last bytes of a file; of anything else, such as a pipe, none.
fn end_of(file: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Ok(Vec::new());
    }
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Keeps turns.
#[derive(Debug)]
pub(super) struct Keeper {
    file: LiveFile,
    watched: Watched,
}

impl Keeper {
    /// Goes on with what was kept, and writes the records that a daemon before us could not.
    pub(super) fn new(file: LiveFile, kept: &mut Kept, outbox: &mut Outbox, health: Arc<Health>) -> Self {
        outbox.know_written(std::mem::take(&mut kept.written));
        for (call, line) in std::mem::take(&mut kept.records) {
            outbox.write(call, line);
        }
        Self { file, watched: Watched::new(health) }
    }

    /// Keeps what changed in the engine, before it is acted on; of this, records are kept until they are in their
    /// file.
    pub(super) async fn keep(
        &mut self,
        engine: &mut Engine,
        records: &[(CallId, String)],
        written: Vec<CallId>,
    ) {
        let turn = Turn { records: records.to_vec(), written, ..Turn::of(engine) };
        if turn.is_empty() {
            return;
        }
        let began = Instant::now();
        let why = match tokio::time::timeout(KEEP_TIME_MAX, self.file.keep(turn)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the disk is too slow".to_owned()),
        };
        self.watched.kept(began, why);
    }
}

/// Who tells whether turns are kept, wherever that is.
#[derive(Debug)]
pub(super) struct Watched {
    /// Whether the last turn could not be kept; so that a lasting failure is logged once.
    failing: bool,
    health: Arc<Health>,
    turns: Counter,
    failures: Counter,
    time: Histogram,
}

impl Watched {
    pub(super) fn new(health: Arc<Health>) -> Self {
        Self {
            failing: false,
            health,
            turns: meters::LIVE_KEPT.counter(&[]),
            failures: meters::LIVE_FAILED.counter(&[]),
            time: meters::LIVE_TIME.histogram(&[]),
        }
    }

    /// A turn was kept, or why not.
    pub(super) fn kept(&mut self, began: Instant, why: Option<String>) {
        self.time.record(began.elapsed());
        if why.is_some() { &self.failures } else { &self.turns }.increment(1);
        self.health.keeps(why.is_none());
        match (why, self.failing) {
            (Some(why), false) => {
                tracing::warn!(
                    why,
                    "calls go on, but a daemon that takes their place now will not know them as they are"
                );
                self.failing = true;
            }
            (None, true) => {
                tracing::info!("calls are kept again");
                self.failing = false;
            }
            (Some(_), true) | (None, false) => {}
        }
    }
}
