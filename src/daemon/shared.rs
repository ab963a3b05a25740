//! The Redis that several daemons share, as the loop sees it: questions out, answers in, nothing waited for.

use super::pulse::InUse;
use crate::command::StoreRequest;
use crate::event::Event;
use crate::id::{CallId, CommandId};
use crate::live::redis::{Ask, Asked, BadConnector, Failure, Heard, LiveState, RedisSettings, WakeClock};
use crate::live::sharing::{Out, Sharing};
use crate::time::Instant;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

/// How long Redis may take to do what was asked last, when the daemon stops.
const LAST_WORDS_TIME_MAX: Duration = Duration::from_secs(2);
/// The most questions that wait for Redis.
const ASKS_MAX: usize = 65_536;
/// The most answers that wait for the loop.
const HEARD_MAX: usize = 16_384;
/// The most answers that are heard before deadlines are looked at again.
const HEARD_AT_ONCE_MAX: usize = 256;

/// What calls share, in Redis.
#[derive(Debug)]
pub struct Shared {
    sharing: Sharing,
    asks: Sender<Vec<Asked>>,
    heard: Receiver<Heard>,
    inbox: Vec<Heard>,
    task: JoinHandle<()>,
}

impl Shared {
    /// Begins to connect. Whether Redis is there shows later: calls do not wait for it.
    pub fn begin(settings: RedisSettings, clock: WakeClock) -> Result<Self, BadConnector> {
        let state = LiveState::new(settings, clock)?;
        let (asks, asked) = channel(ASKS_MAX);
        let (tell, heard) = channel(HEARD_MAX);
        let task = tokio::spawn(state.serve(asked, tell));
        Ok(Self { sharing: Sharing::default(), asks, heard, inbox: Vec::new(), task })
    }

    /// Waits until Redis says something; gives the answers to hear. Safe to be dropped in between.
    pub(super) async fn hear(&mut self, now: impl Fn() -> Instant) -> Vec<Event> {
        let count = self.heard.recv_many(&mut self.inbox, HEARD_AT_ONCE_MAX).await;
        if count == 0 {
            // Its task ended, which only a fault of its own brings about: our own store goes on.
            self.inbox.push(Heard::Away(Failure::Lost("its task ended".to_owned())));
        }
        let mut out = Out::default();
        for heard in std::mem::take(&mut self.inbox) {
            self.told(&heard);
            if let Some(failure) = self.sharing.heard(now(), heard, &mut out) {
                tracing::error!(%failure, "Redis says that another daemon acts for this switch");
            }
        }
        self.carry(now(), out)
    }

    fn told(&self, heard: &Heard) {
        match heard {
            Heard::Away(failure) if !self.sharing.is_away() => {
                tracing::warn!(%failure, "Redis is away: lines are shared with no other daemon until it is back");
            }
            Heard::Back if self.sharing.is_away() => {
                tracing::info!(dropped = self.sharing.dropped(), "Redis is back: lines are shared again");
            }
            Heard::Away(_)
            | Heard::Back
            | Heard::Event(_)
            | Heard::Failed { .. }
            | Heard::Forgotten { .. }
            | Heard::Adopted(_)
            | Heard::Reached(_)
            | Heard::Figures(_) => {}
        }
    }

    /// A call asks.
    pub(super) fn ask(&mut self, now: Instant, id: CommandId, request: StoreRequest) -> Vec<Event> {
        let mut out = Out::default();
        self.sharing.ask(now, id, request, &mut out);
        self.carry(now, out)
    }

    /// A call is over.
    pub(super) fn forget(&mut self, now: Instant, call: &CallId) -> Vec<Event> {
        let mut out = Out::default();
        self.sharing.forget(now, call, &mut out);
        self.carry(now, out)
    }

    /// What our calls have and wait for.
    pub(super) fn in_use(&self) -> InUse {
        InUse { lines: self.sharing.lines_held(), waiting: self.sharing.claims_open() }
    }

    /// When [`due`](Self::due) is wanted.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.sharing.deadline()
    }

    /// Does what is due without Redis.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Event> {
        let mut out = Out::default();
        self.sharing.due(now, &mut out);
        self.carry(now, out)
    }

    /// Sends the questions; one that finds no room comes back as one that nobody answered.
    fn carry(&mut self, now: Instant, mut out: Out) -> Vec<Event> {
        let mut answers = Vec::new();
        loop {
            answers.append(&mut out.answers);
            if out.asks.is_empty() {
                return answers;
            }
            let asked = |(at, ask)| Asked { at, ask, fence: None };
            let asks: Vec<Asked> = std::mem::take(&mut out.asks).into_iter().map(asked).collect();
            let Err(refused) = self.asks.try_send(asks) else { continue };
            // Whoever cannot be told that a call is over forgets it after its time.
            for asked in refused.into_inner() {
                if matches!(asked.ask, Ask::Request { .. }) {
                    let failed = Heard::Failed { asked: Box::new(asked), failure: Failure::TimedOut };
                    self.sharing.heard(now, failed, &mut out);
                }
            }
        }
    }

    /// Lets what was asked last be done.
    pub(super) async fn finish(self) {
        drop(self.asks);
        let mut heard = self.heard;
        // Whoever does not read holds up whoever writes.
        tokio::spawn(async move { while heard.recv().await.is_some() {} });
        if tokio::time::timeout(LAST_WORDS_TIME_MAX, self.task).await.is_err() {
            tracing::warn!("Redis did not take our last words");
        }
    }
}
