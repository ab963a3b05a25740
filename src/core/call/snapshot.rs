//! The snapshot of a call: the call as plain data, for the daemon that continues it.

use super::call::CallSnapshot;
use crate::event::RawSavedCall;
use crate::hotline::Version;
use crate::id::{CallId, SwitchId};
use crate::time::{self, Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The format of saved calls that this version writes and reads.
pub const SAVED_FORMAT: u16 = 2;
/// The usual size of a saved call, in bytes. A call is saved in each of its turns, and a buffer that grows is copied.
const BYTES_USUALLY: usize = 2_048;

/// A call as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedCall {
    /// The format of the saved call.
    pub(super) format: u16,
    pub(super) call: CallId,
    /// When the call was saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Instant>,
    pub(super) state: CallSnapshot,
}

/// Why a saved call cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Another version of this program saved the call.
    #[error("call {call} was saved in format {format}, and this version knows {SAVED_FORMAT}")]
    Format {
        /// The call.
        call: CallId,
        /// Its format.
        format: u16,
    },
    /// The saved call cannot be decoded.
    #[error("call {call} cannot be read: {error}")]
    Damaged {
        /// The call.
        call: CallId,
        /// The error of the decoder.
        error: serde_json::Error,
    },
    /// The hotline that the call follows is not known any more.
    #[error("call {call} follows version {version} of hotline {number}, which is not here")]
    Hotline {
        /// The call.
        call: CallId,
        /// The number of the hotline.
        number: Arc<str>,
        /// The version of the hotline.
        version: Version,
    },
}

impl SavedCall {
    /// The call.
    pub fn call(&self) -> &CallId {
        &self.call
    }

    /// The switch that has the call.
    pub fn switch(&self) -> &SwitchId {
        self.state.switch()
    }

    /// The call as MessagePack, with the names of all fields, so that a later version finds the fields it knows.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES_USUALLY);
        // Only a type without a MessagePack form can fail here, and a call has none.
        let _ = rmp_serde::encode::write_named(&mut bytes, self);
        bytes
    }

    /// Decodes a saved call whose clock was `clock_lead` ahead of this daemon's. Another format is not even tried.
    ///
    /// # Errors
    ///
    /// [`LoadError::Format`] for another format, [`LoadError::Damaged`] when the state cannot be decoded.
    pub(super) fn decode(raw: &RawSavedCall, clock_lead: Millis) -> Result<Self, LoadError> {
        let RawSavedCall { format, call, at, state } = raw;
        if *format != SAVED_FORMAT {
            return Err(LoadError::Format { call: call.clone(), format: *format });
        }
        let state = time::with_clock_lead(clock_lead, || CallSnapshot::deserialize(state))
            .map_err(|error| LoadError::Damaged { call: call.clone(), error })?;
        Ok(Self { format: *format, call: call.clone(), at: at.map(|at| at - clock_lead), state })
    }
}
