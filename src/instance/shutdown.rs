//! The phases in which an instance ends.

use crate::switch::freeswitch::link::LinkError;
use hotlined_core::id::SwitchId;
use hotlined_core::time::Instant;

/// Why an instance has ended by itself: a switch refuses the daemon, and no other daemon could take its place.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct InstanceError {
    /// The switch.
    pub switch: SwitchId,
    /// Why the link failed.
    pub error: LinkError,
}

/// The phase of an instance's end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum ShutdownPhase {
    /// Not ending.
    #[default]
    Running,
    /// Calls may finish until this time.
    Draining(Instant),
    /// The remaining calls are transferred to the fallback.
    HandedOver,
    /// The deliverers may take until this time.
    Delivering(Instant),
    /// The links may take until this time to close.
    ClosingLinks(Instant),
    /// Redis may take until this time to release the leases.
    ReleasingLeases(Instant),
    /// The instance has ended.
    Done,
}

impl ShutdownPhase {
    /// Whether events of calls are processed.
    pub(crate) fn takes_calls(self) -> bool {
        matches!(self, Self::Running | Self::Draining(_))
    }

    /// Whether the instance has ended.
    pub(crate) fn is_over(self) -> bool {
        self == Self::Done
    }

    /// Whether the remaining calls have to be transferred to the fallback now.
    pub(crate) fn is_hand_over_due(self, now: Instant, live: usize) -> bool {
        matches!(self, Self::Draining(until) if until <= now || live == 0)
    }

    /// When the phase ends at the latest.
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Running | Self::HandedOver | Self::Done => None,
            Self::Draining(until)
            | Self::Delivering(until)
            | Self::ClosingLinks(until)
            | Self::ReleasingLeases(until) => Some(until),
        }
    }
}
