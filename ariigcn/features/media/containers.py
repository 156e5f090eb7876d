"""Media files opened for one stream: the clip's span on the file's own clock, seeking, what is wrong.

Decoders run on one thread, since extraction runs one process a core. Whatever is wrong with a clip
becomes a :class:`ClipError` in the decoder's own words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ariigcn.core.modality import Modality
from ariigcn.core.paths import ABSENT, file_trouble
from ariigcn.corpora.read.clips import PAST_END_S, PLAYLIST, PLAYLISTS, guessed, look_at
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.store import Status

# What decides a decoded signal; av's wheels bring FFmpeg's libraries with them.
LIBRARIES = ("av", "numpy")
# A stream that ends this much before its own header says was cut off.
TRUNCATED_SHARE, TRUNCATED_S = 0.9, 0.25
# MPEG-PS (.mpg, .vob) times few of its packets, and those after a seek are timed by guess, or are part
# of a frame: it is read from its start on.
SEEKLESS = {"mpeg"}
# Two clocks (container, table) may differ by a rounding.
EPSILON_S = 1e-6
# How the message of a row begins whose span ends after its file; such rows are counted.
PAST_END = "its span ends after its file"


@contextmanager
def open_stream(clip: Clip, kind: Literal["audio", "video"]) -> Iterator[tuple[Any, Any]]:
    """Open a clip's file and its first stream of a kind.

    Raises:
        ClipError: no file, no such stream, or not decodable, here or while the stream is read.
    """
    import av

    if clip.media is None:
        raise ClipError(Status.MISSING, "the table has no media for it")
    if trouble := file_trouble(clip.media):
        status = Status.NO_FILE if trouble == ABSENT else Status.FAILED
        raise ClipError(status, f"{trouble}: {clip.media.name}")
    # A wav says all in its first bytes; by default its first seconds are decoded to look for more.
    options = {"probesize": "32768"} if clip.media.suffix.lower() == ".wav" else {}
    try:
        with av.open(str(clip.media), metadata_errors="replace", options=options) as container:
            if container.format.name in PLAYLISTS:
                raise ClipError(Status.FAILED, PLAYLIST)
            yield container, _stream(container, kind)
    except ClipError:
        raise
    except (av.FFmpegError, OSError, ValueError, EOFError, MemoryError) as error:
        if file_trouble(clip.media) == ABSENT:
            raise ClipError(Status.NO_FILE, f"removed during the run: {clip.media.name}") from error
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


def check_length(seconds: float, minimum: float) -> None:
    """Check that a clip has something, and as much as is asked for; both in seconds.

    Raises:
        ClipError: it has less.
    """
    if seconds <= 0 or seconds < minimum:
        raise ClipError(
            Status.TOO_SHORT, f"{seconds:.3f} s long, but at least {minimum:g} s are needed"
        )


def _origin_s(container: Any) -> float:
    """Where the file's own clock starts, seconds; broadcast recordings do not start at zero."""
    return _from_floor(container, container.start_time or 0) / 1e6


def _from_floor(container: Any, time: int) -> int:
    """A time that is before 0 in MPEG-TS alone, whose clock starts anew every 26.5 hours."""
    return time if container.format.name == "mpegts" else max(time, 0)


def span(container: Any, clip: Clip) -> tuple[float, float]:
    """The clip's span on the file's own clock, seconds."""
    origin = _origin_s(container)
    start = -np.inf if clip.start_s is None else origin + clip.start_s
    return start, np.inf if clip.end_s is None else origin + clip.end_s


def span_in_header(container: Any, clip: Clip) -> float:
    """How much of the clip's span there is by the whole file's header, seconds; 0 if it does not say."""
    start, end = span(container, clip)
    origin = _origin_s(container)
    if container.duration is not None:
        end = min(end, origin + container.duration / 1e6)
    return float(end - max(start, origin)) if np.isfinite(end) else 0.0


def seek(container: Any, stream: Any, tick: int) -> None:
    """Go back from a time to where decoding can start, as the format's own seek finds it."""
    if container.format.name in SEEKLESS:
        tick = first_tick(stream)
    tick = _from_floor(container, tick)
    container.seek(tick, stream=stream, backward=True, any_frame=False)


def first_tick(stream: Any) -> int:
    """A tick that leads a seek to the stream's start: frames are decoded before they are shown."""
    return int(stream.start_time or 0) - round(1 / stream.time_base)


def check_complete(container: Any, stream: Any, clip: Clip, reached_s: float) -> None:
    """Check that the data reach, in seconds, to where the stream's header and the clip say they end.

    Raises:
        ClipError: they end well before.
    """
    first = _from_floor(container, stream.start_time or 0) * float(stream.time_base)
    start = max(span(container, clip)[0], first)
    # Where FFmpeg guesses a length, what was read decides; MPEG-PS times its last packets by guess.
    known = not guessed(container) and container.format.name not in SEEKLESS
    declared = _declared_s(container, stream, first) if known else reached_s
    if start > declared - EPSILON_S:
        raise ClipError(
            Status.FAILED,
            f"the span starts at {start:.2f} s, but the file ends at {declared:.2f} s",
        )
    if stream.duration is None or not known:
        return
    expected = min(declared, span(container, clip)[1])
    got, asked = reached_s - start, expected - start
    if got < asked * TRUNCATED_SHARE and got < asked - TRUNCATED_S:
        raise ClipError(Status.FAILED, f"cut off: only {max(got, 0):.2f} of {asked:.2f} s exist")


def _declared_s(container: Any, stream: Any, first: float) -> float:
    """Where a stream ends, as its header or, in Matroska's and others, the whole file's says."""
    if stream.duration is not None:
        return first + float(stream.duration * stream.time_base)
    if container.duration is not None:
        return _origin_s(container) + container.duration / 1e6
    return np.inf


def past_end(clip: Clip, modality: Modality) -> str:
    """What a row says of a span that ends after its file, by as much as ``corpus check`` minds."""
    path = clip.file(modality)
    if path is None or path != clip.media or clip.end_s is None:
        return ""
    seconds = _length_s(path)
    if seconds is None or clip.end_s <= seconds + PAST_END_S:
        return ""
    return f"{PAST_END}: at {clip.end_s:.2f} s, the file at {seconds:.2f} s"


@lru_cache(maxsize=256)
def _length_s(path: Path) -> float | None:
    """Once a file, not once an utterance: recordings hold hundreds of them."""
    return look_at(path).seconds
