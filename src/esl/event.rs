//! One event of the switch, in one buffer, its headers found and their values decoded when asked for.
//!
//! Everything the switch sent is kept: order, duplicates, the case of names, arrays, bytes that are no UTF-8.
//! A plain event and its JSON twin answer alike. What a header means for a call is not known here, and there
//! is no map: an event has up to some hundred headers of which a dozen are read.
//!
//! ```
//! use hotlined_esl::event::EslEvent; use hotlined_esl::frame::Limits;
//! let text = "Event-Name: CHANNEL_PARK\nCaller-Caller-ID-Name: %E6%9D%8E%E9%9B%B7\nvariable_x: _undef_\n\n";
//! let event = EslEvent::plain(text.into(), &Limits::default()).unwrap();
//! assert_eq!(*event.name(), *b"CHANNEL_PARK");
//! assert_eq!(event.text("caller-caller-id-name").unwrap(), "李雷");
//! assert_eq!(event.variable("x"), None);
//! ```

use super::escape::{json_decoded, percent_decoded};
pub use super::index::EVENT_BYTES_MAX;
use super::index::{Coding, Header, Index};
use super::limits::Limits;
pub use super::limits::{EventError, NAME_BYTES_MAX};
use super::{json, plain};
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Name: value` lines with percent-coded values.
    Plain,
    /// A JSON object.
    Json,
}

/// An event. Two are equal when their bytes are.
///
/// It shares the buffer it was read into and keeps all of it in memory: whoever wants a value for long copies
/// the value.
#[derive(Clone, PartialEq, Eq)]
pub struct EslEvent {
    bytes: Bytes,
    index: Index,
    body: Range<usize>,
    format: Format,
}

impl EslEvent {
    /// Reads a plain event; also the text of `uuid_dump` and the reply to `connect`, which may have lost the
    /// empty line at their end.
    pub fn plain(bytes: Bytes, limits: &Limits) -> Result<Self, EventError> {
        check_size(&bytes, limits)?;
        let (index, body) = plain::index(&bytes, limits)?;
        Ok(Self { bytes, index, body, format: Format::Plain })
    }

    /// Reads a plain event out of a frame: without its empty line it was cut short.
    pub(super) fn framed(bytes: Bytes, limits: &Limits) -> Result<Self, EventError> {
        let length = bytes.len();
        let event = Self::plain(bytes, limits)?;
        if event.body.start == length && !event.bytes.ends_with(b"\n\n") && !event.is_empty() {
            return Err(EventError::Unfinished { at: length });
        }
        Ok(event)
    }

    /// Reads a JSON event.
    pub fn json(bytes: Bytes, limits: &Limits) -> Result<Self, EventError> {
        check_size(&bytes, limits)?;
        let index = json::index(&bytes, limits)?;
        Ok(Self { bytes, index, body: 0..0, format: Format::Json })
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
        self.index.find(&self.bytes, "", name).map(decoded)
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
        let value = decoded(self.index.find(&self.bytes, "variable_", name)?);
        Some(value).filter(|value| !value.is_empty() && **value != *b"_undef_")
    }

    /// All values under this name in their order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.index.find_all(&self.bytes, name).map(decoded)
    }

    /// The items of the first value under this name; a bare value is one item.
    pub fn array(&self, name: &str) -> Vec<Cow<'_, [u8]>> {
        let Some(header) = self.index.find(&self.bytes, "", name) else {
            return Vec::new();
        };
        match header.coding {
            Coding::JsonArray => json::items(header.value).collect(),
            Coding::Percent => split_array(decoded(header)),
            Coding::Json | Coding::Bare => vec![decoded(header)],
        }
    }

    /// Names and values as they stand in the buffer, still coded, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.index.iter(&self.bytes).map(|header| (header.name, header.value))
    }

    /// Names and decoded values in their order.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
        let headers = self.index.iter(&self.bytes);
        headers.map(|header| (self.index.plain_name(header.name), decoded(header)))
    }

    /// When the event was made, by the switch's clock, in microseconds since 1970 (SE:778): a little before it was
    /// sent.
    pub fn date_timestamp_us(&self) -> Option<u64> {
        self.text("Event-Date-Timestamp")?.parse().ok()
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
        self.index.len()
    }

    /// Whether there is no header.
    pub fn is_empty(&self) -> bool {
        self.index.len() == 0
    }

    /// The bytes it was read from.
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl std::fmt::Debug for EslEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map()
            .entries(self.headers().map(|(name, value)| (into_text(name), into_text(value))))
            .finish()
    }
}

/// The value as the switch means it; an array in the switch's own one-line form.
#[inline]
fn decoded(header: Header<'_>) -> Cow<'_, [u8]> {
    match header.coding {
        Coding::Percent => percent_decoded(header.value),
        Coding::Json => json_decoded(header.value),
        Coding::JsonArray => json::array_as_one(header.value),
        Coding::Bare => Cow::Borrowed(header.value),
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

/// `ARRAY::a|:b` in its items (SE:1099).
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
