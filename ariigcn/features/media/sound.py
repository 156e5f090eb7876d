"""Sound: one clip's audio as a mono signal of the rate that is asked for.

Each call opens the file anew and decodes its sound only; a span of a long recording is reached by
seeking. Sound is mixed and resampled in pieces of some seconds, so that no more is held than is
asked for.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.media.containers import (
    check_complete,
    check_length,
    open_stream,
    seek,
    span,
)
from ariigcn.features.store import Status

if TYPE_CHECKING:
    import av

Mix = Literal["mean", "first"]
# AAC and MP3 carry state from packet to packet: decode a little ahead of a span.
PREROLL_S = 0.2
# Sound is mixed and resampled this much at a time: once a frame costs as much as decoding it.
PIECE_S = 10


def read_audio(
    clip: Clip,
    sample_rate: int = 16000,
    mix: Mix = "mean",
    min_duration_s: float = 0.0,
    max_duration_s: float = np.inf,
) -> NDArray[np.float32]:
    """The clip's sound, mixed down and resampled by libswresample, float32 [S].

    Args:
        clip: file and span.
        sample_rate: Hz.
        mix: ``mean`` of all channels, 5.1 and others too, or the ``first`` channel.
        min_duration_s: shorter clips are an error, seconds.
        max_duration_s: longer clips are an error, seconds; no more than this is decoded.

    Raises:
        ClipError: no file, no audio track, too short, too long, cut off, or not decodable.
    """
    return np.concatenate(
        list(audio_pieces(clip, sample_rate, mix, min_duration_s, max_duration_s))
    )


def audio_pieces(
    clip: Clip,
    sample_rate: int = 16000,
    mix: Mix = "mean",
    min_duration_s: float = 0.0,
    max_duration_s: float = np.inf,
) -> Iterator[NDArray[np.float32]]:
    """What :func:`read_audio` gives, some seconds at a time, so that a long recording is never held whole.

    Each piece is float32 [n]; n differs. The arguments are those of :func:`read_audio`.

    Raises:
        ClipError: as there; cut off and too short are known after the last piece.
    """
    if clip.audio is not None:
        clip = replace(clip, media=clip.audio, start_s=None, end_s=None)
    with open_stream(clip, "audio") as (container, stream):
        rate, count = int(stream.rate), 0
        resampler = _Resampler(rate, sample_rate)
        for piece in _pieces(container, stream, clip, mix):
            count += len(piece)
            if count > max_duration_s * rate:
                raise ClipError(Status.TOO_LONG, _too_long(clip, max_duration_s))
            if not np.isfinite(piece).all():
                raise ClipError(Status.FAILED, "its sound has samples that are NaN or infinite")
            yield resampler(piece)
        check_length(count / rate, min_duration_s)
        yield resampler.rest()


def _too_long(clip: Clip, seconds: float) -> str:
    mend = "" if clip.start_s is not None else "; give its start_s and end_s in the table"
    return f"longer than max_duration_s, {seconds:g} s{mend}"


def _pieces(container: Any, stream: Any, clip: Clip, mix: Mix) -> Iterator[NDArray[np.float32]]:
    """The span's mono signal at the stream's own rate, some seconds at a time."""
    start, end = span(container, clip)
    if np.isfinite(start):
        seek(container, stream, int((start - PREROLL_S) / stream.time_base))
    rate, reached, held = int(stream.rate), 0.0, _Held(mix)
    for frame in container.decode(stream):
        if frame.sample_rate != rate:
            raise ClipError(Status.FAILED, f"sample rate changes to {frame.sample_rate} Hz")
        at = reached if frame.time is None else float(frame.time)
        reached = at + frame.samples / rate
        if at >= end:
            break
        first = max(round((start - at) * rate), 0) if np.isfinite(start) else 0
        last = round((end - at) * rate) if np.isfinite(end) else frame.samples
        if first >= min(last, frame.samples):
            continue
        if first == 0 and last >= frame.samples:
            yield from held.add(frame)
        else:
            yield from held.release()
            yield _mono(frame, mix)[first:last]
        if held.samples >= PIECE_S * rate:
            yield from held.release()
    yield from held.release()
    check_complete(container, stream, clip, reached)


class _Held:
    """Decoded frames that wait to be mixed together."""

    def __init__(self, mix: Mix) -> None:
        from av import AudioFifo

        self._mix, self._new = mix, AudioFifo
        self._frames: Any = AudioFifo()

    @property
    def samples(self) -> int:
        """How many samples wait, a channel."""
        return int(self._frames.samples)

    def add(self, frame: "av.AudioFrame") -> Iterator[NDArray[np.float32]]:
        """Take a frame; where the channels change in mid-stream, give what came before."""
        frame.pts = None  # has been looked at; the queue refuses gaps
        try:
            self._frames.write(frame)
        except ValueError:
            yield from self.release()
            self._frames = self._new()
            self._frames.write(frame)

    def release(self) -> Iterator[NDArray[np.float32]]:
        """What waits, mixed."""
        if self._frames.samples:
            yield _mono(self._frames.read(), self._mix)


def _mono(frame: "av.AudioFrame", mix: Mix) -> NDArray[np.float32]:
    """A frame's samples as float32 [S] in -1..1, channels mixed as asked."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, len(frame.layout.channels)).T
    planes = samples[:1] if mix == "first" else samples
    mixed: NDArray[np.float32] = planes.mean(0, dtype=np.float32)
    if samples.dtype == np.uint8:
        mixed = mixed - np.float32(128)
    if np.issubdtype(samples.dtype, np.integer):
        mixed = mixed / np.float32(2 ** (8 * samples.dtype.itemsize - 1))
    return mixed


class _Resampler:
    """libswresample over a mono signal in pieces: the same bits however it is cut."""

    def __init__(self, rate: int, target: int) -> None:
        from av import AudioResampler

        self._rate, self._same = rate, rate == target
        self._resampler = AudioResampler(format="fltp", layout="mono", rate=target)
        self._started = False

    def __call__(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next piece, [S] -> as much of the result as is certain, [R]."""
        from av import AudioFrame

        if self._same:
            return signal
        frame = AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
        frame.sample_rate, self._started = self._rate, True
        return self._joined(self._resampler.resample(frame))

    def rest(self) -> NDArray[np.float32]:
        """The filter's delay, [R]."""
        return self._joined(self._resampler.resample(None) if self._started else [])

    def _joined(self, frames: "list[av.AudioFrame]") -> NDArray[np.float32]:
        return np.concatenate([np.zeros(0, np.float32), *(f.to_ndarray()[0] for f in frames)])
