//! The switch as a state machine: inputs and the time go in, events and replies come out.
//!
//! Pure: no clock, no sockets, no randomness but the seed's. This file has the inputs, the schedule and the actions of
//! people; the files beside it have the rest: `inbound` (callers), `originate` (agents), `apps` (applications and
//! ticks), `bridge`, `ending`, `keys`, `api`, `events`.
//!
//! A channel executes a command at its next tick of 20 ms, as FreeSWITCH's media loop does. A command that reaches a
//! channel during an application runs inside that application, which goes on afterwards.

use super::actors::{Caller, Phone, SoundFiles};
use super::channel::{Channel, Direction, MessageCommand, Uuid};
use super::channel_list::ChannelList;
use super::dialplan::Dialplan;
use super::rng::Rng;
use super::stats::{CallReport, OrphanLeg, PhoneReport, Stats, TimelineEntry, TimelineEvent};
use super::switch_event::{DateCache, SwitchEvent};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// How often a channel looks for commands.
pub const TICK: Millis = Millis(20);

/// The most messages that may wait for one channel (`SWITCH_EVENT_QUEUE_LEN` of a session's private events).
pub const MESSAGES_QUEUED_MAX: usize = 256;

/// The configuration of a simulated switch.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// The seed of everything random.
    pub seed: u64,
    /// The dialplan.
    pub dialplan: Dialplan,
    /// The sound files.
    pub sounds: SoundFiles,
    /// The agents' telephones; see [`Actors::phones`](super::actors::Actors::phones).
    pub phones: BTreeMap<String, Vec<Phone>>,
    /// The interval of the `HEARTBEAT` event.
    pub heartbeat: Millis,
    /// How long a `bgapi` waits for its thread, at least and at most. During this time the channel of an
    /// `originate` does not exist yet: `uuid_kill` answers `-ERR No such channel!`, and then the leg rings.
    pub job_start_delay_ms: (u64, u64),
    /// How long the network takes to carry a telephone's first answer, at least and at most.
    pub network_delay_ms: (u64, u64),
    /// How far `show channels` lags behind the channels, at least and at most.
    pub channel_list_lag_ms: (u64, u64),
    /// Whether the switch emits events; without events only the statistics are kept.
    pub events: bool,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            dialplan: Dialplan::default(),
            sounds: SoundFiles::default(),
            phones: BTreeMap::new(),
            heartbeat: Millis::seconds(20),
            job_start_delay_ms: (1, 3),
            network_delay_ms: (2, 15),
            channel_list_lag_ms: (0, 0),
            events: true,
        }
    }
}

/// An input of the switch.
#[derive(Clone, Debug)]
pub enum SwitchInput {
    /// A caller dials, `caller.at` from now.
    Dial(Caller),
    /// The person at the far end of a leg hangs up.
    HangUp {
        /// The leg.
        leg: Uuid,
    },
    /// The person at the far end of a leg presses a key.
    Press {
        /// The leg.
        leg: Uuid,
        /// The key.
        key: char,
    },
    /// `sendmsg`.
    SendMsg {
        /// The UUID of the leg.
        leg: String,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Option<String>,
    },
    /// `api`.
    Api {
        /// The command's name.
        command: String,
        /// Its argument.
        argument: String,
    },
    /// `bgapi`.
    BgApi {
        /// The `Job-UUID`, when the client chose one.
        job: Option<String>,
        /// The command's name.
        command: String,
        /// Its argument.
        argument: String,
    },
    /// `sendevent`.
    SendEvent {
        /// The event's name.
        name: String,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Option<String>,
    },
    /// The switch crashes and restarts: every channel is gone without an event.
    Crash,
    /// Time has passed.
    Due,
}

/// An output of the switch.
#[derive(Clone, Debug, PartialEq)]
pub enum SwitchOutput {
    /// An event, for all its listeners.
    Event(SwitchEvent),
    /// The reply to a `sendmsg`, a `sendevent` or a `bgapi`.
    Reply {
        /// `Reply-Text`.
        text: String,
        /// `Job-UUID` of a `bgapi`.
        job: Option<String>,
    },
    /// The response to an `api`.
    Api(String),
    /// An entry of the timeline.
    Timeline(TimelineEntry),
}

/// An event of the schedule.
#[derive(Clone, Debug)]
pub(super) enum ScheduledEvent {
    Dial(Box<Caller>),
    Tick(Uuid),
    AppEnds(Uuid, u64),
    Phone(Uuid, PhoneStep),
    PersonLeaves(Uuid),
    PersonPresses(Uuid, char),
    OriginateTimeout(Uuid),
    OriginateEnds(Uuid),
    Job { job: Uuid, command: String, argument: String },
    Slept { job: Uuid, argument: String },
    Task(u64),
    BridgeStarts(Uuid, Uuid),
    BridgeEnds { leg: Uuid, peer: Uuid, cause: String },
    Destroy(Uuid),
    Heartbeat,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum PhoneStep {
    Rings,
    Answers,
    Fails(&'static str),
}

/// A task of the switch's own scheduler.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub group: Uuid,
    pub description: &'static str,
    pub runtime_s: u64,
    pub action: TaskAction,
}

#[derive(Clone, Debug)]
pub(super) enum TaskAction {
    Transfer(String),
    Hangup(String),
}

/// The simulated switch.
#[derive(Debug)]
pub struct SwitchModel {
    pub(super) config: ModelConfig,
    pub(super) now: Instant,
    pub(super) started: Instant,
    pub(super) rng: Rng,
    pub(super) channels: BTreeMap<Uuid, Channel>,
    pub(super) sessions: u64,
    pub(super) sequence: u64,
    pub(super) dates: DateCache,
    pub(super) scheduled: BTreeMap<(Instant, u64), ScheduledEvent>,
    pub(super) scheduled_count: u64,
    pub(super) apps_started: u64,
    pub(super) tasks: BTreeMap<u64, Task>,
    pub(super) task_count: u64,
    /// The arguments of the running originates, by `Job-UUID`.
    pub(super) jobs: BTreeMap<Uuid, String>,
    pub(super) times_called: BTreeMap<String, usize>,
    pub(super) ended_callers: BTreeMap<Uuid, Instant>,
    pub(super) channel_list: ChannelList,
    pub(super) stats: Stats,
    pub(super) out: Vec<SwitchOutput>,
    /// The names of the events that are built; none means all.
    event_filter: Option<BTreeSet<String>>,
}

impl SwitchModel {
    /// A switch that starts now, without calls.
    pub fn new(config: ModelConfig, now: Instant) -> Self {
        let mut model = Self {
            now,
            started: now,
            rng: Rng::new(config.seed),
            channels: BTreeMap::new(),
            sessions: 0,
            sequence: 0,
            dates: DateCache::default(),
            scheduled: BTreeMap::new(),
            scheduled_count: 0,
            apps_started: 0,
            tasks: BTreeMap::new(),
            task_count: 1,
            jobs: BTreeMap::new(),
            times_called: BTreeMap::new(),
            ended_callers: BTreeMap::new(),
            channel_list: ChannelList::default(),
            stats: Stats::default(),
            out: Vec::new(),
            event_filter: None,
            config,
        };
        model.schedule_at(now + model.config.heartbeat, ScheduledEvent::Heartbeat);
        model
    }

    /// Advances the time to `now`, and then handles the input. Time never goes back: an earlier `now` counts as
    /// the latest time so far.
    pub fn handle(&mut self, now: Instant, input: SwitchInput) -> Vec<SwitchOutput> {
        let now = now.max(self.now);
        self.run_due(now);
        match input {
            SwitchInput::Dial(caller) => {
                self.schedule_at(now + caller.at, ScheduledEvent::Dial(Box::new(caller)))
            }
            SwitchInput::HangUp { leg } => self.person_hangs_up(&leg),
            SwitchInput::Press { leg, key } => self.person_presses_key(&leg, key),
            SwitchInput::SendMsg { leg, headers, body } => self.sendmsg(&leg, headers, body),
            SwitchInput::Api { command, argument } => {
                let answer = self.api(&command, &argument);
                self.out.push(SwitchOutput::Api(answer));
                self.api_event(&command, &argument);
            }
            SwitchInput::BgApi { job, command, argument } => {
                let job: Uuid = job.map_or_else(|| self.rng.uuid(), Into::into);
                let wait =
                    self.rng.between(self.config.job_start_delay_ms.0, self.config.job_start_delay_ms.1);
                self.schedule_at(
                    now + Millis(wait),
                    ScheduledEvent::Job { job: job.clone(), command, argument },
                );
                let text = format!("+OK Job-UUID: {job}");
                self.out.push(SwitchOutput::Reply { text, job: Some(job.to_string()) });
            }
            SwitchInput::SendEvent { name, headers, body } => {
                let uuid = self.client_event(&name, headers, body);
                self.out.push(SwitchOutput::Reply { text: format!("+OK {uuid}"), job: None });
            }
            SwitchInput::Crash => self.crash(),
            SwitchInput::Due => {}
        }
        self.run_due(now);
        std::mem::take(&mut self.out)
    }

    /// When the next scheduled event is due.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.scheduled.first_key_value().map(|((at, _), _)| *at)
    }

    /// The statistics so far.
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats.clone();
        stats.channels = self.channels.len();
        stats.orphan_legs = self.orphan_legs();
        stats
    }

    /// The report of one call so far, by the caller's leg.
    pub fn call_report(&self, leg: &str) -> Option<&CallReport> {
        self.stats.calls.get(leg)
    }

    /// Takes the reports of the calls that have ended, and forgets these calls. A long run does so now and then. A
    /// leg that outlives its caller keeps the report.
    pub fn take_ended_calls(&mut self) -> Vec<CallReport> {
        let kept: BTreeSet<Uuid> =
            self.channels.values().filter_map(|channel| channel.caller_leg.clone()).collect();
        let done = |call: &CallReport| call.ended.is_some() && !kept.contains(&call.leg);
        let all = std::mem::take(&mut self.stats.calls);
        let (ended, live): (BTreeMap<_, _>, _) = all.into_iter().partition(|(_, call)| done(call));
        self.stats.calls = live;
        self.ended_callers.retain(|leg, _| self.stats.calls.contains_key(leg));
        ended.into_values().collect()
    }

    /// The UUIDs of all channels.
    pub fn channels(&self) -> Vec<Uuid> {
        self.channels.keys().cloned().collect()
    }

    /// A new UUID for a leg.
    pub fn new_leg_uuid(&mut self) -> Uuid {
        self.rng.uuid()
    }

    /// How many channels there are.
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// Sets what the telephone of this number does from its next call on.
    pub fn set_phone(&mut self, number: &str, phones: Vec<Phone>) {
        self.times_called.remove(number);
        self.config.phones.insert(number.into(), phones);
    }

    /// Limits the events that are built to these names; none means all. Other events are counted and take their
    /// sequence number, and are not built.
    pub fn limit_events_to(&mut self, names: Option<BTreeSet<String>>) {
        self.event_filter = names;
    }

    /// The value of a channel's variable.
    pub fn variable(&self, leg: &str, name: &str) -> Option<&str> {
        self.channels.get(leg)?.variable(name)
    }

    /// The report of the telephone of this number so far.
    pub fn phone_report(&self, number: &str) -> Option<&PhoneReport> {
        self.stats.phones.get(number)
    }

    /// The reports of the callers whose leg is alive.
    pub fn active_callers(&self) -> impl Iterator<Item = &CallReport> {
        let inbound = self.channels.values().filter(|channel| channel.direction == Direction::Inbound);
        inbound.filter_map(|channel| self.stats.calls.get(&channel.uuid))
    }

    /// The agents' legs whose caller has hung up.
    pub fn orphan_legs(&self) -> Vec<OrphanLeg> {
        let legs = self.channels.values().filter(|channel| channel.cause.is_none());
        legs.filter_map(|channel| {
            let caller = channel.caller_leg.clone()?;
            let since = self.now.since(*self.ended_callers.get(&caller)?);
            Some(OrphanLeg { leg: channel.uuid.clone(), caller, since })
        })
        .collect()
    }

    pub(super) fn schedule_at(&mut self, at: Instant, event: ScheduledEvent) {
        self.scheduled_count += 1;
        self.scheduled.insert((at, self.scheduled_count), event);
    }

    /// Whether events of this name are built.
    pub(super) fn has_listener(&self, name: &str) -> bool {
        self.config.events && self.event_filter.as_ref().is_none_or(|names| names.contains(name))
    }

    pub(super) fn emit(&mut self, event: SwitchEvent) {
        self.stats.events += 1;
        if self.config.events {
            self.out.push(SwitchOutput::Event(event));
        }
    }

    pub(super) fn record_event(&mut self, event: TimelineEvent) {
        self.out.push(SwitchOutput::Timeline(TimelineEntry { at: self.now, event }));
    }

    fn run_due(&mut self, now: Instant) {
        while let Some(entry) = self.scheduled.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            self.fire(event);
        }
        self.now = now;
    }

    fn fire(&mut self, event: ScheduledEvent) {
        match event {
            ScheduledEvent::Dial(caller) => self.dial(*caller),
            ScheduledEvent::Tick(leg) => self.tick(&leg),
            ScheduledEvent::AppEnds(leg, run) => self.app_time_over(&leg, run),
            ScheduledEvent::Phone(leg, step) => self.advance_phone(&leg, step),
            ScheduledEvent::PersonLeaves(leg) => self.person_hangs_up(&leg),
            ScheduledEvent::PersonPresses(leg, key) => self.person_presses_key(&leg, key),
            ScheduledEvent::OriginateTimeout(leg) => self.originate_timeout(&leg),
            ScheduledEvent::OriginateEnds(leg) => self.originate_ends(&leg),
            ScheduledEvent::Job { job, command, argument } => self.start_job(&job, &command, &argument),
            ScheduledEvent::Slept { job, argument } => self.end_sleep(&job, &argument),
            ScheduledEvent::Task(task) => self.run_task(task),
            ScheduledEvent::BridgeStarts(leg, peer) => self.start_bridge(&leg, &peer),
            ScheduledEvent::BridgeEnds { leg, peer, cause } => self.peer_left(&leg, &peer, &cause),
            ScheduledEvent::Destroy(leg) => self.destroy(&leg),
            ScheduledEvent::Heartbeat => self.heartbeat(),
        }
    }

    /// The person at the far end hangs up. An answered leg gets BYE, an unanswered caller's leg CANCEL, and an
    /// unanswered agent's leg is declined.
    fn person_hangs_up(&mut self, leg: &Uuid) {
        let Some(channel) = self.channels.get(leg) else { return };
        match (channel.answered || channel.sends_bye, channel.direction) {
            (true, _) => self.far_end_hangs_up(leg, "200", "NORMAL_CLEARING"),
            (false, Direction::Inbound) => self.far_end_hangs_up(leg, "487", "ORIGINATOR_CANCEL"),
            (false, Direction::Outbound) => self.far_end_hangs_up(leg, "603", "CALL_REJECTED"),
        }
    }

    fn person_presses_key(&mut self, leg: &Uuid, key: char) {
        if self.channels.get(leg).is_none_or(|channel| channel.cause.is_some() || !channel.has_media()) {
            return;
        }
        self.record_event(TimelineEvent::KeyPressed { leg: leg.clone(), key });
        self.key(leg, key);
    }

    fn sendmsg(&mut self, leg: &str, headers: Vec<(String, String)>, body: Option<String>) {
        let text = match self.queue_message(leg, headers, body) {
            Ok(()) => "+OK".into(),
            Err(text) => text,
        };
        self.out.push(SwitchOutput::Reply { text, job: None });
    }

    fn queue_message(
        &mut self,
        leg: &str,
        headers: Vec<(String, String)>,
        body: Option<String>,
    ) -> Result<(), String> {
        let find = |name: &str| {
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let command = match find("call-command").as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("execute") => {
                let text = find("content-type").is_some_and(|kind| kind.eq_ignore_ascii_case("text/plain"));
                let data = find("execute-app-arg").filter(|data| !data.is_empty());
                let data = data.or_else(|| body.filter(|_| text)).unwrap_or_default();
                let app = find("execute-app-name").unwrap_or_default();
                Some(MessageCommand::Execute { app, data, uuid: find("event-uuid") })
            }
            Some("hangup") => Some(MessageCommand::Hangup {
                cause: find("hangup-cause").unwrap_or_else(|| "NORMAL_CLEARING".into()),
            }),
            // The real switch accepts any message and logs the unreadable ones.
            Some(_) | None => None,
        };
        let channel = self.channels.get_mut(leg).filter(|channel| channel.cause.is_none());
        let channel = channel.ok_or_else(|| format!("-ERR invalid session id [{leg}]"))?;
        let Some(command) = command else { return Ok(()) };
        if channel.messages.len() >= MESSAGES_QUEUED_MAX {
            return Err("-ERR memory error".into());
        }
        channel.messages.push_back(super::channel::QueuedMessage { command, headers });
        let leg = channel.uuid.clone();
        self.schedule_tick(&leg);
        Ok(())
    }

    fn crash(&mut self) {
        let legs: BTreeSet<Uuid> = std::mem::take(&mut self.channels).into_keys().collect();
        for leg in &legs {
            self.stats.call_ends(leg, self.now, "CRASH");
        }
        for phone in self.stats.phones.values_mut() {
            phone.live = 0;
        }
        self.scheduled.clear();
        self.tasks.clear();
        self.jobs.clear();
        self.ended_callers.clear();
        self.channel_list.clear();
        self.sequence = 0;
        self.started = self.now;
        self.record_event(TimelineEvent::Crashed);
        self.schedule_at(self.now + self.config.heartbeat, ScheduledEvent::Heartbeat);
    }
}
