//! The connections of a daemon to Redis: requests and replies take time, connections break when the server goes down,
//! and requests time out.

use crate::redis::SimulatedRedis;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::inbox_position::InboxPosition;
use hotlined_instance::cluster::lease_policy::{LeaseRequest, Presence};
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_instance::cluster::limits::CONNECT_TIME_MAX;
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_instance::{RedisChannel, RedisChannelQuery, RedisChannelReply, RedisChannelRequest};
use std::collections::BTreeSet;

/// How long a lease is valid (`redis.lease_ms`).
pub(super) const LEASE: Millis = Millis::seconds(2);
/// How long a request takes to Redis, and how long a reply takes back.
const TRANSIT: Millis = Millis(1);

/// The outcome of a request.
type RequestResult = Result<RedisChannelReply, RedisFailure>;

/// All connections of a daemon.
#[derive(Debug)]
pub(super) struct RedisConnections {
    daemon: DaemonId,
    redis_connections: [RedisConnection; 3],
}

#[derive(Debug, Default)]
struct RedisConnection {
    /// How often the server had gone down when the connection was made. None without a connection.
    times_down: Option<u64>,
    request: Option<PendingRequest>,
}

/// A request under way.
#[derive(Debug)]
struct PendingRequest {
    query: RedisChannelQuery,
    /// When the daemon stops waiting for the reply.
    until: Instant,
    stage: RequestStage,
}

#[derive(Debug)]
enum RequestStage {
    /// The request reaches the server at this time.
    Sent(Instant),
    /// The request has reached the server, which has not answered it yet.
    Waits,
    /// The reply reaches the daemon at this time.
    Answered(Instant, RequestResult),
}

fn lost(why: &str) -> RedisFailure {
    RedisFailure::Lost(why.to_owned())
}

impl RedisConnections {
    /// The connections of this daemon. None is connected yet.
    pub(super) fn new(daemon: DaemonId) -> Self {
        Self { daemon, redis_connections: Default::default() }
    }

    /// The daemon sends a request.
    ///
    /// # Errors
    /// Another request is under way on this channel.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        channel: RedisChannel,
        request: RedisChannelRequest,
    ) -> Result<(), String> {
        let RedisChannelRequest { query, time_max } = request;
        let default_time_max = match &query {
            RedisChannelQuery::Connect => CONNECT_TIME_MAX,
            RedisChannelQuery::ReadInbox(_) => {
                hotlined_instance::cluster::limits::INBOX_WAIT + COMMAND_TIME_MAX
            }
            RedisChannelQuery::RunOps(_)
            | RedisChannelQuery::FindInboxEnd
            | RedisChannelQuery::Lease(..)
            | RedisChannelQuery::LoadSwitch(_) => COMMAND_TIME_MAX,
        };
        let until = now + time_max.unwrap_or(default_time_max.into());
        let connection = &mut self.redis_connections[channel as usize];
        let before = connection.request.replace(PendingRequest {
            query,
            until,
            stage: RequestStage::Sent(now + TRANSIT),
        });
        match before {
            None => Ok(()),
            Some(before) => {
                Err(format!("asked on {channel:?} while another request is under way: {before:?}"))
            }
        }
    }

    /// Whether the connection for the ACD and the saved calls has not broken since it was made.
    pub(super) fn is_in_touch(&self, redis: &SimulatedRedis) -> bool {
        self.redis_connections[RedisChannel::Acd as usize].times_down == Some(redis.times_down())
    }

    /// When the next request reaches the server, even if the daemon is paused.
    pub(super) fn next_arrival(&self) -> Option<Instant> {
        let requests = self.redis_connections.iter().filter_map(|connection| connection.request.as_ref());
        let sent = requests.filter_map(|request| match request.stage {
            RequestStage::Sent(at) => Some(at),
            RequestStage::Waits | RequestStage::Answered(..) => None,
        });
        sent.min()
    }

    /// When the next waiting request ends, or the next reply reaches the daemon.
    pub(super) fn next(&self, redis: &SimulatedRedis) -> Option<Instant> {
        let next = |connection: &RedisConnection| {
            let request = connection.request.as_ref()?;
            match request.stage {
                RequestStage::Sent(_) => None,
                RequestStage::Waits if connection.can_answer(&self.daemon, redis) => Some(Instant(0)),
                RequestStage::Waits => Some(connection.waits_until(request)),
                RequestStage::Answered(at, _) => Some(at),
            }
        };
        self.redis_connections.iter().filter_map(next).min()
    }

    /// The server executes the requests that reach it by now. `delivered` are the deliveries that the daemon's own
    /// writers have finished.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        redis: &mut SimulatedRedis,
        delivered: &BTreeSet<DeliveryId>,
    ) {
        for connection in &mut self.redis_connections {
            let sent = connection
                .request
                .take_if(|request| matches!(request.stage, RequestStage::Sent(at) if at <= now));
            if let Some(mut request) = sent {
                let RequestStage::Sent(at) = request.stage else { continue };
                request.stage = connection.receive(at, &request, &self.daemon, redis, delivered);
                connection.request = Some(request);
            }
        }
    }

    /// Answers the requests that wait at the server, or lets them time out.
    pub(super) fn check_waiting(&mut self, now: Instant, redis: &SimulatedRedis) {
        for connection in &mut self.redis_connections {
            let can_answer = connection.can_answer(&self.daemon, redis);
            let Some(request) =
                connection.request.take_if(|request| matches!(request.stage, RequestStage::Waits))
            else {
                continue;
            };
            let is_timed_out = connection.waits_until(&request) <= now;
            let stage = match &request.query {
                _ if !can_answer && !is_timed_out => RequestStage::Waits,
                RedisChannelQuery::Connect if can_answer => connection.connect(now, redis),
                RedisChannelQuery::ReadInbox(position) if !redis.is_unresponsive() => {
                    let events = connection.read_inbox(*position, &self.daemon, redis);
                    RequestStage::Answered(now + TRANSIT, events)
                }
                _ if can_answer => RequestStage::Answered(now + TRANSIT, Err(lost("connection reset"))),
                _ => RequestStage::Answered(now, Err(RedisFailure::TimedOut)),
            };
            connection.request = Some(PendingRequest { stage, ..request });
        }
    }

    /// The next reply that has reached the daemon by now.
    pub(super) fn next_reply(&mut self, now: Instant) -> Option<(RedisChannel, RequestResult)> {
        RedisChannel::ALL.into_iter().find_map(|channel| {
            let connection = &mut self.redis_connections[channel as usize];
            let is_answered = |request: &mut PendingRequest| {
                matches!(request.stage, RequestStage::Answered(at, _) if at <= now)
            };
            match connection.request.take_if(is_answered)?.stage {
                RequestStage::Answered(_, result) => Some((channel, result)),
                RequestStage::Sent(_) | RequestStage::Waits => None,
            }
        })
    }
}

impl RedisConnection {
    fn is_broken(&self, redis: &SimulatedRedis) -> bool {
        self.times_down != Some(redis.times_down()) || redis.is_down()
    }

    /// Until when the request waits at the server.
    fn waits_until(&self, request: &PendingRequest) -> Instant {
        match &request.query {
            RedisChannelQuery::ReadInbox(_) => Instant(request.until.0 - Millis::from(COMMAND_TIME_MAX).0),
            _ => request.until,
        }
    }

    /// Whether the server can answer the waiting request now, or the connection is broken.
    fn can_answer(&self, daemon: &DaemonId, redis: &SimulatedRedis) -> bool {
        match self.request.as_ref().map(|request| &request.query) {
            Some(RedisChannelQuery::Connect) => redis.is_down() || !redis.is_unresponsive(),
            Some(RedisChannelQuery::ReadInbox(position)) => {
                self.is_broken(redis) || !redis.is_unresponsive() && redis.end_of_inbox(daemon) > position.0
            }
            _ => false,
        }
    }

    fn connect(&mut self, at: Instant, redis: &SimulatedRedis) -> RequestStage {
        if redis.is_down() {
            return RequestStage::Answered(at + TRANSIT, Err(lost("connection refused")));
        }
        if redis.is_unresponsive() {
            return RequestStage::Waits;
        }
        self.times_down = Some(redis.times_down());
        RequestStage::Answered(at + TRANSIT, Ok(RedisChannelReply::Connected))
    }

    fn read_inbox(
        &self,
        position: InboxPosition,
        daemon: &DaemonId,
        redis: &SimulatedRedis,
    ) -> RequestResult {
        if self.is_broken(redis) {
            return Err(lost("connection reset"));
        }
        let mut last_read = position.0;
        let events = redis.read_inbox(daemon, &mut last_read);
        Ok(RedisChannelReply::InboxEvents(events, InboxPosition(last_read, 0)))
    }

    /// A request reaches the server.
    fn receive(
        &mut self,
        at: Instant,
        request: &PendingRequest,
        daemon: &DaemonId,
        redis: &mut SimulatedRedis,
        delivered: &BTreeSet<DeliveryId>,
    ) -> RequestStage {
        match &request.query {
            RedisChannelQuery::Connect => return self.connect(at, redis),
            _ if self.is_broken(redis) => {
                return RequestStage::Answered(at + TRANSIT, Err(lost("connection reset")));
            }
            RedisChannelQuery::ReadInbox(_) => return RequestStage::Waits,
            RedisChannelQuery::RunOps(_)
            | RedisChannelQuery::FindInboxEnd
            | RedisChannelQuery::Lease(..)
            | RedisChannelQuery::LoadSwitch(_) => {}
        }
        let result = execute(at, &request.query, daemon, redis, delivered);
        // A server that hangs executes the request later. The daemon does not wait for the reply that long.
        match redis.is_unresponsive() {
            true => RequestStage::Answered(request.until, Err(RedisFailure::TimedOut)),
            false => RequestStage::Answered(at + TRANSIT, result),
        }
    }
}

/// The server executes a request.
fn execute(
    at: Instant,
    query: &RedisChannelQuery,
    daemon: &DaemonId,
    redis: &mut SimulatedRedis,
    delivered: &BTreeSet<DeliveryId>,
) -> RequestResult {
    match query {
        RedisChannelQuery::Connect => Ok(RedisChannelReply::Connected),
        RedisChannelQuery::RunOps(ops) => Ok(RedisChannelReply::OpReplies(redis.execute(at, daemon, ops))),
        RedisChannelQuery::FindInboxEnd => {
            Ok(RedisChannelReply::InboxEnd(InboxPosition(redis.end_of_inbox(daemon), 0)))
        }
        RedisChannelQuery::ReadInbox(position) => Ok(RedisChannelReply::InboxEvents(Vec::new(), *position)),
        RedisChannelQuery::Lease(request, presence) => execute_lease(at, request, presence, daemon, redis),
        RedisChannelQuery::LoadSwitch(fence) => {
            let loaded = redis.load(at, fence)?;
            Ok(RedisChannelReply::SwitchLoaded(Box::new(loaded), delivered.clone()))
        }
    }
}

fn execute_lease(
    at: Instant,
    request: &LeaseRequest,
    presence: &Presence,
    daemon: &DaemonId,
    redis: &mut SimulatedRedis,
) -> RequestResult {
    match request {
        LeaseRequest::Announce => redis.look(at, daemon, presence, LEASE).map(RedisChannelReply::View),
        LeaseRequest::Acquire(switch) => {
            redis.acquire(at, daemon, switch, LEASE).map(RedisChannelReply::Lease)
        }
        LeaseRequest::Renew(fence) => redis.renew(at, daemon, fence, LEASE).map(RedisChannelReply::Lease),
        LeaseRequest::GiveUp(fence) => {
            redis.give_up(at, daemon, fence).map(|()| RedisChannelReply::LeaseGivenUp)
        }
    }
}
