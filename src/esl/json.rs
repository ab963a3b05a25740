//! Finds the headers of a JSON event: an object of strings and of arrays of strings.
//!
//! Not `serde_json`, because FreeSWITCH writes raw bytes that are no UTF-8 and names that come twice; both
//! must survive. Objects within the object are refused: no event has them.

use super::escape::json_decoded;
use super::index::{Coding, Index};
use super::limits::{EventError, Limits};
use memchr::memchr2;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::recognize;
use nom::error::{Error, ErrorKind};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::borrow::Cow;

/// The headers of the object.
pub(super) fn index(bytes: &[u8], limits: &Limits) -> Result<Index, EventError> {
    let mut index = Index::for_bytes(bytes.len(), limits);
    let at = |rest: &[u8]| bytes.len() - rest.len();
    let mut rest = expect(bytes, bytes, b'{', "`{`")?;
    if let Some(behind) = symbol(rest, b'}') {
        return end(bytes, behind, index);
    }
    loop {
        rest = skip_space(rest);
        let (behind, (name, escaped)) = string(rest).map_err(|_| broken(at(rest), "a name in quotes"))?;
        // What a string or an array encloses ends one byte before what follows it starts.
        let name = at(behind) - 1 - name.len()..at(behind) - 1;
        index.odd_names |= escaped;
        rest = skip_space(expect(bytes, behind, b':', "`:`")?);
        let (behind, (value, coding)) =
            value(rest).map_err(|_| broken(at(rest), "a string or an array of strings"))?;
        let value_end = at(behind) - usize::from(coding != Coding::Bare);
        index.push(bytes, name, value_end - value.len()..value_end, coding)?;
        match symbol(behind, b',') {
            Some(behind) => rest = behind,
            None => return end(bytes, expect(bytes, behind, b'}', "`,` or `}`")?, index),
        }
    }
}

fn end(bytes: &[u8], rest: &[u8], index: Index) -> Result<Index, EventError> {
    let rest = skip_space(rest);
    if rest.is_empty() { Ok(index) } else { Err(broken(bytes.len() - rest.len(), "the end")) }
}

fn broken(at: usize, expected: &'static str) -> EventError {
    EventError::Json { at, expected }
}

fn expect<'a>(
    bytes: &[u8],
    rest: &'a [u8],
    wanted: u8,
    expected: &'static str,
) -> Result<&'a [u8], EventError> {
    symbol(rest, wanted).ok_or_else(|| broken(bytes.len() - rest.len(), expected))
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

/// A string: what stands between its quotes, and whether there is an escape in it.
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

fn value(input: &[u8]) -> IResult<&[u8], (&[u8], Coding)> {
    if input.first() == Some(&b'"') {
        return string.map(|(value, _)| (value, Coding::Json)).parse(input);
    }
    let array = delimited(tag("["), recognize(items_of_array), tag("]"));
    let bare = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    alt((array.map(|items| (items, Coding::JsonArray)), bare.map(|value| (value, Coding::Bare)))).parse(input)
}

/// Strings and commas between them.
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

/// The items of an array that [`index`] found, decoded.
pub(super) fn items(array: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = array;
    std::iter::from_fn(move || {
        let (behind, item) = spaced_string(rest).ok()?;
        rest = behind.strip_prefix(b",").unwrap_or(behind);
        Some(json_decoded(item))
    })
}

/// An array in the form a plain event would give it: `ARRAY::a|:b`, or the bare item when it is one.
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
