//! What goes wrong, and how.

use super::counts::Counter;
use super::daemon_socket::{RECONNECT_WAIT_MAX, switch};
use super::host::Host;
use super::world::{NOTICED_MS_MAX, World, WorldEvent};
use super::world_setup::Fault;
use crate::redis::DataLoss;
use hotlined_core::time::Millis;
use hotlined_instance::Input as Told;
use hotlined_instance::LinkInput;
use hotlined_instance::switch::freeswitch::link::LivenessTimeouts;
use hotlined_sim::actors::Caller;
use hotlined_sim::model::SwitchInput;
use std::io;

/// How long it takes at most until a daemon that stood still has read what the switch told, and given its line up.
const READ_WITHIN: Millis = Millis(1_000);
/// How much a Redis loses at most that has lost what was written last, and some more.
const LOST_MS_MAX: u64 = 5_000;

impl World<'_> {
    /// The daemon of this post notices that its line is gone.
    pub(super) fn link_lost(&mut self, ix: usize, is_cut: bool) -> Result<(), String> {
        let host = &mut self.hosts[ix];
        host.connection = None;
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        daemon.socket = None;
        self.narrate(|world| format!("{} knows that the line is lost", world.name(ix)));
        let error = is_cut.then(|| io::ErrorKind::ConnectionReset.into());
        self.handle_daemon_input(ix, Told::Link(switch(), LinkInput::Closed(error)))
    }

    pub(super) fn perform(&mut self, event: WorldEvent) -> Result<(), String> {
        // What is said to a daemon is heard when it is awake.
        let asleep = |ix: &usize| self.hosts[*ix].paused_until;
        let until = match &event {
            WorldEvent::StopNow { ix, .. } => asleep(ix),
            WorldEvent::Fault(Fault::HotlinesChanged | Fault::DaemonDrained { .. }) => {
                (0..self.hosts.len()).filter_map(|ix| asleep(&ix)).max()
            }
            WorldEvent::Fault(_)
            | WorldEvent::Wake(_)
            | WorldEvent::DaemonStart(_)
            | WorldEvent::RedisBack(_)
            | WorldEvent::RedisGoesOn
            | WorldEvent::Reaches
            | WorldEvent::Dial(_) => None,
        };
        if let Some(until) = until {
            self.schedule(until, event);
            return Ok(());
        }
        match event {
            WorldEvent::DaemonStart(ix) => self.start(ix),
            WorldEvent::Dial(nth) => match self.setup.callers.get(nth).cloned() {
                Some(caller) => {
                    self.count(Counter::Call);
                    self.handle_switch_input(SwitchInput::Dial(Caller { at: Millis(0), ..caller }), None)
                }
                None => Ok(()),
            },
            WorldEvent::Wake(ix) => {
                self.wake(ix);
                Ok(())
            }
            WorldEvent::RedisGoesOn => {
                self.redis_goes_on();
                Ok(())
            }
            WorldEvent::RedisBack(loss) => {
                self.redis_is_back(loss);
                Ok(())
            }
            WorldEvent::Reaches => {
                // It had a store of its own meanwhile.
                self.claims_are_lost();
                Ok(())
            }
            WorldEvent::StopNow { ix, number } => {
                match self.hosts[ix].daemon.as_ref().is_some_and(|daemon| daemon.number == number) {
                    true => self.handle_daemon_input(ix, Told::Stop),
                    false => Ok(()),
                }
            }
            WorldEvent::Fault(fault) => {
                self.trace(|| format!("{fault:?}"));
                let whom = self.pick_host();
                self.apply_fault(fault, whom)
            }
        }
    }

    /// Whom something befalls: whoever looks after callers, mostly.
    fn pick_host(&mut self) -> usize {
        let others = self.hosts.len() - 1;
        let now = self.now;
        let acts = self.hosts.iter().position(|host| host.serves(now));
        match (others, acts) {
            (0, _) => 0,
            (_, Some(acts)) if !self.rng.percent(20) => acts,
            (_, Some(_) | None) => self.rng.between(0, others as u64) as usize,
        }
    }

    fn apply_fault(&mut self, fault: Fault, ix: usize) -> Result<(), String> {
        let now = self.now;
        self.faults_until = self.faults_until.max(now);
        let host = &mut self.hosts[ix];
        match fault {
            Fault::LinkCut { reconnect_after } => {
                self.faults_until = self.faults_until.max(now + reconnect_after);
                if host.connection.is_some() {
                    self.count(Counter::LinkCut);
                    self.narrate(|world| format!("the line between {} and switch is cut", world.name(ix)));
                }
                self.cut(ix, reconnect_after);
            }
            Fault::LinkSilent => {
                if let Some(connection) = &mut host.connection {
                    connection.cut();
                    self.faults_until = self.faults_until.max(now + LivenessTimeouts::default().silence_max);
                    self.count(Counter::LinkSilent);
                    self.narrate(|world| format!("the line of {} falls silent", world.name(ix)));
                }
                self.unserved_since.get_or_insert(now);
            }
            Fault::LinkStalled { span } => {
                if let Some(connection) = &mut host.connection {
                    connection.to_switch.stall(now + span);
                    connection.to_daemon.stall(now + span);
                    if now >= host.hears_switch_from {
                        host.unheard_since = now;
                    }
                    host.hears_switch_from = host.hears_switch_from.max(now + span);
                    self.faults_until = self.faults_until.max(now + span);
                    self.count(Counter::LinkStalled);
                    self.narrate(|world| {
                        format!("nothing comes through the line of {} for {span}", world.name(ix))
                    });
                }
            }
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
            Fault::SwitchCrash => {
                self.pairs.clear();
                self.legs_with_lost_claims.clear();
                self.count(Counter::SwitchCrash);
                self.handle_switch_input(SwitchInput::Crash, None)?;
                for ix in 0..self.hosts.len() {
                    self.cut(ix, Millis::seconds(2));
                }
                self.faults_until = self.faults_until.max(now + Millis::seconds(2));
            }
            Fault::HotlinesChanged => self.change_hotlines()?,
            Fault::DaemonDrained { second_stop_after, restart_after } => {
                if let Some(daemon) = &mut host.daemon {
                    daemon.restart_after = restart_after;
                    let number = daemon.number;
                    self.narrate(|world| format!("{} is told to stop", world.name(ix)));
                    self.schedule(now + second_stop_after, WorldEvent::StopNow { ix, number });
                    self.handle_daemon_input(ix, Told::Stop)?;
                }
            }
            Fault::RedisUnreachable { span } => {
                if host.daemon.is_some() && self.redis.is_some() {
                    host.cut_off_until = host.cut_off_until.max(now + span);
                    self.faults_until = self.faults_until.max(now + span);
                    self.schedule(now + span, WorldEvent::Reaches);
                    self.count(Counter::RedisUnreachable);
                    self.narrate(|world| format!("{} is cut off from Redis for {span}", world.name(ix)));
                }
            }
            Fault::RedisDown { span, loss } => {
                if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_unresponsive()) {
                    redis.go_down();
                    self.redis_failed_at = now;
                    self.faults_until = self.faults_until.max(now + span);
                    self.schedule(now + span, WorldEvent::RedisBack(loss));
                    self.narrate(|_| format!("Redis is away for {span}"));
                }
            }
            Fault::RedisHung { span } => {
                if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_unresponsive()) {
                    redis.hang();
                    self.redis_failed_at = now;
                    self.faults_until = self.faults_until.max(now + span);
                    self.schedule(now + span, WorldEvent::RedisGoesOn);
                    self.count(Counter::RedisHung);
                    self.narrate(|_| format!("Redis stands still for {span}"));
                }
            }
        }
        Ok(())
    }

    fn redis_goes_on(&mut self) {
        let (now, acts_as_before) = (self.now, self.acts_as_before());
        let Some(redis) = &mut self.redis else { return };
        redis.resume(now);
        self.redis_failed_at = now;
        self.narrate(|_| "Redis goes on".into());
        // Each had a store of its own meanwhile.
        if !acts_as_before {
            self.claims_are_lost();
        }
    }

    fn redis_is_back(&mut self, loss: DataLoss) {
        let (now, acts_as_before) = (self.now, self.acts_as_before());
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
        // Each had a store of its own meanwhile.
        if !acts_as_before {
            self.claims_are_lost();
        }
        if loss != DataLoss::Nothing {
            let since = now.0.saturating_sub(LOST_MS_MAX);
            let dead = |host: &&mut Host| host.daemon.is_none() || host.started.0 > since;
            let dead = self.hosts.iter_mut().filter(dead);
            self.calls_with_lost_state
                .extend(dead.flat_map(|host| host.calls.iter().map(ToString::to_string)));
        }
    }

    fn pause(&mut self, ix: usize, span: Millis) {
        let host = &mut self.hosts[ix];
        if host.daemon.is_none() || host.paused_until.is_some() {
            return;
        }
        let until = self.now + span;
        host.paused_until = Some(until);
        // What it has heard when it wakes up is old: it begins a new line.
        self.faults_until = self.faults_until.max(until + READ_WITHIN + RECONNECT_WAIT_MAX);
        self.count(Counter::DaemonPaused);
        self.narrate(|world| format!("{} stands still for {span}", world.name(ix)));
        self.schedule(until, WorldEvent::Wake(ix));
    }

    fn wake(&mut self, ix: usize) {
        let host = &mut self.hosts[ix];
        if host.paused_until.take().is_none() {
            return;
        }
        host.hears_switch_from = host.hears_switch_from.max(self.now);
        self.narrate(|world| format!("{} wakes up", world.name(ix)));
    }

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
