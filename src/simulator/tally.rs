//! What came about in a run, counted; runs add up.

use hotlined_core::record::Outcome;
use std::collections::BTreeMap;
use std::fmt;

/// Something of which it is counted how often it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Somebody called.
    Call,
    /// A line was cut.
    Cut,
    /// A line fell silent, and nobody said so.
    Mute,
    /// What was on its way on a line came late.
    Stall,
    /// A daemon was killed that had kept all its turns.
    Kill,
    /// A daemon was killed, and what it had kept was lost with it.
    Forgets,
    /// A daemon was killed that could not keep its last turns.
    KillUnkept,
    /// A daemon could not keep a turn.
    TurnUnkept,
    /// A daemon stood still for a while.
    Pause,
    /// The switch died.
    Crash,
    /// The hotlines changed.
    Change,
    /// A daemon handed over.
    HandOver,
    /// The machine's clock was set forwards, and another daemon started after that.
    ClockForward,
    /// It was set back.
    ClockBack,
    /// The list of channels told of a leg of which an event had told already.
    Twice,
    /// Two events of different legs came the other way round.
    Reordered,
    /// A daemon began to act for the switch, and there was no call.
    Begun,
    /// A daemon took over with calls that another one had had.
    TakenOver,
    /// A daemon wrote a record that another one had written, and had not told Redis any more.
    RecordTwice,
    /// A daemon was cut off from Redis, and no other was.
    CutOff,
    /// A daemon heard at the switch that another one acted.
    Superseded,
    /// Redis stood still.
    RedisStill,
    /// Redis was away, and lost nothing.
    RedisAway,
    /// Redis was away, and lost what was written last.
    RedisLostLately,
    /// Redis was away, and lost everything.
    RedisLostAll,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Call,
        Self::Cut,
        Self::Mute,
        Self::Stall,
        Self::Kill,
        Self::Forgets,
        Self::KillUnkept,
        Self::TurnUnkept,
        Self::Pause,
        Self::Crash,
        Self::Change,
        Self::HandOver,
        Self::ClockForward,
        Self::ClockBack,
        Self::Twice,
        Self::Reordered,
        Self::Begun,
        Self::TakenOver,
        Self::RecordTwice,
        Self::CutOff,
        Self::Superseded,
        Self::RedisStill,
        Self::RedisAway,
        Self::RedisLostLately,
        Self::RedisLostAll,
    ];

    /// What it is called where many of it are counted.
    pub fn many(self) -> &'static str {
        match self {
            Self::Call => "calls",
            Self::Cut => "lines cut",
            Self::Mute => "lines fallen silent",
            Self::Stall => "lines stalled",
            Self::Kill => "daemons killed",
            Self::Forgets => "daemons killed, nothing kept",
            Self::KillUnkept => "daemons killed, last turns not kept",
            Self::TurnUnkept => "turns that could not be kept",
            Self::Pause => "daemons paused",
            Self::Crash => "switches crashed",
            Self::Change => "changes of hotlines",
            Self::HandOver => "hand-overs",
            Self::ClockForward => "clocks set forwards",
            Self::ClockBack => "clocks set back",
            Self::Twice => "legs told twice",
            Self::Reordered => "events in another order",
            Self::Begun => "daemons that began to act, with no call",
            Self::TakenOver => "daemons that took over calls of another",
            Self::RecordTwice => "records of a daemon that died before it told Redis, written again",
            Self::CutOff => "daemons cut off from Redis alone",
            Self::Superseded => "daemons that heard at the switch who acts",
            Self::RedisStill => "times Redis stood still",
            Self::RedisAway => "times without Redis",
            Self::RedisLostAll => "losses of all that Redis had",
            Self::RedisLostLately => "losses of what Redis was told last",
        }
    }
}

/// How often what came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<Kind, u64>,
    /// How the calls went that have a record.
    pub outcomes: BTreeMap<Outcome, u64>,
}

impl Tally {
    /// How often this did.
    pub fn of(&self, kind: Kind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// It did so many times more.
    pub fn add(&mut self, kind: Kind, times: u64) {
        if times > 0 {
            *self.counts.entry(kind).or_default() += times;
        }
    }

    /// A call has a record.
    pub fn went(&mut self, outcome: Outcome) {
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Adds what another run came to.
    pub fn join(&mut self, other: &Self) {
        other.counts.iter().for_each(|(kind, times)| self.add(*kind, *times));
        other.outcomes.iter().for_each(|(outcome, times)| {
            *self.outcomes.entry(*outcome).or_default() += times;
        });
    }
}

/// A line for each.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in Kind::ALL {
            writeln!(f, "{:>10}  {}", self.of(kind), kind.many())?;
        }
        for (outcome, times) in &self.outcomes {
            writeln!(f, "{times:>10}  records: {}", named(*outcome))?;
        }
        Ok(())
    }
}

/// The outcome, as people write it.
pub(super) fn named(outcome: Outcome) -> String {
    outcome.as_str().replace('_', " ")
}
