//! What other systems get of an event: its JSON, and the schema of it.

use hotlined_core::call_event::{CallEvent, CallEventKind};
use hotlined_core::id::{CallId, SwitchId};
use hotlined_core::record::CallRecord;
use hotlined_core::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest body, in bytes: Standard Webhooks asks for less than 20 kB.
pub const BODY_BYTES_MAX: usize = 20_000 - 1;

/// An event of a call, as hotlined sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "An event of a call")]
pub struct EventBody {
    /// The type and what belongs to it.
    #[serde(flatten)]
    pub kind: CallEventKind,
    /// When it happened (RFC 3339, UTC, with milliseconds).
    #[schemars(extend("format" = "date-time"))]
    pub timestamp: String,
    /// The number of the event within its call, from 1. A number may be missing.
    #[schemars(range(min = 1))]
    pub sequence: u32,
    /// The call.
    pub call: CallId,
    /// The switch of the call.
    pub switch: SwitchId,
    /// The number of the hotline.
    pub hotline: Arc<str>,
    /// The caller's number; empty if it is withheld.
    pub caller: String,
    /// The agent whom the event concerns.
    pub agent: Option<Arc<str>>,
    /// Whether the data was too long and a part of it is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl EventBody {
    /// The body of an event.
    pub fn of(event: &CallEvent) -> Self {
        Self {
            kind: event.kind.clone(),
            timestamp: rfc3339(event.at),
            sequence: event.sequence,
            call: event.call.clone(),
            switch: event.switch.clone(),
            hotline: event.hotline.clone(),
            caller: event.caller.clone(),
            agent: event.agent.clone(),
            cut: false,
        }
    }

    /// The body as JSON, short enough to be sent: of a call record that is too long, the attempts are cut from their
    /// end, then the path and what the caller entered.
    pub fn to_json(mut self) -> String {
        loop {
            let text = self.json();
            if text.len() <= BODY_BYTES_MAX || !self.cut_record() {
                return text;
            }
        }
    }

    /// Only a type that has no JSON could fail here, and an event is none.
    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Takes something out. Returns false if nothing can be taken out.
    fn cut_record(&mut self) -> bool {
        let CallEventKind::Ended(record) = &mut self.kind else { return false };
        self.cut = true;
        let CallRecord { attempts, path, entered, marks, .. } = &mut **record;
        if !attempts.is_empty() {
            attempts.truncate(attempts.len() / 2);
            return true;
        }
        let had_more = !path.is_empty() || !entered.is_empty() || !marks.is_empty();
        path.clear();
        entered.clear();
        marks.clear();
        had_more
    }
}

/// The time as RFC 3339 writes it.
pub fn rfc3339(at: Instant) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{at:.3}")
}

/// The JSON Schema of an event, for developers of receivers.
pub fn schema() -> String {
    let schema = schemars::schema_for!(EventBody);
    // Only a type that has no JSON could fail here, and a schema is none.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// An event of each type: for documents, for `hotlined hooks test`, and to try a template with.
pub fn examples() -> Vec<EventBody> {
    // A test reads the file, too.
    serde_json::from_str(include_str!("event_examples.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::record::{AttemptOutcome, AttemptRecord};

    #[test]
    fn there_is_an_example_of_each_type_and_its_json_is_read_back() {
        let examples: Vec<EventBody> = serde_json::from_str(include_str!("event_examples.json")).unwrap();
        let names: Vec<_> = examples.iter().map(|example| example.kind.name()).collect();
        assert_eq!(names, CallEventKind::NAMES);
        for example in examples {
            assert_eq!(serde_json::from_str::<EventBody>(&example.clone().to_json()).unwrap(), example);
        }
    }

    #[test]
    fn the_time_has_milliseconds_and_is_utc() {
        assert_eq!(rfc3339(Instant(1_800_000_000_000)), "2027-01-15T08:00:00.000Z");
        assert_eq!(rfc3339(Instant(1)), "1970-01-01T00:00:00.001Z");
        assert!(rfc3339(Instant(u64::MAX)).ends_with('Z'));
    }

    #[test]
    fn a_record_that_is_too_long_is_cut_and_says_so() {
        let mut body = examples().into_iter().find(|body| body.kind.name() == "call.ended").unwrap();
        let CallEventKind::Ended(record) = &mut body.kind else { panic!() };
        let attempt = AttemptRecord {
            agent: "01".into(),
            leg: None,
            started: Instant(1),
            ringing: None,
            answered: None,
            ended: Instant(2),
            outcome: AttemptOutcome::Busy,
        };
        record.attempts = vec![attempt; 1_000];
        record.marks.insert("long".into(), "\u{1}".repeat(2_000).into());
        let text = body.clone().to_json();
        assert!(text.len() <= BODY_BYTES_MAX, "{}", text.len());
        let read: EventBody = serde_json::from_str(&text).unwrap();
        let CallEventKind::Ended(left) = &read.kind else { panic!() };
        assert!(
            read.cut && !left.attempts.is_empty() && left.attempts.len() < 1_000 && !left.marks.is_empty()
        );

        let CallEventKind::Ended(record) = &mut body.kind else { panic!() };
        record.marks.insert("longer".into(), "x".repeat(30_000).into());
        let text = body.to_json();
        assert!(text.len() <= BODY_BYTES_MAX && text.contains("\"cut\":true"), "{}", text.len());
    }
}
