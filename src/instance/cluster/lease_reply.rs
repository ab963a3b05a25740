//! What Redis replies to a request for the lease of a switch.

use super::redis_op::Fence;
use hotlined_core::time::Millis;

/// Which daemon has the lease that a daemon asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseReply {
    /// The daemon that asked has the lease. The fence goes with every operation of the switch's calls. The lease is
    /// good for its span, counted from when the daemon asked, unless the daemon renews it.
    Granted(Fence),
    /// Another daemon has the lease, or no daemon has it any more.
    Denied {
        /// The daemon that has the lease; `None` if the lease ran out or was given up.
        owner: Option<String>,
        /// How long the lease still lasts if its owner does not renew it.
        left: Millis,
    },
}
