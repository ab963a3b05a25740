//! The one loop: takes what has come in, turns the engine, keeps what changed, hands out what follows.
//!
//! Save, then act: nothing is handed out before the calls it is about are kept for the daemon that comes after
//! this one. Nothing here waits for anything but that, the inbox, the next deadline and the operator. What the
//! outside cannot take at once is answered as unknown, never waited for.

use super::clock::Clock;
use super::keeper::Keeper;
use super::pulse::{InUse, Pulse};
use super::shared::Shared;
use crate::call::Limits;
use crate::command::{Command, Note};
use crate::engine::{Engine, Entry};
use crate::event::{CommandResult, Event, Order};
use crate::id::{CallId, CommandId, SwitchId};
use crate::linefile::LineFile;
use crate::live::Kept;
use crate::live::file::LiveFile;
use crate::number::masked;
use crate::record::CallRecord;
use crate::switch::esl::link;
use crate::time::{Instant, Millis};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// The most events taken in before deadlines are looked at again.
const EVENTS_AT_ONCE_MAX: usize = 256;
/// The most events that wait between a link and the engine.
pub const INBOX_MAX: usize = 16_384;
/// The most orders that wait between the engine and a link.
pub const ORDERS_MAX: usize = 65_536;

/// Sees everything that passes through the engine.
pub type Observer = Box<dyn FnMut(Instant, Entry) + Send>;

/// What an operator, or the supervisor of the process, wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stop, but let calls in progress finish for a while. Said again: stop now.
    Stop,
}

/// The engine and its doors to the outside.
pub struct Desk {
    engine: Engine,
    clock: Clock,
    drain_max: Millis,
    links: BTreeMap<SwitchId, mpsc::Sender<link::Order>>,
    records: LineFile,
    observers: Vec<Observer>,
    keeper: Option<Keeper>,
    shared: Option<Shared>,
    pulse: Pulse,
    /// What happened on the way out and belongs in again.
    returned: Vec<Event>,
    /// What was decided and is not done yet.
    out: Vec<Command>,
}

impl Desk {
    /// An engine without any call; one that keeps its calls goes on with those that were kept.
    pub fn new(
        limits: Limits,
        drain_max: Millis,
        records: LineFile,
        observers: Vec<Observer>,
        live: Option<(LiveFile, Kept)>,
        shared: Option<Shared>,
        pulse: Pulse,
    ) -> Self {
        let mut returned = Vec::new();
        let mut store = None;
        let keeper = live.map(|(file, mut kept)| {
            let keeper = Keeper::new(file, &mut kept, &records, pulse.health().clone());
            let Kept { calls, hotlines, store: kept, .. } = kept;
            if !calls.is_empty() {
                returned.push(Event::TakenUp { calls, hotlines });
            }
            store = Some(kept);
            keeper
        });
        let engine = match (&shared, store) {
            (Some(_), _) => Engine::shared(limits),
            (None, Some(store)) => Engine::with_store(limits, store),
            (None, None) => Engine::new(limits),
        };
        Self {
            engine,
            keeper,
            shared,
            pulse,
            clock: Clock::start(),
            drain_max,
            links: BTreeMap::new(),
            records,
            observers,
            returned,
            out: Vec::new(),
        }
    }

    /// Orders for this switch go here.
    pub fn connect(&mut self, switch: SwitchId, orders: mpsc::Sender<link::Order>) {
        self.links.insert(switch, orders);
    }

    /// Works until an operator stops it and the calls are finished or handed over: `first` are the events that no
    /// call may come before. Dropping what comes back lets the links finish, too.
    pub async fn run(
        mut self,
        first: Vec<Event>,
        mut inbox: mpsc::Receiver<Event>,
        mut wishes: mpsc::Receiver<Wish>,
    ) {
        first.iter().for_each(|event| self.turn(event));
        self.act().await;
        self.pulse.begin(&self.engine);
        let mut events = Vec::with_capacity(EVENTS_AT_ONCE_MAX);
        let mut stop_at: Option<Instant> = None;
        loop {
            let now = self.clock.now();
            if stop_at.is_some_and(|at| at <= now || self.engine.switchboard.live() == 0) {
                self.turn(&Event::Operator(Order::HandOver));
                self.act().await;
                if let Some(shared) = self.shared.take() {
                    shared.finish().await;
                }
                return;
            }
            let deadline = self.engine.deadline();
            let shared_deadline = self.shared.as_ref().and_then(Shared::deadline);
            let (engine, shared) = (&self.engine, &self.shared);
            let beat = self.pulse.beat(now, engine, || in_use(engine, shared.as_ref()));
            let wake = [deadline, shared_deadline, stop_at].into_iter().flatten().fold(beat, Instant::min);
            let wake_at = self.clock.wake_at(wake);
            tokio::select! {
                // Nobody wishes often enough to keep events waiting; events might keep a wish waiting for ever.
                biased;
                Some(Wish::Stop) = wishes.recv() => stop_at = Some(self.stop(stop_at)),
                // There are no more answers than questions, and those wait for events.
                answers = hear(&mut self.shared, &self.clock) => {
                    answers.iter().for_each(|answer| self.turn(answer));
                }
                count = inbox.recv_many(&mut events, EVENTS_AT_ONCE_MAX) => {
                    if count == 0 {
                        tracing::error!("nobody can tell the engine anything any more");
                        return;
                    }
                    events.drain(..).for_each(|event| self.turn(&event));
                }
                () = tokio::time::sleep_until(wake_at) => {}
            }
            if shared_deadline.is_some_and(|at| at <= self.clock.now())
                && let Some(shared) = &mut self.shared
            {
                let answers = shared.due(self.clock.now());
                answers.iter().for_each(|answer| self.turn(answer));
            }
            if deadline.is_some_and(|at| at <= self.clock.now()) {
                self.turn(&Event::Due);
            }
            self.act().await;
            self.pulse.turned(inbox.len());
        }
    }

    /// The first wish drains, the second hands over at once.
    fn stop(&mut self, already: Option<Instant>) -> Instant {
        let now = self.clock.now();
        if already.is_some() {
            return now;
        }
        self.turn(&Event::Operator(Order::Drain));
        let live = self.engine.switchboard.live();
        tracing::info!(live, wait = %self.drain_max, "stopping: new calls go to the fallback");
        now + self.drain_max
    }

    fn turn(&mut self, event: &Event) {
        let now = self.clock.now();
        let observers = &mut self.observers;
        let mut watch = |entry: Entry| observers.iter_mut().for_each(|observer| observer(now, entry));
        let asked = self.pulse.asks();
        self.engine.turn(now, event, &mut self.out, &mut watch);
        self.pulse.decided(asked);
    }

    /// Keeps what changed and does what was decided, and what follows from that.
    async fn act(&mut self) {
        loop {
            if let Some(keeper) = &mut self.keeper {
                keeper.keep(&mut self.engine, &self.out, &self.records).await;
            }
            let mut out = std::mem::take(&mut self.out);
            out.drain(..).for_each(|command| self.carry_out(command));
            self.out = out;
            // Each returned event ends a command, so there are no more of them than commands.
            let returned = std::mem::take(&mut self.returned);
            if returned.is_empty() {
                return;
            }
            returned.iter().for_each(|event| self.turn(event));
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Switch { switch, id, action } => {
                let taken =
                    self.links.get(&switch).is_some_and(|link| link.try_send((id.clone(), action)).is_ok());
                if !taken {
                    self.undeliverable(&switch, id);
                }
            }
            Command::Record(record) => {
                self.keep(&record);
                self.forget(&record.call);
            }
            Command::Note { call, note } => {
                tell(&call, &note);
                if let Note::NotTakenUp { .. } = note {
                    self.forget(&call);
                }
            }
            // An embedded store answered within the engine.
            Command::Store { id, request } => {
                if let Some(shared) = &mut self.shared {
                    let answers = shared.ask(self.clock.now(), id, request);
                    self.returned.extend(answers);
                }
            }
        }
    }

    /// Nothing that calls share is the call's any more.
    fn forget(&mut self, call: &CallId) {
        if let Some(shared) = &mut self.shared {
            let answers = shared.forget(self.clock.now(), call);
            self.returned.extend(answers);
        }
    }

    fn undeliverable(&mut self, switch: &SwitchId, command: CommandId) {
        self.pulse.undelivered();
        tracing::warn!(%switch, %command, "an order could not be handed to the link");
        self.returned.push(Event::Done { command, result: CommandResult::Unknown });
    }

    fn keep(&self, record: &CallRecord) {
        let caller = masked(&record.caller);
        tracing::info!(
            call = %record.call,
            hotline = record.hotline.as_deref().unwrap_or("-"),
            caller,
            outcome = ?record.outcome,
            ended_by = ?record.ended_by,
            cause = %record.cause,
            wait = %record.wait,
            talk = %record.talk,
            agent = record.agent.as_deref().unwrap_or("-"),
            "call over"
        );
        self.records.write(line_of(record));
    }
}

fn in_use(engine: &Engine, shared: Option<&Shared>) -> InUse {
    let ours = || InUse { lines: engine.lines_in_use(), waiting: engine.store().waiting() };
    shared.map_or_else(ours, Shared::in_use)
}

/// What Redis answers, where there is one; otherwise nothing, ever.
async fn hear(shared: &mut Option<Shared>, clock: &Clock) -> Vec<Event> {
    match shared {
        Some(shared) => shared.hear(|| clock.now()).await,
        None => std::future::pending().await,
    }
}

/// A record as it stands in its file.
pub(super) fn line_of(record: &CallRecord) -> String {
    // Only a type that has no JSON could fail here, and a record is none.
    serde_json::to_string(record).unwrap_or_default()
}

fn tell(call: &CallId, note: &Note) {
    match note {
        Note::Stage { from, to } => {
            let (from, to) = (from.map(name), to.map(name));
            tracing::info!(%call, from = from.as_deref().unwrap_or("-"), to = to.as_deref().unwrap_or("-"));
        }
        // Why may have a number in it: that stands in the journal.
        Note::Node { node, exit, because: _ } => tracing::debug!(%call, %node, %exit),
        Note::Refused { why, because: _ } => tracing::info!(%call, %why, "refused"),
        Note::Queued { ahead, estimate: _ } => tracing::debug!(%call, ahead, "waiting"),
        Note::CallBack => tracing::info!(%call, "will be called back"),
        Note::Endless => tracing::warn!(%call, "goes through its flow without end"),
        Note::Ringing { agent } => tracing::debug!(%call, %agent, "calling"),
        Note::Attempt { agent, outcome } => tracing::debug!(%call, %agent, ?outcome),
        Note::SoundFailed { prompt } => tracing::warn!(%call, %prompt, "cannot be played"),
        Note::NotTaken { why } => tracing::warn!(%call, ?why, "not taken"),
        Note::NotTakenUp { why } => tracing::error!(%call, %why, "not taken up"),
    }
}

fn name(stage: crate::command::StageName) -> String {
    format!("{stage:?}").to_lowercase()
}
