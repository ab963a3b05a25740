//! Counters of what happened in a run; the counters of many runs add up.

use hotlined_core::record::Outcome;
use std::collections::BTreeMap;
use std::fmt;

/// A kind of incident that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// A caller called.
    Call,
    /// A connection to the switch was cut.
    LinkCut,
    /// A connection to the switch went dead without a notice to either side.
    LinkSilent,
    /// The bytes on a connection arrived late.
    LinkStalled,
    /// A daemon was killed, and all its turns were saved.
    DaemonKilled,
    /// A daemon was killed, and its saved state was lost with it.
    KilledDiskLost,
    /// A daemon was killed that could not save its last turns.
    KilledUnsaved,
    /// A daemon could not save a turn.
    TurnUnsaved,
    /// A daemon was paused.
    DaemonPaused,
    /// The switch crashed.
    SwitchCrash,
    /// The hotlines changed.
    HotlinesChanged,
    /// A daemon handed over its calls.
    HandedOver,
    /// The host's clock was set forwards, and another daemon started after that.
    ClockForward,
    /// The host's clock was set back, and another daemon started after that.
    ClockBack,
    /// The list of channels contained a leg of which an event had already arrived.
    LegReportedTwice,
    /// Two events of different legs arrived in reverse order.
    Reordered,
    /// A daemon became active, and there was no call.
    ActiveWithoutCalls,
    /// A daemon became active and took over calls of another daemon.
    TakenOver,
    /// A daemon wrote a record again, because another daemon wrote the record and died before Redis knew this.
    RecordWrittenTwice,
    /// One daemon was cut off from Redis.
    RedisUnreachable,
    /// A daemon learned from the switch that another daemon was active.
    Superseded,
    /// Redis hung.
    RedisHung,
    /// Redis was down, and lost nothing.
    RedisDown,
    /// Redis was down, and lost its most recent data.
    RedisLostRecent,
    /// Redis was down, and lost all its data.
    RedisLostAll,
    /// A message was due by a call record.
    MessageDue,
    /// A gateway was asked to send a message.
    MessageRequest,
    /// A message is sent in the end.
    MessageSent,
    /// Nobody knows in the end whether a gateway took the message.
    MessageUnknown,
    /// A message is dead in the end.
    MessageDead,
    /// A message was dropped.
    MessageDropped,
    /// A message of a call whose state was lost with a daemon, a disk or Redis.
    MessageExcused,
}

impl Counter {
    /// All counters.
    pub const ALL: [Self; 32] = [
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
        Self::MessageDue,
        Self::MessageRequest,
        Self::MessageSent,
        Self::MessageUnknown,
        Self::MessageDead,
        Self::MessageDropped,
        Self::MessageExcused,
    ];

    /// The counter's name in a report, in the plural.
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
            Self::MessageDue => "messages due",
            Self::MessageRequest => "requests to SMS gateways",
            Self::MessageSent => "messages sent",
            Self::MessageUnknown => "messages unknown",
            Self::MessageDead => "messages dead",
            Self::MessageDropped => "messages dropped",
            Self::MessageExcused => "messages of calls whose state was lost",
            Self::RedisLostRecent => "losses of what Redis was told last",
        }
    }
}

/// The counters of one or many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    counts: BTreeMap<Counter, u64>,
    /// How many call records have each outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
}

impl Counts {
    /// The value of a counter.
    pub fn count(&self, kind: Counter) -> u64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// Adds to a counter.
    pub fn add(&mut self, kind: Counter, times: u64) {
        if times > 0 {
            *self.counts.entry(kind).or_default() += times;
        }
    }

    /// Counts the outcome of a call record.
    pub fn add_outcome(&mut self, outcome: Outcome) {
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Adds the counters of another run.
    pub fn merge(&mut self, other: &Self) {
        other.counts.iter().for_each(|(kind, times)| self.add(*kind, *times));
        other.outcomes.iter().for_each(|(outcome, times)| {
            *self.outcomes.entry(*outcome).or_default() += times;
        });
    }
}

/// One line for each counter and each outcome.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in Counter::ALL {
            writeln!(f, "{:>10}  {}", self.count(kind), kind.label())?;
        }
        for (outcome, times) in &self.outcomes {
            writeln!(f, "{times:>10}  records: {}", outcome_label(*outcome))?;
        }
        Ok(())
    }
}

/// The outcome's name with spaces, for reports.
pub(super) fn outcome_label(outcome: Outcome) -> String {
    outcome.as_str().replace('_', " ")
}
