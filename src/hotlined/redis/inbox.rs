//! The inbox of a daemon in Redis: the lines that its claims waited for.
//!
//! Each daemon has a stream of its own and reads it over a connection of its own, since a reader that waits holds up
//! every other command on its connection. The inbox keeps its position in the stream, so nothing is missed after a
//! new connection.

use super::connection::{RedisConnection, RedisConnector};
use super::reply::ReplyFields;
use hotlined_core::event::{AcdReply, Event};
use hotlined_core::id::{CallId, CommandId, LineId};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::inbox_position::InboxPosition;
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_instance::cluster::limits::INBOX_WAIT;
use redis::{Cmd, Value};
use std::time::Duration;

/// How many entries one read returns at most.
const READ_AT_ONCE_MAX: usize = 512;

/// A daemon's inbox.
#[derive(Clone, Debug)]
pub struct Inbox {
    key: String,
    position: InboxPosition,
}

impl Inbox {
    /// The inbox at this key, read from its end on: earlier entries belong to earlier calls.
    ///
    /// # Errors
    /// The connection is lost, the reply takes too long, or the reply cannot be read.
    pub async fn open(link: &mut RedisConnection, key: String) -> Result<Self, RedisFailure> {
        let position = end(link, &key).await?;
        Ok(Self { key, position })
    }

    /// The inbox at this key, read from behind this position.
    pub fn behind(key: String, position: InboxPosition) -> Self {
        Self { key, position }
    }

    /// The position behind which nothing was read yet.
    pub fn position(&self) -> InboxPosition {
        self.position
    }

    /// A connection over which [`wait`](Self::wait) can wait.
    ///
    /// # Errors
    /// Redis cannot be reached in time, or refuses the connection.
    pub async fn connect(connector: &mut RedisConnector) -> Result<RedisConnection, RedisFailure> {
        connector.connect(INBOX_WAIT + COMMAND_TIME_MAX).await
    }

    /// The entries since the last read, without waiting for more.
    ///
    /// # Errors
    /// The connection is lost, the reply takes too long, or the reply cannot be read.
    pub async fn read(&mut self, link: &mut RedisConnection) -> Result<Vec<Event>, RedisFailure> {
        self.take(link, None).await
    }

    /// The entries since the last read. If there is none, waits a while for one.
    ///
    /// # Errors
    /// The connection is lost, the reply takes too long, or the reply cannot be read.
    pub async fn wait(&mut self, link: &mut RedisConnection) -> Result<Vec<Event>, RedisFailure> {
        self.take(link, Some(INBOX_WAIT)).await
    }

    async fn take(
        &mut self,
        link: &mut RedisConnection,
        wait: Option<Duration>,
    ) -> Result<Vec<Event>, RedisFailure> {
        let answer = link.ask(&self.command(wait)).await?;
        if answer == Value::Nil {
            return Ok(Vec::new());
        }
        // A list of streams, each a key and its entries; the command named one.
        let mut streams = ReplyFields::of(answer)?;
        let mut stream = ReplyFields::of(streams.value()?)?;
        stream.value()?;
        let mut entries = ReplyFields::of(stream.value()?)?;
        let mut events = Vec::new();
        while let Some(entry) = entries.next() {
            let mut entry = ReplyFields::of(entry)?;
            self.position = position(&entry.text()?)?;
            // An entry that cannot be read is skipped: it would be there for ever.
            match entry.value().and_then(read) {
                Ok(event) => events.push(event),
                Err(failure) => tracing::warn!(%failure, "an answer of the inbox is passed by"),
            }
        }
        Ok(events)
    }

    fn command(&self, wait: Option<Duration>) -> Cmd {
        let InboxPosition(millis, count) = self.position;
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(READ_AT_ONCE_MAX);
        if let Some(wait) = wait {
            command.arg("BLOCK").arg(wait.as_millis() as u64);
        }
        command.arg("STREAMS").arg(&self.key).arg(format!("{millis}-{count}"));
        command
    }
}

async fn end(link: &mut RedisConnection, key: &str) -> Result<InboxPosition, RedisFailure> {
    let last = link.ask(redis::cmd("XREVRANGE").arg(key).arg("+").arg("-").arg("COUNT").arg(1)).await?;
    match ReplyFields::of(last)?.next() {
        Some(entry) => position(&ReplyFields::of(entry)?.text()?),
        None => Ok(InboxPosition::default()),
    }
}

fn position(text: &str) -> Result<InboxPosition, RedisFailure> {
    let parts =
        text.split_once('-').and_then(|(millis, count)| Some((millis.parse().ok()?, count.parse().ok()?)));
    let (millis, count) =
        parts.ok_or_else(|| RedisFailure::Garbled(format!("{text:?} is no place in a stream")))?;
    Ok(InboxPosition(millis, count))
}

/// One entry: names and values, one after the other.
fn read(entry: Value) -> Result<Event, RedisFailure> {
    let mut fields = ReplyFields::of(entry)?;
    let mut expect = |name: &str| {
        let found = fields.text()?;
        if found != name {
            return Err(RedisFailure::Garbled(format!("expected {name}, got {found:?}")));
        }
        fields.text()
    };
    let (call, number, line) = (expect("call")?, expect("number")?, expect("line")?);
    let call: CallId = call.parse().map_err(|bad| RedisFailure::Garbled(format!("{bad}")))?;
    let number = number.parse().map_err(|_| RedisFailure::Garbled(format!("{number:?} is no number")))?;
    let answer = AcdReply::Claimed { line: LineId(line.into()) };
    Ok(Event::Acd { command: CommandId { call, number }, reply: answer })
}
