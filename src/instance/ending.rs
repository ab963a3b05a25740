//! How an instance ends: calls in progress may finish for a while, the rest is handed over to the fallback, deliveries
//! and links are given a moment, and leases are given up.

use super::instance::{Instance, Keeping, Output};
use crate::cluster::lease_client::LeaseCommand;
use crate::switch::freeswitch::link::LinkError;
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};

/// How long deliverers may take for what is left.
const DELIVERIES_TIME_MAX: Millis = Millis::seconds(2);
/// How long switches may take to read what is left.
const LINKS_TIME_MAX: Millis = Millis::seconds(5);
/// How long Redis may take to do what was asked last.
const REDIS_TIME_MAX: Millis = Millis::seconds(2);

/// Why an instance ended that was not told to.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Ended {
    /// The switch that does not let it act.
    pub switch: SwitchId,
    /// Why not.
    pub error: LinkError,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Ending {
    /// It was not told to end.
    #[default]
    No,
    /// Calls may finish until then.
    Draining(Instant),
    /// The calls were handed over.
    HandedOver,
    /// Deliverers may take until then.
    Delivering(Instant),
    /// Links say goodbye until then.
    Leaving(Instant),
    /// Redis may take until then.
    GivingUp(Instant),
    /// Nothing more is wanted.
    Over,
}

impl Ending {
    /// Whether it still does what calls need.
    pub(crate) fn takes_calls(self) -> bool {
        matches!(self, Self::No | Self::Draining(_))
    }

    pub(crate) fn is_over(self) -> bool {
        self == Self::Over
    }

    /// Whether the calls are to be handed over now.
    pub(crate) fn is_to_end(self, now: Instant, live: usize) -> bool {
        matches!(self, Self::Draining(until) if until <= now || live == 0)
    }

    /// When it goes on at the latest.
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::No | Self::HandedOver | Self::Over => None,
            Self::Draining(until)
            | Self::Delivering(until)
            | Self::Leaving(until)
            | Self::GivingUp(until) => Some(until),
        }
    }
}

impl Instance {
    /// The first wish drains, the second hands over at once. Where another daemon could act for our switches, it goes
    /// on with their calls.
    pub(crate) fn stop(&mut self) {
        match self.ending {
            Ending::No => {
                self.ending = Ending::Draining(self.now + self.drain_max);
                self.returned.push_back(Event::Operator(OperatorOrder::Drain));
                if let Keeping::Redis(cluster) = &mut self.keeping {
                    cluster.lease.command(LeaseCommand::Stop);
                }
                let live = self.engine.switchboard.live_count();
                tracing::info!(live, wait = %self.drain_max, "stopping: new calls go to the fallback");
            }
            Ending::Draining(_) => self.ending = Ending::Draining(self.now),
            Ending::HandedOver
            | Ending::Delivering(_)
            | Ending::Leaving(_)
            | Ending::GivingUp(_)
            | Ending::Over => {}
        }
    }

    /// What is left of the calls is handed over.
    pub(crate) fn hand_over(&mut self) {
        self.turn_returned();
        self.turn(&Event::Operator(OperatorOrder::HandOver));
        self.ending = Ending::HandedOver;
    }

    /// A switch does not let the daemon act, and no other daemon could.
    pub(crate) fn fail(&mut self, switch: SwitchId, error: LinkError) {
        self.ending = Ending::Over;
        self.outputs.push_back(Output::Ended(Err(Ended { switch, error })));
    }

    /// Goes one step on in ending; whether there was one.
    pub(crate) fn go_on_ending(&mut self) -> bool {
        let now = self.now;
        self.keep_due();
        match self.ending {
            Ending::HandedOver => {
                // Each returned event ends a command, so there are no more of them than commands.
                if !self.turn_returned() {
                    self.ending = Ending::Delivering(now + DELIVERIES_TIME_MAX);
                }
            }
            // The next daemon must not deliver the last once more, nor go on with calls that are over.
            Ending::Delivering(until) if until <= now || self.has_delivered() => {
                self.links.leave(now);
                self.ending = Ending::Leaving(now + LINKS_TIME_MAX);
            }
            Ending::Leaving(until) if until <= now || self.links.are_ended() => {
                if !self.links.are_ended() {
                    tracing::warn!("a switch did not take our last words");
                }
                if let Keeping::Redis(cluster) = &mut self.keeping {
                    let left = cluster.finish();
                    left.into_iter().for_each(|delivery| self.deliver(delivery));
                }
                self.ending = Ending::GivingUp(now + REDIS_TIME_MAX);
            }
            Ending::GivingUp(until) if until <= now || self.has_given_up() => {
                if !self.has_given_up() {
                    tracing::warn!("Redis did not take our last words");
                }
                self.ending = Ending::Over;
                self.outputs.push_back(Output::Ended(Ok(())));
            }
            Ending::No
            | Ending::Draining(_)
            | Ending::Delivering(_)
            | Ending::Leaving(_)
            | Ending::GivingUp(_)
            | Ending::Over => return false,
        }
        true
    }

    fn has_delivered(&self) -> bool {
        let is_in_file = match &self.keeping {
            Keeping::File(file) => file.is_complete(),
            Keeping::Nowhere | Keeping::Redis(_) => true,
        };
        is_in_file && !self.outbox.has_work()
    }

    fn has_given_up(&self) -> bool {
        match &self.keeping {
            Keeping::Redis(cluster) => cluster.is_finished(),
            Keeping::Nowhere | Keeping::File(_) => true,
        }
    }
}
