//! One turn: what has come in is decided about, what changed is kept, and then what was decided is done.

use super::instance::{Instance, Keeping, Output};
use crate::cluster::lease_client::{LeaseCommand, LeaseEvent};
use crate::cluster::loaded_calls::LoadedSwitch;
use crate::cluster::redis_op::Fence;
use crate::cluster::shared_state::Takeover;
use crate::metrics;
use crate::persist::outbox::Delivery;
use crate::switch::freeswitch::link::{LinkError, Permit};
use crate::switch::lease_token::{Claim, Claiming};
use hotlined_core::command::Command;
use hotlined_core::engine::{TraceEntry, cancel_commands};
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;

/// The most events that are decided about before what changed is kept.
const EVENTS_A_TURN_MAX: usize = 256;

impl Instance {
    /// Goes one step on; whether there was one.
    pub(crate) fn advance(&mut self) -> bool {
        if self.is_pending {
            if self.waits_to_be_kept() {
                return false;
            }
            self.finish_turn();
            return true;
        }
        self.release_deliveries();
        let turned = if self.ending.takes_calls() { self.take_in() } else { self.go_on_ending() };
        if self.is_unsettled {
            self.settle();
            return true;
        }
        turned || !self.outputs.is_empty()
    }

    fn waits_to_be_kept(&self) -> bool {
        match &self.keeping {
            Keeping::Nowhere => false,
            Keeping::File(file) => file.waits_until(self.now).is_some(),
            Keeping::Redis(cluster) => cluster.waits_until(self.now).is_some(),
        }
    }

    /// Decides about what has come in; whether anything had.
    fn take_in(&mut self) -> bool {
        let is_to_end = self.ending.is_to_end(self.now, self.engine.switchboard.live_count());
        if is_to_end {
            self.hand_over();
            return true;
        }
        let mut something = self.take_lease_event();
        // What came back is older than what the links tell.
        something |= self.turn_returned();
        // What was decided is kept first.
        if !self.is_unsettled
            && let Some((switch, error)) = self.links.take_failed()
        {
            self.link_failed(switch, error);
            something = true;
        }
        for _ in 0..EVENTS_A_TURN_MAX {
            let Some(event) = self.links.next_event() else { break };
            self.event(&event);
            something = true;
        }
        something |= self.turn_returned();
        something | self.take_due()
    }

    /// Does what is due for calls, for what they share, and for what is kept.
    fn take_due(&mut self) -> bool {
        let now = self.now;
        self.keep_due();
        let too_long = self.links.downs.too_long(now);
        if let Keeping::Redis(cluster) = &mut self.keeping {
            // Where a link stays down, another daemon is to try.
            for switch in too_long {
                cluster.lease.command(LeaseCommand::LinkDown(switch));
            }
        }
        let is_due = self.engine_deadline().is_some_and(|at| at <= now);
        if is_due {
            self.turn(&Event::Due);
        }
        is_due
    }

    /// Does what is due for what calls share and for what is kept.
    pub(crate) fn keep_due(&mut self) {
        let now = self.now;
        self.is_unsettled |= match &mut self.keeping {
            Keeping::Nowhere => false,
            Keeping::File(file) => file.deadline().is_some_and(|at| at <= now),
            Keeping::Redis(cluster) => {
                let is_due = cluster.turn_deadline().is_some_and(|at| at <= now);
                if is_due {
                    cluster.run_due(now);
                }
                is_due
            }
        };
        self.is_unsettled |= self.strikes_at.is_some_and(|at| at <= now);
    }

    /// Hears who acts for which switch.
    fn take_lease_event(&mut self) -> bool {
        let Keeping::Redis(cluster) = &mut self.keeping else { return false };
        match cluster.lease.next_event() {
            None => return false,
            // What was decided is kept first.
            Some(LeaseEvent::HandOver(_)) if self.is_unsettled => return false,
            Some(LeaseEvent::HandOver(_) | LeaseEvent::Acquired { .. } | LeaseEvent::Lost(_)) => {}
        }
        match cluster.lease.take_event() {
            Some(LeaseEvent::Acquired { fence, claim, loaded }) => self.begin(fence, claim, *loaded),
            Some(LeaseEvent::Lost(switch)) if cluster.fence(&switch).is_some() => {
                tracing::warn!(%switch, "another daemon acts for it by now");
                self.stand_by(&switch);
            }
            Some(LeaseEvent::HandOver(switch)) => self.leave_switch(switch),
            Some(LeaseEvent::Lost(_)) | None => {}
        }
        true
    }

    /// The daemon acts for a switch from now on, and goes on with its calls.
    fn begin(&mut self, fence: Fence, claim: Claim, loaded: LoadedSwitch) {
        let Keeping::Redis(cluster) = &mut self.keeping else { return };
        let (switch, calls) = (fence.switch.clone(), loaded.kept.calls.len());
        // The lease may have been withdrawn since.
        let Some(until) = cluster.write_until().get(&switch).copied() else { return };
        tracing::info!(%switch, token = fence.token, calls, "acting for the switch");
        loaded.kept.losses.iter().for_each(|loss| tracing::error!(%switch, "lost: {loss}"));
        let Takeover { taken_up, deliveries } = cluster.begin_switch(self.now, fence, loaded);
        deliveries.into_iter().for_each(|delivery| self.deliver(delivery));
        self.turn(&taken_up);
        self.probe.recount(&self.engine.switchboard);
        self.open(&switch, Some((claim, Claiming::Leased)), Permit::Until(until));
    }

    pub(crate) fn open(&mut self, switch: &SwitchId, claim: Option<(Claim, Claiming)>, permit: Permit) {
        self.health.acts(switch);
        self.links.open(self.now, switch, claim, permit);
    }

    /// A switch is to be left to another daemon.
    fn leave_switch(&mut self, switch: SwitchId) {
        let Keeping::Redis(cluster) = &mut self.keeping else { return };
        let kept = cluster.can_hand_over();
        cluster.lease.command(LeaseCommand::HandedOver { switch: switch.clone(), is_saved: kept });
        if kept {
            tracing::info!(%switch, "left to another daemon");
            self.stand_by(&switch);
        }
    }

    /// Another daemon acts for a switch: nothing more is done about its calls here.
    fn stand_by(&mut self, switch: &SwitchId) {
        self.links.revoke(switch);
        self.health.stands_by(switch);
        if let Keeping::Redis(cluster) = &mut self.keeping {
            cluster.end_switch(self.now, switch);
        }
        self.turn(&Event::LeaseLost { switch: switch.clone() });
        self.probe.recount(&self.engine.switchboard);
    }

    /// Another daemon acts for a switch by a right that goes before ours: not a word more is said to it.
    fn superseded(&mut self, switch: &SwitchId) {
        if let Keeping::Redis(cluster) = &mut self.keeping {
            cluster.superseded(switch);
        }
        self.stand_by(switch);
    }

    /// A link ended by itself: another daemon acts by a right that goes before ours; or the switch does not let this
    /// one in, and another daemon may have more luck.
    fn link_failed(&mut self, switch: SwitchId, error: LinkError) {
        let Keeping::Redis(cluster) = &mut self.keeping else {
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
        self.stand_by(&switch);
    }

    /// What a link says that was closed meanwhile is no news.
    fn event(&mut self, event: &Event) {
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
            self.returned.extend(cancel_commands(&mut self.decided, switch));
            self.links.came_up(self.now, switch, *connection);
        }
        if let Event::LinkLost { switch } = event {
            self.links.downs.link(self.now, switch, false);
        }
        self.turn(event);
    }

    /// The engine decides about an event.
    pub(crate) fn turn(&mut self, event: &Event) {
        let (now, observers) = (self.now, &mut self.observers);
        let mut watch = |entry: TraceEntry| observers.iter_mut().for_each(|observer| observer(now, entry));
        self.probe.engine_begins();
        self.engine.run_turn(now, event, &mut self.decided, &mut watch);
        self.probe.engine_ends();
        self.is_unsettled = true;
    }

    /// Takes in what came back; says whether anything did.
    pub(crate) fn turn_returned(&mut self) -> bool {
        let returned = std::mem::take(&mut self.returned);
        returned.iter().for_each(|event| self.turn(event));
        !returned.is_empty()
    }

    /// Keeps what changed.
    pub(crate) fn settle(&mut self) {
        (self.is_unsettled, self.strikes_at, self.is_pending) = (false, None, true);
        let (now, done) = (self.now, self.outbox.take_done());
        let kinds = &self.kinds;
        let of = |command: &Command| {
            kinds.iter().flat_map(|kind| (kind.deliveries_of)(command)).collect::<Vec<_>>()
        };
        let deliveries: Vec<(SwitchId, Delivery)> = self.decided.iter().flat_map(of).collect();
        match &mut self.keeping {
            Keeping::Nowhere => self.deliver_all(deliveries),
            Keeping::File(file) => {
                let frames = file.settle(now, &mut self.engine, deliveries.clone(), done, &self.outbox);
                if let Some((number, frames)) = frames {
                    self.probe.keeping_begins();
                    self.outputs.push_back(Output::Keep { number, frames });
                }
                self.unsent.extend(deliveries.into_iter().map(|(_, delivery)| delivery));
            }
            Keeping::Redis(cluster) => {
                if cluster.settle(now, &mut self.engine, &mut self.decided, deliveries, done) {
                    self.probe.keeping_begins();
                }
            }
        }
    }

    fn deliver_all(&mut self, deliveries: Vec<(SwitchId, Delivery)>) {
        deliveries.into_iter().for_each(|(_, delivery)| self.deliver(delivery));
    }

    /// A turn is kept, or waits no longer: what was decided is done.
    fn finish_turn(&mut self) {
        self.is_pending = false;
        let shut_out = match &mut self.keeping {
            Keeping::Nowhere => Default::default(),
            Keeping::File(file) => {
                let why = file.settled();
                self.probe.keeping_ends(why.as_deref());
                let unsent = std::mem::take(&mut self.unsent);
                unsent.into_iter().for_each(|delivery| self.deliver(delivery));
                Default::default()
            }
            Keeping::Redis(cluster) => {
                let (why, shut_out) = cluster.settled();
                self.probe.keeping_ends(why.as_deref());
                shut_out
            }
        };
        self.release_deliveries();
        for switch in shut_out {
            tracing::warn!(%switch, "another daemon acts for it by now, as Redis says");
            self.superseded(&switch);
        }
        let mut decided = std::mem::take(&mut self.decided);
        decided.drain(..).for_each(|command| self.carry_out(command));
        // Its room is used again.
        if self.decided.is_empty() {
            self.decided = decided;
        }
        if let Keeping::Redis(cluster) = &mut self.keeping {
            self.returned.extend(cluster.take_replies());
        }
        self.probe.turn_ends(self.links.backlog());
    }

    fn release_deliveries(&mut self) {
        if let Keeping::Redis(cluster) = &mut self.keeping {
            let deliverable = cluster.deliverable(self.now);
            deliverable.into_iter().for_each(|delivery| self.deliver(delivery));
        }
    }

    pub(crate) fn deliver(&mut self, delivery: Delivery) {
        self.outputs.extend(self.outbox.put(delivery).map(Output::Deliver));
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Switch { switch, id, action } => {
                if !self.links.is_open(&switch) {
                    // For a switch that another daemon acts for by now there is nothing to order.
                } else if self.links.downs.is_down(&switch) {
                    // Even where the link is up by now: the list of legs that it is about to tell does not know what
                    // would come of this, and a leg that was made after it would be nobody's.
                    self.returned.push_back(Event::unknown_result(id));
                } else if !self.links.order(self.now, &switch, id.clone(), action) {
                    metrics::UNDELIVERED.counter(&[]).increment(1);
                    tracing::warn!(%switch, command = %id, "an order could not be handed to the link");
                }
            }
            Command::Record(record) => super::call_log::record(&record),
            Command::Note { call, note } => super::call_log::note(&call, &note),
            // An embedded store answered within the engine, and Redis was asked.
            Command::Acd { .. } => {}
        }
    }
}
