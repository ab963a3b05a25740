//! Live state outside the process: what a daemon leaves to the one that comes after it, and what several daemons
//! share while calls go on.
//!
//! Without a Redis, [`file`] keeps calls and the embedded [`store`](crate::store). With one, [`keeping`] says how
//! calls are kept there, and several daemons share a store of the same behaviour, whose page says what each request
//! does; the same tests run over both. Here is what is said differently, because there are several daemons and a
//! wire between:
//!
//! - A request goes out and its answer comes back later, or not at all: then the request itself comes back with
//!   the [reason](redis::Failure), and whoever asked decides what to do without an answer. To repeat it is always
//!   safe, since a request repeated under its name is done once.
//! - What is answered later, unasked, goes to the daemon that asked last, whichever daemon made it come about. Who
//!   asks again in that moment may be told twice.
//! - Who acts for a switch shows a token with each request, and one that acted too long is refused.
//!
//! Absent: what is in a call, and who acts for which switch.

pub mod common;
pub mod downs;
pub mod duty;
pub mod file;
pub mod keeping;
mod kept;
pub mod outbox;
pub mod redis;
pub mod sharing;
pub mod standstill;

pub use kept::{Kept, LiveCall, Turn};

use crate::time::Millis;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How long a turn may wait to be kept before it is done all the same: callers would hear the delay.
pub const KEEP_TIME_MAX: Millis = Millis(500);
/// The longest name of a daemon, in bytes.
pub const DAEMON_BYTES_MAX: usize = 64;

/// A daemon, by a name that no other one has at the same time. One that starts anew under its old name takes up
/// what was meant for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaemonId(Arc<str>);

/// A text that cannot be the name of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no valid name of a daemon: expected up to {DAEMON_BYTES_MAX} letters, digits or -_.")]
pub struct BadDaemonId(String);

impl FromStr for DaemonId {
    type Err = BadDaemonId;

    fn from_str(text: &str) -> Result<Self, BadDaemonId> {
        let fits = !text.is_empty() && text.len() <= DAEMON_BYTES_MAX;
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            return Ok(Self(text.into()));
        }
        Err(BadDaemonId(text.chars().take(DAEMON_BYTES_MAX).collect()))
    }
}

impl DaemonId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DaemonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DaemonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
