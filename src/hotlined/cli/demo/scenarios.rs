//! The dozen calls of the demo: each calls a hotline of its own, and each has another course.

use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::hotline::limits::RING_TIME_S_MIN;
use hotlined_core::hotline::{Agent, Dial, Hotline};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{Actors, AfterAnswer, Caller, HangsUp, Phone, UnreachableCause};

/// When the caller of a call leaves, and how the telephones of its hotline behave.
struct Scenario {
    leaves: HangsUp,
    phones: Vec<Phone>,
}

fn scenarios() -> Vec<Scenario> {
    let answers = |after, then| Phone::Answers { after: Millis(after), then };
    let talks = |talk| AfterAnswer::TalksFor(Millis(talk));
    let patient = HangsUp::Never;
    vec![
        // The first agent answers; the caller hangs up, or the agent does.
        Scenario {
            leaves: HangsUp::AfterBridge(Millis(4_000)),
            phones: vec![answers(2_500, AfterAnswer::Waits)],
        },
        Scenario { leaves: patient, phones: vec![answers(3_000, talks(5_000))] },
        // The first agent is busy, refuses, does not answer or is unreachable; the second agent answers.
        Scenario { leaves: patient, phones: vec![Phone::Busy, answers(2_000, talks(6_000))] },
        Scenario {
            leaves: patient,
            phones: vec![Phone::Refuses { after: Millis(2_000) }, answers(1_500, talks(4_000))],
        },
        Scenario { leaves: patient, phones: vec![Phone::NeverAnswers, answers(2_000, talks(3_000))] },
        Scenario {
            leaves: patient,
            phones: vec![Phone::Unreachable(UnreachableCause::SwitchedOff), answers(1_000, talks(7_000))],
        },
        // An agent answers and hangs up at once.
        Scenario {
            leaves: patient,
            phones: vec![answers(2_000, AfterAnswer::HangsUpAfter(Millis(0))), answers(2_000, talks(4_000))],
        },
        // No agent answers: all are busy, do not answer or are unreachable.
        Scenario { leaves: patient, phones: vec![Phone::Busy, Phone::Busy] },
        Scenario {
            leaves: patient,
            phones: vec![Phone::NeverAnswers, Phone::Refuses { after: Millis(1_000) }],
        },
        Scenario {
            leaves: patient,
            phones: vec![
                Phone::Unreachable(UnreachableCause::NoSuchNumber),
                Phone::Unreachable(UnreachableCause::NoGateway),
            ],
        },
        // The caller gives up while a telephone rings.
        Scenario { leaves: HangsUp::AfterDialling(Millis(4_000)), phones: vec![Phone::NeverAnswers] },
    ]
}

/// A 400 number without a hotline.
const NO_HOTLINE: &str = "4009999999";

fn number(act: usize) -> String {
    format!("40080010{:02}", act + 1)
}

fn phone(act: usize, agent: usize) -> String {
    format!("139{:04}{:04}", act + 1, agent + 1)
}

/// The hotlines of the demo.
pub(super) fn hotlines() -> Vec<Hotline> {
    let hotline = |(at, act): (usize, &Scenario)| {
        let agents = (0..act.phones.len()).map(|agent| agent_of(at, agent)).collect();
        let plain = SimpleHotline { wait: Millis::seconds(60), ..SimpleHotline::default() };
        plain.hotline(&number(at), "Demo", agents)
    };
    scenarios().iter().enumerate().map(hotline).collect()
}

fn agent_of(act: usize, agent: usize) -> Agent {
    let dial = Dial::Phone(phone(act, agent).into());
    let id = format!("{:02}", agent + 1);
    let ring_time = Millis::seconds(RING_TIME_S_MIN);
    Agent { ring_time, ..Agent::new(&id, dial) }
}

/// The callers and telephones of the demo. The last caller dials [`NO_HOTLINE`].
pub(super) fn cast() -> Actors {
    const GAP_MS: u64 = 700;
    let mut cast = Actors::default();
    for (at, act) in scenarios().into_iter().enumerate() {
        for (agent, habit) in act.phones.into_iter().enumerate() {
            cast.phones.insert(phone(at, agent), vec![habit]);
        }
        cast.callers.push(caller(at, number(at), act.leaves));
    }
    cast.callers.push(caller(cast.callers.len(), NO_HOTLINE.to_owned(), HangsUp::Never));
    for (at, caller) in (0..).zip(&mut cast.callers) {
        caller.at = Millis(at * GAP_MS);
    }
    cast
}

fn caller(at: usize, dials: String, leaves: HangsUp) -> Caller {
    Caller {
        number: format!("138001380{:02}", at + 1),
        dialled: dials,
        hangs_up: leaves,
        ..Caller::default()
    }
}
