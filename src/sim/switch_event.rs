//! The events the exchange reports, with the headers that FreeSWITCH 1.10.12 gives them.
//!
//! Headers stand here as they are; the wire's encoder percent-encodes them. Which events carry variables is
//! FreeSWITCH's own list (`switch_channel_event_set_extended_data`, switch_channel.c:2758). Fewer SIP and RTP
//! variables are made up than a real channel has.

use super::channel::{CallState, Channel, Direction, OtherLeg, State, Uuid};
use super::model::SwitchModel;
use bytes::Bytes;
use hotlined_core::time::Instant;
use hotlined_esl::event::Format;
use hotlined_esl::event_writer;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::vocabulary::EventName;
use std::borrow::Cow;

/// A header of an event.
pub type Header = (Cow<'static, str>, Cow<'static, str>);

/// Something the exchange tells everybody who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchEvent {
    /// Its headers, in order, `Event-Name` first as a rule; a name may stand twice.
    pub headers: Vec<Header>,
    /// Its body, where it has one.
    pub body: Option<String>,
}

impl SwitchEvent {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// Its `Event-Name`.
    pub fn name(&self) -> &str {
        self.header("Event-Name").unwrap_or_default()
    }

    /// As it is written on the wire.
    pub fn encoded(&self, format: Format) -> Bytes {
        let headers = self.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        if format == Format::Plain {
            return event_writer::plain_of(headers, self.body.as_deref());
        }
        let writer = headers.fold(EventWriter::bare(), |writer, (name, value)| writer.header(name, value));
        match &self.body {
            Some(body) => writer.body(body).encoded(format),
            None => writer.encoded(format),
        }
    }
}

/// A header with a fixed name.
pub(super) fn header(name: &'static str, value: impl Into<Cow<'static, str>>) -> Header {
    (Cow::Borrowed(name), value.into())
}

/// Core-UUID of every simulated exchange.
pub(super) const CORE_UUID: &str = "5e0a1b2c-0000-4000-8000-5157c4e00001";
/// The version it claims to be.
pub(super) const VERSION: &str = "1.10.12-release+git~20240802T210227Z~a88d069d6f~64bit";

/// Microseconds since 1970, as FreeSWITCH stamps them; 0 for never.
pub(super) fn micros(at: Option<Instant>) -> String {
    at.map_or(0, |at| at.0.saturating_mul(1_000)).to_string()
}

/// The dates of the current second, made once a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    second: u64,
    local: String,
    gmt: String,
}

impl Dates {
    fn at(&mut self, now: Instant) -> (String, String) {
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

    /// The local date and time of a moment.
    pub fn stamp(at: Instant) -> String {
        Self::default().at(at).0
    }
}

/// The place in FreeSWITCH's source that such an event names.
fn place(name: &str) -> (&'static str, &'static str, &'static str) {
    match name {
        "CHANNEL_EXECUTE" => ("switch_core_session.c", "switch_core_session_exec", "2945"),
        "CHANNEL_EXECUTE_COMPLETE" => ("switch_core_session.c", "switch_core_session_exec", "2967"),
        "CHANNEL_PARK" => ("switch_ivr.c", "switch_ivr_park", "1003"),
        "CHANNEL_UNPARK" => ("switch_ivr.c", "switch_ivr_park", "1203"),
        "PLAYBACK_START" => ("switch_ivr_play_say.c", "switch_ivr_play_file", "1646"),
        "PLAYBACK_STOP" => ("switch_ivr_play_say.c", "switch_ivr_play_file", "2020"),
        "CHANNEL_HANGUP" => ("switch_channel.c", "switch_channel_perform_hangup", "3445"),
        "CHANNEL_HANGUP_COMPLETE" => {
            ("switch_core_state_machine.c", "switch_core_session_reporting_state", "943")
        }
        "CHANNEL_CALLSTATE" => ("switch_channel.c", "switch_channel_perform_set_callstate", "301"),
        "CHANNEL_ANSWER" => ("switch_channel.c", "switch_channel_perform_mark_answered", "3846"),
        "CHANNEL_BRIDGE" => ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", "1766"),
        "CHANNEL_UNBRIDGE" => ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", "1879"),
        "BACKGROUND_JOB" => ("mod_event_socket.c", "api_exec", "1572"),
        "API" => ("switch_loadable_module.c", "switch_api_execute", "2954"),
        "DTMF" => ("switch_channel.c", "switch_channel_dequeue_dtmf", "677"),
        "HEARTBEAT" => ("switch_core.c", "send_heartbeat", "95"),
        "RE_SCHEDULE" | "ADD_SCHEDULE" | "DEL_SCHEDULE" | "EXE_SCHEDULE" => {
            ("switch_scheduler.c", "switch_scheduler_execute", "73")
        }
        _ => ("switch_channel.c", "switch_channel_perform_set_running_state", "2408"),
    }
}

/// Whether an event of this name carries all of its channel's variables.
fn carries_variables(name: &str) -> bool {
    matches!(
        name,
        "CHANNEL_CREATE"
            | "CHANNEL_ORIGINATE"
            | "CHANNEL_UUID"
            | "CHANNEL_ANSWER"
            | "CHANNEL_PARK"
            | "CHANNEL_UNPARK"
            | "CHANNEL_BRIDGE"
            | "CHANNEL_UNBRIDGE"
            | "CHANNEL_PROGRESS"
            | "CHANNEL_PROGRESS_MEDIA"
            | "CHANNEL_HANGUP"
            | "CHANNEL_HANGUP_COMPLETE"
            | "CHANNEL_DATA"
            | "CHANNEL_EXECUTE"
            | "CHANNEL_EXECUTE_COMPLETE"
            | "CHANNEL_DESTROY"
            | "RECORD_START"
            | "RECORD_STOP"
            | "PLAYBACK_START"
            | "PLAYBACK_STOP"
    )
}

impl SwitchModel {
    /// An event that is about no channel.
    pub(super) fn event(&mut self, name: &'static str, headers: Vec<Header>, body: Option<String>) {
        if !self.is_listened(name) {
            return self.pass_over();
        }
        let mut all = self.stamp(name);
        all.extend(headers);
        self.tell(SwitchEvent { headers: all, body });
    }

    /// An event about a channel, with what such an event adds after the channel's data.
    pub(super) fn about(&mut self, uuid: &Uuid, name: &'static str, after: Vec<Header>) {
        self.about_with(uuid, name, Vec::new(), after, None);
    }

    /// An event about a channel, with what such an event adds before and after the channel's data.
    pub(super) fn about_with(
        &mut self,
        uuid: &Uuid,
        name: &'static str,
        before: Vec<Header>,
        after: Vec<Header>,
        body: Option<String>,
    ) {
        if !self.is_listened(name) && self.channels.contains_key(uuid) {
            self.pass_over();
            return self.table_follows(uuid);
        }
        let mut headers = self.stamp(name);
        headers.extend(before);
        let Some(channel) = self.channels.get(uuid) else { return };
        channel_headers(channel, &mut headers);
        if carries_variables(name) {
            variables(channel, &mut headers);
        }
        headers.extend(after);
        self.tell(SwitchEvent { headers, body });
        self.table_follows(uuid);
    }

    /// An event that nobody listens to: it takes its number, and that is all.
    fn pass_over(&mut self) {
        self.sequence += 1;
        self.stats.events += 1;
    }

    /// The application `event`: an event about the channel under a name the dialplan chose, with headers it
    /// chose (mod_dptools.c:1895). The real one writes them before the channel's data, `Event-Name` among them.
    pub(super) fn event_by_hand(&mut self, uuid: &Uuid, data: &str) {
        const ARGUMENTS_MAX: usize = 25;
        let pairs = data.split(',').take(ARGUMENTS_MAX).filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        let is_name = |name: &str| name.eq_ignore_ascii_case("Event-Name");
        let (named, before): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| is_name(name));
        let name = named.into_iter().last().map_or_else(|| "CHANNEL_APPLICATION".into(), |(_, name)| name);
        let mut headers = self.stamp("CHANNEL_APPLICATION");
        headers[0].1 = name.clone().into();
        headers.extend(before.into_iter().map(|(name, value)| (name.into(), value.into())));
        let Some(channel) = self.channels.get(uuid) else { return };
        channel_headers(channel, &mut headers);
        if carries_variables(&name) {
            variables(channel, &mut headers);
        }
        self.tell(SwitchEvent { headers, body: None });
    }

    /// An event that a client sent: everybody hears it who listens to such, the client, too. One of a name that the
    /// switch does not know goes nowhere (the real one tells it to those who listen to all). Gives the event's name.
    pub(super) fn event_of_client(
        &mut self,
        name: &str,
        headers: Vec<(String, String)>,
        body: Option<String>,
    ) -> Uuid {
        let uuid = self.chance.uuid();
        let (subclass, rest): (Vec<_>, Vec<_>) =
            headers.into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("Event-Subclass"));
        let name = name.to_ascii_uppercase();
        let known =
            if name == "CUSTOM" { Some("CUSTOM") } else { EventName::new(&name).ok().map(EventName::as_str) };
        let Some(name) = known else { return uuid };
        let all = subclass.into_iter().chain(rest);
        let mut headers: Vec<Header> = all.map(|(name, value)| (name.into(), value.into())).collect();
        headers.push(header("Event-UUID", uuid.to_string()));
        headers.extend(self.stamp(name));
        self.tell(SwitchEvent { headers, body });
        uuid
    }

    /// The channel enters a state, and says so. A caller's counts as ringing while it is being routed, also
    /// when it was answered long ago (switch_channel.c:2396).
    pub(super) fn enter(&mut self, uuid: &Uuid, state: State) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.state = state;
        channel.going_to = None;
        let ends = matches!(state, State::Hangup | State::Reporting | State::Destroy);
        let call_state = match channel.media().then_some(channel.direction) {
            Some(Direction::Inbound) if !ends => Some(match (state, channel.answered) {
                (State::Routing, _) => CallState::Ringing,
                (_, true) => CallState::Active,
                (_, false) => CallState::Early,
            }),
            _ => None,
        };
        if let Some(call_state) = call_state {
            self.call_state(uuid, call_state);
        }
        self.about(uuid, "CHANNEL_STATE", Vec::new());
    }

    /// What `uuid_dump` prints of a channel, as an event named `CHANNEL_DATA`.
    pub(super) fn channel_data(&mut self, uuid: &Uuid) -> Option<SwitchEvent> {
        let mut headers = self.stamp("CHANNEL_DATA");
        let channel = self.channels.get(uuid)?;
        channel_headers(channel, &mut headers);
        variables(channel, &mut headers);
        Some(SwitchEvent { headers, body: None })
    }

    fn stamp(&mut self, name: &'static str) -> Vec<Header> {
        self.sequence += 1;
        let (local, gmt) = self.dates.at(self.now);
        let (file, function, line) = place(name);
        let mut headers = Vec::with_capacity(96);
        headers.extend([
            header("Event-Name", name),
            header("Core-UUID", CORE_UUID),
            header("FreeSWITCH-Hostname", "sim"),
            header("FreeSWITCH-Switchname", "sim"),
            header("FreeSWITCH-IPv4", "127.0.0.1"),
            header("FreeSWITCH-IPv6", "::1"),
            header("Event-Date-Local", local),
            header("Event-Date-GMT", gmt),
            header("Event-Date-Timestamp", micros(Some(self.now))),
            header("Event-Calling-File", file),
            header("Event-Calling-Function", function),
            header("Event-Calling-Line-Number", line),
            header("Event-Sequence", self.sequence.to_string()),
        ]);
        headers
    }
}

/// The headers that every event about a channel has.
fn channel_headers(channel: &Channel, to: &mut Vec<Header>) {
    // The name is that of the state the channel's thread is in, the number that of the one it is to be in.
    let number = if channel.cause.is_some() && channel.state != State::Reporting {
        State::Hangup.number()
    } else {
        channel.going_to.unwrap_or(channel.state).number()
    };
    let inbound = channel.direction == Direction::Inbound;
    let call = match (&channel.bridge, channel.originator) {
        (Some(peer), false) => peer.to_string(),
        _ => channel.uuid.to_string(),
    };
    to.extend([
        header("Channel-State", channel.state.name()),
        header("Channel-Call-State", channel.call_state.name()),
        header("Channel-State-Number", number),
        header("Channel-Name", channel.name.clone()),
        header("Unique-ID", channel.uuid.to_string()),
        header("Call-Direction", channel.direction.name()),
        header("Presence-Call-Direction", channel.direction.name()),
        header("Channel-HIT-Dialplan", if inbound { "true" } else { "false" }),
        header("Channel-Call-UUID", call),
        header("Answer-State", channel.answer_state()),
    ]);
    if let Some(cause) = &channel.cause {
        to.push(header("Hangup-Cause", cause.clone()));
    }
    if channel.state == State::New {
        return;
    }
    if inbound || channel.media() {
        to.extend([
            header("Channel-Read-Codec-Name", "PCMA"),
            header("Channel-Read-Codec-Rate", "8000"),
            header("Channel-Read-Codec-Bit-Rate", "64000"),
            header("Channel-Write-Codec-Name", "PCMA"),
            header("Channel-Write-Codec-Rate", "8000"),
            header("Channel-Write-Codec-Bit-Rate", "64000"),
        ]);
    }
    caller_headers(channel, inbound, to);
    if let Some(other) = &channel.other {
        other_headers(other, to);
    }
}

fn caller_headers(channel: &Channel, inbound: bool, to: &mut Vec<Header>) {
    to.extend([
        header("Caller-Direction", channel.direction.name()),
        header("Caller-Logical-Direction", channel.direction.name()),
    ]);
    if inbound {
        to.extend([
            header("Caller-Username", channel.number.clone()),
            header("Caller-Dialplan", "XML"),
            header("Caller-Caller-ID-Name", channel.number.clone()),
        ]);
    }
    to.push(header("Caller-Caller-ID-Number", channel.number.clone()));
    if inbound {
        to.push(header("Caller-Orig-Caller-ID-Name", channel.number.clone()));
    }
    to.push(header("Caller-Orig-Caller-ID-Number", channel.number.clone()));
    if !inbound {
        to.push(header("Caller-Callee-ID-Name", "Outbound Call"));
        to.push(header("Caller-Callee-ID-Number", channel.destination.clone()));
    }
    to.extend([
        header("Caller-Network-Addr", "127.0.0.1"),
        header("Caller-ANI", channel.number.clone()),
        header("Caller-Destination-Number", channel.destination.clone()),
        header("Caller-Unique-ID", channel.uuid.to_string()),
        header("Caller-Source", if inbound { "mod_sofia" } else { "src/switch_ivr_originate.c" }),
        header("Caller-Context", if inbound { "public" } else { "default" }),
        header("Caller-Channel-Name", channel.name.clone()),
        header("Caller-Profile-Index", channel.profile.to_string()),
        header("Caller-Profile-Created-Time", micros(Some(channel.created))),
        header("Caller-Channel-Created-Time", micros(Some(channel.created))),
        header("Caller-Channel-Answered-Time", micros(channel.answered_at)),
        header("Caller-Channel-Progress-Time", micros(channel.progress_at)),
        header("Caller-Channel-Progress-Media-Time", micros(channel.media_at)),
        header("Caller-Channel-Hangup-Time", micros(channel.hungup_at)),
        header("Caller-Channel-Transfer-Time", "0"),
        header("Caller-Channel-Resurrect-Time", "0"),
        header("Caller-Channel-Bridged-Time", micros(channel.bridged_at)),
        header("Caller-Channel-Last-Hold", "0"),
        header("Caller-Channel-Hold-Accum", "0"),
        header("Caller-Screen-Bit", "true"),
        header("Caller-Privacy-Hide-Name", "false"),
        header("Caller-Privacy-Hide-Number", "false"),
    ]);
}

fn other_headers(other: &OtherLeg, to: &mut Vec<Header>) {
    to.extend([
        header("Other-Type", if other.originatee { "originatee" } else { "originator" }),
        header("Other-Leg-Direction", other.direction.name()),
        header("Other-Leg-Logical-Direction", "inbound"),
        header("Other-Leg-Caller-ID-Number", other.number.clone()),
        header("Other-Leg-Orig-Caller-ID-Number", other.number.clone()),
        header("Other-Leg-Network-Addr", "127.0.0.1"),
        header("Other-Leg-ANI", other.number.clone()),
        header("Other-Leg-Destination-Number", other.destination.clone()),
        header("Other-Leg-Unique-ID", other.uuid.to_string()),
        header("Other-Leg-Source", if other.originatee { "src/switch_ivr_originate.c" } else { "mod_sofia" }),
        header("Other-Leg-Context", if other.originatee { "default" } else { "public" }),
        header("Other-Leg-Channel-Name", other.name.clone()),
        header("Other-Leg-Channel-Created-Time", "0"),
        header("Other-Leg-Channel-Answered-Time", "0"),
        header("Other-Leg-Channel-Hangup-Time", "0"),
        header("Other-Leg-Screen-Bit", "true"),
        header("Other-Leg-Privacy-Hide-Name", "false"),
        header("Other-Leg-Privacy-Hide-Number", "false"),
    ]);
}

fn variables(channel: &Channel, to: &mut Vec<Header>) {
    let all = channel.variables.iter();
    to.extend(all.map(|(name, value)| (format!("variable_{name}").into(), value.clone().into())));
    if channel.state == State::Reporting {
        to.extend([
            header("variable_start_stamp", Dates::stamp(channel.created)),
            header("variable_start_epoch", (channel.created.0 / 1_000).to_string()),
            header("variable_start_uepoch", micros(Some(channel.created))),
            header("variable_answer_uepoch", micros(channel.answered_at)),
            header("variable_bridge_uepoch", micros(channel.bridged_at)),
            header("variable_progress_uepoch", micros(channel.progress_at)),
            header("variable_progress_media_uepoch", micros(channel.media_at)),
            header("variable_end_uepoch", micros(channel.hungup_at)),
            header("variable_hangup_cause", channel.cause.clone().unwrap_or_default()),
        ]);
    }
}
