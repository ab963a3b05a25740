//! What is wrong with a hotline file: where, and what to do about it.
//!
//! A fault never stops the search for others: whoever loads a folder gets all of them at once.

use super::SoundError;
use super::limits::{CODES_MAX, FILE_BYTES_MAX, FILES_MAX};
use crate::source_position::{Hint, Position};
use hotlined_core::hotline::CODE_DIGITS_MAX;
use hotlined_core::hotline::InvalidDial;
use hotlined_core::hotline::flow::NODES_MAX;
use hotlined_core::hotline::limits::{AGENT_ID_CHARS_MAX, AGENTS_MAX, NAME_CHARS_MAX};
use hotlined_core::hours::{
    BadDates, BadLine, EXCEPTIONS_MAX, LINES_MAX as HOURS_LINES_MAX, STATE_CHARS_MAX, STATES_MAX,
};
use hotlined_core::number::{BadArea, BadAreaCode, BadEntry};
use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, or the folder when that is what is wrong.
    pub file: PathBuf,
    /// Where in the file; absent when the file as a whole is meant.
    pub at: Option<Position>,
    /// The key, such as `agents[2].phone`; empty when no key is meant. Agents are counted from 0.
    pub key: String,
    /// What is wrong, and the remedy.
    pub problem: Problem,
}

impl Diagnostic {
    /// The fault that this file or folder cannot be read.
    pub fn unreadable(file: &Path, error: &dyn std::error::Error) -> Self {
        Self {
            file: file.to_owned(),
            at: None,
            key: String::new(),
            problem: Problem::Unreadable(error.to_string()),
        }
    }
}

/// `file:line:column: key: what is wrong`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(at) = self.at {
            write!(f, ":{at}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for Diagnostic {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.problem)
    }
}

/// What is wrong, in words that say the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A folder, a socket, a pipe.
    #[error("is no regular file: move it away or take `.toml` off its name")]
    NotAFile,
    /// Larger than anything a person wrote.
    #[error("is larger than {FILE_BYTES_MAX} bytes: no hotline needs that, so it is likely another file")]
    TooBig,
    /// Most likely GBK.
    #[error("is not UTF-8: save the file as UTF-8 (it may be GBK)")]
    NotUtf8,
    /// A folder without hotlines is more often the wrong folder.
    #[error("has no hotline: put a file such as shop.toml there, or name another folder")]
    NoFiles,
    /// More files than a daemon takes.
    #[error("has {0} hotline files: at most {FILES_MAX} are taken")]
    TooManyFiles(usize),
    /// The rest is left out.
    #[error("and {0} more faults: repair the ones above first")]
    More(usize),
    /// Not TOML.
    #[error("is not TOML: {0}")]
    Syntax(String),
    /// A key nobody knows.
    #[error("is no key{0}")]
    UnknownKey(Hint),
    /// A key that must be there.
    #[error("is missing: {0}")]
    Missing(&'static str),
    /// A value of another type.
    #[error("is {found}: {expected}")]
    WrongType {
        /// Its type.
        found: &'static str,
        /// What to write.
        expected: &'static str,
    },
    /// A number outside its limits.
    #[error("is {found}: it must be {min} to {max} {unit}")]
    OutOfRange {
        /// As written.
        found: String,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// None of the words that may stand there.
    #[error("is {found:?}{hint}")]
    Choice {
        /// As written, shortened.
        found: String,
        /// What may stand there.
        hint: Hint,
    },
    /// Not a hotline's number.
    #[error("{0:?} is no hotline number: write ten digits beginning with 400 and nothing else")]
    HotlineNumber(String),
    /// Two files of one number.
    #[error("{number} is already the number in {first}: a hotline has one file")]
    NumberTwice {
        /// The number.
        number: String,
        /// Where it stands first.
        first: String,
    },
    /// Empty, too long, or with control characters.
    #[error("must have 1 to {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    /// Not an agent number.
    #[error("{0:?} is no agent number: write 1 to {AGENT_ID_CHARS_MAX} ASCII letters and digits")]
    AgentId(String),
    /// Two agents of one number.
    #[error("{id:?} is already the agent number in line {first}: each agent needs its own")]
    AgentTwice {
        /// The agent number.
        id: String,
        /// The line where it stands first.
        first: usize,
    },
    /// Nobody to call.
    #[error("has no agent: add an [[agents]] with id and phone")]
    NoAgents,
    /// Nobody who may be called.
    #[error("has no agent that is on: set on = true for at least one")]
    NoneOn,
    /// More than a hotline takes.
    #[error("has {0} agents: at most {AGENTS_MAX} are taken")]
    TooManyAgents(usize),
    /// Neither.
    #[error("has neither phone nor endpoint: write one of them")]
    NoDial,
    /// Both.
    #[error("stands beside phone: write one of them")]
    TwoDials,
    /// Cannot be called.
    #[error("{0}")]
    Dial(#[from] InvalidDial),
    /// One telephone, two capacities.
    #[error(
        "is {lines}, but {first} says {first_lines} for the same telephone: it has only one number of lines"
    )]
    LinesDiffer {
        /// Here.
        lines: u16,
        /// There.
        first_lines: u16,
        /// Where it stands first.
        first: String,
    },
    /// A telephone that is one of our own hotlines.
    #[error(
        "is {number}, the hotline of {hotline}: its calls would come back here without end, so name the telephone behind it"
    )]
    CallsHotline {
        /// The telephone.
        number: String,
        /// Where the hotline of that number stands.
        hotline: String,
    },
    /// Cannot be played.
    #[error("{0}")]
    Sound(#[from] SoundError),
    /// A standard recording that is needed and not there.
    #[error("needs the recording {file}, which is not there: {remedy}")]
    NoRecording {
        /// The file.
        file: String,
        /// What to do instead of recording it.
        remedy: &'static str,
    },
    /// Not a name.
    #[error("{0:?} is no name: write 1 to {1} letters, digits, _ and -")]
    NoName(String, usize),
    /// A word for something that the file does not have.
    #[error("{found:?} is no {what}{hint}")]
    Unknown {
        /// As written, shortened.
        found: String,
        /// What it should be.
        what: &'static str,
        /// What there is.
        hint: Hint,
    },
    /// Two tables of hours of one name.
    #[error("stands beside the lines of [hours], which are this table: write them in one place")]
    HoursTwice,
    /// More sounds than one ringback may choose from.
    #[error(
        "are {count} sounds, of which at most {max} are taken: raise ringbacks in [limits], or take some away"
    )]
    TooManyRingbacks {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// Not an area.
    #[error("{0}")]
    Area(#[from] BadArea),
    /// Not an area code.
    #[error("{0}")]
    AreaCode(#[from] BadAreaCode),
    /// Not a number of a black or white list.
    #[error("{found:?} {problem}")]
    Entry {
        /// As written.
        found: String,
        /// What is wrong.
        problem: BadEntry,
    },
    /// Not a code.
    #[error("{0:?} is no code: write 1 to {CODE_DIGITS_MAX} digits on a line of their own")]
    Code(String),
    /// A list elsewhere.
    #[error("{0:?} must lie beside the hotline's own file: write its name without a folder")]
    ListFolder(String),
    /// A list that is too large to be read.
    #[error("is larger than {0} bytes: no list needs that, so it is likely another file")]
    ListTooBig(u64),
    /// A group of nobody.
    #[error("has no agent: list some here, or name it as group of an agent")]
    EmptyGroup,
    /// A circle without a wait.
    #[error("lead in a circle without a wait, {0}: put a node between that takes time, such as play or menu")]
    Loop(String),
    /// Too many menus one behind the other.
    #[error(
        "is in layer {layer} of the menus, and at most {max} are taken: raise layers in [limits], or lead here sooner"
    )]
    TooDeep {
        /// Its layer.
        layer: usize,
        /// The lowest there may be.
        max: usize,
    },
    /// More keys than a menu may have.
    #[error("has {count} keys, and at most {max} are taken: raise keys in [limits], or make it two menus")]
    TooManyKeys {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// More agents than an extension may have.
    #[error(
        "are {count} behind a menu, and at most {max} are taken: raise numbers in [limits], or make it two groups"
    )]
    TooManyNumbers {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A node that no call comes to.
    #[error("is reached by no call: lead an exit here, or take the node away")]
    Unreachable,
    /// Ways out of a node that lead nowhere.
    #[error(
        "has nothing for {0}, where callers would hear the closing announcement: name a node for it, or for `_`"
    )]
    Nowhere(String),
    /// A table of hours that is always closed.
    #[error("never opens: write when, such as open = \"mon-fri 09:00-18:00\"")]
    NeverOpens,
    /// A state that a table never is in.
    #[error(
        "is never taken: the table is at no time in this state, so take the exit away or give the state a time"
    )]
    NeverState,
    /// A route that the ones before it leave nobody for.
    #[error(
        "is never taken: the routes before it have all of its areas, so put it before them or take it away"
    )]
    NeverRoute,
    /// A time at which the business is open and the group is not there.
    #[error("has nobody on duty on {when}, when {state} leads here: give one of its agents that time")]
    NobodyOnDuty {
        /// The first such minute of a week.
        when: String,
        /// The table and its state.
        state: String,
    },
    /// Something that nothing asks for.
    #[error("is used by nothing: name it somewhere, or take it away")]
    Unused,
    /// More codes than a set takes.
    #[error("has {0} codes: at most {CODES_MAX} are taken")]
    TooManyCodes(usize),
    /// A list that is a folder or a pipe.
    #[error("is no regular file: name a file with one entry a line")]
    NotAList,
    /// A list that has a fault; the fault itself is told with its own place.
    #[error("{0} is faulty: its own faults are told with it")]
    List(String),
    /// Not a key of a telephone.
    #[error("{0:?} is no key: write one of 0 to 9, * and #")]
    TelephoneKey(String),
    /// A key that is both a choice and the end of an answer.
    #[error("{0} ends an answer, so it cannot be part of one: set terminator to another key or to false")]
    Terminator(char),
    /// The least is above the most.
    #[error("is {min}, more than digit_len, which is {max}: an answer could never be complete")]
    DigitsMin {
        /// The least.
        min: u8,
        /// The most.
        max: u8,
    },
    /// An exit that the node does not have.
    #[error("is no exit of a node of type {kind}{hint}")]
    NoExit {
        /// The type of the node.
        kind: &'static str,
        /// What exits it has.
        hint: Hint,
    },
    /// A node or a key of one that needs a key which is not there.
    #[error("{0}")]
    Node(&'static str),
    /// More nodes than a flow takes.
    #[error("has {0} nodes: at most {NODES_MAX} are taken")]
    TooManyNodes(usize),
    /// A short form and a flow.
    #[error(
        "stands beside nodes, which replace it: make it a node (`hotlined check --expand` shows how), or take the nodes away"
    )]
    ShortBesideNodes,
    /// No line of a table of hours.
    #[error("{0}")]
    Hours(#[from] BadLine),
    /// A line of hours with a day nobody knows.
    #[error("{found:?} is no day{hint}")]
    Day {
        /// As written, shortened.
        found: String,
        /// What may stand there.
        hint: Hint,
    },
    /// Not the dates of an exception.
    #[error("{0}")]
    Dates(#[from] BadDates),
    /// Not a time zone.
    #[error("{found:?} is no time zone: write an IANA name such as {near}")]
    Zone {
        /// As written, shortened.
        found: String,
        /// The nearest there is, or the usual one.
        near: String,
    },
    /// Not a name of a state of hours.
    #[error("cannot be a state: its name must have 1 to {STATE_CHARS_MAX} letters, digits, _ and -")]
    State,
    /// Hours of nothing.
    #[error("names no state: write such as {0}")]
    NoState(&'static str),
    /// Hours without end.
    #[error(
        "is too large: at most {HOURS_LINES_MAX} lines, {EXCEPTIONS_MAX} exceptions and {STATES_MAX} states \
         are taken"
    )]
    TooManyHours,
    /// Two states at once.
    #[error(
        "names a state for {when}, for which line {first} names another: take that time out of one of them"
    )]
    TwoStates {
        /// A day, and the time if it is one.
        when: String,
        /// The line of the other.
        first: usize,
    },
}
