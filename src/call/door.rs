//! The doors between the stages of a call. A stage knows no other: it names a door, and
//! [`Call`](super::call::Call) opens it.

use super::attempt::Nth;
use super::timer::Timer;
use crate::event::Cause;

/// Where a call goes from here.
#[derive(Debug)]
pub(super) enum Next<S> {
    /// Nowhere: the stage goes on as it now is.
    Stay(S),
    /// Through this door.
    Go(Door),
    /// Out: nothing of the call is left.
    Over,
}

/// The doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Try the agents from the first.
    Hunt,
    /// Go on trying where we were.
    HuntOn,
    /// Join the caller with the agent of this attempt.
    Connect { nth: Nth },
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
    /// The caller's leg was answered.
    CallerAnswered,
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
