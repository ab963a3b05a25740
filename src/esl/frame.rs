//! Where a message of the event socket starts and ends: bytes in, frames out. The bytes may be cut anywhere.
//!
//! A frame is a head of `Name: value` lines, an empty line, and a body of as many bytes as `Content-Length` says. The
//! framer remembers how far it has searched, so that each byte of a 16 MiB body that arrives byte by byte is looked
//! at once. The framer does not know what a frame means.

pub use crate::error::{EventError, FrameError};
pub use crate::limits::WireLimits;
use crate::limits::parse_number;
use bytes::{Buf, Bytes, BytesMut};
use nom::bytes::streaming::{tag, take_until};
use nom::sequence::terminated;
use nom::{IResult, Parser};
use std::ops::Range;

/// The headers of a frame, as received: in a head, names and values are not escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct Headers(Bytes);

impl Headers {
    /// The value of the first header of this name. The case of the name does not matter.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// As [`get`](Self::get), as a slice that shares the buffer.
    pub fn get_bytes(&self, name: &str) -> Option<Bytes> {
        self.get(name).map(|value| self.0.slice_ref(value))
    }

    /// The names and values, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (next, (name, value)) = header(rest).ok()?;
            rest = next;
            Some((name, value))
        })
    }

    /// The bytes of the head, without the empty line at the end.
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

/// One message of the wire, not interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The headers.
    pub head: Headers,
    /// The body. Empty if there is none.
    pub body: Bytes,
    /// Where the head starts, in bytes since the connection started.
    pub offset: u64,
    content_type: Range<usize>,
}

impl Frame {
    /// The value of `Content-Type`. A head without this header is an error.
    pub fn content_type(&self) -> &[u8] {
        &self.head.0[self.content_type.clone()]
    }

    /// Where the body starts, in bytes since the connection started.
    pub fn body_offset(&self) -> u64 {
        self.offset + self.head.0.len() as u64 + 1
    }
}

/// Parses `Name: value\n`. Values of a head are not escaped, so the first `: ` is the separator: the text of a reply
/// may contain another `: `.
fn header(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let (rest, line) = terminated(take_until("\n"), tag("\n")).parse(input)?;
    let (value, name) = terminated(take_until(": "), tag(": ")).parse(line)?;
    Ok((rest, (name, value)))
}

/// Splits a stream of bytes into frames.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    limits: WireLimits,
    /// How many bytes of the stream were returned in frames or skipped.
    consumed: u64,
    /// Where in the buffer the first unread line starts.
    line: usize,
    /// How far the buffer was searched for the end of that line.
    searched: usize,
    headers: usize,
    length: Option<usize>,
    /// Where in the buffer the value of `Content-Type` is.
    content_type: Option<Range<usize>>,
    /// The length of the head with its empty line, once the head is complete.
    head: Option<usize>,
}

impl Framer {
    /// A framer for a new connection.
    pub fn new(limits: WireLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The limits of this framer.
    pub fn limits(&self) -> &WireLimits {
        &self.limits
    }

    /// Takes the next complete frame out of the buffer; none if the buffer has no complete frame yet. The caller only
    /// appends bytes of the stream to the buffer.
    ///
    /// # Errors
    ///
    /// If the head is malformed or exceeds a limit. The framer cannot be used after an error.
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

    /// Checks the end of the stream. Call it when [`next`](Self::next) has returned none.
    ///
    /// # Errors
    ///
    /// If the stream ended within a frame.
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

    /// Skips empty lines before a head: FreeSWITCH ends some replies with one newline too many.
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
            let length = parse_number(value).ok_or(FrameError::LengthNotANumber { offset })?;
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
