//! Requests to the switch. Every request that can be constructed is safe to send: each part is checked when it is
//! created.
//!
//! Not here, on purpose: `getvar` (its reply is cut and not escaped, hazard 9), `myevents` (ties the whole connection
//! to one channel, hazard 8), XML events, `log`, `sendevent` of events other than `CUSTOM`, and any way to send a
//! line of free text.
//!
//! ```
//! use hotlined_esl::argument::Argument;
//! use hotlined_esl::request::{ApiCommand, Request};
//! use hotlined_esl::vocabulary::ChannelId;
//!
//! let channel = ChannelId::new("701c9af8-d4a8-42d9-8f84-f9ea13088ab2").unwrap();
//! let caller_name = "${system(reboot)}";
//! let argument = Argument::new().channel(&channel).literal(" shown_name ").untrusted(caller_name);
//! let mut bytes = bytes::BytesMut::new();
//! Request::Api(ApiCommand::new("uuid_setvar", argument)).encode(&mut bytes);
//! let expected = "api uuid_setvar 701c9af8-d4a8-42d9-8f84-f9ea13088ab2 shown_name __system_reboot__\n\n";
//! assert_eq!(bytes, expected.as_bytes());
//! ```

use crate::argument::Argument;
use crate::event::Format;
use crate::vocabulary::{
    App, ChannelId, EventName, HangupCause, HeaderName, JobId, Secret, Subclass, UserAtDomain, assert_word,
};
use bytes::{BufMut, BytesMut};

/// A request to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The password: the answer to [`Message::AuthRequest`](crate::message::Message::AuthRequest).
    Auth {
        /// The password of the event socket.
        password: Secret,
    },
    /// The user and password of a directory user.
    UserAuth {
        /// The user.
        user: UserAtDomain,
        /// The user's `esl-password`.
        password: Secret,
    },
    /// Subscribes to these events, in addition to earlier subscriptions.
    Events {
        /// How the events are written. One format holds for all events of the connection.
        format: Format,
        /// The events. If `custom` is empty, too, the switch answers `-ERR`.
        names: Vec<EventName>,
        /// The `CUSTOM` events, by subclass.
        custom: Vec<Subclass>,
    },
    /// Ends all subscriptions.
    NoEvents,
    /// Ends the subscription to log lines. Without one, the switch answers `-ERR` and nothing changes (MES:2449).
    NoLog,
    /// Adds a filter: the switch sends only events that have this header with this value. An event passes if one of
    /// several filters matches. Events without the header do not pass, such as `BACKGROUND_JOB` and `HEARTBEAT` (hazard
    /// 7).
    Filter {
        /// The name of the header.
        header: HeaderName,
        /// The value, compared without case. A leading `+`, `-` or `/` is dropped.
        value: Argument,
    },
    /// Removes a filter; without a value, all filters of this header.
    FilterDelete {
        /// The name of the header.
        header: HeaderName,
        /// The value.
        value: Option<Argument>,
    },
    /// Runs an API command. All other requests on this connection wait until it is done.
    Api(ApiCommand),
    /// As [`Api`](Self::Api), with a `Job-UUID` header. The switch ignores the header; a capture of the connection
    /// shows it, so the answer can be matched to the command there.
    ApiWithJobId {
        /// The command.
        command: ApiCommand,
        /// The id of the job.
        job: JobId,
    },
    /// Runs an API command in the background. A `BACKGROUND_JOB` event reports the end, unless the connection is lost
    /// before.
    BgApi {
        /// The command.
        command: ApiCommand,
        /// The id of the job.
        job: JobId,
    },
    /// Sends a message to a channel.
    SendMsg {
        /// The channel.
        channel: ChannelId,
        /// The message.
        message: SendMsg,
    },
    /// Sends an event to all clients that have subscribed to this subclass, also to the sender if it has subscribed.
    /// The switch answers `+OK` and the name of the event.
    SendEvent {
        /// The subclass of the `CUSTOM` event.
        subclass: Subclass,
        /// The other headers.
        headers: Vec<(HeaderName, Argument)>,
    },
    /// Keeps the socket open after its channel has ended.
    Linger {
        /// How long, in seconds; without limit if none.
        seconds: Option<u32>,
    },
    /// Ends `linger`.
    NoLinger,
    /// Closes the connection.
    Exit,
}

/// An API command with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCommand {
    name: &'static str,
    argument: Argument,
}

impl ApiCommand {
    /// An API command. The name comes from the source code.
    ///
    /// # Panics
    ///
    /// If the name has a character other than letters, digits and `_`.
    pub fn new(command: &'static str, argument: Argument) -> Self {
        assert_word(command);
        Self { name: command, argument }
    }

    /// The name of the command.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The argument.
    pub fn argument(&self) -> &Argument {
        &self.argument
    }
}

/// A message to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendMsg {
    /// Runs an application after the applications that are already queued. `+OK` means queued.
    Execute {
        /// The application.
        application: App,
        /// The argument.
        argument: Argument,
        /// The id of this run. Events about the run have it as `Application-UUID`.
        event_uuid: Option<JobId>,
        /// How many times; without end if negative.
        loops: Option<i32>,
        /// Whether the next application waits until this one is done.
        event_lock: bool,
    },
    /// Hangs up the channel.
    HangUp {
        /// The hangup cause.
        cause: HangupCause,
    },
}

impl SendMsg {
    /// Runs an application once.
    pub fn execute(application: App, argument: Argument) -> Self {
        Self::Execute { application, argument, event_uuid: None, loops: None, event_lock: false }
    }
}

impl Request {
    /// Appends the request to `target`. Write the bytes to the socket in one piece: while FreeSWITCH has half a
    /// request, it sends no events (MES:1367).
    pub fn encode(&self, target: &mut BytesMut) {
        let start = target.len();
        let mut body = "";
        match self {
            Self::Auth { password } => put(target, &["auth ", password.expose()]),
            Self::UserAuth { user, password } => {
                put(target, &["userauth ", user.as_str(), ":", password.expose()]);
            }
            Self::Events { format, names, custom } => put_events(target, *format, names, custom),
            Self::NoEvents => put(target, &["noevents"]),
            Self::NoLog => put(target, &["nolog"]),
            Self::Filter { header, value } => {
                // A leading sign would negate the filter or make a pattern of it (MES:319-333).
                let value = value.as_str().trim_start_matches(['+', '-', '/', ' ']);
                put(target, &["filter ", header.as_str(), " ", value]);
            }
            Self::FilterDelete { header, value } => {
                put(target, &["filter delete ", header.as_str()]);
                if let Some(value) = value {
                    put(target, &[" ", value.as_str()]);
                }
            }
            Self::Api(command) => put_command(target, "api ", command),
            Self::ApiWithJobId { command, job } | Self::BgApi { command, job } => {
                let verb = if matches!(self, Self::ApiWithJobId { .. }) { "api " } else { "bgapi " };
                put_command(target, verb, command);
                put(target, &["\nJob-UUID: ", job.as_str()]);
            }
            Self::SendMsg { channel, message } => {
                put(target, &["sendmsg ", channel.as_str(), "\n"]);
                body = put_message(target, message);
            }
            Self::SendEvent { subclass, headers } => {
                put(target, &["sendevent CUSTOM\nEvent-Subclass: ", subclass.as_str()]);
                for (name, value) in headers {
                    put(target, &["\n", name.as_str(), ": ", value.as_str()]);
                }
            }
            Self::Linger { seconds: None } => put(target, &["linger"]),
            Self::Linger { seconds: Some(seconds) } => put(target, &["linger ", &seconds.to_string()]),
            Self::NoLinger => put(target, &["nolinger"]),
            Self::Exit => put(target, &["exit"]),
        }
        put(target, &["\n\n"]);
        if !matches!(self, Self::Auth { .. } | Self::UserAuth { .. }) {
            break_module_name(&mut target[start..]);
        }
        target.put_slice(body.as_bytes());
    }
}

fn put(target: &mut BytesMut, parts: &[&str]) {
    for part in parts {
        target.put_slice(part.as_bytes());
    }
}

fn put_events(target: &mut BytesMut, format: Format, names: &[EventName], custom: &[Subclass]) {
    put(target, &["event ", if format == Format::Plain { "plain" } else { "json" }]);
    for name in names {
        put(target, &[" ", name.as_str()]);
    }
    // Every word behind `CUSTOM` is a subclass (hazard 6), so it comes last.
    if !custom.is_empty() {
        put(target, &[" CUSTOM"]);
    }
    for subclass in custom {
        put(target, &[" ", subclass.as_str()]);
    }
}

fn put_command(target: &mut BytesMut, verb: &str, command: &ApiCommand) {
    put(target, &[verb, command.name]);
    if !command.argument.as_str().is_empty() {
        put(target, &[" ", command.argument.as_str()]);
    }
}

/// Writes the headers and returns the body: the argument. As a body, the argument is not trimmed and not cut at a colon
/// (switch_ivr.c:567).
fn put_message<'a>(target: &mut BytesMut, message: &'a SendMsg) -> &'a str {
    let SendMsg::Execute { application, argument, event_uuid, loops, event_lock } = message else {
        let SendMsg::HangUp { cause } = message else { return "" };
        put(target, &["call-command: hangup\nhangup-cause: ", cause.as_str()]);
        return "";
    };
    put(target, &["call-command: execute\nexecute-app-name: ", application.as_str()]);
    if let Some(event_uuid) = event_uuid {
        put(target, &["\nEvent-UUID: ", event_uuid.as_str()]);
    }
    if let Some(loops) = loops {
        put(target, &["\nloops: ", &loops.to_string()]);
    }
    if *event_lock {
        put(target, &["\nevent-lock: true"]);
    }
    let argument = argument.as_str();
    if !argument.is_empty() {
        let length = argument.len().to_string();
        put(target, &["\ncontent-type: text/plain\ncontent-length: ", &length]);
    }
    argument
}

/// Changes every `mod_event_socket` of a head. FreeSWITCH closes the event socket down on any head that contains both
/// `unload` or `reload` and `mod_event_socket` (hazard 10, MES:1729), also in a caller's name.
fn break_module_name(head: &mut [u8]) {
    const MODULE: &[u8] = b"mod_event_socket";
    for at in 0..head.len().saturating_sub(MODULE.len() - 1) {
        let word = &mut head[at..at + MODULE.len()];
        if word.eq_ignore_ascii_case(MODULE) {
            word[3] = b'-';
        }
    }
}
