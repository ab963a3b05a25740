//! The call record (话单): what became of a call, written when the call ends.

use crate::cause::Cause;
use crate::hotline::Version;
use crate::hotline::access::RefusalReason;
use crate::id::{CallId, LegId, SwitchId};
use crate::prompt::RecordingName;
use crate::time::{Instant, Millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One call, from its arrival to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// The switch the call was on.
    pub switch: SwitchId,
    /// The number the caller dialled, as the carrier delivered it.
    pub dialled: String,
    /// The hotline of that number; `None` where no hotline has the number.
    pub hotline: Option<Arc<str>>,
    /// The version of the hotline that the call followed.
    pub hotline_version: Option<Version>,
    /// The caller's number, as the carrier delivered it; empty when withheld.
    pub caller: String,
    /// How the call went.
    pub outcome: Outcome,
    /// Who ended the call.
    pub ended_by: EndedBy,
    /// The cause that the caller's leg ended with.
    pub cause: Cause,
    /// When the call arrived.
    pub arrived: Instant,
    /// When the caller's leg was answered: the carrier charges from here on.
    pub billing_start: Option<Instant>,
    /// When the call ended.
    pub ended: Instant,
    /// From the arrival to the talk; to the end of a call without a talk.
    pub wait: Millis,
    /// How long caller and agent talked.
    pub talk: Millis,
    /// The agent who talked with the caller.
    pub agent: Option<Arc<str>>,
    /// Why the caller was refused.
    pub refused: Option<RefusalReason>,
    /// Whether hours that are not open decided the call's way.
    #[serde(default)]
    pub closed: bool,
    /// The nodes of the flow that the call passed, in order; of a very long path the beginning.
    pub path: Vec<Arc<str>>,
    /// The digits the caller entered, by the names the flow gives.
    pub entered: BTreeMap<Arc<str>, String>,
    /// The marks the flow set.
    pub marks: BTreeMap<Arc<str>, Arc<str>>,
    /// How long the caller waited in queues.
    pub queued: Millis,
    /// The file with the recorded talk.
    pub recording: Option<RecordingName>,
    /// The message the caller left.
    pub message: Option<MessageRecord>,
    /// The caller's survey score (满意度).
    pub score: Option<u8>,
    /// The call back to the caller.
    pub call_back: Option<CallBackRecord>,
    /// Every attempt to reach an agent, in order.
    pub attempts: Vec<AttemptRecord>,
}

/// A message a caller left (语音信箱).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageRecord {
    /// The file with the message.
    pub file: RecordingName,
    /// How long the message is.
    pub length: Millis,
}

/// A caller who left the queue to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallBackRecord {
    /// When the caller asked to be called back.
    pub asked: Instant,
    /// When the daemon called the caller; `None` if it never did.
    pub called: Option<Instant>,
    /// When the caller answered.
    pub answered: Option<Instant>,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Caller and agent talked.
    Answered,
    /// The caller left before an agent took the call.
    Abandoned,
    /// No agent took the call.
    Unanswered,
    /// The caller left a message.
    Message,
    /// The flow served the caller to its end without an agent being tried.
    Served,
    /// The caller was not admitted.
    Refused,
    /// The hotline: its flow came to an end, or the daemon shut down.
    UnknownHotline,
    /// The dialplan's fallback served the caller.
    Fallback,
    /// The switch ended the call, or the call vanished while no daemon watched.
    Lost,
}

impl Outcome {
    /// The name of the outcome in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::Unanswered => "unanswered",
            Self::Message => "message",
            Self::Served => "served",
            Self::Refused => "refused",
            Self::UnknownHotline => "unknown_hotline",
            Self::Fallback => "fallback",
            Self::Lost => "lost",
        }
    }
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
    /// We.
    Hotline,
    /// The switch, or a person at the switch.
    Switch,
}

/// An attempt to reach an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptRecord {
    /// The agent.
    pub agent: Arc<str>,
    /// The agent's leg; `None` where no line of the agent was free.
    pub leg: Option<LegId>,
    /// When the attempt began.
    pub started: Instant,
    /// When the agent's telephone began to ring.
    pub ringing: Option<Instant>,
    /// When the agent answered.
    pub answered: Option<Instant>,
    /// When the attempt ended.
    pub ended: Instant,
    /// How the attempt ended.
    pub outcome: AttemptOutcome,
}

/// How an attempt to reach an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The agent talked with the caller.
    Talked,
    /// The agent's telephone is busy.
    Busy,
    /// Other calls of this service use all lines of the agent.
    LinesTaken,
    /// The agent's telephone rang for its ring time and nobody answered.
    NoAnswer,
    /// The agent refused.
    Refused,
    /// The number does not exist or cannot be reached now.
    Unreachable,
    /// The network or the switch failed.
    Failed,
    /// The caller left first.
    CallerLeft,
    /// The agent answered and was gone before the bridge.
    Dropped,
    /// Another of the agents who were rung took the call first.
    LostRace,
    /// The telephone was answered and nobody pressed the key that takes the call: probably a mailbox.
    Unconfirmed,
}
