//! What happens at a post: bytes come, the daemon is told, and what it has said gets where it belongs.

use super::connection::Line;
use super::daemon_socket::switch;
use super::driver::wrote;
use super::host::Post;
use super::world::World;
use hotlined_core::time::Millis;
use hotlined_instance::Input;
use hotlined_instance::LinkInput;
use hotlined_instance::RedisChannelReply;
use std::io;

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
            // Whoever wakes up reads what there is before it looks at the clock.
            if let Some(bytes) = if awake { line.to_daemon.arrived(now) } else { None } {
                self.received(at, &bytes)?;
                return Ok(true);
            }
            if line.polls_at.is_some_and(|at| at <= now) {
                line.poll(now, &mut self.rng);
                return Ok(true);
            }
        }
        if self.redis_hears(at, now) {
            return Ok(true);
        }
        if awake { self.daemon_acts(at) } else { Ok(false) }
    }

    /// What the daemon asked has come to Redis by then, whether it is awake or not. Says whether anything had.
    pub(super) fn redis_hears(&mut self, at: usize, then: hotlined_core::time::Instant) -> bool {
        let is_cut_off = self.now < self.posts[at].cut_off_until;
        let Some(redis) = self.redis.as_mut().map(|redis| if is_cut_off { &mut self.nowhere } else { redis })
        else {
            return false;
        };
        let Post { daemon: Some(daemon), file, .. } = &mut self.posts[at] else { return false };
        let Some(wires) = daemon.wires.as_mut().filter(|wires| wires.reaches().is_some_and(|at| at <= then))
        else {
            return false;
        };
        wires.reach(then, redis, file);
        true
    }

    fn daemon_acts(&mut self, at: usize) -> Result<bool, String> {
        let now = self.now;
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(false) };
        if daemon.socket.as_ref().and_then(|socket| socket.connects_at).is_some_and(|at| at <= now) {
            self.connect(at)?;
            return Ok(true);
        }
        if self.daemon_hears_redis(at)? {
            return Ok(true);
        }
        let Post { daemon: Some(daemon), file, .. } = &mut self.posts[at] else { return Ok(false) };
        if let Some(writing) = daemon.writing.take_if(|writing| writing.done_at <= now) {
            self.kept(at, &writing)?;
            return Ok(true);
        }
        if let Some((_, delivery)) = daemon.deliveries.pop_front_if(|(at, _)| *at <= now) {
            wrote(daemon, file, &delivery)?;
            self.tell_news(at);
            self.tell_daemon(at, Input::Delivered(delivery.id))?;
            return Ok(true);
        }
        if self.write_out(at, Millis(0))? {
            return Ok(true);
        }
        let daemon = self.posts[at].daemon.as_ref();
        if daemon.is_some_and(|daemon| daemon.deadline.is_some_and(|at| daemon.ours(at) <= now)) {
            self.tell_daemon(at, Input::Due)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The daemon's connection is made, or refused.
    fn connect(&mut self, at: usize) -> Result<(), String> {
        let now = self.now;
        let post = &mut self.posts[at];
        let Some(daemon) = &mut post.daemon else { return Ok(()) };
        let input = if now < post.refuses_until {
            daemon.socket = None;
            LinkInput::Refused(io::ErrorKind::ConnectionRefused.into())
        } else {
            if let Some(socket) = &mut daemon.socket {
                socket.connects_at = None;
            }
            post.line = Some(Line::open(now, self.scene.network_delay_ms, &mut self.rng));
            post.hears_from = post.hears_from.max(now);
            // No two have the same names for what they order.
            LinkInput::Connected(super::daemon::fnv(now.0, &daemon.name))
        };
        self.say(|world| match input {
            LinkInput::Connected(_) => format!("{} connects", world.name(at)),
            _ => format!("{} cannot connect", world.name(at)),
        });
        self.tell_daemon(at, Input::Link(switch(), input))
    }

    /// An answer of Redis comes, if one is there.
    fn daemon_hears_redis(&mut self, at: usize) -> Result<bool, String> {
        let now = self.now;
        let is_cut_off = now < self.posts[at].cut_off_until;
        let Some(redis) = self.redis.as_ref().map(|redis| if is_cut_off { &self.nowhere } else { redis })
        else {
            return Ok(false);
        };
        let Some(daemon) = &mut self.posts[at].daemon else { return Ok(false) };
        let Some(wires) = &mut daemon.wires else { return Ok(false) };
        wires.look(now, redis);
        let Some((channel, answer)) = wires.heard(now) else { return Ok(false) };
        if let Ok(RedisChannelReply::SwitchLoaded(loaded, delivered)) = &answer {
            let open = loaded.kept.deliveries.iter().filter(|delivery| !delivered.contains(&delivery.id));
            daemon.inherits = open.map(|delivery| delivery.id.call.clone()).collect();
        }
        self.tell_daemon(at, Input::Redis(channel, answer))?;
        Ok(true)
    }

    /// What a daemon wrote, by this token, goes to the switch. Whoever has a lower token than one that spoke is to be
    /// silent.
    pub(super) fn write(&mut self, at: usize, token: Option<u64>, bytes: &[u8]) -> Result<(), String> {
        let post = &self.posts[at];
        if post.line.as_ref().is_none_or(|line| line.dead) {
            return Ok(());
        }
        if let Some(token) = token {
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
            line.to_switch.send(self.now, bytes, &mut self.rng);
        }
        Ok(())
    }
}
