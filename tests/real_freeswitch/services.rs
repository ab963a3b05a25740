//! The services of a hotline on a real switch, with real keys and real sound: what a caller hears is known by its
//! pitch, and so is what was recorded.

use super::lab;
use super::{Went, went};
use hotlined_core::event::Cause;
use hotlined_core::record::{AttemptOutcome, EndedBy, Outcome};
use hotlined_core::time::Millis;
use lab::daemon::{Daemon, Hotline, Plan};
use lab::handset::{Handset, Keypad};
use lab::sound::{Sound, read_wave};
use lab::switch::Switch;
use lab::tell;
use lab::wait::{ms, s, until};
use std::path::PathBuf;
use std::time::Instant;

const RINGING: Sound = Sound::Tone(450);
const BEEP: Sound = Sound::Tone(1_000);
const PRESS_1: Sound = Sound::Tone(850);
const ASK: Sound = Sound::Tone(600);
const HOLD: Sound = Sound::Tone(700);
const SURVEY: Sound = Sound::Tone(800);
const WHISPER: Sound = Sound::Tone(900);
const THANKS: Sound = Sound::Tone(1_100);
const GREETING: Sound = Sound::Tone(1_200);
/// The pitch of a caller's voice and of an agent's.
const CALLER_HZ: u32 = 1_300;
const AGENT_HZ: u32 = 550;

/// A hotline of one agent.
fn hotline(number: &str, agent: &Handset) -> Hotline {
    Hotline::new(number, &[agent.endpoint()])
}

/// The file of a recording.
fn recording(lab: &Switch, name: &str) -> PathBuf {
    lab.folder.join("rec").join(name)
}

/// How much of it sounds like this, in milliseconds.
fn lasts(sounds: &[Sound], sound: Sound) -> usize {
    sounds.iter().filter(|heard| **heard == sound).count() * 20
}

fn talked(by: EndedBy) -> Went {
    (Outcome::Answered, by, Cause::Normal, vec![AttemptOutcome::Talked])
}

/// Until both hear each other.
fn talk(caller: &Handset, agent: &Handset) {
    let begun = Instant::now();
    caller.speaks(CALLER_HZ);
    agent.speaks(AGENT_HZ);
    caller.hears(Sound::Tone(AGENT_HZ), begun, s(5));
    agent.hears(Sound::Tone(CALLER_HZ), begun, s(5));
}

fn over(lab: &Switch, daemon: Daemon, records: usize) {
    lab.is_empty_soon();
    daemon.stop(records);
}

/// A key in the middle of the question ends it, and a wrong one is heard, too.
fn a_menu(number: &str, keypad: Keypad, capture: &str) {
    let Some(lab) = lab::open() else { return };
    let agent = Handset::answers(&lab, ms(200));
    let menu = "[menu]\nprompt = \"ask.wav\"\ninvalid = \"thanks.wav\"\ntimeout = 3000\nmax_failures = 2\n\
                exits = { 1 = \"agents\" }";
    let daemon = Plan::new(&lab, &[hotline(number, &agent).section(menu)]).capture(capture).up();
    let begun = Instant::now();
    let caller = Handset::dials(&lab, number, keypad);
    caller.hears(ASK, begun, s(5));
    caller.wait("200", s(1));
    let wrong = Instant::now();
    caller.press("9");
    let told = caller.hears(THANKS, wrong, s(3)).since;
    tell(&format!("key to what follows it: {:.0} ms", (told - wrong).as_secs_f64() * 1e3));
    caller.hears(ASK, told, s(3));
    caller.press("1");
    agent.wait("INVITE", s(3));
    talk(&caller, &agent);
    caller.hangs_up();
    agent.wait("BYE", s(3));
    let record = daemon.record(number);
    assert_eq!(went(&record), talked(EndedBy::Caller));
    // No ring tone between a question and the next: the call is answered.
    let heard = caller.heard();
    let questions = heard.iter().position(|heard| heard.sound == ASK).unwrap();
    let answered = heard[questions..].iter().position(|heard| heard.sound == RINGING);
    let last = heard.iter().rposition(|heard| heard.sound == ASK).unwrap();
    assert!(answered.is_none_or(|at| questions + at > last), "{heard:?}");
    over(&lab, daemon, 1);
}

#[test]
fn menu_keys_by_rtp() {
    a_menu("4000000201", Keypad::Rtp, "menu_by_rtp");
}

#[test]
fn menu_keys_by_sip_info() {
    a_menu("4000000202", Keypad::Info, "menu_by_sip_info");
}

/// The second caller waits with music while the only agent talks with the first.
#[test]
fn a_queue() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000210";
    let agent = Handset::answers(&lab, ms(200));
    let queue = "[queue]\nanswer = true\nringback = \"hold.wav\"\nwait_s = 60";
    let daemon = Plan::new(&lab, &[hotline(number, &agent).section(queue)]).capture("queue").up();
    let first = Handset::dials(&lab, number, Keypad::Rtp);
    talk(&first, &agent);
    let second = Handset::dials(&lab, number, Keypad::Rtp);
    let waits = Instant::now();
    let music = second.hears(HOLD, waits, s(5));
    // A second's sound over and over, without a gap in which something else is heard.
    until("music for some time", s(10), || {
        second
            .heard()
            .iter()
            .any(|heard| heard.sound == HOLD && heard.until - heard.since > ms(3_500))
            .then_some(())
    });
    first.hangs_up();
    talk(&second, &agent);
    tell(&format!("waited with music for {:.1} s", music.since.elapsed().as_secs_f64()));
    second.hangs_up();
    until("two records", s(5), || (daemon.records().len() == 2).then_some(()));
    let records = daemon.records();
    assert_eq!(went(&records[0]), talked(EndedBy::Caller));
    let waited = (Outcome::Answered, EndedBy::Caller, Cause::Normal);
    let (outcome, by, cause, attempts) = went(&records[1]);
    assert_eq!((outcome, by, cause), waited);
    assert_eq!(attempts, [AttemptOutcome::LinesTaken, AttemptOutcome::Talked]);
    assert!(records[1].queued > Millis(3_000), "{:#?}", records[1]);
    over(&lab, daemon, 2);
}

/// The agent is told from where the call comes before the caller is there; the caller waits with the ring tone.
#[test]
fn a_whisper() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000220";
    let agent = Handset::answers(&lab, ms(200));
    let before = "[before]\nto_agent = \"whisper.wav\"";
    let daemon = Plan::new(&lab, &[hotline(number, &agent).section(before)]).capture("whisper").up();
    let begun = Instant::now();
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    agent.hears(WHISPER, begun, s(5));
    caller.hears(RINGING, begun, s(5));
    talk(&caller, &agent);
    assert!(caller.heard().iter().all(|heard| heard.sound != WHISPER), "{:?}", caller.heard());
    agent.hangs_up();
    caller.wait("BYE", s(3));
    assert_eq!(went(&daemon.record(number)), talked(EndedBy::Agent));
    over(&lab, daemon, 1);
}

const VOICEMAIL: &str =
    "[voicemail]\ngreeting = \"greeting.wav\"\nsaved = \"thanks.wav\"\nsilence_s = 2\nshortest_s = 1";

/// A caller whom nobody comes for leaves a message, ended as the closure says; then the file holds what was said.
fn a_message(number: &str, capture: &str, ends: impl FnOnce(&Handset)) {
    let Some(lab) = lab::open() else { return };
    let agent = Handset::rings(&lab);
    let nobody = hotline(number, &agent).with("ring_time_s = 5").section(VOICEMAIL);
    let daemon = Plan::new(&lab, &[nobody]).capture(capture).up();
    let watcher = lab.connect().watch("RECORD_START");
    let begun = Instant::now();
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    caller.hears(RINGING, begun, s(5));
    let greeted = caller.hears(GREETING, begun, s(15)).until;
    caller.hears(BEEP, greeted, s(5));
    watcher.wait("the recording", s(3), |_| true);
    caller.speaks(CALLER_HZ);
    let speaks = Instant::now();
    until("a second and a half of speech", s(3), || (speaks.elapsed() > ms(1_500)).then_some(()));
    ends(&caller);
    let record = daemon.record(number);
    let message = record.message.as_ref().unwrap_or_else(|| panic!("{record:#?}"));
    assert_eq!(record.outcome, Outcome::Message);
    lab.is_empty_soon();
    let sounds = read_wave(&recording(&lab, message.file.as_str()));
    let spoken = lasts(&sounds, Sound::Tone(CALLER_HZ));
    assert!((1_200..2_500).contains(&spoken), "{spoken} ms: {sounds:?}");
    assert_eq!(lasts(&sounds, GREETING) + lasts(&sounds, BEEP), 0, "only what the caller says");
    assert!(message.length.0.abs_diff(sounds.len() as u64 * 20) < 500, "{message:?}: {}", sounds.len() * 20);
    over(&lab, daemon, 1);
}

#[test]
fn a_message_that_silence_ends() {
    a_message("4000000230", "message_ended_by_silence", |caller| {
        caller.is_silent();
        let silent = Instant::now();
        let thanked = caller.hears(THANKS, silent, s(6)).since - silent;
        assert!((ms(1_800)..ms(2_800)).contains(&thanked), "{thanked:?}");
    });
}

#[test]
fn a_message_that_a_key_ends() {
    a_message("4000000231", "message_ended_by_key", |caller| {
        let pressed = Instant::now();
        caller.press("#");
        caller.hears(THANKS, pressed, s(2));
    });
}

#[test]
fn a_message_that_the_caller_ends_by_leaving() {
    a_message("4000000232", "message_ended_by_leaving", Handset::hangs_up);
}

/// The agent leaves, the caller stays and is asked; the recording holds the talk and nothing else.
#[test]
fn a_survey_after_a_recorded_talk() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000240";
    let agent = Handset::answers(&lab, ms(200));
    let survey = "[survey]\nprompt = \"survey.wav\"\ninvalid = false\nthanks = \"thanks.wav\"";
    let asking = hotline(number, &agent).with("recording = \"all\"").section(survey);
    let daemon = Plan::new(&lab, &[asking]).capture("survey").up();
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    talk(&caller, &agent);
    let talks = Instant::now();
    until("a second of talk", s(3), || (talks.elapsed() > s(1)).then_some(()));
    let left = Instant::now();
    agent.hangs_up();
    caller.is_silent();
    let asked = caller.hears(SURVEY, left, s(3)).since;
    tell(&format!("agent gone to the question: {:.0} ms", (asked - left).as_secs_f64() * 1e3));
    caller.press("2");
    caller.hears(THANKS, asked, s(3));
    caller.wait("BYE", s(5));
    let record = daemon.record(number);
    assert_eq!(went(&record), talked(EndedBy::Agent));
    assert_eq!(record.score, Some(2));
    lab.is_empty_soon();
    let file = record.recording.as_ref().unwrap_or_else(|| panic!("{record:#?}"));
    let sounds = read_wave(&recording(&lab, file.as_str()));
    let length = sounds.len() as u64 * 20;
    assert!(length.abs_diff(record.talk.0) < 500, "{length} of {} ms", record.talk.0);
    assert_eq!(lasts(&sounds, SURVEY) + lasts(&sounds, RINGING) + lasts(&sounds, THANKS), 0, "{sounds:?}");
    over(&lab, daemon, 1);
}

/// A daemon sleeps until the fallback has the caller, and joins it out of there with the agent who came meanwhile: the
/// talk ends as any other.
#[test]
fn a_survey_of_a_caller_who_was_joined_out_of_the_fallback() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000242";
    let agent = Handset::answers(&lab, ms(1_500));
    let survey = "[survey]\nprompt = \"survey.wav\"\ninvalid = false\nthanks = \"thanks.wav\"";
    let daemon = Plan::new(&lab, &[hotline(number, &agent).section(survey)]).up();
    let watcher = lab.connect().watch("CHANNEL_UNPARK");
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    agent.wait("INVITE", s(5));
    daemon.signal("STOP");
    watcher.wait("the fallback", s(8), |heard| heard.get("Hotlined-Fallback") == "true");
    daemon.signal("CONT");
    talk(&caller, &agent);
    let left = Instant::now();
    agent.hangs_up();
    caller.is_silent();
    let asked = caller.hears(SURVEY, left, s(4)).since;
    tell(&format!(
        "out of the fallback, agent gone to the question: {:.0} ms",
        (asked - left).as_secs_f64() * 1e3
    ));
    assert!(asked - left < s(1), "{:?}", asked - left);
    caller.press("2");
    caller.hears(THANKS, asked, s(3));
    caller.wait("BYE", s(5));
    let record = daemon.record(number);
    assert_eq!(went(&record), talked(EndedBy::Agent));
    assert_eq!(record.score, Some(2));
    over(&lab, daemon, 1);
}

/// Without a daemon nobody asks, and the fallback does not leave the caller in silence.
#[test]
fn a_caller_who_should_have_been_asked_is_not_left_alone() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000241";
    let agent = Handset::answers(&lab, ms(200));
    let daemon = Plan::new(
        &lab,
        &[hotline(number, &agent)
            .section("[survey]\nprompt = \"survey.wav\"\ninvalid = false\nthanks = false")],
    )
    .up();
    let watcher = lab.connect().watch("CHANNEL_UNPARK");
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    talk(&caller, &agent);
    daemon.wait_for_log("to=\"talk\"", 1, s(5));
    daemon.signal("KILL");
    let left = Instant::now();
    agent.hangs_up();
    let fallback = watcher.wait("the fallback", s(6), |heard| heard.get("Hotlined-Fallback") == "true");
    tell(&format!("agent gone to the fallback, no daemon: {:.2} s", (fallback.at - left).as_secs_f64()));
    caller.wait("BYE", s(10));
    lab.is_empty_soon();
}

/// All ring; one takes it, and the others ring no longer.
#[test]
fn simultaneous_ring() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000250";
    let (one, other) = (Handset::rings(&lab), Handset::rings(&lab));
    let quick = Handset::answers(&lab, ms(600));
    let endpoints = [one.endpoint(), quick.endpoint(), other.endpoint()];
    let all = Hotline::new(number, &endpoints).with("order = \"simultaneous\"");
    let daemon = Plan::new(&lab, &[all]).capture("simultaneous").up();
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    talk(&caller, &quick);
    for loser in [&one, &other] {
        loser.wait("CANCEL", s(2));
    }
    caller.hangs_up();
    quick.wait("BYE", s(3));
    let record = daemon.record(number);
    let mut outcomes = went(&record).3;
    outcomes.sort();
    assert_eq!(outcomes, [AttemptOutcome::Talked, AttemptOutcome::LostRace, AttemptOutcome::LostRace]);
    assert_eq!(record.agent.as_deref(), Some("02"));
    over(&lab, daemon, 1);
}

/// Who answers and presses nothing has not taken the call; who presses 1 has.
#[test]
fn press_1_to_take_the_call() {
    let Some(lab) = lab::open() else { return };
    let number = "4000000260";
    let (mailbox, person) = (Handset::answers(&lab, ms(200)), Handset::answers(&lab, ms(200)));
    let asked = Hotline::new(number, &[mailbox.endpoint(), person.endpoint()]).each("confirm = true");
    let daemon = Plan::new(&lab, &[asked]).capture("press_1").up();
    let begun = Instant::now();
    let caller = Handset::dials(&lab, number, Keypad::Rtp);
    mailbox.hears(PRESS_1, begun, s(5));
    mailbox.press("2");
    caller.hears(RINGING, begun, s(5));
    mailbox.hangs_up();
    person.wait("INVITE", s(3));
    person.hears(PRESS_1, begun, s(5));
    person.press("1");
    talk(&caller, &person);
    assert!(mailbox.heard().iter().all(|heard| heard.sound != Sound::Tone(CALLER_HZ)));
    caller.hangs_up();
    let outcomes = vec![AttemptOutcome::Dropped, AttemptOutcome::Talked];
    let due = (Outcome::Answered, EndedBy::Caller, Cause::Normal, outcomes);
    assert_eq!(went(&daemon.record(number)), due);
    over(&lab, daemon, 1);
}
