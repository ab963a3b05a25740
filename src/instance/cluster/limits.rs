//! How long Redis keeps each kind of key, how much one operation may do, and how long a daemon waits for Redis.

use hotlined_core::time::Millis;
use std::time::Duration;

/// How long Redis keeps a key after the last write to the key.
pub const KEPT: Millis = Millis::seconds(31 * 24 * 3_600);
/// How long after the last operation of a call the call counts as lost.
pub const CALL_KEPT: Millis = Millis::seconds(24 * 3_600);
/// How long Redis remembers a verification code after the last query for the code.
pub const CODE_KEPT: Millis = Millis::seconds(10 * 366 * 24 * 3_600);
/// How long Redis keeps a daemon's inbox after the last entry.
pub const INBOX_KEPT: Millis = Millis::seconds(3_600);
/// About how many entries a daemon's inbox holds at most. Redis drops the oldest entries first.
pub const INBOX_LENGTH_MAX: usize = 16_384;
/// How many rests one operation ends at most.
pub const RESTS_AT_ONCE_MAX: usize = 10_000;
/// How many lost calls one operation forgets at most.
pub const LOST_AT_ONCE_MAX: usize = 100;
/// How many calls one [`AdoptCalls`](super::redis_op::ReplicationOp::AdoptCalls) names at most.
pub const ADOPTED_AT_ONCE_CALLS_MAX: usize = 100;
/// How long the reply to one command may take, or the replies to all commands of one pipeline.
pub const COMMAND_TIME_MAX: Duration = Duration::from_millis(500);
/// How long Redis lets a reader of the inbox wait for an entry before Redis replies that there is none.
pub const INBOX_WAIT: Duration = Duration::from_secs(5);
/// How many operations one round trip carries at most.
pub const BATCH_MAX: usize = 512;
/// How long connecting may take, with all questions to sentinels and nodes before.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
