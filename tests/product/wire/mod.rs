//! The event socket's wire against captured bytes of a real FreeSWITCH 1.10.12, against its known hazards,
//! and against hostile bytes.

mod captured;
mod hazards;
mod hostile;
mod orders;
mod round_trip;
mod sockets;
mod witness;

use bytes::Bytes;
use hotlined_esl::event::EslEvent;
use hotlined_esl::frame::{FrameError, WireLimits};
use hotlined_esl::message::{Message, MessageDecoder};
use std::path::PathBuf;

/// What one side of a captured connection sent, without the times.
struct Capture {
    name: String,
    from_switch: Vec<u8>,
    to_switch: Vec<u8>,
}

fn captures() -> Vec<Capture> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures/lab");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(capture).collect()
}

fn capture(path: PathBuf) -> Capture {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let (mut from_switch, mut to_switch) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let side = if entry["dir"] == "rx" { &mut from_switch } else { &mut to_switch };
        side.extend_from_slice(entry["data"].as_str().unwrap().as_bytes());
    }
    Capture { name, from_switch, to_switch }
}

fn named(name: &str) -> Capture {
    captures().into_iter().find(|capture| capture.name == name).unwrap()
}

/// All messages of a stream, and how it ended.
fn decode(stream: &[u8], chunk: usize) -> (Vec<Message>, Result<(), FrameError>) {
    let mut decoder = MessageDecoder::default();
    let mut messages = Vec::new();
    for bytes in stream.chunks(chunk) {
        decoder.push(bytes);
        loop {
            match decoder.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(fault) => return (messages, Err(fault)),
            }
        }
    }
    (messages, decoder.end())
}

fn all(stream: &[u8]) -> Vec<Message> {
    let (messages, end) = decode(stream, usize::MAX);
    end.unwrap();
    messages
}

fn events(messages: &[Message]) -> Vec<&EslEvent> {
    let mut events = Vec::new();
    for message in messages {
        if let Message::Event(event) = message {
            events.push(event);
        }
    }
    events
}

/// The one event of a stream.
fn only_event(stream: &[u8]) -> EslEvent {
    match all(stream).remove(0) {
        Message::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn plain(text: &'static [u8]) -> EslEvent {
    EslEvent::from_plain(Bytes::from_static(text), &WireLimits::default()).unwrap()
}

fn json(text: &'static [u8]) -> EslEvent {
    EslEvent::from_json(Bytes::from_static(text), &WireLimits::default()).unwrap()
}

fn value(event: &EslEvent, name: &str) -> Vec<u8> {
    event.get(name).unwrap_or_else(|| panic!("no {name}")).into_owned()
}
