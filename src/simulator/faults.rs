//! The faults: which host a fault hits, and what it does.

use super::counts::Counter;
use super::daemon_socket::{RECONNECT_WAIT_MAX, switch};
use super::host::Host;
use super::world::{NOTICED_MS_MAX, World, WorldEvent};
use super::world_setup::Fault;
use crate::redis::DataLoss;
use hotlined_core::time::Millis;
use hotlined_instance::switch::freeswitch::link::LivenessTimeouts;
use hotlined_instance::{Input, LinkInput};
use hotlined_sim::actors::Caller;
use hotlined_sim::model::SwitchInput;
use std::io;

/// A daemon that was paused reads the waiting data of the switch and closes its connection within this time.
const READ_WITHIN: Millis = Millis(1_000);
/// A Redis that loses its most recent data loses at most this much of it, with a margin.
const LOST_MS_MAX: u64 = 5_000;

impl World<'_> {
    /// The daemon of this host notices that its connection is gone.
    pub(super) fn link_lost(&mut self, ix: usize, is_cut: bool) -> Result<(), String> {
        let host = &mut self.hosts[ix];
        host.connection = None;
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        daemon.socket = None;
        self.narrate(|world| format!("{} knows that the line is lost", world.name(ix)));
        let error = is_cut.then(|| io::ErrorKind::ConnectionReset.into());
        self.handle_daemon_input(ix, Input::Link(switch(), LinkInput::Closed(error)))
    }

    /// Performs a scheduled event.
    pub(super) fn perform(&mut self, event: WorldEvent) -> Result<(), String> {
        // A paused daemon gets its inputs when it resumes.
        let paused_until = |ix: &usize| self.hosts[*ix].paused_until;
        let until = match &event {
            WorldEvent::StopNow { ix, .. } => paused_until(ix),
            WorldEvent::Fault(Fault::HotlinesChanged | Fault::DaemonDrained { .. }) => {
                (0..self.hosts.len()).filter_map(|ix| paused_until(&ix)).max()
            }
            WorldEvent::Fault(_)
            | WorldEvent::Wake(_)
            | WorldEvent::DaemonStart(_)
            | WorldEvent::RedisRestarts(_)
            | WorldEvent::RedisResumes
            | WorldEvent::RedisReachable
            | WorldEvent::Dial(_) => None,
        };
        if let Some(until) = until {
            self.schedule(until, event);
            return Ok(());
        }
        match event {
            WorldEvent::DaemonStart(ix) => self.start(ix),
            WorldEvent::Dial(caller_ix) => match self.setup.callers.get(caller_ix).cloned() {
                Some(caller) => {
                    self.count(Counter::Call);
                    self.handle_switch_input(SwitchInput::Dial(Caller { at: Millis(0), ..caller }), None)
                }
                None => Ok(()),
            },
            WorldEvent::Wake(ix) => {
                self.resume_daemon(ix);
                Ok(())
            }
            WorldEvent::RedisResumes => {
                self.resume_redis();
                Ok(())
            }
            WorldEvent::RedisRestarts(loss) => {
                self.restart_redis(loss);
                Ok(())
            }
            WorldEvent::RedisReachable => {
                // The daemon used an ACD of its own meanwhile.
                self.claims_are_lost();
                Ok(())
            }
            WorldEvent::StopNow { ix, number } => {
                match self.hosts[ix].daemon.as_ref().is_some_and(|daemon| daemon.number == number) {
                    true => self.handle_daemon_input(ix, Input::Stop),
                    false => Ok(()),
                }
            }
            WorldEvent::Fault(fault) => {
                self.trace(|| format!("{fault:?}"));
                let ix = self.pick_host();
                self.apply_fault(fault, ix)
            }
        }
    }

    /// The host that a fault hits: in most cases the one whose daemon serves callers.
    fn pick_host(&mut self) -> usize {
        let others = self.hosts.len() - 1;
        let now = self.now;
        let serving = self.hosts.iter().position(|host| host.serves(now));
        match (others, serving) {
            (0, _) => 0,
            (_, Some(serving)) if !self.rng.percent(20) => serving,
            (_, Some(_) | None) => self.rng.between(0, others as u64) as usize,
        }
    }

    /// Applies a fault to this host, to the switch or to Redis.
    fn apply_fault(&mut self, fault: Fault, ix: usize) -> Result<(), String> {
        let now = self.now;
        self.faults_until = self.faults_until.max(now);
        let host = &mut self.hosts[ix];
        match fault {
            Fault::LinkCut { reconnect_after } => self.cut_link(ix, reconnect_after),
            Fault::LinkSilent => self.silence_link(ix),
            Fault::LinkStalled { span } => self.stall_link(ix, span),
            Fault::DaemonKilled { restart_after, output_delivered, disk_kept } => {
                self.kill(ix, restart_after, output_delivered, disk_kept)?;
            }
            Fault::DaemonPaused { span } => self.pause(ix, span),
            Fault::DiskFull { span } => {
                host.disk_full_until = host.disk_full_until.max(now + span);
                self.narrate(|_| format!("the disk is full for {span}"));
            }
            Fault::ClockSet { forwards, by } => {
                let by = i64::try_from(by.0).unwrap_or(i64::MAX);
                let step = if forwards { by } else { by.saturating_neg() };
                host.clock_ahead = host.clock_ahead.saturating_add(step);
                self.narrate(|_| format!("the machine's clock is set {step} ms"));
            }
            Fault::SwitchCrash => self.crash_switch()?,
            Fault::HotlinesChanged => self.change_hotlines()?,
            Fault::DaemonDrained { second_stop_after, restart_after } => {
                self.drain_daemon(ix, second_stop_after, restart_after)?;
            }
            Fault::RedisUnreachable { span } => self.cut_off_from_redis(ix, span),
            Fault::RedisDown { span, loss } => self.take_redis_down(span, loss),
            Fault::RedisHung { span } => self.hang_redis(span),
        }
        Ok(())
    }

    /// The connection of this host is cut.
    fn cut_link(&mut self, ix: usize, reconnect_after: Millis) {
        self.faults_until = self.faults_until.max(self.now + reconnect_after);
        if self.hosts[ix].connection.is_some() {
            self.count(Counter::LinkCut);
            self.narrate(|world| format!("the line between {} and switch is cut", world.name(ix)));
        }
        self.cut(ix, reconnect_after);
    }

    /// The connection of this host goes dead without a notice to either side.
    fn silence_link(&mut self, ix: usize) {
        let now = self.now;
        if let Some(connection) = &mut self.hosts[ix].connection {
            connection.cut();
            self.faults_until = self.faults_until.max(now + LivenessTimeouts::default().silence_max);
            self.count(Counter::LinkSilent);
            self.narrate(|world| format!("the line of {} falls silent", world.name(ix)));
        }
        self.unserved_since.get_or_insert(now);
    }

    /// The bytes on the connection of this host are delayed.
    fn stall_link(&mut self, ix: usize, span: Millis) {
        let now = self.now;
        let host = &mut self.hosts[ix];
        if let Some(connection) = &mut host.connection {
            connection.to_switch.stall(now + span);
            connection.to_daemon.stall(now + span);
            if now >= host.receives_from {
                host.stalled_since = now;
            }
            host.receives_from = host.receives_from.max(now + span);
            self.faults_until = self.faults_until.max(now + span);
            self.count(Counter::LinkStalled);
            self.narrate(|world| format!("nothing comes through the line of {} for {span}", world.name(ix)));
        }
    }

    /// The switch crashes, and every connection is cut.
    fn crash_switch(&mut self) -> Result<(), String> {
        self.pairs.clear();
        self.legs_with_lost_claims.clear();
        self.count(Counter::SwitchCrash);
        self.handle_switch_input(SwitchInput::Crash, None)?;
        for ix in 0..self.hosts.len() {
            self.cut(ix, Millis::seconds(2));
        }
        self.faults_until = self.faults_until.max(self.now + Millis::seconds(2));
        Ok(())
    }

    /// The daemon of this host is ordered to stop, and a second time after a while.
    fn drain_daemon(
        &mut self,
        ix: usize,
        second_stop_after: Millis,
        restart_after: Millis,
    ) -> Result<(), String> {
        if let Some(daemon) = &mut self.hosts[ix].daemon {
            daemon.restart_after = restart_after;
            let number = daemon.number;
            self.narrate(|world| format!("{} is told to stop", world.name(ix)));
            self.schedule(self.now + second_stop_after, WorldEvent::StopNow { ix, number });
            self.handle_daemon_input(ix, Input::Stop)?;
        }
        Ok(())
    }

    /// The daemon of this host does not reach Redis for a while.
    fn cut_off_from_redis(&mut self, ix: usize, span: Millis) {
        let now = self.now;
        let host = &mut self.hosts[ix];
        if host.daemon.is_some() && self.redis.is_some() {
            host.cut_off_until = host.cut_off_until.max(now + span);
            self.faults_until = self.faults_until.max(now + span);
            self.schedule(now + span, WorldEvent::RedisReachable);
            self.count(Counter::RedisUnreachable);
            self.narrate(|world| format!("{} is cut off from Redis for {span}", world.name(ix)));
        }
    }

    /// Redis goes down for a while.
    fn take_redis_down(&mut self, span: Millis, loss: DataLoss) {
        let now = self.now;
        if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_unresponsive()) {
            redis.go_down();
            self.redis_failed_at = now;
            self.faults_until = self.faults_until.max(now + span);
            self.schedule(now + span, WorldEvent::RedisRestarts(loss));
            self.narrate(|_| format!("Redis is away for {span}"));
        }
    }

    /// Redis hangs for a while.
    fn hang_redis(&mut self, span: Millis) {
        let now = self.now;
        if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_unresponsive()) {
            redis.hang();
            self.redis_failed_at = now;
            self.faults_until = self.faults_until.max(now + span);
            self.schedule(now + span, WorldEvent::RedisResumes);
            self.count(Counter::RedisHung);
            self.narrate(|_| format!("Redis stands still for {span}"));
        }
    }

    fn resume_redis(&mut self) {
        let (now, is_still_served) = (self.now, self.is_served_since_before_outage());
        let Some(redis) = &mut self.redis else { return };
        redis.resume(now);
        self.redis_failed_at = now;
        self.narrate(|_| "Redis goes on".into());
        // Each daemon used an ACD of its own meanwhile.
        if !is_still_served {
            self.claims_are_lost();
        }
    }

    fn restart_redis(&mut self, loss: DataLoss) {
        let (now, is_still_served) = (self.now, self.is_served_since_before_outage());
        let Some(redis) = &mut self.redis else { return };
        redis.restart(now, loss);
        self.redis_failed_at = now;
        self.faults_until = self.faults_until.max(now);
        self.count(match loss {
            DataLoss::Nothing => Counter::RedisDown,
            DataLoss::Recent => Counter::RedisLostRecent,
            DataLoss::All => Counter::RedisLostAll,
        });
        self.narrate(|_| match loss {
            DataLoss::Nothing => "Redis is back".into(),
            DataLoss::Recent => "Redis is back, without what was written last".into(),
            DataLoss::All => "Redis is back, empty".into(),
        });
        // Each daemon used an ACD of its own meanwhile.
        if !is_still_served {
            self.claims_are_lost();
        }
        if loss != DataLoss::Nothing {
            self.messages_are_lost();
            let since = now.0.saturating_sub(LOST_MS_MAX);
            let lost_daemon = |host: &&mut Host| host.daemon.is_none() || host.started.0 > since;
            let hosts = self.hosts.iter_mut().filter(lost_daemon);
            self.calls_with_lost_state
                .extend(hosts.flat_map(|host| host.calls.iter().map(ToString::to_string)));
        }
    }

    fn pause(&mut self, ix: usize, span: Millis) {
        let host = &mut self.hosts[ix];
        if host.daemon.is_none() || host.paused_until.is_some() {
            return;
        }
        let until = self.now + span;
        host.paused_until = Some(until);
        // The waiting data is old when the daemon resumes, so the daemon makes a new connection.
        self.faults_until = self.faults_until.max(until + READ_WITHIN + RECONNECT_WAIT_MAX);
        self.count(Counter::DaemonPaused);
        self.narrate(|world| format!("{} stands still for {span}", world.name(ix)));
        self.schedule(until, WorldEvent::Wake(ix));
    }

    fn resume_daemon(&mut self, ix: usize) {
        let host = &mut self.hosts[ix];
        if host.paused_until.take().is_none() {
            return;
        }
        host.receives_from = host.receives_from.max(self.now);
        self.narrate(|world| format!("{} wakes up", world.name(ix)));
    }

    /// Cuts the connection of this host. Its daemon notices this soon, and cannot reconnect for this time.
    pub(super) fn cut(&mut self, ix: usize, reconnect_after: Millis) {
        let host = &mut self.hosts[ix];
        let Some(connection) = &mut host.connection else { return };
        connection.cut();
        self.unserved_since.get_or_insert(self.now);
        if host.daemon.is_some() {
            let notices = self.now + Millis(self.rng.between(0, NOTICED_MS_MAX));
            host.notices_link_loss = Some((notices, true));
            host.refuses_until = host.refuses_until.max(notices + reconnect_after);
        }
    }
}
