//! The settings of the daemon, checked.

use super::fault::{SettingsFault, SettingsFaultKind, ValueOrigin};
use crate::api::api_settings::ApiSettings;
use crate::hooks::hook_settings::HookSettings;
use crate::redis::RedisSettings;
use hotlined_config::SoundFolder;
use hotlined_core::hotline::Trunk;
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// The settings of the daemon.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The folder of the hotline files.
    pub hotlines: PathBuf,
    /// The folder of the operator's own holidays, if any.
    pub holidays: Option<PathBuf>,
    /// The operator's own table of number regions, as `hotlined numbers import` writes it, if any.
    pub numbers: Option<PathBuf>,
    /// The folder of the sound files, as the daemon and the switch see it.
    pub sounds: SoundFolder,
    /// The switches that this daemon may serve, at least one.
    pub switches: Vec<SwitchSettings>,
    /// The limits of calls.
    pub calls: CallsSettings,
    /// The file that live calls are saved in, for the daemon after a restart.
    pub snapshot_file: PathBuf,
    /// The Redis that several daemons share; without it, each daemon has its own state.
    pub redis: Option<RedisSettings>,
    /// The file that call records are appended to.
    pub records: PathBuf,
    /// The file that every event and command is written to, if any.
    pub journal: Option<PathBuf>,
    /// The address of metrics and health, if any.
    pub admin: Option<SocketAddr>,
    /// Messages by SMS.
    pub sms: SmsSettings,
    /// The web hooks.
    pub hooks: Vec<HookSettings>,
    /// The API address, if any.
    pub api: Option<ApiSettings>,
    /// The log.
    pub log: LogSettings,
}

/// The settings of a switch.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchSettings {
    /// The daemon's name for the switch.
    pub name: SwitchId,
    /// The kind of switch.
    pub kind: SwitchKind,
    /// The host of the event socket.
    pub host: String,
    /// The port of the event socket.
    pub port: u16,
    /// The user to log in as; without a user, the password is the one of the event socket itself.
    pub user: Option<String>,
    /// The password; [`SwitchSettings::password`] requires one.
    pub password: Option<Secret>,
    /// The format of events.
    pub format: EventFormat,
    /// The endpoint through which telephone numbers are called.
    pub trunk: Trunk,
    /// The place in the dialplan that serves a caller whom the daemon cannot serve.
    pub fallback: Fallback,
    /// The folder of recordings, as the switch sees it.
    pub recordings: SoundPath,
    /// The link is dead after this time without any message.
    pub silence_max: Millis,
    /// The link is dead after this time without any message while a reply is due.
    pub answer_max: Millis,
    /// How long connecting and logging in may take.
    pub connect_timeout: Millis,
    /// The wait before the second attempt to connect.
    pub reconnect_min: Millis,
    /// The longest wait between attempts to connect.
    pub reconnect_max: Millis,
}

/// The kind of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchKind {
    /// FreeSWITCH, through its event socket.
    Freeswitch,
}

/// The format in which FreeSWITCH sends events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFormat {
    /// Lines of `Name: value`: the fastest format for the switch.
    Plain,
    /// JSON.
    Json,
}

/// A place in the dialplan of the switch. The texts contain only letters, digits and `_ . -`, so they are safe in a
/// command.
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

/// The limits of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallsSettings {
    /// The most live calls; the fallback serves further callers.
    pub live_max: usize,
    /// How long after the daemon's last renewal the switch sends a caller to the fallback.
    pub fallback: Millis,
    /// How long calls may go on after a request to stop.
    pub drain_max: Millis,
}

/// The settings of messages by SMS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SmsSettings {
    /// The file with the gateways, if any.
    pub gateways: Option<PathBuf>,
    /// The public address of receipts: an http or https URL without a slash at its end.
    pub receipts_url: Option<String>,
    /// What the path of a receipt must begin with: only gateways know it.
    pub receipt_token: Option<Secret>,
}

impl SmsSettings {
    /// The address of receipts with the token, without the gateway's name.
    pub fn receipt_base(&self) -> Option<String> {
        let (url, token) = (self.receipts_url.as_ref()?, self.receipt_token.as_ref()?);
        Some(format!("{url}/receipts/{}", token.reveal()))
    }
}

/// The settings of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The format of the lines.
    pub format: LogFormat,
    /// The level, as a `tracing` filter: `info`, `warn,hotlined::switch=debug`.
    pub filter: String,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A secret text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that must send it.
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
    /// The password. The daemon needs one; `hotlined check` does not.
    ///
    /// # Errors
    /// If no password is set.
    pub fn password(&self) -> Result<&Secret, Vec<SettingsFault>> {
        let fault = || SettingsFault {
            origin: ValueOrigin::Default,
            key: "switch.password".to_owned(),
            kind: SettingsFaultKind::NoPassword,
        };
        self.password.as_ref().ok_or_else(|| vec![fault()])
    }
}
