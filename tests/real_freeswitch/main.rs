//! The daemon, a real FreeSWITCH with the product's own dialplan, and real SIP on the loopback.
//!
//! Needs `freeswitch` (on the path, or named by HOTLINED_FREESWITCH) and `sipp`; without them every test here says
//! so, passes and has shown nothing. Ports and folders are found anew for each run, so that it disturbs nobody.
//! HOTLINED_REWRITE_CAPTURES=1 takes the captures of `tests/captures/real` anew.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests, which clippy does not see.

mod lab;
mod pairs;
mod services;
#[path = "../support/mod.rs"]
mod support;

use hotlined_core::event::Cause;
use hotlined_core::record::{AttemptOutcome, CallRecord, EndedBy, Outcome};
use lab::daemon::{Daemon, Hotline, Plan};
use lab::phone::{Agent, Caller, endpoint};
use lab::switch::free_port;
use lab::tell;
use lab::wait::{ms, s, until};
use std::time::Instant;

/// How a record says a call went.
type Went = (Outcome, EndedBy, Cause, Vec<AttemptOutcome>);

fn went(record: &CallRecord) -> Went {
    assert_eq!(record.billing_start.is_some(), record.outcome == Outcome::Answered, "{record:#?}");
    assert_eq!(record.agent.is_some(), record.outcome == Outcome::Answered, "{record:#?}");
    let attempts = record.attempts.iter().map(|attempt| attempt.outcome).collect();
    (record.outcome, record.ended_by, record.cause, attempts)
}

/// Until the daemon's call of this leg is in talk.
fn wait_for_talk(daemon: &Daemon, times: usize) {
    daemon.wait_for_log("to=\"talk\"", times, s(10));
}

mod if_freeswitch_is_here {
    use super::*;

    #[test]
    fn the_caller_hangs_up_in_talk() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000001";
        let agent = Agent::Answers(ms(400)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).capture("caller_hangs_up").up();
        let mut caller = Caller::to(number).talks(ms(800)).call(&lab);
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        agent.wait_for_request("BYE", s(2));
        let record = daemon.record(number);
        let talked = vec![AttemptOutcome::Talked];
        assert_eq!(went(&record), (Outcome::Answered, EndedBy::Caller, Cause::Normal, talked));
        assert!((600..1_200).contains(&record.talk.0), "{record:#?}");
        lab.is_empty_soon();
        daemon.stop(1);
    }

    #[test]
    fn the_agent_hangs_up_in_talk() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000002";
        let agent = Agent::Leaves(ms(400), ms(800)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).capture("agent_hangs_up").up();
        let mut caller = Caller::to(number).call(&lab);
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        assert_eq!(caller.requests("BYE"), 1);
        let record = daemon.record(number);
        let talked = vec![AttemptOutcome::Talked];
        assert_eq!(went(&record), (Outcome::Answered, EndedBy::Agent, Cause::Normal, talked));
        assert!((500..1_200).contains(&record.talk.0), "{record:#?}");
        lab.is_empty_soon();
        daemon.stop(1);
    }

    /// Busy, busy from a file, no answer, refused, a gateway nobody knows, a port nobody listens on; all at
    /// once.
    #[test]
    fn nobody_comes() {
        let Some(lab) = lab::open() else { return };
        let busy = Agent::Refuses("486 Busy Here").ready(&lab);
        // The same telephone under another name, since an agent's one line is taken by one call at a time.
        let other_busy = busy.endpoint().replace("agent@", "other@");
        let third_busy = busy.endpoint().replace("agent@", "third@");
        let silent = Agent::Rings.ready(&lab);
        let refusing = Agent::Refuses("603 Decline").ready(&lab);
        let missing = |number: u8| format!("sofia/gateway/none/{number}");
        let closed = endpoint(free_port());
        let unknown = Agent::Refuses("404 Not Found").ready(&lab);
        let failing = Agent::Refuses("503 Service Unavailable").ready(&lab);
        use AttemptOutcome::{Busy, Failed, NoAnswer, Refused, Unreachable};
        let cases = [
            ("4000000010", vec![busy.endpoint(), other_busy], 486, Cause::Busy, vec![Busy, Busy]),
            ("4000000011", vec![silent.endpoint()], 480, Cause::NoAnswer, vec![NoAnswer]),
            ("4000000012", vec![refusing.endpoint()], 480, Cause::NoAnswer, vec![Refused]),
            ("4000000013", vec![missing(1)], 480, Cause::Unreachable, vec![Unreachable]),
            ("4000000014", vec![closed], 480, Cause::Unreachable, vec![Failed]),
            ("4000000015", vec![missing(2), third_busy], 486, Cause::Busy, vec![Unreachable, Busy]),
            ("4000000016", vec![unknown.endpoint()], 480, Cause::Unreachable, vec![Unreachable]),
            ("4000000017", vec![failing.endpoint()], 480, Cause::Unreachable, vec![Failed]),
        ];
        let hotlines =
            cases.each_ref().map(|(number, agents, ..)| Hotline::new(number, agents).with("ring_time_s = 5"));
        let daemon = Plan::new(&lab, &hotlines).capture("nobody_comes").up();
        let callers = cases.each_ref().map(|(number, ..)| Caller::to(number).call(&lab));
        let mut wrong = Vec::new();
        for ((number, _, status, cause, attempts), mut caller) in cases.into_iter().zip(callers) {
            let got = caller.wait_for_end(s(30));
            let seen = (went(&daemon.record(number)), got);
            let due = ((Outcome::Unanswered, EndedBy::Hotline, cause, attempts), Some(status));
            if seen != due {
                wrong.push(format!("{number}: {seen:?} and not {due:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(silent.requests("CANCEL"), 1);
        lab.is_empty_soon();
        daemon.stop(8);
    }

    #[test]
    fn sound_files_are_played_and_a_missing_one_is_replaced() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000020";
        let busy = Agent::Refuses("486 Busy Here").ready(&lab);
        let silent = Agent::Rings.ready(&lab);
        let hotline = Hotline::new(number, &[silent.endpoint(), busy.endpoint()]);
        let hotline = hotline.with("ring_time_s = 5\nringback = \"short.wav\"\nclosing = \"short.wav\"");
        let gone = "4000000021";
        let others = [&silent, &busy].map(|phone| phone.endpoint().replace("agent@", "other@"));
        let other = Hotline::new(gone, &others);
        let other = other.with("ring_time_s = 5\nringback = \"gone.wav\"\nclosing = \"short.wav\"");
        let daemon = Plan::new(&lab, &[hotline]).up();
        let sounds = daemon.folder.join("sounds");
        std::fs::copy(sounds.join("short.wav"), sounds.join("gone.wav")).unwrap();
        daemon.put(&other);
        daemon.wait_for_log("hotlines changed", 1, s(10));
        std::fs::remove_file(sounds.join("gone.wav")).unwrap();
        let watcher = lab.connect().watch("PLAYBACK_START PLAYBACK_STOP");
        let mut callers = [Caller::to(number).call(&lab), Caller::to(gone).call(&lab)];
        watcher.wait("the ringback's file", s(5), |heard| {
            heard.get("Playback-File-Path").ends_with("short.wav")
        });
        daemon.wait_for_log("cannot be played", 1, s(5));
        for (caller, number) in callers.iter_mut().zip([number, gone]) {
            assert_eq!(caller.wait_for_end(s(20)), Some(480));
            let record = daemon.record(number);
            let attempts = vec![AttemptOutcome::NoAnswer, AttemptOutcome::Busy];
            assert_eq!(went(&record), (Outcome::Unanswered, EndedBy::Hotline, Cause::NoAnswer, attempts));
        }
        lab.is_empty_soon();
        daemon.stop(2);
    }

    #[test]
    fn the_caller_gives_up_in_ringback() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000030";
        let agent = Agent::Rings.ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).capture("caller_gives_up").up();
        let mut caller = Caller::to(number).gives_up(ms(1_000)).call(&lab);
        assert_eq!(caller.wait_for_end(s(10)), Some(487));
        let left = caller.wait("CANCEL", s(1), |m| m.sent && m.line().starts_with("CANCEL")).at;
        let told = agent.wait_for_request("CANCEL", s(1)).at;
        tell(&format!("caller's CANCEL to agent's CANCEL: {:.0} ms", (told - left) * 1e3));
        assert!(told - left < 0.5, "the agent's telephone rang for another {} s", told - left);
        let attempts = vec![AttemptOutcome::CallerLeft];
        let due = (Outcome::Abandoned, EndedBy::Caller, Cause::Cancelled, attempts);
        assert_eq!(went(&daemon.record(number)), due);
        lab.is_empty_soon();
        daemon.stop(1);
    }

    /// The caller gives up around the instant in which the agent answers and both are joined.
    #[test]
    fn the_caller_gives_up_while_the_agent_answers() {
        let Some(lab) = lab::open() else { return };
        let answer_ms = 300;
        let agent = Agent::Answers(ms(answer_ms)).ready(&lab);
        let offsets: Vec<u64> = (0..=120).step_by(5).collect();
        let numbers: Vec<String> = offsets.iter().map(|offset| format!("4000001{offset:03}")).collect();
        let hotlines: Vec<Hotline> =
            numbers.iter().map(|number| Hotline::new(number, &[agent.endpoint()])).collect();
        let daemon = Plan::new(&lab, &hotlines).up();
        let mut seen = String::new();
        for (number, offset) in numbers.iter().zip(&offsets) {
            let status = lab::hasty::call(&lab, number, ms(answer_ms + offset));
            let record = daemon.record(number);
            let outcome = record.outcome;
            match outcome {
                Outcome::Answered => assert_eq!(status, 200, "{record:#?}"),
                // 200: the switch answered and never joined them, since the caller's BYE came within the
                // same milliseconds.
                Outcome::Abandoned => {
                    assert_eq!(record.ended_by, EndedBy::Caller, "{record:#?}");
                    assert!(matches!(status, 200 | 487), "{status}: {record:#?}");
                }
                _ => panic!("+{offset} ms: {record:#?}"),
            }
            // Whoever was answered is charged by the carrier, joined or not.
            assert_eq!(record.billing_start.is_some(), status == 200, "{record:#?}");
            seen += &format!(" +{offset}:{}", if outcome == Outcome::Answered { "talk" } else { "left" });
            seen += &format!("({status})");
            lab.is_empty_soon();
        }
        tell(&format!("CANCEL after the agent's answer by ms:{seen}"));
        daemon.stop(offsets.len());
    }

    /// The agent hangs up within 60 ms of being joined with the caller.
    #[test]
    fn the_agent_hangs_up_at_once() {
        let Some(lab) = lab::open() else { return };
        let offsets: Vec<u64> = (0..=60).step_by(5).collect();
        let agents: Vec<_> =
            offsets.iter().map(|offset| Agent::Leaves(ms(100), ms(*offset)).ready(&lab)).collect();
        let numbers: Vec<String> = offsets.iter().map(|offset| format!("4000002{offset:03}")).collect();
        let hotlines: Vec<Hotline> = numbers
            .iter()
            .zip(&agents)
            .map(|(number, agent)| Hotline::new(number, &[agent.endpoint()]).with("closing = \"short.wav\""))
            .collect();
        let daemon = Plan::new(&lab, &hotlines).up();
        let mut seen = String::new();
        for (number, offset) in numbers.iter().zip(&offsets) {
            let mut caller = Caller::to(number).call(&lab);
            let status = caller.wait_for_end(s(15));
            let record = daemon.record(number);
            use AttemptOutcome::{CallerLeft, Dropped, Talked};
            let (outcome, by, _, attempts) = went(&record);
            let word = match (outcome, by, &attempts[..], status) {
                (Outcome::Answered, EndedBy::Agent, [Talked], Some(200)) => "talk",
                (Outcome::Unanswered, EndedBy::Hotline, [Dropped], Some(480)) => "closing",
                // The switch was joining them already, and takes the caller's leg along; it tells of either first.
                (Outcome::Lost, EndedBy::Switch, [Dropped | CallerLeft], Some(487 | 502)) => "lost",
                _ => panic!("+{offset} ms: {status:?} {record:#?}"),
            };
            seen += &format!(" +{offset}:{word}({})", status.unwrap_or(0));
            lab.is_empty_soon();
        }
        tell(&format!("agent's BYE after its answer by ms:{seen}"));
        daemon.stop(offsets.len());
    }

    #[test]
    fn a_number_of_nobody_is_refused() {
        let Some(lab) = lab::open() else { return };
        let hotline = Hotline::new("4000000040", &[endpoint(9)]);
        let daemon = Plan::new(&lab, &[hotline]).capture("unknown_number").up();
        let mut caller = Caller::to("4009999999").call(&lab);
        assert_eq!(caller.wait_for_end(s(10)), Some(404));
        let due = (Outcome::UnknownHotline, EndedBy::Hotline, Cause::UnknownNumber, vec![]);
        assert_eq!(went(&daemon.record("4009999999")), due);
        lab.is_empty_soon();
        daemon.stop(1);
    }

    /// FreeSWITCH runs what stands between `${` and `}` in an application's argument. A caller who writes that
    /// as its name and number must not reach one.
    #[test]
    fn a_hostile_caller_runs_nothing() {
        let Some(lab) = lab::open() else { return };
        let here = lab.folder.join("here");
        lab.api("system touch TRAP_WORKS");
        assert!(here.join("TRAP_WORKS").exists(), "the trap does not work");
        let agent = Agent::Answers(ms(200)).ready(&lab);
        // Written in the clear it is no SIP address, and the switch refuses it by itself.
        let clear = Caller { user: "${system(touch%20PWNED)}", ..Caller::to("4000000050") };
        assert_eq!(clear.call(&lab).wait_for_end(s(10)), Some(400));
        let users = [
            "%24%7Bsystem(touch%20PWNED)%7D",
            "138%24%7Bsystem%28touch%20PWNED%29%7D%27",
            "138%2C%5Bx%3D%24%7Bsystem(touch%20PWNED)%7D%5D",
        ];
        let numbers = ["4000000050", "4000000051", "4000000052"];
        let hotlines = numbers.map(|number| Hotline::new(number, &[agent.endpoint()]));
        let daemon = Plan::new(&lab, &hotlines).capture("hostile_caller").up();
        for (number, user) in numbers.iter().zip(users) {
            let name = "${system(touch PWNED)}";
            let mut caller = Caller { name, user, ..Caller::to(number) }.talks(ms(200)).call(&lab);
            assert_eq!(caller.wait_for_end(s(10)), Some(200), "{user}");
            let record = daemon.record(number);
            assert_eq!(record.outcome, Outcome::Answered);
            assert!(record.caller.contains("system"), "it did come through: {record:#?}");
        }
        lab.is_empty_soon();
        daemon.stop(numbers.len());
        let pwned = |folder: &std::path::Path| folder.join("PWNED").exists();
        assert!(![&here, &lab.folder, std::path::Path::new(".")].iter().any(|folder| pwned(folder)));
        let invites: Vec<_> =
            agent.messages().into_iter().filter(|m| m.line().starts_with("INVITE")).collect();
        assert_eq!(invites.len(), numbers.len());
        for invite in invites {
            assert!(!invite.text.contains("system") && !invite.text.contains("PWNED"), "{}", invite.text);
        }
    }

    #[test]
    fn a_daemon_that_dies_loses_no_caller() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000060";
        let agent = Agent::Rings.ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]).with("ring_time_s = 5");
        let daemon = Plan::new(&lab, std::slice::from_ref(&hotline)).up();
        let watcher = lab.connect().watch("CHANNEL_UNPARK");
        let mut caller = Caller::to(number).call(&lab);
        agent.wait_for_request("INVITE", s(5));
        // Not before the fallback was renewed once.
        until("a renewal", s(5), || (daemon.orders("keep_fallback") >= 2).then_some(()));
        daemon.signal("KILL");
        let killed = Instant::now();
        let fallback = watcher.wait("the fallback", s(6), |heard| heard.get("Hotlined-Fallback") == "true");
        let after = fallback.at - killed;
        tell(&format!("daemon killed to fallback: {:.2} s", after.as_secs_f64()));
        // The switch's scheduler counts whole seconds and looks every half: +4 comes after 3 to 4.5.
        assert!(after <= ms(5_000), "{after:?}");

        // The next daemon finds a caller who is in other hands.
        let next = Plan::new(&lab, &[hotline]).capture("after_a_death").up();
        let left: Vec<_> = lab.channels().into_iter().filter(|c| c.direction == "inbound").collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].dest, "hotlined_fallback");
        assert_eq!(caller.wait_for_end(s(10)), Some(503));
        let cancel = agent.wait_for_request("CANCEL", s(10)).at;
        let rang = cancel - agent.wait_for_request("INVITE", s(1)).at;
        tell(&format!("the agent's telephone rang for {rang:.2} s of 5, and 2 to spare"));
        assert!(rang < 7.5);
        lab.is_empty_soon();
        next.stop(0);
    }

    /// Whatever happened to link and daemon: the talk lasts its four seconds and has one record.
    fn talks_on_until_the_agent_leaves(
        lab: &lab::Lab,
        daemon: Daemon,
        caller: &mut lab::phone::Phone,
        number: &str,
    ) {
        assert_eq!(lab.channels().len(), 2, "the talk goes on");
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        let record = daemon.record(number);
        let talked = vec![AttemptOutcome::Talked];
        assert_eq!(went(&record), (Outcome::Answered, EndedBy::Agent, Cause::Normal, talked));
        assert!((3_500..4_500).contains(&record.talk.0), "{record:#?}");
        lab.is_empty_soon();
        daemon.stop(1);
    }

    #[test]
    fn a_daemon_that_dies_in_a_talk_is_followed_by_one_that_writes_the_record() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000061";
        let agent = Agent::Leaves(ms(200), ms(4_000)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).up();
        let mut caller = Caller::to(number).call(&lab);
        wait_for_talk(&daemon, 1);
        let daemon = daemon.killed_and_followed();
        talks_on_until_the_agent_leaves(&lab, daemon, &mut caller, number);
    }

    #[test]
    fn a_daemon_that_dies_while_an_agent_rings_is_followed_by_one_that_joins_them() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000062";
        let agent = Agent::Answers(ms(2_500)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).up();
        let mut caller = Caller::to(number).talks(ms(500)).call(&lab);
        agent.wait_for_request("INVITE", s(5));
        let killed = Instant::now();
        let daemon = daemon.killed_and_followed();
        tell(&format!("killed in ringback and followed after {:.2} s", killed.elapsed().as_secs_f64()));
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        let talked = vec![AttemptOutcome::Talked];
        let due = (Outcome::Answered, EndedBy::Caller, Cause::Normal, talked);
        assert_eq!(went(&daemon.record(number)), due);
        let invites = agent.messages().into_iter().filter(|m| m.line().starts_with("INVITE")).count();
        assert_eq!(invites, 1, "the telephone that rang goes on ringing");
        lab.is_empty_soon();
        daemon.stop(1);
    }

    #[test]
    fn without_a_daemon_the_fallback_serves() {
        let Some(lab) = lab::open() else { return };
        let watcher = lab.connect().watch("CHANNEL_UNPARK");
        let begun = Instant::now();
        let mut caller = Caller::to("4000000070").call(&lab);
        caller.wait_for_status(183, s(1));
        let fallback = watcher.wait("the fallback", s(6), |heard| heard.get("Hotlined-Fallback") == "true");
        let after = fallback.at - begun;
        tell(&format!("call to fallback, no daemon: {:.2} s", after.as_secs_f64()));
        assert!(after <= s(5), "{after:?}");
        assert_eq!(caller.wait_for_end(s(10)), Some(503));
        lab.is_empty_soon();
    }

    #[test]
    fn a_link_cut_in_talk_goes_unnoticed_by_those_who_talk() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000080";
        let wire = lab::proxy::Wire::to(lab.socket);
        let agent = Agent::Leaves(ms(200), ms(4_000)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).port(wire.port).capture("link_cut_in_talk").up();
        let mut caller = Caller::to(number).call(&lab);
        wait_for_talk(&daemon, 1);
        wire.cut();
        daemon.wait_for_log("link down", 1, s(5));
        wire.mend();
        daemon.wait_for_link(2);
        talks_on_until_the_agent_leaves(&lab, daemon, &mut caller, number);
    }

    #[test]
    fn a_link_cut_in_ringback_does_not_end_the_hunt() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000081";
        let wire = lab::proxy::Wire::to(lab.socket);
        let agent = Agent::Answers(ms(4_000)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).port(wire.port).capture("link_cut_in_ringback").up();
        let mut caller = Caller::to(number).talks(ms(500)).call(&lab);
        agent.wait_for_request("INVITE", s(5));
        wire.cut();
        let cut = Instant::now();
        daemon.wait_for_log("link down", 2, s(5));
        wire.mend();
        daemon.wait_for_link(2);
        tell(&format!("link away in ringback for {:.2} s", cut.elapsed().as_secs_f64()));
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        let talked = vec![AttemptOutcome::Talked];
        let due = (Outcome::Answered, EndedBy::Caller, Cause::Normal, talked);
        assert_eq!(went(&daemon.record(number)), due);
        lab.is_empty_soon();
        daemon.stop(1);
    }

    /// The agent answers while nobody listens: its leg waits, parked, and is found in the list.
    #[test]
    fn an_answer_while_the_link_is_away_is_found_again() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000082";
        let wire = lab::proxy::Wire::to(lab.socket);
        let agent = Agent::Answers(ms(500)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).port(wire.port).capture("answer_while_link_cut").up();
        let mut caller = Caller::to(number).talks(ms(500)).call(&lab);
        agent.wait_for_request("INVITE", s(5));
        wire.cut();
        agent.wait_for_request("ACK", s(5));
        wire.mend();
        daemon.wait_for_link(2);
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        let talked = vec![AttemptOutcome::Talked];
        let due = (Outcome::Answered, EndedBy::Caller, Cause::Normal, talked);
        assert_eq!(went(&daemon.record(number)), due);
        lab.is_empty_soon();
        daemon.stop(1);
    }

    #[test]
    fn an_agent_who_leaves_while_the_link_is_away_ends_the_call() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000083";
        let wire = lab::proxy::Wire::to(lab.socket);
        let agent = Agent::Leaves(ms(200), ms(1_000)).ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).port(wire.port).capture("agent_leaves_while_link_cut").up();
        let mut caller = Caller::to(number).call(&lab);
        wait_for_talk(&daemon, 1);
        wire.cut();
        assert_eq!(caller.wait_for_end(s(10)), Some(200));
        lab.is_empty_soon();
        wire.mend();
        let record = daemon.record(number);
        assert_eq!((record.outcome, record.ended_by), (Outcome::Answered, EndedBy::Switch));
        assert!(record.billing_start.is_some());
        daemon.stop(1);
    }

    #[test]
    fn a_caller_who_leaves_while_the_link_is_away_leaves_no_ringing_telephone() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000084";
        let wire = lab::proxy::Wire::to(lab.socket);
        let agent = Agent::Rings.ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]);
        let daemon = Plan::new(&lab, &[hotline]).port(wire.port).capture("caller_leaves_while_link_cut").up();
        let mut caller = Caller::to(number).gives_up(ms(700)).call(&lab);
        agent.wait_for_request("INVITE", s(5));
        wire.cut();
        assert_eq!(caller.wait_for_end(s(10)), Some(487));
        wire.mend();
        daemon.wait_for_link(2);
        agent.wait_for_request("CANCEL", s(2));
        let record = daemon.record(number);
        assert_eq!((record.outcome, record.ended_by), (Outcome::Lost, EndedBy::Switch));
        assert_eq!(went(&record).3, [AttemptOutcome::CallerLeft]);
        lab.is_empty_soon();
        daemon.stop(1);
    }

    #[test]
    fn a_stop_drains_and_a_second_hands_over() {
        let Some(lab) = lab::open() else { return };
        let (talking, ringing, late) = ("4000000090", "4000000091", "4000000092");
        let answering = Agent::Answers(ms(200)).ready(&lab);
        let silent = Agent::Rings.ready(&lab);
        let hotlines = [
            Hotline::new(talking, &[answering.endpoint()]),
            Hotline::new(ringing, &[silent.endpoint()]),
            Hotline::new(late, &[answering.endpoint()]),
        ];
        let mut daemon = Plan::new(&lab, &hotlines).up();
        let watcher = lab.connect().watch("CHANNEL_UNPARK");
        let in_talk = Caller::to(talking).call(&lab);
        wait_for_talk(&daemon, 1);
        let mut in_ringback = Caller::to(ringing).call(&lab);
        silent.wait_for_request("INVITE", s(5));
        daemon.signal("TERM");
        daemon.wait_for_log("stopping", 1, s(5));
        let mut too_late = Caller::to(late).call(&lab);
        daemon.wait_for_log("not taken", 1, s(5));
        daemon.signal("TERM");
        let asked = Instant::now();
        assert_eq!(daemon.wait_for_end(s(10)), Some(0));
        tell(&format!("hand-over and exit: {:.2} s", asked.elapsed().as_secs_f64()));
        let fallback = |number: &'static str| {
            watcher.wait("the fallback", s(6), move |heard| {
                heard.get("Hotlined-Fallback") == "true" && heard.get("variable_hotlined_number") == number
            })
        };
        assert!(fallback(ringing).at.saturating_duration_since(asked) < s(1));
        silent.wait_for_request("CANCEL", s(2));
        fallback(late);
        assert_eq!(in_ringback.wait_for_end(s(10)), Some(503));
        assert_eq!(too_late.wait_for_end(s(15)), Some(503));
        // Those who talk go on, with no daemon and no fallback.
        until("two legs", s(5), || (lab.channels().len() == 2).then_some(()));
        assert_eq!(in_talk.requests("BYE"), 0);
        let records = daemon.records();
        assert_eq!(records.len(), 2, "{records:#?}");
        let talked = (Outcome::Answered, EndedBy::Hotline, Cause::Normal, vec![AttemptOutcome::Talked]);
        assert_eq!(went(&daemon.record(talking)), talked);
        let rung = vec![AttemptOutcome::CallerLeft];
        let handed = (Outcome::Fallback, EndedBy::Hotline, Cause::Normal, rung);
        assert_eq!(went(&daemon.record(ringing)), handed);
        lab.api("hupall");
        lab.is_empty_soon();
    }

    #[test]
    fn a_changed_hotline_holds_from_the_next_call_on() {
        let Some(lab) = lab::open() else { return };
        let number = "4000000100";
        let first = Agent::Refuses("486 Busy Here").ready(&lab);
        let second = Agent::Answers(ms(1_500)).ready(&lab);
        let third = Agent::Answers(ms(100)).ready(&lab);
        let old = Hotline::new(number, &[second.endpoint(), first.endpoint()]);
        let daemon = Plan::new(&lab, &[old]).up();
        let mut early = Caller::to(number).talks(ms(300)).call(&lab);
        second.wait_for_request("INVITE", s(5));
        daemon.put(&Hotline::new(number, &[third.endpoint()]));
        daemon.wait_for_log("hotlines changed", 1, s(10));
        let mut next = Caller::to(number).talks(ms(300)).call(&lab);
        assert_eq!(next.wait_for_end(s(10)), Some(200));
        assert_eq!(early.wait_for_end(s(10)), Some(200));
        until("two records", s(5), || (daemon.records().len() == 2).then_some(()));
        assert_eq!((second.requests("INVITE"), third.requests("INVITE")), (1, 1));
        let mut records = daemon.records();
        records.sort_by_key(|record| record.arrived);
        assert_ne!(records[0].hotline_version, records[1].hotline_version);
        lab.is_empty_soon();
        daemon.stop(2);
    }

    #[test]
    fn a_wrong_password_is_told_and_ends_it() {
        let Some(lab) = lab::open() else { return };
        let hotline = Hotline::new("4000000110", &[endpoint(9)]);
        let mut daemon = Plan::new(&lab, &[hotline]).password("wrong").start();
        assert_eq!(daemon.wait_for_end(s(10)), Some(1));
        daemon.wait_for_log("the switch refused the password: check [switch] password", 1, s(2));
    }

    #[test]
    fn time_from_invite_to_first_sound() {
        const CALLS: usize = 50;
        let Some(lab) = lab::open() else { return };
        let number = "4000000120";
        let agent = Agent::Rings.ready(&lab);
        let hotline = Hotline::new(number, &[agent.endpoint()]).with("ring_time_s = 5");
        let daemon = Plan::new(&lab, &[hotline]).up();
        let mut times: Vec<(f64, f64)> = Vec::new();
        for _ in 0..CALLS {
            let rung = agent.requests("INVITE");
            let mut caller = Caller::to(number).gives_up(ms(150)).call(&lab);
            let sound = caller.wait_for_status(183, s(5)).at;
            assert_eq!(caller.wait_for_end(s(10)), Some(487));
            let dialled = caller.wait("INVITE", s(1), |m| m.sent && m.line().starts_with("INVITE")).at;
            let rings: Vec<f64> = agent
                .messages()
                .iter()
                .filter(|m| !m.sent && m.line().starts_with("INVITE"))
                .map(|m| m.at)
                .collect();
            let agent_at = rings.get(rung).copied().unwrap_or(f64::NAN);
            times.push(((sound - dialled) * 1e3, (agent_at - dialled) * 1e3));
        }
        for (what, mut column) in [
            ("INVITE to 183", times.iter().map(|t| t.0).collect::<Vec<_>>()),
            ("INVITE to the agent's INVITE", times.iter().map(|t| t.1).collect::<Vec<_>>()),
        ] {
            column.sort_by(f64::total_cmp);
            let (half, most, last) = (column[CALLS / 2], column[CALLS * 95 / 100], column[CALLS - 1]);
            tell(&format!("{what}, {CALLS} calls: p50 {half:.1}, p95 {most:.1}, max {last:.1} ms"));
        }
        until("all records", s(10), || (daemon.records().len() == CALLS).then_some(()));
        assert!(daemon.records().iter().all(|record| record.outcome == Outcome::Abandoned));
        lab.is_empty_soon();
        daemon.stop(CALLS);
    }
}
