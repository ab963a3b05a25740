//! One link to the exchange: the password, what it listens to, its commands and its events.

use super::{Shared, Trouble};
use crate::requests::parse_request;
use crate::switch_event::SwitchEvent;
use bytes::{Bytes, BytesMut};
use hotlined_esl::event::Format;
use hotlined_esl::frame::Limits;
use hotlined_esl::server;
use hotlined_esl::server::{ReceivedRequest, RequestDecoder};
use hotlined_esl::vocabulary::EventName;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// The most events that wait for a link; more are dropped without a word (MES:36).
const EVENTS_QUEUED_MAX: usize = 100_000;

/// The name of all events that have a subclass.
const CUSTOM: &str = "CUSTOM";

/// How much is read at a time, at least: many orders, where many wait.
const READ_BYTES: usize = 16 * 1_024;

/// How often a link looks for events (MES:1504).
const POLL: Duration = Duration::from_millis(20);

/// What a link listens to, and what waits for it.
#[derive(Debug, Default)]
pub(super) struct Link(Mutex<Box<ListenerState>>);

#[derive(Debug)]
struct ListenerState {
    format: Format,
    all: bool,
    names: BTreeSet<String>,
    subclasses: BTreeSet<String>,
    waiting: VecDeque<Bytes>,
    dropped: u64,
}

impl Default for ListenerState {
    fn default() -> Self {
        Self {
            format: Format::Plain,
            all: false,
            names: BTreeSet::new(),
            subclasses: BTreeSet::new(),
            waiting: VecDeque::new(),
            dropped: 0,
        }
    }
}

impl Link {
    fn state(&self) -> MutexGuard<'_, Box<ListenerState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The format in which the link wants this event, if it wants it.
    pub fn wants(&self, event: &SwitchEvent) -> Option<Format> {
        let state = self.state();
        // A `CUSTOM` event that names no subclass reaches all who asked for any (MES:313).
        let is_wanted = match event.header("Event-Subclass") {
            Some(subclass) if event.name() == CUSTOM => state.subclasses.contains(subclass),
            _ => state.names.contains(event.name()),
        };
        (state.all || is_wanted).then_some(state.format)
    }

    /// Adds the names that the link listens to; nothing stands for all of them.
    pub fn add_listened(&self, names: &mut Option<BTreeSet<String>>) {
        let state = self.state();
        if state.all {
            *names = None;
        }
        if let Some(names) = names {
            names.extend(state.names.iter().cloned());
        }
    }

    pub fn give(&self, event: Bytes) {
        let mut state = self.state();
        if state.waiting.len() < EVENTS_QUEUED_MAX {
            state.waiting.push_back(event);
        } else {
            state.dropped += 1;
        }
    }

    /// How many events were dropped because too many waited.
    pub fn dropped(&self) -> u64 {
        self.state().dropped
    }

    fn take(&self, to: &mut BytesMut) {
        for event in std::mem::take(&mut self.state().waiting) {
            to.extend_from_slice(&event);
        }
    }

    /// `event [plain|json] NAME…`: names add up; those not known are passed over; what stands behind `CUSTOM`
    /// are subclasses (MES:2465-2540).
    fn listen(&self, request: &ReceivedRequest) -> String {
        let mut state = self.state();
        let (mut known, mut custom) = (0, false);
        for (index, word) in request.words().skip(1).enumerate() {
            let name = word.to_ascii_uppercase();
            match name.as_str() {
                "PLAIN" if index == 0 => state.format = Format::Plain,
                "JSON" if index == 0 => state.format = Format::Json,
                "XML" if index == 0 => return "-ERR the simulated exchange writes no XML".into(),
                _ if custom => drop(state.subclasses.insert(word.into())),
                "ALL" => (state.all, known) = (true, known + 1),
                CUSTOM => {
                    state.names.insert(name);
                    (custom, known) = (true, known + 1);
                }
                _ if EventName::new(&name).is_ok() => {
                    state.names.insert(name);
                    known += 1;
                }
                _ => {}
            }
        }
        if known == 0 {
            return "-ERR no keywords supplied".into();
        }
        let format = match state.format {
            Format::Plain => "plain",
            Format::Json => "json",
        };
        format!("+OK event listener enabled {format}")
    }

    fn listen_no_more(&self, request: &ReceivedRequest) -> String {
        let mut state = self.state();
        for word in request.words().skip(1) {
            state.names.remove(&word.to_ascii_uppercase());
            state.subclasses.remove(word);
        }
        "+OK events nixed".into()
    }

    fn listen_to_nothing(&self) -> String {
        let mut state = self.state();
        let listened = state.all || !state.names.is_empty() || !state.subclasses.is_empty();
        **state = ListenerState { format: state.format, dropped: state.dropped, ..ListenerState::default() };
        let text =
            if listened { "+OK no longer listening for events" } else { "-ERR not listening for events" };
        text.into()
    }
}

/// What follows a request.
enum Next {
    Say(Bytes),
    /// Say this, and good-bye.
    Leave(Bytes),
}

/// Serves a connection until one side ends it.
pub(super) async fn run(stream: TcpStream, shared: Arc<Shared>) {
    // Small writes must not wait for each other; where that cannot be had they do.
    let _ = stream.set_nodelay(true);
    let trouble = shared.trouble.subscribe();
    let generation = trouble.borrow().generation;
    let mut connection = Connection {
        trouble,
        generation,
        stream,
        shared,
        decoder: RequestDecoder::new(Limits::default()),
        link: None,
        leaving: false,
    };
    connection.serve().await;
    if let Some((id, _)) = connection.link {
        connection.shared.remove_link(id);
    }
}

struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    trouble: watch::Receiver<Trouble>,
    generation: u64,
    decoder: RequestDecoder,
    /// Once the password was right.
    link: Option<(u64, Arc<Link>)>,
    leaving: bool,
}

impl Connection {
    async fn serve(&mut self) {
        let (mut input, mut output) = (BytesMut::new(), BytesMut::from(&server::auth_request()[..]));
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            input.reserve(READ_BYTES);
            let trouble = *self.trouble.borrow_and_update();
            if trouble.generation != self.generation {
                return;
            }
            if !trouble.silent && !output.is_empty() && !self.write(&mut output).await {
                return;
            }
            if self.leaving && output.is_empty() {
                let _ = self.stream.shutdown().await;
                return;
            }
            tokio::select! {
                changed = self.trouble.changed() => if changed.is_err() { return },
                read = self.stream.read_buf(&mut input), if !trouble.deaf && !self.leaving => {
                    match read {
                        Ok(0) | Err(_) => return,
                        Ok(_) => if !self.requests(&mut input, &mut output) { return },
                    }
                }
                _ = poll.tick() => self.events(&mut output),
            }
        }
    }

    /// Writes everything, unless the link is cut meanwhile. A client that does not read holds its link up, as
    /// it does with the real switch.
    async fn write(&mut self, output: &mut BytesMut) -> bool {
        let generation = self.generation;
        tokio::select! {
            written = self.stream.write_all(output) => {
                output.clear();
                written.is_ok()
            }
            _ = self.trouble.wait_for(|trouble| trouble.generation != generation) => false,
        }
    }

    fn events(&self, output: &mut BytesMut) {
        // What is withheld stays where it is counted.
        if let Some((_, link)) = &self.link
            && !self.trouble.borrow().silent
        {
            link.take(output);
        }
    }

    /// Does what was asked; false when the stream makes no sense any more.
    fn requests(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> bool {
        while !self.leaving {
            let request = match self.decoder.decode(input) {
                Ok(Some(request)) => request,
                Ok(None) => return true,
                Err(_) => return false,
            };
            match self.request(&request) {
                Next::Say(answer) => output.extend_from_slice(&answer),
                Next::Leave(answer) => {
                    output.extend_from_slice(&answer);
                    output.extend_from_slice(&server::disconnect_notice());
                    self.leaving = true;
                }
            }
            self.events(output);
        }
        true
    }

    fn request(&mut self, request: &ReceivedRequest) -> Next {
        let verb = request.words().next().unwrap_or_default().to_ascii_lowercase();
        let say = |text: &str| Next::Say(server::reply(text));
        let Some((_, link)) = &self.link else {
            return match verb.as_str() {
                "auth" => self.let_in(request),
                "exit" => Next::Leave(server::reply("+OK bye")),
                _ => say("-ERR command not found"),
            };
        };
        match verb.as_str() {
            "exit" => Next::Leave(server::reply("+OK bye")),
            "event" => self.heeds(&link.listen(request)),
            "nixevent" => self.heeds(&link.listen_no_more(request)),
            "noevents" => self.heeds(&link.listen_to_nothing()),
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
            _ => match parse_request(request).and_then(|input| self.shared.tell(input)) {
                Some(answer) => Next::Say(answer),
                None => say("-ERR command not found"),
            },
        }
    }

    /// The answer to a request that changed what the link listens to.
    fn heeds(&self, answer: &str) -> Next {
        self.shared.listeners_changed();
        Next::Say(server::reply(answer))
    }

    fn let_in(&mut self, request: &ReceivedRequest) -> Next {
        let password = request.line.split_once(' ').map_or("", |(_, password)| password);
        if password != self.shared.password {
            return Next::Leave(server::reply("-ERR invalid"));
        }
        self.link = Some(self.shared.add_link());
        Next::Say(server::reply("+OK accepted"))
    }
}
