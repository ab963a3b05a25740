//! The call record (话单): what a call was, once it is over.

use crate::cause::Cause;
use crate::hotline::Version;
use crate::hotline::access::RefusalReason;
use crate::id::{CallId, LegId, SwitchId};
use crate::prompt::RecordingName;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One call, from its arrival to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// Where it was.
    pub switch: SwitchId,
    /// The number that was dialled, as the carrier delivered it.
    pub dialled: String,
    /// The hotline that was meant; none where no hotline has that number.
    pub hotline: Option<Arc<str>>,
    /// The version of it that decided.
    pub hotline_version: Option<Version>,
    /// The caller's number, as the carrier delivered it; empty when withheld.
    pub caller: String,
    /// How it went.
    pub outcome: Outcome,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// What the caller's side was told or told us.
    pub cause: Cause,
    /// When it came to us.
    pub arrived: Instant,
    /// When the caller's leg was answered: from here on the carrier charges.
    pub billing_start: Option<Instant>,
    /// When it ended.
    pub ended: Instant,
    /// From its arrival until caller and agent heard each other, or until its end where they did not.
    pub wait: Millis,
    /// From then until its end.
    pub talk: Millis,
    /// The agent who talked with the caller.
    pub agent: Option<Arc<str>>,
    /// Why the caller was refused.
    pub refused: Option<RefusalReason>,
    /// The nodes of the flow the call went through, in order; of a very long way the beginning.
    pub path: Vec<Arc<str>>,
    /// What the caller entered, by the names the flow gives.
    pub entered: BTreeMap<Arc<str>, String>,
    /// What the flow noted about the call.
    pub marks: BTreeMap<Arc<str>, Arc<str>>,
    /// How long the caller waited in queues.
    pub queued: Millis,
    /// Where the talk is recorded.
    pub recording: Option<RecordingName>,
    /// The message the caller left.
    pub message: Option<MessageRecord>,
    /// What the caller thought of it (满意度).
    pub score: Option<u8>,
    /// How the caller was called back.
    pub call_back: Option<CallBackRecord>,
    /// Every attempt to reach somebody, in order.
    pub attempts: Vec<AttemptRecord>,
}

/// A message a caller left (语音信箱).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Where it is.
    pub file: RecordingName,
    /// How long it is.
    pub length: Millis,
}

/// A caller who left the queue to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBackRecord {
    /// When the caller asked for it.
    pub asked: Instant,
    /// When the caller was called; none where it never came to that.
    pub called: Option<Instant>,
    /// When the caller answered.
    pub answered: Option<Instant>,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Caller and agent talked.
    Answered,
    /// The caller left before anybody came.
    Abandoned,
    /// Nobody came.
    Unanswered,
    /// The caller left a message.
    Message,
    /// The flow served the caller to its end without an agent being tried.
    Served,
    /// The caller may not call.
    Refused,
    /// The number is none of ours.
    UnknownHotline,
    /// The dialplan's fallback served the caller.
    Fallback,
    /// The switch ended the call, or forgot it while nobody watched.
    Lost,
}

impl Outcome {
    /// As it is written in records and figures.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
    /// We.
    Hotline,
    /// The switch, or somebody at it.
    Switch,
}

/// An attempt to reach an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The agent.
    pub agent: Arc<str>,
    /// The agent's leg; none where no line was free.
    pub leg: Option<LegId>,
    /// When we turned to the agent.
    pub started: Instant,
    /// When it began to ring.
    pub ringing: Option<Instant>,
    /// When it was taken.
    pub answered: Option<Instant>,
    /// When it was over.
    pub ended: Instant,
    /// How it ended.
    pub outcome: AttemptOutcome,
}

/// How an attempt to reach an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The agent talked with the caller.
    Talked,
    /// The agent's telephone is busy.
    Busy,
    /// All lines of the agent are taken by calls of ours.
    LinesTaken,
    /// It rang its time and nobody took it.
    NoAnswer,
    /// The agent refused.
    Refused,
    /// There is no such number, or no way to it now.
    Unreachable,
    /// The network or the switch failed.
    Failed,
    /// The caller left first.
    CallerLeft,
    /// The agent took the call and was gone before the caller could be joined.
    Dropped,
    /// Another agent of several took the call first.
    LostRace,
    /// The telephone was answered and nobody pressed the key that takes the call: a mailbox, most likely.
    Unconfirmed,
}
