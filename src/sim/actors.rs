//! The people at the two ends: callers with their patience, agents with their telephones.
//!
//! All of it is data, so that a test, the demo or a file can state a scene; [`Cast::seeded`] draws one by
//! chance. What people do is done by the model; what they say is not simulated.

use super::rng::Rng;
use hotlined_core::id::LegId;
use hotlined_core::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole scene: people, sounds, and what goes wrong when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// The seed of everything left to chance.
    pub seed: u64,
    /// Who takes part.
    #[serde(rename = "cast")]
    pub actors: Actors,
    /// What files there are and how long they sound.
    pub sounds: SoundFiles,
    /// What goes wrong between the exchange and those who drive it.
    pub faults: Vec<ScenarioFault>,
}

/// Who takes part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Actors {
    /// The callers, each at their time.
    pub callers: Vec<Caller>,
    /// What the telephone of a number does the first, second … time it is called; the last entry holds for
    /// all later calls. A number that is not here does what [`Phone::default`] does.
    pub phones: BTreeMap<String, Vec<Phone>>,
}

/// Somebody calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// When, from the beginning of the scene.
    #[serde(default)]
    pub at: Millis,
    /// From which number.
    pub number: String,
    /// Which number they dial.
    #[serde(rename = "dials")]
    pub dialled: String,
    /// The name of the leg; drawn by chance when not given.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// When they hang up.
    #[serde(rename = "leaves", default)]
    pub hangs_up: HangsUp,
    /// The keys they press.
    #[serde(default)]
    pub keys: Vec<KeyPress>,
    /// The keys they press when they hear something.
    #[serde(default)]
    pub replies: Vec<SoundReply>,
    /// When they speak; otherwise they are silent.
    #[serde(rename = "speaks", default)]
    pub speech: Vec<Speech>,
    /// Whether their telephone says BYE, not CANCEL, also before it is answered.
    #[serde(rename = "says_bye", default)]
    pub sends_bye: bool,
}

/// When a caller hangs up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HangsUp {
    /// Never: they wait until the other side ends the call.
    #[default]
    #[serde(rename = "at_the_end")]
    Never,
    /// So long after dialling, whatever happens.
    #[serde(rename = "after")]
    AfterDialling(Millis),
    /// So long after an agent of theirs took the call, talking or not. Whose agent a leg is, a variable of its
    /// `originate` must tell: any that holds the name of the caller's leg.
    #[serde(rename = "after_answer")]
    AfterAgentAnswer(Millis),
    /// So long after being joined with an agent.
    #[serde(rename = "after_talk")]
    AfterBridge(Millis),
}

/// A key that is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPress {
    /// When, from dialling.
    pub at: Millis,
    /// Which: `0`-`9`, `*`, `#`.
    pub key: char,
}

/// What a person presses whenever a sound begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundReply {
    /// Part of what plays, such as a file's name.
    #[serde(rename = "hears")]
    pub sound: String,
    /// How long after it begins.
    pub after: Millis,
    /// Which keys, one after the other.
    pub keys: String,
}

/// A person speaks for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// From when, from dialling.
    pub at: Millis,
    /// For how long.
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
    /// It rings and is answered by somebody who presses a key: a person, not a mailbox.
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
    /// It rings for ever.
    NeverAnswers,
    /// It refuses (603); with no time to ring, at once.
    Refuses {
        /// How long it rings before.
        after: Millis,
    },
    /// It cannot be reached.
    Unreachable(UnreachableCause),
}

/// Why a telephone cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreachableCause {
    /// The network knows no such number (404).
    NoSuchNumber,
    /// It is switched off or out of range (480).
    SwitchedOff,
    /// The network fails (503).
    NetworkFailure,
    /// The exchange has no such gateway: there is never a leg.
    NoGateway,
}

/// What an agent does after answering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterAnswer {
    /// Waits for the caller to end the call.
    #[default]
    Waits,
    /// Hangs up so long after answering, talking or not; zero drops the call at once.
    HangsUpAfter(Millis),
    /// Hangs up so long after being joined with a caller.
    TalksFor(Millis),
}

impl Default for Phone {
    fn default() -> Self {
        Self::Answers { after: Millis(2_000), then: AfterAnswer::Waits }
    }
}

/// The sounds of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoundFiles {
    /// How long a file sounds.
    pub lengths: BTreeMap<String, Millis>,
    /// How long every other file sounds.
    #[serde(rename = "length")]
    pub default_length: Millis,
    /// Files that are not there.
    pub missing: Vec<String>,
}

impl Default for SoundFiles {
    fn default() -> Self {
        Self { lengths: BTreeMap::new(), default_length: Millis(3_000), missing: Vec::new() }
    }
}

/// Something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFault {
    /// When, from the beginning of the scene.
    pub at: Millis,
    /// What.
    #[serde(rename = "what")]
    pub fault: SwitchFault,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchFault {
    /// Every link is cut; new ones are welcome.
    #[serde(rename = "cut")]
    CutLinks,
    /// The exchange says nothing more on any link, and closes none.
    #[serde(rename = "silent")]
    StopSending,
    /// The exchange speaks again.
    #[serde(rename = "speaks")]
    ResumeSending,
    /// The exchange reads nothing more from any link.
    #[serde(rename = "stalls_reading")]
    StopReading,
    /// The exchange reads again.
    #[serde(rename = "reads")]
    ResumeReading,
    /// New links are turned away.
    #[serde(rename = "refuses")]
    RefuseConnections,
    /// New links are welcome again.
    #[serde(rename = "welcomes")]
    AcceptConnections,
    /// The exchange dies and comes back: every link and every channel is gone.
    Crash,
}

/// The number that drawn callers dial.
pub const SEEDED_HOTLINE: &str = "4008001234";

/// How many telephones a drawn cast has.
pub const SEEDED_PHONE_COUNT: u64 = 20;

impl Actors {
    /// A cast drawn by chance: `calls` callers of [`SEEDED_HOTLINE`], on average `per_second` of them a second
    /// (one a second when that is no positive number), and [`SEEDED_PHONES`] telephones from `86001` on.
    /// Every talk ends: no drawn agent waits for ever.
    pub fn seeded(seed: u64, calls: usize, per_second: f64) -> Self {
        let mut rng = Rng::new(seed);
        let gap = if per_second.is_finite() && per_second > 0.0 { 1_000.0 / per_second } else { 1_000.0 };
        let mut at = 0.0;
        let callers = (0..calls).map(|index| {
            // Between half and one and a half of the mean: busy, but never a burst that no rate describes.
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
    /// How long it rings until it is answered, and what the agent does then; nothing where it never is.
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
    /// How long this sounds: nothing when it is not there, [`Millis`] of `u64::MAX` when it never ends.
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
