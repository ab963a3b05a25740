//! What a run is made of: hotlines, people, and what goes wrong.

use crate::hotline::short::Plain;
use crate::hotline::{Agent, Dial, Hotline, Hotlines, Version};
use crate::prompt::{Prompt, SoundPath, Tone};
use crate::sim::people::{Caller, Phone, Sounds};
use crate::switch::esl::event::Format;
use crate::time::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The hotline that most call.
pub const HOTLINE: &str = "4008001234";

/// Something goes wrong, or is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The line is cut; the daemon connects again after so long.
    Cut { back: Millis },
    /// Nothing passes the line any more, and nobody says so.
    Mute,
    /// The daemon is killed, and another one starts after so long. What it wrote last may still arrive, and what it
    /// kept may still be there.
    Kill { back: Millis, delivered: bool, kept: bool },
    /// The switch dies and comes back empty.
    Crash,
    /// The hotlines change.
    Change,
    /// The daemon takes no new calls, hands over after so long, and another one starts so long after that.
    Drain { over: Millis, back: Millis },
}

/// When a fault comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// So long after the beginning.
    At(Millis),
    /// So long after the first daemon's engine took so many events.
    AfterTurn(usize, Millis),
}

/// A run.
#[derive(Clone, Debug)]
pub struct Scene {
    pub seed: u64,
    pub callers: Vec<Caller>,
    pub phones: BTreeMap<String, Vec<Phone>>,
    pub sounds: Sounds,
    pub hotlines: Vec<Hotline>,
    pub live_max: usize,
    pub faults: Vec<(When, Fault)>,
    pub delay_to_switch: (u64, u64),
    pub job_starts_ms: (u64, u64),
    pub table_lag_ms: (u64, u64),
    pub engine_lag_ms: u64,
    pub format: Format,
    pub shadowed: bool,
}

/// The telephone of the agent of this number.
pub fn phone_number(index: u64) -> String {
    format!("1390000{index:04}")
}

/// An agent.
pub fn agent(index: u64, lines: u16, ring_time: Millis) -> Agent {
    let dial = Dial::Phone(phone_number(index).into());
    Agent { name: format!("Agent {index}").into(), lines, ring_time, ..Agent::new(&index.to_string(), dial) }
}

/// The file of this name, which begins with a slash; what is no path is the ring tone.
pub(super) fn sound(name: &str) -> Prompt {
    SoundPath::new(name).map_or(Prompt::Tone(Tone::Ringing), Prompt::File)
}

/// What hotlines here have in common.
pub fn plain() -> Plain {
    Plain {
        ringback: sound("/ring.wav"),
        closing: sound("/closing.wav"),
        wait: Millis::seconds(20),
        ..Plain::default()
    }
}

/// A hotline of these agents.
pub fn hotline(number: &str, agents: Vec<Agent>) -> Hotline {
    plain().hotline(number, "Example", agents)
}

impl Scene {
    /// A calm one: nothing goes wrong, and only what is set afterwards happens.
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            callers: Vec::new(),
            phones: BTreeMap::new(),
            sounds: Sounds::default(),
            hotlines: Vec::new(),
            live_max: 100,
            faults: Vec::new(),
            delay_to_switch: (0, 5),
            job_starts_ms: (1, 3),
            table_lag_ms: (0, 274),
            engine_lag_ms: 2,
            format: Format::Plain,
            shadowed: true,
        }
    }

    /// The hotlines, or what an operator makes of them at the nth change.
    pub fn hotlines(&self, change: usize) -> Arc<Hotlines> {
        let mut hotlines = Hotlines::default();
        for hotline in &self.hotlines {
            let mut hotline = hotline.clone();
            for _ in 0..change {
                hotline.agents.rotate_left(1);
                hotline.agents.truncate(hotline.agents.len().saturating_sub(1).max(1));
                hotline.name = format!("{} again", hotline.name).into();
            }
            hotline.version = Version::of(&hotline);
            hotlines.insert(Arc::new(hotline));
        }
        Arc::new(hotlines)
    }
}
