//! The people at the two ends of calls: callers, and the telephones of agents.
//!
//! All types here are data, so that a test, the demonstration or a file can describe a scenario; [`Actors::seeded`]
//! generates one from a seed. The model performs what the people do. What they say is not simulated.

use super::rng::Rng;
use hotlined_core::id::LegId;
use hotlined_core::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scenario: people, sound files, and faults with their times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// The seed of everything random.
    pub seed: u64,
    /// Callers and telephones.
    #[serde(rename = "cast")]
    pub actors: Actors,
    /// Which sound files exist and how long they are.
    pub sounds: SoundFiles,
    /// The faults between the switch and its controllers.
    pub faults: Vec<ScenarioFault>,
}

/// Callers and telephones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Actors {
    /// The callers, each with the time of its call.
    pub callers: Vec<Caller>,
    /// What the telephone of a number does on its first, second … call; the last entry holds for all later
    /// calls. A number that is not listed does what [`Phone::default`] does.
    pub phones: BTreeMap<String, Vec<Phone>>,
}

/// A caller: its numbers, and what the person does during the call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// When the caller dials, from the start of the scenario.
    #[serde(default)]
    pub at: Millis,
    /// The caller's number.
    pub number: String,
    /// The number the caller dials.
    #[serde(rename = "dials")]
    pub dialled: String,
    /// The UUID of the leg; random when not given.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// When the caller hangs up.
    #[serde(rename = "leaves", default)]
    pub hangs_up: HangsUp,
    /// The keys that the caller presses at fixed times.
    #[serde(default)]
    pub keys: Vec<KeyPress>,
    /// The keys that the caller presses when a sound starts.
    #[serde(default)]
    pub replies: Vec<SoundReply>,
    /// When the caller speaks; otherwise the caller is silent.
    #[serde(rename = "speaks", default)]
    pub speech: Vec<Speech>,
    /// Whether the caller's telephone sends BYE instead of CANCEL before the answer too.
    #[serde(rename = "says_bye", default)]
    pub sends_bye: bool,
}

/// When a caller hangs up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HangsUp {
    /// Never: the caller waits until the other side ends the call.
    #[default]
    #[serde(rename = "at_the_end")]
    Never,
    /// So long after dialling, in any state of the call.
    #[serde(rename = "after")]
    AfterDialling(Millis),
    /// So long after an agent answered, bridged or not. The agent's leg belongs to this caller if a variable of its
    /// `originate` holds the UUID of the caller's leg.
    #[serde(rename = "after_answer")]
    AfterAgentAnswer(Millis),
    /// So long after the bridge with an agent.
    #[serde(rename = "after_talk")]
    AfterBridge(Millis),
}

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPress {
    /// When, counted from dialling.
    pub at: Millis,
    /// The key: `0`-`9`, `*`, `#`.
    pub key: char,
}

/// The keys that a person presses whenever a certain sound starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundReply {
    /// A part of the sound's path, such as a file name.
    #[serde(rename = "hears")]
    pub sound: String,
    /// How long after the start of the sound.
    pub after: Millis,
    /// The keys, pressed one after the other.
    pub keys: String,
}

/// A span in which a person speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// The start, counted from dialling.
    pub at: Millis,
    /// The length.
    pub lasts: Millis,
}

/// What an agent's telephone does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phone {
    /// It rings and is answered.
    Answers {
        /// How long it rings.
        after: Millis,
        /// What the agent does then.
        then: AfterAnswer,
    },
    /// It rings, and the agent answers and presses a key to confirm: a person, not a mailbox.
    Accepts {
        /// How long it rings.
        after: Millis,
        /// How long after answering the key is pressed.
        press_after: Millis,
        /// Which key.
        key: char,
        /// What the agent does then.
        then: AfterAnswer,
    },
    /// It is busy (486).
    Busy,
    /// It rings without end.
    NeverAnswers,
    /// It declines the call (603); at once if it rings for zero time.
    Refuses {
        /// How long it rings first.
        after: Millis,
    },
    /// It cannot be reached.
    Unreachable(UnreachableCause),
}

/// Why a telephone cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreachableCause {
    /// The number does not exist (404).
    NoSuchNumber,
    /// It is switched off or out of range (480).
    SwitchedOff,
    /// The network fails (503).
    NetworkFailure,
    /// The switch has no such gateway: no leg is ever created.
    NoGateway,
}

/// What an agent does after answering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterAnswer {
    /// Waits for the caller to end the call.
    #[default]
    Waits,
    /// Hangs up so long after answering, bridged or not; zero drops the call at once.
    HangsUpAfter(Millis),
    /// Hangs up so long after the bridge with a caller.
    TalksFor(Millis),
}

impl Default for Phone {
    fn default() -> Self {
        Self::Answers { after: Millis(2_000), then: AfterAnswer::Waits }
    }
}

/// The sound files of the switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoundFiles {
    /// The lengths of files, by path.
    pub lengths: BTreeMap<String, Millis>,
    /// The length of every other file.
    #[serde(rename = "length")]
    pub default_length: Millis,
    /// Files that do not exist.
    pub missing: Vec<String>,
}

impl Default for SoundFiles {
    fn default() -> Self {
        Self { lengths: BTreeMap::new(), default_length: Millis(3_000), missing: Vec::new() }
    }
}

/// A fault with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFault {
    /// When, from the start of the scenario.
    pub at: Millis,
    /// The fault.
    #[serde(rename = "what")]
    pub fault: SwitchFault,
}

/// A fault of the switch or its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchFault {
    /// Every connection is cut; new ones are accepted.
    #[serde(rename = "cut")]
    CutLinks,
    /// The switch sends nothing more on any connection, and closes none.
    #[serde(rename = "silent")]
    StopSending,
    /// The switch sends again.
    #[serde(rename = "speaks")]
    ResumeSending,
    /// The switch reads nothing more from any connection.
    #[serde(rename = "stalls_reading")]
    StopReading,
    /// The switch reads again.
    #[serde(rename = "reads")]
    ResumeReading,
    /// New connections are closed at once.
    #[serde(rename = "refuses")]
    RefuseConnections,
    /// New connections are accepted again.
    #[serde(rename = "welcomes")]
    AcceptConnections,
    /// The switch crashes and restarts: every connection and every channel is gone.
    Crash,
}

/// The number that generated callers dial.
pub const SEEDED_HOTLINE: &str = "4008001234";

/// How many telephones [`Actors::seeded`] generates.
pub const SEEDED_PHONE_COUNT: u64 = 20;

impl Actors {
    /// Generated actors: `calls` callers of [`SEEDED_HOTLINE`], on average `per_second` of them a second
    /// (one a second when that is no positive number), and [`SEEDED_PHONE_COUNT`] telephones from `86001` on.
    /// Every talk ends: no generated agent waits without end.
    pub fn seeded(seed: u64, calls: usize, per_second: f64) -> Self {
        let mut rng = Rng::new(seed);
        let gap = if per_second.is_finite() && per_second > 0.0 { 1_000.0 / per_second } else { 1_000.0 };
        let mut at = 0.0;
        let callers = (0..calls).map(|index| {
            // Between half and one and a half of the mean gap: busy, but without bursts.
            at += gap * (0.5 + rng.between(0, 1_000) as f64 / 1_000.0);
            let leaves = match rng.between(0, 9) {
                0..=1 => HangsUp::AfterDialling(Millis(rng.between(300, 20_000))),
                2 => HangsUp::AfterAgentAnswer(Millis(rng.between(0, 400))),
                3..=5 => HangsUp::AfterBridge(Millis(rng.between(500, 30_000))),
                _ => HangsUp::Never,
            };
            Caller {
                at: Millis(at as u64),
                number: format!("138{:08}", index % 100_000_000),
                dialled: SEEDED_HOTLINE.into(),
                leg: rng.uuid().parse().ok(),
                hangs_up: leaves,
                ..Caller::default()
            }
        });
        let callers = callers.collect();
        let phones = (1..=SEEDED_PHONE_COUNT).map(|index| {
            let habits = (0..4).map(|_| Phone::random(&mut rng)).collect();
            ((86_000 + index).to_string(), habits)
        });
        Self { callers, phones: phones.collect() }
    }
}

impl Phone {
    /// How long the telephone rings until the answer, and what the agent does then; none if it never answers.
    pub fn answered(self) -> Option<(Millis, AfterAnswer)> {
        match self {
            Self::Answers { after, then } | Self::Accepts { after, then, .. } => Some((after, then)),
            Self::Busy | Self::NeverAnswers | Self::Refuses { .. } | Self::Unreachable(_) => None,
        }
    }

    fn random(rng: &mut Rng) -> Self {
        let ring = Millis(rng.between(100, 6_000));
        match rng.between(0, 19) {
            0..=1 => Self::Busy,
            2..=3 => Self::NeverAnswers,
            4 => Self::Refuses { after: Millis(rng.between(0, 1) * ring.0) },
            5 => Self::Unreachable(UnreachableCause::SwitchedOff),
            6 => Self::Unreachable(UnreachableCause::NoSuchNumber),
            7 => Self::Answers { after: ring, then: AfterAnswer::HangsUpAfter(Millis(0)) },
            _ => {
                Self::Answers { after: ring, then: AfterAnswer::TalksFor(Millis(rng.between(1_000, 30_000))) }
            }
        }
    }
}

impl SoundFiles {
    /// The length of a sound: none when the file does not exist, [`Millis`] of `u64::MAX` when the sound never ends.
    ///
    /// Knows files, `silence_stream://ms`, `tone_stream://%(on,off,Hz)` with `loops=`, and `file_string://`
    /// of these joined by `!`: it begins with a quarter of a second of silence, passes over what is not there
    /// and takes no more than 128 (mod_dptools.c:4945-5095).
    pub fn length_of(&self, path: &str) -> Option<Millis> {
        const ROW_MAX: usize = 128;
        const LEAD: Millis = Millis(250);
        if let Some(parts) = path.strip_prefix("file_string://") {
            // The last of a row that is too long is all the rest of it, and no file's name.
            let most = if parts.split('!').count() > ROW_MAX { ROW_MAX - 1 } else { ROW_MAX };
            let lengths = parts.split('!').take(most).filter_map(|part| self.length_of(part));
            let sum = lengths.map(|length| length.0).reduce(u64::saturating_add)?;
            return Some(Millis(sum.saturating_add(LEAD.0)));
        }
        if let Some(silence) = path.strip_prefix("silence_stream://") {
            let length = silence.split(',').next().and_then(|ms| ms.trim().parse::<i64>().ok())?;
            // No silence at all is not found.
            return (length != 0).then(|| Millis(u64::try_from(length).unwrap_or(u64::MAX)));
        }
        if let Some(tone) = path.strip_prefix("tone_stream://") {
            return Some(tone_length(tone));
        }
        if self.missing.iter().any(|missing| missing == path) {
            return None;
        }
        Some(self.lengths.get(path).copied().unwrap_or(self.default_length))
    }
}

/// The length of a tone in FreeSWITCH's notation (TGML): the sum of the on and off times, as often as told.
fn tone_length(tone: &str) -> Millis {
    let once: u64 = tone
        .split("%(")
        .skip(1)
        .filter_map(|part| {
            let mut times = part.split(')').next()?.split(',');
            Some(
                u64::from(times.next()?.trim().parse::<u32>().ok()?)
                    + u64::from(times.next()?.trim().parse::<u32>().ok()?),
            )
        })
        .sum();
    let loops = tone.split("loops=").nth(1).and_then(|rest| {
        let end = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<i64>().ok()
    });
    match loops.unwrap_or(1) {
        times @ 1.. => Millis(once.saturating_mul(times.unsigned_abs())),
        _ => Millis(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_cast_every_time() {
        let cast = Actors::seeded(42, 200, 5.0);
        assert_eq!(cast, Actors::seeded(42, 200, 5.0));
        assert_ne!(cast, Actors::seeded(43, 200, 5.0));
        assert_eq!(cast.callers.len(), 200);
        let last = cast.callers.last().unwrap().at;
        assert!((30_000..50_000).contains(&last.0), "{last}");
        assert!(cast.callers.iter().all(|caller| caller.leg.is_some()));
    }

    #[test]
    fn a_scene_is_written_as_text() {
        let scene: Scenario = serde_json::from_str(
            r#"{"cast": {"callers": [{"number": "13800138000", "dials": "4008001234", "leaves": {"after": 2500}}],
                "phones": {"86001": ["busy", {"answers": {"after": 900, "then": {"talks_for": 5000}}}]}},
                "faults": [{"at": 100, "what": "cut"}]}"#,
        )
        .unwrap();
        assert_eq!(scene.actors.callers[0].hangs_up, HangsUp::AfterDialling(Millis(2_500)));
        assert_eq!(scene.actors.phones["86001"][0], Phone::Busy);
        assert_eq!(serde_json::from_str::<Scenario>(&serde_json::to_string(&scene).unwrap()).unwrap(), scene);
        assert!(serde_json::from_str::<Scenario>(r#"{"sede": 1}"#).is_err());
    }

    #[test]
    fn a_sound_lasts_as_long_as_its_notation_says() {
        let sounds = SoundFiles {
            lengths: [("/ring.wav".into(), Millis(5_000))].into(),
            missing: vec!["/gone.wav".into()],
            ..SoundFiles::default()
        };
        let length = |path: &str| sounds.length_of(path).map(|length| length.0);
        assert_eq!(length("/ring.wav"), Some(5_000));
        assert_eq!(length("/other.wav"), Some(3_000));
        assert_eq!(length("/gone.wav"), None);
        assert_eq!(length("silence_stream://250"), Some(250));
        assert_eq!(length("silence_stream://-1"), Some(u64::MAX));
        assert_eq!(length("silence_stream://0"), None);
        assert_eq!(length("tone_stream://%(350,350,450);loops=7"), Some(4_900));
        assert_eq!(length("tone_stream://%(1000,4000,450);loops=-1"), Some(u64::MAX));
        assert_eq!(length("file_string:///a.wav!/ring.wav"), Some(8_250));
        assert_eq!(length("file_string:///a.wav!/gone.wav"), Some(3_250));
        assert_eq!(length("file_string:///gone.wav!/gone.wav"), None);
        let row = |files: usize| format!("file_string://{}", vec!["/a.wav"; files].join("!"));
        assert_eq!(length(&row(128)), Some(128 * 3_000 + 250));
        assert_eq!(length(&row(129)), Some(127 * 3_000 + 250));
    }
}
