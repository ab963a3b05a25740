//! What the switch says: frames turned into messages.
//!
//! [`Decoder`] takes bytes cut anywhere. Nothing is matched to a request here: replies come in the order of
//! the requests, and a `BACKGROUND_JOB` names its job.

use super::event::{EslEvent, EventError};
use super::frame::{Frame, FrameError, Framer, Headers, Limits};
use bytes::{Bytes, BytesMut};
use std::borrow::Cow;

/// A message of the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The switch wants a password, within 25 s (MES:2726).
    AuthRequest,
    /// The switch does not talk to our address; it closes.
    Rejected {
        /// What it says about it.
        text: Bytes,
    },
    /// The answer to a request.
    Reply(Reply),
    /// What an API command printed. One that was not allowed is answered by a [`Reply`] instead.
    ApiResponse {
        /// Its text.
        body: Bytes,
    },
    /// An event.
    Event(EslEvent),
    /// A line of the switch's log.
    Log(Log),
    /// The switch closes, or with `linger` will close.
    Disconnect {
        /// Whether the socket stays open for what is still to be said.
        linger: bool,
        /// The leg this connection belonged to, where it belonged to one.
        session: Option<Bytes>,
        /// What the switch says about it.
        text: Bytes,
    },
    /// Something newer than this code; the frame is whole and may be passed over.
    Other(Frame),
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The headers, as they came.
    pub head: Headers,
    /// The leg's data, in the answer to `connect`: the one reply whose values are coded.
    pub channel: Option<EslEvent>,
}

impl Reply {
    /// `Reply-Text`: `+OK …` or `-ERR …`.
    pub fn text(&self) -> Cow<'_, str> {
        let coded = self.channel.as_ref().and_then(|channel| channel.text("Reply-Text"));
        coded.unwrap_or_else(|| String::from_utf8_lossy(self.head.get("Reply-Text").unwrap_or_default()))
    }

    /// Whether the switch took the request. For `sendmsg` that means queued, not done.
    pub fn is_ok(&self) -> bool {
        self.text().starts_with("+OK")
    }

    /// The job that `bgapi` started.
    pub fn job_uuid(&self) -> Option<&[u8]> {
        self.head.get("Job-UUID")
    }
}

/// A line of the switch's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// `Log-Level`, `Log-File`, `Log-Func`, `Log-Line`, `User-Data` …
    pub head: Headers,
    /// The line.
    pub text: Bytes,
}

impl Message {
    /// What a frame says.
    pub fn from_frame(frame: Frame, limits: &Limits) -> Result<Self, FrameError> {
        let offset = frame.body_offset();
        let inner = |fault: EventError| FrameError::Event { offset: offset + fault.at() as u64, fault };
        Ok(match frame.content_type() {
            b"text/event-plain" => Self::Event(EslEvent::framed(frame.body, limits).map_err(inner)?),
            b"text/event-json" => Self::Event(EslEvent::json(frame.body, limits).map_err(inner)?),
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

/// The reply to `connect` is a bare serialised event (MES:2015-2037), which shows by its `Event-Name`.
fn reply(frame: Frame, limits: &Limits) -> Result<Reply, FrameError> {
    let channel = match frame.head.get("Event-Name") {
        None => None,
        Some(_) => {
            let inner =
                |fault: EventError| FrameError::Event { offset: frame.offset + fault.at() as u64, fault };
            Some(EslEvent::plain(frame.head.as_bytes().clone(), limits).map_err(inner)?)
        }
    };
    Ok(Reply { head: frame.head, channel })
}

/// Bytes in, messages out.
///
/// ```
/// use hotlined_esl::message::{Decoder, Message};
/// let mut decoder = Decoder::default();
/// decoder.push(b"Content-Type: auth/req");
/// assert!(decoder.next().unwrap().is_none());
/// decoder.push(b"uest\n\n");
/// assert!(matches!(decoder.next(), Ok(Some(Message::AuthRequest))));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    framer: Framer,
    buffer: BytesMut,
    broken: Option<FrameError>,
}

impl Decoder {
    /// A decoder at the start of a connection.
    pub fn new(limits: Limits) -> Self {
        Self { framer: Framer::new(limits), ..Self::default() }
    }

    /// Takes in what came from the switch.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message of what was pushed; after an error the same error for ever.
    #[allow(clippy::should_implement_trait)] // Not an iterator: `None` means "not yet".
    pub fn next(&mut self) -> Result<Option<Message>, FrameError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let message = self.decode(&mut buffer);
        self.buffer = buffer;
        message
    }

    /// Says that the stream ended: a fault unless it ended between two messages. To be asked when
    /// [`next`](Self::next) gave none.
    pub fn end(&self) -> Result<(), FrameError> {
        self.check_end(&self.buffer)
    }

    pub(super) fn check_end(&self, buffer: &BytesMut) -> Result<(), FrameError> {
        match &self.broken {
            Some(fault) => Err(fault.clone()),
            None => self.framer.end(buffer),
        }
    }

    /// The next whole message of a buffer of the caller's own, to which only bytes of the stream are added.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, FrameError> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let message = match self.framer.next(buffer) {
            Ok(Some(frame)) => Message::from_frame(frame, self.framer.limits()).map(Some),
            Ok(None) => Ok(None),
            Err(fault) => Err(fault),
        };
        message.inspect_err(|fault| self.broken = Some(fault.clone()))
    }
}
