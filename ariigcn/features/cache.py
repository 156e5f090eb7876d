"""Results by content: what one encoder made of a clip is kept for every other run and corpus.

A result's name is a digest of what the encoder is given: the bytes of the file it reads, span and
side of the picture, or the text and its context. It stands in a folder of its recipe, which is the
encoder, its parameters, weights, code and libraries. One small file a result, written beside and
renamed, so that any number of processes and machines may write at once. Failures are not kept, for
they may pass. Any folder here may be deleted at any time.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ariigcn.core.modality import Modality
from ariigcn.core.paths import file_trouble
from ariigcn.features.encoders.base import Clip, Encoded, Encoder
from ariigcn.features.store import Status, StoreHeader

# What a second look at the same bytes cannot change.
KEPT = (Status.OK, Status.NO_STREAM, Status.NO_FACE, Status.TOO_SHORT, Status.TOO_LONG)


@dataclass(frozen=True)
class Cache:
    """The results of one recipe."""

    folder: Path
    modality: Modality

    @classmethod
    def of(cls, root: Path, header: StoreHeader, code: str) -> "Cache":
        """The cache below ``root`` of the encoder that ``header`` describes, at a code version."""
        made_by = dict(header.made_by)
        facts = [
            header.encoder_version,
            header.weights_sha256,
            dict(header.parameters),
            made_by,
            code,
        ]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        name = f"{header.modality}.{header.encoder}.{digest[:16]}"
        return cls(root / name, header.modality)  # type: ignore[arg-type]

    def encode(self, encoder: Encoder, clips: Sequence[Clip]) -> list[Encoded]:
        """One result a clip, in order; only clips that are not kept reach the encoder."""
        paths = [self._path(clip) for clip in clips]
        results = [None if path is None else _read(path) for path in paths]
        missing = [number for number, result in enumerate(results) if result is None]
        fresh = encode_all(encoder, [clips[number] for number in missing])
        for number, result in zip(missing, fresh, strict=True):
            results[number] = result
            path = paths[number]
            if path is not None and _lasting(result):
                # A disk that is full or may not be written costs time, and no result.
                with suppress(OSError):
                    _write(path, result)
        return [result for result in results if result is not None]

    def _path(self, clip: Clip) -> Path | None:
        """Where a clip's result stands; None where it has nothing to be told by."""
        facts = _seen_by(self.modality, clip)
        if facts is None:
            return None
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        return self.folder / digest[:2] / digest[2:]


def encode_all(encoder: Encoder, clips: Sequence[Clip]) -> list[Encoded]:
    """One result a clip, or an error that says that the encoder lost some."""
    results = encoder.encode(clips) if clips else []
    if len(results) != len(clips):
        raise RuntimeError(f"{len(results)} results for {len(clips)} clips")
    return results


def _seen_by(modality: Modality, clip: Clip) -> list[Any] | None:
    """What of a clip an encoder of a modality is given."""
    if modality == "text":
        return None if clip.text is None else [clip.text, list(clip.context), list(clip.following)]
    path = clip.file(modality)
    content = None if path is None else _content(path)
    if content is None:
        return None
    span = (
        [None, None]
        if modality == "audio" and clip.audio is not None
        else [clip.start_s, clip.end_s]
    )
    return [content, *span, clip.video_side if modality == "video" else None]


def _content(path: Path) -> str | None:
    """A digest of a file's bytes and its ending, by which decoders are chosen; None if it is none."""
    if file_trouble(path):
        return None
    try:
        stat = path.stat()
        return path.suffix.lower() + _digest(path, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _digest(path: Path, size: int, changed: int) -> str:
    """Once a file, not once an utterance: recordings hold hundreds of them."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _lasting(result: Encoded) -> bool:
    if result.status == Status.OK:
        return result.values is not None and bool(np.isfinite(result.values).all())
    return result.status in KEPT


def _read(path: Path) -> Encoded | None:
    """A kept result, or None; a damaged file is none."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
        if facts["crc32"] != zlib.crc32(body):
            return None
        status = Status(facts["status"])
        values = np.frombuffer(body, np.dtype("<f4")).astype(np.float32)
        return Encoded(values if status == Status.OK else None, status, facts["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, result: Encoded) -> None:
    values = np.zeros(0) if result.values is None else result.values
    body = values.astype(np.dtype("<f4")).tobytes()
    facts = {"status": result.status, "message": result.message, "crc32": zlib.crc32(body)}
    path.parent.mkdir(parents=True, exist_ok=True)
    # No flush to disk, as results get: the checksum tells a file that a power cut left empty.
    temporary = path.with_name(f".{path.name}.{os.uname().nodename}.{os.getpid()}")
    temporary.write_bytes(json.dumps(facts).encode() + b"\n" + body)
    temporary.replace(path)
