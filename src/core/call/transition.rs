//! The doors between the stages of a call. A stage knows no other: it names a door, and
//! [`Call`](super::call::Call) opens it.

use super::attempt::AttemptIx;
use super::timer::Timer;
use crate::event::{Cause, QueuePosition};
use crate::hotline::flow::NodeIx;
use crate::time::Instant;
use std::sync::Arc;

/// Where a call goes from here.
#[derive(Debug)]
pub(super) enum Next<S> {
    /// Nowhere: the stage goes on as it now is.
    Stay(S),
    /// Through this door.
    Go(Transition),
    /// Out: nothing of the call is left.
    Finished,
}

impl<S> Next<S> {
    /// The same with another stage.
    pub(super) fn map<T>(self, stage: impl FnOnce(S) -> T) -> Next<T> {
        match self {
            Self::Stay(inner) => Next::Stay(stage(inner)),
            Self::Go(transition) => Next::Go(transition),
            Self::Finished => Next::Finished,
        }
    }
}

/// The doors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transition {
    /// Ask whether there is room for one more call.
    Admission,
    /// Into this node of the flow.
    Node(NodeIx),
    /// Out of the node where the call is, by this exit.
    Exit {
        /// Its name.
        exit: Exit,
        /// Why by this one.
        reason: Box<str>,
    },
    /// Back to the node where the call is, to go on trying: an agent who took the call was lost.
    ResumeSearch,
    /// Let somebody be called back whose turn has come: this attempt holds the line.
    ServeCallBack { attempt_ix: AttemptIx },
    /// Say what is to be said to caller and agent of this attempt.
    Whisper { attempt_ix: AttemptIx },
    /// Join the caller with the agent of this attempt.
    Connect { attempt_ix: AttemptIx },
    /// They are joined.
    Talk { attempt_ix: AttemptIx },
    /// The caller hangs up now and is called back.
    CallBack,
    /// Say the closing words, and end with this cause.
    Closing { cause: Cause },
    /// End what is left; tell the caller's side this cause.
    Ending { cause: Cause },
}

/// The name of an exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// One the kind of node has.
    Fixed(&'static str),
    /// What the caller keyed, or the business named.
    Named(Arc<str>),
}

impl Exit {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Fixed(name) => name,
            Self::Named(name) => name,
        }
    }
}

impl Transition {
    /// Out of the node by an exit that needs no further reason.
    pub(super) fn exit(name: &'static str) -> Self {
        Self::Exit { exit: Exit::Fixed(name), reason: name.into() }
    }
}

/// What a stage is told, after the call's books are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StageEvent {
    /// The store answered the request of this number.
    Acd(u32, AcdEvent),
    /// News of the attempt's agent.
    Agent(AttemptIx, AgentEvent),
    /// News of the caller.
    Caller(CallerEvent),
    /// The command of this number ended, well or not; those that play to the caller or call an agent are told
    /// otherwise.
    CommandDone(u32, bool),
    /// What the caller was played has ended.
    SoundEnded,
    /// The link is back and the books agree with the switch again.
    LinkRestored,
    /// A deadline passed.
    Due(Timer),
}

/// What the store can say; of a line it gave, the attempt made for it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcdEvent {
    /// Nothing is free.
    Refused,
    /// The claim waits at this place.
    Waiting(QueuePosition),
    /// Whether the hotline has room, and how often the caller called.
    Admitted { room: bool, recent: u32 },
    /// How often a code was asked for, and when first.
    CodeSeen { times: u32, first: Option<Instant> },
}

/// What can be heard of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AgentEvent {
    /// A line of the agent is ours.
    Claimed,
    /// The agent took the call.
    Answered,
    /// The agent's leg does what it is told.
    Ready,
    /// The agent pressed a key.
    Digit(char),
    /// Caller and agent hear each other.
    Bridged,
    /// Nothing is left of the attempt.
    Gone,
}

/// What can be heard of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallerEvent {
    /// The caller's leg was answered.
    Answered,
    /// The caller's leg does what it is told.
    Parked,
    /// The caller pressed a key.
    Digit(char),
    /// Caller and agent no longer hear each other.
    Unbridged,
    /// Nothing is left of the caller's leg.
    Gone,
}
