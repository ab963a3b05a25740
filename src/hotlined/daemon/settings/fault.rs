//! The faults of settings: the place, what is wrong, and the remedy.

use super::limits::{FILE_BYTES_MAX, PASSWORD_BYTES_MAX};
use hotlined_config::source_position::{Hint, Position};
use hotlined_core::hotline::InvalidDial;
use std::fmt;
use std::path::PathBuf;

/// One fault in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The origin of the value.
    pub origin: ValueOrigin,
    /// The key, such as `switch.port`; empty if the fault concerns no key.
    pub key: String,
    /// What is wrong, and the remedy.
    pub kind: SettingsFaultKind,
}

/// The origin of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueOrigin {
    /// The settings file.
    File {
        /// The path of the file.
        file: PathBuf,
        /// The place in the file; absent if the fault concerns the whole file.
        at: Option<Position>,
    },
    /// An environment variable.
    Variable(String),
    /// The default: the value is not set.
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

/// The kind of a fault. Its text says what is wrong and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFaultKind {
    /// The operating system refused.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The file is too large to be a settings file.
    #[error("is larger than {FILE_BYTES_MAX} bytes: it is likely another file")]
    TooBig,
    /// The file is not UTF-8; most likely it is GBK.
    #[error("is not UTF-8: save the file as UTF-8 (it may be GBK)")]
    NotUtf8,
    /// The file is not TOML.
    #[error("is not TOML: {0}")]
    Syntax(String),
    /// The key is unknown.
    #[error("is no setting{0}")]
    UnknownKey(Hint),
    /// The value has another type.
    #[error("is {found}: {expected}")]
    WrongType {
        /// The type that was found.
        found: &'static str,
        /// What to write.
        expected: &'static str,
    },
    /// The number is outside its limits.
    #[error("is {found}: it must be {min} to {max} {unit}")]
    OutOfRange {
        /// The value that was found.
        found: u64,
        /// The least value.
        min: u64,
        /// The largest value.
        max: u64,
        /// The unit.
        unit: &'static str,
    },
    /// The value is none of the words that are allowed.
    #[error("is {found:?}{hint}")]
    Choice {
        /// The value that was found, shortened.
        found: String,
        /// The words that are allowed.
        hint: Hint,
    },
    /// The value is empty or has a wrong form.
    #[error("is {found:?}: write {expected}")]
    Form {
        /// The value that was found, shortened.
        found: String,
        /// What to write.
        expected: &'static str,
    },
    /// The value is not a trunk.
    #[error("{0}")]
    Trunk(#[from] InvalidDial),
    /// The shortest wait is longer than the longest wait.
    #[error("is {min}, more than reconnect_ms_max, which is {max}: turn them round")]
    ReconnectOrder {
        /// The shortest wait, in milliseconds.
        min: u64,
        /// The longest, in milliseconds.
        max: u64,
    },
    /// A password and a password file are both set.
    #[error("is set beside {0}: keep one of them")]
    TwoPasswords(String),
    /// No password is set.
    #[error("is missing: set password_file, or the variable HOTLINED_SWITCH__PASSWORD")]
    NoPassword,
    /// The password cannot be sent to the switch.
    #[error("must have 1 to {PASSWORD_BYTES_MAX} bytes and no control characters within")]
    BadPassword,
    /// The log filter cannot be parsed.
    #[error("is no log filter: {0}: write such as info, or warn,hotlined::switch=debug")]
    Filter(String),
    /// The value is missing or cannot be used: the text says what to write. The value may be secret and is not shown.
    #[error("{0}")]
    Missing(String),
    /// Another fault, described in its text.
    #[error("cannot be taken: {0}")]
    Other(String),
}
