"""Decoding: one clip's audio as a 16 kHz signal, or a few of its video frames.

Each call opens the file anew and decodes one stream only; a span of a long recording is reached by
seeking, and only the span is held. Decoders run on one thread, since extraction runs one process a
core. Whatever is wrong with a clip becomes a :class:`ClipError` in the decoder's own words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoder import Clip
from ariigcn.features.store import Status

if TYPE_CHECKING:
    import av

Mix = Literal["mean", "first"]
# AAC and MP3 carry state from packet to packet: decode a little ahead of a span.
PREROLL_S = 0.2
# A stream that ends this much before its own header says was cut off.
TRUNCATED_SHARE, TRUNCATED_S = 0.9, 0.25
# Two clocks (container, table) may differ by a rounding.
EPSILON_S = 1e-6


class ClipError(Exception):
    """A clip cannot be used: the status and the message of its row."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class _Packet:
    """When a compressed frame is shown, in stream ticks, and whether decoding can start at it."""

    pts: int
    keyframe: bool


def read_audio(
    clip: Clip, sample_rate: int = 16000, mix: Mix = "mean", min_duration_s: float = 0.0
) -> NDArray[np.float32]:
    """The clip's sound, mixed down and resampled by libswresample, float32 [S].

    Args:
        clip: file and span.
        sample_rate: Hz.
        mix: ``mean`` of all channels, 5.1 and others too, or the ``first`` channel.
        min_duration_s: shorter clips are an error, seconds.

    Raises:
        ClipError: no file, no audio track, too short, cut off, or not decodable.
    """
    if clip.audio is not None:
        clip = replace(clip, media=clip.audio, start_s=None, end_s=None)
    with _open(clip, "audio") as (container, stream):
        parts, rate = _decode_mono(container, stream, clip, mix)
        signal = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        _check_length(len(signal) / rate, min_duration_s)
        return signal if rate == sample_rate else _resample(signal, rate, sample_rate)


def sample_frames(clip: Clip, count: int, min_duration_s: float = 0.0) -> list[NDArray[np.uint8]]:
    """At most ``count`` evenly spaced distinct frames of the clip, RGB uint8 [H, W, 3] each.

    Where the clip names a side of the picture, each is that half alone, [H, W // 2, 3].

    The span is cut into ``count`` equal parts, and the frame shown in the middle of each is taken;
    a clip with fewer frames gives all it has. Only the frames taken are converted to RGB.

    Raises:
        ClipError: as :func:`read_audio`, of the video track.
    """
    with _open(clip, "video") as (container, stream):
        packets = _packets_of_span(container, stream, clip)
        times = np.array(sorted(p.pts for p in packets)) * float(stream.time_base)
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        length = float(times[-1] - times[0]) + step if len(times) else 0.0
        _check_length(length, min_duration_s)
        middles = times[0] + (np.arange(count) + 0.5) * length / count
        shown = np.searchsorted(times, middles + EPSILON_S, side="right") - 1
        ticks = sorted(p.pts for p in packets)
        wanted = [ticks[i] for i in np.unique(shown)]
        frames = _decode_frames(container, stream, packets, wanted)
        return [_half(frame, clip.video_side) for frame in frames]


@contextmanager
def _open(clip: Clip, kind: Literal["audio", "video"]) -> Iterator[tuple[Any, Any]]:
    """Open a clip's file and its first stream of a kind; turn every failure into a ClipError."""
    import av

    if clip.media is None:
        raise ClipError(Status.MISSING, "the table names no media")
    if not clip.media.is_file():
        raise ClipError(Status.MISSING, f"no such file: {clip.media.name}")
    # A wav says all in its first bytes; by default its first seconds are decoded to look for more.
    options = {"probesize": "32768"} if clip.media.suffix.lower() == ".wav" else {}
    try:
        with av.open(str(clip.media), metadata_errors="replace", options=options) as container:
            yield container, _stream(container, kind)
    except ClipError:
        raise
    except (av.FFmpegError, OSError, ValueError, EOFError, MemoryError) as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ClipError(Status.FAILED, f"cannot be decoded ({words})") from error


def _stream(container: Any, kind: Literal["audio", "video"]) -> Any:
    from av.stream import Disposition

    # The picture on a record's sleeve is stored as a video track.
    streams = [
        s
        for s in getattr(container.streams, kind)
        if not Disposition(s.disposition) & Disposition.attached_pic
    ]
    if not streams:
        raise ClipError(Status.NO_STREAM, f"no {kind} track")
    if streams[0].codec_context is None:
        raise ClipError(Status.FAILED, f"no decoder for its {kind} track")
    streams[0].thread_type = "NONE"
    streams[0].codec_context.thread_count = 1
    return streams[0]


def _check_length(seconds: float, minimum: float) -> None:
    if seconds <= 0 or seconds < minimum:
        raise ClipError(Status.TOO_SHORT, f"{seconds:.3f} s long, {minimum:g} s are needed")


def _origin_s(container: Any) -> float:
    """Where the file's own clock starts, seconds; broadcast recordings do not start at zero."""
    return max(container.start_time or 0, 0) / 1e6


def _span(container: Any, clip: Clip) -> tuple[float, float]:
    """The clip's span on the file's own clock, seconds."""
    origin = _origin_s(container)
    start = -np.inf if clip.start_s is None else origin + clip.start_s
    return start, np.inf if clip.end_s is None else origin + clip.end_s


def _seek(container: Any, stream: Any, seconds: float) -> None:
    ticks = int(max(seconds, 0.0) / stream.time_base)
    container.seek(ticks, stream=stream, backward=True, any_frame=False)


def _check_complete(container: Any, stream: Any, clip: Clip, reached_s: float) -> None:
    """Raise where the data end well before the stream's header, and the clip, says they do."""
    if stream.duration is None:
        return
    first = max(stream.start_time or 0, 0) * float(stream.time_base)
    declared = first + float(stream.duration * stream.time_base)
    expected = min(declared, _span(container, clip)[1])
    start = max(_span(container, clip)[0], first)
    if start > declared - EPSILON_S:
        raise ClipError(
            Status.FAILED, f"the span starts at {start:.2f} s, the file ends at {declared:.2f} s"
        )
    got, asked = reached_s - start, expected - start
    if got < asked * TRUNCATED_SHARE and got < asked - TRUNCATED_S:
        raise ClipError(Status.FAILED, f"cut off: {max(got, 0):.2f} of {asked:.2f} s are there")


def _decode_mono(
    container: Any, stream: Any, clip: Clip, mix: Mix
) -> tuple[list[NDArray[np.float32]], int]:
    """The span's mono signal at the stream's own rate, in pieces, and that rate in Hz."""
    start, end = _span(container, clip)
    if np.isfinite(start):
        _seek(container, stream, start - PREROLL_S)
    rate, reached = int(stream.rate), 0.0
    parts = []
    for frame in container.decode(stream):
        if frame.sample_rate != rate:
            raise ClipError(Status.FAILED, f"sample rate changes to {frame.sample_rate} Hz")
        at = reached if frame.time is None else float(frame.time)
        reached = at + frame.samples / rate
        if at >= end:
            break
        first = max(round((start - at) * rate), 0) if np.isfinite(start) else 0
        last = round((end - at) * rate) if np.isfinite(end) else frame.samples
        if first < min(last, frame.samples):
            parts.append(_mono(frame, mix)[first:last])
    _check_complete(container, stream, clip, reached)
    return parts, rate


def _mono(frame: "av.AudioFrame", mix: Mix) -> NDArray[np.float32]:
    """One frame's samples as float32 [S] in -1..1, channels mixed as asked."""
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


def _resample(signal: NDArray[np.float32], rate: int, target: int) -> NDArray[np.float32]:
    """Resample a mono signal with libswresample, its delay flushed, float32 [S]."""
    from av import AudioFrame, AudioResampler

    resampler = AudioResampler(format="fltp", layout="mono", rate=target)
    frame = AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
    frame.sample_rate = rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([f.to_ndarray()[0] for f in frames])


def _packets_of_span(container: Any, stream: Any, clip: Clip) -> list[_Packet]:
    """The compressed frames shown within the clip's span, read without decoding any."""
    start, end = _span(container, clip)
    base = float(stream.time_base)
    if np.isfinite(start):
        _seek(container, stream, start)
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
    _check_complete(container, stream, clip, reached)
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
