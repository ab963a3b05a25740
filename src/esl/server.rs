//! The switch's end of the wire, for simulated exchanges and for replaying captures: requests read, answers
//! written. Absent on purpose: doing what a request asks.

use super::event::Format;
use super::limits::{Limits, number};
use bytes::{Buf, Bytes, BytesMut};

/// What is wrong with a stream of requests; offsets are counted in bytes since the connection started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A head that does not end.
    #[error("byte {offset}: the head of the request is longer than {max} bytes")]
    HeadTooLong {
        /// Where the request starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// A head of too many lines.
    #[error("byte {offset}: the request has more than {max} headers")]
    TooManyHeaders {
        /// Where the request starts.
        offset: u64,
        /// The limit.
        max: usize,
    },
    /// A length that is no number.
    #[error("byte {offset}: the content-length of the request is no number")]
    LengthNotANumber {
        /// Where the request starts.
        offset: u64,
    },
    /// A body nobody would send.
    #[error("byte {offset}: a body of {length} bytes is announced, at most {max} are taken")]
    BodyTooLong {
        /// Where the request starts.
        offset: u64,
        /// The length announced.
        length: u64,
        /// The limit.
        max: usize,
    },
}

/// A request as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// Its first line.
    pub line: String,
    /// Its headers; an unreadable line is passed over, as the switch does.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
    /// Where it starts, counted in bytes since the connection started.
    pub offset: u64,
}

impl std::fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = matches!(self.words().next(), Some("auth" | "userauth"));
        let line = if secret { "auth (secret)" } else { &self.line };
        f.debug_struct("ReceivedRequest")
            .field("line", &line)
            .field("headers", &self.headers)
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("offset", &self.offset)
            .finish()
    }
}

/// A request understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientRequest {
    /// `auth`.
    Auth {
        /// The password given.
        password: Password,
    },
    /// `userauth`.
    UserAuth {
        /// `user@domain`.
        user: String,
        /// The password given.
        password: Password,
    },
    /// `event`.
    Events {
        /// How they shall be written.
        format: Format,
        /// The names, known or not.
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
        /// The header.
        header: String,
        /// Its value.
        value: String,
    },
    /// `filter delete`.
    FilterDelete {
        /// The header.
        header: String,
        /// Its value.
        value: Option<String>,
    },
    /// `api`.
    Api {
        /// The command.
        command: String,
        /// Its argument.
        argument: String,
        /// The client's name for it, which the switch passes over.
        job: Option<String>,
    },
    /// `bgapi`.
    BgApi {
        /// The command.
        command: String,
        /// Its argument.
        argument: String,
        /// The client's name for the job.
        job: Option<String>,
    },
    /// `sendmsg … execute`.
    Execute {
        /// The leg.
        leg: Option<String>,
        /// The application.
        application: String,
        /// Its argument, from the header or from the body.
        argument: String,
        /// The client's name for the run.
        event_uuid: Option<String>,
        /// How often.
        loops: Option<i32>,
        /// Whether the next one waits.
        event_lock: bool,
    },
    /// `sendmsg … hangup`.
    HangUp {
        /// The leg.
        leg: Option<String>,
        /// Why.
        cause: Option<String>,
    },
    /// `sendevent`.
    SendEvent {
        /// The event's name.
        name: String,
        /// Its headers.
        headers: Vec<(String, String)>,
    },
    /// `linger`.
    Linger {
        /// How long, in seconds.
        seconds: Option<u32>,
    },
    /// `nolinger`.
    NoLinger,
    /// `exit`.
    Exit,
    /// `connect`.
    Connect,
    /// Anything else: `-ERR command not found`.
    Unknown,
}

/// How FreeSWITCH answers `nolog` where it sends no lines of its log (MES:2455).
pub const NOT_LOGGING: &str = "-ERR not loging";

/// A password that came: compared, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Whether it is this one.
    pub fn is(&self, expected: &str) -> bool {
        self.0 == expected
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl ReceivedRequest {
    /// The words of the first line.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.line.split(' ').filter(|word| !word.is_empty())
    }

    /// The first header of this name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What the client asks.
    pub fn parse(&self) -> ClientRequest {
        let (verb, rest) = self.line.split_once(' ').unwrap_or((&self.line, ""));
        let rest = rest.trim_start_matches(' ');
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match verb.to_ascii_lowercase().as_str() {
            "auth" => ClientRequest::Auth { password: Password(rest.into()) },
            "userauth" => {
                let (user, password) = rest.split_once(':').unwrap_or((rest, ""));
                ClientRequest::UserAuth { user: user.into(), password: Password(password.into()) }
            }
            "event" => self.events(),
            "noevents" => ClientRequest::NoEvents,
            "nolog" => ClientRequest::NoLog,
            "filter" => filter(rest),
            "api" => {
                let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
                let job = self.header("Job-UUID").map(Into::into);
                ClientRequest::Api { command: command.into(), argument: argument.into(), job }
            }
            "bgapi" => {
                let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
                let job = self.header("Job-UUID").map(Into::into);
                ClientRequest::BgApi { command: command.into(), argument: argument.into(), job }
            }
            "sendmsg" => self.message(some(rest)),
            "sendevent" => ClientRequest::SendEvent { name: rest.into(), headers: self.headers.clone() },
            "linger" => ClientRequest::Linger { seconds: rest.parse().ok() },
            "nolinger" => ClientRequest::NoLinger,
            "exit" => ClientRequest::Exit,
            "connect" => ClientRequest::Connect,
            _ => ClientRequest::Unknown,
        }
    }

    fn events(&self) -> ClientRequest {
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
        ClientRequest::Events { format, names, custom }
    }

    fn message(&self, leg: Option<String>) -> ClientRequest {
        match self.header("call-command") {
            Some("execute") => {
                let body = || String::from_utf8_lossy(&self.body).into_owned();
                let argument = self.header("execute-app-arg").map_or_else(body, Into::into);
                ClientRequest::Execute {
                    leg,
                    application: self.header("execute-app-name").unwrap_or_default().into(),
                    argument,
                    event_uuid: self.header("Event-UUID").map(Into::into),
                    loops: self.header("loops").and_then(|loops| loops.parse().ok()),
                    event_lock: self.header("event-lock") == Some("true"),
                }
            }
            Some("hangup") => {
                ClientRequest::HangUp { leg, cause: self.header("hangup-cause").map(Into::into) }
            }
            _ => ClientRequest::Unknown,
        }
    }
}

fn filter(rest: &str) -> ClientRequest {
    let delete = rest.strip_prefix("delete ");
    let (header, value) = match delete.unwrap_or(rest).split_once(' ') {
        Some((header, value)) => (header.to_owned(), Some(value.to_owned())),
        None => (delete.unwrap_or(rest).to_owned(), None),
    };
    match (delete, value) {
        (Some(_), value) => ClientRequest::FilterDelete { header, value },
        (None, Some(value)) => ClientRequest::Filter { header, value },
        (None, None) => ClientRequest::Unknown,
    }
}

/// Bytes of a client in, requests out.
#[derive(Clone, Debug, Default)]
pub struct RequestDecoder {
    limits: Limits,
    consumed: u64,
    searched: usize,
    /// The head is whole: it and its body are this long.
    head: Option<(usize, usize)>,
    broken: Option<RequestError>,
}

impl RequestDecoder {
    /// A decoder at the start of a connection.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes the next whole request out of the buffer; after an error the same error for ever.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<ReceivedRequest>, RequestError> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        self.next(buffer).inspect_err(|fault| self.broken = Some(fault.clone()))
    }

    fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<ReceivedRequest>, RequestError> {
        if self.searched == 0 {
            // Line ends before a request are passed over (MES:1270).
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
        let headers = lines.filter_map(parted).map(|(name, value)| (text(name), text(value))).collect();
        let offset = self.consumed;
        let consumed = offset + (head.len() + body.len()) as u64;
        *self = Self { limits: self.limits, consumed, ..Self::default() };
        Ok(Some(ReceivedRequest { line, headers, body, offset }))
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
        let Some((_, value)) = lines(head).skip(1).filter_map(parted).find(is_length) else {
            return Ok(0);
        };
        let length = number(value).ok_or(RequestError::LengthNotANumber { offset })?;
        let max = self.limits.body_bytes_max;
        let fits = usize::try_from(length).ok().filter(|&length| length <= max);
        fits.ok_or(RequestError::BodyTooLong { offset, length, max })
    }
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty())
}

fn parted(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((&line[..colon], line[colon + 1..].trim_ascii_start()))
}

/// The first thing the switch says.
pub fn auth_request() -> Bytes {
    Bytes::from_static(b"Content-Type: auth/request\n\n")
}

/// The answer to a request: `+OK …` or `-ERR …`.
pub fn reply(text: &str) -> Bytes {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n").into()
}

/// The answer to `bgapi`.
pub fn reply_job(job: &str) -> Bytes {
    format!("Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n").into()
}

/// What an API command printed.
pub fn api_response(body: &[u8]) -> Bytes {
    let head = format!("Content-Type: api/response\nContent-Length: {}\n\n", body.len());
    [head.as_bytes(), body].concat().into()
}

/// The last thing the switch says on a connection that belongs to no leg (MES:648).
pub fn disconnect_notice() -> Bytes {
    const TEXT: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";
    let length = TEXT.len();
    format!("Content-Type: text/disconnect-notice\nContent-Length: {length}\n\n{TEXT}").into()
}

/// Said while the socket stays open for what a leg's end still brings (MES:1473).
pub fn linger_notice(leg: &str, seconds: u32) -> Bytes {
    format!(
        "Content-Type: text/disconnect-notice\nControlled-Session-UUID: {leg}\n\
         Content-Disposition: linger\nChannel-Name: {leg}\nLinger-Time: {seconds}\nContent-Length: 0\n\n"
    )
    .into()
}

/// Said instead of [`auth_request`] to an address the switch does not talk to (MES:2677).
pub fn rude_rejection() -> Bytes {
    const TEXT: &str = "Access Denied, go away.\n";
    let length = TEXT.len();
    format!("Content-Type: text/rude-rejection\nContent-Length: {length}\n\n{TEXT}").into()
}
