//! The file in which a daemon without Redis keeps its calls, on a disk that may be full or slow.

use hotlined_core::time::Instant;
use hotlined_instance::persist::frames::FileState;
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_instance::persist::snapshot::PersistedState;
use std::collections::BTreeSet;

/// How much a file may grow before it is written anew, in bytes, and in times what it began with: little, so that it
/// comes about in a run.
const GROWTH_BYTES_MIN: usize = 16 << 10;
const GROWTH_TIMES_MAX: usize = 2;

/// The file.
#[derive(Debug)]
pub(super) struct Disk {
    bytes: Vec<u8>,
    /// How long it was when it was written anew.
    begun: usize,
}

impl Default for Disk {
    fn default() -> Self {
        let bytes = FileState::default().to_bytes();
        Self { begun: bytes.len(), bytes }
    }
}

impl Disk {
    /// A daemon starts at this time: gives what is in the file, and writes it anew. `delivered` is known to be done.
    pub(super) fn read(
        &mut self,
        now: Instant,
        delivered: &BTreeSet<DeliveryId>,
    ) -> Result<PersistedState, String> {
        let mut whole = self.whole()?;
        whole.adjust_clock(now);
        let mut losses = Vec::new();
        let mut kept = whole.to_persisted_state(&mut losses);
        if !losses.is_empty() {
            return Err(format!("the file of live calls has lost {losses:?}"));
        }
        kept.leave_out(delivered);
        self.replace(&mut whole);
        Ok(kept)
    }

    /// Adds frames. Says whether the file is written anew with that.
    pub(super) fn append(&mut self, frames: &[u8], is_to_renew: bool) -> Result<bool, String> {
        self.bytes.extend_from_slice(frames);
        let grown = self.bytes.len() - self.begun;
        let renews = is_to_renew || grown > GROWTH_BYTES_MIN.max(self.begun * GROWTH_TIMES_MAX);
        if renews {
            let mut whole = self.whole()?;
            self.replace(&mut whole);
        }
        Ok(renews)
    }

    /// A daemon is killed while it adds these: the last of them is cut off.
    pub(super) fn tear(&mut self, frames: &[u8]) {
        self.bytes.extend_from_slice(&frames[..frames.len() / 2]);
    }

    fn whole(&self) -> Result<FileState, String> {
        match FileState::read(&self.bytes)? {
            (whole, None) => Ok(whole),
            (_, Some(fault)) => Err(fault),
        }
    }

    fn replace(&mut self, whole: &mut FileState) {
        self.bytes = whole.to_bytes();
        self.begun = self.bytes.len();
    }
}
