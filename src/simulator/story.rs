//! What happened, as somebody tells it who saw everything: people by name, numbers masked.

use super::tally::named;
use hotlined_core::number::masked;
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::stats::{Happening, What};
use std::collections::BTreeMap;
use std::fmt;

/// A sentence of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When, from the beginning.
    pub at: Millis,
    /// Whether it is what a daemon heard or said, to the letter; otherwise it is for everybody.
    pub is_detail: bool,
    /// What.
    pub text: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = if self.is_detail { "    " } else { "" };
        write!(f, "{:>4}.{:03}  {indent}{}", self.at.0 / 1_000, self.at.0 % 1_000, self.text)
    }
}

/// A story, as far as it was told.
#[derive(Debug)]
pub(super) struct Story {
    begin: Instant,
    pub(super) told: Vec<Told>,
    /// What the people at the ends of legs are called.
    names: BTreeMap<String, String>,
    callers: usize,
}

impl Story {
    pub(super) fn new(begin: Instant) -> Self {
        Self { begin, told: Vec::new(), names: BTreeMap::new(), callers: 0 }
    }

    pub(super) fn say(&mut self, at: Instant, text: impl Into<String>) {
        self.told.push(Told { at: at.since(self.begin), is_detail: false, text: text.into() });
    }

    pub(super) fn detail(&mut self, at: Instant, text: impl Into<String>) {
        self.told.push(Told { at: at.since(self.begin), is_detail: true, text: text.into() });
    }

    pub(super) fn name<'a>(&'a self, leg: &'a str) -> &'a str {
        self.names.get(leg).map_or(leg, String::as_str)
    }

    /// Something happened to the people.
    pub(super) fn happened(&mut self, happening: &Happening) {
        let text = match &happening.what {
            What::Dials { leg, number, dials } => {
                self.callers += 1;
                let name = format!("caller {}", self.callers);
                let from = if number.is_empty() { "a withheld number".into() } else { masked(number) };
                let text = format!("{name} dials {dials} from {from}");
                self.names.insert(leg.to_string(), name);
                text
            }
            What::Calls { leg, number, caller } => {
                self.names.insert(leg.to_string(), format!("agent {}", masked(number)));
                let whom = caller.as_ref().map(|caller| format!(" for {}", self.name(caller)));
                format!("the switch calls {}{}", self.name(leg), whom.unwrap_or_default())
            }
            What::Hears { leg, sound } => format!("{} hears {sound}", self.name(leg)),
            What::Rings { leg } => format!("the telephone of {} rings", self.name(leg)),
            What::Answered { leg } => format!("{} is answered", self.name(leg)),
            What::Joined { leg, peer } => format!("{} and {} talk", self.name(leg), self.name(peer)),
            What::Presses { leg, key } => format!("{} presses {key}", self.name(leg)),
            What::FellBack { leg } => format!("the fallback serves {}", self.name(leg)),
            What::HungUp { leg, cause, left } => {
                let how = if *left { "leaves" } else { "is gone" };
                format!("{} {how}: {cause}", self.name(leg))
            }
            What::LinkUp => "a program is let in".into(),
            What::LinkDown => "a link ends".into(),
            What::Crashed => "the switch is dead and comes back empty".into(),
        };
        self.say(happening.at, text);
    }

    /// A daemon wrote a record.
    pub(super) fn recorded(&mut self, at: Instant, daemon: &str, record: &CallRecord) {
        let call = record.call.to_string();
        let (outcome, who) = (named(record.outcome), self.name(&call).to_owned());
        let agent = record.agent.as_ref().map(|agent| format!(" by agent {agent}")).unwrap_or_default();
        let (wait, talk) = (record.wait, record.talk);
        let text = format!("{daemon} records {who}: {outcome}{agent}, waited {wait}, talked {talk}");
        self.say(at, text);
    }
}
