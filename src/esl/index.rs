//! Where the headers of an event are, so that a look-up touches little memory.
//!
//! Names are told apart by a key of 32 bits, kept side by side: a name that is not there, which is the common
//! answer, costs a few vector compares. Positions count in 32 bits, lengths of values in 30.

use super::escape::json_decoded;
use super::limits::{EventError, Limits, NAME_BYTES_MAX};
use std::borrow::Cow;
use std::ops::Range;

/// The most bytes of an event, whatever the limits say.
pub const EVENT_BYTES_MAX: usize = (1 << 30) - 1;

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

/// A header as it stands in the buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    pub coding: Coding,
    /// Where its name starts.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    name_at: u32,
    value_at: u32,
    /// The value's length times four, plus its coding.
    value: u32,
}

/// The headers of one event, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Of each header the length of its name, and two of its letters.
    keys: Vec<u32>,
    slots: Vec<Slot>,
    headers_max: usize,
    /// A JSON name has an escape, so names have to be decoded before they are compared.
    pub odd_names: bool,
}

impl Index {
    /// An index for an event of so many bytes. The headers of real events take 40 bytes on average and more
    /// when there are many, so this is room enough; an event of shorter ones makes it grow.
    pub fn for_bytes(length: usize, limits: &Limits) -> Self {
        const HEADER_BYTES_MIN: usize = 32;
        let headers = (length / HEADER_BYTES_MIN + 4).min(limits.headers_max);
        Self {
            keys: Vec::with_capacity(headers),
            slots: Vec::with_capacity(headers),
            headers_max: limits.headers_max,
            odd_names: false,
        }
    }

    /// Adds a header of an event that has at most [`EVENT_BYTES_MAX`] bytes.
    #[inline]
    pub fn push(
        &mut self,
        bytes: &[u8],
        name: Range<usize>,
        value: Range<usize>,
        coding: Coding,
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
            0 => Coding::Percent,
            1 => Coding::Json,
            2 => Coding::JsonArray,
            _ => Coding::Bare,
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

    /// The first header whose name is `prefix` and `name` in one, without case.
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
            from = if self.odd_names { from } else { position(&self.keys, from, wanted)? };
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

    /// The name without escapes.
    pub fn plain_name<'a>(&self, name: &'a [u8]) -> Cow<'a, [u8]> {
        if self.odd_names { json_decoded(name) } else { Cow::Borrowed(name) }
    }
}

/// Length, last letter and middle letter of `prefix` and `name` in one, without case.
#[inline]
fn key(prefix: &[u8], name: &[u8]) -> u32 {
    let length = prefix.len() + name.len();
    let letter = |at: usize| {
        let part = if at < prefix.len() { prefix.get(at) } else { name.get(at - prefix.len()) };
        part.map_or(0, |byte| u32::from(byte | 0x20))
    };
    // A longer name than may be is cut here and found different later.
    (length & 0xFFFF) as u32 | letter(length.wrapping_sub(1)) << 16 | letter(length / 2) << 24
}

/// Where the wanted key is, at `from` or behind.
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
    // What is left is less than a group: look at the last whole one again, or one by one.
    match keys.last_chunk() {
        Some(group) => {
            let start = keys.len() - LANES;
            let found = equal(group, wanted).checked_shr((at - start) as u32).unwrap_or(0);
            (found != 0).then(|| at + found.trailing_zeros() as usize)
        }
        None => keys.iter().skip(at).position(|&key| key == wanted).map(|found| at + found),
    }
}

/// How many keys are compared at a time.
const LANES: usize = 8;

/// A bit for each key that is the wanted one; without a way out in between, a handful of vector instructions.
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
