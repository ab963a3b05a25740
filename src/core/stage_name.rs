//! The names of the stages of a call, as an operator says them.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// The name of a stage: in logs, metrics, records of the journal and saved calls.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum StageName {
    /// The ACD is asked whether the caller may call.
    Admission,
    /// The caller hears an announcement to its end.
    Announce,
    /// The caller chooses by key, dials an extension or enters digits.
    Menu,
    /// The caller waits for a free agent.
    Queue,
    /// The caller hung up and will be called back.
    CallBack,
    /// Caller and agent hear announcements before they talk.
    Whisper,
    /// The caller leaves a message.
    Voicemail,
    /// The caller is asked for a score.
    Survey,
    /// The caller asks whether a code is genuine.
    Verify,
    /// Agents are rung while the caller hears the ringback.
    Hunt,
    /// An agent took the call and is bridged with the caller.
    Connect,
    /// Caller and agent talk.
    Talk,
    /// The caller hears the closing announcement.
    Closing,
    /// The last legs are hung up.
    Ending,
}

impl StageName {
    /// Every stage.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name as it stands in logs, metrics and saved calls.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_one_name_everywhere() {
        for stage in StageName::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
        }
        assert_eq!(StageName::CallBack.as_str(), "call_back");
    }
}
