#!/usr/bin/env python3
"""Makes the sounds of this folder: 8 kHz, 16 bit, mono, from nothing but arithmetic.

    python3 sounds/make.py

Written by us, under the licence of the project. Spoken prompts are not among them: record your own.
"""

import math
import pathlib
import struct
import wave

RATE = 8_000
PEAK = 10 ** (-9 / 20)  # -9 dBFS: a melody at full level is a nuisance on the telephone.
FADE_S = 0.012

# A calm figure on the five notes of the Chinese scale, as (steps above A4, beats).
MELODY = [(3, 1), (5, 1), (7, 1), (10, 1), (12, 2), (10, 1), (7, 1), (5, 2), (7, 1), (3, 1), (5, 1), (-2, 1), (3, 2)]
BEAT_S = 0.42

# The special information tone of ITU-T E.180, and a pause behind it.
SPECIAL_INFORMATION = [(950, 0.330), (1400, 0.330), (1800, 0.330), (0, 1.0)]


def tone(frequency, seconds, decay):
    """Samples of a tone with soft edges; `decay` lets it die away as a struck string does."""
    count = round(seconds * RATE)
    samples = []
    for at in range(count):
        t = at / RATE
        edge = min(1.0, t / FADE_S, (seconds - t) / FADE_S)
        body = math.exp(-decay * t)
        wave_ = math.sin(2 * math.pi * frequency * t) + 0.25 * math.sin(4 * math.pi * frequency * t)
        samples.append(edge * body * wave_ if frequency else 0.0)
    return samples


def write(name, samples):
    """Writes the samples with their loudest one at the peak."""
    loudest = max(abs(sample) for sample in samples)
    scaled = (round(sample / loudest * PEAK * 32_767) for sample in samples)
    path = pathlib.Path(__file__).with_name(name)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in scaled))
    print(f"{path.name}: {len(samples) / RATE:.2f} s")


def main():
    """Makes all of them."""
    ringback = []
    for step, beats in MELODY:
        ringback += tone(440 * 2 ** (step / 12), beats * BEAT_S, 1.6)
    ringback += tone(0, 2.0, 0)
    write("ringback.wav", ringback)
    closing = []
    for frequency, seconds in SPECIAL_INFORMATION * 2:
        closing += tone(frequency, seconds, 0)
    write("closing.wav", closing)


if __name__ == "__main__":
    main()
