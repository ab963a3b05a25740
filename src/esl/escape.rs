//! Decodes the two encodings of values: percent escapes in plain events, backslash escapes in JSON.
//!
//! Both functions borrow if there is no escape. An invalid escape is kept as received: no value is ever lost.

use std::borrow::Cow;

/// Decodes FreeSWITCH's percent encoding. Only `%` with two upper-case hex digits is an escape, because the encoder
/// writes no other (switch_utils.c:3499). `+` is a plus.
pub(super) fn percent_decoded(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'%', value) else {
        return Cow::Borrowed(value);
    };
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut at = Some(first);
    while let Some(percent) = at {
        decoded.extend_from_slice(&rest[..percent]);
        rest = &rest[percent..];
        let taken = match rest {
            [_, high, low, ..] => match (upper_hex(*high), upper_hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    3
                }
                _ => 0,
            },
            _ => 0,
        };
        if taken == 0 {
            decoded.push(b'%');
        }
        rest = &rest[taken.max(1)..];
        at = memchr::memchr(b'%', rest);
    }
    decoded.extend_from_slice(rest);
    Cow::Owned(decoded)
}

fn upper_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Decodes the backslash escapes of a JSON string, given without its quotes.
pub(super) fn json_decoded(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', value) else {
        return Cow::Borrowed(value);
    };
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut at = Some(first);
    while let Some(backslash) = at {
        decoded.extend_from_slice(&rest[..backslash]);
        rest = json_escape(&rest[backslash..], &mut decoded);
        at = memchr::memchr(b'\\', rest);
    }
    decoded.extend_from_slice(rest);
    Cow::Owned(decoded)
}

/// Decodes the escape at the start of `input` and returns the rest of the input.
fn json_escape<'a>(input: &'a [u8], decoded: &mut Vec<u8>) -> &'a [u8] {
    let Some(&kind) = input.get(1) else {
        decoded.push(b'\\');
        return &[];
    };
    let plain = match kind {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'"' | b'\\' | b'/' => kind,
        b'u' => match unicode_escape(input) {
            Some((character, length)) => {
                decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return &input[length..];
            }
            None => {
                decoded.extend_from_slice(b"\\u");
                return &input[2..];
            }
        },
        _ => {
            decoded.push(b'\\');
            return &input[1..];
        }
    };
    decoded.push(plain);
    &input[2..]
}

/// The character of `\uXXXX` or of a surrogate pair, and the length of the escape in bytes. For half a pair, the
/// character is the replacement character.
fn unicode_escape(input: &[u8]) -> Option<(char, usize)> {
    let first = code_unit(input)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = if first < 0xDC00 { code_unit(&input[6..]) } else { None };
    match second {
        Some(second @ 0xDC00..=0xDFFF) => {
            let pair = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            Some((char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER), 12))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

fn code_unit(input: &[u8]) -> Option<u32> {
    let digits = input.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |sum, &digit| Some(sum << 4 | char::from(digit).to_digit(16)?))
}
