//! One turn: the engine decides about the events that have arrived, the changes are persisted, and then the commands
//! are executed.

use crate::cluster::lease_client::{LeaseCommand, LeaseEvent};
use crate::cluster::loaded_calls::LoadedSwitch;
use crate::cluster::redis_op::Fence;
use crate::cluster::shared_state::Takeover;
use crate::instance::{Instance, Output, Persistence};
use crate::messages::ANSWERS_TIME_MAX;
use crate::metrics;
use crate::persist::outbox::Delivery;
use crate::switch::freeswitch::link::{LinkError, WritePermit};
use crate::switch::lease_token::{Activation, LeaseToken};
use hotlined_core::command::Command;
use hotlined_core::engine::{TraceEntry, cancel_commands};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::Instant;

/// The most events of one turn.
const EVENTS_PER_TURN_MAX: usize = 256;

impl Instance {
    /// Does the next step. Returns whether there was one.
    pub(crate) fn advance(&mut self) -> bool {
        if self.is_persisting {
            if self.is_waiting_for_persistence() {
                return false;
            }
            self.finish_turn();
            return true;
        }
        self.release_deliveries();
        let turned =
            if self.shutdown.takes_calls() { self.process_inputs() } else { self.advance_shutdown() };
        if self.needs_persist {
            self.persist_turn();
            return true;
        }
        turned || !self.outputs.is_empty()
    }

    fn is_waiting_for_persistence(&self) -> bool {
        match &self.persistence {
            Persistence::None => false,
            Persistence::File(file) => file.waits_until(self.now).is_some(),
            Persistence::Redis(cluster) => cluster.waits_until(self.now).is_some(),
        }
    }

    /// Processes what has arrived. Returns whether anything had.
    fn process_inputs(&mut self) -> bool {
        let is_hand_over_due = self.shutdown.is_hand_over_due(self.now, self.engine.switchboard.live_count());
        if is_hand_over_due {
            self.hand_over();
            return true;
        }
        let mut has_processed = self.take_lease_event() | self.leave_switches();
        // The returned events are older than the events of the links.
        has_processed |= self.run_returned_events();
        // The commands of the engine are persisted first.
        if !self.needs_persist
            && let Some((switch, error)) = self.links.take_failed()
        {
            self.link_failed(switch, error);
            has_processed = true;
        }
        for _ in 0..EVENTS_PER_TURN_MAX {
            let Some(event) = self.links.next_event() else { break };
            self.process_link_event(&event);
            has_processed = true;
        }
        has_processed |= self.run_returned_events();
        has_processed | self.process_due()
    }

    /// Processes deadlines: of persistence, of links that are down, and of calls.
    fn process_due(&mut self) -> bool {
        let now = self.now;
        self.messages.run_due(now);
        self.process_due_persistence();
        let overdue = self.links.outages.take_overdue(now);
        if let Persistence::Redis(cluster) = &mut self.persistence {
            // If a link stays down, another daemon should try.
            for switch in overdue {
                cluster.lease.command(LeaseCommand::LinkDown(switch));
            }
        }
        let is_due = self.engine_deadline().is_some_and(|at| at <= now);
        if is_due {
            self.run_engine(&Event::Due);
        }
        is_due
    }

    /// Processes the deadlines of persistence and of the ACD in Redis.
    pub(crate) fn process_due_persistence(&mut self) {
        let now = self.now;
        self.needs_persist |= match &mut self.persistence {
            Persistence::None => false,
            Persistence::File(file) => file.deadline().is_some_and(|at| at <= now),
            Persistence::Redis(cluster) => {
                let is_due = cluster.turn_deadline().is_some_and(|at| at <= now);
                if is_due {
                    cluster.run_due(now);
                }
                is_due
            }
        };
        self.needs_persist |= self.forget_delivered_at.is_some_and(|at| at <= now);
        self.needs_persist |= self.messages.has_changes();
    }

    /// Processes a change of a lease.
    fn take_lease_event(&mut self) -> bool {
        let Persistence::Redis(cluster) = &mut self.persistence else { return false };
        match cluster.lease.take_event() {
            None => return false,
            Some(LeaseEvent::Acquired { fence, claim, loaded }) => self.activate(fence, claim, *loaded),
            Some(LeaseEvent::Lost(switch)) if cluster.fence(&switch).is_some() => {
                tracing::warn!(%switch, "another daemon acts for it by now");
                self.deactivate(&switch);
            }
            Some(LeaseEvent::HandOver(switch)) => {
                self.messages.hold(&switch);
                self.leaving.insert(switch, self.now + ANSWERS_TIME_MAX);
            }
            Some(LeaseEvent::Lost(_)) => {}
        }
        true
    }

    /// Leaves switches to other daemons. The commands of the engine are persisted first, and answers of SMS gateways
    /// are waited for: no other daemon gets them. Returns whether a switch was left.
    fn leave_switches(&mut self) -> bool {
        let (now, messages) = (self.now, &self.messages);
        if self.needs_persist || self.leaving.is_empty() {
            return false;
        }
        let is_ready = |switch: &SwitchId, until: Instant| {
            until <= now || !(messages.is_sending(switch) || messages.has_changes())
        };
        let ready = self.leaving.iter().filter(|(switch, until)| is_ready(switch, **until));
        let ready: Vec<SwitchId> = ready.map(|(switch, _)| switch.clone()).collect();
        let any = !ready.is_empty();
        ready.into_iter().for_each(|switch| self.leave_switch(switch));
        any
    }

    /// This daemon becomes the active daemon of a switch, and continues its calls.
    fn activate(&mut self, fence: Fence, token: LeaseToken, loaded: LoadedSwitch) {
        let Persistence::Redis(cluster) = &mut self.persistence else { return };
        let (switch, calls) = (fence.switch.clone(), loaded.kept.calls.len());
        // The lease may have been lost since.
        let Some(until) = cluster.write_until().get(&switch).copied() else { return };
        tracing::info!(%switch, token = fence.token, calls, "acting for the switch");
        loaded.kept.losses.iter().for_each(|loss| tracing::error!(%switch, "lost: {loss}"));
        let Takeover { taken_up, deliveries } = cluster.begin_switch(self.now, fence, loaded);
        for delivery in deliveries {
            if delivery.id.is_message() {
                self.messages.take_over(self.now, &delivery);
            } else {
                self.deliver(delivery);
            }
        }
        self.run_engine(&taken_up);
        self.probe.recount(&self.engine.switchboard);
        self.open_link(&switch, Some((token, Activation::Leased)), WritePermit::Until(until));
    }

    /// Opens the link to a switch.
    pub(crate) fn open_link(
        &mut self,
        switch: &SwitchId,
        token: Option<(LeaseToken, Activation)>,
        permit: WritePermit,
    ) {
        self.health.expect_link(switch);
        self.links.open(self.now, switch, token, permit);
    }

    /// Leaves a switch to another daemon.
    fn leave_switch(&mut self, switch: SwitchId) {
        let Persistence::Redis(cluster) = &mut self.persistence else { return };
        self.leaving.remove(&switch);
        let kept = cluster.can_hand_over();
        cluster.lease.command(LeaseCommand::HandedOver { switch: switch.clone(), is_saved: kept });
        if kept {
            tracing::info!(%switch, "left to another daemon");
            self.deactivate(&switch);
        } else {
            self.messages.go_on(&switch);
        }
    }

    /// Another daemon is active at a switch: this daemon does nothing more for its calls.
    fn deactivate(&mut self, switch: &SwitchId) {
        self.links.revoke(switch);
        self.health.forget_link(switch);
        if let Persistence::Redis(cluster) = &mut self.persistence {
            cluster.end_switch(self.now, switch);
        }
        self.leaving.remove(switch);
        self.messages.leave_switch(switch);
        self.run_engine(&Event::LeaseLost { switch: switch.clone() });
        self.probe.recount(&self.engine.switchboard);
    }

    /// Another daemon is active at a switch with a newer token: this daemon writes nothing more to the switch.
    fn superseded(&mut self, switch: &SwitchId) {
        if let Persistence::Redis(cluster) = &mut self.persistence {
            cluster.superseded(switch);
        }
        self.deactivate(switch);
    }

    /// A link has failed for good: another daemon is active with a newer token; or the switch refuses this daemon, and
    /// another daemon may succeed.
    fn link_failed(&mut self, switch: SwitchId, error: LinkError) {
        let Persistence::Redis(cluster) = &mut self.persistence else {
            self.fail(switch, error);
            return;
        };
        if error.superseded_by().is_some() {
            tracing::warn!(%switch, %error, "another daemon acts for it by now");
            self.superseded(&switch);
            return;
        }
        tracing::error!(%switch, %error, "we cannot act for it");
        cluster.lease.command(LeaseCommand::CannotServe(switch.clone()));
        self.deactivate(&switch);
    }

    /// Processes an event of a link. Events of a link that is closed by now are dropped.
    fn process_link_event(&mut self, event: &Event) {
        let switch = match event {
            Event::Arrived(arrival) => Some(&arrival.switch),
            Event::LinkLost { switch } | Event::LinkRestored { switch, .. } => Some(switch),
            Event::Leg { .. }
            | Event::Done { .. }
            | Event::Acd { .. }
            | Event::Due
            | Event::Hotlines(_)
            | Event::CallsTakenOver { .. }
            | Event::LeaseLost { .. }
            | Event::Calendar(_)
            | Event::NumberRegions(_)
            | Event::Operator(_) => None,
        };
        if switch.is_some_and(|switch| !self.links.is_open(switch)) {
            return;
        }
        if let Event::LinkRestored { switch, connection, .. } = event {
            self.returned_events.extend(cancel_commands(&mut self.commands, switch));
            self.links.set_up(self.now, switch, *connection);
        }
        if let Event::LinkLost { switch } = event {
            self.links.outages.set_link(self.now, switch, false);
        }
        self.run_engine(event);
    }

    /// The engine processes an event.
    pub(crate) fn run_engine(&mut self, event: &Event) {
        let (now, observers) = (self.now, &mut self.observers);
        let mut watch = |entry: TraceEntry| observers.iter_mut().for_each(|observer| observer(now, entry));
        self.probe.engine_begins();
        self.engine.run_turn(now, event, &mut self.commands, &mut watch);
        self.probe.engine_ends();
        self.needs_persist = true;
    }

    /// The engine processes the returned events. Returns whether there were any.
    pub(crate) fn run_returned_events(&mut self) -> bool {
        let returned = std::mem::take(&mut self.returned_events);
        returned.iter().for_each(|event| self.run_engine(event));
        !returned.is_empty()
    }

    /// Persists what has changed.
    pub(crate) fn persist_turn(&mut self) {
        (self.needs_persist, self.forget_delivered_at, self.is_persisting) = (false, None, true);
        let (now, mut done) = (self.now, self.outbox.take_done());
        done.extend(self.messages.take_done());
        for event in self.messages.take_events() {
            let command = Command::Publish(Box::new(event));
            self.observers.iter_mut().for_each(|observer| observer(now, TraceEntry::Added(&command)));
            self.commands.push(command);
        }
        let kinds = &self.delivery_kinds;
        let of = |command: &Command| {
            kinds.iter().flat_map(|kind| (kind.deliveries_of)(command)).collect::<Vec<_>>()
        };
        let mut deliveries: Vec<(SwitchId, Delivery)> = self.commands.iter().flat_map(of).collect();
        deliveries.extend(self.messages.take_changed());
        match &mut self.persistence {
            Persistence::None => self.deliver_all(deliveries),
            Persistence::File(file) => {
                let frames = file.settle(
                    now,
                    &mut self.engine,
                    deliveries.clone(),
                    done,
                    &self.outbox,
                    &self.messages,
                );
                if let Some((number, frames)) = frames {
                    self.probe.persist_begins();
                    self.outputs.push_back(Output::WriteFrames { number, frames });
                }
                self.unsent_deliveries.extend(deliveries.into_iter().map(|(_, delivery)| delivery));
            }
            Persistence::Redis(cluster) => {
                if cluster.settle(now, &mut self.engine, &mut self.commands, deliveries, done) {
                    self.probe.persist_begins();
                }
            }
        }
    }

    fn deliver_all(&mut self, deliveries: Vec<(SwitchId, Delivery)>) {
        deliveries.into_iter().for_each(|(_, delivery)| self.deliver(delivery));
    }

    /// The turn is persisted, or waits no longer: its commands are executed.
    fn finish_turn(&mut self) {
        self.is_persisting = false;
        let shut_out = match &mut self.persistence {
            Persistence::None => Default::default(),
            Persistence::File(file) => {
                let why = file.settled();
                self.probe.persist_ends(why.as_deref());
                let unsent = std::mem::take(&mut self.unsent_deliveries);
                unsent.into_iter().for_each(|delivery| self.deliver(delivery));
                Default::default()
            }
            Persistence::Redis(cluster) => {
                let (why, shut_out) = cluster.settled();
                self.probe.persist_ends(why.as_deref());
                shut_out
            }
        };
        self.release_deliveries();
        for switch in shut_out {
            tracing::warn!(%switch, "another daemon acts for it by now, as Redis says");
            self.superseded(&switch);
        }
        let mut commands = std::mem::take(&mut self.commands);
        commands.drain(..).for_each(|command| self.execute(command));
        // The buffer is reused.
        if self.commands.is_empty() {
            self.commands = commands;
        }
        if let Persistence::Redis(cluster) = &mut self.persistence {
            self.returned_events.extend(cluster.take_replies());
        }
        self.probe.turn_ends(self.links.backlog());
    }

    fn release_deliveries(&mut self) {
        if let Persistence::Redis(cluster) = &mut self.persistence {
            let deliverable = cluster.deliverable(self.now);
            deliverable.into_iter().for_each(|delivery| self.deliver(delivery));
        }
        let is_saved = match &self.persistence {
            Persistence::None => true,
            Persistence::File(file) => file.is_complete(),
            // What Redis gave out is saved.
            Persistence::Redis(_) => true,
        };
        if is_saved {
            for message in std::mem::take(&mut self.unsaved_messages) {
                let request = self.messages.on_saved(&message);
                self.outputs.extend(request.map(|request| Output::Send(Box::new(request))));
            }
        }
    }

    pub(crate) fn deliver(&mut self, delivery: Delivery) {
        if delivery.id.is_message() {
            self.unsaved_messages.push(delivery);
            return;
        }
        self.outputs.extend(self.outbox.put(delivery).map(Output::Deliver));
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Switch { switch, id, action } => {
                if !self.links.is_open(&switch) {
                    // Another daemon is active at this switch by now: the command is dropped.
                } else if self.links.outages.is_down(&switch) {
                    // Even if the link is up by now: its list of legs was made before this command, and would miss a
                    // leg that the command creates.
                    self.returned_events.push_back(Event::unknown_result(id));
                } else if !self.links.send_command(self.now, &switch, id.clone(), action) {
                    metrics::UNDELIVERED.counter(&[]).increment(1);
                    tracing::warn!(%switch, command = %id, "an order could not be handed to the link");
                }
            }
            Command::Record(record) => crate::call_log::log_record(&record),
            Command::Note { call, note } => crate::call_log::log_note(&call, &note),
            // The embedded ACD has replied within the engine; the ACD in Redis has received the request already.
            Command::Acd { .. } => {}
            // The outbox has the message and the event already.
            Command::Message(_) | Command::Publish(_) => {}
        }
    }
}
