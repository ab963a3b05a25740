//! What goes wrong, and how.

use super::daemon::Daemon;
use super::life::{Doing, NOTICED_MS_MAX, World};
use super::scene::Fault;
use super::tally::Kind;
use crate::event::{Event, Order};
use crate::record::{EndedBy, Outcome};
use crate::sim::model::Input;
use crate::sim::people::Caller;
use crate::time::{Instant, Millis};

impl World<'_> {
    pub(super) fn link_lost(&mut self, connects_at: Instant) {
        let now = self.now;
        self.line = None;
        self.notices = None;
        if let Some(daemon) = &mut self.daemon {
            daemon.lost(now, connects_at);
        }
        self.say(|| "the daemon knows that the line is lost".into());
    }

    pub(super) fn happen(&mut self, doing: Doing) -> Result<(), String> {
        if let Some(until) = self.paused_until
            && doing.needs_the_daemon()
        {
            self.at(until, doing);
            return Ok(());
        }
        match doing {
            Doing::Start => self.start(),
            Doing::Dial(nth) => match self.scene.callers.get(nth).cloned() {
                Some(caller) => {
                    self.count(Kind::Call);
                    self.tell(Input::Dial(Caller { at: Millis(0), ..caller }))
                }
                None => Ok(()),
            },
            Doing::Wake => {
                self.wake();
                Ok(())
            }
            Doing::HandOver { back } => self.hand_over(back),
            Doing::Fault(fault) => {
                self.note(|| format!("{fault:?}"));
                self.goes_wrong(fault)
            }
        }
    }

    fn goes_wrong(&mut self, fault: Fault) -> Result<(), String> {
        match fault {
            Fault::Cut { back } => {
                if self.line.is_some() {
                    self.count(Kind::Cut);
                    self.say(|| "the line between daemon and switch is cut".into());
                }
                self.cut(back);
            }
            Fault::Mute => {
                if let Some(line) = &mut self.line {
                    line.cut();
                    self.count(Kind::Mute);
                    self.say(|| "the line falls silent".into());
                }
                self.alone_since.get_or_insert(self.now);
            }
            Fault::Stall { span } => {
                if let Some(line) = &mut self.line {
                    line.to_switch.stall(self.now + span);
                    line.to_daemon.stall(self.now + span);
                    self.hears_from = self.hears_from.max(self.now + span);
                    self.count(Kind::Stall);
                    self.say(|| format!("nothing comes through the line for {span}"));
                }
            }
            Fault::Kill { back, delivered, kept } => self.kill(back, delivered, kept)?,
            Fault::Pause { span } => self.pause(span),
            Fault::DiskFull { span } => {
                self.disk_full_until = self.disk_full_until.max(self.now + span);
                self.say(|| format!("the disk is full for {span}"));
            }
            Fault::ClockSet { forwards, by } => {
                let by = i64::try_from(by.0).unwrap_or(i64::MAX);
                let step = if forwards { by } else { by.saturating_neg() };
                self.clock_ahead = self.clock_ahead.saturating_add(step);
                self.say(|| format!("the machine's clock is set {step} ms"));
            }
            Fault::Crash => {
                self.pairs.clear();
                self.unclaimed.clear();
                self.count(Kind::Crash);
                self.tell(Input::Crash)?;
                self.cut(Millis::seconds(2));
            }
            Fault::Change => {
                self.changes += 1;
                let hotlines = self.scene.hotlines(self.changes);
                if let Some(daemon) = &mut self.daemon {
                    daemon.put_in(self.now, Event::Hotlines(hotlines));
                    self.count(Kind::Change);
                    self.say(|| "the hotlines change".into());
                }
            }
            Fault::Drain { over, back } => {
                if self.daemon.is_some() {
                    self.say(|| "the daemon is told to take no new calls".into());
                    self.turn(&Event::Operator(Order::Drain), Millis(0))?;
                    self.at(self.now + over, Doing::HandOver { back });
                }
            }
        }
        Ok(())
    }

    fn kill(&mut self, back: Millis, delivered: bool, kept: bool) -> Result<(), String> {
        if self.daemon.is_none() {
            return Ok(());
        }
        if delivered {
            self.deliver()?;
        }
        self.say(|| "the daemon is killed".into());
        let Some(mut legacy) = self.daemon.as_mut().map(|daemon| std::mem::take(&mut daemon.legacy)) else {
            return Ok(());
        };
        self.daemon_ends(back)?;
        let lost = legacy.loses_unkept();
        if !kept {
            self.count(Kind::Forgets);
            self.say(|| "what it kept is lost".into());
            self.claims_are_lost();
            return Ok(());
        }
        self.count(if lost.is_empty() { Kind::Kill } else { Kind::KillUnkept });
        if !lost.is_empty() {
            self.claims_are_lost();
        }
        self.forgotten.extend(lost.iter().map(ToString::to_string));
        self.legacy = legacy;
        Ok(())
    }

    fn pause(&mut self, span: Millis) {
        if self.daemon.is_none() || self.paused_until.is_some() {
            return;
        }
        self.count(Kind::Pause);
        self.say(|| format!("the daemon stands still for {span}"));
        self.paused_until = Some(self.now + span);
        self.alone_since.get_or_insert(self.now);
        self.at(self.now + span, Doing::Wake);
    }

    fn wake(&mut self) {
        if self.paused_until.take().is_none() {
            return;
        }
        self.say(|| "the daemon wakes up".into());
        self.hears_from = self.hears_from.max(self.now);
        let linked = self.daemon.as_ref().is_some_and(|daemon| daemon.linked_since.is_some());
        if linked && self.line.as_ref().is_some_and(|line| !line.dead) {
            self.alone_since = None;
        }
    }

    pub(super) fn cut(&mut self, back: Millis) {
        let Some(line) = &mut self.line else { return };
        line.cut();
        self.alone_since.get_or_insert(self.now);
        if self.daemon.is_some() {
            let notices = self.now + Millis(self.chance.between(0, NOTICED_MS_MAX));
            self.notices = Some((notices, notices + back));
        }
    }

    /// What the daemon wrote gets to the switch at once.
    pub(super) fn deliver(&mut self) -> Result<(), String> {
        let mut all = Vec::new();
        if let Some(line) = &mut self.line {
            while let Some(bytes) = line.to_switch.arrived(Instant(u64::MAX)) {
                all.extend_from_slice(&bytes);
            }
            line.read(&all);
        }
        self.requests()
    }

    pub(super) fn daemon_ends(&mut self, back: Millis) -> Result<(), String> {
        let Some(daemon) = self.daemon.take() else { return Ok(()) };
        self.close_books(&daemon)?;
        self.line = None;
        self.notices = None;
        self.paused_until = None;
        self.alone_since.get_or_insert(self.now);
        self.at(self.now + back, Doing::Start);
        Ok(())
    }

    pub(super) fn close_books(&mut self, daemon: &Daemon) -> Result<(), String> {
        let told = self.line.as_ref().is_some_and(|line| !line.dead) && daemon.linked_since.is_some();
        for (call, record) in &daemon.records {
            // Handed over to a switch that did not hear it: the caller still waits, and the next may take it.
            if !told && record.outcome == Outcome::Fallback && record.ended_by == EndedBy::Hotline {
                continue;
            }
            if !self.recorded.insert(call.clone()) && !self.forgotten.contains(&call.to_string()) {
                return Err(format!("two daemons wrote a record of {call}"));
            }
        }
        self.summary.print = self.summary.print.rotate_left(7) ^ daemon.print;
        daemon.records.values().for_each(|record| self.summary.tally.went(record.outcome));
        Ok(())
    }

    pub(super) fn hand_over(&mut self, back: Millis) -> Result<(), String> {
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        let mut records = Vec::new();
        // What the link has told is heard before the end; what it has not is never heard.
        while let Some(event) = daemon.arrived(Instant(u64::MAX)) {
            records.extend(daemon.turn(self.now, &event, Millis(0), true)?);
        }
        records.extend(daemon.turn(self.now, &Event::Operator(Order::HandOver), Millis(0), true)?);
        self.handed_over_at = Some(self.now);
        let written = daemon.pass_orders(Instant(u64::MAX));
        let left = (daemon.engine.switchboard.live(), daemon.engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        self.count(Kind::HandOver);
        self.say(|| "the daemon hands over".into());
        self.tell_turn(&Event::Operator(Order::HandOver), &records);
        self.write(&written);
        self.deliver()?;
        self.claims_are_lost();
        self.daemon_ends(back)
    }
}

impl Doing {
    /// Whether this is said to the daemon, which hears it when it is awake.
    fn needs_the_daemon(self) -> bool {
        match self {
            Self::HandOver { .. } | Self::Fault(Fault::Change | Fault::Drain { .. }) => true,
            Self::Wake | Self::Start | Self::Dial(_) | Self::Fault(_) => false,
        }
    }
}
