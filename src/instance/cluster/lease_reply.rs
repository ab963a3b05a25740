//! The lease of a switch, as Redis answers for it.

use super::redis_op::Fence;
use hotlined_core::time::Millis;

/// Who has a lease, once we asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseReply {
    /// We have, by this right, which goes with every request of the switch's calls. It is good for the span from
    /// when we asked, unless it is renewed.
    Granted(Fence),
    /// Somebody else, or nobody any more.
    Denied {
        /// Which daemon; none where it ran out or was given up.
        owner: Option<String>,
        /// For how long, if it is not renewed.
        left: Millis,
    },
}
