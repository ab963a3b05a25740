//! The connection for the shared ACD and the saved calls: one round trip at a time, so that Redis does the operations
//! in their order. Operations that come in together go out together.
//!
//! What comes into the inbox is reported between two round trips. So a call never gets the line that a claim waited for
//! before it gets the reply that the claim waits. While Redis is unavailable each operation fails at once.

use crate::cluster::clock_offset::ClockOffset;
use crate::cluster::failure::{RedisFailure, Remedy};
use crate::cluster::inbox_position::InboxPosition;
use crate::cluster::limits::BATCH_MAX;
use crate::cluster::limits::CONNECT_TIME_MAX;
use crate::cluster::redis_channel::{
    Backoff, RedisChannelQuery, RedisChannelReply, RedisChannelRequest, unexpected_reply,
};
use crate::cluster::redis_event::{RedisEvent, event_of_reply, event_without_redis, next_due};
use crate::cluster::redis_op::{FencedOp, RedisOp};
use crate::cluster::redis_reply::{OpReply, OpResult};
use crate::cluster::refusal_log::RefusalLog;
use hotlined_core::event::Event;
use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;

/// How often the client sends [`RedisOp::RunDue`] at least: the daemon that knew when a rest ends may have died. It is
/// also how soon the daemon learns that Redis is unavailable while no call asks for anything.
const RUN_DUE_EVERY: Millis = Millis::seconds(1);
/// How many turns wait to be sent at most.
const TURNS_MAX: usize = 65_536;

/// The client of the ACD connection.
#[derive(Debug)]
pub struct AcdClient {
    step: AcdStep,
    /// Whether a request is under way.
    is_waiting: bool,
    /// The operations of the request under way.
    ops_under_way: Vec<FencedOp>,
    /// Why Redis is unavailable; `None` while it is available, and before the first attempt to connect is over.
    unavailable: Option<RedisFailure>,
    backoff: Backoff,
    turns: VecDeque<Vec<FencedOp>>,
    inbox_events: VecDeque<Event>,
    /// Where the inbox ended when the first connection came up.
    inbox_end: Option<InboxPosition>,
    next_due: Option<Instant>,
    due_run_at: Instant,
    clock_offset: ClockOffset,
    refusal_log: RefusalLog,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum AcdStep {
    /// Connect at this time.
    Connect(Instant),
    /// Run an operation that writes: only then the server counts as available.
    CheckWrites,
    /// Find the end of the inbox, before the first request whose reply could come there.
    FindInboxEnd,
    /// Send operations.
    Serve,
}

impl AcdClient {
    /// A client that connects at once.
    pub fn new(now: Instant) -> Self {
        Self {
            step: AcdStep::Connect(now),
            is_waiting: false,
            ops_under_way: Vec::new(),
            unavailable: None,
            backoff: Backoff::default(),
            turns: VecDeque::new(),
            inbox_events: VecDeque::new(),
            inbox_end: None,
            next_due: None,
            due_run_at: now,
            clock_offset: ClockOffset::default(),
            refusal_log: RefusalLog::default(),
        }
    }

    /// Takes the operations of one turn of the event loop.
    ///
    /// # Errors
    /// The operations themselves, if too many turns wait already.
    pub fn send(&mut self, turn: Vec<FencedOp>) -> Result<(), Vec<FencedOp>> {
        if self.turns.len() >= TURNS_MAX {
            return Err(turn);
        }
        self.turns.push_back(turn);
        Ok(())
    }

    /// Takes what came into the inbox.
    pub fn add_inbox_events(&mut self, events: Vec<Event>) {
        self.inbox_events.extend(events);
    }

    /// From which position the inbox client reads, once that is known.
    pub fn inbox_end(&self) -> Option<InboxPosition> {
        self.inbox_end
    }

    /// Whether no request is under way and no turn waits.
    pub fn is_idle(&self) -> bool {
        !self.is_waiting && self.turns.is_empty()
    }

    /// Whether Redis is known to be unavailable.
    pub fn is_unavailable(&self) -> bool {
        self.unavailable.is_some()
    }

    /// When to call [`advance`](Self::advance).
    pub fn deadline(&self) -> Option<Instant> {
        if self.is_waiting {
            return None;
        }
        match self.step {
            AcdStep::Connect(at) => Some(at),
            AcdStep::CheckWrites | AcdStep::FindInboxEnd => Some(Instant(0)),
            AcdStep::Serve => {
                let latest = self.due_run_at + RUN_DUE_EVERY;
                Some(self.next_due.map_or(latest, |due| due.min(latest)))
            }
        }
    }

    /// Adds to `events` what the daemon is to learn, and returns the next request, if there is one to send.
    pub fn advance(&mut self, now: Instant, events: &mut Vec<RedisEvent>) -> Option<RedisChannelRequest> {
        if self.step != AcdStep::Serve {
            // Before the first attempt to connect is over it is unknown whether Redis is available: operations wait
            // for it.
            if let Some(failure) = &self.unavailable {
                events.extend(self.turns.drain(..).flatten().map(|op| event_without_redis(op, failure)));
            }
        }
        if self.is_waiting && self.step == AcdStep::Serve {
            return None;
        }
        events.extend(self.inbox_events.drain(..).map(RedisEvent::AcdReply));
        if self.is_waiting {
            return None;
        }
        let request = match self.step {
            AcdStep::Connect(at) if at <= now => RedisChannelQuery::Connect.within(CONNECT_TIME_MAX.into()),
            AcdStep::Connect(_) => return None,
            AcdStep::CheckWrites => {
                self.clock_offset = ClockOffset::default();
                self.run_ops(vec![FencedOp { at: now, op: RedisOp::RunDue, fence: None }])
            }
            AcdStep::FindInboxEnd => RedisChannelQuery::FindInboxEnd.without_time_limit(),
            AcdStep::Serve => {
                let ops = self.next_ops(now);
                if ops.is_empty() {
                    return None;
                }
                self.run_ops(ops)
            }
        };
        self.is_waiting = true;
        Some(request)
    }

    fn run_ops(&mut self, ops: Vec<FencedOp>) -> RedisChannelRequest {
        let shared = self.clock_offset.to_shared(&ops).into_owned();
        self.ops_under_way = ops;
        RedisChannelQuery::RunOps(shared).without_time_limit()
    }

    fn next_ops(&mut self, now: Instant) -> Vec<FencedOp> {
        let count = self.turns.len().min(BATCH_MAX);
        let mut ops: Vec<FencedOp> = self.turns.drain(..count).flatten().collect();
        // Also while turns come without a break.
        if now.since(self.due_run_at) >= RUN_DUE_EVERY || self.next_due.is_some_and(|due| due <= now) {
            self.due_run_at = now;
            ops.extend([RedisOp::RunDue, RedisOp::CountUsage].map(|ask| FencedOp {
                at: now,
                op: ask,
                fence: None,
            }));
        }
        ops
    }

    /// The request under way has a reply, or none.
    pub fn reply(
        &mut self,
        now: Instant,
        reply: Result<RedisChannelReply, RedisFailure>,
        events: &mut Vec<RedisEvent>,
    ) {
        self.is_waiting = false;
        match (self.step, reply) {
            (AcdStep::Connect(_), Ok(RedisChannelReply::Connected)) => self.step = AcdStep::CheckWrites,
            (AcdStep::CheckWrites, Ok(RedisChannelReply::OpReplies(outcomes))) => {
                self.on_check_reply(now, outcomes, events)
            }
            (AcdStep::FindInboxEnd, Ok(RedisChannelReply::InboxEnd(position))) => {
                self.inbox_end = Some(position);
                self.on_available(now, events);
            }
            (AcdStep::Serve, Ok(RedisChannelReply::OpReplies(outcomes))) => {
                self.on_op_replies(now, outcomes, events)
            }
            (AcdStep::Serve, Err(failure)) => {
                let outcomes = self.ops_under_way.iter().map(|_| Err(failure.clone())).collect();
                self.on_op_replies(now, outcomes, events);
            }
            (AcdStep::Connect(_) | AcdStep::CheckWrites | AcdStep::FindInboxEnd, Err(failure)) => {
                self.on_connect_failed(now, failure, events);
            }
            (_, Ok(reply)) => self.on_connect_failed(now, unexpected_reply(&reply), events),
        }
    }

    fn on_check_reply(
        &mut self,
        now: Instant,
        mut outcomes: Vec<Result<OpReply, RedisFailure>>,
        events: &mut Vec<RedisEvent>,
    ) {
        match outcomes.pop().unwrap_or(Err(RedisFailure::TimedOut)) {
            Ok(reply) => {
                if let OpResult::SharedTime(shared) = reply.result {
                    self.clock_offset.update(now, shared);
                }
                match self.inbox_end {
                    None => self.step = AcdStep::FindInboxEnd,
                    Some(_) => self.on_available(now, events),
                }
            }
            Err(failure) => self.on_connect_failed(now, failure, events),
        }
    }

    fn on_available(&mut self, now: Instant, events: &mut Vec<RedisEvent>) {
        tracing::info!(was_away = self.unavailable.is_some(), "Redis answers");
        (self.step, self.unavailable, self.next_due, self.due_run_at) = (AcdStep::Serve, None, None, now);
        self.backoff.reset();
        events.push(RedisEvent::Available);
    }

    fn on_connect_failed(&mut self, now: Instant, failure: RedisFailure, events: &mut Vec<RedisEvent>) {
        self.step = AcdStep::Connect(self.backoff.next(now));
        if self.unavailable.as_ref() != Some(&failure) {
            log_unavailable(&failure);
            events.push(RedisEvent::Unavailable(failure.clone()));
        }
        self.unavailable = Some(failure);
    }

    fn on_op_replies(
        &mut self,
        now: Instant,
        outcomes: Vec<Result<OpReply, RedisFailure>>,
        events: &mut Vec<RedisEvent>,
    ) {
        let mut lost = None;
        for (op, outcome) in std::mem::take(&mut self.ops_under_way).into_iter().zip(outcomes) {
            match outcome {
                Ok(mut reply) => {
                    reply.next_due = reply.next_due.map(|due| self.clock_offset.to_local(due));
                    self.next_due = next_due(self.next_due, &op, reply.next_due);
                    if let OpResult::SharedTime(shared) = reply.result {
                        self.clock_offset.update(now, shared);
                    }
                    events.extend(event_of_reply(&op, reply));
                }
                Err(failure) => {
                    if failure.remedy() == Remedy::Reconnect {
                        lost.get_or_insert_with(|| failure.clone());
                    } else {
                        self.refusal_log.log(now, &failure);
                    }
                    // The client's own operations are not reported. A barrier is reached whatever became of the
                    // operations before.
                    match op.op {
                        RedisOp::RunDue | RedisOp::CountUsage => {}
                        RedisOp::Barrier(number) => events.push(RedisEvent::BarrierReached(number)),
                        RedisOp::Request { .. }
                        | RedisOp::Forget(_)
                        | RedisOp::Hold { .. }
                        | RedisOp::Replicate { .. } => {
                            events.push(RedisEvent::Failed { op: Box::new(op), failure });
                        }
                    }
                }
            }
        }
        if let Some(failure) = lost {
            log_unavailable(&failure);
            events.push(RedisEvent::Unavailable(failure.clone()));
            (self.unavailable, self.step) = (Some(failure), AcdStep::Connect(now));
            self.backoff.reset();
        }
    }
}

fn log_unavailable(failure: &RedisFailure) {
    if failure.needs_operator() {
        tracing::error!(%failure, "Redis cannot be used until somebody sees to it");
    } else {
        tracing::warn!(%failure, "Redis is away");
    }
}
