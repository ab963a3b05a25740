//! The one loop: takes what has come in, turns the engine, keeps what changed, hands out what follows.
//!
//! Save, then act: nothing is handed out before the calls it is about are kept for the daemon that comes after
//! this one. Nothing here waits for anything but that, the inbox, the next deadline and the operator. What the
//! outside cannot take at once is answered as unknown, never waited for.

use super::clock::Clock;
use super::duties::{Heed, Told};
use super::keeper::Keeper;
use super::links::{Ended, Links};
use super::outbox::Outbox;
use super::pulse::{InUse, Pulse};
use super::saying::{say, say_record};
use super::shared::{Shared, Word};
use crate::call::Limits;
use crate::command::Command;
use crate::engine::{Engine, Entry, Observer, take_back};
use crate::event::{Event, Order};
use crate::id::{CallId, CommandId, SwitchId};
use crate::linefile::LineFile;
use crate::live::downs::Downs;
use crate::live::file::LiveFile;
use crate::live::redis::{Fence, Loaded};
use crate::live::standstill::Standstill;
use crate::live::{KEEP_TIME_MAX, Kept};
use crate::record::CallRecord;
use crate::switch::gate::Right;
use crate::time::{Instant, Millis};
use std::time::Duration;
use tokio::sync::mpsc;

/// The most events taken in before deadlines are looked at again.
const EVENTS_AT_ONCE_MAX: usize = 256;
/// The most events that wait between a link and the engine.
pub const INBOX_MAX: usize = 16_384;

/// How long after a record was handed to its file it is looked whether it is there, if no other turn of the loop comes
/// first: until Redis knows, whoever takes over writes it once more.
const WRITTEN_LOOK: Millis = Millis(20);
/// How long the disk may take for the last records.
const LAST_RECORDS_TIME_MAX: Duration = Duration::from_secs(2);

/// What an operator, or the supervisor of the process, wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stop, but let calls in progress finish for a while. Said again: stop now.
    Stop,
}

/// Where calls are kept for the daemon that comes after this one, and what they share.
enum Keeping {
    /// Nowhere: they live and die with this one.
    Nowhere,
    /// In a file.
    File(Keeper),
    /// In Redis, with other daemons.
    Redis(Box<Shared>),
}

/// The engine and its doors to the outside.
pub struct Desk {
    engine: Engine,
    clock: Clock,
    drain_max: Millis,
    links: Links,
    outbox: Outbox,
    observers: Vec<Observer>,
    keeping: Keeping,
    pulse: Pulse,
    downs: Downs,
    standstill: Standstill,
    /// What happened on the way out and belongs in again.
    returned: Vec<Event>,
    /// What was decided and is not done yet.
    out: Vec<Command>,
}

/// What woke the loop.
enum Woke {
    Wished,
    Word(Word),
    Events(usize),
    Link(Ended),
    Due,
}

impl Desk {
    /// An engine without any call; one that keeps its calls in a file goes on with those that were kept.
    pub(super) fn new(
        limits: Limits,
        drain_max: Millis,
        (links, records): (Links, LineFile),
        observers: Vec<Observer>,
        live: Option<(LiveFile, Kept)>,
        shared: Option<Shared>,
        pulse: Pulse,
    ) -> Self {
        let mut returned = Vec::new();
        let mut outbox = Outbox::new(records);
        let (engine, keeping) = match (shared, live) {
            (Some(shared), _) => (Engine::shared(limits), Keeping::Redis(Box::new(shared))),
            (None, Some((file, mut kept))) => {
                let keeper = Keeper::new(file, &mut kept, &mut outbox, pulse.health().clone());
                let Kept { calls, hotlines, store, .. } = kept;
                if !calls.is_empty() {
                    returned.push(Event::TakenUp { calls, hotlines });
                }
                (Engine::with_store(limits, store), Keeping::File(keeper))
            }
            (None, None) => (Engine::new(limits), Keeping::Nowhere),
        };
        Self {
            engine,
            clock: Clock::start(),
            drain_max,
            links,
            outbox,
            observers,
            keeping,
            pulse,
            downs: Downs::default(),
            standstill: Standstill::default(),
            returned,
            out: Vec::new(),
        }
    }

    /// Works until an operator stops it and the calls are finished or handed over: `first` are the events that no
    /// call may come before. Ends early where a switch does not let us in that nobody else would act for.
    pub(super) async fn run(
        mut self,
        first: Vec<Event>,
        mut inbox: mpsc::Receiver<Event>,
        mut wishes: mpsc::Receiver<Wish>,
    ) -> Result<(), Ended> {
        first.iter().for_each(|event| self.turn(event));
        self.act().await;
        self.pulse.begin(&self.engine);
        if !matches!(self.keeping, Keeping::Redis(_)) {
            let all: Vec<SwitchId> = self.links.switches().cloned().collect();
            all.iter().for_each(|switch| self.open(switch, Right::undisputed()));
        }
        let mut events = Vec::with_capacity(EVENTS_AT_ONCE_MAX);
        let mut stop_at: Option<Instant> = None;
        let mut woke_at = self.clock.now();
        loop {
            let now = self.clock.now();
            self.standstill.goes_on(woke_at + KEEP_TIME_MAX, now);
            if stop_at.is_some_and(|at| at <= now || self.engine.switchboard.live() == 0) {
                return self.finish().await;
            }
            let wake = self.wake(now, stop_at);
            let wake_at = self.clock.wake_at(wake);
            let has_returned = !self.returned.is_empty();
            let woke = tokio::select! {
                // Nobody wishes often enough to keep events waiting; events might keep a wish waiting for ever.
                biased;
                Some(Wish::Stop) = wishes.recv() => Woke::Wished,
                // There are no more answers than questions, and those wait for events.
                word = hear(&mut self.keeping) => Woke::Word(word),
                ended = self.links.ended() => Woke::Link(ended),
                count = inbox.recv_many(&mut events, EVENTS_AT_ONCE_MAX) => Woke::Events(count),
                () = std::future::ready(()), if has_returned => Woke::Due,
                () = tokio::time::sleep_until(wake_at) => Woke::Due,
            };
            woke_at = self.clock.now();
            self.standstill.goes_on(wake.max(now), woke_at);
            match woke {
                Woke::Wished => stop_at = Some(self.stop(stop_at)),
                Woke::Word(word) => self.heard(word).await,
                Woke::Link(ended) => self.link_ended(ended).await?,
                // The links themselves hold the other end.
                Woke::Events(0) => return Err(None),
                Woke::Events(_) => {
                    self.standstill.heard(woke_at);
                    // What came back is older.
                    self.turn_returned();
                    events.drain(..).for_each(|event| self.event(&event));
                }
                Woke::Due => {}
            }
            // Only now: whoever stands by for a switch has heard so, and decided nothing more about its calls.
            self.turn_returned();
            let now = self.clock.now();
            if let Keeping::Redis(shared) = &mut self.keeping
                && shared.deadline().is_some_and(|at| at <= now)
            {
                shared.due(now);
            }
            self.bear_with_links(now);
            if self.deadline().is_some_and(|at| at <= now) {
                self.turn(&Event::Due);
            }
            self.act_once().await;
            self.pulse.turned(inbox.len());
        }
    }

    /// When something is due for calls.
    fn deadline(&self) -> Option<Instant> {
        self.engine.deadline().map(|at| self.standstill.counts(at))
    }

    /// When the loop has something to do, whether anything happens or not.
    fn wake(&mut self, now: Instant, stop_at: Option<Instant>) -> Instant {
        let (engine, keeping) = (&self.engine, &self.keeping);
        let shared_deadline = match keeping {
            Keeping::Redis(shared) => shared.deadline(),
            Keeping::File(_) | Keeping::Nowhere => None,
        };
        let beat = self.pulse.beat(now, engine, || in_use(engine, keeping));
        let written = self.outbox.is_behind().then_some(now + WRITTEN_LOOK);
        [self.deadline(), shared_deadline, stop_at, written].into_iter().flatten().fold(beat, Instant::min)
    }

    /// What is left is handed over, and whoever waits for us hears the last of it.
    async fn finish(mut self) -> Result<(), Ended> {
        self.turn(&Event::Operator(Order::HandOver));
        self.act().await;
        self.tell_written().await;
        let Self { links, keeping, mut outbox, .. } = self;
        let ended = links.finish().await;
        if let Keeping::Redis(shared) = keeping {
            shared.finish(&mut outbox).await;
        }
        ended
    }

    /// Whoever comes after us is not to write the last records once more.
    async fn tell_written(&mut self) {
        let by = tokio::time::Instant::now() + LAST_RECORDS_TIME_MAX;
        while self.outbox.is_behind() && tokio::time::Instant::now() < by {
            tokio::time::sleep(WRITTEN_LOOK.into()).await;
            self.keep().await;
        }
    }

    /// The first wish drains, the second hands over at once. Where another daemon could act for our switches, it goes
    /// on with their calls.
    fn stop(&mut self, already: Option<Instant>) -> Instant {
        let now = self.clock.now();
        if already.is_some() {
            return now;
        }
        self.turn(&Event::Operator(Order::Drain));
        if let Keeping::Redis(shared) = &self.keeping {
            shared.heed(Heed::Leave);
        }
        let live = self.engine.switchboard.live();
        tracing::info!(live, wait = %self.drain_max, "stopping: new calls go to the fallback");
        now + self.drain_max
    }

    /// What a link says that was closed meanwhile is no news.
    fn event(&mut self, event: &Event) {
        let switch = match event {
            Event::Arrived(arrival) => Some(&arrival.switch),
            Event::LinkLost { switch } | Event::LinkRestored { switch, .. } => Some(switch),
            Event::Leg { .. }
            | Event::Done { .. }
            | Event::Store { .. }
            | Event::Due
            | Event::Hotlines(_)
            | Event::TakenUp { .. }
            | Event::StoodBy { .. }
            | Event::Calendar(_)
            | Event::Atlas(_)
            | Event::Operator(_) => None,
        };
        if switch.is_some_and(|switch| !self.links.is_open(switch)) {
            return;
        }
        if let Event::LinkRestored { switch, connection, .. } = event {
            self.returned.extend(take_back(&mut self.out, switch));
            self.link(switch, true);
            self.links.came_up(switch, *connection);
        }
        if let Event::LinkLost { switch } = event {
            self.link(switch, false);
        }
        self.turn(event);
    }

    /// Where a link stays down, another daemon is to try.
    fn bear_with_links(&mut self, now: Instant) {
        let Keeping::Redis(shared) = &self.keeping else { return };
        for switch in self.downs.too_long(now) {
            shared.heed(Heed::Unlinked(switch));
        }
    }

    fn link(&mut self, switch: &SwitchId, up: bool) {
        self.downs.link(self.clock.now(), switch, up);
    }

    fn turn(&mut self, event: &Event) {
        let now = self.clock.now();
        let observers = &mut self.observers;
        let mut watch = |entry: Entry| observers.iter_mut().for_each(|observer| observer(now, entry));
        let asked = self.pulse.asks();
        self.engine.turn(now, event, &mut self.out, &mut watch);
        self.pulse.decided(asked);
    }

    /// Redis said something.
    async fn heard(&mut self, word: Word) {
        let Keeping::Redis(shared) = &mut self.keeping else { return };
        match word {
            Word::Heard => shared.take(self.clock.now()),
            Word::Told(Told::Begins { fence, right, loaded }) => self.begin(fence, right, *loaded).await,
            Word::Told(Told::Ends(switch)) => {
                if shared.fence(&switch).is_some() {
                    tracing::warn!(%switch, "another daemon acts for it by now");
                    self.stand_by(&switch);
                }
            }
            Word::Told(Told::Leave(switch)) => {
                // What was decided is kept first.
                self.act().await;
                let Keeping::Redis(shared) = &mut self.keeping else { return };
                let kept = shared.may_leave();
                if kept {
                    tracing::info!(%switch, "left to another daemon");
                    self.stand_by(&switch);
                }
                if let Keeping::Redis(shared) = &self.keeping {
                    shared.heed(Heed::Left { switch, kept });
                }
            }
        }
    }

    /// We act for a switch from now on, and go on with its calls.
    async fn begin(&mut self, fence: Fence, right: Right, loaded: Loaded) {
        let Keeping::Redis(shared) = &mut self.keeping else { return };
        let (switch, calls) = (fence.switch.clone(), loaded.kept.calls.len());
        tracing::info!(%switch, token = fence.token, calls, "acting for the switch");
        loaded.kept.losses.iter().for_each(|loss| tracing::error!(%switch, "lost: {loss}"));
        let taken_up =
            shared.begin_for(self.clock.now(), (fence, right.gate.clone()), loaded, &mut self.outbox);
        self.turn(&taken_up);
        self.pulse.recount(&self.engine);
        self.open(&switch, right);
    }

    fn open(&mut self, switch: &SwitchId, right: Right) {
        self.pulse.health().acts(switch);
        self.link(switch, false);
        self.links.open(switch, right);
    }

    /// Another daemon acts for a switch: nothing more is done about its calls here.
    fn stand_by(&mut self, switch: &SwitchId) {
        self.links.close(switch);
        self.downs.forget(switch);
        self.pulse.health().stands_by(switch);
        if let Keeping::Redis(shared) = &mut self.keeping {
            shared.end_for(self.clock.now(), switch);
        }
        self.turn(&Event::StoodBy { switch: switch.clone() });
        self.pulse.recount(&self.engine);
    }

    /// Another daemon acts for a switch by a right that goes before ours: not a word more is said to it.
    fn superseded(&mut self, switch: &SwitchId) {
        if let Keeping::Redis(shared) = &self.keeping
            && let Some(ours) = shared.fence(switch)
        {
            shared.heed(Heed::Superseded(ours.clone()));
        }
        self.stand_by(switch);
    }

    /// Somebody else acts by a right that goes before ours; or a switch does not let us in, and somebody else may have
    /// more luck.
    async fn link_ended(&mut self, ended: Ended) -> Result<(), Ended> {
        let Some((switch, error)) = ended else { return Err(None) };
        if let (Some(by), Keeping::Redis(shared)) = (error.superseded_by(), &self.keeping) {
            // It may have been the link of a right that we had before.
            if shared.fence(&switch).is_some_and(|ours| ours.token <= by.token()) {
                tracing::warn!(%switch, %error, "another daemon acts for it by now");
                self.superseded(&switch);
            }
            return Ok(());
        }
        if !matches!(self.keeping, Keeping::Redis(_)) {
            return Err(Some((switch, error)));
        }
        tracing::error!(%switch, %error, "we cannot act for it");
        self.act().await;
        self.stand_by(&switch);
        if let Keeping::Redis(shared) = &self.keeping {
            shared.heed(Heed::Unable(switch));
        }
        Ok(())
    }

    /// Keeps what changed and does what was decided, and what follows from that, to its end.
    async fn act(&mut self) {
        self.act_once().await;
        // Each returned event ends a command, so there are no more of them than commands.
        while self.turn_returned() {
            self.act_once().await;
        }
    }

    /// Keeps what changed and does what was decided. What came back from that waits for the next turn, which takes in
    /// what comes from outside with it: nobody waits until the last answer of somebody else is acted on.
    async fn act_once(&mut self) {
        self.keep().await;
        let mut out = std::mem::take(&mut self.out);
        out.drain(..).for_each(|command| self.carry_out(command));
        self.out = out;
        if let Keeping::Redis(shared) = &mut self.keeping {
            self.returned.extend(shared.answers());
        }
    }

    /// Takes in what came back; says whether anything did.
    fn turn_returned(&mut self) -> bool {
        let returned = std::mem::take(&mut self.returned);
        returned.iter().for_each(|event| self.turn(event));
        !returned.is_empty()
    }

    async fn keep(&mut self) {
        let records = self.out.iter().filter_map(|command| match command {
            Command::Record(record) => Some((record.call.clone(), line_of(record))),
            Command::Switch { .. } | Command::Store { .. } | Command::Note { .. } => None,
        });
        let records: Vec<(CallId, String)> = records.collect();
        match &mut self.keeping {
            Keeping::Redis(shared) => {
                shared.keep(&self.clock, &mut self.engine, &mut self.out, records, &mut self.outbox).await;
                for switch in shared.shut_out() {
                    tracing::warn!(%switch, "another daemon acts for it by now, as Redis says");
                    self.superseded(&switch);
                }
                return;
            }
            Keeping::File(keeper) => {
                keeper.keep(&mut self.engine, &records, self.outbox.written()).await;
            }
            Keeping::Nowhere => {}
        }
        for (call, line) in records {
            self.outbox.write(call, line);
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Switch { switch, id, action } => {
                if !self.links.is_open(&switch) {
                    // For whom another daemon acts by now we have nothing to order.
                } else if self.downs.is_down(&switch) {
                    // Even where the link is up by now: the list of legs that it is about to tell does not know what
                    // would come of this, and a leg that was made after it would be nobody's.
                    self.returned.push(Event::unknown(id));
                } else if !self.links.order(&switch, id.clone(), action) {
                    self.undeliverable(&switch, id);
                }
            }
            Command::Record(record) => say_record(&record),
            Command::Note { call, note } => say(&call, &note),
            // An embedded store answered within the engine, and Redis was asked.
            Command::Store { .. } => {}
        }
    }

    fn undeliverable(&mut self, switch: &SwitchId, command: CommandId) {
        self.pulse.undelivered();
        tracing::warn!(%switch, %command, "an order could not be handed to the link");
        self.returned.push(Event::unknown(command));
    }
}

fn in_use(engine: &Engine, keeping: &Keeping) -> InUse {
    match keeping {
        Keeping::Redis(shared) => shared.in_use(),
        Keeping::File(_) | Keeping::Nowhere => {
            InUse { lines: engine.lines_in_use(), waiting: engine.store().waiting() }
        }
    }
}

/// What Redis says, where there is one; otherwise nothing, ever.
async fn hear(keeping: &mut Keeping) -> Word {
    match keeping {
        Keeping::Redis(shared) => shared.hear().await,
        Keeping::File(_) | Keeping::Nowhere => std::future::pending().await,
    }
}

/// A record as it stands in its file.
fn line_of(record: &CallRecord) -> String {
    // Only a type that has no JSON could fail here, and a record is none.
    serde_json::to_string(record).unwrap_or_default()
}
