//! Counters of what happened in a run; the counters of many runs add up.

use hotlined_core::record::Outcome;
use std::collections::BTreeMap;
use std::fmt;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Somebody called.
    Call,
    /// A line was cut.
    LinkCut,
    /// A line fell silent, and nobody said so.
    LinkSilent,
    /// What was on its way on a line came late.
    LinkStalled,
    /// A daemon was killed that had kept all its turns.
    DaemonKilled,
    /// A daemon was killed, and what it had kept was lost with it.
    KilledDiskLost,
    /// A daemon was killed that could not keep its last turns.
    KilledUnsaved,
    /// A daemon could not keep a turn.
    TurnUnsaved,
    /// A daemon stood still for a while.
    DaemonPaused,
    /// The switch died.
    SwitchCrash,
    /// The hotlines changed.
    HotlinesChanged,
    /// A daemon handed over.
    HandedOver,
    /// The machine's clock was set forwards, and another daemon started after that.
    ClockForward,
    /// It was set back.
    ClockBack,
    /// The list of channels told of a leg of which an event had told already.
    LegReportedTwice,
    /// Two events of different legs came the other way round.
    Reordered,
    /// A daemon began to act for the switch, and there was no call.
    ActiveWithoutCalls,
    /// A daemon took over with calls that another one had had.
    TakenOver,
    /// A daemon wrote a record that another one had written, and had not told Redis any more.
    RecordWrittenTwice,
    /// A daemon was cut off from Redis, and no other was.
    RedisUnreachable,
    /// A daemon heard at the switch that another one acted.
    Superseded,
    /// Redis stood still.
    RedisHung,
    /// Redis was away, and lost nothing.
    RedisDown,
    /// Redis was away, and lost what was written last.
    RedisLostRecent,
    /// Redis was away, and lost everything.
    RedisLostAll,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Call,
        Self::LinkCut,
        Self::LinkSilent,
        Self::LinkStalled,
        Self::DaemonKilled,
        Self::KilledDiskLost,
        Self::KilledUnsaved,
        Self::TurnUnsaved,
        Self::DaemonPaused,
        Self::SwitchCrash,
        Self::HotlinesChanged,
        Self::HandedOver,
        Self::ClockForward,
        Self::ClockBack,
        Self::LegReportedTwice,
        Self::Reordered,
        Self::ActiveWithoutCalls,
        Self::TakenOver,
        Self::RecordWrittenTwice,
        Self::RedisUnreachable,
        Self::Superseded,
        Self::RedisHung,
        Self::RedisDown,
        Self::RedisLostRecent,
        Self::RedisLostAll,
    ];

    /// What it is called where many of it are counted.
    pub fn label(self) -> &'static str {
        match self {
            Self::Call => "calls",
            Self::LinkCut => "lines cut",
            Self::LinkSilent => "lines fallen silent",
            Self::LinkStalled => "lines stalled",
            Self::DaemonKilled => "daemons killed",
            Self::KilledDiskLost => "daemons killed, nothing kept",
            Self::KilledUnsaved => "daemons killed, last turns not kept",
            Self::TurnUnsaved => "turns that could not be kept",
            Self::DaemonPaused => "daemons paused",
            Self::SwitchCrash => "switches crashed",
            Self::HotlinesChanged => "changes of hotlines",
            Self::HandedOver => "hand-overs",
            Self::ClockForward => "clocks set forwards",
            Self::ClockBack => "clocks set back",
            Self::LegReportedTwice => "legs told twice",
            Self::Reordered => "events in another order",
            Self::ActiveWithoutCalls => "daemons that began to act, with no call",
            Self::TakenOver => "daemons that took over calls of another",
            Self::RecordWrittenTwice => "records of a daemon that died before it told Redis, written again",
            Self::RedisUnreachable => "daemons cut off from Redis alone",
            Self::Superseded => "daemons that heard at the switch who acts",
            Self::RedisHung => "times Redis stood still",
            Self::RedisDown => "times without Redis",
            Self::RedisLostAll => "losses of all that Redis had",
            Self::RedisLostRecent => "losses of what Redis was told last",
        }
    }
}

/// The counters of one or many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    counts: BTreeMap<Counter, u64>,
    /// How the calls went that have a record.
    pub outcomes: BTreeMap<Outcome, u64>,
}

impl Counts {
    /// How often this did.
    pub fn count(&self, kind: Counter) -> u64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// It did so many times more.
    pub fn add(&mut self, kind: Counter, times: u64) {
        if times > 0 {
            *self.counts.entry(kind).or_default() += times;
        }
    }

    /// A call has a record.
    pub fn add_outcome(&mut self, outcome: Outcome) {
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Adds what another run came to.
    pub fn merge(&mut self, other: &Self) {
        other.counts.iter().for_each(|(kind, times)| self.add(*kind, *times));
        other.outcomes.iter().for_each(|(outcome, times)| {
            *self.outcomes.entry(*outcome).or_default() += times;
        });
    }
}

/// A line for each.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in Counter::ALL {
            writeln!(f, "{:>10}  {}", self.count(kind), kind.label())?;
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
