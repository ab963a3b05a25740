//! What became of an attempt to send a message.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// What became of one request to a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOutcome {
    /// The gateway took the message. The id is the gateway's, if it gave one.
    Accepted {
        /// The gateway's own id of the message, which comes back in the receipt.
        id: Option<String>,
    },
    /// The gateway answered that it did not take the message.
    Refused(Refusal),
    /// Nothing reached the gateway: its name has no address, it refuses connections, its certificate is wrong.
    NotSent {
        /// Why.
        reason: String,
    },
    /// The request was sent, and no answer came that can be understood: the gateway may have taken the message.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// The answer of a gateway that did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What to do about it.
    pub class: RefusalClass,
    /// The gateway's code.
    pub code: String,
    /// The gateway's words.
    pub text: String,
    /// How long the gateway asks to wait.
    pub retry_after: Option<Millis>,
}

/// What to do about the refusal of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalClass {
    /// It passes: try again.
    Retry,
    /// Too many messages: try again later.
    Throttled,
    /// This message will never be taken: its number, its text.
    Rejected,
    /// The settings of the gateway are wrong: key, signature, template. An operator must mend them.
    Configuration,
    /// The account is empty.
    Balance,
}

impl RefusalClass {
    /// Every class.
    pub const ALL: [Self; 5] =
        [Self::Retry, Self::Throttled, Self::Rejected, Self::Configuration, Self::Balance];

    /// The word in settings, lists and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Throttled => "throttled",
            Self::Rejected => "rejected",
            Self::Configuration => "configuration",
            Self::Balance => "balance",
        }
    }
}

/// A receipt (状态报告): what a gateway says later about a message that it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The gateway's id of the message; empty if the receipt has none.
    pub gateway_id: String,
    /// The id that the daemon gave with the request, if the receipt repeats it.
    pub our_id: Option<String>,
    /// The number the message went to, if the receipt says it: digits, without +86.
    pub to: Option<String>,
    /// Whether the message reached the telephone.
    pub is_delivered: bool,
    /// The carrier's code, such as `DELIVRD`.
    pub code: String,
}
