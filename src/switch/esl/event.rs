//! One event of the switch, in one buffer, its headers found and their values decoded when asked for.
//!
//! Everything the switch sent is kept: order, duplicates, the case of names, arrays, bytes that are no UTF-8.
//! A plain event and its JSON twin answer alike. What a header means for a call is not known here, and there
//! is no map: an event has up to some hundred headers of which a dozen are read.

use super::escape::{json_decoded, percent_decoded};
use super::frame::Limits;
use super::{json, plain};
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;

/// What is wrong with an event; `at` is counted in bytes from the event's first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A line that is no header.
    #[error("a line of the event is no `Name: value`")]
    NotAHeader {
        /// Where the line starts.
        at: usize,
    },
    /// A line without its end.
    #[error("the last line of the event is not finished")]
    Unfinished {
        /// Where the line starts.
        at: usize,
    },
    /// Too many headers.
    #[error("the event has more than {max} headers")]
    TooManyHeaders {
        /// Where the first one too many starts.
        at: usize,
        /// The limit.
        max: usize,
    },
    /// A name nobody would give.
    #[error("the name of a header has {length} bytes, at most {NAME_BYTES_MAX} are taken")]
    NameTooLong {
        /// Where the name starts.
        at: usize,
        /// How long it is.
        length: usize,
    },
    /// The inner length is no number.
    #[error("the event's own Content-Length is no number")]
    LengthNotANumber {
        /// Where the header starts.
        at: usize,
    },
    /// The inner length and the outer one disagree.
    #[error("the event's own Content-Length says {declared} bytes, {present} are there")]
    Length {
        /// What the event says.
        declared: u64,
        /// What is there.
        present: usize,
    },
    /// No JSON, or none that an event may be.
    #[error("the JSON of the event is broken: expected {expected}")]
    Json {
        /// Where.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// More bytes than an event may have.
    #[error("the event has {length} bytes, at most {max} are taken")]
    TooLong {
        /// How many it has.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// An XML event, which we never ask for.
    #[error("an XML event came, and only plain and JSON events were asked for")]
    Xml,
}

impl EventError {
    /// Where the fault is, in bytes from the event's first.
    pub fn at(&self) -> usize {
        match self {
            Self::NotAHeader { at }
            | Self::Unfinished { at }
            | Self::TooManyHeaders { at, .. }
            | Self::NameTooLong { at, .. }
            | Self::LengthNotANumber { at }
            | Self::Json { at, .. } => *at,
            Self::Length { .. } | Self::TooLong { .. } | Self::Xml => 0,
        }
    }
}

/// The longest name of a header, in bytes.
pub const NAME_BYTES_MAX: usize = u16::MAX as usize;

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Name: value` lines with percent-coded values.
    Plain,
    /// A JSON object.
    Json,
}

/// How a value stands in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Percent,
    /// What stood between the quotes.
    Json,
    /// The items of a JSON array, without its brackets.
    JsonArray,
    /// A JSON number, `true`, `false` or `null`.
    Bare,
}

/// Where a header is: 16 bytes, so that a look through them is a look through little memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The name's length and two of its letters: differs for most names that differ.
    key: u32,
    name_at: u32,
    value_at: u32,
    /// Length of the value times four, plus its coding.
    value: u32,
}

pub(super) type Slots = Vec<Slot>;

impl Slot {
    fn new(
        bytes: &[u8],
        name: Range<usize>,
        value: Range<usize>,
        coding: Coding,
    ) -> Result<Self, EventError> {
        if name.len() > NAME_BYTES_MAX {
            return Err(EventError::NameTooLong { at: name.start, length: name.len() });
        }
        // Whoever calls has checked that the event has less than `EVENT_BYTES_MAX` bytes.
        Ok(Self {
            key: key(&bytes[name.clone()]),
            name_at: name.start as u32,
            value_at: value.start as u32,
            value: (value.len() as u32) << 2 | coding as u32,
        })
    }

    pub(super) fn plain(bytes: &[u8], name: Range<usize>, value: Range<usize>) -> Result<Self, EventError> {
        Self::new(bytes, name, value, Coding::Percent)
    }

    pub(super) fn json(
        bytes: &[u8],
        name: Range<usize>,
        value: Range<usize>,
        coding: Coding,
    ) -> Result<Self, EventError> {
        Self::new(bytes, name, value, coding)
    }

    pub(super) fn at(&self) -> usize {
        self.name_at as usize
    }

    pub(super) fn name<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.at()..][..(self.key & 0xFFFF) as usize]
    }

    pub(super) fn value<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.value_at as usize..][..(self.value >> 2) as usize]
    }

    fn coding(&self) -> Coding {
        match self.value & 3 {
            0 => Coding::Percent,
            1 => Coding::Json,
            2 => Coding::JsonArray,
            _ => Coding::Bare,
        }
    }

    /// The value as the switch means it; an array in the switch's own one-line form.
    fn decoded<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let value = self.value(bytes);
        match self.coding() {
            Coding::Percent => percent_decoded(value),
            Coding::Json => json_decoded(value),
            Coding::JsonArray => json::array_as_one(value),
            Coding::Bare => Cow::Borrowed(value),
        }
    }
}

/// The most bytes of an event, whatever the limits say: an index counts in 30 bits.
pub const EVENT_BYTES_MAX: usize = (1 << 30) - 1;

/// Length, last letter and middle letter of a name, without case.
fn key(name: &[u8]) -> u32 {
    let length = name.len();
    let last = name.last().map_or(0, |byte| byte | 0x20);
    let middle = name.get(length / 2).map_or(0, |byte| byte | 0x20);
    length as u32 | u32::from(last) << 16 | u32::from(middle) << 24
}

/// An event. Two are equal when their bytes are.
#[derive(Clone, PartialEq, Eq)]
pub struct EslEvent {
    bytes: Bytes,
    slots: Slots,
    body: Range<usize>,
    format: Format,
    /// A JSON name has an escape: names have to be decoded before they are compared.
    odd_names: bool,
}

impl EslEvent {
    /// Reads a plain event; also the text of `uuid_dump` and the reply to `connect`.
    pub fn plain(bytes: Bytes, limits: &Limits) -> Result<Self, EventError> {
        check_size(&bytes, limits)?;
        let (slots, body) = plain::index(&bytes, limits)?;
        Ok(Self { bytes, slots, body, format: Format::Plain, odd_names: false })
    }

    /// Reads a JSON event.
    pub fn json(bytes: Bytes, limits: &Limits) -> Result<Self, EventError> {
        check_size(&bytes, limits)?;
        let (slots, odd_names) = json::index(&bytes, limits)?;
        Ok(Self { bytes, slots, body: 0..0, format: Format::Json, odd_names })
    }

    /// How it was written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// `Event-Name`; empty when there is none.
    pub fn name(&self) -> Cow<'_, [u8]> {
        self.get("Event-Name").unwrap_or_default()
    }

    /// The first value under this name; case does not matter. An empty value reads `_undef_` in a plain event:
    /// see [`present`](Self::present). An array reads `ARRAY::a|:b`.
    pub fn get(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.slot("", name).map(|slot| slot.decoded(&self.bytes))
    }

    /// As [`get`](Self::get), with whatever is no UTF-8 replaced.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(into_text)
    }

    /// As [`get`](Self::get), and none where the value is empty, which plain events write `_undef_`.
    pub fn present(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.get(name).filter(|value| !value.is_empty() && **value != *b"_undef_")
    }

    /// The channel variable of this name, as [`present`](Self::present).
    pub fn variable(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let value = self.slot("variable_", name)?.decoded(&self.bytes);
        Some(value).filter(|value| !value.is_empty() && **value != *b"_undef_")
    }

    /// All values under this name in their order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
        let slots = self.slots.iter().filter(move |slot| self.is_named(slot, "", name));
        slots.map(|slot| slot.decoded(&self.bytes))
    }

    /// The items of the first value under this name; a bare value is one item.
    pub fn array(&self, name: &str) -> Vec<Cow<'_, [u8]>> {
        let Some(slot) = self.slot("", name) else {
            return Vec::new();
        };
        match slot.coding() {
            Coding::JsonArray => json::items(slot.value(&self.bytes)).collect(),
            Coding::Percent => split_array(slot.decoded(&self.bytes)),
            Coding::Json | Coding::Bare => vec![slot.decoded(&self.bytes)],
        }
    }

    /// Names and values as they stand in the buffer, still coded, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.slots.iter().map(|slot| (slot.name(&self.bytes), slot.value(&self.bytes)))
    }

    /// Names and decoded values in their order.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
        self.slots.iter().map(|slot| (self.decoded_name(slot), slot.decoded(&self.bytes)))
    }

    /// The inner body: the answer in a `BACKGROUND_JOB`, for example.
    pub fn body(&self) -> Cow<'_, [u8]> {
        match self.format {
            Format::Plain => Cow::Borrowed(&self.bytes[self.body.clone()]),
            Format::Json => self.get("_body").unwrap_or_default(),
        }
    }

    /// How many headers there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no header.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The bytes it was read from.
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn slot(&self, prefix: &str, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| self.is_named(slot, prefix, name))
    }

    fn is_named(&self, slot: &Slot, prefix: &str, name: &str) -> bool {
        let found = self.decoded_name(slot);
        found.len() == prefix.len() + name.len()
            && found[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
            && found[prefix.len()..].eq_ignore_ascii_case(name.as_bytes())
    }

    fn decoded_name(&self, slot: &Slot) -> Cow<'_, [u8]> {
        let name = slot.name(&self.bytes);
        if self.odd_names { json_decoded(name) } else { Cow::Borrowed(name) }
    }
}

impl std::fmt::Debug for EslEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map()
            .entries(self.headers().map(|(name, value)| (into_text(name), into_text(value))))
            .finish()
    }
}

fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), EventError> {
    let max = limits.body_bytes_max.min(EVENT_BYTES_MAX);
    if bytes.len() > max { Err(EventError::TooLong { length: bytes.len(), max }) } else { Ok(()) }
}

fn into_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// `ARRAY::a|:b` in its items (SE:1100).
fn split_array(value: Cow<'_, [u8]>) -> Vec<Cow<'_, [u8]>> {
    if !value.starts_with(b"ARRAY::") {
        return vec![value];
    }
    let split = |value: &[u8]| -> Vec<Range<usize>> {
        let mut start = b"ARRAY::".len();
        let ends = memchr::memmem::find_iter(value, b"|:").filter(|&end| end >= start).collect::<Vec<_>>();
        let mut items = Vec::with_capacity(ends.len() + 1);
        for end in ends {
            items.push(start..end);
            start = end + 2;
        }
        items.push(start..value.len());
        items
    };
    match value {
        Cow::Borrowed(value) => split(value).into_iter().map(|item| Cow::Borrowed(&value[item])).collect(),
        Cow::Owned(value) => split(&value).into_iter().map(|item| Cow::Owned(value[item].to_vec())).collect(),
    }
}
