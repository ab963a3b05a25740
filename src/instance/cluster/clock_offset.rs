//! What time it is for all that daemons share.

use super::redis_op::{FencedOp, RedisOp};
use hotlined_core::command::{AcdRequest, Claim};
use hotlined_core::time::{Instant, Millis};
use std::borrow::Cow;

/// How far the time that daemons share lies ahead of our clock.
///
/// Rests, places in queues and counts are told by the latest time that any daemon said, and each daemon adds what its
/// own clock lacks. Clocks may be apart so, and one that was set back changes nothing for those who wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClockOffset {
    ahead: Millis,
}

impl ClockOffset {
    /// It is this time for all. `now` is what our clock says after that was heard, so that what the way took is not
    /// taken for a lead: told again and again, that would add up.
    pub fn learn(&mut self, now: Instant, shared: Instant) {
        self.ahead = self.ahead.max(shared.since(now));
    }

    /// The questions as they are for all.
    pub fn shared(self, asked: &[FencedOp]) -> Cow<'_, [FencedOp]> {
        match self.ahead {
            Millis(0) => Cow::Borrowed(asked),
            _ => Cow::Owned(asked.iter().map(|asked| self.shift(asked.clone())).collect()),
        }
    }

    fn shift(self, mut asked: FencedOp) -> FencedOp {
        // Codes are told by the day, over years.
        if asked.has_own_slot() {
            return asked;
        }
        asked.at = asked.at + self.ahead;
        if let RedisOp::Request { request: AcdRequest::Claim(Claim { wait: Some(turn), .. }), .. } =
            &mut asked.op
        {
            turn.since = turn.since + self.ahead;
        }
        asked
    }

    /// By our clock.
    pub fn ours(self, shared: Instant) -> Instant {
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
        let mut timeline = ClockOffset::default();
        let wait = Some(QueueRank { priority: 0, since: Instant(5), length_max: 1 });
        let pool = PoolId("sales".into());
        let claim = Claim { pool, agents: Vec::new(), pick: Pick::First, caller: None, wait };
        let id = CommandId { call: "x".parse().unwrap(), number: 1 };
        let ask = RedisOp::Request { id, request: AcdRequest::Claim(claim) };
        let asked = [FencedOp { at: Instant(9), op: ask, fence: None }];
        timeline.learn(Instant(10), Instant(10));
        assert_eq!(*timeline.shared(&asked), asked, "none is behind");
        timeline.learn(Instant(10), Instant(3_610));
        timeline.learn(Instant(20), Instant(30));
        let [
            FencedOp {
                at: Instant(3_609),
                op: RedisOp::Request { request: AcdRequest::Claim(claim), .. },
                ..
            },
        ] = &*timeline.shared(&asked)
        else {
            panic!("another question")
        };
        let turn = claim.wait.as_ref().unwrap();
        assert_eq!((turn.since, timeline.ours(Instant(3_609))), (Instant(3_605), Instant(9)));
    }
}
