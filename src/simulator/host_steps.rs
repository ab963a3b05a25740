//! The steps of a host: bytes arrive, the daemon gets its inputs, and its output reaches the switch and Redis.

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

/// After another daemon's first write to the switch, a daemon learns from the switch within this time that it is no
/// longer active. The other daemon's link comes up in this time, and the notice is on its way.
const SUPERSEDED_WITHIN: Millis = Millis::seconds(2);

impl World<'_> {
    /// Performs one step that is due at this host. Returns whether there was one.
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
            // A daemon that resumes reads the waiting bytes before its deadline counts.
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

    /// Delivers the daemon's requests that reach Redis by this time, even if the daemon is paused. Returns whether
    /// there was one.
    pub(super) fn deliver_to_redis(&mut self, ix: usize, until: hotlined_core::time::Instant) -> bool {
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
            .filter(|redis_connections| redis_connections.next_arrival().is_some_and(|at| at <= until))
        else {
            return false;
        };
        redis_connections.deliver(until, redis, written_records);
        true
    }

    /// Performs one step of the daemon's driver. Returns whether there was one.
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

    /// The daemon's connection attempt succeeds or is refused.
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
            host.receives_from = host.receives_from.max(now);
            // The seed of the job ids: no two connections use the same job ids.
            LinkInput::Connected(super::daemon::fnv(now.0, &daemon.name))
        };
        self.narrate(|world| match input {
            LinkInput::Connected(_) => format!("{} connects", world.name(ix)),
            _ => format!("{} cannot connect", world.name(ix)),
        });
        self.handle_daemon_input(ix, Input::Link(switch(), input))
    }

    /// Gives the next reply of Redis to the daemon. Returns whether there was one.
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
        redis_connections.check_waiting(now, redis);
        let Some((channel, reply)) = redis_connections.next_reply(now) else { return Ok(false) };
        if let Ok(RedisChannelReply::SwitchLoaded(loaded, delivered)) = &reply {
            let records = loaded.kept.deliveries.iter().filter(|delivery| delivery.id.is_record());
            let open = records.filter(|delivery| !delivered.contains(&delivery.id));
            daemon.inherited_deliveries = open.map(|delivery| delivery.id.call.clone()).collect();
        }
        self.handle_daemon_input(ix, Input::Redis(channel, reply))?;
        Ok(true)
    }

    /// Sends the bytes of a daemon with this token to the switch. A daemon must not write any more after a daemon with
    /// a higher token has written.
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
            // A daemon that is cut off from Redis alone learns from the switch that another one is active, with a
            // delay.
            let superseded_by = self.token_since.max(host.receives_from) + SUPERSEDED_WITHIN;
            let was_cut_off = self.now.since(host.cut_off_until) < SUPERSEDED_WITHIN;
            if token < self.token && (!was_cut_off || self.now > superseded_by) {
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
