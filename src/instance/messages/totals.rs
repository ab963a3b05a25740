//! Counts what becomes of messages. Messages due = sent + unknown + dead + dropped + digested + those still open, but
//! for an unknown or dead message of which more is learned later.

use crate::metrics;
use hotlined_core::message::sending::SendOutcome;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// A call caused it.
    Due,
    /// A gateway took it.
    Sent,
    /// It reached the telephone, as its receipt says.
    Delivered,
    /// A gateway may have taken it.
    Unknown,
    /// It was refused for good, or did not arrive.
    Dead,
    /// It is told by the digest of another one.
    Digested,
    /// It was dropped.
    Dropped(DropReason),
}

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DropReason {
    /// It was worth nothing any more.
    Expired,
    /// The hotline wants no message in these hours.
    Quiet,
    /// There were enough messages.
    Limit,
    /// Too many messages wait.
    Full,
    /// An operator dropped it.
    Operator,
}

impl DropReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Quiet => "quiet",
            Self::Limit => "limit",
            Self::Full => "full",
            Self::Operator => "operator",
        }
    }
}

impl Fate {
    pub(super) fn count(self) {
        let name = match self {
            Self::Due => "due",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Dead => "dead",
            Self::Digested => "digested",
            Self::Dropped(reason) => {
                metrics::MESSAGES_DROPPED.counter(&[reason.as_str()]).increment(1);
                "dropped"
            }
        };
        metrics::MESSAGES.counter(&[name]).increment(1);
    }
}

/// Counts a request to a gateway.
pub(super) fn count_request(gateway: &str, outcome: &SendOutcome) {
    let outcome = match outcome {
        SendOutcome::Accepted { .. } => "accepted",
        SendOutcome::Refused(refusal) => refusal.class.as_str(),
        SendOutcome::NotSent { .. } => "not_sent",
        SendOutcome::Unknown { .. } => "unknown",
    };
    metrics::MESSAGE_REQUESTS.counter(&[gateway, outcome]).increment(1);
}
