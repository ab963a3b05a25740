//! How texts become parts of an address, a form or a header.

use hotlined_core::time::Instant;
use jiff::Timestamp;
use std::fmt::Write as _;

/// Percent-encoded by RFC 3986: letters, digits and `-._~` stay. As gateways sign it, and right in a form as well.
pub(crate) fn percent(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 3), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// `name=value&name=value`, percent-encoded.
pub(crate) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter();
    let encoded =
        pairs.map(|(name, value)| format!("{}={}", percent(name.as_bytes()), percent(value.as_bytes())));
    encoded.collect::<Vec<_>>().join("&")
}

/// The fields of a form: `+` is a space. A broken `%` stays as it is.
pub(crate) fn form_fields(form: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let fields = form.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    fields
        .map(|field| {
            let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
            (decoded(&field[..at]), decoded(field.get(at + 1..).unwrap_or_default()))
        })
        .collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match (digit(at), digit(at + 1)) {
                (Some(high), Some(low)) => {
                    // Two hexadecimal digits are at most 255.
                    bytes.push((high * 16 + low) as u8);
                    at += 2;
                }
                _ => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    bytes
}

fn timestamp(at: Instant) -> Timestamp {
    i64::try_from(at.0)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(Timestamp::MAX)
}

/// `2018-02-12T15:30:20Z`.
pub(crate) fn utc_time(at: Instant) -> String {
    timestamp(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `20191115T033655Z`.
pub(crate) fn utc_time_basic(at: Instant) -> String {
    timestamp(at).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `2019-02-25`, in UTC.
pub(crate) fn utc_date(at: Instant) -> String {
    timestamp(at).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_back_whatever_bytes_it_carries() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(form_fields(format!("a={}", percent(&bytes)).as_bytes()), [(b"a".to_vec(), bytes)]);
        let fields = form_fields(b"a+b=%e4%ba&c&=d&%zz=%4");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (text(name), value.clone())).collect();
        assert_eq!(fields[0], ("a b".to_owned(), vec![0xe4, 0xba]));
        assert_eq!(fields[1..3], [("c".to_owned(), vec![]), (String::new(), b"d".to_vec())]);
        assert_eq!(fields[3], ("%zz".to_owned(), b"%4".to_vec()));
    }

    #[test]
    fn times_are_written_in_utc() {
        let at = Instant(1_573_789_015_999);
        assert_eq!(utc_time(at), "2019-11-15T03:36:55Z");
        assert_eq!(utc_time_basic(at), "20191115T033655Z");
        assert_eq!(utc_date(at), "2019-11-15");
        assert_eq!(utc_date(Instant(u64::MAX)), "9999-12-30");
    }
}
