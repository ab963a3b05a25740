//! A request as it arrived.

use super::digests::hex;
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::HttpRequest;
use serde_json::Value;

/// The parts of a request, as they were on the wire.
pub(super) struct Arrived<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    authority: &'a str,
    headers: &'a [(String, String)],
    pub(super) body: &'a [u8],
}

impl<'a> Arrived<'a> {
    /// `url` is a whole address, or the target as a server sees it: path and query.
    pub(super) fn new(request: &'a HttpRequest) -> Self {
        let url = request.url.split('#').next().unwrap_or_default();
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = if path.is_empty() { "/" } else { path };
        let HttpRequest { method, headers, body, .. } = request;
        Self { method, path, query, authority, headers, body }
    }

    /// A header; the host is the authority of the address if there is no header.
    pub(super) fn header(&self, name: &str) -> &'a str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some((_, value)) => value.trim(),
            None if name == "host" => self.authority,
            None => "",
        }
    }

    /// The canonical headers of these names, which stand with `;` between them: `name:value\n`.
    pub(super) fn canonical_headers(&self, names: &str, value: impl Fn(&str) -> String) -> String {
        names.split(';').map(|name| format!("{name}:{}\n", value(self.header(name)))).collect()
    }

    /// The fields of a header such as `Algorithm a=1, b=2` behind its first word.
    pub(super) fn fields(&self, header: &str, algorithm: &str) -> Vec<(&'a str, &'a str)> {
        let Some(rest) = self.header(header).strip_prefix(algorithm) else { return Vec::new() };
        let fields = rest.split(',').filter_map(|field| field.trim().split_once('='));
        fields.map(|(name, value)| (name, value.trim_matches('"'))).collect()
    }
}

/// The value of a field; empty if it is not there.
pub(super) fn value<'a>(fields: &[(&'a str, &'a str)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// The fields of a query or a form, decoded; `+` is a space.
pub(super) fn decoded_fields(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let fields = text.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    fields
        .map(|field| {
            let mut sides = field.splitn(2, |byte| *byte == b'=');
            let mut side = || decoded(sides.next().unwrap_or_default());
            (side(), side())
        })
        .collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = behind;
            }
        }
    }
    bytes
}

/// Percent-encoded by RFC 3986.
pub(super) fn encoded(bytes: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let piece = |byte: &u8| match is_plain(*byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{}", hex(&[*byte]).to_uppercase()),
    };
    bytes.iter().map(piece).collect()
}

/// The texts of a form in UTF-8; none if it is not.
pub(super) fn utf8_form(body: &[u8]) -> Option<Vec<(String, String)>> {
    let fields = decoded_fields(body).into_iter();
    fields
        .map(|(name, value)| Some((String::from_utf8(name).ok()?, String::from_utf8(value).ok()?)))
        .collect()
}

/// The value of a field of a form; empty if it is not there.
pub(super) fn form_value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// The texts of a JSON list.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Whether a time is as near as a gateway wants it.
pub(super) fn is_near(at: Option<jiff::Timestamp>, now: Instant, tolerance: Millis) -> bool {
    let at = at.and_then(|at| u64::try_from(at.as_millisecond()).ok());
    at.is_some_and(|at| at.abs_diff(now.0) <= tolerance.0)
}

/// Whether this is a mobile of China: 11 digits from 1 on.
pub(super) fn is_mobile(number: &str) -> bool {
    number.len() == 11 && number.starts_with('1') && number.bytes().all(|byte| byte.is_ascii_digit())
}
