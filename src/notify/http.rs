//! HTTP requests and answers as plain data. The daemon sends and reads them; here they are only made and understood.

use hotlined_core::time::{Instant, Millis};
use std::fmt;

/// The most bytes of an answer that are read: a gateway's answer has a few hundred.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// No answer makes a sender wait longer.
pub const RETRY_AFTER_MAX: Millis = Millis::seconds(7 * 24 * 3_600);

/// A request, ready to be sent as it is.
///
/// `Host` is not among the headers: it is the authority of the URL, and signatures are made with it.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The whole address with its query.
    pub url: String,
    /// The headers: names in lower case, values in ASCII.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Without the values of headers, the query and the body: keys and telephone numbers are in them.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url.split(['?', '#']).next().unwrap_or_default())
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// An answer. A body longer than [`ANSWER_BYTES_MAX`] may be cut off anywhere behind that length.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// How long the answer asks to wait, from its header `Retry-After`.
    pub retry_after: Option<Millis>,
    /// The body.
    pub body: Vec<u8>,
}

/// Without the body, which may repeat what was sent.
impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// How long a header `Retry-After` asks to wait: seconds, or a date (RFC 9110, section 10.2.3). None if it is neither.
pub fn retry_after(header: &str, now: Instant) -> Option<Millis> {
    let header = header.trim();
    let wait = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        header.parse().map_or(RETRY_AFTER_MAX, Millis::seconds)
    } else {
        let at = jiff::fmt::rfc2822::parse(header).ok()?.timestamp().as_millisecond();
        Instant(u64::try_from(at).ok()?).since(now)
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let now = Instant(1_445_412_420_000);
        assert_eq!(retry_after(" 120 ", now), Some(Millis::seconds(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Millis::seconds(60)));
        assert_eq!(retry_after("Wed, 21 Oct 2014 07:28:00 GMT", now), None, "that was a Tuesday");
        assert_eq!(retry_after("Tue, 21 Oct 2014 07:28:00 GMT", now), Some(Millis(0)));
        assert_eq!(retry_after("99999999999999999999999", now), Some(RETRY_AFTER_MAX));
        for header in ["", "-1", "soon", "1.5"] {
            assert_eq!(retry_after(header, now), None, "{header}");
        }
    }

    #[test]
    fn what_is_printed_has_no_secret_and_no_number() {
        let request = HttpRequest {
            method: "POST".into(),
            url: "https://sms.example/send?mobile=13800138000&key=k3y".into(),
            headers: vec![("authorization".into(), "k3y".into())],
            body: b"13800138000 k3y".to_vec(),
        };
        let answer = HttpAnswer { status: 200, retry_after: None, body: b"13800138000 k3y".to_vec() };
        let printed = format!("{request:?} {answer:?}");
        assert!(
            printed.contains("https://sms.example/send") && printed.contains("authorization"),
            "{printed}"
        );
        assert!(!printed.contains("13800138000") && !printed.contains("k3y"), "{printed}");
    }
}
