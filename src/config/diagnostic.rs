//! The diagnostics of hotline files: what is wrong, where, and how to repair it.
//!
//! A diagnostic does not stop the reading: one load reports all diagnostics of a folder.

use super::SoundError;
use super::limits::{CODES_MAX, FILE_BYTES_MAX, FILES_MAX};
use super::sms_problem::SmsProblem;
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

/// One error or warning of a hotline file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, or the folder if the folder itself is wrong.
    pub file: PathBuf,
    /// The position in the file. `None` if the diagnostic is about the whole file.
    pub at: Option<Position>,
    /// The key, such as `agents[2].phone`. Empty if the diagnostic is about no key. Agents are counted from 0.
    pub key: String,
    /// The problem and its remedy.
    pub problem: Problem,
}

impl Diagnostic {
    /// The diagnostic that this file or folder cannot be read.
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

/// What is wrong. The text of each problem names the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The operating system refuses to read the file.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The path is a folder, a socket or a pipe.
    #[error("is no regular file: move it away or take `.toml` off its name")]
    NotAFile,
    /// The file is larger than any hand-written file.
    #[error("is larger than {FILE_BYTES_MAX} bytes: no hotline needs that, so it is likely another file")]
    TooBig,
    /// The file is not UTF-8. Most often it is GBK.
    #[error("is not UTF-8: save the file as UTF-8 (it may be GBK)")]
    NotUtf8,
    /// The folder has no hotline file. Most often it is the wrong folder.
    #[error("has no hotline: put a file such as shop.toml there, or name another folder")]
    NoFiles,
    /// The folder has more hotline files than a daemon loads.
    #[error("has {0} hotline files: at most {FILES_MAX} are taken")]
    TooManyFiles(usize),
    /// Further diagnostics of the file are left out.
    #[error("and {0} more faults: repair the ones above first")]
    More(usize),
    /// The file is not TOML.
    #[error("is not TOML: {0}")]
    Syntax(String),
    /// The key does not exist.
    #[error("is no key{0}")]
    UnknownKey(Hint),
    /// A required key is missing.
    #[error("is missing: {0}")]
    Missing(&'static str),
    /// The value has another type.
    #[error("is {found}: {expected}")]
    WrongType {
        /// The type of the value.
        found: &'static str,
        /// What to write.
        expected: &'static str,
    },
    /// The number is outside its limits.
    #[error("is {found}: it must be {min} to {max} {unit}")]
    OutOfRange {
        /// The number in the file.
        found: String,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// The unit.
        unit: &'static str,
    },
    /// The word is not one of the allowed words.
    #[error("is {found:?}{hint}")]
    Choice {
        /// The text in the file, shortened.
        found: String,
        /// The allowed words.
        hint: Hint,
    },
    /// The text is no hotline number.
    #[error("{0:?} is no hotline number: write ten digits beginning with 400 and nothing else")]
    HotlineNumber(String),
    /// Two files have the same hotline number.
    #[error("{number} is already the number in {first}: a hotline has one file")]
    NumberTwice {
        /// The number.
        number: String,
        /// The first file and position with the number.
        first: String,
    },
    /// The name is empty, too long, or has control characters.
    #[error("must have 1 to {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    /// The text is no agent number.
    #[error("{0:?} is no agent number: write 1 to {AGENT_ID_CHARS_MAX} ASCII letters and digits")]
    AgentId(String),
    /// Two agents have the same number.
    #[error("{id:?} is already the agent number in line {first}: each agent needs its own")]
    AgentTwice {
        /// The agent number.
        id: String,
        /// The line of the first agent with the number.
        first: usize,
    },
    /// The hotline has no agent.
    #[error("has no agent: add an [[agents]] with id and phone")]
    NoAgents,
    /// No agent is on.
    #[error("has no agent that is on: set on = true for at least one")]
    NoneOn,
    /// The hotline has too many agents.
    #[error("has {0} agents: at most {AGENTS_MAX} are taken")]
    TooManyAgents(usize),
    /// The agent has neither a telephone nor an endpoint.
    #[error("has neither phone nor endpoint: write one of them")]
    NoDial,
    /// The agent has both a telephone and an endpoint.
    #[error("stands beside phone: write one of them")]
    TwoDials,
    /// The telephone or endpoint is invalid.
    #[error("{0}")]
    Dial(#[from] InvalidDial),
    /// Two agents declare different numbers of lines for one telephone.
    #[error(
        "is {lines}, but {first} says {first_lines} for the same telephone: it has only one number of lines"
    )]
    LinesDiffer {
        /// The number of lines here.
        lines: u16,
        /// The number of lines in the first declaration.
        first_lines: u16,
        /// The first file and position.
        first: String,
    },
    /// The telephone of an agent is one of the hotlines of the folder.
    #[error(
        "is {number}, the hotline of {hotline}: its calls would come back here without end, so name the telephone behind it"
    )]
    CallsHotline {
        /// The telephone.
        number: String,
        /// The file and position of that hotline.
        hotline: String,
    },
    /// The sound cannot be played.
    #[error("{0}")]
    Sound(#[from] SoundError),
    /// The messages by SMS are wrong.
    #[error("{0}")]
    Sms(#[from] SmsProblem),
    /// A required standard recording is missing.
    #[error("needs the recording {file}, which is not there: {remedy}")]
    NoRecording {
        /// The file.
        file: String,
        /// What to do instead of recording the file.
        remedy: &'static str,
    },
    /// The text is no valid name.
    #[error("{0:?} is no name: write 1 to {1} letters, digits, _ and -")]
    NoName(String, usize),
    /// The file does not define what the word refers to.
    #[error("{found:?} is no {what}{hint}")]
    Unknown {
        /// The text in the file, shortened.
        found: String,
        /// The kind of thing that the word should name.
        what: &'static str,
        /// The defined names.
        hint: Hint,
    },
    /// Two tables of hours have the same name.
    #[error("stands beside the lines of [hours], which are this table: write them in one place")]
    HoursTwice,
    /// A ringback has too many sounds.
    #[error(
        "are {count} sounds, of which at most {max} are taken: raise ringbacks in [limits], or take some away"
    )]
    TooManyRingbacks {
        /// The number in the file.
        count: usize,
        /// The greatest allowed number.
        max: usize,
    },
    /// The text is no area.
    #[error("{0}")]
    Area(#[from] BadArea),
    /// The text is no area code.
    #[error("{0}")]
    AreaCode(#[from] BadAreaCode),
    /// The text is no entry of a black or white list.
    #[error("{found:?} {problem}")]
    Entry {
        /// The text in the file.
        found: String,
        /// The problem of the entry.
        problem: BadEntry,
    },
    /// The text is no code.
    #[error("{0:?} is no code: write 1 to {CODE_DIGITS_MAX} digits on a line of their own")]
    Code(String),
    /// The list file is in another folder.
    #[error("{0:?} must lie beside the hotline's own file: write its name without a folder")]
    ListFolder(String),
    /// The list file is too large.
    #[error("is larger than {0} bytes: no list needs that, so it is likely another file")]
    ListTooBig(u64),
    /// The group has no agent.
    #[error("has no agent: list some here, or name it as group of an agent")]
    EmptyGroup,
    /// Exits lead in a circle in which no time passes.
    #[error("lead in a circle without a wait, {0}: put a node between that takes time, such as play or menu")]
    Loop(String),
    /// Too many menus are one behind the other.
    #[error(
        "is in layer {layer} of the menus, and at most {max} are taken: raise layers in [limits], or lead here sooner"
    )]
    TooDeep {
        /// The layer of the menu.
        layer: usize,
        /// The lowest allowed layer.
        max: usize,
    },
    /// The menu has too many keys.
    #[error("has {count} keys, and at most {max} are taken: raise keys in [limits], or make it two menus")]
    TooManyKeys {
        /// The number in the file.
        count: usize,
        /// The greatest allowed number.
        max: usize,
    },
    /// The extension has too many agents.
    #[error(
        "are {count} behind a menu, and at most {max} are taken: raise numbers in [limits], or make it two groups"
    )]
    TooManyNumbers {
        /// The number in the file.
        count: usize,
        /// The greatest allowed number.
        max: usize,
    },
    /// No call reaches the node.
    #[error("is reached by no call: lead an exit here, or take the node away")]
    Unreachable,
    /// Exits of the node lead nowhere.
    #[error(
        "has nothing for {0}, where callers would hear the closing announcement: name a node for it, or for `_`"
    )]
    Nowhere(String),
    /// The table of hours is always closed.
    #[error("never opens: write when, such as open = \"mon-fri 09:00-18:00\"")]
    NeverOpens,
    /// The table of hours is never in this state.
    #[error(
        "is never taken: the table is at no time in this state, so take the exit away or give the state a time"
    )]
    NeverState,
    /// Earlier routes have all areas of this route.
    #[error(
        "is never taken: the routes before it have all of its areas, so put it before them or take it away"
    )]
    NeverRoute,
    /// At some time, the business is open and no agent of the group is on duty.
    #[error("has nobody on duty on {when}, when {state} leads here: give one of its agents that time")]
    NobodyOnDuty {
        /// The first such minute of the week.
        when: String,
        /// The table of hours and its state.
        state: String,
    },
    /// Nothing refers to this table.
    #[error("is used by nothing: name it somewhere, or take it away")]
    Unused,
    /// The set has too many codes.
    #[error("has {0} codes: at most {CODES_MAX} are taken")]
    TooManyCodes(usize),
    /// The list file is a folder or a pipe.
    #[error("is no regular file: name a file with one entry a line")]
    NotAList,
    /// The list file has an error, which is reported with its own position.
    #[error("{0} is faulty: its own faults are told with it")]
    List(String),
    /// The text is no telephone key.
    #[error("{0:?} is no key: write one of 0 to 9, * and #")]
    TelephoneKey(String),
    /// The terminator is also part of an answer.
    #[error("{0} ends an answer, so it cannot be part of one: set terminator to another key or to false")]
    Terminator(char),
    /// The least number of digits is above the greatest.
    #[error("is {min}, more than digit_len, which is {max}: an answer could never be complete")]
    DigitsMin {
        /// The least.
        min: u8,
        /// The most.
        max: u8,
    },
    /// The node has no such exit.
    #[error("is no exit of a node of type {kind}{hint}")]
    NoExit {
        /// The type of the node.
        kind: &'static str,
        /// The exits of the node.
        hint: Hint,
    },
    /// Another problem of a node or of one of its keys, as the text says.
    #[error("{0}")]
    Node(&'static str),
    /// The flow has too many nodes.
    #[error("has {0} nodes: at most {NODES_MAX} are taken")]
    TooManyNodes(usize),
    /// The file has both a short form and nodes.
    #[error(
        "stands beside nodes, which replace it: make it a node (`hotlined check --expand` shows how), or take the nodes away"
    )]
    ShortBesideNodes,
    /// The text is no line of a table of hours.
    #[error("{0}")]
    Hours(#[from] BadLine),
    /// The line of hours names no known day.
    #[error("{found:?} is no day{hint}")]
    Day {
        /// The text in the file, shortened.
        found: String,
        /// The allowed words.
        hint: Hint,
    },
    /// The text is no date and no span of dates.
    #[error("{0}")]
    Dates(#[from] BadDates),
    /// The text is no time zone.
    #[error("{found:?} is no time zone: write an IANA name such as {near}")]
    Zone {
        /// The text in the file, shortened.
        found: String,
        /// The nearest time zone, or else the usual one.
        near: String,
    },
    /// The text is no valid name of a state.
    #[error("cannot be a state: its name must have 1 to {STATE_CHARS_MAX} letters, digits, _ and -")]
    State,
    /// The table of hours names no state.
    #[error("names no state: write such as {0}")]
    NoState(&'static str),
    /// The table of hours is too large.
    #[error(
        "is too large: at most {HOURS_LINES_MAX} lines, {EXCEPTIONS_MAX} exceptions and {STATES_MAX} states \
         are taken"
    )]
    TooManyHours,
    /// Two lines name different states for the same time.
    #[error(
        "names a state for {when}, for which line {first} names another: take that time out of one of them"
    )]
    TwoStates {
        /// The day, and the time if there is one.
        when: String,
        /// The line of the file with the other state.
        first: usize,
    },
}
