//! What a real FreeSWITCH sent, and what was sent to it.

use super::*;
use hotlined_esl::event::Format;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::server::{ParsedRequest, RawRequest, RequestDecoder};
use std::collections::BTreeMap;

#[test]
fn any_chunking_gives_the_same_messages() {
    for capture in captures() {
        let whole = all(&capture.from_switch);
        assert!(whole.len() > 20, "{}", capture.name);
        for chunk in [1, 2, 3, 7, 64, 4096] {
            let (messages, end) = decode(&capture.from_switch, chunk);
            assert_eq!(end, Ok(()), "{} by {chunk}", capture.name);
            assert!(messages == whole, "{} by {chunk}", capture.name);
        }
    }
}

#[test]
fn every_message_is_understood() {
    for capture in captures() {
        let messages = all(&capture.from_switch);
        assert!(matches!(messages[0], Message::AuthRequest), "{}", capture.name);
        for message in &messages {
            assert!(!matches!(message, Message::Other(_)), "{}: {message:?}", capture.name);
        }
        for event in events(&messages) {
            assert!(event.len() >= 13 && !event.name().is_empty(), "{}: {event:?}", capture.name);
            assert_eq!(event.len(), event.iter().count());
        }
    }
}

#[test]
fn a_reply_tells_its_text_and_its_job() {
    let messages = all(&named("abandon.plain.jsonl").from_switch);
    let replies: Vec<_> = messages
        .iter()
        .filter_map(|message| match message {
            Message::Reply(reply) => Some((reply.text().into_owned(), reply.job_uuid())),
            _ => None,
        })
        .collect();
    assert_eq!(replies[0], ("+OK accepted".into(), None));
    assert_eq!(replies[1].0, "+OK event listener enabled plain");
    let job = b"job-b01c9af8-d4a8-42d9-8f84-f9ea13088ab2";
    assert_eq!(replies[4].1, Some(&job[..]));
}

#[test]
fn a_background_job_carries_its_answer_as_its_body() {
    for name in ["bridged_survey.plain.jsonl", "bridged_survey.json.jsonl"] {
        let messages = all(&named(name).from_switch);
        let jobs: Vec<_> =
            events(&messages).into_iter().filter(|event| *event.name() == *b"BACKGROUND_JOB").collect();
        assert_eq!(jobs.len(), 3, "{name}");
        assert_eq!(*jobs[0].body(), *b"-ERR USER_BUSY\n", "{name}");
        assert_eq!(*jobs[1].body(), *b"-ERR NO_ANSWER\n", "{name}");
        assert!(jobs[2].body().starts_with(b"+OK b210a80a") || jobs[2].body().starts_with(b"+OK b28f058a"));
    }
}

#[test]
fn a_disconnect_says_goodbye() {
    let messages = all(&named("disconnect.plain.jsonl").from_switch);
    let Some(Message::Disconnect { linger: false, session: None, text }) = messages.last() else {
        panic!("{:?}", messages.last());
    };
    assert!(text.starts_with(b"Disconnected, goodbye."), "{text:?}");
}

#[test]
fn a_channel_dump_reads_as_an_event() {
    let messages = all(&named("disconnect.plain.resumed.jsonl").from_switch);
    let dump = messages
        .iter()
        .filter_map(|message| match message {
            Message::ApiResponse { body } if body.starts_with(b"Event-Name") => Some(body.clone()),
            _ => None,
        })
        .map(|body| EslEvent::from_plain(body, &WireLimits::default()).unwrap())
        .next()
        .unwrap();
    assert_eq!(*dump.name(), *b"CHANNEL_DATA");
    assert_eq!(value(&dump, "Unique-ID"), b"85ecf37e-0529-47b2-878a-20d1cfa272d5");
    assert!(dump.variable("call_uuid").is_some());
}

/// A call is not the same twice, but its kinds of events are, and the headers each kind has.
#[test]
fn plain_and_json_tell_the_same_call() {
    let shape = |name| {
        let messages = all(&named(name).from_switch);
        let mut shape: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
        for event in events(&messages) {
            let names = event.iter().map(|(name, _)| name.to_vec()).filter(|name| name != b"_body");
            shape.entry(event.name().into_owned()).or_insert_with(|| names.collect());
        }
        shape
    };
    let (plain, json) = (shape("reject.plain.jsonl"), shape("reject.json.jsonl"));
    assert_eq!(plain.keys().collect::<Vec<_>>(), json.keys().collect::<Vec<_>>());
    for (name, headers) in &plain {
        assert_eq!(headers, &json[name], "{}", String::from_utf8_lossy(name));
    }
    for (name, format) in [("reject.plain.jsonl", Format::Plain), ("reject.json.jsonl", Format::Json)] {
        let messages = all(&named(name).from_switch);
        let gone = *events(&messages).last().unwrap();
        assert_eq!(gone.format(), format);
        let caller = events(&messages).into_iter().find_map(|event| event.text("Channel-Name")).unwrap();
        assert_eq!(caller, "sofia/trunk/17012345678@127.0.0.1:5090");
    }
}

/// Read, written again, and the same bytes: nothing was lost, and a simulated exchange writes as the real one.
#[test]
fn our_writer_writes_a_captured_event_as_freeswitch_did() {
    let mut written = 0;
    for capture in captures() {
        for event in events(&all(&capture.from_switch)) {
            let mut writer = EventWriter::empty();
            let has_body = !event.body().is_empty();
            for (name, value) in event.headers() {
                let name = String::from_utf8(name.into_owned()).unwrap();
                let items = event.array(&name);
                writer = match name.as_str() {
                    "Content-Length" | "_body" if has_body => writer,
                    _ if event.format() == Format::Json && items.len() > 1 => writer.array(&name, &items),
                    // Plain has one line for an array; an empty value came as `_undef_`, which codes to itself.
                    _ => writer.header(&name, value),
                };
            }
            if has_body {
                writer = writer.body(event.body());
            }
            let bytes = match event.format() {
                Format::Plain => writer.serialized(),
                Format::Json => writer.json_object(),
            };
            assert_eq!(Bytes::from(bytes), event.as_bytes(), "{}", capture.name);
            written += 1;
        }
    }
    assert!(written > 600, "{written}");
}

#[test]
fn our_json_reads_as_serde_json_does_where_that_can() {
    for name in ["bridged_survey.json.jsonl", "reject.json.jsonl"] {
        for event in events(&all(&named(name).from_switch)) {
            let known: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(event.as_bytes()).unwrap();
            for (name, value) in known {
                // It keeps the last of several.
                let ours = event.get_all(&name).last().unwrap();
                match value {
                    serde_json::Value::String(text) => assert_eq!(*ours, *text.as_bytes(), "{name}"),
                    serde_json::Value::Array(items) => {
                        let items: Vec<_> =
                            items.iter().map(|item| item.as_str().unwrap().as_bytes()).collect();
                        assert_eq!(event.array(&name), items);
                    }
                    other => panic!("{name}: {other}"),
                }
            }
        }
    }
}

pub(super) fn requests(bytes: &[u8], chunk: usize) -> Vec<RawRequest> {
    let mut decoder = RequestDecoder::default();
    let mut buffer = bytes::BytesMut::new();
    let mut requests = Vec::new();
    for bytes in bytes.chunks(chunk) {
        buffer.extend_from_slice(bytes);
        while let Some(request) = decoder.decode(&mut buffer).unwrap() {
            requests.push(request);
        }
    }
    assert!(buffer.is_empty());
    requests
}

#[test]
fn the_other_end_reads_what_was_sent() {
    for capture in captures() {
        let whole = requests(&capture.to_switch, usize::MAX);
        for chunk in [1, 3, 64] {
            assert!(requests(&capture.to_switch, chunk) == whole, "{}", capture.name);
        }
        let parsed: Vec<_> = whole.iter().map(RawRequest::parse).collect();
        assert!(!parsed.contains(&ParsedRequest::Unknown), "{}", capture.name);
        assert!(matches!(&parsed[0], ParsedRequest::Auth { password } if password.matches("ClueCon")));
    }
    let parsed: Vec<_> =
        requests(&named("menu_errors.plain.jsonl").to_switch, usize::MAX).iter().map(|r| r.parse()).collect();
    let ParsedRequest::Execute { leg, application, argument, event_uuid, .. } = &parsed[3] else {
        panic!("{:?}", parsed[3]);
    };
    assert_eq!(leg.as_deref(), Some("0bc8373f-6384-4603-8a5f-33f7f52c24a7"));
    assert_eq!(application, "play_and_get_digits");
    assert!(argument.starts_with("1 1 1 3000 # "));
    assert_eq!(event_uuid.as_deref(), Some("menu-0-0bc8373f-6384-4603-8a5f-33f7f52c24a7"));
}
