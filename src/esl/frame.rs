//! Where a message of the event socket starts and ends: bytes in, frames out, cut anywhere.
//!
//! A frame is a head of `Name: value` lines, an empty line, and as many bytes as `Content-Length` says. The
//! framer remembers how far it looked, so a body of 16 MiB that comes byte by byte is looked at once. What a
//! frame means is not its business.

use super::limits::number;
pub use super::limits::{EventError, Limits};
use bytes::{Buf, Bytes, BytesMut};
use nom::bytes::streaming::{tag, take_until};
use nom::sequence::terminated;
use nom::{IResult, Parser};
use std::ops::Range;

/// What is wrong with a stream, and where: offsets are counted in bytes since the connection started.
///
/// After any of these the place of the next frame is unknown; the link has to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A head that does not end.
    #[error("byte {offset}: the head is longer than {max} bytes")]
    HeadTooLong {
        /// Where the head starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// A head of too many lines.
    #[error("byte {offset}: the head has more than {max} headers")]
    TooManyHeaders {
        /// Where the first header too many starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// A line of a head that is none.
    #[error("byte {offset}: a line of the head is no `Name: value`")]
    NotAHeader {
        /// Where the line starts.
        offset: u64,
    },
    /// A length that is no number.
    #[error("byte {offset}: Content-Length is no number")]
    LengthNotANumber {
        /// Where the line starts.
        offset: u64,
    },
    /// Two lengths that differ.
    #[error("byte {offset}: a second Content-Length says otherwise")]
    LengthTwice {
        /// Where the second line starts.
        offset: u64,
    },
    /// A body nobody would send.
    #[error("byte {offset}: a body of {length} bytes is announced, at most {max} are taken")]
    BodyTooLong {
        /// Where the line starts.
        offset: u64,
        /// The length announced.
        length: u64,
        /// The limit.
        max: usize,
    },
    /// A head without a type.
    #[error("byte {offset}: the head has no Content-Type")]
    NoContentType {
        /// Where the head starts.
        offset: u64,
    },
    /// The frame is whole and the event in it is not.
    #[error("byte {offset}: {fault}")]
    Event {
        /// Where the fault is.
        offset: u64,
        /// What it is.
        fault: EventError,
    },
    /// The stream ended within a frame.
    #[error("byte {offset}: the stream ends within a message, {missing_at_least} bytes or more are missing")]
    CutOff {
        /// Where the stream ended.
        offset: u64,
        /// How many bytes are missing at least.
        missing_at_least: u64,
    },
}

/// The headers of a head, as they came: names and values are not coded.
#[derive(Clone, PartialEq, Eq)]
pub struct Headers(Bytes);

impl Headers {
    /// The value of the first header of this name; case does not matter.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// As [`get`](Self::get), sharing the buffer.
    pub fn get_bytes(&self, name: &str) -> Option<Bytes> {
        self.get(name).map(|value| self.0.slice_ref(value))
    }

    /// Names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (next, (name, value)) = header(rest).ok()?;
            rest = next;
            Some((name, value))
        })
    }

    /// The bytes, without the empty line at their end.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes);
        f.debug_map().entries(self.iter().map(|(name, value)| (text(name), text(value)))).finish()
    }
}

/// One message of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its headers.
    pub head: Headers,
    /// Its body; empty when there is none.
    pub body: Bytes,
    /// Where the head starts, counted in bytes since the connection started.
    pub offset: u64,
    content_type: Range<usize>,
}

impl Frame {
    /// The `Content-Type`; the framer refuses a head without one.
    pub fn content_type(&self) -> &[u8] {
        &self.head.0[self.content_type.clone()]
    }

    /// Where the body starts, counted in bytes since the connection started.
    pub fn body_offset(&self) -> u64 {
        self.offset + self.head.0.len() as u64 + 1
    }
}

/// `Name: value\n`. Heads are not coded, so the first `: ` parts them: a reply's text may hold another.
fn header(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let (rest, line) = terminated(take_until("\n"), tag("\n")).parse(input)?;
    let (value, name) = terminated(take_until(": "), tag(": ")).parse(line)?;
    Ok((rest, (name, value)))
}

/// Cuts a stream into frames.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    limits: Limits,
    /// Bytes of the stream that were handed out or skipped.
    consumed: u64,
    /// Where in the buffer the first line that was not yet read starts.
    line: usize,
    /// How far the buffer was searched for the end of that line.
    searched: usize,
    headers: usize,
    length: Option<usize>,
    /// Where the value of `Content-Type` is.
    content_type: Option<Range<usize>>,
    /// The head is whole and this long, its empty line included.
    head: Option<usize>,
}

impl Framer {
    /// A framer at the start of a connection.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The limits it keeps.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes the next whole frame out of the buffer. Whoever calls adds bytes at the buffer's end and touches
    /// nothing else. After an error the framer is of no more use.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        if self.line == 0 && self.head.is_none() {
            self.skip_empty_lines(buffer);
        }
        let head = match self.head {
            Some(head) => head,
            None => match self.read_head(buffer)? {
                Some(head) => head,
                None => return Ok(None),
            },
        };
        let whole = head + self.length.unwrap_or(0);
        if buffer.len() < whole {
            return Ok(None);
        }
        let mut head_bytes = buffer.split_to(whole).freeze();
        let body = head_bytes.split_off(head);
        head_bytes.truncate(head - 1);
        let offset = self.consumed;
        let content_type = self.content_type.take().unwrap_or_default();
        *self = Self { limits: self.limits, consumed: offset + whole as u64, ..Self::default() };
        Ok(Some(Frame { head: Headers(head_bytes), body, offset, content_type }))
    }

    /// What the end of the stream means when no whole frame is left: nothing between frames, a fault within.
    pub fn end(&self, buffer: &BytesMut) -> Result<(), FrameError> {
        let rest = buffer.iter().skip_while(|&&byte| byte == b'\n').count();
        if rest == 0 && self.head.is_none() && self.line == 0 {
            return Ok(());
        }
        let missing =
            self.head.map_or(1, |head| (head + self.length.unwrap_or(0)).saturating_sub(buffer.len()));
        Err(FrameError::CutOff {
            offset: self.consumed + buffer.len() as u64,
            missing_at_least: missing as u64,
        })
    }

    /// FreeSWITCH ends some replies with one newline too many.
    fn skip_empty_lines(&mut self, buffer: &mut BytesMut) {
        let empty = buffer.iter().take_while(|&&byte| byte == b'\n').count();
        if empty > 0 {
            buffer.advance(empty);
            self.consumed += empty as u64;
            self.searched = 0;
        }
    }

    fn read_head(&mut self, buffer: &[u8]) -> Result<Option<usize>, FrameError> {
        let too_long = FrameError::HeadTooLong { offset: self.consumed, max: self.limits.head_bytes_max };
        while let Some(end) = memchr::memchr(b'\n', &buffer[self.searched..]) {
            let (start, end) = (self.line, self.searched + end);
            (self.line, self.searched) = (end + 1, end + 1);
            if end >= self.limits.head_bytes_max {
                return Err(too_long);
            }
            if start < end {
                self.read_header(start, &buffer[start..=end])?;
                continue;
            }
            if self.content_type.is_none() {
                return Err(FrameError::NoContentType { offset: self.consumed });
            }
            self.head = Some(end + 1);
            return Ok(self.head);
        }
        self.searched = buffer.len();
        if buffer.len() >= self.limits.head_bytes_max { Err(too_long) } else { Ok(None) }
    }

    fn read_header(&mut self, start: usize, line: &[u8]) -> Result<(), FrameError> {
        let offset = self.consumed + start as u64;
        let Ok((_, (name, value))) = header(line) else {
            return Err(FrameError::NotAHeader { offset });
        };
        self.headers += 1;
        if self.headers > self.limits.headers_max {
            return Err(FrameError::TooManyHeaders { offset, max: self.limits.headers_max });
        }
        if name.eq_ignore_ascii_case(b"content-type") {
            let end = start + line.len() - 1;
            self.content_type.get_or_insert(end - value.len()..end);
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = number(value).ok_or(FrameError::LengthNotANumber { offset })?;
            let max = self.limits.body_bytes_max;
            let fits = usize::try_from(length).ok().filter(|&length| length <= max);
            let fits = fits.ok_or(FrameError::BodyTooLong { offset, length, max })?;
            if self.length.replace(fits).is_some_and(|before| before != fits) {
                return Err(FrameError::LengthTwice { offset });
            }
        }
        Ok(())
    }
}
