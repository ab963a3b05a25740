//! The protocol on one connection to the switch, from the login to the exit, without a socket: which request to send
//! next, which reply belongs to which request, and which events the calls receive.
//!
//! The steps of the setup are: password, subscription, probe, list of channels. The probe is a background job whose
//! event proves that events arrive, because FreeSWITCH answers `+OK` to unknown event names. After the list of
//! channels the link is up, and the events that arrived during the setup follow the list.
//!
//! The probe also delays the list by half a second after the subscription. FreeSWITCH's table of channels lags: a leg
//! was seen to appear in it 274 ms after its first event and to stay 254 ms after its last (1.10.12). With the delay,
//! events have reported everything that the list can miss.

mod activation;
mod error;

use super::channel_list;
use super::decode_event;
use super::encode_command;
use super::encode_command::DialplanConfig;
use super::hangup_causes;
use super::lease_beacon;
use crate::switch::lease_token::{Activation, LeaseToken};
pub use error::SessionError;
use hotlined_core::command::Action;
use hotlined_core::event::{CommandResult, Event, LegEvent, LegState};
use hotlined_core::id::{CommandId, LegId, SwitchId};
use hotlined_esl::argument::Argument;
use hotlined_esl::event::{EslEvent, Format};
use hotlined_esl::message::{Message, Reply};
use hotlined_esl::request::{ApiCommand, Request, SendMsg};
use hotlined_esl::server::ParsedRequest;
use hotlined_esl::vocabulary::{JobId, Secret, UserAtDomain};
use std::collections::{BTreeSet, VecDeque};

/// The prefix of the job id of the probe. No command id starts with it. The connection's number follows, so that a
/// capture contains the number.
const PROBE_PREFIX: &str = "hotlined-probe-";
/// How long the switch's table of channels may lag behind its events, in milliseconds.
const TABLE_LAG_MS_MAX: u64 = 500;
/// The argument of `show` that lists the channels.
const CHANNEL_LIST: &str = "channels as json";
/// The most events that are kept until the list of channels arrives.
const EARLY_EVENTS_MAX: usize = 100_000;

/// The login at the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// A directory user; none to log in with the event socket's password.
    pub user: Option<UserAtDomain>,
    /// The password.
    pub password: Secret,
}

/// A request whose reply is still to come. Replies come in the order of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PendingReply {
    Password,
    Subscription,
    Probe,
    ChannelList,
    /// A command whose end is reported by an event, unless the reply is an error.
    Command(CommandId),
    /// A command that is done with its reply: the output of an API command.
    ApiOutput(CommandId),
    /// A request whose reply is ignored.
    Ignored,
}

/// The phase of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionPhase {
    /// The switch has not yet asked for the password.
    Greeting,
    /// Login, subscription, probe and list of channels.
    Setup,
    /// The link is up.
    Up,
}

/// Whether the session is live or the replay of a capture.
#[derive(Debug)]
enum SessionMode {
    /// This daemon sends the requests.
    Live { dialplan: DialplanConfig, credentials: Credentials, format: Format },
    /// A capture contains the requests.
    Captured,
}

/// The session of one connection.
#[derive(Debug)]
pub struct EslSession {
    switch: SwitchId,
    mode: SessionMode,
    /// Our token, and how we become active.
    token: Option<(LeaseToken, Activation)>,
    /// The number of the connection, unique among all connections of all daemons.
    connection: u64,
    phase: SessionPhase,
    pending: VecDeque<PendingReply>,
    early_events: Vec<Event>,
    jobs: BTreeSet<CommandId>,
    playbacks: BTreeSet<CommandId>,
    heartbeats: u64,
    ignored: u64,
}

/// The result of a message or a command: requests to send, and events for the calls.
#[derive(Debug, Default)]
pub struct SessionOutput {
    /// The requests to send, in this order.
    pub requests: Vec<Request>,
    /// The events for the engine, in this order.
    pub events: Vec<Event>,
}

impl EslSession {
    /// A new live session. No other connection has the number `connection`.
    pub fn new(
        switch: SwitchId,
        dialplan: DialplanConfig,
        credentials: Credentials,
        format: Format,
        connection: u64,
    ) -> Self {
        let mode = SessionMode::Live { dialplan, credentials, format };
        Self { connection, ..Self::of(switch, mode, SessionPhase::Greeting) }
    }

    /// Adds a token, for a switch at which other daemons may be active: the session announces the token at the switch
    /// and receives the announcements of other daemons.
    #[must_use]
    pub fn with_token(mut self, our_token: LeaseToken, how: Activation) -> Self {
        self.token = Some((our_token, how));
        self
    }

    /// The switch.
    pub fn switch(&self) -> &SwitchId {
        &self.switch
    }

    /// The number of the connection.
    pub fn connection_number(&self) -> u64 {
        self.connection
    }

    /// A session of a capture: [`observe_request`](Self::observe_request) gives it the requests of the capture.
    pub fn recorded(switch: SwitchId) -> Self {
        Self::of(switch, SessionMode::Captured, SessionPhase::Up)
    }

    fn of(switch: SwitchId, mode: SessionMode, phase: SessionPhase) -> Self {
        Self {
            switch,
            mode,
            token: None,
            connection: 0,
            phase,
            pending: VecDeque::new(),
            early_events: Vec::new(),
            jobs: BTreeSet::new(),
            playbacks: BTreeSet::new(),
            heartbeats: 0,
            ignored: 0,
        }
    }

    /// Processes a request of a capture.
    pub fn observe_request(&mut self, request: &ParsedRequest) {
        let command_id =
            |name: &Option<String>| name.as_deref().and_then(|name| name.parse::<CommandId>().ok());
        let pending = match request {
            ParsedRequest::Auth { .. } | ParsedRequest::UserAuth { .. } => PendingReply::Ignored,
            ParsedRequest::Api { command, argument, .. } if command == "show" && argument == CHANNEL_LIST => {
                PendingReply::ChannelList
            }
            ParsedRequest::Api { job, .. } => command_id(job).map_or(PendingReply::Ignored, |id| {
                self.jobs.insert(id.clone());
                PendingReply::ApiOutput(id)
            }),
            ParsedRequest::BgApi { job: Some(job), .. } if job.starts_with(PROBE_PREFIX) => {
                let number =
                    job.strip_prefix(PROBE_PREFIX).and_then(|number| u64::from_str_radix(number, 16).ok());
                self.connection = number.unwrap_or_default();
                PendingReply::Ignored
            }
            ParsedRequest::BgApi { job, .. } => command_id(job).map_or(PendingReply::Ignored, |id| {
                self.jobs.insert(id.clone());
                PendingReply::Command(id)
            }),
            ParsedRequest::Execute { event_uuid, .. } => {
                command_id(event_uuid).map_or(PendingReply::Ignored, |id| {
                    self.playbacks.insert(id.clone());
                    PendingReply::Command(id)
                })
            }
            _ => PendingReply::Ignored,
        };
        self.pending.push_back(pending);
    }

    /// Whether the link is up.
    pub fn is_up(&self) -> bool {
        self.phase == SessionPhase::Up
    }

    /// How many heartbeats were received.
    pub fn heartbeats(&self) -> u64 {
        self.heartbeats
    }

    /// How many messages were ignored, because no call needs them.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many requests wait for their reply.
    pub fn unanswered(&self) -> usize {
        self.pending.len()
    }

    /// The step of the setup that the session waits for; none if the switch has sent nothing yet.
    pub fn waiting_for(&self) -> Option<&'static str> {
        match (self.phase, self.pending.front()) {
            (SessionPhase::Greeting, _) => None,
            (_, Some(PendingReply::Password)) => Some("an answer to the password"),
            (_, Some(PendingReply::Subscription)) => Some("an answer to the subscription"),
            (_, Some(PendingReply::ChannelList)) => Some("the list of channels"),
            (_, Some(PendingReply::Command(_) | PendingReply::ApiOutput(_) | PendingReply::Ignored)) => {
                Some("an answer")
            }
            (_, Some(PendingReply::Probe) | None) => Some("a first event"),
        }
    }

    /// Processes a message of the switch.
    ///
    /// # Errors
    ///
    /// If the switch refuses the login or the subscription, closes the connection, or sends a reply that does not fit;
    /// or if another daemon is active at the switch.
    pub fn receive(&mut self, message: Message, output: &mut SessionOutput) -> Result<(), SessionError> {
        match message {
            Message::AuthRequest => self.log_in(output),
            Message::Rejected { text } => Err(SessionError::Address(first_line(&text))),
            Message::Reply(reply) => self.on_reply(&reply, output),
            Message::ApiResponse { body } => self.on_api_output(&body, output),
            Message::Event(event) => self.on_event(&event, output),
            Message::Disconnect { linger: false, text, .. } => Err(SessionError::Closing(first_line(&text))),
            Message::Disconnect { linger: true, .. } | Message::Log(_) | Message::Other { .. } => {
                self.ignored += 1;
                Ok(())
            }
        }
    }

    /// Sends the requests of a command. Before the link is up, the result of the command is unknown at once.
    pub fn send_command(&mut self, id: &CommandId, action: &Action, output: &mut SessionOutput) {
        let SessionMode::Live { dialplan, .. } = &self.mode else { return };
        if self.phase != SessionPhase::Up {
            output.events.push(Event::unknown_result(id.clone()));
            return;
        }
        for request in encode_command::requests(dialplan, id, action) {
            let pending = match &request {
                Request::BgApi { .. } => {
                    self.jobs.insert(id.clone());
                    PendingReply::Command(id.clone())
                }
                Request::ApiWithJobId { .. } => {
                    self.jobs.insert(id.clone());
                    PendingReply::ApiOutput(id.clone())
                }
                Request::SendMsg { message: SendMsg::Execute { event_uuid: Some(_), .. }, .. } => {
                    self.playbacks.insert(id.clone());
                    PendingReply::Command(id.clone())
                }
                _ => PendingReply::Ignored,
            };
            self.send(request, pending, output);
        }
    }

    /// Sends a request without effect. Its reply shows that the switch answers.
    pub fn ping(&mut self, output: &mut SessionOutput) {
        self.send(Request::NoLog, PendingReply::Ignored, output);
    }

    /// Sends `exit`. Its reply proves that the switch has read every request before.
    pub fn log_out(&mut self, output: &mut SessionOutput) {
        self.send(Request::Exit, PendingReply::Ignored, output);
    }

    /// The connection is lost: the results of the open commands are unknown.
    pub fn connection_lost(&mut self) -> Vec<Event> {
        let was_up = std::mem::replace(&mut self.phase, SessionPhase::Greeting) == SessionPhase::Up;
        let open = std::mem::take(&mut self.jobs).into_iter().chain(std::mem::take(&mut self.playbacks));
        let unknown = open.map(Event::unknown_result);
        let lost = was_up.then(|| Event::LinkLost { switch: self.switch.clone() });
        lost.into_iter().chain(unknown).collect()
    }

    fn send(&mut self, request: Request, pending: PendingReply, output: &mut SessionOutput) {
        self.pending.push_back(pending);
        output.requests.push(request);
    }

    fn log_in(&mut self, output: &mut SessionOutput) -> Result<(), SessionError> {
        if matches!(self.mode, SessionMode::Live { .. }) && self.phase != SessionPhase::Greeting {
            return Err(SessionError::UnexpectedReply("it asks for the password again"));
        }
        let SessionMode::Live { credentials, .. } = &self.mode else { return Ok(()) };
        self.phase = SessionPhase::Setup;
        let password = credentials.password.clone();
        let request = match credentials.user.clone() {
            Some(user) => Request::UserAuth { user, password },
            None => Request::Auth { password },
        };
        self.send(request, PendingReply::Password, output);
        Ok(())
    }

    fn on_reply(&mut self, reply: &Reply, output: &mut SessionOutput) -> Result<(), SessionError> {
        let Some(pending) = self.pending.pop_front() else { return self.unexpected("a reply") };
        match (pending, reply.is_ok()) {
            (PendingReply::Password, true) => {
                let SessionMode::Live { format, .. } = self.mode else { return Ok(()) };
                let (names, custom) = (
                    decode_event::SUBSCRIPTION.to_vec(),
                    self.token.as_ref().map(|_| lease_beacon::SUBCLASS),
                );
                let custom = custom.into_iter().collect();
                self.send(Request::Events { format, names, custom }, PendingReply::Subscription, output);
            }
            (PendingReply::Password, false) => return Err(SessionError::Password),
            (PendingReply::Subscription, true) => {
                match self.token.clone() {
                    Some((our_token, Activation::Leased)) => self.announce(our_token, output),
                    Some((our_token, Activation::Asking | Activation::TakingOver)) => {
                        self.announce(our_token.as_query(), output)
                    }
                    None => {}
                }
                let command = ApiCommand::new("msleep", Argument::new().number(TABLE_LAG_MS_MAX));
                let job = JobId::new(&self.probe_id())
                    .map_err(|_| SessionError::UnexpectedReply("our own probe has no name"))?;
                self.send(Request::BgApi { command, job }, PendingReply::Probe, output);
            }
            (PendingReply::Subscription | PendingReply::Probe, false) => {
                return Err(SessionError::Subscription(reply.text().trim().into()));
            }
            (PendingReply::Command(command) | PendingReply::ApiOutput(command), false) => {
                let result = refusal_result(&reply.text());
                self.jobs.remove(&command);
                self.playbacks.remove(&command);
                output.events.push(Event::Done { command, result });
            }
            (PendingReply::ChannelList, _) => {
                return self.unexpected("a reply in place of the list of channels");
            }
            (PendingReply::ApiOutput(_), true) => {
                return self.unexpected("a reply in place of a printed answer");
            }
            (PendingReply::Probe | PendingReply::Command(_), true) | (PendingReply::Ignored, _) => {}
        }
        Ok(())
    }

    fn on_api_output(&mut self, body: &[u8], output: &mut SessionOutput) -> Result<(), SessionError> {
        match self.pending.pop_front() {
            Some(PendingReply::ChannelList) => {
                let mut legs = channel_list::legs(&self.switch, body)?;
                // The table may still show a caller as parked whom the fallback serves already.
                for leg in legs.iter_mut().filter(|leg| self.has_left(&leg.leg)) {
                    (leg.state, leg.arrival) = (LegState::Elsewhere, None);
                }
                self.phase = SessionPhase::Up;
                self.announce_if_alone(output);
                let (switch, connection) = (self.switch.clone(), self.connection);
                output.events.push(Event::LinkRestored { switch, connection, legs });
                output.events.append(&mut self.early_events);
                Ok(())
            }
            Some(PendingReply::ApiOutput(command)) => {
                self.jobs.remove(&command);
                output.events.push(Event::Done { command, result: decode_event::job_result(body) });
                Ok(())
            }
            Some(PendingReply::Ignored) => Ok(()),
            Some(_) => self.unexpected("a printed answer in place of a reply"),
            None => self.unexpected("a printed answer"),
        }
    }

    /// Whether an event reported during the setup that the leg was transferred away.
    fn has_left(&self, leg: &LegId) -> bool {
        let left =
            |event: &Event| matches!(event, Event::Leg { leg: of, event: LegEvent::Left } if of == leg);
        self.early_events.iter().any(left)
    }

    /// A reply that fits no request. In a live session, replies can no longer be matched to requests: an error. A
    /// capture may begin in the middle of a session, or contain one direction only: the reply is ignored.
    fn unexpected(&mut self, what: &'static str) -> Result<(), SessionError> {
        match self.mode {
            SessionMode::Live { .. } => Err(SessionError::UnexpectedReply(what)),
            SessionMode::Captured => {
                self.ignored += 1;
                Ok(())
            }
        }
    }

    fn on_event(&mut self, event: &EslEvent, output: &mut SessionOutput) -> Result<(), SessionError> {
        match decode_event::event(&self.switch, event) {
            Some(decoded) => {
                self.forget_ended(&decoded);
                if self.phase == SessionPhase::Up {
                    output.events.push(decoded);
                } else if self.early_events.len() < EARLY_EVENTS_MAX {
                    self.early_events.push(decoded);
                } else {
                    self.ignored += 1;
                }
            }
            None => return self.on_link_event(event, output),
        }
        Ok(())
    }

    fn probe_id(&self) -> String {
        format!("{PROBE_PREFIX}{:016x}", self.connection)
    }

    /// Forgets commands that have ended: their result is known when the connection is lost.
    fn forget_ended(&mut self, event: &Event) {
        match event {
            Event::Done { command, .. } => {
                self.jobs.remove(command);
                self.playbacks.remove(command);
            }
            Event::Leg { leg, event: LegEvent::HungUp { .. } } => {
                for command in self.playbacks_of(leg) {
                    self.playbacks.remove(&command);
                }
            }
            _ => {}
        }
    }

    fn playbacks_of(&self, caller: &LegId) -> Vec<CommandId> {
        let call = hotlined_core::id::CallId(caller.clone());
        let first = CommandId { call: call.clone(), number: 0 };
        let last = CommandId { call, number: u32::MAX };
        self.playbacks.range(first..=last).cloned().collect()
    }

    fn on_link_event(&mut self, event: &EslEvent, output: &mut SessionOutput) -> Result<(), SessionError> {
        if let Some(other) = lease_beacon::announced_token(event) {
            return self.on_announcement(other, output);
        }
        let name = event.name();
        let is_probe = self.phase == SessionPhase::Setup
            && &*name == b"BACKGROUND_JOB"
            && event.get("Job-UUID").as_deref() == Some(self.probe_id().as_bytes());
        if is_probe {
            let call = ApiCommand::new("show", Argument::new().literal(CHANNEL_LIST));
            self.send(Request::Api(call), PendingReply::ChannelList, output);
        } else if &*name == b"HEARTBEAT" {
            self.heartbeats += 1;
        } else {
            self.ignored += 1;
        }
        Ok(())
    }
}

/// The first line of a text for people.
fn first_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().next().unwrap_or_default().trim().to_owned()
}

/// The result of a command whose request was refused.
fn refusal_result(text: &str) -> CommandResult {
    match text.trim().strip_prefix("-ERR").map(str::trim) {
        Some(error) if error.starts_with("invalid session id") => CommandResult::NoSuchLeg,
        Some(error) => CommandResult::Failed(hangup_causes::from_freeswitch(error)),
        None => CommandResult::Failed(hotlined_core::event::Cause::Other),
    }
}
