//! Finds the headers of a JSON event: an object of strings and of arrays of strings.
//!
//! Not `serde_json`, because FreeSWITCH writes raw bytes that are no UTF-8 and names that come twice; both
//! must survive. Objects within the object are refused: no event has them.

use super::escape::json_decoded;
use super::event::{Coding, EventError, Slot, Slots};
use super::frame::Limits;
use memchr::{memchr_iter, memchr2};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::recognize;
use nom::error::{Error, ErrorKind};
use nom::multi::separated_list0;
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::borrow::Cow;
use std::ops::Range;

/// The slots of the headers, and whether one of the names has an escape.
pub(super) fn index(bytes: &[u8], limits: &Limits) -> Result<(Slots, bool), EventError> {
    // A header has four quotes, so this is one allocation for nearly every event.
    let headers = memchr_iter(b'"', bytes).count() / 4 + 1;
    let mut slots = Slots::with_capacity(headers.min(limits.headers_max));
    let mut odd_names = false;
    let at = |rest: &[u8]| bytes.len() - rest.len();
    let range = |part: &[u8], rest: &[u8]| -> Range<usize> {
        // `part` ends just before its closing quote or bracket, `rest` just behind it.
        let end = at(rest);
        end - part.len()..end
    };
    let mut rest = expect(bytes, bytes, b'{', "`{`")?;
    if let Ok(behind) = symbol(rest, b'}') {
        return finish(bytes, behind, slots, odd_names);
    }
    loop {
        rest = skip_space(rest);
        let start = at(rest);
        let (behind, name) = string(rest).map_err(|_| broken(start, "a name in quotes"))?;
        let name_end = at(behind) - 1;
        let name_range = name_end - name.len()..name_end;
        odd_names |= name.contains(&b'\\');
        rest = skip_space(expect(bytes, behind, b':', "`:`")?);
        let value_at = at(rest);
        let (behind, (value, coding)) =
            value(rest).map_err(|_| broken(value_at, "a string or an array of strings"))?;
        let mut value_range = range(value, behind);
        if coding != Coding::Bare {
            value_range = value_range.start - 1..value_range.end - 1;
        }
        if slots.len() == limits.headers_max {
            return Err(EventError::TooManyHeaders { at: start, max: limits.headers_max });
        }
        slots.push(Slot::json(bytes, name_range, value_range, coding)?);
        rest = behind;
        match symbol(rest, b',') {
            Ok(behind) => rest = behind,
            Err(()) => {
                let behind = expect(bytes, rest, b'}', "`,` or `}`")?;
                return finish(bytes, behind, slots, odd_names);
            }
        }
    }
}

fn finish(bytes: &[u8], rest: &[u8], slots: Slots, odd_names: bool) -> Result<(Slots, bool), EventError> {
    let rest = skip_space(rest);
    if rest.is_empty() { Ok((slots, odd_names)) } else { Err(broken(bytes.len() - rest.len(), "the end")) }
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
    symbol(rest, wanted).map_err(|()| broken(bytes.len() - rest.len(), expected))
}

fn symbol(input: &[u8], wanted: u8) -> Result<&[u8], ()> {
    match skip_space(input).split_first() {
        Some((&found, rest)) if found == wanted => Ok(rest),
        _ => Err(()),
    }
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

/// A string; what stands between its quotes.
fn string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let error = || nom::Err::Error(Error::new(input, ErrorKind::Char));
    let inner = input.strip_prefix(b"\"").ok_or_else(error)?;
    let mut at = 0;
    loop {
        let found = memchr2(b'"', b'\\', inner.get(at..).ok_or_else(error)?).ok_or_else(error)?;
        at += found;
        if inner[at] == b'"' {
            return Ok((&inner[at + 1..], &inner[..at]));
        }
        // The byte behind a backslash is never a closing quote.
        at += 2;
    }
}

fn value(input: &[u8]) -> IResult<&[u8], (&[u8], Coding)> {
    if input.first() == Some(&b'"') {
        return string.map(|value| (value, Coding::Json)).parse(input);
    }
    let array = delimited(tag("["), recognize(separated_list0(comma, spaced_string)), closing_bracket);
    let bare = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    alt((array.map(|items| (items, Coding::JsonArray)), bare.map(|value| (value, Coding::Bare)))).parse(input)
}

fn comma(input: &[u8]) -> IResult<&[u8], &[u8]> {
    delimited(take_while(is_space), tag(","), take_while(is_space)).parse(input)
}

fn spaced_string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    delimited(take_while(is_space), string, take_while(is_space)).parse(input)
}

fn closing_bracket(input: &[u8]) -> IResult<&[u8], &[u8]> {
    tag("]").parse(input)
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
