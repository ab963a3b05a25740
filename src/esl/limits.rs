//! How much is accepted from the wire.

/// How much of one message is accepted from the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireLimits {
    /// The longest head, in bytes.
    pub head_bytes_max: usize,
    /// The longest body, in bytes.
    pub body_bytes_max: usize,
    /// The most headers of one head or of one event.
    pub headers_max: usize,
}

impl Default for WireLimits {
    fn default() -> Self {
        Self { head_bytes_max: 64 * 1024, body_bytes_max: 16 * 1024 * 1024, headers_max: 4096 }
    }
}

/// The longest name of a header, in bytes.
pub const NAME_BYTES_MAX: usize = u16::MAX as usize;

/// The most digits of a length; a number of one digit more could overflow.
const LENGTH_DIGITS_MAX: usize = 19;

/// Reads a number as FreeSWITCH prints it: digits and nothing else.
pub(super) fn parse_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > LENGTH_DIGITS_MAX {
        return None;
    }
    text.iter()
        .try_fold(0_u64, |sum, &digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}
