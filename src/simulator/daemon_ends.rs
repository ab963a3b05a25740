//! How daemons end: killed, or as they were told; and what is lost with them.

use super::counts::Counter;
use super::daemon::Daemon;
use super::daemon_socket::switch;
use super::disk::Disk;
use super::world::{World, WorldEvent};
use hotlined_core::id::CallId;
use hotlined_core::record::{EndedBy, Outcome};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::persist::frames::calls_in;

impl World<'_> {
    pub(super) fn kill(
        &mut self,
        ix: usize,
        restart_after: Millis,
        delivered: bool,
        kept: bool,
    ) -> Result<(), String> {
        if self.hosts[ix].daemon.is_none() {
            return Ok(());
        }
        if delivered {
            self.deliver_to_redis(ix, Instant(u64::MAX));
            self.deliver(ix)?;
            self.write_records(ix, Instant(u64::MAX))?;
        }
        let (is_in_file, is_torn) = (self.rng.percent(50), self.rng.percent(50));
        let host = &mut self.hosts[ix];
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        match &daemon.pending_write {
            Some(pending_write) if pending_write.fails => {}
            Some(pending_write) if is_in_file => drop(host.disk.append(&pending_write.frames, false)?),
            Some(pending_write) if is_torn => host.disk.tear(&pending_write.frames),
            Some(_) | None => {}
        }
        let lost: Vec<CallId> = match &self.redis {
            None => calls_in(daemon.instance.unpersisted_frames()).into_iter().collect(),
            // What Redis has lost since it went away is told again by whoever notices that.
            Some(redis) if daemon.instance.has_persisted_executed() && daemon.is_in_touch(redis) => {
                Vec::new()
            }
            Some(_) => daemon.calls.iter().chain(&host.calls).cloned().collect(),
        };
        self.narrate(|world| format!("{} is killed", world.name(ix)));
        if self.redis.is_some() && lost.is_empty() {
            self.nothing_is_lost(ix)?;
        }
        self.daemon_ends(ix, restart_after)?;
        if self.redis.is_none() && !kept {
            self.hosts[ix].disk = Disk::default();
            self.count(Counter::KilledDiskLost);
            self.narrate(|_| "what it kept is lost".into());
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
        self.calls_with_lost_state.extend(lost.iter().map(ToString::to_string));
    }

    /// Save, then act: Redis knows every call that the daemon took, or its record.
    fn nothing_is_lost(&self, ix: usize) -> Result<(), String> {
        let (Some(daemon), Some(redis)) = (&self.hosts[ix].daemon, &self.redis) else { return Ok(()) };
        let kept = redis.saved_calls(&switch());
        // It may have been paused, and another one went on with them.
        let is_written = |call: &CallId| self.hosts.iter().any(|host| host.has_written(call));
        match daemon.unwritten().into_iter().find(|call| !kept.contains(call) && !is_written(call)) {
            Some(call) => Err(format!("{} is killed, and Redis does not know {call}", daemon.name)),
            None => Ok(()),
        }
    }

    /// What the daemon wrote gets to the switch at once.
    pub(super) fn deliver(&mut self, ix: usize) -> Result<(), String> {
        let mut all = Vec::new();
        if let Some(connection) = &mut self.hosts[ix].connection {
            while let Some(bytes) = connection.to_switch.arrived(Instant(u64::MAX)) {
                all.extend_from_slice(&bytes);
            }
            connection.read(&all);
        }
        self.answer_requests(ix)
    }

    pub(super) fn daemon_ends(&mut self, ix: usize, restart_after: Millis) -> Result<(), String> {
        let host = &mut self.hosts[ix];
        let Some(daemon) = host.daemon.take() else { return Ok(()) };
        // Who has handed over and could not say so has handed over nothing.
        let told = daemon.has_left || !daemon.has_handed_over;
        (host.connection, host.notices_link_loss, host.paused_until) = (None, None, None);
        host.calls.extend(daemon.calls.iter().cloned());
        self.check_records(&daemon, told)?;
        self.unserved_since.get_or_insert(self.now);
        self.faults_until = self.faults_until.max(self.now);
        self.schedule(self.now + restart_after, WorldEvent::DaemonStart(ix));
        Ok(())
    }

    /// A daemon is gone, or all is over; `told` is whether the switch heard what it said last.
    pub(super) fn check_records(&mut self, daemon: &Daemon, told: bool) -> Result<(), String> {
        for (call, record) in &daemon.records {
            // Handed over to a switch that did not hear it: the caller still waits, and the next may take it.
            if !told && record.outcome == Outcome::Fallback && record.ended_by == EndedBy::Hotline {
                continue;
            }
            if !self.recorded.insert(call.clone()) && !self.calls_with_lost_state.contains(&call.to_string())
            {
                return Err(format!("two daemons wrote a record of {call}"));
            }
        }
        self.summary.fingerprint = self.summary.fingerprint.rotate_left(7) ^ daemon.fingerprint;
        daemon.records.values().for_each(|record| self.summary.counts.add_outcome(record.outcome));
        Ok(())
    }

    /// A daemon has stopped, as it was told.
    pub(super) fn stopped(&mut self, ix: usize) -> Result<(), String> {
        let host = &mut self.hosts[ix];
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        let (is_told, restart_after) = (daemon.is_fully_saved(), daemon.restart_after);
        if let Some(pending_write) = daemon.pending_write.take_if(|pending_write| !pending_write.fails) {
            host.disk.append(&pending_write.frames, false)?;
        }
        self.write_records(ix, Instant(u64::MAX))?;
        let Some(daemon) = &self.hosts[ix].daemon else { return Ok(()) };
        // What it could not keep to the end is lost with it, as with one that is killed.
        let lost = calls_in(daemon.instance.unpersisted_frames());
        self.calls_with_lost_state.extend(lost.iter().map(ToString::to_string));
        let engine = daemon.instance.engine();
        let left = (engine.switchboard.live_count(), engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        self.narrate(|world| format!("{} has stopped", world.name(ix)));
        // A hand-over leaves no claims.
        if self.redis.is_none() || !is_told {
            self.claims_are_lost();
        }
        self.daemon_ends(ix, restart_after)?;
        if self.redis.is_some() && !is_told {
            let taken = self.hosts[ix].calls.iter().map(ToString::to_string);
            self.calls_with_lost_state.extend(taken);
        }
        Ok(())
    }
}
