//! The flow of a hotline: named nodes with named exits that lead to other nodes.
//!
//! A hotline file in short forms has a flow too: the short forms expand to it. Every node that may wait has a time
//! limit. For every node it is known whether the node answers the call, so that the caller pays from there.

use super::access::Access;
use super::group::GroupIx;
use super::ringback::Ringbacks;
use crate::cause::Cause;
use crate::number::AreaSet;
use crate::prompt::Prompt;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The default exit, for every exit that a node does not name.
pub const ANY: &str = "_";

/// The most nodes of a flow.
pub const NODES_MAX: usize = 1_000;
/// The longest name of a node, in characters: that of a group with what a short form adds to it.
pub const NODE_NAME_CHARS_MAX: usize = 64;

/// The index of a node in its flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeIx(pub u16);

/// All nodes of a hotline. Every index in it is an index of its own nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// The node at which a call begins.
    pub start: NodeIx,
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Flow {
    /// A node.
    pub fn node(&self, at: NodeIx) -> Option<&Node> {
        self.nodes.get(usize::from(at.0))
    }

    /// The nodes that note digits for the call record.
    pub fn collected(&self) -> impl Iterator<Item = &Collect> {
        self.nodes
            .iter()
            .filter_map(|node| if let NodeKind::Collect(collect) = &node.kind { Some(collect) } else { None })
    }

    /// Replaces the index of each group by its new index.
    pub fn regroup(&mut self, moved: &[GroupIx]) {
        for group in self.nodes.iter_mut().filter_map(Node::group_mut) {
            *group = moved.get(usize::from(group.0)).copied().unwrap_or(*group);
        }
    }

    /// Adds a node for the overflow group of each group that has one. A node keeps an exit that it names itself.
    pub fn overflow(&mut self, overflow: &BTreeMap<GroupIx, GroupIx>) {
        let mut names: BTreeSet<Arc<str>> = self.nodes.iter().map(|node| node.name.clone()).collect();
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let Some(other) = node.group().and_then(|group| overflow.get(&group)) else { continue };
            let busy = if matches!(node.kind, NodeKind::Queue(_)) { "full" } else { "busy" };
            let full: Vec<&str> =
                [busy, "off_duty"].into_iter().filter(|way| !node.exits.contains_key(*way)).collect();
            let next = u16::try_from(self.nodes.len()).unwrap_or(u16::MAX);
            if full.is_empty() || usize::from(next) >= NODES_MAX {
                continue;
            }
            let mut name = format!("{}_overflow", node.name);
            while names.contains(name.as_str()) {
                name.push('_');
            }
            let mut behind = Node { name: name.into(), ..node.clone() };
            names.insert(behind.name.clone());
            if let Some(group) = behind.group_mut() {
                *group = *other;
            }
            for way in full {
                self.nodes[at].exits.insert(way.into(), NodeIx(next));
            }
            self.nodes.push(behind);
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The name of the node.
    pub name: Arc<str>,
    /// What the node does.
    pub kind: NodeKind,
    /// The exits by name, and [`ANY`] for every other exit.
    pub exits: BTreeMap<Arc<str>, NodeIx>,
}

impl Node {
    /// The node that an exit leads to, by its own name or else by [`ANY`].
    pub fn exit(&self, name: &str) -> Option<NodeIx> {
        self.exits.get(name).or_else(|| self.exits.get(ANY)).copied()
    }

    fn group_mut(&mut self) -> Option<&mut GroupIx> {
        self.kind.reach_mut().map(|reach| &mut reach.group)
    }

    /// The group whose agents the node calls, if any.
    pub fn group(&self) -> Option<GroupIx> {
        self.kind.reach().map(|reach| reach.group)
    }

    /// Whether the node answers the call, so that caller and business pay from there. A queue answers as soon as the
    /// caller has to wait; every other node answers when the call enters it.
    pub fn answers(&self) -> bool {
        match &self.kind {
            NodeKind::Menu(_)
            | NodeKind::Collect(_)
            | NodeKind::Extension(_)
            | NodeKind::Voicemail(_)
            | NodeKind::Survey(_)
            | NodeKind::VerifyCode(_) => true,
            NodeKind::Play(play) => play.answer,
            NodeKind::Queue(queue) => queue.answer,
            NodeKind::Hours { .. }
            | NodeKind::Area { .. }
            | NodeKind::Access(_)
            | NodeKind::Group(_)
            | NodeKind::Set(_)
            | NodeKind::Goto
            | NodeKind::HangUp { .. } => false,
        }
    }

    /// Whether the node decides at once, without waiting for the caller or for anything else.
    pub fn is_instant(&self) -> bool {
        match &self.kind {
            NodeKind::Hours { .. } | NodeKind::Area { .. } | NodeKind::Set(_) | NodeKind::Goto => true,
            NodeKind::Access(_)
            | NodeKind::Menu(_)
            | NodeKind::Collect(_)
            | NodeKind::Extension(_)
            | NodeKind::Play(_)
            | NodeKind::Group(_)
            | NodeKind::Queue(_)
            | NodeKind::Voicemail(_)
            | NodeKind::Survey(_)
            | NodeKind::VerifyCode(_)
            | NodeKind::HangUp { .. } => false,
        }
    }
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NodeKind {
    /// Chooses the exit by the state of a table of hours (上下班): the exit has the name of the state.
    Hours {
        /// Which table.
        table: Arc<str>,
    },
    /// Chooses the exit by the region of the caller (区域转接): the exit of the first route with the region.
    Area {
        /// Areas and exits, in the order in which they are checked.
        routes: Vec<(AreaSet, Arc<str>)>,
    },
    /// Checks whether the caller may call (黑白名单). Exits: `allowed`, and the words of
    /// [`RefusalReason`](super::access::RefusalReason) for refused callers. Without such an exit, the access rules say
    /// what happens.
    Access(Access),
    /// Lets the caller choose by key (语音导航). Exits: the keys, `invalid`, `timeout`, `hangup`.
    Menu(Ask),
    /// Lets the caller enter digits. Exits: `done`, `invalid`, `timeout`, `hangup`.
    Collect(Collect),
    /// Lets the caller dial an extension (分机). Exits: the extensions, `invalid`, `timeout`, `hangup`.
    Extension(Ask),
    /// Lets the caller hear something. Exits: `done`, `hangup`.
    Play(Play),
    /// Calls the agents of a group. Exits: `talked`, `busy`, `no_answer`, `unreachable`, `off_duty`, `hangup`.
    Group(Reach),
    /// Lets the caller wait for an agent of a group (排队). Exits: `talked`, `timeout`, `full`, `off_duty`,
    /// keys, `hangup`.
    Queue(Queue),
    /// Takes a message (语音信箱). Exits: `done`, `too_short`, `hangup`.
    Voicemail(Voicemail),
    /// Asks the caller for a rating (满意度). Exits: `done`, `timeout`, `hangup`.
    Survey(Survey),
    /// Says whether a code is genuine (防伪查询). Exits: `genuine`, `seen`, `unknown`, `invalid`, `timeout`,
    /// `hangup`.
    VerifyCode(VerifyCode),
    /// Sets a property of the call. Exit: `done`.
    Set(Set),
    /// Goes on at the node of its only exit, `done`.
    Goto,
    /// Ends the call.
    HangUp {
        /// The cause. `None` means the cause that describes the end of the call best.
        cause: Option<Cause>,
    },
}

impl NodeKind {
    /// How the node reaches agents, if it does.
    pub fn reach(&self) -> Option<&Reach> {
        match self {
            Self::Group(reach) => Some(reach),
            Self::Queue(queue) => Some(&queue.reach),
            Self::Hours { .. }
            | Self::Area { .. }
            | Self::Access(_)
            | Self::Menu(_)
            | Self::Collect(_)
            | Self::Extension(_)
            | Self::Play(_)
            | Self::Voicemail(_)
            | Self::Survey(_)
            | Self::VerifyCode(_)
            | Self::Set(_)
            | Self::Goto
            | Self::HangUp { .. } => None,
        }
    }

    fn reach_mut(&mut self) -> Option<&mut Reach> {
        match self {
            Self::Group(reach) => Some(reach),
            Self::Queue(queue) => Some(&mut queue.reach),
            Self::Hours { .. }
            | Self::Area { .. }
            | Self::Access(_)
            | Self::Menu(_)
            | Self::Collect(_)
            | Self::Extension(_)
            | Self::Play(_)
            | Self::Voicemail(_)
            | Self::Survey(_)
            | Self::VerifyCode(_)
            | Self::Set(_)
            | Self::Goto
            | Self::HangUp { .. } => None,
        }
    }

    /// How the node asks the caller for keys, if it does.
    pub fn ask(&self) -> Option<&Ask> {
        match self {
            Self::Menu(ask) | Self::Extension(ask) => Some(ask),
            Self::Collect(collect) => Some(&collect.ask),
            Self::Survey(survey) => Some(&survey.ask),
            Self::VerifyCode(verify) => Some(&verify.ask),
            Self::Hours { .. }
            | Self::Area { .. }
            | Self::Access(_)
            | Self::Play(_)
            | Self::Group(_)
            | Self::Queue(_)
            | Self::Voicemail(_)
            | Self::Set(_)
            | Self::Goto
            | Self::HangUp { .. } => None,
        }
    }
}

/// How a node asks for keys. The names are those of FreeSWITCH.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The prompt. A key interrupts it.
    pub prompt: Prompt,
    /// The announcement after a wrong answer.
    pub invalid: Option<Prompt>,
    /// How long the caller has for the first key after the prompt.
    pub timeout: Millis,
    /// How long the caller has for each further key.
    pub inter_digit_timeout: Millis,
    /// How many wrong answers lead to the exit `invalid`.
    pub max_failures: u8,
    /// How many timeouts lead to the exit `timeout`.
    pub max_timeouts: u8,
    /// The least number of digits of an answer.
    pub digits_min: u8,
    /// The greatest number of digits of an answer, with which the answer is complete at once.
    pub digit_len: u8,
    /// The key that ends an answer.
    pub terminator: Option<char>,
}

/// Digits that go into the call record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collect {
    /// How the node asks for the digits.
    pub ask: Ask,
    /// The name of the digits in the call record.
    pub name: Arc<str>,
}

/// An announcement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// The announcement.
    pub prompt: Prompt,
    /// Whether the call is answered first. If not, the announcement is early media, and free.
    pub answer: bool,
}

/// How a node calls the agents of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// The group.
    pub group: GroupIx,
    /// The ringback.
    pub ringback: Ringbacks,
    /// The time limit of all attempts together.
    pub wait: Millis,
    /// The announcements before the talk.
    pub before: Before,
}

/// The announcements before caller and agent talk (通话前置音).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// The announcement to the caller.
    pub to_caller: Option<Prompt>,
    /// The announcement to the agent: the whisper.
    pub to_agent: Option<Prompt>,
    /// Whether the caller hears the agent number (报工号).
    pub agent_number: bool,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// The group that the caller waits for. `reach.ringback` is the music, `reach.wait` the longest wait.
    pub reach: Reach,
    /// How many callers may wait.
    pub length_max: u16,
    /// Whether waiting answers the call, so that keys work with every carrier.
    pub answer: bool,
    /// Whether the caller hears how many callers are ahead.
    pub say_position: bool,
    /// Whether the caller hears the estimated wait.
    pub say_wait: bool,
    /// The interval of these announcements. `None` means never.
    pub every: Option<Millis>,
    /// A further announcement, such as which key leads out.
    pub notice: Option<Prompt>,
    /// The key with which the caller asks for a callback.
    pub call_back: Option<char>,
}

/// Voicemail: how a message is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voicemail {
    /// The announcement before the beep.
    pub greeting: Option<Prompt>,
    /// The longest message.
    pub longest: Millis,
    /// The shortest message that is kept.
    pub shortest: Millis,
    /// How much silence ends it.
    pub silence: Millis,
    /// The announcement after a kept message.
    pub saved: Option<Prompt>,
}

/// The survey after the talk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// How the node asks for the score: one digit.
    pub ask: Ask,
    /// The highest score.
    pub highest: u8,
    /// The announcement after the score.
    pub thanks: Option<Prompt>,
}

/// An anti-counterfeit query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifyCode {
    /// How the node asks for the code.
    pub ask: Ask,
    /// The set of codes.
    pub codes: Arc<str>,
}

/// Properties of a call that a node can set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Set {
    /// The priority in a queue: higher is served earlier.
    pub priority: Option<u8>,
    /// A mark for the call record: name and value.
    pub mark: Option<(Arc<str>, Arc<str>)>,
}
