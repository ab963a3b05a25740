//! The Redis that several daemons share, as the loop sees it: what a turn says goes out in one piece, and the loop
//! waits until Redis has it, but not for long.
//!
//! Where Redis takes longer than that, or is away, turns are done without waiting until it answers again; only records
//! wait besides while it is not sure that nobody else acts.

use super::clock::Clock;
use super::duties::{Duties, Heed, Told};
use super::keeper::{KEEP_TIME_MAX, Watched};
use super::outbox::Outbox;
use super::pulse::InUse;
use crate::command::Command;
use crate::engine::Engine;
use crate::event::Event;
use crate::id::{CallId, SwitchId};
use crate::live::common::{Common, Legacy};
use crate::live::redis::{Ask, Asked, BadConnector, Failure, Fence, Heard, LiveState, Loaded, RedisSettings};
use crate::meters;
use crate::meters::health::Health;
use crate::switch::gate::Gate;
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

/// How long Redis may take to do what was asked last, when the daemon stops.
const LAST_WORDS_TIME_MAX: Duration = Duration::from_secs(2);
/// The most turns that wait for Redis.
const TURNS_MAX: usize = 65_536;
/// The most answers that wait for the loop.
const HEARD_MAX: usize = 16_384;
/// The most answers that are heard before deadlines are looked at again.
const HEARD_AT_ONCE_MAX: usize = 256;
/// The most news of who acts that wait for the loop.
const TOLD_MAX: usize = 64;

/// What is to be heard.
#[derive(Debug)]
pub(super) enum Word {
    /// Answers, or the news that there are none: [`Shared::take`].
    Heard,
    /// Who acts for which switch.
    Told(Told),
}

/// What calls share and where they are kept.
#[derive(Debug)]
pub struct Shared {
    common: Common,
    asks: Sender<Vec<Asked>>,
    heard: Receiver<Heard>,
    inbox: Vec<Heard>,
    task: JoinHandle<()>,
    told: Receiver<Told>,
    heeds: Sender<Heed>,
    duties: JoinHandle<()>,
    /// Up to which barrier Redis has everything, and which one was said last.
    reached: u64,
    said: u64,
    /// Switches that others act for, as Redis says, and the loop does not know it yet.
    shut_out: BTreeSet<SwitchId>,
    /// Why something was not kept since the last turn began.
    unkept: Option<String>,
    /// Records that wait for their barrier.
    records: VecDeque<(u64, CallId, String)>,
    /// Until when we surely act for which switch.
    gates: BTreeMap<SwitchId, Gate>,
    watched: Watched,
    health: Arc<Health>,
}

impl Shared {
    /// Begins to connect. Whether Redis is there shows later.
    pub fn begin(
        settings: RedisSettings,
        switches: impl IntoIterator<Item = SwitchId>,
        clock: Clock,
        records: PathBuf,
        health: Arc<Health>,
    ) -> Result<Self, BadConnector> {
        let state = LiveState::new(settings.clone(), Arc::new(move || clock.now()))?;
        let (asks, asked) = channel(TURNS_MAX);
        let (tell, heard) = channel(HEARD_MAX);
        let (tells, told) = channel(TOLD_MAX);
        let (heeds, heeded) = channel(TOLD_MAX);
        let duties = Duties::new(settings, switches, clock, records, health.clone(), tells)?;
        meters::REDIS_UP.gauge(&[]).set(0.0);
        health.redis(Some("nothing was heard of it yet".to_owned()));
        Ok(Self {
            common: Common::default(),
            asks,
            heard,
            inbox: Vec::new(),
            task: tokio::spawn(state.serve(asked, tell)),
            told,
            heeds,
            duties: tokio::spawn(duties.run(heeded)),
            reached: 0,
            said: 0,
            shut_out: BTreeSet::new(),
            unkept: None,
            records: VecDeque::new(),
            gates: BTreeMap::new(),
            watched: Watched::new(health.clone()),
            health,
        })
    }

    /// Waits until there is something to hear. Safe to be dropped in between.
    pub(super) async fn hear(&mut self) -> Word {
        tokio::select! {
            biased;
            Some(told) = self.told.recv() => Word::Told(told),
            count = self.heard.recv_many(&mut self.inbox, HEARD_AT_ONCE_MAX) => {
                if count == 0 {
                    // Its task ended, which only a fault of its own brings about: our own store goes on.
                    self.inbox.push(Heard::Away(Failure::Lost("its task ended".to_owned())));
                }
                Word::Heard
            }
        }
    }

    /// Takes in what was heard.
    pub(super) fn take(&mut self, now: Instant) {
        for heard in std::mem::take(&mut self.inbox) {
            self.note(&heard);
            let shut_out = self.common.heard(now, heard);
            self.shut_out.extend(shut_out);
        }
    }

    fn note(&mut self, heard: &Heard) {
        let is_away = self.common.sharing().is_away();
        match heard {
            Heard::Reached(number) => self.reached = self.reached.max(*number),
            Heard::Failed { asked, failure } => {
                meters::REDIS_FAILED.counter(&[failure.kind()]).increment(1);
                if let Ask::Keep { .. } = asked.ask {
                    self.unkept = Some(format!("Redis did not keep it: {failure}"));
                }
            }
            Heard::Away(failure) => {
                self.health.redis(Some(failure.to_string()));
                meters::REDIS_UP.gauge(&[]).set(0.0);
                if !is_away {
                    tracing::warn!(%failure, "Redis is away: lines are shared with no other daemon until it is back");
                }
            }
            Heard::Back => {
                self.health.redis(None);
                meters::REDIS_UP.gauge(&[]).set(1.0);
                meters::REDIS_UPS.counter(&[]).increment(1);
                if is_away {
                    let dropped = self.common.sharing().dropped();
                    tracing::info!(dropped, "Redis is back: lines are shared again");
                }
            }
            Heard::Event(_) | Heard::Forgotten { .. } | Heard::Adopted(_) | Heard::Figures(_) => {}
        }
    }

    /// Takes out what the calls have not heard.
    pub(super) fn answers(&mut self) -> Vec<Event> {
        self.common.answers()
    }

    /// Takes out the switches that others act for.
    pub(super) fn shut_out(&mut self) -> BTreeSet<SwitchId> {
        std::mem::take(&mut self.shut_out)
    }

    /// We act for a switch: gives what the calls are to hear first. Records that a daemon before us may not have
    /// written are.
    pub(super) fn begin_for(
        &mut self,
        now: Instant,
        (fence, gate): (Fence, Gate),
        loaded: Loaded,
        outbox: &mut Outbox,
    ) -> Event {
        self.gates.insert(fence.switch.clone(), gate);
        let Legacy { taken_up, records } = self.common.begin(now, fence, loaded);
        for (call, line) in records {
            outbox.write(call, line);
        }
        taken_up
    }

    /// Whether we act for it by this right.
    pub(super) fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.common.fence(switch)
    }

    /// Somebody else acts for a switch.
    pub(super) fn end_for(&mut self, now: Instant, switch: &SwitchId) {
        self.strike_records(switch);
        self.gates.remove(switch);
        self.common.end(now, switch);
    }

    /// Whether somebody else could go on with all calls as they are now.
    pub(super) fn may_leave(&self) -> bool {
        self.common.may_leave() && self.reached >= self.said
    }

    /// Says something to whoever asks who acts.
    pub(super) fn heed(&self, heed: Heed) {
        if self.heeds.try_send(heed).is_err() {
            tracing::error!("nobody asks Redis any more who acts");
        }
    }

    /// What our calls have and wait for.
    pub(super) fn in_use(&self) -> InUse {
        let sharing = self.common.sharing();
        InUse { lines: sharing.lines_held(), waiting: sharing.claims_open() }
    }

    /// When [`due`](Self::due) is wanted, and a turn after it.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.common.deadline()
    }

    /// Does what is due without Redis.
    pub(super) fn due(&mut self, now: Instant) {
        self.common.due(now);
    }

    /// Keeps what changed in the engine, and asks what `out` asks of the store, before the rest of it is done. The
    /// records of `out` are written once it is sure that nobody else writes them.
    pub(super) async fn keep(
        &mut self,
        clock: &Clock,
        engine: &mut Engine,
        out: &mut Vec<Command>,
        records: Vec<(CallId, String)>,
        outbox: &mut Outbox,
    ) {
        let now = clock.now();
        self.unkept = None;
        let words = self.common.settle(now, engine, out, records.clone(), outbox.written());
        let was_behind = self.reached < self.said;
        if !words.asked.is_empty()
            && let Err(refused) = self.asks.try_send(words.asked)
        {
            self.common.refused(now, refused.into_inner());
        } else if let Some(barrier) = words.barrier {
            self.said = barrier;
        }
        self.records.extend(records.into_iter().map(|(call, line)| (self.said, call, line)));
        if words.barrier.is_some() {
            let began = std::time::Instant::now();
            // Whoever waited once does not wait again for the same.
            let why = match was_behind {
                false => self.reach(clock).await,
                true => Some("Redis does not keep up".to_owned()),
            };
            self.watched.kept(began, why);
        }
        let shut_out = self.shut_out.clone();
        shut_out.iter().for_each(|switch| self.strike_records(switch));
        let is_away = self.common.sharing().is_away();
        // Where we were paused and do not know it yet, another daemon may have written them.
        let acts = self.gates.values().all(Gate::is_open);
        while let Some((_, call, line)) =
            self.records.pop_front_if(|(barrier, ..)| acts && (*barrier <= self.reached || is_away))
        {
            outbox.write(call, line);
        }
    }

    /// Whoever acts for the switch writes its records.
    fn strike_records(&mut self, switch: &SwitchId) {
        if !self.records.is_empty() {
            let calls = self.common.keeping().calls(switch);
            self.records.retain(|(_, call, _)| !calls.contains(call));
        }
    }

    /// Hears until Redis has everything; or says why not.
    async fn reach(&mut self, clock: &Clock) -> Option<String> {
        let late = tokio::time::sleep(KEEP_TIME_MAX);
        tokio::pin!(late);
        while self.reached < self.said {
            tokio::select! {
                biased;
                count = self.heard.recv_many(&mut self.inbox, HEARD_AT_ONCE_MAX) => {
                    if count == 0 {
                        return Some("nobody asks Redis any more".to_owned());
                    }
                    self.take(clock.now());
                }
                () = &mut late => return Some("Redis does not answer in time".to_owned()),
            }
        }
        let more = || (!self.common.keeping().is_told()).then(|| "Redis has not everything yet".to_owned());
        self.unkept.take().or_else(more)
    }

    /// Lets what was asked last be done, and gives up what we act for.
    pub(super) async fn finish(mut self, outbox: &mut Outbox) {
        for (_, call, line) in self.records.drain(..) {
            outbox.write(call, line);
        }
        drop(self.asks);
        drop(self.heeds);
        let (mut heard, mut told) = (self.heard, self.told);
        // Whoever does not read holds up whoever writes.
        tokio::spawn(async move { while heard.recv().await.is_some() {} });
        tokio::spawn(async move { while told.recv().await.is_some() {} });
        let all = async { (self.task.await, self.duties.await) };
        if tokio::time::timeout(LAST_WORDS_TIME_MAX, all).await.is_err() {
            tracing::warn!("Redis did not take our last words");
        }
    }
}
