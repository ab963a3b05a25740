//! Sound as packets and files: A-law, tones, keys as events, and which tone a packet has.

use std::f64::consts::TAU;
use std::path::Path;
use std::time::Duration;

/// How much sound a packet has.
pub const PACKET: Duration = Duration::from_millis(20);
const SAMPLES: usize = 160;
const RATE: f64 = 8_000.0;
/// The loudness of our tones.
const PEAK: f64 = 8_000.0;
/// The mean of a packet's samples below which it is silent.
const SILENT_MEAN: i32 = 100;
/// How many packets a key lasts, and how often its end is told.
const KEY_PACKETS: u16 = 8;
const KEY_ENDS: u16 = 3;
/// How many packets lie between two keys.
const KEY_PAUSE: u16 = 8;

/// What a packet sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    Silence,
    /// A tone, by the nearest of those that can be told apart: multiples of 50 Hz.
    Tone(u32),
}

/// What one end says, packet by packet.
#[derive(Default)]
pub struct Voice {
    sequence: u16,
    time: u32,
    key: Option<(u8, u16, u32)>,
    pause: u16,
}

impl Voice {
    /// Whether a key may be pressed now: none is held, nor has one just been.
    pub fn may_press(&self) -> bool {
        self.key.is_none() && self.pause == 0
    }

    /// The next packet.
    pub fn packet(&mut self, key: Option<char>, speaks: Option<u32>) -> Vec<u8> {
        if let Some(event) = key.and_then(|key| "0123456789*#".find(key)) {
            self.key = Some((u8::try_from(event).unwrap(), 0, self.time));
        }
        self.pause = self.pause.saturating_sub(1);
        self.sequence = self.sequence.wrapping_add(1);
        self.time = self.time.wrapping_add(SAMPLES as u32);
        match self.key {
            Some((event, nth, since)) => {
                let ends = nth >= KEY_PACKETS;
                let lasted = 160 * (nth.min(KEY_PACKETS) + 1);
                self.key = Some((event, nth + 1, since)).filter(|_| nth + 1 < KEY_PACKETS + KEY_ENDS);
                if self.key.is_none() {
                    self.pause = KEY_PAUSE;
                }
                let payload = [&[event, if ends { 0x8a } else { 0x0a }], &lasted.to_be_bytes()[..]].concat();
                self.headed(if nth == 0 { 0x80 | 101 } else { 101 }, since, &payload)
            }
            None => {
                let at = self.time;
                let sample = |n: usize| speaks.map_or(0, |hz| tone(hz, at as usize + n));
                let payload: Vec<u8> = (0..SAMPLES).map(|n| encoded(sample(n))).collect();
                self.headed(8, at, &payload)
            }
        }
    }

    fn headed(&self, kind: u8, time: u32, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80, kind];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(time.to_be_bytes());
        packet.extend(0x5eed_u32.to_be_bytes());
        packet.extend(payload);
        packet
    }
}

/// What a packet sounds like; nothing for one that is no sound.
pub fn heard(packet: &[u8]) -> Option<Sound> {
    let (kind, payload) = (packet.get(1)? & 0x7f, packet.get(12..)?);
    if kind != 8 || payload.is_empty() {
        return None;
    }
    let samples: Vec<i32> = payload.iter().map(|byte| decoded(*byte)).collect();
    Some(sound_of(&samples))
}

fn sound_of(samples: &[i32]) -> Sound {
    let mean = samples.iter().map(|sample| sample.abs()).sum::<i32>() / samples.len() as i32;
    if mean < SILENT_MEAN {
        return Sound::Silence;
    }
    // Goertzel's filter, which costs two operations a sample.
    let strength = |hz: u32| {
        let turn = 2.0 * (TAU * f64::from(hz) / RATE).cos();
        let step = |(one, two): (f64, f64), sample: &i32| (f64::from(*sample) + turn * one - two, one);
        let (one, two) = samples.iter().fold((0.0, 0.0), step);
        one * one + two * two - turn * one * two
    };
    let tones = (8..28).map(|step| step * 50);
    Sound::Tone(tones.max_by(|one, other| strength(*one).total_cmp(&strength(*other))).unwrap_or(0))
}

fn tone(hz: u32, n: usize) -> i32 {
    (PEAK * (TAU * f64::from(hz) * n as f64 / RATE).sin()) as i32
}

/// ITU-T G.711, A-law.
fn decoded(byte: u8) -> i32 {
    let byte = byte ^ 0x55;
    let (step, within) = (i32::from(byte >> 4 & 7), i32::from(byte & 15) << 4);
    let size = if step == 0 { within + 8 } else { (within + 0x108) << (step - 1) };
    if byte & 0x80 == 0 { -size } else { size }
}

fn encoded(sample: i32) -> u8 {
    let (sign, size) = (if sample < 0 { 0 } else { 0x80 }, sample.unsigned_abs().min(32_635));
    let step = (size >> 7).checked_ilog2().unwrap_or(0);
    let within = if step == 0 { size >> 4 } else { size >> (step + 3) };
    (sign | (step << 4) as u8 | (within & 15) as u8) ^ 0x55
}

/// A wave file of a tone, 8 kHz mono.
pub fn write_wave(file: &Path, ms: u32, hz: u32) {
    let sample = |n: u32| (tone(hz, n as usize) as i16).to_le_bytes();
    let samples: Vec<u8> = (0..ms * 8).flat_map(sample).collect();
    let size = u32::try_from(samples.len()).unwrap();
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    for (value, size) in [(1u32, 2), (1, 2), (8_000, 4), (16_000, 4), (2, 2), (16, 2)] {
        bytes.extend(&value.to_le_bytes()[..size]);
    }
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(samples);
    std::fs::write(file, bytes).unwrap();
}

/// What a recording of the switch holds, packet by packet: 8 kHz, 16 bits, mono.
pub fn read_wave(file: &Path) -> Vec<Sound> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    assert_eq!((bytes[22], u32::from_le_bytes(bytes[24..28].try_into().unwrap())), (1, 8_000));
    let data = bytes.windows(4).position(|four| four == b"data").unwrap();
    let size = u32::from_le_bytes(bytes[data + 4..data + 8].try_into().unwrap()) as usize;
    let samples = bytes[data + 8..][..size].as_chunks::<2>().0;
    let samples: Vec<i32> = samples.iter().map(|two| i32::from(i16::from_le_bytes(*two))).collect();
    samples.chunks_exact(SAMPLES).map(sound_of).collect()
}
