//! A client over a plain `std::net::TcpStream`: logs in, subscribes to events and prints them.
//!
//! ```sh
//! cargo run --example subscribe -- 127.0.0.1:8021 ClueCon
//! ```

use bytes::BytesMut;
use hotlined_esl::event::{EslEvent, Format};
use hotlined_esl::message::{Message, MessageDecoder, Reply};
use hotlined_esl::request::Request;
use hotlined_esl::vocabulary::{EventName, Secret};
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The events to subscribe to.
const EVENTS: [EventName; 6] = [
    EventName::CHANNEL_CREATE,
    EventName::CHANNEL_ANSWER,
    EventName::CHANNEL_BRIDGE,
    EventName::CHANNEL_HANGUP_COMPLETE,
    EventName::DTMF,
    EventName::HEARTBEAT,
];

/// The replies that are still to come, in the order of the requests: FreeSWITCH answers in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    WaitForGreeting,
    WaitForLogin,
    WaitForSubscription,
    Subscribed,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(password)) = (arguments.next(), arguments.next()) else {
        return Err("usage: subscribe HOST:PORT PASSWORD, such as 127.0.0.1:8021 ClueCon".into());
    };
    let password = Secret::new(&password)?;
    let mut socket = TcpStream::connect(address)?;
    let (mut decoder, mut step) = (MessageDecoder::default(), Step::WaitForGreeting);
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = socket.read(&mut buffer)?;
        if length == 0 {
            // An error if the switch closed in the middle of a message.
            decoder.end()?;
            return Ok(());
        }
        decoder.push(&buffer[..length]);
        while let Some(message) = decoder.next()? {
            match message {
                Message::AuthRequest => {
                    send(&mut socket, &Request::Auth { password: password.clone() })?;
                    step = Step::WaitForLogin;
                }
                Message::Reply(reply) => step = on_reply(&mut socket, step, &reply)?,
                Message::Event(event) => print(&event),
                Message::Rejected { text } => return Err(String::from_utf8_lossy(&text).into()),
                Message::Disconnect { .. } => println!("the switch closes the connection"),
                Message::ApiResponse { .. } | Message::Log(_) | Message::Other(_) => {}
            }
        }
    }
}

fn on_reply(socket: &mut TcpStream, step: Step, reply: &Reply) -> Result<Step, Box<dyn Error>> {
    if !reply.is_ok() {
        return Err(format!("{step:?}: the switch answered {}", reply.text()).into());
    }
    match step {
        Step::WaitForLogin => {
            let (names, custom) = (EVENTS.to_vec(), Vec::new());
            send(socket, &Request::Events { format: Format::Plain, names, custom })?;
            Ok(Step::WaitForSubscription)
        }
        Step::WaitForSubscription => {
            println!("subscribed to {} events", EVENTS.len());
            Ok(Step::Subscribed)
        }
        Step::WaitForGreeting | Step::Subscribed => Ok(step),
    }
}

/// Writes a request in one piece: while FreeSWITCH has half a request it sends no events.
fn send(socket: &mut TcpStream, request: &Request) -> std::io::Result<()> {
    let mut bytes = BytesMut::new();
    request.encode(&mut bytes);
    socket.write_all(&bytes)
}

fn print(event: &EslEvent) {
    let name = String::from_utf8_lossy(&event.name()).into_owned();
    let value = |header: &str| event.text(header).unwrap_or_default().into_owned();
    println!("{name} channel={} caller={}", value("Unique-ID"), value("Caller-Caller-ID-Number"));
}
