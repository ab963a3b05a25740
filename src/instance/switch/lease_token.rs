//! By what right somebody acts for a switch, and whose goes before whose.
//!
//! Who acts is decided elsewhere. But whoever is cut off from there alone does not hear of it, while the switch hears
//! them both: so each says at the switch by what right it acts, and everybody who acts there hears it.

use std::cmp::Ordering;
use std::sync::Arc;

/// The longest name of a daemon, in bytes.
const DAEMON_BYTES_MAX: usize = 64;

/// The right of a daemon to act for a switch. The later one has the higher token; of two that have the same, which
/// nobody gives out, it is the name that decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    token: u64,
    daemon: Arc<str>,
}

/// How a daemon comes to act for a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claiming {
    /// It has a lease: it says so as soon as it may say anything.
    Leased,
    /// There are no leases. It asks first who acts, and says that it does once nobody has answered.
    Asking,
    /// There are no leases, and an operator wants it to act even if another daemon does so now.
    TakingOver,
}

/// What a claim of somebody means to who has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the very same: our own word has come back to us.
    Same,
    /// It was given before ours: whoever shows it has not heard of ours.
    Behind,
    /// It was given after ours: ours is good for nothing any more.
    Before,
}

impl Claim {
    /// The claim of a daemon of this name. Of a name that comes from outside only letters, digits and `-_.` are kept.
    pub fn new(daemon: &str, token: u64) -> Self {
        let kept = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
        let daemon: String = daemon.chars().filter(kept).take(DAEMON_BYTES_MAX).collect();
        Self { token, daemon: daemon.into() }
    }

    /// Who has it.
    pub fn daemon(&self) -> &str {
        &self.daemon
    }

    /// By which token.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// This daemon's question who acts. The daemon that acts answers.
    pub fn question(&self) -> Self {
        Self { token: 0, daemon: self.daemon.clone() }
    }

    /// Whether it is a question who acts, and no claim.
    pub fn is_question(&self) -> bool {
        self.token == 0
    }

    /// A claim of this daemon that goes before the other one.
    pub fn before(self, other: &Self) -> Self {
        Self { token: self.token.max(other.token.saturating_add(1)), daemon: self.daemon }
    }

    /// What this other claim means to us, whose claim this is.
    pub fn beside(&self, other: &Self) -> Standing {
        match other.cmp(self) {
            Ordering::Equal => Standing::Same,
            Ordering::Less => Standing::Behind,
            Ordering::Greater => Standing::Before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_any_two_claims_one_goes_before() {
        let ours = Claim::new("b", 7);
        for (daemon, token, standing) in [
            ("b", 7, Standing::Same),
            ("a", 8, Standing::Before),
            ("c", 6, Standing::Behind),
            ("a", 7, Standing::Behind),
            ("c", 7, Standing::Before),
        ] {
            let other = Claim::new(daemon, token);
            assert_eq!(ours.beside(&other), standing, "{other:?}");
            let back = match standing {
                Standing::Same => Standing::Same,
                Standing::Behind => Standing::Before,
                Standing::Before => Standing::Behind,
            };
            assert_eq!(other.beside(&ours), back, "{other:?}");
        }
    }

    #[test]
    fn a_name_from_outside_is_no_more_than_a_name() {
        assert_eq!(Claim::new("a\n\napi shutdown ${x}", 1).daemon(), "aapishutdownx");
        assert_eq!(Claim::new(&"x".repeat(1_000), 1).daemon().len(), DAEMON_BYTES_MAX);
    }
}
