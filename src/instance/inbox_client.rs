//! The connection by which the daemon reads its inbox in Redis: the lines that claims waited for.
//!
//! It is a connection of its own, since a reader that waits holds up all others behind it. Its place in the stream is
//! kept, so that nothing is missed when the connection is made anew.

use super::redis_request::{Backoff, RedisQuestion, RedisReply, RedisRequest, out_of_step};
use crate::cluster::failure::Failure;
use crate::cluster::inbox_position::Position;
use crate::cluster::limits::CONNECT_TIME_MAX;
use hotlined_core::event::Event;
use hotlined_core::time::Instant;

/// The client.
#[derive(Debug, Default)]
pub struct InboxClient {
    /// Where it has read to. None before it begins.
    position: Option<Position>,
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
    pub fn begin(&mut self, now: Instant, position: Position) {
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
    pub fn advance(&mut self, now: Instant) -> Option<RedisRequest> {
        if self.is_waiting {
            return None;
        }
        let request = match self.step {
            Step::Connect(at) if at <= now => RedisQuestion::Connect.within(CONNECT_TIME_MAX.into()),
            Step::Off | Step::Connect(_) => return None,
            Step::Resume => RedisQuestion::EndOfInbox.patiently(),
            Step::Read => RedisQuestion::ReadInbox(self.position.unwrap_or_default()).patiently(),
        };
        self.is_waiting = true;
        Some(request)
    }

    /// The request under way is answered, or is not. Gives what came.
    pub fn reply(&mut self, now: Instant, reply: Result<RedisReply, Failure>) -> Vec<Event> {
        self.is_waiting = false;
        let failure = match (self.step, reply) {
            (Step::Connect(_), Ok(RedisReply::Connected)) => {
                self.step = Step::Resume;
                return Vec::new();
            }
            (Step::Resume, Ok(RedisReply::EndOfInbox(end))) => {
                self.position = self.position.map(|position| position.min(end));
                self.step = Step::Read;
                return Vec::new();
            }
            (Step::Read, Ok(RedisReply::Mail(events, position))) => {
                self.position = Some(position);
                self.backoff.reset();
                return events;
            }
            (_, Ok(reply)) => out_of_step(&reply),
            (_, Err(failure)) => failure,
        };
        tracing::debug!(%failure, "the inbox cannot be read");
        self.step = Step::Connect(self.backoff.next(now));
        Vec::new()
    }
}
