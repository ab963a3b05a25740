//! Recorded events, to be said again under other names.

use hotlined::capture::{CaptureLine, Direction};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands in place of a recorded name.
#[derive(Clone, Copy)]
enum Name {
    Caller,
    Agent,
    Command,
    Now,
}

/// An event whose legs and command can be named anew.
pub struct Template {
    parts: Vec<(String, Option<Name>)>,
}

/// Who takes part in an event.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub caller: &'a str,
    pub agent: &'a str,
    pub command: &'a str,
}

/// The events of a recorded connection, as they came.
pub struct Recording(Vec<String>);

impl Recording {
    pub fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/lab");
        let text = std::fs::read_to_string(folder.join(name)).expect("a capture");
        let mut stream = String::new();
        for line in text.lines() {
            let line_of_capture = CaptureLine::parse(line).expect("a line of a capture");
            if line_of_capture.dir == Direction::FromSwitch {
                stream.push_str(&String::from_utf8_lossy(&line_of_capture.bytes().expect("bytes")));
            }
        }
        let mut events = Vec::new();
        for part in stream.split("Content-Length: ").skip(1) {
            let Some((length, rest)) = part.split_once("\nContent-Type: text/event-plain\n\n") else {
                continue;
            };
            let length: usize = length.parse().expect("a length");
            // An inner Content-Length cuts an event with a body in two, and none of those is taken from here.
            events.extend(rest.get(..length).map(Into::into));
        }
        Self(events)
    }

    /// The first event of this name that holds all of these texts.
    pub fn find(&self, name: &str, with: &[&str]) -> String {
        let line = format!("Event-Name: {name}\n");
        let found =
            self.0.iter().find(|event| event.contains(&line) && with.iter().all(|text| event.contains(text)));
        found.unwrap_or_else(|| panic!("no {name} with {with:?}")).clone()
    }
}

/// What time it is, as the switch writes it: news that seem to be old are no news to the daemon.
fn micros() -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock of our days");
    since_1970.as_micros().to_string()
}

/// The value of a header.
fn value<'e>(event: &'e str, header: &str) -> Option<&'e str> {
    event.lines().find_map(|line| line.strip_prefix(header)?.strip_prefix(": "))
}

impl Template {
    /// Of an event of the caller's leg.
    pub fn of_caller(event: &str) -> Self {
        let caller = value(event, "Unique-ID").expect("a leg").to_owned();
        let agent = value(event, "Other-Leg-Unique-ID").unwrap_or("(none)").to_owned();
        Self::new(event, &caller, &agent)
    }

    /// Of an event of the agent's leg, which carries its call's name.
    pub fn of_agent(event: &str) -> Self {
        let agent = value(event, "Unique-ID").expect("a leg").to_owned();
        let caller = value(event, "Other-Leg-Unique-ID").unwrap_or("(none)").to_owned();
        let event = format!("{}\nvariable_hotlined_call: <caller>\n\n", event.trim_end());
        Self::new(&event, &caller, &agent)
    }

    /// Of the end of a job.
    pub fn of_job() -> Self {
        let body = "+OK Done\n";
        let text = format!(
            "Event-Name: BACKGROUND_JOB\nJob-UUID: <command>\nContent-Length: {}\n\n{body}",
            body.len()
        );
        Self::new(&text, "(none)", "(none)")
    }

    fn new(event: &str, caller: &str, agent: &str) -> Self {
        let mut text = event.replace(caller, "<caller>").replace(agent, "<agent>");
        if let Some(command) = value(event, "Application-UUID") {
            text = text.replace(command, "<command>");
        }
        if let Some(made) = value(event, "Event-Date-Timestamp") {
            text = text.replace(made, "<now>");
        }
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once('<') {
            let (name, behind) = behind.split_once('>').expect("event values hold no bare <");
            let name = match name {
                "caller" => Name::Caller,
                "agent" => Name::Agent,
                "now" => Name::Now,
                _ => Name::Command,
            };
            parts.push((before.to_owned(), Some(name)));
            rest = behind;
        }
        parts.push((rest.to_owned(), None));
        Self { parts }
    }

    /// The event, framed.
    pub fn event(&self, names: Names) -> Vec<u8> {
        let mut body = Vec::with_capacity(10_000);
        for (text, name) in &self.parts {
            body.extend_from_slice(text.as_bytes());
            match name {
                Some(Name::Caller) => body.extend_from_slice(names.caller.as_bytes()),
                Some(Name::Agent) => body.extend_from_slice(names.agent.as_bytes()),
                Some(Name::Now) => body.extend_from_slice(micros().as_bytes()),
                Some(Name::Command) => body.extend_from_slice(names.command.as_bytes()),
                None => {}
            }
        }
        let head = format!("Content-Length: {}\nContent-Type: text/event-plain\n\n", body.len());
        [head.as_bytes(), &body].concat()
    }
}

/// One event of each kind that a call goes through.
pub struct Score {
    pub arrived: Template,
    pub created: Template,
    pub ringing: Template,
    pub busy: Template,
    pub answered: Template,
    pub ready: Template,
    pub sound_ended: Template,
    pub joined: Template,
    pub agent_left: Template,
    pub caller_ended: Template,
    pub caller_left: Template,
    pub agent_cancelled: Template,
    pub job_done: Template,
}

impl Score {
    pub fn read() -> Self {
        let (call, abandoned) =
            (Recording::read("bridged_survey.plain.jsonl"), Recording::read("abandon.plain.jsonl"));
        const INBOUND: &str = "Call-Direction: inbound\n";
        const OUTBOUND: &str = "Call-Direction: outbound\n";
        const JOINED: &str = "Other-Leg-Unique-ID: ";
        let of_agent =
            |name: &str, with: &[&str]| Template::of_agent(&call.find(name, &[&[OUTBOUND], with].concat()));
        let of_caller =
            |name: &str, with: &[&str]| Template::of_caller(&call.find(name, &[&[INBOUND], with].concat()));
        Self {
            arrived: of_caller("CHANNEL_PARK", &[]),
            created: of_agent("CHANNEL_ORIGINATE", &[]),
            ringing: of_agent("CHANNEL_PROGRESS", &[]),
            busy: of_agent("CHANNEL_HANGUP", &["Hangup-Cause: USER_BUSY\n"]),
            answered: of_agent("CHANNEL_ANSWER", &[]),
            ready: of_agent("CHANNEL_PARK", &[]),
            sound_ended: of_caller("CHANNEL_EXECUTE_COMPLETE", &[JOINED]),
            joined: of_caller("CHANNEL_BRIDGE", &[]),
            agent_left: of_agent("CHANNEL_HANGUP", &[JOINED]),
            caller_ended: of_caller("CHANNEL_HANGUP", &[JOINED]),
            caller_left: Template::of_caller(&abandoned.find("CHANNEL_HANGUP", &[INBOUND])),
            agent_cancelled: Template::of_agent(&abandoned.find("CHANNEL_HANGUP", &[OUTBOUND])),
            job_done: Template::of_job(),
        }
    }
}
