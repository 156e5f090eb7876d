"""A whole recording's sound, held once and small: 16 kHz, mono, 16 bits, 115 MB an hour."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.media.sound import audio_pieces

RATE_HZ = 16_000  # what each of the three models was trained on

# Called with a stage and the share of it that is done, 0 to 1.
Progress = Callable[[str, float], None]


class Span(NamedTuple):
    """A part of a recording, seconds."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """Its length, seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Sound:
    """A recording's sound.

    Args:
        samples: int16 [S] at :data:`RATE_HZ`.
        note: what a reader must know of it: where it broke off.
    """

    samples: NDArray[np.int16]
    note: str = ""

    @property
    def seconds(self) -> float:
        """Its length, seconds."""
        return len(self.samples) / RATE_HZ

    def part(self, span: Span) -> NDArray[np.float32]:
        """A part of it in -1..1, float32 [S]."""
        start, end = round(span.start_s * RATE_HZ), round(span.end_s * RATE_HZ)
        return self.samples[max(start, 0) : end].astype(np.float32) / np.float32(32768)


def read_sound(recording: Path) -> Sound:
    """Decode a recording's sound; what comes before a defect is used, and the note tells of it.

    Raises:
        DataError: there is no file, no sound in it, or none that can be decoded.
    """
    samples, note = array("h"), ""
    try:
        for piece in audio_pieces(Clip(recording.stem, None, recording), RATE_HZ):
            whole = np.clip(np.rint(piece * 32768), -32768, 32767).astype(np.int16)
            samples.frombytes(whole.tobytes())
    except ClipError as error:
        if not samples:
            raise DataError(
                f"{recording}: cannot be transcribed: {error.message}; give a transcript, or a "
                "recording with sound"
            ) from None
        note = f"the sound ends early, so the transcript does, too ({error.message})"
    return Sound(np.frombuffer(samples, np.int16), note)
