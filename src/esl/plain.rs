//! Finds the headers of a plain event: `Name: value` lines, an empty line, and perhaps a raw body.

use super::escape::percent_decoded;
use super::index::{Coding, Index};
use super::limits::{EventError, Limits, number};
use memchr::memchr2_iter;
use std::ops::Range;

/// The headers and the range of the inner body.
pub(super) fn index(bytes: &[u8], limits: &Limits) -> Result<(Index, Range<usize>), EventError> {
    let mut index = Index::for_bytes(bytes.len(), limits);
    let mut start = 0;
    // The last `: ` of the line: FreeSWITCH codes every `:` of a value (switch_utils.h:47) and none of a name,
    // so a variable `a: b` keeps its name.
    let mut separator = 0;
    for at in memchr2_iter(b':', b'\n', bytes) {
        if bytes[at] == b':' {
            if bytes.get(at + 1) == Some(&b' ') {
                separator = at;
            }
        } else if separator > start {
            index.push(bytes, start..separator, separator + 2..at, Coding::Percent)?;
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

/// The event's own `Content-Length` stands last and must agree with what the frame left for the body.
/// Earlier ones belong to whoever sent the event (SE:1629 adds its own behind them).
fn check_length(bytes: &[u8], index: &Index, present: usize) -> Result<(), EventError> {
    let last = index.last(bytes).filter(|header| header.name.eq_ignore_ascii_case(b"content-length"));
    let declared = match last {
        Some(header) => {
            let value = percent_decoded(header.value);
            number(&value).ok_or(EventError::LengthNotANumber { at: header.at })?
        }
        None => 0,
    };
    if declared == present as u64 { Ok(()) } else { Err(EventError::Length { declared, present }) }
}
