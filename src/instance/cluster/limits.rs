//! How long Redis keeps what it is told, and how long a daemon waits for its answers.

use hotlined_core::time::Millis;
use std::time::Duration;

/// How long a key is kept that nothing is written to.
pub const KEPT: Millis = Millis::seconds(31 * 24 * 3_600);
/// After what time without a word of it a call is over.
pub const CALL_KEPT: Millis = Millis::seconds(24 * 3_600);
/// How long a code is remembered that nobody asks for.
pub const CODE_KEPT: Millis = Millis::seconds(10 * 366 * 24 * 3_600);
/// How long a daemon's inbox is kept to which nothing comes.
pub const INBOX_KEPT: Millis = Millis::seconds(3_600);
/// About how many answers lie in a daemon's inbox at most; the oldest go first.
pub const INBOX_LENGTH_MAX: usize = 16_384;
/// How many rests end within one request.
pub const RESTS_AT_ONCE_MAX: usize = 10_000;
/// How many calls that nobody forgot are forgotten at once.
pub const LOST_AT_ONCE_MAX: usize = 100;
/// How long an answer may take, of one command or of all commands of one pipeline.
pub const COMMAND_TIME_MAX: Duration = Duration::from_millis(500);
/// How long Redis lets a reader wait for something to come, before it says that there is nothing.
pub const INBOX_WAIT: Duration = Duration::from_secs(5);
/// The most requests of one round trip.
pub const BATCH_MAX: usize = 512;
/// How long it may take to have a connection, with all that is asked of sentinels and nodes before.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
