//! Who takes part in a rehearsal, and what each does: data that a test, a command line or chance can state.

use hotlined_core::id::LegId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long an agent waits before pressing the key that takes a call, when nothing else is said.
pub const PRESSES_AFTER: Millis = Millis::seconds(2);

/// Who takes part.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// The callers, each at their time.
    pub callers: Vec<Caller>,
    /// What the telephone of a number, or of an endpoint, does the first, second … time it is called; the last
    /// entry holds for all later calls.
    pub agents: BTreeMap<String, Vec<Habit>>,
    /// What every other telephone does.
    pub others: Habit,
}

/// Somebody calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// When.
    pub at: Instant,
    /// From which number; empty when it is withheld.
    pub number: String,
    /// Which number they dial.
    pub dials: String,
    /// The name of the leg.
    pub leg: LegId,
    /// The chance the leg brings along.
    pub seed: u64,
    /// What they do, one after the other.
    pub deeds: Vec<Deed>,
    /// When they hang up.
    pub leaves: Leaves,
    /// How long they speak when a message is recorded.
    pub speaks: Millis,
    /// What their telephone does when they are called back.
    pub called_back: Habit,
}

impl Caller {
    /// A patient caller who presses nothing and speaks for ten seconds.
    pub fn new(at: Instant, number: &str, dials: &str, leg: LegId) -> Self {
        Self {
            at,
            number: number.to_owned(),
            dials: dials.to_owned(),
            seed: leg.fingerprint(),
            leg,
            deeds: Vec::new(),
            leaves: Leaves::AtTheEnd,
            speaks: Millis::seconds(10),
            called_back: Habit::default(),
        }
    }
}

/// What a caller does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Presses these keys when next asked for any: a moment after the question was said.
    Answers(String),
    /// Lets the next question pass in silence.
    Ignores,
    /// Waits so long and then does the next, asked or not.
    Waits(Millis),
}

/// When a caller hangs up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaves {
    /// Never: they wait until the other side ends the call.
    #[default]
    AtTheEnd,
    /// So long after dialling, whatever happens.
    After(Millis),
    /// So long after being joined with an agent.
    AfterTalk(Millis),
}

/// What a telephone does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
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
    NoWay,
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

impl Default for Habit {
    fn default() -> Self {
        Self::answers(Millis::seconds(3))
    }
}

impl Habit {
    /// Somebody answers after so long, takes the call, and talks for a minute.
    pub const fn answers(after: Millis) -> Self {
        Self::Answers { after, presses: Some(PRESSES_AFTER), talks: Some(Millis::seconds(60)) }
    }
}
