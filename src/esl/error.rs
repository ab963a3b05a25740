//! What can be wrong with the bytes that the switch sends.

use crate::limits::NAME_BYTES_MAX;

/// What is wrong with a stream, and where. Offsets are counted in bytes since the connection started.
///
/// After any of these errors the start of the next frame is unknown: the connection has to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The head is too long.
    #[error("byte {offset}: the head is longer than {max} bytes")]
    HeadTooLong {
        /// Where the head starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// The head has too many headers.
    #[error("byte {offset}: the head has more than {max} headers")]
    TooManyHeaders {
        /// Where the first header above the limit starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// A line of the head is not `Name: value`.
    #[error("byte {offset}: a line of the head is no `Name: value`")]
    NotAHeader {
        /// Where the line starts.
        offset: u64,
    },
    /// The value of `Content-Length` is no number.
    #[error("byte {offset}: Content-Length is no number")]
    LengthNotANumber {
        /// Where the line starts.
        offset: u64,
    },
    /// Two `Content-Length` headers have different values.
    #[error("byte {offset}: a second Content-Length says otherwise")]
    LengthTwice {
        /// Where the second line starts.
        offset: u64,
    },
    /// The announced body is too long.
    #[error("byte {offset}: a body of {length} bytes is announced, at most {max} are taken")]
    BodyTooLong {
        /// Where the line starts.
        offset: u64,
        /// The announced length.
        length: u64,
        /// The limit.
        max: usize,
    },
    /// The head has no `Content-Type`.
    #[error("byte {offset}: the head has no Content-Type")]
    NoContentType {
        /// Where the head starts.
        offset: u64,
    },
    /// The frame is complete, but the event in it is broken.
    #[error("byte {offset}: {error}")]
    Event {
        /// Where the broken part is.
        offset: u64,
        /// What is wrong with the event.
        error: EventError,
    },
    /// The stream ended within a frame.
    #[error("byte {offset}: the stream ends within a message, {missing_at_least} bytes or more are missing")]
    CutOff {
        /// Where the stream ended.
        offset: u64,
        /// The least number of bytes that are missing.
        missing_at_least: u64,
    },
}

/// What is wrong with an event. `at` is counted in bytes from the first byte of the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A line is not `Name: value`.
    #[error("a line of the event is no `Name: value`")]
    NotAHeader {
        /// Where the line starts.
        at: usize,
    },
    /// The last line has no line end.
    #[error("the last line of the event is not finished")]
    Unfinished {
        /// Where the line starts.
        at: usize,
    },
    /// The event has too many headers.
    #[error("the event has more than {max} headers")]
    TooManyHeaders {
        /// Where the first header above the limit starts.
        at: usize,
        /// The limit.
        max: usize,
    },
    /// The name of a header is too long.
    #[error("the name of a header has {length} bytes, at most {NAME_BYTES_MAX} are taken")]
    NameTooLong {
        /// Where the name starts.
        at: usize,
        /// The length of the name, in bytes.
        length: usize,
    },
    /// The value of the event's own `Content-Length` is no number.
    #[error("the event's own Content-Length is no number")]
    LengthNotANumber {
        /// Where the header starts.
        at: usize,
    },
    /// The event's own `Content-Length` differs from the length of its body.
    #[error("the event's own Content-Length says {declared} bytes, {present} are there")]
    Length {
        /// The value of the event's `Content-Length`.
        declared: u64,
        /// How many bytes follow the headers.
        present: usize,
    },
    /// The bytes are no JSON, or JSON of a shape that no event has.
    #[error("the JSON of the event is broken: expected {expected}")]
    Json {
        /// Where the error is.
        at: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// The event has more bytes than the limit.
    #[error("the event has {length} bytes, at most {max} are taken")]
    TooLong {
        /// The length of the event, in bytes.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// An XML event. This crate never subscribes to XML events.
    #[error("an XML event came, and only plain and JSON events were asked for")]
    Xml,
}

impl EventError {
    /// Where the error is, in bytes from the first byte of the event.
    pub fn at(&self) -> usize {
        match self {
            Self::NotAHeader { at }
            | Self::Unfinished { at }
            | Self::TooManyHeaders { at, .. }
            | Self::NameTooLong { at, .. }
            | Self::LengthNotANumber { at }
            | Self::Json { at, .. } => *at,
            Self::Length { .. } | Self::TooLong { .. } | Self::Xml => 0,
        }
    }
}
