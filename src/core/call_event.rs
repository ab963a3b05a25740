//! The events of a call, for other systems: screen pop (来电弹屏), CRM, statistics.
//!
//! Each event has a number within its call. A receiver that gets events in another order, or one twice, finds the
//! order by these numbers. A number may be missing: it was kept for an event that did not happen.

use crate::id::{CallId, SwitchId};
use crate::prompt::RecordingName;
use crate::record::CallRecord;
use crate::time::{Instant, Millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use strum::{IntoStaticStr, VariantNames};

/// Something that happened to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEvent {
    /// The call.
    pub call: CallId,
    /// The switch of the call.
    pub switch: SwitchId,
    /// The hotline.
    pub hotline: Arc<str>,
    /// The number of the event within its call, from 1.
    pub sequence: u32,
    /// When it happened.
    pub at: Instant,
    /// The caller's number in normal form; empty if it is withheld.
    pub caller: String,
    /// The agent whom the event concerns.
    pub agent: Option<Arc<str>>,
    /// What happened.
    #[serde(flatten)]
    pub kind: CallEventKind,
}

/// What happened to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum CallEventKind {
    /// The call arrived at its hotline.
    #[serde(rename = "call.offered")]
    #[strum(serialize = "call.offered")]
    Offered(CallOffered),
    /// The telephone of an agent begins to ring.
    #[serde(rename = "call.ringing")]
    #[strum(serialize = "call.ringing")]
    Ringing(CallOffered),
    /// Caller and agent talk.
    #[serde(rename = "call.answered")]
    #[strum(serialize = "call.answered")]
    Answered(CallAnswered),
    /// The call ended: its record.
    #[serde(rename = "call.ended")]
    #[strum(serialize = "call.ended")]
    Ended(Box<CallRecord>),
    /// The recording of the talk is complete.
    #[serde(rename = "recording.ready")]
    #[strum(serialize = "recording.ready")]
    RecordingReady(AudioFile),
    /// The caller left a message.
    #[serde(rename = "voicemail.left")]
    #[strum(serialize = "voicemail.left")]
    VoicemailLeft(AudioFile),
    /// The caller gave a score.
    #[serde(rename = "survey.given")]
    #[strum(serialize = "survey.given")]
    SurveyGiven(SurveyScore),
    /// A gateway took a message.
    #[serde(rename = "message.sent")]
    #[strum(serialize = "message.sent")]
    MessageSent(MessageResult),
    /// A message was not sent, or did not arrive.
    #[serde(rename = "message.failed")]
    #[strum(serialize = "message.failed")]
    MessageFailed(MessageResult),
}

impl CallEventKind {
    /// The names of all events.
    pub const NAMES: &'static [&'static str] = <Self as VariantNames>::VARIANTS;

    /// The name of the event, such as `call.offered`.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// Whether the event is worth nothing after seconds, such as a telephone that rings. Other events are kept until
    /// their receivers have them.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Offered(_) | Self::Ringing(_) | Self::Answered(_) => true,
            Self::Ended(_)
            | Self::RecordingReady(_)
            | Self::VoicemailLeft(_)
            | Self::SurveyGiven(_)
            | Self::MessageSent(_)
            | Self::MessageFailed(_) => false,
        }
    }
}

/// A call that arrived: what an agent wants to know before answering it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallOffered {
    /// The number that the caller dialled.
    pub dialled: String,
    /// The name of the business.
    pub hotline_name: Arc<str>,
    /// Where the caller's number is from: city or province; empty if unknown.
    pub area: Arc<str>,
}

/// A call that an agent answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallAnswered {
    /// How long the caller waited, in milliseconds.
    pub wait: Millis,
}

/// A file with audio, in the recordings folder of the switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AudioFile {
    /// The file.
    pub file: RecordingName,
    /// How long it is, in milliseconds.
    pub length: Millis,
}

/// A score (满意度).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SurveyScore {
    /// The score.
    pub score: u8,
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageResult {
    /// The template.
    pub template: Arc<str>,
    /// The number that the message goes to.
    pub to: Arc<str>,
    /// The gateway that was asked last.
    pub gateway: Arc<str>,
    /// The state of the message: `sent`, `delivered`, `dead`, `dropped`.
    pub state: Arc<str>,
    /// Why it failed; empty if it did not.
    pub reason: String,
}
