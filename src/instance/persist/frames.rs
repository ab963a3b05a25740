//! The frames of the file of live calls, and the state that they add up to. Pure: bytes in, bytes out.

use crate::persist::outbox::{Delivery, DeliveryId};
use crate::persist::snapshot::{LiveCall, PersistedState, TurnChanges};
use hotlined_core::acd::{Acd, AcdInput};
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::{Hotline, Version};
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The head of the file. The number is the format.
const HEAD: &[u8] = b"hotlined live state 1\n";
/// How long the prefix of a frame is: its length and its CRC-32, both little-endian.
const PREFIX_BYTES: usize = 8;
/// How long a frame is at most: everything of a large daemon.
const FRAME_BYTES_MAX: usize = 1 << 31;

/// The name of a version of a hotline: number and version.
type VersionKey = (Arc<str>, Version);

/// A frame: what a turn changed; or everything, as the first frame of a file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Frame {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<Box<Acd>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    editions: Vec<(VersionKey, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    live: Vec<(CallId, Option<VersionKey>, ByteBuf)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    over: Vec<CallId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<(Instant, AcdInput)>,
    /// The deliveries. Their stored names are from a time when there were records only.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "records")]
    deliveries: Vec<(DeliveryId, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "written")]
    done: Vec<DeliveryId>,
}

/// Encodes turns as frames.
#[derive(Debug, Default)]
pub struct FrameWriter {
    /// The versions of hotlines that the file has.
    known: BTreeSet<VersionKey>,
}

impl FrameWriter {
    /// The file has these versions of hotlines.
    pub fn add_known_versions<'h>(&mut self, hotlines: impl IntoIterator<Item = &'h Arc<Hotline>>) {
        self.known.extend(hotlines.into_iter().map(version_key));
    }

    /// The file is being written anew. The new file may lack versions that no call follows now.
    pub fn forget_known_versions(&mut self) {
        self.known.clear();
    }

    /// The frame of a turn.
    pub fn turn_frame(&mut self, turn: TurnChanges) -> Vec<u8> {
        self.write(None, turn)
    }

    /// A frame that replaces all frames before it: the ACD, and a turn with every live call and delivery.
    pub fn full_frame(&mut self, store: Acd, turn: TurnChanges) -> Vec<u8> {
        self.known.clear();
        self.write(Some(Box::new(store)), turn)
    }

    fn write(&mut self, store: Option<Box<Acd>>, turn: TurnChanges) -> Vec<u8> {
        let TurnChanges { live, over, inputs, deliveries, done } = turn;
        let mut editions = Vec::new();
        let mut follow = |hotline: &Arc<Hotline>| {
            let edition = version_key(hotline);
            if self.known.insert(edition.clone()) {
                // Only a type that has no JSON could fail here.
                editions.push((edition.clone(), serde_json::to_string(&**hotline).unwrap_or_default()));
            }
            edition
        };
        let live = live.into_iter().map(|LiveCall { call, hotline, bytes, switch: _ }| {
            let edition = hotline.as_ref().map(&mut follow);
            (call, edition, ByteBuf::from(bytes))
        });
        let live = live.collect();
        let deliveries = deliveries.into_iter().map(|(_, Delivery { id, payload })| (id, payload)).collect();
        let frame = Frame { store, editions, live, over, inputs, deliveries, done };
        let mut bytes = Vec::new();
        push_frame(&mut bytes, &frame);
        bytes
    }
}

fn version_key(hotline: &Arc<Hotline>) -> VersionKey {
    (hotline.number.clone(), hotline.version)
}

/// The calls that these frames name. The bytes have no head of a file.
pub fn calls_in(frames: &[u8]) -> BTreeSet<CallId> {
    let mut calls = BTreeSet::new();
    for frame in (Frames { bytes: frames, at: 0, fault: None }) {
        calls.extend(frame.live.into_iter().map(|(call, ..)| call).chain(frame.over));
        calls.extend(frame.inputs.into_iter().filter_map(|(_, input)| match input {
            AcdInput::Request(id, _) => Some(id.call),
            AcdInput::Forget(call) => Some(call),
            AcdInput::Due => None,
        }));
    }
    calls
}

/// The state that the frames of a file add up to.
#[derive(Debug, Default)]
pub struct FileState {
    store: Acd,
    editions: BTreeMap<VersionKey, String>,
    live: BTreeMap<CallId, (Option<VersionKey>, ByteBuf)>,
    deliveries: BTreeMap<DeliveryId, String>,
}

impl FileState {
    /// Reads the bytes of a file. Returns its state, and what could not be read.
    ///
    /// # Errors
    /// The bytes are no file of live calls, or one of another version.
    pub fn read(bytes: &[u8]) -> Result<(Self, Option<String>), String> {
        let mut frames = Frames::of(bytes)?;
        let mut whole = Self::default();
        for frame in frames.by_ref() {
            whole.take(frame);
        }
        whole.drop_unused_versions();
        let fault = frames.damage().map(str::to_owned);
        Ok((whole, fault))
    }

    /// Applies a frame.
    fn take(&mut self, frame: Frame) {
        if let Some(store) = frame.store {
            *self = Self { store: *store, ..Self::default() };
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
        self.deliveries.extend(frame.deliveries);
        for id in frame.done {
            self.deliveries.remove(&id);
        }
    }

    /// From now on times go by a clock that shows `now`.
    pub fn adjust_clock(&mut self, now: Instant) {
        self.store.goes_by(now);
    }

    /// Drops the versions of hotlines that no call follows.
    fn drop_unused_versions(&mut self) {
        let followed: BTreeSet<&VersionKey> =
            self.live.values().filter_map(|(edition, _)| edition.as_ref()).collect();
        self.editions.retain(|edition, _| followed.contains(edition));
    }

    /// The bytes of a file with this state and nothing else.
    pub fn to_bytes(&mut self) -> Vec<u8> {
        self.drop_unused_versions();
        let live = self.live.iter().map(|(call, (edition, bytes))| (call, edition, bytes));
        let whole = WholeFrame {
            store: &self.store,
            editions: self.editions.iter().collect(),
            live: live.collect(),
            deliveries: self.deliveries.iter().collect(),
        };
        let mut bytes = HEAD.to_vec();
        push_frame(&mut bytes, &whole);
        bytes
    }

    /// The state for the daemon that read the file. Adds to `losses` what could not be read.
    pub fn to_persisted_state(&self, losses: &mut Vec<String>) -> PersistedState {
        let mut calls = Vec::new();
        for (call, (_, bytes)) in &self.live {
            match RawSavedCall::from_bytes(bytes) {
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
        let delivery =
            |(id, payload): (&DeliveryId, &String)| Delivery { id: id.clone(), payload: payload.clone() };
        let deliveries = self.deliveries.iter().map(delivery).collect();
        PersistedState { calls, hotlines, store: self.store.clone(), deliveries, ..PersistedState::default() }
    }
}

/// A [`Frame`] of everything, borrowed.
#[derive(Serialize)]
struct WholeFrame<'w> {
    store: &'w Acd,
    editions: Vec<(&'w VersionKey, &'w String)>,
    live: Vec<(&'w CallId, &'w Option<VersionKey>, &'w ByteBuf)>,
    #[serde(rename = "records")]
    deliveries: Vec<(&'w DeliveryId, &'w String)>,
}

/// Adds a frame to the bytes.
fn push_frame(bytes: &mut Vec<u8>, frame: &impl Serialize) {
    let begin = bytes.len();
    bytes.extend([0; PREFIX_BYTES]);
    // Writing to memory cannot fail, and MessagePack has a form for every type here.
    let _ = rmp_serde::encode::write_named(bytes, frame);
    let (length, sum) = (bytes.len() - begin - PREFIX_BYTES, crc32fast::hash(&bytes[begin + PREFIX_BYTES..]));
    bytes[begin..begin + 4].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    bytes[begin + 4..begin + PREFIX_BYTES].copy_from_slice(&sum.to_le_bytes());
}

/// The frames of a file, up to its end or the first damaged frame.
struct Frames<'b> {
    bytes: &'b [u8],
    at: usize,
    fault: Option<String>,
}

impl<'b> Frames<'b> {
    /// The frames in these bytes; no frames if there are no bytes.
    fn of(bytes: &'b [u8]) -> Result<Self, String> {
        if !bytes.is_empty() && !bytes.starts_with(HEAD) {
            return Err("it is no live state of this version".to_owned());
        }
        Ok(Self { bytes, at: HEAD.len().min(bytes.len()), fault: None })
    }

    /// What is wrong behind the last good frame. A write that was cut off is nothing wrong.
    fn damage(&self) -> Option<&str> {
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
