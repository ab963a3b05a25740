//! Finds the headers of a plain event: lines of `Name: value`, an empty line, and possibly a raw body.

use crate::error::EventError;
use crate::escape::percent_decoded;
use crate::index::{Encoding, Index};
use crate::limits::{WireLimits, parse_number};
use memchr::memchr2_iter;
use std::ops::Range;

/// Finds the headers, and the range of the event's body.
pub(super) fn index(bytes: &[u8], limits: &WireLimits) -> Result<(Index, Range<usize>), EventError> {
    let mut index = Index::for_bytes(bytes.len(), limits);
    let mut start = 0;
    // The last `: ` of the line: FreeSWITCH escapes every `:` of a value (switch_utils.h:47) and none of a name, so
    // the name of a variable called `a: b` is kept.
    let mut separator = 0;
    for at in memchr2_iter(b':', b'\n', bytes) {
        if bytes[at] == b':' {
            if bytes.get(at + 1) == Some(&b' ') {
                separator = at;
            }
        } else if separator > start {
            index.push(bytes, start..separator, separator + 2..at, Encoding::Percent)?;
            start = at + 1;
        } else if at == start {
            let body = at + 1..bytes.len();
            check_length(bytes, &index, body.len())?;
            return Ok((index, body));
        } else {
            return Err(EventError::NotAHeader { at: start });
        }
    }
    if start < bytes.len() { Err(EventError::Unfinished { at: start }) } else { Ok((index, start..start)) }
}

/// Checks the event's own `Content-Length` against the length of its body. The event's own `Content-Length` is the last
/// header; earlier headers of this name belong to the sender of the event (SE:1629 adds its own at the end).
fn check_length(bytes: &[u8], index: &Index, present: usize) -> Result<(), EventError> {
    let last = index.last(bytes).filter(|header| header.name.eq_ignore_ascii_case(b"content-length"));
    let declared = match last {
        Some(header) => {
            let value = percent_decoded(header.value);
            parse_number(&value).ok_or(EventError::LengthNotANumber { at: header.at })?
        }
        None => 0,
    };
    if declared == present as u64 { Ok(()) } else { Err(EventError::Length { declared, present }) }
}
