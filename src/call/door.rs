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
    /// The store answered about a line of the attempt's agent.
    Line(Nth, LineNews),
    /// News of the attempt's agent.
    Agent(Nth, AgentNews),
    /// News of the caller.
    Caller(CallerNews),
    /// The command of this number could not join them.
    BridgeFailed(u32),
    /// What the caller was played has ended.
    SoundEnded,
    /// The link is back and the books agree with the switch again.
    Relinked,
    /// A deadline passed.
    Due(Timer),
}

/// What the store can say about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineNews {
    /// It is ours.
    Claimed,
    /// None is free.
    Refused,
}

/// What can be heard of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AgentNews {
    /// The agent took the call.
    Answered,
    /// The agent's leg does what it is told.
    Ready,
    /// Caller and agent hear each other.
    Joined,
    /// Nothing is left of the attempt.
    Gone,
}

/// What can be heard of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallerNews {
    /// The caller's leg was answered.
    Answered,
    /// The caller pressed a key.
    Digit(char),
    /// Caller and agent no longer hear each other.
    Parted,
    /// Nothing is left of the caller's leg.
    Gone,
}
