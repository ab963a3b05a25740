//! Finds the headers of a plain event: `Name: value` lines, an empty line, and perhaps a raw body.

use super::escape::percent_decoded;
use super::event::{EventError, Slot, Slots};
use super::frame::{Limits, number};
use memchr::{memchr, memchr_iter, memrchr};
use std::ops::Range;

/// The slots of the headers and the range of the inner body.
pub(super) fn index(bytes: &[u8], limits: &Limits) -> Result<(Slots, Range<usize>), EventError> {
    // One slot a line, counted before, so that the index is one allocation; the lines of a body may count
    // too, hence the limit.
    let lines = memchr_iter(b'\n', bytes).count();
    let mut slots = Slots::with_capacity(lines.min(limits.headers_max));
    let mut start = 0;
    while start < bytes.len() {
        let Some(length) = memchr(b'\n', &bytes[start..]) else {
            return Err(EventError::Unfinished { at: start });
        };
        let end = start + length;
        if length == 0 {
            let body = end + 1..bytes.len();
            check_length(bytes, &slots, body.len())?;
            return Ok((slots, body));
        }
        let separator = separator(&bytes[start..end]).ok_or(EventError::NotAHeader { at: start })?;
        if slots.len() == limits.headers_max {
            return Err(EventError::TooManyHeaders { at: start, max: limits.headers_max });
        }
        slots.push(Slot::plain(bytes, start..start + separator, start + separator + 2..end)?);
        start = end + 1;
    }
    // The text of `uuid_dump` ends without its empty line when something trimmed it on the way.
    Ok((slots, bytes.len()..bytes.len()))
}

/// Where the last `: ` of a line is. FreeSWITCH codes every `:` of a value (switch_utils.h:47) and none of a
/// name, so a variable `a: b` keeps its name.
fn separator(line: &[u8]) -> Option<usize> {
    let mut end = line.len();
    while let Some(colon) = memrchr(b':', &line[..end]) {
        if line.get(colon + 1) == Some(&b' ') {
            return Some(colon).filter(|&colon| colon > 0);
        }
        end = colon;
    }
    None
}

/// The event's own `Content-Length` stands last and must agree with what the frame left for the body.
/// Earlier ones belong to whoever sent the event (SE:1630 adds its own behind them).
fn check_length(bytes: &[u8], slots: &Slots, present: usize) -> Result<(), EventError> {
    let last = slots.last().filter(|slot| slot.name(bytes).eq_ignore_ascii_case(b"content-length"));
    let declared = match last {
        Some(slot) => {
            let value = percent_decoded(slot.value(bytes));
            number(&value).ok_or(EventError::LengthNotANumber { at: slot.at() })?
        }
        None => 0,
    };
    if declared == present as u64 { Ok(()) } else { Err(EventError::Length { declared, present }) }
}
