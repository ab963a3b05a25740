//! The connection by which calls ask Redis: one round trip at a time, so that requests are done in their order. What
//! comes in together goes out together.
//!
//! What the inbox brings is told between two round trips: a line that a claim waited for is never heard of before the
//! answer that the claim waits. While Redis is away each request comes back at once.

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

/// How long after the last time at most it is looked whether something is due: a rest that ends may be known only to
/// a daemon that died meanwhile. It is also how soon the daemon learns that Redis is away while nobody asks anything.
const LOOK_EVERY: Millis = Millis::seconds(1);
/// The most turns that wait to be asked.
const TURNS_MAX: usize = 65_536;

/// The client.
#[derive(Debug)]
pub struct AcdClient {
    step: Step,
    /// Whether a request is under way.
    is_waiting: bool,
    /// What is asked by it.
    asked: Vec<FencedOp>,
    /// Why nothing is answered. None before the first attempt to connect is over.
    away: Option<RedisFailure>,
    backoff: Backoff,
    turns: VecDeque<Vec<FencedOp>>,
    mail: VecDeque<Event>,
    /// Where the inbox ended when the first connection came up.
    inbox: Option<InboxPosition>,
    due: Option<Instant>,
    looked_at: Instant,
    timeline: ClockOffset,
    refusals: RefusalLog,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// Connect at this time.
    Connect(Instant),
    /// A server counts as there once it did what needs a write.
    Check,
    /// Where the inbox ends must be known before the first request that could be answered there.
    FindInbox,
    Work,
}

impl AcdClient {
    /// A client that connects at once.
    pub fn new(now: Instant) -> Self {
        Self {
            step: Step::Connect(now),
            is_waiting: false,
            asked: Vec::new(),
            away: None,
            backoff: Backoff::default(),
            turns: VecDeque::new(),
            mail: VecDeque::new(),
            inbox: None,
            due: None,
            looked_at: now,
            timeline: ClockOffset::default(),
            refusals: RefusalLog::default(),
        }
    }

    /// What one turn of the loop asks.
    ///
    /// # Errors
    /// Gives it back where too much waits already.
    pub fn ask(&mut self, turn: Vec<FencedOp>) -> Result<(), Vec<FencedOp>> {
        if self.turns.len() >= TURNS_MAX {
            return Err(turn);
        }
        self.turns.push_back(turn);
        Ok(())
    }

    /// Something came into the inbox.
    pub fn take_mail(&mut self, events: Vec<Event>) {
        self.mail.extend(events);
    }

    /// From where the inbox is to be read, once that is known.
    pub fn inbox(&self) -> Option<InboxPosition> {
        self.inbox
    }

    /// Whether nothing is under way and nothing waits.
    pub fn is_idle(&self) -> bool {
        !self.is_waiting && self.turns.is_empty()
    }

    /// Whether Redis is known to be away.
    pub fn is_away(&self) -> bool {
        self.away.is_some()
    }

    /// When [`advance`](Self::advance) is wanted.
    pub fn deadline(&self) -> Option<Instant> {
        if self.is_waiting {
            return None;
        }
        match self.step {
            Step::Connect(at) => Some(at),
            Step::Check | Step::FindInbox => Some(Instant(0)),
            Step::Work => {
                let look = self.looked_at + LOOK_EVERY;
                Some(self.due.map_or(look, |due| due.min(look)))
            }
        }
    }

    /// Tells what there is to hear, and gives the next request.
    pub fn advance(&mut self, now: Instant, heard: &mut Vec<RedisEvent>) -> Option<RedisChannelRequest> {
        if self.step != Step::Work {
            // Before the first attempt is over nobody knows: what is asked waits for it.
            if let Some(failure) = &self.away {
                heard.extend(self.turns.drain(..).flatten().map(|asked| event_without_redis(asked, failure)));
            }
        }
        if self.is_waiting && self.step == Step::Work {
            return None;
        }
        heard.extend(self.mail.drain(..).map(RedisEvent::AcdReply));
        if self.is_waiting {
            return None;
        }
        let request = match self.step {
            Step::Connect(at) if at <= now => RedisChannelQuery::Connect.within(CONNECT_TIME_MAX.into()),
            Step::Connect(_) => return None,
            Step::Check => {
                self.timeline = ClockOffset::default();
                self.begin(vec![FencedOp { at: now, op: RedisOp::RunDue, fence: None }])
            }
            Step::FindInbox => RedisChannelQuery::FindInboxEnd.without_time_limit(),
            Step::Work => {
                let asked = self.next_asked(now);
                if asked.is_empty() {
                    return None;
                }
                self.begin(asked)
            }
        };
        self.is_waiting = true;
        Some(request)
    }

    fn begin(&mut self, asked: Vec<FencedOp>) -> RedisChannelRequest {
        let shared = self.timeline.shared(&asked).into_owned();
        self.asked = asked;
        RedisChannelQuery::RunOps(shared).without_time_limit()
    }

    fn next_asked(&mut self, now: Instant) -> Vec<FencedOp> {
        let count = self.turns.len().min(BATCH_MAX);
        let mut asked: Vec<FencedOp> = self.turns.drain(..count).flatten().collect();
        // Also where requests never cease.
        if now.since(self.looked_at) >= LOOK_EVERY || self.due.is_some_and(|due| due <= now) {
            self.looked_at = now;
            asked.extend([RedisOp::RunDue, RedisOp::CountUsage].map(|ask| FencedOp {
                at: now,
                op: ask,
                fence: None,
            }));
        }
        asked
    }

    /// The request under way is answered, or is not.
    pub fn reply(
        &mut self,
        now: Instant,
        reply: Result<RedisChannelReply, RedisFailure>,
        heard: &mut Vec<RedisEvent>,
    ) {
        self.is_waiting = false;
        match (self.step, reply) {
            (Step::Connect(_), Ok(RedisChannelReply::Connected)) => self.step = Step::Check,
            (Step::Check, Ok(RedisChannelReply::OpReplies(outcomes))) => self.checked(now, outcomes, heard),
            (Step::FindInbox, Ok(RedisChannelReply::InboxEnd(position))) => {
                self.inbox = Some(position);
                self.came_up(now, heard);
            }
            (Step::Work, Ok(RedisChannelReply::OpReplies(outcomes))) => self.answered(now, outcomes, heard),
            (Step::Work, Err(failure)) => {
                let outcomes = self.asked.iter().map(|_| Err(failure.clone())).collect();
                self.answered(now, outcomes, heard);
            }
            (Step::Connect(_) | Step::Check | Step::FindInbox, Err(failure)) => {
                self.did_not_come_up(now, failure, heard);
            }
            (_, Ok(reply)) => self.did_not_come_up(now, unexpected_reply(&reply), heard),
        }
    }

    fn checked(
        &mut self,
        now: Instant,
        mut outcomes: Vec<Result<OpReply, RedisFailure>>,
        heard: &mut Vec<RedisEvent>,
    ) {
        match outcomes.pop().unwrap_or(Err(RedisFailure::TimedOut)) {
            Ok(answered) => {
                if let OpResult::SharedTime(shared) = answered.result {
                    self.timeline.learn(now, shared);
                }
                match self.inbox {
                    None => self.step = Step::FindInbox,
                    Some(_) => self.came_up(now, heard),
                }
            }
            Err(failure) => self.did_not_come_up(now, failure, heard),
        }
    }

    fn came_up(&mut self, now: Instant, heard: &mut Vec<RedisEvent>) {
        tracing::info!(was_away = self.away.is_some(), "Redis answers");
        (self.step, self.away, self.due, self.looked_at) = (Step::Work, None, None, now);
        self.backoff.reset();
        heard.push(RedisEvent::Available);
    }

    fn did_not_come_up(&mut self, now: Instant, failure: RedisFailure, heard: &mut Vec<RedisEvent>) {
        self.step = Step::Connect(self.backoff.next(now));
        if self.away.as_ref() != Some(&failure) {
            tell_away(&failure);
            heard.push(RedisEvent::Unavailable(failure.clone()));
        }
        self.away = Some(failure);
    }

    fn answered(
        &mut self,
        now: Instant,
        outcomes: Vec<Result<OpReply, RedisFailure>>,
        heard: &mut Vec<RedisEvent>,
    ) {
        let mut lost = None;
        for (asked, outcome) in std::mem::take(&mut self.asked).into_iter().zip(outcomes) {
            match outcome {
                Ok(mut answered) => {
                    answered.next_due = answered.next_due.map(|due| self.timeline.ours(due));
                    self.due = next_due(self.due, &asked, answered.next_due);
                    if let OpResult::SharedTime(shared) = answered.result {
                        self.timeline.learn(now, shared);
                    }
                    heard.extend(event_of_reply(&asked, answered));
                }
                Err(failure) => {
                    if failure.remedy() == Remedy::Reconnect {
                        lost.get_or_insert_with(|| failure.clone());
                    } else {
                        self.refusals.tell(now, &failure);
                    }
                    // Of its own questions nobody needs to know. A barrier is reached whatever became of the rest.
                    match asked.op {
                        RedisOp::RunDue | RedisOp::CountUsage => {}
                        RedisOp::Barrier(number) => heard.push(RedisEvent::BarrierReached(number)),
                        RedisOp::Request { .. }
                        | RedisOp::Forget(_)
                        | RedisOp::Hold { .. }
                        | RedisOp::Replicate { .. } => {
                            heard.push(RedisEvent::Failed { op: Box::new(asked), failure });
                        }
                    }
                }
            }
        }
        if let Some(failure) = lost {
            tell_away(&failure);
            heard.push(RedisEvent::Unavailable(failure.clone()));
            (self.away, self.step) = (Some(failure), Step::Connect(now));
            self.backoff.reset();
        }
    }
}

fn tell_away(failure: &RedisFailure) {
    if failure.needs_operator() {
        tracing::error!(%failure, "Redis cannot be used until somebody sees to it");
    } else {
        tracing::warn!(%failure, "Redis is away");
    }
}
