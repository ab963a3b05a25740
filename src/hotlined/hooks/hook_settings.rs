//! The settings of a web hook: where the events go, and which events.

use super::body_template::BodyTemplate;
use hotlined_core::call_event::{CallEvent, CallEventKind};
use hotlined_notify::webhook::{AllowedNetworks, WebhookSecret};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A web hook.
#[derive(Clone, Debug, PartialEq)]
pub struct HookSettings {
    /// Its name in the settings, the logs and the metrics.
    pub name: Arc<str>,
    /// The receiver.
    pub url: Url,
    /// The secrets that sign: the present one, and in a rotation the one before.
    pub secrets: Vec<WebhookSecret>,
    /// The events that the receiver gets; none: all.
    pub events: Vec<EventPattern>,
    /// The hotlines whose events it gets; `None`: all.
    pub hotlines: Option<BTreeSet<Arc<str>>>,
    /// The private networks that it may be in.
    pub allow: AllowedNetworks,
    /// How long a request may take.
    pub timeout: Duration,
    /// The form of the body, if it is not ours.
    pub body: Option<BodyTemplate>,
}

impl HookSettings {
    /// Whether the receiver gets this event.
    pub fn wants(&self, event: &CallEvent) -> bool {
        let kind = event.kind.name();
        let type_fits = self.events.is_empty() || self.events.iter().any(|pattern| pattern.matches(kind));
        type_fits && self.hotlines.as_ref().is_none_or(|hotlines| hotlines.contains(&event.hotline))
    }

    /// The receiver without what may be secret in its address: scheme, host and port.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// The events that a receiver gets: one type, or all types of a group such as `call.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPattern(Arc<str>);

/// A text that names no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event has this name")]
pub struct UnknownEvent;

impl EventPattern {
    /// Whether this type of event is meant.
    pub fn matches(&self, kind: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(group) => kind.starts_with(group),
            None => *self.0 == *kind,
        }
    }
}

impl FromStr for EventPattern {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let is_whole = text.ends_with(".*") || !text.contains('*');
        let pattern = Self(text.into());
        let known = is_whole && CallEventKind::NAMES.iter().any(|kind| pattern.matches(kind));
        known.then_some(pattern).ok_or(UnknownEvent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_type_or_a_group() {
        let pattern = |text: &str| text.parse::<EventPattern>();
        let calls = pattern("call.*").unwrap();
        assert!(calls.matches("call.ended") && !calls.matches("recording.ready"));
        let ready = pattern("recording.ready").unwrap();
        assert!(ready.matches("recording.ready") && !ready.matches("recording.ready2"));
        for bad in ["", "*", "call", "call.", "c*", "call.end*", "call.*.*", "calls.*", "CALL.ENDED"] {
            assert_eq!(pattern(bad), Err(UnknownEvent), "{bad}");
        }
    }
}
