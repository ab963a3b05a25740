//! Replays a recording: a capture of the wire, raw bytes of a socket, one JSON event per line, or a journal.
//!
//! The bytes of the switch pass through the decoder and the core that serve live calls, on a virtual clock. Deadlines
//! pass as they would have passed live. The resulting commands are returned as JSON lines and sent to no switch.
//!
//! A journal contains its hotlines and the replies of the ACD, so a replay needs neither.
//!
//! ```
//! use hotlined::replay::{ReplayOptions, replay};
//! use hotlined_core::call::Limits;
//! use hotlined_core::hotline::Hotlines;
//! use hotlined_core::id::SwitchId;
//! use std::sync::Arc;
//!
//! // A journal: the daemon starts, and a caller arrives who dials a number that is no hotline.
//! let journal = concat!(
//!     r#"{"t":1800000000000,"begin":{"live_max":20000,"fallback_after":5000}}"#,
//!     "\n",
//!     r#"{"t":1800000000000,"in":{"arrived":{"switch":"fs1","leg":"2b6f5a0e-0a36-4b3c-9d39-43ac0d2a5d57","#,
//!     r#""dialled":"4009999999","caller":"13800138000","seed":1}}}"#,
//! );
//! let options = ReplayOptions {
//!     hotlines: Arc::new(Hotlines::default()),
//!     switch: SwitchId("fs1".into()),
//!     limits: Limits::default(),
//!     chunk_bytes: None,
//! };
//! let report = replay(journal.as_bytes(), &options)?;
//! assert_eq!(report.events, 1);
//! // The caller's leg is hung up, with the cause of an unknown number.
//! let hang_up = report.lines.last().expect("a command");
//! assert!(hang_up.contains("hang_up") && hang_up.contains("unknown_number"));
//! # Ok::<(), hotlined::replay::ReplayError>(())
//! ```

use crate::capture::{CaptureLine, CaptureLineError, Direction};
use crate::journal;
use bytes::{Bytes, BytesMut};
use hotlined_core::call::{Limits, Switchboard};
use hotlined_core::command::Command;
use hotlined_core::engine::{Engine, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::{EslEvent, EventError};
use hotlined_esl::frame;
use hotlined_esl::frame::FrameError;
use hotlined_esl::message::{Message, MessageDecoder};
use hotlined_esl::server::{RequestDecoder, RequestError};
use hotlined_instance::switch::freeswitch::decode_event;
use hotlined_instance::switch::freeswitch::session::{EslSession, SessionError, SessionOutput};
use serde::Serialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long the clock runs on after the end of a recording, so that the calls in it end by their deadlines.
const TIME_AFTER_END: Millis = Millis::seconds(600);

/// The kind of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingKind {
    /// JSON lines of both directions: see [`capture`](crate::capture).
    Capture,
    /// JSON lines of the events and commands of an engine: see [`journal`].
    Journal,
    /// Events of the switch as JSON, one per line.
    Events,
    /// The bytes that a socket delivered.
    Raw,
}

/// The options of a replay.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// The hotlines, if the recording does not contain them.
    pub hotlines: Arc<Hotlines>,
    /// The name of the switch.
    pub switch: SwitchId,
    /// The limits of the engine.
    pub limits: Limits,
    /// Cut the bytes of the switch into chunks of this size.
    pub chunk_bytes: Option<usize>,
}

/// Why a recording cannot be replayed, with the line number.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct ReplayError {
    line: usize,
    fault: RecordingFault,
}

/// What can be wrong with a recording.
#[derive(Debug, thiserror::Error)]
enum RecordingFault {
    #[error(transparent)]
    Piece(#[from] CaptureLineError),
    #[error("no line of a journal: {0}")]
    Journal(serde_json::Error),
    #[error("from the switch: {0}")]
    Frame(#[from] FrameError),
    #[error("to the switch: {0}")]
    Request(#[from] RequestError),
    #[error("no event: {0}")]
    Event(#[from] EventError),
    #[error("the event has no usable Event-Date-Timestamp")]
    NoTime,
    #[error("the switch ended the connection: {0}")]
    Refused(#[from] SessionError),
}

/// The result of a replay.
#[derive(Debug, Default)]
pub struct ReplayReport {
    /// All commands in order, each as a line of JSON.
    pub lines: Vec<String>,
    /// The number of events that reached the engine.
    pub events: usize,
    /// The number of commands of each kind.
    pub commands: BTreeMap<&'static str, usize>,
    /// The number of lines that were left out because they are incomplete: their writer was killed.
    pub cut_off: usize,
    /// The number of calls that were still live at the end.
    pub live: usize,
}

#[derive(Serialize)]
struct CommandLine<'a> {
    t: Instant,
    out: &'a Command,
}

/// Detects the kind of a recording by its first line.
pub fn detect_kind(bytes: &[u8]) -> RecordingKind {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Ok(first) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line) else {
        return if line.first() == Some(&b'{') { RecordingKind::Events } else { RecordingKind::Raw };
    };
    if first.contains_key("dir") {
        RecordingKind::Capture
    } else if first.contains_key("begin") || first.contains_key("in") || first.contains_key("out") {
        RecordingKind::Journal
    } else {
        RecordingKind::Events
    }
}

/// Replays a recording.
///
/// # Errors
/// If a line is not of the detected kind, or the bytes are not of an event socket.
pub fn replay(bytes: &[u8], options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    match detect_kind(bytes) {
        RecordingKind::Journal => replay_journal(bytes, options),
        RecordingKind::Capture => {
            let mut stage = Player::new(options);
            let (lines, cut_off) = lines(bytes);
            stage.replayed.cut_off = cut_off;
            for (line, text) in lines {
                stage.capture_line(text).map_err(|fault| ReplayError { line, fault })?;
            }
            Ok(stage.end())
        }
        RecordingKind::Events => {
            let mut stage = Player::new(options);
            let (lines, cut_off) = lines(bytes);
            stage.replayed.cut_off = cut_off;
            for (line, text) in lines {
                stage.json_event(text).map_err(|fault| ReplayError { line, fault })?;
            }
            Ok(stage.end())
        }
        RecordingKind::Raw => {
            let mut stage = Player::new(options);
            let line = bytes.iter().filter(|&&byte| byte == b'\n').count();
            stage.read_from_switch(bytes, None).map_err(|fault| ReplayError { line, fault })?;
            Ok(stage.end())
        }
    }
}

/// The lines that are not blank, with their numbers; and how many incomplete lines were left out. A line is incomplete
/// if its writer was killed: then it is the last line, or the next line starts a new journal or connection.
pub(crate) fn lines(bytes: &[u8]) -> (Vec<(usize, &[u8])>, usize) {
    let numbered = (1..).zip(bytes.split(|&byte| byte == b'\n'));
    let mut lines: Vec<(usize, &[u8])> = numbered.filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    let begins: Vec<bool> = lines.iter().map(|(_, line)| starts_afresh(line)).collect();
    let all = lines.len();
    let mut next = 1..;
    lines.retain(|(_, line)| {
        let may_be_cut = begins.get(next.next().unwrap_or(all)).copied().unwrap_or(!bytes.ends_with(b"\n"));
        !may_be_cut || serde_json::from_slice::<IgnoredAny>(line).is_ok()
    });
    let cut_off = all - lines.len();
    (lines, cut_off)
}

/// Whether a line starts a journal or a connection of a capture.
fn starts_afresh(line: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(line, word).is_some();
    has(b"\"begin\":") || has(b"\"dir\":\"open\"")
}

/// The lines that differ from an earlier run: `-` before the earlier line, `+` before the new line. Only commands are
/// compared, so the earlier run may also be a journal.
pub fn difference(earlier: &str, now: &[String]) -> Vec<String> {
    let earlier: Vec<&str> = earlier.lines().filter(|line| line.contains("\"out\":")).collect();
    let mut differing = Vec::new();
    for at in 0..earlier.len().max(now.len()) {
        let (was, is) = (earlier.get(at).copied(), now.get(at).map(String::as_str));
        if was != is {
            differing.extend(was.map(|line| format!("{}- {line}", at + 1)));
            differing.extend(is.map(|line| format!("{}+ {line}", at + 1)));
        }
    }
    differing
}

impl ReplayReport {
    fn note(&mut self, now: Instant, command: &Command) {
        let kind = match command {
            Command::Switch { .. } => "orders to the switch",
            Command::Acd { .. } => "requests to the store of lines",
            Command::Record(_) => "call records",
            Command::Message(_) => "messages",
            Command::Publish(_) => "events for other systems",
            Command::Note { .. } => "notes",
        };
        *self.commands.entry(kind).or_default() += 1;
        // Plain data always has a JSON form.
        self.lines.extend(serde_json::to_string(&CommandLine { t: now, out: command }));
    }
}

fn replay_journal(bytes: &[u8], options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    let mut switchboard = Switchboard::new(options.limits);
    let mut replayed = ReplayReport::default();
    let mut out = Vec::new();
    let (lines, cut_off) = lines(bytes);
    replayed.cut_off = cut_off;
    for (number, line) in lines {
        let line: journal::JournalLine = serde_json::from_slice(line)
            .map_err(|error| ReplayError { line: number, fault: RecordingFault::Journal(error) })?;
        if let Some(limits) = line.begin {
            switchboard = Switchboard::new(limits);
        }
        let Some(event) = line.event else { continue };
        replayed.events += 1;
        switchboard.handle(line.t, &event, &mut out);
        out.drain(..).for_each(|command| replayed.note(line.t, &command));
    }
    replayed.live = switchboard.live_count();
    Ok(replayed)
}

/// Replays the bytes or events of a switch.
struct Player<'a> {
    options: &'a ReplayOptions,
    engine: Engine,
    now: Instant,
    decoder: MessageDecoder,
    requests: RequestDecoder,
    from_switch: BytesMut,
    to_switch: BytesMut,
    conversation: EslSession,
    replayed: ReplayReport,
}

impl<'a> Player<'a> {
    fn new(options: &'a ReplayOptions) -> Self {
        let mut stage = Self {
            options,
            engine: Engine::new(options.limits),
            now: Instant(0),
            decoder: MessageDecoder::new(frame::WireLimits::default()),
            requests: RequestDecoder::new(frame::WireLimits::default()),
            from_switch: BytesMut::new(),
            to_switch: BytesMut::new(),
            conversation: EslSession::recorded(options.switch.clone()),
            replayed: ReplayReport::default(),
        };
        stage.turn(&Event::Hotlines(options.hotlines.clone()));
        stage
    }

    fn capture_line(&mut self, line: &[u8]) -> Result<(), RecordingFault> {
        let text = String::from_utf8_lossy(line);
        let piece = CaptureLine::parse(&text)?;
        self.wait_until(Instant((piece.t.max(0.0) * 1_000.0) as u64));
        match piece.dir {
            Direction::Open => {
                self.reopen();
                Ok(())
            }
            Direction::FromSwitch => self.read_from_switch(&piece.bytes()?, Some(self.now)),
            Direction::ToSwitch => self.read_to_switch(&piece.bytes()?),
        }
    }

    /// A new connection. The requests of the old connection that have no reply end as failed.
    fn reopen(&mut self) {
        for event in self.conversation.connection_lost() {
            self.turn(&event);
        }
        self.conversation = EslSession::recorded(self.options.switch.clone());
        self.decoder = MessageDecoder::new(frame::WireLimits::default());
        self.requests = RequestDecoder::new(frame::WireLimits::default());
        self.from_switch.clear();
        self.to_switch.clear();
    }

    fn read_to_switch(&mut self, bytes: &[u8]) -> Result<(), RecordingFault> {
        self.to_switch.extend_from_slice(bytes);
        while let Some(request) = self.requests.decode(&mut self.to_switch)? {
            self.conversation.observe_request(&request.parse());
        }
        Ok(())
    }

    /// Decodes bytes of the switch. Without a time `at`, the timestamps of the events move the clock.
    fn read_from_switch(&mut self, bytes: &[u8], at: Option<Instant>) -> Result<(), RecordingFault> {
        let size = self.options.chunk_bytes.unwrap_or(bytes.len()).max(1);
        for chunk in bytes.chunks(size) {
            self.from_switch.extend_from_slice(chunk);
            while let Some(message) = self.decoder.decode(&mut self.from_switch)? {
                if let (None, Message::Event(event)) = (at, &message) {
                    self.wait_until(event.date_timestamp_us().map_or(self.now, Instant::from_micros));
                }
                self.message(message)?;
            }
        }
        Ok(())
    }

    fn message(&mut self, message: Message) -> Result<(), RecordingFault> {
        let mut outcome = SessionOutput::default();
        match self.conversation.receive(message, &mut outcome) {
            // The end of the connection is part of the recording.
            Ok(()) | Err(SessionError::Closing(_)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        outcome.events.iter().for_each(|event| self.turn(event));
        Ok(())
    }

    fn json_event(&mut self, line: &[u8]) -> Result<(), RecordingFault> {
        let event = EslEvent::from_json(Bytes::copy_from_slice(line), &frame::WireLimits::default())?;
        self.wait_until(event.date_timestamp_us().map(Instant::from_micros).ok_or(RecordingFault::NoTime)?);
        if let Some(event) = decode_event::event(&self.options.switch, &event) {
            self.turn(&event);
        }
        Ok(())
    }

    fn wait_until(&mut self, then: Instant) {
        while let Some(at) = self.engine.deadline().filter(|at| *at <= then) {
            self.now = self.now.max(at);
            self.turn(&Event::Due);
        }
        self.now = self.now.max(then);
    }

    fn turn(&mut self, event: &Event) {
        let (now, replayed) = (self.now, &mut self.replayed);
        let mut watch = |entry: TraceEntry| match entry {
            TraceEntry::In(_) => replayed.events += 1,
            TraceEntry::Out(command) | TraceEntry::Added(command) => replayed.note(now, command),
        };
        self.engine.run_turn(now, event, &mut Vec::new(), &mut watch);
    }

    fn end(mut self) -> ReplayReport {
        self.wait_until(self.now + TIME_AFTER_END);
        self.replayed.live = self.engine.switchboard.live_count();
        self.replayed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> ReplayOptions {
        let hotlines = Arc::new(Hotlines::default());
        ReplayOptions {
            hotlines,
            switch: SwitchId("fs1".into()),
            limits: Limits::default(),
            chunk_bytes: None,
        }
    }

    #[test]
    fn a_line_cut_off_by_a_kill_is_left_out_and_any_other_broken_line_is_refused() {
        let begin = r#"{"t":1,"begin":{"live_max":1,"fallback_after":5000}}"#;
        let due = r#"{"t":2,"in":"due"}"#;
        let killed = format!("{begin}\n{due}\n{{\"t\":3,\"in\":{{\"arr\n{begin}\n{due}\n{{\"t\":4,");
        let replayed = replay(killed.as_bytes(), &options()).unwrap();
        assert_eq!((replayed.events, replayed.cut_off), (2, 2));
        for broken in [format!("{begin}\nrubbish\n{due}\n"), format!("{begin}\n{due}\nrubbish\n")] {
            let error = replay(broken.as_bytes(), &options()).unwrap_err().to_string();
            assert!(error.starts_with("line ") && error.contains("no line of a journal"), "{error}");
        }
    }
}
