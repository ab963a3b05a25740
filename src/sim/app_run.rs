//! One run of a dialplan application, and the headers of its events.

use super::channel::{QueuedMessage, Uuid};
use super::switch_event::{Header, header};
use hotlined_core::time::Millis;

/// One run of an application.
#[derive(Clone, Debug)]
pub(super) struct AppRun {
    pub app: String,
    pub data: String,
    /// `Application-UUID`.
    pub uuid: Uuid,
    pub message: Option<QueuedMessage>,
}

/// Which playbacks report a failure when a channel ends all its applications. On a transfer or a bridge every playback
/// reports a failure. On a hang-up only the innermost playback does; the playbacks around it can read no more frames
/// and report that the file was played (seen on a real switch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailedPlaybacks {
    None,
    Innermost,
    Every,
}

/// The length of a sound, or `None` for an endless sound.
pub(super) fn finite(length: Millis) -> Option<Millis> {
    Some(length).filter(|length| length.0 != u64::MAX)
}

/// Whether a file makes a sound that a person hears.
pub(super) fn is_audible(file: &str) -> bool {
    !file.starts_with("silence_stream://")
}

pub(super) fn app_headers(run: &AppRun, response: Option<&'static str>) -> Vec<Header> {
    let mut headers = vec![header("Application", run.app.clone())];
    if !run.data.is_empty() {
        headers.push(header("Application-Data", run.data.clone()));
    }
    if let Some(response) = response {
        headers.push(header("Application-Response", response));
    }
    headers.push(header("Application-UUID", run.uuid.to_string()));
    headers
}
