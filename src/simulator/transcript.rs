//! The transcript of a run: people by name, numbers masked.

use super::counts::outcome_label;
use hotlined_core::number::masked;
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::stats::{TimelineEntry, TimelineEvent};
use std::collections::BTreeMap;
use std::fmt;

/// A line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptLine {
    /// The time since the start of the run.
    pub at: Millis,
    /// Whether the line is an event or a command of a daemon, for `--detail`.
    pub is_detail: bool,
    /// The text, without the time.
    pub text: String,
}

impl fmt::Display for TranscriptLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = if self.is_detail { "    " } else { "" };
        write!(f, "{:>4}.{:03}  {indent}{}", self.at.0 / 1_000, self.at.0 % 1_000, self.text)
    }
}

/// A transcript so far.
#[derive(Debug)]
pub(super) struct Transcript {
    begin: Instant,
    pub(super) lines: Vec<TranscriptLine>,
    /// The names of callers and agents, by leg.
    names: BTreeMap<String, String>,
    callers: usize,
}

impl Transcript {
    pub(super) fn new(begin: Instant) -> Self {
        Self { begin, lines: Vec::new(), names: BTreeMap::new(), callers: 0 }
    }

    pub(super) fn narrate(&mut self, at: Instant, text: impl Into<String>) {
        self.lines.push(TranscriptLine { at: at.since(self.begin), is_detail: false, text: text.into() });
    }

    pub(super) fn detail(&mut self, at: Instant, text: impl Into<String>) {
        self.lines.push(TranscriptLine { at: at.since(self.begin), is_detail: true, text: text.into() });
    }

    pub(super) fn name<'a>(&'a self, leg: &'a str) -> &'a str {
        self.names.get(leg).map_or(leg, String::as_str)
    }

    /// Adds an event of a caller or an agent.
    pub(super) fn add_timeline_entry(&mut self, entry: &TimelineEntry) {
        let text = match &entry.event {
            TimelineEvent::Dialled { leg, number, dialled } => {
                self.callers += 1;
                let name = format!("caller {}", self.callers);
                let from = if number.is_empty() { "a withheld number".into() } else { masked(number) };
                let text = format!("{name} dials {dialled} from {from}");
                self.names.insert(leg.to_string(), name);
                text
            }
            TimelineEvent::AgentCalled { leg, number, caller } => {
                self.names.insert(leg.to_string(), format!("agent {}", masked(number)));
                let whom = caller.as_ref().map(|caller| format!(" for {}", self.name(caller)));
                format!("the switch calls {}{}", self.name(leg), whom.unwrap_or_default())
            }
            TimelineEvent::SoundStarted { leg, sound } => format!("{} hears {sound}", self.name(leg)),
            TimelineEvent::Ringing { leg } => format!("the telephone of {} rings", self.name(leg)),
            TimelineEvent::Answered { leg } => format!("{} is answered", self.name(leg)),
            TimelineEvent::Bridged { leg, peer } => {
                format!("{} and {} talk", self.name(leg), self.name(peer))
            }
            TimelineEvent::KeyPressed { leg, key } => format!("{} presses {key}", self.name(leg)),
            TimelineEvent::FallbackStarted { leg } => format!("the fallback serves {}", self.name(leg)),
            TimelineEvent::HungUp { leg, cause, by_far_end: left } => {
                let how = if *left { "leaves" } else { "is gone" };
                format!("{} {how}: {cause}", self.name(leg))
            }
            TimelineEvent::LinkUp => "a program is let in".into(),
            TimelineEvent::LinkDown => "a link ends".into(),
            TimelineEvent::Crashed => "the switch is dead and comes back empty".into(),
        };
        self.narrate(entry.at, text);
    }

    /// A daemon wrote a record.
    pub(super) fn recorded(&mut self, at: Instant, daemon: &str, record: &CallRecord) {
        let call = record.call.to_string();
        let (outcome, who) = (outcome_label(record.outcome), self.name(&call).to_owned());
        let agent = record.agent.as_ref().map(|agent| format!(" by agent {agent}")).unwrap_or_default();
        let (wait, talk) = (record.wait, record.talk);
        let text = format!("{daemon} records {who}: {outcome}{agent}, waited {wait}, talked {talk}");
        self.narrate(at, text);
    }
}
