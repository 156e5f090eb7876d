"""Decoding: one clip's audio as a 16 kHz signal, or a few of its video frames.

Each call opens the file anew and decodes one stream only; a span of a long recording is reached by
seeking, and of what is decoded no more is held than is asked for: sound is mixed and resampled in
pieces of some seconds, pictures are dropped until a wanted one comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip
from ariigcn.features.media.containers import (
    EPSILON_S,
    ClipError,
    check_complete,
    check_length,
    open_stream,
    seek,
    span,
)
from ariigcn.features.store import Status

if TYPE_CHECKING:
    import av

__all__ = ["ClipError", "Mix", "read_audio", "sample_frames"]

Mix = Literal["mean", "first"]
# What decides a decoded signal; av's wheels bring FFmpeg's libraries with them.
LIBRARIES = ("av", "numpy")
# AAC and MP3 carry state from packet to packet: decode a little ahead of a span.
PREROLL_S = 0.2
# Sound is mixed and resampled this much at a time: once a frame costs as much as decoding it.
PIECE_S = 10


@dataclass(frozen=True)
class _Packet:
    """When a compressed frame is shown, in stream ticks, and whether decoding can start at it."""

    pts: int
    keyframe: bool


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
    if clip.audio is not None:
        clip = replace(clip, media=clip.audio, start_s=None, end_s=None)
    with open_stream(clip, "audio") as (container, stream):
        rate, count = int(stream.rate), 0
        resampler = _Resampler(rate, sample_rate)
        parts = []
        for piece in _pieces(container, stream, clip, mix):
            count += len(piece)
            if count > max_duration_s * rate:
                raise ClipError(Status.TOO_LONG, _too_long(clip, max_duration_s))
            parts.append(resampler(piece))
        check_length(count / rate, min_duration_s)
        return np.concatenate([*parts, resampler.rest()])


def _too_long(clip: Clip, seconds: float) -> str:
    mend = "" if clip.start_s is not None else "; give its start_s and end_s in the table"
    return f"longer than max_duration_s, {seconds:g} s{mend}"


def sample_frames(clip: Clip, count: int, min_duration_s: float = 0.0) -> list[NDArray[np.uint8]]:
    """At most ``count`` evenly spaced distinct frames of the clip, RGB uint8 [H, W, 3] each.

    Where the clip names a side of the picture, each is that half alone, [H, W // 2, 3].

    The span is cut into ``count`` equal parts, and the frame shown in the middle of each is taken;
    a clip with fewer frames gives all it has. Only the frames taken are converted to RGB.

    Raises:
        ClipError: as :func:`read_audio`, of the video track.
    """
    with open_stream(clip, "video") as (container, stream):
        packets = _packets_of_span(container, stream, clip)
        times = np.array(sorted(p.pts for p in packets)) * float(stream.time_base)
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        length = float(times[-1] - times[0]) + step if len(times) else 0.0
        check_length(length, min_duration_s)
        middles = times[0] + (np.arange(count) + 0.5) * length / count
        shown = np.searchsorted(times, middles + EPSILON_S, side="right") - 1
        ticks = sorted(p.pts for p in packets)
        wanted = [ticks[i] for i in np.unique(shown)]
        frames = _decode_frames(container, stream, packets, wanted)
        return [_half(frame, clip.video_side) for frame in frames]


def _pieces(container: Any, stream: Any, clip: Clip, mix: Mix) -> Iterator[NDArray[np.float32]]:
    """The span's mono signal at the stream's own rate, some seconds at a time."""
    start, end = span(container, clip)
    if np.isfinite(start):
        seek(container, stream, start - PREROLL_S)
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


def _packets_of_span(container: Any, stream: Any, clip: Clip) -> list[_Packet]:
    """The compressed frames shown within the clip's span, read without decoding any."""
    start, end = span(container, clip)
    base = float(stream.time_base)
    if np.isfinite(start):
        seek(container, stream, start)
    packets, reached = [], 0.0
    for packet in container.demux(stream):
        when = packet.pts if packet.pts is not None else packet.dts
        if when is None or packet.size == 0:
            continue
        at = when * base
        reached = max(reached, at + (packet.duration or 0) * base)
        # Frames are stored in decoding order: what is shown before the end may follow its end.
        if packet.dts is not None and packet.dts * base >= end:
            break
        if start - EPSILON_S <= at < end - EPSILON_S:
            packets.append(_Packet(when, packet.is_keyframe))
    check_complete(container, stream, clip, reached)
    return packets


def _decode_frames(
    container: Any, stream: Any, packets: list[_Packet], wanted: list[int]
) -> Iterator[NDArray[np.uint8]]:
    """Decode up to each wanted tick in turn, skipping what nothing wanted depends on."""
    keyframes = np.array(sorted(p.pts for p in packets if p.keyframe))
    context, waiting, position = stream.codec_context, set(wanted), None
    left = list(wanted)
    while left:
        target = left[0]
        _seek_to(container, stream, keyframes, position, target)
        for frame in _frames(container, stream, context, waiting):
            position = frame.pts if frame.pts is not None else left[0]
            if position < left[0]:
                continue
            yield _rgb(frame)
            left = [tick for tick in left if tick > position]
            if not left or _jump(keyframes, position, left[0]) is not None:
                break
        else:
            break  # the last frames of a stream may not come out; those before them stand
    if len(left) == len(wanted):
        raise ClipError(Status.FAILED, "cannot be decoded (no frame came out)")


def _jump(keyframes: NDArray[Any], position: int | None, target: int) -> int | None:
    """The keyframe to seek to on the way to ``target``, or None where decoding on is as good."""
    before = int(np.searchsorted(keyframes, target, side="right")) - 1
    if before < 0:
        return None
    keyframe = int(keyframes[before])
    return keyframe if position is None or keyframe > position else None


def _seek_to(
    container: Any, stream: Any, keyframes: NDArray[Any], position: int | None, target: int
) -> None:
    """Seek to the keyframe before ``target``; where the span has none, to the one before the span."""
    keyframe = _jump(keyframes, position, target)
    tick = target if keyframe is None else keyframe
    container.seek(tick, stream=stream, backward=True, any_frame=False)


def _frames(container: Any, stream: Any, context: Any, waiting: set[int]) -> Iterator[Any]:
    """Decoded frames; those that no other frame refers to are skipped unless they are wanted."""
    for packet in container.demux(stream):
        skippable = packet.pts is not None and packet.pts not in waiting
        context.skip_frame = "NONREF" if skippable else "DEFAULT"
        yield from packet.decode()


def _half(picture: NDArray[np.uint8], side: str | None) -> NDArray[np.uint8]:
    """The half of a picture [H, W, 3] that ``side`` names; all of it for None."""
    if side is None:
        return picture
    width = picture.shape[1] // 2
    part = picture[:, :width] if side == "left" else picture[:, picture.shape[1] - width :]
    return np.ascontiguousarray(part)


def _rgb(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """One frame upright, uint8 [H, W, 3]; phones store the turn beside the picture."""
    picture = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture
