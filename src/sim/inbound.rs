//! A caller's leg: the call's arrival, the dialplan, the answer; and the switch's own scheduler and heartbeat.

use super::actors::{Caller, HangsUp};
use super::channel::{Channel, ChannelCallState, ChannelState, Direction, Uuid};
use super::dialplan::FALLBACK;
use super::model::{ScheduledEvent, SwitchModel, Task, TaskAction};
use super::stats::{CallReport, TimelineEvent};
use super::switch_event::{VERSION, header};
use hotlined_core::time::{Instant, Millis};

/// How often the switch's scheduler looks at its tasks (switch_scheduler.c:379). Tasks count whole seconds of the wall
/// clock, so a task at `+4` runs after 3 s at the earliest and 4.1 s at the latest.
const SCHEDULER_POLL_MS: u64 = 100;

impl SwitchModel {
    /// A caller dials: makes the caller's leg and runs the dialplan.
    pub(super) fn dial(&mut self, caller: Caller) {
        let uuid: Uuid = match &caller.leg {
            Some(leg) => leg.to_string().into(),
            None => self.rng.uuid(),
        };
        if self.channels.contains_key(&uuid) {
            return;
        }
        self.sessions += 1;
        let mut channel = Channel::new(uuid.clone(), Direction::Inbound, self.sessions, self.now);
        channel.name = format!("sofia/trunk/{}@127.0.0.1:5090", caller.number);
        channel.number.clone_from(&caller.number);
        channel.destination.clone_from(&caller.dialled);
        channel.dialled.clone_from(&caller.dialled);
        channel.hangs_up = caller.hangs_up;
        channel.sends_bye = caller.sends_bye;
        channel.replies.clone_from(&caller.replies);
        let now = self.now;
        channel.speech =
            caller.speech.iter().map(|speech| (now + speech.at, now + speech.at + speech.lasts)).collect();
        channel.speech.sort();
        set_inbound_variables(&mut channel, &caller, self.now);
        self.channels.insert(uuid.clone(), channel);
        self.count_channels();
        self.stats.calls.insert(uuid.clone(), new_report(&uuid, &caller, self.now));
        self.record_event(TimelineEvent::Dialled {
            leg: uuid.clone(),
            number: caller.number.clone(),
            dialled: caller.dialled.clone(),
        });
        if let HangsUp::AfterDialling(wait) = caller.hangs_up {
            self.schedule_at(self.now + wait, ScheduledEvent::PersonLeaves(uuid.clone()));
        }
        for key in &caller.keys {
            self.schedule_at(self.now + key.at, ScheduledEvent::PersonPresses(uuid.clone(), key.key));
        }
        self.channel_event(&uuid, "CHANNEL_STATE", Vec::new());
        self.set_state(&uuid, ChannelState::Init);
        self.channel_event(&uuid, "CHANNEL_CREATE", Vec::new());
        self.set_call_state(&uuid, ChannelCallState::Ringing);
        self.set_state(&uuid, ChannelState::Routing);
        self.route(&uuid);
    }

    /// Takes the dialplan actions of the channel's destination and runs them.
    pub(super) fn route(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(actions) = self.config.dialplan.actions(channel) else {
            self.hang_up_now(uuid, "NO_ROUTE_DESTINATION", true);
            return;
        };
        channel.dialplan_actions = actions.into();
        if channel.destination == FALLBACK && channel.direction == Direction::Inbound {
            self.stats.call(uuid, |call| call.fell_back = true);
            self.record_event(TimelineEvent::FallbackStarted { leg: uuid.clone() });
        }
        self.set_state(uuid, ChannelState::Execute);
        self.run_dialplan(uuid);
    }

    /// Sets `Channel-Call-State` and emits `CHANNEL_CALLSTATE` if the state changes.
    pub(super) fn set_call_state(&mut self, uuid: &Uuid, to: ChannelCallState) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let before = std::mem::replace(&mut channel.call_state, to);
        if before != to {
            let headers = vec![
                header("Original-Channel-Call-State", before.name()),
                header("Channel-Call-State-Number", to.number()),
            ];
            self.channel_event_with(uuid, "CHANNEL_CALLSTATE", headers, Vec::new(), None);
        }
    }

    /// Starts early media on a caller's leg without media; an agent's leg stays as it is.
    pub(super) fn pre_answer_caller(&mut self, uuid: &Uuid) {
        if self.channels.get(uuid).is_some_and(|channel| channel.direction == Direction::Inbound) {
            self.pre_answer(uuid);
        }
    }

    /// Starts early media: the caller can hear, and the call is not answered.
    pub(super) fn pre_answer(&mut self, uuid: &Uuid) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| !channel.has_media()) else {
            return;
        };
        channel.early = true;
        channel.media_at = Some(now);
        channel.set("endpoint_disposition", "EARLY MEDIA");
        self.channel_event(uuid, "CHANNEL_PROGRESS_MEDIA", Vec::new());
        self.set_call_state(uuid, ChannelCallState::Early);
    }

    /// Answers the call. The call costs money from here on.
    pub(super) fn answer(&mut self, uuid: &Uuid) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| !channel.answered) else { return };
        channel.answered = true;
        channel.answered_at = Some(now);
        channel.set("endpoint_disposition", "ANSWER");
        self.channel_event(uuid, "CHANNEL_ANSWER", Vec::new());
        self.set_call_state(uuid, ChannelCallState::Active);
        self.stats.call(uuid, |call| {
            call.answered.get_or_insert(now.since(call.dialled_at));
        });
        self.record_event(TimelineEvent::Answered { leg: uuid.clone() });
        self.run_hook(uuid, "api_on_answer");
    }

    /// Adds a task to the switch's scheduler. The task runs at a whole second of the wall clock.
    pub(super) fn schedule_task(
        &mut self,
        leg: &Uuid,
        when: &str,
        description: &'static str,
        action: TaskAction,
    ) {
        let this_second = self.now.0 / 1_000;
        let runtime_s = match when.strip_prefix('+') {
            Some(wait) => this_second.saturating_add(wait.parse().unwrap_or(0)),
            None => when.parse().unwrap_or(this_second),
        };
        self.task_count += 1;
        let id = self.task_count;
        let task = Task { group: leg.clone(), description, runtime_s, action };
        self.task_event("ADD_SCHEDULE", id, &task);
        self.tasks.insert(id, task);
        let whole_second = Instant(runtime_s.saturating_mul(1_000)).max(self.now);
        let poll_offset = self.started.0 % SCHEDULER_POLL_MS;
        let wait = (poll_offset + SCHEDULER_POLL_MS - whole_second.0 % SCHEDULER_POLL_MS) % SCHEDULER_POLL_MS;
        self.schedule_at(whole_second + Millis(wait), ScheduledEvent::Task(id));
    }

    /// Deletes the tasks of a group, or the task with this number. Returns how many tasks were deleted.
    pub(super) fn unschedule(&mut self, group_or_id: &str) -> usize {
        let task_ids: Vec<u64> = match group_or_id.parse() {
            Ok(id) => self.tasks.contains_key(&id).then_some(id).into_iter().collect(),
            Err(_) => {
                let in_group = self.tasks.iter().filter(|(_, task)| &*task.group == group_or_id);
                in_group.map(|(id, _)| *id).collect()
            }
        };
        for id in &task_ids {
            if let Some(task) = self.tasks.remove(id) {
                self.task_event("DEL_SCHEDULE", *id, &task);
            }
        }
        task_ids.len()
    }

    /// A task of the scheduler is due: transfers the leg or hangs it up.
    pub(super) fn run_task(&mut self, id: u64) {
        let Some(task) = self.tasks.remove(&id) else { return };
        match &task.action {
            TaskAction::Transfer(to) => self.request_transfer(&task.group, to),
            TaskAction::Hangup(cause) => self.request_hangup(&task.group, cause),
        }
        self.task_event("EXE_SCHEDULE", id, &task);
    }

    fn task_event(&mut self, name: &'static str, id: u64, task: &Task) {
        let headers = vec![
            header("Task-ID", id.to_string()),
            header("Task-Desc", task.description),
            header("Task-Group", task.group.to_string()),
            header("Task-Runtime", task.runtime_s.to_string()),
        ];
        self.event(name, headers, None);
    }

    /// Emits `HEARTBEAT` and schedules the next one.
    pub(super) fn heartbeat(&mut self) {
        let up = self.now.since(self.started).0;
        let (seconds, millis) = (up / 1_000, up % 1_000);
        let headers = vec![
            header("Event-Info", "System Ready"),
            header(
                "Up-Time",
                format!(
                    "0 years, {} days, {} hours, {} minutes, {} seconds, {millis} milliseconds, 0 microseconds",
                    seconds / 86_400,
                    seconds / 3_600 % 24,
                    seconds / 60 % 60,
                    seconds % 60
                ),
            ),
            header("FreeSWITCH-Version", VERSION),
            header("Uptime-msec", up.to_string()),
            header("Session-Count", self.channels.len().to_string()),
            header("Max-Sessions", "5000"),
            header("Session-Per-Sec", "1000"),
            header("Session-Per-Sec-Last", "0"),
            header("Session-Per-Sec-Max", "4"),
            header("Session-Per-Sec-FiveMin", "4"),
            header("Session-Since-Startup", self.sessions.to_string()),
            header("Session-Peak-Max", self.stats.channels_peak.to_string()),
            header("Session-Peak-FiveMin", self.stats.channels_peak.to_string()),
            header("Idle-CPU", "88.266667"),
        ];
        self.event("HEARTBEAT", headers, None);
        let runtime_s = (self.now + self.config.heartbeat).0 / 1_000;
        let headers = vec![
            header("Task-ID", "1"),
            header("Task-Desc", "heartbeat"),
            header("Task-Group", "core"),
            header("Task-Runtime", runtime_s.to_string()),
        ];
        self.event("RE_SCHEDULE", headers, None);
        self.schedule_at(self.now + self.config.heartbeat, ScheduledEvent::Heartbeat);
    }

    pub(super) fn count_channels(&mut self) {
        self.stats.channels_peak = self.stats.channels_peak.max(self.channels.len());
    }
}

fn new_report(leg: &Uuid, caller: &Caller, now: Instant) -> CallReport {
    CallReport {
        leg: leg.clone(),
        number: caller.number.clone(),
        dialled: caller.dialled.clone(),
        dialled_at: now,
        first_sound: None,
        longest_silence: Millis(0),
        answered: None,
        bridged: None,
        bridged_with: Vec::new(),
        agents_called: 0,
        fell_back: false,
        ended: None,
        cause: None,
        agent_leg_outlived: Millis(0),
        quiet_since: Some(now),
    }
}

fn set_inbound_variables(channel: &mut Channel, caller: &Caller, now: Instant) {
    let (from, to) = (caller.number.as_str(), caller.dialled.as_str());
    let fixed = [
        ("direction", "inbound".to_owned()),
        ("uuid", channel.uuid.to_string()),
        ("call_uuid", channel.uuid.to_string()),
        ("session_id", channel.session.to_string()),
        ("sip_from_user", from.to_owned()),
        ("sip_from_uri", format!("{from}@127.0.0.1:5090")),
        ("sip_from_host", "127.0.0.1".to_owned()),
        ("channel_name", channel.name.clone()),
        ("sip_call_id", format!("{}-sim@127.0.0.1", channel.session)),
        ("sip_network_ip", "127.0.0.1".to_owned()),
        ("sip_network_port", "5090".to_owned()),
        ("sip_invite_stamp", super::switch_event::epoch_micros(Some(now))),
        ("sip_via_protocol", "udp".to_owned()),
        ("sofia_profile_name", "trunk".to_owned()),
        ("sofia_profile_url", "sip:mod_sofia@127.0.0.1:5060".to_owned()),
        ("sip_full_from", format!("\"{from}\" <sip:{from}@127.0.0.1:5090>;tag=sim{}", channel.session)),
        ("sip_full_to", format!("<sip:{to}@127.0.0.1:5060>")),
        ("sip_req_user", to.to_owned()),
        ("sip_req_uri", format!("{to}@127.0.0.1:5060")),
        ("sip_to_user", to.to_owned()),
        ("sip_contact_uri", format!("{from}@127.0.0.1:5090")),
        ("max_forwards", "70".to_owned()),
        ("switch_r_sdp", SDP.to_owned()),
        ("rtp_use_codec_name", "PCMA".to_owned()),
        ("read_codec", "PCMA".to_owned()),
        ("read_rate", "8000".to_owned()),
        ("write_codec", "PCMA".to_owned()),
        ("write_rate", "8000".to_owned()),
        ("dtmf_type", "rfc2833".to_owned()),
        ("endpoint_disposition", "RECEIVED".to_owned()),
    ];
    for (name, value) in fixed {
        channel.variables.push((name.into(), value));
    }
}

/// A session description (SDP): a variable whose value has line ends.
const SDP: &str = "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                   m=audio 41000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
