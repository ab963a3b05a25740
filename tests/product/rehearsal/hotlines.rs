//! Hotlines drawn by chance: every kind of node, exits that lead anywhere or nowhere, groups of all strategies.

use super::messages;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::cause::Cause;
use hotlined_core::hotline::Codes;
use hotlined_core::hotline::Voice;
use hotlined_core::hotline::access::{Access, Frequency, RefusalAction};
use hotlined_core::hotline::flow::{
    ANY, Ask, Before, Collect, Flow, Node, NodeIx, NodeKind, Play, Queue, Reach, Set, Survey, VerifyCode,
    Voicemail,
};
use hotlined_core::hotline::group::{Group, GroupIx, Strategy};
use hotlined_core::hotline::ringback::{RingbackRule, Ringbacks};
use hotlined_core::hotline::{Agent, Dial, Hotline, Recording, Shows, Version};
use hotlined_core::hours::Hours;
use hotlined_core::number::{Area, AreaSet, Prefixes};
use hotlined_core::prompt::{Prompt, SoundPath, Tone};
use hotlined_core::time::Millis;
use hotlined_sim::rng::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many kinds of nodes there are.
pub const KINDS: usize = 15;
/// The folder of the sounds of these hotlines.
pub const SOUNDS: &str = "/sounds";
/// How many sound files they have.
pub const SOUND_FILES: u64 = 12;

/// The agents of all hotlines: one telephone may be bound to several.
pub fn agents(chance: &mut Rng) -> Vec<Agent> {
    (1..=chance.between(1, 4))
        .map(|at| {
            let dial = match chance.between(0, 4) {
                0 => Dial::endpoint(&format!("user/100{at}")).unwrap(),
                _ => Dial::phone(&format!("1390000000{at}")).unwrap(),
            };
            Agent {
                lines: chance.between(1, 2) as u16,
                ring_time: Millis::seconds(chance.between(5, 25)),
                on: !chance.percent(10),
                hours: chance.percent(20).then(|| ("main".into(), "open".into())),
                confirm: chance.percent(30),
                share: chance.between(1, 3) as u16,
                ..Agent::new(&format!("0{at}"), dial)
            }
        })
        .collect()
}

/// A hotline of some of these agents.
pub fn hotline(number: &str, agents: &[Agent], chance: &mut Rng) -> Hotline {
    let agents: Vec<Agent> = agents.iter().filter(|_| !chance.percent(20)).cloned().collect();
    let groups: Vec<Group> = (0..2).map(|at| group(at, agents.len(), chance)).collect();
    let mut hotline = Hotline {
        shows: if chance.percent(50) { Shows::Hotline } else { Shows::Caller },
        voice: Voice {
            folder: if chance.percent(85) { format!("{SOUNDS}/zh").into() } else { "".into() },
            ..Voice::default()
        },
        suspended: chance.percent(4).then(|| refusal(chance)),
        calls_max: chance.percent(20).then(|| chance.between(1, 3) as u32),
        recording: [Recording::Off, Recording::Inbound, Recording::All][chance.between(0, 2) as usize],
        hours: [(Arc::from("main"), Arc::new(hours(chance)))].into(),
        codes: [(Arc::from("codes"), Arc::new(Codes::new(["1234", "0042"]).unwrap()))].into(),
        groups,
        flow: flow(chance),
        closing: prompt(chance),
        ..SimpleHotline::default().hotline(number, "Any", agents)
    };
    // Drawn apart from all else, so that the seeds kept before there were messages stay what they were.
    hotline.sms = messages::rules(&mut Rng::new(Version::of(&hotline).0));
    hotline.version = Version::of(&hotline);
    hotline
}

fn hours(chance: &mut Rng) -> Hours {
    let lines = [["open", "daily"], ["open", "mon-fri 09:00-18:00"], ["lunch", "daily 12:00-13:30"]];
    let line = chance.pick(&lines).unwrap();
    serde_json::from_value(serde_json::json!({ "zone": "Asia/Shanghai", "lines": [line] })).unwrap()
}

fn group(at: usize, agents: usize, chance: &mut Rng) -> Group {
    use Strategy::{FewestCalls, LongestIdle, Random, Ratio, RoundRobin, Sequential, Simultaneous};
    let strategies = [Sequential, Random, RoundRobin, FewestCalls, LongestIdle, Ratio, Simultaneous];
    Group {
        name: format!("group{at}").into(),
        agents: (0..agents as u16).filter(|_| !chance.percent(25)).collect(),
        strategy: *chance.pick(&strategies).unwrap(),
        last_agent_days: chance.percent(30).then_some(7),
        wrap_up: Millis::seconds(chance.between(0, 20)),
        retry: Millis::seconds(chance.between(1, 30)),
    }
}

fn path(name: u64) -> SoundPath {
    SoundPath::new(&format!("{SOUNDS}/shop/{name}.wav")).unwrap()
}

pub fn prompt(chance: &mut Rng) -> Prompt {
    match chance.between(0, 9) {
        0 => Prompt::Tone(Tone::Ringing),
        1 => Prompt::Tone(Tone::Busy),
        2 => Prompt::Tone(Tone::Beep),
        3 => Prompt::Files((0..3).map(|_| path(chance.between(1, SOUND_FILES))).collect()),
        _ => Prompt::File(path(chance.between(1, SOUND_FILES))),
    }
}

fn maybe(chance: &mut Rng) -> Option<Prompt> {
    if chance.percent(60) { Some(prompt(chance)) } else { None }
}

fn refusal(chance: &mut Rng) -> RefusalAction {
    if chance.percent(50) {
        RefusalAction::Announce(prompt(chance))
    } else {
        RefusalAction::Reject(Cause::Busy)
    }
}

fn ask(digit_len: u8, chance: &mut Rng) -> Ask {
    Ask {
        prompt: prompt(chance),
        invalid: maybe(chance),
        timeout: Millis(chance.between(100, 8_000)),
        inter_digit_timeout: Millis(chance.between(100, 4_000)),
        max_failures: chance.between(1, 3) as u8,
        max_timeouts: chance.between(1, 3) as u8,
        digits_min: chance.between(1, u64::from(digit_len)) as u8,
        digit_len,
        terminator: chance.percent(50).then_some('#'),
    }
}

fn reach(chance: &mut Rng) -> Reach {
    let rules = if chance.percent(30) {
        vec![RingbackRule {
            hours: chance.percent(50).then(|| ("main".into(), "open".into())),
            area: chance.percent(50).then(|| area("上海")),
            prompt: prompt(chance),
        }]
    } else {
        Vec::new()
    };
    Reach {
        group: GroupIx(chance.between(0, 1) as u16),
        ringback: Ringbacks { rules, otherwise: prompt(chance) },
        wait: Millis::seconds(chance.between(5, 90)),
        before: Before {
            to_caller: if chance.percent(30) { Some(prompt(chance)) } else { None },
            to_agent: if chance.percent(30) { Some(prompt(chance)) } else { None },
            agent_number: chance.percent(30),
        },
    }
}

fn area(name: &str) -> AreaSet {
    [Area::parse(name).unwrap()].into_iter().collect()
}

/// What a node does, and the names its exits may have.
fn kind(chance: &mut Rng) -> (NodeKind, Vec<&'static str>) {
    match chance.between(0, 16) {
        0 => (NodeKind::Hours { table: "main".into() }, vec!["open", "closed", "lunch"]),
        1 => (
            NodeKind::Area {
                routes: vec![(area("上海"), "shanghai".into()), (area("北京"), "beijing".into())],
            },
            vec!["shanghai", "beijing", "elsewhere"],
        ),
        2 => (
            NodeKind::Access(access(chance)),
            vec!["allowed", "blacklisted", "anonymous", "frequency", "hours"],
        ),
        3 | 4 => {
            (NodeKind::Menu(ask(1, chance)), vec!["1", "2", "3", "*", "0", "invalid", "timeout", "hangup"])
        }
        5 => {
            let collect = Collect { ask: ask(chance.between(1, 6) as u8, chance), name: "entered".into() };
            (NodeKind::Collect(collect), vec!["done", "invalid", "timeout", "hangup"])
        }
        6 => (NodeKind::Extension(ask(3, chance)), vec!["801", "802", "80", "invalid", "timeout", "hangup"]),
        7 => {
            let play = Play { prompt: prompt(chance), answer: chance.percent(50) };
            (NodeKind::Play(play), vec!["done", "hangup"])
        }
        8 | 9 => (
            NodeKind::Group(reach(chance)),
            vec!["talked", "busy", "no_answer", "unreachable", "off_duty", "hangup"],
        ),
        10 | 11 => (
            NodeKind::Queue(queue(chance)),
            vec!["talked", "timeout", "full", "off_duty", "1", "9", "hangup"],
        ),
        12 => {
            let voicemail = Voicemail {
                greeting: maybe(chance),
                longest: Millis::seconds(chance.between(5, 60)),
                shortest: Millis::seconds(chance.between(0, 5)),
                silence: Millis::seconds(chance.between(1, 10)),
                saved: maybe(chance),
            };
            (NodeKind::Voicemail(voicemail), vec!["done", "too_short", "hangup"])
        }
        13 => {
            let survey =
                Survey { ask: ask(1, chance), highest: chance.between(2, 9) as u8, thanks: maybe(chance) };
            (NodeKind::Survey(survey), vec!["done", "timeout", "hangup"])
        }
        14 => {
            let verify = VerifyCode { ask: ask(4, chance), codes: "codes".into() };
            (NodeKind::VerifyCode(verify), vec!["genuine", "seen", "unknown", "invalid", "timeout", "hangup"])
        }
        15 => {
            let set = Set {
                priority: chance.percent(50).then(|| chance.between(0, 5) as u8),
                mark: chance.percent(50).then(|| ("mark".into(), "value".into())),
            };
            (NodeKind::Set(set), vec!["done"])
        }
        _ if chance.percent(50) => (NodeKind::Goto, vec!["done"]),
        _ => (NodeKind::HangUp { cause: chance.percent(50).then_some(Cause::Busy) }, Vec::new()),
    }
}

fn access(chance: &mut Rng) -> Access {
    let list = |chance: &mut Rng, entry: &str| {
        let entries: Vec<&str> = if chance.percent(30) { vec![entry] } else { Vec::new() };
        Arc::new(Prefixes::parse(entries, None).unwrap())
    };
    Access {
        white: list(chance, "13800138000"),
        only_white: chance.percent(5),
        black: list(chance, "138*"),
        refuse_anonymous: chance.percent(30),
        refuse_international: chance.percent(30),
        refused_areas: if chance.percent(10) { area("上海") } else { AreaSet::default() },
        only_areas: if chance.percent(5) { area("北京") } else { AreaSet::default() },
        hours: chance.percent(10).then(|| ("main".into(), "open".into())),
        frequency: chance.percent(20).then(|| Frequency { calls: 2, within: Millis::seconds(600) }),
        refusal: refusal(chance),
    }
}

fn queue(chance: &mut Rng) -> Queue {
    Queue {
        reach: reach(chance),
        length_max: chance.between(1, 5) as u16,
        answer: chance.percent(70),
        say_position: chance.percent(50),
        say_wait: chance.percent(50),
        every: chance.percent(60).then(|| Millis::seconds(chance.between(10, 40))),
        notice: maybe(chance),
        call_back: chance.percent(50).then_some('1'),
    }
}

/// Nodes in any order, each exit leading to any of them or nowhere.
fn flow(chance: &mut Rng) -> Flow {
    let count = chance.between(2, 14);
    let mut nodes: Vec<Node> = Vec::new();
    for at in 0..count {
        let (kind, mut words) = kind(chance);
        if !matches!(kind, NodeKind::HangUp { .. }) {
            words.push(ANY);
        }
        let mut exits: BTreeMap<Arc<str>, NodeIx> = BTreeMap::new();
        for word in words.into_iter().filter(|_| chance.percent(65)).collect::<Vec<_>>() {
            exits.insert(word.into(), NodeIx(chance.between(0, count - 1) as u16));
        }
        nodes.push(Node { name: format!("node{at}").into(), kind, exits });
    }
    Flow { start: NodeIx(chance.between(0, count - 1) as u16), nodes }
}

/// The name of a node's kind.
pub fn kind_name(kind: &NodeKind) -> String {
    serde_json::to_value(kind).unwrap()["type"].as_str().unwrap().to_owned()
}
