//! A hotline as the core sees it: its number, its agents, its flow, what its callers hear.
//!
//! The crate that reads hotline files refuses every file that would make an invalid hotline. A call pins the
//! [`Hotline`] it started with and never sees a later version.
//!
//! Absent, and to stay so: which agent is busy, which call rings where, and anything else that changes while calls run.

pub mod access;
mod codes;
mod dial;
pub mod flow;
pub mod group;
pub mod limits;
pub mod ringback;
pub mod voice;

pub use codes::{CODE_DIGITS_MAX, Codes};
pub use dial::{Dial, ENDPOINT_BYTES_MAX, InvalidDial, PHONE_DIGITS_MAX, PHONE_DIGITS_MIN, Trunk};
pub use voice::Voice;

use crate::hours::Hours;
use crate::id::LineId;
use crate::number::AreaCode;
use crate::prompt::Prompt;
use crate::time::Millis;
use access::RefusalAction;
use flow::Flow;
use fnv::FnvHasher;
use group::Group;
use limits::{LINES_DEFAULT, RING_TIME_S_DEFAULT};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

/// All hotlines of a daemon, by number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hotlines(BTreeMap<Arc<str>, Arc<Hotline>>);

impl Hotlines {
    /// The hotline of this number.
    pub fn get(&self, number: &str) -> Option<&Arc<Hotline>> {
        self.0.get(number)
    }

    /// Adds a hotline; gives back the one of the same number that was there before.
    pub fn insert(&mut self, hotline: Arc<Hotline>) -> Option<Arc<Hotline>> {
        self.0.insert(hotline.number.clone(), hotline)
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Hotline>> {
        self.0.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One 400 number and everything decided for its calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hotline {
    /// Its number: ten digits.
    pub number: Arc<str>,
    /// What the business is called.
    pub name: Arc<str>,
    /// Differs when anything that matters differs.
    pub version: Version,
    /// Which number an agent sees.
    pub shows: Shows,
    /// The area code of its own place: what completes a caller's local number.
    pub home: Option<AreaCode>,
    /// Who speaks where nothing was recorded for it.
    pub voice: Voice,
    /// Suspended (停机), and what callers get then.
    pub suspended: Option<RefusalAction>,
    /// How many calls it takes at a time.
    pub calls_max: Option<u32>,
    /// Whose talks are recorded.
    pub recording: Recording,
    /// What the caller hears where the flow ends without a word.
    pub closing: Prompt,
    /// Tables of hours by name.
    pub hours: BTreeMap<Arc<str>, Arc<Hours>>,
    /// Sets of codes by name.
    pub codes: BTreeMap<Arc<str>, Arc<Codes>>,
    /// Who answers.
    pub agents: Vec<Agent>,
    /// Who of them belong together.
    pub groups: Vec<Group>,
    /// The way of a call.
    pub flow: Flow,
}

/// Whose talks are recorded (通话录音).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// Nobody's.
    #[default]
    Off,
    /// Those of callers who called; not those who were called back.
    Inbound,
    /// Everybody's.
    All,
}

/// A fingerprint of a hotline: FNV-1a, 64 bits, over its JSON, where its lists and codes stand as fingerprints
/// of their own. Comments, spaces and the order of keys in the file do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The fingerprint of this hotline, whatever its own `version` says.
    pub fn of(hotline: &Hotline) -> Self {
        let mut fnv = Written(FnvHasher::default());
        let mut unversioned = Hotline { version: Self::default(), ..hotline.clone() };
        // Where the standard recordings lie is the daemon's affair: a hotline moved to another is the same.
        unversioned.voice.folder = Arc::default();
        // A list may be long and shared by thousands of hotlines: as text it would cost more than all else.
        let mut lists: Vec<u64> = hotline.codes.values().map(|codes| codes.fingerprint()).collect();
        unversioned.codes.values_mut().for_each(|codes| *codes = Arc::default());
        for node in &mut unversioned.flow.nodes {
            if let flow::NodeKind::Access(access) = &mut node.kind {
                for list in [&mut access.white, &mut access.black] {
                    lists.push(std::mem::take(list).fingerprint());
                }
            }
        }
        for list in lists {
            fnv.0.write(&list.to_le_bytes());
        }
        // Neither the writer nor these types can fail; if they did, the version would only be a worse one.
        let _ = serde_json::to_writer(&mut fnv, &unversioned);
        Self(fnv.0.finish())
    }
}

/// A hash of whatever is written.
struct Written(FnvHasher);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Which number an agent sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The caller's.
    #[default]
    Caller,
    /// The hotline's own: what carriers demand that let no foreign number out.
    Hotline,
}

/// Somebody who answers calls: one bound telephone (绑定号码).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// The agent number (工号); it stays when everything else changes.
    pub id: Arc<str>,
    /// The agent's name.
    pub name: Arc<str>,
    /// Where to call.
    pub dial: Dial,
    /// Whose lines a call takes.
    pub line: LineId,
    /// How many calls at a time.
    pub lines: u16,
    /// How long it may ring.
    pub ring_time: Millis,
    /// Whether calls are sent here at all.
    pub on: bool,
    /// When calls are sent here: a table of hours and a state of it; always when none.
    pub hours: Option<(Arc<str>, Arc<str>)>,
    /// Whether a call is taken by pressing 1: for mobiles, whose mailbox must not take it.
    pub confirm: bool,
    /// The share of calls, where the strategy goes by shares.
    pub share: u16,
}

impl Agent {
    /// An agent who is always on, has one line and takes calls by answering.
    pub fn new(id: &str, dial: Dial) -> Self {
        Self {
            id: id.into(),
            name: id.into(),
            line: dial.line(),
            dial,
            lines: LINES_DEFAULT,
            ring_time: Millis::seconds(RING_TIME_S_DEFAULT),
            on: true,
            hours: None,
            confirm: false,
            share: 1,
        }
    }
}
