//! What one end writes the other end reads, whatever the bytes.

use super::captured::requests;
use super::*;
use crate::support::cases;
use bytes::BytesMut;
use hotlined_esl::argument::{Argument, Variables};
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::request::{ApiCommand, Request, SendMsg};
use hotlined_esl::server::ParsedRequest;
use hotlined_esl::vocabulary::{App, ChannelId, JobId};
use proptest::collection::vec;
use proptest::prelude::*;

fn encoded(request: &Request) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    request.encode(&mut bytes);
    bytes.to_vec()
}

/// What plain cannot carry: an escape that was there before (hazard 1), NUL, and emptiness.
fn survives_plain(value: &[u8]) -> bool {
    let looks_coded = |at: usize| {
        let hex =
            |at| value.get(at).is_some_and(|byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte));
        hex(at + 1) && hex(at + 2)
    };
    !value.is_empty() && !memchr::memchr_iter(b'%', value).any(looks_coded)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_event_reads_back(
        headers in vec(("[A-Za-z_-]{1,20}( [a-z]{1,3})?", vec(any::<u8>(), 0..40)), 0..20),
        items in vec(vec(any::<u8>(), 0..8), 2..5),
        body in vec(any::<u8>(), 0..60),
        chunk in 1_usize..50,
    ) {
        let mut writer = EventWriter::new("CHANNEL_DATA");
        for (name, value) in &headers {
            writer = writer.header(&format!("variable_{name}"), value);
        }
        let writer = writer.array("items", &items).body(&body);
        for (format, bytes) in [("plain", writer.to_plain()), ("json", writer.to_json())] {
            let (messages, end) = decode(&bytes, chunk);
            prop_assert_eq!(end, Ok(()));
            let event = events(&messages)[0];
            prop_assert_eq!(&*event.body(), &body[..]);
            let read: Vec<_> = event.headers().skip(1).take(headers.len()).collect();
            for ((name, value), (read_name, read_value)) in headers.iter().zip(read) {
                prop_assert_eq!(format!("variable_{name}").into_bytes(), read_name.into_owned());
                if format == "json" || survives_plain(value) {
                    prop_assert_eq!(&value[..], &*read_value);
                }
            }
            if format == "json" {
                let read: Vec<Vec<u8>> = event.array("items").into_iter().map(|item| item.into_owned()).collect();
                prop_assert_eq!(&read, &items);
            }
        }
    }

    #[test]
    fn no_text_from_outside_becomes_more_than_text(text in "\\PC*|(.|\n|\\$\\{|:_:|,|\\})*", more in ".*") {
        let argument = Argument::new().untrusted(&text).untrusted(&more);
        let sent = argument.as_str();
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || "$\\'\"`{}[](),;^|&<>!#%=~*".contains(c);
        prop_assert!(!sent.contains(forbidden), "{sent}");
        prop_assert!(!sent.contains(":_:") && !sent.contains("://"));

        let variables = Variables::new().untrusted("a", &text).untrusted("b", &more);
        let call = ApiCommand::new("originate", Argument::new().variables(&variables).literal("user/1 &park()"));
        let bytes = encoded(&Request::BgApi { command: call, job: JobId::new("7").unwrap() });
        let received = requests(&bytes, 7);
        prop_assert_eq!(received.len(), 1);
        let ParsedRequest::BgApi { command, argument, job } = received[0].parse() else { panic!() };
        prop_assert_eq!((command.as_str(), job.as_deref()), ("originate", Some("7")));
        let inner = argument.strip_prefix("{a=").unwrap().strip_suffix("}user/1 &park()").unwrap();
        prop_assert_eq!(inner.matches(",b=").count(), 1);
        prop_assert_eq!(inner.matches([',', '=', '}', '{', ' ']).count(), 2);
    }

    #[test]
    fn any_argument_reaches_the_other_end(text in ".*", leg in "[a-z0-9-]{1,40}", number: u64, event_lock: bool) {
        let channel = ChannelId::new(&leg).unwrap();
        let argument = Argument::new().channel(&channel).literal(" x:y ").number(number).literal(" ").untrusted(&text);
        let message = SendMsg::Execute {
            application: App::PLAYBACK, argument: argument.clone(), event_uuid: None, loops: Some(3), event_lock,
        };
        let bytes = encoded(&Request::SendMsg { channel: channel.clone(), message });
        let received = requests(&[&bytes[..], b"exit\n\n"].concat(), 11);
        prop_assert_eq!(received.len(), 2);
        let expected = ParsedRequest::Execute {
            leg: Some(leg.clone()),
            application: "playback".into(),
            argument: argument.as_str().into(),
            event_uuid: None,
            loops: Some(3),
            event_lock,
        };
        prop_assert_eq!(received[0].parse(), expected);
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300), structured in "(Content-(Type|Length): ?[a-z0-9/-]{0,16}\n|\n|\"|\\{|:|,|\\\\)*") {
        for bytes in [&bytes[..], structured.as_bytes()] {
            let _ = decode(bytes, 3);
            let bytes = Bytes::copy_from_slice(bytes);
            for event in [EslEvent::from_plain(bytes.clone(), &WireLimits::default()), EslEvent::from_json(bytes, &WireLimits::default())].into_iter().flatten() {
 let _ = (event.headers().count(), event.body(), format!("{event:?}"));
}
        }
    }
}
