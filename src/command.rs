//! Everything the switchboard can tell the world to do, in terms that FreeSWITCH and Asterisk share.

use crate::event::Cause;
use crate::hotline::Dial;
use crate::id::{CallId, CommandId, LegId, LineId, SwitchId};
use crate::prompt::Prompt;
use crate::record::{AttemptOutcome, CallRecord};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An order to the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// To a switch.
    Switch {
        /// Which.
        switch: SwitchId,
        /// The name under which its answer comes back.
        id: CommandId,
        /// What to do.
        action: Action,
    },
    /// To the store of agents' lines.
    Line {
        /// The name under which its answer comes back.
        id: CommandId,
        /// Which agent's.
        line: LineId,
        /// What to do.
        request: LineRequest,
    },
    /// To the records: the call is over, and this is what it was.
    Record(Box<CallRecord>),
    /// To whoever watches: why a call goes the way it goes.
    Note {
        /// The call.
        call: CallId,
        /// What to know about it.
        note: Note,
    },
}

/// What a switch can be told to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make the caller's leg ours: when one side of a later bridge leaves, the other is hung up too.
    Take {
        /// The caller's leg.
        leg: LegId,
    },
    /// If nothing else is heard from us until then, send the leg to the dialplan's fallback. Takes the place
    /// of an earlier one.
    KeepFallback {
        /// The caller's leg.
        leg: LegId,
        /// How long from now.
        after: Millis,
    },
    /// The leg is safe: forget its fallback.
    CancelFallback {
        /// The caller's leg.
        leg: LegId,
    },
    /// Send the leg to the dialplan's fallback now.
    ToFallback {
        /// The caller's leg.
        leg: LegId,
    },
    /// Let the leg hear this, whatever it hears now. On an unanswered leg it is early media and answers
    /// nothing. Ends with [`Event::Done`](crate::event::Event::Done) unless something else takes its place.
    Play {
        /// The leg.
        leg: LegId,
        /// What.
        prompt: Prompt,
        /// Over and over, until something else takes its place.
        repeat: bool,
    },
    /// Call an agent. The leg reports itself; the command's end says only that it failed before there was one.
    Ring {
        /// The name the new leg shall have.
        leg: LegId,
        /// The call it belongs to.
        call: CallId,
        /// Whom to call.
        dial: Dial,
        /// How long at most.
        ring_time: Millis,
        /// The number the agent sees.
        shown: Arc<str>,
    },
    /// Join the two and answer the caller; when one leaves, the other is hung up.
    Bridge {
        /// The caller's leg.
        caller: LegId,
        /// The agent's leg.
        agent: LegId,
    },
    /// End the leg.
    HangUp {
        /// The leg.
        leg: LegId,
        /// What its other end is told.
        cause: Cause,
    },
}

/// What the store of lines can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineRequest {
    /// Take one line; answered by [`Event::Claimed`](crate::event::Event::Claimed) or
    /// [`Event::Refused`](crate::event::Event::Refused).
    Claim {
        /// How many lines the agent has.
        lines: u16,
    },
    /// Give back the line that the command of this number of the same call took.
    Release {
        /// The number of the claim.
        claim: u32,
    },
}

/// Why a call goes the way it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// It went from one stage to another.
    Stage {
        /// The stage it left; none at its beginning.
        from: Option<StageName>,
        /// The stage it entered; none at its end.
        to: Option<StageName>,
    },
    /// An agent is being called.
    Ringing {
        /// The agent.
        agent: Arc<str>,
    },
    /// An attempt to reach an agent ended.
    Attempt {
        /// The agent.
        agent: Arc<str>,
        /// How.
        outcome: AttemptOutcome,
    },
    /// What should have been played could not be; a tone is played instead.
    SoundFailed {
        /// What could not be played.
        prompt: Prompt,
    },
    /// The call was not taken.
    NotTaken {
        /// Why.
        why: NotTaken,
    },
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// We are shutting down: the dialplan's fallback serves the caller.
    Draining,
    /// As many calls are live as the switchboard may hold: the dialplan's fallback serves the caller.
    Full,
}

/// The stages of a call, as an operator says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// Agents are tried while the caller hears the ringback.
    Hunt,
    /// An agent took the call and is being joined with the caller.
    Connect,
    /// Caller and agent talk.
    Talk,
    /// The caller hears why nobody comes.
    Closing,
    /// The last legs are being ended.
    Ending,
}
