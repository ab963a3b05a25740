//! What we did, in the words of a story.

use super::operator::SOUNDS;
use hotlined_core::call_event::CallEventKind;
use hotlined_core::command::{AcdRequest, Action, Claim, Command, Note, Pick};
use hotlined_core::hotline::Dial;
use hotlined_core::id::LegId;
use hotlined_core::phrases::{Language, Piece};
use hotlined_core::prompt::{Prompt, SoundPath};
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

type Names = BTreeMap<LegId, String>;

pub(super) fn command(command: &Command, names: &Names, begin: Instant) -> String {
    match command {
        Command::Switch { id, action, .. } => {
            format!("{} #{} {}", name(&id.call.0, names), id.number, self::action(action, names))
        }
        Command::Acd { id, request } => {
            format!("{} #{} {}", name(&id.call.0, names), id.number, asked(request, begin))
        }
        Command::Note { call, note } => format!("{} note {}", name(&call.0, names), self::note(note)),
        Command::Record(record) => {
            let mut text = recorded(record);
            for (leg, name) in names {
                text = text.replace(&leg.to_string(), name);
            }
            format!("record {text}")
        }
        Command::Message(message) => {
            format!("message {} to {}: {}", message.template, message.to, message.signed_text())
        }
        Command::Publish(event) => {
            let agent = event.agent.as_ref().map_or(String::new(), |agent| format!(" agent {agent}"));
            let (call, kind) = (name(&event.call.0, names), event.kind.name());
            let (number, caller) = (event.sequence, &event.caller);
            format!("event {call} {number} {kind}{agent} from {caller:?}{}", told(&event.kind))
        }
    }
}

/// What an event says beyond its name. Its record is the one that is given out beside it.
fn told(kind: &CallEventKind) -> String {
    let data = match kind {
        CallEventKind::Ringing(_) | CallEventKind::Ended(_) => return String::new(),
        CallEventKind::Offered(offered) => serde_json::to_string(offered),
        CallEventKind::Answered(answered) => serde_json::to_string(answered),
        CallEventKind::RecordingReady(audio) | CallEventKind::VoicemailLeft(audio) => {
            serde_json::to_string(audio)
        }
        CallEventKind::SurveyGiven(score) => serde_json::to_string(score),
        CallEventKind::MessageSent(result) | CallEventKind::MessageFailed(result) => {
            serde_json::to_string(result)
        }
    };
    format!(" {}", data.unwrap())
}

/// A record with the fields that are set, so that a new field changes no story.
fn recorded(record: &CallRecord) -> String {
    set(&serde_json::to_string(record).unwrap()).unwrap_or_default()
}

/// JSON without the fields that say nothing: none, no, zero, and what is empty. None where nothing is left.
fn set(json: &str) -> Option<String> {
    const UNSET: [&str; 4] = ["null", "false", "0", "\"\""];
    match json.as_bytes()[0] {
        b'{' => {
            let InOrder(fields) = serde_json::from_str(json).unwrap();
            let field = |(name, value): &(String, Box<RawValue>)| {
                // A score of zero is one.
                let is_score = name == "score" && value.get() != "null";
                let value = if is_score { Some(value.get().to_owned()) } else { set(value.get()) };
                Some(format!("\"{name}\":{}", value?))
            };
            let fields: Vec<String> = fields.iter().filter_map(field).collect();
            (!fields.is_empty()).then(|| format!("{{{}}}", fields.join(",")))
        }
        b'[' => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(json).unwrap();
            let items = items.iter().map(|item| set(item.get()).unwrap_or_else(|| item.get().to_owned()));
            let items: Vec<String> = items.collect();
            (!items.is_empty()).then(|| format!("[{}]", items.join(",")))
        }
        _ => (!UNSET.contains(&json)).then(|| json.to_owned()),
    }
}

/// The fields of an object in the order in which they are written.
struct InOrder(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = InOrder;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<InOrder, M::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(InOrder(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

fn name(leg: &LegId, names: &Names) -> String {
    names.get(leg).cloned().unwrap_or_else(|| leg.to_string())
}

fn action(action: &Action, names: &Names) -> String {
    let name = |leg| name(leg, names);
    match action {
        Action::Take { leg } => format!("take {}", name(leg)),
        Action::KeepFallback { leg, after } => format!("keep fallback of {} for {after}", name(leg)),
        Action::CancelFallback { leg } => format!("cancel fallback of {}", name(leg)),
        Action::ToFallback { leg } => format!("send {} to the fallback", name(leg)),
        Action::Play { leg, prompt, repeat } => {
            let often = if *repeat { " over and over" } else { "" };
            format!("play {} to {}{often}", heard(prompt), name(leg))
        }
        Action::Ring { leg, dial, ring_time, shown, .. } => {
            let (Dial::Phone(to) | Dial::Endpoint(to)) = dial;
            format!("ring {} at {to} for {ring_time} showing {shown:?}", name(leg))
        }
        Action::Bridge { caller, agent, keep_caller } => {
            let kept = keep_caller.map_or(String::new(), |after| format!(", keeping the first for {after}"));
            format!("bridge {} and {}{kept}", name(caller), name(agent))
        }
        Action::Answer { leg } => format!("answer {}", name(leg)),
        Action::LetGo { leg } => format!("let {} go after the talk", name(leg)),
        Action::Listen { leg, time } => format!("listen to {} for {time}", name(leg)),
        Action::Stop { leg } => format!("stop {}", name(leg)),
        Action::ForgetKeys { leg } => format!("forget the keys of {}", name(leg)),
        Action::RecordMessage { leg, file, longest, silence } => {
            format!("record {} as {file} for {longest} or until {silence} of silence", name(leg))
        }
        Action::RecordTalk { leg, file } => format!("record the talk of {} as {file}", name(leg)),
        Action::StopRecording { leg, file } => format!("stop recording {} as {file}", name(leg)),
        Action::HangUp { leg, cause } => format!("hang up {} as {cause}", name(leg)),
    }
}

/// The leg that an action is about; of two the caller's.
pub(super) fn leg_of(action: &Action) -> &LegId {
    match action {
        Action::Bridge { caller: leg, .. }
        | Action::Take { leg }
        | Action::KeepFallback { leg, .. }
        | Action::CancelFallback { leg }
        | Action::ToFallback { leg }
        | Action::LetGo { leg }
        | Action::Play { leg, .. }
        | Action::Ring { leg, .. }
        | Action::Answer { leg }
        | Action::Listen { leg, .. }
        | Action::Stop { leg }
        | Action::ForgetKeys { leg }
        | Action::RecordMessage { leg, .. }
        | Action::RecordTalk { leg, .. }
        | Action::StopRecording { leg, .. }
        | Action::HangUp { leg, .. } => leg,
    }
}

/// The word by which a story says how an action ended.
pub(super) fn kind(action: &Action) -> &'static str {
    match action {
        Action::Take { .. } => "take",
        Action::KeepFallback { .. } => "keep",
        Action::CancelFallback { .. } => "cancel",
        Action::ToFallback { .. } => "send",
        Action::LetGo { .. } => "let",
        Action::Play { .. } => "play",
        Action::Ring { .. } => "ring",
        Action::Bridge { .. } => "bridge",
        Action::Answer { .. } => "answer",
        Action::Listen { .. } => "listen",
        Action::Stop { .. } | Action::StopRecording { .. } => "stop",
        Action::ForgetKeys { .. } => "forget",
        Action::RecordMessage { .. } | Action::RecordTalk { .. } => "record",
        Action::HangUp { .. } => "hang",
    }
}

/// Spoken pieces as they are said, other files by their paths.
fn heard(prompt: &Prompt) -> String {
    let files = match prompt {
        Prompt::File(path) => std::slice::from_ref(path),
        Prompt::Files(paths) => paths,
        Prompt::Tone(_) => return prompt.to_string(),
    };
    let mut said = String::new();
    let mut speaks = false;
    for path in files {
        let piece = spoken(path);
        match (&piece, speaks) {
            (Some(_), false) => said.push_str(if said.is_empty() { "“" } else { " + “" }),
            (None, true) => said.push_str("” + "),
            (None, false) if !said.is_empty() => said.push_str(" + "),
            (Some(_), true) | (None, false) => {}
        }
        speaks = piece.is_some();
        said.push_str(piece.map_or(path.as_str(), |piece| piece.text(Language::Mandarin)));
    }
    if speaks {
        said.push('”');
    }
    said
}

fn spoken(path: &SoundPath) -> Option<Piece> {
    let name = path.as_str().strip_prefix(SOUNDS)?.strip_prefix("/zh/")?;
    Piece::by_id(name.strip_suffix(".wav")?)
}

/// What the store is asked.
fn asked(request: &AcdRequest, begin: Instant) -> String {
    match request {
        AcdRequest::Claim(claim) => claimed(claim, begin),
        AcdRequest::Abandon { claim } => format!("abandon #{claim}"),
        AcdRequest::Release { claim, rest: Millis(0), .. } => format!("release #{claim}"),
        AcdRequest::Release { claim, rest, .. } => format!("release #{claim} to rest for {rest}"),
        AcdRequest::Place { claim } => format!("ask the place of #{claim}"),
        AcdRequest::Remember { pool, caller, line, keep } => {
            format!("remember {} for {caller} in {} for {keep}", line.0, pool.0)
        }
        AcdRequest::Admit { hotline, calls_max, recent } => {
            let most = calls_max.map_or(String::new(), |most| format!(" of at most {most}"));
            let often = recent.as_ref().map_or(String::new(), |(caller, span)| {
                format!(", counting those of {caller} within {span}")
            });
            format!("count a call of {hotline} in{most}{often}")
        }
        AcdRequest::Leave { hotline } => format!("count a call of {hotline} out"),
        AcdRequest::CountCode { hotline, codes, code } => {
            format!("count a question for {code} of {hotline}'s {codes}")
        }
    }
}

fn claimed(claim: &Claim, begin: Instant) -> String {
    let agents = claim.agents.iter().map(|agent| match (claim.pick, agent.lines, agent.share) {
        (Pick::ByShare, lines, share) => format!("{} of {lines} sharing {share}", agent.line.0),
        (_, lines, _) => format!("{} of {lines}", agent.line.0),
    });
    let agents = agents.collect::<Vec<_>>().join(", ");
    let pick = match claim.pick {
        Pick::First => "",
        Pick::NextInTurn => " by turns",
        Pick::FewestCalls => " by fewest calls",
        Pick::LongestIdle => " by longest idle",
        Pick::ByShare => " by share",
    };
    let again = claim.caller.as_ref().map_or(String::new(), |caller| format!(", first whom {caller} knows"));
    let wait = claim.wait.map_or(String::new(), |turn| {
        let since = turn.since.since(begin);
        let early =
            if turn.priority > 0 { format!(" with priority {}", turn.priority) } else { String::new() };
        format!(", or wait since {since} among {}{early}", turn.length_max)
    });
    format!("claim {agents}{pick}{again}{wait}")
}

fn note(note: &Note) -> String {
    match note {
        Note::Stage { from, to } => {
            let name =
                |stage: &Option<_>| stage.as_ref().map_or("-".into(), |s| format!("{s:?}").to_lowercase());
            format!("{} -> {}", name(from), name(to))
        }
        Note::Node { node, exit, reason: because } if because.is_empty() || **because == **exit => {
            format!("{node}: {exit}")
        }
        Note::Node { node, exit, reason: because } => format!("{node}: {exit} ({because})"),
        Note::Refused { reason: why, detail: because } => format!("refused: {why} ({because})"),
        Note::Queued { ahead, estimate } => match estimate {
            Some(estimate) => format!("{ahead} ahead, about {estimate}"),
            None => format!("{ahead} ahead"),
        },
        Note::CallBack => "will be called back".into(),
        Note::FlowTooLong => "the flow has no end".into(),
        Note::Ringing { agent } => format!("calling agent {agent}"),
        Note::Attempt { agent, outcome } => format!("agent {agent}: {outcome:?}"),
        Note::SoundFailed { prompt } => format!("{} cannot be played", heard(prompt)),
        Note::NotTaken { reason: why } => format!("not taken: {why:?}"),
        Note::TakeOverFailed { error: why } => format!("not taken up: {why}"),
    }
}
