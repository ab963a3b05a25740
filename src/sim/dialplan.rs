//! What the exchange does by itself with a call: a few extensions, each a list of applications.
//!
//! Absent: conditions on anything but the number, anti-actions, contexts, `${...}`.

use super::digits::matches;
use serde::{Deserialize, Serialize};

/// The extensions, the first that fits serving the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dialplan(pub Vec<Extension>);

/// What is done with the numbers that fit a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The pattern of the number, as far as the reader of `play_and_get_digits` patterns goes.
    pub number: String,
    /// Applications and their arguments, in order.
    pub actions: Vec<(String, String)>,
}

/// The extension that serves a caller when no daemon does.
pub const FALLBACK: &str = "fallback";

impl Extension {
    /// An extension of these applications.
    pub fn new(number: &str, actions: &[(&str, &str)]) -> Self {
        let actions = actions.iter().map(|(app, data)| ((*app).into(), (*data).into()));
        Self { number: number.into(), actions: actions.collect() }
    }
}

impl Dialplan {
    /// The product's: a call to 400… waits for the daemon, and is served by the fallback when none takes it
    /// within so many seconds.
    pub fn product(fallback_after_s: u64, fallback_sound: &str) -> Self {
        let transfer = format!("+{fallback_after_s} {FALLBACK} XML public");
        Self(vec![
            Extension::new("^400", &[("pre_answer", ""), ("sched_transfer", &transfer), ("park", "")]),
            Extension::new(
                "^fallback$",
                &[("answer", ""), ("playback", fallback_sound), ("hangup", "NORMAL_CLEARING")],
            ),
        ])
    }

    /// What is to be done with a call to this number.
    pub(super) fn actions(&self, number: &str) -> Option<&[(String, String)]> {
        let found = self.0.iter().find(|extension| matches(&extension.number, number));
        found.map(|extension| extension.actions.as_slice())
    }
}

impl Default for Dialplan {
    fn default() -> Self {
        Self::product(4, "/srv/audio/sounds/fallback.wav")
    }
}
