//! The switch's end of the wire, for a simulated FreeSWITCH and for the replay of captures: decodes requests and writes
//! answers. Not here, on purpose: the execution of a request.
//!
//! ```
//! use hotlined_esl::server::{ParsedRequest, RequestDecoder, reply};
//! let mut bytes = bytes::BytesMut::from("noevents\n\n");
//! let request = RequestDecoder::default().decode(&mut bytes).unwrap().unwrap();
//! assert_eq!(request.parse(), ParsedRequest::NoEvents);
//! assert_eq!(reply("+OK"), "Content-Type: command/reply\nReply-Text: +OK\n\n");
//! ```

use crate::event::Format;
use crate::limits::{WireLimits, parse_number};
use bytes::{Buf, Bytes, BytesMut};

/// What is wrong with a stream of requests. Offsets are counted in bytes since the connection started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The head is too long.
    #[error("byte {offset}: the head of the request is longer than {max} bytes")]
    HeadTooLong {
        /// Where the request starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// The head has too many headers.
    #[error("byte {offset}: the request has more than {max} headers")]
    TooManyHeaders {
        /// Where the request starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// The value of `content-length` is no number.
    #[error("byte {offset}: the content-length of the request is no number")]
    LengthNotANumber {
        /// Where the request starts.
        offset: u64,
    },
    /// The announced body is too long.
    #[error("byte {offset}: a body of {length} bytes is announced, at most {max} are taken")]
    BodyTooLong {
        /// Where the request starts.
        offset: u64,
        /// The announced length.
        length: u64,
        /// The limit.
        max: usize,
    },
}

/// A request as received.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// The first line.
    pub line: String,
    /// The headers. A malformed line is skipped, as the switch does.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Where the request starts, in bytes since the connection started.
    pub offset: u64,
}

impl std::fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = matches!(self.words().next(), Some("auth" | "userauth"));
        let line = if secret { "auth (secret)" } else { &self.line };
        f.debug_struct("RawRequest")
            .field("line", &line)
            .field("headers", &self.headers)
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("offset", &self.offset)
            .finish()
    }
}

/// A parsed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsedRequest {
    /// `auth`.
    Auth {
        /// The password.
        password: ReceivedPassword,
    },
    /// `userauth`.
    UserAuth {
        /// `user@domain`.
        user: String,
        /// The password.
        password: ReceivedPassword,
    },
    /// `event`.
    Events {
        /// How the events shall be written.
        format: Format,
        /// The event names, known or unknown.
        names: Vec<String>,
        /// The words behind `CUSTOM`.
        custom: Vec<String>,
    },
    /// `noevents`.
    NoEvents,
    /// `nolog`.
    NoLog,
    /// `filter`.
    Filter {
        /// The name of the header.
        header: String,
        /// The value.
        value: String,
    },
    /// `filter delete`.
    FilterDelete {
        /// The name of the header.
        header: String,
        /// The value.
        value: Option<String>,
    },
    /// `api`.
    Api {
        /// The name of the command.
        command: String,
        /// The argument.
        argument: String,
        /// The client's id for the command, which the switch ignores.
        job: Option<String>,
    },
    /// `bgapi`.
    BgApi {
        /// The name of the command.
        command: String,
        /// The argument.
        argument: String,
        /// The client's id for the job.
        job: Option<String>,
    },
    /// `sendmsg … execute`.
    Execute {
        /// The channel.
        leg: Option<String>,
        /// The application.
        application: String,
        /// The argument, from the header or from the body.
        argument: String,
        /// The client's id for the run.
        event_uuid: Option<String>,
        /// How many times.
        loops: Option<i32>,
        /// Whether the next application waits until this one is done.
        event_lock: bool,
    },
    /// `sendmsg … hangup`.
    HangUp {
        /// The channel.
        leg: Option<String>,
        /// The hangup cause.
        cause: Option<String>,
    },
    /// `sendevent`.
    SendEvent {
        /// The name of the event.
        name: String,
        /// The headers.
        headers: Vec<(String, String)>,
    },
    /// `linger`.
    Linger {
        /// How long, in seconds; without limit if none.
        seconds: Option<u32>,
    },
    /// `nolinger`.
    NoLinger,
    /// `exit`.
    Exit,
    /// `connect`.
    Connect,
    /// Any other request. The switch answers `-ERR command not found`.
    Unknown,
}

/// FreeSWITCH's answer to `nolog` without a subscription to log lines (MES:2455). The misspelling is FreeSWITCH's.
pub const NOT_LOGGING: &str = "-ERR not loging";

/// A received password. It can be compared, and is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedPassword(String);

impl ReceivedPassword {
    /// Whether the password equals `expected`.
    pub fn matches(&self, expected: &str) -> bool {
        self.0 == expected
    }
}

impl std::fmt::Debug for ReceivedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl RawRequest {
    /// The words of the first line.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.line.split(' ').filter(|word| !word.is_empty())
    }

    /// The value of the first header of this name. The case of the name does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Parses the request.
    pub fn parse(&self) -> ParsedRequest {
        let (verb, rest) = self.line.split_once(' ').unwrap_or((&self.line, ""));
        let rest = rest.trim_start_matches(' ');
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match verb.to_ascii_lowercase().as_str() {
            "auth" => ParsedRequest::Auth { password: ReceivedPassword(rest.into()) },
            "userauth" => {
                let (user, password) = rest.split_once(':').unwrap_or((rest, ""));
                ParsedRequest::UserAuth { user: user.into(), password: ReceivedPassword(password.into()) }
            }
            "event" => self.events(),
            "noevents" => ParsedRequest::NoEvents,
            "nolog" => ParsedRequest::NoLog,
            "filter" => filter(rest),
            "api" => {
                let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
                let job = self.header("Job-UUID").map(Into::into);
                ParsedRequest::Api { command: command.into(), argument: argument.into(), job }
            }
            "bgapi" => {
                let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
                let job = self.header("Job-UUID").map(Into::into);
                ParsedRequest::BgApi { command: command.into(), argument: argument.into(), job }
            }
            "sendmsg" => self.message(some(rest)),
            "sendevent" => ParsedRequest::SendEvent { name: rest.into(), headers: self.headers.clone() },
            "linger" => ParsedRequest::Linger { seconds: rest.parse().ok() },
            "nolinger" => ParsedRequest::NoLinger,
            "exit" => ParsedRequest::Exit,
            "connect" => ParsedRequest::Connect,
            _ => ParsedRequest::Unknown,
        }
    }

    fn events(&self) -> ParsedRequest {
        let mut format = Format::Plain;
        let (mut names, mut custom, mut in_custom) = (Vec::new(), Vec::new(), false);
        for (index, word) in self.words().skip(1).enumerate() {
            match word.to_ascii_lowercase().as_str() {
                "plain" if index == 0 => {}
                "json" if index == 0 => format = Format::Json,
                _ if in_custom => custom.push(word.to_owned()),
                "custom" => in_custom = true,
                _ => names.push(word.to_owned()),
            }
        }
        ParsedRequest::Events { format, names, custom }
    }

    fn message(&self, leg: Option<String>) -> ParsedRequest {
        match self.header("call-command") {
            Some("execute") => {
                let body = || String::from_utf8_lossy(&self.body).into_owned();
                let argument = self.header("execute-app-arg").map_or_else(body, Into::into);
                ParsedRequest::Execute {
                    leg,
                    application: self.header("execute-app-name").unwrap_or_default().into(),
                    argument,
                    event_uuid: self.header("Event-UUID").map(Into::into),
                    loops: self.header("loops").and_then(|loops| loops.parse().ok()),
                    event_lock: self.header("event-lock") == Some("true"),
                }
            }
            Some("hangup") => {
                ParsedRequest::HangUp { leg, cause: self.header("hangup-cause").map(Into::into) }
            }
            _ => ParsedRequest::Unknown,
        }
    }
}

fn filter(rest: &str) -> ParsedRequest {
    let delete = rest.strip_prefix("delete ");
    let (header, value) = match delete.unwrap_or(rest).split_once(' ') {
        Some((header, value)) => (header.to_owned(), Some(value.to_owned())),
        None => (delete.unwrap_or(rest).to_owned(), None),
    };
    match (delete, value) {
        (Some(_), value) => ParsedRequest::FilterDelete { header, value },
        (None, Some(value)) => ParsedRequest::Filter { header, value },
        (None, None) => ParsedRequest::Unknown,
    }
}

/// Bytes from a client in, requests out. The bytes may be cut anywhere.
#[derive(Clone, Debug, Default)]
pub struct RequestDecoder {
    limits: WireLimits,
    consumed: u64,
    searched: usize,
    /// The lengths of the head and of the body, once the head is complete.
    head: Option<(usize, usize)>,
    broken: Option<RequestError>,
}

impl RequestDecoder {
    /// A decoder for a new connection.
    pub fn new(limits: WireLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes the next complete request out of the buffer; none if the buffer has no complete request yet.
    ///
    /// # Errors
    ///
    /// If the stream is malformed or exceeds a limit. The same error is returned from then on.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<RawRequest>, RequestError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.next(buffer).inspect_err(|error| self.broken = Some(error.clone()))
    }

    fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<RawRequest>, RequestError> {
        if self.searched == 0 {
            // Line ends before a request are skipped (MES:1270).
            let empty = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            buffer.advance(empty);
            self.consumed += empty as u64;
        }
        if self.head.is_none() {
            self.head = self.read_head(buffer)?;
        }
        let Some((head, body)) = self.head else {
            return Ok(None);
        };
        if buffer.len() < head + body {
            return Ok(None);
        }
        let head = buffer.split_to(head);
        let body = buffer.split_to(body).freeze();
        let mut lines = lines(&head);
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        let line = lines.next().map(text).unwrap_or_default();
        let headers = lines.filter_map(split_header).map(|(name, value)| (text(name), text(value))).collect();
        let offset = self.consumed;
        let consumed = offset + (head.len() + body.len()) as u64;
        *self = Self { limits: self.limits, consumed, ..Self::default() };
        Ok(Some(RawRequest { line, headers, body, offset }))
    }

    fn read_head(&mut self, buffer: &[u8]) -> Result<Option<(usize, usize)>, RequestError> {
        let offset = self.consumed;
        let max = self.limits.head_bytes_max;
        while let Some(found) = memchr::memchr(b'\n', &buffer[self.searched..]) {
            let end = self.searched + found;
            self.searched = end + 1;
            if end >= max {
                return Err(RequestError::HeadTooLong { offset, max });
            }
            let before = buffer[..end].strip_suffix(b"\r").unwrap_or(&buffer[..end]);
            if before.last() == Some(&b'\n') {
                let body = self.body_length(&buffer[..end])?;
                return Ok(Some((end + 1, body)));
            }
        }
        self.searched = buffer.len();
        if buffer.len() >= max { Err(RequestError::HeadTooLong { offset, max }) } else { Ok(None) }
    }

    fn body_length(&self, head: &[u8]) -> Result<usize, RequestError> {
        let offset = self.consumed;
        if lines(head).count() > self.limits.headers_max {
            return Err(RequestError::TooManyHeaders { offset, max: self.limits.headers_max });
        }
        let is_length = |(name, _): &(&[u8], &[u8])| name.eq_ignore_ascii_case(b"content-length");
        let Some((_, value)) = lines(head).skip(1).filter_map(split_header).find(is_length) else {
            return Ok(0);
        };
        let length = parse_number(value).ok_or(RequestError::LengthNotANumber { offset })?;
        let max = self.limits.body_bytes_max;
        let fits = usize::try_from(length).ok().filter(|&length| length <= max);
        fits.ok_or(RequestError::BodyTooLong { offset, length, max })
    }
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty())
}

fn split_header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((&line[..colon], line[colon + 1..].trim_ascii_start()))
}

/// The first message of a connection: the switch asks for the password.
pub fn auth_request() -> Bytes {
    Bytes::from_static(b"Content-Type: auth/request\n\n")
}

/// The reply to a request. `text` is `+OK …` or `-ERR …`.
pub fn reply(text: &str) -> Bytes {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n").into()
}

/// The reply to `bgapi`.
pub fn reply_job(job: &str) -> Bytes {
    format!("Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n").into()
}

/// The output of an API command.
pub fn api_response(body: &[u8]) -> Bytes {
    let head = format!("Content-Type: api/response\nContent-Length: {}\n\n", body.len());
    [head.as_bytes(), body].concat().into()
}

/// The last message of a connection that belongs to no channel (MES:648).
pub fn disconnect_notice() -> Bytes {
    const TEXT: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";
    let length = TEXT.len();
    format!("Content-Type: text/disconnect-notice\nContent-Length: {length}\n\n{TEXT}").into()
}

/// The message after the end of a channel when the socket stays open for the last events (MES:1473).
pub fn linger_notice(leg: &str, seconds: u32) -> Bytes {
    format!(
        "Content-Type: text/disconnect-notice\nControlled-Session-UUID: {leg}\n\
         Content-Disposition: linger\nChannel-Name: {leg}\nLinger-Time: {seconds}\nContent-Length: 0\n\n"
    )
    .into()
}

/// The message instead of [`auth_request`] to an address that the switch does not accept (MES:2677).
pub fn rude_rejection() -> Bytes {
    const TEXT: &str = "Access Denied, go away.\n";
    let length = TEXT.len();
    format!("Content-Type: text/rude-rejection\nContent-Length: {length}\n\n{TEXT}").into()
}
