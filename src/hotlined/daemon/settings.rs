//! The daemon's settings: one TOML file, with environment variables over it.
//!
//! Every setting of the file has a variable: `HOTLINED_SWITCH__PORT` is `port` in `[switch]`, and
//! `HOTLINED_HOTLINES` is the `hotlines` at the top. Relative paths, of variables too, are relative to the
//! folder of the file, or to the working folder when there is no file. All that can be known without opening
//! a port is checked here. What a business sets is not here but in its [`hotline`](hotlined_config) file.

mod check;
mod fault;
mod layers;
mod raw;
mod redis;

pub use fault::{SettingsFault, SettingsFaultKind, ValueOrigin};

use crate::redis::RedisSettings;
use hotlined_config::SoundFolder;
use hotlined_core::hotline::Trunk;
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest settings file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: u64 = 1 << 10;
/// What the names of environment variables begin with.
pub const VARIABLE_PREFIX: &str = "HOTLINED_";
/// The variable that names the settings file itself.
pub const SETTINGS_VARIABLE: &str = "HOTLINED_SETTINGS";

/// Everything the daemon is told when it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The folder of the hotlines' files.
    pub hotlines: PathBuf,
    /// The folder of the operator's own years of holidays, if any.
    pub holidays: Option<PathBuf>,
    /// The operator's own table of numbers, as `hotlined numbers import` writes it, if any.
    pub numbers: Option<PathBuf>,
    /// The folder of the sound files, as both sides see it.
    pub sounds: SoundFolder,
    /// The switches that we may act for, one at least.
    pub switches: Vec<SwitchSettings>,
    /// How calls are held.
    pub calls: CallsSettings,
    /// The file that live calls are kept in, for the daemon that comes after this one.
    pub snapshot_file: PathBuf,
    /// The Redis in which several daemons share what calls share; without one, each has its own.
    pub redis: Option<RedisSettings>,
    /// The file that call records are added to.
    pub records: PathBuf,
    /// The file that every event and command is written to, if any.
    pub journal: Option<PathBuf>,
    /// Where figures and health are shown, if anywhere.
    pub admin: Option<SocketAddr>,
    /// What the daemon says about itself.
    pub log: LogSettings,
}

/// A switch: where it is and how to speak with it.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchSettings {
    /// Our own name for it.
    pub name: SwitchId,
    /// What it is.
    pub kind: SwitchKind,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user who logs in; without one, the password is the switch's own.
    pub user: Option<String>,
    /// The password; see [`SwitchSettings::password`].
    pub password: Option<Secret>,
    /// In which form it sends events.
    pub format: EventFormat,
    /// Through which endpoint telephone numbers are called.
    pub trunk: Trunk,
    /// Where the switch sends a caller whom we cannot serve.
    pub fallback: Fallback,
    /// The folder of recordings, as the switch sees it.
    pub recordings: SoundPath,
    /// After how long a silence the link is dead.
    pub silence_max: Millis,
    /// After how long a silence it is, where an answer is due.
    pub answer_max: Millis,
    /// How long connecting and logging in may take.
    pub connect_timeout: Millis,
    /// How long to wait before the second attempt to connect.
    pub reconnect_min: Millis,
    /// How long to wait between attempts to connect at most.
    pub reconnect_max: Millis,
}

/// What kind of switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchKind {
    /// FreeSWITCH by its Event Socket.
    Freeswitch,
}

/// In which form a FreeSWITCH sends events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFormat {
    /// Lines of `Name: value`: what the switch makes fastest.
    Plain,
    /// JSON.
    Json,
}

/// A place in the switch's dialplan. Its words are free of anything a command could read as more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The extension.
    pub extension: Arc<str>,
    /// The kind of dialplan, such as `XML`.
    pub dialplan: Arc<str>,
    /// The context.
    pub context: Arc<str>,
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.extension, self.dialplan, self.context)
    }
}

/// How calls are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallsSettings {
    /// The most calls at a time; the fallback serves the others.
    pub live_max: usize,
    /// How long after the last sign of us the switch sends a caller to the fallback.
    pub fallback: Millis,
    /// How long calls may go on after we were told to stop.
    pub drain_max: Millis,
}

/// What the daemon says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// In which form.
    pub format: LogFormat,
    /// How much, as `tracing` filters read it: `info`, `warn,hotlined::switch=debug`.
    pub filter: String,
}

/// In which form log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The text itself, for the one place that must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

impl SwitchSettings {
    /// The password, or the fault that there is none: a daemon needs one, a check of files does not.
    pub fn password(&self) -> Result<&Secret, Vec<SettingsFault>> {
        let fault = || SettingsFault {
            origin: ValueOrigin::Default,
            key: "switch.password".to_owned(),
            kind: SettingsFaultKind::NoPassword,
        };
        self.password.as_ref().ok_or_else(|| vec![fault()])
    }
}

impl Settings {
    /// Reads the settings of this file and of these environment variables, or says everything that is wrong
    /// with them. Wrong keys and types come alone: values are looked at once those are repaired. Blocks on
    /// the file system.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<SettingsFault>> {
        let mut settings = layers::read(file, env).and_then(|(raw, sources)| check::check(raw, &sources));
        if let Err(faults) = &mut settings {
            faults.sort_by(|one, other| one.origin.cmp(&other.origin));
        }
        settings
    }
}

#[cfg(test)]
mod tests;
