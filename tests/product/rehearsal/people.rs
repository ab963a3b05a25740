//! People drawn by chance.

use hotlined_core::id::LegId;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::dry_run::{CallerStep, Script, ScriptedCaller, ScriptedHangUp, ScriptedPhone};
use hotlined_sim::rng::Rng;

/// What callers' numbers may look like, the last of them no numbers at all.
const NUMBERS: [&str; 10] = [
    "13800138000",
    "13912345678",
    "02161234567",
    "01088886666",
    "+85261234567",
    "",
    "anonymous",
    "${system(touch pwned)}",
    "1380013800\n\nbgapi status",
    "../../etc/passwd",
];
const DIALLED: [&str; 3] = ["", "+86", "0"];

pub fn cast(numbers: &[&str], begin: Instant, chance: &mut Rng) -> Script {
    let callers = (0..chance.between(1, 6)).map(|_| caller(numbers, begin, chance)).collect();
    let mut cast = Script { callers, default_phone: habit(chance), ..Script::default() };
    for at in 1..=4 {
        for place in [format!("1390000000{at}"), format!("user/100{at}")] {
            let habits = (0..chance.between(1, 3)).map(|_| habit(chance)).collect();
            cast.phones.insert(place, habits);
        }
    }
    cast
}

fn caller(numbers: &[&str], begin: Instant, chance: &mut Rng) -> ScriptedCaller {
    let at = begin + Millis(chance.between(0, 40_000));
    // An inbound leg is named by the switch: a UUID, or anything an Asterisk may think of.
    let bits = u128::from(chance.next_u64()) << 64 | u128::from(chance.next_u64());
    let leg = match chance.between(0, 3) {
        0 => {
            format!("{}.{}", chance.between(1_000_000, 9_999_999), chance.between(0, 99_999)).parse().unwrap()
        }
        _ => LegId::from_bits(bits),
    };
    let dials = format!("{}{}", chance.pick(&DIALLED).unwrap(), chance.pick(numbers).unwrap());
    let number = chance.pick(&NUMBERS).unwrap();
    ScriptedCaller {
        seed: chance.next_u64(),
        steps: (0..chance.between(0, 8)).map(|_| deed(chance)).collect(),
        hangs_up: match chance.between(0, 5) {
            0 => ScriptedHangUp::Never,
            1 => ScriptedHangUp::AfterBridge(Millis(chance.between(0, 30_000))),
            2 => ScriptedHangUp::AfterDialling(Millis(chance.between(0, 3_000))),
            3 => ScriptedHangUp::AfterDialling(Millis(chance.between(0, 30_000))),
            _ => ScriptedHangUp::AfterDialling(Millis(chance.between(0, 240_000))),
        },
        speech_length: Millis(chance.between(0, 70_000)),
        call_back_phone: habit(chance),
        ..ScriptedCaller::new(at, number, &dials, leg)
    }
}

fn deed(chance: &mut Rng) -> CallerStep {
    const KEYS: [&str; 14] = [
        "1",
        "2",
        "3",
        "9",
        "0",
        "*",
        "#",
        "801",
        "802#",
        "80",
        "1234",
        "0042#",
        "12345678901234567890",
        "7",
    ];
    match chance.between(0, 9) {
        0 => CallerStep::IgnorePrompt,
        1..=3 => CallerStep::Wait(Millis(chance.between(0, 40_000))),
        _ => CallerStep::PressKeys((*chance.pick(&KEYS).unwrap()).to_owned()),
    }
}

pub fn habit(chance: &mut Rng) -> ScriptedPhone {
    let after = Millis(if chance.percent(10) { 0 } else { chance.between(0, 26_000) });
    match chance.between(0, 13) {
        0 => ScriptedPhone::Busy,
        1 => ScriptedPhone::Refuses { after },
        2 => ScriptedPhone::NeverAnswers,
        3 => ScriptedPhone::Unreachable,
        4 => ScriptedPhone::NoRoute,
        5 => ScriptedPhone::Mailbox { after, stays: Millis(chance.between(0, 60_000)) },
        _ => ScriptedPhone::Answers {
            after: Millis(after.0 / 4),
            presses: chance.percent(80).then(|| Millis(chance.between(0, 16_000))),
            talks: chance.percent(85).then(|| Millis(chance.between(0, 60_000))),
        },
    }
}
