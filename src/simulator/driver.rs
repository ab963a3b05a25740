//! The driver of a daemon: gives inputs to the instance and carries out its outputs, with a network, a disk and a Redis
//! that take time.

use super::counts::Counter;
use super::daemon::{Daemon, Observed, PendingWrite};
use super::daemon_socket::DaemonSocket;
use super::host::Host;
use super::world::{World, WorldEvent};
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

/// For this long after Redis was unreachable, a daemon may still have changes that Redis does not know.
const REDIS_CATCH_UP_MAX: Millis = Millis::seconds(60);
/// For this long after the disk was full, Redis was down or the daemon was paused, the daemon may act on unsaved state.
pub(super) const UNSAVED_AFTER_FAULT_MAX: Millis = Millis::seconds(2);
/// So many percent of the call records are written slowly.
const SLOW_RECORD_PERCENT: u64 = 5;
/// A slow call record takes at most this long until it is in its file.
const SLOW_RECORD_MS_MAX: u64 = 6_000;

impl World<'_> {
    /// A random delay before the driver does something.
    fn lag(&mut self) -> Millis {
        Millis(self.rng.between(0, self.setup.daemon_lag_ms))
    }

    /// Gives the input to the daemon of this host, and carries out the outputs.
    pub(super) fn handle_daemon_input(&mut self, ix: usize, input: Input) -> Result<(), String> {
        let now = self.now;
        let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(()) };
        let daemon_now = daemon.daemon_time(now);
        let is_switch_data = matches!(input, Input::Link(_, LinkInput::Received(_)));
        daemon.instance.handle(daemon_now, input);
        self.carry_out_outputs(ix, is_switch_data)
    }

    /// Carries out the outputs of the instance. `is_switch_data` tells whether the input was data from the switch.
    pub(super) fn carry_out_outputs(&mut self, ix: usize, is_switch_data: bool) -> Result<(), String> {
        loop {
            let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(()) };
            let output = daemon.instance.next_output();
            self.observe(ix)?;
            let Some(output) = output else { break };
            self.carry_out(ix, output, is_switch_data)?;
        }
        self.trace(String::new);
        if let Some(daemon) = &mut self.hosts[ix].daemon {
            daemon.deadline = daemon.instance.deadline();
        }
        Ok(())
    }

    fn carry_out(&mut self, ix: usize, output: Output, is_switch_data: bool) -> Result<(), String> {
        let (now, lag) = (self.now, self.lag());
        let is_full = now < self.hosts[ix].disk_full_until;
        let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(()) };
        match output {
            Output::Link(_, LinkOutput::Connect) => {
                daemon.closed_on_input = false;
                daemon.socket = Some(DaemonSocket::new(now + lag, daemon.token()));
            }
            Output::Link(_, LinkOutput::Write { bytes, permit }) => {
                let Some(socket) = &mut daemon.socket else {
                    return Err(format!("{} writes to nobody", daemon.name));
                };
                socket.push(now + lag, bytes, permit);
            }
            Output::Link(_, LinkOutput::Close { discard }) => self.close(ix, discard, is_switch_data)?,
            Output::Redis(channel, request) => {
                let Some(redis_connections) = &mut daemon.redis_connections else {
                    return Err("asks no Redis".into());
                };
                redis_connections.ask(now, channel, request)?;
            }
            Output::WriteFrames { number, frames } => {
                // A full disk refuses the write. A slow disk finishes the write later.
                let is_slow = is_full && self.rng.percent(50);
                let done_at = if is_slow { self.hosts[ix].disk_full_until } else { now + lag };
                let pending_write = PendingWrite { done_at, number, frames, fails: is_full && !is_slow };
                if let Some(daemon) = &mut self.hosts[ix].daemon
                    && daemon.pending_write.replace(pending_write).is_some()
                {
                    return Err(format!("{} keeps something before it was answered", daemon.name));
                }
            }
            Output::Deliver(delivery) => {
                let redis_lost_at = self.redis_failed_at.max(self.hosts[ix].cut_off_until);
                check_delivery(&self.hosts[ix], self.redis.as_ref(), now.since(redis_lost_at), &delivery)?;
                let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(()) };
                let newest = daemon.deliveries.back().map_or(now, |(newest, _)| *newest);
                let slow = match self.rng.percent(SLOW_RECORD_PERCENT) {
                    true => Millis(self.rng.between(0, SLOW_RECORD_MS_MAX)),
                    false => Millis(0),
                };
                if let Some(daemon) = &mut self.hosts[ix].daemon {
                    daemon.deliveries.push_back((newest.max(now + lag + slow), delivery));
                }
            }
            Output::Send(request) => {
                let (number, daemon_now) = (daemon.number, daemon.daemon_time(now));
                self.sms.ask(now, daemon_now, number, *request)?;
            }
            Output::Ended(outcome) => {
                outcome.map_err(|ended| format!("{} ended by itself: {ended}", daemon.name))?;
                self.daemon_stopped(ix)?;
            }
        }
        Ok(())
    }

    /// The daemon closes its connection. Bytes that the switch has not read arrive, or are lost if `discard` is set.
    fn close(&mut self, ix: usize, discard: bool, is_switch_data: bool) -> Result<(), String> {
        let now = self.now;
        let host = &mut self.hosts[ix];
        if let (Some(daemon), true) = (&mut host.daemon, discard && is_switch_data) {
            daemon.closed_on_input = true;
        }
        if !discard {
            self.write_out(ix, Millis(u64::MAX))?;
            self.deliver(ix)?;
        }
        let host = &mut self.hosts[ix];
        let was_connected = host.connection.take().is_some();
        host.notices_link_loss = None;
        if let Some(daemon) = &mut host.daemon {
            daemon.socket = None;
        }
        if was_connected {
            self.unserved_since.get_or_insert(now);
            self.narrate(|world| format!("{} gives the line up", world.name(ix)));
        }
        Ok(())
    }

    /// Writes to the switch all bytes that are due within that time, if the daemon still may write.
    pub(super) fn write_out(&mut self, ix: usize, within: Millis) -> Result<bool, String> {
        let now = self.now;
        let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(false) };
        let daemon_now = daemon.daemon_time(now);
        let Some(socket) = daemon.socket.as_mut().filter(|socket| socket.connects_at.is_none()) else {
            return Ok(false);
        };
        let (token, written) = (socket.token, socket.take_writable(now + within, daemon_now));
        if written.is_empty() {
            return Ok(false);
        }
        self.write_to_switch(ix, token, &written)?;
        Ok(true)
    }

    /// The write of frames into the file succeeded or failed.
    pub(super) fn write_finished(&mut self, ix: usize, pending_write: &PendingWrite) -> Result<(), String> {
        let rewrites = self.rng.percent(1);
        let (outcome, renews) = match pending_write.fails {
            true => (Err("no space left on device".to_owned()), false),
            false => (Ok(()), self.hosts[ix].disk.append(&pending_write.frames, rewrites)?),
        };
        self.handle_daemon_input(ix, Input::FramesWritten { number: pending_write.number, outcome, renews })
    }

    /// Bytes from the switch arrive.
    pub(super) fn receive_from_switch(&mut self, ix: usize, bytes: &Bytes) -> Result<(), String> {
        let input = LinkInput::Received(bytes[..].into());
        self.handle_daemon_input(ix, Input::Link(super::daemon_socket::switch(), input))
    }

    /// Updates the world after the observations of a daemon.
    fn observe(&mut self, ix: usize) -> Result<(), String> {
        let now = self.now;
        let Some(daemon) = &mut self.hosts[ix].daemon else { return Ok(()) };
        let observed = daemon.observe(now)?;
        for event in daemon.take_published() {
            self.sms.published(&event.call, &event.kind);
        }
        for observed in observed {
            match observed {
                Observed::EngineTurned(turns) => self.count_turns(ix, turns),
                Observed::Linked(legs) => {
                    self.narrate(|_| format!("the link is up, with {legs} legs on the switch"));
                }
                Observed::BecameActive if self.redis.is_some() => self.became_active(ix),
                Observed::BecameActive => {}
                Observed::BecameStandby(had) => self.became_standby(ix, had),
                Observed::HandsOver => {
                    self.handed_over = Some((ix, now, self.hosts[ix].received_until(now)));
                    self.count(Counter::HandedOver);
                    self.narrate(|world| format!("{} hands over", world.name(ix)));
                }
                Observed::ActedUnsaved => self.check_unsaved(ix)?,
            }
        }
        Ok(())
    }

    /// A daemon acts on unsaved state. This is allowed only while the state cannot be saved.
    fn check_unsaved(&mut self, ix: usize) -> Result<(), String> {
        let host = &self.hosts[ix];
        let since = match self.redis {
            None => host.disk_full_until,
            Some(_) => self.redis_failed_at.max(host.cut_off_until),
        };
        let had_fault = self.now.since(since.max(host.receives_from)) < UNSAVED_AFTER_FAULT_MAX;
        if !had_fault && self.redis.as_ref().is_none_or(|redis| !redis.is_unresponsive()) {
            return Err(format!("{} acts before that is kept, though it could be", self.name(ix)));
        }
        if self.redis.is_none() {
            self.count(Counter::TurnUnsaved);
        }
        Ok(())
    }

    /// The engine of a daemon has processed so many events. Schedules the faults that follow this turn.
    fn count_turns(&mut self, ix: usize, turns: usize) {
        if self.daemons != self.hosts.len() || ix != 0 {
            return;
        }
        self.summary.turns = turns;
        for (when, fault) in &self.setup.faults {
            if let FaultTime::AfterTurn(turn, wait) = when
                && *turn == turns
            {
                self.schedule(self.now + *wait, WorldEvent::Fault(*fault));
            }
        }
    }

    fn became_active(&mut self, ix: usize) {
        self.excuse_taken_calls(ix);
        let live = self.hosts[ix]
            .daemon
            .as_ref()
            .map_or(0, |daemon| daemon.instance.engine().switchboard.live_count());
        self.count(if live > 0 { Counter::TakenOver } else { Counter::ActiveWithoutCalls });
        self.narrate(|world| format!("{} acts for the switch, with {live} calls", world.name(ix)));
    }

    /// Another daemon is active. If the daemon learned this from the switch, both daemons have changed the calls, and
    /// both have claimed lines.
    fn became_standby(&mut self, ix: usize, had: BTreeSet<CallId>) {
        let Some(daemon) = &mut self.hosts[ix].daemon else { return };
        if !std::mem::take(&mut daemon.closed_on_input) {
            return;
        }
        self.calls_with_lost_state.extend(had.iter().map(ToString::to_string));
        self.claims_are_lost();
        self.excuse_changed_calls();
        self.count(Counter::Superseded);
        self.narrate(|world| format!("{} hears at the switch that another one acts", world.name(ix)));
    }

    /// A daemon becomes active. It writes a record again if another daemon wrote the record and could not tell Redis.
    fn excuse_taken_calls(&mut self, ix: usize) {
        let taken_over =
            self.hosts[ix].daemon.as_ref().map(|daemon| daemon.calls.clone()).unwrap_or_default();
        let redis_failed = self.now.since(self.redis_failed_at) < REDIS_CATCH_UP_MAX;
        let mut twice = 0;
        for other in self.hosts.iter().enumerate().filter(|(other, _)| *other != ix).map(|(_, host)| host) {
            let again = taken_over.iter().filter(|call| other.has_written(call)).map(ToString::to_string);
            let again: Vec<String> =
                again.filter(|call| !self.calls_with_lost_state.contains(call)).collect();
            twice += again.len() as u64;
            self.calls_with_lost_state.extend(again);
            let failed = redis_failed || self.now.since(other.cut_off_until) < REDIS_CATCH_UP_MAX;
            let unsaved = other.daemon.as_ref().filter(|daemon| failed && !daemon.is_fully_saved());
            let taken = unsaved.iter().flat_map(|daemon| daemon.calls.iter()).map(ToString::to_string);
            self.calls_with_lost_state.extend(taken);
        }
        self.summary.counts.add(Counter::RecordWrittenTwice, twice);
        self.excuse_changed_calls();
    }

    /// Every daemon may redo the calls that lost state.
    fn excuse_changed_calls(&mut self) {
        let calls_redone: BTreeSet<CallId> =
            self.calls_with_lost_state.iter().filter_map(|call| call.parse().ok()).collect();
        for daemon in self.hosts.iter_mut().filter_map(|host| host.daemon.as_mut()) {
            daemon.calls_redone.clone_from(&calls_redone);
        }
    }

    /// The hotlines change.
    pub(super) fn change_hotlines(&mut self) -> Result<(), String> {
        self.changes += 1;
        let hotlines = self.setup.hotlines(self.changes);
        let mut has_daemon = false;
        for ix in 0..self.hosts.len() {
            has_daemon |= self.hosts[ix].daemon.is_some();
            self.handle_daemon_input(ix, Input::ConfigChanged(Event::Hotlines(hotlines.clone())))?;
        }
        if has_daemon {
            self.count(Counter::HotlinesChanged);
            self.narrate(|_| "the hotlines change".into());
        }
        Ok(())
    }

    /// Writes the call records that are due by this time into the file of records.
    pub(super) fn write_records(
        &mut self,
        ix: usize,
        until: hotlined_core::time::Instant,
    ) -> Result<(), String> {
        let Host { daemon: Some(daemon), written_records, .. } = &mut self.hosts[ix] else { return Ok(()) };
        while let Some((_, delivery)) = daemon.deliveries.pop_front_if(|(at, _)| *at <= until) {
            record_written(daemon, written_records, &delivery)?;
        }
        self.narrate_records(ix);
        Ok(())
    }

    /// Adds the new call records of a daemon to the transcript.
    pub(super) fn narrate_records(&mut self, ix: usize) {
        let Some(daemon) = &mut self.hosts[ix].daemon else { return };
        let new_records = daemon.take_new_records();
        if let Some(transcript) = &mut self.transcript {
            new_records.iter().for_each(|record| transcript.recorded(self.now, &daemon.name, record));
        }
    }
}

/// Checks a delivery that a daemon hands over. If the daemon has reached Redis for a while, the call is no live call in
/// Redis, and no other daemon has become active.
fn check_delivery(
    host: &Host,
    redis: Option<&SimulatedRedis>,
    reached_for: Millis,
    delivery: &Delivery,
) -> Result<(), String> {
    let (Some(daemon), Some(redis)) = (&host.daemon, redis) else { return Ok(()) };
    let is_excused =
        redis.is_unresponsive() || reached_for < UNSAVED_AFTER_FAULT_MAX || !daemon.is_in_touch(redis);
    let (Some(token), false) = (daemon.token(), is_excused) else { return Ok(()) };
    let (switch, name, id) = (super::daemon_socket::switch(), &daemon.name, &delivery.id);
    if redis.highest_token(&switch) > token {
        return Err(format!("{name} delivers {id}, and another one has taken the switch"));
    }
    if redis.is_live(&switch, &id.call) {
        return Err(format!("{name} delivers {id} before that is kept"));
    }
    Ok(())
}

/// A delivery is written into the file of records.
pub(super) fn record_written(
    daemon: &mut Daemon,
    written_records: &mut BTreeSet<hotlined_instance::persist::outbox::DeliveryId>,
    delivery: &hotlined_instance::persist::outbox::Delivery,
) -> Result<(), String> {
    written_records.insert(delivery.id.clone());
    daemon.record_written(delivery)
}
