//! Who calls, who is called, and what the hotlines do with them.

use hotlined_core::time::Millis;
use hotlined_sim::actors::{
    AfterAnswer, Caller, HangsUp, KeyPress, Phone, SoundReply, Speech, UnreachableCause,
};
use hotlined_sim::rng::Rng;
use std::collections::BTreeMap;

/// How many telephones there are.
const PHONES: u64 = 8;
/// Longer than any talk.
const TALK_MS_MAX: u64 = 9_000;
/// How long a caller may hear nothing.
pub const SOUND_WITHIN: Millis = hotlined_sim::invariants::SILENCE_MAX;
/// How long where the flow listens: a message of five seconds; the wait for a key, and two seconds that the switch
/// listens longer.
const SOUND_WITHIN_LISTENING: Millis = Millis::seconds(7);

/// The kinds of hotlines.
pub const HOTLINES: [&str; 4] = ["4008001001", "4008001002", "4008001003", "4008001004"];
const MENU: &str = HOTLINES[2];
const NOBODYS: &str = "4009999999";

/// The `nth` telephone.
fn phone_number(nth: u64) -> String {
    format!("139000000{nth:02}")
}

/// How many calls a telephone takes at once.
pub fn lines(number: &str) -> usize {
    if number.ends_with('3') { 2 } else { 1 }
}

/// How long a caller of this number may hear nothing.
pub fn sound_within(dials: &str) -> Millis {
    if dials == MENU { SOUND_WITHIN_LISTENING } else { SOUND_WITHIN }
}

/// A hotline's file, as the operator has it after so many changes.
pub fn hotline(nth: usize, change: u64) -> String {
    let number = HOTLINES[nth];
    let way = match nth {
        0 => "order = \"sequential\"\nwait_s = 15\n",
        1 => {
            "order = \"longest_idle\"\nwait_s = 10\nretry_s = 5\n\
             [queue]\nwait_s = 12\nsay_position = true\nevery_s = 10\n"
        }
        2 => {
            "order = \"random\"\nwait_s = 10\n\
             [menu]\nprompt = \"menu.wav\"\ntimeout = 1500\nmax_timeouts = 1\n\
             exits = { 1 = \"sales\", 9 = \"voicemail\", timeout = \"sales\" }\n\
             [voicemail]\nlongest_s = 5\nshortest_s = 1\n\
             [survey]\ntimeout = 1500\nmax_timeouts = 1\n"
        }
        _ => {
            "order = \"simultaneous\"\nwait_s = 10\nlast_agent_days = 3\n\
             [before]\nto_caller = \"before.wav\"\n"
        }
    };
    let mut text = format!(
        "number = \"{number}\"\nname = \"Hotline {nth}, change {change}\"\nringback = \"ring.wav\"\n\
         closing = \"closing.wav\"\nring_time_s = 5\n{way}"
    );
    // Hotlines share telephones, and a change moves them on.
    let agents = (0..4).map(|place| 1 + (nth as u64 * 2 + place + change) % PHONES);
    let agents: Vec<u64> = agents.collect();
    if nth == 2 {
        let ids: Vec<String> = agents.iter().map(|agent| format!("\"{agent:02}\"")).collect();
        text += &format!("[groups.sales]\nagents = [{}]\n", ids.join(", "));
    }
    for agent in agents {
        let phone = phone_number(agent);
        let lines = lines(&phone);
        let confirm = nth == 3 && agent % 2 == 0;
        text += &format!(
            "[[agents]]\nid = \"{agent:02}\"\nphone = \"{phone}\"\nlines = {lines}\nconfirm = {confirm}\n"
        );
    }
    text
}

/// Every telephone, and what it does the first, second, … time.
pub fn phones(chance: &mut Rng) -> BTreeMap<String, Vec<Phone>> {
    (1..=PHONES).map(|nth| (phone_number(nth), (0..40).map(|_| phone(chance)).collect())).collect()
}

/// Every talk ends: nobody waits for ever for somebody who does, too.
fn phone(chance: &mut Rng) -> Phone {
    let after = Millis(chance.between(0, 4_000));
    let talks = AfterAnswer::TalksFor(Millis(chance.between(0, TALK_MS_MAX)));
    match chance.between(0, 19) {
        0 => Phone::Busy,
        1..=2 => Phone::NeverAnswers,
        3 => Phone::Refuses { after: Millis(chance.between(0, 1) * after.0) },
        4 => Phone::Unreachable(UnreachableCause::SwitchedOff),
        5 => Phone::Unreachable(UnreachableCause::NoGateway),
        6 => Phone::Answers { after, then: AfterAnswer::HangsUpAfter(Millis(chance.between(0, 150))) },
        7 => {
            Phone::Answers { after, then: AfterAnswer::HangsUpAfter(Millis(chance.between(0, TALK_MS_MAX))) }
        }
        8..=13 => {
            Phone::Accepts { after, press_after: Millis(chance.between(200, 1_500)), key: '1', then: talks }
        }
        _ => Phone::Answers { after, then: talks },
    }
}

/// The `nth` caller.
pub fn caller(nth: u64, chance: &mut Rng) -> Caller {
    let dials = match chance.between(0, 39) {
        0 => NOBODYS,
        drawn => HOTLINES[drawn as usize % HOTLINES.len()],
    };
    let leaves = match chance.between(0, 9) {
        0 => HangsUp::AfterDialling(Millis(chance.between(0, 200))),
        1 => HangsUp::AfterDialling(Millis(chance.between(100, 12_000))),
        2 => HangsUp::AfterAgentAnswer(Millis(chance.between(0, 150))),
        3..=4 => HangsUp::AfterBridge(Millis(chance.between(0, TALK_MS_MAX))),
        _ => HangsUp::Never,
    };
    let (mut keys, mut replies) = (Vec::new(), Vec::new());
    let reply = |hears: &str, after, keys: &str| SoundReply { sound: hears.into(), after, keys: keys.into() };
    let after = Millis(chance.between(200, 2_500));
    match chance.between(0, 5) {
        0..=1 => replies.push(reply("menu.wav", after, "1")),
        2..=3 => replies.push(reply("menu.wav", after, "9")),
        4 => keys.push(KeyPress { at: Millis(chance.between(0, 9_000)), key: '7' }),
        _ => {}
    }
    if chance.percent(60) {
        replies.push(reply("survey/", Millis(chance.between(200, 2_000)), "1"));
    }
    let speaks =
        (0..8).map(|second| Speech { at: Millis::seconds(second * 2), lasts: Millis(1_700) }).collect();
    Caller {
        number: if chance.percent(10) { String::new() } else { format!("1380{nth:07}") },
        dialled: dials.into(),
        leg: chance.uuid().parse().ok(),
        hangs_up: leaves,
        keys,
        replies,
        speech: speaks,
        sends_bye: chance.percent(20),
        ..Caller::default()
    }
}
