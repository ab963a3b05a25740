//! The connection by which the daemon reads its inbox in Redis: the lines that claims waited for.
//!
//! It is a connection of its own, since a reader that waits holds up all others behind it. Its place in the stream is
//! kept, so that nothing is missed when the connection is made anew.

use crate::cluster::failure::RedisFailure;
use crate::cluster::inbox_position::InboxPosition;
use crate::cluster::limits::CONNECT_TIME_MAX;
use crate::cluster::redis_channel::{
    Backoff, RedisChannelQuery, RedisChannelReply, RedisChannelRequest, unexpected_reply,
};
use hotlined_core::event::Event;
use hotlined_core::time::Instant;

/// The client.
#[derive(Debug, Default)]
pub struct InboxClient {
    /// Where it has read to. None before it begins.
    position: Option<InboxPosition>,
    step: Step,
    is_waiting: bool,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Step {
    #[default]
    Off,
    Connect(Instant),
    /// Another server may have taken over, and lost what was written last.
    Resume,
    Read,
}

impl InboxClient {
    /// Begins to read behind this place, if it has not begun.
    pub fn begin(&mut self, now: Instant, position: InboxPosition) {
        if self.position.is_none() {
            (self.position, self.step) = (Some(position), Step::Connect(now));
        }
    }

    /// When [`advance`](Self::advance) is wanted.
    pub fn deadline(&self) -> Option<Instant> {
        match self.step {
            Step::Connect(at) if !self.is_waiting => Some(at),
            Step::Off | Step::Connect(_) | Step::Resume | Step::Read => None,
        }
    }

    /// Gives the next request.
    pub fn advance(&mut self, now: Instant) -> Option<RedisChannelRequest> {
        if self.is_waiting {
            return None;
        }
        let request = match self.step {
            Step::Connect(at) if at <= now => RedisChannelQuery::Connect.within(CONNECT_TIME_MAX.into()),
            Step::Off | Step::Connect(_) => return None,
            Step::Resume => RedisChannelQuery::FindInboxEnd.without_time_limit(),
            Step::Read => {
                RedisChannelQuery::ReadInbox(self.position.unwrap_or_default()).without_time_limit()
            }
        };
        self.is_waiting = true;
        Some(request)
    }

    /// The request under way is answered, or is not. Gives what came.
    pub fn reply(&mut self, now: Instant, reply: Result<RedisChannelReply, RedisFailure>) -> Vec<Event> {
        self.is_waiting = false;
        let failure = match (self.step, reply) {
            (Step::Connect(_), Ok(RedisChannelReply::Connected)) => {
                self.step = Step::Resume;
                return Vec::new();
            }
            (Step::Resume, Ok(RedisChannelReply::InboxEnd(end))) => {
                self.position = self.position.map(|position| position.min(end));
                self.step = Step::Read;
                return Vec::new();
            }
            (Step::Read, Ok(RedisChannelReply::InboxEvents(events, position))) => {
                self.position = Some(position);
                self.backoff.reset();
                return events;
            }
            (_, Ok(reply)) => unexpected_reply(&reply),
            (_, Err(failure)) => failure,
        };
        tracing::debug!(%failure, "the inbox cannot be read");
        self.step = Step::Connect(self.backoff.next(now));
        Vec::new()
    }
}
