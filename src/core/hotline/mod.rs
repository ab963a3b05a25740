//! A hotline: its number, its agents, its flow, and what its callers hear.
//!
//! The crate that reads hotline files refuses every file that would make an invalid hotline. A call keeps the version
//! of the [`Hotline`] with which it started.
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
use crate::message::SmsRules;
use crate::number::AreaCode;
use crate::prompt::Prompt;
use crate::time::Millis;
use access::RefusalAction;
use flow::Flow;
use fnv::FnvHasher;
use group::Group;
use limits::{LINES_DEFAULT, RING_TIME_S_DEFAULT};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
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

    /// Adds a hotline. Returns the earlier hotline of the same number, if any.
    pub fn insert(&mut self, hotline: Arc<Hotline>) -> Option<Arc<Hotline>> {
        self.0.insert(hotline.number.clone(), hotline)
    }

    /// All hotlines, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Hotline>> {
        self.0.values()
    }

    /// The number of hotlines.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no hotline.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One 400 number and everything that a business decides for its calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hotline {
    /// The number: ten digits.
    pub number: Arc<str>,
    /// The name of the business.
    pub name: Arc<str>,
    /// The fingerprint of the hotline.
    pub version: Version,
    /// The number that an agent sees.
    pub shows: Shows,
    /// The area code of the hotline, which completes local numbers of callers.
    pub home: Option<AreaCode>,
    /// The language and the standard recordings.
    pub voice: Voice,
    /// What happens to callers while the hotline is suspended (停机). `None` if it is not suspended.
    pub suspended: Option<RefusalAction>,
    /// The most live calls.
    pub calls_max: Option<u32>,
    /// Which talks are recorded.
    pub recording: Recording,
    /// The announcement when the flow ends without another announcement.
    pub closing: Prompt,
    /// Tables of hours by name.
    pub hours: BTreeMap<Arc<str>, Arc<Hours>>,
    /// Sets of codes by name.
    pub codes: BTreeMap<Arc<str>, Arc<Codes>>,
    /// The agents.
    pub agents: Vec<Agent>,
    /// The groups of agents.
    pub groups: Vec<Group>,
    /// The messages by SMS, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<Arc<SmsRules>>,
    /// The flow of a call.
    pub flow: Flow,
}

/// Which talks are recorded (通话录音).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// No talk.
    #[default]
    Off,
    /// Talks of calls that the caller made, and not of callbacks.
    Inbound,
    /// All talks.
    All,
}

/// The fingerprint of a hotline: FNV-1a, 64 bits, over its JSON, with lists and codes replaced by their own
/// fingerprints. Comments, spaces and the order of keys in the file do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The fingerprint of this hotline. Its field `version` does not count.
    pub fn of(hotline: &Hotline) -> Self {
        let mut fnv = HashWriter(FnvHasher::default());
        let mut unversioned = Hotline { version: Self::default(), ..hotline.clone() };
        // The folder of the standard recordings belongs to the daemon: a hotline on another daemon is the same.
        unversioned.voice.folder = Arc::default();
        // A list may be long and shared by thousands of hotlines: as text it would cost more than everything else.
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
        // Neither the writer nor these types can fail.
        let _ = serde_json::to_writer(&mut fnv, &unversioned);
        Self(fnv.0.finish())
    }
}

/// A writer that hashes its input.
struct HashWriter(FnvHasher);

impl std::io::Write for HashWriter {
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

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{16}$" })
    }
}

/// The number that an agent sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The number of the caller.
    #[default]
    Caller,
    /// The number of the hotline: some carriers let no other number out.
    Hotline,
}

/// An agent: one bound telephone that answers calls (绑定号码).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// The agent number (工号). It stays the same when everything else changes.
    pub id: Arc<str>,
    /// The agent's name.
    pub name: Arc<str>,
    /// The destination of calls to the agent.
    pub dial: Dial,
    /// The line that a call takes.
    pub line: LineId,
    /// How many calls the agent takes at a time.
    pub lines: u16,
    /// How long the telephone may ring.
    pub ring_time: Millis,
    /// Whether the agent gets calls at all.
    pub on: bool,
    /// When the agent gets calls: a table of hours and a state of it. `None` means always.
    pub hours: Option<(Arc<str>, Arc<str>)>,
    /// Whether the agent takes a call by pressing 1: for mobiles, whose mailbox must not take the call.
    pub confirm: bool,
    /// The share of calls, for the strategy that uses shares.
    pub share: u16,
}

impl Agent {
    /// An agent who is always on, has one line, and takes a call by answering.
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
