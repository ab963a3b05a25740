//! The task between a daemon's loop and Redis: requests in, answers out, and no end of either waited for.
//!
//! What has come in is asked in one round trip, one round trip at a time, so that requests are done in their
//! order; what comes in together goes out together. What the inbox brings is told between two round trips: a line that a claim waited for is never heard of
//! before that the claim waits. While Redis is away each request comes back at once.

use super::asked::{Ask, Asked};
use super::calls::{Adopted, Keep};
use super::connection::{BadConnector, COMMAND_TIME_MAX, Connector};
use super::failure::{Failure, Remedy};
use super::inbox::Inbox;
use super::settings::RedisSettings;
use super::store::{Answered, BATCH_MAX, Figures, RedisStore, Said};
use crate::event::Event;
use crate::id::CallId;
use crate::time::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;

/// How long to wait before a second attempt to connect.
pub(crate) const RECONNECT_WAIT_MIN: Duration = Duration::from_millis(100);
/// How long to wait between two attempts at most.
pub(crate) const RECONNECT_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long after the last time at most we look whether something is due: a rest that ends may be known only to a
/// daemon that died meanwhile. It is also how soon we learn that Redis is away while nobody asks anything.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long until the same kind of refusal is logged again.
const REFUSAL_EVERY: Duration = Duration::from_secs(60);

/// The most answers of the inbox that wait to be told.
const LATER_MAX: usize = 1_024;

/// Tells what time it is, as the daemon counts it: never going back.
pub type WakeClock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What the daemon's loop hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// An answer, at once or later.
    Event(Event),
    /// This has no answer: it may have been done, or not.
    Failed {
        /// What was asked.
        asked: Box<Asked>,
        /// Why.
        failure: Failure,
    },
    /// The call is forgotten, and so much it had not given back.
    Forgotten {
        /// The call.
        call: CallId,
        /// How much.
        left_behind: u64,
    },
    /// What calls have that were adopted.
    Adopted(Vec<Adopted>),
    /// All that was asked before this [barrier](Ask::Barrier) was answered, or has failed; and was heard of.
    Reached(u64),
    /// How much is in use.
    Figures(Figures),
    /// From now on nothing is answered, until it is [`Back`](Self::Back). Said again where the reason changes.
    Away(Failure),
    /// Redis answers. Where it was away before, answers may be lost: see the room's page for what to repeat.
    Back,
}

/// The live state in Redis, to be served.
pub struct LiveState {
    settings: RedisSettings,
    connector: Connector,
    /// The one of the inbox.
    reads: Connector,
    clock: WakeClock,
}

/// Nobody hears us any more.
struct Over;

impl LiveState {
    /// By these settings; nobody is asked yet.
    pub fn new(settings: RedisSettings, clock: WakeClock) -> Result<Self, BadConnector> {
        let connector = || Connector::new(&settings);
        Ok(Self { connector: connector()?, reads: connector()?, settings, clock })
    }

    /// Works until nobody can ask any more, or nobody hears. What one turn of a loop asks comes together: then it
    /// goes out in one pipeline.
    pub async fn serve(self, mut requests: Receiver<Vec<Asked>>, heard: Sender<Heard>) {
        let Self { settings, connector, reads, clock } = self;
        let (tells, later) = channel(LATER_MAX);
        let mut asker = Asker { settings, connector, clock, later, refusals: Refusals::default() };
        let mut reader = Reader { connector: Some(reads), task: None };
        let mut wait = Duration::ZERO;
        let mut away: Option<Failure> = None;
        loop {
            let came_up = match asker.come_up(wait, away.as_ref(), &mut requests, &heard).await {
                Ok(Ok(mut store)) => reader.start(&mut store, &tells).await.map(|()| store),
                Ok(Err(failure)) => Err(failure),
                Err(Over) => return,
            };
            let store = match came_up {
                Ok(store) => store,
                Err(failure) => {
                    wait = (wait * 2).clamp(RECONNECT_WAIT_MIN, RECONNECT_WAIT_MAX);
                    if away.as_ref() != Some(&failure) {
                        tell_away(&failure);
                        if heard.send(Heard::Away(failure.clone())).await.is_err() {
                            return;
                        }
                    }
                    away = Some(failure);
                    continue;
                }
            };
            tracing::info!(was_away = away.is_some(), "Redis answers");
            if heard.send(Heard::Back).await.is_err() {
                return;
            }
            let Ok(failure) = asker.work(store, &mut requests, &heard).await else { return };
            tell_away(&failure);
            if heard.send(Heard::Away(failure.clone())).await.is_err() {
                return;
            }
            (wait, away) = (Duration::ZERO, Some(failure));
        }
    }
}

/// The task that asks.
struct Asker {
    settings: RedisSettings,
    connector: Connector,
    clock: WakeClock,
    /// What the inbox brings.
    later: Receiver<Event>,
    refusals: Refusals,
}

/// What Redis refuses, said once for each kind of reason in a while: it refuses every call for the same.
#[derive(Debug, Default)]
pub struct Refusals {
    told: BTreeMap<&'static str, tokio::time::Instant>,
}

impl Refusals {
    /// It refused something.
    pub fn tell(&mut self, failure: &Failure) {
        let now = tokio::time::Instant::now();
        if self.told.get(failure.kind()).is_some_and(|told| now - *told < REFUSAL_EVERY) {
            return;
        }
        self.told.insert(failure.kind(), now);
        if failure.needs_operator() {
            tracing::error!(%failure, "Redis does not do what it is asked until somebody sees to it");
        } else {
            tracing::warn!(%failure, "Redis did not do what it was asked");
        }
    }
}

impl Asker {
    /// One attempt to connect; what is asked meanwhile comes back at once. A server counts as there once it did
    /// what needs a write.
    async fn come_up(
        &mut self,
        wait: Duration,
        away: Option<&Failure>,
        requests: &mut Receiver<Vec<Asked>>,
        heard: &Sender<Heard>,
    ) -> Result<Result<RedisStore, Failure>, Over> {
        let Self { settings, connector, clock, later, refusals: _ } = self;
        let attempt = async {
            tokio::time::sleep(wait).await;
            let mut store = RedisStore::new(connector.connect(COMMAND_TIME_MAX).await?, settings);
            let due = Asked { at: clock(), ask: Ask::Due, fence: None };
            let answered = store.ask(&[due]).await.pop().unwrap_or(Err(Failure::TimedOut))?;
            if let Said::Time(shared) = answered.said {
                store.learn(clock(), shared);
            }
            if let Ok(Some(policy)) = store.link().evicts().await {
                tracing::warn!(
                    policy,
                    "Redis may throw keys of ours away: its maxmemory-policy should be noeviction"
                );
            }
            Ok(store)
        };
        tokio::pin!(attempt);
        loop {
            tokio::select! {
                made = &mut attempt => return Ok(made),
                Some(event) = later.recv() => heard.send(Heard::Event(event)).await.map_err(|_| Over)?,
                // Before the first attempt is over nobody knows: requests wait for it, bounded by its time.
                turn = requests.recv(), if away.is_some() => {
                    let failure = away.cloned().unwrap_or(Failure::TimedOut);
                    for asked in turn.ok_or(Over)? {
                        heard.send(unasked(asked, &failure)).await.map_err(|_| Over)?;
                    }
                }
            }
        }
    }

    /// Asks until the connection is lost.
    async fn work(
        &mut self,
        mut store: RedisStore,
        requests: &mut Receiver<Vec<Asked>>,
        heard: &Sender<Heard>,
    ) -> Result<Failure, Over> {
        let mut turns: Vec<Vec<Asked>> = Vec::new();
        let mut due: Option<Instant> = None;
        let mut looked = tokio::time::Instant::now();
        loop {
            let wake = due.map_or(LOOK_EVERY, |at| Duration::from(at.since((self.clock)())).min(LOOK_EVERY));
            let slept = tokio::select! {
                biased;
                Some(event) = self.later.recv() => {
                    heard.send(Heard::Event(event)).await.map_err(|_| Over)?;
                    continue;
                }
                count = requests.recv_many(&mut turns, BATCH_MAX) => {
                    if count == 0 {
                        return Err(Over);
                    }
                    false
                }
                () = tokio::time::sleep(wake) => true,
            };
            let mut asked: Vec<Asked> = turns.drain(..).flatten().collect();
            // Also where requests never cease.
            if slept || looked.elapsed() >= LOOK_EVERY {
                looked = tokio::time::Instant::now();
                let at = (self.clock)();
                asked.extend([Ask::Due, Ask::Look].map(|ask| Asked { at, ask, fence: None }));
            }
            let outcomes = store.ask(&asked).await;
            let mut lost = None;
            for (asked, outcome) in asked.into_iter().zip(outcomes) {
                match outcome {
                    Ok(answered) => {
                        due = next_due(due, &asked, answered.due);
                        if let Said::Time(shared) = answered.said {
                            store.learn((self.clock)(), shared);
                        }
                        if let Some(said) = said(&asked, answered) {
                            heard.send(said).await.map_err(|_| Over)?;
                        }
                    }
                    Err(failure) => {
                        if failure.remedy() == Remedy::Reconnect {
                            lost.get_or_insert_with(|| failure.clone());
                        } else {
                            self.refusals.tell(&failure);
                        }
                        // Of its own questions nobody needs to know.
                        if !matches!(asked.ask, Ask::Due | Ask::Look) {
                            let asked = Box::new(asked);
                            heard.send(Heard::Failed { asked, failure }).await.map_err(|_| Over)?;
                        }
                    }
                }
            }
            if let Some(failure) = lost {
                return Ok(failure);
            }
        }
    }
}

/// What is said to a question that nobody asks Redis while it is away.
pub(crate) fn unasked(asked: Asked, failure: &Failure) -> Heard {
    match asked.ask {
        Ask::Barrier(number) => Heard::Reached(number),
        Ask::Request { .. } | Ask::Forget(_) | Ask::Hold { .. } | Ask::Keep { .. } | Ask::Due | Ask::Look => {
            Heard::Failed { asked: Box::new(asked), failure: failure.clone() }
        }
    }
}

/// When something is due next, once this was answered.
pub(crate) fn next_due(before: Option<Instant>, asked: &Asked, told: Option<Instant>) -> Option<Instant> {
    if asked.tells_due() { told } else { before }
}

/// What a daemon's loop hears of an answer, if anything.
pub(crate) fn said(asked: &Asked, answered: Answered) -> Option<Heard> {
    match (answered.said, &asked.ask) {
        (Said::Heard(event), _) => Some(Heard::Event(event)),
        (Said::Figures(figures), _) => Some(Heard::Figures(figures)),
        (Said::Adopted(adopted), _) => Some(Heard::Adopted(adopted)),
        (Said::Time(_), _) => None,
        (Said::Done, Ask::Barrier(number)) => Some(Heard::Reached(*number)),
        (Said::Done, Ask::Forget(call) | Ask::Keep { what: Keep::Over { call, .. }, .. }) => {
            Some(Heard::Forgotten { call: call.clone(), left_behind: answered.left_behind })
        }
        (Said::Done, Ask::Request { .. } | Ask::Hold { .. } | Ask::Keep { .. } | Ask::Due | Ask::Look) => {
            None
        }
    }
}

fn tell_away(failure: &Failure) {
    if failure.needs_operator() {
        tracing::error!(%failure, "Redis cannot be used until somebody sees to it");
    } else {
        tracing::warn!(%failure, "Redis is away");
    }
}

/// The task that reads the inbox; it ends with whoever holds this.
struct Reader {
    /// What it will connect by, until it begins.
    connector: Option<Connector>,
    task: Option<AbortOnDropHandle<()>>,
}

impl Reader {
    /// Begins to read, before the first request is made that could be answered later.
    async fn start(&mut self, store: &mut RedisStore, tells: &Sender<Event>) -> Result<(), Failure> {
        if self.connector.is_none() {
            return Ok(());
        }
        let key = store.keys().inbox(store.daemon());
        let inbox = Inbox::open(store.link(), key).await?;
        if let Some(connector) = self.connector.take() {
            let reading = tokio::spawn(read(connector, inbox, tells.clone()));
            self.task = Some(AbortOnDropHandle::new(reading));
        }
        Ok(())
    }
}

/// Reads until nobody hears, however often the connection has to be made anew.
async fn read(mut connector: Connector, mut inbox: Inbox, tells: Sender<Event>) {
    let mut wait = Duration::ZERO;
    loop {
        tokio::time::sleep(wait).await;
        let failure = match read_on(&mut connector, &mut inbox, &tells, &mut wait).await {
            Ok(Over) => return,
            Err(failure) => failure,
        };
        tracing::debug!(%failure, "the inbox cannot be read");
        wait = (wait * 2).clamp(RECONNECT_WAIT_MIN, RECONNECT_WAIT_MAX);
    }
}

async fn read_on(
    connector: &mut Connector,
    inbox: &mut Inbox,
    tells: &Sender<Event>,
    wait: &mut Duration,
) -> Result<Over, Failure> {
    let mut link = Inbox::connect(connector).await?;
    inbox.resume(&mut link).await?;
    loop {
        for event in inbox.wait(&mut link).await? {
            if tells.send(event).await.is_err() {
                return Ok(Over);
            }
        }
        *wait = Duration::ZERO;
    }
}
