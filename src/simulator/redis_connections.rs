//! The connections of a daemon to Redis: requests and answers that take their time, connections that break with the
//! server, and waits that end.

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

/// How long a lease is good for (`redis.lease_ms`).
pub(super) const LEASE: Millis = Millis::seconds(2);
/// How long a request is on its way to Redis, and its answer back.
const TRANSIT: Millis = Millis(1);

/// What a request ends with.
type RequestResult = Result<RedisChannelReply, RedisFailure>;

/// All connections of a daemon.
#[derive(Debug)]
pub(super) struct RedisConnections {
    daemon: DaemonId,
    redis_connections: [RedisConnection; 3],
}

#[derive(Debug, Default)]
struct RedisConnection {
    /// How often the server had gone away when the connection was made.
    breaks: Option<u64>,
    request: Option<PendingRequest>,
}

/// A request under way.
#[derive(Debug)]
struct PendingRequest {
    what: RedisChannelQuery,
    /// When nobody waits for its answer any more.
    until: Instant,
    stage: RequestStage,
}

#[derive(Debug)]
enum RequestStage {
    /// It reaches the server then.
    Sent(Instant),
    /// It is there, and not answered yet.
    Waits,
    /// Its answer is heard then.
    Answered(Instant, RequestResult),
}

fn lost(why: &str) -> RedisFailure {
    RedisFailure::Lost(why.to_owned())
}

impl RedisConnections {
    /// Those of this daemon: none is connected.
    pub(super) fn new(daemon: DaemonId) -> Self {
        Self { daemon, redis_connections: Default::default() }
    }

    /// The daemon asks.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        channel: RedisChannel,
        request: RedisChannelRequest,
    ) -> Result<(), String> {
        let RedisChannelRequest { query: what, time_max } = request;
        let usual = match &what {
            RedisChannelQuery::Connect => CONNECT_TIME_MAX,
            RedisChannelQuery::ReadInbox(_) => {
                hotlined_instance::cluster::limits::INBOX_WAIT + COMMAND_TIME_MAX
            }
            RedisChannelQuery::RunOps(_)
            | RedisChannelQuery::FindInboxEnd
            | RedisChannelQuery::Lease(..)
            | RedisChannelQuery::LoadSwitch(_) => COMMAND_TIME_MAX,
        };
        let until = now + time_max.unwrap_or(usual.into());
        let connection = &mut self.redis_connections[channel as usize];
        let before = connection.request.replace(PendingRequest {
            what,
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

    /// Whether the connection on which calls are kept has not broken since it was made.
    pub(super) fn is_in_touch(&self, redis: &SimulatedRedis) -> bool {
        self.redis_connections[RedisChannel::Acd as usize].breaks == Some(redis.times_down())
    }

    /// When a request reaches the server, whether the daemon is awake or not.
    pub(super) fn reaches(&self) -> Option<Instant> {
        let requests = self.redis_connections.iter().filter_map(|connection| connection.request.as_ref());
        let sent = requests.filter_map(|request| match request.stage {
            RequestStage::Sent(at) => Some(at),
            RequestStage::Waits | RequestStage::Answered(..) => None,
        });
        sent.min()
    }

    /// When there is something to do beside that.
    pub(super) fn next(&self, redis: &SimulatedRedis) -> Option<Instant> {
        let next = |connection: &RedisConnection| {
            let request = connection.request.as_ref()?;
            match request.stage {
                RequestStage::Sent(_) => None,
                RequestStage::Waits if connection.goes_on(&self.daemon, redis) => Some(Instant(0)),
                RequestStage::Waits => Some(connection.waits_until(request)),
                RequestStage::Answered(at, _) => Some(at),
            }
        };
        self.redis_connections.iter().filter_map(next).min()
    }

    /// What has come to the server by now is done there. `delivered` is what the daemon's own deliverers know.
    pub(super) fn reach(
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
                request.stage = connection.arrives(at, &request, &self.daemon, redis, delivered);
                connection.request = Some(request);
            }
        }
    }

    /// Looks after what waits at the server.
    pub(super) fn look(&mut self, now: Instant, redis: &SimulatedRedis) {
        for connection in &mut self.redis_connections {
            let goes_on = connection.goes_on(&self.daemon, redis);
            let Some(request) =
                connection.request.take_if(|request| matches!(request.stage, RequestStage::Waits))
            else {
                continue;
            };
            let is_over = connection.waits_until(&request) <= now;
            let stage = match &request.what {
                _ if !goes_on && !is_over => RequestStage::Waits,
                RedisChannelQuery::Connect if goes_on => connection.connects(now, redis),
                RedisChannelQuery::ReadInbox(place) if !redis.is_unresponsive() => {
                    RequestStage::Answered(now + TRANSIT, connection.mail(*place, &self.daemon, redis))
                }
                _ if goes_on => RequestStage::Answered(now + TRANSIT, Err(lost("connection reset"))),
                _ => RequestStage::Answered(now, Err(RedisFailure::TimedOut)),
            };
            connection.request = Some(PendingRequest { stage, ..request });
        }
    }

    /// The next answer that is heard by now.
    pub(super) fn heard(&mut self, now: Instant) -> Option<(RedisChannel, RequestResult)> {
        RedisChannel::ALL.into_iter().find_map(|channel| {
            let connection = &mut self.redis_connections[channel as usize];
            let is_heard =
                |it: &mut PendingRequest| matches!(it.stage, RequestStage::Answered(at, _) if at <= now);
            match connection.request.take_if(is_heard)?.stage {
                RequestStage::Answered(_, answer) => Some((channel, answer)),
                RequestStage::Sent(_) | RequestStage::Waits => None,
            }
        })
    }
}

impl RedisConnection {
    fn is_broken(&self, redis: &SimulatedRedis) -> bool {
        self.breaks != Some(redis.times_down()) || redis.is_down()
    }

    /// Until when the request waits at the server.
    fn waits_until(&self, request: &PendingRequest) -> Instant {
        match &request.what {
            RedisChannelQuery::ReadInbox(_) => Instant(request.until.0 - Millis::from(COMMAND_TIME_MAX).0),
            _ => request.until,
        }
    }

    /// Whether what waits at the server waits no longer.
    fn goes_on(&self, daemon: &DaemonId, redis: &SimulatedRedis) -> bool {
        match self.request.as_ref().map(|request| &request.what) {
            Some(RedisChannelQuery::Connect) => redis.is_down() || !redis.is_unresponsive(),
            Some(RedisChannelQuery::ReadInbox(place)) => {
                self.is_broken(redis) || !redis.is_unresponsive() && redis.end_of_inbox(daemon) > place.0
            }
            _ => false,
        }
    }

    fn connects(&mut self, at: Instant, redis: &SimulatedRedis) -> RequestStage {
        if redis.is_down() {
            return RequestStage::Answered(at + TRANSIT, Err(lost("connection refused")));
        }
        if redis.is_unresponsive() {
            return RequestStage::Waits;
        }
        self.breaks = Some(redis.times_down());
        RequestStage::Answered(at + TRANSIT, Ok(RedisChannelReply::Connected))
    }

    fn mail(&self, place: InboxPosition, daemon: &DaemonId, redis: &SimulatedRedis) -> RequestResult {
        if self.is_broken(redis) {
            return Err(lost("connection reset"));
        }
        let mut behind = place.0;
        let events = redis.read_inbox(daemon, &mut behind);
        Ok(RedisChannelReply::InboxEvents(events, InboxPosition(behind, 0)))
    }

    /// A request comes to the server.
    fn arrives(
        &mut self,
        at: Instant,
        request: &PendingRequest,
        daemon: &DaemonId,
        redis: &mut SimulatedRedis,
        delivered: &BTreeSet<DeliveryId>,
    ) -> RequestStage {
        match &request.what {
            RedisChannelQuery::Connect => return self.connects(at, redis),
            _ if self.is_broken(redis) => {
                return RequestStage::Answered(at + TRANSIT, Err(lost("connection reset")));
            }
            RedisChannelQuery::ReadInbox(_) => return RequestStage::Waits,
            RedisChannelQuery::RunOps(_)
            | RedisChannelQuery::FindInboxEnd
            | RedisChannelQuery::Lease(..)
            | RedisChannelQuery::LoadSwitch(_) => {}
        }
        let answer = answer(at, &request.what, daemon, redis, delivered);
        // A server that stands still does later what it is asked, and nobody waits for the answer any more.
        match redis.is_unresponsive() {
            true => RequestStage::Answered(request.until, Err(RedisFailure::TimedOut)),
            false => RequestStage::Answered(at + TRANSIT, answer),
        }
    }
}

fn answer(
    at: Instant,
    what: &RedisChannelQuery,
    daemon: &DaemonId,
    redis: &mut SimulatedRedis,
    delivered: &BTreeSet<DeliveryId>,
) -> RequestResult {
    match what {
        RedisChannelQuery::Connect => Ok(RedisChannelReply::Connected),
        RedisChannelQuery::RunOps(asked) => {
            Ok(RedisChannelReply::OpReplies(redis.execute(at, daemon, asked)))
        }
        RedisChannelQuery::FindInboxEnd => {
            Ok(RedisChannelReply::InboxEnd(InboxPosition(redis.end_of_inbox(daemon), 0)))
        }
        RedisChannelQuery::ReadInbox(place) => Ok(RedisChannelReply::InboxEvents(Vec::new(), *place)),
        RedisChannelQuery::Lease(question, presence) => lease(at, question, presence, daemon, redis),
        RedisChannelQuery::LoadSwitch(fence) => {
            let loaded = redis.load(at, fence)?;
            Ok(RedisChannelReply::SwitchLoaded(Box::new(loaded), delivered.clone()))
        }
    }
}

fn lease(
    at: Instant,
    question: &LeaseRequest,
    presence: &Presence,
    daemon: &DaemonId,
    redis: &mut SimulatedRedis,
) -> RequestResult {
    match question {
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
