//! One run of a dialplan application, and the headers of its events.

use super::channel::{QueuedMessage, Uuid};
use super::switch_event::{Header, header};
use hotlined_core::time::Millis;

/// A run of an application.
#[derive(Clone, Debug)]
pub(super) struct AppRun {
    pub app: String,
    pub data: String,
    /// `Application-UUID`.
    pub uuid: Uuid,
    pub message: Option<QueuedMessage>,
}

/// Which playbacks say that they failed when all that a channel does is dropped. On a channel that goes elsewhere
/// each finds that out by itself; on one that is hung up the innermost does, and those around it can read no
/// more, which counts as played (seen).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailedPlaybacks {
    None,
    Innermost,
    Every,
}

/// How long something lasts, when it ends at all.
pub(super) fn finite(length: Millis) -> Option<Millis> {
    Some(length).filter(|length| length.0 != u64::MAX)
}

/// Whether somebody hears it.
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
