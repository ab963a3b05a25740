//! The lengths of sounds.

use hotlined_core::prompt::{Prompt, SoundPath, Tone};
use hotlined_core::time::Millis;

/// The assumed length of a sound file whose length is unknown.
pub const SOUND_LENGTH_DEFAULT: Millis = Millis::seconds(3);

/// How often a repeated sound plays before its end is reported: a switch plays several repetitions as one playback.
const REPETITIONS: u64 = 20;

/// Returns the length of a sound file, or `None` if the file does not exist.
pub type SoundLengths = Box<dyn Fn(&SoundPath) -> Option<Millis>>;

/// How long a prompt plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlayLength {
    For(Millis),
    Endless,
    Missing,
}

pub(super) fn play_length(prompt: &Prompt, repeat: bool, lengths: &SoundLengths) -> PlayLength {
    let paths = match prompt {
        Prompt::Tone(_) if repeat => return PlayLength::Endless,
        Prompt::Tone(Tone::Ringing) => return PlayLength::For(Millis(5_000)),
        Prompt::Tone(Tone::Busy) => return PlayLength::For(Millis(4_900)),
        Prompt::Tone(Tone::Beep) => return PlayLength::For(Millis(400)),
        Prompt::File(path) => std::slice::from_ref(path),
        Prompt::Files(paths) => paths,
    };
    if paths.is_empty() {
        return PlayLength::For(Millis::seconds(1));
    }
    let mut sum = Millis(0);
    for path in paths {
        let Some(length) = lengths(path) else { return PlayLength::Missing };
        sum = Millis(sum.0.saturating_add(length.0));
    }
    PlayLength::For(if repeat { Millis(sum.0.saturating_mul(REPETITIONS)) } else { sum })
}

/// The length of a WAV file by its header: the size of the samples divided by their byte rate. Returns `None` for
/// any other file.
///
/// Some headers are written before the length is known. Then the bytes in the file count (`file_bytes`).
pub fn wav_length(head: &[u8], file_bytes: u64) -> Option<Millis> {
    const CHUNK_HEADER_BYTES: usize = 8;
    const BYTE_RATE: std::ops::Range<usize> = 8..12;
    if head.get(..4)? != b"RIFF" || head.get(8..12)? != b"WAVE" {
        return None;
    }
    let (mut offset, mut rate) = (12, None);
    loop {
        let header = head.get(offset..offset + CHUNK_HEADER_BYTES)?;
        let size = u32::from_le_bytes(header[4..8].try_into().ok()?);
        let body = offset + CHUNK_HEADER_BYTES;
        match &header[..4] {
            b"fmt " => {
                let bytes = head.get(body + BYTE_RATE.start..body + BYTE_RATE.end)?;
                rate = Some(u32::from_le_bytes(bytes.try_into().ok()?)).filter(|rate| *rate > 0);
            }
            b"data" => {
                let available = file_bytes.saturating_sub(body as u64);
                let samples = u64::from(size).min(available);
                return Some(Millis(samples * 1_000 / u64::from(rate?)));
            }
            _ => {}
        }
        // Chunks begin at even offsets.
        offset = body.checked_add(size as usize)?.checked_add(size as usize % 2)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wav(rate: u32, samples: u32) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate * 2).to_le_bytes());
        bytes.extend(b"\x02\0\x10\0LIST\x03\0\0\0abc\0data");
        bytes.extend((samples * 2).to_le_bytes());
        bytes.resize(bytes.len() + samples as usize * 2, 0);
        bytes
    }

    #[test]
    fn a_wav_lasts_as_long_as_its_samples() {
        let bytes = wav(8_000, 20_000);
        assert_eq!(wav_length(&bytes, bytes.len() as u64), Some(Millis(2_500)));
        assert_eq!(wav_length(&bytes[..100], bytes.len() as u64), Some(Millis(2_500)));
        assert_eq!(wav_length(&bytes[..100], 100), Some(Millis(2)));
        assert_eq!(wav_length(b"RIFF", 4), None);
        assert_eq!(wav_length(b"ID3 an mp3", 10), None);
    }

    #[test]
    fn a_row_lasts_as_long_as_its_files_and_a_missing_one_is_none() {
        let lengths: SoundLengths = Box::new(|path| (path.as_str() != "/gone.wav").then_some(Millis(700)));
        let path = |path| SoundPath::new(path).unwrap();
        let row = Prompt::Files([path("/a.wav"), path("/b.wav")].into());
        assert_eq!(play_length(&row, false, &lengths), PlayLength::For(Millis(1_400)));
        assert_eq!(play_length(&Prompt::File(path("/gone.wav")), false, &lengths), PlayLength::Missing);
        assert_eq!(play_length(&Prompt::Tone(Tone::Ringing), true, &lengths), PlayLength::Endless);
        assert_eq!(play_length(&Prompt::Files([].into()), true, &lengths), PlayLength::For(Millis(1_000)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_length_or_none(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), at in 0..60usize, sound: bool) {
            if sound {
                let mut head = wav(8_000, 4);
                for (place, byte) in head.iter_mut().skip(at).zip(&bytes) {
                    *place = *byte;
                }
                bytes = head;
            }
            let _ = wav_length(&bytes, bytes.len() as u64);
        }
    }
}
