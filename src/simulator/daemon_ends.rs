//! How daemons end: killed, or as they were told; and what is lost with them.

use super::counts::Counter;
use super::daemon::Daemon;
use super::daemon_socket::switch;
use super::disk::Disk;
use super::world::{Doing, World};
use hotlined_core::id::CallId;
use hotlined_core::record::{EndedBy, Outcome};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::persist::frames::calls_in;

impl World<'_> {
    pub(super) fn kill(
        &mut self,
        at: usize,
        back: Millis,
        delivered: bool,
        kept: bool,
    ) -> Result<(), String> {
        if self.posts[at].daemon.is_none() {
            return Ok(());
        }
        if delivered {
            self.redis_hears(at, Instant(u64::MAX));
            self.deliver(at)?;
            self.write_records(at, Instant(u64::MAX))?;
        }
        let (is_in_file, is_torn) = (self.rng.percent(50), self.rng.percent(50));
        let post = &mut self.posts[at];
        let Some(daemon) = &mut post.daemon else { return Ok(()) };
        match &daemon.writing {
            Some(writing) if writing.fails => {}
            Some(writing) if is_in_file => drop(post.disk.append(&writing.frames, false)?),
            Some(writing) if is_torn => post.disk.tear(&writing.frames),
            Some(_) | None => {}
        }
        let lost: Vec<CallId> = match &self.redis {
            None => calls_in(daemon.instance.unkept()).into_iter().collect(),
            // What Redis has lost since it went away is told again by whoever notices that.
            Some(redis) if daemon.instance.has_kept_all() && daemon.is_in_touch(redis) => Vec::new(),
            Some(_) => daemon.taken.iter().chain(&post.taken).cloned().collect(),
        };
        self.say(|world| format!("{} is killed", world.name(at)));
        if self.redis.is_some() && lost.is_empty() {
            self.nothing_is_lost(at)?;
        }
        self.daemon_ends(at, back)?;
        if self.redis.is_none() && !kept {
            self.posts[at].disk = Disk::default();
            self.count(Counter::KilledDiskLost);
            self.say(|_| "what it kept is lost".into());
            self.claims_are_lost();
            return Ok(());
        }
        self.killed(lost);
        Ok(())
    }

    /// A daemon was killed, and of these calls something was lost with it.
    fn killed(&mut self, lost: Vec<CallId>) {
        self.count(if lost.is_empty() { Counter::DaemonKilled } else { Counter::KilledUnsaved });
        if !lost.is_empty() {
            self.claims_are_lost();
        }
        self.forgotten.extend(lost.iter().map(ToString::to_string));
    }

    /// Save, then act: Redis knows every call that the daemon took, or its record.
    fn nothing_is_lost(&self, at: usize) -> Result<(), String> {
        let (Some(daemon), Some(redis)) = (&self.posts[at].daemon, &self.redis) else { return Ok(()) };
        let kept = redis.saved_calls(&switch());
        // It may have been paused, and another one went on with them.
        let is_written = |call: &CallId| self.posts.iter().any(|post| post.has_written(call));
        match daemon.unwritten().into_iter().find(|call| !kept.contains(call) && !is_written(call)) {
            Some(call) => Err(format!("{} is killed, and Redis does not know {call}", daemon.name)),
            None => Ok(()),
        }
    }

    /// What the daemon wrote gets to the switch at once.
    pub(super) fn deliver(&mut self, at: usize) -> Result<(), String> {
        let mut all = Vec::new();
        if let Some(line) = &mut self.posts[at].line {
            while let Some(bytes) = line.to_switch.arrived(Instant(u64::MAX)) {
                all.extend_from_slice(&bytes);
            }
            line.read(&all);
        }
        self.requests(at)
    }

    pub(super) fn daemon_ends(&mut self, at: usize, back: Millis) -> Result<(), String> {
        let post = &mut self.posts[at];
        let Some(daemon) = post.daemon.take() else { return Ok(()) };
        // Who has handed over and could not say so has handed over nothing.
        let told = daemon.has_left || !daemon.has_handed_over;
        (post.line, post.notices, post.paused_until) = (None, None, None);
        post.taken.extend(daemon.taken.iter().cloned());
        self.close_books(&daemon, told)?;
        self.alone_since.get_or_insert(self.now);
        self.hindered_until = self.hindered_until.max(self.now);
        self.at(self.now + back, Doing::Start(at));
        Ok(())
    }

    /// A daemon is gone, or all is over; `told` is whether the switch heard what it said last.
    pub(super) fn close_books(&mut self, daemon: &Daemon, told: bool) -> Result<(), String> {
        for (call, record) in &daemon.records {
            // Handed over to a switch that did not hear it: the caller still waits, and the next may take it.
            if !told && record.outcome == Outcome::Fallback && record.ended_by == EndedBy::Hotline {
                continue;
            }
            if !self.recorded.insert(call.clone()) && !self.forgotten.contains(&call.to_string()) {
                return Err(format!("two daemons wrote a record of {call}"));
            }
        }
        self.summary.fingerprint = self.summary.fingerprint.rotate_left(7) ^ daemon.print;
        daemon.records.values().for_each(|record| self.summary.counts.add_outcome(record.outcome));
        Ok(())
    }

    /// A daemon has stopped, as it was told.
    pub(super) fn stopped(&mut self, at: usize) -> Result<(), String> {
        let post = &mut self.posts[at];
        let Some(daemon) = &mut post.daemon else { return Ok(()) };
        let (is_told, back) = (daemon.is_told(), daemon.back);
        if let Some(writing) = daemon.writing.take_if(|writing| !writing.fails) {
            post.disk.append(&writing.frames, false)?;
        }
        self.write_records(at, Instant(u64::MAX))?;
        let Some(daemon) = &self.posts[at].daemon else { return Ok(()) };
        // What it could not keep to the end is lost with it, as with one that is killed.
        let lost = calls_in(daemon.instance.unkept());
        self.forgotten.extend(lost.iter().map(ToString::to_string));
        let engine = daemon.instance.engine();
        let left = (engine.switchboard.live_count(), engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        self.say(|world| format!("{} has stopped", world.name(at)));
        // A hand-over leaves no claims.
        if self.redis.is_none() || !is_told {
            self.claims_are_lost();
        }
        self.daemon_ends(at, back)?;
        if self.redis.is_some() && !is_told {
            let taken = self.posts[at].taken.iter().map(ToString::to_string);
            self.forgotten.extend(taken);
        }
        Ok(())
    }
}
