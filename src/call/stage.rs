//! The stages of a call and the doors between them. A stage knows no other: it names a door, and
//! [`Call`](super::call::Call) opens it.

use super::attempt::Nth;
use super::closing::Closing;
use super::connect::Connect;
use super::ending::Ending;
use super::hunt::Hunt;
use super::talk::Talk;
use super::timer::Timer;
use crate::command::StageName;
use crate::event::Cause;
use serde::{Deserialize, Serialize};

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Hunt(Hunt),
    Connect(Connect),
    Talk(Talk),
    Closing(Closing),
    Ending(Ending),
}

impl Stage {
    /// What stands in a call while it goes from one stage to the next.
    pub(super) fn between_doors() -> Self {
        Self::Ending(Ending::default())
    }

    pub(super) fn name(&self) -> StageName {
        match self {
            Self::Hunt(_) => StageName::Hunt,
            Self::Connect(_) => StageName::Connect,
            Self::Talk(_) => StageName::Talk,
            Self::Closing(_) => StageName::Closing,
            Self::Ending(_) => StageName::Ending,
        }
    }
}

/// Where a call goes from here.
#[derive(Debug)]
pub(super) enum Next {
    Stay(Stage),
    Go(Door),
    /// Nothing of the call is left.
    Over,
}

/// The doors.
#[derive(Debug)]
pub(super) enum Door {
    /// Try the agents from the first.
    Hunt,
    /// Go on trying where we were.
    HuntOn(Hunt),
    /// Join the caller with the agent of this attempt; go back to the hunt if that fails.
    Connect { nth: Nth, hunt: Hunt },
    /// They are joined.
    Talk { nth: Nth },
    /// Say that nobody comes, and end with this cause.
    Closing { cause: Cause },
    /// End what is left; tell the caller's side this cause.
    Ending { cause: Cause },
}

/// What a stage is told, after the call's books are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// A line of the attempt's agent is ours.
    Claimed(Nth),
    /// The attempt's agent has no line free.
    Refused(Nth),
    /// The attempt's agent took the call.
    AgentAnswered(Nth),
    /// The attempt's leg does what it is told.
    AgentReady(Nth),
    /// Nothing is left of the attempt.
    AgentGone(Nth),
    /// Nothing is left of the caller's leg.
    CallerGone,
    /// Caller and this attempt's agent hear each other.
    Bridged(Nth),
    /// The command of this number could not join them.
    BridgeFailed(u32),
    /// They no longer hear each other.
    Unbridged,
    /// What the caller was played has ended.
    SoundEnded,
    /// The caller pressed a key.
    Digit(char),
    /// The link is back and the books agree with the switch again.
    Relinked,
    /// A deadline passed.
    Due(Timer),
}
