//! The settings of a link, and what the link and its connections share.

use crate::switch::freeswitch::encode_command::DialplanConfig;
use crate::switch::freeswitch::liveness::LivenessTimeouts;
use crate::switch::freeswitch::session::Credentials;
use hotlined_core::command::Action;
use hotlined_core::id::{CommandId, SwitchId};
use hotlined_core::time::Instant;
use hotlined_esl::event::Format;
use std::time::Duration;

/// The most events and requests that may wait. Above a limit, the connection is closed and re-established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLimits {
    /// The most events that wait for the engine.
    pub backlog_max: usize,
    /// The most requests that wait for a reply of the switch.
    pub unanswered_max: usize,
}

impl Default for LinkLimits {
    fn default() -> Self {
        Self { backlog_max: 500_000, unanswered_max: 200_000 }
    }
}

/// The settings of the link to a switch.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// The id of the switch.
    pub switch: SwitchId,
    /// The host name or address of the switch.
    pub host: String,
    /// The port of the event socket.
    pub port: u16,
    /// The login at the switch.
    pub credentials: Credentials,
    /// The dialplan of the switch.
    pub dialplan: DialplanConfig,
    /// How the switch writes events.
    pub format: Format,
    /// How long a connection may take until the link is up.
    pub setup_time_max: Duration,
    /// How long the switch may send nothing once the link is up.
    pub liveness: LivenessTimeouts,
    /// The wait before the first attempt to reconnect.
    pub reconnect_wait_min: Duration,
    /// The longest wait between attempts to reconnect.
    pub reconnect_wait_max: Duration,
    /// The most events and requests that may wait.
    pub limits: LinkLimits,
}

/// A command to the switch.
#[derive(Clone, Debug)]
pub struct SwitchCommand {
    /// The id of the command.
    pub id: CommandId,
    /// What to do.
    pub action: Action,
    /// The number of the [connection](hotlined_core::event::Event::LinkRestored) whose list of legs the engine has
    /// received. On any other connection the command is not executed: the list of that connection would miss its
    /// effect.
    pub connection: u64,
}

/// Until when the daemon may write to the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritePermit {
    /// Without limit: no other daemon can be active at the switch.
    Always,
    /// Until this time, at which the daemon's lease of the switch ends.
    Until(Instant),
}

impl WritePermit {
    /// Whether the daemon may write now.
    pub fn allows(self, now: Instant) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => now < until,
        }
    }
}
