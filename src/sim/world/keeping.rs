//! Where a daemon keeps its calls, and when it does what it decided: save, then act.

use super::daemon::Daemon;
use super::duties::{Heed, Word};
use super::legacy::Legacy;
use super::link::switch;
use super::shared::Shared;
use crate::event::{Event, Order};
use crate::live::Turn;
use crate::sim::redis::Redis;
use crate::switch::claim::Claim;
use crate::time::{Instant, Millis};

/// Where a daemon keeps its calls.
pub enum Keeping {
    /// In a file of its own.
    File(Box<Legacy>),
    /// In the Redis that it shares with others.
    Redis(Box<Shared>),
}

impl Daemon {
    /// By what right it acts.
    pub fn token(&self) -> Option<u64> {
        match &self.keeping {
            Keeping::File(_) => None,
            Keeping::Redis(shared) => shared.fence().map(|fence| fence.token),
        }
    }

    /// It is told to stop, and leaves its calls to others.
    pub fn stops(&mut self, now: Instant) {
        if let Keeping::Redis(shared) = &mut self.keeping {
            shared.duties.heed(Heed::Leave);
        }
        self.put_in(now, Event::Operator(Order::Drain));
    }

    /// A turn that waits to be kept is done.
    pub fn hurry(&mut self, now: Instant) -> Result<(), String> {
        if let Keeping::Redis(shared) = &mut self.keeping {
            shared.hurry(now);
        }
        self.may_do(now, Millis(0))
    }

    /// The daemon stops: what it decided last is kept and done, and it gives up what it acts for.
    pub fn ends(&mut self, now: Instant, redis: Option<&mut Redis>) -> Result<(), String> {
        self.settle(now, Millis(0), true)?;
        let told = self.told(now);
        let Some(redis) = redis else { return Ok(()) };
        if let Keeping::Redis(shared) = &mut self.keeping {
            shared.finish(now, redis);
        }
        self.hurry(now)?;
        self.is_unsettled = true;
        self.settle(now, Millis(0), true)?;
        if let Keeping::Redis(shared) = &mut self.keeping {
            shared.finish(now, redis);
            shared.duties.give_up(now, told, redis);
        }
        self.hurry(now)?;
        let Keeping::Redis(shared) = &mut self.keeping else { return Ok(()) };
        shared.rest().into_iter().try_for_each(|(call, line)| self.wrote(call, &line))
    }

    /// Whether whoever comes after it knows all that it did.
    pub fn is_told(&self) -> bool {
        match &self.keeping {
            // A hand-over leaves nothing.
            Keeping::File(_) => false,
            Keeping::Redis(shared) => shared.is_told(),
        }
    }

    /// What changed is kept, or cannot be; what was decided is done, or waits until it may be.
    pub fn settle(&mut self, now: Instant, lag: Millis, keeps: bool) -> Result<(), String> {
        if !std::mem::take(&mut self.is_unsettled) {
            return Ok(());
        }
        let told = self.told(now);
        match &mut self.keeping {
            Keeping::File(legacy) => {
                legacy.take(Turn::of(&mut self.engine), keeps);
                self.do_all(now + lag)
            }
            Keeping::Redis(shared) => {
                shared.settle((now, told), &mut self.engine, &mut self.out);
                self.may_do(now, lag)
            }
        }
    }

    /// Does what was decided, if it needs to wait no longer; and hears what comes of that.
    fn may_do(&mut self, now: Instant, lag: Millis) -> Result<(), String> {
        let Keeping::Redis(shared) = &mut self.keeping else { return Ok(()) };
        if !shared.has_waiting() || shared.waits(now) {
            return Ok(());
        }
        let (records, is_shut_out) = shared.done(now);
        self.is_unsettled |= shared.is_behind();
        if is_shut_out {
            self.out.clear();
            shared.gives_way();
            self.stand_by(now)?;
        }
        self.do_all(now + lag)?;
        for (call, line) in records {
            self.wrote(call, &line)?;
        }
        let Keeping::Redis(shared) = &mut self.keeping else { return Ok(()) };
        shared.answers().iter().try_for_each(|event| self.turn(now, event))
    }

    fn do_all(&mut self, at: Instant) -> Result<(), String> {
        std::mem::take(&mut self.out).into_iter().try_for_each(|command| self.carry_out(at, command))
    }

    /// Somebody else acts for the switch.
    fn stand_by(&mut self, now: Instant) -> Result<(), String> {
        let told = self.told(now);
        (self.talking, self.connects_at) = (None, None);
        self.orders.clear();
        if let Keeping::Redis(shared) = &mut self.keeping {
            shared.end_for(told);
        }
        let records = &self.records;
        self.taken.retain(|call| records.contains_key(call));
        self.turn(now, &Event::StoodBy { switch: switch() })
    }

    /// Another daemon acts by a later right, as it says at the switch.
    pub(super) fn superseded(&mut self, now: Instant, by: &Claim) -> Result<(), String> {
        let Keeping::Redis(shared) = &mut self.keeping else { return Ok(()) };
        if shared.fence().is_none_or(|ours| ours.token > by.token()) {
            return Ok(());
        }
        shared.gives_way();
        self.is_superseded = true;
        self.out.clear();
        self.left_undone.extend(self.taken.iter().cloned());
        self.stand_by(now)
    }

    /// What is between it and Redis: does one thing that is due, and says whether there was one.
    pub fn share(&mut self, now: Instant, lag: Millis, redis: &mut Redis) -> Result<bool, String> {
        let (told, ahead) = (self.told(now), self.ahead);
        let ours = |at: Instant| Instant(at.0.saturating_add_signed(ahead.saturating_neg()));
        let Keeping::Redis(shared) = &mut self.keeping else { return Ok(false) };
        if shared.next(redis, ours) <= now {
            self.is_unsettled |= shared.step((now, told), ours, redis);
            return Ok(true);
        }
        if shared.has_waiting() {
            let waits = shared.waits(now);
            self.may_do(now, lag)?;
            return Ok(!waits);
        }
        self.is_unsettled |= shared.due(told);
        self.is_unsettled |= shared.bear_with_link(now);
        if let Some(word) = shared.told() {
            // What was decided is kept before the calls are left to somebody.
            if matches!(word, Word::Leave) && self.is_unsettled {
                self.settle(now, lag, true)?;
            } else {
                self.hear_word(now)?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn hear_word(&mut self, now: Instant) -> Result<(), String> {
        let told = self.told(now);
        let Keeping::Redis(shared) = &mut self.keeping else { return Ok(()) };
        let Some(word) = shared.duties.hear() else { return Ok(()) };
        match word {
            Word::Begins { .. } => {
                let Some((taken_up, records)) = shared.begin_for(now, told, word) else { return Ok(()) };
                for (call, line) in records {
                    self.taken.insert(call.clone());
                    self.wrote(call, &line)?;
                }
                if let Event::TakenUp { calls, .. } = &taken_up {
                    self.taken.extend(calls.iter().map(|kept| kept.call.clone()));
                }
                self.connects_at = Some(now);
                self.turn(now, &taken_up)
            }
            Word::Ends if shared.fence().is_some() => self.stand_by(now),
            Word::Ends => Ok(()),
            Word::Leave => {
                let kept = shared.may_leave();
                shared.duties.heed(Heed::Left { kept });
                if kept { self.stand_by(now) } else { Ok(()) }
            }
        }
    }

    /// Whether its loop is not to be disturbed.
    pub fn is_waiting(&self) -> bool {
        match &self.keeping {
            Keeping::File(_) => false,
            Keeping::Redis(shared) => shared.has_waiting(),
        }
    }

    /// Whether it has something to keep that it could not.
    pub fn has_unkept(&self) -> bool {
        match &self.keeping {
            Keeping::File(legacy) => legacy.has_unkept(),
            Keeping::Redis(_) => false,
        }
    }

    /// Whether it has told all it has to tell.
    pub fn is_idle(&self) -> bool {
        match &self.keeping {
            Keeping::File(_) => true,
            Keeping::Redis(shared) => !shared.has_waiting() && shared.is_told(),
        }
    }
}
