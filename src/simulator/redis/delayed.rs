//! The requests that a server gets while it hangs. Their bytes wait in its sockets, and the server executes them when
//! it resumes, even if the sender is gone by then.

use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp};

/// A request that changes data.
#[derive(Clone, Debug)]
pub(super) enum DelayedRequest {
    RunOps(Vec<FencedOp>),
    Acquire(SwitchId, Millis),
    Renew(Fence, Millis),
    GiveUp(Fence),
}
