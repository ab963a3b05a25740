//! What goes wrong, and how.

use super::counts::Counter;
use super::daemon_socket::{RECONNECT_WAIT_MAX, switch};
use super::host::Post;
use super::world::{Doing, NOTICED_MS_MAX, World};
use super::world_setup::Fault;
use crate::redis::DataLoss;
use hotlined_core::time::Millis;
use hotlined_instance::Input as Told;
use hotlined_instance::LinkInput;
use hotlined_instance::switch::freeswitch::link::Patience;
use hotlined_sim::actors::Caller;
use hotlined_sim::model::SwitchInput;
use std::io;

/// How long it takes at most until a daemon that stood still has read what the switch told, and given its line up.
const READ_WITHIN: Millis = Millis(1_000);
/// How much a Redis loses at most that has lost what was written last, and some more.
const LOST_MS_MAX: u64 = 5_000;

impl World<'_> {
    /// The daemon of this post notices that its line is gone.
    pub(super) fn link_lost(&mut self, at: usize, is_cut: bool) -> Result<(), String> {
        let post = &mut self.posts[at];
        post.line = None;
        let Some(daemon) = &mut post.daemon else { return Ok(()) };
        daemon.socket = None;
        self.say(|world| format!("{} knows that the line is lost", world.name(at)));
        let error = is_cut.then(|| io::ErrorKind::ConnectionReset.into());
        self.tell_daemon(at, Told::Link(switch(), LinkInput::Closed(error)))
    }

    pub(super) fn happen(&mut self, doing: Doing) -> Result<(), String> {
        // What is said to a daemon is heard when it is awake.
        let asleep = |at: &usize| self.posts[*at].paused_until;
        let until = match &doing {
            Doing::StopNow { at, .. } => asleep(at),
            Doing::Fault(Fault::HotlinesChanged | Fault::DaemonDrained { .. }) => {
                (0..self.posts.len()).filter_map(|at| asleep(&at)).max()
            }
            Doing::Fault(_)
            | Doing::Wake(_)
            | Doing::Start(_)
            | Doing::RedisBack(_)
            | Doing::RedisGoesOn
            | Doing::Reaches
            | Doing::Dial(_) => None,
        };
        if let Some(until) = until {
            self.at(until, doing);
            return Ok(());
        }
        match doing {
            Doing::Start(at) => self.start(at),
            Doing::Dial(nth) => match self.scene.callers.get(nth).cloned() {
                Some(caller) => {
                    self.count(Counter::Call);
                    self.tell(SwitchInput::Dial(Caller { at: Millis(0), ..caller }), None)
                }
                None => Ok(()),
            },
            Doing::Wake(at) => {
                self.wake(at);
                Ok(())
            }
            Doing::RedisGoesOn => {
                self.redis_goes_on();
                Ok(())
            }
            Doing::RedisBack(loss) => {
                self.redis_is_back(loss);
                Ok(())
            }
            Doing::Reaches => {
                // It had a store of its own meanwhile.
                self.claims_are_lost();
                Ok(())
            }
            Doing::StopNow { at, number } => {
                match self.posts[at].daemon.as_ref().is_some_and(|daemon| daemon.number == number) {
                    true => self.tell_daemon(at, Told::Stop),
                    false => Ok(()),
                }
            }
            Doing::Fault(fault) => {
                self.note(|| format!("{fault:?}"));
                let whom = self.whom();
                self.goes_wrong(fault, whom)
            }
        }
    }

    /// Whom something befalls: whoever looks after callers, mostly.
    fn whom(&mut self) -> usize {
        let others = self.posts.len() - 1;
        let now = self.now;
        let acts = self.posts.iter().position(|post| post.serves(now));
        match (others, acts) {
            (0, _) => 0,
            (_, Some(acts)) if !self.rng.percent(20) => acts,
            (_, Some(_) | None) => self.rng.between(0, others as u64) as usize,
        }
    }

    fn goes_wrong(&mut self, fault: Fault, at: usize) -> Result<(), String> {
        let now = self.now;
        self.hindered_until = self.hindered_until.max(now);
        let post = &mut self.posts[at];
        match fault {
            Fault::LinkCut { reconnect_after } => {
                self.hindered_until = self.hindered_until.max(now + reconnect_after);
                if post.line.is_some() {
                    self.count(Counter::LinkCut);
                    self.say(|world| format!("the line between {} and switch is cut", world.name(at)));
                }
                self.cut(at, reconnect_after);
            }
            Fault::LinkSilent => {
                if let Some(line) = &mut post.line {
                    line.cut();
                    self.hindered_until = self.hindered_until.max(now + Patience::default().silence_max);
                    self.count(Counter::LinkSilent);
                    self.say(|world| format!("the line of {} falls silent", world.name(at)));
                }
                self.alone_since.get_or_insert(now);
            }
            Fault::LinkStalled { span } => {
                if let Some(line) = &mut post.line {
                    line.to_switch.stall(now + span);
                    line.to_daemon.stall(now + span);
                    if now >= post.hears_from {
                        post.deaf_since = now;
                    }
                    post.hears_from = post.hears_from.max(now + span);
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.count(Counter::LinkStalled);
                    self.say(|world| {
                        format!("nothing comes through the line of {} for {span}", world.name(at))
                    });
                }
            }
            Fault::DaemonKilled { restart_after, output_delivered, disk_kept } => {
                self.kill(at, restart_after, output_delivered, disk_kept)?;
            }
            Fault::DaemonPaused { span } => self.pause(at, span),
            Fault::DiskFull { span } => {
                post.disk_full_until = post.disk_full_until.max(now + span);
                self.say(|_| format!("the disk is full for {span}"));
            }
            Fault::ClockSet { forwards, by } => {
                let by = i64::try_from(by.0).unwrap_or(i64::MAX);
                let step = if forwards { by } else { by.saturating_neg() };
                post.clock_ahead = post.clock_ahead.saturating_add(step);
                self.say(|_| format!("the machine's clock is set {step} ms"));
            }
            Fault::SwitchCrash => {
                self.pairs.clear();
                self.unclaimed.clear();
                self.count(Counter::SwitchCrash);
                self.tell(SwitchInput::Crash, None)?;
                for at in 0..self.posts.len() {
                    self.cut(at, Millis::seconds(2));
                }
                self.hindered_until = self.hindered_until.max(now + Millis::seconds(2));
            }
            Fault::HotlinesChanged => self.change()?,
            Fault::DaemonDrained { second_stop_after, restart_after } => {
                if let Some(daemon) = &mut post.daemon {
                    daemon.back = restart_after;
                    let number = daemon.number;
                    self.say(|world| format!("{} is told to stop", world.name(at)));
                    self.at(now + second_stop_after, Doing::StopNow { at, number });
                    self.tell_daemon(at, Told::Stop)?;
                }
            }
            Fault::RedisUnreachable { span } => {
                if post.daemon.is_some() && self.redis.is_some() {
                    post.cut_off_until = post.cut_off_until.max(now + span);
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.at(now + span, Doing::Reaches);
                    self.count(Counter::RedisUnreachable);
                    self.say(|world| format!("{} is cut off from Redis for {span}", world.name(at)));
                }
            }
            Fault::RedisDown { span, loss } => {
                if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_unresponsive()) {
                    redis.go_down();
                    self.redis_failed_at = now;
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.at(now + span, Doing::RedisBack(loss));
                    self.say(|_| format!("Redis is away for {span}"));
                }
            }
            Fault::RedisHung { span } => {
                if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_unresponsive()) {
                    redis.hang();
                    self.redis_failed_at = now;
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.at(now + span, Doing::RedisGoesOn);
                    self.count(Counter::RedisHung);
                    self.say(|_| format!("Redis stands still for {span}"));
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
        self.say(|_| "Redis goes on".into());
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
        self.hindered_until = self.hindered_until.max(now);
        self.count(match loss {
            DataLoss::Nothing => Counter::RedisDown,
            DataLoss::Recent => Counter::RedisLostRecent,
            DataLoss::All => Counter::RedisLostAll,
        });
        self.say(|_| match loss {
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
            let dead = |post: &&mut Post| post.daemon.is_none() || post.started.0 > since;
            let dead = self.posts.iter_mut().filter(dead);
            self.forgotten.extend(dead.flat_map(|post| post.taken.iter().map(ToString::to_string)));
        }
    }

    fn pause(&mut self, at: usize, span: Millis) {
        let post = &mut self.posts[at];
        if post.daemon.is_none() || post.paused_until.is_some() {
            return;
        }
        let until = self.now + span;
        post.paused_until = Some(until);
        // What it has heard when it wakes up is old: it begins a new line.
        self.hindered_until = self.hindered_until.max(until + READ_WITHIN + RECONNECT_WAIT_MAX);
        self.count(Counter::DaemonPaused);
        self.say(|world| format!("{} stands still for {span}", world.name(at)));
        self.at(until, Doing::Wake(at));
    }

    fn wake(&mut self, at: usize) {
        let post = &mut self.posts[at];
        if post.paused_until.take().is_none() {
            return;
        }
        post.hears_from = post.hears_from.max(self.now);
        self.say(|world| format!("{} wakes up", world.name(at)));
    }

    pub(super) fn cut(&mut self, at: usize, back: Millis) {
        let post = &mut self.posts[at];
        let Some(line) = &mut post.line else { return };
        line.cut();
        self.alone_since.get_or_insert(self.now);
        if post.daemon.is_some() {
            let notices = self.now + Millis(self.rng.between(0, NOTICED_MS_MAX));
            post.notices = Some((notices, true));
            post.refuses_until = post.refuses_until.max(notices + back);
        }
    }
}
