//! Tells a story: reads what happened, drives the engine, writes what it did.

use hotlined::call::{Limits, SavedCall};
use hotlined::command::{Action, Command, Note, StoreRequest};
use hotlined::engine::{Engine, Entry};
use hotlined::event::{
    Arrival, Cause, CommandResult, Event, LegEvent, LegState, LiveLeg, Order, StoreAnswer,
};
use hotlined::hotline::{Agent, Dial, Hotline, Hotlines, Version, short::Plain};
use hotlined::id::{CallId, CommandId, LegId, LineId, SwitchId};
use hotlined::prompt::{Prompt, SoundPath, Tone};
use hotlined::time::{Instant, Millis};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// When the story begins; every time in a story is told from here.
const BEGIN: Instant = Instant(1_800_000_000_000);

#[derive(Clone, Copy, PartialEq)]
pub enum Telling {
    Straight,
    Reloading,
}

/// The story with our answers as they are now.
pub fn tell(story: &str, telling: Telling) -> Result<String, String> {
    let mut teller = Teller::new(telling);
    for (at, line) in story.lines().enumerate() {
        if line.starts_with('>') {
            continue;
        }
        let happened = match line.strip_prefix('<') {
            Some(happened) => teller.happens(line, happened),
            None => {
                teller.write_down(line);
                Ok(())
            }
        };
        happened.map_err(|error| format!("line {}: {error}", at + 1))?;
    }
    Ok(teller.told)
}

/// The first lines in which two tellings differ.
pub fn difference(written: &str, told: &str) -> String {
    let pair = written.lines().zip(told.lines()).enumerate().find(|(_, (a, b))| a != b);
    match pair {
        Some((at, (a, b))) => format!("line {}\n  written {a}\n  told    {b}", at + 1),
        None => format!("{} lines are written, {} are told", written.lines().count(), told.lines().count()),
    }
}

struct Teller {
    engine: Engine,
    telling: Telling,
    hotlines: Hotlines,
    /// Short names for legs, in the order they came up.
    names: BTreeMap<LegId, String>,
    agents_seen: usize,
    /// The number of each call's newest command of a kind that a story may answer.
    newest: BTreeMap<(CallId, String), u32>,
    now: Instant,
    told: String,
}

impl Teller {
    fn new(telling: Telling) -> Self {
        Self {
            engine: Engine::new(Limits { live_max: 4, fallback_after: Millis::seconds(5) }),
            telling,
            hotlines: Hotlines::default(),
            names: BTreeMap::new(),
            agents_seen: 0,
            newest: BTreeMap::new(),
            now: BEGIN,
            told: String::new(),
        }
    }

    fn write_down(&mut self, line: &str) {
        self.told.push_str(line);
        self.told.push('\n');
    }

    fn happens(&mut self, line: &str, happened: &str) -> Result<(), String> {
        let mut words = happened.split_whitespace();
        let time = words.next().ok_or("a time is missing")?;
        let seconds: f64 = time.parse().map_err(|_| format!("{time:?} is no time"))?;
        self.wait_until(BEGIN + Millis((seconds * 1000.0).round() as u64));
        self.write_down(line);
        let words: Vec<&str> = words.collect();
        let event = self.event(&words)?;
        if let Some(event) = event {
            self.turn(&event);
        }
        Ok(())
    }

    /// Everything that falls due on the way there.
    fn wait_until(&mut self, then: Instant) {
        while let Some(at) = self.engine.deadline().filter(|at| *at <= then) {
            self.now = self.now.max(at);
            self.turn(&Event::Due);
        }
        self.now = self.now.max(then);
    }

    fn turn(&mut self, event: &Event) {
        if self.telling == Telling::Reloading {
            self.reload();
        }
        let mut commands = Vec::new();
        let mut seen = Vec::new();
        let mut watch = |entry: Entry| {
            if let Entry::Out(command) = entry {
                seen.push(command.clone());
            }
        };
        self.engine.turn(self.now, event, &mut commands, &mut watch);
        for command in seen {
            self.answer(&command);
        }
    }

    fn reload(&mut self) {
        let calls: Vec<CallId> = self.engine.switchboard.stages().map(|(id, _)| id.clone()).collect();
        for call in calls {
            let saved = self.engine.switchboard.save(&call).unwrap();
            let text = serde_json::to_string(&saved).unwrap();
            let loaded: SavedCall = serde_json::from_str(&text).unwrap();
            assert_eq!(loaded, saved);
            self.engine.switchboard.load(loaded).unwrap();
        }
    }

    fn event(&mut self, words: &[&str]) -> Result<Option<Event>, String> {
        let event = match words {
            ["hotline", number, settings @ ..] => {
                self.hotlines.insert(Arc::new(hotline(number, settings)?));
                Event::Hotlines(Arc::new(self.hotlines.clone()))
            }
            ["arrived", leg, "from", caller, "to", dialled] => {
                Event::Arrived(self.arrival(leg, caller, dialled))
            }
            ["leg", name, what @ ..] => Event::Leg { leg: self.leg(name)?, what: self.leg_event(what)? },
            ["done", name, number, result @ ..] => Event::Done {
                command: self.command(name, number)?,
                result: match result {
                    ["failed", cause] => CommandResult::Failed(word(cause)?),
                    [result] => word::<CommandResult>(result)?,
                    _ => return Err("how did it end?".into()),
                },
            },
            ["claimed", name, number, line] => Event::Store {
                command: self.command(name, number)?,
                answer: StoreAnswer::Claimed { line: LineId((*line).into()) },
            },
            ["refused", name, number] => {
                Event::Store { command: self.command(name, number)?, answer: StoreAnswer::Refused }
            }
            ["link", "lost"] => Event::LinkLost { switch: switch() },
            ["link", "restored", legs @ ..] => {
                let legs = legs.iter().map(|leg| self.live_leg(leg)).collect::<Result<_, _>>()?;
                Event::LinkRestored { switch: switch(), connection: 1, legs }
            }
            ["operator", order] => Event::Operator(word::<Order>(order)?),
            ["nothing"] => return Ok(None),
            _ => return Err(format!("unknown: {}", words.join(" "))),
        };
        Ok(Some(event))
    }

    fn arrival(&mut self, name: &str, caller: &str, dialled: &str) -> Arrival {
        let leg: LegId = name.parse().unwrap();
        self.names.insert(leg.clone(), name.into());
        let seed = name.bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte));
        let caller = if caller == "withheld" { "" } else { caller };
        Arrival {
            switch: switch(),
            leg,
            dialled: dialled.into(),
            caller: caller.into(),
            seed,
            answered: false,
        }
    }

    fn leg(&self, name: &str) -> Result<LegId, String> {
        let known = self.names.iter().find(|(_, known)| *known == name);
        known
            .map(|(leg, _)| leg.clone())
            .map_or_else(|| name.parse().map_err(|_| format!("no leg {name}")), Ok)
    }

    fn leg_event(&mut self, words: &[&str]) -> Result<LegEvent, String> {
        Ok(match words {
            ["ringing"] => LegEvent::Ringing { media: false },
            ["ringing", "media"] => LegEvent::Ringing { media: true },
            ["digit", digit] => LegEvent::Digit(digit.chars().next().ok_or("which key?")?),
            ["bridged", peer] => LegEvent::Bridged { peer: self.leg(peer)? },
            ["unbridged", peer] => LegEvent::Unbridged { peer: self.leg(peer)? },
            ["hung_up", cause] => LegEvent::HungUp { cause: word(cause)?, far_end: true },
            ["ended", cause] => LegEvent::HungUp { cause: word(cause)?, far_end: false },
            ["renamed_from", from] => LegEvent::Renamed { from: self.leg(from)? },
            [what] => word(what)?,
            _ => return Err(format!("unknown: {}", words.join(" "))),
        })
    }

    fn command(&self, name: &str, number: &str) -> Result<CommandId, String> {
        let call = CallId(self.leg(name)?);
        let newest = self.newest.get(&(call.clone(), number.to_owned())).copied();
        let number =
            newest.or_else(|| number.strip_prefix('#')?.parse().ok()).ok_or("play, ring, bridge or #N")?;
        Ok(CommandId { call, number })
    }

    /// `name=state`, `name=answered:state`, or `name=arrived:CALLER:DIALLED`; `name/of=state` for a foreign one.
    fn live_leg(&mut self, text: &str) -> Result<LiveLeg, String> {
        let (name, state) = text.split_once('=').ok_or("name=state")?;
        let (name, of) = name.split_once('/').map_or((name, None), |(name, of)| (name, Some(of)));
        let of = of.map(|of| self.leg(of)).transpose()?;
        if let Some((caller, dialled)) = state.strip_prefix("arrived:").and_then(|rest| rest.split_once(':'))
        {
            let arrival = self.arrival(name, caller, dialled);
            let leg = arrival.leg.clone();
            return Ok(LiveLeg { leg, of, state: LegState::Parked, answered: false, arrival: Some(arrival) });
        }
        let (answered, state) = state.strip_prefix("answered:").map_or((false, state), |state| (true, state));
        Ok(LiveLeg { leg: self.leg(name)?, of, state: word(state)?, answered, arrival: None })
    }

    fn answer(&mut self, command: &Command) {
        let text = match command {
            Command::Switch { id, action, .. } => {
                if let Action::Ring { leg, .. } = action {
                    self.agents_seen += 1;
                    self.names.insert(leg.clone(), format!("agent{}", self.agents_seen));
                }
                let words = self.action(action);
                let kind = words.split(' ').next().unwrap_or_default().to_owned();
                self.newest.insert((id.call.clone(), kind), id.number);
                format!("{} #{} {words}", self.name(&id.call.0), id.number)
            }
            Command::Store { id, request } => {
                format!("{} #{} {}", self.name(&id.call.0), id.number, stored(request))
            }
            Command::Note { call, note } => format!("{} note {}", self.name(&call.0), self.note(note)),
            Command::Record(record) => {
                let mut text = serde_json::to_string(record).unwrap();
                for (leg, name) in &self.names {
                    text = text.replace(&leg.to_string(), name);
                }
                format!("record {text}")
            }
        };
        let at = self.now.since(BEGIN);
        let _ = writeln!(self.told, "> {}.{:03} {text}", at.0 / 1000, at.0 % 1000);
    }

    fn name(&self, leg: &LegId) -> String {
        self.names.get(leg).cloned().unwrap_or_else(|| leg.to_string())
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Take { leg } => format!("take {}", self.name(leg)),
            Action::KeepFallback { leg, after } => format!("keep fallback of {} for {after}", self.name(leg)),
            Action::CancelFallback { leg } => format!("cancel fallback of {}", self.name(leg)),
            Action::ToFallback { leg } => format!("send {} to the fallback", self.name(leg)),
            Action::Play { leg, prompt, repeat } => {
                format!("play {prompt} to {}{}", self.name(leg), if *repeat { " over and over" } else { "" })
            }
            Action::Ring { leg, dial, ring_time, shown, .. } => {
                let (Dial::Phone(to) | Dial::Endpoint(to)) = dial;
                format!("ring {} at {to} for {ring_time} showing {shown:?}", self.name(leg))
            }
            Action::Bridge { caller, agent, keep_caller } => {
                let kept =
                    keep_caller.map_or(String::new(), |after| format!(", keeping the first for {after}"));
                format!("bridge {} and {}{kept}", self.name(caller), self.name(agent))
            }
            Action::Answer { leg } => format!("answer {}", self.name(leg)),
            Action::Listen { leg, time } => format!("listen to {} for {time}", self.name(leg)),
            Action::Stop { leg } => format!("stop {}", self.name(leg)),
            Action::ForgetKeys { leg } => format!("forget the keys of {}", self.name(leg)),
            Action::RecordMessage { leg, file, longest, silence } => {
                format!("record {} as {file} for {longest} or until {silence} of silence", self.name(leg))
            }
            Action::RecordTalk { leg, file } => format!("record the talk of {} as {file}", self.name(leg)),
            Action::StopRecording { leg, file } => format!("stop recording {} as {file}", self.name(leg)),
            Action::HangUp { leg, cause } => format!("hang up {} as {cause}", self.name(leg)),
        }
    }

    fn note(&self, note: &Note) -> String {
        match note {
            Note::Stage { from, to } => {
                let name = |stage: &Option<_>| {
                    stage.as_ref().map_or("-".into(), |s| format!("{s:?}").to_lowercase())
                };
                format!("{} -> {}", name(from), name(to))
            }
            Note::Node { node, exit, because } if because.is_empty() || **because == **exit => {
                format!("{node}: {exit}")
            }
            Note::Node { node, exit, because } => format!("{node}: {exit} ({because})"),
            Note::Refused { why, because } => format!("refused: {why} ({because})"),
            Note::Queued { ahead, estimate } => match estimate {
                Some(estimate) => format!("{ahead} ahead, about {estimate}"),
                None => format!("{ahead} ahead"),
            },
            Note::CallBack => "will be called back".into(),
            Note::Endless => "the flow has no end".into(),
            Note::Ringing { agent } => format!("calling agent {agent}"),
            Note::Attempt { agent, outcome } => format!("agent {agent}: {outcome:?}"),
            Note::SoundFailed { prompt } => format!("{prompt} cannot be played"),
            Note::NotTaken { why } => format!("not taken: {why:?}"),
        }
    }
}

fn switch() -> SwitchId {
    SwitchId("fs1".into())
}

/// A word of the story as one of our own.
fn word<T: DeserializeOwned>(word: &str) -> Result<T, String> {
    serde_json::from_value(word.into()).map_err(|error| format!("{word:?}: {error}"))
}

/// `key=value` settings; `agents=01,02:off,03:2lines`.
fn hotline(number: &str, settings: &[&str]) -> Result<Hotline, String> {
    let sound = |name: &str| SoundPath::new(&format!("/sounds/{name}.wav")).map(Prompt::File).unwrap();
    let mut plain = Plain {
        ringback: sound("ring"),
        closing: sound("closing"),
        wait: Millis::seconds(60),
        ..Plain::default()
    };
    let (mut version, mut agents) = (1, Vec::new());
    let mut ring_time = Millis::seconds(20);
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("key=value")?;
        let number = || value.parse::<u64>().map_err(|_| format!("{value:?} is no number"));
        match key {
            "version" => version = number()?,
            "order" => plain.strategy = word(value)?,
            "shows" => plain.shows = word(value)?,
            "wait" => plain.wait = Millis::seconds(number()?),
            "ring" => ring_time = Millis::seconds(number()?),
            "ringback" => {
                plain.ringback = if value == "tone" { Prompt::Tone(Tone::Ringing) } else { sound(value) }
            }
            "agents" => agents = value.split(',').map(|text| agent(text, ring_time)).collect(),
            _ => return Err(format!("unknown setting {key}")),
        }
    }
    Ok(Hotline { version: Version(version), ..plain.hotline(number, "Example", agents) })
}

/// What the store is asked, in the words of a story.
fn stored(request: &StoreRequest) -> String {
    match request {
        StoreRequest::Claim(claim) => {
            let agents = claim.agents.iter().map(|agent| format!("{} of {}", agent.line.0, agent.lines));
            format!("claim {}", agents.collect::<Vec<_>>().join(", "))
        }
        StoreRequest::Release { claim, .. } => format!("release #{claim}"),
        other => format!("{other:?}"),
    }
}

fn agent(text: &str, ring_time: Millis) -> Agent {
    let (id, mark) = text.split_once(':').unwrap_or((text, ""));
    let phone: Arc<str> = format!("139000000{id}").into();
    let lines = mark.strip_suffix("lines").and_then(|lines| lines.parse().ok()).unwrap_or(1);
    Agent { lines, ring_time, on: mark != "off", ..Agent::new(id, Dial::Phone(phone)) }
}

/// Kept so that every cause has a word a story can use.
#[test]
fn a_story_can_name_every_cause() {
    assert_eq!(word::<Cause>("lost_race").unwrap(), Cause::LostRace);
}
