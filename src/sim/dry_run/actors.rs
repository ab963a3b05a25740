//! The callers and telephones of a dry run, as data: a test, a command line or a random generator makes them.

use hotlined_core::id::LegId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long an agent takes, by default, to press the key that accepts a call.
pub const KEY_PRESS_DELAY: Millis = Millis::seconds(2);

/// The callers and telephones of a dry run.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The callers, each with the time of the call.
    pub callers: Vec<ScriptedCaller>,
    /// What the telephone of a number, or of an endpoint, does on its first, second … call; the last entry holds for
    /// all later calls.
    pub phones: BTreeMap<String, Vec<ScriptedPhone>>,
    /// What every telephone without an entry in `phones` does.
    pub default_phone: ScriptedPhone,
}

/// A caller: the numbers, and what the person does during the call.
#[derive(Clone, Debug)]
pub struct ScriptedCaller {
    /// When the caller dials.
    pub at: Instant,
    /// The caller's number; empty if it is withheld.
    pub number: String,
    /// The number that the caller dials.
    pub dialled: String,
    /// The UUID of the leg.
    pub leg: LegId,
    /// The seed of the call's random decisions.
    pub seed: u64,
    /// The caller's steps, one after the other.
    pub steps: Vec<CallerStep>,
    /// When the caller hangs up.
    pub hangs_up: ScriptedHangUp,
    /// How long the caller speaks when a message is recorded.
    pub speech_length: Millis,
    /// What the caller's telephone does when a call-back rings it.
    pub call_back_phone: ScriptedPhone,
}

impl ScriptedCaller {
    /// A caller who never hangs up, presses no keys and speaks for 10 s.
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

/// A step of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerStep {
    /// Presses these keys at the next question that collects keys, a moment after the end of the prompt.
    PressKeys(String),
    /// Presses nothing at the next question.
    IgnorePrompt,
    /// Waits for this long and then goes on with the next step, with or without a question.
    Wait(Millis),
}

/// When a caller hangs up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScriptedHangUp {
    /// Never: the caller waits until the other side ends the call.
    #[default]
    Never,
    /// This long after dialling, in any state of the call.
    AfterDialling(Millis),
    /// This long after the bridge with an agent.
    AfterBridge(Millis),
}

/// What a telephone does when a call rings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptedPhone {
    /// The telephone is busy.
    Busy,
    /// The telephone rings, and the agent rejects the call.
    Refuses {
        /// How long the telephone rings.
        after: Millis,
    },
    /// The telephone rings without an answer.
    NeverAnswers,
    /// The network cannot reach the telephone.
    Unreachable,
    /// The switch has no route to the telephone and makes no leg.
    NoRoute,
    /// The agent answers.
    Answers {
        /// How long the telephone rings.
        after: Millis,
        /// How long after the answer the agent presses 1, if a prompt plays first; `None` means never.
        presses: Option<Millis>,
        /// How long after the bridge the agent hangs up; `None` means never.
        talks: Option<Millis>,
    },
    /// The telephone's mailbox answers and hangs up after a while.
    Mailbox {
        /// How long the telephone rings.
        after: Millis,
        /// How long the mailbox stays on the line.
        stays: Millis,
    },
}

impl Default for ScriptedPhone {
    fn default() -> Self {
        Self::answers(Millis::seconds(3))
    }
}

impl ScriptedPhone {
    /// The agent answers after this long, accepts the call, and talks for a minute.
    pub const fn answers(after: Millis) -> Self {
        Self::Answers { after, presses: Some(KEY_PRESS_DELAY), talks: Some(Millis::seconds(60)) }
    }
}
