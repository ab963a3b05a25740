//! What happens at a post: bytes come, the daemon turns, keeps and speaks.

use super::daemon::Daemon;
use super::keeping::Keeping;
use super::life::{Doing, World};
use super::line::Line;
use super::post::Post;
use super::scene::When;
use super::tally::Kind;
use crate::event::Event;
use crate::id::CallId;
use crate::time::Millis;
use std::collections::BTreeSet;

/// How soon a connection that did not come up is tried again.
pub(super) const RECONNECT: Millis = Millis::seconds(1);
/// For how long after Redis was away a daemon may not have been able to tell it something.
const FORGIVEN_FOR: Millis = Millis::seconds(60);
/// Within how long of the first word of another a daemon hears at the switch that it acts no more: the other's link comes
/// up, and the word is on its way.
const SUPERSEDED_WITHIN: Millis = Millis::seconds(2);

impl World<'_> {
    /// One thing that is due at this post, if there is one.
    pub(super) fn post_steps(&mut self, at: usize) -> Result<bool, String> {
        let now = self.now;
        let post = &mut self.posts[at];
        let awake = post.is_awake();
        if let Some(line) = &mut post.line {
            if let Some(bytes) = line.to_switch.arrived(now) {
                line.read(&bytes);
                self.requests(at)?;
                return Ok(true);
            }
            if let Some(bytes) = if awake { line.to_daemon.arrived(now) } else { None } {
                self.daemon_hears(at, &bytes)?;
                return Ok(true);
            }
            if line.polls_at.is_some_and(|at| at <= now) {
                line.poll(now, &mut self.chance);
                return Ok(true);
            }
        }
        if awake {
            return self.daemon_acts(at);
        }
        let reaches = post.reaches().is_some_and(|at| at <= now);
        let redis = if now < post.cut_off_until { Some(&mut self.nowhere) } else { self.redis.as_mut() };
        if let (Some(Daemon { keeping: Keeping::Redis(shared), .. }), Some(redis)) = (&mut post.daemon, redis)
        {
            shared.reach(now, redis);
        }
        Ok(reaches)
    }

    fn daemon_acts(&mut self, at: usize) -> Result<bool, String> {
        let now = self.now;
        let lag = Millis(self.chance.between(0, self.scene.engine_lag_ms));
        let keeps = now >= self.posts[at].disk_full_until;
        let cut_off = now < self.posts[at].cut_off_until;
        let Post { daemon: Some(daemon), line, .. } = &mut self.posts[at] else { return Ok(false) };
        if daemon.connects_at.is_some_and(|at| at <= now) {
            daemon.connect(now, self.scene.format)?;
            *line = Some(Line::open(now, self.scene.delay_ms, &mut self.chance));
            let post = &mut self.posts[at];
            post.hears_from = post.hears_from.max(now);
            self.say(|world| format!("{} connects", world.name(at)));
            return Ok(true);
        }
        daemon.looks(now);
        if daemon.gives_up_at().is_some_and(|at| at <= now) {
            self.say(|world| format!("{} gives the line up", world.name(at)));
            self.link_lost(at, now + RECONNECT);
            return Ok(true);
        }
        daemon.pass_orders(now);
        daemon.knock(now);
        if let Some(written) = daemon.speaks(now) {
            self.write(at, &written)?;
            return Ok(true);
        }
        let redis = self.redis.as_mut();
        if let Some(redis) = redis.map(|redis| if cut_off { &mut self.nowhere } else { redis }) {
            let (connects, acts) = (daemon.connects_at, daemon.token());
            let something = daemon.share(now, lag, redis)?;
            let begins = connects.is_none() && daemon.connects_at.is_some() && daemon.token() != acts;
            let live = daemon.engine.switchboard.live();
            if daemon.talking.is_none() {
                *line = None;
                self.posts[at].notices = None;
            }
            self.tell_news(at);
            if begins {
                self.takes_over(at);
                self.count(if live > 0 { Kind::TakenOver } else { Kind::Begun });
                self.say(|world| format!("{} acts for the switch, with {live} calls", world.name(at)));
            }
            if something {
                return Ok(true);
            }
        }
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(false) };
        if daemon.is_waiting() {
            return Ok(false);
        }
        let event = daemon.arrived(now).or_else(|| {
            let due = daemon.deadline().is_some_and(|at| at <= now);
            due.then_some(Event::Due)
        });
        if let Some(event) = event {
            daemon.standstill.heard(now);
            self.turn(at, &event, lag)?;
            return Ok(true);
        }
        // Several daemons keep together what they took in at once.
        daemon.settle(now, lag, keeps)?;
        self.tell_news(at);
        Ok(false)
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
        self.summary.tally.add(Kind::RecordTwice, twice);
        self.forgive();
    }

    fn forgive(&mut self) {
        let forgiven: BTreeSet<CallId> = self.forgotten.iter().filter_map(|call| call.parse().ok()).collect();
        for daemon in self.posts.iter_mut().filter_map(|post| post.daemon.as_mut()) {
            daemon.forgiven.clone_from(&forgiven);
        }
    }

    pub(super) fn turn(&mut self, at: usize, event: &Event, lag: Millis) -> Result<(), String> {
        let now = self.now;
        let post = &mut self.posts[at];
        let keeps = now >= post.disk_full_until;
        let Some(daemon) = &mut post.daemon else { return Ok(()) };
        if !daemon.is_news(event) {
            return Ok(());
        }
        let unkept = daemon.has_unkept();
        daemon.turn(now, event)?;
        let turns = daemon.turns;
        if self.redis.is_none() {
            daemon.settle(now, lag, keeps)?;
        }
        if daemon.has_unkept() && !unkept {
            self.count(Kind::TurnUnkept);
        }
        self.note(String::new);
        if let Event::LinkRestored { legs, .. } = event {
            let legs = legs.len();
            self.say(|_| format!("the link is up, with {legs} legs on the switch"));
        }
        self.tell_news(at);
        if self.daemons == self.posts.len() && at == 0 {
            self.summary.turns = turns;
            for (when, fault) in &self.scene.faults {
                if let When::AfterTurn(turn, wait) = when
                    && *turn == turns
                {
                    self.at(now + *wait, Doing::Fault(*fault));
                }
            }
        }
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

    /// What a daemon wrote goes to the switch. Whoever has a lower token than one that spoke is to be silent.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), String> {
        let post = &self.posts[at];
        if post.line.as_ref().is_none_or(|line| line.dead) {
            return Ok(());
        }
        if let Some(token) = post.daemon.as_ref().and_then(Daemon::token) {
            // Who is cut off from Redis alone hears from the switch that another one acts, but not at once.
            let hears_by = self.token_since.max(post.hears_from) + SUPERSEDED_WITHIN;
            let was_cut_off = self.now.since(post.cut_off_until) < SUPERSEDED_WITHIN;
            if token < self.token && (!was_cut_off || self.now > hears_by) {
                return Err(format!("{} speaks by {token}, after {}: two act", self.name(at), self.token));
            }
            if token > self.token {
                (self.token, self.token_since) = (token, self.now);
            }
        }
        if let Some(line) = &mut self.posts[at].line {
            line.to_switch.send(self.now, bytes, &mut self.chance);
        }
        Ok(())
    }

    fn daemon_hears(&mut self, at: usize, bytes: &[u8]) -> Result<(), String> {
        let lag = Millis(self.chance.between(0, self.scene.engine_lag_ms));
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(()) };
        daemon.hear(self.now, bytes, lag)?;
        if std::mem::take(&mut daemon.is_superseded) {
            let had = std::mem::take(&mut daemon.left_undone);
            // Both have done something with them, and both have claimed lines.
            self.forgotten.extend(had.iter().map(ToString::to_string));
            self.posts[at].line = None;
            self.posts[at].notices = None;
            self.claims_are_lost();
            self.forgive();
            self.count(Kind::Superseded);
            self.say(|world| format!("{} hears at the switch that another one acts", world.name(at)));
            return Ok(());
        }
        if daemon.is_stale() {
            self.gives_stale_line_up(at);
            return Ok(());
        }
        match daemon.speaks(self.now) {
            Some(written) => self.write(at, &written),
            None => Ok(()),
        }
    }
}
