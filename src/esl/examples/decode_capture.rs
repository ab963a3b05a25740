//! Decodes the bytes of an event socket and prints each message.
//!
//! ```sh
//! cargo run --example decode_capture                # a short session that is in this file
//! cargo run --example decode_capture -- stream.bin  # the bytes that a switch sent, from a file
//! ```
//!
//! A file is what the switch sent on one connection, such as the payload of a TCP stream from a packet capture.

use hotlined_esl::message::{Message, MessageDecoder};
use std::error::Error;

/// A short session: the password is asked for and accepted, a caller is parked, the caller hangs up, the switch closes.
const SESSION: &[u8] = b"Content-Type: auth/request\n\n\
    Content-Type: command/reply\nReply-Text: +OK accepted\n\n\
    Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n\
    Content-Length: 174\nContent-Type: text/event-plain\n\n\
    Event-Name: CHANNEL_PARK\nUnique-ID: 701c9af8-d4a8-42d9-8f84-f9ea13088ab2\n\
    Caller-Caller-ID-Name: %E6%9D%8E%E9%9B%B7\nCaller-Destination-Number: 4008001234\nvariable_x: _undef_\n\n\
    Content-Length: 115\nContent-Type: text/event-json\n\n\
    {\"Event-Name\":\"CHANNEL_HANGUP\",\"Unique-ID\":\"701c9af8-d4a8-42d9-8f84-f9ea13088ab2\",\
    \"Hangup-Cause\":\"NORMAL_CLEARING\"}\
    Content-Type: text/disconnect-notice\nContent-Length: 23\n\n\
    Disconnected, goodbye.\n";

/// How many bytes are given to the decoder at a time, to show that messages may be cut anywhere.
const CHUNK_BYTES: usize = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = match std::env::args().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => SESSION.to_vec(),
    };
    let mut decoder = MessageDecoder::default();
    for chunk in bytes.chunks(CHUNK_BYTES) {
        decoder.push(chunk);
        while let Some(message) = decoder.next()? {
            print(&message);
        }
    }
    // An error if the stream ended in the middle of a message.
    decoder.end()?;
    Ok(())
}

fn print(message: &Message) {
    match message {
        Message::AuthRequest => println!("the switch asks for the password"),
        Message::Rejected { text } => println!("rejected: {}", String::from_utf8_lossy(text)),
        Message::Reply(reply) => println!("reply: {}", reply.text().trim()),
        Message::ApiResponse { body } => println!("API output: {}", String::from_utf8_lossy(body)),
        Message::Event(event) => {
            println!("event: {}", String::from_utf8_lossy(&event.name()));
            for (name, value) in event.headers() {
                println!("    {}: {}", String::from_utf8_lossy(&name), String::from_utf8_lossy(&value));
            }
            if !event.body().is_empty() {
                println!("    body of {} bytes", event.body().len());
            }
        }
        Message::Log(log) => println!("log: {}", String::from_utf8_lossy(&log.text)),
        Message::Disconnect { linger, text, .. } => {
            println!("disconnect (linger: {linger}): {}", String::from_utf8_lossy(text).trim());
        }
        Message::Other(frame) => {
            println!("unknown message: {}", String::from_utf8_lossy(frame.content_type()));
        }
    }
}
