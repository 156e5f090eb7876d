"""Speech of the demo corpus: eSpeak NG, whose rate, pitch, range and loudness carry the arousal."""

import ctypes
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 22_050  # eSpeak's own
_RETRIEVAL, _UTF8 = 2, 1
_SPEED, _VOLUME, _PITCH, _RANGE, _GAP = 1, 2, 3, 4, 7
_SPEECH = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_LEAD_S, _SHORTEST_S = 0.12, 1.0


@dataclass(frozen=True)
class Voice:
    """A speaker's voice: an eSpeak voice, a base pitch (0 to 99), and how it sits in the stereo image.

    ``balance`` is None for mono, else the right channel's gain relative to the left one.
    """

    name: str
    pitch: int
    balance: float | None = None


# None of these voices has breath: eSpeak draws it from the C library's rand(), which anyone may move.
VOICES = (
    Voice("en-us+f1", 50),
    Voice("en-us+m3", 40),
    Voice("en-gb-x-rp+f4", 48),
    Voice("en-gb-x-gbclan+m7", 45, balance=0.25),
    Voice("en-us+linda", 46),
    Voice("en-us+m1", 36),
    Voice("en-gb-scotland+m5", 50),
    Voice("en-us+Annie", 44),
)


@dataclass(frozen=True)
class _Style:
    """How arousal sounds: words a minute, pitch shift, pitch range, pause (10 ms), peak gain."""

    speed: int
    pitch: int
    range: int
    gap: int
    gain: float


STYLES = {
    "high": _Style(speed=200, pitch=24, range=85, gap=0, gain=0.80),
    "low": _Style(speed=165, pitch=-16, range=22, gap=3, gain=0.16),
    "flat": _Style(speed=165, pitch=4, range=0, gap=0, gain=0.40),
}


class Engine:
    """A private copy of the eSpeak library, fresh from its file.

    eSpeak keeps state from one sentence to the next, even over a restart, so that the same call
    gives other samples later. A fresh copy for each dialogue makes its speech depend on nothing else.
    """

    def __init__(self, library: Path, data: str) -> None:
        self._lib = ctypes.CDLL(str(library))
        rate = self._lib.espeak_Initialize(_RETRIEVAL, 0, data.encode(), 0)
        if rate != RATE_HZ:
            raise RuntimeError(f"eSpeak NG does not start with the data in {data} ({rate})")
        self._heard: list[bytes] = []
        self._callback = _SPEECH(self._listen)
        self._lib.espeak_SetSynthCallback(self._callback)

    def _listen(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _: object) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, 2 * count))
        return 0

    def speak(
        self, text: str, voice: Voice, arousal: str, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Speech at :data:`RATE_HZ`, [samples, channels], within -1 to 1; the generator varies it."""
        style = STYLES[arousal]
        if self._lib.espeak_SetVoiceByName(voice.name.encode()):
            raise RuntimeError(f"eSpeak NG has no voice '{voice.name}'")
        parameters = {
            _SPEED: round(style.speed * rng.uniform(0.95, 1.05)),
            _VOLUME: 100,
            _PITCH: int(np.clip(voice.pitch + style.pitch + rng.integers(-3, 4), 0, 99)),
            _RANGE: round(style.range * rng.uniform(0.9, 1.1)),
            _GAP: style.gap,
        }
        for name, value in parameters.items():
            self._lib.espeak_SetParameter(name, value, 0)
        self._heard.clear()
        spoken = text.encode()
        self._lib.espeak_Synth(spoken, len(spoken) + 1, 0, 0, 0, _UTF8, None, None)
        self._lib.espeak_Synchronize()
        mono = np.frombuffer(b"".join(self._heard), np.int16).astype(np.float32)
        return _master(mono, style.gain * rng.uniform(0.85, 1.15), voice.balance)

    def close(self) -> None:
        """Stop the engine and unload its library."""
        import _ctypes

        self._lib.espeak_Terminate()
        if sys.platform == "win32":
            _ctypes.FreeLibrary(self._lib._handle)
        else:
            _ctypes.dlclose(self._lib._handle)


@contextmanager
def fresh_engine() -> Iterator[Engine]:
    """An :class:`Engine` whose library is a copy that no one has used before."""
    import espeakng_loader

    source = Path(espeakng_loader.get_library_path())
    with tempfile.TemporaryDirectory() as folder:
        library = Path(shutil.copy(source, folder))
        engine = Engine(library, espeakng_loader.get_data_path())
        try:
            yield engine
        finally:
            engine.close()


def energy(speech: NDArray[np.float32], frames: int) -> NDArray[np.float64]:
    """Loudness of the speech in each of ``frames`` equal parts, 0 to 1, [frames]."""
    parts = np.array_split(np.abs(speech).max(axis=1), frames)
    level = np.array([float(np.sqrt(np.mean(part**2))) for part in parts])
    return level / max(float(level.max()), 1e-9)


def _master(mono: NDArray[np.float32], peak: float, balance: float | None) -> NDArray[np.float32]:
    """Scale to the peak, pad with silence, and place the speech in its channels."""
    lead = round(_LEAD_S * RATE_HZ)
    tail = max(lead, round(_SHORTEST_S * RATE_HZ) - len(mono) - lead)
    mono = np.pad(mono * (peak / max(float(np.abs(mono).max()), 1.0)), (lead, tail))
    gains = [1.0] if balance is None else [1.0, balance]
    return (mono[:, None] * np.array(gains)).astype(np.float32)
