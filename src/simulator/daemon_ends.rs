//! How daemons end, and which state is lost with them: a daemon is killed, or it stops as ordered.

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
    /// Kills the daemon of this host. `delivered` tells whether its output still arrives, `kept` whether its disk
    /// survives.
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
        self.note_settled_messages();
        let (is_in_file, is_torn) = (self.rng.percent(50), self.rng.percent(50));
        let host = &mut self.hosts[ix];
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        match &daemon.pending_write {
            Some(pending_write) if pending_write.fails => {}
            Some(pending_write) if is_in_file => drop(host.disk.append(&pending_write.frames, false)?),
            Some(pending_write) if is_torn => host.disk.append_torn(&pending_write.frames),
            Some(_) | None => {}
        }
        let lost: Vec<CallId> = match &self.redis {
            None => calls_in(daemon.instance.unpersisted_frames()).into_iter().collect(),
            // If Redis lost data while it was down, a daemon that notices this saves its state there again.
            Some(redis) if daemon.instance.has_persisted_executed() && daemon.is_in_touch(redis) => {
                Vec::new()
            }
            Some(_) => daemon.calls.iter().chain(&host.calls).cloned().collect(),
        };
        self.narrate(|world| format!("{} is killed", world.name(ix)));
        if self.redis.is_some() && lost.is_empty() {
            self.check_nothing_lost(ix)?;
        }
        self.end_daemon(ix, restart_after)?;
        if self.redis.is_none() && !kept {
            self.hosts[ix].disk = Disk::default();
            self.messages_are_lost();
            self.count(Counter::KilledDiskLost);
            self.narrate(|_| "what it kept is lost".into());
            self.claims_are_lost();
            return Ok(());
        }
        self.count_kill(lost);
        Ok(())
    }

    /// Counts a killed daemon, and marks the calls that lost state with it.
    fn count_kill(&mut self, lost: Vec<CallId>) {
        self.count(if lost.is_empty() { Counter::DaemonKilled } else { Counter::KilledUnsaved });
        if !lost.is_empty() {
            self.claims_are_lost();
        }
        self.calls_with_lost_state.extend(lost.iter().map(ToString::to_string));
    }

    /// A daemon saves first and acts then, so Redis has every call of the daemon, or the call's record.
    fn check_nothing_lost(&self, ix: usize) -> Result<(), String> {
        let (Some(daemon), Some(redis)) = (&self.hosts[ix].daemon, &self.redis) else { return Ok(()) };
        let saved = redis.saved_calls(&switch());
        // If the daemon was paused, another daemon may have continued the calls and written their records.
        let is_written = |call: &CallId| self.hosts.iter().any(|host| host.has_written(call));
        match daemon.unwritten().into_iter().find(|call| !saved.contains(call) && !is_written(call)) {
            Some(call) => Err(format!("{} is killed, and Redis does not know {call}", daemon.name)),
            None => Ok(()),
        }
    }

    /// All bytes that the daemon wrote arrive at the switch at once.
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

    /// Removes the daemon from its host, checks its records and schedules the start of the next one.
    pub(super) fn end_daemon(&mut self, ix: usize, restart_after: Millis) -> Result<(), String> {
        let host = &mut self.hosts[ix];
        let Some(daemon) = host.daemon.take() else { return Ok(()) };
        // If the switch did not receive the daemon's last commands, nothing is handed over.
        let is_received = daemon.has_left || !daemon.has_handed_over;
        (host.connection, host.notices_link_loss, host.paused_until) = (None, None, None);
        host.calls.extend(daemon.calls.iter().cloned());
        self.check_records(&daemon, is_received)?;
        self.unserved_since.get_or_insert(self.now);
        self.faults_until = self.faults_until.max(self.now);
        self.schedule(self.now + restart_after, WorldEvent::DaemonStart(ix));
        Ok(())
    }

    /// Checks and counts the records of a daemon that has ended, or of all daemons at the end of the run. `is_received`
    /// tells whether the switch received the daemon's last commands.
    pub(super) fn check_records(&mut self, daemon: &Daemon, is_received: bool) -> Result<(), String> {
        for (call, record) in &daemon.records {
            self.sms.records.insert(call.clone(), record.clone());
            // The switch did not receive the hand-over: the caller still waits, and the next daemon may take the call.
            if !is_received && record.outcome == Outcome::Fallback && record.ended_by == EndedBy::Hotline {
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

    /// A daemon has stopped as ordered.
    pub(super) fn daemon_stopped(&mut self, ix: usize) -> Result<(), String> {
        let host = &mut self.hosts[ix];
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        let (is_fully_saved, restart_after) = (daemon.is_fully_saved(), daemon.restart_after);
        if let Some(pending_write) = daemon.pending_write.take_if(|pending_write| !pending_write.fails) {
            host.disk.append(&pending_write.frames, false)?;
        }
        self.write_records(ix, Instant(u64::MAX))?;
        let Some(daemon) = &self.hosts[ix].daemon else { return Ok(()) };
        // State that the daemon could not save is lost, as with a killed daemon.
        let lost = calls_in(daemon.instance.unpersisted_frames());
        self.calls_with_lost_state.extend(lost.iter().map(ToString::to_string));
        let engine = daemon.instance.engine();
        let left = (engine.switchboard.live_count(), engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        self.narrate(|world| format!("{} has stopped", world.name(ix)));
        // A hand-over leaves no claims.
        if self.redis.is_none() || !is_fully_saved {
            self.claims_are_lost();
        }
        self.note_settled_messages();
        self.end_daemon(ix, restart_after)?;
        if self.redis.is_some() && !is_fully_saved {
            let taken = self.hosts[ix].calls.iter().map(ToString::to_string);
            self.calls_with_lost_state.extend(taken);
        }
        Ok(())
    }
}
