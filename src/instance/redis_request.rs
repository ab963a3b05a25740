//! What an instance asks of Redis, and what it is answered. A driver owns the connections.

use crate::cluster::failure::Failure;
use crate::cluster::inbox_position::Position;
use crate::cluster::kept_call::Loaded;
use crate::cluster::lease::Taken;
use crate::cluster::lease_policy::{Presence, Question, View};
use crate::cluster::redis_op::{Asked, Fence};
use crate::cluster::redis_reply::Answered;
use crate::persist::outbox::DeliveryId;
use hotlined_core::event::Event;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeSet;

/// How long to wait before a second attempt to connect.
const RECONNECT_WAIT_MIN: Millis = Millis(100);
/// How long to wait between two attempts at most.
const RECONNECT_WAIT_MAX: Millis = Millis::seconds(2);

/// A connection to Redis. On each, one request is under way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// What calls share and what is kept of them.
    Store,
    /// What comes later for claims that waited. A request there waits until something comes.
    Inbox,
    /// Which daemon acts for which switch.
    Lease,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Store, Self::Inbox, Self::Lease];
}

/// A request. Each ends with one answer: a [`RedisReply`], or why there is none.
#[derive(Clone, Debug)]
pub struct RedisRequest {
    /// What is asked.
    pub what: RedisQuestion,
    /// How long the answer is waited for, where that is not as long as the connection bears.
    pub time_max: Option<Millis>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum RedisQuestion {
    /// To connect anew.
    Connect,
    /// All of these, in their order, in one round trip where that is possible.
    Ask(Vec<Asked>),
    /// Where the daemon's inbox ends.
    EndOfInbox,
    /// What came into the inbox behind this place. Waits a while where nothing did.
    ReadInbox(Position),
    /// Who may act for a switch.
    Lease(Question, Presence),
    /// What is kept of a switch that the daemon acts for.
    Load(Fence),
}

impl RedisQuestion {
    pub(crate) fn patiently(self) -> RedisRequest {
        RedisRequest { what: self, time_max: None }
    }

    pub(crate) fn within(self, time_max: Millis) -> RedisRequest {
        RedisRequest { what: self, time_max: Some(time_max) }
    }
}

/// What was answered.
#[derive(Debug)]
pub enum RedisReply {
    /// Connected.
    Connected,
    /// What each of the asked came to.
    Answered(Vec<Result<Answered, Failure>>),
    /// Where the inbox ends.
    EndOfInbox(Position),
    /// What came into the inbox, and the place behind it.
    Mail(Vec<Event>, Position),
    /// Who is there.
    Saw(View),
    /// Whose the lease is.
    Taken(Taken),
    /// The lease was given up.
    GivenUp,
    /// What is kept of a switch, and what this daemon's own deliverers know to be delivered.
    Loaded(Box<Loaded>, BTreeSet<DeliveryId>),
}

/// The growing wait between attempts to connect.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff(Millis);

impl Backoff {
    /// An attempt failed: when to make the next.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        self.0 = Millis(self.0.0 * 2).clamp(RECONNECT_WAIT_MIN, RECONNECT_WAIT_MAX);
        now + self.0
    }

    pub(crate) fn reset(&mut self) {
        self.0 = Millis(0);
    }
}

/// An answer that belongs to no question that was asked.
pub(crate) fn out_of_step(reply: &RedisReply) -> Failure {
    Failure::Garbled(format!("an answer to what was not asked: {reply:?}").chars().take(200).collect())
}
