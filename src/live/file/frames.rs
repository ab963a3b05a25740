//! What stands in the file, and what it comes to.

use crate::event::KeptCall;
use crate::hotline::{Hotline, Version};
use crate::id::CallId;
use crate::live::{Kept, Turn};
use crate::store::{Input, Store};
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the file begins with; the number is that of its format.
const HEAD: &[u8] = b"hotlined live state 1\n";
/// What stands before a frame: its length and its CRC-32, both little-endian.
const PREFIX_BYTES: usize = 8;
/// The longest frame: everything there is, of a large daemon.
const FRAME_BYTES_MAX: usize = 1 << 31;

/// A version of a hotline, by number.
type Edition = (Arc<str>, Version);

/// A frame: what a turn changed, or, as the first of a file, everything.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Frame {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<Box<Store>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    editions: Vec<(Edition, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    live: Vec<(CallId, Option<Edition>, ByteBuf)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    over: Vec<CallId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<(Instant, Input)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<(CallId, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    written: Vec<CallId>,
}

/// Everything there is.
#[derive(Debug, Default)]
pub(super) struct Whole {
    store: Store,
    editions: BTreeMap<Edition, String>,
    live: BTreeMap<CallId, (Option<Edition>, ByteBuf)>,
    records: BTreeMap<CallId, String>,
}

impl Whole {
    /// What a turn changed, as a frame: with the versions of hotlines that nobody has told us of.
    pub(super) fn frame(&self, turn: Turn) -> Frame {
        let Turn { live, over, inputs, records, written } = turn;
        let mut editions: BTreeMap<Edition, String> = BTreeMap::new();
        let mut new_edition = |hotline: &Arc<Hotline>| {
            let edition = (hotline.number.clone(), hotline.version);
            if !self.editions.contains_key(&edition) && !editions.contains_key(&edition) {
                // Only a type that has no JSON could fail here.
                editions.insert(edition.clone(), serde_json::to_string(&**hotline).unwrap_or_default());
            }
            edition
        };
        let live = live.into_iter().map(|live| {
            let edition = live.hotline.as_ref().map(&mut new_edition);
            (live.call, edition, ByteBuf::from(live.bytes))
        });
        let live = live.collect();
        Frame { store: None, editions: editions.into_iter().collect(), live, over, inputs, records, written }
    }

    /// Takes in what changed.
    pub(super) fn take(&mut self, frame: Frame) {
        if let Some(store) = frame.store {
            self.store = *store;
        }
        self.editions.extend(frame.editions);
        let mut answers = Vec::new();
        for (now, input) in &frame.inputs {
            self.store.take(*now, input, &mut answers);
            answers.clear();
        }
        for call in frame.over {
            self.live.remove(&call);
        }
        self.live.extend(frame.live.into_iter().map(|(call, edition, bytes)| (call, (edition, bytes))));
        self.records.extend(frame.records);
        for call in frame.written {
            self.records.remove(&call);
        }
    }

    /// From now on time is told by a clock that says `now`.
    pub(super) fn goes_by(&mut self, now: Instant) {
        self.store.goes_by(now);
    }

    /// Forgets the versions of hotlines that no call follows.
    pub(super) fn forget_editions(&mut self) {
        let followed: BTreeSet<&Edition> =
            self.live.values().filter_map(|(edition, _)| edition.as_ref()).collect();
        self.editions.retain(|edition, _| followed.contains(edition));
    }

    /// The bytes of a file with all of this and nothing else.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        self.forget_editions();
        let live = self.live.iter().map(|(call, (edition, bytes))| (call, edition, bytes));
        let whole = WholeFrame {
            store: &self.store,
            editions: self.editions.iter().collect(),
            live: live.collect(),
            records: self.records.iter().collect(),
        };
        let mut bytes = HEAD.to_vec();
        put(&mut bytes, &whole);
        bytes
    }

    /// What is left for the daemon that reads the file.
    pub(super) fn kept(&self, losses: &mut Vec<String>) -> Kept {
        let mut calls = Vec::new();
        for (call, (_, bytes)) in &self.live {
            match KeptCall::from_bytes(bytes) {
                Ok(kept) => calls.push(kept),
                Err(bad) => losses.push(format!("call {call}: {bad}")),
            }
        }
        let mut hotlines = Vec::new();
        for ((number, version), text) in &self.editions {
            match serde_json::from_str::<Hotline>(text) {
                Ok(hotline) => hotlines.push(Arc::new(hotline)),
                Err(error) => losses.push(format!("version {version} of hotline {number}: {error}")),
            }
        }
        let records = self.records.iter().map(|(call, line)| (call.clone(), line.clone())).collect();
        Kept { calls, hotlines, store: self.store.clone(), records, ..Kept::default() }
    }
}

/// A [`Frame`] of everything, borrowed.
#[derive(Serialize)]
struct WholeFrame<'w> {
    store: &'w Store,
    editions: Vec<(&'w Edition, &'w String)>,
    live: Vec<(&'w CallId, &'w Option<Edition>, &'w ByteBuf)>,
    records: Vec<(&'w CallId, &'w String)>,
}

/// Adds a frame.
pub(super) fn put(bytes: &mut Vec<u8>, frame: &impl Serialize) {
    let begin = bytes.len();
    bytes.extend([0; PREFIX_BYTES]);
    // Writing to memory cannot fail, and there is no type here without a form.
    let _ = rmp_serde::encode::write_named(bytes, frame);
    let (length, sum) = (bytes.len() - begin - PREFIX_BYTES, crc32fast::hash(&bytes[begin + PREFIX_BYTES..]));
    bytes[begin..begin + 4].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    bytes[begin + 4..begin + PREFIX_BYTES].copy_from_slice(&sum.to_le_bytes());
}

/// The frames of a file, up to its end or the first that is none.
pub(super) struct Frames<'b> {
    bytes: &'b [u8],
    at: usize,
    fault: Option<String>,
}

impl<'b> Frames<'b> {
    /// The frames in these bytes, of which there are none where there is no byte.
    pub(super) fn of(bytes: &'b [u8]) -> Result<Self, String> {
        if !bytes.is_empty() && !bytes.starts_with(HEAD) {
            return Err("it is no live state of this version".to_owned());
        }
        Ok(Self { bytes, at: HEAD.len().min(bytes.len()), fault: None })
    }

    /// What stands behind the last good frame, if it is more than a write that was cut off.
    pub(super) fn left(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    fn word(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes.get(at..at + 4)?.try_into().ok()?))
    }

    fn frame(&mut self) -> Option<Frame> {
        let (length, sum) = (self.word(self.at)? as usize, self.word(self.at + 4)?);
        let begin = self.at + PREFIX_BYTES;
        let end = begin.checked_add(length).filter(|_| length <= FRAME_BYTES_MAX)?;
        let body = self.bytes.get(begin..end)?;
        if crc32fast::hash(body) != sum {
            self.fault =
                Some(format!("the frame at byte {} is damaged: it and what follows are left out", self.at));
            return None;
        }
        match rmp_serde::from_slice(body) {
            Ok(frame) => {
                self.at = end;
                Some(frame)
            }
            Err(error) => {
                self.fault = Some(format!("the frame at byte {} cannot be read: {error}", self.at));
                None
            }
        }
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.fault.is_none().then(|| self.frame()).flatten()
    }
}
