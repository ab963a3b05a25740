//! The values of requests: event names, applications, hangup causes, channel ids, job ids, file paths, passwords.
//!
//! Each has its own type, so that untrusted text cannot stand in its place.

use std::borrow::Cow;
use std::fmt;

/// The name of an event to subscribe to. FreeSWITCH answers `+OK` to an unknown name and sends nothing (MES:2470-2522),
/// so only names that FreeSWITCH knows can be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventName(&'static str);

/// The text is no event name, or the name of an event that is subscribed to by its subclass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no event of FreeSWITCH (`CUSTOM` events are asked for by their subclass)")]
pub struct UnknownEvent(String);

impl EventName {
    /// The event of this name, in capitals.
    ///
    /// # Errors
    ///
    /// If FreeSWITCH has no event of this name, or the event is `CUSTOM` or `CLONE`.
    pub fn new(name: &str) -> Result<Self, UnknownEvent> {
        let known = EVENT_NAMES.iter().find(|known| **known == name);
        known.map(|known| Self(known)).ok_or_else(|| UnknownEvent(name.chars().take(60).collect()))
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

macro_rules! words {
    ($type:ident: $($name:ident = $text:literal),* $(,)?) => {
        #[allow(missing_docs)] // Each has FreeSWITCH's name and meaning.
        impl $type {
            $(pub const $name: Self = Self($text);)*
        }
    };
}

words!(EventName:
    ALL = "ALL",
    BACKGROUND_JOB = "BACKGROUND_JOB",
    CHANNEL_ANSWER = "CHANNEL_ANSWER",
    CHANNEL_BRIDGE = "CHANNEL_BRIDGE",
    CHANNEL_CALLSTATE = "CHANNEL_CALLSTATE",
    CHANNEL_CREATE = "CHANNEL_CREATE",
    CHANNEL_DESTROY = "CHANNEL_DESTROY",
    CHANNEL_EXECUTE = "CHANNEL_EXECUTE",
    CHANNEL_EXECUTE_COMPLETE = "CHANNEL_EXECUTE_COMPLETE",
    CHANNEL_HANGUP = "CHANNEL_HANGUP",
    CHANNEL_HANGUP_COMPLETE = "CHANNEL_HANGUP_COMPLETE",
    CHANNEL_ORIGINATE = "CHANNEL_ORIGINATE",
    CHANNEL_OUTGOING = "CHANNEL_OUTGOING",
    CHANNEL_PARK = "CHANNEL_PARK",
    CHANNEL_PROGRESS = "CHANNEL_PROGRESS",
    CHANNEL_PROGRESS_MEDIA = "CHANNEL_PROGRESS_MEDIA",
    CHANNEL_UNBRIDGE = "CHANNEL_UNBRIDGE",
    CHANNEL_UNPARK = "CHANNEL_UNPARK",
    CHANNEL_UUID = "CHANNEL_UUID",
    DETECTED_TONE = "DETECTED_TONE",
    DTMF = "DTMF",
    HEARTBEAT = "HEARTBEAT",
    PLAYBACK_START = "PLAYBACK_START",
    PLAYBACK_STOP = "PLAYBACK_STOP",
    RECORD_START = "RECORD_START",
    RECORD_STOP = "RECORD_STOP",
    SHUTDOWN = "SHUTDOWN",
    STARTUP = "STARTUP",
);

/// Every event of FreeSWITCH 1.10.12 (SE, EVENT_NAMES) except `CUSTOM` and `CLONE`.
const EVENT_NAMES: &[&str] = &[
    "CHANNEL_CREATE",
    "CHANNEL_DESTROY",
    "CHANNEL_STATE",
    "CHANNEL_CALLSTATE",
    "CHANNEL_ANSWER",
    "CHANNEL_HANGUP",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_OUTGOING",
    "CHANNEL_PARK",
    "CHANNEL_UNPARK",
    "CHANNEL_APPLICATION",
    "CHANNEL_ORIGINATE",
    "CHANNEL_UUID",
    "API",
    "LOG",
    "INBOUND_CHAN",
    "OUTBOUND_CHAN",
    "STARTUP",
    "SHUTDOWN",
    "PUBLISH",
    "UNPUBLISH",
    "TALK",
    "NOTALK",
    "SESSION_CRASH",
    "MODULE_LOAD",
    "MODULE_UNLOAD",
    "DTMF",
    "MESSAGE",
    "PRESENCE_IN",
    "NOTIFY_IN",
    "PRESENCE_OUT",
    "PRESENCE_PROBE",
    "MESSAGE_WAITING",
    "MESSAGE_QUERY",
    "ROSTER",
    "CODEC",
    "BACKGROUND_JOB",
    "DETECTED_SPEECH",
    "DETECTED_TONE",
    "PRIVATE_COMMAND",
    "HEARTBEAT",
    "TRAP",
    "ADD_SCHEDULE",
    "DEL_SCHEDULE",
    "EXE_SCHEDULE",
    "RE_SCHEDULE",
    "RELOADXML",
    "NOTIFY",
    "PHONE_FEATURE",
    "PHONE_FEATURE_SUBSCRIBE",
    "SEND_MESSAGE",
    "RECV_MESSAGE",
    "REQUEST_PARAMS",
    "CHANNEL_DATA",
    "GENERAL",
    "COMMAND",
    "SESSION_HEARTBEAT",
    "CLIENT_DISCONNECTED",
    "SERVER_DISCONNECTED",
    "SEND_INFO",
    "RECV_INFO",
    "RECV_RTCP_MESSAGE",
    "SEND_RTCP_MESSAGE",
    "CALL_SECURE",
    "NAT",
    "RECORD_START",
    "RECORD_STOP",
    "PLAYBACK_START",
    "PLAYBACK_STOP",
    "CALL_UPDATE",
    "FAILURE",
    "SOCKET_DATA",
    "MEDIA_BUG_START",
    "MEDIA_BUG_STOP",
    "CONFERENCE_DATA_QUERY",
    "CONFERENCE_DATA",
    "CALL_SETUP_REQ",
    "CALL_SETUP_RESULT",
    "CALL_DETAIL",
    "DEVICE_STATE",
    "TEXT",
    "SHUTDOWN_REQUESTED",
    "ALL",
];

/// The subclass of a `CUSTOM` event, such as `callcenter::info`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subclass(Cow<'static, str>);

impl Subclass {
    /// A subclass from the source code.
    ///
    /// # Panics
    ///
    /// If the text is invalid; in a constant, at compile time.
    pub const fn literal(text: &'static str) -> Self {
        assert!(is_word(text, WORD_BYTES_MAX), "a subclass is up to 200 ASCII letters, digits and -_.:@/+");
        Self(Cow::Borrowed(text))
    }

    /// Checks the text: up to 200 ASCII letters, digits and `-_.:@/+`.
    ///
    /// # Errors
    ///
    /// If the text has another character, is empty or too long.
    pub fn new(text: &str) -> Result<Self, InvalidWord> {
        word("subclass", text, WORD_BYTES_MAX).map(|word| Self(word.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest id, name or password in a request, in bytes.
pub const WORD_BYTES_MAX: usize = 200;

/// The text is not a valid id or name for a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} cannot be a {kind}: expected 1 to {max} ASCII letters, digits or -_.:@/+")]
pub struct InvalidWord {
    kind: &'static str,
    text: String,
    max: usize,
}

const fn is_word(text: &str, max: usize) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !(bytes[at].is_ascii_alphanumeric()
            || matches!(bytes[at], b'-' | b'_' | b'.' | b':' | b'@' | b'/' | b'+'))
        {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty() && bytes.len() <= max
}

fn word(kind: &'static str, text: &str, max: usize) -> Result<String, InvalidWord> {
    if is_word(text, max) {
        Ok(text.into())
    } else {
        Err(InvalidWord { kind, text: text.chars().take(60).collect(), max })
    }
}

/// The client's id for a job or for the run of an application. The request contains it as `Job-UUID` or `Event-UUID`,
/// the events contain it as `Job-UUID` or `Application-UUID`. So an event can be matched before the reply is read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

impl JobId {
    /// Checks the text: up to 200 ASCII letters, digits and `-_.:@/+`.
    ///
    /// # Errors
    ///
    /// If the text has another character, is empty or too long.
    pub fn new(text: &str) -> Result<Self, InvalidWord> {
        word("job's name", text, WORD_BYTES_MAX).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a channel: the `Unique-ID` of its events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(String);

impl ChannelId {
    /// Checks the text: up to 200 ASCII letters, digits and `-_.:@/+`.
    ///
    /// # Errors
    ///
    /// If the text has another character, is empty or too long.
    pub fn new(text: &str) -> Result<Self, InvalidWord> {
        word("channel", text, WORD_BYTES_MAX).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest file path, in bytes.
pub const FILE_PATH_BYTES_MAX: usize = 2_048;

/// The absolute path of a file on the switch: letters and digits of any script and `/._-+`. FreeSWITCH reads such a
/// text as a path and as nothing else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

/// The text is no valid [`FilePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no path of a file: expected / and letters, digits or ._-+, up to {FILE_PATH_BYTES_MAX} bytes"
)]
pub struct InvalidFilePath(String);

impl FilePath {
    /// Checks the path.
    ///
    /// # Errors
    ///
    /// If the path is relative, has another character or is too long.
    pub fn new(path: &str) -> Result<Self, InvalidFilePath> {
        let is_safe = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
        if path.starts_with('/') && path.len() <= FILE_PATH_BYTES_MAX && path.chars().all(is_safe) {
            return Ok(Self(path.into()));
        }
        Err(InvalidFilePath(path.chars().take(60).collect()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a header, in a filter or in an event to send.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderName(String);

impl HeaderName {
    /// Checks the text: up to 200 ASCII letters, digits and `-_.:@/+`, and no keyword of `filter`.
    ///
    /// # Errors
    ///
    /// If the text has another character, is empty or too long, or is `add`, `all` or `delete`.
    pub fn new(text: &str) -> Result<Self, InvalidWord> {
        let taken = ["add", "all", "delete"].iter().any(|word| text.eq_ignore_ascii_case(word));
        word("header's name", if taken { "" } else { text }, WORD_BYTES_MAX).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A dialplan application. An unknown application hangs up the channel (hazard 14), so an application comes only from
/// the source code:
///
/// ```compile_fail
/// let from_outside = std::env::var("APPLICATION").unwrap();
/// hotlined_esl::vocabulary::App::named(&from_outside);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct App(&'static str);

impl App {
    /// An application by its name, from the source code.
    ///
    /// # Panics
    ///
    /// If the name has a character other than letters, digits and `_`; in a constant, at compile time.
    pub const fn named(name: &'static str) -> Self {
        assert_word(name);
        Self(name)
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

words!(App:
    ANSWER = "answer",
    ENDLESS_PLAYBACK = "endless_playback",
    PARK = "park",
    PLAY_AND_GET_DIGITS = "play_and_get_digits",
    PLAYBACK = "playback",
    PRE_ANSWER = "pre_answer",
    RECORD = "record",
    RECORD_SESSION = "record_session",
    SET = "set",
    SLEEP = "sleep",
    STOP_RECORD_SESSION = "stop_record_session",
);

/// Panics if the name of an application or command is not one word.
pub(super) const fn assert_word(name: &'static str) {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        assert!(bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_', "not one word");
        at += 1;
    }
}

/// FreeSWITCH's hangup causes. FreeSWITCH would replace an unknown cause by NORMAL_CLEARING.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HangupCause(&'static str);

impl HangupCause {
    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

words!(HangupCause:
    ALLOTTED_TIMEOUT = "ALLOTTED_TIMEOUT",
    CALL_REJECTED = "CALL_REJECTED",
    LOSE_RACE = "LOSE_RACE",
    NO_ANSWER = "NO_ANSWER",
    NO_ROUTE_DESTINATION = "NO_ROUTE_DESTINATION",
    NO_USER_RESPONSE = "NO_USER_RESPONSE",
    NORMAL_CIRCUIT_CONGESTION = "NORMAL_CIRCUIT_CONGESTION",
    NORMAL_CLEARING = "NORMAL_CLEARING",
    NORMAL_TEMPORARY_FAILURE = "NORMAL_TEMPORARY_FAILURE",
    NORMAL_UNSPECIFIED = "NORMAL_UNSPECIFIED",
    ORIGINATOR_CANCEL = "ORIGINATOR_CANCEL",
    SUBSCRIBER_ABSENT = "SUBSCRIBER_ABSENT",
    UNALLOCATED_NUMBER = "UNALLOCATED_NUMBER",
    USER_BUSY = "USER_BUSY",
    USER_NOT_REGISTERED = "USER_NOT_REGISTERED",
);

/// A password. It is written to the wire and never to a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The text is no valid password. The error does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password must have 1 to {WORD_BYTES_MAX} bytes and no control character such as a line end")]
pub struct InvalidSecret;

impl Secret {
    /// Checks the text. A password with a line end would start a second command.
    ///
    /// # Errors
    ///
    /// If the text is empty, longer than 200 bytes, or has a control character.
    pub fn new(text: &str) -> Result<Self, InvalidSecret> {
        let fits = (1..=WORD_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(InvalidSecret) }
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The user of `userauth`: `user@domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAtDomain(String);

impl UserAtDomain {
    /// Checks the text: letters, digits and `-_./+`, one `@`, no `:`, which would start the password.
    ///
    /// # Errors
    ///
    /// If the text is not `user@domain` or has another character.
    pub fn new(text: &str) -> Result<Self, InvalidWord> {
        let is_complete = text
            .split_once('@')
            .is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty() && !domain.contains('@'));
        let checked = if is_complete && !text.contains(':') { text } else { "" };
        word("user@domain", checked, WORD_BYTES_MAX).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
