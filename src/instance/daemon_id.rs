//! The name of a daemon.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

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
