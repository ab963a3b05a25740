//! A fault at each single moment of a call: after every event that the daemon's engine takes.

use super::shown;
use hotlined_core::record::Outcome;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, Phone, UnreachableCause};
use hotlined_simulator::{Fault, FaultTime, HOTLINE, WorldSetup, agent, hotline, phone_number};

/// How long after the event the fault comes (before what follows from it is written, or when that was done), and
/// how long a line or a daemon is away then: less than the fallback waits, or more.
const AFTER_AND_AWAY: [(Millis, Millis); 3] =
    [(Millis(0), Millis(300)), (Millis(30), Millis(300)), (Millis(0), Millis(7_000))];

/// A call with these agents, each doing one thing.
fn call(leaves: HangsUp, agents: &[Phone]) -> WorldSetup {
    let indices = 1..=agents.len() as u64;
    let phones = indices.clone().zip(agents).map(|(index, phone)| (phone_number(index), vec![*phone]));
    let list = indices.map(|index| agent(index, 1, Millis::seconds(5))).collect();
    let leg = "a0000000-0000-4000-8000-000000000001".parse().ok();
    let caller = Caller {
        number: "13800138000".into(),
        dialled: HOTLINE.into(),
        leg,
        hangs_up: leaves,
        ..Caller::default()
    };
    WorldSetup {
        callers: vec![caller],
        phones: phones.collect(),
        hotlines: vec![hotline(HOTLINE, list)],
        ..WorldSetup::without_faults(1)
    }
}

fn answers(then: AfterAnswer) -> Phone {
    Phone::Answers { after: Millis(700), then }
}

/// A call of each outcome, and how it goes when nothing goes wrong.
fn calls() -> Vec<(&'static str, WorldSetup, Outcome)> {
    let talks = answers(AfterAnswer::TalksFor(Millis(2_000)));
    let long = AfterAnswer::TalksFor(Millis(9_000));
    let end = HangsUp::Never;
    vec![
        (
            "the caller ends the talk",
            call(HangsUp::AfterBridge(Millis(1_500)), &[answers(long)]),
            Outcome::Answered,
        ),
        ("the agent ends the talk", call(end, &[talks]), Outcome::Answered),
        ("busy, then the next", call(end, &[Phone::Busy, talks]), Outcome::Answered),
        ("nobody answers", call(end, &[Phone::NeverAnswers, Phone::NeverAnswers]), Outcome::Unanswered),
        (
            "the caller gives up",
            call(HangsUp::AfterDialling(Millis(2_500)), &[Phone::NeverAnswers]),
            Outcome::Abandoned,
        ),
        (
            "refused, unreachable, no gateway",
            call(
                end,
                &[
                    Phone::Refuses { after: Millis(500) },
                    Phone::Unreachable(UnreachableCause::SwitchedOff),
                    Phone::Unreachable(UnreachableCause::NoGateway),
                ],
            ),
            Outcome::Unanswered,
        ),
        (
            "dropped while being joined",
            call(end, &[answers(AfterAnswer::HangsUpAfter(Millis(45)))]),
            Outcome::Lost,
        ),
        (
            "dropped before being joined",
            call(end, &[answers(AfterAnswer::HangsUpAfter(Millis(0))), talks]),
            Outcome::Answered,
        ),
        (
            "the caller leaves while being joined",
            call(HangsUp::AfterAgentAnswer(Millis(45)), &[answers(long)]),
            Outcome::Abandoned,
        ),
    ]
}

/// Lives through every call with this fault at every moment; gives how many runs that were.
fn at_each_moment(fault: impl Fn(Millis) -> Fault) -> usize {
    let mut broken = Vec::new();
    let mut runs = 0;
    for (name, calm, outcome) in calls() {
        let summary =
            hotlined_simulator::run(&calm).unwrap_or_else(|broken| panic!("{}", shown(&broken, name)));
        assert_eq!(summary.counts.outcomes, [(outcome, 1)].into(), "{name}");
        let moments =
            (1..=summary.turns).flat_map(|turn| AFTER_AND_AWAY.map(|(wait, away)| (turn, wait, away)));
        for (turn, wait, away) in moments {
            let faults = vec![(FaultTime::AfterTurn(turn, wait), fault(away))];
            let shadowed = (wait, away) == AFTER_AND_AWAY[0];
            let scene = WorldSetup { faults, shadow_engine: shadowed, ..calm.clone() };
            runs += 1;
            if let Err(why) = hotlined_simulator::run(&scene) {
                broken.push((format!("{name}: {:?}", scene.faults), why));
            }
        }
    }
    if let Some((name, first)) = broken.first() {
        let all: Vec<String> = broken.iter().map(|(name, why)| format!("{name}: {}", why.reason)).collect();
        panic!("{}\n{} of {runs} broken:\n{}", shown(first, name), broken.len(), all.join("\n"));
    }
    runs
}

#[test]
fn the_line_may_be_cut_at_any_moment() {
    let runs = at_each_moment(|back| Fault::LinkCut { reconnect_after: back });
    println!("{runs} cuts");
}

#[test]
fn the_daemon_may_be_killed_at_any_moment() {
    let runs = at_each_moment(|back| Fault::DaemonKilled {
        restart_after: back,
        output_delivered: false,
        disk_kept: true,
    });
    println!("{runs} kills");
}

#[test]
fn the_daemon_may_be_killed_with_its_last_words_heard() {
    let runs = at_each_moment(|back| Fault::DaemonKilled {
        restart_after: back,
        output_delivered: true,
        disk_kept: true,
    });
    println!("{runs} kills");
}

#[test]
fn the_daemon_may_be_killed_and_forget_everything() {
    let runs = at_each_moment(|back| Fault::DaemonKilled {
        restart_after: back,
        output_delivered: true,
        disk_kept: false,
    });
    println!("{runs} kills");
}

#[test]
fn the_daemon_may_hand_over_at_any_moment() {
    let runs =
        at_each_moment(|back| Fault::DaemonDrained { second_stop_after: Millis(0), restart_after: back });
    println!("{runs} hand-overs");
}
