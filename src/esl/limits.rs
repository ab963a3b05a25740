//! What may come over the wire, and what is wrong with an event that may not.

/// How much of anything is taken from the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest head, in bytes.
    pub head_bytes_max: usize,
    /// The longest body, in bytes.
    pub body_bytes_max: usize,
    /// The most headers of one head or one event.
    pub headers_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_bytes_max: 64 * 1024, body_bytes_max: 16 * 1024 * 1024, headers_max: 4096 }
    }
}

/// The most digits of a length; one more could overflow.
const LENGTH_DIGITS_MAX: usize = 19;

/// A number as FreeSWITCH prints it: digits and nothing else.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > LENGTH_DIGITS_MAX {
        return None;
    }
    text.iter()
        .try_fold(0_u64, |sum, &digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}

/// What is wrong with an event; `at` is counted in bytes from the event's first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A line that is no header.
    #[error("a line of the event is no `Name: value`")]
    NotAHeader {
        /// Where the line starts.
        at: usize,
    },
    /// A line without its end.
    #[error("the last line of the event is not finished")]
    Unfinished {
        /// Where the line starts.
        at: usize,
    },
    /// Too many headers.
    #[error("the event has more than {max} headers")]
    TooManyHeaders {
        /// Where the first one too many starts.
        at: usize,
        /// The limit.
        max: usize,
    },
    /// A name nobody would give.
    #[error("the name of a header has {length} bytes, at most {NAME_BYTES_MAX} are taken")]
    NameTooLong {
        /// Where the name starts.
        at: usize,
        /// How long it is.
        length: usize,
    },
    /// The inner length is no number.
    #[error("the event's own Content-Length is no number")]
    LengthNotANumber {
        /// Where the header starts.
        at: usize,
    },
    /// The inner length and the outer one disagree.
    #[error("the event's own Content-Length says {declared} bytes, {present} are there")]
    Length {
        /// What the event says.
        declared: u64,
        /// What is there.
        present: usize,
    },
    /// No JSON, or none that an event may be.
    #[error("the JSON of the event is broken: expected {expected}")]
    Json {
        /// Where.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// More bytes than an event may have.
    #[error("the event has {length} bytes, at most {max} are taken")]
    TooLong {
        /// How many it has.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// An XML event, which we never ask for.
    #[error("an XML event came, and only plain and JSON events were asked for")]
    Xml,
}

impl EventError {
    /// Where the fault is, in bytes from the event's first.
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

/// The longest name of a header, in bytes.
pub const NAME_BYTES_MAX: usize = u16::MAX as usize;
