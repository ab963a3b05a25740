//! What must hold at every moment, and in the end.

use super::daemon::Daemon;
use super::life::World;
use crate::record::Outcome;
use crate::time::{Instant, Millis};

pub(super) const SOUND_WITHIN: Millis = Millis::seconds(1);
pub(super) const OUTLIVES_MAX: Millis = Millis::seconds(1);
/// The longest timer that is ever set (5 s), half a second of the scheduler, and the orders' way.
pub(super) const FALLBACK_WITHIN: Millis = Millis(6_000);
/// How long the news of a talk may be on its way: a poll of the switch, the line, the engine.
pub(super) const UNHEARD_MAX: Millis = Millis(200);
/// How often it is looked whether the promises hold that have a bound in time.
pub(super) const CHECK_EVERY: Millis = Millis(20);

impl World<'_> {
    pub(super) fn torn_by_hand_over(&self, talks_since: Instant) -> Result<(), ()> {
        let unheard = |at: Instant| at.since(talks_since) <= UNHEARD_MAX && self.now.since(at) <= UNHEARD_MAX;
        self.handed_over_at.filter(|at| unheard(*at)).map(drop).ok_or(())
    }
    pub(super) fn is_quiet(&self) -> bool {
        let daemon = |daemon: &Daemon| daemon.linked_since.is_some() && daemon.engine.switchboard.live() == 0;
        self.due.is_empty()
            && self.notices.is_none()
            && self.model.channel_count() == 0
            && self.line.as_ref().is_some_and(|line| !line.dead)
            && self.daemon.as_ref().is_some_and(daemon)
    }

    pub(super) fn unquiet(&self) -> String {
        let live = self.daemon.as_ref().map(|daemon| daemon.engine.switchboard.stages().collect::<Vec<_>>());
        format!("legs {:?}, calls {live:?}, due {:?}", self.model.channels(), self.due)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let linked_since = self.daemon.as_ref().and_then(|daemon| daemon.linked_since);
        let linked_since = linked_since.filter(|_| self.alone_since.is_none());
        for left in self.model.left_ringing() {
            let known = linked_since.map_or(Millis(0), |since| self.now.since(since));
            if left.since.min(known) > OUTLIVES_MAX {
                return Err(format!("an agent's leg goes on without its caller: {left:?}"));
            }
        }
        for call in self.model.callers() {
            let silence = call.silence(self.now);
            if silence > SOUND_WITHIN {
                return Err(format!("dead air for {silence}: {call:?}"));
            }
            let alone =
                self.alone_since.map_or(Millis(0), |since| self.now.since(since.max(call.dialled_at)));
            let served = call.fell_back || call.joined.is_some() || self.joining.contains(&*call.leg);
            if alone > FALLBACK_WITHIN && !served {
                return Err(format!("nobody looks after the caller, and no fallback came: {call:?}"));
            }
        }
        if self.claims_lost {
            return Ok(());
        }
        for agent in self.scene.hotlines.iter().flat_map(|hotline| &hotline.agents) {
            let most = self.model.phone_report(&agent.line.0).map_or(0, |phone| phone.most_at_once);
            if most > u32::from(agent.lines) {
                return Err(format!("{} rang {most} times at once", agent.line.0));
            }
        }
        Ok(())
    }

    pub(super) fn at_the_end(&mut self) -> Result<(), String> {
        self.check()?;
        let Some(daemon) = self.daemon.take() else { return Err("no daemon in the end".into()) };
        let lines = daemon.engine.lines_in_use();
        if lines != 0 {
            return Err(format!("{lines} lines are in use in the end"));
        }
        if let Some(call) = daemon.unwritten().first() {
            return Err(format!("{call} has no record"));
        }
        if self.scene.faults.is_empty() {
            for (call, record) in &daemon.records {
                let lived = self.model.call(&call.to_string()).ok_or("a record of nobody's call")?;
                let talked = record.outcome == Outcome::Answered;
                if talked != lived.joined.is_some()
                    || (record.outcome == Outcome::Fallback) != lived.fell_back
                {
                    return Err(format!("the record says {record:?}, and the caller {lived:?}"));
                }
            }
        }
        self.close_books(&daemon)
    }
}
