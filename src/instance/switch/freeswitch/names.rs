//! The core's names as words of the event socket.
//!
//! Each of these types allows no character that the event socket's own type refuses, and is no longer.

use hotlined_core::id::{CommandId, LegId};
use hotlined_core::prompt::{RecordingName, SoundPath};
use hotlined_esl::vocabulary::{ChannelId, FilePath, JobId};

/// The channel of a leg.
pub(super) fn channel(leg: &LegId) -> ChannelId {
    ChannelId::new(&leg.to_string()).expect("a leg's name is letters, digits and -_.@:")
}

/// The name under which a command runs.
pub(super) fn job_name(command: &CommandId) -> JobId {
    JobId::new(&command.to_string()).expect("a command's name is that of a leg, a slash and a number")
}

/// A sound file.
pub(super) fn file(path: &SoundPath) -> FilePath {
    FilePath::new(path.as_str()).expect("a sound's path is letters, digits and /._-+")
}

/// A recording in this folder.
pub(super) fn recording(folder: &SoundPath, name: &RecordingName) -> FilePath {
    FilePath::new(&format!("{}/{name}", folder.as_str()))
        .expect("a recording's name is letters, digits and /._-")
}
