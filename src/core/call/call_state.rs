//! What is known of a call, whatever stage it is in.

use super::attempt::{Attempt, AttemptIx};
use super::timer::Timers;
use crate::event::Cause;
use crate::hotline::access::RefusalReason;
use crate::hotline::flow::NodeIx;
use crate::id::{CallId, LegId, SwitchId};
use crate::prompt::{Prompt, RecordingName};
use crate::record::{CallBackRecord, EndedBy, MessageRecord, Outcome};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The facts of a call that hold in every stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallState {
    pub(super) id: CallId,
    pub(super) switch: SwitchId,
    pub(super) dialled: String,
    pub(super) caller: String,
    pub(super) seed: u64,
    pub(super) arrived: Instant,
    /// The number of the last command given.
    #[serde(rename = "commands")]
    pub(super) last_command: u32,
    /// The caller's leg; the call's name is the one it arrived under.
    #[serde(rename = "leg")]
    pub(super) caller_leg: LegId,
    /// The leg the caller had before being called back.
    pub(super) former_leg: Option<LegId>,
    /// The newest command to end the caller's leg.
    pub(super) hang_up: Option<u32>,
    /// When the caller's leg was gone from our hands.
    #[serde(rename = "gone")]
    pub(super) caller_gone: Option<Instant>,
    pub(super) sound: Option<Sound>,
    /// What the caller keyed before being asked.
    #[serde(rename = "keyed")]
    pub(super) typed_ahead: String,
    /// The node of the flow where the call is.
    pub(super) node: NodeIx,
    /// How many nodes it came through.
    #[serde(rename = "nodes")]
    pub(super) nodes_visited: u16,
    pub(super) search: AgentSearch,
    /// Wishes for a line that the store has not fulfilled yet.
    #[serde(rename = "wishes")]
    pub(super) open_claims: Vec<u32>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) timers: Timers,
    /// Whether the switch hears us.
    pub(super) linked: bool,
    /// When the caller's leg was answered: from then on the carrier charges.
    pub(super) answered: Option<Instant>,
    /// Since when caller and agent hear each other: joined, and the caller answered.
    pub(super) talk: Option<Instant>,
    /// When they no longer did, and who left, where the call went on.
    #[serde(rename = "parted")]
    pub(super) talk_ended: Option<(Instant, EndedBy)>,
    pub(super) ended: Option<Ended>,
    /// How early the caller is served in a queue: higher is earlier.
    pub(super) priority: u8,
    /// Whether the store counts the call among those of its hotline.
    pub(super) counted: bool,
    /// Whether a daemon before us may have gone on with it further than was kept.
    #[serde(rename = "inherited", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) taken_over: bool,
    #[serde(rename = "findings")]
    pub(super) record_fields: RecordFields,
}

/// What comes to light on the way and stands in the record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordFields {
    pub(super) refused: Option<RefusalReason>,
    pub(super) path: Vec<Arc<str>>,
    pub(super) entered: BTreeMap<Arc<str>, String>,
    pub(super) marks: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether agents were looked for at all.
    pub(super) hunted: bool,
    pub(super) queued: Millis,
    pub(super) recording: Option<RecordingName>,
    pub(super) message: Option<MessageRecord>,
    pub(super) score: Option<u8>,
    pub(super) call_back: Option<CallBackRecord>,
}

/// Who is still to be tried for the call, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AgentSearch {
    /// Places in the hotline's list of agents, in the order they are to be tried.
    #[serde(rename = "left")]
    pub(super) untried: Vec<u16>,
    /// The first attempt of this search.
    #[serde(rename = "from")]
    pub(super) first_attempt: AttemptIx,
    /// Since when the caller waits for them.
    pub(super) since: Instant,
    /// When the caller has waited long enough.
    pub(super) until: Instant,
}

/// How a call ended, as soon as that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) at: Instant,
    pub(super) outcome: Outcome,
    pub(super) by: EndedBy,
    pub(super) cause: Cause,
}

/// What the caller is being played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sound {
    /// The command that plays it.
    pub(super) command: u32,
    /// None where the caller is listened to instead.
    pub(super) prompt: Option<Prompt>,
    pub(super) repeat: bool,
    pub(super) since: Instant,
}
