//! The way of a call through a hotline: named nodes, and from each node named exits to others.
//!
//! A simple hotline is written in short forms and has a flow all the same: what the short forms expand to. A
//! node that may wait has a limit for it; whether a node answers the call, so that the caller pays from there,
//! is known for each.

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

/// The exit that is taken when no other of that name is there.
pub const ANY: &str = "_";

/// The most nodes of a flow.
pub const NODES_MAX: usize = 1_000;
/// The longest name of a node, in characters: that of a group with what a short form adds to it.
pub const NODE_NAME_CHARS_MAX: usize = 64;

/// A node's place in its flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeIx(pub u16);

/// All nodes of a hotline. Every place named in it is one of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Where a call begins.
    pub start: NodeIx,
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Flow {
    /// A node.
    pub fn node(&self, at: NodeIx) -> Option<&Node> {
        self.nodes.get(usize::from(at.0))
    }

    /// Gives every group the place it has now.
    pub fn regroup(&mut self, moved: &[GroupIx]) {
        for group in self.nodes.iter_mut().filter_map(Node::group_mut) {
            *group = moved.get(usize::from(group.0)).copied().unwrap_or(*group);
        }
    }

    /// Behind each group that has another to fall back on, a node that tries that one. A node that says itself
    /// where it leads when the group is busy keeps that.
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
    /// What the business calls it.
    pub name: Arc<str>,
    /// What it does.
    pub kind: NodeKind,
    /// Where it leads: by the names its kind gives, by [`ANY`] where none of them fits.
    pub exits: BTreeMap<Arc<str>, NodeIx>,
}

impl Node {
    /// Where this exit leads, if anywhere: by its own name, else by [`ANY`].
    pub fn exit(&self, name: &str) -> Option<NodeIx> {
        self.exits.get(name).or_else(|| self.exits.get(ANY)).copied()
    }

    fn group_mut(&mut self) -> Option<&mut GroupIx> {
        match &mut self.kind {
            NodeKind::Group(reach) => Some(&mut reach.group),
            NodeKind::Queue(queue) => Some(&mut queue.reach.group),
            NodeKind::Hours { .. }
            | NodeKind::Area { .. }
            | NodeKind::Access(_)
            | NodeKind::Menu(_)
            | NodeKind::Collect(_)
            | NodeKind::Extension(_)
            | NodeKind::Play(_)
            | NodeKind::Voicemail(_)
            | NodeKind::Survey(_)
            | NodeKind::VerifyCode(_)
            | NodeKind::Set(_)
            | NodeKind::Goto
            | NodeKind::HangUp { .. } => None,
        }
    }

    /// The group it reaches, if any.
    pub fn group(&self) -> Option<GroupIx> {
        match &self.kind {
            NodeKind::Group(reach) => Some(reach.group),
            NodeKind::Queue(queue) => Some(queue.reach.group),
            NodeKind::Hours { .. }
            | NodeKind::Area { .. }
            | NodeKind::Access(_)
            | NodeKind::Menu(_)
            | NodeKind::Collect(_)
            | NodeKind::Extension(_)
            | NodeKind::Play(_)
            | NodeKind::Voicemail(_)
            | NodeKind::Survey(_)
            | NodeKind::VerifyCode(_)
            | NodeKind::Set(_)
            | NodeKind::Goto
            | NodeKind::HangUp { .. } => None,
        }
    }

    /// Whether it answers the call, from where on the caller and the business pay: a queue as soon as the caller
    /// has to wait in it, every other on being entered.
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

    /// Whether it decides at once, without the caller's or anybody's doing.
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
    /// Goes by the state of a table of hours (上下班): the exit is the state's name.
    Hours {
        /// Which table.
        table: Arc<str>,
    },
    /// Goes by where the caller is (区域转接): the exit of the first route that has the place.
    Area {
        /// Places and exits, asked in this order.
        routes: Vec<(AreaSet, Arc<str>)>,
    },
    /// Asks whether the caller may call (黑白名单). Exits: `allowed`, and for the refused one of
    /// [`RefusalReason`](super::access::RefusalReason)'s words; without such an exit the access rules' own way.
    Access(Access),
    /// Lets the caller choose by key (语音导航). Exits: the keys, `invalid`, `timeout`, `hangup`.
    Menu(Ask),
    /// Lets the caller enter digits. Exits: `done`, `invalid`, `timeout`, `hangup`.
    Collect(Collect),
    /// Lets the caller dial an extension (分机). Exits: the extensions, `invalid`, `timeout`, `hangup`.
    Extension(Ask),
    /// Lets the caller hear something. Exits: `done`, `hangup`.
    Play(Play),
    /// Tries the agents of a group. Exits: `talked`, `busy`, `no_answer`, `unreachable`, `off_duty`, `hangup`.
    Group(Reach),
    /// Lets the caller wait for an agent of a group (排队). Exits: `talked`, `timeout`, `full`, `off_duty`,
    /// keys, `hangup`.
    Queue(Queue),
    /// Takes a message (语音信箱). Exits: `done`, `too_short`, `hangup`.
    Voicemail(Voicemail),
    /// Asks how it was (满意度). Exits: `done`, `timeout`, `hangup`.
    Survey(Survey),
    /// Says whether a code is genuine (防伪查询). Exits: `genuine`, `seen`, `unknown`, `invalid`, `timeout`,
    /// `hangup`.
    VerifyCode(VerifyCode),
    /// Notes something about the call. Exit: `done`.
    Set(Set),
    /// Goes on at the node of its only exit, `done`.
    Goto,
    /// Ends the call.
    HangUp {
        /// With this cause; otherwise with the one that is nearest to the truth.
        cause: Option<Cause>,
    },
}

/// How keys are asked for; the names are FreeSWITCH's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// What is asked. A key ends it.
    pub prompt: Prompt,
    /// What is said to a wrong answer.
    pub invalid: Option<Prompt>,
    /// How long the first key may take after the prompt.
    pub timeout: Millis,
    /// How long each further key may take.
    pub inter_digit_timeout: Millis,
    /// How many wrong answers until the exit `invalid`.
    pub max_failures: u8,
    /// How many times of silence until the exit `timeout`.
    pub max_timeouts: u8,
    /// How many digits an answer has at least.
    pub digits_min: u8,
    /// How many digits an answer has at most: then it is complete without further waiting.
    pub digit_len: u8,
    /// The key that ends an answer.
    pub terminator: Option<char>,
}

/// Digits for the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collect {
    /// How they are asked for.
    pub ask: Ask,
    /// Under which name they stand in the call record.
    pub name: Arc<str>,
}

/// Something to hear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// What.
    pub prompt: Prompt,
    /// Whether the call is answered first; otherwise it is early media, and free.
    pub answer: bool,
}

/// How agents of a group are reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// Whom to try.
    pub group: GroupIx,
    /// What the caller hears meanwhile.
    pub ringback: Ringbacks,
    /// How long all attempts together may take.
    pub wait: Millis,
    /// What is said before they talk.
    pub before: Before,
}

/// What is said before caller and agent talk (通话前置音).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// To the caller.
    pub to_caller: Option<Prompt>,
    /// To the agent: the whisper.
    pub to_agent: Option<Prompt>,
    /// Whether the caller is told the agent's number (报工号).
    pub agent_number: bool,
}

/// A place to wait in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Whom for, and what is said before they talk. `reach.ringback` is the music, `reach.wait` the longest wait.
    pub reach: Reach,
    /// How many may wait.
    pub length_max: u16,
    /// Whether waiting answers the call, so that keys work with every carrier.
    pub answer: bool,
    /// Whether the caller is told how many are ahead.
    pub say_position: bool,
    /// Whether the caller is told how long it may take.
    pub say_wait: bool,
    /// How often; never when none.
    pub every: Option<Millis>,
    /// What is said with it, such as which key leads out.
    pub notice: Option<Prompt>,
    /// The key that asks to be called back.
    pub call_back: Option<char>,
}

/// How a message is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voicemail {
    /// What is said before the beep.
    pub greeting: Option<Prompt>,
    /// The longest message.
    pub longest: Millis,
    /// What is shorter is none.
    pub shortest: Millis,
    /// How much silence ends it.
    pub silence: Millis,
    /// What is said when it is kept.
    pub saved: Option<Prompt>,
}

/// What is asked after the talk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// How the score is asked for: one digit.
    pub ask: Ask,
    /// The highest score.
    pub highest: u8,
    /// What is said for it.
    pub thanks: Option<Prompt>,
}

/// How a code is looked up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifyCode {
    /// How it is asked for.
    pub ask: Ask,
    /// Which set of codes.
    pub codes: Arc<str>,
}

/// What can be noted about a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Set {
    /// How early it is served in a queue: higher is earlier.
    pub priority: Option<u8>,
    /// A mark for the call record: name and value.
    pub mark: Option<(Arc<str>, Arc<str>)>,
}
