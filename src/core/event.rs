//! Everything that can influence a call, in terms that FreeSWITCH and Asterisk share.
//!
//! Live traffic, a replayed capture and the simulator all enter the core through these events and in no other way. An
//! event carries no clock reading: the caller of [`Engine::run_turn`](crate::engine::Engine::run_turn) passes the time
//! beside the event.

pub use crate::cause::Cause;
use crate::hotline::{Hotline, Hotlines};
use crate::hours::Calendar;
use crate::id::{CallId, CommandId, LegId, LineId, SwitchId};
use crate::number::NumberRegions;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One event for the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A caller's leg is parked on the switch and waits for the daemon.
    Arrived(Arrival),
    /// The switch reports something about a leg.
    Leg {
        /// The leg. Often it belongs to no call of this daemon.
        leg: LegId,
        /// The report.
        #[serde(rename = "what")]
        event: LegEvent,
    },
    /// The switch, or the link to the switch, reports how a command ended.
    Done {
        /// The command.
        command: CommandId,
        /// How the command ended.
        result: CommandResult,
    },
    /// A link to a switch was lost. The daemon misses what the switch reports from now on; prompts go on playing.
    LinkLost {
        /// The switch.
        switch: SwitchId,
    },
    /// The link to a switch is back.
    LinkRestored {
        /// The switch.
        switch: SwitchId,
        /// A number that no other connection has. It makes the names of new legs differ from the names that an earlier
        /// daemon gave to legs of the same caller.
        connection: u64,
        /// All legs that the switch has now, in the order of the switch.
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
    /// The operator changed the hotlines. A live call keeps the version it started with.
    Hotlines(Arc<Hotlines>),
    /// This daemon takes over calls of an earlier daemon. The calls wait until [`LinkRestored`] tells which of their
    /// legs still exist.
    ///
    /// [`LinkRestored`]: Self::LinkRestored
    #[serde(rename = "taken_up")]
    CallsTakenOver {
        /// The calls.
        calls: Vec<RawSavedCall>,
        /// The versions of hotlines that the calls follow.
        hotlines: Vec<Arc<Hotline>>,
    },
    /// Another daemon holds the lease of the switch now. The calls on the switch belong to that daemon, which
    /// continues them from their snapshots; this daemon drops them.
    #[serde(rename = "stood_by")]
    LeaseLost {
        /// The switch.
        switch: SwitchId,
    },
    /// The official calendar of working days changed.
    Calendar(Arc<Calendar>),
    /// The table of number regions changed.
    #[serde(rename = "atlas")]
    NumberRegions(Arc<NumberRegions>),
    /// The operator gave an order.
    Operator(OperatorOrder),
}

impl Event {
    /// The event for a command whose result nobody knows, or will know.
    pub fn unknown_result(command: CommandId) -> Self {
        Self::Done { command, result: CommandResult::Unknown }
    }
}

/// A saved call before its state is decoded: the format tells whether this version can decode it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawSavedCall {
    /// The format of the state.
    pub format: u16,
    /// The call.
    pub call: CallId,
    /// When the call was saved, by the clock of the daemon that saved it. Earlier versions wrote no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// The state of the call.
    pub state: serde_json::Value,
}

impl RawSavedCall {
    /// How far the clock of the daemon that saved these calls was ahead of this daemon's clock, which shows `now`. A
    /// call saved later than `now` was saved by another clock; one daemon saved all the calls, so one lead holds for
    /// all.
    pub fn clock_lead(calls: &[Self], now: Instant) -> Millis {
        calls.iter().filter_map(|saved| saved.at).max().map_or(Millis(0), |at| at.since(now))
    }

    /// Reads a saved call from MessagePack.
    ///
    /// # Errors
    ///
    /// [`BadSavedCall`] when the bytes are not a saved call.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSavedCall> {
        rmp_serde::from_slice(bytes).map_err(|error| BadSavedCall(error.to_string()))
    }
}

/// Bytes that are not a saved call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no saved call: {0}")]
pub struct BadSavedCall(String);

/// A caller's leg that the dialplan parked for the daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The switch that has the leg.
    pub switch: SwitchId,
    /// The caller's leg. The call takes its name.
    pub leg: LegId,
    /// The number the caller dialled, as the carrier delivered it.
    pub dialled: String,
    /// The caller's number, as the carrier delivered it; empty when withheld.
    pub caller: String,
    /// The seed of every random choice in this call.
    pub seed: u64,
    /// Whether the leg was answered before it reached the daemon: the carrier charges already.
    #[serde(default)]
    pub answered: bool,
}

/// What a switch reports about a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegEvent {
    /// The switch made the outgoing leg.
    Created,
    /// The called party rings.
    Ringing {
        /// Whether the called party sends early media.
        media: bool,
    },
    /// The called party answered.
    Answered,
    /// The leg is parked at the switch and obeys commands.
    Parked,
    /// The leg left the daemon's control without a command: the switch, or a person at the switch, sent the leg
    /// elsewhere.
    Left,
    /// The switch bridged two legs: they hear each other.
    Bridged {
        /// The other leg.
        peer: LegId,
    },
    /// The switch ended the bridge: the two legs no longer hear each other.
    Unbridged {
        /// The other leg.
        peer: LegId,
    },
    /// A key was pressed.
    Digit(char),
    /// The leg ended.
    HungUp {
        /// Why.
        cause: Cause,
        /// Whether the leg's own party hung up. Otherwise the switch or the daemon ended the leg.
        far_end: bool,
    },
    /// The switch gave the leg another name.
    Renamed {
        /// The name until now.
        from: LegId,
    },
}

/// A leg in a switch's list of channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveLeg {
    /// The leg.
    pub leg: LegId,
    /// For an agent's leg: the caller's leg of the call that the leg was made for.
    #[serde(rename = "of")]
    pub caller_leg: Option<LegId>,
    /// The state of the leg.
    pub state: LegState,
    /// Whether the leg was answered.
    pub answered: bool,
    /// For a caller's leg that waits for the daemon: the arrival that the switch would have reported.
    pub arrival: Option<Arrival>,
}

/// The state of a live leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// The leg is not answered yet.
    Ringing,
    /// The leg is parked and under the daemon's control.
    Parked,
    /// The leg talks to another leg.
    Bridged,
    /// The leg is under other control, for example in the dialplan's fallback.
    Elsewhere,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandResult {
    /// The command ran to its end.
    Ok,
    /// The command did not run, or not to its end.
    Failed(Cause),
    /// The leg of the command does not exist, or no longer.
    NoSuchLeg,
    /// Nobody knows: the link was lost before the reply came.
    Unknown,
}

/// An order of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorOrder {
    /// Take no new calls; finish those in progress.
    Drain,
    /// Hand every call that is not in talk to the dialplan's fallback, and write the records of all calls.
    HandOver,
}

/// A reply of the ACD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcdReply {
    /// The claim holds this agent's line until the call releases the line.
    Claimed {
        /// The line.
        line: LineId,
    },
    /// All lines of all candidates are in use, or the queue is full.
    Refused,
    /// The claim waits in its queue.
    Waiting(QueuePosition),
    /// Whether the hotline may have one more live call, and how often the caller called lately, this call included.
    Admitted {
        /// Whether the hotline is below its limit of live calls.
        room: bool,
        /// How many calls the caller made in the span that was asked for.
        recent: u32,
    },
    /// The earlier queries for the code.
    CodeSeen {
        /// How many queries there were.
        times: u32,
        /// The time of the first one.
        first: Option<Instant>,
    },
}

/// A caller's position in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePosition {
    /// How many callers are served before.
    pub ahead: u32,
    /// The estimated wait, if an estimate is possible.
    pub estimate: Option<Millis>,
}
