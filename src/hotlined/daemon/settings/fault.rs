//! What is wrong with the settings: where, and what to do about it.

use super::{FILE_BYTES_MAX, PASSWORD_BYTES_MAX};
use hotlined_config::source_position::{Hint, Position};
use hotlined_core::hotline::InvalidDial;
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// Where the value comes from.
    pub origin: ValueOrigin,
    /// The key, such as `switch.port`; empty when no key is meant.
    pub key: String,
    /// What is wrong, and the remedy.
    pub kind: SettingsFaultKind,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueOrigin {
    /// A file.
    File {
        /// Which.
        file: PathBuf,
        /// Where in it; absent when the file as a whole is meant.
        at: Option<Position>,
    },
    /// An environment variable.
    Variable(String),
    /// Nobody set it.
    Default,
}

/// `file:line:column: key: what is wrong`; an environment variable stands in place of the file.
impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            ValueOrigin::File { file, at: Some(at) } => write!(f, "{}:{at}", file.display())?,
            ValueOrigin::File { file, at: None } => write!(f, "{}", file.display())?,
            ValueOrigin::Variable(name) => f.write_str(name)?,
            ValueOrigin::Default => f.write_str("settings")?,
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl std::error::Error for SettingsFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}

/// What is wrong, in words that say the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFaultKind {
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// Larger than anything a person wrote.
    #[error("is larger than {FILE_BYTES_MAX} bytes: it is likely another file")]
    TooBig,
    /// Most likely GBK.
    #[error("is not UTF-8: save the file as UTF-8 (it may be GBK)")]
    NotUtf8,
    /// Not TOML.
    #[error("is not TOML: {0}")]
    Syntax(String),
    /// A key nobody knows.
    #[error("is no setting{0}")]
    UnknownKey(Hint),
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
        /// As read.
        found: u64,
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
    /// Nothing, or something of which there is no such.
    #[error("is {found:?}: write {expected}")]
    Form {
        /// As written, shortened.
        found: String,
        /// What to write.
        expected: &'static str,
    },
    /// Not a trunk.
    #[error("{0}")]
    Trunk(#[from] InvalidDial),
    /// Two waits the wrong way round.
    #[error("is {min}, more than reconnect_ms_max, which is {max}: turn them round")]
    ReconnectOrder {
        /// The shortest wait, in milliseconds.
        min: u64,
        /// The longest, in milliseconds.
        max: u64,
    },
    /// Two passwords.
    #[error("is set beside password: keep one of them")]
    TwoPasswords,
    /// No password.
    #[error("is missing: set password_file, or the variable HOTLINED_SWITCH__PASSWORD")]
    NoPassword,
    /// A password that could not be sent.
    #[error("must have 1 to {PASSWORD_BYTES_MAX} bytes and no control characters within")]
    BadPassword,
    /// The filter cannot be read.
    #[error("is no log filter: {0}: write such as info, or warn,hotlined::switch=debug")]
    Filter(String),
    /// Found by no check of ours.
    #[error("cannot be taken: {0}")]
    Other(String),
}
