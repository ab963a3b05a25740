//! Finds the headers of a JSON event: an object of strings and of arrays of strings.
//!
//! `serde_json` is not used, because FreeSWITCH writes raw bytes that are no UTF-8 and repeats names, and both have to
//! be kept. An object within the object is an error: no event has one.

use crate::error::EventError;
use crate::escape::json_decoded;
use crate::index::{Encoding, Index};
use crate::limits::WireLimits;
use memchr::memchr2;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::recognize;
use nom::error::{Error, ErrorKind};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::borrow::Cow;

/// Finds the headers of the object.
pub(super) fn index(bytes: &[u8], limits: &WireLimits) -> Result<Index, EventError> {
    let mut index = Index::for_bytes(bytes.len(), limits);
    let at = |rest: &[u8]| bytes.len() - rest.len();
    let mut rest = expect(bytes, bytes, b'{', "`{`")?;
    if let Some(behind) = symbol(rest, b'}') {
        return end(bytes, behind, index);
    }
    loop {
        rest = skip_space(rest);
        let (behind, (name, escaped)) = string(rest).map_err(|_| json_error(at(rest), "a name in quotes"))?;
        // The content of a string or an array ends one byte before the closing quote or bracket ends.
        let name = at(behind) - 1 - name.len()..at(behind) - 1;
        index.has_escaped_names |= escaped;
        rest = skip_space(expect(bytes, behind, b':', "`:`")?);
        let (behind, (value, coding)) =
            value(rest).map_err(|_| json_error(at(rest), "a string or an array of strings"))?;
        let value_end = at(behind) - usize::from(coding != Encoding::Bare);
        index.push(bytes, name, value_end - value.len()..value_end, coding)?;
        match symbol(behind, b',') {
            Some(behind) => rest = behind,
            None => return end(bytes, expect(bytes, behind, b'}', "`,` or `}`")?, index),
        }
    }
}

fn end(bytes: &[u8], rest: &[u8], index: Index) -> Result<Index, EventError> {
    let rest = skip_space(rest);
    if rest.is_empty() { Ok(index) } else { Err(json_error(bytes.len() - rest.len(), "the end")) }
}

fn json_error(at: usize, expected: &'static str) -> EventError {
    EventError::Json { at, expected }
}

fn expect<'a>(
    bytes: &[u8],
    rest: &'a [u8],
    wanted: u8,
    expected: &'static str,
) -> Result<&'a [u8], EventError> {
    symbol(rest, wanted).ok_or_else(|| json_error(bytes.len() - rest.len(), expected))
}

fn symbol(input: &[u8], wanted: u8) -> Option<&[u8]> {
    let (&found, rest) = skip_space(input).split_first()?;
    (found == wanted).then_some(rest)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn skip_space(input: &[u8]) -> &[u8] {
    match input.first() {
        Some(&first) if is_space(first) => input.trim_ascii_start(),
        _ => input,
    }
}

/// Parses a string: its content without the quotes, and whether the content has an escape.
#[inline]
fn string(input: &[u8]) -> IResult<&[u8], (&[u8], bool)> {
    let error = || nom::Err::Error(Error::new(input, ErrorKind::Char));
    let inner = input.strip_prefix(b"\"").ok_or_else(error)?;
    let (mut at, mut escaped) = (0, false);
    loop {
        let found = memchr2(b'"', b'\\', inner.get(at..).ok_or_else(error)?).ok_or_else(error)?;
        at += found;
        if inner[at] == b'"' {
            return Ok((&inner[at + 1..], (&inner[..at], escaped)));
        }
        // The byte behind a backslash is never a closing quote.
        (at, escaped) = (at + 2, true);
    }
}

fn value(input: &[u8]) -> IResult<&[u8], (&[u8], Encoding)> {
    if input.first() == Some(&b'"') {
        return string.map(|(value, _)| (value, Encoding::Json)).parse(input);
    }
    let array = delimited(tag("["), recognize(items_of_array), tag("]"));
    let bare = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    alt((array.map(|items| (items, Encoding::JsonArray)), bare.map(|value| (value, Encoding::Bare))))
        .parse(input)
}

/// Parses strings with commas between them.
fn items_of_array(input: &[u8]) -> IResult<&[u8], ()> {
    let Ok((mut rest, _)) = spaced_string(input) else {
        return Ok((input, ()));
    };
    while let Some(behind) = rest.strip_prefix(b",") {
        (rest, _) = spaced_string(behind)?;
    }
    Ok((rest, ()))
}

fn spaced_string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    delimited(take_while(is_space), string, take_while(is_space)).map(|(item, _)| item).parse(input)
}

/// The decoded items of an array that [`index`] found.
pub(super) fn items(array: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = array;
    std::iter::from_fn(move || {
        let (behind, item) = spaced_string(rest).ok()?;
        rest = behind.strip_prefix(b",").unwrap_or(behind);
        Some(json_decoded(item))
    })
}

/// An array in the form of a plain event: `ARRAY::a|:b`, or the bare item if there is one item.
pub(super) fn array_as_one(array: &[u8]) -> Cow<'_, [u8]> {
    let mut items = items(array);
    let Some(first) = items.next() else {
        return Cow::Borrowed(&[]);
    };
    let Some(second) = items.next() else {
        return first;
    };
    let mut whole = b"ARRAY::".to_vec();
    whole.extend_from_slice(&first);
    for item in std::iter::once(second).chain(items) {
        whole.extend_from_slice(b"|:");
        whole.extend_from_slice(&item);
    }
    Cow::Owned(whole)
}
