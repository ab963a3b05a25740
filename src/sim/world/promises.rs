//! What must hold at every moment, and in the end.

use super::daemon::Daemon;
use super::life::World;
use crate::command::StageName;
use crate::id::CallId;
use crate::record::Outcome;
use crate::time::{Instant, Millis};

pub(super) const SOUND_WITHIN: Millis = Millis::seconds(1);
pub(super) const OUTLIVES_MAX: Millis = Millis::seconds(1);
/// The longest timer that is ever set (5 s), half a second of the scheduler, and the orders' way.
pub(super) const FALLBACK_WITHIN: Millis = Millis(6_000);
/// How long the news of a talk may be on its way: a poll of the switch, the line, the engine.
pub(super) const UNHEARD_MAX: Millis = Millis(200);

impl World<'_> {
    /// Whether the talk of these two may have been torn by a daemon that does not know of it: because it hands over
    /// and has not heard of it yet, or because the one before could not keep what it did.
    pub(super) fn may_be_torn(&self, talks_since: Instant, legs: [&str; 2]) -> bool {
        self.torn_by_hand_over(talks_since).is_ok() || legs.iter().any(|leg| self.forgotten.contains(*leg))
    }

    fn torn_by_hand_over(&self, talks_since: Instant) -> Result<(), ()> {
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

    /// What has a bound in time.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.note_excuses();
        let linked_since = self.daemon.as_ref().and_then(|daemon| daemon.linked_since);
        let linked_since = linked_since.filter(|_| self.alone_since.is_none());
        for left in self.model.left_ringing() {
            let known = linked_since.map_or(Millis(0), |since| self.now.since(since.max(self.hears_from)));
            if left.since.min(known) > OUTLIVES_MAX {
                return Err(format!("an agent's leg goes on without its caller: {left:?}"));
            }
        }
        for call in self.model.callers() {
            let excused =
                self.silence_excused.get(&*call.leg).map_or(Millis(u64::MAX), |at| self.now.since(*at));
            let silence = call.silence(self.now).min(excused);
            if silence > SOUND_WITHIN && (silence > FALLBACK_WITHIN || !self.is_strange(&call.leg)) {
                return Err(format!("dead air for {silence}: {call:?}"));
            }
            let alone =
                self.alone_since.map_or(Millis(0), |since| self.now.since(since.max(call.dialled_at)));
            let served = call.fell_back || call.joined.is_some() || self.joining.contains(&*call.leg);
            if alone > FALLBACK_WITHIN && !served {
                return Err(format!("nobody looks after the caller, and no fallback came: {call:?}"));
            }
        }
        Ok(())
    }

    /// Whether the caller was asked something by a daemon that left nothing to the one that is there now: the
    /// fallback will look after it.
    fn is_strange(&self, leg: &str) -> bool {
        let Some(daemon) = self.daemon.as_ref().filter(|_| self.asks) else { return false };
        let call = leg.parse::<CallId>();
        call.is_ok_and(|call| daemon.engine.switchboard.stages().all(|(live, _)| *live != call))
    }

    /// Where hotlines ask, a caller may hear nothing while it is listened to, and while no daemon could ask.
    fn note_excuses(&mut self) {
        if !self.asks {
            return;
        }
        let mut excused = Vec::new();
        if self.alone_since.is_some() || self.now < self.hears_from {
            excused.extend(self.model.callers().map(|call| call.leg.to_string()));
        } else if let Some(daemon) = &self.daemon {
            let listened_to = daemon.engine.switchboard.stages().filter(|(_, stage)| listens(*stage));
            excused.extend(listened_to.map(|(call, _)| call.to_string()));
        }
        self.silence_excused.extend(excused.into_iter().map(|leg| (leg, self.now)));
    }

    /// An agent's telephone is called.
    pub(super) fn is_called(&self, number: &str) -> Result<(), String> {
        let Some(lines) = self.lines.get(number).filter(|_| self.unclaimed.is_empty()) else { return Ok(()) };
        let live = self.model.phone_report(number).map_or(0, |phone| phone.live);
        if live > *lines {
            return Err(format!("{number} has {lines} lines, and {live} calls at once"));
        }
        Ok(())
    }

    /// Nobody knows any more who has which line: not before all who are there now have left.
    pub(super) fn claims_are_lost(&mut self) {
        self.unclaimed.extend(self.model.channels().iter().map(ToString::to_string));
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

/// Whether the caller may hear nothing in this stage: keys, or a message, are waited for.
fn listens(stage: StageName) -> bool {
    match stage {
        StageName::Menu | StageName::Voicemail | StageName::Survey | StageName::Verify => true,
        StageName::Admission
        | StageName::Announce
        | StageName::Queue
        | StageName::CallBack
        | StageName::Whisper
        | StageName::Hunt
        | StageName::Connect
        | StageName::Talk
        | StageName::Closing
        | StageName::Ending => false,
    }
}
