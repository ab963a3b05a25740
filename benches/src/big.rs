//! A hotline as large as one may be by default.

use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::hotline::access::Access;
use hotlined_core::hotline::flow::{ANY, Ask, Before, Flow, Node, NodeIx, NodeKind, Reach};
use hotlined_core::hotline::group::{Group, GroupIx, Strategy};
use hotlined_core::hotline::ringback::{RingbackRule, Ringbacks};
use hotlined_core::hotline::{Agent, Dial, Hotline, Version};
use hotlined_core::number::{Area, AreaSet, Place, Prefixes};
use hotlined_core::prompt::{Prompt, SoundPath};
use hotlined_core::time::Millis;
use std::sync::Arc;

/// How many menus a caller goes through.
pub const LAYERS: usize = 5;
const KEYS: usize = 10;
const NUMBERS: u16 = 20;
const BLACK: usize = 100_000;
const RINGBACKS: usize = 20;

/// What it is.
pub const WHAT: &str =
    "a hotline of 5 layers x 10 keys x 20 numbers, 100,000 numbers refused, 20 ringbacks by area";

/// The first key of each menu leads to the next, that of the last, and every other, to a group.
pub fn hotline() -> Hotline {
    let agent = |number: u16| {
        let dial = Dial::Phone(format!("139000000{number:02}").into());
        Agent { lines: 1_000, ..Agent::new(&format!("{number:02}"), dial) }
    };
    let plain = SimpleHotline { strategy: Strategy::RoundRobin, ..SimpleHotline::default() };
    let mut hotline = plain.hotline("4008001234", "Big", (1..=NUMBERS).map(agent).collect());
    let groups = LAYERS * KEYS;
    let pattern = hotline.groups[0].clone();
    hotline.groups =
        (0..groups).map(|at| Group { name: format!("g{at}").into(), ..pattern.clone() }).collect();
    let index = |at: usize| NodeIx(u16::try_from(at).expect("small"));
    let (first_menu, first_group, end) = (1, 1 + LAYERS, 1 + LAYERS + groups);
    let mut nodes = vec![node("access", NodeKind::Access(access()), vec![(ANY.into(), index(first_menu))])];
    for layer in 0..LAYERS {
        let to = |key: usize| match key {
            1 if layer + 1 < LAYERS => index(first_menu + layer + 1),
            key => index(first_group + layer * KEYS + key),
        };
        let exits = (0..KEYS).map(|key| (key.to_string(), to(key))).collect();
        nodes.push(node(&format!("menu{layer}"), NodeKind::Menu(ask()), exits));
    }
    for at in 0..groups {
        let group = GroupIx(u16::try_from(at).expect("small"));
        let reach =
            Reach { group, ringback: ringbacks(), wait: Millis::seconds(120), before: Before::default() };
        nodes.push(node(&format!("g{at}"), NodeKind::Group(reach), vec![(ANY.into(), index(end))]));
    }
    nodes.push(node("end", NodeKind::HangUp { cause: None }, Vec::new()));
    hotline.flow = Flow { start: index(0), nodes };
    hotline.version = Version::of(&hotline);
    hotline
}

fn node(name: &str, kind: NodeKind, exits: Vec<(String, NodeIx)>) -> Node {
    let exits = exits.into_iter().map(|(exit, to)| (Arc::from(exit), to)).collect();
    Node { name: name.into(), kind, exits }
}

fn access() -> Access {
    let lines: Vec<String> = (0..BLACK).map(|n| format!("137{n:08}")).collect();
    let black = Prefixes::parse(lines.iter().map(String::as_str), None).expect("numbers");
    Access { black: Arc::new(black), ..Access::default() }
}

fn sound(name: &str) -> Prompt {
    Prompt::File(SoundPath::new(&format!("/sounds/{name}.wav")).expect("a path"))
}

fn ask() -> Ask {
    Ask {
        prompt: sound("menu"),
        invalid: None,
        timeout: Millis::seconds(5),
        inter_digit_timeout: Millis::seconds(3),
        max_failures: 3,
        max_timeouts: 3,
        digits_min: 1,
        digit_len: 1,
        terminator: None,
    }
}

/// Each for a province; callers of the bench are from none of them, so that all are asked.
fn ringbacks() -> Ringbacks {
    let elsewhere = Place::all().filter(|place| place.is_province() && place.name() != "北京市");
    let rule = |(at, place): (usize, Place)| RingbackRule {
        hours: None,
        area: Some(AreaSet::from_iter([Area::of(place)])),
        prompt: sound(&format!("ringback{at}")),
    };
    Ringbacks {
        rules: elsewhere.enumerate().map(rule).take(RINGBACKS).collect(),
        otherwise: sound("ringback"),
    }
}
