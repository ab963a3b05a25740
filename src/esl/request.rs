//! What we say to the switch. Whatever can be made here can be sent: parts are checked where they are made.
//!
//! Absent on purpose: `getvar` (its reply is cut and not coded, hazard 9), `myevents` (ties the whole link to
//! one call, hazard 8), XML events, `log`, `sendevent` of any event but `CUSTOM` ones, and any way to send a line of text.
//!
//! ```
//! use hotlined_esl::argument::Argument;
//! use hotlined_esl::request::{ApiCall, Request};
//! use hotlined_esl::vocabulary::ChannelId;
//!
//! let channel = ChannelId::new("701c9af8-d4a8-42d9-8f84-f9ea13088ab2").unwrap();
//! let caller_name = "${system(reboot)}";
//! let argument = Argument::new().channel(&channel).literal(" shown_name ").outside(caller_name);
//! let mut bytes = bytes::BytesMut::new();
//! Request::Api(ApiCall::new("uuid_setvar", argument)).encode(&mut bytes);
//! let expected = "api uuid_setvar 701c9af8-d4a8-42d9-8f84-f9ea13088ab2 shown_name __system_reboot__\n\n";
//! assert_eq!(bytes, expected.as_bytes());
//! ```

use super::argument::Argument;
use super::event::Format;
use super::vocabulary::{
    App, ChannelId, EventName, HangupCause, HeaderName, JobId, Secret, Subclass, UserAtDomain, assert_word,
};
use bytes::{BufMut, BytesMut};

/// A request to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The password, asked for by [`Message::AuthRequest`](super::message::Message::AuthRequest).
    Auth {
        /// The event socket's own.
        password: Secret,
    },
    /// A directory user's password.
    UserAuth {
        /// Who.
        user: UserAtDomain,
        /// The user's `esl-password`.
        password: Secret,
    },
    /// Send these events from now on, too.
    Events {
        /// How they are written; the same for all events of the connection.
        format: Format,
        /// Which. When `custom` is empty too the switch answers `-ERR`.
        names: Vec<EventName>,
        /// Which `CUSTOM` events.
        custom: Vec<Subclass>,
    },
    /// Send no events any more.
    NoEvents,
    /// Send no lines of the log any more; who was sent none is answered `-ERR`, and nothing changes (MES:2449).
    NoLog,
    /// Send only events that have this header with this value; any of several filters will do. Events without
    /// the header stay away too, such as `BACKGROUND_JOB` and `HEARTBEAT` (hazard 7).
    Filter {
        /// Which header.
        header: HeaderName,
        /// Its value, compared without case; `+`, `-` and `/` at its start are left out.
        value: Argument,
    },
    /// Take such a filter away; without a value, all of the header.
    FilterDelete {
        /// Which header.
        header: HeaderName,
        /// Its value.
        value: Option<Argument>,
    },
    /// Run an API command while everything else on this link waits.
    Api(ApiCall),
    /// The same, and its answer ends what has this name. The switch passes the name over; a record of the connection
    /// keeps it.
    ApiAs {
        /// The command.
        call: ApiCall,
        /// Our name for it.
        job: JobId,
    },
    /// Run an API command aside; a `BACKGROUND_JOB` tells its end, unless the link is lost meanwhile.
    BgApi {
        /// The command.
        call: ApiCall,
        /// Our name for it.
        job: JobId,
    },
    /// Tell a leg to do something.
    SendMsg {
        /// The channel.
        channel: ChannelId,
        /// What.
        message: SendMsg,
    },
    /// Give all clients that asked for this subclass an event; the sender gets it too, if it asked. The switch
    /// answers `+OK` and the event's name.
    SendEvent {
        /// The subclass of the `CUSTOM` event.
        subclass: Subclass,
        /// Its other headers.
        headers: Vec<(HeaderName, Argument)>,
    },
    /// Keep the socket open after the leg it belongs to has ended.
    Linger {
        /// How long, in seconds; for ever when none.
        seconds: Option<u32>,
    },
    /// Do not.
    NoLinger,
    /// Close.
    Exit,
}

/// An API command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    command: &'static str,
    argument: Argument,
}

impl ApiCall {
    /// A command of our source code and its argument.
    ///
    /// # Panics
    ///
    /// If the command has anything but letters, digits and `_`.
    pub fn new(command: &'static str, argument: Argument) -> Self {
        assert_word(command);
        Self { command, argument }
    }

    /// The command's name.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// Its argument.
    pub fn argument(&self) -> &Argument {
        &self.argument
    }
}

/// What a leg is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendMsg {
    /// Run an application, after those that are queued already. `+OK` means queued.
    Execute {
        /// Which.
        application: App,
        /// Its argument.
        argument: Argument,
        /// Our name for this run; comes back as `Application-UUID`.
        event_uuid: Option<JobId>,
        /// How often; below zero for ever.
        loops: Option<i32>,
        /// Run the next one only when this one is done.
        event_lock: bool,
    },
    /// End the leg.
    HangUp {
        /// Why.
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
    /// Writes the request behind what `target` holds. It has to go out in one piece: while FreeSWITCH has half
    /// a request it sends no events (MES:1367).
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
                // A sign in front would turn the filter round or into a pattern (MES:319-333).
                let value = value.as_str().trim_start_matches(['+', '-', '/', ' ']);
                put(target, &["filter ", header.as_str(), " ", value]);
            }
            Self::FilterDelete { header, value } => {
                put(target, &["filter delete ", header.as_str()]);
                if let Some(value) = value {
                    put(target, &[" ", value.as_str()]);
                }
            }
            Self::Api(call) => put_call(target, "api ", call),
            Self::ApiAs { call, job } | Self::BgApi { call, job } => {
                let verb = if matches!(self, Self::ApiAs { .. }) { "api " } else { "bgapi " };
                put_call(target, verb, call);
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
            defuse(&mut target[start..]);
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

fn put_call(target: &mut BytesMut, verb: &str, call: &ApiCall) {
    put(target, &[verb, call.command]);
    if !call.argument.as_str().is_empty() {
        put(target, &[" ", call.argument.as_str()]);
    }
}

/// Writes the headers and returns the body: the argument, which as a body is not trimmed or cut at a colon
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

/// FreeSWITCH takes any head that mentions both `unload` or `reload` and `mod_event_socket` for the order to
/// close itself down (hazard 10, MES:1729), also in a caller's name. We never want that.
fn defuse(head: &mut [u8]) {
    const MODULE: &[u8] = b"mod_event_socket";
    for at in 0..head.len().saturating_sub(MODULE.len() - 1) {
        let word = &mut head[at..at + MODULE.len()];
        if word.eq_ignore_ascii_case(MODULE) {
            word[3] = b'-';
        }
    }
}
