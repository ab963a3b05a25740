//! How the simulated switch emits events: each event takes a sequence number, gets its headers and goes to the
//! listeners.

use super::channel::{ChannelCallState, ChannelState, Direction, Uuid};
use super::channel_headers::{channel_headers, variable_headers};
use super::model::SwitchModel;
use super::switch_event::{CORE_UUID, Header, SwitchEvent, epoch_micros, header};
use hotlined_core::time::Millis;
use hotlined_esl::vocabulary::EventName;

/// The file, function and line of FreeSWITCH's source for the `Event-Calling-…` headers of an event.
fn source_location(name: &str) -> (&'static str, &'static str, &'static str) {
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

/// Whether events of this name carry all variables of the channel.
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
    /// Emits an event that belongs to no channel.
    pub(super) fn event(&mut self, name: &'static str, headers: Vec<Header>, body: Option<String>) {
        if !self.has_listener(name) {
            return self.skip_event();
        }
        let mut all = self.base_headers(name);
        all.extend(headers);
        self.emit(SwitchEvent { headers: all, body });
    }

    /// Emits an event of a channel. The headers `after` stand behind the channel's headers.
    pub(super) fn channel_event(&mut self, uuid: &Uuid, name: &'static str, after: Vec<Header>) {
        self.channel_event_with(uuid, name, Vec::new(), after, None);
    }

    /// Emits an event of a channel. The headers `before` and `after` stand around the channel's headers.
    pub(super) fn channel_event_with(
        &mut self,
        uuid: &Uuid,
        name: &'static str,
        before: Vec<Header>,
        after: Vec<Header>,
        body: Option<String>,
    ) {
        if !self.has_listener(name) && self.channels.contains_key(uuid) {
            self.skip_event();
            return self.update_channel_list(uuid);
        }
        let mut headers = self.base_headers(name);
        headers.extend(before);
        let Some(channel) = self.channels.get(uuid) else { return };
        channel_headers(channel, &mut headers);
        if carries_variables(name) {
            variable_headers(channel, &mut headers);
        }
        headers.extend(after);
        self.emit(SwitchEvent { headers, body });
        self.update_channel_list(uuid);
    }

    /// Counts an event without listeners. The event takes its sequence number and is not built.
    fn skip_event(&mut self) {
        self.sequence += 1;
        self.stats.events += 1;
    }

    /// The application `event`: emits an event of the channel with the name and headers that the dialplan gives
    /// (mod_dptools.c:1895). A real switch writes these headers before the channel's headers, `Event-Name` among them.
    pub(super) fn app_event(&mut self, uuid: &Uuid, data: &str) {
        const ARGUMENTS_MAX: usize = 25;
        let pairs = data.split(',').take(ARGUMENTS_MAX).filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        let is_name = |name: &str| name.eq_ignore_ascii_case("Event-Name");
        let (named, before): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| is_name(name));
        let name = named.into_iter().last().map_or_else(|| "CHANNEL_APPLICATION".into(), |(_, name)| name);
        let mut headers = self.base_headers("CHANNEL_APPLICATION");
        headers[0].1 = name.clone().into();
        headers.extend(before.into_iter().map(|(name, value)| (name.into(), value.into())));
        let Some(channel) = self.channels.get(uuid) else { return };
        channel_headers(channel, &mut headers);
        if carries_variables(&name) {
            variable_headers(channel, &mut headers);
        }
        self.emit(SwitchEvent { headers, body: None });
    }

    /// `sendevent`: emits a client's event to all its listeners, also to the client. Returns the `Event-UUID`. An event
    /// with an unknown name is not emitted (a real switch sends it to the clients that subscribed to `ALL`).
    pub(super) fn client_event(
        &mut self,
        name: &str,
        headers: Vec<(String, String)>,
        body: Option<String>,
    ) -> Uuid {
        let uuid = self.rng.uuid();
        let (subclass, rest): (Vec<_>, Vec<_>) =
            headers.into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("Event-Subclass"));
        let name = name.to_ascii_uppercase();
        let known =
            if name == "CUSTOM" { Some("CUSTOM") } else { EventName::new(&name).ok().map(EventName::as_str) };
        let Some(name) = known else { return uuid };
        let all = subclass.into_iter().chain(rest);
        let mut headers: Vec<Header> = all.map(|(name, value)| (name.into(), value.into())).collect();
        headers.push(header("Event-UUID", uuid.to_string()));
        headers.extend(self.base_headers(name));
        self.emit(SwitchEvent { headers, body });
        uuid
    }

    /// The channel enters a state and emits `CHANNEL_STATE`. A caller's leg counts as ringing while it is in
    /// `CS_ROUTING`, also when it was answered long ago (switch_channel.c:2396).
    pub(super) fn set_state(&mut self, uuid: &Uuid, state: ChannelState) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.state = state;
        channel.next_state = None;
        let ends = matches!(state, ChannelState::Hangup | ChannelState::Reporting | ChannelState::Destroy);
        let call_state = match channel.has_media().then_some(channel.direction) {
            Some(Direction::Inbound) if !ends => Some(match (state, channel.answered) {
                (ChannelState::Routing, _) => ChannelCallState::Ringing,
                (_, true) => ChannelCallState::Active,
                (_, false) => ChannelCallState::Early,
            }),
            _ => None,
        };
        if let Some(call_state) = call_state {
            self.set_call_state(uuid, call_state);
        }
        self.channel_event(uuid, "CHANNEL_STATE", Vec::new());
    }

    /// The data that `uuid_dump` prints of a channel, as an event named `CHANNEL_DATA`.
    pub(super) fn channel_data(&mut self, uuid: &Uuid) -> Option<SwitchEvent> {
        let mut headers = self.base_headers("CHANNEL_DATA");
        let channel = self.channels.get(uuid)?;
        channel_headers(channel, &mut headers);
        variable_headers(channel, &mut headers);
        Some(SwitchEvent { headers, body: None })
    }

    fn base_headers(&mut self, name: &'static str) -> Vec<Header> {
        self.sequence += 1;
        let (local, gmt) = self.dates.at(self.now);
        let (file, function, line) = source_location(name);
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
            header("Event-Date-Timestamp", epoch_micros(Some(self.now))),
            header("Event-Calling-File", file),
            header("Event-Calling-Function", function),
            header("Event-Calling-Line-Number", line),
            header("Event-Sequence", self.sequence.to_string()),
        ]);
        headers
    }

    /// Schedules the change of this channel in the list of `show channels`, with a random lag.
    pub(super) fn update_channel_list(&mut self, uuid: &Uuid) {
        let (least, most) = self.config.channel_list_lag_ms;
        if most == 0 {
            return;
        }
        let lag = Millis(self.rng.between(least, most));
        self.channel_list.add_change(self.now + lag, self.now, uuid, self.channels.get(uuid));
    }
}
