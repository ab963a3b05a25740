//! A daemon as the tests have it: the task that serves, and words to ask and hear by.

use super::store_task::{WakeClock, serve};
use super::world::call;
use crate::support::wait::s;
use hotlined::redis::RedisSettings;
use hotlined_core::command::{AcdRequest, Claim};
use hotlined_core::event::Event;
use hotlined_core::id::CommandId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::redis_event::RedisEvent;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

pub fn now() -> Instant {
    Instant(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

pub fn ask(who: &str, number: u32, request: AcdRequest) -> FencedOp {
    let id = CommandId { call: call(who), number };
    FencedOp { at: now(), op: RedisOp::Request { id, request }, fence: None }
}

pub fn ask_for(who: &str, number: u32, claim: &Claim) -> FencedOp {
    ask(who, number, AcdRequest::Claim(claim.clone()))
}

pub fn release(who: &str, claim: u32, rest: u64) -> FencedOp {
    ask(who, 1_000 + claim, AcdRequest::Release { claim, talked: true, rest: Millis(rest) })
}

pub fn fenced(asked: FencedOp, fence: &Fence) -> FencedOp {
    FencedOp { fence: Some(fence.clone()), ..asked }
}

/// A daemon at work.
pub struct Daemon {
    asks: mpsc::Sender<Vec<FencedOp>>,
    hears: mpsc::Receiver<RedisEvent>,
    /// Whoever serves it goes with it.
    _serves: AbortOnDropHandle<()>,
}

impl Daemon {
    pub fn start(settings: RedisSettings) -> Self {
        Self::start_by(settings, Arc::new(now))
    }

    /// One that goes by this clock.
    pub fn start_by(settings: RedisSettings, clock: WakeClock) -> Self {
        let (asks, requests) = mpsc::channel(1_024);
        let (heard, hears) = mpsc::channel(1_024);
        let serves = AbortOnDropHandle::new(tokio::spawn(serve(settings, clock, requests, heard)));
        Self { asks, hears, _serves: serves }
    }

    /// One that has Redis.
    pub async fn up(settings: RedisSettings) -> Self {
        let mut daemon = Self::start(settings);
        daemon.back().await;
        daemon
    }

    pub async fn ask(&self, asked: FencedOp) {
        self.ask_all(vec![asked]).await;
    }

    /// As one turn of a loop does.
    pub async fn ask_all(&self, asked: Vec<FencedOp>) {
        self.asks.send(asked).await.unwrap();
    }

    /// The next that is heard, but for figures.
    pub async fn next(&mut self) -> RedisEvent {
        loop {
            let heard = tokio::time::timeout(s(30), self.hears.recv()).await;
            match heard.expect("nothing is heard").expect("nobody serves any more") {
                RedisEvent::Usage(_) => {}
                heard => return heard,
            }
        }
    }

    /// Hears until Redis is there, whatever is said before.
    pub async fn back(&mut self) {
        while self.next().await != RedisEvent::Available {}
    }

    /// Hears until Redis is away, and why.
    pub async fn away(&mut self) -> RedisFailure {
        loop {
            if let RedisEvent::Unavailable(failure) = self.next().await {
                return failure;
            }
        }
    }

    pub async fn event(&mut self) -> Event {
        match self.next().await {
            RedisEvent::AcdReply(event) => event,
            other => panic!("{other:?}"),
        }
    }

    /// Why what was asked is not answered. That Redis is away may be said before, and again for another reason.
    pub async fn failure(&mut self) -> RedisFailure {
        loop {
            match self.next().await {
                RedisEvent::Failed { failure, .. } => return failure,
                RedisEvent::Unavailable(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub async fn asks_and_hears(&mut self, asked: FencedOp) -> Event {
        self.ask(asked).await;
        self.event().await
    }
}

pub fn said(who: &str, number: u32, answer: hotlined_core::event::AcdReply) -> Event {
    Event::Acd { command: CommandId { call: call(who), number }, reply: answer }
}
