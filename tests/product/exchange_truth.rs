//! The simulated exchange against recordings of a real FreeSWITCH 1.10.12.
//!
//! Each recording's commands go into the model at the times they were sent, with people who do what the people
//! in the recording did. What the model then says about each leg must be what the real switch said, in its
//! order and at its time: the events and their telling headers, and the answer to every command.
//!
//! Not compared, once and for all:
//! - the events of [`IGNORED`], which tell nothing about a call;
//! - sequence numbers, names drawn by chance, and the many variables a real SIP stack sets;
//! - the order of events of different legs: they come from different threads of the switch;
//! - `show channels` and `uuid_dump` beyond the names in them.
//!
//! Among what is compared there is no deliberate difference. Outside of it there are these:
//! - `CODEC`, `CALL_UPDATE` and `MEDIA_BUG_*` are never reported: no call needs them;
//! - an event about a channel has about half the headers of a real one, all from the real set;
//! - `show channels as json` orders a row's columns by name.
//! - the application `event` puts its headers where a real one does, but for `Event-Name`, which stands first.

use hotlined_core::time::{Instant, Millis};
use hotlined_esl::frame::WireLimits;
use hotlined_esl::server::RequestDecoder;
use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, KeyPress, Phone, SoundFiles, Speech};
use hotlined_sim::dialplan::{Dialplan, Extension};
use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel, SwitchOutput};
use hotlined_sim::requests::parse_request;
use std::collections::BTreeMap;

/// Events that tell nothing about a call that another event does not tell.
const IGNORED: [&str; 9] = [
    "CHANNEL_STATE",
    "CODEC",
    "API",
    "PRIVATE_COMMAND",
    "HEARTBEAT",
    "RE_SCHEDULE",
    "CALL_UPDATE",
    "MEDIA_BUG_START",
    "MEDIA_BUG_STOP",
];

/// The headers that tell what happened.
const TELLING: [&str; 15] = [
    "Channel-Call-State",
    "Answer-State",
    "Call-Direction",
    "Original-Channel-Call-State",
    "Application",
    "Application-Data",
    "Application-Response",
    "Hangup-Cause",
    "Playback-File-Path",
    "Playback-Status",
    "Record-File-Path",
    "DTMF-Digit",
    "Bridge-B-Unique-ID",
    "Other-Leg-Unique-ID",
    "variable_sip_term_status",
];

/// How long the real switch may have known something before it told us: a person did it that much earlier.
const TOLD_LATE: Millis = Millis(20);

/// How far an event of ours may lie from the real one: people are early twice, and ticks have their own phase.
const APART_MS_MAX: u64 = 80;

/// How far more where a timer of the switch runs off: it looks at them ten times a second, in a phase of its own.
const TIMER_APART_MS_MAX: u64 = 100;

type Headers = Vec<(String, String)>;

/// One recording: what was sent when, and what came.
#[derive(Default)]
struct Recording {
    sent: Vec<(u64, String)>,
    events: Vec<(u64, Headers, String)>,
    answers: Vec<String>,
}

impl Recording {
    fn read(name: &str) -> Self {
        let path = format!("{}/tests/captures/lab/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut recording = Self::default();
        let mut pending = Vec::new();
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let at = (line["t"].as_f64().unwrap() * 1_000.0).round() as u64;
            let data = line["data"].as_str().unwrap();
            if line["dir"] == "tx" {
                recording.sent.push((at, data.to_owned()));
            } else {
                pending.extend_from_slice(data.as_bytes());
                while let Some(rest) = recording.message(at, &pending) {
                    pending.drain(..rest);
                }
            }
        }
        recording
    }

    /// Takes one whole message and says how long it was.
    fn message(&mut self, at: u64, bytes: &[u8]) -> Option<usize> {
        let head = bytes.windows(2).position(|two| two == b"\n\n")?;
        let outer = headers(std::str::from_utf8(&bytes[..head]).unwrap());
        let length = find(&outer, "Content-Length").map_or(0, |length| length.parse().unwrap());
        let body = bytes.get(head + 2..head + 2 + length)?;
        let body = std::str::from_utf8(body).unwrap();
        match find(&outer, "Content-Type").unwrap() {
            "text/event-plain" => {
                let (inner, raw) = body.split_once("\n\n").unwrap_or((body, ""));
                let inner = headers(inner).into_iter().map(|(name, value)| (name, decoded(&value)));
                self.events.push((at, inner.collect(), raw.to_owned()));
            }
            "text/event-json" => {
                let event: BTreeMap<String, serde_json::Value> = serde_json::from_str(body).unwrap();
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                let raw = event.get("_body").map(text).unwrap_or_default();
                self.events.push((at, event.iter().map(|(k, v)| (k.clone(), text(v))).collect(), raw));
            }
            "command/reply" => self.answers.push(find(&outer, "Reply-Text").unwrap().to_owned()),
            "api/response" => self.answers.push(body.to_owned()),
            "auth/request" | "text/disconnect-notice" => {}
            other => panic!("{other}"),
        }
        Some(head + 2 + length)
    }

    /// What the clock of the switch showed, in milliseconds, when this recording began.
    fn began_at(&self) -> u64 {
        let (at, event, _) = self.events.iter().find(|(_, e, _)| find(e, "Unique-ID").is_some()).unwrap();
        find(event, "Event-Date-Timestamp").unwrap().parse::<u64>().unwrap() / 1_000 - at
    }

    /// When the first event of this name about this leg came.
    fn first(&self, leg: &str, name: &str) -> Option<(u64, &Headers)> {
        let about = |(_, e, _): &&(u64, Headers, String)| {
            find(e, "Unique-ID") == Some(leg) && find(e, "Event-Name") == Some(name)
        };
        self.events.iter().find(about).map(|(at, event, _)| (*at, event))
    }

    /// What the telephones did, by their numbers.
    fn phones(&self, agents_hang_up: bool) -> BTreeMap<String, Vec<Phone>> {
        let mut phones: BTreeMap<String, Vec<Phone>> = BTreeMap::new();
        for (called, event, _) in
            self.events.iter().filter(|(_, e, _)| find(e, "Event-Name") == Some("CHANNEL_OUTGOING"))
        {
            let leg = find(event, "Unique-ID").unwrap();
            let cause = self.first(leg, "CHANNEL_HANGUP").and_then(|(_, event)| find(event, "Hangup-Cause"));
            let pressed = self.first(leg, "DTMF");
            let phone = match (self.first(leg, "CHANNEL_PROGRESS"), self.first(leg, "CHANNEL_ANSWER"), cause)
            {
                (None, None, Some("USER_BUSY")) => Phone::Busy,
                (None, None, Some("CALL_REJECTED")) => Phone::Refuses { after: Millis(0) },
                (Some(_), None, _) => Phone::NeverAnswers,
                (Some(_), Some((answered, _)), _) => {
                    let left = self.first(leg, "CHANNEL_HANGUP").map(|(left, _)| Millis(left - answered));
                    let then = left.filter(|_| agents_hang_up).map(|left| Millis(left.0 - TOLD_LATE.0));
                    let then = then.map_or(AfterAnswer::Waits, AfterAnswer::HangsUpAfter);
                    // From when it was called: how late its ringing was told is left to chance in both.
                    let after = Millis(answered - called - TOLD_LATE.0);
                    match pressed {
                        Some((pressed, event)) => {
                            let press_after = Millis(pressed - answered);
                            Phone::Accepts { after, press_after, key: key_of(event), then }
                        }
                        None => Phone::Answers { after, then },
                    }
                }
                other => panic!("{other:?}"),
            };
            phones.entry(find(event, "Caller-Destination-Number").unwrap().into()).or_default().push(phone);
        }
        phones
    }

    fn caller(&self, hangs_up: bool) -> Caller {
        let (_, event, _) =
            self.events.iter().find(|(_, e, _)| find(e, "Call-Direction") == Some("inbound")).unwrap();
        let leg = find(event, "Unique-ID").unwrap();
        let (at, event) = self.first(leg, "CHANNEL_CREATE").unwrap();
        let is_key = |e: &Headers| find(e, "Event-Name") == Some("DTMF") && find(e, "Unique-ID") == Some(leg);
        let keys = self.events.iter().filter(|(_, event, _)| is_key(event));
        let keys = keys.map(|(then, event, _)| KeyPress { at: Millis(then - at), key: key_of(event) });
        let left = self.first(leg, "CHANNEL_HANGUP").filter(|_| hangs_up);
        Caller {
            at: Millis(at),
            number: find(event, "Caller-Caller-ID-Number").unwrap().into(),
            dialled: find(event, "Caller-Destination-Number").unwrap().into(),
            leg: Some(leg.parse().unwrap()),
            hangs_up: left.map_or(HangsUp::Never, |(left, _)| HangsUp::AfterDialling(Millis(left - at))),
            keys: keys.collect(),
            sends_bye: true,
            ..Caller::default()
        }
    }
}

fn key_of(event: &[(String, String)]) -> char {
    find(event, "DTMF-Digit").unwrap().chars().next().unwrap()
}

fn headers(text: &str) -> Headers {
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}

/// The leg a job's end is about: the one its originate was to make.
fn leg_of(event: &[(String, String)]) -> Option<String> {
    let argument = find(event, "Job-Command-Arg").unwrap_or_default();
    let made = argument.split("origination_uuid=").nth(1).and_then(|rest| rest.split([',', '}']).next());
    find(event, "Unique-ID").or(made).map(Into::into)
}

/// What was said about each leg, a line an event.
fn told<'a>(events: impl Iterator<Item = (&'a Headers, &'a str)>) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut legs: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (event, body) in events {
        let name = find(event, "Event-Name").unwrap();
        let Some(leg) = leg_of(event).filter(|_| !IGNORED.contains(&name)) else { continue };
        let telling = TELLING.iter().filter_map(|header| Some(format!(" {header}={}", find(event, header)?)));
        let line = format!("{name}{} {}", telling.collect::<String>(), body.trim_end());
        let at = find(event, "Event-Date-Timestamp").unwrap().parse::<u64>().unwrap() / 1_000;
        legs.entry(leg).or_default().push((at, line.trim_end().to_owned()));
    }
    legs
}

fn lines(told: &[(u64, String)]) -> String {
    told.iter().map(|(_, line)| format!("{line}\n")).collect()
}

struct Scene {
    recordings: &'static [&'static str],
    caller_hangs_up: bool,
    agents_hang_up: bool,
    /// When the caller spoke, from dialling: at its beginning, and for how long.
    speaks: Option<(u64, u64)>,
    /// The product's dialplan, and not the laboratory's plain one, which only parks.
    product: bool,
    /// Whether the switch's own timer sends the caller somewhere.
    timer: bool,
}

const SCENE: Scene = Scene {
    recordings: &[],
    caller_hangs_up: false,
    agents_hang_up: false,
    speaks: None,
    product: false,
    timer: false,
};

const WITH_PRODUCT: Scene = Scene { product: true, ..SCENE };

/// The laboratory's dialplan and sounds.
fn laboratory(scene: &Scene, phones: BTreeMap<String, Vec<Phone>>) -> ModelConfig {
    let sound = |file: &str, length| (format!("/srv/audio/sounds/{file}.wav"), Millis(length));
    let lengths = [
        sound("ring", 5_809),
        sound("menu", 4_755),
        sound("whisper", 3_550),
        sound("survey", 4_800),
        sound("ask", 2_000),
        sound("thanks", 1_000),
        sound("busy_line", 1_500),
    ];
    let missing = vec!["/srv/audio/sounds/nowhere.wav".to_owned()];
    let parking = Dialplan(vec![Extension::new("^400", &[("set", "park_timeout=30"), ("park", "")])]);
    ModelConfig {
        dialplan: if scene.product { Dialplan::product(4) } else { parking },
        sounds: SoundFiles { lengths: lengths.into(), missing, ..SoundFiles::default() },
        phones,
        ..ModelConfig::default()
    }
}

fn check(scene: &Scene) {
    let recordings: Vec<_> = scene.recordings.iter().map(|name| Recording::read(name)).collect();
    let began = recordings[0].began_at();
    let mut caller = recordings[0].caller(scene.caller_hangs_up);
    if scene.caller_hangs_up {
        caller.hangs_up = recordings.last().unwrap().caller(true).hangs_up;
    }
    caller.speech =
        scene.speaks.map(|(at, lasts)| Speech { at: Millis(at), lasts: Millis(lasts) }).into_iter().collect();
    let leg = caller.leg.as_ref().unwrap().to_string();
    let phones = recordings[0].phones(scene.agents_hang_up);
    let mut model = SwitchModel::new(laboratory(scene, phones), Instant(began));
    let mut inputs = vec![(began, SwitchInput::Dial(caller), None)];
    for recording in &recordings {
        let shift = recording.began_at();
        let mut answers = recording.answers.iter();
        for (at, sent) in &recording.sent {
            let answer = answers.next();
            let mut decoder = RequestDecoder::new(WireLimits::default());
            let request = decoder.decode(&mut sent.as_bytes().into()).unwrap().unwrap();
            if let Some(input) = parse_request(&request) {
                inputs.push((shift + at, input, answer.cloned()));
            }
        }
    }
    inputs.sort_by_key(|(at, ..)| *at);
    let end = inputs.last().unwrap().0 + 60_000;
    inputs.push((end, SwitchInput::Due, None));
    let mut said: Vec<(Headers, String)> = Vec::new();
    for (at, input, answer) in inputs {
        let shown = format!("{input:?}");
        let outputs = model.handle(Instant(at), input);
        let ours = outputs.iter().find_map(|output| match output {
            SwitchOutput::Reply { text, .. } | SwitchOutput::Api(text) => Some(text.clone()),
            SwitchOutput::Event(_) | SwitchOutput::Timeline(_) => None,
        });
        match (ours, answer) {
            (Some(ours), Some(real)) if !shown.contains("show") && !shown.contains("uuid_dump") => {
                assert_eq!(ours, real, "the answer to {shown}");
            }
            (Some(ours), Some(real)) => {
                assert!(ours.contains(&leg) && real.contains(&leg), "the answer to {shown}");
            }
            _ => {}
        }
        said.extend(outputs.into_iter().filter_map(|output| match output {
            SwitchOutput::Event(event) => {
                let headers = event.headers.into_iter().map(|(k, v)| (k.into_owned(), v.into_owned()));
                Some((headers.collect(), event.body.unwrap_or_default()))
            }
            SwitchOutput::Reply { .. } | SwitchOutput::Api(_) | SwitchOutput::Timeline(_) => None,
        }));
    }
    let real = recordings.iter().flat_map(|recording| &recording.events);
    let real = told(real.map(|(_, event, body)| (event, body.as_str())));
    let ours = told(said.iter().map(|(event, body)| (event, body.as_str())));
    assert_eq!(ours.keys().collect::<Vec<_>>(), real.keys().collect::<Vec<_>>(), "the legs");
    for (leg, real) in &real {
        let ours = &ours[leg];
        assert!(lines(ours) == lines(real), "{leg}\n--- ours\n{}--- real\n{}", lines(ours), lines(real));
        let apart_ms_max = APART_MS_MAX + if scene.timer { TIMER_APART_MS_MAX } else { 0 };
        for ((ours, line), (real, _)) in ours.iter().zip(real) {
            assert!(ours.abs_diff(*real) <= apart_ms_max, "{leg}: at {ours}, really at {real}: {line}");
        }
    }
    assert_eq!(model.channel_count(), 0);
}

#[test]
fn a_caller_leaves_during_the_ringback() {
    check(&Scene { recordings: &["abandon.plain"], caller_hangs_up: true, ..SCENE });
}

#[test]
fn a_call_is_rejected() {
    check(&Scene { recordings: &["reject.plain"], ..SCENE });
    check(&Scene { recordings: &["reject.json"], ..SCENE });
}

#[test]
fn three_agents_ring_at_once_and_one_talks() {
    check(&Scene { recordings: &["simultaneous.plain"], agents_hang_up: true, ..SCENE });
}

#[test]
fn a_link_ends_and_another_finds_the_call() {
    check(&Scene { recordings: &["disconnect.plain", "disconnect.plain.resumed"], ..SCENE });
}

#[test]
fn agents_are_tried_one_by_one_then_talk_then_survey() {
    check(&Scene { recordings: &["bridged_survey.plain"], agents_hang_up: true, ..SCENE });
    check(&Scene { recordings: &["bridged_survey.json"], agents_hang_up: true, ..SCENE });
}

#[test]
fn nobody_comes_and_the_caller_leaves_a_message() {
    check(&Scene { recordings: &["voicemail.plain"], caller_hangs_up: true, ..SCENE });
}

#[test]
fn a_menu_is_answered_wrongly_and_not_at_all() {
    check(&Scene { recordings: &["menu_errors.plain"], ..SCENE });
}

#[test]
fn keys_are_told_while_something_plays_and_a_break_goes_down_to_the_ground() {
    check(&Scene { recordings: &["menu_keys.plain"], caller_hangs_up: true, ..WITH_PRODUCT });
}

/// Ended by silence, by the limit, by a key that the daemon answers with a break, and by the caller's leaving.
#[test]
fn messages_are_recorded() {
    check(&Scene {
        recordings: &["messages.plain"],
        caller_hangs_up: true,
        speaks: Some((100, 1_500)),
        ..WITH_PRODUCT
    });
}

/// Two agents ring at once, the one who presses a key gets the caller, whom it leaves for a survey; then another
/// talk, which the caller's leg does not outlive.
#[test]
fn a_caller_is_kept_when_the_agent_leaves() {
    check(&Scene { recordings: &["kept_caller.plain"], agents_hang_up: true, ..WITH_PRODUCT });
}

#[test]
fn a_kept_caller_with_no_daemon_is_served_by_the_fallback() {
    let scene = Scene { agents_hang_up: true, timer: true, ..WITH_PRODUCT };
    check(&Scene { recordings: &["kept_caller_alone.plain"], ..scene });
}

#[test]
fn an_order_that_waits_plays_into_the_talk() {
    check(&Scene { recordings: &["queued_into_talk.plain"], agents_hang_up: true, ..WITH_PRODUCT });
}

#[test]
fn an_order_that_waits_plays_into_the_fallback() {
    check(&Scene { recordings: &["queued_into_fallback.plain"], ..WITH_PRODUCT });
}

#[test]
fn a_recording_that_is_sent_elsewhere_hangs_up() {
    check(&Scene { recordings: &["moved_while_recording.plain"], ..WITH_PRODUCT });
}
