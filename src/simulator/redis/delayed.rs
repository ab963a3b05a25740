//! What a server that stands still is asked, and does once it goes on: the bytes wait in its sockets, whatever became of
//! whoever sent them.

use super::{Mood, SimulatedRedis};
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp};

/// A question that changes something.
#[derive(Clone, Debug)]
pub(super) enum Late {
    Ask(Vec<FencedOp>),
    Acquire(SwitchId, Millis),
    Renew(Fence, Millis),
    GiveUp(Fence),
}

impl SimulatedRedis {
    /// Takes note of a question that cannot be answered now.
    pub(super) fn note(&mut self, daemon: &DaemonId, late: impl FnOnce() -> Late) {
        if self.mood == Mood::Still {
            self.late.push((daemon.clone(), late()));
        }
    }

    /// Does what nobody waits for any more.
    pub(super) fn catch_up(&mut self, now: Instant, daemon: &DaemonId, late: &Late) {
        match late {
            Late::Ask(asked) => drop(self.execute(now, daemon, asked)),
            Late::Acquire(switch, span) => drop(self.acquire(now, daemon, switch, *span)),
            Late::Renew(fence, span) => drop(self.renew(now, daemon, fence, *span)),
            Late::GiveUp(fence) => drop(self.give_up(now, daemon, fence)),
        }
    }
}
