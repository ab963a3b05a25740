//! A call as it stands in Redis: a byte that says the format, then MessagePack.

use hotlined_core::command::Claim;
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::{Hotline, Version};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The format that this version writes and reads.
const FORMAT: u8 = 1;
/// How many bytes usually stand beside what the call was saved as.
const BESIDE_USUALLY: usize = 64;

/// A version of a hotline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HotlineVersion {
    /// The hotline's number.
    pub number: Arc<str>,
    /// The version.
    pub version: Version,
}

impl HotlineVersion {
    /// That of this hotline.
    pub fn of(hotline: &Hotline) -> Self {
        Self { number: hotline.number.clone(), version: hotline.version }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    pub fn read(text: &str) -> Option<Self> {
        let (number, version) = text.rsplit_once('/')?;
        Some(Self { number: number.into(), version: Version(u64::from_str_radix(version, 16).ok()?) })
    }
}

impl fmt::Display for HotlineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.version)
    }
}

/// What is kept of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEntry {
    /// The version of its hotline that it follows.
    pub edition: Option<HotlineVersion>,
    /// Its claims that wait, or were asked and not answered: they are asked again by whoever takes it up, since
    /// the daemon may have died before they reached Redis.
    pub waits: Vec<(u32, Claim)>,
    /// What it was saved as.
    #[serde(with = "serde_bytes")]
    pub saved: Vec<u8>,
}

impl CallEntry {
    /// The bytes that stand in Redis.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.saved.len() + BESIDE_USUALLY);
        bytes.push(FORMAT);
        // Writing to memory cannot fail, and there is no type here without a form.
        let _ = rmp_serde::encode::write(&mut bytes, self);
        bytes
    }

    /// Reads them; or says why that cannot be.
    pub fn read(bytes: &[u8]) -> Result<(Self, RawSavedCall), String> {
        let entry: Self = match bytes.split_first() {
            Some((&FORMAT, rest)) => rmp_serde::from_slice(rest).map_err(|error| error.to_string())?,
            Some((format, _)) => return Err(format!("of format {format}, and this version knows {FORMAT}")),
            None => return Err("empty".to_owned()),
        };
        let call = RawSavedCall::from_bytes(&entry.saved).map_err(|bad| bad.to_string())?;
        Ok((entry, call))
    }
}
