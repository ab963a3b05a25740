//! The lease token: by which right a daemon is the active daemon of a switch, and which of two tokens is newer.
//!
//! Leases are given by Redis. But a daemon that is cut off from Redis alone does not learn that another daemon has the
//! lease by now, while the switch is connected to both daemons. So each daemon announces its token at the switch, and
//! every daemon that is active there receives the announcement.

use crate::daemon_id::DAEMON_ID_BYTES_MAX;
use std::cmp::Ordering;
use std::sync::Arc;

/// The right of a daemon to be active at a switch. A later lease has a higher number. No two leases have the same
/// number; if two tokens have the same number all the same, the name of the daemon decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaseToken {
    number: u64,
    daemon: Arc<str>,
}

/// How a daemon becomes the active daemon of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// By a lease of Redis. The daemon announces its token as soon as it is subscribed.
    Leased,
    /// Without leases. The daemon first asks whether another daemon is active, and announces itself if none has
    /// answered.
    Asking,
    /// Without leases, by order of an operator: the daemon becomes active even if another daemon is active now.
    TakingOver,
}

/// How another daemon's token compares to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOrder {
    /// The token is our own: our announcement has come back to us.
    Same,
    /// The other token is older: its daemon does not know of ours yet.
    Older,
    /// The other token is newer: ours is void.
    Newer,
}

impl LeaseToken {
    /// The token of the daemon of this name. The name may be untrusted: only letters, digits and `-_.` are kept.
    pub fn new(daemon: &str, number: u64) -> Self {
        let kept = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
        let daemon: String = daemon.chars().filter(kept).take(DAEMON_ID_BYTES_MAX).collect();
        Self { number, daemon: daemon.into() }
    }

    /// The name of the daemon.
    pub fn daemon(&self) -> &str {
        &self.daemon
    }

    /// The fencing number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// This daemon's query which daemon is active. The active daemon answers it.
    pub fn as_query(&self) -> Self {
        Self { number: 0, daemon: self.daemon.clone() }
    }

    /// Whether this is a query which daemon is active, and no token.
    pub fn is_query(&self) -> bool {
        self.number == 0
    }

    /// A token of this daemon that is newer than `other`.
    pub fn newer_than(self, other: &Self) -> Self {
        Self { number: self.number.max(other.number.saturating_add(1)), daemon: self.daemon }
    }

    /// Compares another daemon's token to this one.
    pub fn compare(&self, other: &Self) -> TokenOrder {
        match other.cmp(self) {
            Ordering::Equal => TokenOrder::Same,
            Ordering::Less => TokenOrder::Older,
            Ordering::Greater => TokenOrder::Newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_any_two_tokens_one_is_newer() {
        let ours = LeaseToken::new("b", 7);
        for (daemon, token, standing) in [
            ("b", 7, TokenOrder::Same),
            ("a", 8, TokenOrder::Newer),
            ("c", 6, TokenOrder::Older),
            ("a", 7, TokenOrder::Older),
            ("c", 7, TokenOrder::Newer),
        ] {
            let other = LeaseToken::new(daemon, token);
            assert_eq!(ours.compare(&other), standing, "{other:?}");
            let back = match standing {
                TokenOrder::Same => TokenOrder::Same,
                TokenOrder::Older => TokenOrder::Newer,
                TokenOrder::Newer => TokenOrder::Older,
            };
            assert_eq!(other.compare(&ours), back, "{other:?}");
        }
    }

    #[test]
    fn a_name_from_outside_is_no_more_than_a_name() {
        assert_eq!(LeaseToken::new("a\n\napi shutdown ${x}", 1).daemon(), "aapishutdownx");
        assert_eq!(LeaseToken::new(&"x".repeat(1_000), 1).daemon().len(), DAEMON_ID_BYTES_MAX);
    }
}
