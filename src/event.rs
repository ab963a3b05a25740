//! Everything that can influence a call, in terms that FreeSWITCH and Asterisk share.
//!
//! Live traffic, a replayed capture and the simulator all come through these events and no other way.
//! There is no clock among them: the time an event came in is handed to the switchboard beside it.

use crate::hotline::Hotlines;
use crate::id::{CommandId, LegId, SwitchId};
use serde::{Deserialize, Serialize};
use std::fmt;
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
        what: LegEvent,
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
    /// The agent's line is ours until we release it.
    Claimed {
        /// The claim.
        command: CommandId,
    },
    /// All lines of the agent are taken.
    Refused {
        /// The claim.
        command: CommandId,
    },
    /// The earliest deadline of the switchboard may have passed.
    Due,
    /// The operator's hotlines changed; calls in progress keep what they started with.
    Hotlines(Arc<Hotlines>),
    /// The operator said something.
    Operator(Order),
}

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
    pub of: Option<LegId>,
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

/// What an operator can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Take no new calls; finish those in progress.
    Drain,
    /// Hand every call that is not in talk to the dialplan's fallback, and close the books on the others.
    HandOver,
}

/// Why a leg ended or a command failed: the causes that both switches tell apart (ITU-T Q.850).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody hung up (16).
    Normal,
    /// The called party is busy (17).
    Busy,
    /// It rang and nobody took it (18, 19).
    NoAnswer,
    /// The called party refused (21).
    Rejected,
    /// No such number (1).
    UnknownNumber,
    /// The number exists and cannot be reached now: out of order, not registered, no route (20, 27, 3).
    Unreachable,
    /// The network or the switch has no room or broke (34, 38, 41, 42).
    Congestion,
    /// The caller left while it rang (487).
    Cancelled,
    /// Somebody else took the call first.
    LostRace,
    /// Anything else.
    #[default]
    Other,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "normal",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Rejected => "rejected",
            Self::UnknownNumber => "unknown_number",
            Self::Unreachable => "unreachable",
            Self::Congestion => "congestion",
            Self::Cancelled => "cancelled",
            Self::LostRace => "lost_race",
            Self::Other => "other",
        })
    }
}
