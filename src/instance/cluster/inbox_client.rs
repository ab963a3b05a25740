//! The connection by which the daemon reads its inbox in Redis: the lines that claims waited for.
//!
//! The inbox has a connection of its own, since a reader that waits holds up every other request on its connection. The
//! client keeps the position in the stream, so the daemon misses nothing when it connects anew.

use crate::cluster::failure::RedisFailure;
use crate::cluster::inbox_position::InboxPosition;
use crate::cluster::limits::CONNECT_TIME_MAX;
use crate::cluster::redis_channel::{
    Backoff, RedisChannelQuery, RedisChannelReply, RedisChannelRequest, unexpected_reply,
};
use hotlined_core::event::Event;
use hotlined_core::time::Instant;

/// The client of the inbox connection.
#[derive(Debug, Default)]
pub struct InboxClient {
    /// How far the client has read; `None` before it starts.
    position: Option<InboxPosition>,
    step: InboxStep,
    is_waiting: bool,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum InboxStep {
    #[default]
    Off,
    Connect(Instant),
    /// Find the end of the inbox: another server may have taken over, and lack what was written last.
    FindEnd,
    Read,
}

impl InboxClient {
    /// Starts to read behind this position, if the client has not started.
    pub fn start_at(&mut self, now: Instant, position: InboxPosition) {
        if self.position.is_none() {
            (self.position, self.step) = (Some(position), InboxStep::Connect(now));
        }
    }

    /// When to call [`advance`](Self::advance).
    pub fn deadline(&self) -> Option<Instant> {
        match self.step {
            InboxStep::Connect(at) if !self.is_waiting => Some(at),
            InboxStep::Off | InboxStep::Connect(_) | InboxStep::FindEnd | InboxStep::Read => None,
        }
    }

    /// The next request, if there is one to send.
    pub fn advance(&mut self, now: Instant) -> Option<RedisChannelRequest> {
        if self.is_waiting {
            return None;
        }
        let request = match self.step {
            InboxStep::Connect(at) if at <= now => RedisChannelQuery::Connect.within(CONNECT_TIME_MAX.into()),
            InboxStep::Off | InboxStep::Connect(_) => return None,
            InboxStep::FindEnd => RedisChannelQuery::FindInboxEnd.without_time_limit(),
            InboxStep::Read => {
                RedisChannelQuery::ReadInbox(self.position.unwrap_or_default()).without_time_limit()
            }
        };
        self.is_waiting = true;
        Some(request)
    }

    /// The request under way has a reply, or none. Returns what came into the inbox.
    pub fn reply(&mut self, now: Instant, reply: Result<RedisChannelReply, RedisFailure>) -> Vec<Event> {
        self.is_waiting = false;
        let failure = match (self.step, reply) {
            (InboxStep::Connect(_), Ok(RedisChannelReply::Connected)) => {
                self.step = InboxStep::FindEnd;
                return Vec::new();
            }
            (InboxStep::FindEnd, Ok(RedisChannelReply::InboxEnd(end))) => {
                self.position = self.position.map(|position| position.min(end));
                self.step = InboxStep::Read;
                return Vec::new();
            }
            (InboxStep::Read, Ok(RedisChannelReply::InboxEvents(events, position))) => {
                self.position = Some(position);
                self.backoff.reset();
                return events;
            }
            (_, Ok(reply)) => unexpected_reply(&reply),
            (_, Err(failure)) => failure,
        };
        tracing::debug!(%failure, "the inbox cannot be read");
        self.step = InboxStep::Connect(self.backoff.next(now));
        Vec::new()
    }
}
