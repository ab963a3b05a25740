//! What goes wrong, and how.

use super::daemon::Daemon;
use super::life::{Doing, NOTICED_MS_MAX, World};
use super::scene::Fault;
use crate::event::{Event, Order};
use crate::record::{EndedBy, Outcome};
use crate::sim::model::Input;
use crate::time::{Instant, Millis};

impl World<'_> {
    pub(super) fn link_lost(&mut self, connects_at: Instant) {
        let now = self.now;
        self.line = None;
        self.notices = None;
        if let Some(daemon) = &mut self.daemon {
            daemon.lost(now, connects_at);
        }
        self.note(|| "the line is lost".into());
    }

    pub(super) fn happen(&mut self, doing: Doing) -> Result<(), String> {
        self.note(|| format!("*** {doing:?}"));
        match doing {
            Doing::Start => self.start()?,
            Doing::Fault(Fault::Cut { back }) => self.cut(back),
            Doing::Fault(Fault::Mute) => {
                if let Some(line) = &mut self.line {
                    line.cut();
                }
                self.alone_since.get_or_insert(self.now);
            }
            Doing::Fault(Fault::Kill { back, delivered, kept }) => {
                if delivered {
                    self.deliver()?;
                }
                let legacy = self.daemon.as_mut().map(|daemon| std::mem::take(&mut daemon.legacy));
                self.daemon_ends(back)?;
                if let Some(legacy) = legacy.filter(|_| kept) {
                    self.legacy = legacy;
                } else {
                    self.claims_lost = true;
                }
            }
            Doing::Fault(Fault::Crash) => {
                self.pairs.clear();
                self.tell(Input::Crash)?;
                self.cut(Millis::seconds(2));
            }
            Doing::Fault(Fault::Change) => {
                self.changes += 1;
                let hotlines = self.scene.hotlines(self.changes);
                if let Some(daemon) = &mut self.daemon {
                    daemon.put_in(self.now, Event::Hotlines(hotlines));
                }
            }
            Doing::Fault(Fault::Drain { over, back }) => {
                if self.daemon.is_some() {
                    self.turn(&Event::Operator(Order::Drain), Millis(0))?;
                    self.at(self.now + over, Doing::HandOver { back });
                }
            }
            Doing::HandOver { back } => self.hand_over(back)?,
        }
        Ok(())
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
            if !self.recorded.insert(call.clone()) {
                return Err(format!("two daemons wrote a record of {call}"));
            }
        }
        self.summary.print = self.summary.print.rotate_left(7) ^ daemon.print;
        self.summary.outcomes.extend(daemon.records.values().map(|record| record.outcome));
        Ok(())
    }

    pub(super) fn hand_over(&mut self, back: Millis) -> Result<(), String> {
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        // What the link has told is heard before the end; what it has not is never heard.
        while let Some(event) = daemon.arrived(Instant(u64::MAX)) {
            daemon.turn(self.now, &event, Millis(0))?;
        }
        daemon.turn(self.now, &Event::Operator(Order::HandOver), Millis(0))?;
        self.handed_over_at = Some(self.now);
        let written = daemon.pass_orders(Instant(u64::MAX));
        let left = (daemon.engine.switchboard.live(), daemon.engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        self.write(&written);
        self.note(String::new);
        self.deliver()?;
        self.claims_lost = true;
        self.daemon_ends(back)
    }
}
