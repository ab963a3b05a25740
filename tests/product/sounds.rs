//! The recordings of `sounds/` are whole and fit together: a file for every piece, as long as
//! `prompts.toml` says, for the telephone, loud enough and not too loud, and nothing quiet at its ends.

use hotlined_core::phrases::{Language, Piece};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Below this, full scale being 1, the telephone has nothing to say: -50 dB.
const QUIET: f64 = 0.003;
/// The most silence before the first sound, in milliseconds.
const LEAD_MS_MAX: usize = 60;
/// The most silence behind a word that another is joined to, in milliseconds.
const TAIL_MS_MAX: usize = 110;
/// The most silence behind a whole sentence, in milliseconds.
const SENTENCE_TAIL_MS_MAX: usize = 400;
/// The loudest sample: -2.9 dB of full scale, a rounding above what the recordings aim at.
const PEAK_MAX: f64 = 0.716;
/// The mean loudness of the parts that are not quiet: -24 to -14 dB of full scale.
const LOUDNESS: std::ops::RangeInclusive<f64> = 0.063..=0.2;
/// How far a file's length may be from what is stated, in milliseconds.
const LENGTH_MS_SLIP: u64 = 2;

/// The languages that are recorded.
const RECORDED: [Language; 2] = [Language::Mandarin, Language::English];

/// `prompts.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompts {
    /// Where each voice comes from.
    voices: BTreeMap<String, String>,
    zh: BTreeMap<Piece, Row>,
    en: BTreeMap<Piece, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    text: String,
    ms: u64,
    voice: String,
}

impl Prompts {
    fn of(&self, language: Language) -> &BTreeMap<Piece, Row> {
        match language {
            Language::Mandarin => &self.zh,
            Language::English => &self.en,
        }
    }
}

fn sounds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds")
}

fn prompts() -> Prompts {
    toml::from_str(&fs::read_to_string(sounds().join("prompts.toml")).unwrap()).unwrap()
}

/// The samples of an 8 kHz, 16 bit, mono PCM file, full scale being 1; or what else it is.
fn samples(bytes: &[u8]) -> Result<Vec<f64>, String> {
    let word = |at: usize| -> Result<u32, String> {
        let four = bytes.get(at..at + 4).ok_or("ends in the middle")?;
        Ok(u32::from_le_bytes(four.try_into().unwrap()))
    };
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("is no wav file".into());
    }
    if usize::try_from(word(4)?).unwrap() + 8 != bytes.len() {
        return Err("has another size than it says".into());
    }
    let (mut at, mut format) = (12, None);
    while at + 8 <= bytes.len() {
        let length = usize::try_from(word(at + 4)?).unwrap();
        let body = bytes.get(at + 8..at + 8 + length).ok_or("ends in the middle")?;
        match &bytes[at..at + 4] {
            b"fmt " => format = Some(body.to_vec()),
            b"data" => {
                // PCM, one channel, 8000 Hz, 16000 bytes a second, 2 bytes a frame, 16 bits a sample.
                let wanted =
                    [&[1, 0, 1, 0][..], &8_000_u32.to_le_bytes(), &16_000_u32.to_le_bytes(), &[2, 0, 16, 0]];
                if format.as_deref() != Some(&wanted.concat()) {
                    return Err(format!("is not 8 kHz, 16 bit, mono: {format:?}"));
                }
                let pairs = body.chunks_exact(2);
                return Ok(pairs
                    .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
                    .collect());
            }
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    Err("has no sound in it".into())
}

/// The mean loudness of each 10 ms.
fn loudness(samples: &[f64]) -> Vec<f64> {
    let mean = |window: &[f64]| (window.iter().map(|sample| sample * sample).sum::<f64>() / 80.0).sqrt();
    samples.chunks(80).map(mean).collect()
}

/// What is wrong with a recording of this text.
fn faults(text: &str, samples: &[f64]) -> Vec<String> {
    let windows = loudness(samples);
    let loud: Vec<f64> = windows.iter().copied().filter(|window| *window >= QUIET).collect();
    let (Some(first), Some(last)) = (
        windows.iter().position(|window| *window >= QUIET),
        windows.iter().rposition(|window| *window >= QUIET),
    ) else {
        return vec!["is silent".into()];
    };
    let (lead, tail) = (10 * first, 10 * (windows.len() - 1 - last));
    let whole = text.ends_with(['。', '？', '.', '?']);
    let tail_max = if whole { SENTENCE_TAIL_MS_MAX } else { TAIL_MS_MAX };
    let peak = samples.iter().fold(0.0, |peak: f64, sample| peak.max(sample.abs()));
    let mean = (loud.iter().map(|window| window * window).sum::<f64>() / loud.len() as f64).sqrt();
    let offset = samples.iter().sum::<f64>() / samples.len() as f64;
    let mut faults = Vec::new();
    let mut fault = |wrong: bool, what: String| {
        if wrong {
            faults.push(what);
        }
    };
    fault(lead > LEAD_MS_MAX, format!("begins with {lead} ms of silence"));
    fault(tail > tail_max, format!("ends with {tail} ms of silence"));
    fault(peak > PEAK_MAX, format!("is too loud: a sample of {peak:.3}"));
    fault(!LOUDNESS.contains(&mean), format!("is {:.1} dB loud", 20.0 * mean.log10()));
    fault(offset.abs() > QUIET, format!("lies {offset:.4} beside the zero"));
    // A word of one sound lasts at least so long; nobody speaks a sign in less or in more.
    let signs = text.chars().filter(|sign| sign.is_alphanumeric()).count();
    let spoken = 10 * (last + 1 - first);
    let most = 500 + signs * if text.is_ascii() { 130 } else { 330 };
    fault(spoken < 100.max(signs * if text.is_ascii() { 25 } else { 90 }), format!("lasts only {spoken} ms"));
    fault(spoken > most, format!("lasts {spoken} ms, for {signs} signs"));
    faults
}

#[test]
fn every_piece_is_recorded_as_it_is_written() {
    let prompts = prompts();
    for language in RECORDED {
        let rows = prompts.of(language);
        for piece in Piece::ALL {
            let row =
                rows.get(piece).unwrap_or_else(|| panic!("{}/{piece} is not recorded", language.folder()));
            assert_eq!(row.text, piece.text(language), "{}/{piece}", language.folder());
            assert!(prompts.voices.contains_key(&row.voice), "{}/{piece}: whose voice?", language.folder());
        }
    }
}

#[test]
fn every_recording_fits_the_telephone_and_its_neighbours() {
    let mut wrong = Vec::new();
    let prompts = prompts();
    for language in RECORDED {
        for (piece, row) in prompts.of(language) {
            let name = format!("{}/{}", language.folder(), piece.file());
            let read = fs::read(sounds().join(&name)).map_err(|error| error.to_string());
            let samples = match read.and_then(|bytes| samples(&bytes)) {
                Ok(samples) => samples,
                Err(error) => {
                    wrong.push(format!("{name} {error}"));
                    continue;
                }
            };
            let ms = samples.len() as u64 / 8;
            if ms.abs_diff(row.ms) > LENGTH_MS_SLIP {
                wrong.push(format!("{name} lasts {ms} ms, not {}", row.ms));
            }
            if *piece == Piece::Pause {
                assert!(
                    samples.iter().all(|sample| *sample == 0.0) && (100..500).contains(&ms),
                    "{name}: {ms} ms"
                );
            } else {
                wrong.extend(faults(&row.text, &samples).into_iter().map(|fault| format!("{name} {fault}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// How long it takes from the first sound until the voice is there, in milliseconds.
fn voiceless_ms(samples: &[f64]) -> usize {
    // A mean over a millisecond keeps what is deep and little of what hisses.
    let deep: Vec<f64> = samples.windows(8).map(|window| window.iter().sum::<f64>() / 8.0).collect();
    let strong = |windows: &[f64], share: f64| {
        let strength = |window: &[f64]| (window.iter().map(|s| s * s).sum::<f64>() / 40.0).sqrt();
        let all: Vec<f64> = windows.chunks(40).map(strength).collect();
        let most = all.iter().copied().fold(0.0, f64::max);
        all.iter().position(|one| *one >= most * share).unwrap_or_default()
    };
    5 * strong(&deep, 0.25).saturating_sub(strong(samples, 0.005))
}

#[test]
fn a_word_that_begins_with_s_or_sh_or_q_begins_with_it() {
    for (piece, least) in
        [("digits/3", 50), ("digits/4", 50), ("digits/7", 50), ("digits/10", 50), ("digits/11", 50)]
    {
        let samples = samples(&fs::read(sounds().join(format!("zh/{piece}.wav"))).unwrap()).unwrap();
        let ms = voiceless_ms(&samples);
        assert!(ms >= least, "zh/{piece}: the voice is there after {ms} ms");
    }
    // And one that begins with a voice does not.
    let voiced = samples(&fs::read(sounds().join("zh/digits/5.wav")).unwrap()).unwrap();
    assert!(voiceless_ms(&voiced) < 50);
}

#[test]
fn nothing_else_lies_among_the_recordings() {
    let known: BTreeSet<String> = Piece::ALL.iter().map(|piece| piece.file().to_owned()).collect();
    for language in RECORDED {
        let folder = sounds().join(language.folder());
        for group in fs::read_dir(&folder).unwrap() {
            let group = group.unwrap().path();
            for file in fs::read_dir(&group).unwrap() {
                let file = file.unwrap().path();
                let inside = file.strip_prefix(&folder).unwrap().to_str().unwrap();
                assert!(known.contains(inside), "{} is no piece", file.display());
            }
        }
    }
}

#[test]
fn a_bad_recording_is_noticed() {
    let wave = |seconds: f64, loud: f64| -> Vec<f64> {
        let count = (seconds * 8_000.0) as usize;
        (0..count).map(|at| loud * (at as f64 * 0.35).sin()).collect()
    };
    let silence = |ms: usize| vec![0.0; ms * 8];
    let word = wave(0.3, 0.2);
    assert_eq!(faults("一", &word), Vec::<String>::new());
    assert_eq!(faults("一", &silence(300)), ["is silent"]);
    for (bad, what) in [
        ([silence(100), word.clone()].concat(), "begins"),
        ([word.clone(), silence(200)].concat(), "ends"),
        (wave(0.3, 0.9), "too loud"),
        (wave(0.3, 0.02), "dB loud"),
        (word.iter().map(|sample| sample + 0.01).collect(), "beside the zero"),
        (wave(0.05, 0.2), "lasts only"),
        (wave(2.0, 0.2), "lasts 2000 ms"),
    ] {
        assert!(
            faults("一", &bad).iter().any(|fault| fault.contains(what)),
            "{what}: {:?}",
            faults("一", &bad)
        );
    }
    assert_eq!(faults("您好，请稍候。", &[wave(1.5, 0.2), silence(250)].concat()), Vec::<String>::new());
    let data = |rate: u32| {
        let format =
            [&[1, 0, 1, 0][..], &rate.to_le_bytes(), &(2 * rate).to_le_bytes(), &[2, 0, 16, 0]].concat();
        let body = [b"WAVEfmt ", &16_u32.to_le_bytes()[..], &format, b"data", &2_u32.to_le_bytes(), &[0, 64]]
            .concat();
        [b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes()[..], &body].concat()
    };
    assert_eq!(samples(&data(8_000)), Ok(vec![0.5]));
    assert!(samples(&data(16_000)).is_err_and(|error| error.contains("8 kHz")));
    assert!(samples(&data(8_000)[..45]).is_err());
    assert!(samples(b"").is_err());
}
