//! One connection to the switch, from the first byte to the last, without a socket: what to say at each
//! point, which answer belongs to which request, and what the calls should hear of it.
//!
//! The order is fixed: password, subscription, proof that events really come (a background job, since the
//! switch answers `+OK` to event names it does not know), list of channels. Only then is the link up; events
//! that came meanwhile follow the list.
//!
//! The job also keeps the list half a second away from the subscription. FreeSWITCH's table of channels lags:
//! a leg was seen to appear in it 274 ms after its first event and to stay 254 ms after its last (1.10.12).
//! What the list can have missed has then been told by events.

mod acting;

use super::channel_list;
use super::channel_list::BadListing;
use super::decode_event;
use super::encode_command;
use super::encode_command::Site;
use super::hangup_causes;
use super::lease_beacon;
use crate::switch::lease_token::{Claim, Claiming};
use hotlined_core::command::Action;
use hotlined_core::event::{CommandResult, Event, LegEvent, LegState};
use hotlined_core::id::{CommandId, LegId, SwitchId};
use hotlined_esl::argument::Argument;
use hotlined_esl::event::Format;
use hotlined_esl::message::{Message, Reply};
use hotlined_esl::request::{ApiCall, Request, SendMsg};
use hotlined_esl::server::ClientRequest;
use hotlined_esl::vocabulary::{JobId, Secret, UserAtDomain};
use std::collections::{BTreeSet, VecDeque};

/// What the name of the job that proves that events come begins with. It is no command's name; behind it stands
/// the connection's number, so that a capture holds it.
const PROBE: &str = "hotlined-probe-";
/// How far the switch's table of channels may lag behind its events, in milliseconds.
const TABLE_LAG_MS_MAX: u64 = 500;
/// The argument of `show` that lists the channels.
const LISTING: &str = "channels as json";
/// The most events kept until the list of channels is there.
const EARLY_EVENTS_MAX: usize = 100_000;

/// Who we are to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// A directory user; none for the event socket's own password.
    pub user: Option<UserAtDomain>,
    /// The password.
    pub password: Secret,
}

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The password is wrong.
    #[error("the switch refused the password: check [switch] password against event_socket.conf.xml")]
    Password,
    /// Our address may not connect.
    #[error("the switch does not let our address in: check apply-inbound-acl in event_socket.conf.xml ({0})")]
    Address(String),
    /// It took the password and then not the subscription.
    #[error(
        "the switch refused to send events: {0}; what a directory user needs stands beside [switch] user"
    )]
    Subscription(String),
    /// Somebody else acts for it, by a right that goes before ours.
    #[error("daemon {:?} acts for it by token {}, as it says at the switch", .0.daemon(), .0.token())]
    Superseded(Claim),
    /// Another daemon acts for it already, and nobody can say which of the two should.
    #[error(
        "daemon {:?} acts for this switch already, as it says there: stop it first, or let both share a Redis \
         (see [redis]); `hotlined serve --take-over` takes the switch from it", .0.daemon()
    )]
    Occupied(Claim),
    /// It closes.
    #[error("the switch closes the connection: {0}")]
    Closing(String),
    /// It answers something we did not ask.
    #[error("the switch answered what nobody asked: {0}")]
    OutOfStep(&'static str),
    /// Its list of channels is broken.
    #[error(transparent)]
    Listing(#[from] BadListing),
}

/// What a reply that is still to come will answer. Replies come in the order of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Awaited {
    Password,
    Subscription,
    Probe,
    Listing,
    /// An order whose end is told later, unless it is refused at once.
    Order(CommandId),
    /// An order that is done when it is answered.
    Printed(CommandId),
    /// Whatever it is, nobody needs it.
    Nothing,
}

/// How far the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Greeting,
    Setup,
    Up,
}

/// Who speaks to the switch.
#[derive(Debug)]
enum Speaker {
    /// We do.
    We { site: Site, account: Account, format: Format },
    /// Somebody did, when this was recorded.
    Somebody,
}

/// One connection.
#[derive(Debug)]
pub struct Conversation {
    switch: SwitchId,
    speaker: Speaker,
    /// By what right we act, and how we came to.
    claim: Option<(Claim, Claiming)>,
    /// What sets this connection apart from any other.
    connection: u64,
    stage: Stage,
    awaited: VecDeque<Awaited>,
    early: Vec<Event>,
    jobs: BTreeSet<CommandId>,
    plays: BTreeSet<CommandId>,
    heartbeats: u64,
    shed: u64,
}

/// What came of a message or an order: what to write, and what the calls should hear.
#[derive(Debug, Default)]
pub struct Outcome {
    /// To write, in this order.
    pub requests: Vec<Request>,
    /// To hand on, in this order.
    pub events: Vec<Event>,
}

impl Conversation {
    /// A connection about to begin; no other may have its number.
    pub fn new(switch: SwitchId, site: Site, account: Account, format: Format, connection: u64) -> Self {
        let speaker = Speaker::We { site, account, format };
        Self { connection, ..Self::of(switch, speaker, Stage::Greeting) }
    }

    /// The same, by a right that others may have, too: that is said at the switch, before any call is known or once
    /// nobody else says so, and what others say of theirs is heard.
    #[must_use]
    pub fn claiming(mut self, ours: Claim, how: Claiming) -> Self {
        self.claim = Some((ours, how));
        self
    }

    /// The switch.
    pub fn switch(&self) -> &SwitchId {
        &self.switch
    }

    /// What sets this connection apart from any other.
    pub fn number(&self) -> u64 {
        self.connection
    }

    /// A connection that was recorded: [`overhear`](Self::overhear) tells what was said to the switch.
    pub fn recorded(switch: SwitchId) -> Self {
        Self::of(switch, Speaker::Somebody, Stage::Up)
    }

    fn of(switch: SwitchId, speaker: Speaker, stage: Stage) -> Self {
        Self {
            switch,
            speaker,
            claim: None,
            connection: 0,
            stage,
            awaited: VecDeque::new(),
            early: Vec::new(),
            jobs: BTreeSet::new(),
            plays: BTreeSet::new(),
            heartbeats: 0,
            shed: 0,
        }
    }

    /// Takes in what somebody said to the switch when this was recorded.
    pub fn overhear(&mut self, request: &ClientRequest) {
        let named = |name: &Option<String>| name.as_deref().and_then(|name| name.parse::<CommandId>().ok());
        let awaited = match request {
            ClientRequest::Auth { .. } | ClientRequest::UserAuth { .. } => Awaited::Nothing,
            ClientRequest::Api { command, argument, .. } if command == "show" && argument == LISTING => {
                Awaited::Listing
            }
            ClientRequest::Api { job, .. } => named(job).map_or(Awaited::Nothing, |id| {
                self.jobs.insert(id.clone());
                Awaited::Printed(id)
            }),
            ClientRequest::BgApi { job: Some(job), .. } if job.starts_with(PROBE) => {
                let number = job.strip_prefix(PROBE).and_then(|number| u64::from_str_radix(number, 16).ok());
                self.connection = number.unwrap_or_default();
                Awaited::Nothing
            }
            ClientRequest::BgApi { job, .. } => named(job).map_or(Awaited::Nothing, |id| {
                self.jobs.insert(id.clone());
                Awaited::Order(id)
            }),
            ClientRequest::Execute { event_uuid, .. } => named(event_uuid).map_or(Awaited::Nothing, |id| {
                self.plays.insert(id.clone());
                Awaited::Order(id)
            }),
            _ => Awaited::Nothing,
        };
        self.awaited.push_back(awaited);
    }

    /// Whether the calls can be told what to do.
    pub fn is_up(&self) -> bool {
        self.stage == Stage::Up
    }

    /// How many heartbeats came.
    pub fn heartbeats(&self) -> u64 {
        self.heartbeats
    }

    /// How many events came that no call needs.
    pub fn shed(&self) -> u64 {
        self.shed
    }

    /// How many requests wait for their answer.
    pub fn unanswered(&self) -> usize {
        self.awaited.len()
    }

    /// What has to come for the link to get on, where anything came yet.
    pub fn awaits(&self) -> Option<&'static str> {
        match (self.stage, self.awaited.front()) {
            (Stage::Greeting, _) => None,
            (_, Some(Awaited::Password)) => Some("an answer to the password"),
            (_, Some(Awaited::Subscription)) => Some("an answer to the subscription"),
            (_, Some(Awaited::Listing)) => Some("the list of channels"),
            (_, Some(Awaited::Order(_) | Awaited::Printed(_) | Awaited::Nothing)) => Some("an answer"),
            (_, Some(Awaited::Probe) | None) => Some("a first event"),
        }
    }

    /// Takes in what the switch said.
    pub fn hear(&mut self, message: Message, outcome: &mut Outcome) -> Result<(), Refusal> {
        match message {
            Message::AuthRequest => self.log_in(outcome),
            Message::Rejected { text } => Err(Refusal::Address(shown(&text))),
            Message::Reply(reply) => self.reply(&reply, outcome),
            Message::ApiResponse { body } => self.printed(&body, outcome),
            Message::Event(event) => self.event(&event, outcome),
            Message::Disconnect { linger: false, text, .. } => Err(Refusal::Closing(shown(&text))),
            Message::Disconnect { linger: true, .. } | Message::Log(_) | Message::Other { .. } => {
                self.shed += 1;
                Ok(())
            }
        }
    }

    /// Puts an order into requests. Before the link is up there is nobody to order.
    pub fn order(&mut self, id: &CommandId, action: &Action, outcome: &mut Outcome) {
        let Speaker::We { site, .. } = &self.speaker else { return };
        if self.stage != Stage::Up {
            outcome.events.push(Event::unknown_result(id.clone()));
            return;
        }
        for request in encode_command::requests(site, id, action) {
            let awaited = match &request {
                Request::BgApi { .. } => {
                    self.jobs.insert(id.clone());
                    Awaited::Order(id.clone())
                }
                Request::ApiAs { .. } => {
                    self.jobs.insert(id.clone());
                    Awaited::Printed(id.clone())
                }
                Request::SendMsg { message: SendMsg::Execute { event_uuid: Some(_), .. }, .. } => {
                    self.plays.insert(id.clone());
                    Awaited::Order(id.clone())
                }
                _ => Awaited::Nothing,
            };
            self.ask(request, awaited, outcome);
        }
    }

    /// Asks for nothing but an answer, which shows that the switch is there.
    pub fn knock(&mut self, outcome: &mut Outcome) {
        self.ask(Request::NoLog, Awaited::Nothing, outcome);
    }

    /// Says goodbye: the answer proves that the switch has read every order before it.
    pub fn leave(&mut self, outcome: &mut Outcome) {
        self.ask(Request::Exit, Awaited::Nothing, outcome);
    }

    /// The connection is gone: nobody can say any more how these orders end.
    pub fn lost(&mut self) -> Vec<Event> {
        let was_up = std::mem::replace(&mut self.stage, Stage::Greeting) == Stage::Up;
        let open = std::mem::take(&mut self.jobs).into_iter().chain(std::mem::take(&mut self.plays));
        let unknown = open.map(Event::unknown_result);
        let lost = was_up.then(|| Event::LinkLost { switch: self.switch.clone() });
        lost.into_iter().chain(unknown).collect()
    }

    fn ask(&mut self, request: Request, awaited: Awaited, outcome: &mut Outcome) {
        self.awaited.push_back(awaited);
        outcome.requests.push(request);
    }

    fn log_in(&mut self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if matches!(self.speaker, Speaker::We { .. }) && self.stage != Stage::Greeting {
            return Err(Refusal::OutOfStep("it asks for the password again"));
        }
        let Speaker::We { account, .. } = &self.speaker else { return Ok(()) };
        self.stage = Stage::Setup;
        let password = account.password.clone();
        let request = match account.user.clone() {
            Some(user) => Request::UserAuth { user, password },
            None => Request::Auth { password },
        };
        self.ask(request, Awaited::Password, outcome);
        Ok(())
    }

    fn reply(&mut self, reply: &Reply, outcome: &mut Outcome) -> Result<(), Refusal> {
        let Some(awaited) = self.awaited.pop_front() else { return self.unasked("a reply") };
        match (awaited, reply.is_ok()) {
            (Awaited::Password, true) => {
                let Speaker::We { format, .. } = self.speaker else { return Ok(()) };
                let (names, custom) =
                    (decode_event::WANTED.to_vec(), self.claim.as_ref().map(|_| lease_beacon::SUBCLASS));
                let custom = custom.into_iter().collect();
                self.ask(Request::Events { format, names, custom }, Awaited::Subscription, outcome);
            }
            (Awaited::Password, false) => return Err(Refusal::Password),
            (Awaited::Subscription, true) => {
                match self.claim.clone() {
                    Some((ours, Claiming::Leased)) => self.say_acts(ours, outcome),
                    Some((ours, Claiming::Asking | Claiming::TakingOver)) => {
                        self.say_acts(ours.question(), outcome)
                    }
                    None => {}
                }
                let call = ApiCall::new("msleep", Argument::new().number(TABLE_LAG_MS_MAX));
                let job =
                    JobId::new(&self.probe()).map_err(|_| Refusal::OutOfStep("our own probe has no name"))?;
                self.ask(Request::BgApi { call, job }, Awaited::Probe, outcome);
            }
            (Awaited::Subscription | Awaited::Probe, false) => {
                return Err(Refusal::Subscription(reply.text().trim().into()));
            }
            (Awaited::Order(command) | Awaited::Printed(command), false) => {
                let result = refused(&reply.text());
                self.jobs.remove(&command);
                self.plays.remove(&command);
                outcome.events.push(Event::Done { command, result });
            }
            (Awaited::Listing, _) => return self.unasked("a reply in place of the list of channels"),
            (Awaited::Printed(_), true) => return self.unasked("a reply in place of a printed answer"),
            (Awaited::Probe | Awaited::Order(_), true) | (Awaited::Nothing, _) => {}
        }
        Ok(())
    }

    fn printed(&mut self, body: &[u8], outcome: &mut Outcome) -> Result<(), Refusal> {
        match self.awaited.pop_front() {
            Some(Awaited::Listing) => {
                let mut legs = channel_list::legs(&self.switch, body)?;
                // The table may show who the fallback has served since at our door still.
                for leg in legs.iter_mut().filter(|leg| self.has_left(&leg.leg)) {
                    (leg.state, leg.arrival) = (LegState::Elsewhere, None);
                }
                self.stage = Stage::Up;
                self.say_that_we_act(outcome);
                let (switch, connection) = (self.switch.clone(), self.connection);
                outcome.events.push(Event::LinkRestored { switch, connection, legs });
                outcome.events.append(&mut self.early);
                Ok(())
            }
            Some(Awaited::Printed(command)) => {
                self.jobs.remove(&command);
                outcome.events.push(Event::Done { command, result: decode_event::job_result(body) });
                Ok(())
            }
            Some(Awaited::Nothing) => Ok(()),
            Some(_) => self.unasked("a printed answer in place of a reply"),
            None => self.unasked("a printed answer"),
        }
    }

    /// Whether an event said that the leg left us, while the link came up.
    fn has_left(&self, leg: &LegId) -> bool {
        let left =
            |event: &Event| matches!(event, Event::Leg { leg: of, event: LegEvent::Left } if of == leg);
        self.early.iter().any(left)
    }

    /// Live, an answer that fits no question means that we do not know any more what answers what. A record
    /// may have begun in the middle, or hold one direction only.
    fn unasked(&mut self, what: &'static str) -> Result<(), Refusal> {
        match self.speaker {
            Speaker::We { .. } => Err(Refusal::OutOfStep(what)),
            Speaker::Somebody => {
                self.shed += 1;
                Ok(())
            }
        }
    }

    fn event(&mut self, event: &hotlined_esl::event::EslEvent, outcome: &mut Outcome) -> Result<(), Refusal> {
        match decode_event::event(&self.switch, event) {
            Some(heard) => {
                self.settle(&heard);
                if self.stage == Stage::Up {
                    outcome.events.push(heard);
                } else if self.early.len() < EARLY_EVENTS_MAX {
                    self.early.push(heard);
                } else {
                    self.shed += 1;
                }
            }
            None => return self.for_the_link(event, outcome),
        }
        Ok(())
    }

    fn probe(&self) -> String {
        format!("{PROBE}{:016x}", self.connection)
    }

    /// What has ended is not unknown when the link is lost.
    fn settle(&mut self, event: &Event) {
        match event {
            Event::Done { command, .. } => {
                self.jobs.remove(command);
                self.plays.remove(command);
            }
            Event::Leg { leg, event: LegEvent::HungUp { .. } } => {
                for command in self.plays_of(leg) {
                    self.plays.remove(&command);
                }
            }
            _ => {}
        }
    }

    fn plays_of(&self, caller: &LegId) -> Vec<CommandId> {
        let call = hotlined_core::id::CallId(caller.clone());
        let first = CommandId { call: call.clone(), number: 0 };
        let last = CommandId { call, number: u32::MAX };
        self.plays.range(first..=last).cloned().collect()
    }

    fn for_the_link(
        &mut self,
        event: &hotlined_esl::event::EslEvent,
        outcome: &mut Outcome,
    ) -> Result<(), Refusal> {
        if let Some(other) = lease_beacon::claim_of(event) {
            return self.other_acts(other, outcome);
        }
        let name = event.name();
        let is_probe = self.stage == Stage::Setup
            && &*name == b"BACKGROUND_JOB"
            && event.get("Job-UUID").as_deref() == Some(self.probe().as_bytes());
        if is_probe {
            let call = ApiCall::new("show", Argument::new().literal(LISTING));
            self.ask(Request::Api(call), Awaited::Listing, outcome);
        } else if &*name == b"HEARTBEAT" {
            self.heartbeats += 1;
        } else {
            self.shed += 1;
        }
        Ok(())
    }
}

/// The first line of what the switch wrote for people.
fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().next().unwrap_or_default().trim().to_owned()
}

/// Why a request was refused at once.
fn refused(text: &str) -> CommandResult {
    match text.trim().strip_prefix("-ERR").map(str::trim) {
        Some(error) if error.starts_with("invalid session id") => CommandResult::NoSuchLeg,
        Some(error) => CommandResult::Failed(hangup_causes::heard(error)),
        None => CommandResult::Failed(hotlined_core::event::Cause::Other),
    }
}
