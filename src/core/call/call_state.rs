//! The state of a call that holds in every stage.

use super::attempt::{Attempt, AttemptIx};
use super::published::PublishedEvents;
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

/// The state of a call that holds in every stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallState {
    pub(super) id: CallId,
    pub(super) switch: SwitchId,
    pub(super) dialled: String,
    pub(super) caller: String,
    pub(super) seed: u64,
    pub(super) arrived: Instant,
    /// The number of the last command.
    #[serde(rename = "commands")]
    pub(super) last_command: u32,
    /// The caller's leg. The call keeps the name of the leg it arrived with.
    #[serde(rename = "leg")]
    pub(super) caller_leg: LegId,
    /// The leg the caller had before the call back.
    pub(super) former_leg: Option<LegId>,
    /// The newest command to hang up the caller's leg.
    pub(super) hang_up: Option<u32>,
    /// When the daemon lost the caller's leg: hung up, or under other control.
    #[serde(rename = "gone")]
    pub(super) caller_gone: Option<Instant>,
    /// What the caller hears by command of the daemon.
    pub(super) sound: Option<Sound>,
    /// The keys the caller pressed before being asked.
    #[serde(rename = "keyed")]
    pub(super) typed_ahead: String,
    /// The node of the flow where the call is.
    pub(super) node: NodeIx,
    /// How many nodes the call passed.
    #[serde(rename = "nodes")]
    pub(super) nodes_visited: u16,
    pub(super) search: AgentSearch,
    /// Claims for a line that the ACD has not fulfilled yet.
    #[serde(rename = "wishes")]
    pub(super) open_claims: Vec<u32>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) timers: Timers,
    /// Whether the link to the switch is up.
    pub(super) linked: bool,
    /// When the caller's leg was answered: the carrier charges from then on.
    pub(super) answered: Option<Instant>,
    /// When the talk began: caller and agent bridged, and the caller answered.
    pub(super) talk: Option<Instant>,
    /// When the talk ended, and who left, where the call went on after the talk.
    #[serde(rename = "parted")]
    pub(super) talk_ended: Option<(Instant, EndedBy)>,
    pub(super) ended: Option<CallEnd>,
    /// The caller's priority in a queue: higher is served earlier.
    pub(super) priority: u8,
    /// Whether the ACD counts the call among the live calls of its hotline.
    pub(super) counted: bool,
    /// Whether an earlier daemon may have continued the call beyond its snapshot.
    #[serde(rename = "inherited", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) taken_over: bool,
    #[serde(rename = "findings")]
    pub(super) record_fields: RecordFields,
    #[serde(default, skip_serializing_if = "PublishedEvents::is_empty")]
    pub(super) published: PublishedEvents,
}

/// What the stages learn for the call record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordFields {
    pub(super) refused: Option<RefusalReason>,
    pub(super) path: Vec<Arc<str>>,
    pub(super) entered: BTreeMap<Arc<str>, String>,
    pub(super) marks: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether hours that are not open decided the call's way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) closed: bool,
    /// Whether the call looked for an agent at all.
    pub(super) hunted: bool,
    pub(super) queued: Millis,
    pub(super) recording: Option<RecordingName>,
    pub(super) message: Option<MessageRecord>,
    pub(super) score: Option<u8>,
    pub(super) call_back: Option<CallBackRecord>,
}

/// The search for an agent: the agents not tried yet, and the time limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AgentSearch {
    /// Agents not tried yet, as positions in the hotline's list, in the order they are to be tried.
    #[serde(rename = "left")]
    pub(super) untried: Vec<u16>,
    /// The first attempt of this search.
    #[serde(rename = "from")]
    pub(super) first_attempt: AttemptIx,
    /// When the search began: the caller waits since then.
    pub(super) since: Instant,
    /// When the caller has waited long enough.
    pub(super) until: Instant,
}

/// How a call ended, as soon as that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CallEnd {
    pub(super) at: Instant,
    pub(super) outcome: Outcome,
    pub(super) by: EndedBy,
    pub(super) cause: Cause,
}

/// What the caller hears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sound {
    /// The command that plays it.
    pub(super) command: u32,
    /// The prompt; `None` while the switch plays silence and reports keys.
    pub(super) prompt: Option<Prompt>,
    pub(super) repeat: bool,
    pub(super) since: Instant,
}
