//! What happens at a post: bytes come, the daemon is told, and what it has said gets where it belongs.

use super::connection::Connection;
use super::daemon_socket::switch;
use super::driver::record_written;
use super::host::Host;
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
    pub(super) fn step_host(&mut self, ix: usize) -> Result<bool, String> {
        let now = self.now;
        let host = &mut self.hosts[ix];
        let awake = host.is_awake();
        if let Some(connection) = &mut host.connection {
            if let Some(bytes) = connection.to_switch.arrived(now) {
                connection.read(&bytes);
                self.answer_requests(ix)?;
                return Ok(true);
            }
            // Whoever wakes up reads what there is before it looks at the clock.
            if let Some(bytes) = if awake { connection.to_daemon.arrived(now) } else { None } {
                self.receive_from_switch(ix, &bytes)?;
                return Ok(true);
            }
            if connection.polls_at.is_some_and(|at| at <= now) {
                connection.poll(now, &mut self.rng);
                return Ok(true);
            }
        }
        if self.deliver_to_redis(ix, now) {
            return Ok(true);
        }
        if awake { self.step_daemon(ix) } else { Ok(false) }
    }

    /// What the daemon asked has come to Redis by then, whether it is awake or not. Says whether anything had.
    pub(super) fn deliver_to_redis(&mut self, ix: usize, then: hotlined_core::time::Instant) -> bool {
        let is_cut_off = self.now < self.hosts[ix].cut_off_until;
        let Some(redis) =
            self.redis.as_mut().map(|redis| if is_cut_off { &mut self.unreachable_redis } else { redis })
        else {
            return false;
        };
        let Host { daemon: Some(daemon), written_records, .. } = &mut self.hosts[ix] else { return false };
        let Some(redis_connections) = daemon
            .redis_connections
            .as_mut()
            .filter(|redis_connections| redis_connections.reaches().is_some_and(|at| at <= then))
        else {
            return false;
        };
        redis_connections.reach(then, redis, written_records);
        true
    }

    fn step_daemon(&mut self, ix: usize) -> Result<bool, String> {
        let now = self.now;
        let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(false) };
        if daemon.socket.as_ref().and_then(|socket| socket.connects_at).is_some_and(|at| at <= now) {
            self.connect(ix)?;
            return Ok(true);
        }
        if self.deliver_redis_reply(ix)? {
            return Ok(true);
        }
        let Host { daemon: Some(daemon), written_records, .. } = &mut self.hosts[ix] else {
            return Ok(false);
        };
        if let Some(pending_write) =
            daemon.pending_write.take_if(|pending_write| pending_write.done_at <= now)
        {
            self.write_finished(ix, &pending_write)?;
            return Ok(true);
        }
        if let Some((_, delivery)) = daemon.deliveries.pop_front_if(|(at, _)| *at <= now) {
            record_written(daemon, written_records, &delivery)?;
            self.narrate_records(ix);
            self.handle_daemon_input(ix, Input::Delivered(delivery.id))?;
            return Ok(true);
        }
        if self.write_out(ix, Millis(0))? {
            return Ok(true);
        }
        let daemon = self.hosts[ix].daemon.as_ref();
        if daemon.is_some_and(|daemon| daemon.deadline.is_some_and(|at| daemon.world_time(at) <= now)) {
            self.handle_daemon_input(ix, Input::Tick)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The daemon's connection is made, or refused.
    fn connect(&mut self, ix: usize) -> Result<(), String> {
        let now = self.now;
        let host = &mut self.hosts[ix];
        let Some(daemon) = &mut host.daemon else { return Ok(()) };
        let input = if now < host.refuses_until {
            daemon.socket = None;
            LinkInput::ConnectFailed(io::ErrorKind::ConnectionRefused.into())
        } else {
            if let Some(socket) = &mut daemon.socket {
                socket.connects_at = None;
            }
            host.connection = Some(Connection::open(now, self.setup.network_delay_ms, &mut self.rng));
            host.hears_switch_from = host.hears_switch_from.max(now);
            // No two have the same names for what they order.
            LinkInput::Connected(super::daemon::fnv(now.0, &daemon.name))
        };
        self.narrate(|world| match input {
            LinkInput::Connected(_) => format!("{} connects", world.name(ix)),
            _ => format!("{} cannot connect", world.name(ix)),
        });
        self.handle_daemon_input(ix, Input::Link(switch(), input))
    }

    /// An answer of Redis comes, if one is there.
    fn deliver_redis_reply(&mut self, ix: usize) -> Result<bool, String> {
        let now = self.now;
        let is_cut_off = now < self.hosts[ix].cut_off_until;
        let Some(redis) =
            self.redis.as_ref().map(|redis| if is_cut_off { &self.unreachable_redis } else { redis })
        else {
            return Ok(false);
        };
        let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(false) };
        let Some(redis_connections) = &mut daemon.redis_connections else { return Ok(false) };
        redis_connections.look(now, redis);
        let Some((channel, answer)) = redis_connections.heard(now) else { return Ok(false) };
        if let Ok(RedisChannelReply::SwitchLoaded(loaded, delivered)) = &answer {
            let open = loaded.kept.deliveries.iter().filter(|delivery| !delivered.contains(&delivery.id));
            daemon.inherited_deliveries = open.map(|delivery| delivery.id.call.clone()).collect();
        }
        self.handle_daemon_input(ix, Input::Redis(channel, answer))?;
        Ok(true)
    }

    /// What a daemon wrote, by this token, goes to the switch. Whoever has a lower token than one that spoke is to be
    /// silent.
    pub(super) fn write_to_switch(
        &mut self,
        ix: usize,
        token: Option<u64>,
        bytes: &[u8],
    ) -> Result<(), String> {
        let host = &self.hosts[ix];
        if host.connection.as_ref().is_none_or(|connection| connection.dead) {
            return Ok(());
        }
        if let Some(token) = token {
            // Who is cut off from Redis alone hears from the switch that another one acts, but not at once.
            let hears_by = self.token_since.max(host.hears_switch_from) + SUPERSEDED_WITHIN;
            let was_cut_off = self.now.since(host.cut_off_until) < SUPERSEDED_WITHIN;
            if token < self.token && (!was_cut_off || self.now > hears_by) {
                return Err(format!("{} speaks by {token}, after {}: two act", self.name(ix), self.token));
            }
            if token > self.token {
                (self.token, self.token_since) = (token, self.now);
            }
        }
        if let Some(connection) = &mut self.hosts[ix].connection {
            connection.to_switch.send(self.now, bytes, &mut self.rng);
        }
        Ok(())
    }
}
