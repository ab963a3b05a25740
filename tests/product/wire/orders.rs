//! Our orders as FreeSWITCH reads them, and what it says of them as we do.

use super::*;
use crate::support::cases;
use bytes::BytesMut;
use hotlined_core::command::Action;
use hotlined_core::event::{Cause, CommandResult, Event, LegEvent, LegState};
use hotlined_core::hotline::Dial;
use hotlined_core::id::{CallId, CommandId, LegId, SwitchId};
use hotlined_core::prompt::{Prompt, RecordingName, SOUND_PATH_BYTES_MAX, SoundPath, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event_writer::EventWriter;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback, requests};
use hotlined_instance::switch::freeswitch::{channel_list, decode_event};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

const CALLER: &str = "701c9af8-d4a8-42d9-8f84-f9ea13088ab2";
const AGENT: &str = "0c3c1de8-6f8c-4b7d-9a68-4d1f1c0a2b55";

fn leg(name: &str) -> LegId {
    name.parse().unwrap()
}

fn site() -> DialplanConfig {
    let word = |text| Endpoint::new(text).unwrap();
    let (extension, dialplan, context) = (word("hotlined_fallback"), word("XML"), word("public"));
    DialplanConfig {
        trunk: "sofia/gateway/carrier/{number}".parse().unwrap(),
        fallback: Fallback { extension, dialplan, context },
        recordings: SoundPath::new("/rec").unwrap(),
    }
}

fn id() -> CommandId {
    CommandId { call: CallId(leg(CALLER)), number: 7 }
}

/// What goes out, request by request, with short names for the legs.
fn said(action: &Action) -> Vec<String> {
    let text = |request| {
        let mut bytes = BytesMut::new();
        hotlined_esl::request::Request::encode(request, &mut bytes);
        String::from_utf8(bytes.to_vec()).unwrap().replace(CALLER, "A").replace(AGENT, "B")
    };
    requests(&site(), &id(), action).iter().map(text).collect()
}

/// An application, and the argument that follows as a body.
fn executed(leg: &str, application: &str, argument: &str, named: bool) -> String {
    let named = if named { "\nEvent-UUID: A/7" } else { "" };
    let head = format!("sendmsg {leg}\ncall-command: execute\nexecute-app-name: {application}{named}");
    if argument.is_empty() {
        return format!("{head}\n\n");
    }
    let length = argument.len();
    format!("{head}\ncontent-type: text/plain\ncontent-length: {length}\n\n{argument}")
}

fn path(text: &str) -> SoundPath {
    SoundPath::new(text).unwrap()
}

/// What `playback` is told to play.
fn played(prompt: Prompt, repeat: bool) -> String {
    let told = said(&Action::Play { leg: leg(CALLER), prompt, repeat });
    let [order] = &told[..] else { panic!("{told:?}") };
    let argument = order.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(*order, executed("A", "playback", &argument, true));
    argument
}

#[test]
fn a_caller_is_taken() {
    assert_eq!(
        said(&Action::Take { leg: leg(CALLER) }),
        ["api uuid_setvar_multi A hangup_after_bridge=true;playback_terminators=none\n\n"]
    );
}

#[test]
fn a_file_is_played_by_itself_and_files_in_a_row() {
    assert_eq!(played(Prompt::File(path("/s/欢迎.wav")), false), "/s/欢迎.wav");
    let files = |names: &[&str]| Prompt::Files(names.iter().map(|name| path(name)).collect());
    assert_eq!(played(files(&["/a.wav"]), false), "/a.wav");
    assert_eq!(played(files(&["/a.wav", "/b.wav", "/a.wav"]), false), "file_string:///a.wav!/b.wav!/a.wav");
    assert_eq!(played(files(&[]), false), "silence_stream://1000");
    assert_eq!(played(files(&[]), true), "silence_stream://1000");
}

#[test]
fn what_repeats_is_a_row_of_bounded_length() {
    let row = played(Prompt::File(path("/srv/sounds/ring.wav")), true);
    let files: Vec<&str> = row.strip_prefix("file_string://").unwrap().split('!').collect();
    assert_eq!(files.len(), 71);
    assert!(files.iter().all(|file| *file == "/srv/sounds/ring.wav"));
    let row = played(Prompt::File(path("/a")), true);
    assert_eq!(row.split('!').count(), 128, "the switch takes no more");
    let long = format!("/{}", "a".repeat(SOUND_PATH_BYTES_MAX - 1));
    let row = played(Prompt::Files(Arc::from(vec![path(&long); 200])), true);
    assert_eq!(row.split('!').count(), 128, "a row is not cut in its middle for being long");
}

#[test]
fn a_tone_repeats_by_itself() {
    let tone = |tone, repeat| played(Prompt::Tone(tone), repeat);
    assert_eq!(tone(Tone::Ringing, true), "tone_stream://%(1000,4000,450);loops=-1");
    assert_eq!(tone(Tone::Ringing, false), "tone_stream://%(1000,4000,450)");
    assert_eq!(tone(Tone::Busy, false), "tone_stream://%(350,350,450);loops=7");
    assert_eq!(tone(Tone::Busy, true), "tone_stream://%(350,350,450);loops=-1");
    assert_eq!(tone(Tone::Beep, false), "tone_stream://%(400,0,1000)");
}

#[test]
fn a_leg_listens_is_stopped_and_forgets() {
    let listen = |ms| said(&Action::Listen { leg: leg(CALLER), time: Millis(ms) });
    assert_eq!(listen(5_000), [executed("A", "playback", "silence_stream://5000", true)]);
    assert_eq!(listen(0), [executed("A", "playback", "silence_stream://20", true)], "none is not found");
    assert_eq!(said(&Action::Stop { leg: leg(CALLER) }), ["api uuid_break A\n\n"]);
    assert_eq!(said(&Action::ForgetKeys { leg: leg(CALLER) }), ["api uuid_flush_dtmf A\n\n"]);
}

#[test]
fn an_answered_leg_has_silence_beneath_and_no_ring_tone() {
    assert_eq!(
        said(&Action::Answer { leg: leg(CALLER) }),
        [executed("A", "answer", "", true), executed("A", "endless_playback", "silence_stream://-1", false)]
    );
}

#[test]
fn a_message_is_recorded_into_a_folder_that_is_made() {
    let file = RecordingName::new("4008001234/2026-11-22/678f058a.wav").unwrap();
    let record = |longest, silence| {
        let (longest, silence) = (Millis(longest), Millis(silence));
        said(&Action::RecordMessage { leg: leg(CALLER), file: file.clone(), longest, silence }).remove(0)
    };
    let due = |numbers: &str| {
        let argument = format!("file_string:///rec/4008001234/2026-11-22/678f058a.wav {numbers}");
        executed("A", "record", &argument, true)
    };
    assert_eq!(record(60_000, 5_000), due("59 200 5"));
    assert_eq!(record(60_001, 4_001), due("60 200 5"));
    assert_eq!(record(0, 0), due("1 200 1"), "none would be no limit at all");
}

#[test]
fn a_talk_is_recorded_while_it_is_one() {
    let file = RecordingName::new("a/b.wav").unwrap();
    assert_eq!(
        said(&Action::RecordTalk { leg: leg(CALLER), file: file.clone() }),
        ["bgapi uuid_record A start /rec/a/b.wav 0 {RECORD_BRIDGE_REQ=true}\nJob-UUID: A/7\n\n"]
    );
    assert_eq!(
        said(&Action::StopRecording { leg: leg(CALLER), file }),
        ["bgapi uuid_record A stop /rec/a/b.wav\nJob-UUID: A/7\n\n"]
    );
}

#[test]
fn orders_that_wait_are_dropped_once_two_are_as_good_as_joined() {
    let bridge = |keep_caller| said(&Action::Bridge { caller: leg(CALLER), agent: leg(AGENT), keep_caller });
    let joined = [
        "api sched_del B\n\n",
        "api uuid_bridge A B\nJob-UUID: A/7\n\n",
        "api uuid_break A all\n\n",
        "api uuid_break B all\n\n",
    ];
    assert_eq!(bridge(None), [&["api uuid_setvar A park_after_bridge false\n\n"], &joined[..]].concat());
    let hook = "api uuid_setvar B api_hangup_hook sched_transfer +4 A hotlined_fallback XML public\n\n";
    let kept = ["api uuid_setvar A park_after_bridge true\n\n", hook];
    assert_eq!(bridge(Some(Millis(3_001))), [&kept[..], &joined[..]].concat());
}

#[test]
fn a_caller_who_was_to_be_kept_is_let_go() {
    assert_eq!(said(&Action::LetGo { leg: leg(CALLER) }), ["api uuid_setvar A park_after_bridge false\n\n"]);
}

#[test]
fn orders_that_wait_are_dropped_before_the_fallback() {
    assert_eq!(
        said(&Action::ToFallback { leg: leg(CALLER) }),
        [
            "api sched_del A\n\n",
            "api uuid_break A all\n\n",
            "api uuid_transfer A hotlined_fallback XML public\n\n"
        ]
    );
}

#[test]
fn an_agents_keys_are_reported() {
    let ring = Action::Ring {
        leg: leg(AGENT),
        call: CallId(leg(CALLER)),
        dial: Dial::Endpoint("sofia/lab/1@127.0.0.1:5080".into()),
        ring_time: Millis(20_000),
        shown: "13800138000".into(),
    };
    let told = said(&ring).remove(0);
    let due = ",api_on_answer='sched_hangup +60 B',playback_terminators=none,hotlined_call=A,";
    assert!(told.contains(due), "{told}");
}

proptest! {
    #![proptest_config(cases(256))]

    /// Whatever can be a name: nothing in it becomes a word, a line, a variable or a second file of its own.
    #[test]
    fn no_name_says_more_than_a_name(
        folders in vec("[A-Za-z0-9_.-]{1,12}", 1..4),
        sounds in vec("\\PC{1,20}", 1..6),
        repeat in any::<bool>(),
    ) {
        let sounds: Arc<[SoundPath]> =
            sounds.iter().filter_map(|name| SoundPath::new(&format!("/s/{name}")).ok()).collect();
        let count = sounds.len();
        let row = played(Prompt::Files(sounds), repeat);
        prop_assert!(!row.contains(['$', '{', '\n', ' ', '@', '\'', '\\']), "{row}");
        if count > 1 && !repeat {
            prop_assert_eq!(row.split('!').count(), count);
        }
        if let Ok(file) = RecordingName::new(&folders.join("/")) {
            let (longest, silence) = (Millis(60_000), Millis(5_000));
            let action = Action::RecordMessage { leg: leg(CALLER), file: file.clone(), longest, silence };
            let told = said(&action).remove(0);
            let words: Vec<&str> = told.split_once("\n\n").unwrap().1.split(' ').collect();
            let due = format!("file_string:///rec/{file}");
            prop_assert_eq!(words, [due.as_str(), "59", "200", "5"]);
            let told = said(&Action::RecordTalk { leg: leg(CALLER), file }).remove(0);
            prop_assert_eq!(told.lines().next().unwrap().split(' ').count(), 7);
        }
    }
}

fn heard(name: &str, headers: &[(&str, &str)]) -> Option<Event> {
    let writer = headers
        .iter()
        .fold(EventWriter::new(name), |writer, (name, value)| writer.header(name, value.as_bytes()));
    decode_event::event(&SwitchId("fs1".into()), &only_event(&writer.to_plain()))
}

#[test]
fn a_parked_leg_that_is_to_be_joined_has_not_left() {
    let unparked =
        |state: &str| heard("CHANNEL_UNPARK", &[("Unique-ID", CALLER), ("Channel-State-Number", state)]);
    let left = Some(Event::Leg { leg: leg(CALLER), event: LegEvent::Left });
    assert_eq!(unparked("8"), None, "it falls asleep until it is joined");
    assert_eq!(unparked("10"), None, "its end has been told");
    // Sent elsewhere; and the dialplan's own word, on a leg that runs its fallback.
    assert_eq!(unparked("2"), left);
    assert_eq!(unparked("4"), left);
    assert_eq!(heard("CHANNEL_UNPARK", &[("Unique-ID", CALLER)]), left, "who says nothing is believed");
}

/// As seen on 1.10.12: the switch parks a caller behind a talk by itself, and where `uuid_bridge` took it out of the
/// fallback its destination is the fallback still. It is nobody's new caller, whether anybody knows it or not.
#[test]
fn a_caller_behind_a_talk_is_back_and_has_not_just_come() {
    let parked = |state: &str, dialled: &str| {
        let place = [("Call-Direction", "inbound"), ("Caller-Destination-Number", dialled)];
        heard("CHANNEL_PARK", &[&[("Unique-ID", CALLER), ("Channel-State", state)], &place[..]].concat())
    };
    let back = Some(Event::Leg { leg: leg(CALLER), event: LegEvent::Parked });
    assert_eq!(parked("CS_PARK", "hotlined_fallback"), back);
    assert_eq!(parked("CS_PARK", "4001234567"), back);
    assert!(matches!(parked("CS_EXECUTE", "4001234567"), Some(Event::Arrived(_))), "the dialplan offers it");
    assert_eq!(parked("CS_EXECUTE", "1000"), None, "another service parks it");
    let row = r#""direction":"inbound","dest":"hotlined_fallback","initial_dest":"4001234567","callstate":"ACTIVE""#;
    let live = |state: &str, application: &str| {
        listed(&format!(r#"{row},"state":"{state}","application":"{application}""#))
    };
    assert_eq!(live("CS_EXECUTE", "playback"), LegState::Elsewhere, "the fallback has it");
    assert_eq!(live("CS_SOFT_EXECUTE", "uuid_bridge"), LegState::Bridged);
    assert_eq!(live("CS_PARK", "uuid_bridge"), LegState::Parked);
    assert_eq!(live("CS_PARK", "playback"), LegState::Parked, "it is asked how it was");
    let new = |state: &str| {
        let row =
            r#""direction":"inbound","dest":"4001234567","initial_dest":"4001234567","callstate":"ACTIVE""#;
        let body = format!(r#"{{"row_count":1,"rows":[{{"uuid":"{CALLER}",{row},"state":"{state}"}}]}}"#);
        channel_list::legs(&SwitchId("fs1".into()), body.as_bytes()).unwrap().remove(0).arrival.is_some()
    };
    assert!(new("CS_EXECUTE") && !new("CS_PARK"));
}

#[test]
fn the_end_of_an_application_is_told_by_its_name() {
    let done = |application: &str, response: &str| {
        let id = format!("{CALLER}/7");
        let headers = [
            ("Unique-ID", CALLER),
            ("Application", application),
            ("Application-UUID", id.as_str()),
            ("Application-Response", response),
        ];
        match heard("CHANNEL_EXECUTE_COMPLETE", &headers) {
            Some(Event::Done { command, result }) if command == self::id() => result,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(done("answer", "_none_"), CommandResult::Ok);
    assert_eq!(done("record", "_none_"), CommandResult::Ok);
    assert_eq!(done("playback", "FILE PLAYED"), CommandResult::Ok);
    assert_eq!(done("playback", "FILE NOT FOUND"), CommandResult::Failed(Cause::Other));
    assert_eq!(done("playback", "PLAYBACK ERROR"), CommandResult::Failed(Cause::Other));
}

/// A row of `show channels as json`, as seen on 1.10.12.
fn listed(row: &str) -> LegState {
    let body = format!("{{\"row_count\":1,\"rows\":[{{\"uuid\":\"{CALLER}\",{row}}}]}}");
    channel_list::legs(&SwitchId("fs1".into()), body.as_bytes()).unwrap().remove(0).state
}

#[test]
fn a_kept_caller_and_an_agent_who_listens_are_found_parked() {
    let caller =
        r#""direction":"inbound","dest":"4001234567","initial_dest":"4001234567","callstate":"ACTIVE""#;
    assert_eq!(
        listed(&format!(r#"{caller},"state":"CS_PARK","application":"uuid_bridge""#)),
        LegState::Parked,
        "its last application is still the talk"
    );
    assert_eq!(
        listed(&format!(r#"{caller},"state":"CS_SOFT_EXECUTE","application":"uuid_bridge""#)),
        LegState::Bridged
    );
    for application in ["answer", "playback", "endless_playback", "record"] {
        let row = format!(r#"{caller},"state":"CS_EXECUTE","application":"{application}""#);
        assert_eq!(listed(&row), LegState::Parked);
    }
    let agent = format!(
        r#""direction":"outbound","presence_data":"{AGENT}","callstate":"ACTIVE","state":"CS_EXECUTE""#
    );
    for (application, state) in
        [("park", LegState::Parked), ("playback", LegState::Parked), ("conference", LegState::Elsewhere)]
    {
        assert_eq!(listed(&format!(r#"{agent},"application":"{application}""#)), state);
    }
}
