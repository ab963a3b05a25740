//! The short forms of a hotline, and the flow they expand to.

use super::flow::{ANY, Before, Flow, Node, NodeIx, NodeKind, Play, Reach};
use super::group::{Group, GroupIx, Strategy};
use super::ringback::Ringbacks;
use super::{Agent, Hotline, Recording, Shows, Version, WAIT_S_DEFAULT};
use crate::prompt::{Prompt, Tone};
use crate::time::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long an agent is left alone after a talk when nothing else is said.
pub const WRAP_UP_DEFAULT: Millis = Millis(0);
/// How long a queue leaves an agent alone who did not take a call, when nothing else is said.
pub const RETRY_DEFAULT: Millis = Millis::seconds(30);

/// A hotline of one group: the caller hears the ringback while agents are tried, and a closing announcement
/// when nobody comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    /// What the caller hears meanwhile.
    pub ringback: Prompt,
    /// What the caller hears when nobody came.
    pub closing: Prompt,
    /// Who is tried first.
    pub strategy: Strategy,
    /// How long all attempts together may take.
    pub wait: Millis,
    /// Which number an agent sees.
    pub shows: Shows,
}

impl Default for Plain {
    fn default() -> Self {
        Self {
            ringback: Prompt::Tone(Tone::Ringing),
            closing: Prompt::Tone(Tone::Busy),
            strategy: Strategy::Sequential,
            wait: Millis::seconds(WAIT_S_DEFAULT),
            shows: Shows::default(),
        }
    }
}

impl Plain {
    /// A hotline of these agents.
    pub fn hotline(self, number: &str, name: &str, agents: Vec<Agent>) -> Hotline {
        let (closing, shows) = (self.closing.clone(), self.shows);
        let (groups, flow) = self.expand(u16::try_from(agents.len()).unwrap_or(u16::MAX));
        let mut hotline = Hotline {
            number: number.into(),
            name: name.into(),
            version: Version::default(),
            shows,
            home: None,
            suspended: None,
            calls_max: None,
            recording: Recording::default(),
            voice: None,
            closing,
            hours: BTreeMap::new(),
            codes: BTreeMap::new(),
            agents,
            groups,
            flow,
        };
        hotline.version = Version::of(&hotline);
        hotline
    }

    fn expand(self, agents: u16) -> (Vec<Group>, Flow) {
        let group = Group {
            name: "agents".into(),
            agents: (0..agents).collect(),
            strategy: self.strategy,
            last_agent_days: None,
            wrap_up: WRAP_UP_DEFAULT,
            retry: RETRY_DEFAULT,
        };
        let reach = Reach {
            group: GroupIx(0),
            ringback: Ringbacks { rules: Vec::new(), otherwise: self.ringback },
            wait: self.wait,
            before: Before::default(),
        };
        let play = Play { prompt: self.closing, answer: false };
        let nodes = vec![
            node("agents", NodeKind::Group(reach), &[("talked", NodeIx(2)), (ANY, NodeIx(1))]),
            node("closing", NodeKind::Play(play), &[(ANY, NodeIx(2))]),
            node("end", NodeKind::HangUp { cause: None }, &[]),
        ];
        (vec![group], Flow { start: NodeIx(0), nodes })
    }
}

fn node(name: &str, kind: NodeKind, exits: &[(&str, NodeIx)]) -> Node {
    Node { name: name.into(), kind, exits: exits.iter().map(|(exit, to)| (Arc::from(*exit), *to)).collect() }
}
