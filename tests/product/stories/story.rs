//! Tells a story: reads what happened, drives the engine, writes what it did.
//!
//! ```text
//! # What the story shows.
//! < at 2026-10-01T10:00+08:00             when it begins; otherwise on a Friday, 16:00 in China
//! < fallback 60                           the seconds after which the dialplan's fallback serves; otherwise 5
//! < publishes                             other systems want the call's events
//! < 0 file codes.txt                      a file beside the hotline's
//! | 0012345678
//! < 0 hotline 4008001234                  a hotline file; its number and name are written above it
//! | [[agents]]
//! | id = "01"
//! | phone = "13900000001"
//! < 0 hotline 4008001234 agents=01,02     the same in short, for stories about other things
//! < 1 arrived caller from 13800138000 to 4008001234
//! < 2 leg caller digit 1                  what a leg does, in the words of an event
//! < 3 done caller play ok                 how the newest command of a kind ended, by leg or by call; or #7
//! < 4 link lost
//! < 5 link restored caller=answered:parked
//! < 6 nothing                             time passes
//! ```
//!
//! Agents' legs are called agent1, agent2 … in the order in which they are rung; the leg of a caller who is called
//! back is the caller's name with `_again`. What the store is asked it answers by itself.

mod operator;
mod words;

pub use operator::Home;

use hotlined_core::call::{Limits, SavedCall};
use hotlined_core::command::{Action, Command};
use hotlined_core::engine::{Engine, TraceEntry};
use hotlined_core::event::{
    AcdReply, Arrival, Cause, CommandResult, Event, LegEvent, LegState, LiveLeg, OperatorOrder, QueuePosition,
};
use hotlined_core::hotline::{Dial, Hotlines};
use hotlined_core::id::{CallId, CommandId, LegId, LineId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::persist::snapshot::{LiveCall, TurnChanges};
use operator::Files;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// When a story begins that does not say so; every time in a story is told from its beginning.
const BEGIN: Instant = Instant(1_800_000_000_000);

#[derive(Clone, Copy, PartialEq)]
pub enum Telling {
    Straight,
    Reloading,
    Keeping,
}

/// The story with our answers as they are now.
pub fn tell(story: &str, telling: Telling, home: &Home) -> Result<String, String> {
    Ok(told(story, telling, home)?.told)
}

/// The live calls that a daemon would have kept in the course of the story, and the stage of each.
pub fn kept(story: &str, home: &Home) -> Result<Vec<(String, LiveCall)>, String> {
    Ok(told(story, Telling::Keeping, home)?.kept)
}

fn told<'a>(story: &str, telling: Telling, home: &'a Home) -> Result<Teller<'a>, String> {
    let mut teller = Teller::new(telling, home);
    let mut lines = (1..).zip(story.lines()).peekable();
    while let Some((at, line)) = lines.next() {
        if line.starts_with('>') {
            continue;
        }
        let below: Vec<&str> = std::iter::from_fn(|| lines.next_if(|(_, next)| next.starts_with('|')))
            .map(|(_, line)| line)
            .collect();
        let happened = match line.strip_prefix('<') {
            Some(happened) => teller.happens(line, happened, &below),
            None => {
                teller.write_down(line, &below);
                Ok(())
            }
        };
        happened.map_err(|error| format!("line {at}: {error}"))?;
    }
    Ok(teller)
}

/// The first lines in which two tellings differ.
pub fn difference(written: &str, told: &str) -> String {
    let pair = written.lines().zip(told.lines()).enumerate().find(|(_, (a, b))| a != b);
    match pair {
        Some((at, (a, b))) => format!("line {}\n  written {a}\n  told    {b}", at + 1),
        None => format!("{} lines are written, {} are told", written.lines().count(), told.lines().count()),
    }
}

struct Teller<'a> {
    engine: Engine,
    limits: Limits,
    telling: Telling,
    files: Files<'a>,
    hotlines: Hotlines,
    /// Short names for legs, in the order they came up.
    names: BTreeMap<LegId, String>,
    agents_seen: usize,
    /// What each call's caller is called from.
    callers: BTreeMap<CallId, String>,
    /// The newest command of a kind that a story may answer: to each leg, and of each call, by the name of its leg.
    newest: BTreeMap<(LegId, String), CommandId>,
    begin: Instant,
    now: Instant,
    told: String,
    kept: Vec<(String, LiveCall)>,
}

impl<'a> Teller<'a> {
    fn new(telling: Telling, home: &'a Home) -> Self {
        let limits = Limits { live_max: 4, fallback_after: Millis::seconds(5), publishes: false };
        Self {
            engine: Engine::new(limits),
            limits,
            telling,
            files: Files::new(home),
            hotlines: Hotlines::default(),
            names: BTreeMap::new(),
            agents_seen: 0,
            callers: BTreeMap::new(),
            newest: BTreeMap::new(),
            begin: BEGIN,
            now: BEGIN,
            told: String::new(),
            kept: Vec::new(),
        }
    }

    fn write_down(&mut self, line: &str, below: &[&str]) {
        for line in std::iter::once(line).chain(below.iter().copied()) {
            self.told.push_str(line);
            self.told.push('\n');
        }
    }

    fn happens(&mut self, line: &str, happened: &str, below: &[&str]) -> Result<(), String> {
        let words: Vec<&str> = happened.split_whitespace().collect();
        match words[..] {
            ["at", time] => {
                self.write_down(line, below);
                let time: jiff::Timestamp = time.parse().map_err(|error| format!("{time:?}: {error}"))?;
                self.begin = Instant(time.as_millisecond().try_into().map_err(|_| "before 1970")?);
                self.now = self.begin;
                Ok(())
            }
            ["fallback", seconds] => {
                self.write_down(line, below);
                let seconds = seconds.parse().map_err(|_| format!("{seconds:?} is no number"))?;
                self.limits.fallback_after = Millis::seconds(seconds);
                self.engine = Engine::new(self.limits);
                Ok(())
            }
            ["publishes"] => {
                self.write_down(line, below);
                self.limits.publishes = true;
                self.engine = Engine::new(self.limits);
                Ok(())
            }
            [time, ref words @ ..] => {
                let seconds: f64 = time.parse().map_err(|_| format!("{time:?} is no time"))?;
                self.wait_until(self.begin + Millis((seconds * 1000.0).round() as u64));
                self.write_down(line, below);
                if let Some(event) = self.event(words, below)? {
                    self.turn(&event);
                }
                Ok(())
            }
            [] => Err("a time is missing".into()),
        }
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
        let mut watch = |entry: TraceEntry| {
            if let TraceEntry::Out(command) = entry {
                seen.push(command.clone());
            }
        };
        self.engine.run_turn(self.now, event, &mut commands, &mut watch);
        for command in seen {
            self.answer(&command);
        }
        if self.telling == Telling::Keeping {
            for live in TurnChanges::of(&mut self.engine).live {
                let stage = self.engine.switchboard.stages().find(|(id, _)| **id == live.call);
                self.kept.extend(stage.map(|(_, stage)| (format!("{stage:?}").to_lowercase(), live)));
            }
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

    fn event(&mut self, words: &[&str], below: &[&str]) -> Result<Option<Event>, String> {
        let event = match words {
            ["file", name] => {
                self.files.put(name, below)?;
                return Ok(None);
            }
            ["hotline", number] => {
                let hotline = self.files.hotline(number, below)?;
                self.hotlines.insert(Arc::new(hotline));
                Event::Hotlines(Arc::new(self.hotlines.clone()))
            }
            ["hotline", number, settings @ ..] => {
                self.hotlines.insert(Arc::new(operator::in_short(number, settings)?));
                Event::Hotlines(Arc::new(self.hotlines.clone()))
            }
            ["arrived", leg, "from", caller, "to", dialled] => {
                Event::Arrived(self.arrival(leg, caller, dialled))
            }
            ["leg", name, what @ ..] => Event::Leg { leg: self.leg(name)?, event: self.leg_event(what)? },
            ["done", name, number, result @ ..] => Event::Done {
                command: self.command(name, number)?,
                result: match result {
                    ["failed", cause] => CommandResult::Failed(word(cause)?),
                    [result] => word::<CommandResult>(result)?,
                    _ => return Err("how did it end?".into()),
                },
            },
            ["claimed", name, number, line] => Event::Acd {
                command: self.command(name, number)?,
                reply: AcdReply::Claimed { line: LineId((*line).into()) },
            },
            ["refused", name, number] => {
                Event::Acd { command: self.command(name, number)?, reply: AcdReply::Refused }
            }
            ["waiting", name, number, ahead] => Event::Acd {
                command: self.command(name, number)?,
                reply: AcdReply::Waiting(QueuePosition {
                    ahead: ahead.parse().map_err(|_| "how many are ahead?")?,
                    estimate: None,
                }),
            },
            ["link", "lost"] => Event::LinkLost { switch: switch() },
            ["link", "restored", legs @ ..] => {
                let legs = legs.iter().map(|leg| self.live_leg(leg)).collect::<Result<_, _>>()?;
                Event::LinkRestored { switch: switch(), connection: 1, legs }
            }
            ["operator", order] => Event::Operator(word::<OperatorOrder>(order)?),
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
        self.callers.insert(CallId(leg.clone()), caller.into());
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
        let leg = self.leg(name)?;
        if let Some(newest) = self.newest.get(&(leg.clone(), number.to_owned())) {
            return Ok(newest.clone());
        }
        let number = number.strip_prefix('#').and_then(|number| number.parse().ok());
        Ok(CommandId { call: CallId(leg), number: number.ok_or("play, ring, bridge or #N")? })
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
            return Ok(LiveLeg {
                leg,
                caller_leg: of,
                state: LegState::Parked,
                answered: false,
                arrival: Some(arrival),
            });
        }
        let (answered, state) = state.strip_prefix("answered:").map_or((false, state), |state| (true, state));
        Ok(LiveLeg { leg: self.leg(name)?, caller_leg: of, state: word(state)?, answered, arrival: None })
    }

    fn answer(&mut self, command: &Command) {
        if let Command::Switch { id, action, .. } = command {
            self.remember(id, action);
        }
        let text = words::command(command, &self.names, self.begin);
        let at = self.now.since(self.begin);
        let _ = writeln!(self.told, "> {}.{:03} {text}", at.0 / 1000, at.0 % 1000);
    }

    /// Gives a new leg its name, and remembers the command for who will say how it ended.
    fn remember(&mut self, id: &CommandId, action: &Action) {
        if let Action::Ring { leg, dial, .. } = action {
            let calls_back =
                matches!(dial, Dial::Phone(to) if self.callers.get(&id.call).is_some_and(|c| **c == **to));
            let name = if calls_back {
                format!("{}_again", id.call.0)
            } else {
                self.agents_seen += 1;
                format!("agent{}", self.agents_seen)
            };
            self.names.insert(leg.clone(), name);
        }
        for leg in [&id.call.0, words::leg_of(action)] {
            self.newest.insert((leg.clone(), words::kind(action).to_owned()), id.clone());
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

/// Kept so that every cause has a word a story can use.
#[test]
fn a_story_can_name_every_cause() {
    assert_eq!(word::<Cause>("lost_race").unwrap(), Cause::LostRace);
}
