//! What a leg hears and what is recorded of it, in FreeSWITCH's words.
//!
//! All of it is `playback`, which reports keys; `endless_playback` and `loop_playback` do not (seen on 1.10.12,
//! and mod_dptools.c:3082). So what shall repeat is one playback of a row of the same file.

use super::names::{file, recording};
use hotlined_core::prompt::{Prompt, RecordingName, SoundPath, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::argument::Argument;

/// The longest row of files for a sound that repeats, in bytes: every event about the leg carries it two or
/// three times. A file of five seconds lasts two minutes so.
const REPEAT_BYTES_MAX: usize = 1_500;

/// The most files in a row; the switch would take a longer row's rest for one file (mod_dptools.c:4945).
pub const ROW_FILES_MAX: usize = 128;

/// What is played where there is nothing to play, in milliseconds: no less, or whoever plays it over and over
/// would do nothing else.
const NOTHING_MS: u64 = 1_000;

/// The least silence the switch plays, in milliseconds: one packet. None at all is `FILE NOT FOUND`.
const SILENCE_MS_MIN: u64 = 20;

/// Below this mean of its samples (of 32,767) a packet of 20 ms is silence. A tone of 1 kHz was heard from a
/// peak of 320 on, which is a mean of 204 or 40 dB below the loudest, and taken for silence at 300. Somebody
/// who whispers into a telephone lies some 10 dB above that, the hum of a quiet office some 10 dB below.
const SILENCE_MEAN_MAX: u64 = 200;

/// The argument of `playback` for a prompt.
pub fn sound(prompt: &Prompt, repeat: bool) -> Argument {
    match prompt {
        Prompt::Tone(tone) => tone_stream(*tone, repeat),
        Prompt::File(path) => row(std::slice::from_ref(path), repeat),
        Prompt::Files(paths) => row(paths, repeat),
    }
}

/// The argument of `playback` for silence.
pub fn silence(time: Millis) -> Argument {
    Argument::new().literal("silence_stream://").number(time.0.max(SILENCE_MS_MIN))
}

/// The argument of `record`. Opened by itself, a file in a folder that is not there hangs the caller up
/// (switch_ivr_play_say.c:564); opened as a `file_string`, its folder is made (mod_dptools.c:5003).
///
/// The switch counts the whole seconds that have passed, and ends it up to one after the limit.
pub fn message(folder: &SoundPath, file: &RecordingName, longest: Millis, silence: Millis) -> Argument {
    let limit_s = longest.whole_seconds_up().saturating_sub(1).max(1);
    let argument = Argument::new().literal("file_string://").file(&recording(folder, file));
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

fn row(paths: &[SoundPath], repeat: bool) -> Argument {
    let one = match paths {
        [] => return silence(Millis(NOTHING_MS)),
        [path] => Some(path),
        [_, ..] => None,
    };
    if let (Some(path), false) = (one, repeat) {
        return Argument::new().file(&file(path));
    }
    let once = paths.iter().map(|path| path.as_str().len() + 1).sum::<usize>();
    let times = if repeat { (REPEAT_BYTES_MAX / once).max(1) } else { 1 };
    let files = std::iter::repeat_n(paths, times).flatten().take(ROW_FILES_MAX);
    files.enumerate().fold(Argument::new(), |row, (at, path)| {
        row.literal(if at == 0 { "file_string://" } else { "!" }).file(&file(path))
    })
}
