//! What a business set: its number, its agents, what its callers hear.
//!
//! These types are valid by construction: [`load`] refuses a file that would make anything else. A call pins
//! the [`Hotline`] it started with and never sees a later version.

use crate::command::LineId;
use crate::prompt::Prompt;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The most agents a hotline may have.
pub const AGENTS_MAX: usize = 500;
/// The longest a single agent may be rung, in seconds.
pub const RING_TIME_S_MAX: u64 = 120;
/// The longest a caller may be kept waiting for an agent, in seconds.
pub const WAIT_S_MAX: u64 = 600;

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
    /// What the caller hears, unanswered, while agents are tried.
    pub ringback: Prompt,
    /// What the caller hears when nobody came.
    pub closing: Prompt,
    /// In which order agents are tried.
    pub order: HuntOrder,
    /// How long all attempts together may take.
    pub wait: Millis,
    /// Which number an agent sees.
    pub shows: Shows,
    /// Who answers.
    pub agents: Vec<Agent>,
}

/// A fingerprint of a hotline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

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

/// In which order agents are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HuntOrder {
    /// As they are listed (顺序).
    #[default]
    Sequential,
    /// Shuffled anew for each call (随机).
    Random,
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
}

/// Where a call to an agent goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dial {
    /// A telephone number; the switch's settings say through which trunk.
    Phone(Arc<str>),
    /// An endpoint in the switch's own words: an extension, a trunk of its own.
    Endpoint(Arc<str>),
}
