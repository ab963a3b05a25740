//! A call as Redis keeps it: one byte for the format, then MessagePack.

use hotlined_core::command::Claim;
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::{Hotline, Version};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The format that this version of the program writes and reads.
const FORMAT: u8 = 1;
/// How many bytes an entry usually has besides the saved call.
const BESIDE_USUALLY: usize = 64;

/// The name of one version of a hotline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HotlineVersion {
    /// The hotline's number.
    pub number: Arc<str>,
    /// The version.
    pub version: Version,
}

impl HotlineVersion {
    /// The version that this hotline has.
    pub fn of(hotline: &Hotline) -> Self {
        Self { number: hotline.number.clone(), version: hotline.version }
    }

    /// Reads the text that [`Display`](fmt::Display) writes; `None` for any other text.
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

/// What Redis keeps of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEntry {
    /// The version of the hotline that the call follows.
    #[serde(rename = "edition")]
    pub version: Option<HotlineVersion>,
    /// The claims that wait, or that have no reply yet: the number of each and the claim. A daemon that takes over the
    /// call sends them again, since the daemon before may have died before they reached Redis.
    #[serde(rename = "waits")]
    pub open_claims: Vec<(u32, Claim)>,
    /// The saved call.
    #[serde(with = "serde_bytes")]
    pub saved: Vec<u8>,
}

impl CallEntry {
    /// The bytes that Redis keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.saved.len() + BESIDE_USUALLY);
        bytes.push(FORMAT);
        // Writing to memory cannot fail, and MessagePack has a form for every type here.
        let _ = rmp_serde::encode::write(&mut bytes, self);
        bytes
    }

    /// Reads the bytes that Redis kept.
    ///
    /// # Errors
    /// The reason as a text: the entry is empty, has another format or is damaged, or the saved call cannot be read.
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
