//! Everything that can influence a call, in terms that FreeSWITCH and Asterisk share.
//!
//! Live traffic, a replayed capture and the simulator all come through these events and no other way.
//! There is no clock among them: the time an event came in is handed to the switchboard beside it.

pub use crate::cause::Cause;
use crate::hotline::{Hotline, Hotlines};
use crate::hours::Calendar;
use crate::id::{CallId, CommandId, LegId, LineId, SwitchId};
use crate::number::NumberRegions;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A caller's leg waits at our door.
    Arrived(Arrival),
    /// The switch reports about a leg.
    Leg {
        /// The leg it is about; often one that is none of ours.
        leg: LegId,
        /// What it reports.
        #[serde(rename = "what")]
        event: LegEvent,
    },
    /// The switch, or the link to it, says how a command ended.
    Done {
        /// The command.
        command: CommandId,
        /// How it ended.
        result: CommandResult,
    },
    /// A link to a switch was lost: what it says from now on is missed, what it plays goes on.
    LinkLost {
        /// The switch.
        switch: SwitchId,
    },
    /// The link is back; these are all the legs the switch has now.
    LinkRestored {
        /// The switch.
        switch: SwitchId,
        /// A number that no other connection has: what sets the legs we make for a caller found waiting apart
        /// from those somebody before us made.
        connection: u64,
        /// Its legs, in its own order.
        legs: Vec<LiveLeg>,
    },
    /// The ACD replies to a request.
    #[serde(rename = "store")]
    Acd {
        /// The request.
        command: CommandId,
        /// The reply.
        reply: AcdReply,
    },
    /// The earliest deadline of the switchboard may have passed.
    Due,
    /// The operator's hotlines changed; calls in progress keep what they started with.
    Hotlines(Arc<Hotlines>),
    /// Calls of a daemon before us are ours from now on. What became of them is told by [`LinkRestored`], until
    /// when they wait.
    ///
    /// [`LinkRestored`]: Self::LinkRestored
    #[serde(rename = "taken_up")]
    CallsTakenOver {
        /// The calls.
        calls: Vec<RawSavedCall>,
        /// The versions of hotlines that they follow.
        hotlines: Vec<Arc<Hotline>>,
    },
    /// Another daemon acts for the switch: its calls are that one's, as they were kept, and we know them no more.
    #[serde(rename = "stood_by")]
    LeaseLost {
        /// The switch.
        switch: SwitchId,
    },
    /// Which days are work changed.
    Calendar(Arc<Calendar>),
    /// The table of the regions that telephone numbers belong to changed.
    #[serde(rename = "atlas")]
    NumberRegions(Arc<NumberRegions>),
    /// The operator gave an order.
    Operator(OperatorOrder),
}

impl Event {
    /// Nobody can say how a command ended, or will end.
    pub fn unknown_result(command: CommandId) -> Self {
        Self::Done { command, result: CommandResult::Unknown }
    }
}

/// A call as it was kept, not looked into yet: of which format it is decides whether it can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawSavedCall {
    /// The format.
    pub format: u16,
    /// The call.
    pub call: CallId,
    /// When it was written, by the clock of the daemon that did; a version before this one did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// Everything else.
    pub state: serde_json::Value,
}

impl RawSavedCall {
    /// How far the clock was ahead of ours, which says `now`, that these were written by: what was written later than
    /// now was written by another clock, and all of them by the same.
    pub fn clock_lead(calls: &[Self], now: Instant) -> Millis {
        calls.iter().filter_map(|kept| kept.at).max().map_or(Millis(0), |at| at.since(now))
    }

    /// Reads what a call was saved as.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSavedCall> {
        rmp_serde::from_slice(bytes).map_err(|error| BadSavedCall(error.to_string()))
    }
}

/// Bytes that are no call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no saved call: {0}")]
pub struct BadSavedCall(String);

/// A caller's leg that is parked for us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Where it is.
    pub switch: SwitchId,
    /// The caller's leg, which names the call.
    pub leg: LegId,
    /// The number the caller dialled, as the carrier delivered it.
    pub dialled: String,
    /// The caller's number, as the carrier delivered it; empty when withheld.
    pub caller: String,
    /// The call's source of chance.
    pub seed: u64,
    /// Whether the leg was answered before it reached us: the carrier charges already.
    #[serde(default)]
    pub answered: bool,
}

/// What a switch reports about a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegEvent {
    /// An outgoing leg exists from now on.
    Created,
    /// The other end rings; with `media` it sends sound already.
    Ringing {
        /// Whether it sends early media.
        media: bool,
    },
    /// The other end took the call.
    Answered,
    /// The leg is idle at the switch and does what it is told.
    Parked,
    /// The leg left our hands without having been told to: the switch, or somebody, sent it elsewhere.
    Left,
    /// The two legs hear each other.
    Bridged {
        /// The other leg.
        peer: LegId,
    },
    /// The two legs no longer hear each other.
    Unbridged {
        /// The other leg.
        peer: LegId,
    },
    /// A key was pressed.
    Digit(char),
    /// The leg is gone.
    HungUp {
        /// Why.
        cause: Cause,
        /// Whether its own end left; otherwise the switch ended it, or we did.
        far_end: bool,
    },
    /// The switch gave the leg another name.
    Renamed {
        /// The name so far.
        from: LegId,
    },
}

/// A leg as a list of the switch's channels shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveLeg {
    /// The leg.
    pub leg: LegId,
    /// The call we made it for, where it is an agent's leg of ours.
    #[serde(rename = "of")]
    pub caller_leg: Option<LegId>,
    /// What it does.
    pub state: LegState,
    /// Whether it was answered.
    pub answered: bool,
    /// Where it waits at our door for a hotline: what its arrival would have said.
    pub arrival: Option<Arrival>,
}

/// What a live leg does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// Not yet answered at its other end.
    Ringing,
    /// Idle in our hands.
    Parked,
    /// Talking to another leg.
    Bridged,
    /// In somebody else's hands: the dialplan's fallback, for example.
    Elsewhere,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandResult {
    /// Done to its end.
    Ok,
    /// Not done, or not to its end.
    Failed(Cause),
    /// There is no such leg, or no more.
    NoSuchLeg,
    /// Nobody can say: the link was lost before the answer came.
    Unknown,
}

/// An order of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorOrder {
    /// Take no new calls; finish those in progress.
    Drain,
    /// Hand every call that is not in talk to the dialplan's fallback, and close the books on the others.
    HandOver,
}

/// A reply of the ACD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcdReply {
    /// This agent's line is ours until we release it.
    Claimed {
        /// Whose.
        line: LineId,
    },
    /// No line of any of the agents is free, or no place in the queue is.
    Refused,
    /// The request waits for a line in its queue.
    Waiting(QueuePosition),
    /// Whether one more call may be live, and how often this caller called lately, with this call.
    Admitted {
        /// Whether the hotline has room.
        room: bool,
        /// How often.
        recent: u32,
    },
    /// How often the code was asked for before, and when first.
    CodeSeen {
        /// How often.
        times: u32,
        /// When first.
        first: Option<Instant>,
    },
}

/// A place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePosition {
    /// How many are served before.
    pub ahead: u32,
    /// How long it will take as far as anybody can tell.
    pub estimate: Option<Millis>,
}
