//! A day's load: thousands of calls to hotlines with a menu, groups of every strategy, a queue, a survey and a mailbox.
//! The hotlines share their agents.

use super::generate::{faults, faults_of_several};
use super::world_setup::{Fault, FaultTime, WorldSetup, agent, hotline_defaults, phone_number, sound};
use hotlined_core::hotline::flow::{
    ANY, Ask, Before, Flow, Node, NodeIx, NodeKind, Play, Queue, Reach, Survey, Voicemail,
};
use hotlined_core::hotline::group::{Group, GroupIx, Strategy};
use hotlined_core::hotline::ringback::Ringbacks;
use hotlined_core::hotline::{Agent, Hotline, Recording, Version};
use hotlined_core::prompt::{Prompt, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::event::Format;
use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, Phone, SoundReply, Speech, UnreachableCause};
use hotlined_sim::rng::Rng;
use std::collections::BTreeMap;

/// How many callers call per second, in thousandths.
const CALLS_A_SECOND_MILLI: u64 = 1_700;
/// How many agents there are.
const AGENTS: u64 = 40;
/// How many hotlines.
const HOTLINES: u64 = 4;
/// So many calls have one fault, at least.
const CALLS_A_FAULT: u64 = 70;
/// How long after the last caller all calls must be over.
const QUIET_WITHIN: Millis = Millis::seconds(1_500);

impl WorldSetup {
    /// A random setup with a day's load of so many calls.
    pub fn large(seed: u64, calls: u64) -> Self {
        let span_ms = calls * 1_000_000 / CALLS_A_SECOND_MILLI;
        let mut rng = Rng::new(seed ^ 0x6c61_7267_6500);
        let agents: Vec<Agent> = (1..=AGENTS).map(|index| bound(index, &mut rng)).collect();
        let hotlines = (0..HOTLINES).map(|nth| hotline(nth, &agents, &mut rng)).collect();
        let phones = (1..=AGENTS).map(|index| {
            let confirms = agents[(index - 1) as usize].confirm;
            (phone_number(index), (0..8).map(|_| phone(confirms, &mut rng)).collect())
        });
        let phones = phones.collect();
        let callers = (0..calls).map(|nth| caller(nth, span_ms, &mut rng)).collect();
        let many = rng.between(calls / CALLS_A_FAULT / 2, calls / CALLS_A_FAULT);
        let mut faults: Vec<(FaultTime, Fault)> = (0..many).flat_map(|_| faults(span_ms, &mut rng)).collect();
        let mut beside = Rng::new(seed ^ 0x6c61_7267_6532);
        let daemons = if beside.percent(50) { 2 } else { 1 };
        if daemons > 1 {
            faults = (0..many).flat_map(|_| faults_of_several(span_ms, &mut beside)).collect();
        }
        Self {
            callers,
            phones,
            hotlines,
            daemons,
            live_calls_max: 1_000,
            faults,
            network_delay_ms: if rng.percent(30) { (5, 40) } else { (0, 5) },
            daemon_lag_ms: if rng.percent(20) { 20 } else { 2 },
            reordered_percent: rng.between(0, 20),
            format: if rng.percent(50) { Format::Json } else { Format::Plain },
            shadow_engine: false,
            check_every: Millis(200),
            quiet_within: QUIET_WITHIN,
            sms_faults_per_mille: Some(50),
            ..Self::without_faults(seed)
        }
    }
}

fn bound(index: u64, rng: &mut Rng) -> Agent {
    Agent {
        on: !rng.percent(5),
        confirm: rng.percent(20),
        share: if rng.percent(50) { 1 } else { 3 },
        ..agent(index, if rng.percent(20) { 2 } else { 1 }, Millis::seconds(rng.between(5, 12)))
    }
}

fn number(nth: u64) -> String {
    format!("40080010{:02}", nth + 1)
}

fn hotline(nth: u64, agents: &[Agent], rng: &mut Rng) -> Hotline {
    use Strategy::{FewestCalls, LongestIdle, Random, Ratio, RoundRobin, Sequential, Simultaneous};
    let orders = [Sequential, Random, RoundRobin, FewestCalls, LongestIdle, Ratio, Simultaneous];
    let own: Vec<Agent> = agents.iter().filter(|_| !rng.percent(60)).cloned().collect();
    let half = (own.len() / 2) as u16;
    let group = |name: &str, agents: std::ops::Range<u16>, rng: &mut Rng| Group {
        name: name.into(),
        agents: agents.collect(),
        strategy: rng.pick(&orders).copied().unwrap_or_default(),
        last_agent_days: rng.percent(30).then_some(7),
        wrap_up: Millis::seconds(if rng.percent(50) { rng.between(1, 20) } else { 0 }),
        retry: Millis::seconds(rng.between(1, 20)),
    };
    let groups = vec![group("sales", 0..half, rng), group("service", half..own.len() as u16, rng)];
    let mut hotline = Hotline {
        groups,
        flow: flow(rng),
        recording: if rng.percent(30) { Recording::All } else { Recording::Off },
        calls_max: rng.percent(25).then_some(60),
        ..hotline_defaults().hotline(&number(nth), "Example", own)
    };
    hotline.version = Version::of(&hotline);
    hotline
}

/// The indexes of the flow's nodes, in their order.
const MENU: u16 = 0;
const SALES: u16 = 1;
const SERVICE: u16 = 2;
const MAILBOX: u16 = 3;
const SURVEY: u16 = 4;
const CLOSING: u16 = 5;
const END: u16 = 6;

fn flow(rng: &mut Rng) -> Flow {
    let reach = |group, wait, rng: &mut Rng| Reach {
        group: GroupIx(group),
        ringback: Ringbacks { rules: Vec::new(), otherwise: Prompt::Tone(Tone::Ringing) },
        wait: Millis::seconds(wait),
        before: Before {
            to_caller: rng.percent(30).then(|| sound("/may_be_recorded.wav")),
            to_agent: rng.percent(30).then(|| sound("/whisper.wav")),
            agent_number: false,
        },
    };
    let queue = Queue {
        reach: reach(1, rng.between(20, 120), rng),
        length_max: rng.between(3, 30) as u16,
        answer: rng.percent(50),
        say_position: false,
        say_wait: false,
        every: rng.percent(50).then_some(Millis::seconds(15)),
        notice: Some(sound("/to_leave_a_message.wav")),
        call_back: None,
    };
    let mailbox = Voicemail {
        greeting: Some(sound("/greeting.wav")),
        longest: Millis::seconds(20),
        shortest: Millis::seconds(2),
        silence: Millis::seconds(5),
        saved: Some(sound("/saved.wav")),
    };
    let survey = Survey { ask: ask("/how_was_it.wav"), highest: 3, thanks: Some(sound("/thanks.wav")) };
    let closing = Play { prompt: sound("/closing.wav"), answer: false };
    let node = |name: &str, kind, exits: &[(&str, u16)]| Node {
        name: name.into(),
        kind,
        exits: exits.iter().map(|(exit, to)| ((*exit).into(), NodeIx(*to))).collect::<BTreeMap<_, _>>(),
    };
    let nodes = vec![
        node(
            "menu",
            NodeKind::Menu(ask("/menu.wav")),
            &[("1", SALES), ("2", SERVICE), ("3", MAILBOX), (ANY, SERVICE)],
        ),
        node(
            "sales",
            NodeKind::Group(reach(0, rng.between(10, 40), rng)),
            &[("talked", SURVEY), ("busy", SERVICE), (ANY, MAILBOX)],
        ),
        node("service", NodeKind::Queue(queue), &[("talked", SURVEY), ("9", MAILBOX), (ANY, MAILBOX)]),
        node("mailbox", NodeKind::Voicemail(mailbox), &[(ANY, CLOSING)]),
        node("survey", NodeKind::Survey(survey), &[(ANY, END)]),
        node("closing", NodeKind::Play(closing), &[(ANY, END)]),
        node("end", NodeKind::HangUp { cause: None }, &[]),
    ];
    Flow { start: NodeIx(if rng.percent(75) { MENU } else { SERVICE }), nodes }
}

fn ask(prompt: &str) -> Ask {
    Ask {
        prompt: sound(prompt),
        invalid: Some(sound("/wrong.wav")),
        timeout: Millis::seconds(3),
        inter_digit_timeout: Millis::seconds(2),
        max_failures: 2,
        max_timeouts: 2,
        digits_min: 1,
        digit_len: 1,
        terminator: None,
    }
}

fn caller(nth: u64, span_ms: u64, rng: &mut Rng) -> Caller {
    let reply = |hears: &str, keys: &str, after| SoundReply { sound: hears.into(), after, keys: keys.into() };
    let mut replies = Vec::new();
    let soon = |rng: &mut Rng| Millis(rng.between(200, 5_000));
    if !rng.percent(10) {
        let key = match rng.between(0, 19) {
            0..=8 => "1",
            9..=16 => "2",
            17..=18 => "3",
            _ => "8",
        };
        replies.push(reply("menu", key, soon(rng)));
    }
    if rng.percent(70) {
        let key = if rng.percent(90) { "1" } else { "7" };
        replies.push(reply("how_was_it", key, soon(rng)));
    }
    if rng.percent(15) {
        replies.push(reply("to_leave", "9", soon(rng)));
    }
    let leaves = match rng.between(0, 9) {
        0 => HangsUp::AfterDialling(Millis(rng.between(0, 2_000))),
        1..=2 => HangsUp::AfterDialling(Millis(rng.between(2_000, 60_000))),
        3 => HangsUp::AfterAgentAnswer(Millis(rng.between(0, 150))),
        4..=6 => HangsUp::AfterBridge(Millis(rng.between(0, 40_000))),
        _ => HangsUp::Never,
    };
    let speaks = Speech { at: Millis(0), lasts: Millis::seconds(120) };
    Caller {
        at: Millis(rng.between(0, span_ms)),
        // Some callers call again.
        number: format!("1380000{:04}", if rng.percent(30) { nth % 50 } else { nth }),
        dialled: number(rng.between(0, HOTLINES - 1)),
        leg: rng.uuid().parse().ok(),
        hangs_up: leaves,
        replies,
        speech: if rng.percent(60) { vec![speaks] } else { Vec::new() },
        sends_bye: rng.percent(20),
        ..Caller::default()
    }
}

/// Every talk ends.
fn phone(confirms: bool, rng: &mut Rng) -> Phone {
    let after = Millis(rng.between(500, 8_000));
    let then = match rng.between(0, 9) {
        0 => AfterAnswer::HangsUpAfter(Millis(rng.between(0, 150))),
        _ => AfterAnswer::TalksFor(Millis(rng.between(1_000, 40_000))),
    };
    match rng.between(0, 19) {
        0 => Phone::Busy,
        1..=2 => Phone::NeverAnswers,
        3 => Phone::Refuses { after },
        4 => Phone::Unreachable(UnreachableCause::SwitchedOff),
        _ if confirms && !rng.percent(10) => {
            Phone::Accepts { after, press_after: Millis(rng.between(1_000, 4_000)), key: '1', then }
        }
        _ => Phone::Answers { after, then },
    }
}
