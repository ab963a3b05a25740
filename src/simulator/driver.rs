//! The driver of a daemon: tells its instance what happened, and does what it says, with a network, a disk and a Redis
//! that take their time.

use super::counts::Counter;
use super::daemon::{Daemon, Observed, Writing};
use super::daemon_socket::Socket;
use super::host::Post;
use super::world::{Doing, World};
use super::world_setup::FaultTime;
use crate::redis::SimulatedRedis;
use bytes::Bytes;
use hotlined_core::event::Event;
use hotlined_core::id::CallId;
use hotlined_core::time::Millis;
use hotlined_instance::LinkInput;
use hotlined_instance::persist::outbox::Delivery;
use hotlined_instance::switch::freeswitch::link::LinkOutput;
use hotlined_instance::{Input, Output};
use std::collections::BTreeSet;

/// For how long after Redis was away a daemon may not have been able to tell it something.
const FORGIVEN_FOR: Millis = Millis::seconds(60);
/// For how long after a disk was full, Redis was away or a daemon stood still that one may act on what is not kept.
pub(super) const UNKEPT_AFTER: Millis = Millis::seconds(2);
/// In how many of a hundred cases a record takes long until it is in its file, and how long at most.
const SLOW_RECORD_PERCENT: u64 = 5;
const SLOW_RECORD_MS_MAX: u64 = 6_000;

impl World<'_> {
    /// How long it takes at most until a driver comes to something, as it is drawn.
    fn lag(&mut self) -> Millis {
        Millis(self.rng.between(0, self.scene.daemon_lag_ms))
    }

    /// The daemon of this post is told something, and does what follows.
    pub(super) fn tell_daemon(&mut self, at: usize, input: Input) -> Result<(), String> {
        let now = self.now;
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        let told = daemon.told(now);
        let is_word = matches!(input, Input::Link(_, LinkInput::Received(_)));
        daemon.instance.handle(told, input);
        self.go_on(at, is_word)
    }

    /// It does what follows from what it was told; `is_word` is whether that was a word of the switch.
    pub(super) fn go_on(&mut self, at: usize, is_word: bool) -> Result<(), String> {
        loop {
            let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
            let output = daemon.instance.next_output();
            self.observe(at)?;
            let Some(output) = output else { break };
            self.carry_out(at, output, is_word)?;
        }
        self.note(String::new);
        if let Some(daemon) = &mut self.posts[at].daemon {
            daemon.deadline = daemon.instance.deadline();
        }
        Ok(())
    }

    fn carry_out(&mut self, at: usize, output: Output, is_word: bool) -> Result<(), String> {
        let (now, lag) = (self.now, self.lag());
        let is_full = now < self.posts[at].disk_full_until;
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        match output {
            Output::Link(_, LinkOutput::Connect) => {
                daemon.is_cut_short = false;
                daemon.socket = Some(Socket::new(now + lag, daemon.token()));
            }
            Output::Link(_, LinkOutput::Write { bytes, permit }) => {
                let Some(socket) = &mut daemon.socket else {
                    return Err(format!("{} writes to nobody", daemon.name));
                };
                socket.put(now + lag, bytes, permit);
            }
            Output::Link(_, LinkOutput::Close { discard }) => self.close(at, discard, is_word)?,
            Output::Redis(channel, request) => {
                let Some(wires) = &mut daemon.wires else { return Err("asks no Redis".into()) };
                wires.ask(now, channel, request)?;
            }
            Output::Keep { number, frames } => {
                // A disk that is full says so, and one that is too slow is done in the end.
                let is_slow = is_full && self.rng.percent(50);
                let done_at = if is_slow { self.posts[at].disk_full_until } else { now + lag };
                let writing = Writing { done_at, number, frames, fails: is_full && !is_slow };
                if let Some(daemon) = &mut self.posts[at].daemon
                    && daemon.writing.replace(writing).is_some()
                {
                    return Err(format!("{} keeps something before it was answered", daemon.name));
                }
            }
            Output::Deliver(delivery) => {
                let hindered_at = self.redis_failed_at.max(self.posts[at].cut_off_until);
                may_deliver(&self.posts[at], self.redis.as_ref(), now.since(hindered_at), &delivery)?;
                let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
                let newest = daemon.deliveries.back().map_or(now, |(newest, _)| *newest);
                let slow = match self.rng.percent(SLOW_RECORD_PERCENT) {
                    true => Millis(self.rng.between(0, SLOW_RECORD_MS_MAX)),
                    false => Millis(0),
                };
                if let Some(daemon) = &mut self.posts[at].daemon {
                    daemon.deliveries.push_back((newest.max(now + lag + slow), delivery));
                }
            }
            Output::Ended(outcome) => {
                outcome.map_err(|ended| format!("{} ended by itself: {ended}", daemon.name))?;
                self.stopped(at)?;
            }
        }
        Ok(())
    }

    /// The daemon closes its connection. What it wrote and the switch has not read arrives, or never does.
    fn close(&mut self, at: usize, discard: bool, is_word: bool) -> Result<(), String> {
        let now = self.now;
        let post = &mut self.posts[at];
        if let (Some(daemon), true) = (&mut post.daemon, discard && is_word) {
            daemon.is_cut_short = true;
        }
        if !discard {
            self.write_out(at, Millis(u64::MAX))?;
            self.deliver(at)?;
        }
        let post = &mut self.posts[at];
        let had_line = post.line.take().is_some();
        post.notices = None;
        if let Some(daemon) = &mut post.daemon {
            daemon.socket = None;
        }
        if had_line {
            self.alone_since.get_or_insert(now);
            self.say(|world| format!("{} gives the line up", world.name(at)));
        }
        Ok(())
    }

    /// Writes to the switch what can be written within that time, and still may be.
    pub(super) fn write_out(&mut self, at: usize, within: Millis) -> Result<bool, String> {
        let now = self.now;
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(false) };
        let told = daemon.told(now);
        let Some(socket) = daemon.socket.as_mut().filter(|socket| socket.connects_at.is_none()) else {
            return Ok(false);
        };
        let (token, written) = (socket.token, socket.written(now + within, told));
        if written.is_empty() {
            return Ok(false);
        }
        self.write(at, token, &written)?;
        Ok(true)
    }

    /// Frames are in the file, or cannot be.
    pub(super) fn kept(&mut self, at: usize, writing: &Writing) -> Result<(), String> {
        let is_to_renew = self.rng.percent(1);
        let (outcome, renews) = match writing.fails {
            true => (Err("no space left on device".to_owned()), false),
            false => (Ok(()), self.posts[at].disk.append(&writing.frames, is_to_renew)?),
        };
        self.tell_daemon(at, Input::Kept { number: writing.number, outcome, renews })
    }

    /// Bytes of the switch have come.
    pub(super) fn received(&mut self, at: usize, bytes: &Bytes) -> Result<(), String> {
        let input = LinkInput::Received(bytes[..].into());
        self.tell_daemon(at, Input::Link(super::daemon_socket::switch(), input))
    }

    /// What was seen of a daemon, and what follows for the world.
    fn observe(&mut self, at: usize) -> Result<(), String> {
        let now = self.now;
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        for observed in daemon.observe(now)? {
            match observed {
                Observed::Turned(turns) => self.turned(at, turns),
                Observed::Linked(legs) => {
                    self.say(|_| format!("the link is up, with {legs} legs on the switch"));
                }
                Observed::Acts if self.redis.is_some() => self.begins(at),
                Observed::Acts => {}
                Observed::StoodBy(had) => self.stood_by(at, had),
                Observed::HandsOver => {
                    self.handed_over = Some((at, now, self.posts[at].heard_until(now)));
                    self.count(Counter::HandedOver);
                    self.say(|world| format!("{} hands over", world.name(at)));
                }
                Observed::Unkept => self.unkept(at)?,
            }
        }
        Ok(())
    }

    /// A daemon does something that is not kept: only where it could not be.
    fn unkept(&mut self, at: usize) -> Result<(), String> {
        let post = &self.posts[at];
        let since = match self.redis {
            None => post.disk_full_until,
            Some(_) => self.redis_failed_at.max(post.cut_off_until),
        };
        let hindered = self.now.since(since.max(post.hears_from)) < UNKEPT_AFTER;
        if !hindered && self.redis.as_ref().is_none_or(|redis| !redis.is_unresponsive()) {
            return Err(format!("{} acts before that is kept, though it could be", self.name(at)));
        }
        if self.redis.is_none() {
            self.count(Counter::TurnUnsaved);
        }
        Ok(())
    }

    /// The engine of a daemon took so many events by now.
    fn turned(&mut self, at: usize, turns: usize) {
        if self.daemons != self.posts.len() || at != 0 {
            return;
        }
        self.summary.turns = turns;
        for (when, fault) in &self.scene.faults {
            if let FaultTime::AfterTurn(turn, wait) = when
                && *turn == turns
            {
                self.at(self.now + *wait, Doing::Fault(*fault));
            }
        }
    }

    fn begins(&mut self, at: usize) {
        self.takes_over(at);
        let live =
            self.posts[at].daemon.as_ref().map_or(0, |it| it.instance.engine().switchboard.live_count());
        self.count(if live > 0 { Counter::TakenOver } else { Counter::ActiveWithoutCalls });
        self.say(|world| format!("{} acts for the switch, with {live} calls", world.name(at)));
    }

    /// Another daemon acts. Where the switch said so, both have done something with the calls, and both have claimed
    /// lines.
    fn stood_by(&mut self, at: usize, had: BTreeSet<CallId>) {
        let Some(daemon) = &mut self.posts[at].daemon else { return };
        if !std::mem::take(&mut daemon.is_cut_short) {
            return;
        }
        self.forgotten.extend(had.iter().map(ToString::to_string));
        self.claims_are_lost();
        self.forgive();
        self.count(Counter::Superseded);
        self.say(|world| format!("{} hears at the switch that another one acts", world.name(at)));
    }

    /// A daemon begins to act. What another one wrote and could not tell any more, it writes once more.
    fn takes_over(&mut self, at: usize) {
        let taken_up = self.posts[at].daemon.as_ref().map(|daemon| daemon.taken.clone()).unwrap_or_default();
        let redis_failed = self.now.since(self.redis_failed_at) < FORGIVEN_FOR;
        let mut twice = 0;
        for other in self.posts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, post)| post) {
            let again = taken_up.iter().filter(|call| other.has_written(call)).map(ToString::to_string);
            let again: Vec<String> = again.filter(|call| !self.forgotten.contains(call)).collect();
            twice += again.len() as u64;
            self.forgotten.extend(again);
            let failed = redis_failed || self.now.since(other.cut_off_until) < FORGIVEN_FOR;
            let untold = other.daemon.as_ref().filter(|daemon| failed && !daemon.is_told());
            let taken = untold.iter().flat_map(|daemon| daemon.taken.iter()).map(ToString::to_string);
            self.forgotten.extend(taken);
        }
        self.summary.counts.add(Counter::RecordWrittenTwice, twice);
        self.forgive();
    }

    fn forgive(&mut self) {
        let forgiven: BTreeSet<CallId> = self.forgotten.iter().filter_map(|call| call.parse().ok()).collect();
        for daemon in self.posts.iter_mut().filter_map(|post| post.daemon.as_mut()) {
            daemon.forgiven.clone_from(&forgiven);
        }
    }

    /// The hotlines change.
    pub(super) fn change(&mut self) -> Result<(), String> {
        self.changes += 1;
        let hotlines = self.scene.hotlines(self.changes);
        let mut changes = false;
        for at in 0..self.posts.len() {
            changes |= self.posts[at].daemon.is_some();
            self.tell_daemon(at, Input::Configured(Event::Hotlines(hotlines.clone())))?;
        }
        if changes {
            self.count(Counter::HotlinesChanged);
            self.say(|_| "the hotlines change".into());
        }
        Ok(())
    }

    /// Records on their way into the file are in it.
    pub(super) fn write_records(
        &mut self,
        at: usize,
        until: hotlined_core::time::Instant,
    ) -> Result<(), String> {
        let Post { daemon: Some(daemon), file, .. } = &mut self.posts[at] else { return Ok(()) };
        while let Some((_, delivery)) = daemon.deliveries.pop_front_if(|(at, _)| *at <= until) {
            wrote(daemon, file, &delivery)?;
        }
        self.tell_news(at);
        Ok(())
    }

    /// Tells what a daemon wrote down.
    pub(super) fn tell_news(&mut self, at: usize) {
        let Some(daemon) = &mut self.posts[at].daemon else { return };
        let news = daemon.news();
        if let Some(story) = &mut self.story {
            news.iter().for_each(|record| story.recorded(self.now, &daemon.name, record));
        }
    }
}

/// A daemon hands a delivery over: Redis, if the daemon has reached it for a while, knows that the call is over, and no
/// other daemon has taken the switch.
fn may_deliver(
    post: &Post,
    redis: Option<&SimulatedRedis>,
    reached_for: Millis,
    delivery: &Delivery,
) -> Result<(), String> {
    let (Some(daemon), Some(redis)) = (&post.daemon, redis) else { return Ok(()) };
    let is_hindered = redis.is_unresponsive() || reached_for < UNKEPT_AFTER || !daemon.is_in_touch(redis);
    let (Some(token), false) = (daemon.token(), is_hindered) else { return Ok(()) };
    let (switch, name, id) = (super::daemon_socket::switch(), &daemon.name, &delivery.id);
    if redis.highest_token(&switch) > token {
        return Err(format!("{name} delivers {id}, and another one has taken the switch"));
    }
    if redis.is_live(&switch, &id.call) {
        return Err(format!("{name} delivers {id} before that is kept"));
    }
    Ok(())
}

/// A delivery is in the file of records.
pub(super) fn wrote(
    daemon: &mut Daemon,
    file: &mut BTreeSet<hotlined_instance::persist::outbox::DeliveryId>,
    delivery: &hotlined_instance::persist::outbox::Delivery,
) -> Result<(), String> {
    file.insert(delivery.id.clone());
    daemon.wrote(delivery)
}
