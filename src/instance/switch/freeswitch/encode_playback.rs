//! The arguments of `playback` and `record`.
//!
//! Every sound is a `playback`, because it reports keys; `endless_playback` and `loop_playback` do not (seen on
//! 1.10.12, and mod_dptools.c:3082). A sound that repeats is therefore one playback of a list of the same file.

use super::esl_types::{recording_path, sound_path};
use hotlined_core::prompt::{Prompt, RecordingName, SoundPath, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::argument::Argument;

/// The longest file list of a sound that repeats, in bytes: every event about the leg contains the list two or three
/// times. With this length, a file of five seconds lasts two minutes.
const REPEAT_BYTES_MAX: usize = 1_500;

/// The most files in a list. FreeSWITCH would take the rest of a longer list for one file (mod_dptools.c:4945).
pub const LIST_FILES_MAX: usize = 128;

/// The silence that is played for a prompt without files, in milliseconds. A shorter silence that repeats would keep
/// the daemon busy.
const EMPTY_PROMPT_MS: u64 = 1_000;

/// The shortest silence that FreeSWITCH plays, in milliseconds: one packet. For 0 ms it reports `FILE NOT FOUND`.
const SILENCE_MS_MIN: u64 = 20;

/// A packet of 20 ms is silence if the mean of its samples (of 32,767) is below this. Measured: FreeSWITCH recognised a
/// tone of 1 kHz as sound from a peak of 320 on, which is a mean of 204 or 40 dB below the loudest; a peak of 300 was
/// silence. A whisper into a telephone is some 10 dB louder, the hum of a quiet office some 10 dB quieter.
const SILENCE_MEAN_MAX: u64 = 200;

/// The argument of `playback` for a prompt.
pub fn prompt_argument(prompt: &Prompt, repeat: bool) -> Argument {
    match prompt {
        Prompt::Tone(tone) => tone_stream(*tone, repeat),
        Prompt::File(path) => file_list(std::slice::from_ref(path), repeat),
        Prompt::Files(paths) => file_list(paths, repeat),
    }
}

/// The argument of `playback` for silence.
pub fn silence_argument(time: Millis) -> Argument {
    Argument::new().literal("silence_stream://").number(time.0.max(SILENCE_MS_MIN))
}

/// The argument of `record`. A plain file in a folder that does not exist hangs up the caller
/// (switch_ivr_play_say.c:564). For a `file_string`, FreeSWITCH creates the folder (mod_dptools.c:5003).
///
/// FreeSWITCH counts whole seconds that have passed, and ends the recording up to one second after the limit.
pub fn record_argument(
    folder: &SoundPath,
    file: &RecordingName,
    longest: Millis,
    silence: Millis,
) -> Argument {
    let limit_s = longest.whole_seconds_up().saturating_sub(1).max(1);
    let argument = Argument::new().literal("file_string://").file(&recording_path(folder, file));
    let argument = argument.literal(" ").number(limit_s).literal(" ").number(SILENCE_MEAN_MAX);
    argument.literal(" ").number(silence.whole_seconds_up().max(1))
}

fn tone_stream(tone: Tone, repeat: bool) -> Argument {
    let (once, times) = match tone {
        Tone::Ringing => ("tone_stream://%(1000,4000,450)", ""),
        Tone::Busy => ("tone_stream://%(350,350,450)", ";loops=7"),
        Tone::Beep => ("tone_stream://%(400,0,1000)", ""),
    };
    Argument::new().literal(once).literal(if repeat { ";loops=-1" } else { times })
}

fn file_list(paths: &[SoundPath], repeat: bool) -> Argument {
    let single = match paths {
        [] => return silence_argument(Millis(EMPTY_PROMPT_MS)),
        [path] => Some(path),
        [_, ..] => None,
    };
    if let (Some(path), false) = (single, repeat) {
        return Argument::new().file(&sound_path(path));
    }
    let list_bytes = paths.iter().map(|path| path.as_str().len() + 1).sum::<usize>();
    let times = if repeat { (REPEAT_BYTES_MAX / list_bytes).max(1) } else { 1 };
    let files = std::iter::repeat_n(paths, times).flatten().take(LIST_FILES_MAX);
    files.enumerate().fold(Argument::new(), |list, (at, path)| {
        list.literal(if at == 0 { "file_string://" } else { "!" }).file(&sound_path(path))
    })
}
