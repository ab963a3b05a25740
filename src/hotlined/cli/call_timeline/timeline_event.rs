//! The events of a call's timeline, and their text.

use hotlined_core::cause::Cause;
use hotlined_core::command::NotTaken;
use hotlined_core::hotline::access::RefusalReason;
use hotlined_core::record::{AttemptOutcome, CallRecord};
use hotlined_core::time::{Instant, Millis};
use serde::{Serialize, Serializer};
use std::fmt;
use std::io::{self, Write};

/// A party of the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    Caller,
    /// An agent, by its id.
    Agent(String),
    Unknown,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller => f.write_str("caller"),
            Self::Agent(id) => write!(f, "agent {id}"),
            Self::Unknown => f.write_str("somebody"),
        }
    }
}

impl Serialize for Party {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An event in a call, as a person would describe it.
#[derive(Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum TimelineEvent {
    Calls {
        caller: String,
        dialled: String,
        hotline: Option<String>,
        waiting: bool,
    },
    NotTaken {
        why: NotTaken,
    },
    TakenUp,
    NotTakenUp {
        why: String,
    },
    Node {
        node: String,
        exit: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
    Refused {
        why: RefusalReason,
        because: String,
    },
    Hears {
        who: Party,
        sound: String,
        over_and_over: bool,
    },
    Silence {
        who: Party,
        up_to: Millis,
    },
    NotPlayed {
        who: Party,
    },
    SoundFailed {
        sound: String,
    },
    Presses {
        who: Party,
        key: char,
    },
    Queued {
        ahead: u32,
        estimate: Option<Millis>,
    },
    WillBeCalledBack,
    CallsBack {
        place: String,
    },
    Called {
        agent: String,
        place: String,
    },
    Rings {
        who: Party,
    },
    Answers {
        who: Party,
    },
    Attempt {
        agent: String,
        outcome: AttemptOutcome,
    },
    Talks {
        agent: Party,
    },
    Recording {
        file: String,
    },
    Message {
        file: String,
        longest: Millis,
    },
    Leaves {
        who: Party,
        itself: bool,
        cause: Cause,
    },
    Ends {
        who: Party,
        cause: Cause,
    },
    Fallback {
        sent: bool,
    },
    LinkLost,
    LinkBack {
        legs: usize,
    },
    Operator {
        order: String,
    },
    Endless,
    Over,
    Sms {
        template: String,
        to: String,
        text: String,
    },
    /// A message that goes to nobody; without a template, no message at all.
    NoSms {
        #[serde(skip_serializing_if = "String::is_empty")]
        template: String,
        why: String,
    },
}

impl fmt::Display for TimelineEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls { caller, dialled, hotline, waiting } => {
                let caller = if caller.is_empty() { "a withheld number" } else { caller };
                let how = if *waiting { "is found waiting for" } else { "calls" };
                let hotline = hotline.as_deref().map_or("which is no hotline here".to_owned(), str::to_owned);
                write!(f, "{caller} {how} {dialled} ({hotline})")
            }
            Self::NotTaken { why } => {
                write!(
                    f,
                    "the call is not taken ({}): the dialplan's fallback serves the caller",
                    json_word(why)
                )
            }
            Self::TakenUp => f.write_str("the daemon before is gone: this one takes the call up"),
            Self::NotTakenUp { why } => write!(f, "the call cannot be taken up: {why}"),
            Self::Node { node, exit, because: None } => write!(f, "→ {node}: {exit}"),
            Self::Node { node, exit, because: Some(because) } => {
                write!(f, "→ {node}: {exit}, because {because}")
            }
            Self::Refused { why, because } => write!(f, "refused: {why}, because {because}"),
            Self::Hears { who, sound, over_and_over } => {
                write!(f, "{who} hears {sound}{}", if *over_and_over { ", over and over" } else { "" })
            }
            // Without the time: the switch listens for a fixed time, and the next line shows how long the flow waited.
            Self::Silence { who, .. } => write!(f, "{who} hears nothing and may press keys"),
            Self::NotPlayed { who } => write!(f, "{who} hears nothing: that could not be played"),
            Self::SoundFailed { sound } => write!(f, "{sound} cannot be played: a tone takes its place"),
            Self::Presses { who, key } => write!(f, "{who} presses {key}"),
            Self::Queued { ahead, estimate } => {
                write!(f, "caller waits, {ahead} ahead")?;
                estimate.map_or(Ok(()), |estimate| write!(f, ", about {}", seconds(estimate)))
            }
            Self::WillBeCalledBack => write!(f, "caller asks to be called back and keeps its turn"),
            Self::CallsBack { place } => write!(f, "caller is called back at {place}"),
            Self::Called { agent, place } => write!(f, "agent {agent} is called at {place}"),
            Self::Rings { who } => write!(f, "{who}'s telephone rings"),
            Self::Answers { who: Party::Caller } => {
                write!(f, "caller's leg is answered: billing starts here")
            }
            Self::Answers { who } => write!(f, "{who} answers"),
            Self::Attempt { agent, outcome } => write!(f, "agent {agent}: {}", describe_attempt(*outcome)),
            Self::Talks { agent } => write!(f, "caller and {agent} talk"),
            Self::Recording { file } => write!(f, "the talk is recorded as {file}"),
            Self::Message { file, longest } => {
                write!(f, "caller's message is recorded as {file}, for {} at most", seconds(*longest))
            }
            Self::Leaves { who, itself: true, cause: Cause::Normal | Cause::Cancelled } => {
                write!(f, "{who} hangs up")
            }
            Self::Leaves { who, itself: true, cause } => write!(f, "{who}'s telephone: {cause}"),
            Self::Leaves { who, itself: false, cause } => write!(f, "the switch ends {who}'s leg: {cause}"),
            Self::Ends { who, cause } => write!(f, "{who} is hung up: {cause}"),
            Self::Fallback { sent: true } => write!(f, "caller is sent to the dialplan's fallback"),
            Self::Fallback { sent: false } => write!(f, "the dialplan's fallback has taken the caller"),
            Self::LinkLost => write!(f, "the link to the switch is lost"),
            Self::LinkBack { legs } => {
                write!(f, "the link is back; of this call the switch has legs: {legs}")
            }
            Self::Operator { order } => write!(f, "the operator says: {order}"),
            Self::Endless => write!(f, "the flow goes in a circle: the call is brought to its end"),
            Self::Over => write!(f, "the call is over"),
            Self::NoSms { template, why } if template.is_empty() => write!(f, "no message: {why}"),
            Self::NoSms { template, why } => write!(f, "no message {template}: {why}"),
            Self::Sms { template, to, text } => write!(f, "message {template} to {to}: {text}"),
        }
    }
}

/// The outcome of an attempt, in words.
fn describe_attempt(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Talked => "talked with the caller",
        AttemptOutcome::Busy => "the telephone is busy",
        AttemptOutcome::LinesTaken => "all lines are taken by other calls, or at rest",
        AttemptOutcome::NoAnswer => "nobody took it in time",
        AttemptOutcome::Refused => "the agent refused",
        AttemptOutcome::Unreachable => "cannot be reached",
        AttemptOutcome::Failed => "the network or the switch failed",
        AttemptOutcome::CallerLeft => "the caller left first",
        AttemptOutcome::Dropped => "answered, and gone before the two were joined",
        AttemptOutcome::LostRace => "another agent was first",
        AttemptOutcome::Unconfirmed => "answered, and nobody pressed the key: a mailbox, most likely",
    }
}

fn seconds(span: Millis) -> String {
    format!("{} s", span.0 as f64 / 1_000.0)
}

/// The word that JSON has for this value.
pub(super) fn json_word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Prints the call record, a line for each field. Empty fields are left out.
pub(super) fn print_record(record: &CallRecord, out: &mut impl Write) -> io::Result<()> {
    let since = |at: Instant| seconds(at.since(record.arrived));
    writeln!(out, "record")?;
    let mut put = |name: &str, value: String| match value.is_empty() {
        true => Ok(()),
        false => writeln!(out, "  {name:<13} {value}"),
    };
    put(
        "outcome",
        format!(
            "{}, ended by {}, cause {}",
            json_word(&record.outcome),
            json_word(&record.ended_by),
            record.cause
        ),
    )?;
    put("refused", record.refused.map_or(String::new(), |why| why.to_string()))?;
    let billing = record.billing_start.map(|at| format!("from {} on", since(at)));
    put("billed", billing.unwrap_or_else(|| "nothing: never answered".to_owned()))?;
    put(
        "lasted",
        format!("{}: waited {}, talked {}", since(record.ended), seconds(record.wait), seconds(record.talk)),
    )?;
    if record.queued > Millis(0) {
        put("queued", seconds(record.queued))?;
    }
    put("way", record.path.join(" → "))?;
    put("entered", pairs(&record.entered))?;
    put("marks", pairs(&record.marks))?;
    put("agent", record.agent.as_deref().unwrap_or_default().to_owned())?;
    for (at, tried) in record.attempts.iter().enumerate() {
        let name = if at == 0 { "tried" } else { "" };
        let text = format!("{} {}: {}", tried.agent, since(tried.started), describe_attempt(tried.outcome));
        put(if at == 0 { name } else { " " }, text)?;
    }
    put("recording", record.recording.as_ref().map_or(String::new(), ToString::to_string))?;
    let message = record.message.as_ref().map(|kept| format!("{} ({})", kept.file, seconds(kept.length)));
    put("message", message.unwrap_or_default())?;
    put("score", record.score.map_or(String::new(), |score| score.to_string()))?;
    let back = record.call_back.as_ref().map(|back| {
        let when = |at: Option<Instant>| at.map_or("never".to_owned(), since);
        format!("asked {}, called {}, answered {}", since(back.asked), when(back.called), when(back.answered))
    });
    put("called back", back.unwrap_or_default())
}

fn pairs<V: fmt::Display>(map: &std::collections::BTreeMap<std::sync::Arc<str>, V>) -> String {
    let pairs: Vec<String> = map.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    pairs.join(", ")
}
