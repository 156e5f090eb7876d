"""How good a machine's transcript is, and how fast: word error, diarisation error, times real time.

python -m benchmarks.speech --demo data/demo --emodb ../shared/data/emodb --english LIBRIVOX

``--demo`` is a demo corpus (eSpeak's pseudo-words: speakers and turns are known, words mean nothing);
``--emodb`` a folder of EmoDB's wav files (German, emotional: speakers are known); ``--english`` a folder
of wav files with a file ``transcription`` as CMU Sphinx writes it: Debian's pocketsphinx-testdata has five
sentences of LibriVox in /usr/share/pocketsphinx/test/data/librivox.
"""

import re
import resource
import time
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ariigcn.core.errors import DataError
from ariigcn.corpora.read.transcripts import Transcript, Turn
from ariigcn.speech.settings import SpeechSettings
from ariigcn.speech.sound import RATE_HZ, read_sound
from ariigcn.speech.transcribe import Listener

FRAME_S = 0.01
# DIFFERENT of speakers.py was chosen on EmoDB's first five speakers, not on these. How far apart voices
# lie, by window and loudness, was looked at once over all ten before that.
HELD_OUT = ("12", "13", "14", "15", "16")


class Talk(NamedTuple):
    """A conversation whose truth is known, as a wav file."""

    file: Path
    turns: list[Turn]
    seconds: float


def diarisation_error(truth: Sequence[Turn], found: Sequence[Turn], seconds: float) -> float:
    """Missed, false and confused speech by the truth's speech, in frames of 10 ms, no collar.

    Speakers are paired so that the error is least; speech of the truth does not overlap.
    """
    a, b = _frames(truth, seconds), _frames(found, seconds)
    both = (a >= 0) & (b >= 0)
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a[both], b[both]), 1)
    right = counts[linear_sum_assignment(-counts)].sum()
    return float((np.sum((a >= 0) | (b >= 0)) - right) / np.sum(a >= 0))


def _frames(turns: Sequence[Turn], seconds: float) -> NDArray[np.int64]:
    """Which speaker each frame is of; -1: none."""
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    frames = np.full(round(seconds / FRAME_S) + 1, -1)
    for turn in turns:
        assert turn.start_s is not None
        assert turn.end_s is not None
        span = slice(round(turn.start_s / FRAME_S), round(turn.end_s / FRAME_S))
        frames[span] = names.index(turn.speaker)
    return frames


def word_errors(truth: str, found: str) -> tuple[int, int]:
    """Substitutions, deletions and insertions, and the truth's words; spelling by Whisper's rules."""
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    normal = EnglishTextNormalizer({})
    a, b = normal(truth).split(), normal(found).split()
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (word != other), row[j] + 1, row[j - 1] + 1)
    return row[-1], len(a)


def joined(parts: Sequence[tuple[Path, str, str]], file: Path, rng: np.random.Generator) -> Talk:
    """Clips (file, speaker, words) one after another with pauses of 0.3 to 0.8 s, as one wav."""
    pieces, turns, at = [], [], 0.0
    for clip, speaker, text in parts:
        try:
            samples = read_sound(clip).samples
        except DataError:  # the demo corpus has utterances without sound
            continue
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        start, end = at + loud[0] / RATE_HZ, at + loud[-1] / RATE_HZ
        turns.append(Turn(start, end, speaker, text))
        pieces += [samples, np.zeros(round(rng.uniform(0.3, 0.8) * RATE_HZ), np.int16)]
        at += (len(pieces[-2]) + len(pieces[-1])) / RATE_HZ
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        out.writeframes(np.concatenate(pieces).tobytes())
    return Talk(file, turns, at)


def demo_talks(corpus: Path, folder: Path) -> Iterator[Talk]:
    """Dialogues of the demo corpus."""
    rows = pd.read_csv(corpus / "conversations.csv")
    rng = np.random.default_rng(0)
    for name, own in rows.groupby("dialogue_id"):
        parts = [(corpus / r.media, r.speaker, "") for r in own.itertuples()]
        yield joined(parts, folder / f"{name}.wav", rng)


def emodb_talks(corpus: Path, folder: Path, count: int = 2) -> Iterator[Talk]:
    """Conversations of two to five of EmoDB's held-out speakers, all that each of them says, mixed."""
    rng = np.random.default_rng(0)
    for number in range(2, len(HELD_OUT) + 1):
        for again in range(count):
            who = rng.choice(HELD_OUT, number, replace=False)
            files = [f for f in sorted(corpus.glob("*.wav")) if f.name[:2] in who]
            parts = [(files[i], files[i].name[:2], "") for i in rng.permutation(len(files))]
            yield joined(parts, folder / f"emodb-{number}-{again}.wav", rng)


def speakers(name: str, talks: Sequence[Talk], listener: Listener) -> None:
    """Print diarisation errors, and word errors where words are known."""
    for given in (True, False):
        errors, off, wrong, words = [], [], 0, 0
        for talk in talks:
            number = len({turn.speaker for turn in talk.turns})
            listener.settings = SpeechSettings(speakers=number if given else None)
            found = listener.transcribe(talk.file)
            errors.append(diarisation_error(talk.turns, found.turns, talk.seconds))
            off.append(abs(len({turn.speaker for turn in found.turns}) - number))
            counted = word_errors(_words(talk.turns), _words(found.turns))
            wrong, words = wrong + counted[0], words + counted[1]
        how = "number given" if given else f"number estimated, {np.mean(off):.1f} off"
        heard = f", word error {wrong / words:.1%} of {words}" if words else ""
        typer.echo(
            f"{name}, {len(talks)} conversations, {how}: diarisation error {np.mean(errors):.1%} "
            f"({min(errors):.1%} to {max(errors):.1%}){heard}"
        )


def english(folder: Path, listener: Listener) -> None:
    """Print word errors on recorded English."""
    wrong = words = 0
    for line in (folder / "transcription").read_text().splitlines():
        found = re.fullmatch(r"<s>(.*)</s> \((.*)\)", line)
        assert found is not None
        try:
            heard = listener.transcribe(folder / f"{found[2]}.wav")
        except DataError:
            heard = Transcript("", ())
        counted = word_errors(found[1], _words(heard.turns))
        wrong, words = wrong + counted[0], words + counted[1]
    typer.echo(f"recorded English, {folder.name}: word error {wrong / words:.1%} ({wrong}/{words})")


def recognition_alone(recording: Path, listener: Listener) -> float:
    """Seconds of faster-whisper alone over a recording's sound, decoding included."""
    started = time.perf_counter()
    model = listener._recogniser._model
    audio = read_sound(recording).samples.astype(np.float32) / 32768
    for _ in model.transcribe(audio, language="en", beam_size=5, vad_filter=True)[0]:
        pass
    return time.perf_counter() - started


def speed(talk: Talk, listener: Listener) -> None:
    """Print seconds of each part, the whole's speed and memory, and faster-whisper's alone beside it."""
    parts: dict[str, float] = {}
    last = time.perf_counter()

    def tell(stage: str, _: float) -> None:
        nonlocal last
        now = time.perf_counter()
        parts[stage] = parts.get(stage, 0.0) + now - last
        last = now

    started = time.perf_counter()
    listener.transcribe(talk.file, tell)
    whole = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    bare = recognition_alone(talk.file, listener)
    each = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in parts.items())
    typer.echo(
        f"speed, {talk.seconds:.0f} s of speech: {talk.seconds / whole:.1f} x real time, peak "
        f"{peak:.2f} GB ({each}); faster-whisper alone {talk.seconds / bare:.1f} x; ratio "
        f"{whole / bare:.2f}"
    )


def _words(turns: Sequence[Turn]) -> str:
    return " ".join(turn.text or "" for turn in turns)


def main(
    demo: Annotated[Path | None, typer.Option(help="A demo corpus.")] = None,
    emodb: Annotated[Path | None, typer.Option(help="EmoDB's wav files.")] = None,
    english_: Annotated[
        list[Path] | None, typer.Option("--english", help="Recorded English; repeatable.")
    ] = None,
    recogniser: str = "tiny.en",
    threads: int = 2,
    dialogues: int = 6,
) -> None:
    """Print what was measured."""
    listener = Listener(SpeechSettings(recogniser=recogniser), threads)
    with TemporaryDirectory() as folder:
        if demo is not None:
            talks = list(demo_talks(demo, Path(folder)))[:dialogues]
            speed(talks[0], listener)
            clips = [
                (talk.file, turn.speaker or "", "") for talk in talks for turn in talk.turns[:1]
            ]
            speed(joined(clips, Path(folder) / "long.wav", np.random.default_rng(0)), listener)
            speakers("demo", talks, listener)
        if emodb is not None:
            speakers("EmoDB", list(emodb_talks(emodb, Path(folder))), listener)
    for path in english_ or ():
        english(path, listener)


if __name__ == "__main__":
    typer.run(main)
