//! The file in which a daemon without Redis saves its calls, on a disk that may be full or slow.

use hotlined_core::time::Instant;
use hotlined_instance::persist::frames::FileState;
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_instance::persist::snapshot::PersistedState;
use std::collections::BTreeSet;

/// A file is rewritten when it has grown by more than this many bytes, and by more than `GROWTH_TIMES_MAX` times its
/// size after the last rewrite. The limits are low, so that files are rewritten during a run.
const GROWTH_BYTES_MIN: usize = 16 << 10;
/// See `GROWTH_BYTES_MIN`.
const GROWTH_TIMES_MAX: usize = 2;

/// The file of live calls.
#[derive(Debug)]
pub(super) struct Disk {
    bytes: Vec<u8>,
    /// The length after the last rewrite.
    rewritten_len: usize,
}

impl Default for Disk {
    fn default() -> Self {
        let bytes = FileState::default().to_bytes();
        Self { rewritten_len: bytes.len(), bytes }
    }
}

impl Disk {
    /// A daemon starts at this time: reads the saved state and rewrites the file. `delivered` are the deliveries that
    /// are done.
    ///
    /// # Errors
    /// The file is damaged.
    pub(super) fn read(
        &mut self,
        now: Instant,
        delivered: &BTreeSet<DeliveryId>,
    ) -> Result<PersistedState, String> {
        let mut file_state = self.file_state()?;
        file_state.adjust_clock(now);
        let mut losses = Vec::new();
        let mut persisted = file_state.to_persisted_state(&mut losses);
        if !losses.is_empty() {
            return Err(format!("the file of live calls has lost {losses:?}"));
        }
        persisted.leave_out(delivered);
        self.rewrite(&mut file_state);
        Ok(persisted)
    }

    /// Appends frames. Returns whether the file was rewritten after that.
    ///
    /// # Errors
    /// The file is damaged.
    pub(super) fn append(&mut self, frames: &[u8], force_rewrite: bool) -> Result<bool, String> {
        self.bytes.extend_from_slice(frames);
        let grown = self.bytes.len() - self.rewritten_len;
        let rewrites = force_rewrite || grown > GROWTH_BYTES_MIN.max(self.rewritten_len * GROWTH_TIMES_MAX);
        if rewrites {
            let mut file_state = self.file_state()?;
            self.rewrite(&mut file_state);
        }
        Ok(rewrites)
    }

    /// A daemon is killed while it appends these frames: only the first half of the bytes is written.
    pub(super) fn append_torn(&mut self, frames: &[u8]) {
        self.bytes.extend_from_slice(&frames[..frames.len() / 2]);
    }

    fn file_state(&self) -> Result<FileState, String> {
        match FileState::read(&self.bytes)? {
            (file_state, None) => Ok(file_state),
            (_, Some(fault)) => Err(fault),
        }
    }

    fn rewrite(&mut self, file_state: &mut FileState) {
        self.bytes = file_state.to_bytes();
        self.rewritten_len = self.bytes.len();
    }
}
