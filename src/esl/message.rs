//! What the switch sends: frames decoded into messages.
//!
//! [`MessageDecoder`] takes bytes that may be cut anywhere. Replies are not matched to requests here: replies come in
//! the order of the requests, and a `BACKGROUND_JOB` event contains the id of its job.

use crate::error::{EventError, FrameError};
use crate::event::EslEvent;
use crate::frame::{Frame, Framer, Headers};
use crate::limits::WireLimits;
use bytes::{Bytes, BytesMut};
use std::borrow::Cow;

/// A message from the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The switch asks for the password, and waits 25 s for it (MES:2726).
    AuthRequest,
    /// The switch does not accept our address, and closes the connection.
    Rejected {
        /// The text for people.
        text: Bytes,
    },
    /// The reply to a request.
    Reply(Reply),
    /// The output of an API command. The answer to an API command that is not allowed is a [`Reply`] instead.
    ApiResponse {
        /// The output.
        body: Bytes,
    },
    /// An event.
    Event(EslEvent),
    /// A log line of the switch.
    Log(Log),
    /// The switch closes the connection; with `linger`, it will close it later.
    Disconnect {
        /// Whether the socket stays open for the events that are still to come.
        linger: bool,
        /// The channel of this connection, for an outbound connection.
        session: Option<Bytes>,
        /// The text for people.
        text: Bytes,
    },
    /// A frame of an unknown type. The frame is complete and may be skipped.
    Other(Frame),
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The headers, as received.
    pub head: Headers,
    /// The channel's data, in the reply to `connect`: the only reply whose values are escaped.
    pub channel: Option<EslEvent>,
}

impl Reply {
    /// `Reply-Text`: `+OK …` or `-ERR …`.
    pub fn text(&self) -> Cow<'_, str> {
        let coded = self.channel.as_ref().and_then(|channel| channel.text("Reply-Text"));
        coded.unwrap_or_else(|| String::from_utf8_lossy(self.head.get("Reply-Text").unwrap_or_default()))
    }

    /// Whether the switch accepted the request. For `sendmsg`, accepted means queued, not done.
    pub fn is_ok(&self) -> bool {
        self.text().starts_with("+OK")
    }

    /// The id of the job that `bgapi` started.
    pub fn job_uuid(&self) -> Option<&[u8]> {
        self.head.get("Job-UUID")
    }
}

/// A log line of the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// `Log-Level`, `Log-File`, `Log-Func`, `Log-Line`, `User-Data` …
    pub head: Headers,
    /// The text of the line.
    pub text: Bytes,
}

impl Message {
    /// Decodes a frame.
    ///
    /// # Errors
    ///
    /// If the frame contains an event that is malformed or exceeds a limit.
    pub fn from_frame(frame: Frame, limits: &WireLimits) -> Result<Self, FrameError> {
        let offset = frame.body_offset();
        let inner = |error: EventError| FrameError::Event { offset: offset + error.at() as u64, error };
        Ok(match frame.content_type() {
            b"text/event-plain" => {
                Self::Event(EslEvent::from_plain_frame(frame.body, limits).map_err(inner)?)
            }
            b"text/event-json" => Self::Event(EslEvent::from_json(frame.body, limits).map_err(inner)?),
            b"text/event-xml" => return Err(inner(EventError::Xml)),
            b"command/reply" => Self::Reply(reply(frame, limits)?),
            b"api/response" => Self::ApiResponse { body: frame.body },
            b"auth/request" => Self::AuthRequest,
            b"log/data" => Self::Log(Log { head: frame.head, text: frame.body }),
            b"text/rude-rejection" => Self::Rejected { text: frame.body },
            b"text/disconnect-notice" => {
                let is_linger = |value: &[u8]| value.eq_ignore_ascii_case(b"linger");
                Self::Disconnect {
                    linger: frame.head.get("Content-Disposition").is_some_and(is_linger),
                    session: frame.head.get_bytes("Controlled-Session-UUID"),
                    text: frame.body,
                }
            }
            _ => Self::Other(frame),
        })
    }
}

/// Decodes a reply. The reply to `connect` is a bare serialised event (MES:2015-2037), recognised by its `Event-Name`.
fn reply(frame: Frame, limits: &WireLimits) -> Result<Reply, FrameError> {
    let channel = match frame.head.get("Event-Name") {
        None => None,
        Some(_) => {
            let inner =
                |error: EventError| FrameError::Event { offset: frame.offset + error.at() as u64, error };
            Some(EslEvent::from_plain(frame.head.as_bytes().clone(), limits).map_err(inner)?)
        }
    };
    Ok(Reply { head: frame.head, channel })
}

/// Bytes in, messages out. The bytes may be cut anywhere.
///
/// ```
/// use hotlined_esl::message::{Message, MessageDecoder};
/// let mut decoder = MessageDecoder::default();
/// decoder.push(b"Content-Type: auth/req");
/// assert!(decoder.next().unwrap().is_none());
/// decoder.push(b"uest\n\n");
/// assert!(matches!(decoder.next(), Ok(Some(Message::AuthRequest))));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MessageDecoder {
    framer: Framer,
    buffer: BytesMut,
    broken: Option<FrameError>,
}

impl MessageDecoder {
    /// A decoder for a new connection.
    pub fn new(limits: WireLimits) -> Self {
        Self { framer: Framer::new(limits), ..Self::default() }
    }

    /// Appends bytes from the switch.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete message; none if more bytes are needed.
    ///
    /// # Errors
    ///
    /// If the stream is broken. The same error is returned from then on.
    #[allow(clippy::should_implement_trait)] // Not an iterator: `None` means "not yet".
    pub fn next(&mut self) -> Result<Option<Message>, FrameError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let message = self.decode(&mut buffer);
        self.buffer = buffer;
        message
    }

    /// Checks the end of the stream. Call it when [`next`](Self::next) has returned none.
    ///
    /// # Errors
    ///
    /// If the stream ended within a message, or was broken before.
    pub fn end(&self) -> Result<(), FrameError> {
        self.check_end(&self.buffer)
    }

    pub(super) fn check_end(&self, buffer: &BytesMut) -> Result<(), FrameError> {
        match &self.broken {
            Some(error) => Err(error.clone()),
            None => self.framer.end(buffer),
        }
    }

    /// As [`next`](Self::next), on a buffer of the caller. The caller only appends bytes of the stream to the buffer.
    ///
    /// # Errors
    ///
    /// If the stream is broken. The same error is returned from then on.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, FrameError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let message = match self.framer.next(buffer) {
            Ok(Some(frame)) => Message::from_frame(frame, self.framer.limits()).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        message.inspect_err(|error| self.broken = Some(error.clone()))
    }
}
