//! The table of hours: how it is made, checked and stored.

use super::limits::{CLOSED, EXCEPTIONS_MAX, LINES_MAX, STATES_MAX};
use super::line::quoted;
use super::plan::{Clash, ClashOn, Plans, Reason, StateIndex};
use super::{BadDates, BadLine, Exception, Rule, Shifts, Zone, is_state_name};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A table of hours, made by [`Hours::new`]. Two tables are equal if their zones, rules and exceptions are; these are
/// also what is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "HoursText", try_from = "HoursText")]
pub struct Hours {
    pub(super) zone: Zone,
    pub(super) rules: Vec<Rule>,
    pub(super) exceptions: Vec<Exception>,
    /// The first is [`CLOSED`].
    pub(super) states: Vec<Arc<str>>,
    /// The text of each rule, and then of each exception.
    pub(super) reasons: Vec<Arc<str>>,
    pub(super) plans: Plans,
}

/// Why rules and exceptions make no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHours {
    /// The text is no time zone.
    #[error("{0:?} is no time zone")]
    Zone(String),
    /// The text is no valid name of a state.
    #[error("{0:?} is no name of a state")]
    State(String),
    /// The text is no line.
    #[error("{0}")]
    Line(#[from] BadLine),
    /// The text is no date and no span of dates.
    #[error("{0}")]
    Dates(#[from] BadDates),
    /// An exception names no state.
    #[error("the exception {0} names no state")]
    NoState(String),
    /// The table is too large.
    #[error("a table has at most {LINES_MAX} lines, {EXCEPTIONS_MAX} exceptions and {STATES_MAX} states")]
    TooMuch,
    /// Two lines name different states for the same time.
    #[error("{0}")]
    Overlap(Overlap),
}

/// Two lines that name different states for the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The first of the two in the table.
    pub first: Place,
    /// The second. The same exception if both lines are in one.
    pub second: Place,
    /// A day on which both apply, as text.
    pub day: String,
    /// A minute of that day. `None` if both name the rest of the day.
    pub minute: Option<u16>,
}

/// A rule or an exception of a table, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The rule of this index.
    Rule(usize),
    /// The exception of this index.
    Exception(usize),
}

/// The time of the overlap.
impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minute {
            Some(minute) => write!(f, "{} at {:02}:{:02}", self.day, minute / 60, minute % 60),
            None => write!(f, "the rest of {}", self.day),
        }
    }
}

impl Hours {
    /// The table of these rules and exceptions.
    ///
    /// # Errors
    ///
    /// The table is too large, has an invalid name of a state, or names two states for one time.
    pub fn new(zone: Zone, rules: Vec<Rule>, exceptions: Vec<Exception>) -> Result<Self, BadHours> {
        if rules.len() > LINES_MAX || exceptions.len() > EXCEPTIONS_MAX {
            return Err(BadHours::TooMuch);
        }
        let states = states(&rules, &exceptions)?;
        let state_of = |name: &str| {
            let index = states.iter().position(|state| &**state == name).unwrap_or_default();
            StateIndex::try_from(index).unwrap_or_default()
        };
        let plans = Plans::of(&rules, &exceptions, state_of)
            .map_err(|clash| BadHours::Overlap(Overlap::of(clash, rules.len())))?;
        let lines = rules.iter().map(|rule| rule.line.to_string().into());
        let except = exceptions.iter().map(|exception| format!("the exception {}", exception.dates).into());
        let reasons = lines.chain(except).collect();
        Ok(Self { zone, rules, exceptions, states, reasons, plans })
    }

    /// The states that the table names, and [`CLOSED`].
    pub fn states(&self) -> &[Arc<str>] {
        &self.states
    }

    /// The rules, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The exceptions, in the order of the file.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The time zone of the table.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}

/// All states of a table, each once, [`CLOSED`] first.
fn states(rules: &[Rule], exceptions: &[Exception]) -> Result<Vec<Arc<str>>, BadHours> {
    let mut states: Vec<Arc<str>> = vec![CLOSED.into()];
    let of_rules = rules.iter().map(|rule| &rule.state);
    let of_exceptions = exceptions.iter().flat_map(|exception| &exception.states).map(|(state, _)| state);
    for state in of_rules.chain(of_exceptions) {
        if !is_state_name(state) {
            return Err(BadHours::State(quoted(state)));
        }
        if !states.contains(state) {
            states.push(state.clone());
        }
    }
    match exceptions.iter().find(|exception| exception.states.is_empty()) {
        Some(exception) => Err(BadHours::NoState(exception.dates.to_string())),
        None if states.len() > STATES_MAX => Err(BadHours::TooMuch),
        None => Ok(states),
    }
}

impl Overlap {
    fn of(found: ClashOn, rules: usize) -> Self {
        let Clash { first, second, minute } = found.clash;
        let place = |reason: Reason| match usize::from(reason).checked_sub(rules) {
            None => Place::Rule(reason.into()),
            Some(exception) => Place::Exception(exception),
        };
        Self { first: place(first), second: place(second), day: found.day, minute }
    }
}

impl PartialEq for Hours {
    fn eq(&self, other: &Self) -> bool {
        (&self.zone, &self.rules, &self.exceptions) == (&other.zone, &other.rules, &other.exceptions)
    }
}

/// A table as stored in a journal or a saved call.
#[derive(Serialize, Deserialize)]
pub(super) struct HoursText {
    zone: Arc<str>,
    lines: Vec<(Arc<str>, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<ExceptionText>,
}

#[derive(Serialize, Deserialize)]
struct ExceptionText {
    dates: String,
    states: Vec<(Arc<str>, String)>,
}

impl From<Hours> for HoursText {
    fn from(hours: Hours) -> Self {
        let lines = hours.rules.into_iter().map(|rule| (rule.state, rule.line.to_string()));
        let exceptions = hours.exceptions.into_iter().map(|exception| ExceptionText {
            dates: exception.dates.to_string(),
            states: exception.states.into_iter().map(|(state, shifts)| (state, shifts.to_string())).collect(),
        });
        Self { zone: hours.zone.name().clone(), lines: lines.collect(), exceptions: exceptions.collect() }
    }
}

impl TryFrom<HoursText> for Hours {
    type Error = BadHours;

    fn try_from(text: HoursText) -> Result<Self, BadHours> {
        let zone = Zone::named(&text.zone).ok_or_else(|| BadHours::Zone(quoted(&text.zone)))?;
        let rule = |(state, line): (Arc<str>, String)| Ok(Rule { state, line: line.parse()? });
        let state = |(state, shifts): (Arc<str>, String)| Ok((state, shifts.parse::<Shifts>()?));
        let exception = |text: ExceptionText| {
            let states = text.states.into_iter().map(state).collect::<Result<_, BadHours>>()?;
            Ok(Exception { dates: text.dates.parse()?, states })
        };
        let rules = text.lines.into_iter().map(rule).collect::<Result<_, BadHours>>()?;
        let exceptions = text.exceptions.into_iter().map(exception).collect::<Result<_, BadHours>>()?;
        Self::new(zone, rules, exceptions)
    }
}
