//! What an instance asks of Redis, and what it is answered. A driver owns the connections.

use crate::cluster::failure::RedisFailure;
use crate::cluster::inbox_position::InboxPosition;
use crate::cluster::lease_policy::{ClusterView, LeaseRequest, Presence};
use crate::cluster::lease_reply::LeaseReply;
use crate::cluster::loaded_calls::LoadedSwitch;
use crate::cluster::redis_op::{Fence, FencedOp};
use crate::cluster::redis_reply::OpReply;
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
pub enum RedisChannel {
    /// What calls share and what is kept of them.
    Acd,
    /// What comes later for claims that waited. A request there waits until something comes.
    Inbox,
    /// Which daemon acts for which switch.
    Lease,
}

impl RedisChannel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Acd, Self::Inbox, Self::Lease];
}

/// A request. Each ends with one answer: a [`RedisChannelReply`], or why there is none.
#[derive(Clone, Debug)]
pub struct RedisChannelRequest {
    /// What is asked.
    pub query: RedisChannelQuery,
    /// How long the answer is waited for, where that is not as long as the connection bears.
    pub time_max: Option<Millis>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum RedisChannelQuery {
    /// To connect anew.
    Connect,
    /// All of these, in their order, in one round trip where that is possible.
    RunOps(Vec<FencedOp>),
    /// Where the daemon's inbox ends.
    FindInboxEnd,
    /// What came into the inbox behind this place. Waits a while where nothing did.
    ReadInbox(InboxPosition),
    /// Who may act for a switch.
    Lease(LeaseRequest, Presence),
    /// What is kept of a switch that the daemon acts for.
    LoadSwitch(Fence),
}

impl RedisChannelQuery {
    pub(crate) fn without_time_limit(self) -> RedisChannelRequest {
        RedisChannelRequest { query: self, time_max: None }
    }

    pub(crate) fn within(self, time_max: Millis) -> RedisChannelRequest {
        RedisChannelRequest { query: self, time_max: Some(time_max) }
    }
}

/// What was answered.
#[derive(Debug)]
pub enum RedisChannelReply {
    /// Connected.
    Connected,
    /// What each of the asked came to.
    OpReplies(Vec<Result<OpReply, RedisFailure>>),
    /// Where the inbox ends.
    InboxEnd(InboxPosition),
    /// What came into the inbox, and the place behind it.
    InboxEvents(Vec<Event>, InboxPosition),
    /// Who is there.
    View(ClusterView),
    /// Whose the lease is.
    Lease(LeaseReply),
    /// The lease was given up.
    LeaseGivenUp,
    /// What is kept of a switch, and what this daemon's own deliverers know to be delivered.
    SwitchLoaded(Box<LoadedSwitch>, BTreeSet<DeliveryId>),
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
pub(crate) fn unexpected_reply(reply: &RedisChannelReply) -> RedisFailure {
    RedisFailure::Garbled(format!("an answer to what was not asked: {reply:?}").chars().take(200).collect())
}
