//! The Redis that several daemons share, as the loop of one sees it: what `hotlined::daemon` does around
//! [`Common`], without a socket and a runtime.

use super::duties::{Duties, Gate, Heed, Word};
use crate::command::Command;
use crate::engine::Engine;
use crate::event::Event;
use crate::id::{CallId, SwitchId};
use crate::live::common::Common;
use crate::live::downs::Downs;
use crate::live::redis::{Fence, Heard};
use crate::live::{DaemonId, KEEP_TIME_MAX};
use crate::sim::redis::{Redis, Served};
use crate::time::{Instant, Millis};
use std::collections::{BTreeSet, VecDeque};

/// How long a lease is good for (`redis.lease_ms`).
pub(super) const LEASE: Millis = Millis::seconds(2);
/// How long a word is on its way to Redis, and back.
const TRANSIT: Millis = Millis(1);

/// What calls share and where they are kept.
#[derive(Debug)]
pub(super) struct Shared {
    switch: SwitchId,
    common: Common,
    served: Served,
    pub(super) duties: Duties,
    /// Up to which barrier Redis has everything, and which one was said last.
    reached: u64,
    said: u64,
    /// Until when a turn that was decided waits to be kept.
    waits_until: Option<Instant>,
    is_shut_out: bool,
    /// Records that wait for their barrier.
    records: VecDeque<(u64, CallId, String)>,
    /// Records that are in the file, and Redis does not know.
    untold: Vec<CallId>,
    /// The calls whose records are in the file.
    pub(super) file: BTreeSet<CallId>,
    downs: Downs,
}

impl Shared {
    /// Begins to connect. Whether Redis is there shows later. The file is that of a daemon of this name before.
    pub(super) fn begin(
        (now, told): (Instant, Instant),
        daemon: DaemonId,
        switch: SwitchId,
        file: BTreeSet<CallId>,
    ) -> Self {
        Self {
            common: Common::default(),
            served: Served::new(now, daemon.clone(), TRANSIT),
            duties: Duties::new(told, daemon, switch.clone(), LEASE, TRANSIT),
            switch,
            reached: 0,
            said: 0,
            waits_until: None,
            is_shut_out: false,
            records: VecDeque::new(),
            untold: Vec::new(),
            file,
            downs: Downs::default(),
        }
    }

    /// What whoever asks who acts has said, and the loop has not heard.
    pub(super) fn told(&self) -> Option<&Word> {
        self.duties.told()
    }

    /// By what right we act for the switch, if we do.
    pub(super) fn fence(&self) -> Option<&Fence> {
        self.common.fence(&self.switch)
    }

    /// Whether our link may speak.
    pub(super) fn gate(&self) -> Gate {
        self.duties.gate()
    }

    /// Whether a turn that was decided may not be done yet.
    pub(super) fn waits(&self, now: Instant) -> bool {
        self.reached < self.said && self.waits_until.is_some_and(|until| now < until)
    }

    /// Whether one was decided that is to be done, now or later.
    pub(super) fn has_waiting(&self) -> bool {
        self.waits_until.is_some()
    }

    /// When what is on its way reaches the server.
    pub(super) fn reaches(&self) -> Option<Instant> {
        [self.served.reaches(), self.duties.reaches()].into_iter().flatten().min()
    }

    /// It does.
    pub(super) fn reach(&mut self, now: Instant, redis: &mut Redis) {
        self.served.reach(now, redis);
        self.duties.reach(now, redis);
    }

    /// When there is something to be done with the server.
    pub(super) fn next(&self, redis: &Redis, ours: impl Fn(Instant) -> Instant) -> Instant {
        self.served.next(redis, &ours).min(self.duties.next(ours))
    }

    /// Does one thing of that; whether the loop heard something.
    pub(super) fn step(
        &mut self,
        (now, told): (Instant, Instant),
        ours: impl Fn(Instant) -> Instant + Copy,
        redis: &mut Redis,
    ) -> bool {
        if self.served.next(redis, ours) > now {
            self.duties.step((now, told), ours, &self.file, redis);
            return false;
        }
        let heard = self.served.step(now, told, redis);
        let something = !heard.is_empty();
        for heard in heard {
            if let Heard::Reached(number) = heard {
                self.reached = self.reached.max(number);
            }
            self.is_shut_out |= self.common.heard(told, heard).is_some();
        }
        something
    }

    /// When the loop has something to do because of what it shares, by the daemon's clock.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.common.deadline()
    }

    /// When it has waited long enough for a turn to be kept, or for the link.
    pub(super) fn wakes(&self) -> Option<Instant> {
        match self.waits_until {
            Some(_) if self.reached >= self.said => Some(Instant(0)),
            Some(until) => Some(until),
            None => self.downs.deadline(),
        }
    }

    /// The link is up, or down.
    pub(super) fn link(&mut self, now: Instant, is_up: bool) {
        self.downs.link(now, &self.switch, is_up);
    }

    /// Where the link stays down, another daemon is to try.
    pub(super) fn bear_with_link(&mut self, now: Instant) -> bool {
        let is_too_long = !self.downs.too_long(now).is_empty();
        if is_too_long {
            self.duties.heed(Heed::Unlinked);
        }
        is_too_long
    }

    /// Does what is due without Redis.
    pub(super) fn due(&mut self, told: Instant) -> bool {
        let is_due = self.common.deadline().is_some_and(|at| at <= told);
        if is_due {
            self.common.due(told);
        }
        is_due
    }

    /// What was decided is kept, before it is done.
    pub(super) fn settle(
        &mut self,
        (now, told): (Instant, Instant),
        engine: &mut Engine,
        out: &mut Vec<Command>,
    ) {
        let records = out.iter().filter_map(|command| match command {
            Command::Record(record) => Some((record.call.clone(), serde_json::to_string(record))),
            Command::Switch { .. } | Command::Store { .. } | Command::Note { .. } => None,
        });
        let records: Vec<(CallId, String)> =
            records.map(|(call, line)| (call, line.unwrap_or_default())).collect();
        let written = std::mem::take(&mut self.untold);
        let was_behind = self.reached < self.said;
        let words = self.common.settle(told, engine, out, records.clone(), written);
        if !words.asked.is_empty() {
            self.served.ask(words.asked);
        }
        self.said = words.barrier.unwrap_or(self.said);
        self.records.extend(records.into_iter().map(|(call, line)| (self.said, call, line)));
        // Whoever waited once does not wait again for the same.
        let waits = words.barrier.is_some() && !was_behind;
        self.waits_until = Some(if waits { now + KEEP_TIME_MAX } else { now });
    }

    /// A turn is to be done: gives the records that may be written, and whether somebody else acts by now.
    pub(super) fn done(&mut self, now: Instant) -> (Vec<(CallId, String)>, bool) {
        self.waits_until = None;
        let is_shut_out = std::mem::take(&mut self.is_shut_out);
        if is_shut_out {
            self.strike_records();
        }
        let is_away = self.common.sharing().is_away();
        let acts = self.gate().is_open(now);
        let mut written = Vec::new();
        while let Some((_, call, line)) =
            self.records.pop_front_if(|(barrier, ..)| acts && (*barrier <= self.reached || is_away))
        {
            self.writes(&call);
            written.push((call, line));
        }
        (written, is_shut_out)
    }

    /// The daemon ends: what waited to be known is written all the same.
    pub(super) fn rest(&mut self) -> Vec<(CallId, String)> {
        let rest = self.records.drain(..).map(|(_, call, line)| (call, line));
        let rest: Vec<(CallId, String)> = rest.collect();
        rest.iter().for_each(|(call, _)| self.writes(call));
        rest
    }

    /// Its record goes into the file, which Redis is told next.
    fn writes(&mut self, call: &CallId) {
        self.file.insert(call.clone());
        self.untold.push(call.clone());
    }

    /// Takes out what the calls have not heard.
    pub(super) fn answers(&mut self) -> Vec<Event> {
        self.common.answers()
    }

    /// We act for the switch: gives what the calls are to hear first, and the records that a daemon before us may not
    /// have written.
    pub(super) fn begin_for(
        &mut self,
        now: Instant,
        told: Instant,
        word: Word,
    ) -> Option<(Event, Vec<(CallId, String)>)> {
        let Word::Begins { fence, loaded } = word else { return None };
        let legacy = self.common.begin(told, fence, *loaded);
        legacy.records.iter().for_each(|(call, _)| self.writes(call));
        self.link(now, false);
        Some((legacy.taken_up, legacy.records))
    }

    /// Somebody else acts for the switch by a right that goes before ours.
    pub(super) fn gives_way(&mut self) {
        if let Some(ours) = self.fence().cloned() {
            self.duties.heed(Heed::Superseded(ours));
        }
    }

    /// Somebody else acts for the switch.
    pub(super) fn end_for(&mut self, told: Instant) {
        self.strike_records();
        self.common.end(told, &self.switch);
        self.downs.forget(&self.switch);
    }

    /// Whether somebody else could go on with all calls as they are now.
    pub(super) fn may_leave(&self) -> bool {
        self.common.may_leave() && self.reached >= self.said
    }

    /// Whether Redis does not know of records that they are in the file.
    pub(super) fn is_behind(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Whether Redis has everything, the records that were written among it.
    pub(super) fn is_told(&self) -> bool {
        self.may_leave() && self.untold.is_empty() && self.records.is_empty()
    }

    fn strike_records(&mut self) {
        if !self.records.is_empty() {
            let calls = self.common.keeping().calls(&self.switch);
            self.records.retain(|(_, call, _)| !calls.contains(call));
        }
    }

    /// A turn that was decided waits no longer.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.waits_until = self.waits_until.map(|until| until.min(now));
    }

    /// The daemon ends in good order: what was asked last is done, if Redis is there.
    pub(super) fn finish(&mut self, now: Instant, redis: &mut Redis) {
        self.served.finish(now, redis);
        self.reached = self.said;
    }

    /// The daemon is killed: whether Redis has everything of it.
    pub(super) fn dies(&mut self, delivered: bool, redis: &mut Redis) -> bool {
        if delivered {
            self.reach(Instant(u64::MAX), redis);
        }
        self.common.may_leave()
    }
}
