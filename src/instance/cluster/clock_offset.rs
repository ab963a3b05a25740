//! The time that all daemons share, and how far this daemon's clock is from it.

use super::redis_op::{FencedOp, RedisOp};
use hotlined_core::command::{AcdRequest, Claim};
use hotlined_core::time::{Instant, Millis};
use std::borrow::Cow;

/// How far the shared time is ahead of this daemon's clock.
///
/// Rests, places in queues and counts go by the latest time that any daemon sent, and each daemon adds what its own
/// clock lacks. So the clocks of daemons may differ, and a clock that is set back changes nothing for calls that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClockOffset {
    ahead: Millis,
}

impl ClockOffset {
    /// Takes in the shared time from a reply. `now` is this daemon's clock after the reply came, so that the time on
    /// the way does not count as a lead: repeated again and again, that would add up.
    pub fn update(&mut self, now: Instant, shared: Instant) {
        self.ahead = self.ahead.max(shared.since(now));
    }

    /// The operations with their times in shared time.
    pub fn to_shared(self, ops: &[FencedOp]) -> Cow<'_, [FencedOp]> {
        match self.ahead {
            Millis(0) => Cow::Borrowed(ops),
            _ => Cow::Owned(ops.iter().map(|op| self.shift(op.clone())).collect()),
        }
    }

    fn shift(self, mut fenced: FencedOp) -> FencedOp {
        // Times of verification codes are told as days, over years: milliseconds do not matter.
        if fenced.has_own_slot() {
            return fenced;
        }
        fenced.at = fenced.at + self.ahead;
        if let RedisOp::Request { request: AcdRequest::Claim(Claim { wait: Some(rank), .. }), .. } =
            &mut fenced.op
        {
            rank.since = rank.since + self.ahead;
        }
        fenced
    }

    /// A shared time by this daemon's clock.
    pub fn to_local(self, shared: Instant) -> Instant {
        shared - self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::command::{Pick, PoolId, QueueRank};
    use hotlined_core::id::CommandId;

    #[test]
    fn whose_clock_is_behind_asks_by_that_of_the_others() {
        let mut offset = ClockOffset::default();
        let wait = Some(QueueRank { priority: 0, since: Instant(5), length_max: 1 });
        let pool = PoolId("sales".into());
        let claim = Claim { pool, agents: Vec::new(), pick: Pick::First, caller: None, wait };
        let id = CommandId { call: "x".parse().unwrap(), number: 1 };
        let ask = RedisOp::Request { id, request: AcdRequest::Claim(claim) };
        let asked = [FencedOp { at: Instant(9), op: ask, fence: None }];
        offset.update(Instant(10), Instant(10));
        assert_eq!(*offset.to_shared(&asked), asked, "none is behind");
        offset.update(Instant(10), Instant(3_610));
        offset.update(Instant(20), Instant(30));
        let [
            FencedOp {
                at: Instant(3_609),
                op: RedisOp::Request { request: AcdRequest::Claim(claim), .. },
                ..
            },
        ] = &*offset.to_shared(&asked)
        else {
            panic!("another question")
        };
        let turn = claim.wait.as_ref().unwrap();
        assert_eq!((turn.since, offset.to_local(Instant(3_609))), (Instant(3_605), Instant(9)));
    }
}
