"""Transcripts of a folder's recordings by a machine, in shards of as many jobs.

Each transcript is kept by what decides it, so that a job that comes again listens to nothing twice.
"""

import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from ariigcn.core.code import code_version
from ariigcn.core.errors import DataError
from ariigcn.core.logs import progress
from ariigcn.core.paths import printable
from ariigcn.core.signals import StopRequest
from ariigcn.core.storage import read_json, write_json
from ariigcn.corpora.read.transcripts import write_transcript
from ariigcn.predict.recordings import Heard
from ariigcn.speech.settings import SpeechSettings

if TYPE_CHECKING:
    from ariigcn.speech.transcribe import Listener

logger = logging.getLogger(__name__)
KEPT = "transcripts that are written are kept"
SPEECH = "ariigcn.speech.transcribe"


def shard_of(recordings: Sequence[Path], shard: int, shards: int) -> list[Path]:
    """The recordings of one of several jobs; another recording beside them moves none."""
    return [
        path
        for path in recordings
        if xxhash.xxh32_intdigest(path.name.encode("utf-8", "surrogateescape")) % shards == shard
    ]


def recordings_digest(recordings: Sequence[Path]) -> str:
    """Changes with the names, sizes and times of recordings."""
    digest = xxhash.xxh3_128()
    for path in recordings:
        digest.update(os.fsencode(_identity(path)))
    return digest.hexdigest()


def transcribe_all(
    recordings: Sequence[Path],
    settings: SpeechSettings,
    folder: Path,
    out: Path,
    *,
    threads: int = 1,
) -> None:
    """Transcribe recordings, and write an index of what came of each.

    Args:
        recordings: the files.
        settings: how a machine listens.
        folder: where transcripts go: ``NAME.<digest>.json``, made once for each recording and settings.
        out: the index; JSON, sealed: a recording's file name -> its transcript, or why there is none.
        threads: cores.

    Raises:
        ConfigError: speech cannot be recognised here.
        StoppedError: SIGTERM came; transcripts that are written are kept.
    """
    # Loaded here: the workflow's parsing and the table's rule use this module's other functions.
    from ariigcn.speech.transcribe import Listener

    folder.mkdir(parents=True, exist_ok=True)
    recipe = f"{settings.model_dump_json()}\0{code_version(SPEECH)}"
    listener: Listener | None = None
    found = {}
    with progress("recordings transcribed", len(recordings)) as counter, StopRequest() as stop:
        for path in recordings:
            stop.check(KEPT)
            key = xxhash.xxh3_64_hexdigest(os.fsencode(f"{_identity(path)}\0{recipe}"))
            transcript = folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', path.stem)[:80]}.{key}.json"
            error = ""
            if not transcript.is_file():
                listener = listener or Listener(settings, threads)
                error = _listen(listener, path, transcript, stop)
            found[path.name] = {"transcript": None if error else str(transcript), "error": error}
            counter.advance(failed=bool(error))
    write_json({"recordings": found}, out)


def read_heard(indexes: Sequence[Path]) -> dict[str, Heard]:
    """What the jobs of :func:`transcribe_all` have written, of all recordings."""
    found: dict[str, Heard] = {}
    for index in indexes:
        said: Mapping[str, Any] = read_json(index, "an index of transcripts")["recordings"]
        for recording, one in said.items():
            path = None if one["transcript"] is None else Path(one["transcript"])
            found[recording] = Heard(path, one["error"])
    return found


def _listen(listener: "Listener", recording: Path, out: Path, stop: StopRequest) -> str:
    """Write a recording's transcript; why there is none, where there is none."""
    try:
        transcript = listener.transcribe(recording, lambda *_: stop.check(KEPT))
    except DataError as error:
        return printable(" ".join(str(error).split()))
    except (RuntimeError, ValueError, OSError) as error:  # a decoder's or a recogniser's own
        logger.exception("%s: not transcribed", recording)
        return printable(
            f"{recording}: it could not be transcribed ({type(error).__name__}: {error})"
        )
    write_transcript(transcript, out)
    return ""


def _identity(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return f"{path.name}\0absent\0"
    return f"{path.name}\0{stat.st_size}\0{stat.st_mtime_ns}\0"
