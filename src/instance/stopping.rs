//! How an instance ends: calls may finish for a while, the remaining calls are transferred to the fallback, the
//! deliverers and the links get a moment, and the leases are released.

use crate::cluster::lease_client::LeaseCommand;
use crate::instance::{Instance, Output, Persistence};
use crate::messages::ANSWERS_TIME_MAX;
use crate::shutdown::{InstanceError, ShutdownPhase};
use crate::switch::freeswitch::link::LinkError;
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;

/// How long the deliverers may take for the last deliveries.
const DELIVERIES_TIME_MAX: Millis = Millis::seconds(2);
/// How long the switches may take to read the last requests.
const LINKS_TIME_MAX: Millis = Millis::seconds(5);
/// How long Redis may take for the last requests.
const REDIS_TIME_MAX: Millis = Millis::seconds(2);

impl Instance {
    /// The first request to stop drains, the second one transfers all calls at once. If another daemon can become
    /// active at our switches, it continues their calls.
    pub(crate) fn stop(&mut self) {
        match self.shutdown {
            ShutdownPhase::Running => {
                self.shutdown = ShutdownPhase::Draining(self.now + self.drain_max);
                self.returned_events.push_back(Event::Operator(OperatorOrder::Drain));
                if let Persistence::Redis(cluster) = &mut self.persistence {
                    cluster.lease.command(LeaseCommand::Stop);
                }
                let live = self.engine.switchboard.live_count();
                tracing::info!(live, wait = %self.drain_max, "stopping: new calls go to the fallback");
            }
            ShutdownPhase::Draining(_) => self.shutdown = ShutdownPhase::Draining(self.now),
            ShutdownPhase::HandedOver
            | ShutdownPhase::Delivering(_)
            | ShutdownPhase::ClosingLinks(_)
            | ShutdownPhase::ReleasingLeases(_)
            | ShutdownPhase::Done => {}
        }
    }

    /// Transfers the remaining calls to the fallback.
    pub(crate) fn hand_over(&mut self) {
        self.run_returned_events();
        self.run_engine(&Event::Operator(OperatorOrder::HandOver));
        self.shutdown = ShutdownPhase::HandedOver;
    }

    /// Ends the instance: a switch refuses the daemon, and no other daemon could take its place.
    pub(crate) fn fail(&mut self, switch: SwitchId, error: LinkError) {
        self.shutdown = ShutdownPhase::Done;
        self.outputs.push_back(Output::Ended(Err(InstanceError { switch, error })));
    }

    /// Goes to the next phase if the current one is complete. Returns whether it did.
    pub(crate) fn advance_shutdown(&mut self) -> bool {
        let now = self.now;
        self.process_due_persistence();
        match self.shutdown {
            ShutdownPhase::HandedOver => {
                // Each returned event ends a command, so there are at most as many as commands.
                if !self.run_returned_events() {
                    let is_sending = self.messages.in_flight() > 0;
                    let wait = if is_sending { ANSWERS_TIME_MAX } else { DELIVERIES_TIME_MAX };
                    self.shutdown = ShutdownPhase::Delivering(now + wait);
                }
            }
            // The next daemon must not repeat the last deliveries, nor continue calls that have ended.
            ShutdownPhase::Delivering(until) if until <= now || self.has_delivered() => {
                self.links.log_out(now);
                self.shutdown = ShutdownPhase::ClosingLinks(now + LINKS_TIME_MAX);
            }
            ShutdownPhase::ClosingLinks(until) if until <= now || self.links.all_ended() => {
                if !self.links.all_ended() {
                    tracing::warn!("a switch did not take our last words");
                }
                if let Persistence::Redis(cluster) = &mut self.persistence {
                    let remaining = cluster.finish();
                    // A message that is not saved is not sent; one that is saved is the next daemon's.
                    let others = remaining.into_iter().filter(|delivery| !delivery.id.is_message());
                    others.for_each(|delivery| self.deliver(delivery));
                }
                self.shutdown = ShutdownPhase::ReleasingLeases(now + REDIS_TIME_MAX);
            }
            ShutdownPhase::ReleasingLeases(until) if until <= now || self.has_released_leases() => {
                if !self.has_released_leases() {
                    tracing::warn!("Redis did not take our last words");
                }
                self.shutdown = ShutdownPhase::Done;
                self.outputs.push_back(Output::Ended(Ok(())));
            }
            ShutdownPhase::Running
            | ShutdownPhase::Draining(_)
            | ShutdownPhase::Delivering(_)
            | ShutdownPhase::ClosingLinks(_)
            | ShutdownPhase::ReleasingLeases(_)
            | ShutdownPhase::Done => return false,
        }
        true
    }

    fn has_delivered(&self) -> bool {
        let is_persisted = match &self.persistence {
            Persistence::File(file) => file.is_complete(),
            Persistence::None | Persistence::Redis(_) => true,
        };
        is_persisted
            && !self.outbox.has_work()
            && self.messages.in_flight() == 0
            && !self.messages.has_changes()
    }

    fn has_released_leases(&self) -> bool {
        match &self.persistence {
            Persistence::Redis(cluster) => cluster.is_finished(),
            Persistence::None | Persistence::File(_) => true,
        }
    }
}
