//! The positions of an event's headers, stored so that a look-up reads little memory.
//!
//! Each name has a key of 32 bits, and the keys stand side by side. To find that a name is absent, which is the most
//! frequent result, costs a few vector comparisons. Positions have 32 bits, lengths of values have 30.

use crate::error::EventError;
use crate::escape::json_decoded;
use crate::limits::{NAME_BYTES_MAX, WireLimits};
use std::borrow::Cow;
use std::ops::Range;

/// The longest event, in bytes, whatever the limits are.
pub const EVENT_BYTES_MAX: usize = (1 << 30) - 1;

/// How a value is encoded in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Percent-encoded, in a plain event.
    Percent,
    /// A JSON string, without its quotes.
    Json,
    /// The items of a JSON array, without its brackets.
    JsonArray,
    /// A JSON number, `true`, `false` or `null`.
    Bare,
}

/// A header as received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    pub coding: Encoding,
    /// Where the name starts, in bytes from the start of the event.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    name_at: u32,
    value_at: u32,
    /// Four times the length of the value, plus its encoding.
    value: u32,
}

/// The headers of one event, in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// For each header: the length of its name and two letters of the name. See [`key`].
    keys: Vec<u32>,
    slots: Vec<Slot>,
    headers_max: usize,
    /// Whether a JSON name has an escape: names have to be decoded then before they are compared.
    pub has_escaped_names: bool,
}

impl Index {
    /// An empty index for an event of this length. A header of a real event has 40 bytes on average, and more in
    /// events of many headers, so the reserved room is enough. An event of shorter headers makes the index grow.
    pub fn for_bytes(length: usize, limits: &WireLimits) -> Self {
        const HEADER_BYTES_MIN: usize = 32;
        let headers = (length / HEADER_BYTES_MIN + 4).min(limits.headers_max);
        Self {
            keys: Vec::with_capacity(headers),
            slots: Vec::with_capacity(headers),
            headers_max: limits.headers_max,
            has_escaped_names: false,
        }
    }

    /// Adds a header. The event has at most [`EVENT_BYTES_MAX`] bytes.
    #[inline]
    pub fn push(
        &mut self,
        bytes: &[u8],
        name: Range<usize>,
        value: Range<usize>,
        coding: Encoding,
    ) -> Result<(), EventError> {
        if self.keys.len() == self.headers_max {
            return Err(EventError::TooManyHeaders { at: name.start, max: self.headers_max });
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(EventError::NameTooLong { at: name.start, length: name.len() });
        }
        self.keys.push(key(b"", &bytes[name.clone()]));
        self.slots.push(Slot {
            name_at: name.start as u32,
            value_at: value.start as u32,
            value: (value.len() as u32) << 2 | coding as u32,
        });
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    #[inline]
    fn header<'a>(&self, bytes: &'a [u8], index: usize) -> Header<'a> {
        let slot = self.slots[index];
        let coding = match slot.value & 3 {
            0 => Encoding::Percent,
            1 => Encoding::Json,
            2 => Encoding::JsonArray,
            _ => Encoding::Bare,
        };
        Header {
            name: &bytes[slot.name_at as usize..][..(self.keys[index] & 0xFFFF) as usize],
            value: &bytes[slot.value_at as usize..][..(slot.value >> 2) as usize],
            coding,
            at: slot.name_at as usize,
        }
    }

    pub fn last<'a>(&self, bytes: &'a [u8]) -> Option<Header<'a>> {
        self.len().checked_sub(1).map(|last| self.header(bytes, last))
    }

    pub fn iter<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Header<'a>> {
        (0..self.len()).map(|index| self.header(bytes, index))
    }

    /// The first header whose name is `prefix` followed by `name`. Case does not matter.
    #[inline]
    pub fn find<'a>(&self, bytes: &'a [u8], prefix: &str, name: &str) -> Option<Header<'a>> {
        self.find_from(0, bytes, prefix, name).map(|(_, header)| header)
    }

    /// All headers of this name.
    pub fn find_all<'a>(&'a self, bytes: &'a [u8], name: &'a str) -> impl Iterator<Item = Header<'a>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let (found, header) = self.find_from(from, bytes, "", name)?;
            from = found + 1;
            Some(header)
        })
    }

    fn find_from<'a>(
        &self,
        mut from: usize,
        bytes: &'a [u8],
        prefix: &str,
        name: &str,
    ) -> Option<(usize, Header<'a>)> {
        let (prefix, name) = (prefix.as_bytes(), name.as_bytes());
        let wanted = key(prefix, name);
        loop {
            from = if self.has_escaped_names { from } else { position(&self.keys, from, wanted)? };
            if from >= self.len() {
                return None;
            }
            let header = self.header(bytes, from);
            if is_named(&self.plain_name(header.name), prefix, name) {
                return Some((from, header));
            }
            from += 1;
        }
    }

    /// The name, decoded.
    pub fn plain_name<'a>(&self, name: &'a [u8]) -> Cow<'a, [u8]> {
        if self.has_escaped_names { json_decoded(name) } else { Cow::Borrowed(name) }
    }
}

/// The key of the name that is `prefix` followed by `name`: its length, its last and its middle letter, without case.
#[inline]
fn key(prefix: &[u8], name: &[u8]) -> u32 {
    let length = prefix.len() + name.len();
    let letter = |at: usize| {
        let part = if at < prefix.len() { prefix.get(at) } else { name.get(at - prefix.len()) };
        part.map_or(0, |byte| u32::from(byte | 0x20))
    };
    // The length of a name above the limit is cut here; the comparison of the names finds the difference.
    (length & 0xFFFF) as u32 | letter(length.wrapping_sub(1)) << 16 | letter(length / 2) << 24
}

/// The position of the first key equal to `wanted`, from `from` on.
#[inline]
fn position(keys: &[u32], from: usize, wanted: u32) -> Option<usize> {
    let mut at = from;
    while let Some(group) = keys.get(at..).and_then(|rest| rest.first_chunk()) {
        let found = equal(group, wanted);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += LANES;
    }
    // Less than a group is left: compare the last whole group again, or the keys one by one.
    match keys.last_chunk() {
        Some(group) => {
            let start = keys.len() - LANES;
            let found = equal(group, wanted).checked_shr((at - start) as u32).unwrap_or(0);
            (found != 0).then(|| at + found.trailing_zeros() as usize)
        }
        None => keys.iter().skip(at).position(|&key| key == wanted).map(|found| at + found),
    }
}

/// How many keys are compared at once.
const LANES: usize = 8;

/// One bit for each key of the group that equals `wanted`. Without an early return, the compiler makes a few vector
/// instructions of it.
#[inline]
fn equal(group: &[u32; LANES], wanted: u32) -> u32 {
    group.iter().enumerate().fold(0, |bits, (lane, &key)| bits | u32::from(key == wanted) << lane)
}

#[inline]
fn is_named(found: &[u8], prefix: &[u8], name: &[u8]) -> bool {
    if found.len() != prefix.len() + name.len() {
        return false;
    }
    let (start, end) = found.split_at(prefix.len());
    (start == prefix && end == name) || (start.eq_ignore_ascii_case(prefix) && end.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_wherever_it_is() {
        for length in 0..40_u32 {
            let keys: Vec<u32> = (0..length).collect();
            for from in 0..=length as usize + 2 {
                for wanted in 0..length + 2 {
                    let expected = (from..keys.len()).find(|&at| keys[at] == wanted);
                    assert_eq!(position(&keys, from, wanted), expected, "{length} {from} {wanted}");
                }
            }
        }
    }
}
