//! Any stream, cut in any way, gives the same messages and the same end. Start it with the captures' streams.
#![no_main]

use hotlined_esl::frame::FrameError;
use hotlined_esl::message::{Message, MessageDecoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (chunk, stream) = input;
    assert_eq!(decode(stream, usize::from(chunk).max(1)), decode(stream, usize::MAX));
});

fn decode(stream: &[u8], chunk: usize) -> (Vec<Message>, Result<(), FrameError>) {
    let mut decoder = MessageDecoder::default();
    let mut messages = Vec::new();
    for bytes in stream.chunks(chunk) {
        decoder.push(bytes);
        loop {
            match decoder.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Err(error)),
            }
        }
    }
    (messages, decoder.end())
}
