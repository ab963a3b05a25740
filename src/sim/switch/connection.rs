//! One connection to the simulated switch: the password, the requests and their replies, the events.

use super::hub::{ActiveFaults, Shared};
use super::listener::Listener;
use crate::requests::parse_request;
use bytes::{Bytes, BytesMut};
use hotlined_esl::frame::WireLimits;
use hotlined_esl::server;
use hotlined_esl::server::{RawRequest, RequestDecoder};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How many bytes one read takes at least, so that many waiting requests come in one read.
const READ_BYTES: usize = 16 * 1_024;

/// How often a connection looks for events (MES:1504).
const POLL: Duration = Duration::from_millis(20);

/// How a request is answered.
enum Answer {
    Reply(Bytes),
    /// Sends this and ends the connection.
    Close(Bytes),
}

/// Serves a connection until one side ends it.
pub(super) async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    // Without TCP_NODELAY small writes wait for each other; a failure to set it only slows the connection.
    let _ = stream.set_nodelay(true);
    let faults = shared.faults.subscribe();
    let generation = faults.borrow().generation;
    let mut connection = Connection {
        faults,
        generation,
        stream,
        shared,
        decoder: RequestDecoder::new(WireLimits::default()),
        listener: None,
        closing: false,
    };
    connection.serve().await;
    if let Some((id, _)) = connection.listener {
        connection.shared.remove_listener(id);
    }
}

struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    faults: watch::Receiver<ActiveFaults>,
    generation: u64,
    decoder: RequestDecoder,
    /// Set once the password was right.
    listener: Option<(u64, Arc<Listener>)>,
    closing: bool,
}

impl Connection {
    async fn serve(&mut self) {
        let (mut input, mut output) = (BytesMut::new(), BytesMut::from(&server::auth_request()[..]));
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            input.reserve(READ_BYTES);
            let faults = *self.faults.borrow_and_update();
            if faults.generation != self.generation {
                return;
            }
            if !faults.silent && !output.is_empty() && !self.write(&mut output).await {
                return;
            }
            if self.closing && output.is_empty() {
                let _ = self.stream.shutdown().await;
                return;
            }
            tokio::select! {
                changed = self.faults.changed() => if changed.is_err() { return },
                read = self.stream.read_buf(&mut input), if !faults.stops_reading && !self.closing => {
                    match read {
                        Ok(0) | Err(_) => return,
                        Ok(_) => if !self.answer_requests(&mut input, &mut output) { return },
                    }
                }
                _ = poll.tick() => self.take_events(&mut output),
            }
        }
    }

    /// Writes everything, unless the connection is cut meanwhile. A client that does not read blocks its
    /// connection, as with the real switch.
    async fn write(&mut self, output: &mut BytesMut) -> bool {
        let generation = self.generation;
        tokio::select! {
            written = self.stream.write_all(output) => {
                output.clear();
                written.is_ok()
            }
            _ = self.faults.wait_for(|faults| faults.generation != generation) => false,
        }
    }

    fn take_events(&self, output: &mut BytesMut) {
        // A silent switch keeps its events in the queue, where their number is limited.
        if let Some((_, listener)) = &self.listener
            && !self.faults.borrow().silent
        {
            listener.drain_into(output);
        }
    }

    /// Answers all complete requests; false when the stream cannot be decoded.
    fn answer_requests(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> bool {
        while !self.closing {
            let request = match self.decoder.decode(input) {
                Ok(Some(request)) => request,
                Ok(None) => return true,
                Err(_) => return false,
            };
            match self.answer_request(&request) {
                Answer::Reply(answer) => output.extend_from_slice(&answer),
                Answer::Close(answer) => {
                    output.extend_from_slice(&answer);
                    output.extend_from_slice(&server::disconnect_notice());
                    self.closing = true;
                }
            }
            self.take_events(output);
        }
        true
    }

    fn answer_request(&mut self, request: &RawRequest) -> Answer {
        let verb = request.words().next().unwrap_or_default().to_ascii_lowercase();
        let say = |text: &str| Answer::Reply(server::reply(text));
        let Some((_, listener)) = &self.listener else {
            return match verb.as_str() {
                "auth" => self.authenticate(request),
                "exit" => Answer::Close(server::reply("+OK bye")),
                _ => say("-ERR command not found"),
            };
        };
        match verb.as_str() {
            "exit" => Answer::Close(server::reply("+OK bye")),
            "event" => self.subscription_reply(&listener.subscribe(request)),
            "nixevent" => self.subscription_reply(&listener.unsubscribe(request)),
            "noevents" => self.subscription_reply(&listener.unsubscribe_all()),
            "filter" => {
                let words: Vec<&str> = request.words().skip(1).collect();
                match words.as_slice() {
                    [] => say("-ERR invalid syntax"),
                    [delete, header, ..] if *delete == "delete" => {
                        say(&format!("+OK filter deleted. [{header}]"))
                    }
                    [header, rest @ ..] => say(&format!("+OK filter added. [{header}]=[{}]", rest.join(" "))),
                }
            }
            "nolog" => say(server::NOT_LOGGING),
            "linger" | "nolinger" => say("-ERR not controlling a session"),
            _ => match parse_request(request).and_then(|input| self.shared.handle(input)) {
                Some(answer) => Answer::Reply(answer),
                None => say("-ERR command not found"),
            },
        }
    }

    /// The answer to a request that changed the subscription.
    fn subscription_reply(&self, answer: &str) -> Answer {
        self.shared.update_event_filter();
        Answer::Reply(server::reply(answer))
    }

    fn authenticate(&mut self, request: &RawRequest) -> Answer {
        let password = request.line.split_once(' ').map_or("", |(_, password)| password);
        if password != self.shared.password {
            return Answer::Close(server::reply("-ERR invalid"));
        }
        self.listener = Some(self.shared.add_listener());
        Answer::Reply(server::reply("+OK accepted"))
    }
}
