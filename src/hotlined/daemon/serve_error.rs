//! Why the daemon could not start or could not go on.

use super::holiday_folder::HolidayFolderError;
use super::numbers_file::NumbersFileError;
use super::settings::SettingsFault;
use super::source_watch::WatchError;
use crate::hooks::hook_request::HookClientError;
use crate::http::listener::ListenError;
use crate::jsonl_writer::JsonlError;
use crate::redis::ConnectorError;
use crate::sms::parts::SmsError;
use crate::snapshot_file::SnapshotFileError;
use hotlined_esl::argument::InvalidEndpoint;
use hotlined_esl::vocabulary::{InvalidSecret, InvalidWord};
use hotlined_instance::switch::freeswitch::link::LinkError;

/// Why the daemon could not start or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The settings are wrong.
    #[error("{}", lines(.0))]
    Settings(Vec<SettingsFault>),
    /// Hotline files are wrong.
    #[error("{}", lines(.0))]
    Hotlines(Vec<hotlined_config::Diagnostic>),
    /// Files of holidays are wrong.
    #[error("{}", lines(.0))]
    Holidays(Vec<HolidayFolderError>),
    /// The table of numbers is wrong.
    #[error("{}", lines(.0))]
    Numbers(Vec<NumbersFileError>),
    /// A folder cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// There are no SMS gateways.
    #[error("[sms] gateways: {0}")]
    Sms(#[from] SmsError),
    /// A file of records, a journal or a capture cannot be opened.
    #[error(transparent)]
    File(#[from] JsonlError),
    /// The snapshot file of live calls cannot be used.
    #[error(transparent)]
    Live(#[from] SnapshotFileError),
    /// The settings of Redis cannot be used.
    #[error("[redis] {0}")]
    Redis(#[from] ConnectorError),
    /// A web hook cannot be used.
    #[error(transparent)]
    Hook(#[from] HookClientError),
    /// The admin or API address cannot be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The fallback extension contains characters that the switch would interpret.
    #[error("[switch] fallback: {0}")]
    Fallback(#[from] InvalidEndpoint),
    /// The user name contains characters that the switch would interpret.
    #[error("[switch] user: {0}")]
    User(#[from] InvalidWord),
    /// The password contains characters that the switch would interpret.
    #[error("[switch] password: {0}")]
    Password(#[from] InvalidSecret),
    /// A link ended for a reason that only the operator can mend.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The operating system refused the signal handlers.
    #[error("SIGTERM, SIGINT and SIGHUP cannot be listened for: {0}")]
    Signals(std::io::Error),
    /// A capture of several switches was asked for. The lines of a capture do not name the switch.
    #[error(
        "a capture is of one switch, and the settings have several: use `hotlined capture --switch NAME`"
    )]
    CaptureOfSeveral,
    /// The thread of the event loop cannot be started.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
    /// A part of the daemon panicked.
    #[error("the {0} ended by a fault of its own, which stands above: please report it")]
    Crashed(&'static str),
}

fn lines<T: std::fmt::Display>(faults: &[T]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
