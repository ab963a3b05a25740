//! One event of the switch, in one buffer. A value is decoded when it is read.
//!
//! Everything that the switch sent is kept: the order, duplicates, the case of names, arrays, bytes that are no UTF-8.
//! The same event in plain and in JSON gives the same values. The meaning of a header is not known here. There is no
//! map of headers: an event has up to several hundred headers, and a dozen of them are read.
//!
//! ```
//! use hotlined_esl::event::EslEvent;
//! use hotlined_esl::frame::WireLimits;
//!
//! let text = "Event-Name: CHANNEL_PARK\nCaller-Caller-ID-Name: %E6%9D%8E%E9%9B%B7\nvariable_x: _undef_\n\n";
//! let event = EslEvent::from_plain(text.into(), &WireLimits::default()).unwrap();
//! assert_eq!(*event.name(), *b"CHANNEL_PARK");
//! assert_eq!(event.text("caller-caller-id-name").unwrap(), "李雷");
//! assert_eq!(event.variable("x"), None);
//! ```

pub use crate::error::EventError;
use crate::escape::{json_decoded, percent_decoded};
pub use crate::index::EVENT_BYTES_MAX;
use crate::index::{Encoding, Header, Index};
pub use crate::limits::NAME_BYTES_MAX;
use crate::limits::WireLimits;
use crate::{json, plain};
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;

/// How an event is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines of `Name: value` with percent-encoded values.
    Plain,
    /// A JSON object.
    Json,
}

/// An event. Two events are equal if their bytes are equal.
///
/// The event shares the buffer into which it was read, and keeps the whole buffer in memory. Copy a value to keep it
/// for long.
#[derive(Clone, PartialEq, Eq)]
pub struct EslEvent {
    bytes: Bytes,
    index: Index,
    body: Range<usize>,
    format: Format,
}

impl EslEvent {
    /// Reads a plain event. The output of `uuid_dump` and the reply to `connect` are plain events, too; they may lack
    /// the empty line at the end.
    ///
    /// # Errors
    ///
    /// If the event is malformed or exceeds a limit.
    pub fn from_plain(bytes: Bytes, limits: &WireLimits) -> Result<Self, EventError> {
        check_size(&bytes, limits)?;
        let (index, body) = plain::index(&bytes, limits)?;
        Ok(Self { bytes, index, body, format: Format::Plain })
    }

    /// Reads the plain event of a frame, which must end with an empty line: without it, the event was cut short.
    pub(super) fn from_plain_frame(bytes: Bytes, limits: &WireLimits) -> Result<Self, EventError> {
        let length = bytes.len();
        let event = Self::from_plain(bytes, limits)?;
        if event.body.start == length && !event.bytes.ends_with(b"\n\n") && !event.is_empty() {
            return Err(EventError::Unfinished { at: length });
        }
        Ok(event)
    }

    /// Reads a JSON event.
    ///
    /// # Errors
    ///
    /// If the event is malformed or exceeds a limit.
    pub fn from_json(bytes: Bytes, limits: &WireLimits) -> Result<Self, EventError> {
        check_size(&bytes, limits)?;
        let index = json::index(&bytes, limits)?;
        Ok(Self { bytes, index, body: 0..0, format: Format::Json })
    }

    /// How the event was written on the wire.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The value of `Event-Name`; empty if there is none.
    pub fn name(&self) -> Cow<'_, [u8]> {
        self.get("Event-Name").unwrap_or_default()
    }

    /// The value of the first header of this name. The case of the name does not matter. In a plain event, an empty
    /// value is `_undef_`: see [`non_empty`](Self::non_empty). An array is `ARRAY::a|:b`.
    pub fn get(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.index.find(&self.bytes, "", name).map(decoded)
    }

    /// As [`get`](Self::get), as text: bytes that are no UTF-8 are replaced.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(into_text)
    }

    /// As [`get`](Self::get), but none if the value is empty or `_undef_`, which stands for empty in plain events.
    pub fn non_empty(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.get(name).filter(|value| !value.is_empty() && **value != *b"_undef_")
    }

    /// The channel variable of this name, as [`non_empty`](Self::non_empty).
    pub fn variable(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let value = decoded(self.index.find(&self.bytes, "variable_", name)?);
        Some(value).filter(|value| !value.is_empty() && **value != *b"_undef_")
    }

    /// The values of all headers of this name, in the order of the wire.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.index.find_all(&self.bytes, name).map(decoded)
    }

    /// The items of the first header of this name. A value that is no array is one item.
    pub fn array(&self, name: &str) -> Vec<Cow<'_, [u8]>> {
        let Some(header) = self.index.find(&self.bytes, "", name) else {
            return Vec::new();
        };
        match header.coding {
            Encoding::JsonArray => json::items(header.value).collect(),
            Encoding::Percent => split_array(decoded(header)),
            Encoding::Json | Encoding::Bare => vec![decoded(header)],
        }
    }

    /// The names and values as received, not decoded, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.index.iter(&self.bytes).map(|header| (header.name, header.value))
    }

    /// The names and decoded values, in the order of the wire.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
        let headers = self.index.iter(&self.bytes);
        headers.map(|header| (self.index.plain_name(header.name), decoded(header)))
    }

    /// When the event was created, by the switch's clock, in microseconds since 1970 (SE:778). The switch sends the
    /// event a little later.
    pub fn date_timestamp_us(&self) -> Option<u64> {
        self.text("Event-Date-Timestamp")?.parse().ok()
    }

    /// The body of the event, such as the output of the command in a `BACKGROUND_JOB`.
    pub fn body(&self) -> Cow<'_, [u8]> {
        match self.format {
            Format::Plain => Cow::Borrowed(&self.bytes[self.body.clone()]),
            Format::Json => self.get("_body").unwrap_or_default(),
        }
    }

    /// The number of headers.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether the event has no header.
    pub fn is_empty(&self) -> bool {
        self.index.len() == 0
    }

    /// The bytes from which the event was read.
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

/// Decodes a value. An array is returned in the switch's one-line form.
#[inline]
fn decoded(header: Header<'_>) -> Cow<'_, [u8]> {
    match header.coding {
        Encoding::Percent => percent_decoded(header.value),
        Encoding::Json => json_decoded(header.value),
        Encoding::JsonArray => json::array_as_one(header.value),
        Encoding::Bare => Cow::Borrowed(header.value),
    }
}

fn check_size(bytes: &[u8], limits: &WireLimits) -> Result<(), EventError> {
    let max = limits.body_bytes_max.min(EVENT_BYTES_MAX);
    if bytes.len() > max { Err(EventError::TooLong { length: bytes.len(), max }) } else { Ok(()) }
}

fn into_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Splits `ARRAY::a|:b` into its items (SE:1099).
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
