//! Who takes part in a rehearsal, and what each does: data that a test, a command line or chance can state.

use hotlined_core::id::LegId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long an agent waits before pressing the key that takes a call, when nothing else is said.
pub const KEY_PRESS_DELAY: Millis = Millis::seconds(2);

/// Who takes part.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The callers, each at their time.
    pub callers: Vec<ScriptedCaller>,
    /// What the telephone of a number, or of an endpoint, does the first, second … time it is called; the last
    /// entry holds for all later calls.
    pub phones: BTreeMap<String, Vec<ScriptedPhone>>,
    /// What every other telephone does.
    pub default_phone: ScriptedPhone,
}

/// Somebody calls.
#[derive(Clone, Debug)]
pub struct ScriptedCaller {
    /// When.
    pub at: Instant,
    /// From which number; empty when it is withheld.
    pub number: String,
    /// Which number they dial.
    pub dialled: String,
    /// The name of the leg.
    pub leg: LegId,
    /// The chance the leg brings along.
    pub seed: u64,
    /// What they do, one after the other.
    pub steps: Vec<CallerStep>,
    /// When they hang up.
    pub hangs_up: ScriptedHangUp,
    /// How long they speak when a message is recorded.
    pub speech_length: Millis,
    /// What their telephone does when they are called back.
    pub call_back_phone: ScriptedPhone,
}

impl ScriptedCaller {
    /// A patient caller who presses nothing and speaks for ten seconds.
    pub fn new(at: Instant, number: &str, dials: &str, leg: LegId) -> Self {
        Self {
            at,
            number: number.to_owned(),
            dialled: dials.to_owned(),
            seed: leg.fingerprint(),
            leg,
            steps: Vec::new(),
            hangs_up: ScriptedHangUp::Never,
            speech_length: Millis::seconds(10),
            call_back_phone: ScriptedPhone::default(),
        }
    }
}

/// What a caller does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerStep {
    /// Presses these keys when next asked for any: a moment after the question was said.
    PressKeys(String),
    /// Lets the next question pass in silence.
    IgnorePrompt,
    /// Waits so long and then does the next, asked or not.
    Wait(Millis),
}

/// When a caller hangs up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScriptedHangUp {
    /// Never: they wait until the other side ends the call.
    #[default]
    Never,
    /// So long after dialling, whatever happens.
    AfterDialling(Millis),
    /// So long after being joined with an agent.
    AfterBridge(Millis),
}

/// What a telephone does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptedPhone {
    /// It is busy.
    Busy,
    /// It rings so long and is refused.
    Refuses {
        /// How long it rings.
        after: Millis,
    },
    /// It rings and nobody takes it.
    NeverAnswers,
    /// The network cannot reach it.
    Unreachable,
    /// The switch knows no way to it: there is never a leg.
    NoRoute,
    /// Somebody takes it.
    Answers {
        /// How long it rings.
        after: Millis,
        /// How long after answering they press 1 if something is said to them first; never when none.
        presses: Option<Millis>,
        /// How long after being joined they hang up; never when none.
        talks: Option<Millis>,
    },
    /// Its mailbox takes it, hears whoever is there for so long, and hangs up.
    Mailbox {
        /// How long it rings.
        after: Millis,
        /// How long the mailbox stays.
        stays: Millis,
    },
}

impl Default for ScriptedPhone {
    fn default() -> Self {
        Self::answers(Millis::seconds(3))
    }
}

impl ScriptedPhone {
    /// Somebody answers after so long, takes the call, and talks for a minute.
    pub const fn answers(after: Millis) -> Self {
        Self::Answers { after, presses: Some(KEY_PRESS_DELAY), talks: Some(Millis::seconds(60)) }
    }
}
