//! Broken and malicious bytes: any panic is our fault, and so is any guess.

use super::*;
use hotlined_esl::event::EventError;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::frame::Framer;

/// The frames of a capture around a call's start: every kind of frame, short enough to break everywhere.
fn victims() -> Vec<Vec<u8>> {
    let writer = EventWriter::new("CHANNEL_PARK").header("a", "x\ny\"").array("b", &["1", "2"]).body("+OK\n");
    let small = |capture: &str| named(capture).from_switch[..2_000].to_vec();
    vec![
        small("reject.plain.jsonl"),
        small("reject.json.jsonl"),
        [writer.to_plain(), writer.to_json()].concat(),
    ]
}

/// Decodes and reads everything in what came out.
fn survive(stream: &[u8]) {
    let (messages, _) = decode(stream, usize::MAX);
    for event in events(&messages) {
        let _ = (event.body(), event.name(), event.array("b"), event.headers().count(), event.variable("x"));
    }
}

#[test]
fn every_byte_flipped_cut_or_doubled() {
    for victim in victims() {
        let mut bytes = victim.clone();
        for at in 0..victim.len() {
            for mask in [0x01, 0x0A, 0x20, 0x80, 0xFF] {
                bytes[at] ^= mask;
                survive(&bytes);
                bytes[at] ^= mask;
            }
            survive(&victim[..at]);
            survive(&[&victim[..at], &victim[at + 1..]].concat());
            survive(&[&victim[..=at], &victim[at..]].concat());
        }
    }
}

/// The frame of each byte and the head behind it: what comes before is the same for all.
#[test]
fn every_position_of_a_whole_capture_flipped() {
    let whole = named("reject.plain.jsonl").from_switch;
    let mut buffer = bytes::BytesMut::from(&whole[..]);
    let mut framer = Framer::default();
    let mut faults = 0;
    while let Some(frame) = framer.next(&mut buffer).unwrap() {
        let start = frame.offset as usize;
        let end = whole.len() - buffer.len();
        let mut bytes = whole[start..whole.len().min(end + 60)].to_vec();
        for at in 0..end - start {
            bytes[at] ^= 0x15;
            let mut decoder = MessageDecoder::default();
            decoder.push(&bytes);
            while let Some(message) = decoder.next().unwrap_or_else(|_| {
                faults += 1;
                None
            }) {
                drop(message);
            }
            bytes[at] ^= 0x15;
        }
    }
    assert!(faults > 1_000, "{faults}");
}

#[test]
fn a_length_that_lies() {
    let stream = |length: &str| {
        format!("Content-Length: {length}\nContent-Type: text/event-plain\n\nEvent-Name: A\n\n").into_bytes()
    };
    let fault = |stream: &[u8]| decode(stream, 3).1.unwrap_err();
    assert!(decode(&stream("15"), 3).1.is_ok());
    // Too short: the event is not finished, and says so before what follows is taken for a frame.
    assert_eq!(
        fault(&stream("12")),
        FrameError::Event { offset: 51, error: EventError::Unfinished { at: 0 } }
    );
    // One short: all lines are whole, and yet the end is missing.
    assert_eq!(
        fault(&stream("14")),
        FrameError::Event { offset: 65, error: EventError::Unfinished { at: 14 } }
    );
    // Too long: it eats into what follows, where it stops making sense, or waits until the stream ends.
    assert_eq!(fault(&stream("16")), FrameError::CutOff { offset: 66, missing_at_least: 1 });
    let two = [stream("40"), stream("15")].concat();
    assert!(matches!(fault(&two), FrameError::Event { error: EventError::Length { declared: 0, .. }, .. }));
    for bad in ["", "-1", "1x", "1 ", "0x10", "99999999999999999999"] {
        assert_eq!(fault(&stream(bad)), FrameError::LengthNotANumber { offset: 0 }, "{bad}");
    }
    let max = WireLimits::default().body_bytes_max;
    let length = max as u64 + 1;
    assert_eq!(fault(&stream(&length.to_string())), FrameError::BodyTooLong { offset: 0, length, max });
    let twice = b"Content-Length: 3\nContent-Length: 4\nContent-Type: api/response\n\nabc";
    assert_eq!(fault(twice), FrameError::LengthTwice { offset: 18 });
}

#[test]
fn an_inner_length_that_lies() {
    let read = |text: &'static str| {
        EslEvent::from_plain(text.into(), &WireLimits::default()).map(|_| ()).unwrap_err()
    };
    assert_eq!(read("Content-Length: 3\n\nab"), EventError::Length { declared: 3, present: 2 });
    assert_eq!(read("Content-Length: 1\n\nab"), EventError::Length { declared: 1, present: 2 });
    assert_eq!(read("a: b\n\nab"), EventError::Length { declared: 0, present: 2 });
    assert_eq!(read("a: b\nContent-Length: x\n\nab"), EventError::LengthNotANumber { at: 5 });
}

#[test]
fn offsets_count_from_the_start_of_the_connection() {
    let good = b"Content-Type: auth/request\n\n";
    let stream =
        [&good[..], b"\n", good, b"Content-Length: 7\nContent-Type: text/event-plain\n\nnothing"].concat();
    for chunk in [1, 10, 1000] {
        let (messages, end) = decode(&stream, chunk);
        assert_eq!(messages.len(), 2);
        assert_eq!(end, Err(FrameError::Event { offset: 107, error: EventError::Unfinished { at: 0 } }));
    }
    assert_eq!(&stream[107..], b"nothing");
    assert_eq!(decode(b"\n\nx\n", 1).1, Err(FrameError::NotAHeader { offset: 2 }));
    assert_eq!(decode(b"\nX: y\n\n", 1).1, Err(FrameError::NoContentType { offset: 1 }));
}

#[test]
fn after_a_fault_nothing_more_is_read() {
    let mut decoder = MessageDecoder::default();
    decoder.push(b"nonsense\n\n");
    let fault = decoder.next().unwrap_err();
    decoder.push(b"Content-Type: auth/request\n\n");
    assert_eq!(decoder.next(), Err(fault));
}

#[test]
fn ten_thousand_headers() {
    let line = "X: y\n".repeat(10_000);
    let max = WireLimits::default().headers_max;
    let head = format!("{line}Content-Type: auth/request\n\n");
    assert_eq!(
        decode(head.as_bytes(), 1000).1,
        Err(FrameError::TooManyHeaders { offset: max as u64 * 5, max })
    );
    let limits = WireLimits { headers_max: 10_000, ..WireLimits::default() };
    assert_eq!(EslEvent::from_plain(format!("{line}\n").into(), &limits).unwrap().len(), 10_000);
    assert_eq!(
        EslEvent::from_plain(format!("{line}\n").into(), &WireLimits::default()),
        Err(EventError::TooManyHeaders { at: max * 5, max })
    );
    let object = format!("{{{}\"x\":\"y\"}}", "\"x\":\"y\",".repeat(9_999));
    assert_eq!(EslEvent::from_json(object.clone().into(), &limits).unwrap().len(), 10_000);
    assert!(matches!(
        EslEvent::from_json(object.into(), &WireLimits::default()),
        Err(EventError::TooManyHeaders { .. })
    ));
}

#[test]
fn a_head_without_an_end() {
    let max = WireLimits::default().head_bytes_max;
    for text in ["x", "X: y\n"] {
        let endless = text.repeat(70_000);
        let fault = decode(endless.as_bytes(), 999).1.unwrap_err();
        let expected = FrameError::HeadTooLong { offset: 0, max };
        assert!(fault == expected || matches!(fault, FrameError::TooManyHeaders { .. }), "{fault}");
    }
}

/// A megabyte of it byte by byte: were it looked at anew for each, this test would take an hour.
#[test]
fn a_body_of_16_mib_is_taken_in_any_pieces_and_17_are_refused() {
    let limits = WireLimits::default();
    let mut decoder = MessageDecoder::new(limits);
    let length = limits.body_bytes_max;
    decoder.push(format!("Content-Type: api/response\nContent-Length: {length}\n\n").as_bytes());
    let slowly = 1 << 20;
    for _ in 0..slowly {
        decoder.push(b"\n");
        assert_eq!(decoder.next(), Ok(None));
    }
    decoder.push(&vec![b'\n'; length - slowly]);
    assert!(matches!(decoder.next(), Ok(Some(Message::ApiResponse { body })) if body.len() == length));
    let (_, end) = decode(format!("Content-Type: x\nContent-Length: {}\n\n", 17 << 20).as_bytes(), 4096);
    assert!(matches!(end, Err(FrameError::BodyTooLong { length: 17_825_792, .. })));
    let event = vec![b'x'; 17 << 20];
    assert!(matches!(EslEvent::from_plain(event.into(), &limits), Err(EventError::TooLong { .. })));
}

#[test]
fn json_that_is_none() {
    for text in [
        "",
        "{",
        "}",
        "[]",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":\"",
        "{\"a\":\"b\"",
        "{\"a\":\"b\",",
        "{\"a\":\"b\",}",
        "{\"a\":{}}",
        "{\"a\":[1]}",
        "{\"a\":[\"b\"}",
        "{\"a\":[\"b\",]}",
        "{\"a\":\"b\"}x",
        "{\"a\":\"b\\\"}",
        "{a:\"b\"}",
        "\"a\"",
        "{\"a\" \"b\"}",
        "{\"a\":[[]]}",
    ] {
        let read = EslEvent::from_json(text.into(), &WireLimits::default());
        assert!(matches!(read, Err(EventError::Json { .. })), "{text}: {read:?}");
    }
    assert_eq!(json(b" {\n\"a\" : \"b\" ,\t\"n\":-1.5, \"t\":true } \n").len(), 3);
    assert!(json(b"{}").is_empty());
}

#[test]
fn plain_that_is_none() {
    for text in ["x", "x\n", ": y\n\n", "a:b\n\n", "a: b"] {
        assert!(EslEvent::from_plain(text.into(), &WireLimits::default()).is_err(), "{text:?}");
    }
    assert!(plain(b"\n").is_empty() && plain(b"").is_empty());
    assert_eq!(plain(b"a: b\n").len(), 1, "a dump may have lost its empty line");
    let long = format!("{}: x\n\n", "n".repeat(70_000));
    assert!(matches!(
        EslEvent::from_plain(long.into(), &WireLimits::default()),
        Err(EventError::NameTooLong { .. })
    ));
}

mod requests {
    use bytes::BytesMut;
    use hotlined_esl::frame::WireLimits;
    use hotlined_esl::server::{RequestDecoder, RequestError};

    fn fault(bytes: &[u8]) -> RequestError {
        let limits = WireLimits { head_bytes_max: 100, body_bytes_max: 10, headers_max: 5 };
        let mut decoder = RequestDecoder::new(limits);
        let mut buffer = BytesMut::from(bytes);
        let fault = decoder.decode(&mut buffer).unwrap_err();
        assert_eq!(decoder.decode(&mut buffer), Err(fault.clone()));
        fault
    }

    #[test]
    fn a_request_that_is_too_much_is_refused() {
        assert!(matches!(fault(&[b'x'; 200]), RequestError::HeadTooLong { offset: 0, max: 100 }));
        assert!(matches!(
            fault(b"\n\nx\na: b\na: b\na: b\na: b\na: b\n\n"),
            RequestError::TooManyHeaders { offset: 2, .. }
        ));
        assert!(matches!(fault(b"x\ncontent-length: 11\n\n"), RequestError::BodyTooLong { length: 11, .. }));
        assert!(matches!(fault(b"x\ncontent-length: no\n\n"), RequestError::LengthNotANumber { .. }));
    }

    #[test]
    fn a_request_of_a_telnet_user_is_read() {
        let mut buffer = BytesMut::from(&b"\r\n\r\napi status\r\nX-Odd\r\n: \r\n\r\nexit\r\n\r\n"[..]);
        let mut decoder = RequestDecoder::default();
        assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap().line, "api status");
        assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap().line, "exit");
    }
}
