"""What a clip's header says: its length and its tracks; nothing is decoded."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ariigcn.core.paths import file_trouble

# Seconds by which a span may end after its file: a last frame and a rounding.
PAST_END_S = 0.5
# FFmpeg's names of formats that only name other files. Those may lie anywhere, and may change while the
# clip's own bytes stay.
PLAYLISTS = {"concat", "dash", "hls", "image2", "imf", "sdp"}
PLAYLIST = "a list of other files, not a recording"
# FFmpeg's names of formats without a header, packet after packet.
HEADERLESS = {"aac", "ac3", "amr", "amrnb", "amrwb", "dts", "eac3", "loas", "mlp", "mp3", "truehd"}


@dataclass(frozen=True)
class ClipFacts:
    """What a file says of itself: length in seconds, tracks, channels; or why it cannot be used."""

    seconds: float | None = None
    tracks: frozenset[str] = frozenset()
    channels: int = 0
    trouble: str = ""


def look_at(path: Path) -> ClipFacts:
    """Open a file as the decoder would; about 4 ms for a clip of a few seconds.

    A file that does not name its length, as .aac and some .mp3, is read to its end.
    """
    import av

    if trouble := file_trouble(path):
        return ClipFacts(trouble=trouble)
    if not path.stat().st_size:
        return ClipFacts(trouble="empty file")
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if container.format.name in PLAYLISTS:
                return ClipFacts(trouble=PLAYLIST)
            tracks = frozenset(s.type for s in container.streams if s.type in ("audio", "video"))
            channels = max((s.channels for s in container.streams.audio), default=0)
            lengths = [last_packet_s(container)] if guessed(container) else _declared_s(container)
    except (av.FFmpegError, OSError, ValueError, EOFError) as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return ClipFacts(trouble=f"cannot be decoded ({words})")
    if not tracks:
        return ClipFacts(trouble="neither audio nor video in it")
    return ClipFacts(max(lengths, default=None), tracks, channels)


def _declared_s(container: Any) -> list[float]:
    """The lengths that a file's header names, of its tracks and of the whole, seconds."""
    tracks = [s.duration * s.time_base for s in container.streams if s.duration and s.time_base]
    whole = [] if container.duration is None else [container.duration / 1e6]
    return [float(seconds) for seconds in tracks + whole]


def guessed(container: Any) -> bool:
    """Whether FFmpeg only guesses a file's length, from its size and the bit rate it begins with.

    The first frame of most mp3s names the encoder's delay, so that sound begins after 0, and counts
    the frames.
    """
    counted = container.format.name == "mp3" and any(s.start_time for s in container.streams)
    return container.format.name in HEADERLESS and not counted


def last_packet_s(container: Any) -> float:
    """Where a file's last packet ends, seconds; all of it is read, and nothing decoded.

    A recording that is cut off is as long as what there is of it.
    """
    import av

    last = 0.0
    with suppress(av.FFmpegError, OSError, ValueError):
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                last = max(last, float(end))
    return last
