//! Why a connection to the switch ends.

use crate::switch::freeswitch::conversation::Refusal;
use crate::switch::lease_token::Claim;
use hotlined_esl::codec::StreamError;
use std::time::Duration;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody listens there.
    #[error("cannot connect to {0}: {1}")]
    Connect(String, std::io::Error),
    /// It never said anything.
    #[error("{0} accepts connections and then says nothing for {1:?}: is it an event socket?")]
    Mute(String, Duration),
    /// It did not come up in time.
    #[error("{0} did not let us work within {1:?}: we still waited for {2}")]
    Slow(String, Duration, &'static str),
    /// What came is no event socket's.
    #[error("{0} does not speak as an event socket: {1}")]
    Foreign(String, StreamError),
    /// The switch does not want us, or not so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] StreamError),
    /// Not even a heartbeat came.
    #[error("the switch said nothing for {:.1} s, not even a heartbeat", .0.as_secs_f64())]
    Silent(Duration),
    /// We did nothing for a while.
    #[error("we stood still for {:.1} s: beginning again from the list of channels", .0.as_secs_f64())]
    StoodStill(Duration),
    /// What the switch says was held up.
    #[error("what the switch says is {:.1} s late: beginning again from the list of channels", .0.as_secs_f64())]
    Late(Duration),
    /// The switch closed it.
    #[error("the switch closed the connection")]
    Closed,
    /// The engine does not keep up.
    #[error("{0} events wait for the engine: beginning again from the list of channels")]
    Overrun(usize),
    /// The switch does not keep up.
    #[error("{0} requests wait for an answer of the switch")]
    Unanswered(usize),
}

impl LinkError {
    /// Who acts for the switch in our place, as it said there.
    pub fn superseded_by(&self) -> Option<&Claim> {
        match self {
            Self::Refused(Refusal::Superseded(by) | Refusal::Occupied(by)) => Some(by),
            _ => None,
        }
    }

    /// Whether what we said last and has not arrived yet is to arrive no more: somebody else may have the word by then.
    pub(super) fn takes_words_back(&self) -> bool {
        self.is_stale() || matches!(self, Self::Silent(_)) || self.superseded_by().is_some()
    }

    /// Whether what was heard last is no news any more.
    fn is_stale(&self) -> bool {
        matches!(self, Self::StoodStill(_) | Self::Late(_))
    }

    /// Whether trying again without changing anything is useless.
    pub fn is_misconfigured(&self) -> bool {
        matches!(self, Self::Refused(Refusal::Password | Refusal::Address(_)))
    }
}
