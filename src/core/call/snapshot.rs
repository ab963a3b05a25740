//! A call as it is kept outside the process, for the daemon that comes after this one.

use super::call::CallSnapshot;
use crate::event::RawSavedCall;
use crate::hotline::Version;
use crate::id::{CallId, SwitchId};
use crate::time::{self, Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The format of saved calls that this version writes and reads.
pub const SAVED_FORMAT: u16 = 2;
/// How many bytes a call usually takes: each call is saved at each of its turns, and a list that grows is copied.
const BYTES_USUALLY: usize = 2_048;

/// A call as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedCall {
    /// See [`SAVED_FORMAT`].
    pub(super) format: u16,
    pub(super) call: CallId,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Instant>,
    pub(super) state: CallSnapshot,
}

/// Why a saved call cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It was written by another version of this program.
    #[error("call {call} was saved in format {format}, and this version knows {SAVED_FORMAT}")]
    Format {
        /// The call.
        call: CallId,
        /// Its format.
        format: u16,
    },
    /// It is damaged.
    #[error("call {call} cannot be read: {error}")]
    Damaged {
        /// The call.
        call: CallId,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The hotline it started with is not known any more.
    #[error("call {call} follows version {version} of hotline {number}, which is not here")]
    Hotline {
        /// The call.
        call: CallId,
        /// The hotline.
        number: Arc<str>,
        /// The version.
        version: Version,
    },
}

impl SavedCall {
    /// Which call it is.
    pub fn call(&self) -> &CallId {
        &self.call
    }

    /// The switch that has it.
    pub fn switch(&self) -> &SwitchId {
        self.state.switch()
    }

    /// The call as bytes: MessagePack, with the names of all fields, so that a later version finds what it knows.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES_USUALLY);
        // Only a type that has no MessagePack could fail here, and no call has one.
        let _ = rmp_serde::encode::write_named(&mut bytes, self);
        bytes
    }

    /// Looks into a call that was kept by a clock so far ahead of ours. One of another format is not even tried.
    pub(super) fn of(kept: &RawSavedCall, ahead: Millis) -> Result<Self, LoadError> {
        let RawSavedCall { format, call, at, state } = kept;
        if *format != SAVED_FORMAT {
            return Err(LoadError::Format { call: call.clone(), format: *format });
        }
        let state = time::with_clock_lead(ahead, || CallSnapshot::deserialize(state))
            .map_err(|error| LoadError::Damaged { call: call.clone(), error })?;
        Ok(Self { format: *format, call: call.clone(), at: at.map(|at| at - ahead), state })
    }
}
