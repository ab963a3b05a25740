//! Why a connection to the switch ends.

use crate::switch::freeswitch::session::SessionError;
use crate::switch::lease_token::LeaseToken;
use hotlined_esl::frame::FrameError;
use std::time::Duration;

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection could not be opened.
    #[error("cannot connect to {0}: {1}")]
    Connect(String, std::io::Error),
    /// The peer accepted the connection and sent nothing.
    #[error("{0} accepts connections and then says nothing for {1:?}: is it an event socket?")]
    NoGreeting(String, Duration),
    /// The link did not come up in time.
    #[error("{0} did not let us work within {1:?}: we still waited for {2}")]
    SetupTimeout(String, Duration, &'static str),
    /// The peer is no event socket.
    #[error("{0} does not speak as an event socket: {1}")]
    NotEventSocket(String, FrameError),
    /// The session failed.
    #[error(transparent)]
    Refused(#[from] SessionError),
    /// The bytes from the switch are malformed or exceed a limit.
    #[error("the connection broke: {0}")]
    BrokenFrame(#[from] FrameError),
    /// The socket failed.
    #[error("the connection broke: {0}")]
    Socket(std::io::Error),
    /// The switch sent nothing, not even a heartbeat.
    #[error("the switch said nothing for {:.1} s, not even a heartbeat", .0.as_secs_f64())]
    Silent(Duration),
    /// The daemon stalled.
    #[error("we stood still for {:.1} s: beginning again from the list of channels", .0.as_secs_f64())]
    DaemonStalled(Duration),
    /// The events of the switch arrive late.
    #[error("what the switch says is {:.1} s late: beginning again from the list of channels", .0.as_secs_f64())]
    EventsLate(Duration),
    /// The switch closed the connection.
    #[error("the switch closed the connection")]
    Closed,
    /// Too many events wait for the engine.
    #[error("{0} events wait for the engine: beginning again from the list of channels")]
    BacklogFull(usize),
    /// Too many requests wait for a reply.
    #[error("{0} requests wait for an answer of the switch")]
    Unanswered(usize),
}

impl LinkError {
    /// The token of the daemon that is active at the switch in our place.
    pub fn superseded_by(&self) -> Option<&LeaseToken> {
        match self {
            Self::Refused(SessionError::Superseded(by) | SessionError::Occupied(by)) => Some(by),
            _ => None,
        }
    }

    /// Whether bytes that the switch has not read yet must not arrive any more: another daemon may be active by then.
    pub(super) fn discards_unread(&self) -> bool {
        self.is_stale() || matches!(self, Self::Silent(_)) || self.superseded_by().is_some()
    }

    /// Whether the last events are stale.
    fn is_stale(&self) -> bool {
        matches!(self, Self::DaemonStalled(_) | Self::EventsLate(_))
    }

    /// Whether only a change of the configuration can help.
    pub fn is_misconfigured(&self) -> bool {
        matches!(self, Self::Refused(SessionError::Password | SessionError::Address(_)))
    }
}
