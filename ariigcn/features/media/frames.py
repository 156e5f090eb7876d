"""Pictures: a few evenly spaced video frames of one clip.

Each call opens the file anew and decodes its pictures only; a span of a long recording is reached by
seeking. Pictures are dropped until a wanted one comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.media.containers import (
    EPSILON_S,
    check_complete,
    check_length,
    open_stream,
    seek,
    span,
    span_in_header,
)
from ariigcn.features.store import Status

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class _Packet:
    """When a compressed frame is shown, in stream ticks, and whether decoding can start at it."""

    pts: int
    keyframe: bool


def sample_frames(clip: Clip, count: int, min_duration_s: float = 0.0) -> list[NDArray[np.uint8]]:
    """At most ``count`` evenly spaced distinct frames of the clip, RGB uint8 [H, W, 3] each.

    Where the clip names a side of the picture, each is that half alone, [H, W // 2, 3].

    The span is cut into ``count`` equal parts, and the frame shown in the middle of each is taken;
    a clip with fewer frames gives all it has. Only the frames taken are converted to RGB.

    Raises:
        ClipError: no file, no video track, too short, cut off, or not decodable.
    """
    with open_stream(clip, "video") as (container, stream):
        packets = _packets_of_span(container, stream, clip)
        times = np.array(sorted(p.pts for p in packets)) * float(stream.time_base)
        length = _length_s(times, container, clip)
        check_length(length, min_duration_s)
        middles = times[0] + (np.arange(count) + 0.5) * length / count
        shown = np.searchsorted(times, middles + EPSILON_S, side="right") - 1
        ticks = sorted(p.pts for p in packets)
        wanted = [ticks[i] for i in np.unique(shown)]
        frames = _decode_frames(container, stream, packets, wanted)
        return [_half(frame, clip.video_side) for frame in frames]


def _length_s(times: NDArray[Any], container: Any, clip: Clip) -> float:
    """For how many seconds frames are shown; a single one cannot tell, so the file's header does."""
    if len(times) > 1:
        return float(times[-1] - times[0] + np.median(np.diff(times)))
    return span_in_header(container, clip) if len(times) else 0.0


def _packets_of_span(container: Any, stream: Any, clip: Clip) -> list[_Packet]:
    """The compressed frames that begin within the clip's span, read without decoding any.

    A span between two frames, as there are at one a second, has the frame that is still shown.
    """
    start, end = span(container, clip)
    base = float(stream.time_base)
    if np.isfinite(start):
        seek(container, stream, start)
    packets: list[_Packet] = []
    before: _Packet | None = None
    reached = 0.0
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
        elif at < start and (before is None or when > before.pts):
            before = _Packet(when, packet.is_keyframe)
    check_complete(container, stream, clip, reached)
    if not packets and before is not None and reached > start:
        return [before]
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
        raise ClipError(Status.FAILED, "cannot be decoded (it gave no frame)")


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
