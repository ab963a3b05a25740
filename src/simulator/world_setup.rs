//! What a run is made of: hotlines, people, and what goes wrong.

use crate::redis::DataLoss;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::hotline::flow::NodeKind;
use hotlined_core::hotline::{Agent, Dial, Hotline, Hotlines, Version};
use hotlined_core::prompt::{Prompt, SoundPath, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::event::Format;
use hotlined_sim::actors::{Caller, Phone, SoundFiles};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The hotline that most call.
pub const HOTLINE: &str = "4008001234";

/// Something goes wrong, or is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The line is cut.
    LinkCut {
        /// After so long the daemon connects again.
        reconnect_after: Millis,
    },
    /// Nothing passes the line any more, and nobody says so.
    LinkSilent,
    /// What is on its way on the line, either way, comes no sooner than after so long.
    LinkStalled {
        /// How long.
        span: Millis,
    },
    /// The daemon is killed.
    DaemonKilled {
        /// After so long another one starts.
        restart_after: Millis,
        /// Whether what it wrote last still arrives.
        output_delivered: bool,
        /// Whether what it kept is still there.
        disk_kept: bool,
    },
    /// The daemon stands still, and wakes up late.
    DaemonPaused {
        /// How long.
        span: Millis,
    },
    /// Nothing that a daemon keeps is kept: the disk is full, or too slow. What could not be kept is kept with the
    /// first turn after that.
    DiskFull {
        /// How long.
        span: Millis,
    },
    /// The machine's clock is set: a daemon that runs counts on, one that starts goes by the new time.
    ClockSet {
        /// Forwards, or backwards.
        forwards: bool,
        /// How far.
        by: Millis,
    },
    /// The switch dies and comes back empty.
    SwitchCrash,
    /// The hotlines change.
    HotlinesChanged,
    /// The daemon takes no new calls, and hands over.
    DaemonDrained {
        /// After so long it hands over.
        second_stop_after: Millis,
        /// So long after that another one starts.
        restart_after: Millis,
    },
    /// A daemon does not reach Redis, though others do.
    RedisUnreachable {
        /// How long.
        span: Millis,
    },
    /// The Redis that daemons share answers nobody.
    RedisDown {
        /// How long.
        span: Millis,
        /// What it has lost when it is back.
        loss: DataLoss,
    },
    /// It stands still: nobody is told that it is not there.
    RedisHung {
        /// How long.
        span: Millis,
    },
}

/// When a fault comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultTime {
    /// So long after the beginning.
    At(Millis),
    /// So long after the first daemon's engine took so many events.
    AfterTurn(usize, Millis),
}

/// A run.
#[derive(Clone, Debug)]
pub struct WorldSetup {
    /// The seed of what is left to chance.
    pub seed: u64,
    /// Who calls.
    pub callers: Vec<Caller>,
    /// What the telephone of a number does, as in [`Cast::phones`](hotlined_sim::actors::Cast::phones).
    pub phones: BTreeMap<String, Vec<Phone>>,
    /// What the switch can play.
    pub sounds: SoundFiles,
    /// Who can be called.
    pub hotlines: Vec<Hotline>,
    /// How many daemons there are: one keeps its calls in a file, several share a Redis and the one switch.
    pub daemons: usize,
    /// How many calls a daemon takes at a time.
    pub live_calls_max: usize,
    /// What goes wrong.
    pub faults: Vec<(FaultTime, Fault)>,
    /// How long bytes are on their way, at least and at most, in milliseconds.
    pub network_delay_ms: (u64, u64),
    /// See [`Setup::job_starts_ms`](hotlined_sim::model::Setup::job_starts_ms).
    pub job_start_delay_ms: (u64, u64),
    /// See [`Setup::table_lag_ms`](hotlined_sim::model::Setup::table_lag_ms).
    pub channel_list_lag_ms: (u64, u64),
    /// How long it takes at most from the link to the engine, and back.
    pub daemon_lag_ms: u64,
    /// In how many of a hundred cases two events of different legs change places that come at the same time.
    pub reordered_percent: u64,
    /// How the switch writes events.
    pub format: Format,
    /// Whether each call is also saved and loaded between any two events.
    pub shadow_engine: bool,
    /// How often it is looked whether the promises hold that have a bound in time.
    pub check_every: Millis,
    /// How long after the last caller everything must be quiet.
    pub quiet_within: Millis,
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
pub fn hotline_defaults() -> SimpleHotline {
    SimpleHotline {
        ringback: sound("/ring.wav"),
        closing: sound("/closing.wav"),
        wait: Millis::seconds(20),
        ..SimpleHotline::default()
    }
}

/// A hotline of these agents.
pub fn hotline(number: &str, agents: Vec<Agent>) -> Hotline {
    hotline_defaults().hotline(number, "Example", agents)
}

impl WorldSetup {
    /// A calm one: nothing goes wrong, and only what is set afterwards happens.
    pub fn without_faults(seed: u64) -> Self {
        Self {
            seed,
            callers: Vec::new(),
            phones: BTreeMap::new(),
            sounds: SoundFiles::default(),
            hotlines: Vec::new(),
            daemons: 1,
            live_calls_max: 100,
            faults: Vec::new(),
            network_delay_ms: (0, 5),
            job_start_delay_ms: (1, 3),
            channel_list_lag_ms: (0, 274),
            daemon_lag_ms: 2,
            reordered_percent: 0,
            format: Format::Plain,
            shadow_engine: true,
            check_every: Millis(20),
            quiet_within: Millis::seconds(300),
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

    /// How many lines each telephone has.
    pub(super) fn lines(&self) -> BTreeMap<String, u32> {
        let agents = self.hotlines.iter().flat_map(|hotline| &hotline.agents);
        agents.map(|agent| (agent.line.0.to_string(), u32::from(agent.lines))).collect()
    }

    /// Whether a hotline asks for keys or messages.
    pub(super) fn asks(&self) -> bool {
        let mut nodes = self.hotlines.iter().flat_map(|hotline| &hotline.flow.nodes);
        nodes.any(|node| match &node.kind {
            NodeKind::Menu(_)
            | NodeKind::Collect(_)
            | NodeKind::Extension(_)
            | NodeKind::Voicemail(_)
            | NodeKind::Survey(_)
            | NodeKind::VerifyCode(_) => true,
            NodeKind::Hours { .. }
            | NodeKind::Area { .. }
            | NodeKind::Access(_)
            | NodeKind::Play(_)
            | NodeKind::Group(_)
            | NodeKind::Queue(_)
            | NodeKind::Set(_)
            | NodeKind::Goto
            | NodeKind::HangUp { .. } => false,
        })
    }
}
