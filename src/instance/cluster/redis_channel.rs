//! The requests that an instance sends to Redis over each connection, and the replies. The driver owns the connections.
//!
//! This is the level above the operations: one [`RedisChannelQuery::RunOps`] carries many
//! [operations](super::redis_op::FencedOp).

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

/// A connection to Redis. On each connection one request is under way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedisChannel {
    /// For the ACD and the saved calls.
    Acd,
    /// For the lines that claims waited for. A request on this connection waits until something comes.
    Inbox,
    /// For the leases of the switches.
    Lease,
}

impl RedisChannel {
    /// All connections.
    pub const ALL: [Self; 3] = [Self::Acd, Self::Inbox, Self::Lease];
}

/// A request over one connection. Each ends exactly once: with a [`RedisChannelReply`], or with the reason why there
/// is none.
#[derive(Clone, Debug)]
pub struct RedisChannelRequest {
    /// The request.
    pub query: RedisChannelQuery,
    /// How long to wait for the reply; `None` for as long as the connection waits by itself.
    pub time_max: Option<Millis>,
}

/// The kinds of requests.
#[derive(Clone, Debug)]
pub enum RedisChannelQuery {
    /// Connect anew.
    Connect,
    /// Run these operations in their order, in one round trip if possible.
    RunOps(Vec<FencedOp>),
    /// Find where the daemon's inbox ends.
    FindInboxEnd,
    /// Read the inbox behind this position. If there is nothing, wait a while for it.
    ReadInbox(InboxPosition),
    /// Ask about leases, and announce this daemon.
    Lease(LeaseRequest, Presence),
    /// Load the saved calls of a switch whose lease the daemon has.
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

/// The reply to a request.
#[derive(Debug)]
pub enum RedisChannelReply {
    /// The connection is there.
    Connected,
    /// What each operation came to, in the order of the request.
    OpReplies(Vec<Result<OpReply, RedisFailure>>),
    /// Where the inbox ends.
    InboxEnd(InboxPosition),
    /// What came into the inbox, and the position behind it.
    InboxEvents(Vec<Event>, InboxPosition),
    /// The other daemons and the leases.
    View(ClusterView),
    /// Which daemon has the lease.
    Lease(LeaseReply),
    /// The lease was given up.
    LeaseGivenUp,
    /// The saved calls of a switch, and what this daemon's own deliverers have delivered.
    SwitchLoaded(Box<LoadedSwitch>, BTreeSet<DeliveryId>),
}

/// The wait between attempts to connect, which doubles with each attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff(Millis);

impl Backoff {
    /// Takes in that an attempt failed. Returns when to make the next.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        self.0 = Millis(self.0.0 * 2).clamp(RECONNECT_WAIT_MIN, RECONNECT_WAIT_MAX);
        now + self.0
    }

    pub(crate) fn reset(&mut self) {
        self.0 = Millis(0);
    }
}

/// The failure for a reply that does not fit the request.
pub(crate) fn unexpected_reply(reply: &RedisChannelReply) -> RedisFailure {
    RedisFailure::Garbled(format!("an answer to what was not asked: {reply:?}").chars().take(200).collect())
}
