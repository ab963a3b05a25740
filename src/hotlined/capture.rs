//! Captures: the bytes that passed over the event socket of a live link, in both directions.
//!
//! A capture is a file of JSON lines, one for each chunk that was read or written:
//!
//! ```text
//! {"t":0.101316,"dir":"tx","data":"auth ******\n\n"}
//! {"t":0.224101,"dir":"rx","data":"Content-Length: 817\nContent-Type: text/event-plain\n\nEvent-Name: …"}
//! ```
//!
//! `t` is in seconds since the capture began. `rx` is from the switch, `tx` is to the switch. Bytes that are not UTF-8
//! stand in `hex` in place of `data`. A line `{"t":…,"dir":"open"}` marks the begin of a connection. Passwords are
//! never written.

use crate::jsonl_writer::JsonlWriter;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Instant;

/// The direction of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// A connection was opened.
    #[serde(rename = "open")]
    Open,
    /// From the switch.
    #[serde(rename = "rx")]
    FromSwitch,
    /// To the switch.
    #[serde(rename = "tx")]
    ToSwitch,
}

/// A line of a capture.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureLine<'a> {
    /// Seconds since the capture began.
    pub t: f64,
    /// The direction.
    pub dir: Direction,
    /// The bytes, if they are UTF-8.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    data: Option<Cow<'a, str>>,
    /// The bytes as hexadecimal digits, if they are not UTF-8.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    hex: Option<Cow<'a, str>>,
}

/// Why a text is not a line of a capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureLineError {
    /// The JSON or its fields are wrong.
    #[error("no line of a capture: {0}")]
    Json(#[from] serde_json::Error),
    /// The `hex` field is wrong.
    #[error("no line of a capture: `hex` must be pairs of hexadecimal digits")]
    Hex,
}

impl<'a> CaptureLine<'a> {
    /// The line for these bytes.
    pub fn new(t: f64, dir: Direction, bytes: &'a [u8]) -> Self {
        let (data, hex) = match std::str::from_utf8(bytes) {
            Ok(_) if dir == Direction::Open => (None, None),
            Ok(text) => (Some(Cow::Borrowed(text)), None),
            Err(_) => (None, Some(Cow::Owned(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))),
        };
        Self { t, dir, data, hex }
    }

    /// Parses a line.
    ///
    /// # Errors
    /// If the line is not JSON or has other fields than a line of a capture.
    pub fn parse(line: &'a str) -> Result<Self, CaptureLineError> {
        Ok(serde_json::from_str(line)?)
    }

    /// The bytes of the chunk.
    ///
    /// # Errors
    /// If `hex` holds something else than pairs of hexadecimal digits.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, CaptureLineError> {
        match (&self.data, &self.hex) {
            (Some(text), _) => Ok(Cow::Borrowed(text.as_bytes())),
            (None, Some(hex)) => from_hex(hex).map(Cow::Owned).ok_or(CaptureLineError::Hex),
            (None, None) => Ok(Cow::Borrowed(b"")),
        }
    }
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

/// Writes a capture of a live link.
#[derive(Clone, Debug)]
pub struct CaptureWriter {
    file: JsonlWriter,
    started_at: Instant,
}

impl CaptureWriter {
    /// A capture in this file; its time begins now.
    pub fn new(file: JsonlWriter) -> Self {
        Self { file, started_at: Instant::now() }
    }

    /// Writes a chunk as a line.
    pub fn record(&self, direction: Direction, bytes: &[u8]) {
        let t = (self.started_at.elapsed().as_secs_f64() * 1e6).round() / 1e6;
        let recorded = match direction {
            Direction::ToSwitch => without_password(bytes),
            Direction::Open | Direction::FromSwitch => bytes,
        };
        if let Ok(line) = serde_json::to_string(&CaptureLine::new(t, direction, recorded)) {
            self.file.write(line);
        }
    }
}

/// Masks the password of a login request.
fn without_password(request: &[u8]) -> &[u8] {
    if request.starts_with(b"auth ") {
        b"auth ******\n\n"
    } else if request.starts_with(b"userauth ") {
        b"userauth ******\n\n"
    } else {
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonl_writer::SlowDiskPolicy;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_read_back(bytes: Vec<u8>) {
            let line = serde_json::to_string(&CaptureLine::new(0.5, Direction::FromSwitch, &bytes)).unwrap();
            let piece = CaptureLine::parse(&line).unwrap();
            prop_assert_eq!(&*piece.bytes().unwrap(), &bytes[..]);
            prop_assert!(!line.contains('\n'));
        }
    }

    #[test]
    fn a_password_is_not_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture.jsonl");
        let file = JsonlWriter::create(&path, SlowDiskPolicy::Wait).unwrap();
        let capture = CaptureWriter::new(file.clone());
        capture.record(Direction::ToSwitch, b"auth ClueCon\n\n");
        capture.record(Direction::ToSwitch, b"userauth me@here:ClueCon\n\n");
        file.close();
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!((written.lines().count(), written.contains("ClueCon")), (2, false));
    }

    #[test]
    fn a_line_that_is_none_is_refused() {
        for line in ["", "{}", r#"{"t":1,"dir":"up"}"#, r#"{"t":1,"dir":"rx","data":"x","more":1}"#] {
            assert!(CaptureLine::parse(line).is_err(), "{line}");
        }
        assert!(CaptureLine::parse(r#"{"t":1,"dir":"rx","hex":"0g"}"#).unwrap().bytes().is_err());
    }
}
