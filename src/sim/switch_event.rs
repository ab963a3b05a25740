//! The events of the simulated switch, with the headers of FreeSWITCH 1.10.12.
//!
//! The values of headers are not encoded here; the encoder of the wire format percent-encodes them. The list of events
//! that carry variables is FreeSWITCH's (`switch_channel_event_set_extended_data`, switch_channel.c:2758). A simulated
//! channel has fewer SIP and RTP variables than a real channel.

use bytes::Bytes;
use hotlined_core::time::Instant;
use hotlined_esl::event::Format;
use hotlined_esl::event_writer;
use hotlined_esl::event_writer::EventWriter;
use std::borrow::Cow;

/// A header of an event: name and value.
pub type Header = (Cow<'static, str>, Cow<'static, str>);

/// An event of the simulated switch, for all its listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchEvent {
    /// The headers in order, usually `Event-Name` first. A name may occur twice.
    pub headers: Vec<Header>,
    /// The body, if the event has one.
    pub body: Option<String>,
}

impl SwitchEvent {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// The value of `Event-Name`.
    pub fn name(&self) -> &str {
        self.header("Event-Name").unwrap_or_default()
    }

    /// The event in a wire format.
    pub fn encoded(&self, format: Format) -> Bytes {
        let headers = self.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        if format == Format::Plain {
            return event_writer::encode_plain(headers, self.body.as_deref());
        }
        let writer = headers.fold(EventWriter::empty(), |writer, (name, value)| writer.header(name, value));
        match &self.body {
            Some(body) => writer.body(body).encode(format),
            None => writer.encode(format),
        }
    }
}

/// A header with a fixed name.
pub(super) fn header(name: &'static str, value: impl Into<Cow<'static, str>>) -> Header {
    (Cow::Borrowed(name), value.into())
}

/// The `Core-UUID` of every simulated switch.
pub(super) const CORE_UUID: &str = "5e0a1b2c-0000-4000-8000-5157c4e00001";
/// The FreeSWITCH version that the simulated switch reports.
pub(super) const VERSION: &str = "1.10.12-release+git~20240802T210227Z~a88d069d6f~64bit";

/// A FreeSWITCH timestamp: microseconds since 1970, or 0 for never.
pub(super) fn epoch_micros(at: Option<Instant>) -> String {
    at.map_or(0, |at| at.0.saturating_mul(1_000)).to_string()
}

/// The formatted dates of the current second, built once per second.
#[derive(Clone, Debug, Default)]
pub(super) struct DateCache {
    second: u64,
    local: String,
    gmt: String,
}

impl DateCache {
    pub fn at(&mut self, now: Instant) -> (String, String) {
        let second = now.0 / 1_000;
        if second != self.second || self.local.is_empty() {
            self.second = second;
            let stamp = i64::try_from(second).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
            let stamp = stamp.unwrap_or_default();
            self.local = stamp.strftime("%Y-%m-%d %H:%M:%S").to_string();
            self.gmt = stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        }
        (self.local.clone(), self.gmt.clone())
    }

    /// The local date and time of an instant.
    pub fn format(at: Instant) -> String {
        Self::default().at(at).0
    }
}
