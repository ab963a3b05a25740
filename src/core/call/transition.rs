//! The transitions between the stages of a call, and the events a stage gets. A stage knows no other stage: it returns
//! a transition, and [`Call`](super::call::Call) enters the stage behind it.

use super::attempt::AttemptIx;
use super::timer::Timer;
use crate::event::{Cause, QueuePosition};
use crate::hotline::flow::NodeIx;
use crate::time::Instant;
use std::sync::Arc;

/// What a stage decides after an event.
#[derive(Debug)]
pub(super) enum Next<S> {
    /// The stage stays, with this state.
    Stay(S),
    /// The call leaves the stage by this transition.
    Go(Transition),
    /// The call is finished: no leg is left.
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

/// The transitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transition {
    /// Ask the ACD whether the hotline may have one more call.
    Admission,
    /// Enter this node of the flow.
    Node(NodeIx),
    /// Leave the node where the call is, by this exit.
    Exit {
        /// The exit.
        exit: Exit,
        /// Why by this exit.
        reason: Box<str>,
    },
    /// Return to the node where the call is and try the other agents: an agent took the call and was lost.
    ResumeSearch,
    /// A caller who is called back answered: ring the agent of this attempt, which holds the line.
    ServeCallBack { attempt_ix: AttemptIx },
    /// Play the announcements before the talk with the agent of this attempt.
    Whisper { attempt_ix: AttemptIx },
    /// Bridge the caller with the agent of this attempt.
    Connect { attempt_ix: AttemptIx },
    /// Caller and agent of this attempt are bridged.
    Talk { attempt_ix: AttemptIx },
    /// The caller hangs up now and will be called back.
    CallBack,
    /// Play the closing announcement, and end with this cause.
    Closing { cause: Cause },
    /// Hang up all legs; the caller's leg gets this cause.
    Ending { cause: Cause },
}

/// The name of an exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// A name that the kind of the node fixes.
    Fixed(&'static str),
    /// Keys of the caller, or a name the business chose.
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
    /// Leaves the node by an exit that needs no further reason.
    pub(super) fn exit(name: &'static str) -> Self {
        Self::Exit { exit: Exit::Fixed(name), reason: name.into() }
    }
}

/// What a stage gets, after leg tracking has updated the state of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StageEvent {
    /// The ACD replied to the request of this number.
    Acd(u32, AcdEvent),
    /// An event of the attempt's agent.
    Agent(AttemptIx, AgentEvent),
    /// An event of the caller.
    Caller(CallerEvent),
    /// The command of this number ended, with success or not. Leg tracking handles the commands that play to the
    /// caller or ring an agent.
    CommandDone(u32, bool),
    /// The prompt to the caller ended.
    SoundEnded,
    /// The link is back, and leg tracking agrees with the switch again.
    LinkRestored,
    /// A timer of the call is due.
    Due(Timer),
}

/// A reply of the ACD. For a line that was given, the stage gets [`AgentEvent::Claimed`] of the new attempt instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcdEvent {
    /// No line is free, or the queue is full.
    Refused,
    /// The claim waits at this position.
    Waiting(QueuePosition),
    /// Whether the hotline may have the call, and how often the caller called lately.
    Admitted { room: bool, recent: u32 },
    /// How often the code was queried before, and when first.
    CodeSeen { times: u32, first: Option<Instant> },
}

/// What happens to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AgentEvent {
    /// The call holds a line of the agent.
    Claimed,
    /// The agent answered.
    Answered,
    /// The agent's leg is parked and obeys commands.
    Ready,
    /// The agent pressed a key.
    Digit(char),
    /// Caller and agent hear each other.
    Bridged,
    /// The attempt has no leg any more.
    Gone,
}

/// What happens to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallerEvent {
    /// The caller's leg was answered.
    Answered,
    /// The caller's leg is parked and obeys commands.
    Parked,
    /// The caller pressed a key.
    Digit(char),
    /// Caller and agent no longer hear each other.
    Unbridged,
    /// The caller's leg is gone.
    Gone,
}
