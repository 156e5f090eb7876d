"""Results by content: what one encoder made of a clip is kept for every other run and corpus.

A result's name is a digest of what the encoder is given: the bytes of the file it reads, span and
side of the picture, or the text and its context. It stands in a folder of its recipe, which is the
encoder, its parameters, weights, code and libraries, in a few files of each process that wrote there
(:mod:`~ariigcn.features.records`). Failures are not kept, for they may pass. Any folder here may be
deleted at any time. Earlier versions wrote one file a result; those are still read.
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
from ariigcn.features.records import Records, records_of
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
        records = records_of(self.folder, os.getpid())
        records.refresh()
        keys = [self._key(clip) for clip in clips]
        results = [None if key is None else self._kept(key, records) for key in keys]
        missing = [number for number, result in enumerate(results) if result is None]
        fresh = encode_all(encoder, [clips[number] for number in missing])
        new = {}
        for number, result in zip(missing, fresh, strict=True):
            results[number] = result
            key = keys[number]
            if key is not None and _lasting(result):
                new[key] = _packed(result)
        # A disk that is full or may not be written costs time, and no result.
        with suppress(OSError):
            records.put(new.items())
        return [result for result in results if result is not None]

    def _key(self, clip: Clip) -> bytes | None:
        """A digest of what the encoder sees of a clip; None where there is nothing."""
        facts = _seen_by(self.modality, clip)
        return None if facts is None else hashlib.sha256(json.dumps(facts).encode()).digest()

    def _kept(self, key: bytes, records: Records) -> Encoded | None:
        content = records.get(key)
        if content is None:
            name = key.hex()
            with suppress(OSError):  # a file of its own, as earlier versions wrote them
                content = (self.folder / name[:2] / name[2:]).read_bytes()
        return None if content is None else _unpacked(content)


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


def _unpacked(content: bytes) -> Encoded | None:
    """A kept result, or None; a damaged one is none."""
    try:
        head, _, body = content.partition(b"\n")
        facts = json.loads(head)
        if facts["crc32"] != zlib.crc32(body):
            return None
        status = Status(facts["status"])
        values = np.frombuffer(body, np.dtype("<f4")).astype(np.float32)
        return Encoded(values if status == Status.OK else None, status, facts["message"])
    except (ValueError, KeyError, TypeError):
        return None


def _packed(result: Encoded) -> bytes:
    values = np.zeros(0) if result.values is None else result.values
    body = values.astype(np.dtype("<f4")).tobytes()
    facts = {"status": result.status, "message": result.message, "crc32": zlib.crc32(body)}
    return json.dumps(facts).encode() + b"\n" + body
