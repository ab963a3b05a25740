//! Writes events as FreeSWITCH does, with its flaws, for a simulated FreeSWITCH and for tests.
//!
//! ```
//! use hotlined_esl::event_writer::EventWriter;
//! let event = EventWriter::new("DTMF").header("DTMF-Digit", "5");
//! assert_eq!(event.serialized(), b"Event-Name: DTMF\nDTMF-Digit: 5\n\n");
//! ```

use crate::event::Format;
use bytes::Bytes;

/// An event to write: a builder.
#[derive(Clone, Debug)]
pub struct EventWriter {
    headers: Vec<(String, Value)>,
    body: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Value {
    One(Vec<u8>),
    Many(Vec<Vec<u8>>),
}

impl EventWriter {
    /// An event without headers. Not every event starts with its name.
    pub fn empty() -> Self {
        Self { headers: Vec::new(), body: None }
    }

    /// An event of this name: the first header is `Event-Name`.
    pub fn new(name: &str) -> Self {
        Self::empty().header("Event-Name", name)
    }

    /// A `CUSTOM` event. The subclass comes before the name (SE:783).
    pub fn custom(subclass: &str) -> Self {
        Self::empty().header("Event-Subclass", subclass).header("Event-Name", "CUSTOM")
    }

    /// Appends a header. A header of this name may exist already.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), Value::One(value.as_ref().into())));
        self
    }

    /// Appends a header of several values.
    #[must_use]
    pub fn array<V: AsRef<[u8]>>(mut self, name: &str, values: &[V]) -> Self {
        let values = values.iter().map(|value| value.as_ref().to_vec()).collect();
        self.headers.push((name.into(), Value::Many(values)));
        self
    }

    /// Sets the body of the event.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().into());
        self
    }

    /// The complete message with a plain event.
    pub fn to_plain(&self) -> Bytes {
        framed("plain", &self.serialized())
    }

    /// The complete message with a JSON event.
    pub fn to_json(&self) -> Bytes {
        framed("json", &self.json_object())
    }

    /// The complete message with an event of this format.
    pub fn encode(&self, format: Format) -> Bytes {
        match format {
            Format::Plain => self.to_plain(),
            Format::Json => self.to_json(),
        }
    }

    /// The plain event without a frame, as in the answers to `uuid_dump` and `connect` (SE:1527-1640).
    pub fn serialized(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (name, value) in &self.headers {
            match value {
                Value::One(value) => plain_line(name, value, &mut text),
                Value::Many(values) => plain_line(name, &one_line(values), &mut text),
            }
        }
        plain_end(self.body.as_deref(), &mut text);
        text
    }

    /// The JSON event without a frame (SE:1818-1850).
    pub fn json_object(&self) -> Vec<u8> {
        let mut text = b"{".to_vec();
        for (name, value) in &self.headers {
            json_name(name.as_bytes(), &mut text);
            match value {
                Value::One(value) => json_string(value, &mut text),
                Value::Many(values) => {
                    text.push(b'[');
                    for (index, value) in values.iter().enumerate() {
                        if index > 0 {
                            text.push(b',');
                        }
                        json_string(value, &mut text);
                    }
                    text.push(b']');
                }
            }
        }
        if let Some(body) = &self.body {
            json_name(b"Content-Length", &mut text);
            json_string(body.len().to_string().as_bytes(), &mut text);
            json_name(b"_body", &mut text);
            json_string(body, &mut text);
        }
        text.push(b'}');
        text
    }
}

/// The complete message with a plain event of these headers. Nothing is copied except into the message.
pub fn encode_plain<'e>(headers: impl Iterator<Item = (&'e str, &'e str)>, body: Option<&str>) -> Bytes {
    /// A little more than the size of most events.
    const EVENT_BYTES: usize = 8_192;
    let mut text = Vec::with_capacity(EVENT_BYTES);
    for (name, value) in headers {
        plain_line(name, value.as_bytes(), &mut text);
    }
    plain_end(body.map(str::as_bytes), &mut text);
    framed("plain", &text)
}

fn plain_line(name: &str, value: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b": ");
    let before = text.len();
    percent_encode(value, text);
    if text.len() == before {
        text.extend_from_slice(b"_undef_");
    }
    text.push(b'\n');
}

fn plain_end(body: Option<&[u8]>, text: &mut Vec<u8>) {
    match body {
        Some(body) if !body.is_empty() => {
            text.extend_from_slice(format!("Content-Length: {}\n\n", body.len()).as_bytes());
            text.extend_from_slice(body);
        }
        _ => text.push(b'\n'),
    }
}

/// Puts an event into a frame. In the frame of an event, the length comes first (MES:1441).
fn framed(format: &str, payload: &[u8]) -> Bytes {
    let head = format!("Content-Length: {}\nContent-Type: text/event-{format}\n\n", payload.len());
    [head.as_bytes(), payload].concat().into()
}

/// Joins several values into one line. A single value stays bare (SE:1157).
fn one_line(values: &[Vec<u8>]) -> Vec<u8> {
    match values {
        [one] => one.clone(),
        _ => [&b"ARRAY::"[..], &values.join(&b"|:"[..])].concat(),
    }
}

/// Whether `switch_url_encode` escapes the byte.
const UNSAFE: [bool; 256] = {
    const PRINTED: &[u8] = b"\r\n #%&+:;<=>?@[\\]^`{|}\"";
    let mut unsafe_bytes = [true; 256];
    let mut byte = b' ' as usize;
    while byte <= b'~' as usize {
        unsafe_bytes[byte] = false;
        byte += 1;
    }
    let mut at = 0;
    while at < PRINTED.len() {
        unsafe_bytes[PRINTED[at] as usize] = true;
        at += 1;
    }
    unsafe_bytes
};

/// Percent-encodes a value as `switch_url_encode` does (switch_utils.c:3476). A `%` before two upper-case hex digits is
/// not escaped, so a value that looks escaped is not changed (hazard 1).
pub fn percent_encode(value: &[u8], target: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let is_hex = |at: usize| value.get(at).is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    for (at, &byte) in value.iter().enumerate() {
        let looks_coded = byte == b'%' && is_hex(at + 1) && is_hex(at + 2);
        if !looks_coded && UNSAFE[usize::from(byte)] {
            target.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        } else {
            target.push(byte);
        }
    }
}

fn json_name(name: &[u8], target: &mut Vec<u8>) {
    if target.last() != Some(&b'{') {
        target.push(b',');
    }
    json_string(name, target);
    target.push(b':');
}

/// Writes a string as cJSON does: control characters are escaped, all other bytes are raw.
fn json_string(value: &[u8], target: &mut Vec<u8>) {
    target.push(b'"');
    for &byte in value {
        match byte {
            b'"' | b'\\' => target.extend_from_slice(&[b'\\', byte]),
            8 => target.extend_from_slice(b"\\b"),
            12 => target.extend_from_slice(b"\\f"),
            b'\n' => target.extend_from_slice(b"\\n"),
            b'\r' => target.extend_from_slice(b"\\r"),
            b'\t' => target.extend_from_slice(b"\\t"),
            0..=31 => target.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => target.push(byte),
        }
    }
    target.push(b'"');
}
