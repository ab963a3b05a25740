//! Ids and paths of the core as types of the event socket.
//!
//! Each core type allows only characters that the event socket's type allows, and is not longer: no conversion fails.

use hotlined_core::id::{CommandId, LegId};
use hotlined_core::prompt::{RecordingName, SoundPath};
use hotlined_esl::vocabulary::{ChannelId, FilePath, JobId};

/// The channel id of a leg.
pub(super) fn channel_id(leg: &LegId) -> ChannelId {
    ChannelId::new(&leg.to_string()).expect("a leg's name is letters, digits and -_.@:")
}

/// The job id of a command.
pub(super) fn job_id(command: &CommandId) -> JobId {
    JobId::new(&command.to_string()).expect("a command's name is that of a leg, a slash and a number")
}

/// The path of a sound file.
pub(super) fn sound_path(path: &SoundPath) -> FilePath {
    FilePath::new(path.as_str()).expect("a sound's path is letters, digits and /._-+")
}

/// The path of a recording in this folder.
pub(super) fn recording_path(folder: &SoundPath, name: &RecordingName) -> FilePath {
    FilePath::new(&format!("{}/{name}", folder.as_str()))
        .expect("a recording's name is letters, digits and /._-")
}
