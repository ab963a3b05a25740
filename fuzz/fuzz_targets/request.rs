//! Text from outside never leaves the argument it was put into; and no bytes of a client panic the other end.
#![no_main]

use bytes::BytesMut;
use hotlined_esl::argument::{Argument, Variables};
use hotlined_esl::request::{ApiCommand, Request};
use hotlined_esl::server::{ParsedRequest, RequestDecoder};
use hotlined_esl::vocabulary::JobId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (first, second, raw) = input;
    let variables = Variables::new().untrusted("a", first).untrusted("b", second);
    let argument = Argument::new().variables(&variables).untrusted(first).literal(" &park()").untrusted(second);
    assert!(!argument.as_str().contains("${") && !argument.as_str().contains(char::is_control));
    let Ok(job) = JobId::new("7") else { return };
    let mut bytes = BytesMut::new();
    Request::BgApi { command: ApiCommand::new("originate", argument), job }.encode(&mut bytes);
    let mut decoder = RequestDecoder::default();
    let Ok(Some(request)) = decoder.decode(&mut bytes) else { panic!("our own request is not read") };
    let ParsedRequest::BgApi { command, job: Some(job), .. } = request.parse() else { panic!("{request:?}") };
    assert!(command == "originate" && job == "7" && bytes.is_empty() && request.headers.len() == 1);

    let mut bytes = BytesMut::from(raw);
    while let Ok(Some(request)) = decoder.decode(&mut bytes) {
        let _ = (request.parse(), format!("{request:?}"));
    }
});
