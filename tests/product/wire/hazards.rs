//! What clients of the event socket get wrong, by the numbers that the comments of the wire use. Number 11,
//! the order of events under load, is no matter of bytes.

use super::captured::requests;
use super::*;
use bytes::BytesMut;
use hotlined_esl::argument::{Argument, Endpoint, InvalidEndpoint, UNTRUSTED_BYTES_MAX, Variables};
use hotlined_esl::event::Format;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::request::{ApiCommand, Request, SendMsg};
use hotlined_esl::server::ParsedRequest;
use hotlined_esl::vocabulary::{
    App, ChannelId, EventName, HangupCause, HeaderName, JobId, Secret, Subclass, UserAtDomain,
};

fn encoded(request: &Request) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    request.encode(&mut bytes);
    bytes.to_vec()
}

fn sent(request: &Request) -> String {
    String::from_utf8(encoded(request)).unwrap()
}

fn channel() -> ChannelId {
    ChannelId::new("701c9af8-d4a8-42d9-8f84-f9ea13088ab2").unwrap()
}

#[test]
fn hazard_1_plain_does_not_re_encode_percent_hex() {
    let writer =
        EventWriter::new("CHANNEL_PARK").header("a", "a%23b").header("b", "50%off").header("c", "100%");
    let bytes = writer.to_plain();
    assert!(memchr::memmem::find(&bytes, b"a: a%23b\nb: 50%25off\nc: 100%25\n").is_some());
    let event = only_event(&bytes);
    assert_eq!(value(&event, "a"), b"a#b", "lost on the switch's side, before the wire");
    assert_eq!(value(&event, "b"), b"50%off");
    assert_eq!(value(&event, "c"), b"100%");
    let event = only_event(&writer.to_json());
    assert_eq!(value(&event, "a"), b"a%23b", "JSON keeps it");
}

#[test]
fn hazard_1_what_is_no_escape_stays() {
    let event = plain(b"a: %\nb: %4\nc: %zz%41\nd: %e4\ne: +\n\n");
    for (name, expected) in [("a", "%"), ("b", "%4"), ("c", "%zzA"), ("d", "%e4"), ("e", "+")] {
        assert_eq!(value(&event, name), expected.as_bytes());
    }
}

#[test]
fn hazard_2_a_cut_array_keeps_what_came() {
    let items: Vec<String> = (0..400).map(|item| (item % 10).to_string()).collect();
    let writer = EventWriter::new("CHANNEL_DATA").array("variable_history", &items);
    let whole = only_event(&writer.to_json());
    assert_eq!(whole.array("variable_history").len(), 400);
    // The switch cuts the coded text after so many bytes, wherever that is.
    let bytes = writer.serialized();
    let line = memchr::memmem::find(&bytes, b"ARRAY").unwrap();
    for cut in line..line + 60 {
        let event = [&bytes[..cut], b"\n\n"].concat();
        let event = EslEvent::from_plain(event.into(), &WireLimits::default()).unwrap();
        let kept = event.array("variable_history");
        assert!(kept.len() <= 12 && event.len() == 2, "{kept:?}");
    }
}

#[test]
fn hazard_3_json_with_raw_bytes_is_read() {
    let gbk = b"\xd6\xd0\xb9\xfa";
    let writer = EventWriter::new("CHANNEL_PARK").header("Caller-Caller-ID-Name", gbk).header("after", "x");
    assert!(serde_json::from_slice::<serde_json::Value>(&writer.json_object()).is_err());
    for format in [Format::Plain, Format::Json] {
        let event = only_event(&writer.encode(format));
        assert_eq!(value(&event, "Caller-Caller-ID-Name"), gbk);
        assert_eq!(event.text("Caller-Caller-ID-Name").unwrap(), "\u{fffd}й\u{fffd}");
        assert_eq!(value(&event, "after"), b"x");
    }
}

#[test]
fn hazard_4_names_that_come_twice_are_both_kept() {
    let text = br#"{"Event-Name":"CHANNEL_HANGUP_COMPLETE","Hangup-Cause":"A","hangup-cause":"B","Content-Length":"1","Content-Length":"2","_body":"ok"}"#;
    let event = json(text);
    assert_eq!(value(&event, "Hangup-Cause"), b"A");
    assert_eq!(event.get_all("HANGUP-CAUSE").collect::<Vec<_>>(), [&b"A"[..], b"B"]);
    assert_eq!(event.get_all("Content-Length").count(), 2);
    assert_eq!(*event.body(), *b"ok");
    for name in ["reject.plain.jsonl", "reject.json.jsonl"] {
        let messages = all(&named(name).from_switch);
        let complete =
            events(&messages).into_iter().find(|event| *event.name() == *b"CHANNEL_HANGUP_COMPLETE").unwrap();
        assert_eq!(complete.get_all("Hangup-Cause").count(), 2, "{name}");
    }
    // In plain the last one is the switch's own, and the only one that counts.
    let event = plain(b"content-length: 10\nx: y\nContent-Length: 2\n\nok");
    assert_eq!((event.len(), &*event.body()), (3, &b"ok"[..]));
}

#[test]
fn hazard_5_an_array_of_one_is_an_array_in_json_and_bare_in_plain() {
    let writer =
        EventWriter::new("X").array("one", &["a b"]).array("two", &["a:b", "c\"d"]).header("none", "x");
    for format in [Format::Plain, Format::Json] {
        let event = only_event(&writer.encode(format));
        assert_eq!(value(&event, "one"), b"a b");
        assert_eq!(event.array("one"), [&b"a b"[..]]);
        assert_eq!(value(&event, "two"), b"ARRAY::a:b|:c\"d");
        assert_eq!(event.array("two"), [&b"a:b"[..], b"c\"d"]);
        assert_eq!(event.array("none"), [&b"x"[..]]);
        assert!(event.array("absent").is_empty());
    }
    assert_eq!(json(br#"{"a":[]}"#).array("a").len(), 0);
    assert_eq!(json(b"{ \"a\" : [ \"x\" , \"y\" ] }").array("a").len(), 2);
}

#[test]
fn hazard_5_a_caller_named_like_an_array_is_still_text() {
    let writer = EventWriter::new("X").array("Caller-Caller-ID-Name", &["a", "", "b"]);
    for format in [Format::Plain, Format::Json] {
        let event = only_event(&writer.encode(format));
        assert_eq!(event.text("Caller-Caller-ID-Name").unwrap(), "ARRAY::a|:|:b");
        assert_eq!(event.array("Caller-Caller-ID-Name"), [&b"a"[..], b"", b"b"]);
    }
}

#[test]
fn hazard_6_custom_comes_last_and_names_are_known() {
    let request = Request::Events {
        format: Format::Plain,
        names: vec![EventName::CHANNEL_PARK, EventName::BACKGROUND_JOB],
        custom: vec![Subclass::new("callcenter::info").unwrap()],
    };
    assert_eq!(sent(&request), "event plain CHANNEL_PARK BACKGROUND_JOB CUSTOM callcenter::info\n\n");
    assert!(EventName::new("CHANNEL_PRAK").is_err());
    assert!(EventName::new("CUSTOM").is_err());
    assert_eq!(EventName::new("DTMF").unwrap(), EventName::DTMF);
    for bad in ["", "a b", "a\nb", "汉", "${x}", "a,b", "a\\b", &"x".repeat(201)] {
        assert!(Subclass::new(bad).is_err() && JobId::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn hazard_7_a_filter_cannot_be_negative() {
    let filter = |value| Request::Filter {
        header: HeaderName::new("Unique-ID").unwrap(),
        value: Argument::new().untrusted(value),
    };
    assert_eq!(sent(&filter("abc")), "filter Unique-ID abc\n\n");
    assert_eq!(sent(&filter("+-/abc")), "filter Unique-ID abc\n\n");
    for bad in ["delete", "ALL", "add", "", "a b", "a\n"] {
        assert!(HeaderName::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn hazard_8_no_request_ties_the_link_to_one_call() {
    let secret = || Secret::new("ClueCon").unwrap();
    let call = || ApiCommand::new("status", Argument::new());
    let all = [
        Request::Auth { password: secret() },
        Request::UserAuth { user: UserAtDomain::new("ops@example.org").unwrap(), password: secret() },
        Request::Events { format: Format::Json, names: vec![EventName::ALL], custom: vec![] },
        Request::NoEvents,
        Request::FilterDelete { header: HeaderName::new("Unique-ID").unwrap(), value: None },
        Request::Api(call()),
        Request::BgApi { command: call(), job: JobId::new("7").unwrap() },
        Request::SendMsg { channel: channel(), message: SendMsg::HangUp { cause: HangupCause::USER_BUSY } },
        Request::Linger { seconds: None },
        Request::Linger { seconds: Some(5) },
        Request::NoLinger,
        Request::Exit,
    ];
    let verbs: Vec<String> =
        all.iter().map(|request| sent(request).split([' ', '\n']).next().unwrap().to_owned()).collect();
    assert_eq!(
        verbs,
        "auth userauth event noevents filter api bgapi sendmsg linger linger nolinger exit"
            .split(' ')
            .collect::<Vec<_>>()
    );
}

#[test]
fn hazard_9_a_newline_in_a_reply_is_a_fault_and_not_a_guess() {
    let stream = b"Content-Type: command/reply\nReply-Text: first\nsecond\n\n";
    let (messages, end) = decode(stream, 1);
    assert_eq!((messages.len(), end), (0, Err(FrameError::NotAHeader { offset: 46 })));
    // The head of a log line was cut at 1024 bytes and lost its end, so it runs through the line into the
    // next frame's head.
    let stream = b"Content-Type: log/data\nContent-Length: 9\nUser-Data: aaaathe line\n\
                   Content-Length: 14\nContent-Type: text/event-plain\n\nEvent-Name: A\n\n";
    assert!(matches!(decode(stream, 1).1, Err(FrameError::LengthTwice { offset: 65 })));
}

#[test]
fn hazard_10_no_caller_can_close_the_event_socket_down() {
    let name = "Reload Mod_Event_Socket now";
    let variables = Variables::new().untrusted("origination_caller_id_name", name);
    let argument = Argument::new().variables(&variables).literal("user/1 &park()");
    let job = JobId::new("reload/mod_event_socket").unwrap();
    let text = sent(&Request::BgApi { command: ApiCommand::new("originate", argument), job });
    assert!(text.contains("Reload_Mod-Event_Socket_now"), "{text}");
    assert!(!text.to_lowercase().contains("mod_event_socket"), "{text}");
}

#[test]
fn hazard_12_a_tone_without_a_leg_is_read() {
    let event = plain(b"Event-Name: DETECTED_TONE\nDetected-Tone: fax\n\n");
    assert_eq!(event.get("Unique-ID"), None);
    assert_eq!(event.non_empty("Detected-Tone").unwrap(), &b"fax"[..]);
}

#[test]
fn hazard_13_text_from_outside_is_never_expanded() {
    let outside = |text: &str| Argument::new().untrusted(text).as_str().to_owned();
    assert_eq!(outside("${system(reboot)}"), "__system_reboot__");
    assert_eq!(outside("a\nsendmsg b\r\n\0"), "a_sendmsg_b___");
    assert_eq!(outside("sip:李雷+86-10.5@example.org:5060/x_y"), "sip:李雷+86-10.5@example.org:5060/x_y");
    assert_eq!(outside("$ \\ ' \" ` { } [ ] ( ) , ; ^ | & < > ! # % = ~ *").replace('_', ""), "");
    assert_eq!(outside("a:_:b:$:c"), "a___b___c", "`:_:` parts dial strings");
    assert_eq!(outside("http://evil/x.wav"), "http_//evil/x.wav");
    assert_eq!(outside(":a:"), "_a_");
    assert_eq!(outside(&"好".repeat(1000)).len(), UNTRUSTED_BYTES_MAX / 3 * 3);
}

#[test]
fn hazard_13_an_endpoint_of_the_settings_is_one_endpoint() {
    for good in
        ["sofia/gateway/carrier/", "user/1001@example.org", "sofia/trunk/1@127.0.0.1:5060;transport=tcp"]
    {
        assert_eq!(Endpoint::new(good).unwrap().as_str(), good);
    }
    for bad in [
        "a b",
        "a\nb",
        "${x}",
        "{a=b}user/1",
        "a|b",
        "a,b",
        "a\\b",
        "a^b",
        "a&b",
        "a<b",
        "a'b",
        "a\"b",
        "[x]a",
    ] {
        assert!(matches!(Endpoint::new(bad), Err(InvalidEndpoint::Character(_))), "{bad}");
    }
    assert_eq!(Endpoint::new("a:_:b"), Err(InvalidEndpoint::Several));
    assert_eq!(Endpoint::new(""), Err(InvalidEndpoint::Empty));
    assert_eq!(Endpoint::new(&"a".repeat(513)), Err(InvalidEndpoint::TooLong));
}

#[test]
fn hazard_13_an_originate_is_put_together_from_typed_parts() {
    let variables = Variables::new()
        .channel("origination_uuid", &channel())
        .number("originate_timeout", 20)
        .flag("ignore_early_media", true)
        .untrusted("origination_caller_id_number", "400,8001234}evil");
    let argument = Argument::new()
        .variables(&variables)
        .endpoint(&Endpoint::new("sofia/gateway/carrier/").unwrap())
        .untrusted("86005")
        .literal(" &park()");
    let job = JobId::new("x/7").unwrap();
    assert_eq!(
        sent(&Request::BgApi { command: ApiCommand::new("originate", argument), job }),
        "bgapi originate {origination_uuid=701c9af8-d4a8-42d9-8f84-f9ea13088ab2,originate_timeout=20,\
         ignore_early_media=true,origination_caller_id_number=400_8001234_evil}sofia/gateway/carrier/86005 \
         &park()\nJob-UUID: x/7\n\n"
    );
}

#[test]
fn hazard_14_an_application_goes_out_with_its_argument_as_its_body() {
    let message = SendMsg::Execute {
        application: App::PLAYBACK,
        argument: Argument::new().literal("/srv/a:b.wav"),
        event_uuid: Some(JobId::new("x/7").unwrap()),
        loops: Some(-1),
        event_lock: true,
    };
    let request = Request::SendMsg { channel: channel(), message };
    assert_eq!(
        sent(&request),
        "sendmsg 701c9af8-d4a8-42d9-8f84-f9ea13088ab2\ncall-command: execute\nexecute-app-name: playback\n\
         Event-UUID: x/7\nloops: -1\nevent-lock: true\ncontent-type: text/plain\ncontent-length: 12\n\n\
         /srv/a:b.wav"
    );
    let received = requests(&encoded(&request), 1).remove(0).parse();
    let ParsedRequest::Execute { application, argument, loops: Some(-1), event_lock: true, .. } = received
    else {
        panic!("{received:?}");
    };
    assert_eq!((application.as_str(), argument.as_str()), ("playback", "/srv/a:b.wav"));
    assert!(std::panic::catch_unwind(|| App::named("play back")).is_err());
    assert!(std::panic::catch_unwind(|| ApiCommand::new("a\nb", Argument::new())).is_err());
}

#[test]
fn a_password_is_not_printed_and_is_one_line() {
    let password = Secret::new("hunter2").unwrap();
    let request = Request::Auth { password: password.clone() };
    assert_eq!(sent(&request), "auth hunter2\n\n");
    assert!(!format!("{request:?}").contains("hunter2"));
    let received = requests(b"auth hunter2\n\nuserauth a@b:hunter2\n\n", usize::MAX);
    assert!(!format!("{received:?} {:?} {:?}", received[0].parse(), received[1].parse()).contains("hunter2"));
    for bad in ["", "a\nb", "a\r", "a\0"] {
        assert!(Secret::new(bad).is_err());
    }
    for bad in ["a", "a@", "@b", "a@b:c", "a@b@c", "a @b"] {
        assert!(UserAtDomain::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_empty_value_is_undefined_in_plain_and_empty_in_json() {
    let writer =
        EventWriter::new("X").header("a", "").header("variable_b", "").header("variable_c", "_undef_");
    let (plain, json) = (only_event(&writer.to_plain()), only_event(&writer.to_json()));
    assert_eq!((value(&plain, "a"), value(&json, "a")), (b"_undef_".to_vec(), b"".to_vec()));
    for event in [plain, json] {
        assert_eq!((event.non_empty("a"), event.variable("b"), event.variable("c")), (None, None, None));
    }
}

#[test]
fn a_custom_event_starts_with_its_subclass() {
    let event = only_event(&EventWriter::custom("callcenter::info").header("x", "y").to_plain());
    assert_eq!(event.iter().next().unwrap(), (&b"Event-Subclass"[..], &b"callcenter%3A%3Ainfo"[..]));
    assert_eq!(*event.name(), *b"CUSTOM");
}

#[test]
fn names_keep_their_case_and_their_colons() {
    let event = plain(b"variable_a: b: c\nvariable_MiXed: 1\nvariable_: 2\n\n");
    assert_eq!(event.variable("a: b").unwrap(), &b"c"[..]);
    assert_eq!(event.variable("a"), None);
    assert_eq!(event.variable("mixed").unwrap(), &b"1"[..]);
    assert_eq!(event.variable("").unwrap(), &b"2"[..]);
    assert_eq!(event.iter().nth(1).unwrap().0, b"variable_MiXed");
    let event = json(br#"{"variable_a\"b":"x\ty","c":"\ud83d\ude00\u4e2d\ud83d","d":"\q\u12"}"#);
    assert_eq!(event.variable("A\"B").unwrap(), &b"x\ty"[..]);
    assert_eq!(event.text("c").unwrap(), "😀中\u{fffd}");
    assert_eq!(event.text("d").unwrap(), "\\q\\u12");
}

#[test]
fn the_answer_to_connect_is_an_event_in_the_head() {
    let event = EventWriter::new("CHANNEL_DATA")
        .header("variable_a: b", "c d")
        .header("Content-Type", "command/reply")
        .header("Reply-Text", "+OK\n");
    let Message::Reply(reply) = all(&event.serialized()).remove(0) else { panic!() };
    assert!(reply.is_ok());
    assert_eq!(reply.text(), "+OK\n");
    assert_eq!(reply.channel.unwrap().variable("a: b").unwrap(), &b"c d"[..]);
}

#[test]
fn both_kinds_of_disconnect_and_a_rejection() {
    use hotlined_esl::server;
    let stream = [
        server::auth_request(),
        server::reply("+OK accepted"),
        server::reply_job("7"),
        server::api_response(b"+OK\n"),
        server::linger_notice("701c9af8", 5),
        server::disconnect_notice(),
        server::rude_rejection(),
    ]
    .concat();
    let messages = all(&stream);
    assert!(matches!(&messages[2], Message::Reply(reply) if reply.job_uuid() == Some(b"7") && reply.is_ok()));
    assert!(matches!(&messages[3], Message::ApiResponse { body } if **body == *b"+OK\n"));
    assert!(
        matches!(&messages[4], Message::Disconnect { linger: true, session: Some(leg), .. } if **leg == *b"701c9af8")
    );
    assert!(matches!(&messages[5], Message::Disconnect { linger: false, session: None, .. }));
    assert!(matches!(&messages[6], Message::Rejected { text } if **text == *b"Access Denied, go away.\n"));
}

#[test]
fn an_xml_event_was_not_asked_for() {
    let (_, end) = decode(b"Content-Length: 3\nContent-Type: text/event-xml\n\n<a>", 5);
    assert!(end.unwrap_err().to_string().contains("XML"));
}
