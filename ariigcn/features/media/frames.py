"""Pictures: a few evenly spaced video frames of one clip.

Each call opens the file anew and decodes its pictures only; a span of a long recording is reached by
seeking. Pictures are dropped until a wanted one comes.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.media.containers import (
    EPSILON_S,
    check_complete,
    check_length,
    first_tick,
    open_stream,
    seek,
    span,
    span_in_header,
)
from ariigcn.features.store import Status

if TYPE_CHECKING:
    import av


class _Packet(NamedTuple):
    """A compressed frame: from which tick of its stream on, and until which, it is shown.

    Decoding can start at a keyframe. What a cut without encoding anew leaves before its start is
    hidden: decoded for the frames after it, and not shown.
    """

    tick: int
    until: int
    keyframe: bool
    hidden: bool


def sample_frames(clip: Clip, count: int, min_duration_s: float = 0.0) -> list[NDArray[np.uint8]]:
    """At most ``count`` evenly spaced distinct frames of the clip, RGB uint8 [H, W, 3] each.

    Where the clip names a side of the picture, each is that half alone, [H, W // 2, 3].

    The span is cut into ``count`` equal parts, and the frame shown in the middle of each is taken;
    a clip with fewer frames gives all it has. Only the frames taken are converted to RGB.

    Raises:
        ClipError: no file, no video track, too short, cut off, or not decodable.
    """
    with open_stream(clip, "video") as (container, stream):
        ticks, keyframes = _frames_of_span(container, stream, clip)
        times = np.array(ticks) * float(stream.time_base)
        length = _length_s(times, container, clip)
        check_length(length, min_duration_s)
        middles = times[0] + (np.arange(count) + 0.5) * length / count
        shown = np.searchsorted(times, middles + EPSILON_S, side="right") - 1
        wanted = [ticks[i] for i in np.unique(shown)]
        frames = _decode_frames(container, stream, keyframes, wanted)
        return [_half(frame, clip.video_side) for frame in frames]


def _length_s(times: NDArray[Any], container: Any, clip: Clip) -> float:
    """For how many seconds frames are shown; a single one cannot tell, so the file's header does."""
    if len(times) > 1:
        return float(times[-1] - times[0] + np.median(np.diff(times)))
    return span_in_header(container, clip) if len(times) else 0.0


def _frames_of_span(container: Any, stream: Any, clip: Clip) -> tuple[list[int], list[int]]:
    """When the frames are shown that begin within the clip's span, and the keyframes on the way to them.

    Both are ticks in ascending order; nothing is decoded. A span between two frames, as there are at
    one a second, has the frame that is still shown.
    """
    start, end = span(container, clip)
    base = float(stream.time_base)
    packets = _packets_until(container, stream, start, end)
    reached = max((packet.until for packet in packets), default=0) * base
    check_complete(container, stream, clip, reached)
    shown = sorted(packet.tick for packet in packets if not packet.hidden)
    ticks = [tick for tick in shown if start - EPSILON_S <= tick * base < end - EPSILON_S]
    if not ticks and reached > start:
        ticks = [tick for tick in shown if tick * base < start][-1:]
    return ticks, sorted(packet.tick for packet in packets if packet.keyframe)


def _packets_until(container: Any, stream: Any, start: float, end: float) -> list[_Packet]:
    """Packets from the last keyframe before a span on to its end, both in seconds.

    Raises:
        ClipError: most of them do not say when they are shown.
    """
    base = float(stream.time_base)
    whole = not np.isfinite(start)
    packets, timeless = [], 0
    for packet in (
        container.demux(stream) if whole else _packets_from(container, stream, int(start // base))
    ):
        tick = _tick(packet)
        if tick is None:
            timeless += packet.size > 0
            continue
        until = tick + (packet.duration or 0)
        packets.append(_Packet(tick, until, packet.is_keyframe, packet.is_discard))
        # Packets are stored in decoding order: what is shown before the end may follow its end.
        if packet.dts is not None and packet.dts * base >= end:
            break
    if timeless > len(packets):
        raise ClipError(Status.FAILED, "most of its frames have no time; encode it anew, as .mp4")
    return packets


def _tick(packet: Any) -> int | None:
    """When a packet's frame is shown; None for a packet without a frame or a time."""
    if not packet.size:
        return None
    tick: int | None = packet.dts if packet.pts is None else packet.pts
    return tick


def _packets_from(
    container: Any, stream: Any, latest: float, earliest: float = -np.inf
) -> Iterator[Any]:
    """Packets in decoding order, from a keyframe on that is shown between two ticks; else from the start.

    MPEG-TS, FLV and others seek by when packets are decoded. Frames are shown later than that, so
    that a seek may lead behind the keyframe: the next ones begin further and further back.
    """
    for start in _tries(stream, latest):
        seek(container, stream, start)
        packets = container.demux(stream)
        for packet in packets:
            tick = _tick(packet)
            if tick is None:
                continue
            if packet.is_keyframe and earliest <= tick <= latest:
                return chain([packet], packets)
            if (tick if packet.dts is None else packet.dts) > latest:
                break
    seek(container, stream, first_tick(stream))
    return iter(container.demux(stream))


def _tries(stream: Any, latest: float) -> Iterator[int]:
    """Where to seek for a keyframe: at a tick, 1/4, 1/2, 1 ... s further back, at the start."""
    back = 0
    while latest - back > (stream.start_time or 0):
        yield int(latest) - back
        back = 2 * back or max(round(1 / stream.time_base / 4), 1)
    yield first_tick(stream)


def _decode_frames(
    container: Any, stream: Any, keyframes: list[int], wanted: list[int]
) -> Iterator[NDArray[np.uint8]]:
    """Decode up to each wanted tick in turn, skipping what nothing wanted depends on."""
    context, waiting, position = stream.codec_context, set(wanted), None
    left = list(wanted)
    while left:
        keyframe = _jump(keyframes, position, left[0])
        tick = -np.inf if keyframe is None else keyframe
        for frame in _frames(_packets_from(container, stream, tick, tick), context, waiting):
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
        raise ClipError(Status.FAILED, "cannot be decoded (it gave no frame)")


def _jump(keyframes: list[int], position: int | None, target: int) -> int | None:
    """The keyframe to seek to on the way to ``target``, or None where decoding on is as good."""
    before = bisect_right(keyframes, target) - 1
    if before < 0:
        return None
    keyframe = keyframes[before]
    return keyframe if position is None or keyframe > position else None


def _frames(packets: Iterator[Any], context: Any, waiting: set[int]) -> Iterator[Any]:
    """Decoded frames; those that no other frame refers to are skipped unless they are wanted."""
    for packet in packets:
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
    """One frame as it is shown, uint8 [H, W, 3]; phones store turn and mirroring beside the picture."""
    picture = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    turns = round(frame.rotation / 90)
    if _mirrored(frame):
        # The angle tells where the picture's right comes to lie, which is its left in the mirror.
        picture, turns = picture[:, ::-1], turns + 2
    return np.ascontiguousarray(np.rot90(picture, turns))


def _mirrored(frame: Any) -> bool:
    """Whether a frame's display matrix, 3 x 3 of fixed-point numbers, mirrors it."""
    stored = frame.side_data.get("DISPLAYMATRIX")
    if stored is None:
        return False
    a, b, _, c, d, *_ = np.frombuffer(bytes(stored), np.int32).astype(float)
    return bool(a * d < b * c)
