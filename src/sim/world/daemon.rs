//! A daemon without socket, clock or runtime: engine, conversation and decoder, and what lies between them.

use super::keeping::Keeping;
use super::link::Talking;
use crate::call::{Limits, SavedCall};
use crate::command::{Action, Command, Note};
use crate::engine::{Engine, Entry, take_back};
use crate::event::Event;
use crate::hotline::Hotlines;
use crate::id::{CallId, CommandId};
use crate::live::standstill::Standstill;
use crate::record::{CallRecord, Outcome};
use crate::sim::redis::Redis;
use crate::switch::esl::late::STALE_AFTER;
use crate::time::{Instant, Millis};
use fnv::FnvHasher;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::Hasher;
use std::sync::Arc;

/// After how long without a daemon callers go to the fallback (`fallback_s`): alone, and where daemons share a Redis.
pub const FALLBACK_AFTER: Millis = Millis::seconds(5);
pub const FALLBACK_AFTER_SHARED: Millis = Millis::seconds(6);

/// What a daemon is started with.
pub struct Start<'a> {
    pub name: String,
    pub hotlines: &'a Arc<Hotlines>,
    pub live_max: usize,
    /// Whether each of its calls is also saved and loaded between any two events.
    pub shadowed: bool,
    /// How far its clock is ahead of ours, in milliseconds.
    pub ahead: i64,
    /// Whether its hotlines ask callers for something, also after a talk.
    pub asks: bool,
    /// Whether somebody wants to read what it does.
    pub logs: bool,
}

/// A daemon.
pub struct Daemon {
    pub name: String,
    pub engine: Engine,
    /// An engine that lives through the same, each call saved and loaded before each event.
    shadow: Option<Engine>,
    /// What the link told and the engine has not taken yet.
    pub(super) inbox: VecDeque<(Instant, Event)>,
    /// What the engine ordered and the link has not taken yet.
    pub(super) orders: VecDeque<(Instant, CommandId, Action)>,
    pub talking: Option<Talking>,
    pub connects_at: Option<Instant>,
    /// Since when the engine knows the switch.
    pub linked_since: Option<Instant>,
    /// The calls it took, or took up, and did not leave to somebody else.
    pub taken: BTreeSet<CallId>,
    pub records: BTreeMap<CallId, CallRecord>,
    /// Whether it heard that somebody else acts, since this was asked last; and the calls it had then.
    pub is_superseded: bool,
    pub left_undone: BTreeSet<CallId>,
    /// Calls of which something was lost: what it does with them may be done anew.
    pub forgiven: BTreeSet<CallId>,
    /// The records among them that nobody has asked for yet.
    news: Vec<CallRecord>,
    /// What was decided and is not done yet.
    pub(super) out: Vec<Command>,
    /// Whether something was decided or heard that is not kept yet.
    pub(super) is_unsettled: bool,
    pub(super) standstill: Standstill,
    /// How many events the engine took.
    pub turns: usize,
    /// How far the time that the engine is told is ahead of ours, in milliseconds.
    pub(super) ahead: i64,
    pub keeping: Keeping,
    /// Whether its hotlines ask callers for something, also after a talk.
    pub asks: bool,
    /// What it did, as text, where somebody wants to read it.
    pub log: Option<Vec<String>>,
    /// A fingerprint of all it did.
    pub print: u64,
}

pub(super) fn fnv(print: u64, text: &str) -> u64 {
    let mut fnv = FnvHasher::with_key(print);
    fnv.write(text.as_bytes());
    fnv.finish()
}

impl Daemon {
    /// A daemon that starts with its hotlines and what another left. One with a file connects at once.
    pub fn start(now: Instant, start: Start, keeping: Keeping) -> Result<Self, String> {
        let Start { name, hotlines, live_max, shadowed, ahead, asks, logs } = start;
        let mut inbox = VecDeque::from([(now, Event::Hotlines(hotlines.clone()))]);
        let mut taken = BTreeSet::new();
        let engine = |keeping: &Keeping| match keeping {
            Keeping::File(legacy) => {
                let limits = Limits { live_max, fallback_after: FALLBACK_AFTER };
                Ok::<_, String>(Engine::with_store(limits, legacy.store()?))
            }
            Keeping::Redis(_) => {
                Ok(Engine::shared(Limits { live_max, fallback_after: FALLBACK_AFTER_SHARED }))
            }
        };
        if let Keeping::File(legacy) = &keeping {
            inbox.push_back((now, legacy.event()?));
            taken.extend(legacy.calls().cloned());
        }
        Ok(Self {
            name,
            engine: engine(&keeping)?,
            shadow: if shadowed { Some(engine(&keeping)?) } else { None },
            inbox,
            orders: VecDeque::new(),
            talking: None,
            connects_at: matches!(keeping, Keeping::File(_)).then_some(now),
            linked_since: None,
            taken,
            records: BTreeMap::new(),
            is_superseded: false,
            left_undone: BTreeSet::new(),
            forgiven: BTreeSet::new(),
            news: Vec::new(),
            out: Vec::new(),
            is_unsettled: false,
            standstill: Standstill::default(),
            turns: 0,
            ahead,
            keeping,
            asks,
            log: logs.then(Vec::new),
            print: 0xcbf2_9ce4_8422_2325,
        })
    }

    /// When it wants to be woken.
    pub fn next(&self, now: Instant, redis: Option<&Redis>) -> Option<Instant> {
        let orders = self.orders.front().map(|(at, ..)| *at);
        let writes = (self.has_unwritten() && self.may_speak(now)).then_some(now);
        let waits = [self.connects_at, self.gives_up_at(), self.knocks_at(now)];
        let link = [orders, writes].into_iter().chain(waits).flatten().min();
        let (Keeping::Redis(shared), Some(redis)) = (&self.keeping, redis) else {
            return link.into_iter().chain(self.wants()).min();
        };
        let said = shared.next(redis, |at| self.ours(at));
        let waits = shared.wakes();
        let wants = match (shared.has_waiting(), self.is_unsettled || shared.told().is_some()) {
            (true, _) => None,
            (false, true) => Some(Instant(0)),
            (false, false) => self.wants().into_iter().chain(shared.deadline().map(|at| self.ours(at))).min(),
        };
        [link, Some(said), waits, wants].into_iter().flatten().min()
    }

    /// When its loop has something to do.
    fn wants(&self) -> Option<Instant> {
        let inbox = self.inbox.front().map(|(at, _)| *at);
        inbox.into_iter().chain(self.deadline()).min()
    }

    /// When its engine wants to be woken.
    pub fn deadline(&self) -> Option<Instant> {
        self.engine.deadline().map(|at| self.standstill.counts(self.ours(at)))
    }

    /// It wakes up, and has stood still for so long.
    pub(super) fn wakes(&mut self, now: Instant, stood_still: Millis) {
        if let Some(deadline) = self.deadline() {
            self.standstill.goes_on(deadline, now);
        }
        let is_long = stood_still >= STALE_AFTER;
        if let Some(talking) = self.talking.as_mut().filter(|talking| talking.conversation.is_up()) {
            talking.is_stale |= is_long;
        }
    }

    /// When it is that by our clock.
    pub(super) fn ours(&self, at: Instant) -> Instant {
        Instant(at.0.saturating_add_signed(self.ahead.saturating_neg()))
    }

    /// The time that its engine is told.
    pub(super) fn told(&self, now: Instant) -> Instant {
        Instant(now.0.saturating_add_signed(self.ahead))
    }

    /// What is between link and engine takes a little, and never overtakes.
    pub fn put_in(&mut self, at: Instant, event: Event) {
        let newest = self.inbox.back().map_or(at, |(newest, _)| *newest);
        self.inbox.push_back((at.max(newest), event));
    }

    /// The next event that has come by now.
    pub fn arrived(&mut self, now: Instant) -> Option<Event> {
        if self.is_waiting() { None } else { self.heard(now) }
    }

    /// The same, though a turn may wait to be kept.
    pub fn heard(&mut self, now: Instant) -> Option<Event> {
        self.inbox.pop_front_if(|(at, _)| *at <= now).map(|(_, event)| event)
    }

    /// What a link says that was closed meanwhile is no news.
    pub fn is_news(&self, event: &Event) -> bool {
        let is_open = self.talking.is_some() || self.connects_at.is_some();
        let of_link =
            matches!(event, Event::Arrived(_) | Event::LinkLost { .. } | Event::LinkRestored { .. });
        is_open || !of_link
    }

    /// The engine takes an event.
    pub fn turn(&mut self, now: Instant, event: &Event) -> Result<(), String> {
        self.turns += 1;
        self.is_unsettled = true;
        match event {
            Event::LinkRestored { switch, .. } => {
                let unknown = take_back(&mut self.out, switch);
                unknown.into_iter().for_each(|event| self.put_in(now, event));
                self.linked_since = Some(now);
            }
            Event::LinkLost { .. } | Event::StoodBy { .. } => self.linked_since = None,
            _ => {}
        }
        if let (Keeping::Redis(shared), Event::LinkRestored { .. } | Event::LinkLost { .. }) =
            (&mut self.keeping, event)
        {
            shared.link(now, matches!(event, Event::LinkRestored { .. }));
        }
        let mut seen = Vec::new();
        let mut watch = |entry: Entry| {
            if let Entry::Out(command) = entry {
                seen.push(format!("{command:?}"));
            }
        };
        let told = self.told(now);
        self.engine.turn(told, event, &mut self.out, &mut watch);
        self.compare(told, event, &seen)?;
        for line in &seen {
            self.print = fnv(fnv(self.print, line), &now.0.to_string());
        }
        if let Some(log) = &mut self.log {
            log.push(format!("{} hears {event:?}", self.name));
            log.extend(seen.into_iter().map(|line| format!("{} says  {line}", self.name)));
        }
        Ok(())
    }

    /// A record is in its file.
    pub(super) fn wrote(&mut self, call: CallId, line: &str) -> Result<(), String> {
        let record: CallRecord = serde_json::from_str(line).map_err(|error| error.to_string())?;
        self.wrote_record(call, record)
    }

    fn wrote_record(&mut self, call: CallId, record: CallRecord) -> Result<(), String> {
        check_record(&record, self.asks)?;
        if !self.taken.contains(&call) {
            return Err(format!("a record of {call} that nobody took"));
        }
        self.news.push(record.clone());
        if self.records.insert(call.clone(), record).is_some() && !self.forgiven.contains(&call) {
            return Err(format!("a second record of {call}"));
        }
        Ok(())
    }

    /// Takes out the records that were written since this was asked last.
    pub fn news(&mut self) -> Vec<CallRecord> {
        std::mem::take(&mut self.news)
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

    pub(super) fn carry_out(&mut self, at: Instant, command: Command) -> Result<(), String> {
        match command {
            // For whom another daemon acts by now it has nothing to order.
            Command::Switch { .. } if self.talking.is_none() && self.connects_at.is_none() => Ok(()),
            // Its list of legs was not heard yet: what the link does before would not be in it.
            Command::Switch { id: command, .. } if self.linked_since.is_none() => {
                self.put_in(at, Event::unknown(command));
                Ok(())
            }
            Command::Switch { id, action, .. } => {
                let newest = self.orders.back().map_or(at, |(newest, ..)| *newest);
                self.orders.push_back((at.max(newest), id, action));
                Ok(())
            }
            Command::Note { call, note: Note::Stage { from: None, .. } } => {
                match self.taken.insert(call.clone()) || self.forgiven.contains(&call) {
                    true => Ok(()),
                    false => Err(format!("{call} was taken twice")),
                }
            }
            Command::Note { call, note: Note::NotTakenUp { why } } => {
                Err(format!("{call} was kept and is not taken up: {why}"))
            }
            Command::Note { .. } | Command::Store { .. } => Ok(()),
            Command::Record(record) => match &self.keeping {
                Keeping::File(_) => self.wrote_record(record.call.clone(), *record),
                Keeping::Redis(_) => Ok(()),
            },
        }
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
