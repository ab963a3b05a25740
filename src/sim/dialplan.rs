//! The dialplan of the simulated switch: a few extensions, each a list of applications.
//!
//! Absent: groups in patterns, conditions on anything but the number and one variable, anti-actions, contexts,
//! `${...}`.

use super::channel::Channel;
use super::digits::matches;
use hotlined_core::number;
use serde::{Deserialize, Serialize};

/// The extensions. The first one that matches serves the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dialplan(pub Vec<Extension>);

/// An extension: a pattern of numbers and the applications to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The pattern of the destination number, in the syntax of `play_and_get_digits` patterns (`digits.rs`).
    #[serde(rename = "number")]
    pub number_pattern: String,
    /// A variable that the channel must have.
    #[serde(rename = "carries", default)]
    pub requires_variable: Option<String>,
    /// Applications and their arguments, in order. `$1` in an argument is the bare hotline number dialled.
    pub actions: Vec<(String, String)>,
}

/// The extension that serves a caller when no daemon takes the call.
pub const FALLBACK: &str = "hotlined_fallback";

/// The numbers of hotlines, in all the forms in which `dialplan/freeswitch/hotlined.xml` takes them.
const HOTLINES: &str = r"^400\d{7}$|^86400\d{7}$|^0086400\d{7}$|^\+86400\d{7}$";

impl Extension {
    /// An extension of these applications.
    pub fn new(number: &str, actions: &[(&str, &str)]) -> Self {
        let actions = actions.iter().map(|(app, data)| ((*app).into(), (*data).into()));
        Self { number_pattern: number.into(), requires_variable: None, actions: actions.collect() }
    }
}

impl Dialplan {
    /// The product's own dialplan, `dialplan/freeswitch/hotlined.xml`: the caller of a hotline hears the ring tone,
    /// and the call is offered to the daemon. If no daemon takes it within so many seconds, the fallback serves it.
    pub fn product(fallback_after_s: u64) -> Self {
        let transfer = format!("+{fallback_after_s} {FALLBACK} XML public");
        let hand_over = Extension::new(
            HOTLINES,
            &[
                ("set", "hotlined_number=$1"),
                ("set", "hangup_after_bridge=true"),
                ("set", "sip_ignore_remote_cause=true"),
                ("set", "rtp_timer_name=soft"),
                ("sched_transfer", &transfer),
                ("pre_answer", ""),
                ("event", "Event-Name=CHANNEL_PARK,Hotlined-Offer=true"),
                ("endless_playback", "tone_stream://%(1000,4000,450);loops=-1"),
            ],
        );
        let fallback = Extension::new(
            "^hotlined_fallback$",
            &[
                ("event", "Event-Name=CHANNEL_UNPARK,Hotlined-Fallback=true"),
                ("playback", "tone_stream://%(350,350,450);loops=7"),
                ("hangup", "NORMAL_TEMPORARY_FAILURE"),
            ],
        );
        // The variable keeps callers from dialling the fallback directly.
        Self(vec![hand_over, Extension { requires_variable: Some("hotlined_number".into()), ..fallback }])
    }

    /// A simpler dialplan: the caller is parked in silence; the fallback answers and plays a sound.
    pub fn parking(fallback_after_s: u64, fallback_sound: &str) -> Self {
        let transfer = format!("+{fallback_after_s} {FALLBACK} XML public");
        Self(vec![
            Extension::new("^400", &[("pre_answer", ""), ("sched_transfer", &transfer), ("park", "")]),
            Extension::new(
                "^hotlined_fallback$",
                &[("answer", ""), ("playback", fallback_sound), ("hangup", "NORMAL_CLEARING")],
            ),
        ])
    }

    /// The applications for the channel's destination number; none when no extension matches.
    pub(super) fn actions(&self, channel: &Channel) -> Option<Vec<(String, String)>> {
        let fits = |extension: &&Extension| {
            let carries =
                extension.requires_variable.as_deref().is_none_or(|name| channel.variable(name).is_some());
            carries && matches(&extension.number_pattern, &channel.destination)
        };
        let bare = number::hotline(&channel.destination).unwrap_or_default();
        let fill = |(app, data): &(String, String)| (app.clone(), data.replace("$1", bare));
        Some(self.0.iter().find(fits)?.actions.iter().map(fill).collect())
    }
}

impl Default for Dialplan {
    fn default() -> Self {
        Self::product(4)
    }
}
