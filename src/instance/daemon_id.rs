//! The id of a daemon.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest id of a daemon, in bytes.
pub const DAEMON_ID_BYTES_MAX: usize = 64;

/// The id of a daemon. No two daemons have the same id at the same time. A daemon that restarts under its old id
/// receives what was sent to it before.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaemonId(Arc<str>);

/// The text is no valid id of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no valid name of a daemon: expected up to {DAEMON_ID_BYTES_MAX} letters, digits or -_.")]
pub struct InvalidDaemonId(String);

impl FromStr for DaemonId {
    type Err = InvalidDaemonId;

    fn from_str(text: &str) -> Result<Self, InvalidDaemonId> {
        let fits = !text.is_empty() && text.len() <= DAEMON_ID_BYTES_MAX;
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            return Ok(Self(text.into()));
        }
        Err(InvalidDaemonId(text.chars().take(DAEMON_ID_BYTES_MAX).collect()))
    }
}

impl DaemonId {
    /// The text.
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
