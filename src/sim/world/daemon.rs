//! A daemon without socket, clock or runtime: engine, conversation and decoder, and what lies between them.

use super::line::PASSWORD;
use crate::call::{Limits, SavedCall};
use crate::command::{Action, Command, Note};
use crate::engine::{Engine, Entry};
use crate::event::{CommandResult, Event, KeptCall};
use crate::hotline::{BadDial, Hotlines};
use crate::id::{CallId, CommandId, SwitchId};
use crate::live::{LiveCall, Turn};
use crate::prompt::SoundPath;
use crate::record::{CallRecord, Outcome};
use crate::sim::dialplan::FALLBACK;
use crate::store::{Input, Store};
use crate::switch::esl::argument::Endpoint;
use crate::switch::esl::conversation::{self, Account, Conversation};
use crate::switch::esl::event::Format;
use crate::switch::esl::message::{Decoder, Message};
use crate::switch::esl::speak::{Fallback, Site};
use crate::switch::esl::vocabulary::Secret;
use crate::time::{Instant, Millis};
use bytes::BytesMut;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How long the switch may say nothing (`switch.heartbeat_s_max`).
pub const SILENCE_MAX: Millis = Millis::seconds(45);
/// How long a connection may take until it is up (`switch.connect_timeout_s`).
pub const SETUP_TIME_MAX: Millis = Millis::seconds(5);

/// A daemon's end of a connection.
pub struct Talking {
    pub conversation: Conversation,
    decoder: Decoder,
    pub heard_at: Instant,
}

/// What a daemon that is killed leaves to the next: what it kept with its turns.
#[derive(Default)]
pub struct Legacy {
    calls: BTreeMap<CallId, LiveCall>,
    store: Store,
    /// The turns that could not be kept yet.
    unkept: Vec<Turn>,
}

impl Legacy {
    /// A turn is kept, with all that could not be before; or cannot be either.
    fn take(&mut self, turn: Turn, keeps: bool) {
        self.unkept.push(turn);
        if !keeps {
            return;
        }
        for turn in std::mem::take(&mut self.unkept) {
            for call in turn.over {
                self.calls.remove(&call);
            }
            self.calls.extend(turn.live.into_iter().map(|live| (live.call.clone(), live)));
            for (at, input) in turn.inputs {
                self.store.take(at, &input, &mut Vec::new());
            }
        }
    }

    /// Whoever kept this is dead: what was not kept is lost. Gives the calls of which something was.
    pub fn loses_unkept(&mut self) -> BTreeSet<CallId> {
        let mut lost = BTreeSet::new();
        for turn in std::mem::take(&mut self.unkept) {
            lost.extend(turn.live.into_iter().map(|live| live.call).chain(turn.over));
            lost.extend(turn.inputs.into_iter().filter_map(|(_, input)| match input {
                Input::Ask(id, _) => Some(id.call),
                Input::Forget(call) => Some(call),
                Input::Due => None,
            }));
        }
        lost
    }

    /// The news of it that the next daemon gets.
    fn event(&self) -> Result<Event, String> {
        let calls = self.calls.values().map(|live| KeptCall::from_bytes(&live.bytes));
        let calls = calls.collect::<Result<_, _>>().map_err(|bad| bad.to_string())?;
        let hotlines = self.calls.values().filter_map(|live| live.hotline.clone()).collect();
        Ok(Event::TakenUp { calls, hotlines })
    }
}

/// A store like this one, by way of bytes.
fn copy(store: &Store) -> Result<Store, String> {
    let bytes = rmp_serde::to_vec_named(store).map_err(|error| error.to_string())?;
    rmp_serde::from_slice(&bytes).map_err(|error| error.to_string())
}

/// A daemon.
pub struct Daemon {
    pub engine: Engine,
    /// An engine that lives through the same, each call saved and loaded before each event.
    shadow: Option<Engine>,
    /// What the link told and the engine has not taken yet.
    inbox: VecDeque<(Instant, Event)>,
    /// What the engine ordered and the link has not taken yet.
    orders: VecDeque<(Instant, CommandId, Action)>,
    pub talking: Option<Talking>,
    pub connects_at: Option<Instant>,
    /// Since when the engine knows the switch.
    pub linked_since: Option<Instant>,
    pub taken: BTreeSet<CallId>,
    pub records: BTreeMap<CallId, CallRecord>,
    /// How many events the engine took.
    pub turns: usize,
    /// How far the time that the engine is told is ahead of ours, in milliseconds.
    ahead: i64,
    /// What the daemon after it finds, if it is killed now.
    pub legacy: Legacy,
    /// Whether its hotlines ask callers for something, also after a talk.
    pub asks: bool,
    /// What it did, as text, where somebody wants to read it.
    pub log: Option<Vec<String>>,
    /// A fingerprint of all it did.
    pub print: u64,
}

fn switch() -> SwitchId {
    SwitchId("fs1".into())
}

fn site() -> Result<Site, String> {
    let endpoint = |text| Endpoint::new(text).map_err(|bad| bad.to_string());
    Ok(Site {
        trunk: "sofia/gateway/carrier/{number}".parse().map_err(|bad: BadDial| bad.to_string())?,
        fallback: Fallback {
            extension: endpoint(FALLBACK)?,
            dialplan: endpoint("XML")?,
            context: endpoint("public")?,
        },
        recordings: SoundPath::new("/rec").map_err(|bad| bad.to_string())?,
    })
}

fn fnv(print: u64, text: &str) -> u64 {
    text.bytes().fold(print, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

impl Daemon {
    /// A daemon that starts with its hotlines and what another left, and connects at once.
    pub fn start(
        now: Instant,
        hotlines: &Arc<Hotlines>,
        live_max: usize,
        shadowed: bool,
        legacy: Legacy,
        ahead: i64,
    ) -> Result<Self, String> {
        let limits = Limits { live_max, fallback_after: Millis::seconds(5) };
        let taken_up = legacy.event()?;
        let shadow = if shadowed { Some(Engine::with_store(limits, copy(&legacy.store)?)) } else { None };
        let mut daemon = Self {
            engine: Engine::with_store(limits, copy(&legacy.store)?),
            shadow,
            taken: legacy.calls.keys().cloned().collect(),
            legacy,
            inbox: VecDeque::new(),
            orders: VecDeque::new(),
            talking: None,
            connects_at: Some(now),
            linked_since: None,
            records: BTreeMap::new(),
            turns: 0,
            ahead,
            asks: false,
            log: None,
            print: 0xcbf2_9ce4_8422_2325,
        };
        daemon.inbox.push_back((now, Event::Hotlines(hotlines.clone())));
        daemon.inbox.push_back((now, taken_up));
        Ok(daemon)
    }

    /// It connects.
    pub fn connect(&mut self, now: Instant, format: Format) -> Result<(), String> {
        let password = Secret::new(PASSWORD).map_err(|bad| bad.to_string())?;
        let account = Account { user: None, password };
        self.connects_at = None;
        self.talking = Some(Talking {
            conversation: Conversation::new(switch(), site()?, account, format, now.0),
            decoder: Decoder::default(),
            heard_at: now,
        });
        Ok(())
    }

    /// When it wants to be woken.
    pub fn next(&self) -> Option<Instant> {
        let inbox = self.inbox.front().map(|(at, _)| *at);
        let orders = self.orders.front().map(|(at, ..)| *at);
        [inbox, orders, self.deadline(), self.connects_at, self.gives_up_at()].into_iter().flatten().min()
    }

    /// When its engine wants to be woken.
    pub fn deadline(&self) -> Option<Instant> {
        let ours = |at: Instant| Instant(at.0.saturating_add_signed(self.ahead.saturating_neg()));
        self.engine.deadline().map(ours)
    }

    /// The time that its engine is told.
    fn told(&self, now: Instant) -> Instant {
        Instant(now.0.saturating_add_signed(self.ahead))
    }

    /// When it takes the connection for dead.
    pub fn gives_up_at(&self) -> Option<Instant> {
        let talking = self.talking.as_ref()?;
        let patience = if talking.conversation.is_up() { SILENCE_MAX } else { SETUP_TIME_MAX };
        Some(talking.heard_at + patience)
    }

    /// What is between link and engine takes a little, and never overtakes.
    pub fn put_in(&mut self, at: Instant, event: Event) {
        let newest = self.inbox.back().map_or(at, |(newest, _)| *newest);
        self.inbox.push_back((at.max(newest), event));
    }

    /// Bytes of the switch have come: gives what is to be written.
    pub fn hear(&mut self, now: Instant, bytes: &[u8], lag: Millis) -> Result<BytesMut, String> {
        let Some(talking) = &mut self.talking else { return Ok(BytesMut::new()) };
        talking.heard_at = now;
        talking.decoder.push(bytes);
        let mut outcome = conversation::Outcome::default();
        while let Some(message) = talking.decoder.next().map_err(|fault| fault.to_string())? {
            if matches!(message, Message::Disconnect { .. }) {
                continue;
            }
            talking.conversation.hear(message, &mut outcome).map_err(|refusal| refusal.to_string())?;
        }
        Ok(self.settle(now + lag, outcome))
    }

    fn settle(&mut self, at: Instant, outcome: conversation::Outcome) -> BytesMut {
        let mut written = BytesMut::new();
        outcome.requests.iter().for_each(|request| request.encode(&mut written));
        outcome.events.into_iter().for_each(|event| self.put_in(at, event));
        written
    }

    /// The connection is gone, and it knows.
    pub fn lost(&mut self, now: Instant, connects_at: Instant) {
        let Some(mut talking) = self.talking.take() else { return };
        for event in talking.conversation.lost() {
            self.put_in(now, event);
        }
        self.connects_at = Some(connects_at);
    }

    /// The link takes the orders of the engine that have come by now: gives what is to be written.
    pub fn pass_orders(&mut self, now: Instant) -> BytesMut {
        let mut outcome = conversation::Outcome::default();
        while let Some((_, command, action)) = self.orders.pop_front_if(|(at, ..)| *at <= now) {
            match &mut self.talking {
                Some(talking) => talking.conversation.order(&command, &action, &mut outcome),
                None => outcome.events.push(Event::Done { command, result: CommandResult::Unknown }),
            }
        }
        self.settle(now, outcome)
    }

    /// The next event that has come by now.
    pub fn arrived(&mut self, now: Instant) -> Option<Event> {
        self.inbox.pop_front_if(|(at, _)| *at <= now).map(|(_, event)| event)
    }

    /// The engine takes an event; what it changes is kept, or cannot be. Gives the records that it wrote.
    pub fn turn(
        &mut self,
        now: Instant,
        event: &Event,
        lag: Millis,
        keeps: bool,
    ) -> Result<Vec<CallRecord>, String> {
        self.turns += 1;
        match event {
            Event::LinkRestored { .. } => self.linked_since = Some(now),
            Event::LinkLost { .. } => self.linked_since = None,
            _ => {}
        }
        let (mut out, mut seen) = (Vec::new(), Vec::new());
        let mut watch = |entry: Entry| {
            if let Entry::Out(command) = entry {
                seen.push(format!("{command:?}"));
            }
        };
        let told = self.told(now);
        self.engine.turn(told, event, &mut out, &mut watch);
        self.legacy.take(Turn::of(&mut self.engine), keeps);
        self.compare(told, event, &seen)?;
        for line in &seen {
            self.print = fnv(fnv(self.print, line), &now.0.to_string());
        }
        if let Some(log) = &mut self.log {
            log.push(format!("daemon hears {event:?}"));
            log.extend(seen.into_iter().map(|line| format!("daemon says  {line}")));
        }
        let mut records = Vec::new();
        for command in out {
            if let Command::Record(record) = &command {
                records.push((**record).clone());
            }
            self.carry_out(now + lag, command)?;
        }
        Ok(records)
    }

    /// Whether it has something to keep that it could not.
    pub fn has_unkept(&self) -> bool {
        self.legacy.unkept.iter().any(|turn| !turn.is_empty())
    }

    fn compare(&mut self, now: Instant, event: &Event, seen: &[String]) -> Result<(), String> {
        let Some(shadow) = &mut self.shadow else { return Ok(()) };
        let calls: Vec<CallId> = shadow.switchboard.stages().map(|(id, _)| id.clone()).collect();
        for call in calls {
            let saved = shadow.switchboard.save(&call).ok_or("a live call cannot be saved")?;
            let text = serde_json::to_string(&saved).map_err(|error| error.to_string())?;
            let loaded: SavedCall = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            shadow.switchboard.load(loaded).map_err(|error| error.to_string())?;
        }
        let (mut out, mut other) = (Vec::new(), Vec::new());
        let mut watch = |entry: Entry| {
            if let Entry::Out(command) = entry {
                other.push(format!("{command:?}"));
            }
        };
        shadow.turn(now, event, &mut out, &mut watch);
        if other == seen {
            return Ok(());
        }
        Err(format!("saved and loaded it does otherwise: on {event:?}\n {seen:#?}\n {other:#?}"))
    }

    fn carry_out(&mut self, at: Instant, command: Command) -> Result<(), String> {
        match command {
            Command::Switch { id, action, .. } => {
                let newest = self.orders.back().map_or(at, |(newest, ..)| *newest);
                self.orders.push_back((at.max(newest), id, action));
            }
            Command::Note { call, note: Note::Stage { from: None, .. } } => {
                if !self.taken.insert(call.clone()) {
                    return Err(format!("{call} was taken twice"));
                }
            }
            Command::Note { call, note: Note::NotTakenUp { why } } => {
                return Err(format!("{call} was kept and is not taken up: {why}"));
            }
            Command::Note { .. } | Command::Store { .. } => {}
            Command::Record(record) => {
                check_record(&record, self.asks)?;
                if !self.taken.contains(&record.call) {
                    return Err(format!("a record of {} that nobody took", record.call));
                }
                if self.records.insert(record.call.clone(), *record.clone()).is_some() {
                    return Err(format!("a second record of {}", record.call));
                }
            }
        }
        Ok(())
    }

    /// The calls it took and has not written a record of.
    pub fn unwritten(&self) -> Vec<&CallId> {
        self.taken.iter().filter(|call| !self.records.contains_key(call)).collect()
    }
}

fn check_record(record: &CallRecord, asks: bool) -> Result<(), String> {
    let times = record.arrived <= record.ended && record.billing_start.is_none_or(|at| at <= record.ended);
    // Answered and not joined as far as we heard is possible: the news of the bridge was lost with the line.
    let talked = record.outcome == Outcome::Answered;
    let answered = (!talked || record.billing_start.is_some()) && record.agent.is_some() == talked;
    let (sum, lasted) = (record.wait.0 + record.talk.0, record.ended.since(record.arrived).0);
    // Who is asked how it was is there after the talk, too.
    let sums = sum == lasted || asks && sum < lasted;
    if times && answered && sums { Ok(()) } else { Err(format!("a record that cannot be: {record:?}")) }
}
