//! What goes wrong, and how.

use super::acts::RECONNECT;
use super::daemon::Daemon;
use super::keeping::Keeping;
use super::life::{Doing, NOTICED_MS_MAX, World};
use super::link::switch;
use super::post::Post;
use super::scene::Fault;
use super::tally::Kind;
use crate::event::{Event, Order};
use crate::id::CallId;
use crate::record::{EndedBy, Outcome};
use crate::sim::model::Input;
use crate::sim::people::Caller;
use crate::sim::redis::Loss;
use crate::switch::esl::liveness::Patience;
use crate::time::{Instant, Millis};

/// How long it takes to read what the switch told a daemon that stood still.
const READ_WITHIN: Millis = Millis(100);
/// How much a Redis loses at most that has lost what was written last, and some more.
const LOST_MS_MAX: u64 = 5_000;

impl World<'_> {
    pub(super) fn link_lost(&mut self, at: usize, connects_at: Instant) {
        let now = self.now;
        let post = &mut self.posts[at];
        (post.line, post.notices) = (None, None);
        if let Some(daemon) = &mut post.daemon {
            daemon.lost(now, connects_at);
        }
        self.say(|world| format!("{} knows that the line is lost", world.name(at)));
    }

    pub(super) fn happen(&mut self, doing: Doing) -> Result<(), String> {
        // What is said to a daemon is heard when it is awake.
        let asleep = |at: &usize| self.posts[*at].paused_until;
        let until = match &doing {
            Doing::HandOver { at, .. } => asleep(at),
            Doing::Fault(Fault::Change | Fault::Drain { .. }) => {
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
                    self.count(Kind::Call);
                    self.tell(Input::Dial(Caller { at: Millis(0), ..caller }), None)
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
            Doing::HandOver { at, back } => self.hand_over(at, back),
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
            (_, Some(acts)) if !self.chance.percent(20) => acts,
            (_, Some(_) | None) => self.chance.between(0, others as u64) as usize,
        }
    }

    fn goes_wrong(&mut self, fault: Fault, at: usize) -> Result<(), String> {
        let now = self.now;
        self.hindered_until = self.hindered_until.max(now);
        let post = &mut self.posts[at];
        match fault {
            Fault::Cut { back } => {
                self.hindered_until = self.hindered_until.max(now + back);
                if post.line.is_some() {
                    self.count(Kind::Cut);
                    self.say(|world| format!("the line between {} and switch is cut", world.name(at)));
                }
                self.cut(at, back);
            }
            Fault::Mute => {
                if let Some(line) = &mut post.line {
                    line.cut();
                    self.hindered_until = self.hindered_until.max(now + Patience::default().silence_max);
                    self.count(Kind::Mute);
                    self.say(|world| format!("the line of {} falls silent", world.name(at)));
                }
                self.alone_since.get_or_insert(now);
            }
            Fault::Stall { span } => {
                if let Some(line) = &mut post.line {
                    line.to_switch.stall(now + span);
                    line.to_daemon.stall(now + span);
                    if now >= post.hears_from {
                        post.deaf_since = now;
                    }
                    post.hears_from = post.hears_from.max(now + span);
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.count(Kind::Stall);
                    self.say(|world| {
                        format!("nothing comes through the line of {} for {span}", world.name(at))
                    });
                }
            }
            Fault::Kill { back, delivered, kept } => self.kill(at, back, delivered, kept)?,
            Fault::Pause { span } => self.pause(at, span),
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
            Fault::Crash => {
                self.pairs.clear();
                self.unclaimed.clear();
                self.count(Kind::Crash);
                self.tell(Input::Crash, None)?;
                for at in 0..self.posts.len() {
                    self.cut(at, Millis::seconds(2));
                }
                self.hindered_until = self.hindered_until.max(now + Millis::seconds(2));
            }
            Fault::Change => {
                self.changes += 1;
                let hotlines = self.scene.hotlines(self.changes);
                let mut changes = false;
                for daemon in self.posts.iter_mut().filter_map(|post| post.daemon.as_mut()) {
                    daemon.put_in(now, Event::Hotlines(hotlines.clone()));
                    changes = true;
                }
                if changes {
                    self.count(Kind::Change);
                    self.say(|_| "the hotlines change".into());
                }
            }
            Fault::Drain { over, back } => {
                if post.daemon.is_some() {
                    self.say(|world| format!("{} is told to take no new calls", world.name(at)));
                    let drain = Event::Operator(Order::Drain);
                    let leaves = self.posts[at].daemon.as_mut().filter(|_| self.redis.is_some());
                    match leaves {
                        Some(daemon) => daemon.stops(now),
                        None => self.turn(at, &drain, Millis(0))?,
                    }
                    self.at(now + over, Doing::HandOver { at, back });
                }
            }
            Fault::CutOff { span } => {
                if post.daemon.is_some() && self.redis.is_some() {
                    post.cut_off_until = post.cut_off_until.max(now + span);
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.at(now + span, Doing::Reaches);
                    self.count(Kind::CutOff);
                    self.say(|world| format!("{} is cut off from Redis for {span}", world.name(at)));
                }
            }
            Fault::RedisAway { span, loss } => {
                if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_away()) {
                    redis.goes_away();
                    self.redis_failed_at = now;
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.at(now + span, Doing::RedisBack(loss));
                    self.say(|_| format!("Redis is away for {span}"));
                }
            }
            Fault::RedisStill { span } => {
                if let Some(redis) = self.redis.as_mut().filter(|redis| !redis.is_away()) {
                    redis.stands_still();
                    self.redis_failed_at = now;
                    self.hindered_until = self.hindered_until.max(now + span);
                    self.at(now + span, Doing::RedisGoesOn);
                    self.count(Kind::RedisStill);
                    self.say(|_| format!("Redis stands still for {span}"));
                }
            }
        }
        Ok(())
    }

    fn redis_goes_on(&mut self) {
        let now = self.now;
        let Some(redis) = &mut self.redis else { return };
        redis.goes_on(now);
        self.redis_failed_at = now;
        self.say(|_| "Redis goes on".into());
        // Each had a store of its own meanwhile.
        self.claims_are_lost();
    }

    fn redis_is_back(&mut self, loss: Loss) {
        let now = self.now;
        let Some(redis) = &mut self.redis else { return };
        redis.comes_back(now, loss);
        self.redis_failed_at = now;
        self.hindered_until = self.hindered_until.max(now);
        self.count(match loss {
            Loss::Nothing => Kind::RedisAway,
            Loss::Lately => Kind::RedisLostLately,
            Loss::Everything => Kind::RedisLostAll,
        });
        self.say(|_| match loss {
            Loss::Nothing => "Redis is back".into(),
            Loss::Lately => "Redis is back, without what was written last".into(),
            Loss::Everything => "Redis is back, empty".into(),
        });
        // Each had a store of its own meanwhile.
        self.claims_are_lost();
        if loss != Loss::Nothing {
            let since = now.0.saturating_sub(LOST_MS_MAX);
            let dead = |post: &&mut Post| post.daemon.is_none() || post.started.0 > since;
            let dead = self.posts.iter_mut().filter(dead);
            self.forgotten.extend(dead.flat_map(|post| post.taken.iter().map(ToString::to_string)));
        }
    }

    fn kill(&mut self, at: usize, back: Millis, delivered: bool, kept: bool) -> Result<(), String> {
        let cut_off_until = self.posts[at].cut_off_until;
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        let redis = if self.now < cut_off_until { Some(&mut self.nowhere) } else { self.redis.as_mut() };
        let is_told = match (&mut daemon.keeping, redis) {
            (Keeping::Redis(shared), Some(redis)) => Some(shared.dies(delivered, redis)),
            (Keeping::Redis(_) | Keeping::File(_), _) => None,
        };
        if delivered {
            self.deliver(at)?;
        }
        self.say(|world| format!("{} is killed", world.name(at)));
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        match (&mut daemon.keeping, is_told) {
            (Keeping::File(legacy), _) => {
                let mut legacy = std::mem::take(&mut **legacy);
                self.daemon_ends(at, back)?;
                let lost = legacy.loses_unkept();
                if !kept {
                    self.count(Kind::Forgets);
                    self.say(|_| "what it kept is lost".into());
                    self.claims_are_lost();
                    return Ok(());
                }
                self.killed(lost.into_iter().collect());
                self.posts[at].legacy = legacy;
            }
            (Keeping::Redis(_), Some(true)) => {
                self.nothing_is_lost(at)?;
                self.killed(Vec::new());
                self.daemon_ends(at, back)?;
            }
            (Keeping::Redis(_), Some(false) | None) => {
                let mut lost: Vec<CallId> = daemon.taken.iter().cloned().collect();
                lost.extend(self.posts[at].taken.iter().cloned());
                self.killed(lost);
                self.daemon_ends(at, back)?;
            }
        }
        Ok(())
    }

    /// A daemon was killed, and of these calls something was lost with it.
    fn killed(&mut self, lost: Vec<CallId>) {
        self.count(if lost.is_empty() { Kind::Kill } else { Kind::KillUnkept });
        if !lost.is_empty() {
            self.claims_are_lost();
        }
        self.forgotten.extend(lost.iter().map(ToString::to_string));
    }

    /// Save, then act: Redis knows every call that the daemon took, or its record.
    fn nothing_is_lost(&self, at: usize) -> Result<(), String> {
        let (Some(daemon), Some(redis)) = (&self.posts[at].daemon, &self.redis) else { return Ok(()) };
        let kept = redis.kept(&switch());
        // It may have been paused, and another one went on with them.
        let is_written = |call: &CallId| self.posts.iter().any(|post| post.has_written(call));
        match daemon.unwritten().into_iter().find(|call| !kept.contains(call) && !is_written(call)) {
            Some(call) => Err(format!("{} is killed, and Redis does not know {call}", daemon.name)),
            None => Ok(()),
        }
    }

    fn pause(&mut self, at: usize, span: Millis) {
        let post = &mut self.posts[at];
        if post.daemon.is_none() || post.paused_until.is_some() {
            return;
        }
        let until = self.now + span;
        (post.paused_since, post.paused_until) = (self.now, Some(until));
        self.hindered_until = self.hindered_until.max(until);
        self.count(Kind::Pause);
        self.say(|world| format!("{} stands still for {span}", world.name(at)));
        self.at(until, Doing::Wake(at));
    }

    fn wake(&mut self, at: usize) {
        let post = &mut self.posts[at];
        if post.paused_until.take().is_none() {
            return;
        }
        post.hears_from = post.hears_from.max(self.now);
        let stood_still = self.now.since(post.paused_since);
        if let Some(daemon) = &mut post.daemon {
            daemon.wakes(self.now, stood_still);
        }
        self.say(|world| format!("{} wakes up", world.name(at)));
        self.gives_stale_line_up(at);
    }

    /// A daemon to which no news come by its line reads what there is, and begins a new one.
    pub(super) fn gives_stale_line_up(&mut self, at: usize) {
        let post = &mut self.posts[at];
        let is_stale = post.daemon.as_ref().is_some_and(Daemon::is_stale);
        if is_stale && post.notices.is_none() {
            let read = self.now + READ_WITHIN;
            post.notices = Some((read, read + RECONNECT));
            self.hindered_until = self.hindered_until.max(read + RECONNECT);
            self.say(|world| {
                format!("what {} hears is no news any more: it begins a new line", world.name(at))
            });
        }
    }

    pub(super) fn cut(&mut self, at: usize, back: Millis) {
        let post = &mut self.posts[at];
        let Some(line) = &mut post.line else { return };
        line.cut();
        self.alone_since.get_or_insert(self.now);
        if post.daemon.is_some() {
            let notices = self.now + Millis(self.chance.between(0, NOTICED_MS_MAX));
            post.notices = Some((notices, notices + back));
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
        let Some(mut daemon) = post.daemon.take() else { return Ok(()) };
        let told = post.line.as_ref().is_some_and(|line| !line.dead) && daemon.linked_since.is_some();
        (post.line, post.notices, post.paused_until) = (None, None, None);
        post.taken.extend(daemon.taken.iter().cloned());
        if let Keeping::Redis(shared) = &mut daemon.keeping {
            post.file = std::mem::take(&mut shared.file);
        }
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
        self.summary.print = self.summary.print.rotate_left(7) ^ daemon.print;
        daemon.records.values().for_each(|record| self.summary.tally.went(record.outcome));
        Ok(())
    }

    fn hand_over(&mut self, at: usize, back: Millis) -> Result<(), String> {
        let now = self.now;
        let cut_off = now < self.posts[at].cut_off_until;
        let heard_until = self.posts[at].heard_until(now);
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        daemon.hurry(now)?;
        // What the link has told is heard before the end; what it has not is never heard.
        while let Some(event) = daemon.heard(Instant(u64::MAX)) {
            if daemon.is_news(&event) {
                daemon.turn(now, &event)?;
            }
        }
        daemon.turn(now, &Event::Operator(Order::HandOver))?;
        let redis = self.redis.as_mut();
        daemon.ends(now, redis.map(|redis| if cut_off { &mut self.nowhere } else { redis }))?;
        self.handed_over = Some((now, heard_until));
        daemon.pass_orders(Instant(u64::MAX));
        let is_told = daemon.is_told();
        let left = (daemon.engine.switchboard.live(), daemon.engine.lines_in_use(), daemon.unwritten().len());
        if left != (0, 0, 0) {
            return Err(format!("after the hand-over (calls, lines, records) are left: {left:?}"));
        }
        let written = daemon.speaks(now);
        self.count(Kind::HandOver);
        self.say(|world| format!("{} hands over", world.name(at)));
        self.tell_news(at);
        self.note(String::new);
        if let Some(written) = written {
            self.write(at, &written)?;
        }
        self.deliver(at)?;
        if !is_told {
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
