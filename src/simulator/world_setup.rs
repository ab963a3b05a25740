//! The setup of a run: hotlines, people, faults, and delays.

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

/// The number of the hotline that most callers dial.
pub const HOTLINE: &str = "4008001234";

/// A fault, or a change of the configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The connection between daemon and switch is cut.
    LinkCut {
        /// After so long the daemon connects again.
        reconnect_after: Millis,
    },
    /// Nothing passes the connection any more, and neither side gets an error.
    LinkSilent,
    /// The bytes on their way, in both directions, are delayed.
    LinkStalled {
        /// How long.
        span: Millis,
    },
    /// The daemon is killed.
    DaemonKilled {
        /// After so long another daemon starts.
        restart_after: Millis,
        /// Whether the daemon's last output still arrives.
        output_delivered: bool,
        /// Whether the file of live calls is still there.
        disk_kept: bool,
    },
    /// The daemon is paused.
    DaemonPaused {
        /// How long.
        span: Millis,
    },
    /// Nothing can be saved: the disk is full, or too slow. The first turn after that saves what could not be
    /// saved before.
    DiskFull {
        /// How long.
        span: Millis,
    },
    /// The machine's clock is set. A running daemon counts on; a daemon that starts takes the new time.
    ClockSet {
        /// Forwards, or backwards.
        forwards: bool,
        /// How far.
        by: Millis,
    },
    /// The switch crashes and restarts without channels.
    SwitchCrash,
    /// The hotlines change.
    HotlinesChanged,
    /// The daemon is told to stop: it takes no new calls, and hands over at the second order to stop.
    DaemonDrained {
        /// After so long the second order to stop comes.
        second_stop_after: Millis,
        /// So long after its end another daemon starts.
        restart_after: Millis,
    },
    /// One daemon does not reach Redis, though others do.
    RedisUnreachable {
        /// How long.
        span: Millis,
    },
    /// Redis is down: connections break and are refused.
    RedisDown {
        /// How long.
        span: Millis,
        /// The data that Redis has lost when it is up again.
        loss: DataLoss,
    },
    /// Redis hangs: it accepts requests and answers none.
    RedisHung {
        /// How long.
        span: Millis,
    },
}

/// When a fault happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultTime {
    /// So long after the beginning.
    At(Millis),
    /// So long after the first daemon's engine has handled so many events.
    AfterTurn(usize, Millis),
}

/// The setup of a run.
#[derive(Clone, Debug)]
pub struct WorldSetup {
    /// The seed of everything random.
    pub seed: u64,
    /// The callers.
    pub callers: Vec<Caller>,
    /// What the telephone of a number does, as in [`Actors::phones`](hotlined_sim::actors::Actors::phones).
    pub phones: BTreeMap<String, Vec<Phone>>,
    /// The sound files of the switch.
    pub sounds: SoundFiles,
    /// The hotlines.
    pub hotlines: Vec<Hotline>,
    /// How many daemons there are. One daemon saves its calls in a file. Several daemons share a Redis and the one
    /// switch.
    pub daemons: usize,
    /// The most live calls of a daemon.
    pub live_calls_max: usize,
    /// The faults, with their times.
    pub faults: Vec<(FaultTime, Fault)>,
    /// The delay of the network between daemon and switch, at least and at most.
    pub network_delay_ms: (u64, u64),
    /// See [`ModelConfig::job_start_delay_ms`](hotlined_sim::model::ModelConfig::job_start_delay_ms).
    pub job_start_delay_ms: (u64, u64),
    /// See [`ModelConfig::channel_list_lag_ms`](hotlined_sim::model::ModelConfig::channel_list_lag_ms).
    pub channel_list_lag_ms: (u64, u64),
    /// The longest delay inside a daemon, from the socket to the engine and back.
    pub daemon_lag_ms: u64,
    /// In so many percent of the cases, two simultaneous events of different legs change places.
    pub reordered_percent: u64,
    /// How the switch writes events.
    pub format: Format,
    /// Whether a second engine repeats every turn with each call saved and loaded before.
    pub shadow_engine: bool,
    /// How often the invariants with a bound in time are checked.
    pub check_every: Millis,
    /// How long after the last caller all calls must be over, and all messages sent or given up.
    pub quiet_within: Millis,
    /// How often SMS gateways fail in each way, in requests of a thousand. `None`: no hotline sends messages.
    pub sms_faults_per_mille: Option<u16>,
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

/// The sound file of this path. The path begins with a slash; any other text gives the ring tone.
pub(super) fn sound(name: &str) -> Prompt {
    SoundPath::new(name).map_or(Prompt::Tone(Tone::Ringing), Prompt::File)
}

/// The settings that all simulated hotlines share.
pub fn hotline_defaults() -> SimpleHotline {
    SimpleHotline {
        ringback: sound("/ring.wav"),
        closing: sound("/closing.wav"),
        wait: Millis::seconds(20),
        ..SimpleHotline::default()
    }
}

/// A hotline with these agents.
pub fn hotline(number: &str, agents: Vec<Agent>) -> Hotline {
    hotline_defaults().hotline(number, "Example", agents)
}

impl WorldSetup {
    /// A setup without callers and faults, for tests to fill in.
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
            sms_faults_per_mille: None,
        }
    }

    /// The hotlines after so many changes by the operator.
    pub fn hotlines(&self, change: usize) -> Arc<Hotlines> {
        let mut hotlines = Hotlines::default();
        for hotline in &self.hotlines {
            let mut hotline = hotline.clone();
            hotline.sms = self.sms_faults_per_mille.map(|_| super::sms::rules());
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
        nodes.any(|node| node.kind.ask().is_some() || matches!(node.kind, NodeKind::Voicemail(_)))
    }
}
