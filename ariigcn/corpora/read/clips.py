"""What a clip's header says: its length and its tracks; nothing is decoded."""

from dataclasses import dataclass
from pathlib import Path

from ariigcn.core.paths import file_trouble

# Seconds by which a span may end after its file: a last frame and a rounding.
PAST_END_S = 0.5
# FFmpeg's names of formats that only name other files. Those may lie anywhere, and may change while the
# clip's own bytes stay.
PLAYLISTS = {"concat", "dash", "hls", "image2", "imf", "sdp"}
PLAYLIST = "a list of other files, not a recording"


@dataclass(frozen=True)
class ClipFacts:
    """What a file's header says: length in seconds, tracks, channels; or why it cannot be used."""

    seconds: float | None = None
    tracks: frozenset[str] = frozenset()
    channels: int = 0
    trouble: str = ""


def look_at(path: Path) -> ClipFacts:
    """Open a file as the decoder would; about 4 ms for a clip of a few seconds."""
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
            lengths = [
                float(s.duration * s.time_base)
                for s in container.streams
                if s.duration and s.time_base
            ]
            channels = max((s.channels for s in container.streams.audio), default=0)
            if container.duration is not None:
                lengths.append(container.duration / av.time_base)
    except (av.FFmpegError, OSError, ValueError, EOFError) as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return ClipFacts(trouble=f"cannot be decoded ({words})")
    if not tracks:
        return ClipFacts(trouble="neither audio nor video in it")
    return ClipFacts(max(lengths, default=None), tracks, channels)
